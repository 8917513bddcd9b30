# SPDX-License-Identifier: MPL-2.0
"""The power goes while a damaged log is being saved.

Whatever step it was, the next start goes on with what is there: the damaged file
is kept, and every message that could be read once can be read.
"""
import contextlib
import os
import shutil
import sqlite3

from fixture import deadline
from stage import staged
from store import FULL, Store, dice, power, power_cut
from test_damage import check_found, stopped_state, zeros
from wire import check

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
