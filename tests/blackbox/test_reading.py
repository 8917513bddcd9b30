# SPDX-License-Identifier: MPL-2.0
"""A reader of PROTOCOL.md, section 11, held against a busy room: each member
takes each message once, in order, whenever it joined and whatever PUB drops."""
import threading
import time

import zmq

from fixture import deadline
from wire import PATIENCE, Client, Failure, Sub, check, same



class Reader:
    """Joins without a gap and repairs what PUB drops."""

    def __init__(self, context, broker, name, room, **sub_options):
        self.client = Client(context, broker.bind)
        self.client.hello(name)
        self.room = room
        self.sub = Sub(context, broker.pub, **sub_options)
        self.taken = []
        self.repairs = 0
        self.join()

    def join(self):
        joined = self.client.join(self.room)
        self.head = self.last = joined["head"]
        self.sub.subscribe(joined["topic"])
        end = time.monotonic() + PATIENCE
        while not self.sub.queue:
            check(time.monotonic() < end, "nothing on the topic")
            self.client.tell_broker("sync", room=self.room)
            self.sub.pull(0.05)
        first = self.sub.queue[0]
        if first.get("prev", first.get("head")) > self.last:
            self.repair()

    def repair(self):
        self.repairs += 1
        while True:
            page = self.client.done("history", "history", room=self.room,
                                    after=self.last, limit=500)
            check(page["complete"], "nothing was removed yet")
            self.taken += [m["seq"] for m in page["messages"]]
            self.last = page["upto"]
            if not page["more"]:
                return

    def take(self, message):
        if message["op"] != "say" or message.get("seq", 0) <= self.last:
            return
        if message["prev"] > self.last:
            self.repair()
        if message["seq"] > self.last:
            same(message["prev"], self.last, "prev after a repair")
            self.taken.append(message["seq"])
            self.last = message["seq"]

    def read(self, seconds=0.0):
        self.sub.pull(seconds)
        while self.sub.queue:
            self.take(self.sub.queue.popleft())

    def read_up_to(self, head):
        """The topic, and after a second without it a pong's head."""
        end = time.monotonic() + 1
        while self.last < head and time.monotonic() < end:
            self.read(0.05)
        if self.last < head:
            self.repair()
        same(self.last, head, "last")

    def close(self):
        self.client.close()
        self.sub.close()


class Speaker(threading.Thread):
    """Says numbers as fast as they are acknowledged."""

    def __init__(self, t, room, count, text=""):
        super().__init__(daemon=True)
        self.client = t.client("speaker")
        self.room, self.count, self.text = room, count, text
        self.seqs = []
        self.error = None

    def run(self):
        try:
            batch = 2 if self.text else 50
            for start in range(0, self.count, batch):
                numbers = range(start, min(start + batch, self.count))
                self.client.send(*[{"op": "say", "room": self.room, "ref": n,
                                    "text": self.text} for n in numbers])
                self.seqs += [self.client.expect("ok", ref=n)["seq"]
                              for n in numbers]
        except Exception as error:  # told to the test
            self.error = error

    def finish(self):
        self.join(PATIENCE * 3)
        if self.error or self.is_alive():
            raise Failure(f"the speaker did not finish: {self.error}")
        return self.seqs


def test_joining_a_busy_room(t):
    room = t.name("busy")
    speaker = Speaker(t, room, 4000)
    t.client("first").say(room, "so that there is a room")
    speaker.start()
    readers = []
    while speaker.is_alive() and len(readers) < 12:
        readers.append(Reader(t.context, t.broker,
                              t.name(f"reader{len(readers)}"), room))
        for reader in readers:
            reader.read()
    seqs = speaker.finish()
    check(len(readers) >= 3, f"{len(readers)} readers joined meanwhile")
    for reader in readers:
        reader.read_up_to(seqs[-1])
        same(reader.taken, [s for s in seqs if s > reader.head])
        reader.close()


@deadline(90)
def test_what_pub_drops_is_repaired(t):
    """A listener with small buffers that does not read for a while: more is
    said than the broker keeps for it."""
    room = t.name("busy")
    t.client("first").say(room, "so that there is a room")
    reader = Reader(t.context, t.broker, t.name("reader"), room,
                    RCVHWM=5, RCVBUF=4096)
    speaker = Speaker(t, room, 4000, "x" * 12000)
    speaker.start()
    seqs = speaker.finish()
    reader.read_up_to(seqs[-1])
    check(reader.repairs > 0, "something was dropped")
    same(reader.taken, [s for s in seqs if s > reader.head])
    reader.close()


def test_direct_is_without_a_gap_from_the_head_on(t):
    room = t.name("busy")
    speaker = Speaker(t, room, 3000)
    speaker.start()
    joiners = []
    while speaker.is_alive() and len(joiners) < 8:
        c = t.client(f"joiner{len(joiners)}")
        joiners.append((c, c.join(room, direct=True)["head"]))
    seqs = speaker.finish()
    for c, head in joiners:
        want = [s for s in seqs if s > head]
        came = [c.expect("say") for _ in want]
        same([m["seq"] for m in came], want)
        same([m["prev"] for m in came], ([head] + want)[:-1])


def test_two_rooms_do_not_mix(t):
    rooms = [t.name("dev"), t.name("dev") + "ops"]
    speakers = []
    for room in rooms:
        speakers.append(Speaker(t, room, 1000))
        speakers[-1].client.done("bye")
        speakers[-1].client.hello(t.name("s" + room))
        speakers[-1].client.say(room, "so that there is a room")
    readers = [Reader(t.context, t.broker, t.name("r" + room), room)
               for room in rooms]
    for speaker in speakers:
        speaker.start()
    for speaker, reader in zip(speakers, readers):
        seqs = speaker.finish()
        reader.read_up_to(seqs[-1])
        same(reader.taken, seqs)
        reader.close()


def test_a_sub_resubscribes_after_a_restart(t):
    old = t.fresh()
    room = t.name("room")
    reader = Reader(t.context, old, t.name("reader"), room)
    reader.sub.socket.setsockopt(zmq.RECONNECT_IVL, 50)
    old.stop(9)
    t.fresh(bind=old.bind, pub=old.pub)
    c = t.client("speaker")
    c.join(room)
    reader.sub.attach(c, room)
    c.say(room, "hello again")
    reader.sub.expect("say", text="hello again")
    reader.close()
