# SPDX-License-Identifier: MPL-2.0
"""confab chat on a whole screen: typing, sizes, and all kinds of letters."""
import re

from full import Full, full, many, member
from cli import Cli
from wire import check, same

SIZES = [(40, 10), (20, 4), (132, 43), (60, 8), (91, 24), (80, 24)]
LETTERS = "the quick brown fox jumps over the lazy dog"


def test_two_people_talk(f):
    room, ann, bob = f.name("room"), f.name("ann"), f.name("bob")
    with Cli(f) as cli, Full(cli) as one, Full(cli) as two:
        one.open(ann, room)
        two.open(bob, room)
        one.wait_body(rf"{bob} enters")
        one.type("half a th")
        two.say("hello ann")
        one.wait_said(bob, "hello ann")
        one.wait_typed(f"[{room}] half a th")
        one.say("ought")
        two.wait_said(ann, "half a thought")
        one.wait_said(ann, "half a thought")
        one.wait_room(room)
        check(room in one.top() and "2" in one.top(), one.top())
        one.quit()
        two.wait_body(rf"{ann} leaves")
        two.quit()


def test_typing_while_messages_arrive(f):
    room = f.name("room")
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        for number, letter in enumerate(LETTERS):
            one.type(letter)
            bob.send(*({"op": "say", "room": room,
                        "text": f"message {number * 10 + i} ."}
                       for i in range(10)))
        last = len(LETTERS) * 10 - 1
        one.wait_said(bob.id, f"message {last} ")
        one.wait_typed(f"[{room}] {LETTERS}")
        same(one.position(), (len(f"[{room}] {LETTERS}"), 23), "cursor")
        shown = [int(n) for n in one.found(r"> message (\d+) \.")]
        same(shown, list(range(last - len(shown) + 1, last + 1)), "messages")
        check(len(shown) >= 18, one.shown())
        one.keys("Enter")
        bob.expect("say", text=LETTERS)


def has_parts(one, rows, room, newest):
    """At this size all that is promised is there."""
    bars = one.columns < 40 or one.rows < 10 or (
        room in rows[0] and one.name in rows[-2])
    return bars and rows[-1].startswith(f"[{room}]") and \
        rows[-1].endswith("typed") and \
        any(newest in row for row in rows[-5:]) and \
        all(len(row) <= one.columns for row in rows)


def test_resize(f):
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        many(bob, room, [f"word{i} " * 9 + f"end{i}" for i in range(60)])
        one.open(f.name("ann"), room)
        one.wait_body("end59$")
        one.type("half typed")
        one.wait_typed(f"[{room}] half typed")
        before = one.rows_now()
        for size in SIZES:
            one.resize(*size)
            one.wait_rows(lambda rows: has_parts(one, rows, room, "end59"),
                          f"all of it at {size}")
        one.wait_rows(lambda rows: rows[1:-2] == before[1:-2],
                      "what stood there at first")
        one.keys("Enter")
        bob.expect("say", text="half typed")


def test_too_small(f):
    """A note, and everything is there again when there is room."""
    room = f.name("r")
    with full(f) as one:
        one.open(f.name("ann"), room)
        one.type("kept")
        one.wait_typed(f"[{room}] kept")
        for size in ((19, 10), (40, 3), (3, 2)):
            one.resize(*size)
            one.wait_rows(lambda rows: not any("kept" in r for r in rows),
                          f"a note at {size}")
        one.resize(24, 3)
        one.wait_rows(lambda rows: re.search("20x4", " ".join(rows)),
                      "a note that says why")
        one.resize(80, 24)
        one.wait_typed(f"[{room}] kept")


def test_wide_characters_are_typed(f):
    room, ann = f.name("r"), f.name("小明")
    prompt = f"[{room}] "
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(ann, room)
        one.type("你好世界")
        one.wait_typed(prompt + "你好世界")
        same(one.position()[0], len(prompt) + 8, "column")
        one.keys("Left", "Left", "BSpace")
        one.wait_typed(prompt + "你世界")
        same(one.position()[0], len(prompt) + 2, "column")
        one.type("e\u0301👍")
        one.wait_typed(prompt + "你e\u0301👍世界")
        one.keys("Left", "Left", "Right", "BSpace", "Enter")
        same(bob.expect("say")["text"], "你👍世界")
        one.wait_said(ann, "你👍世界")


def body_text(one):
    """All letters of the last message, in order, whatever row they are on."""
    rows = one.body()
    begin = max(i for i, row in enumerate(rows) if "> BEGIN" in row)
    rows = [rows[begin].split("BEGIN", 1)[1], *rows[begin + 1:]]
    return "".join(row.replace(" ", "").split("│")[0] for row in rows)


