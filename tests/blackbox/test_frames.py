# SPDX-License-Identifier: MPL-2.0
"""Frames and encodings, byte by byte: what is accepted and what is not.
After each fault the session goes on and nobody else waits."""
import msgpack

from wire import ANY, check, pack, same

PING = b"\x82\xa2op\xa4ping\xa3ref\xa1p"

# Read as [{"op": "ping", "ref": "p"}] or with ref 5.
ACCEPTED = {
    "shortest": b"\x91" + PING,
    "array 16": b"\xdc\0\1" + PING,
    "array 32": b"\xdd\0\0\0\1" + PING,
    "map 16": b"\x91\xde\0\2" + PING[1:],
    "map 32": b"\x91\xdf\0\0\0\2" + PING[1:],
    "str 8": b"\x91\x82\xd9\2op\xd9\4ping\xd9\3ref\xd9\1p",
    "str 16": b"\x91\x82\xda\0\2op\xda\0\4ping\xda\0\3ref\xda\0\1p",
    "str 32": (b"\x91\x82\xdb\0\0\0\2op\xdb\0\0\0\4ping\xdb\0\0\0\3ref"
               b"\xdb\0\0\0\1p"),
    "op last": b"\x91\x82\xa3ref\xa1p\xa2op\xa4ping",
    "op in the middle": b"\x91\x83\xa3ref\xa1p\xa2op\xa4ping\xa1x\xc0",
    "unknown keys around": (b"\x91\x84\xa1a\x91\x80\xa2op\xa4ping\xa1b\xc4"
                            b"\1\xff\xa3ref\xa1p"),
    "uint 8": b"\x91\x82\xa2op\xa4ping\xa3ref\xcc\5",
    "uint 16": b"\x91\x82\xa2op\xa4ping\xa3ref\xcd\0\5",
    "uint 32": b"\x91\x82\xa2op\xa4ping\xa3ref\xce\0\0\0\5",
    "uint 64": b"\x91\x82\xa2op\xa4ping\xa3ref\xcf\0\0\0\0\0\0\0\5",
    "int 8": b"\x91\x82\xa2op\xa4ping\xa3ref\xd0\5",
    "int 16": b"\x91\x82\xa2op\xa4ping\xa3ref\xd1\0\5",
    "int 32": b"\x91\x82\xa2op\xa4ping\xa3ref\xd2\0\0\0\5",
    "int 64": b"\x91\x82\xa2op\xa4ping\xa3ref\xd3\0\0\0\0\0\0\0\5",
    "float 32": b"\x91\x82\xa2op\xa4ping\xa3ref\xca\x40\xa0\0\0",
    "float 64": b"\x91\x82\xa2op\xa4ping\xa3ref\xcb\x40\x14\0\0\0\0\0\0",
    "32 keys": (b"\x91\xde\0\x20" + PING[1:] +
                b"".join(pack(f"k{n}") + b"\xc0" for n in range(30))),
    "8 levels": b"\x91\x83" + PING[1:] + b"\xa1x" + b"\x91" * 7 + b"\x90",
}

NO_REF = "no ref"  # nothing of the message could be read

