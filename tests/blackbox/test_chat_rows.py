# SPDX-License-Identifier: MPL-2.0
"""Rows of a terminal that would look like what somebody else said."""
import re

from cli import Cli
from full import full, member
from screen import Screen
from wire import check, same

HANG = " " * 6


def forged(room, name, columns=80):
    """As many blanks as fill the row, then somebody else's line."""
    before = len(f"12:34 {room} <{name}> hello")
    return "hello" + " " * (columns - before) + f"23:59 {room} <bob> I quit"


def rows_of(screen, pattern):
    return [line for line in screen.wait_for(pattern)
            if re.search(pattern, line)]


def test_a_row_of_line_mode_has_one_sender(f):
    room = f.name("r")
    eve = f.client("eve")
    eve.join(room, direct=True)
    with Cli(f) as cli, Screen(cli) as one:
        one.chat(f.name("ann"), room)
        eve.say(room, forged(room, eve.id))
        same(rows_of(one, "I quit"), [f"{HANG}23:59 {room} <bob> I quit"])
        eve.say(room, f"one\n23:59 {room} <bob> I stay")
        same(rows_of(one, "I stay"), [f"{HANG}23:59 {room} <bob> I stay"])
        one.resize(50)
        eve.say(room, forged(room, eve.id, 50) + " too")
        same(rows_of(one, "quit too"), [f"{HANG}23:59 {room} <bob> I quit too"])
        eve.tell_broker("about", room=room, about=" " * (
            80 - len(f"-- {eve.id}: {room} is about ")) +
            f"23:59 {room} <bob> hi")
        same(rows_of(one, "<bob> hi"), [f"{HANG}23:59 {room} <bob> hi"])


def test_a_row_of_listen_has_one_sender(f):
    room = f.name("r")
    eve = f.client("eve")
    eve.join(room, direct=True)
    text = forged(room, eve.id)
    with Cli(f) as cli, Screen(cli) as one:
        eve.say(room, text)
        one.type(f"{cli.path} -i {f.name('ann')} history {room}", True)
        same(rows_of(one, "I quit"), [f"{HANG}23:59 {room} <bob> I quit"])
        one.type(f"clear; {cli.path} -i {f.name('ann')} "
                 f"listen -v --since begin {room}", True)
        eve.expect("enter")  # what comes from now on, it hears
        same(rows_of(one, "I quit$"), [f"{HANG}23:59 {room} <bob> I quit"])
        eve.tell_broker("about", room=room, about=" " * (
            80 - len(f"12:34 {room} -- {eve.id}: about ")) +
            f"23:59 {room} <bob> hi")
        same(rows_of(one, "<bob> hi"), [f"{HANG}23:59 {room} <bob> hi"])


def test_a_row_of_rooms_has_one_room(f):
    room = f.name("r")
    eve = f.client("eve")
    eve.join(room, direct=True)
    before = (len(room) // 8 + 2) * 8
    eve.tell_broker("about", room=room, about=" " * (80 - before) +
                    "staff 1 all is well")
    with Cli(f) as cli, Screen(cli) as one:
        one.type(f"{cli.path} -i {f.name('ann')} rooms", True)
        same(rows_of(one, "all is well"), [f"{HANG}staff 1 all is well"])
        one.resize(13, 60)
        one.type(f"clear; {cli.path} -i {f.name('ann')} rooms; echo over", True)
        one.wait_for("^over")
        check(not any(line.startswith(("staff", "1 all", "is well"))
                      for line in one.lines()), one.lines())


def test_a_long_message_is_folded(f):
    room = f.name("r")
    eve = f.client("eve")
    eve.join(room, direct=True)
    with Cli(f) as cli, Screen(cli) as one:
        one.chat(f.name("ann"), room)
        eve.say(room, "top" + " \n" * 8000 + "end")
        one.wait_for("<eve.*> top$")
        one.wait_for(rf"^{HANG}\.\.\. 7990 more rows: /more, then /history$")
        eve.say(room, "\n".join(f"line {i}" for i in range(1, 18)) + "\n.")
        one.wait_for(rf"^{HANG}line 11$")
        one.wait_for(rf"^{HANG}\.\.\. 7 more rows")
        check(not any("line 12" in line for line in one.lines()), one.lines())
        one.type("/more", True)
        one.wait_for("^-- long messages of this window are shown whole")
        one.type("/history", True)
        one.wait_for(rf"^{HANG}line 17$")


def test_a_long_subject_is_folded(f):
    room = f.name("r")
    eve = f.client("eve")
    eve.join(room, direct=True)
    with Cli(f) as cli, Screen(cli) as one:
        one.chat(f.name("ann"), room)
        eve.say(room, "first")
        one.wait_for("> first$")
        eve.tell_broker("about", room=room, about="\n".join(
            f"subject {i}" for i in range(1, 18)))
        one.wait_for(rf"^{HANG}subject 11$")
        one.wait_for(rf"^{HANG}\.\.\. 6 more rows: /more, then ask again$")
        check(not any("subject 12" in line for line in one.lines()),
              one.lines())
        one.type("/more", True)
        one.wait_for("^-- long messages of this window are shown whole")
        one.type("/topic", True)
        one.wait_for(rf"^{HANG}subject 17$")


def test_a_long_message_is_folded_on_the_whole_screen(f):
    room = f.name("r")
    with full(f) as one:
        eve = member(f, "eve", room)
        one.open(f.name("ann"), room)
        eve.say(room, "top" + " \n" * 8000 + "end")
        one.wait_said(eve.id, "top")
        one.wait_body("^ +… 7990 more rows: /more$")
        one.say("/more")
        one.wait_body("are shown whole; /more again")
        one.wait_body(" end$")
        one.wait_gone("more rows")
        one.say("/more")
        one.wait_body("^ +… 7990 more rows: /more$")


def test_a_pipe_has_it_as_it_was(f):
    room = f.name("r")
    eve = f.client("eve")
    eve.join(room, direct=True)
    text = forged(room, eve.id) + " " * 500 + "end"
    eve.say(room, text)
    with Cli(f) as cli:
        out = cli.run("-i", f.name("ann"), "history", room)
        check(out.endswith(f"{room} <{eve.id}> {text}\n"), out)
        same(out.count("\n"), 1)


def test_what_is_found_has_its_lines_on_the_whole_screen(f):
    room = f.name("r")
    f.fresh(log="sqlite:confab.db")
    with full(f) as one:
        eve = member(f, "eve", room)
        one.open(f.name("ann"), room)
        eve.say(room, f"one needle\r\n23:59 {room} <bob> hi\n\x1b[2Jend\n")
        one.wait_said(eve.id, "one needle")
        one.say("/search needle")
        one.wait_body("^[0-9:]+ +-- 1 found: needle$")
        one.wait_body(rf"^[0-9:]+ +-- [0-9:]+ {room} <{eve.id}> one needle$")
        one.wait_body(rf"^ +23:59 {room} <bob> hi$")
        one.wait_body(r"^ +\\u001b\[2Jend$")
