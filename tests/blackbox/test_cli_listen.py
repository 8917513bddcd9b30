# SPDX-License-Identifier: MPL-2.0
"""confab listen, against a real broker."""
import json
import os
import signal
import subprocess
import time

from cli import Cli
from wire import PATIENCE, check, same, wait_until


def member(f, room, name):
    """Waits until the id is in the room; gives a client who may speak."""
    asking = f.client(f"asking{len(f.inlets)}")
    wait_until(lambda: name in asking.done(
        "who", "who", room=room)["members"]
        if room in rooms(asking) else False, f"{name} in {room}")
    return asking


def rooms(client):
    return [r["room"] for r in client.done("rooms", "rooms")["rooms"]]


def test_raw_is_line_for_line(f):
    room = f.name("room")
    name = f.name("eve")
    lines = ["one", "", "  two ", "三 👍", "x" * 16384, "end"]
    with Cli(f) as cli:
        listen = cli.start("-i", name, "listen", "-r", "-C", str(len(lines)),
                           room)
        member(f, room, name)
        cli.run("say", "-l", room, stdin="\n".join(lines) + "\n")
        same(listen.rest(), lines)
        same(listen.wait(), 0)


def test_text_form(f):
    room = f.name("room")
    ann = f.client("ann")
    ann.say(room, "hello")
    ann.say(room, "waves", kind="action")
    ann.say(room, "build 7", kind="notice")
    ann.done("say", room=room, data={"a": [1, None]})
    with Cli(f) as cli:
        out = cli.run("listen", "-e", room, TZ="UTC").split("\n")
    clock = out[0][:5]
    check(len(clock) == 5 and clock[2] == ":", out[0])
    same([line[6:] for line in out],
         [f"{room} <{ann.id}> hello", f"{room} * {ann.id} waves",
          f"{room} -{ann.id}- build 7", f'{room} <{ann.id}> {{"a":[1,null]}}',
          ""])


def test_strange_text_is_escaped(f):
    room = f.name("room")
    ann = f.client("ann")
    ann.say(room, "a\x1b[31mb\nc\r\x07\x9b\u202ed\u2028e\tf\u200d")
    with Cli(f) as cli:
        out = cli.run("listen", "-e", room)
        raw = cli.full("listen", "-e", "-r", room).stdout
        line = cli.run("listen", "-e", "--json", room)
    check(out.endswith("a\\u001b[31mb\\u000ac\\u000d\\u0007\\u009b\\u202ed"
                       "\\u2028e\tf\u200d\n"), out)
    same(raw.decode(), "a\x1b[31mb\nc\r\x07\x9b\u202ed\u2028e\tf\u200d\n")
    same(json.loads(line)["text"],
         "a\x1b[31mb\nc\r\x07\x9b\u202ed\u2028e\tf\u200d")
    check("\u202e" not in line, "bidi control on a terminal")


def test_json_is_the_message(f):
    room = f.name("room")
    ann = f.client("ann")
    ann.done("say", room=room, text="t", kind="k", re=3,
             data={"n": -1, "f": 1.5, "list": [True, None, "é"]})
    ann.done("say", room=room, data=b"\x00\xff")
    ann.done("say", room=room, data={1: 2})
    ann.done("say", room=room, data=[b"x"])
    sent = ann.done("history", "history", room=room)["messages"]
    with Cli(f) as cli:
        out = [json.loads(line) for line in
               cli.run("listen", "-e", "-j", room).splitlines()]
    same(out[0], sent[0])
    same(list(out[0]), list(sent[0]), "order of the keys")
    same(out[1]["data64"], "AP8=")
    same(out[2]["msgpack64"], "gQEC")
    same(out[3]["msgpack64"], "kcQBeA==")


def test_count_and_wait(f):
    room = f.name("room")
    name = f.name("eve")
    with Cli(f) as cli:
        begin = time.monotonic()
        same(cli.run("listen", room, "-W", "0.5", code=124), "")
        check(0.4 < time.monotonic() - begin < PATIENCE, "-W")
        listen = cli.start("-i", name, "listen", room, "-r", "-C", "2", "-W",
                           "20")
        ann = member(f, room, name)
        ann.say(room, "1")
        ann.say(room, "2")
        ann.say(room, "3")
        same(listen.rest(), ["1", "2"])
        same(listen.wait(), 0)


