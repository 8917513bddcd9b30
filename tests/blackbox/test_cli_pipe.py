# SPDX-License-Identifier: MPL-2.0
"""confab pipe: JSON Lines both ways, against a real broker."""
import json
import os
import signal
import subprocess

from cli import Cli
from wire import check, same


def opened(f, cli, stem, *more):
    pipe = cli.start("-i", f.name(stem), "pipe", *more)
    welcome = pipe.message("welcome", id=f.name(stem))
    check("resume" not in welcome, "the secret")
    return pipe


def test_a_conversation(f):
    room = f.name("room")
    bob = f.client("bob")
    with Cli(f) as cli:
        pipe = opened(f, cli, "bot")
        pipe.send(op="join", room=room, ref="j")
        joined = pipe.message("joined", ref="j")
        same(joined["members"], [f.name("bot")])
        pipe.send(op="say", room=room, text="hello", ref=7)
        ok = pipe.message("ok", ref=7)
        same(sorted(ok), ["op", "ref", "seq", "time"])
        same(pipe.message("say")["seq"], ok["seq"])
        bob.join(room)
        pipe.message("enter", id=bob.id)
        bob.say(room, "hi bot", kind="greeting")
        said = pipe.message("say", text="hi bot")
        same((said["from"], said["kind"]), (bob.id, "greeting"))
        pipe.send(op="leave", room=room, ref="l")
        pipe.message("ok", ref="l")
        pipe.send(op="bye", ref="b")
        pipe.message("ok", ref="b")
        same(pipe.wait(), 0)


def test_questions(f):
    room = f.name("room")
    with Cli(f) as cli:
        pipe = opened(f, cli, "bot")
        pipe.send(op="say", room=room, text="x", data={"b": [1]}, ref="s")
        pipe.message("ok", ref="s")
        pipe.send(op="history", room=room, limit=1, ref="h")
        history = pipe.message("history", ref="h")
        message, = history["messages"]
        same((message["text"], message["data"]), ("x", {"b": [1]}))
        same(history["complete"], True)
        pipe.send(op="who", ref=["no"])
        check("ref" in pipe.message("error", code="bad-message")["text"],
              "what is wrong with ref")
        pipe.send(op="who", ref=1)
        check(f.name("bot") in pipe.message("who", ref=1)["members"], "who")
        pipe.send(op="rooms", ref=2)
        check(room in [r["room"] for r in
                       pipe.message("rooms", ref=2)["rooms"]], "rooms")
        pipe.send(op="ping", ref=3)
        check("time" in pipe.message("pong", ref=3), "pong")


def test_errors_of_the_broker_keep_the_ref(f):
    with Cli(f) as cli:
        pipe = opened(f, cli, "bot")
        pipe.send(op="tell", to=f.name("nobody"), text="x", ref="t")
        same(pipe.message("error", ref="t")["code"], "no-client")
        pipe.send(op="history", room=f.name("none"), ref="h")
        same(pipe.message("error", ref="h")["code"], "no-room")


def test_bad_lines(f):
    room = f.name("room")
    with Cli(f) as cli:
        pipe = opened(f, cli, "bot")
        for number, (line, code) in enumerate((
                ("nonsense", "bad-message"),
                ('{"op":"say"', "bad-message"),
                ("[]", "bad-message"),
                ('"say"', "bad-message"),
                ("{}", "bad-message"),
                ('{"op":"shout","text":"x"}', "unknown-op"),
                ('{"op":"say","text":"x"}', "bad-message"),
                ('{"op":"say","room":"a b","text":"x"}', "bad-name"),
                ('{"op":"say","room":"r","text":7}', "bad-message"),
                ('{"op":"say","room":"r","text":"x","text":"y"}',
                 "bad-message"),
                ('{"op":"say","room":"r","data64":"***"}', "bad-message"),
                ('{"op":"say","room":"r","msgpack64":"kg=="}', "bad-message"),
                (json.dumps({"op": "say", "room": "r", "text": "x" * 16385}),
                 "too-large"),
                (json.dumps({"op": "say", "room": "r", "text": "x" * 400000}),
                 "too-large"),
                ("[" * 20000, "bad-message"),
                ('{"op":"hello","v":1,"id":"x"}', "bad-state"),
                ('{"op":"sync","room":"r"}', "bad-state"),
                ('{"op":"say","room":"r","text":"x","n":1}', "bad-message"),
                ('{"op":"say","room":"r","text":"a\\u0000b"}', "bad-message"),
                (b'{"op":"say","room":"r","text":"\xff"}', "bad-message")), 1):
            pipe.write(line if isinstance(line, bytes) else line.encode())
            pipe.write("\n")
            error = pipe.message()
            same((error["op"], error.get("code"), error.get("line")),
                 ("error", code, number), line[:60])
            check(error["text"], "a text for a person")
        pipe.send(op="say", room=room, text="goes on", ref=1)
        pipe.message("ok", ref=1)


