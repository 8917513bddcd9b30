#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""say.py: sends each line of stdin to a room, or to one person, exactly once.

    say.py ID ROOM [URL]
    say.py ID @WHO [URL]

Every message has a number `n`, and is kept until the broker has answered it.
When the connection breaks, what was not answered is sent again under its old
number; the broker stores none twice.
"""
import secrets
import sys

import msgpack
import zmq

WINDOW = 200       # messages unanswered at a time; the protocol allows 256
PATIENCE = 10_000  # ms without an answer until we give up


class Outbox:
    def __init__(self, me, target, url):
        self.dealer = zmq.Context().socket(zmq.DEALER)
        self.dealer.LINGER = 0
        self.dealer.IMMEDIATE = 1     # queue nothing for a broker that is away
        self.dealer.PROBE_ROUTER = 1  # a new connection brings `no-session`
        self.dealer.SNDTIMEO = PATIENCE
        self.dealer.connect(url)
        self.hello = {"op": "hello", "v": 1, "id": me, "inbox": False,
                      "lane": secrets.token_hex(8), "agent": "say.py"}
        self.head = ({"op": "tell", "to": target[1:]} if target[0] == "@"
                     else {"op": "say", "room": target})
        self.waiting = {}  # n -> message that was not answered yet, in order
        self.n = 0
        self.welcome = self.failed = False

    def send(self, message):
        self.dealer.send(msgpack.packb([message]))

    def add(self, text):
        self.n += 1
        self.waiting[self.n] = {**self.head, "text": text, "n": self.n}
        if self.welcome:  # else the answer to hello sends all that waits
            self.send(self.waiting[self.n])

    def take(self, timeout):
        """Reads answers, if there are any in time."""
        if self.dealer.poll(timeout):
            for m in msgpack.unpackb(self.dealer.recv()):
                self.answer(m)
        elif timeout:
            sys.exit("say.py: the broker does not answer")

    def answer(self, m):
        if m["op"] == "welcome":
            self.hello["resume"] = m["resume"]
            self.welcome = True
            for message in self.waiting.values():
                self.send(message)
        elif m["op"] == "ok":
            self.waiting.pop(m.get("n"), None)
        elif m["op"] == "error" and m["code"] == "no-session":
            if "n" not in m:  # it answers the probe, not a message
                self.welcome = False
                self.send(self.hello)
        elif m["op"] == "error":
            print(f"say.py: {m['text']} ({m['code']})", file=sys.stderr)
            self.failed = True
            if self.waiting.pop(m.get("n"), None) is None:
                sys.exit(1)  # not one message, but we, are refused


def main(me, target, url="tcp://127.0.0.1:7480"):
    box = Outbox(me, target, url)
    while not box.welcome:
        box.take(PATIENCE)
    for line in sys.stdin:
        box.add(line.rstrip("\n"))
        box.take(0)
        while len(box.waiting) >= WINDOW:
            box.take(PATIENCE)
    while box.waiting:
        box.take(PATIENCE)
    box.send({"op": "bye"})  # the lane is not needed any more
    box.take(PATIENCE)
    sys.exit(box.failed)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: say.py ID ROOM|@WHO [URL]")
    main(*sys.argv[1:])
