# SPDX-License-Identifier: MPL-2.0
"""Small frames that claim, or cost, much: counts, nesting, names that
collide."""
import itertools
import string

from wire import check, pack, same

MB = 1 << 20
HUGE = {
    "array 32": b"\xdd\xff\xff\xff\xff",
    "array 32 of 2^31": b"\xdd\x80\x00\x00\x00",
    "array 16": b"\xdc\xff\xff",
    "map 32": b"\xdf\xff\xff\xff\xff",
    "map 32 of 2^31": b"\xdf\x80\x00\x00\x00",
    "map 16": b"\xde\xff\xff",
    "str 32": b"\xdb\xff\xff\xff\xff",
    "bin 32": b"\xc6\xff\xff\xff\xff",
    "ext 32": b"\xc9\xff\xff\xff\xff\x01",
    "ext 32 of 2^31": b"\xc9\x80\x00\x00\x00\x01",
}


def test_claimed_sizes(t):
    c, other = t.client("ann"), t.client("other")
    room = t.name("room")
    begin = t.broker.memory()
    prefix = b"\x91\x83\xa2op\xa3say\xa4room" + pack(room) + b"\xa4data"
    for what, claim in HUGE.items():
        c.note("#", what)
        for frame in (claim, b"\x91" + claim, prefix + claim,
                      prefix + claim + b"\xc0" * 60000,
                      prefix + b"\x91" * 7 + claim,
                      b"\x91\x83\xa2op\xa4ping\xa1x" + claim):
            c.raw(frame)
            c.next("error", code="bad-message")
    grown = (t.broker.peak() - begin) / MB
    check(grown < 8, f"{grown:.1f} MB for claims")
    t.check_quick(other)


def test_many_claims(t):
    c, other = t.client("ann"), t.client("other")
    begin = t.broker.memory()
    for _ in range(300):
        for claim in HUGE.values():
            c.raw(b"\x91\x81\xa2op" + claim)
    for _ in range(300 * len(HUGE)):
        c.next("error", code="bad-message")
    check((t.broker.peak() - begin) / MB < 16, "memory for claims")
    t.check_quick(other)


def test_nesting(t):
    c, other = t.client("ann"), t.client("other")
    for opening in (b"\x91", b"\x81\xc0", b"\x81\xa1k", b"\xdc\0\1",
                    b"\xdd\0\0\0\1"):
        for depth in (10, 1000, 60000 // len(opening)):
            for prefix in (b"", b"\x91\x83\xa2op\xa3say\xa4room\xa1r\xa4data"):
                c.raw(prefix + opening * depth)
                c.next("error", code="bad-message")
    t.check_quick(other)


def test_wide_values(t):
    """A frame full of tiny elements is one pass over its bytes."""
    c, other = t.client("ann"), t.client("other")
    room = t.name("room")
    prefix = (b"\x91\x84\xa2op\xa3say\xa3ref\x01\xa4room" + pack(room) +
              b"\xa4data")
    for count, header in ((49000, b"\xdc\xbf\x68"), (24000, b"\xde\x5d\xc0")):
        per = 2 if header[0] == 0xde else 1
        c.raw(prefix + header + b"\x01" * (count * per))
        c.next("ok", ref=1)
        t.check_quick(other)


def bernstein(seed, text):
    value = seed
    for letter in text:
        value = (33 * value ^ ord(letter)) & 0xffffffffffffffff
    return value


def colliding_names(stages):
    """2^stages names with the same unkeyed hash, as czmq's zhashx has it: at
    each stage two endings lead to the same value."""
    letters = string.ascii_letters + string.digits
    state, pairs = 0, []
    for _ in range(stages):
        seen = {}
        for block in map("".join, itertools.product(letters, repeat=3)):
            value = bernstein(state, block)
            if value in seen:
                pairs.append((seen[value], block))
                state = value
                break
            seen[value] = block
    names = ["".join(choice) for choice in itertools.product(*pairs)]
    same(len({bernstein(0, name) for name in names}), 1, "hashes")
    return names


def test_names_that_collide(t):
    t.fresh()
    other = t.client("other")
    names = colliding_names(9)
    c = t.client("ann")
    for start in range(0, len(names), 256):
        c.send(*[{"op": "say", "room": name, "text": "x"}
                 for name in names[start:start + 256]])
    t.check_quick(other)
    for name in names[:250]:
        c.tell_broker("join", room=name)
    for name in names[:100]:
        guest = t.dealer()
        guest.hello(name, lane=name)
        guest.say(name, "hi", n=1)
        guest.close()
        t.inlets.remove(guest)
    t.check_quick(other)
    same(len(c.done("history", "history", room=names[7])["messages"]), 2)


def test_keys_that_collide(t):
    """32 keys at most, so comparing each with each is cheap."""
    c, other = t.client("ann"), t.client("other")
    keys = colliding_names(4)
    message = {"op": "ping", "ref": 1, **dict.fromkeys(keys, 0)}
    c.send(*[message] * 200)
    for _ in range(200):
        c.next("pong", ref=1)
    t.check_quick(other)
