# SPDX-License-Identifier: MPL-2.0
"""A whole screen is given back, however chat ends; and it survives what the
broker and the network do."""
import os
import re
import signal

from cli import Cli, nobody
from fixture import deadline
from full import Full, full, many, member
from posed import address
from test_cli_secure import Secured
from wire import check, same

ENDS = {signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGSEGV: 139,
        signal.SIGABRT: 134, signal.SIGINT: 130}


def busy(f, one):
    """A chat in which there is something to lose."""
    room = f.name("r")
    bob = member(f, "bob", room)
    many(bob, room, [f"words {i}" for i in range(50)])
    one.open(f.name("ann"), room)
    one.wait_said(bob.id, "words 49")
    same(one.flag("mouse_any_flag"), "1", "the mouse is heard")
    one.type("half")
    one.wait_typed(f"[{room}] half")
    return room


def test_quit(f):
    with full(f) as one:
        busy(f, one)
        one.keys("C-u")
        one.quit()


def test_end_of_input(f):
    with full(f) as one:
        busy(f, one)
        one.keys("C-u", "C-d")
        one.given_back(0)


def test_interrupt(f):
    with full(f) as one:
        busy(f, one)
        one.keys("C-c")
        one.given_back(130)


@deadline(120)
def test_signals_and_crashes(f):
    for number, code in ENDS.items():
        with full(f) as one:
            one.open(f.name(f"ann{int(number)}"), f.name("r"))
            os.kill(one.pid(), number)
            one.given_back(code)


def test_the_terminal_goes_away(f):
    """Then chat does, too."""
    with full(f) as one:
        busy(f, one)
        pid = one.pid()
        one.tmux("kill-server")
        os.unlink(one.socket)
        one.gone(pid)


def test_suspend(f):
    with full(f) as one:
        room = busy(f, one)
        for _ in range(2):
            one.keys("C-z")
            one.wait_for("Stopped|Suspended")
            one.wait_flag("alternate_on", "0")
            same(one.flag("mouse_any_flag"), "0", "the mouse is heard")
            one.say("echo works")
            one.wait_for("^works$")
            one.type("fg; echo exit=$?", True)
            one.wait_flag("alternate_on", "1")
            one.wait_typed(f"[{room}] half")
            one.wait_body("words 49")
        one.type("!")
        one.wait_typed(f"[{room}] half!")
        one.keys("C-c")
        one.given_back(130)


def test_resized_while_suspended(f):
    with full(f) as one:
        room = busy(f, one)
        one.keys("C-z")
        one.wait_for("Stopped|Suspended")
        one.resize(60, 15)
        one.type("fg; echo exit=$?", True)
        one.wait_flag("alternate_on", "1")
        one.wait_typed(f"[{room}] half")
        one.wait_body("words 49")


def scrolled(one):
    one.keys("PPage")
    one.wait_status("more below")
    return one.body()


def test_reconnect(f):
    """The half-typed line and the place that is looked at survive; what is
    said meanwhile arrives once."""
    broker = f.fresh(log="sqlite:confab.db")
    with full(f) as one:
        room = busy(f, one)
        place = scrolled(one)
        broker.stop(signal.SIGKILL)
        one.wait_status("offline|connecting", 20)
        one.wait_typed(f"[{room}] half")
        same(one.body(), place, "what is looked at")
        one.type(" said offline", True)
        one.wait_room(room)
        one.type("half again")
        f.fresh(log="sqlite:confab.db", bind=broker.bind, pub=broker.pub,
                folder=broker.folder)
        one.wait_rows(lambda rows: not re.search("offline|connecting",
                                                 rows[-2]), "online", 20)
        carol = f.client("carol")
        one.wait_typed(f"[{room}] half again")
        one.keys("C-End")
        one.wait_said(one.name, "half said offline", 20)
        found = carol.done("history", "history", room=room)["messages"]
        same([m["text"] for m in found if m["from"] == one.name],
             ["half said offline"], "what was said")
        same(len(one.found(r"(half said offline)")), 1, "times on the screen")
        carol.say(room, "after it")
        one.wait_said(carol.id, "after it")


def test_what_was_missed_is_there(f):
    """Messages that others said while the connection was away."""
    broker = f.fresh(log="sqlite:confab.db")
    with full(f) as one:
        room = busy(f, one)
        broker.stop(signal.SIGKILL)
        one.wait_status("offline|connecting", 20)
        aside = f.fresh(log="sqlite:confab.db", folder=broker.folder)
        carol = f.client("carol")
        many(carol, room, [f"missed {i}." for i in range(10)])
        aside.stop()
        f.fresh(log="sqlite:confab.db", bind=broker.bind, pub=broker.pub,
                folder=broker.folder)
        one.wait_said(carol.id, "missed 9.", 20)
        same(one.found(r"missed (\d+)\."), [str(i) for i in range(10)],
             "in order")


def test_two_terminals_with_one_id(f):
    """The second takes over; the first says so and gives its terminal back."""
    with Secured(f, "claim") as place:
        ann = place.person(f.name("ann"))
        with Full(ann) as one, Full(ann) as two:
            one.open(ann.name, "lobby")
            two.open(ann.name, "lobby")
            one.wait_for("^confab: .*taken over")
            one.given_back(4)
            two.say("still here")
            two.wait_said(ann.name, "still here")
            two.quit()


def fails(f, url, code, *parts, name="ann"):
    """Chat does not begin: one line says what happened and what to do."""
    with Cli(f, url) as cli, Full(cli, 200, 24) as one:
        one.launch(f.name(name), "r", options="", env="")
        one.wait_for(rf"^exit={code}$", 30)
        lines = one.lines()
        at = next(i for i, line in enumerate(lines) if "exit=" in line and
                  "echo" not in line)
        said = [line for line in lines[:at] if line.startswith("confab: ")]
        same(len(said), 1, "\n".join(lines))
        for part in parts:
            check(re.search(part, said[0]), f"{part!r} in {said[0]}")
        one.given_back(code)


def test_nobody_listens(f):
    url, taken = nobody()
    with taken:
        fails(f, url, 3, re.escape(url), "confabd|running|listen")


def test_unknown_host(f):
    fails(f, "tcp://no-such-host.invalid:7480", 3,
          'no host called "no-such-host.invalid"', "-b names another")


def test_id_in_use(f):
    f.client("ann")
    fails(f, f.broker.bind, 4, "in use", f.name("ann"),
          r"choose another id \(-i\)")


def test_wrong_key(f):
    with Secured(f) as place:
        ann = place.person("ann", "member")
        fails(f, address(place.broker.bind, place.keys["ann"]), 3,
              "is the broker's key a wrong one")
        same(ann.run("rooms"), "")