def test_data_in_three_forms(f):
    room = f.name("room")
    ann = f.client("ann")
    ann.join(room, direct=True)
    with Cli(f) as cli:
        pipe = opened(f, cli, "bot")
        pipe.send(op="say", room=room, data={"a": [1, -2, 1.5, None, "é"]})
        same(ann.expect("say")["data"], {"a": [1, -2, 1.5, None, "é"]})
        pipe.send(op="say", room=room, data64="AP8=")
        same(ann.expect("say")["data"], b"\x00\xff")
        pipe.send(op="say", room=room, msgpack64="gQEC")
        same(ann.expect("say")["data"], {1: 2})


def test_fleeting_kind_re_receipt(f):
    room = f.name("room")
    ann = f.client("ann")
    ann.join(room, direct=True)
    with Cli(f) as cli:
        pipe = opened(f, cli, "bot")
        pipe.send(op="say", room=room, text="…", kind="typing", keep=False)
        ann.expect("say", kind="typing", seq=None)
        pipe.send(op="say", room=room, text="+1", kind="reaction", re=5)
        ann.expect("say", kind="reaction", re=5)
        pipe.send(op="tell", to=ann.id, text="x", receipt=True, ref=1)
        same(pipe.message("ok", ref=1)["online"], True)
        mail = ann.expect("tell", text="x")
        ann.tell_broker("ack", seq=mail["seq"])
        same(pipe.message("receipt")["to"], ann.id)


def test_mail(f):
    ann = f.client("ann")
    name = f.name("bot")
    with Cli(f) as cli:
        pipe = opened(f, cli, "bot", "--manual-ack")
        ann.tell(name, "one")
        one = pipe.message("tell", text="one")
        ann.tell(name, "two")
        pipe.message("tell", text="two")
        pipe.send(op="ack", seq=one["seq"])
        pipe.end()
        same(pipe.wait(), 0)
        pipe = opened(f, cli, "bot")
        same(pipe.message("tell")["text"], "two")
        pipe.end()
        same(pipe.wait(), 0)
        pipe = opened(f, cli, "bot")
        ann.tell(name, "three")
        same(pipe.message("tell")["text"], "three")


def test_end_of_input_waits_for_answers(f):
    room = f.name("room")
    lines = [{"op": "join", "room": room}]
    lines += [{"op": "say", "room": room, "text": str(i), "ref": i}
              for i in range(2000)]
    lines += [{"op": "say", "room": room, "text": "quiet"}]
    lines += [{"op": "history", "room": room, "limit": 1, "ref": "end"}]
    with Cli(f) as cli:
        out = [json.loads(line) for line in cli.run(
            "pipe", stdin="".join(json.dumps(m) + "\n" for m in lines)
        ).splitlines()]
    same([m["ref"] for m in out if m["op"] == "ok"], list(range(2000)))
    same(len([m for m in out if m["op"] == "joined"]), 1)
    check(any(m["op"] == "history" and m["ref"] == "end" for m in out),
          "the last answer")


def test_join_is_answered_each_time(f):
    room, other = f.name("room"), f.name("other")
    lines = [{"op": "join", "room": room, "ref": i} for i in range(5)]
    lines += [{"op": "join", "room": other, "ref": 5},
              {"op": "leave", "room": other, "ref": 6}]
    with Cli(f) as cli:
        out = [json.loads(line) for line in cli.run(
            "pipe", stdin="".join(json.dumps(m) + "\n" for m in lines)
        ).splitlines()]
    same(sorted(m["ref"] for m in out if "ref" in m), list(range(7)))
    same([m["op"] for m in out if m.get("ref") == 6], ["ok"])


def test_reconnect_is_told(f):
    broker = f.fresh()
    room = f.name("room")
    with Cli(f) as cli:
        pipe = opened(f, cli, "bot")
        pipe.send(op="join", room=room)
        pipe.message("joined")
        broker.stop(signal.SIGKILL)
        pipe.error("lost")
        pipe.send(op="say", room=room, text="kept", ref=1)
        f.fresh(bind=broker.bind, pub=broker.pub)
        pipe.message("welcome")
        pipe.message("ok", ref=1)
        found = f.client("ann").done("history", "history", room=room)
        same([m["text"] for m in found["messages"]], ["kept"])


def test_interrupt(f):
    with Cli(f) as cli:
        pipe = opened(f, cli, "bot")
        pipe.signal(signal.SIGTERM)
        same(pipe.wait(), 143)


def test_shell_bot(f):
    """examples/shell/bot.sh answers who speaks to it."""
    room = f.name("room")
    ann = f.client("ann")
    ann.join(room, direct=True)
    here = os.path.dirname(os.path.abspath(__file__))
    bot = os.path.join(here, "..", "..", "examples", "shell", "bot.sh")
    with Cli(f) as cli:
        child = subprocess.Popen(
            [bot, room, f.name("bot")], env=cli.env(CONFAB=cli.path),
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
            start_new_session=True)
        try:
            ann.expect("enter", id=f.name("bot"))
            seq = ann.say(room, "!echo two words 你好 * $HOME")["seq"]
            answer = ann.expect("say", kind="notice")
            same((answer["text"], answer["re"]),
                 ("two words 你好 * $HOME", seq))
            ann.say(room, "no command\n!echo no")
            ann.say(room, "!date")
            check(ann.expect("say", kind="notice")["text"], "the date")
        finally:
            os.killpg(child.pid, signal.SIGTERM)
            child.communicate()
