# SPDX-License-Identifier: MPL-2.0
"""say: what is carried, and how, in every place where it arrives."""
import msgpack

from wire import ANY, check, pack, same

# Encoded by hand where packers differ: passed on verbatim, byte by byte.
DATA = {
    "nil inside": b"\x91\xc0",
    "true": b"\xc3",
    "small": b"\x07",
    "negative": b"\xd3\xff\xff\xff\xff\xff\xff\xff\xfe",
    "uint64 above 2^53": b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
    "non-minimal integer": b"\xcf\x00\x00\x00\x00\x00\x00\x00\x05",
    "float": b"\xca\x3f\xc0\x00\x00",
    "nan": b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00",
    "str": b"\xa2hi",
    "str 32": b"\xdb\x00\x00\x00\x02hi",
    "bin": b"\xc4\x03\x00\xff\x80",
    "empty bin": b"\xc4\x00",
    "ext": b"\xd4\x2a\xff",
    "ext 8": b"\xc7\x03\x2aabc",
    "timestamp": b"\xd6\xff\x00\x00\x00\x01",
    "map with number keys": b"\x82\x01\xa1a\x02\xa1b",
    "map with a key twice": b"\x82\xa1k\x01\xa1k\x02",
    "empty map": b"\x80",
    "empty array": b"\x90",
    "8 levels": b"\x91" * 7 + b"\x90",
}


def frame_with_data(room, data, ref):
    return (b"\x91\x84\xa2op\xa3say" + pack("room") + pack(room) +
            pack("ref") + pack(ref) + b"\xa4data" + data)


def raw_frame(sub):
    """The bytes of the next frame on the topic, behind the name."""
    check(sub.socket.poll(8000), "no frame on the topic")
    return sub.socket.recv().partition(b" ")[2]


def test_every_field_arrives(t):
    c = t.client("ann")
    room = t.name("lobby")
    head = c.join(room, direct=True)["head"]
    sub = t.listener(c, room)
    c.drain()
    ok = c.say(room, "hi", data={"a": [1, None, b"\0"]}, kind="action", re=7)
    want = {"op": "say", "room": room, "seq": ok["seq"], "prev": head,
            "from": c.id, "time": ok["time"], "text": "hi",
            "data": {"a": [1, None, b"\0"]}, "kind": "action", "re": 7}
    same(c.expect("say"), want)
    same(sub.expect("say"), want)
    page = c.done("history", "history", room=room)
    same(page["messages"], [want])


