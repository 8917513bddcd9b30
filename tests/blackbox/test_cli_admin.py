# SPDX-License-Identifier: MPL-2.0
"""confab admin, and what listen and pipe show of moderators."""
import json

from cli import Cli
from posed import Posed, WELCOME, error
from wire import check, same

BROKER = False

RULINGS = [
    {"kind": "ban", "seq": 5, "time": 1795355500000, "by": "ann", "id": "eve",
     "until": 1795441900000, "text": "floods\x1b[2J"},
    {"kind": "ban", "seq": 9, "time": 1795355500000, "by": "ann",
     "address": "10.1.0.0/16"},
]


def answer(message):
    if message["op"] == "hello":
        return dict(WELCOME, id=message["id"])
    if message["op"] == "rulings":
        after = message.get("after", 0)
        rows = [r for r in RULINGS if r["seq"] > after][:1]
        return {"op": "rulings", "rulings": rows, "more": after == 0}
    return {"op": "ok"}


# What is typed, and what is asked.
DEEDS = (
    (["kick", "eve"], {"op": "kick", "id": "eve"}),
    (["kick", "eve", "--room", "lobby", "--reason", "a b"],
     {"op": "kick", "id": "eve", "room": "lobby", "text": "a b"}),
    (["ban", "eve", "--for", "7d", "--reason", "floods"],
     {"op": "ban", "id": "eve", "for": 604800000, "text": "floods"}),
    (["ban", "--address", "10.0.0.0/8"], {"op": "ban", "address": "10.0.0.0/8"}),
    (["ban", "--public-key", "a" * 40], {"op": "ban", "key": "a" * 40}),
    (["unban", "eve"], {"op": "ban", "id": "eve", "for": 0}),
    (["mute", "eve", "--room", "lobby", "--for", "10m"],
     {"op": "mute", "id": "eve", "room": "lobby", "for": 600000}),
    (["unmute", "eve"], {"op": "mute", "id": "eve", "for": 0}),
    (["invite", "staff", "bob", "--role", "owner"],
     {"op": "invite", "room": "staff", "id": "bob", "role": "owner"}),
    (["remove", "staff", "bob"],
     {"op": "invite", "room": "staff", "id": "bob", "for": 0}),
    (["redact", "lobby", "17", "--reason", "x"],
     {"op": "redact", "room": "lobby", "seq": 17, "text": "x"}),
    (["about", "lobby", "where", "it all", "begins"],
     {"op": "about", "room": "lobby", "about": "where it all begins"}),
    (["about", "lobby"], {"op": "about", "room": "lobby", "about": ""}),
    (["reload"], {"op": "reload"}),
)


def test_deeds(f):
    with Posed(answer) as broker, Cli(f, broker.url) as cli:
        for words, want in DEEDS:
            broker.ops.clear()
            same(cli.run("-i", "ann", "admin", *words), "")
            asked = [m for m in broker.ops if m["op"] not in ("hello", "bye")]
            asked[0].pop("ref")
            same(asked, [want])
        same(json.loads(cli.run("admin", "reload", "-j")), {"op": "ok"})


def test_list(f):
    with Posed(answer) as broker, Cli(f, broker.url) as cli:
        lines = cli.run("admin", "list", "bans", TZ="UTC").split("\n")
        same(lines, [
            "5\teve\t2026-11-22 13:51\t2026-11-23 13:51\tann\t"
            "floods\\u001b[2J",
            "9\t10.1.0.0/16\t2026-11-22 13:51\t-\tann\t", ""])
        pages = [json.loads(line) for line in
                 cli.run("admin", "list", "bans", "--json").splitlines()]
        same([r for page in pages for r in page["rulings"]], RULINGS)
        cli.run("admin", "list", "members", "--room", "staff")
        same((broker.ops[-2]["kind"], broker.ops[-2]["room"]),
             ("member", "staff"))