# Refused with bad-message; the ref that comes back.
REFUSED = {
    "nil": (b"\xc0", NO_REF),
    "a number": (b"\1", NO_REF),
    "a string": (b"\xa4ping", NO_REF),
    "a map": (PING, NO_REF),
    "never used byte": (b"\xc1", NO_REF),
    "an empty array": (b"\x90", NO_REF),
    "an empty array 16": (b"\xdc\0\0", NO_REF),
    "array of nil": (b"\x91\xc0", NO_REF),
    "array of arrays": (b"\x91\x91" + PING, NO_REF),
    "array of numbers": (b"\x91\1", NO_REF),
    "array of strings": (b"\x91\xa4ping", NO_REF),
    "an empty map": (b"\x91\x80", NO_REF),
    "257 messages": (b"\xdc\1\1" + PING * 257, NO_REF),
    "array 32 of 4 G": (b"\xdd\xff\xff\xff\xff" + PING, NO_REF),
    "more claimed than there": (b"\x91\x83" + PING[1:], "p"),
    "map 32 of 4 G": (b"\x91\xdf\xff\xff\xff\xff" + PING[1:], ANY),
    "33 keys": (b"\x91\xde\0\x21" + PING[1:] +
                b"".join(pack(f"k{n}") + b"\xc0" for n in range(31)), "p"),
    "op twice": (b"\x91\x83" + PING[1:] + b"\xa2op\xa4ping", "p"),
    "ref twice": (b"\x91\x83" + PING[1:] + b"\xa3ref\xa1q", ANY),
    "unknown key twice": (b"\x91\x84" + PING[1:] + b"\xa1x\1\xa1x\1", "p"),
    "twice in two encodings": (b"\x91\x84" + PING[1:] + b"\xa1x\1\xd9\1x\1",
                               "p"),
    "key is a number": (b"\x91\x83" + PING[1:] + b"\1\1", "p"),
    "key is nil": (b"\x91\x83" + PING[1:] + b"\xc0\1", "p"),
    "key is bin": (b"\x91\x83" + PING[1:] + b"\xc4\1x\1", "p"),
    "key is a map": (b"\x91\x83" + PING[1:] + b"\x80\1", "p"),
    "key is invalid UTF-8": (b"\x91\x83" + PING[1:] + b"\xa1\xff\1", "p"),
    "ext outside data": (b"\x91\x83" + PING[1:] + b"\xa1x\xd4\1\1", "p"),
    "ext deep inside": (b"\x91\x83" + PING[1:] + b"\xa1x\x91\xd4\1\1", "p"),
    "9 levels": (b"\x91\x83" + PING[1:] + b"\xa1x" + b"\x91" * 8 + b"\x90",
                 "p"),
    "9 levels of maps": (b"\x91\x83" + PING[1:] + b"\xa1x" +
                         b"\x81\xa1y" * 8 + b"\x80", "p"),
    "1000 levels": (b"\x91\x83" + PING[1:] + b"\xa1x" + b"\x91" * 999 +
                    b"\x90", ANY),
    "60000 levels": (b"\x91\x83" + PING[1:] + b"\xa1x" + b"\x91" * 60000,
                     ANY),
    "0xc1 as a value": (b"\x91\x83" + PING[1:] + b"\xa1x\xc1", ANY),
    "str 32 of 4 GiB": (b"\x91\x83" + PING[1:] + b"\xa1x\xdb\xff\xff\xff\xff",
                        ANY),
    "bin 32 of 4 GiB": (b"\x91\x83" + PING[1:] + b"\xa1x\xc6\xff\xff\xff\xff",
                        ANY),
    "ext 32 of 4 GiB": (b"\x91\x83" + PING[1:] +
                        b"\xa1x\xc9\xff\xff\xff\xff\1", ANY),
}

# In a text, and in a string inside data.
INVALID_UTF8 = {
    "lone continuation": b"\x80",
    "0xff": b"\xff",
    "overlong slash": b"\xc0\xaf",
    "overlong nul": b"\xc0\x80",
    "overlong 3": b"\xe0\x80\xaf",
    "overlong 4": b"\xf0\x80\x80\xaf",
    "surrogate": b"\xed\xa0\x80",
    "above U+10FFFF": b"\xf4\x90\x80\x80",
    "5 bytes": b"\xf8\x88\x80\x80\x80",
    "cut off": b"\xe4\xbc",
    "cut off in the middle": b"a\xe4\xbcb",
    "behind eight letters": b"abcdefgh\xffijklmnopq",
}


def say_raw(room, key, value):
    return (b"\x91\x84\xa2op\xa3say\xa3ref\xa1u\xa4room" + pack(room) +
            pack(key) + value)


def test_accepted(t):
    c = t.client("ann")
    for what, frame in ACCEPTED.items():
        c.note("#", what)
        c.raw(frame)
        c.next("pong", ref=5 if what.startswith(
            ("uint", "int", "float")) else "p")


def test_refused(t):
    c, other = t.client("ann"), t.client("bob")
    for what, (frame, ref) in REFUSED.items():
        c.note("#", what)
        c.raw(frame)
        error = c.next("error", code="bad-message", text=ANY)
        if ref is not ANY:
            same(error.get("ref", NO_REF), ref, f"{what}: ref")
        c.silent()
    t.check_quick(other)


def test_refused_without_a_session(t):
    c = t.dealer()
    for what, (frame, _) in REFUSED.items():
        c.note("#", what)
        c.raw(frame)
        c.next("error", code="no-session")
    c.hello(t.name("ann"))


def test_every_truncation(t):
    c = t.client("ann")
    whole = pack([{"op": "say", "room": "lobby", "text": "hi", "re": 70000,
                   "data": {"a": [1.5, b"x", msgpack.ExtType(1, b"y")]},
                   "keep": False, "kind": "typing", "ref": "r"}])
    for length in range(1, len(whole)):
        c.raw(whole[:length])
        c.next("error", code="bad-message")
    c.raw(whole)
    c.next("ok", ref="r")