def test_absent_fields_stay_absent(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.join(room, direct=True)
    c.say(room, "hi")
    same(set(c.expect("say")), {"op", "room", "seq", "prev", "from", "time",
                                "text"})
    c.done("say", room=room, data=0)
    same(set(c.expect("say")), {"op", "room", "seq", "prev", "from", "time",
                                "data"})


def test_nil_is_absent(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.join(room, direct=True)
    c.done("say", room=room, text="x", data=None, kind=None, re=None,
           keep=None, n=None)
    m = c.expect("say")
    check("data" not in m and "kind" not in m and "re" not in m, str(m))


def test_nothing_to_say(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.refused("say", "bad-message", room=room)
    c.refused("say", "bad-message", room=room, text=None, data=None)
    c.refused("say", "bad-message", text="x")
    c.refused("who", "no-room", room=room)
    c.say(room, "")  # an empty text is a text


def test_data_is_passed_on_verbatim(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.join(room)
    sub = t.listener(c, room)
    sub.settle(c, room)
    for what, data in DATA.items():
        c.raw(frame_with_data(room, data, what))
        c.expect("ok", ref=what, seq=ANY)
        frame = raw_frame(sub)
        check(b"\xa4data" + data in frame, f"{what}: {frame!r}")
    c.raw(b"\x91\x83\xa2op\xa7history\xa4room" + pack(room) + b"\xa3ref\x01")
    check(c.socket.poll(8000), "no history")
    page = c.socket.recv()
    for what, data in DATA.items():
        check(b"\xa4data" + data in page, f"{what} in the history")


def test_from_cannot_be_forged(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.join(room, direct=True)
    c.say(room, "x", **{"from": "root", "seq": 1, "time": 1, "prev": 1})
    m = c.expect("say", text="x")
    same(m["from"], c.id)
    check(m["seq"] > 1 and m["time"] > 1, "set by the broker")


def test_ok_only_where_asked(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.tell_broker("say", room=room, text="no ref")
    c.silent()
    c.tell_broker("say", room=room, text="x", ref=5)
    c.next("ok", ref=5, seq=ANY, time=ANY, n=None, online=None, again=None)


def test_errors_are_always_sent(t):
    c = t.client("ann")
    c.tell_broker("say", room="#bad", text="x")
    c.next("error", code="bad-name", ref=None)


def test_keep_false(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.join(room, direct=True)
    sub = t.listener(c, room)
    c.drain()
    head = c.say(room, "stored")["seq"]
    ok = c.say(room, "typing", keep=False, kind="typing")
    check("seq" not in ok, f"ok is {ok}")
    for inlet in (c, sub):
        inlet.expect("say", text="stored")
        inlet.expect("say", text="typing", kind="typing", seq=None, prev=head)
    page = c.done("history", "history", room=room)
    same([m["text"] for m in page["messages"]], ["stored"])
    same(page["head"], head)
    c.say(room, "next")
    c.expect("say", text="next", prev=head)


def test_keep_false_leaves_a_room_without_messages(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.join(room)
    c.say(room, "x", keep=False)
    page = c.done("history", "history", room=room)
    same((page["messages"], page["first"], page["more"]), ([], 0, False))


def test_keep_false_with_n(t):
    c = t.client("ann", lane="l1")
    c.refused("say", "bad-message", room="r", text="x", keep=False, n=1)
    c.refused("tell", "bad-message", to=c.id, text="x", keep=False, n=1)


def test_largest_text(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.join(room, direct=True)
    for text in ("x" * 16384, "é" * 8192, "会" * 5461, "🦊" * 4096, "\0" * 9):
        c.say(room, text)
        same(c.expect("say")["text"], text)
    error = c.refused("say", "too-large", room=room, text="x" * 16385)
    check("16384" in error["text"] and "text" in error["text"],
          "it names the field and the limit")
    c.refused("say", "too-large", room=room, text="会" * 5462)
    c.silent()


def test_largest_body(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.join(room, direct=True)
    sub = t.listener(c, room)
    c.drain()
    data = b"x" * (49152 - 16384 - 3)  # 3: the header of a bin 16
    for inlet in (c, sub):
        c.say(room, "t" * 16384, data=data)
        same(inlet.expect("say")["data"], data)
    c.refused("say", "too-large", room=room, text="t" * 16384,
              data=data + b"x")
    c.refused("say", "too-large", room=room, data=b"x" * 49150)
    c.say(room, "", data=b"x" * 49149)


def test_largest_body_with_the_longest_names(t):
    name = "n" * (64 - 3) + f"{t.number:03}"
    c = t.dealer()
    c.hello(name)
    c.join(name, direct=True)
    c.say(name, "t" * 16384, data=b"x" * (49152 - 16384 - 3), kind="k" * 32,
          re=2**53 - 1, ref="r" * 64)
    c.expect("say")
    page = c.done("history", "history", room=name, ref="r" * 64)
    same(len(page["messages"]), 1)
    c.tell(name, "t" * 16384, data=b"x" * (49152 - 16384 - 3), kind="k" * 32)
    c.expect("tell")
    same(len(c.done("history", "history", ref="s" * 64)["messages"]), 1)


def test_kind_and_re(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.join(room, direct=True)
    for kind in ("", "action", "notice", "k" * 32, "反应"):
        c.say(room, "x", kind=kind)
        same(c.expect("say")["kind"], kind)
    c.refused("say", "too-large", room=room, text="x", kind="k" * 33)
    for re in (0, 1, 2**53 - 1):
        c.say(room, "x", re=re)
        same(c.expect("say")["re"], re)


def test_a_batch_is_done_in_order(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.join(room, direct=True)
    c.drain()
    c.send(*[{"op": "say", "room": room, "text": str(n), "ref": n}
             for n in range(256)])
    for number in range(256):
        c.expect("ok", ref=number)
    texts = [c.expect("say")["text"] for _ in range(256)]
    same(texts, [str(n) for n in range(256)])


def test_time_never_goes_back(t):
    c = t.client("ann")
    room = t.name("lobby")
    times = [c.say(room, "x")["time"] for _ in range(50)]
    same(times, sorted(times))


def test_bin_only_in_data(t):
    """Every frame of the broker decodes as text where no bin was given."""
    c = t.client("ann")
    room = t.name("lobby")
    c.raw(pack([{"op": "join", "room": room, "direct": True, "ref": 1},
                {"op": "say", "room": room, "text": "x", "ref": 2},
                {"op": "rooms", "ref": 3}, {"op": "who", "ref": 4},
                {"op": "history", "room": room, "ref": 5},
                {"op": "ping", "ref": 6}, {"op": "tell", "to": c.id,
                                           "text": "y", "ref": 7}]))

    def no_bytes(value):
        if isinstance(value, dict):
            return all(no_bytes(k) and no_bytes(v) for k, v in value.items())
        if isinstance(value, list):
            return all(no_bytes(v) for v in value)
        return not isinstance(value, (bytes, msgpack.ExtType))

    for ref in range(1, 8):
        check(no_bytes(c.expect(None, ref=ref)), f"bin in answer {ref}")