def test_usage(f):
    with Cli(f, "tcp://127.0.0.1:1") as cli:
        for words, part in (
                (["shout"], "nothing that can be done"),
                (["kick"], "usage: confab admin kick ID"),
                (["kick", "a", "b"], "usage"),
                (["ban"], "usage"),
                (["ban", "eve", "--address", "1.2.3.4"], "usage"),
                (["ban", "--address", "1.2.3.4", "--public-key", "k"], "usage"),
                (["redact", "lobby", "x"], "usage"),
                (["redact", "lobby", "-1"], "not an option"),
                (["redact", "lobby", "0"], "usage"),
                (["list", "all"], "usage"),
                (["reload", "now"], "usage"),
                (["kick", "eve", "--for", "1m"], "admin kick takes no --for"),
                (["about", "lobby", "--room", "x"], "takes no --room"),
                (["mute", "eve", "--for", "soon"], "is not a time like"),
                (["mute", "eve", "--for", "0m"], "is not a time like")):
            cli.wrong("admin", *words, code=2, part=part)
        cli.wrong("say", "lobby", "x", "--for", "1m", code=2,
                  part="say takes no --for")


def test_refused(f):
    codes = (("denied", 4), ("no-client", 5), ("no-room", 5), ("bad-state", 4),
             ("too-many", 4), ("bad-name", 6))
    for code, want in codes:
        def refuse(message):
            return answer(message) if message["op"] in ("hello", "bye") \
                else error(code)
        with Posed(refuse) as broker, Cli(f, broker.url) as cli:
            cli.wrong("admin", "kick", "eve", code=want,
                      part=f"admin kick: a text for {code} ({code})")


def test_names_are_checked(f):
    with Posed(answer) as broker, Cli(f, broker.url) as cli:
        cli.wrong("admin", "kick", "@eve", code=6, part="admin kick: id")
        cli.wrong("admin", "kick", "eve", "--room", "#x", code=6)
        cli.wrong("admin", "kick", "eve", "--reason", "x" * 257, code=6,
                  part="the limit is 256")
        same([m for m in broker.ops if m["op"] == "kick"], [])


def say(seq, **more):
    return {"op": "say", "room": "lobby", "from": "ann", "seq": seq,
            "prev": seq - 1, "time": 1795355500000, **more}


EVENTS = (
    say(11, text="hello"),
    say(12, gone=True),
    say(13, kind="redact", re=12, gone=True),
    {"op": "about", "room": "lobby", "about": "tea\x1b", "by": "ann",
     "head": 13},
    {"op": "about", "room": "lobby", "about": "", "by": "ann", "head": 13},
    {"op": "exit", "room": "lobby", "id": "eve", "head": 13, "rv": 6,
     "count": 2, "why": "kicked"},
    {"op": "invited", "room": "staff", "by": "ann"},
    {"op": "exit", "room": "lobby", "id": "bob", "head": 13, "rv": 7,
     "count": 1, "why": "kicked"},
)


def moderated(message):
    """bob joins lobby, and all of EVENTS happens."""
    if message["op"] == "join":
        joined = {"op": "joined", "room": "lobby", "topic": "lobby ",
                  "direct": True, "head": 10, "first": 1, "rv": 5, "count": 3,
                  "members": ["ann", "bob", "eve"], "about": "coffee",
                  "ref": message["ref"]}
        return [joined, *EVENTS]
    return answer(message)


def test_listen_shows_it(f):
    with Posed(moderated) as broker, Cli(f, broker.url) as cli:
        done = cli.full("-i", "bob", "listen", "-v", "lobby", code=4, TZ="UTC")
        check(b"lobby: a moderator has put you out of it" in done.stderr,
              done.stderr)
        lines = done.stdout.decode().splitlines()
        same([line[6:] for line in lines], [
            "lobby <ann> hello", "lobby <ann> (removed)",
            "lobby * ann removed the message 12",
            "lobby -- ann: about tea\\u001b", "lobby -- ann: about nothing",
            "lobby -- eve leaves (kicked)", "staff -- ann invites you",
            "lobby -- bob leaves (kicked)"])
        done = cli.full("-i", "bob", "listen", "-r", "lobby", code=4)
        same(done.stdout, b"hello\n")
        same([m["op"] for m in broker.ops].count("join"), 2)


