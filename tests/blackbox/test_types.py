# SPDX-License-Identifier: MPL-2.0
"""Every field of every op with a value of every wrong type, and without
those that are required. Tables; the tests go through them."""
import msgpack

from wire import check

EXT = msgpack.ExtType(5, b"x")

# type -> (values that are wrong, the code); nil is absent and never wrong.
STRUCTURES = ([], {}, EXT, [1], {"a": 1})
WRONG = {
    "uint": [(v, "bad-message") for v in (
        -1, -2**63, 2**53, 2**64 - 1, 1.5, float("nan"), float("inf"), -0.5,
        "1", "", b"1", True, False, *STRUCTURES)],
    "bool": [(v, "bad-message") for v in (
        2, -1, 0.5, 2.0, "true", "", b"\1", *STRUCTURES)],
    "name": [(v, "bad-message") for v in (
        0, 1, -1, 1.5, True, b"lobby", *STRUCTURES)] + [
            (v, "bad-name") for v in ("", " ", "a b", "#a", "@a", "$a",
                                      "x" * 65, "a\n", "e\u0301")],
    "str": [(v, "bad-message") for v in (
        0, -1, 1.5, True, b"text", *STRUCTURES)],
    "ref": [(v, "bad-message") for v in (
        -1, 1.5, 2**53, True, b"r", *STRUCTURES)] + [
            ("r" * 65, "too-large")],
}
MOST = {"resume": 64, "agent": 128, "password": 1024, "kind": 32,
        "text": 16384}

# op -> (required fields with a good value, optional fields); "" is no type.
NAME = ("name", "lobby")
OPS = {
    "hello": ({"v": ("uint", 1), "id": ("name", "types")},
              {"inbox": "bool", "lane": "name", "resume": "str",
               "beat": "uint", "agent": "str", "password": "str"}),
    "join": ({"room": NAME}, {"direct": "bool"}),
    "leave": ({"room": NAME}, {}),
    "say": ({"room": NAME, "text": ("str", "hi")},
            {"kind": "str", "re": "uint", "n": "uint", "keep": "bool"}),
    "tell": ({"to": ("name", "types"), "text": ("str", "hi")},
             {"kind": "str", "re": "uint", "n": "uint", "keep": "bool",
              "receipt": "bool"}),
    "ack": ({"seq": ("uint", 0)}, {}),
    "history": ({}, {"room": "name", "with": "name", "after": "uint",
                     "before": "uint", "since": "uint", "limit": "uint"}),
    "sync": ({"room": NAME}, {}),
    "who": ({}, {"room": "name", "after": "name", "limit": "uint"}),
    "rooms": ({}, {"after": "name", "limit": "uint"}),
    "ping": ({}, {}),
    "bye": ({}, {}),
}


def good(op):
    return {key: value for key, (_, value) in OPS[op][0].items()}


def fields_of(op):
    required, optional = OPS[op]
    yield from ((key, kind) for key, (kind, _) in required.items())
    yield from optional.items()


def wrong_fields():
    """(op, key, value, code) for all of them."""
    for op in OPS:
        for key, kind in fields_of(op):
            for value, code in WRONG[kind]:
                yield op, key, value, code
            if kind == "str":
                yield op, key, "x" * (MOST[key] + 1), "too-large"


def ready(t):
    """A client that could do all of it, were the field right."""
    c = t.dealer()
    c.hello(t.name("types"), lane="l1")
    c.say("lobby", "there is a room")
    return c


def test_table_is_complete(t):
    check(len(list(wrong_fields())) > 400, "many rows")


def test_wrong_values(t):
    c = ready(t)
    for op, key, value, code in wrong_fields():
        c.refused(op, code, **{**good(op), key: value})
    c.silent()


def test_wrong_values_name_the_field(t):
    c = ready(t)
    for op, key, value, code in wrong_fields():
        error = c.refused(op, code, **{**good(op), key: value})
        check(key in error["text"], f"{op} {key}: {error['text']}")


