# SPDX-License-Identifier: MPL-2.0
"""confab say and confab tell, against a real broker."""
import json
import os
import signal
import subprocess

from cli import Cli
from wire import ANY, check, same


def texts(messages):
    return [m["text"] for m in messages if m["op"] == "say"]


def history(client, room):
    return client.done("history", "history", room=room,
                       limit=500)["messages"]


def test_say_is_silent_and_said(f):
    room = f.name("room")
    ann = f.client("ann")
    with Cli(f) as cli:
        done = cli.full("say", room, "hello", "to", "all")
        same(done.stdout + done.stderr, b"", "output")
    message, = history(ann, room)
    same(message["text"], "hello to all")
    check(message["from"].startswith("tester-"), message)


def test_say_tells_the_seq(f):
    room = f.name("room")
    ann = f.client("ann")
    with Cli(f) as cli:
        seq = int(cli.full("-v", "say", room, "x").stdout)
        ok = json.loads(cli.run("--json", "say", room, "y"))
    same([m["seq"] for m in history(ann, room)], [seq, ok["seq"]])
    same(sorted(ok), ["op", "seq", "time"])


def test_options_on_either_side(f):
    room = f.name("room")
    ann = f.client("ann")
    name = f.name("kim")
    with Cli(f) as cli:
        cli.run("-i", name, "say", room, "--kind", "notice", "-", "--re", "7",
                stdin="from stdin\n")
        cli.run("say", "--id=" + name, "--", room, "-l")
        cli.run("say", room, "x", CONFAB_ID=name)
        cli.run("-i", name, "say", room, "y", CONFAB_ID="other")
    first, *others = history(ann, room)
    same((first["text"], first["kind"], first["re"]),
         ("from stdin", "notice", 7))
    same(texts(others), ["-l", "x", "y"])
    same({m["from"] for m in others}, {name})


def test_say_stdin_whole(f):
    room = f.name("room")
    ann = f.client("ann")
    with Cli(f) as cli:
        cli.run("say", room, stdin="two\nlines\n\n")
        cli.run("say", room, stdin="no line feed")
        cli.run("say", room, stdin="")
    same(texts(history(ann, room)), ["two\nlines\n", "no line feed", ""])


def test_closed_stdin(f):
    """It is not whatever was opened next, a socket that never ends."""
    with Cli(f) as cli:
        for args in (["say", f.name("room")], ["say", "-l", f.name("room")],
                     ["tell", "bob"]):
            done = subprocess.run(
                ["sh", "-c", 'exec "$@" <&-', "sh", cli.path, *args],
                env=cli.env(), stderr=subprocess.PIPE, timeout=20)
            same(done.returncode, 1)
            check(b"stdin cannot be read: Bad file" in done.stderr,
                  done.stderr)


def test_say_lines(f):
    room = f.name("room")
    ann = f.client("ann")
    lines = ["one", "", "  three  ", "四", "tab\there", "last"]
    with Cli(f) as cli:
        cli.run("say", "-l", room, stdin="\n".join(lines))
    same(texts(history(ann, room)), lines)


def test_say_lines_as_they_come(f):
    room = f.name("room")
    ann = f.client("ann")
    ann.join(room, direct=True)
    with Cli(f) as cli:
        say = cli.start("say", "-l", room)
        say.write("first\n")
        ann.expect("say", text="first")
        say.write("second\nthi")
        ann.expect("say", text="second")
        say.write("rd\n")
        ann.expect("say", text="third")
        say.end()
        same(say.wait(), 0, "exit code")


def test_say_many_lines(f):
    room = f.name("room")
    ann = f.client("ann")
    count = 30000
    with Cli(f) as cli:
        cli.run("say", "-l", room,
                stdin="".join(f"line {i}\n" for i in range(count)))
    found = []
    after = 0
    while True:
        page = ann.done("history", "history", room=room, after=after,
                        limit=500)
        found += page["messages"]
        after = page["upto"]
        if not page["more"]:
            break
    same(len(found), count, "messages")
    same(texts(found), [f"line {i}" for i in range(count)])


