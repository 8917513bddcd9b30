# SPDX-License-Identifier: MPL-2.0
"""Limits that one fills, so that others have nothing left: moderators can still
ban, and who is listed can still come.

Seen to fail: each of them before a part was kept back.
"""
from attack import besieged, modes
from wire import check

BROKER = False
PEOPLE = {"ann": "member", "moe": "moderator"}
SETTINGS = '''closed
    staff = "staff*"
'''


@modes("claim", "keys")
def test_lists_as_long_as_may_be(t):
    with besieged(t, people=PEOPLE, settings=SETTINGS,
                  limits={"rulings": 16}) as siege:
        ann, moe = siege.client("ann"), siege.client("moe")
        rooms = [f"staff{n}" for n in range(20)]
        made = [room for room in rooms
                if ann.ask("join", room=room)["op"] == "joined"]
        check(0 < len(made) < 16, f"{made}")
        ann.refused("about", "too-many", room=made[0], about="x")
        ann.refused("invite", "too-many", room=made[0], id="moe")
        moe.done("ban", id="nobody")
        moe.done("ban", id="ann")


@modes("claim")
def test_ids_that_one_connection_claims(t):
    """As many as a person may try, and none beside the one that he has."""
    with besieged(t, people=PEOPLE) as siege:
        mallory = siege.dealer("mallory")
        mallory.hello("m0")
        for n in range(20):
            mallory.refused("hello", "bad-state", v=1, id=f"beside{n}")
        busy = siege.dealer("busy")
        busy.send(*[{"op": "hello", "v": 1, "id": f"busy{n}", "ref": n}
                    for n in range(20)])
        codes = [busy.expect(None, ref=n).get("code") for n in range(20)]
        check("rate" in codes, f"{codes}")
        moe = siege.client("moe")
        claims = moe.done("rulings", "rulings", kind="claim")["rulings"]
        check(len(claims) <= 7, f"{[c['id'] for c in claims]}")


@modes("claim")
def test_all_ids_are_claimed(t):
    """Who is listed comes all the same, also for the first time."""
    with besieged(t, people=PEOPLE, limits={"ids": 32}) as siege:
        ann = siege.client("ann")
        codes = set()
        for n in range(40):
            one = siege.dealer(f"m{n}")
            codes.add(one.ask("hello", v=1, id=f"m{n}").get("code"))
        check("denied" in codes, f"{codes}")
        siege.client("moe").done("ban", id="m0")
        ann.tell("moe", "we are in")


@modes("claim", "keys")
def test_as_many_sessions_as_may_be(t):
    """A moderator comes all the same, and ends them."""
    with besieged(t, people=PEOPLE, limits={"sessions": 8}) as siege:
        many = [siege.client("ann", inbox=False) for _ in range(8)]
        siege.dealer("ann").refused("hello", "too-many", v=1, id="ann",
                                    inbox=False)
        siege.client("moe").done("kick", id="ann")
        many[0].expect("bye", why="kicked")
