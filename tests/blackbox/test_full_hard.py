# SPDX-License-Identifier: MPL-2.0
"""A whole screen under what it is seldom under: little room and much to show,
large messages, keys that are none, and all of it at once."""
import re
import time

from cli import Cli
from fixture import deadline
from full import Full, full, many, member
from wire import check, same, wait_until

LONG = "名" * 21  # a name of 63 bytes, 42 columns
PAUSE = 0.3  # seconds; a person who has looked
SIZES = [(40, 10), (25, 6), (60, 12), (20, 4), (110, 30), (41, 11)]


def test_the_connection_is_always_visible(f):
    """However much else the row has to tell."""
    broker = f.fresh()
    rooms = [f.name(f"room{i}") for i in range(20)]
    with full(f, 60, 12) as one:
        bob = f.client("bob")
        one.open(f.name("ann"), *rooms)
        wait_until(lambda: bob.done("who", "who", room=rooms[-1])["members"],
                   "the last room is joined")
        for room in rooms[1:]:
            bob.say(room, "hello")
        one.wait_active("2", "3")
        broker.stop(9)
        one.wait_status("offline|connecting", 20)
        for columns in (40, 20, 100):
            one.resize(columns, 12)
            one.wait_status("offline|connecting|off")


def test_a_long_name_in_a_narrow_window(f):
    """What is typed is still seen."""
    with full(f, 40, 10) as one:
        bob = f.client("bob")
        bob.join(LONG, direct=True)
        one.launch(f.name("ann"), LONG)
        one.wait_flag("alternate_on", "1")
        one.wait_rows(lambda rows: re.match(r"\[名|>", rows[-1]), "a line")
        one.type("seen")
        rows = one.wait_rows(lambda rows: rows[-1].endswith("seen"), "typed")
        check(all(len(row) <= 40 for row in rows), rows)
        one.keys("Enter")
        same(bob.expect("say")["text"], "seen")


@deadline(90)
def test_a_message_of_many_rows(f):
    """16 KiB, one screen after the other, and not a word is lost."""
    room = f.name("r")
    bob = f.client("bob")
    words = [f"w{i:04}" for i in range(2700)]
    bob.say(room, " ".join(words))
    with full(f, 60, 14) as one:
        one.open(f.name("ann"), room)
        one.wait_body("more rows: /more")
        one.say("/more")
        one.wait_body("w2699")
        seen = set()
        for _ in range(600):
            found = re.findall(r"w\d{4}", " ".join(one.body()))
            same(found, sorted(found), "words in order")
            seen.update(found)
            if words[0] in seen:
                break
            before = one.body()
            one.keys("PPage")
            one.wait_rows(lambda rows: rows[1:-2] != before, "another page")
        same(len(seen), len(words), "words that were seen")


def test_keys_that_are_none(f):
    """Bytes that are no UTF-8, and sequences that nobody knows."""
    room = f.name("r")
    with full(f) as one:
        one.open(f.name("ann"), room)
        one.type("a")
        for raw in (b"\xff\xfe", b"\xc3(", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
                    b"\x1b[" + b"1;" * 200 + b"~", b"\x1b[?1;2c", b"\x1bOz",
                    b"\x1b]0;title\x07", b"\x1b[200~\x1b[201~", b"\x00\x1d"):
            one.tmux("send-keys", "-H", *(f"{b:02x}" for b in raw))
        one.type("z")
        row = one.wait_rows(lambda rows: rows[-1].endswith("z"), "a z")[-1]
        check("\ufffd" not in row and "\x1b" not in row, row)
        check(row.startswith(f"[{room}] a"), row)
        one.keys("C-u")
        one.wait_room(room)
        one.quit()


def test_a_paste_without_an_end(f):
    """The terminal never says that it is over; keys work again."""
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        one.send("\x1b[200~half a paste")
        bob.say(room, "meanwhile")
        one.wait_said(bob.id, "meanwhile")
        one.wait_typed(f"[{room}] half a paste")
        one.type("!")
        one.wait_typed(f"[{room}] half a paste!")
        time.sleep(PAUSE)  # Enter in one go with it could be the paste's
        one.keys("Enter")
        same(bob.expect("say", **{"from": one.name})["text"], "half a paste!")


def test_much_typed_at_once(f):
    room = f.name("r")
    text = "".join(f"{i} " for i in range(1000)).strip()
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        one.type(text, True)
        same(bob.expect("say")["text"], text)
        for i in range(30):
            one.type(f"line {i}", True)
        same([bob.expect("say")["text"] for _ in range(30)],
             [f"line {i}" for i in range(30)])


@deadline(90)
def test_all_at_once(f):
    """Messages of all kinds, sizes that change, keys and scrolling."""
    room = f.name("r")
    with Cli(f) as cli, Full(cli) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        for turn in range(30):
            many(bob, room, [f"{turn}.{i} 汉字 👍 " + "word " * (i % 40)
                             for i in range(50)])
            one.resize(*SIZES[turn % len(SIZES)])
            one.keys(*("PPage" if turn % 3 else "C-End", "M-1", "F9"))
            one.wheel("up" if turn % 2 else "down", 3)
            one.type("x")
        one.resize(80, 24)
        one.keys("M-1", "C-End")
        one.wait_body(r"29\.49 ")
        one.wait_rows(lambda rows: re.fullmatch(
            rf"\[{re.escape(room)}\] x+", rows[-1]), "what was typed")
        same(one.typed().count("x"), 30, "letters")
        one.keys("C-u")
        one.quit()
