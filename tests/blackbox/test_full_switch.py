# SPDX-License-Identifier: MPL-2.0
"""Conversations on a whole screen: going from one to the other, what happened
in those that nobody looks at, members, and what Tab makes of a word."""
import re

from cli import Cli
from full import Full, WIDE, full, member
from wire import check, same


def three(f, one):
    """A chat in three rooms, numbers 1 to 3, and the first is looked at."""
    rooms = [f.name(stem) for stem in ("red", "green", "blue")]
    one.open(f.name("ann"), *rooms)
    return rooms


def test_numbers_and_neighbours(f):
    with full(f) as one:
        red, green, blue = three(f, one)
        for key, room in (("M-2", green), ("M-3", blue), ("M-1", red),
                          ("C-n", green), ("C-n", blue), ("C-p", green),
                          ("M-4", green), ("M-8", green), ("M-9", green)):
            one.keys(key)
            one.wait_room(room)
            one.wait_status(rf"\b{'123'[(red, green, blue).index(room)]}:"
                            rf"{re.escape(room)}")
        one.keys("C-p", "C-p", "C-p")  # the program's own, and around
        one.wait_room(blue)


def test_ten_windows(f):
    """Alt-0 is the tenth."""
    rooms = [f.name(f"room{i}") for i in range(1, 12)]
    with full(f) as one:
        one.open(f.name("ann"), *rooms)
        for key, room in (("M-0", rooms[9]), ("M-9", rooms[8]),
                          ("M-1", rooms[0]), ("M-0", rooms[9])):
            one.keys(key)
            one.wait_room(room)


def number_styles(one, number):
    """How the number looks in the list."""
    row = one.cells()[one.rows - 2]
    text = "".join(cell.text for cell in row)
    return row[re.search(rf"(?:\[Act: |,){number}(?!\d)", text).end() - 1].style


def test_what_happened_elsewhere(f):
    with full(f) as one:
        red, green, blue = three(f, one)
        bob = member(f, "bob", green)
        bob.join(blue, direct=True)
        bob.join(red, direct=True)
        bob.say(blue, "just talk")
        one.wait_active("3")
        bob.say(green, f"hello {one.name}, are you there?")
        one.wait_active("2")
        same(one.active(), ["2", "3"], "what happened where")
        check(number_styles(one, 2) != number_styles(one, 3),
              "a mention looks like any message")
        bob.say(red, "where he looks")
        one.wait_said(bob.id, "where he looks")
        check("1" not in one.active(), one.status())
        one.keys("M-a")  # the mention first
        one.wait_room(green)
        one.wait_said(bob.id, f"hello {one.name}, are you there?")
        one.wait_rows(lambda _: one.active() == ["3"], "3 alone")
        one.keys("M-a")
        one.wait_room(blue)
        one.wait_rows(lambda _: not one.active(), "nothing elsewhere")


def test_next_where_something_happened(f):
    """Alt-A: the lowest number among equals; then back to where one was."""
    with full(f) as one:
        red, green, blue = three(f, one)
        bob = member(f, "bob", green)
        bob.join(blue, direct=True)
        one.keys("C-p", "M-1")  # the program's own notes are read
        one.wait_room(red)
        bob.say(blue, "first")
        bob.say(green, "second")
        one.wait_active("2", "3")
        for room in (green, blue, green, blue):
            one.keys("M-a")
            one.wait_room(room)


def test_only_whole_words_are_mentions(f):
    """And they ring the bell."""
    with full(f) as one:
        red, green, _ = three(f, one)
        bob = member(f, "bob", green)
        bob.say(green, f"x{one.name} is somebody else")
        one.wait_active("2")
        same(one.flag("window_bell_flag"), "0", "bell")
        plain = number_styles(one, 2)
        bob.say(green, f"@{one.name.upper()}: this is for you")
        one.wait_rows(lambda _: number_styles(one, 2) != plain, "a mention")
        one.wait_flag("window_bell_flag", "1")


def test_comings_are_not_as_loud_as_messages(f):
    with full(f) as one:
        _, green, blue = three(f, one)
        member(f, "bob", green)
        carol = member(f, "carol", blue)
        carol.say(blue, "here")
        one.wait_active("3")
        one.keys("M-a")
        one.wait_room(blue)


def test_members_on_wide_terminals(f):
    room = f.name("r")
    with full(f, WIDE) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        one.wait_body(rf"│ *{re.escape(bob.id)}")
        one.wait_body(rf"│ *{re.escape(one.name)}")
        carol = member(f, "carol", room)
        one.wait_body(rf"│ *{re.escape(carol.id)}")
        carol.done("bye")
        one.wait_gone(rf"│ *{re.escape(carol.id)}")
        one.resize(WIDE - 1)
        one.wait_gone("│")
        one.resize(WIDE)
        one.wait_body("│")
        one.keys("F9")
        one.wait_gone("│")
        one.keys("F9")
        one.wait_body(rf"│ *{re.escape(bob.id)}")


