# SPDX-License-Identifier: MPL-2.0
"""confab history, who, rooms and ping, against a real broker."""
import json
import time

from cli import Cli
from wire import check, same, wait_until


def test_history_newest(f):
    room = f.name("room")
    ann = f.client("ann")
    for i in range(1300):
        ann.tell_broker("say", room=room, text=str(i))
    ann.ping()
    with Cli(f) as cli:
        run = lambda *args: cli.run("history", room, "-r", *args).split()
        same(run(), [str(i) for i in range(1200, 1300)], "newest 100")
        same(run("-n", "3"), ["1297", "1298", "1299"])
        same(run("-n", "1250"), [str(i) for i in range(50, 1300)])
        same(run("-n", "5000"), [str(i) for i in range(1300)])


def test_history_of_long_messages(f):
    """Pages are shorter than what was asked for when they fill a frame."""
    room = f.name("room")
    ann = f.client("ann")
    texts = [f"{i:03d}" + "x" * 16000 for i in range(40)]
    seqs = [ann.say(room, text)["seq"] for text in texts]
    with Cli(f) as cli:
        run = lambda *args: cli.run("history", room, "-r", *args).split()
        same(run(), texts)
        same(run("-n", "30"), texts[10:])
        same(run("--before", str(seqs[35]), "-n", "20"), texts[15:35])
        same(run("--after", str(seqs[2]), "-n", "20"), texts[3:23])
        same(run("--since", "begin"), texts)


def test_history_bounds(f):
    room = f.name("room")
    ann = f.client("ann")
    seqs = [ann.say(room, str(i))["seq"] for i in range(6)]
    with Cli(f) as cli:
        run = lambda *args: "".join(cli.run("history", room, "-r",
                                            *args).split())
        same(run("--after", str(seqs[1])), "2345")
        same(run("--after", "0", "-n", "2"), "01")
        same(run("--before", str(seqs[4])), "0123")
        same(run("--before", str(seqs[4]), "-n", "2"), "23")
        same(run("--before", str(seqs[0])), "")
        same(run("--after", str(seqs[5])), "")
        same(run("--since", str(seqs[3])), "45")
        same(run("--since", "-2"), "45")
        same(run("--since", "1d"), "012345")
        same(run("--since", "begin"), "012345")
        same(run("--since", "0"), "012345")
        same(run("--since", "-2", "-n", "1"), "5")
        same(run("--since", "begin", "-n", "2"), "01")


def test_history_since_a_time(f):
    """The middle of what was said, as an age and as a time, local and UTC."""
    room = f.name("room")
    ann = f.client("ann")
    ann.say(room, "0")
    begin = ann.say(room, "1")["time"] // 1000
    wait_until(lambda: time.time() > begin + 2.1, "two seconds later")
    ann.say(room, "2")
    at = lambda form, zone: time.strftime(form, zone(begin + 2))
    with Cli(f) as cli:
        run = lambda since, **env: "".join(cli.run(
            "history", room, "-r", "--since", since, **env).split())
        same(run("1s"), "2")  # first: it does not stay so
        for since in (at("%Y-%m-%dT%H:%M:%SZ", time.gmtime),
                      at("%Y-%m-%d %H:%M:%SZ", time.gmtime)):
            same(run(since), "2", since)
        same(run(at("%Y-%m-%dT%H:%M:%S", time.gmtime), TZ="UTC"), "2")
        same(run(at("%Y-%m-%dT%H:%M:%S", time.gmtime), TZ="UTC+5"), "")
        same(run(at("%Y-%m-%dT%H:%M:%S", time.gmtime), TZ="UTC-5"), "012")
        same(run("2020-01-01"), "012")
        same(run("2020-02-29T00:00Z"), "012")
        same(run("10m"), "012")


def test_history_json(f):
    room = f.name("room")
    ann = f.client("ann")
    ann.done("say", room=room, text="t", data={"k": 1})
    sent = ann.done("history", "history", room=room)["messages"]
    with Cli(f) as cli:
        out = cli.run("--json", "history", room).splitlines()
    same([json.loads(line) for line in out], sent)


def test_history_with_and_mail(f):
    ann, bob, eve = f.client("ann"), f.client("bob"), f.client("eve")
    ann.tell(bob.id, "1")
    eve.tell(bob.id, "2")
    bob.tell(ann.id, "3")
    for client in (ann, bob, eve):
        client.done("bye")
    with Cli(f) as cli:
        run = lambda *args: cli.run("-i", bob.id, "history", "-r",
                                    *args).split()
        same(run("--with", ann.id), ["1", "3"])
        same(run("--mail"), ["1", "2"])
        text = cli.run("-i", bob.id, "history", "--with", ann.id)
        check(f" @{bob.id} <{ann.id}> 1\n" in text, text)


def test_history_of_no_room(f):
    with Cli(f) as cli:
        cli.wrong("history", f.name("none"), code=5, part="no-room")
        cli.wrong("history", "a b", code=6)


def test_who(f):
    room = f.name("room")
    ann, bob = f.client("ann"), f.client("鲍勃")
    ann.join(room)
    bob.join(room)
    with Cli(f) as cli:
        same(cli.run("who", room), f"{ann.id}\n{bob.id}\n")
        same(json.loads(cli.run("who", room, "--json"))["members"],
             [ann.id, bob.id])
        check(ann.id in cli.run("who").splitlines(), "who of all")
        cli.wrong("who", f.name("none"), code=5, part="no-room")


def test_who_of_many(f):
    room = f.name("room")
    ids = sorted(f.client(f"c{i:03d}").id for i in range(520))
    for client in f.inlets:
        client.tell_broker("join", room=room)
    for client in f.inlets:
        client.expect("joined")
    with Cli(f) as cli:
        same(cli.run("who", room).split(), ids)


def test_rooms(f):
    one, two = f.name("one"), f.name("二")
    ann = f.client("ann")
    ann.join(one)
    ann.join(two)
    with Cli(f) as cli:
        lines = cli.run("rooms").splitlines()
        check(f"{one}\t1" in lines and f"{two}\t1" in lines, lines)
        found = json.loads(cli.run("rooms", "-j"))
        same(found["op"], "rooms")


def test_ping(f):
    with Cli(f) as cli:
        check(cli.run("ping").endswith(" ms\n"), "form")
        same(json.loads(cli.run("ping", "--json"))["op"], "pong")
        same(len(cli.run("ping", "-C", "2").splitlines()), 2)


def test_no_color_in_a_pipe(f):
    room = f.name("room")
    f.client("ann").say(room, "x")
    with Cli(f) as cli:
        check("\x1b" not in cli.run("history", room), "auto")
        check("\x1b" in cli.run("--color", "always", "history", room),
              "always")
        check("\x1b" in cli.run("history", room, CONFAB_COLOR="always"),
              "in the environment")
