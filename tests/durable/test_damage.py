# SPDX-License-Identifier: MPL-2.0
"""Flipped bits, lost sectors and cut ends, at 200 random places of the store.

The broker starts with what can be read, or refuses with a sentence and exit code
1. It never crashes, and whatever it gives is what was said, to the last byte.
What is missing is told: `complete:false` or an error. Only the end of the -wal
may go in silence, since that is what a crash leaves: then everything from some
place of the log on is missing, and nothing before.

A part of the places is tried on the sanitized broker, where it was built.
"""
import os
import random
import re
import shutil

from fixture import Fixture, deadline
from speaker import Speaker
from stage import Stage, staged, until
from store import FILES, FULL, Store, dice, history
from wire import Failure, check, same

BROKER = False

PLACES = 400 if FULL else 100  # of the database, and half of it of the -wal,
CUTS = 80 if FULL else 25      # and ends that are cut off, of each
ROOMS = ["lobby", "ops"]
SAID = 300       # messages that are moved to pages
LATE = 60        # that are in the -wal alone
READ = 40        # mail that bob has acknowledged
SECTOR = 512
FIRST_PAGES = 8  # where the tables begin
SANITIZED = 4    # one place of so many, on the sanitized broker


def texts(begin, count, roll):
    return [f"{begin + i} {roll.randbytes(roll.randint(10, 1200)).hex()}"
            for i in range(count)]


def talk(stage, begin, count, roll):
    speaker = Speaker(stage, f"s{begin}").connect()
    for number, text in enumerate(texts(begin, count, roll)):
        where = {"to": "bob"} if number % 3 == 0 else {
            "room": ROOMS[number % 2]}
        until(lambda: speaker.room_for() > 0 or speaker.take(0.05), "room")
        speaker.send([text], **where)
    speaker.settle()
    same(len(speaker.told), count, "acknowledged")


class State:
    """A store without a broker, and all that was said to it: by seq."""

    def __init__(self, store, name, client):
        self.mail = {m["seq"]: m for m in history(client)}
        self.rooms = {room: {m["seq"]: m for m in history(client, room=room)}
                      for room in ROOMS}
        self.last = max(*self.mail, *(max(r) for r in self.rooms.values()))
        client.done("bye")
        if name == "killed":
            store.kill()
        else:
            store.stop()
        self.store = store.copy(name)


def stopped_state(stage, store):
    """All of it in the database."""
    store.start()
    bob = stage.client("bob")
    talk(stage, 0, SAID, random.Random("the same each time"))
    bob.tell_broker("ack", seq=history(bob)[READ - 1]["seq"])
    store.until_moved()
    return State(store, "stopped", bob)


def killed_state(stage, store):
    """The same, and some more in a -wal."""
    store.start()
    talk(stage, SAID, LATE, random.Random("and this"))
    state = State(store, "killed", stage.client("bob"))
    wal = os.path.join(state.store.folder, FILES[1])
    check(os.path.getsize(wal) > LATE * SECTOR, "there is no -wal")
    return state


class Found:
    """What a broker gives of a channel, and whether it says that it is less."""

    def __init__(self, client, **of):
        self.messages, self.told = {}, False
        after = 0
        while True:
            page = client.ask("history", after=after, limit=500, **of)
            if page["op"] == "error":
                self.told = True
                return
            self.told |= not page["complete"]
            for m in page["messages"]:
                check(m["seq"] > after, f"{m['seq']} after {after}")
                self.messages[m["seq"]] = m
            if not page["more"]:
                return
            check(page["upto"] > after, f"no progress at {after}")
            after = page["upto"]

    def check(self, known, what):
        """Nothing is wrong; gives what is missing and was not told."""
        for seq, m in self.messages.items():
            if known.get(seq) != m:
                raise Failure(f"{what}: {m} was never said; at this place was "
                              f"{known.get(seq)}")
        missing = [seq for seq in known if seq not in self.messages]
        return [] if self.told else missing


def check_mail(client, state):
    """What comes by itself after the hello."""
    client.ping()
    for m in client.drain():
        if m["op"] == "tell" and state.mail.get(m["seq"]) != m:
            raise Failure(f"mail {m} was never told")


def check_found(stage, state, tail_may_go):
    """The broker gives what was said and says what it does not have."""
    bob = stage.client("bob")
    silent, found = [], []
    channels = [(state.mail, {})]
    channels += [(known, {"room": room}) for room, known in
                 state.rooms.items()]
    for known, of in channels:
        have = Found(bob, **of)
        silent += have.check(known, of or "mail")
        found += have.messages
    check_mail(bob, state)
    if silent and not (tail_may_go and min(silent) > max(found, default=0)):
        raise Failure(f"{len(silent)} are missing and nobody says so: "
                      f"{sorted(silent)[:5]}, the last that is there is "
                      f"{max(found, default=0)}")
    seq = bob.say("lobby", "goes on")["seq"]
    check(seq > state.last, f"{seq} is not new")
    return len(silent)


