# SPDX-License-Identifier: MPL-2.0
"""Moderators and owners who want more: what was ruled about themselves, and
what those above them have said or are.

Seen to fail: each of them before there was the rule that it tests.
"""
from attack import besieged, modes

BROKER = False
PEOPLE = {"ann": "member", "bob": "member", "moe": "moderator",
          "ada": "admin"}
SETTINGS = '''closed
    staff = "staff*"
'''
LIFT = {"for": 0}
SOON = {"for": 1}  # over at once, which is as good


@modes("keys")
def test_a_muted_moderator(t):
    with besieged(t, people=PEOPLE) as siege:
        ada, moe = siege.client("ada"), siege.client("moe")
        ada.done("mute", id="moe")
        for way in (LIFT, SOON, {}):
            moe.refused("mute", "denied", id="moe", **way)
        moe.refused("say", "denied", room="lobby", text="x")
        ada.done("mute", id="moe", **LIFT)
        moe.done("mute", id="moe")
        moe.done("mute", id="moe", **LIFT)


@modes("keys")
def test_a_muted_owner(t):
    with besieged(t, people=PEOPLE, settings=SETTINGS) as siege:
        ann, moe = siege.client("ann"), siege.client("moe")
        ann.join("staff")
        moe.done("mute", id="ann", room="staff")
        for way in (LIFT, SOON):
            ann.refused("mute", "denied", id="ann", room="staff", **way)


@modes("keys")
def test_a_moderator_banned_from_a_room(t):
    with besieged(t, people=PEOPLE, settings=SETTINGS) as siege:
        ada, moe = siege.client("ada"), siege.client("moe")
        siege.client("ann").join("staff")
        ada.done("ban", id="moe", room="staff")
        moe.refused("ban", "denied", id="moe", room="staff", **LIFT)


@modes("keys")
def test_an_owner_banned_and_invited(t):
    """As two in one turn may leave it: he is on the list, and banned."""
    with besieged(t, people=PEOPLE, settings=SETTINGS) as siege:
        ann, bob, moe = (siege.client(who) for who in ("ann", "bob", "moe"))
        ann.join("staff")
        ann.done("invite", room="staff", id="bob", role="owner")
        moe.done("ban", room="staff", id="ann")
        bob.done("invite", room="staff", id="ann", role="owner")
        ann.refused("ban", "no-room", room="staff", id="ann", **LIFT)
        ann.refused("invite", "denied", room="staff", id="moe")
        ann.refused("rulings", "denied", room="staff", kind="ban")
