# SPDX-License-Identifier: MPL-2.0
"""A damaged log is saved, also when the power goes meanwhile.

Whatever step it was, the next start goes on with what is there: the damaged file
is kept, and every message that could be read once can be read.
"""
import contextlib
import os
import re
import shutil
import sqlite3

from fixture import deadline
from stage import staged
from store import FULL, Store, dice, power, power_cut
from test_damage import check_found, stopped_state, zeros
from wire import check, same

BROKER = False

TRIES = 100 if FULL else 25
MOST = 2_000  # steps that it takes at most


def first_of_table(file, name):
    """Where its first page begins."""
    with contextlib.closing(sqlite3.connect(file)) as sql:
        (page,), = sql.execute("SELECT rootpage FROM sqlite_master "
                               "WHERE name = ?", (name,))
        (size,), = sql.execute("PRAGMA page_size")
    return (page - 1) * size


def damaged(stage, state, name):
    """A copy whose clients cannot be read: messages and rooms can."""
    store = Store(stage, name)
    shutil.copy(state.store.file, store.file)
    zeros(store.file, first_of_table(store.file, "clients"))
    return store


def dies(store, step):
    """False: it was ready before that step."""
    try:
        store.start(env=power(store, "shadow", die=step))
        store.kill()
        return False
    except RuntimeError:
        return True


def steps_until_ready(stage, state):
    """How many it takes, by halves."""
    low, high = 1, MOST
    while low < high:
        middle = (low + high) // 2
        store = damaged(stage, state, f"half{middle}")
        if dies(store, middle):
            low = middle + 1
        else:
            high = middle
    return low


def asides(store):
    return [name for name in os.listdir(store.folder)
            if "damaged" in name and not name.endswith(("-wal", "-shm"))]


@deadline(100)
@staged
def test_at_any_step(stage):
    roll = dice("salvage")
    state = stopped_state(stage, Store(stage, "original"))
    steps = steps_until_ready(stage, state)
    check(10 < steps < MOST, f"{steps} steps")
    died = 0
    for step in sorted(roll.sample(range(1, steps), min(TRIES, steps - 1))):
        store = damaged(stage, state, f"step{step}")
        died += dies(store, step)
        power_cut(store, "shadow")
        store.start()
        check_found(stage, state, False)
        store.stop()
        check(len(asides(store)) == 1, f"step {step}: {asides(store)}")
        shutil.rmtree(store.folder)
    return f"{died} power cuts in {steps} steps"


def spoil(file, text):
    """One byte of it, wherever it stands."""
    with open(file, "r+b") as db:
        data = db.read()
        places = [match.start() for match in re.finditer(text, data)]
        check(places, f"{text} is not in the file")
        for at in places:
            db.seek(at)
            db.write(b"X")


def paged(asker, **of):
    """Texts of all pages, and whether all of them were complete."""
    texts, complete, after = [], True, 0
    while True:
        page = asker.done("history", "history", after=after, limit=100, **of)
        texts += [m["text"] for m in page["messages"]]
        complete = complete and page["complete"]
        if not page["more"]:
            return texts, complete
        after = page["upto"]


@deadline(60)
@staged
def test_a_turn_is_lost(stage):
    """Before anything was moved from it: the rooms and mailboxes of what is left
    are made anew, and all are told that something is missing."""
    store = Store(stage)
    store.start()
    stage.client("bob").done("bye", "ok")
    ann = stage.client("ann")
    said = [f"number {i} of the turns" for i in range(300)]
    for text in said:
        ann.done("say", "ok", room="dev", text=text)
    ann.done("tell", "ok", to="bob", text="for bob")
    store.stop()
    spoil(store.file, b"number 150 of the turns")
    store.start()
    for _ in range(2):  # once more when all has been moved
        asker = stage.asker()
        texts, complete = paged(asker, room="dev")
        check(not complete, "nothing seems to be missing")
        same(texts, [t for t in said if t in texts], "what is left, in order")
        check(250 < len(texts) < 300, f"{len(texts)} of 300 are left")
        store.until_moved()
        store.stop()
        check(store.run("verify")[0] == 0, store.run("verify"))
        check(len(asides(store)) == 1, asides(store))
        store.start()
    bob = stage.client("bob")
    bob.done("ping", "pong")
    same([m["text"] for m in bob.drain() if m["op"] == "tell"], ["for bob"],
         "the mail")
