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
