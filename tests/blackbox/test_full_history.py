# SPDX-License-Identifier: MPL-2.0
"""History on a whole screen, where it is not plain: much that was missed, much
that is not to be seen, what was taken away, and what was refused."""
import re

from cli import Cli
from full import Full, full, many, member
from wire import same, wait_until

NEW = "─ *new *─"


def page_up_to(one, pattern, pages=60):
    """PageUp until a row is like this."""
    def seen():
        one.keys("PPage")
        return any(re.search(pattern, row) for row in one.body())
    for _ in range(pages):
        if seen():
            return
    wait_until(seen, f"{pattern!r} within {pages} pages")


def test_back_to_the_marker(f):
    """More was missed than one page has."""
    room, ann = f.name("r"), f.name("ann")
    bob = f.client("bob")
    many(bob, room, ["read before"])
    with Cli(f) as cli, Full(cli) as one:
        one.open(ann, room)
        one.wait_said(bob.id, "read before")
        one.quit()
        many(bob, room, [f"missed {i} ." for i in range(700)])
        one.open(ann, room)
        one.wait_said(bob.id, "missed 699 .")
        page_up_to(one, NEW)
        one.wait_said(bob.id, "missed 0 .")
        one.wait_said(bob.id, "read before")


def test_past_those_who_are_ignored(f):
    """Whole pages of somebody who is not heard do not end the way back."""
    room, ann = f.name("r"), f.name("ann")
    bob, eve = f.client("bob"), f.client("eve")
    many(bob, room, ["the oldest"])
    many(eve, room, [f"noise {i}" for i in range(600)])
    many(bob, room, ["the newest"])
    with Cli(f) as cli, Full(cli) as one:
        one.open(ann)
        one.say(f"/ignore {eve.id}")
        one.say(f"/join {room}")
        one.wait_room(room)
        one.wait_said(bob.id, "the newest")
        page_up_to(one, "the oldest")
        same(one.found("(noise)"), [], "what the one who is ignored says")


def test_what_was_taken_away(f):
    room = f.name("r")
    with full(f) as one:
        bob = member(f, "bob", room)
        many(bob, room, ["a secret"])
        one.open(f.name("ann"), room)
        one.wait_said(bob.id, "a secret")
        seq = bob.done("history", "history", room=room)["messages"][-1]["seq"]
        bob.done("redact", room=room, seq=seq)
        one.wait_body(r"\(removed\)")
        one.wait_body(rf"{bob.id} removed a message of {bob.id}")
        same(one.found("(a secret)"), [], "what was taken away")


def test_what_is_refused_is_still_seen(f):
    with full(f) as one:
        one.open(f.name("ann"), f.name("r"))
        one.say("/query nobody-at-all")
        one.wait_person("nobody-at-all")
        one.say("words in vain")
        one.wait_body("not said: words in vain")
        one.wait_body("nobody called nobody-at-all was ever here")
        one.keys("Up")
        one.wait_typed("[@nobody-at-all] words in vain")


def test_history_of_another_room(f):
    other = f.name("s")
    bob = f.client("bob")
    many(bob, other, ["one", "two"])
    with full(f) as one:
        one.open(f.name("ann"), f.name("r"))
        one.say(f"/history {other}")
        one.wait_body(rf"\d\d:\d\d {other} <{bob.id}> one$")
        one.wait_body(rf"\d\d:\d\d {other} <{bob.id}> two$")
