# SPDX-License-Identifier: MPL-2.0
"""What was said before, on a whole screen: history, how far it was read, days,
scrolling, and what is not to be seen."""
import os
import re
import time

from cli import Cli
from fixture import deadline
from full import Full, full, many, member
from test_cli_secure import Secured
from wire import check, same, wait_until

NEW = "─ *new *─"
DAY = 24 * 3600
MANY = 1000
PAGES = 400  # key presses that must be enough for MANY messages
NUMBER = r"> msg (\d+) \."


def numbered(count, start=0):
    return [f"msg {i} ." for i in range(start, start + count)]


def numbers(one):
    return [int(n) for n in one.found(NUMBER)]


def check_row(found, what):
    """Numbers one behind the other."""
    same(found, list(range(found[0], found[0] + len(found))), what)


def test_history_is_there(f):
    room = f.name("r")
    bob = f.client("bob")
    many(bob, room, numbered(300))
    with full(f) as one:
        one.open(f.name("ann"), room)
        one.wait_said(bob.id, "msg 299 .")
        found = numbers(one)
        check_row(found, "what is there at the start")
        check(len(found) >= 18, one.shown())
        bob.say(room, "msg 300 .")
        one.wait_said(bob.id, "msg 300 .")
        check_row(numbers(one), "with one more")


def marker_place(one):
    """(number above, number below) the line of the marker."""
    rows = one.body()
    at = next(i for i, row in enumerate(rows) if re.search(NEW, row))

    def nearest(rows):
        return next((int(m.group(1)) for row in rows
                     if (m := re.search(NUMBER, row))), None)
    return nearest(reversed(rows[:at])), nearest(rows[at + 1:])


def test_marker_over_restarts(f):
    room, ann = f.name("r"), f.name("ann")
    bob = f.client("bob")
    many(bob, room, numbered(5))
    with Cli(f) as cli, Full(cli) as one:
        one.open(ann, room)
        one.wait_said(bob.id, "msg 4 .")
        check(not any(re.search(NEW, r) for r in one.body()), one.shown())
        one.quit()
        many(bob, room, numbered(3, 5))
        one.open(ann, room)
        one.wait_said(bob.id, "msg 7 .")
        one.wait_body(NEW)
        same(marker_place(one), (4, 5), "around the marker")
        one.keys("C-p", "M-1")  # now all is read
        one.wait_room(room)
        one.wait_gone(NEW)
        one.keys("C-p")
        many(bob, room, numbered(2, 8))
        one.wait_active("1")
        one.keys("M-1")
        one.wait_body(NEW)
        same(marker_place(one), (7, 8), "around the marker")


def test_marker_after_a_kill(f):
    """It is saved while chat runs, not only at its end."""
    room, ann = f.name("r"), f.name("ann")
    bob = f.client("bob")
    many(bob, room, numbered(5))
    with Cli(f) as cli:
        with Full(cli) as one:
            one.open(ann, room)
            one.wait_said(bob.id, "msg 4 .")
            saved = os.path.join(cli.folder.name, "confab", "chat")
            seq = newest(cli, room)
            wait_until(lambda: any(seq in text for text in texts(saved)),
                       "a saved marker", 20)
            os.kill(one.pid(), 9)
            one.wait_for("^exit=137")
        many(bob, room, numbered(3, 5))
        with Full(cli) as two:
            two.open(ann, room)
            two.wait_body(NEW)
            same(marker_place(two), (4, 5), "around the marker")


def newest(cli, room):
    """The seq of the newest message of the room."""
    out = cli.run("history", room, "--json")
    return re.findall(r'"seq":(\d+)', out)[-1]


def texts(folder):
    """Of all files in it, and below it."""
    for where, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(where, name), encoding="utf-8") as file:
                yield file.read()


def test_conversations_of_last_time(f):
    """Without rooms on the command line those of last time are there."""
    red, green, ann = f.name("red"), f.name("green"), f.name("ann")
    bob = f.client("bob")
    with Cli(f) as cli, Full(cli) as one:
        one.open(ann, red, green)
        bob.join(green, direct=True)
        one.say(f"/query {bob.id}")
        one.wait_person(bob.id)
        one.keys("M-2")
        one.wait_room(green)
        one.quit()
        one.open(ann)
        for key, name in (("M-1", red), ("M-3", "@" + bob.id), ("M-2", green)):
            one.keys(key)
            one.wait_room(name)
        one.wait_rows(lambda rows: "2" in rows[0], "both are members")
        one.say("back again")
        bob.expect("say", text="back again")


def old_broker(f, days):
    """A broker whose clock is late, with a log on disk."""
    shim = os.path.join(os.path.dirname(f.shared.args.confabd),
                        "tests/powerloss.so")
    check(os.path.exists(shim), f"{shim} was not built: make tests")
    return f.fresh(log="sqlite:confab.db",
                   env={"LD_PRELOAD": shim, "CLOCK_AHEAD": str(-days * DAY)})


