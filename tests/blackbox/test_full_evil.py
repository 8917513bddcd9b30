# SPDX-License-Identifier: MPL-2.0
"""People who want to be seen more than one wants to see them."""
from full import Full, full, member
from test_cli_secure import Secured
from wire import check, same

MANY = 40  # more rows than the window has


def test_invited_again_and_again(f):
    """One line where ann looks; the rest is in the program's window."""
    with Secured(f) as place:
        ann = place.person("ann", "member")
        eve = place.person("eve", "member")
        bob = place.person("bob", "member")
        with Full(ann) as one:
            one.open("ann", "lobby")
            pipe = eve.pipe("staff")
            for i in range(MANY):
                pipe.send(op="invite", room="staff", id="ann", ref=i)
                pipe.send(op="remove", room="staff", id="ann", ref=i)
            pipe.send(op="ping", ref=MANY)
            pipe.message("pong", ref=MANY)
            bob.run("say", "lobby", "are you there")
            one.wait_said("bob", "are you there")
            same(len(one.found("(eve invites you)")), 1, one.shown())
            one.say("/ignore eve")
            one.wait_body("hear nothing of eve")


def test_comings_of_who_is_ignored(f):
    room, ann = f.name("r"), f.name("ann")
    with full(f) as one:
        bob = member(f, "bob", room)
        one.open(ann, room)
        one.say(f"/ignore {bob.id}")
        one.wait_body("hear nothing")
        bob.done("leave", "ok", room=room)
        carol = member(f, "carol", room)
        one.wait_body(f"-- {carol.id} enters")
        check(not one.found(f"({bob.id}) leaves"), one.shown())
        bob.done("join", "joined", room=room)
        one.say("/who")
        one.wait_body(rf"{room} \(3\)")
        check(not one.found(f"({bob.id}) enters"), one.shown())