def test_end_stops(f):
    room = f.name("room")
    ann = f.client("ann")
    for i in range(1200):
        ann.tell_broker("say", room=room, text=str(i))
    ann.ping()
    with Cli(f) as cli:
        same(cli.run("listen", "-e", "-r", room).split(),
             [str(i) for i in range(1200)])
        same(cli.run("listen", "-e", "-r", "--since", "-700", room).split(),
             [str(i) for i in range(500, 1200)])
        same(cli.run("listen", "-e", "-r", "--since", "-3", room).split(),
             ["1197", "1198", "1199"])
        same(cli.run("listen", "-e", "-r", "-C", "2", room).split(),
             ["0", "1"])
        cli.wrong("listen", "-e", f.name("none"), code=5, part="no-room")


def test_since(f):
    room = f.name("room")
    ann = f.client("ann")
    seqs = [ann.say(room, str(i))["seq"] for i in range(5)]
    with Cli(f) as cli:
        for since, want in ((str(seqs[2]), "34"), ("begin", "01234"),
                            ("0", "01234"), ("-2", "34"), ("1h", "01234"),
                            (str(seqs[4]), "")):
            same("".join(cli.run("listen", "-e", "-r", "--since", since,
                                 room).split()), want, since)


def test_since_goes_over_into_live(f):
    """History and the live feed meet without a gap and without a repeat,
    while another speaks all the time."""
    room = f.name("room")
    count = 6000
    with Cli(f) as cli:
        say = cli.start("say", "-l", room)
        for i in range(count // 2):
            say.write(f"{i}\n")
        asking = f.client("asking")
        wait_until(lambda: asking.ask(
            "history", room=room, limit=1).get("messages"), "first messages")
        listen = cli.start("listen", "-r", "--since", "begin", "-C",
                           str(count), room)
        for i in range(count // 2, count):
            say.write(f"{i}\n")
        say.end()
        same(say.wait(), 0)
        same(listen.rest(), [str(i) for i in range(count)])
        same(listen.wait(), 0)


def test_presence_with_v(f):
    room = f.name("room")
    name = f.name("eve")
    with Cli(f) as cli:
        listen = cli.start("-v", "-i", name, "listen", room)
        member(f, room, name)
        bob = f.client("bob")
        bob.say(room, "subscribed?")  # an `enter` before that may be missed
        while not listen.line().endswith("subscribed?"):
            pass
        bob.join(room)
        while f"{room} -- {bob.id} enters" not in listen.line():
            pass
        bob.done("leave", room=room)
        check(listen.line().endswith(f"{room} -- {bob.id} leaves"), "leaves")


def test_without_v_no_presence(f):
    room = f.name("room")
    name = f.name("eve")
    with Cli(f) as cli:
        listen = cli.start("-i", name, "listen", "-r", "-C", "1", room)
        bob = member(f, room, name)
        bob.join(room)
        bob.say(room, "x")
        same(listen.rest(), ["x"])


def test_mail(f):
    name = f.name("eve")
    bob = f.client("bob")
    with Cli(f) as cli:
        listen = cli.start("-i", name, "listen", "--mail", "-C", "1")
        wait_until(lambda: name in bob.done("who", "who")["members"], name)
        bob.tell(name, "one")
        check(listen.line().endswith(f"@{name} <{bob.id}> one"), "form")
        same(listen.wait(), 0)
        bob.tell(name, "two")
        bob.tell(name, "three")
        run = lambda *more: cli.run("-i", name, "listen", "--mail", "-e", "-r",
                                    *more).split()
        same(run(), ["two", "three"], "what waits")
        same(run(), [], "what waits when all is read")
        same(run("--since", "begin"), ["one", "two", "three"])


def test_much_mail(f):
    """More than may be in flight unacknowledged comes all the same."""
    name = f.name("eve")
    bob = f.client("bob")
    with Cli(f) as cli:
        cli.run("-i", name, "listen", "--mail", "-e")  # now it is known
        want = [str(i) for i in range(500)]
        for text in want:
            bob.tell_broker("tell", to=name, text=text)
        bob.ping()
        same(cli.run("-i", name, "listen", "--mail", "-e", "-r").split(),
             want)


def test_mail_that_could_not_be_printed_waits(f):
    name = f.name("eve")
    bob = f.client("bob")
    with Cli(f) as cli:
        for command in (["listen", "--mail", "-C", "1"], ["pipe"]):
            with open("/dev/full", "wb") as full, subprocess.Popen(
                    [cli.path, "-i", name, *command], env=cli.env(),
                    stdin=subprocess.PIPE, stdout=full,
                    stderr=subprocess.PIPE) as child:
                if command != ["pipe"]: # which prints the welcome
                    wait_until(lambda: name in bob.done(
                        "who", "who")["members"], name)
                    bob.tell(name, "one")
                same(child.wait(PATIENCE), 1)
                check(b"cannot write to stdout" in child.stderr.read(), "told")
        same(cli.run("-i", name, "listen", "--mail", "-e", "-r"), "one\n")


def test_mail_not_asked_for_waits(f):
    room = f.name("room")
    name = f.name("eve")
    with Cli(f) as cli:
        listen = cli.start("-i", name, "listen", "-r", "-C", "1", room)
        bob = member(f, room, name)
        bob.tell(name, "later")
        bob.say(room, "now")
        same(listen.rest(), ["now"])
        same(listen.wait(), 0)
        same(cli.run("-i", name, "listen", "--mail", "-e", "-r"), "later\n")


def test_interrupt(f):
    room = f.name("room")
    name = f.name("eve")
    with Cli(f) as cli:
        listen = cli.start("-i", name, "listen", "-r", room)
        bob = member(f, room, name)
        bob.say(room, "x")
        same(listen.line(), "x")
        listen.signal(signal.SIGINT)
        same(listen.wait(), 130)
        same(listen.line(lines=listen.errors), None, "stderr")
        wait_until(lambda: name not in bob.done(
            "who", "who", room=room)["members"], "it said bye")


def test_reader_goes_away(f):
    """`confab listen | head -1` ends quietly, and without another message."""
    room = f.name("room")
    name = f.name("eve")
    with Cli(f) as cli:
        reading, writing = os.pipe()
        child = subprocess.Popen(
            [cli.path, "-i", name, "listen", "-r", room], env=cli.env(),
            stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.PIPE)
        os.close(writing)
        bob = member(f, room, name)
        bob.say(room, "x")
        same(os.read(reading, 100), b"x\n")
        os.close(reading)
        same((child.wait(PATIENCE), child.stderr.read()), (0, b""))
        child.stderr.close()


def test_replaced(f):
    name = f.name("eve")
    with Cli(f) as cli:
        listen = cli.start("-i", name, "listen", f.name("room"))
        member(f, f.name("room"), name)
        cli.wrong("-i", name, "-t", "1", "listen", f.name("room"), code=4,
                  part="in-use")
        same(listen.child.poll(), None, "the first one")


def test_several_rooms_and_direct(f):
    one, two = f.name("dev"), f.name("devops")
    name = f.name("eve")
    for flags in ([], ["--direct"]):
        with Cli(f) as cli:
            listen = cli.start("-i", name, "listen", "-j", "-C", "2", *flags,
                               one, two, one)
            bob = member(f, one, name)
            member(f, two, name)
            bob.say(two, "2")
            bob.say(one, "1")
            found = [json.loads(line) for line in listen.rest()]
            # Each room has an order; between rooms none is promised.
            same(sorted((m["room"], m["text"]) for m in found),
                 [(one, "1"), (two, "2")])
            same(listen.wait(), 0)


def test_reconnects(f):
    broker = f.fresh()
    room = f.name("room")
    name = f.name("eve")
    with Cli(f) as cli:
        listen = cli.start("-i", name, "listen", "-r", room)
        member(f, room, name).say(room, "before")
        same(listen.line(), "before")
        broker.stop(signal.SIGKILL)
        listen.error("lost")
        f.fresh(bind=broker.bind, pub=broker.pub)
        listen.error("again", 20)
        member(f, room, name).say(room, "after")
        same(listen.line(), "after")


def has_noted(state, room, seq):
    """The file says that all of the room up to seq is printed."""
    with open(state, "rb") as file:
        return seq.to_bytes(8, "little") + room.encode() in file.read()


def test_state(f):
    """A listener that is killed and started again misses nothing, and prints
    nothing twice that its file knew to be printed. (Where stdout is a pipe, what
    was printed a moment before the kill may come again.)"""
    room = f.name("room")
    name = f.name("log")
    with Cli(f) as cli:
        state = os.path.join(cli.folder.name, "state")
        args = ("-i", name, "listen", "-r", "--state", state, room)
        found = []
        begin = 0
        for end in (700, 1400, 1500):
            listen = cli.start(*args)
            if not begin:
                member(f, room, name)
            cli.run("say", "-l", room,
                    stdin="".join(f"{i}\n" for i in range(begin, end)))
            while not found or found[-1] != str(end - 1):
                found.append(listen.line())
            last = json.loads(cli.run("history", "-n", "1", "--json", room))
            wait_until(lambda: has_noted(state, room, last["seq"]),
                       "it is noted")
            listen.signal(signal.SIGKILL)
            listen.wait()
            cli.run("say", room, str(end))
            begin = end + 1
        listen = cli.start(*args)
        found.append(listen.line())
        listen.signal(signal.SIGTERM)
        same(listen.wait(), 143)
    same(found, [str(i) for i in range(1501)])