def test_bytes_behind_the_array(t):
    c = t.client("ann")
    for tail in (b"\0", b"\xc0", b"\x91" + PING, b"\xc1", b" " * 100):
        c.raw(b"\x91" + PING + tail)
        c.next("pong", ref="p")
        c.next("error", code="bad-message", ref=None)
    c.silent()


def test_invalid_utf8(t):
    c = t.client("ann")
    room = t.name("lobby")
    for what, text in INVALID_UTF8.items():
        c.note("#", what)
        value = bytes([0xa0 + len(text)]) + text
        c.raw(say_raw(room, "text", value))
        c.next("error", code="bad-message", ref="u")
        c.raw(say_raw(room, "data", b"\x81\xa1k" + value))
        c.next("error", code="bad-message", ref="u")
        c.raw(say_raw(room, "data", b"\xc4" + bytes([len(text)]) + text))
        c.next("ok", ref="u")


def test_depth_of_data(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.raw(say_raw(room, "data", b"\x91" * 7 + b"\x90"))
    c.next("ok", ref="u")
    c.raw(say_raw(room, "data", b"\x91" * 8 + b"\x90"))
    c.next("error", code="bad-message", ref="u")
    c.raw(say_raw(room, "data", b"\x81\xa1k" * 7 + b"\x80"))
    c.next("ok", ref="u")


def test_256_messages_and_257(t):
    c = t.client("ann")
    c.raw(b"\xdc\1\0" + PING * 256)
    for _ in range(256):
        c.next("pong", ref="p")
    c.raw(b"\xdc\1\1" + PING * 257)
    c.next("error", code="bad-message", ref=None)
    c.silent()


def test_messages_before_a_faulty_one_were_done(t):
    c = t.client("ann")
    c.send({"op": "ping", "ref": 1}, {"op": "who", "room": 5, "ref": 2},
           {"op": "ping", "ref": 3})
    c.next("pong", ref=1)
    c.next("error", code="bad-message", ref=2)
    c.silent()


def test_other_errors_do_not_end_the_frame(t):
    c = t.client("ann")
    c.send({"op": "ping", "ref": 1}, {"op": "dance", "ref": 2},
           {"op": "who", "room": "#x", "ref": 3},
           {"op": "say", "room": "r", "text": "x" * 20000, "ref": 4},
           {"op": "who", "room": "never-was", "ref": 5},
           {"op": "ping", "ref": 6})
    c.next("pong", ref=1)
    c.next("error", code="unknown-op", ref=2)
    c.next("error", code="bad-name", ref=3)
    c.next("error", code="too-large", ref=4)
    c.next("error", code="no-room", ref=5)
    c.next("pong", ref=6)


def test_multipart(t):
    c, other = t.client("ann"), t.client("bob")
    good = b"\x91" + PING
    for parts in ((good, good), (b"", good), (good, b""), (b"", b""),
                  (b"", b"", good), tuple([b""] * 15), (b"x", b"y", b"z")):
        c.raw(*parts)
        c.next("error", code="bad-message", ref=None)
        c.silent()
    t.check_quick(other)


def test_multipart_without_a_session(t):
    c = t.dealer()
    c.raw(b"", b"\x91" + PING)
    c.next("error", code="no-session")


def test_largest_frame(t):
    c, other = t.client("ann"), t.client("bob")
    room = t.name("lobby")
    c.join(room)
    says = [{"op": "say", "room": room, "text": "x" * 16000}
            for _ in range(3)]
    says.append({"op": "say", "room": room, "text": "", "data": b""})
    says[3]["data"] = b"y" * (65536 - len(pack(says)) - 1)
    says[3]["text"] = "z" * (65536 - len(pack(says)))
    same(len(pack(says)), 65536)
    c.raw(pack(says))
    c.silent()
    same(c.done("history", "history", room=room, limit=1)["messages"][0]
         ["text"], says[3]["text"])
    says[3]["text"] += "z"
    c.raw(pack(says))
    c.next("error", code="too-large", ref=None)
    c.silent()
    t.check_quick(other)


def test_much_too_large_frame_closes_the_connection(t):
    other = t.client("bob")
    c = t.dealer(PROBE_ROUTER=1, RECONNECT_IVL=50)
    c.expect("error", code="no-session")
    c.hello(t.name("ann"))
    c.raw(b"\x91" * 200000)
    c.expect("error", code="no-session")  # the probe of the next connection
    t.check_quick(other)


def test_oversized_fields_name_the_limit(t):
    c = t.client("ann")
    error = c.refused("join", "bad-name", room="r" * 65)
    check("64" in error["text"], error["text"])
    error = c.refused("say", "too-large", room="r", text="x", kind="k" * 33)
    check("32" in error["text"], error["text"])