def test_pipe_shows_it(f):
    with Posed(moderated) as broker, Cli(f, broker.url) as cli:
        pipe = cli.start("-i", "bob", "pipe")
        pipe.message("welcome")
        pipe.send(op="join", room="lobby", ref=1)
        same(pipe.message("joined", ref=1)["about"], "coffee")
        for event in EVENTS:
            same(json.loads(pipe.line()), event)
        for words, want in DEEDS:
            pipe.send(**want, ref="r")
            same(pipe.message("ok"), {"op": "ok", "ref": "r"})
            asked = dict(broker.ops[-1])
            asked.pop("ref")
            same(asked, want)
        pipe.send(op="rulings", kind="ban", after=5, ref="l")
        same(pipe.message("rulings", ref="l")["rulings"], RULINGS[1:])
        pipe.send(op="ban", ref="b")
        same(pipe.message("error", ref="b")["code"], "bad-message")
        pipe.end()
        same(pipe.wait(), 0)


def test_chat_moderates(f):
    def quiet(message):
        if message["op"] == "about":  # it is told to all in the room
            return [{"op": "ok", "ref": message["ref"]},
                    {"op": "about", "room": "lobby", "by": "bob", "head": 12,
                     "about": message["about"]}]
        return moderated(message)[:1] if message["op"] == "join" \
            else answer(message)
    with Posed(quiet) as broker, Cli(f, broker.url) as cli:
        chat = cli.start("-i", "bob", "chat", "lobby")
        while "lobby (3)" not in chat.line():
            pass
        for typed, shown in (
                ("/about tea time", "bob: lobby is about tea time"),
                ("/invite eve", "invite eve: done"),
                ("/kick eve bad manners", "kick eve: done"),
                ("/mute eve 10m", "mute eve: done"),
                ("/ban eve 7d floods", "ban eve: done"),
                ("/redact 12", "redact 12: done"),
                ("/ban eve", "/ban ID TIME [WHY]"),
                ("/redact x", "x has said nothing here; /redact SEQ [WHY]"),
                ("/redact", "/redact SEQ|ID [WHY]"),
                ("/topic", "-- lobby is about tea time")):
            chat.write(typed + "\n")
            while shown not in (line := chat.line()):
                check(line is not None, "chat has ended")
        asked = [m for m in broker.ops
                 if m["op"] not in ("hello", "join", "bye")]
        for m in asked:
            m.pop("ref")
        same(asked, [
            {"op": "about", "room": "lobby", "about": "tea time"},
            {"op": "invite", "room": "lobby", "id": "eve"},
            {"op": "kick", "room": "lobby", "id": "eve", "text": "bad manners"},
            {"op": "mute", "room": "lobby", "id": "eve", "for": 600000},
            {"op": "ban", "id": "eve", "for": 604800000, "text": "floods"},
            {"op": "redact", "room": "lobby", "seq": 12}])
        chat.end()
        same(chat.wait(), 0)


def test_chat_shows_it(f):
    with Posed(moderated) as broker, Cli(f, broker.url) as cli:
        chat = cli.start("-i", "bob", "chat", "lobby")
        for part in ("lobby is about coffee", "<ann> hello", "(removed)",
                     "* ann removed a message of ann (12)",
                     "ann: lobby is about tea",
                     "ann: lobby has no subject", "eve leaves lobby (kicked)",
                     "ann invites you: /join staff",
                     "a moderator has put you out of lobby"):
            while part not in (line := chat.line()):
                check(line is not None, f"ended before {part}")
        chat.end()
        same(chat.wait(), 0)