def test_bad_lines_are_told_and_the_rest_is_sent(f):
    room = f.name("room")
    ann = f.client("ann")
    lines = [b"good", b"x" * 16385, b"y" * 200000, b"nul\0here", b"bad \xff",
             b"z" * 16384, b"end"]
    with Cli(f) as cli:
        done = cli.full("say", "-l", room, stdin=b"\n".join(lines), code=6)
    errors = done.stderr.decode().rstrip().split("\n")
    for number, error in zip((2, 3, 4, 5), errors, strict=True):
        check(f"line {number}" in error, error)
    same(texts(history(ann, room)), ["good", "z" * 16384, "end"])


def test_too_large(f):
    room = f.name("room")
    with Cli(f) as cli:
        cli.wrong("say", room, stdin=b"x" * 16385, code=6, part="16384")
        cli.wrong("say", room, "x" * 16385, code=6)
        cli.wrong("say", room, stdin=b"a\0b", code=6, part="NUL")
        cli.wrong("say", "a b", "x", code=6, part="a b")
        cli.wrong("tell", "#bob", "x", code=6, part="#bob")


def test_names_are_brought_to_nfc(f):
    ann = f.client("ann")
    room = f.name("cafe\u0301")
    with Cli(f) as cli:
        cli.run("say", room, "as it is: e\u0301")
    same(texts(history(ann, f.name("caf\u00e9"))), ["as it is: e\u0301"])


def test_chinese(f):
    room = f.name("大厅")
    ann = f.client("ann")
    with Cli(f) as cli:
        cli.run("-i", f.name("小明"), "say", room, "你好，世界 👩‍👩‍👧")
    message, = history(ann, room)
    same((message["from"], message["text"]),
         (f.name("小明"), "你好，世界 👩‍👩‍👧"))


def test_say_once(f):
    """Repeated, whoever died in between, it is there once."""
    room, name = f.name("room"), f.name("ann")
    bob = f.client("bob")
    with Cli(f) as cli:
        say = lambda key, *more: cli.full("-i", name, "-v", "say", "--once",
                                          key, room, *more).stdout
        first = say("deploy-7", "one")
        same(say("deploy-7", "one"), first, "seq")
        same(say("deploy-7", "another text"), first, "the key counts")
        check(say("deploy-8", "two") != first, "another key")
        ok = json.loads(cli.run("-i", name, "-j", "say", "--once", "deploy-8",
                                room, "two"))
        same(ok["again"], True)
        # Said, and killed before the answer came: the connection just ends.
        lost = f.client("ann", inbox=False, lane="deploy-9")
        seq = lost.done("say", room=room, text="three", n=1)["seq"]
        lost.close()
        asking = f.client("asking")
        asking.ping()
        same(say("deploy-9", "three"), b"%d\n" % seq)
        cli.run("-i", name, "tell", "--once", "mail", bob.id, "psst")
        cli.run("-i", name, "tell", "--once", "mail", bob.id, "psst")
        for args, part in ((["say", room, "x"], "goes with -i"),
                           (["-i", name, "say", "-l", room], "no -l"),
                           (["-i", name, "say", "--no-keep", room, "x"],
                            "no --no-keep")):
            cli.wrong(*args, "--once", "k", code=2, part=part)
        cli.wrong("-i", name, "say", "--once", "a b", room, "x", code=6)
    same(texts(history(asking, room)), ["one", "two", "three"])
    bob.expect("tell", text="psst")
    bob.silent()


def test_say_fleeting(f):
    room = f.name("room")
    ann = f.client("ann")
    ann.join(room, direct=True)
    with Cli(f) as cli:
        same(cli.run("-v", "say", "--no-keep", room, "now"), "")
    ann.expect("say", text="now", seq=None)
    same(history(ann, room), [])