def date_of(stamp):
    day = time.localtime(stamp / 1000)
    return f"{day.tm_mday} {time.strftime('%B %Y', day)}"


def test_the_day_changes(f):
    room = f.name("r")
    old = old_broker(f, 2)
    bob = member(f, "bob", room)
    bob.say(room, "long ago")
    then = bob.expect("say")["time"]
    old.stop()
    f.fresh(log="sqlite:confab.db", bind=old.bind, pub=old.pub,
            folder=old.folder)
    carol = member(f, "carol", room)
    carol.say(room, "just now")
    now = carol.expect("say")["time"]
    check(now - then > DAY * 1000, "the clock was late")
    with full(f) as one:
        one.open(f.name("ann"), room)
        one.wait_said(carol.id, "just now")
        rows = one.body()
        at = [next(i for i, row in enumerate(rows) if what in row)
              for what in ("long ago", date_of(now), "just now")]
        same(at, sorted(at), "order: long ago, the date, just now")
        check("─" in rows[at[1]], rows[at[1]])
        check(time.strftime("%A", time.localtime(now / 1000)) in rows[at[1]],
              rows[at[1]])
        check(not any(date_of(then) in row for row in rows[at[0]:]), rows)


def test_comings_are_folded(f):
    room = f.name("r")
    with full(f, 80, 24) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        people = [member(f, f"p{i}", room) for i in range(50)]
        row = one.wait_body(r"\b50\b.*enter")
        same(len([r for r in one.body() if "enter" in r]), 1, row)
        check("51" in one.top() or "52" in one.top(), one.top())
        bob.say(room, "what a crowd")
        one.wait_said(bob.id, "what a crowd")
        for person in people:
            person.tell_broker("bye")
        one.wait_body(r"\b50\b.*leave")
        same(len([r for r in one.body() if "leave" in r]), 1, "rows")
        check(re.search(r"\b2\b", one.top()), one.top())


def page_up(one):
    """One page; False: nothing has moved."""
    before = one.body()
    one.keys("PPage")
    end = time.monotonic() + 2
    while time.monotonic() < end:
        if one.body() != before:
            return True
    return False


@deadline(120)
def test_page_up_to_the_very_top(f):
    """Through all of the history, and no message is missing."""
    room = f.name("r")
    bob = f.client("bob")
    many(bob, room, numbered(MANY))
    with full(f) as one:
        one.open(f.name("ann"), room)
        one.wait_said(bob.id, f"msg {MANY - 1} .")
        seen = set(numbers(one))
        lowest = min(seen)
        for _ in range(PAGES):
            if lowest == 0:
                break
            page_up(one)
            found = numbers(one)
            check_row(found, "a page")
            check(found[-1] >= lowest - 1, f"{found} follow {lowest}")
            lowest = found[0]
            seen.update(found)
        same(sorted(seen), list(range(MANY)), "messages that were seen")
        one.keys("C-End")
        one.wait_said(bob.id, f"msg {MANY - 1} .")


def test_scrolled_back(f):
    """It stays where it is, whatever arrives; at its end it follows again."""
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        many(bob, room, numbered(100))
        one.open(f.name("ann"), room)
        one.wait_said(bob.id, "msg 99 .")
        one.keys("PPage")
        one.wait_rows(lambda _: numbers(one)[-1] < 99, "a page up")
        one.wait_status("more below")
        before = numbers(one)
        many(bob, room, numbered(50, 100))
        one.type("not lost")
        one.wait_typed(f"[{room}] not lost")
        same(numbers(one), before, "what is looked at")
        one.resize(60, 20)
        one.wait_rows(lambda rows: rows[-1].endswith("not lost"), "resized")
        same(numbers(one)[-1], before[-1], "the last message that is seen")
        one.resize(80, 24)
        one.wait_rows(lambda _: numbers(one)[-1] == before[-1], "as before")
        one.keys("C-End")
        one.wait_said(bob.id, "msg 149 .")
        check("more below" not in one.status(), one.status())
        bob.say(room, "msg 150 .")
        one.wait_said(bob.id, "msg 150 .")
        one.wait_typed(f"[{room}] not lost")


def test_wheel(f):
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        many(bob, room, numbered(100))
        one.open(f.name("ann"), room)
        one.wait_said(bob.id, "msg 99 .")
        one.type("kept")
        one.wheel("up", 3)
        one.wait_rows(lambda _: numbers(one)[-1] < 99, "scrolled back")
        check_row(numbers(one), "scrolled back")
        one.wheel("down", 10)
        one.wait_said(bob.id, "msg 99 .")
        one.send("\x1b[<0;10;5M\x1b[<0;10;5m\x1b[<35;11;6M")  # not the wheel
        one.type(" line")
        one.wait_typed(f"[{room}] kept line")