def test_wrong_hello_without_a_session(t):
    c = t.dealer()
    for op, key, value, code in wrong_fields():
        if op == "hello":
            c.refused(op, code, **{**good(op), key: value})
    c.refused("ping", "no-session")
    c.hello(t.name("ann"))


def test_wrong_ref(t):
    c = ready(t)
    for value, code in WRONG["ref"]:
        c.send({"op": "ping", "ref": value})
        c.expect("error", code=code, ref=None)
    c.silent()


def test_required_fields(t):
    c = ready(t)
    for op, (required, _) in OPS.items():
        for key in required:
            fields = good(op)
            del fields[key]
            c.refused(op, "bad-message", **fields)
            error = c.refused(op, "bad-message", **{**fields, key: None})
            check(key in error["text"] or "missing" in error["text"],
                  f"{op} without {key}: {error['text']}")
    c.silent()


def test_op_itself(t):
    c = ready(t)
    for op in (None, 1, -1, True, b"ping", [], {}, EXT, 1.5):
        c.send({"op": op, "ref": "x"})
        c.expect("error", code="bad-message", ref="x")
    c.send({"ref": "y"})
    c.expect("error", code="bad-message", ref="y")
    for op in ("", "PING", "ping ", "welcome", "joined", "ok", "error",
               "receipt", "enter", "exit", "tick", "pong", "dance",
               "x" * 1000):
        c.send({"op": op, "ref": "x", "n": 3})
        c.expect("error", code="unknown-op", ref="x", n=3)
    c.silent()


def test_faulty_message_gives_ref_and_n_back(t):
    c = ready(t)
    c.send({"op": "say", "ref": "r", "n": 7, "room": 5, "text": "x"})
    c.expect("error", code="bad-message", ref="r", n=7)
    c.send({"op": "say", "room": "#", "text": "x", "n": 8, "ref": 9})
    c.expect("error", code="bad-name", ref=9, n=8)
    c.send({"room": 5, "n": 1, "text": "x", "ref": 2, "op": "say"})
    c.expect("error", code="bad-message", ref=2, n=1)


def test_what_serves_as_an_integer(t):
    c = ready(t)
    for value in (0, 1.0, 0.0, 2.0**40, -0.0):
        c.done("history", "history", after=value)
        c.done("say", room="lobby", text="x", re=value)


def test_what_serves_as_a_boolean(t):
    c = ready(t)
    for value, want in ((0, False), (1, True), (0.0, False), (1.0, True),
                        (True, True), (False, False)):
        joined = c.join(t.name("room"), direct=value)
        check(joined["direct"] is want, f"{value!r} is {want}")


def test_nil_is_absent(t):
    c = ready(t)
    for op, (_, optional) in OPS.items():
        if op in ("hello", "bye", "ack", "sync"):
            continue
        fields = {**good(op), **dict.fromkeys(optional)}
        if op == "tell":
            fields["to"] = c.id
        answer = c.ask(op, **fields)
        check(answer["op"] != "error", f"{op}: {answer}")
    again = c.ask("hello", v=1, id=c.id, lane=None, inbox=None, beat=None,
                  resume=None, agent=None, password=None)
    check(again["op"] == "welcome", f"hello: {again}")
    c.send({"op": "ping", "ref": None})
    c.expect("pong", ref=None)


def test_unknown_keys_are_ignored(t):
    c = ready(t)
    strange = {"x": 1, "": [1, {"y": None}], "会": "x", "data2": b"\xff",
               "members": 5, "why": [], "code": {}, "from": 1, "limits": -1}
    for op in OPS:
        if op in ("hello", "bye", "ack", "sync"):
            continue
        fields = {**strange, **good(op)}
        if op == "tell":
            fields["to"] = c.id
        answer = c.ask(op, **fields)
        check(answer["op"] != "error", f"{op}: {answer}")
