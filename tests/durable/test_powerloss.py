# SPDX-License-Identifier: MPL-2.0
"""The power goes, at any step that the broker's disk takes.

The broker is preloaded with powerloss.c: its disk keeps what was synced, in a
second folder, and kills it before a chosen step. The next broker gets that
folder. With sync=full everything that was acknowledged must be in it, whatever
the step: a write of a turn, a page being moved, a checkpoint, a recovery. The
tests with sync=off and normal show that this disk does forget.
"""
import os

import zmq

from fixture import deadline
from speaker import Speaker, reach
from stage import staged, until
from store import (FULL, Ledger, Store, check_kept, dice, history, power,
                   power_cut)
from wire import Failure, check

BROKER = False

CUTS = 100 if FULL else 30
START_STEPS = 60 if FULL else 20
ROOMS = ["lobby", "ops", "dev"]
LONGEST = 12_000  # steps until the power goes: beyond a checkpoint
LIFE = 60         # seconds in which a broker takes so many steps
SMALL, LARGE = 60, 9_000


class Load:
    """Three speakers in three rooms, and bob, who reads his mail."""

    def __init__(self, store, dice_):
        self.store = store
        self.dice = dice_
        self.count = 0
        self.speakers = [Speaker(store.stage, f"s{i}") for i in range(3)]
        self.bob = None
        self.acked = 0   # what bob has acknowledged,
        self.kept = 0    # and knows to be kept
        self.ledger = Ledger()
        self.seen = {}   # channel: the seq up to which it was looked into

    def texts(self, count):
        size = self.dice.choice((SMALL, SMALL, LARGE))
        for _ in range(count):
            self.count += 1
            yield f"{self.count} {'x' * self.dice.randint(1, size)}"

    def connect(self):
        for speaker in self.speakers:
            speaker.connect()
        self.bob = reach(self.store.stage, "bob")
        if self.bob:
            acked = self.bob.welcome["acked"]
            check(acked >= self.kept, f"bob's ack of {self.kept} is forgotten")
            self.acked = max(self.acked, acked)

    def leave(self):
        for speaker in self.speakers:
            speaker.leave()
        if self.bob:
            self.store.stage.fixture.inlets.remove(self.bob)
            self.bob.close()

    def read_mail(self):
        """Takes what is there and acknowledges it; what was known to be
        acknowledged must not come again."""
        if not self.bob or not self.bob.pull(0):
            return
        top = self.acked
        while self.bob.queue:
            m = self.bob.queue.popleft()
            if m["op"] == "pong":
                self.kept = max(self.kept, m["ref"])
            if m["op"] == "tell":
                check(m["seq"] > self.kept, f"{self.kept} acked, came {m}")
                top = max(top, m["seq"])
        if top > self.acked:
            self.acked = top
            try:
                self.bob.send({"op": "ack", "seq": top},
                              {"op": "ping", "ref": top})
            except zmq.Again:
                pass

    def turn(self):
        for i, speaker in enumerate(self.speakers):
            count = self.dice.randint(0, 40)
            if self.dice.random() < 0.2:
                speaker.send(list(self.texts(count)), to="bob")
            else:
                speaker.send(list(self.texts(count)), room=ROOMS[i])
            speaker.take(0.002)

    def until_dead(self):
        """Speaks until the power goes."""
        broker = self.store.broker

        def dead():
            self.turn()
            self.read_mail()
            return not broker.alive()
        until(dead, lambda: f"the step; {self.count} said", LIFE)

    def told(self):
        return {text: seq for speaker in self.speakers
                for text, seq in speaker.told.items()}

    def found(self, seen):
        """What the broker of now has behind what was seen, by channel."""
        client = self.store.stage.client("bob")
        channels = {"": {}} | {room: {"room": room} for room in ROOMS}
        for name, of in channels.items():
            if client.ask("history", **of)["op"] == "error":
                continue  # nobody was in this room
            messages = history(client, seen.get(name, 0), **of)
            if messages:
                seen[name] = messages[-1]["seq"]
            yield from messages
        self.store.stage.fixture.inlets.remove(client)
        client.close()

    def check_left(self):
        self.ledger.find(self.found(self.seen))
        return self.ledger.lost(self.told())

    def check_all(self):
        """The same once more, from the beginning."""
        check_kept(list(self.found({})), self.told())
        return len(self.told())


def start(store, **settings):
    """A broker whose power will go; False: it went while it started."""
    try:
        store.start(env=power(store, "shadow", **settings))
        store.broker.stopped = True
        return True
    except RuntimeError as error:
        text = str(error)
        check("powerloss:" not in text and "Sanitizer" not in text, text)
        return False


def one_life(store, load, **settings):
    """Of a broker, until its power goes; then of one that has what is left.
    Gives what was acknowledged and is lost."""
    if start(store, **settings):
        load.connect()
        load.until_dead()
        load.leave()
    power_cut(store, "shadow")
    store.start()
    lost = load.check_left()
    store.kill()
    return lost


def check_lives(store, load, dies, **settings):
    for die in dies:
        lost = one_life(store, load, die=die, **settings)
        check(not lost, f"lost at step {die}: {lost[:3]}")
    store.start()
    kept = load.check_all()
    return (f"{len(dies)} power cuts, {kept} messages acknowledged, "
            f"{os.path.getsize(store.file) >> 20} MiB")


def prepared(stage, sync="full"):
    store = Store(stage, sync=sync)
    load = Load(store, dice(f"power {sync}"))
    store.start()
    stage.client("bob").done("bye")
    store.stop()
    return store, load


@deadline(150)
@staged
def test_at_any_step(stage):
    store, load = prepared(stage)
    return check_lives(store, load, [
        load.dice.randint(1, LONGEST if i % 5 == 0 else LONGEST // 8)
        for i in range(CUTS)])


@deadline(150)
@staged
def test_while_it_starts(stage):
    """Each of the first steps, on a store that the power has left."""
    store, load = prepared(stage)
    return check_lives(store, load, [1_000, *range(1, START_STEPS)])


@deadline(150)
@staged
def test_half_of_what_was_not_synced(stage):
    """Sector by sector: a disk may write what it was not told to."""
    store, load = prepared(stage)
    return check_lives(store, load, [
        load.dice.randint(1, LONGEST // 8) for i in range(CUTS // 2)],
        leak=load.dice.randint(1, 1_000_000))


@deadline(100)
@staged
def test_sync_off_loses(stage):
    """This disk does forget."""
    store, load = prepared(stage, "off")
    for _ in range(10):
        lost = one_life(store, load, die=load.dice.randint(200, 2_000))
        if lost:
            return f"{len(lost)} messages lost"
    raise Failure("nothing was lost with sync=off")


def check_prefix(load, lost):
    """What is lost is the end of the log and nothing between; it is no longer
    expected."""
    told = load.told()
    first = min((told[text] or 0 for text in lost), default=0)
    late = [text for text, seq in told.items()
            if first and seq and seq > first and text in load.ledger.places]
    check(not late, f"{len(lost)} lost from {first} on, but not {late[:3]}")
    load.kept = load.acked = 0
    for speaker in load.speakers:
        for text in lost:
            speaker.told.pop(text, None)


@deadline(100)
@staged
def test_sync_normal_loses_the_end(stage):
    store, load = prepared(stage, "normal")
    count = 0
    for _ in range(CUTS // 4):
        lost = one_life(store, load, die=load.dice.randint(200, LONGEST))
        check_prefix(load, lost)
        count += len(lost)
    check(count, "nothing was lost with sync=normal")
    return f"{count} messages lost, {len(load.told())} kept"