def test_wide_characters_at_the_margin(f):
    """At each offset from the margin, none is cut, lost or moved."""
    room = f.name("r")
    texts = {"cjk": "汉字假名交じり文" * 12, "emoji": "👍🚀🎉🐧" * 20,
             "hangul": "한국어글자" * 18,
             "accents": "e\u0301a\u0308o\u0302" * 50}
    with full(f, 100, 24) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        edge = {one.wait_body("│").index("│")}
        for offset in range(3):
            for name, text in texts.items():
                bob.say(room, f"BEGIN{'x' * offset}{text}END{name}{offset}")
                one.wait_rows(lambda rows: f"END{name}{offset}" in
                              body_text(one) if any("BEGIN" in r for r in
                                                    rows) else False,
                              f"{name} at {offset}")
                same(body_text(one),
                     f"{'x' * offset}{text}END{name}{offset}", name)
                check_edge(one, edge)


def check_edge(one, edge):
    """The list of members begins where it did in each row."""
    for row in one.cells()[1:-3]:
        places = {cell.column for cell in row if cell.text == "│"}
        same(places, edge, "edge beside " + "".join(c.text for c in row))


def test_joined_emoji_do_not_move_others(f):
    """Terminals disagree about how wide these are; the next row is right."""
    room = f.name("r")
    with full(f, 80, 24) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        for text in ("👩‍👩‍👧‍👦 family", "🇫🇷🇯🇵 flags", "❤️ heart", "👍🏽 tone",
                     "\u200bzero", "עברית rtl", "ไทย thai", "\u0301first"):
            bob.say(room, text)
        bob.say(room, "the last")
        one.wait_said(bob.id, "the last")
        for word in ("family", "flags", "heart", "tone", "zero", "rtl",
                     "thai", "first"):
            row = one.wait_body(word)
            check(re.match(rf"\d\d:\d\d +<{bob.id}> ", row), row)


def test_a_long_line_in_a_narrow_window(f):
    room = f.name("r")
    text = "".join(chr(ord("a") + i % 26) for i in range(200)) + "末"
    with full(f, 40, 10) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        one.type(text)
        one.wait_rows(lambda rows: rows[-1].endswith("opqr末"), "its end")
        one.keys("C-a")
        one.wait_rows(lambda rows: rows[-1].startswith(f"[{room}] abc"),
                      "its start")
        bob.say(room, "meanwhile")
        one.wait_body("meanwhile")
        check(one.typed().startswith(f"[{room}] abc"), one.typed())
        one.keys("Enter")
        same(bob.expect("say", **{"from": one.name})["text"], text)


def test_several_lines(f):
    """Alt-Enter makes another line of the same message."""
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        one.type("first")
        one.keys("M-Enter")
        one.type("second")
        one.wait_typed(f"[{room}] first⏎second")
        one.keys("Enter")
        same(bob.expect("say")["text"], "first\nsecond")
        rows = one.wait_rows(lambda rows: any("second" in r for r in rows[:-2])
                             and rows[-1] == f"[{room}]", "both lines")
        at = next(i for i, row in enumerate(rows) if "first" in row)
        same(rows[at + 1].index("second"), rows[at].index("first"), "indent")


def test_editing(f):
    room = f.name("r")
    prompt = f"[{room}] "
    with full(f) as one:
        one.open(f.name("ann"), room)
        one.type("hello big world")
        one.keys("C-a", "X", "C-e", "Y", "Left", "BSpace")
        one.wait_typed(prompt + "Xhello big worlY")
        one.keys("C-w")
        one.wait_typed(prompt + "Xhello big Y")
        one.keys("C-a", "Right", "C-k")
        one.wait_typed(prompt + "X")
        one.keys("C-y")
        one.wait_typed(prompt + "Xhello big Y")
        one.keys("M-b", "C-u")
        one.wait_typed(prompt + "Y")
        for key in ("F5", "S-F5", "M-x", "C-Left", "C-g", "Home", "DC"):
            one.keys(key)
        one.wait_typed(prompt)
        one.keys("C-l")
        one.type("ok")
        one.wait_typed(prompt + "ok")


def test_lines_of_the_past_and_drafts(f):
    """Each conversation has its own."""
    room, other = f.name("r"), f.name("s")
    with full(f) as one:
        one.open(f.name("ann"), room, other)
        for text in ("first", "second", "second"):
            one.say(text)
        one.wait_room(room)
        one.type("draft")
        one.keys("M-2")
        one.wait_room(other)
        one.keys("Up")
        one.wait_room(other)
        one.say("elsewhere")
        one.keys("M-1")
        one.wait_typed(f"[{room}] draft")
        one.keys("Up")
        one.wait_typed(f"[{room}] second")
        one.keys("Up")
        one.wait_typed(f"[{room}] first")
        one.keys("Up", "Down", "Down")
        one.wait_typed(f"[{room}] draft")
