# SPDX-License-Identifier: MPL-2.0
"""Moderators and owners who want more: what was ruled about themselves, and
what those above them have said or are.

Seen to fail: each of them before there was the rule that it tests.
"""
from attack import besieged, modes
from wire import same

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


@modes("keys")
def test_what_an_admin_has_said(t):
    with besieged(t, people=PEOPLE, settings=SETTINGS) as siege:
        ann, ada, moe = (siege.client(who) for who in ("ann", "ada", "moe"))
        law = ada.say("lobby", "law")["seq"]
        moe.refused("redact", "denied", room="lobby", seq=law)
        ann.join("staff")
        for who in ("moe", "bob"):
            ann.done("invite", room="staff", id=who)
        ann.refused("redact", "denied", room="staff",
                    seq=moe.say("staff", "order")["seq"])
        seq = siege.client("bob").say("staff", "x")["seq"]
        ann.done("redact", room="staff", seq=seq)
        ada.done("redact", room="lobby", seq=law)


@modes("keys")
def test_an_admin_who_owns_a_room(t):
    """An owner is made a member by an invitation; that is against him."""
    with besieged(t, people=PEOPLE, settings=SETTINGS) as siege:
        ada, moe = siege.client("ada"), siege.client("moe")
        ada.join("staff")
        moe.refused("invite", "denied", room="staff", id="ada")
        moe.refused("invite", "denied", room="staff", id="ada", role="member")
        moe.done("invite", room="staff", id="ada", role="owner")
        ada.done("invite", room="staff", id="moe", role="owner")
        ada.done("invite", room="staff", id="moe")


@modes("claim", "keys")
def test_a_subject_is_said_too(t):
    with besieged(t, people=PEOPLE, settings=SETTINGS) as siege:
        ann, moe = siege.client("ann"), siege.client("moe")
        ann.join("staff")
        ann.done("about", room="staff", about="ours")
        moe.done("mute", id="ann")
        ann.refused("about", "denied", room="staff", about="an insult")


@modes("keys")
def test_nobody_shuts_out_the_machine(t):
    """From where its operator, who is not there now, could lift the ban."""
    with besieged(t, people=PEOPLE) as siege:
        moe = siege.client("moe")
        for address in ("127.0.0.8", "127.64.0.0/10", "::1", "::/64"):
            moe.refused("ban", "denied", address=address)
        siege.client("ada").done("ban", address="127.64.0.0/10")
        moe.done("ban", address="127.64.0.0/10", **LIFT)


@modes("claim", "keys")
def test_one_message_and_many_redactions(t):
    """In one frame, by two: the room is told of it once."""
    with besieged(t, people=PEOPLE) as siege:
        ann, bob, moe = (siege.client(who) for who in ("ann", "bob", "moe"))
        bob.join("lobby", direct=True)
        seq = ann.say("lobby", "x")["seq"]
        for one in (ann, moe):
            one.send(*[{"op": "redact", "room": "lobby", "seq": seq, "ref": n}
                       for n in range(100)])
        answers = [one.expect(None, ref=n)["op"] for one in (ann, moe)
                   for n in range(100)]
        same(answers.count("ok"), 1, "answers")
        bob.ping()
        told = [m for m in bob.drain() if m.get("kind") == "redact"]
        same(len(told), 1, "what the room is told")
