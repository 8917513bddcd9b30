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
