# SPDX-License-Identifier: MPL-2.0
"""What confab does when the broker refuses: a broker of our own refuses."""
from cli import Cli
from posed import Posed, WELCOME, error
from wire import check, same

BROKER = False


def test_hello_is_refused(f):
    for code, want in (("in-use", 4), ("denied", 4), ("bad-version", 4),
                       ("bad-name", 6), ("rate", 7), ("full", 4),
                       ("too-many", 4), ("internal", 4), ("a-new-one", 4)):
        with Posed(lambda m: error(code)) as broker, \
                Cli(f, broker.url) as cli:
            cli.wrong("-t", "1", "say", "r", "x", code=want,
                      part=f"a text for {code} ({code})")


def test_messages_and_questions_are_refused(f):
    for code, want in (("bad-message", 6), ("bad-name", 6), ("denied", 4),
                       ("bad-state", 4), ("unknown-op", 4), ("no-client", 5),
                       ("no-room", 5), ("offline", 5), ("full", 4),
                       ("too-large", 6), ("too-many", 4), ("internal", 4)):
        def answer(message):
            if message["op"] == "hello":
                return dict(WELCOME, id=message["id"])
            return error(code) if message["op"] != "bye" else {"op": "ok"}
        with Posed(answer) as broker, Cli(f, broker.url) as cli:
            for args in (["say", "r", "x"], ["tell", "bob", "x"],
                         ["history", "r"], ["who", "r"], ["rooms"],
                         ["ping"], ["listen", "-e", "r"]):
                cli.wrong(*args, code=want, part=f"({code})")


def test_what_is_full_is_not_said_again(f):
    """One clear line, exit code 4, and one try for each message."""
    for code in ("full", "internal"):
        said = []

        def answer(message):
            if message["op"] == "hello":
                return dict(WELCOME, id=message["id"])
            if message["op"] in ("say", "tell"):
                said.append(message["text"])
                return error(code)
            return {"op": "ok"}
        with Posed(answer) as broker, Cli(f, broker.url) as cli:
            wrong = cli.wrong("tell", "bob", "x", code=4,
                              part=f"tell bob: a text for {code} ({code})")
            same(wrong.count("\n"), 1, "lines")
            done = cli.full("say", "-l", "r", stdin="a\nb\nc\n", code=4)
            same(done.stderr.count(b"\n"), 3, "lines")
        same(said, ["x", "a", "b", "c"])


def test_join_is_refused(f):
    """What may pass is tried again, as long as -t says."""
    for code, want, part in (("denied", 4, "(denied)"), ("full", 4, "(full)"),
                             ("too-many", 4, "(too-many)"),
                             ("bad-name", 6, "(bad-name)"),
                             ("internal", 124, "no answer within 1 s")):
        def answer(message):
            if message["op"] == "hello":
                return dict(WELCOME, id=message["id"])
            return error(code) if message["op"] == "join" else None
        with Posed(answer) as broker, Cli(f, broker.url) as cli:
            cli.wrong("-t", "1", "listen", "r", code=want, part=part)


def test_text_of_the_broker_is_escaped(f):
    def answer(message):
        return {"op": "error", "code": "denied", "text": "\x1b[2J\u202ex"}
    with Posed(answer) as broker, Cli(f, broker.url) as cli:
        wrong = cli.wrong("say", "r", "x", code=4)
    check("\\u001b[2J\\u202ex" in wrong, wrong)

    def leave(message):
        return dict(WELCOME, id=message["id"]) if message["op"] == "hello" \
            else {"op": "bye", "why": "\x1b]0;x\x07"}
    with Posed(leave) as broker, Cli(f, broker.url) as cli:
        cli.wrong("listen", "r", code=4, part="\\u001b]0;x\\u0007")


def test_a_broker_that_is_silent(f):
    def answer(message):
        return dict(WELCOME, id=message["id"]) \
            if message["op"] == "hello" else None
    with Posed(answer) as broker, Cli(f, broker.url) as cli:
        cli.wrong("-t", "1", "who", code=124, part="no answer within 1 s")
        cli.wrong("-t", "1", "say", "r", "x", code=124,
                  part="1 not acknowledged within 1 s")
        wrong = cli.full("-t", "1", "pipe", code=124, stdin='{"op":"who"}\n')
        check(b"1 not answered within 1 s" in wrong.stderr, wrong.stderr)


def test_the_session_ends(f):
    for why, part in (("kicked", "kicked"),
                      ("replaced", "taken over by another program")):
        def answer(message):
            if message["op"] == "hello":
                return dict(WELCOME, id=message["id"])
            return {"op": "bye", "why": why}
        with Posed(answer) as broker, Cli(f, broker.url) as cli:
            cli.wrong("-i", "ann", "listen", "r", code=4, part=part)
            out = cli.full("-i", "ann", "pipe", code=4,
                           stdin='{"op":"join","room":"r"}\n').stdout
            same(out.splitlines()[-1].decode(),
                 '{"op":"bye","why":"%s"}' % why)


def test_what_was_removed_is_told(f):
    def answer(message):
        if message["op"] == "hello":
            return dict(WELCOME, id=message["id"])
        say = {"op": "say", "room": "r", "from": "b", "seq": 9, "prev": 8,
               "time": 1, "text": "x"}
        return {"op": "history", "room": "r", "messages": [say], "upto": 9,
                "more": False, "complete": False, "head": 9, "first": 9} \
            if message["op"] == "history" else {"op": "ok"}
    with Posed(answer) as broker, Cli(f, broker.url) as cli:
        for since, part in (("5", b"messages of r behind 5"), ("begin", b"")):
            out = cli.full("listen", "-e", "-r", "--since", since, "r")
            same(out.stdout, b"x\n")
            check(part in out.stderr and bool(part) == bool(out.stderr),
                  out.stderr)
