# SPDX-License-Identifier: MPL-2.0
"""No seq is used twice, whatever becomes of the store.

A client keeps what it saw: each seq and the one message that it stood for, in
every life of a broker and of a store that lost something. Later ones are higher.
"""

from fixture import deadline
from speaker import Speaker, reach
from stage import staged
from store import Store, dice, history, power, power_cut, shim
from wire import check, same

BROKER = False

ROOMS = ["lobby", "ops"]
LIVES = 5
WORDS = 60
HOUR = 3600


class Memory:
    """What was seen under which seq; `begin` starts another life."""

    def __init__(self, stage):
        self.stage = stage
        self.seen = {}      # seq: (where, from, text)
        self.before = 0     # the highest of earlier lives
        self.said = 0
        self.speaker = Speaker(stage, "s")
        self.ear = None

    def begin(self):
        self.before = max(self.seen, default=0)
        if self.ear:
            self.stage.fixture.inlets.remove(self.ear)
            self.ear.close()
        self.ear = reach(self.stage, "ear")
        if not self.ear:
            return
        self.look(self.ear.drain())
        for room in ROOMS:
            self.ear.tell_broker("join", room=room, direct=True)
        self.speaker.connect()

    def look(self, messages):
        for m in messages:
            if "seq" not in m or m["op"] not in ("say", "tell"):
                continue
            self.see(m["seq"], (m.get("room", "mail"), m["from"], m["text"]))

    def see(self, seq, what):
        known = self.seen.setdefault(seq, what)
        same(what, known, f"the message at {seq}")

    def talk(self):
        """One frame, and whatever has come."""
        self.said += 1
        texts = [f"{self.said}.{i}" for i in range(3)]
        sent = [{"room": ROOMS[self.said % 2]}, {"to": "ear"}][
            self.said % 3 == 0]
        self.speaker.send(texts, **sent)
        self.speaker.take(0.01)
        if self.ear and self.ear.pull(0):
            self.look(self.ear.drain())
        where = {message["text"]: message.get("room", "mail")
                 for message in self.speaker.open.values()}
        check(len(where) < 250, "nothing is answered")

    def settle(self):
        """All is answered and heard; what was told stands where it is."""
        self.speaker.settle()
        self.ear.ping()
        self.look(self.ear.drain())

    def check_new(self, fresh):
        """What was said in this life stands above all earlier lives."""
        low = [seq for text, seq in self.speaker.told.items()
               if seq and text in fresh and seq <= self.before]
        check(not low, f"{low[:3]} are not above {self.before}")

    def live(self, words=WORDS):
        self.begin()
        first = self.said
        for _ in range(words):
            self.talk()
        self.settle()
        fresh = {f"{n}.{i}" for n in range(first + 1, self.said + 1)
                 for i in range(3)}
        self.check_new(fresh)
        for text, seq in self.speaker.told.items():
            if seq in self.seen:
                same(self.seen[seq][2], text, f"what was told to be at {seq}")


def check_order(stage, memory):
    """What the last broker has agrees with all that was ever seen."""
    client = stage.asker()
    for room in ROOMS:
        memory.look(history(client, room=room))


@deadline(100)
@staged
def test_power_cuts_with_sync_normal(stage):
    roll = dice("seq")
    store = Store(stage, sync="normal")
    memory = Memory(stage)
    for _ in range(LIVES):
        store.start(env=power(store, "shadow", die=roll.randint(300, 1500)))
        store.broker.stopped = True
        memory.begin()
        while store.broker.alive():
            memory.talk()
        power_cut(store, "shadow")
        store.start()
        memory.live(5)
        memory.speaker.told.clear()  # the store has lost some
        store.kill()
    store.start()
    check_order(stage, memory)
    return f"{len(memory.seen)} seqs"


@staged
def test_a_restored_backup(stage):
    store = Store(stage)
    memory = Memory(stage)
    store.start()
    memory.live()
    store.stop()
    kept = store.copy("kept")
    for _ in range(LIVES):
        store.start()
        memory.live()
        store.kill()
        store = kept.copy(f"restored{len(memory.seen)}")
        memory.speaker.told.clear()  # the store has lost some
    store.start()
    memory.live()
    check_order(stage, memory)
    return f"{len(memory.seen)} seqs"


@staged
def test_a_memory_log(stage):
    memory = Memory(stage)
    epochs = set()
    where = Store(stage).where
    for _ in range(LIVES):
        broker = stage.broker(log="memory:", **where)
        where = {"bind": broker.bind, "pub": broker.pub}
        memory.live()
        epochs.add(memory.ear.welcome["epoch"])
        broker.stop()
        memory.speaker.told.clear()
    same(len(epochs), LIVES, "epochs")


@staged
def test_the_clock_goes_back(stage):
    """Neither seq nor time does."""
    store = Store(stage)
    memory = Memory(stage)
    store.start(env={"LD_PRELOAD": shim(), "CLOCK_AHEAD": str(HOUR)})
    memory.live()
    ahead = memory.speaker.client.ping()["time"]
    for end in (store.stop, store.kill):
        end()
        store.start()
        memory.live()
        found = history(stage.asker(), room=ROOMS[0])
        times = [m["time"] for m in found]
        same(times, sorted(times), "the times of a room")
        check(times[-1] >= ahead - 1000, f"{times[-1]} is not after {ahead}")
    check_order(stage, memory)
