# SPDX-License-Identifier: MPL-2.0
"""Names: what may be an id, a room or a lane, and which are the same."""
import unicodedata

from wire import check, same

GOOD = [
    "a", "A", "0", "ann", "a@b", "a#b", "a$b", "-", ".", "..", "/", "*", "%s",
    "a\\b", "\"", "'", "<b>", "!", "~", "x" * 64, "会议室", "张伟", "غرفة",
    "مرحبا", "שלום", "🦊", "👍🏽", "🇩🇪", "Zo\u00eb", "\u00c5ngstr\u00f6m",
    "Ελλάδα", "комната", "हिन्दी", "ไทย", "한국", "ｆｕｌｌ", "é" * 32,
    "会" * 21, "🦊" * 16, "команда-dev", "\u2764\ufe0f", "μ-Σ", "сосо",
]
BAD = {
    "empty": "", "space": "a b", "leading space": " a", "tab": "a\tb",
    "newline": "a\nb", "return": "a\rb", "nul": "a\0b", "escape": "\x1b[31m",
    "delete": "a\x7f", "C1 control": "a\u0085", "CSI": "\u009b31m",
    "no-break space": "a\u00a0b", "ideographic space": "a\u3000b",
    "line separator": "a\u2028", "paragraph separator": "a\u2029",
    "zero width space": "a\u200bb", "zero width joiner": "a\u200db",
    "bidi override": "a\u202eb", "bidi isolate": "a\u2066b",
    "left-to-right mark": "a\u200e", "byte order mark": "\ufeffa",
    "soft hyphen": "a\u00adb", "private use": "a\ue000",
    "private use plane 16": "a\U0010fffd", "unassigned": "a\u0378",
    "noncharacter": "a\ufffe", "tag": "a\U000e0041",
    "Braille blank": "a\u2800", "Hangul filler": "\u3164",
    "halfwidth filler": "a\uffa0", "choseong filler": "\u115f",
    "jungseong filler": "\u1160", "grapheme joiner": "a\u034f",
    "selector behind a letter": "ann\ufe0f", "ideograph's": "\u845b\U000e0100",
    "@": "@ann", "#": "#room", "$": "$x", "only @": "@",
    "NFD e": "e\u0301", "NFD Hangul": "\u1112\u1161\u11ab",
    "singleton": "\u212b", "wrong order of marks": "q\u0307\u0323",
    "65 bytes": "x" * 65, "66 bytes in 22 letters": "会" * 22,
    "68 bytes of foxes": "🦊" * 17,
}


def test_the_table_is_right(t):
    for name in GOOD:
        same(unicodedata.normalize("NFC", name), name)
        check(len(name.encode()) <= 64, name)


def test_good_names(t):
    t.fresh()
    for name in GOOD:
        if name == "A":  # the twin of "a", which is known by now
            continue
        c = t.dealer()
        c.hello(name, lane=name)
        joined = c.join(name, direct=True)
        same((joined["room"], joined["topic"], joined["members"]),
             (name, name + " ", [name]))
        c.say(name, f"in {name}", n=1)
        m = c.expect("say", text=f"in {name}")
        same((m["room"], m["from"]), (name, name))
        c.tell(name, "to myself")
        same(c.expect("tell")["to"], name)
        same(len(c.done("history", "history", room=name)["messages"]), 1)
        same(len(c.done("history", "history", **{"with": name})
                 ["messages"]), 1)
        same(c.done("who", "who", room=name)["members"], [name])
        c.done("bye")


def test_good_names_as_topics(t):
    c = t.client("ann")
    for name in GOOD:
        c.join(name)
        sub = t.listener(c, name)
        c.say(name, "x")
        same(sub.expect("say")["room"], name)
        sub.close()
        t.inlets.remove(sub)
        c.done("leave", room=name)


def test_bad_names(t):
    c = t.client("ann", lane="l1")
    d = t.dealer()
    for what, name in BAD.items():
        c.note("#", what)
        for op, fields in (
                ("join", {"room": name}), ("leave", {"room": name}),
                ("say", {"room": name, "text": "x"}),
                ("tell", {"to": name, "text": "x"}),
                ("history", {"room": name}), ("history", {"with": name}),
                ("sync", {"room": name}), ("who", {"room": name}),
                ("who", {"after": name}), ("rooms", {"after": name})):
            c.refused(op, "bad-name", **fields)
        d.refused("hello", "bad-name", v=1, id=name)
        d.refused("hello", "bad-name", v=1, id=t.name("x"), lane=name)
    c.silent()


def test_bad_name_says_which_field(t):
    c = t.client("ann")
    for op, key, more in (("join", "room", {}), ("tell", "to", {"text": "x"}),
                          ("history", "with", {}), ("who", "after", {})):
        check(key in c.refused(op, "bad-name", **{key: "a b", **more})["text"],
              f"{op} names {key}")


TWINS = [("Ann", "ann"), ("ANN2", "ann2"), ("stra\u00dfe", "strasse"),
         ("\uff41bc", "abc"), ("\u216b", "xii"), ("\ufb01x", "fix"),
         ("\u03a3\u03b1", "\u03c3\u03b1"), ("x\u00b2", "x2")]


def test_ids_that_look_alike(t):
    for one, two in TWINS:
        a, b = t.name(one), t.name(two)
        first = t.dealer()
        first.hello(a)
        second = t.dealer()
        second.refused("hello", "denied", v=1, id=b)
        first.done("bye")
        second.refused("hello", "denied", v=1, id=b)  # known ids stay known
        first.hello(a)


def test_a_refused_twin_is_not_known(t):
    a = t.client("Twin")
    b = t.dealer()
    b.refused("hello", "denied", v=1, id=a.id.lower())
    a.refused("tell", "no-client", to=a.id.lower(), text="x")


def test_sending_sessions_may_not_be_twins_either(t):
    a = t.client("Twin")
    b = t.dealer()
    b.refused("hello", "denied", v=1, id=a.id.lower(), inbox=False)


def test_rooms_and_lanes_may_look_alike(t):
    c = t.client("ann")
    for name in (t.name("Room"), t.name("room"), t.name("ROOM")):
        c.say(name, name)
        same(len(c.done("history", "history", room=name)["messages"]), 1)
    name = t.name("bot")
    for lane in ("Lane", "lane"):
        t.dealer().hello(name, inbox=False, lane=lane)


def test_ids_rooms_and_lanes_do_not_meet(t):
    c = t.client("ann", lane=t.name("ann"))
    c.join(c.id)
    c.say(c.id, "x", n=1)
    same(c.done("who", "who", room=c.id)["members"], [c.id])
    c.silent()  # no mail of it