def test_clear(f):
    """What stands there goes; the log keeps it."""
    room, ann = f.name("r"), f.name("ann")
    bob = f.client("bob")
    many(bob, room, numbered(5))
    with full(f) as one:
        one.open(ann, room)
        one.wait_said(bob.id, "msg 4 .")
        one.say("/clear")
        one.wait_gone("msg")
        bob.say(room, "msg 5 .")
        one.wait_said(bob.id, "msg 5 .")
        same(numbers(one), [5], "messages")
        one.quit()
        one.open(ann, room)
        one.wait_said(bob.id, "msg 5 .")
        same(numbers(one), list(range(6)), "messages")


def test_ignore(f):
    room, ann = f.name("r"), f.name("ann")
    with full(f) as one:
        bob, carol = member(f, "bob", room), member(f, "carol", room)
        one.open(ann, room)
        one.say(f"/ignore {bob.id}")
        one.wait_room(room)
        bob.say(room, "unheard")
        bob.tell(ann, "unheard mail")
        carol.say(room, "heard")
        one.wait_said(carol.id, "heard")
        check(not any("unheard" in row for row in one.body()), one.shown())
        check(not one.active(), one.status())
        one.quit()
        one.open(ann, room)
        one.wait_said(carol.id, "heard")
        bob.say(room, "unheard again")
        carol.say(room, "heard again")
        one.wait_said(carol.id, "heard again")
        check(not any("unheard" in row for row in one.body()), one.shown())
        one.say(f"/unignore {bob.id}")
        one.wait_room(room)
        bob.say(room, "at last")
        one.wait_said(bob.id, "at last")


def test_an_ignored_moderator(f):
    """What he says is not heard, what he takes away is gone."""
    with Secured(f) as place:
        ann = place.person("ann", "member")
        mia = place.person("mia", "moderator")
        bob = place.person("bob", "member")
        with Full(ann) as one:
            one.open("ann", "lobby")
            bob.run("say", "lobby", "rude words")
            one.wait_said("bob", "rude words")
            one.say("/ignore mia")
            one.wait_room("lobby")
            mia.run("tell", "ann", "unheard")
            mia.run("say", "lobby", "unheard")
            seq = bob.run("history", "lobby", "--json").split('"seq":')[1]
            mia.run("admin", "redact", "lobby", re.match(r"\d+", seq).group())
            one.wait_gone("> rude words")
            check(not one.found("(unheard)|(mia removed)", 0), one.shown())
            one.keys("M-2")
            one.type("here")
            one.wait_typed("[lobby] here")  # her mail has no window


def test_put_out_and_back(f):
    """What was said meanwhile is there, in its place."""
    with Secured(f) as place:
        ann = place.person("ann", "member")
        mia = place.person("mia", "moderator")
        bob = place.person("bob", "member")
        with Full(ann) as one:
            one.open("ann", "lobby")
            bob.run("say", "lobby", "before")
            one.wait_said("bob", "before")
            mia.run("admin", "kick", "ann", "--room", "lobby")
            one.wait_body("a moderator has put you out of lobby")
            bob.run("say", "-l", "lobby", stdin="\n".join(numbered(MANY)))
            one.paste("not for\nthem\n")
            one.wait_rows(lambda rows: "2 lines" in rows[-1], "a question")
            one.type("m")
            one.wait_body("what was pasted for lobby is not said any more")
            one.say("/join lobby")
            bob.run("say", "lobby", "after")
            one.wait_said("bob", "after")
            seen = set(numbers(one))
            for _ in range(PAGES):
                if one.found("<bob> (before)"):
                    break
                before = one.body()
                one.keys("PPage")
                one.wait_rows(lambda rows: rows[1:-2] != before, "a page up")
                seen |= set(numbers(one))
            same(sorted(seen), list(range(MANY)), "what was said meanwhile")


def test_search(f):
    room = f.name("r")
    f.fresh(log="sqlite:confab.db")
    bob = f.client("bob")
    bob.say(room, "a needle in the hay")
    bob.say(room, "汉字在这里")
    many(bob, room, numbered(100))
    with full(f) as one:
        one.open(f.name("ann"), room)
        one.wait_said(bob.id, "msg 99 .")
        for term, text in (("needle", "a needle in the hay"),
                           ("字", "汉字在这里")):
            one.say(f"/search {term}")
            row = one.wait_body(re.escape(text))
            check(bob.id in row, row)
            one.say("/search zebra-nowhere")
            one.wait_body("zebra-nowhere")
            one.keys("M-1")
            one.wait_room(room)
