#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""polite.py: somebody who talks while others attack. attack.py starts it.

It says something in its room every few milliseconds, and between the lines
`begin` and `end` on its standard input measures how long it takes until the
`ok` has come and the message on the room's topic, too. A process of its own,
since an attacker in the same interpreter would be measured as well. When its
standard input ends it reads the room's history, looks whether everything is
there that it had an `ok` for, and prints what it found as a line of JSON. In
`paused` is how late its own pauses ended: what the machine did, and not the
broker.

Who waits a second asks only once in it. So a long wait counts as what others
would have seen who ask every 20 ms: each of them waits for the rest of it.
"""
import json
import os
import select
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "blackbox"))
import zmq  # noqa: E402
from wire import PATIENCE, Client, Failure, Sub  # noqa: E402

PAUSE = 0.002   # seconds between two of its messages
OTHERS = 0.02   # between those of others that are thought of


class Polite:
    def __init__(self, setup):
        self.room = setup["room"]
        context = zmq.Context()
        options = {k: v.encode() for k, v in setup["options"].items()}
        self.client = Client(context, setup["bind"], **options)
        self.client.hello(setup["id"])
        self.client.join(self.room)
        self.sub = Sub(context, setup["pub"], self.room + " ", **options)
        self.sub.attach(self.client, self.room)
        self.sub.drain()
        self.counts = False
        self.trips, self.pauses, self.acked = [], [], []

    def trip(self):
        text = str(len(self.acked))
        begin = time.monotonic()
        answer = self.client.say(self.room, text)
        self.sub.expect("say", text=text)
        if self.counts:
            self.trips.append(time.monotonic() - begin)
        self.acked.append((answer["seq"], text))
        self.sub.drain()

    def pause(self):
        """False when it is to stop."""
        begin = time.monotonic()
        told = select.select([sys.stdin], [], [], PAUSE)[0]
        if told:
            word = os.read(0, 64)
            self.counts = word.endswith(b"begin\n")
            return bool(word)
        if self.counts:
            self.pauses.append(max(0, time.monotonic() - begin - PAUSE))
        return True

    def talk(self):
        while self.pause():
            self.trip()

    def missing(self):
        """How much of what had an `ok` is not in the history, or changed."""
        after, kept, more = 0, {}, True
        while more:
            page = self.client.done("history", "history", room=self.room,
                                    after=after, limit=500)
            kept.update((m["seq"], m.get("text")) for m in page["messages"])
            after, more = page["upto"], page["more"]
        return sum(kept.get(seq) != text for seq, text in self.acked)


def with_others(trips):
    for trip in trips:
        yield trip
        while trip > OTHERS:
            trip -= OTHERS
            yield trip


def percentile(values, part):
    """In milliseconds."""
    ordered = sorted(values) or [0]
    return round(ordered[int(part * (len(ordered) - 1))] * 1000, 2)


def main():
    polite = Polite(json.loads(sys.argv[1]))
    print("ready", flush=True)
    fault = ""
    missing = -1
    try:
        polite.talk()
        missing = polite.missing()
    except Failure as failure:
        fault = f"no answer in {PATIENCE} s after {len(polite.acked)} " \
                f"messages: {failure}"
    print(json.dumps({
        "count": len(polite.trips), "missing": missing, "fault": fault,
        "p50": percentile(polite.trips, 0.5),
        "p99": percentile(with_others(polite.trips), 0.99),
        "worst": percentile(polite.trips, 1),
        "paused": percentile(polite.pauses, 0.99)}), flush=True)


main()
