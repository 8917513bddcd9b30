# SPDX-License-Identifier: MPL-2.0
"""What was ruled is in force after any end of the broker, and what was redacted
is gone.

Claims, bans, a subject of a room and a redaction, each acknowledged; then the
broker is killed, loses its power, stops, with all of it in turns or in tables.
Seen to fail: with rulings not written to their table; with the copy in memory,
the page or the turn of a message left as it was; without the scrubbing.
"""
import json
import time

import zmq

from fixture import deadline
from stage import staged, until
from store import FULL, Store, dice, history, power, power_cut
from wire import Client, Failure, check, same

BROKER = False

PEOPLE = {"moe": "moderator", "ann": "member"}
SECRET = "the password is swordfish"
ROOM = "lobby"
CUTS = 30 if FULL else 5
STEPS = 250  # of the disk, at most, until the power goes
LIFE = 30    # seconds until it has gone
LOOK = 0.05  # seconds between two looks whether the broker lives


class Mortal(Client):
    """Waits for nobody who is dead."""

    def __init__(self, town, who, **options):
        self.broker = town.store.broker
        super().__init__(town.stage.fixture.context, self.broker.bind, who,
                         IMMEDIATE=1, **options)

    def pull(self, seconds):
        end = time.monotonic() + seconds
        while not super().pull(min(LOOK, seconds)):
            if not self.broker.alive():
                raise Failure("the broker is dead")
            if time.monotonic() >= end:
                return False
        return True


class Town:
    """A store whose broker knows people by their keys."""

    def __init__(self, stage, name="store"):
        self.stage = stage
        self.store = Store(stage, name)
        self.keys = {}
        self.users = stage.path(f"{name}.users")
        with open(self.users, "w", encoding="utf-8") as file:
            for who, role in PEOPLE.items():
                public, _ = self.pair(who)
                file.write(f"{who} role={role} key={public.decode()}\n")

    def pair(self, who):
        return self.keys.setdefault(who, zmq.curve_keypair())

    def config(self):
        return (f"access = claim\nusers = \"{self.users}\"\n"
                f"key = \"{self.stage.path('server.key')}\"\n")

    def start(self, **how):
        return self.store.start(self.config(), **how)

    def dealer(self, who, key=None):
        """Somebody with his key, or that of another."""
        public, secret = self.pair(key or who)
        broker = self.store.broker
        client = Mortal(self, who, CURVE_SERVERKEY=broker.key.encode(),
                        CURVE_PUBLICKEY=public, CURVE_SECRETKEY=secret)
        self.stage.fixture.inlets.append(client)
        return client

    def client(self, who, **hello):
        client = self.dealer(who)
        client.hello(who, **hello)
        return client

    def answer(self, who, key=None):
        """To the hello of somebody, with his key or that of another."""
        client = self.dealer(who, key)
        client.send({"op": "hello", "v": 1, "id": who, "inbox": False})
        answer = client.next()
        return answer.get("code", answer["op"])


def kill(town):
    town.store.kill()
    town.start()


def stop(town):
    town.store.stop()
    town.start()


def settle_and_kill(town):
    """All of it in tables and pages."""
    town.store.until_moved()
    kill(town)


ENDS = (kill, stop, settle_and_kill)


def rule(town):
    """Gives the seq of what is redacted."""
    moe, ann = town.client("moe"), town.client("ann")
    for who in ("eve", "bob"):
        town.client(who).done("bye")
    moe.join(ROOM)
    ann.join(ROOM)
    ann.say(ROOM, "before")
    seq = ann.say(ROOM, SECRET)["seq"]
    moe.done("ban", id="eve", text="spam")
    moe.done("ban", id="bob")
    moe.done("ban", id="bob", **{"for": 0})
    moe.done("about", room=ROOM, about="what we talk about")
    moe.done("redact", room=ROOM, seq=seq)
    return seq


def check_ruled(town, seq):
    same(town.answer("eve"), "denied", "banned")
    same(town.answer("bob"), "welcome", "whose ban was lifted")
    same(town.answer("bob", key="thief"), "denied", "bob's id, another's key")
    ann = town.client("ann")
    same(ann.join(ROOM).get("about"), "what we talk about", "the subject")
    found = history(ann, room=ROOM)
    same([m.get("text") for m in found if m.get("kind") != "redact"],
         ["before", None], "texts")
    gone = next(m for m in found if m["seq"] == seq)
    check(gone.get("gone") and "text" not in gone, f"{gone}")
    same([m["re"] for m in found if m.get("kind") == "redact"], [seq],
         "notices")
    ann.done("bye")


def audit(town):
    code, out, err = town.store.run("audit")
    same((code, err), (0, ""), "audit")
    return [json.loads(line) for line in out.decode().splitlines()]