def test_tell(f):
    bob = f.client("bob")
    with Cli(f) as cli:
        done = cli.full("-i", f.name("ann"), "tell", bob.id, "psst")
        same(done.stdout + done.stderr, b"")
    bob.expect("tell", text="psst", to=bob.id, **{"from": f.name("ann")})


def test_tell_to_somebody_who_is_away(f):
    bob = f.client("bob")
    bob.done("bye")
    ann = f.client("ann")
    with Cli(f) as cli:
        done = cli.full("tell", bob.id, "later")
        same(done.stdout, b"")
        same(done.stderr.decode(),
             f"confab: {bob.id} is not connected; kept until he is\n")
        same(cli.full("-q", "tell", bob.id, "later").stderr, b"")
        lines = cli.full("tell", "-l", bob.id, stdin="a\nb\nc\n")
        same(lines.stderr.count(b"\n"), 1, "notes")
        cli.wrong("tell", "--no-keep", bob.id, "now", code=5, part="offline")
    ann.silent()


def test_tell_to_nobody(f):
    with Cli(f) as cli:
        cli.wrong("tell", f.name("nobody"), "x", code=5, part="no-client")


def test_beside_the_own_chat(f):
    name = f.name("ann")
    room = f.name("room")
    with Cli(f) as cli, Cli(f) as stranger:
        listen = cli.start("-v", "-i", name, "listen", "--json", room)
        listen.error("connected to")
        say = cli.full("-i", name, "say", room, "it is me")
        same(say.stderr, b"")
        wrong = stranger.wrong("-i", name, "say", room, "it is not me", code=4,
                               part="in-use")
        check("-i" in wrong, "what to do")
        same(listen.message("say")["from"], name)
        listen.signal(signal.SIGINT)
        same(listen.wait(), 130)


def test_interrupt_flushes(f):
    room = f.name("room")
    ann = f.client("ann")
    ann.join(room, direct=True)
    with Cli(f) as cli:
        say = cli.start("say", "-l", room)
        say.write("".join(f"{i}\n" for i in range(50)))
        ann.expect("say", text="49")
        say.signal(signal.SIGINT)
        same(say.wait(), 130, "exit code")
        same(say.line(lines=say.errors), None, "stderr")
    same(len(history(ann, room)), 50)


def test_receipt(f):
    bob = f.client("bob")
    with Cli(f) as cli:
        ann = cli.start("-v", "-i", f.name("ann"), "listen", "--json",
                        "--mail")
        ann.error("connected to")
        cli.run("-i", f.name("ann"), "tell", "--receipt", bob.id, "got it?")
        mail = bob.expect("tell", seq=ANY)
        bob.tell_broker("ack", seq=mail["seq"])
        same(ann.message("receipt")["seq"], mail["seq"])


def test_input_that_cannot_be_read(f):
    room = f.name("room")
    f.client("ann").join(room)
    with Cli(f) as cli:
        for args in (["say", room], ["say", "-l", room]):
            with open("/proc/self/mem", "rb") as unreadable:
                done = subprocess.run([cli.path, *args], stdin=unreadable,
                                      stderr=subprocess.PIPE, env=cli.env())
            same(done.returncode, 1, args)
            check(b"stdin cannot be read: Input/output" in done.stderr,
                  done.stderr)


def test_said_although_nobody_reads_stdout(f):
    room = f.name("room")
    ann = f.client("ann")
    with Cli(f) as cli:
        reading, writing = os.pipe()
        os.close(reading)
        for args in (["say", room, "x"], ["say", "-l", room]):
            done = subprocess.run([cli.path, *args], stdout=writing,
                                  input=b"y\nz\n", env=cli.env())
            same(done.returncode, 0, args)
        os.close(writing)
    same(texts(history(ann, room)), ["x", "y", "z"])
