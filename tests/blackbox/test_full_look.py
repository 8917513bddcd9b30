# SPDX-License-Identifier: MPL-2.0
"""How a whole screen looks: what others send is harmless, colours and their
absence, and terminals on which there is no whole screen."""
import re

from cli import Cli
from full import Full, full, member
from screen import Screen
from test_cli_secure import Secured
from wire import check, same

ESCAPES = ("\x1b[2J\x1b[1;1H\x1b]0;title\x07\x1bc\x9b31m\x90q\x9c",
           "\x1b[?1049l\x1b[31mred\x1b[0m", "\u202egnp.exe\u2066x",
           "a\rb\bc\x7fd\x00e", "line\u2028and\u2029paragraph\x85nel")
THEMES = ("auto", "light", "dark", "mono")
COLORS = 10


def test_texts_of_others_are_harmless(f):
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room)
        title = one.flag("pane_title")
        for number, text in enumerate(ESCAPES):
            for kind in ({}, {"kind": "action"}, {"kind": "notice"}):
                bob.say(room, f"{number}>{text}", **kind)
        bob.say(room, "\x1b[31mfirst\nsecond\x0bline")
        one.wait_body("second")
        for what in (r"\\u001b\[2J", r"\\u0007", r"\\u009b31m", r"\\u202egnp",
                     r"\\u2028and", r"\\u000db", r"\\u001b\[\?1049l"):
            one.wait_body(what)
        same(one.flag("alternate_on"), "1", "the whole screen")
        same(one.flag("pane_title"), title, "title")
        one.wait_typed(f"[{room}]")
        check(room in one.top() and one.name in one.status(), one.shown())
        check(not re.search("[\u202a-\u202e\u2066-\u2069\u2028\u2029]",
                            one.shown()), "bidi controls")
        at = next(i for i, row in enumerate(one.body()) if "second" in row)
        check("first" in one.body()[at - 1], one.shown())


def test_names_of_others_are_harmless(f):
    """Names may hold letters of any script; subjects any text."""
    room = f.name("комната")
    with full(f, 100) as one:
        bob = member(f, "bób", room)
        member(f, "אבג", room)
        one.open(f.name("ann"), room)
        bob.tell(one.name, "\x1b[2Jmail\x1b]0;x\x07")
        one.wait_active("2")
        one.keys("M-2")
        one.wait_body(r"\\u001b\[2Jmail")
        one.keys("M-1")
        one.wait_room(room)
        one.say("/join a\x1b[31mb\u202ec")
        one.type("ok")
        one.wait_rows(lambda rows: rows[-1].endswith("ok"), "typed")
        check(not re.search("[\u202a-\u202e\x1b]", one.shown()), "controls")


def test_subjects_and_reasons_are_harmless(f):
    """They come from moderators, and are text like any other."""
    with Secured(f) as place:
        ann = place.person("ann", "member")
        mia = place.person("mia", "moderator")
        bob = place.person("bob", "member")
        with Full(ann) as one:
            one.open("ann", "lobby")
            bob.run("say", "lobby", "rude words")
            one.wait_said("bob", "rude words")  # now she hears the room
            mia.run("admin", "about", "lobby", "all\x1b[2J about \u202egnp")
            one.wait_rows(lambda rows: "all\\u001b[2J about \\u202egnp"
                          in rows[0], "the subject")
            seq = bob.run("history", "lobby", "--json").split('"seq":')[1]
            mia.run("admin", "redact", "lobby", re.match(r"\d+", seq).group(),
                    "--reason", "\x1b[31mrude")
            one.wait_gone("> rude words")
            one.wait_body("removed")
            check(not one.flag("pane_title").startswith("x"), "title")
            one.wait_room("lobby")


