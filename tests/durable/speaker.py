# SPDX-License-Identifier: MPL-2.0
"""speaker: an outbox by the rules of PROTOCOL.md, section 9, in Python.

It keeps what it sent until that is answered, sends it again to the next broker
under the same numbers, and remembers what it was told: that is what a broker may
not lose. Nothing blocks and nothing fails when the broker dies; whoever drives
it looks after that.
"""
import itertools

import zmq

from stage import until
from wire import FRAME, Failure, pack

WINDOW = 255   # n under way: highest minus lowest unanswered stays below 256
BATCH = 256    # messages in a frame
SPARE = 256    # bytes of a message besides its text
LANES = itertools.count(1)


def reach(stage, name, **hello):
    """A client that has said hello and whose sends never wait; None when the
    broker died meanwhile. The id may be in use for a moment, by a connection
    that is broken and not yet known to be."""
    broker = stage.fixture.broker
    client = stage.fixture.dealer(name, SNDTIMEO=0, IMMEDIATE=1)
    message = {"op": "hello", "v": 1, "id": name, **hello}

    def answered():
        try:
            client.send(message)
        except zmq.Again:
            return not broker.alive()
        until(lambda: client.queue or client.pull(0.02) or not broker.alive(),
              f"an answer to the hello of {name}")
        if client.queue and client.queue[0].get("code") == "in-use":
            client.queue.popleft()
            return False
        return True
    until(answered, f"a hello of {name}")
    if not client.queue:
        return None
    client.id, client.welcome = name, client.next("welcome")
    return client


class Speaker:
    def __init__(self, stage, name, **hello):
        self.stage = stage
        self.name = name
        self.how = {"inbox": False, "lane": f"lane{next(LANES)}", **hello}
        self.client = None
        self.n = 0
        self.open = {}     # n: message, sent and not answered
        self.told = {}     # text: seq, as acknowledged
        self.again = 0     # of these, that were there already
        self.refused = []  # (message, error)
        self.others = []   # what came besides

    def connect(self):
        """To the broker that is there now."""
        self.leave()
        self.client = reach(self.stage, self.name, **self.how)
        self.put(list(self.open.values()))
        return self

    def leave(self):
        """Without a word."""
        if self.client:
            self.stage.fixture.inlets.remove(self.client)
            self.client.close()
        self.client = None

    def put(self, messages):
        """In frames as full as they may be; False: nobody takes them."""
        if not self.client:
            return False
        frame, size = [], 0
        for m in [*messages, None]:
            more = len(m["text"].encode()) + SPARE if m else FRAME
            if frame and (len(frame) == BATCH or size + more > FRAME):
                try:
                    self.client.socket.send(pack(frame))
                except zmq.Again:
                    return False
                frame, size = [], 0
            if m:
                frame.append(m)
                size += more
        return True

    def room_for(self):
        """Messages that may be sent before the next answer."""
        lowest = min(self.open, default=self.n + 1)
        return WINDOW - (self.n + 1 - lowest)

    def send(self, texts, **to):
        """say (room=) or tell (to=), as many as may be under way."""
        messages = []
        for text in texts[:max(0, self.room_for())]:
            self.n += 1
            m = {"op": "say" if "room" in to else "tell", "text": text,
                 "n": self.n, **to}
            self.open[self.n] = m
            messages.append(m)
        return self.put(messages)

    def take(self, seconds=0.0):
        """Answers that are there, or come within this time."""
        if not self.client or not self.client.pull(seconds):
            return False
        while self.client.pull(0):
            pass
        while self.client.queue:
            self.on_message(self.client.queue.popleft())
        return True

    def on_message(self, m):
        sent = self.open.pop(m.get("n"), None)
        if m["op"] == "ok" and sent:
            self.again += bool(m.get("again"))
            self.told[sent["text"]] = m.get("seq")
        elif m["op"] == "error" and sent:
            self.refused.append((sent, m))
        elif m["op"] in ("ok", "error"):
            raise Failure(f"{self.name} was told {m}")
        else:
            self.others.append(m)

    def settle(self, seconds=20):
        """All of it is answered."""
        until(lambda: not self.open or self.take(0.05) and not self.open,
              lambda: f"answers to {len(self.open)} messages of {self.name}",
              seconds)
