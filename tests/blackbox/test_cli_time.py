# SPDX-License-Identifier: MPL-2.0
"""Where to begin, and how long: what `confab` makes of it, seen by a broker of
our own."""
import calendar
import time

from cli import Cli
from posed import Posed, WELCOME
from wire import check, same

BROKER = False


class Asked:
    """A broker that notes what is asked of it."""

    def __init__(self):
        self.messages = []

    def __call__(self, message):
        if message["op"] == "hello":
            return dict(WELCOME, id=message["id"])
        self.messages.append(message)
        if message["op"] == "history":
            return {"op": "history", "room": "r", "messages": [], "upto": 0,
                    "more": False, "complete": True, "head": 0, "first": 0}
        return {"op": "ok"} if message["op"] != "bye" else None

    def first(self, op):
        return next(m for m in self.messages if m["op"] == op)


def asked(f, op, *args, **env):
    answer = Asked()
    with Posed(answer) as broker, Cli(f, broker.url) as cli:
        cli.run(*args, **env)
    return answer.first(op)


def since(f, text, zone="Europe/Berlin"):
    return asked(f, "history", "history", "r", "--since", text,
                 TZ=zone)


def utc(*when):
    return calendar.timegm(when + (0,) * (6 - len(when))) * 1000


def test_moments(f):
    for text, want in (
            ("2026-11-22T10:00Z", utc(2026, 11, 22, 10)),
            ("2026-11-22T10:00:30Z", utc(2026, 11, 22, 10, 0, 30)),
            ("2026-11-22 10:00Z", utc(2026, 11, 22, 10)),
            ("2026-11-22Z", utc(2026, 11, 22)),
            ("2026-11-22T10:00", utc(2026, 11, 22, 9)),
            ("2026-11-22 10:00:30", utc(2026, 11, 22, 9, 0, 30)),
            ("2026-11-22", utc(2026, 11, 21, 23)),
            ("2026-11-22T10:00+01:00", utc(2026, 11, 22, 9)),
            ("2026-11-22T10:00-0330", utc(2026, 11, 22, 13, 30)),
            ("2026-11-22T10:00:30+05", utc(2026, 11, 22, 5, 0, 30)),
            # Around the two nights on which clocks change.
            ("2026-07-01T12:00", utc(2026, 7, 1, 10)),
            ("2026-03-29", utc(2026, 3, 28, 23)),
            ("2026-03-30", utc(2026, 3, 29, 22)),
            ("2026-03-29T03:00", utc(2026, 3, 29, 1)),
            ("2026-10-25", utc(2026, 10, 24, 22)),
            ("2026-10-26", utc(2026, 10, 25, 23)),
            ("2026-10-25T03:00", utc(2026, 10, 25, 2))):
        question = since(f, text)
        same(question["since"], want, text)
        check("after" not in question and "before" not in question, text)


def test_spans(f):
    for text, seconds in (("30s", 30), ("10m", 600), ("2h", 7200),
                          ("7d", 604800), ("1h30m", 5400),
                          ("1d2h3m4s", 93784)):
        before = int(time.time() * 1000)
        at = since(f, text)["since"]
        after = int(time.time() * 1000)
        check(before - seconds * 1000 <= at <= after - seconds * 1000,
              f"{text}: {at - before}")
    same(since(f, "4294967295d")["since"], 1, "before there were clocks")


def test_places(f):
    for text, keys in (("5", {"after": 5}), ("0", {"after": 0}),
                       ("begin", {"after": 0}), ("-20", {"limit": 20}),
                       ("9007199254740991", {"after": 9007199254740991})):
        question = since(f, text)
        for key, value in keys.items():
            same(question.get(key), value, text)
        check("since" not in question, text)
    question = asked(f, "history", "history", "r", "--before", "7", "-n", "3")
    same((question["before"], question["limit"]), (7, 3))
    question = asked(f, "history", "history", "r", "--after", "7")
    same(question["after"], 7)


def test_how_long(f):
    for text, want in (("30s", 30000), ("1h30m", 5400000), ("7d", 604800000)):
        order = asked(f, "mute", "admin", "mute", "eve", "--for", text)
        same(order["for"], want, text)


def test_what_is_no_time(f):
    with Cli(f) as cli:
        for text in ("", "10", "10x", "m", "-10m", "10m5", "1m1m1m1m1m",
                     "4294967296s", "0s", "1.5h"):
            cli.wrong("admin", "mute", "eve", "--for", text, code=2,
                      part=f'--for: "{text}" is not a time like')
        for text in ("", "yesterday", "2026-13-01", "2026-02-30",
                     "2026-11-22T25:00", "2026-11-22T10:00+1",
                     "2026-11-22T10:00+15:00", "2026-11-22T10:00+01:60",
                     "2026-11-22T10:00X", "2026-11-22T10:00Zx", "-0", "--5",
                     "1969-01-01", "9007199254740992", "10m5"):
            cli.wrong("history", "r", "--since", text, code=2,
                      part=f'--since: "{text}" is not a seq')
