# SPDX-License-Identifier: MPL-2.0
"""What is pasted into a whole screen: many lines are asked about first."""
from full import full, member, unsaid
from wire import check, same

LINES = 200


def paste(one, count=LINES):
    one.paste("".join(f"pasted {i}\n" for i in range(count)))


def heard(bob, count):
    """The texts that come next."""
    return [bob.expect("say")["text"] for _ in range(count)]


def test_paste_of_many_lines(f):
    """Asks; with Enter all of them are said, in order, once."""
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        one.type("before ")
        paste(one)
        one.wait_rows(lambda rows: f"{LINES} lines" in rows[-1], "a question")
        unsaid(bob)
        one.keys("Enter")
        same([t.removeprefix("before ") for t in heard(bob, LINES)],
             [f"pasted {i}" for i in range(LINES)])
        one.wait_said(one.name, f"pasted {LINES - 1}")
        one.wait_rows(lambda rows: rows[-1].startswith(f"[{room}]"), "a line")
        one.keys("C-u")
        one.say("done")
        same(heard(bob, 1)[0].split()[-1], "done")


def test_paste_is_dropped(f):
    """With Escape nothing is said, and what was typed is there."""
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        one.type("before")
        paste(one)
        one.wait_rows(lambda rows: f"{LINES} lines" in rows[-1], "a question")
        one.keys("Escape")
        one.wait_typed(f"[{room}] before")
        unsaid(bob)
        one.keys("Enter")
        same(heard(bob, 1), ["before"])


def test_paste_as_one_message(f):
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        one.paste("one\n\ttwo\x01\n/quit is text here\n\nlast")
        one.wait_rows(lambda rows: "4 lines" in rows[-1], "a question")
        one.type("m")
        text = bob.expect("say")["text"]
        same(text.rstrip("\n"), "one\n\ttwo\n/quit is text here\n\nlast")
        one.wait_room(room)


def test_nothing_pasted_is_a_command(f):
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        one.paste("first\n/quit\n/leave\n\x1b[31mred\n\tlast\n")
        one.wait_rows(lambda rows: "5 lines" in rows[-1], "a question")
        one.keys("Enter")
        texts = heard(bob, 5)
        same(texts[:3], ["first", "/quit", "/leave"])
        check("\x1b" not in texts[3] and texts[3].endswith("red"), texts[3])
        same(texts[4], "\tlast")
        one.wait_room(room)


def test_paste_of_one_line_is_typed(f):
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        one.type("<>")
        one.keys("Left")
        one.paste("你好 one line")
        one.wait_typed(f"[{room}] <你好 one line>")
        one.keys("Enter")
        same(heard(bob, 1), ["<你好 one line>"])


def test_paste_while_messages_arrive_and_sizes_change(f):
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        paste(one)
        one.wait_rows(lambda rows: f"{LINES} lines" in rows[-1], "a question")
        bob.say(room, "meanwhile")
        one.wait_said(bob.id, "meanwhile")
        one.resize(60, 12)
        one.wait_rows(lambda rows: f"{LINES} lines" in rows[-1], "a question")
        one.keys("Escape")
        one.wait_room(room)


def test_too_much_is_told(f):
    """A paste beyond the bound, and a message beyond the limit."""
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        one.paste("x" * 20000)
        one.wait_rows(lambda rows: "20000 bytes" in rows[-1], "a question")
        one.keys("Enter")
        one.wait_rows(lambda rows: any("16384" in row or "16 KiB" in row
                                       for row in rows), "the limit")
        unsaid(bob)