def check_audit(town, seq):
    rows = audit(town)
    same([r["seq"] for r in rows], sorted(r["seq"] for r in rows), "the order")
    made = [r for r in rows if r["ruling"] != "claim"]
    same([(r["ruling"], r["by"], r.get("id"), r.get("lifted", False))
          for r in made],
         [("ban", "moe", "eve", False), ("ban", "moe", "bob", False),
          ("ban", "moe", "bob", True), ("about", "moe", None, False),
          ("redact", "moe", None, False)], "the audit")
    same(made[0]["text"], "spam")
    same((made[-1]["re"], made[-1]["room"]), (seq, ROOM), "the redaction")
    claims = {r["id"]: r.get("key") for r in rows if r["ruling"] == "claim"}
    for who in PEOPLE:
        same(claims[who], None, f"{who}, who is listed, is claimed by a key")
    for who in ("eve", "bob"):
        same(claims[who], town.pair(who)[0].decode(), f"the claim of {who}")


@deadline(120)
@staged
def test_in_force_after_every_end(stage):
    for end in ENDS:
        town = Town(stage, end.__name__)
        town.start()
        seq = rule(town)
        for _ in range(2):
            end(town)
            check_ruled(town, seq)
        check_audit(town, seq)
        town.store.stop()
        same(town.store.run("verify")[0], 0, "verify")
        same(town.store.run("backup", stage.path(end.__name__ + ".db"))[0], 0)
        check_audit(town, seq)
        copy = Town(stage, end.__name__ + "2")
        copy.keys, copy.users = town.keys, town.users
        copy.store.file = stage.path(end.__name__ + ".db")
        copy.start()
        check_ruled(copy, seq)
        copy.store.stop()


def bytes_of(store):
    for end in ("", "-wal"):
        try:
            with open(store.file + end, "rb") as file:
                yield file.read()
        except FileNotFoundError:
            pass


@deadline(60)
@staged
def test_the_text_is_not_in_the_file(stage):
    """Small and large, in a turn and in pages; among much else."""
    for moved in (False, True):
        town = Town(stage, f"moved{moved}")
        town.start()
        moe, ann = town.client("moe"), town.client("ann")
        for i in range(200):
            ann.say(ROOM, f"{i} {'x' * (i * 37 % 3000)}")
        seqs = [ann.say(ROOM, text)["seq"] for text in
                (SECRET, f"{SECRET} " * 500, SECRET)]
        ann.say(ROOM, "the end")
        if moved:
            town.store.until_moved()
        for seq in seqs:
            moe.done("redact", room=ROOM, seq=seq)
        town.store.stop()
        data = list(bytes_of(town.store))
        check(any(b"the end" in d for d in data), "nothing is there")
        check(not any(SECRET.encode() in d for d in data), "it is there")
        _, out, _ = town.store.run("dump", ROOM)
        check(SECRET not in out.decode(), "the dump has it")
        same(sum(json.loads(line).get("gone", False) and "kind" not in
                 json.loads(line) for line in out.decode().splitlines()), 3,
             "gone in the dump")


def until_dark(town, told):
    """Rules until the power goes; `told` gets what was acknowledged."""
    try:
        moe, ann = town.client("moe"), town.client("ann")
        ann.join(ROOM)
        i = 0
        while town.store.broker.alive():
            i += 1
            who = f"c{i}"
            if town.answer(who) == "welcome":
                told[who] = ("claim",)
            seq = ann.say(ROOM, f"{SECRET} {i}")["seq"]
            moe.done("redact", room=ROOM, seq=seq)
            told[seq] = ("gone",)
            moe.done("ban", id=who)
            told[who] = ("ban",)
            if i % 3 == 0:
                moe.done("ban", id=who, **{"for": 0})
                told[who] = ("lifted",)
    except (Failure, zmq.Again):
        check(not town.store.broker.alive(), "the broker still lives")


def check_told(town, told):
    ann = town.client("ann")
    said = [seq for seq, (how,) in told.items() if how == "gone"]
    found = history(ann, room=ROOM) if said else []  # else there is no room
    gone = {m["seq"]: m.get("gone", False) for m in found}
    for what, (how,) in told.items():
        if how == "gone":
            check(gone.get(what), f"{what} is not gone")
        elif how == "ban":
            same(town.answer(what), "denied", f"banned {what}")
        else:
            same(town.answer(what, key="thief"), "denied", f"{what} stolen")
            same(town.answer(what), "welcome", f"{what} himself")


@deadline(240)
@staged
def test_the_power_goes(stage):
    """At any step of the disk. What was told is so."""
    roll = dice("rulings")
    count = 0
    for i in range(CUTS):
        town = Town(stage, f"cut{i}")
        town.start()
        same(town.answer("ann"), "welcome")
        town.store.stop()
        town.start(env=power(town.store, f"shadow{i}",
                             die=roll.randint(20, STEPS)))
        town.store.broker.stopped = True
        told = {}
        until_dark(town, told)
        until(lambda: not town.store.broker.alive(), "the cut", LIFE)
        power_cut(town.store, f"shadow{i}")
        town.start()
        check_told(town, told)
        count += len(told)
        town.store.stop()
        same(town.store.run("verify")[0], 0, "verify")
    return f"{count} rulings acknowledged before {CUTS} cuts"