def zeros(path, at):
    """Loses a sector."""
    with open(path, "r+b") as file:
        file.seek(at // SECTOR * SECTOR)
        file.write(bytes(SECTOR))
    return f"a sector of zeros at {at // SECTOR * SECTOR}"


def cut(path, roll):
    at = roll.randrange(os.path.getsize(path))
    os.truncate(path, at)
    return f"cut at {at}"


def change(path, roll):
    """A bit, or a sector; more often than by chance in the first bytes."""
    size = os.path.getsize(path)
    at = roll.randrange(100 if roll.random() < 0.1 else size)
    if roll.random() < 0.2:
        return zeros(path, at)
    bit = 1 << roll.randrange(8)
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ bit]))
    return f"bit {bit} of byte {at} of {size}"


def first_sectors(path):
    """Those of the pages where the tables begin, that are not empty."""
    with open(path, "rb") as file:
        head = file.read(100)
        page = int.from_bytes(head[16:18], "big")
        file.seek(0)
        data = file.read(FIRST_PAGES * page)
    return [at for at in range(0, len(data), SECTOR)
            if any(data[at:at + SECTOR])]


class Trials:
    def __init__(self, stage):
        self.stage = stage
        self.roll = dice("damage")
        self.counts = dict.fromkeys(("whole", "told", "cut", "refused"), 0)
        self.sanitized = 0

    def choose_broker(self, number):
        args = self.stage.fixture.shared.args
        plain = args.confabd
        build, name = os.path.split(plain)
        asan = os.path.join(build, "asan", name)
        if number % SANITIZED == 0 and os.access(asan, os.X_OK):
            args.confabd = asan
            self.sanitized += 1
        return plain

    def one(self, number, state, file, harm):
        """`harm` does it to the path it is given, and says what it was."""
        stage = Stage(Fixture(self.stage.fixture.shared))
        plain = self.choose_broker(number)
        try:
            store = Store(stage)
            for name in os.listdir(state.store.folder):
                shutil.copy(os.path.join(state.store.folder, name),
                            store.folder)
            what = harm(os.path.join(store.folder, file))
            try:
                self.look(stage, store, state, file == FILES[1])
            except Failure as failure:
                raise Failure(f"{file}, {what}: {failure}") from None
        finally:
            stage.fixture.shared.args.confabd = plain
            stage.close()
            stage.fixture.finish()

    def look(self, stage, store, state, tail_may_go):
        try:
            broker = store.start()
        except RuntimeError as error:
            self.refused(str(error))
            return
        silent = check_found(stage, state, tail_may_go)
        self.ends_well(broker)
        aside = [name for name in os.listdir(store.folder)
                 if "damaged" in name and not name.endswith(("-wal", "-shm"))]
        for name in aside:
            check(name in broker.log_tail(), f"{name} is not in the log")
        kind = "cut" if silent else "told" if aside else "whole"
        self.counts[kind] += 1

    def refused(self, text):
        self.check_log(text)
        check("(1)" in text.split("\n")[0], text)
        words = text.rstrip().split("\n")[-1]
        check(re.search(r"confabd: .{20}", words), f"no reason in {words!r}")
        self.counts["refused"] += 1

    @staticmethod
    def check_log(text):
        found = re.search("(.*(Sanitizer|runtime error|Assertion)(.*\n){,20})",
                          text)
        check(not found, found and found.group())

    def ends_well(self, broker):
        code = broker.stop()
        with open(broker.log_path, encoding="utf-8", errors="replace") as log:
            self.check_log(log.read())
        same(code, 0, "the broker's exit code")

    def __str__(self):
        return f"{self.counts}, {self.sanitized} sanitized"


@deadline(240)
@staged
def test_200_places(stage):
    store = Store(stage, "original")
    stopped = stopped_state(stage, store)
    killed = killed_state(stage, store)
    trials = Trials(stage)
    plan = [(stopped, FILES[0], PLACES // 2, change),
            (killed, FILES[0], PLACES // 2, change),
            (killed, FILES[1], PLACES // 2, change),
            (stopped, FILES[0], CUTS, cut),
            (killed, FILES[1], CUTS, cut)]
    number = 0
    for state, file, count, harm in plan:
        for _ in range(count):
            number += 1
            trials.one(number, state, file,
                       lambda path: harm(path, trials.roll))
    return f"{number} places: {trials}"


@deadline(100)
@staged
def test_the_beginnings_of_tables(stage):
    """A small store has little else than messages: what it knows of itself
    stands in a few sectors, which chance seldom meets."""
    store = Store(stage, "original")
    state = stopped_state(stage, store)
    trials = Trials(stage)
    sectors = first_sectors(state.store.file)
    for number, at in enumerate(sectors, 1):
        trials.one(number, state, FILES[0], lambda path: zeros(path, at))
    return f"{len(sectors)} sectors: {trials}"
