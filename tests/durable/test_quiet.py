# SPDX-License-Identifier: MPL-2.0
"""A few messages now and then, and a kill -9 after some seconds.

What the broker does when it has time (messages are moved to where they stay,
turns are dropped) happens some seconds later and in small steps. So here the
load is light and the lives are long; several brokers live at the same time. A kill
takes nothing from any of them, however it syncs: that is for when the power goes.
"""
import time

from fixture import deadline
from speaker import Speaker
from stage import staged, until
from store import FULL, Ledger, Store, dice, history
from wire import check

BROKER = False

BROKERS = 8
SECONDS = 60 if FULL else 14
LIFE = (1.5, 4.0)    # seconds until a kill
PAUSE = (0.0, 0.12)  # between two messages
ROOMS = ["lobby", "ops"]
SYNCS = ["full", "normal", "off"]


class House:
    """A broker, and a speaker who talks in two rooms and to bob."""

    def __init__(self, stage, number):
        self.stage = stage
        self.roll = dice(f"quiet {number}")
        self.store = Store(stage, f"store{number}", SYNCS[number % 3])
        self.store.start()
        stage.client("bob").done("bye")
        self.speaker = Speaker(stage, "s").connect()
        self.count = self.kills = 0
        self.next_word = self.next_kill = 0.0
        self.live()

    def live(self):
        self.next_kill = time.monotonic() + self.roll.uniform(*LIFE)

    def step(self, now):
        if now >= self.next_word:
            self.next_word = now + self.roll.uniform(*PAUSE)
            texts = [f"{self.count + i} word" for i in
                     range(self.roll.randint(1, 3))]
            self.count += len(texts)
            where = self.roll.choice([{"room": ROOMS[0]}, {"room": ROOMS[1]},
                                      {"to": "bob"}])
            self.speaker.send(texts, **where)
        self.speaker.take()
        if now >= self.next_kill:
            self.store.crash()
            self.kills += 1
            self.check_all()
            self.speaker.connect()
            self.live()

    def check_all(self):
        """Over the broker that was started last."""
        bob = self.stage.client("bob")
        ledger = Ledger()
        for of in ({"room": ROOMS[0]}, {"room": ROOMS[1]}, {}):
            if bob.ask("history", **of)["op"] == "history":
                ledger.find(history(bob, **of))
        ledger.check(self.speaker.told)
        bob.done("bye")
        self.stage.fixture.inlets.remove(bob)
        bob.close()


@deadline(150)
@staged
def test_killed_after_some_quiet_seconds(stage):
    houses = [House(stage, i) for i in range(BROKERS)]
    end = time.monotonic() + SECONDS

    def step():
        now = time.monotonic()
        for house in houses:
            house.step(now)
        return now >= end
    until(step, "the end", SECONDS + 60)
    kills = sum(house.kills for house in houses)
    told = sum(len(house.speaker.told) for house in houses)
    check(kills >= BROKERS, f"only {kills} kills")
    return f"{kills} kills of {BROKERS} brokers, {told} messages"