def test_many_members(f):
    """Those for whom there is no room are counted."""
    room = f.name("r")
    with full(f, WIDE, 12) as one:
        for i in range(30):
            member(f, f"m{i:02}", room)
        one.open(f.name("ann"), room)
        one.wait_body(r"│.*\+?2\d( more)?$")
        check("31" in one.top(), one.top())


def test_tab_completes_ids(f):
    room = f.name("r")
    prompt = f"[{room}] "
    with full(f) as one:
        first, second = member(f, "bob", room), member(f, "bobby", room)
        one.open(f.name("ann"), room)
        first.say(room, "earlier")
        second.say(room, "later")
        one.wait_said(second.id, "later")
        one.type("bo")
        one.keys("Tab")
        one.wait_typed(f"{prompt}{second.id}:")
        one.keys("Tab")
        one.wait_typed(f"{prompt}{first.id}:")
        one.keys("BTab")
        one.wait_typed(f"{prompt}{second.id}:")
        one.type("hi BO")
        one.keys("Tab")
        one.wait_typed(f"{prompt}{second.id}: hi {second.id}")
        one.keys("C-u")
        one.type("zzz")
        one.keys("Tab")
        one.wait_typed(f"{prompt}zzz")


def test_tab_completes_commands_and_rooms(f):
    with full(f) as one:
        red, green, _ = three(f, one)
        prompt = f"[{red}] "
        one.type("/hel")
        one.keys("Tab")
        one.wait_typed(prompt + "/help")
        one.keys("C-u")
        one.type("/join gre")
        one.keys("Tab")
        one.wait_typed(prompt + f"/join {green}")
        one.keys("Enter")
        one.wait_room(green)
        bob = member(f, "bob", green)
        one.wait_body(f"{bob.id} enters")
        one.type("/msg bo")
        one.keys("Tab")
        one.wait_typed(f"[{green}] /msg {bob.id}")


def test_mail_has_its_own_windows(f):
    room, ann = f.name("r"), f.name("ann")
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(ann, room)
        bob.tell(ann, "psst")
        one.wait_active("2")
        one.keys("M-2")
        one.wait_person(bob.id)
        one.wait_said(bob.id, "psst")
        one.say("what is it?")
        bob.expect("tell", text="what is it?", to=bob.id)
        one.keys("M-1")
        one.wait_room(room)
        one.wait_gone("psst|what is it")
        one.say(f"/query {bob.id}")
        one.wait_person(bob.id)
        one.wait_said(bob.id, "psst")
        one.say("/close")
        one.wait_room(room)
        one.keys("M-2")
        one.wait_room(room)


def test_ticks(f):
    """✓ when the broker keeps it, ✓✓ when it was received."""
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        one.say(f"/query {bob.id}")
        one.wait_person(bob.id)
        one.say("did you get that")
        seq = bob.expect("tell")["seq"]
        one.wait_body("did you get that ✓$")
        bob.tell_broker("ack", seq=seq)
        one.wait_body("did you get that ✓✓$")
        one.say("and that")
        one.wait_body("and that ✓$")
        one.wait_body("did you get that ✓✓$")


def test_a_tick_while_offline(f):
    broker = f.fresh()
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        one.say(f"/query {bob.id}")
        one.wait_person(bob.id)
        broker.stop(9)
        one.wait_status("offline|connecting")
        one.say("on its way")
        one.wait_body("on its way …$")


def test_waiting_mail_is_announced(f):
    room, ann = f.name("r"), f.name("ann")
    bob, carol = f.client("bob"), f.client("carol")
    with Cli(f) as cli, Full(cli) as one:
        f.client("ann").done("bye")  # now the broker knows her
        for client, count in ((bob, 2), (carol, 1)):
            for i in range(count):
                client.tell(ann, f"mail {i}")
        one.open(ann, room)
        one.wait_active("2", "3")
        one.keys("C-p")  # the program's own
        row = one.wait_body("waiting")
        check("3" in row, row)
        for client, count in ((bob, 2), (carol, 1)):
            check(f"{client.id} {count}" in row, row)


def test_windows_of_strangers_are_closed_at_once(f):
    room, ann = f.name("r"), f.name("ann")
    with full(f) as one:
        one.open(ann, room)
        spammers = [f.client(f"spam{i}") for i in range(20)]
        bob = f.client("bob")
        for who in (*spammers, bob):
            who.tell(ann, "buy this")
        one.wait_active("2", "3", "4")
        one.keys("M-3")
        one.wait_typed(f"[@{spammers[1].id}]")
        one.say("/close spam*")
        one.wait_room(room)
        one.wait_body("20 windows closed$")
        one.wait_rows(lambda _: one.active() == ["2"], "bob's window alone")
        one.say("/close *")
        one.wait_body("1 window closed$")
        one.wait_rows(lambda _: not one.active(), "no window of a person")