def test_colors(f):
    room = f.name("r")
    with full(f) as one:
        bob, carol = member(f, "bob", room), member(f, "carol", room)
        one.open(f.name("ann"), room)
        bob.say(room, "one")
        carol.say(room, "two")
        bob.say(room, f"hello {one.name}")
        one.wait_said(bob.id, f"hello {one.name}")
        check(one.colored(), "there are colours")
        same(one.styles(bob.id), one.styles(bob.id), "one id, one colour")
        used = {cell.style.fore for row in one.cells() for cell in row} | \
               {cell.style.back for row in one.cells() for cell in row}
        check(len(used - {None}) <= COLORS, used)


def told_apart(one, bob, room):
    """Without colours attributes must do."""
    bob.say(room, "just so")
    bob.say(room, f"hello {one.name}")
    one.wait_said(bob.id, f"hello {one.name}")
    check(not one.colored(), "colours:\n" + one.shown())
    check(any(cell.style.attributes for row in one.cells() for cell in row),
          "no attribute anywhere")


def test_no_color(f):
    room = f.name("r")
    for how in ({"env": "NO_COLOR=1"}, {"options": "--theme mono"},
                {"term": "xterm-mono"}):
        with full(f) as one:
            bob = member(f, f"bob{len(str(how))}", room)
            one.open(f.name(f"ann{len(str(how))}"), room, **how)
            told_apart(one, bob, room)


def test_color_never(f):
    """The general option stands before the command."""
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        ann = one.name = f.name("ann")
        one.type(f"TERM=tmux-256color {one.cli.path} -i {ann} --color never "
                 f"chat {room}; echo exit=$?", True)
        one.wait_room(room)
        told_apart(one, bob, room)


def test_themes(f):
    room = f.name("r")
    for theme in THEMES:
        with full(f) as one:
            bob = member(f, theme[0], room)
            one.open(f.name(f"ann-{theme}"), room,
                     options=f"--theme {theme}")
            bob.say(room, "hello")
            one.wait_said(bob.id, "hello")
            same(one.colored(), theme != "mono", f"colours of {theme}")
            one.quit()


def test_no_such_theme(f):
    with full(f, 120) as one:
        one.launch(f.name("ann"), f.name("r"), options="--theme plaid")
        one.wait_for("^confab: .*plaid")
        one.given_back(2)


def plain(f, note, **how):
    """Line mode, and a note about why."""
    room = f.name("r")
    with full(f, 120) as one:
        bob = member(f, f"bob{len(str(how))}", room)
        one.launch(f.name(f"ann{len(str(how))}"), room, **how)
        one.wait_last(f"[{room}]")
        same(one.flag("alternate_on"), "0", "the whole screen")
        if note:
            one.wait_for(note)
        bob.say(room, "hello")
        one.wait_for(f"{room} <{bob.id}> hello$")
        one.say("/quit")
        one.ended(0)


def test_plain(f):
    plain(f, None, options="--plain")


def test_dumb_terminal(f):
    plain(f, "TERM|terminal", term="dumb")


def test_unknown_terminal(f):
    plain(f, "TERM|terminal", term="no-such-terminal")


def test_locale_without_utf8(f):
    """POSIX alone says nothing about letters: C.UTF-8 is taken."""
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(f.name("ann"), room, env="LC_ALL=POSIX LANG=C")
        bob.say(room, "你好 é")
        one.wait_said(bob.id, "你好 é")
        one.type("ü世")
        one.wait_typed(f"[{room}] ü世")


def test_output_that_is_no_terminal(f):
    """Then it is line mode, without a word about it."""
    room = f.name("r")
    with Cli(f) as cli, Screen(cli) as one:
        one.type(f"{cli.path} -i {f.name('ann')} chat {room} | cat; "
                 "echo exit=$?", True)
        one.wait_for(f"^-- {re.escape(room)} ")
        same(one.tmux("display-message", "-p", "#{alternate_on}").strip(),
             "0", "the whole screen")
        one.keys("C-d")
        one.wait_for("^exit=0")
