# SPDX-License-Identifier: MPL-2.0
"""Whom the operator lists, and takes off the list again, against those who were
there before or come after.

Seen to fail: each of them before there was the rule that it tests.
"""
from attack import besieged, modes
from wire import same

BROKER = False
PEOPLE = {"ann": "member", "bob": "member", "ada": "admin"}
SETTINGS = '''closed
    staff = "staff*"
'''


@modes("claim")
def test_somebody_resembles_him(t):
    """And came first: who is listed comes in, and the other one is out."""
    with besieged(t, people=PEOPLE) as siege:
        mallory = siege.dealer("mallory")
        mallory.hello("Carl")
        siege.add("carl")
        mallory.expect("bye", why="kicked")
        carl = siege.client("carl")
        siege.dealer("mallory").refused("hello", "denied", v=1, id="Carl")
        carl.ping()
        siege.restart()
        siege.dealer("mallory").refused("hello", "denied", v=1, id="Carl")
        siege.client("carl")


def mail_and_rooms(siege, who):
    """What he has, when he is taken off the list."""
    ann, bob = siege.client("ann"), siege.client(who)
    ann.join("staff")
    ann.done("invite", room="staff", id=who)
    ann.say("staff", "among us")
    ann.tell(who, "between us")
    siege.remove(who)
    bob.expect("bye", why="kicked")


@modes("claim")
def test_taken_off_the_list(t):
    """Nobody can claim what was his."""
    with besieged(t, people=PEOPLE, settings=SETTINGS) as siege:
        mail_and_rooms(siege, "bob")
        for who in ("mallory", "bob"):
            siege.dealer(who).refused("hello", "denied", v=1, id="bob")
        siege.restart()
        siege.dealer("mallory").refused("hello", "denied", v=1, id="bob")
        rows = siege.client("ada").done("rulings", "rulings", kind="claim")
        same(rows["rulings"], [], "claims by a key")
        siege.add("bob")  # with another key
        siege.client("ada").done("reload")
        siege.client("bob").expect("tell", text="between us")


@modes("claim")
def test_claimed_then_listed_for_another(t):
    """And taken off again: it is not the first one's, who would have the
    other's mail."""
    with besieged(t, people=PEOPLE, settings=SETTINGS) as siege:
        mallory = siege.dealer("mallory")
        mallory.hello("carl")
        siege.add("carl")
        mallory.expect("bye", why="kicked")
        mail_and_rooms(siege, "carl")
        siege.dealer("mallory").refused("hello", "denied", v=1, id="carl")


@modes("claim")
def test_claimed_then_listed_with_the_same_key(t):
    """He keeps what is his, without what the list gave him."""
    with besieged(t, people=PEOPLE) as siege:
        siege.client("dan")
        siege.roles["dan"] = "moderator"
        siege.write_users()
        siege.client("ada").done("reload")
        same(siege.client("dan").welcome.get("role"), "moderator", "role")
        siege.remove("dan")
        siege.client("ada").done("reload")
        same(siege.client("dan").welcome.get("role"), None, "role")
