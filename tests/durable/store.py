# SPDX-License-Identifier: MPL-2.0
"""store: a log on disk, the brokers that have it one after the other, and what
is in it.

The endpoints of the first broker are those of all: clients find the next one
where they left the last. The address is one of the loopback network by chance:
no client connects from there, so that none can take the port of a broker that
is away.

The environment has two knobs. DURABLE=full: the sizes that the tests were made
for, where less is enough every day. SEED=N: the dice of an earlier run.
"""
import contextlib
import functools
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time

from stage import until
from wire import Failure, check, same

FULL = os.environ.get("DURABLE") == "full"
SEED = int(os.environ.get("SEED", time.time_ns() % 1_000_000))
MOVED = 10  # seconds until messages have been moved, when there is time
FILES = ("confab.db", "confab.db-wal")
SHIM = os.path.abspath(os.path.join(os.environ.get("BUILD", "build"),
                                    "tests/powerloss.so"))


def shim():
    """What is preloaded; a loader that misses it goes on without it."""
    check(os.path.exists(SHIM), f"{SHIM} was not built: make tests")
    return SHIM


@functools.cache
def tell_seed():
    """Once for a module."""
    print(f"       SEED={SEED}")


def dice(what):
    """Random numbers of their own for each purpose."""
    tell_seed()
    return random.Random(f"{SEED} {what}")


class Store:
    def __init__(self, stage, name="store", sync="full"):
        self.stage = stage
        self.folder = stage.path(name)
        self.file = os.path.join(self.folder, FILES[0])
        self.sync = sync
        self.broker = None
        host = ".".join(str(random.randint(1, 254)) for _ in range(3))
        self.where = dict.fromkeys(("bind", "pub"), f"tcp://127.{host}:*")
        os.makedirs(self.folder, exist_ok=True)

    def start(self, config="", **how):
        self.broker = self.stage.broker(
            config, ("--sync", self.sync), log=f"sqlite:{self.file}",
            **self.where, **how)
        self.where = {"bind": self.broker.bind, "pub": self.broker.pub}
        return self.broker

    def kill(self):
        self.broker.stop(signal.SIGKILL)

    def stop(self):
        same(self.broker.stop(), 0, "the broker's exit code")

    def restart(self, config=""):
        self.stop()
        return self.start(config)

    def crash(self, config=""):
        """kill -9, and the next one."""
        self.kill()
        return self.start(config)

    def moved(self):
        """Everything has left the turns for the pages."""
        with contextlib.closing(sqlite3.connect(
                f"file:{self.file}?mode=ro", uri=True)) as sql:
            (turns,), = sql.execute("SELECT count(*) FROM turns")
            return turns == 0

    def until_moved(self):
        until(self.moved, "all messages in pages", MOVED)

    def copy(self, name):
        """The files as they are; the broker should not be running."""
        other = Store(self.stage, name, self.sync)
        for file in FILES:
            if os.path.exists(os.path.join(self.folder, file)):
                shutil.copy(os.path.join(self.folder, file), other.folder)
        return other

    def command(self, *words):
        return [self.stage.fixture.shared.args.confabd, *words,
                "--log", f"sqlite:{self.file}"]

    def run(self, *words, seconds=60):
        """A command of confabd to its end: (exit code, stdout, stderr)."""
        done = subprocess.run(
            self.command(*words), env=self.stage.env, timeout=seconds,
            stdin=subprocess.DEVNULL, capture_output=True, check=False)
        return done.returncode, done.stdout, done.stderr.decode()

    def refuses(self, *parts, seconds=20):
        """A broker does not start here, and says so on one line with all these
        parts; gives the line."""
        code, out, err = self.run("--bind", "tcp://127.0.0.1:*",
                                  "--pub", "tcp://127.0.0.1:*",
                                  "--sync", self.sync, seconds=seconds)
        same((code, out), (1, b""), f"exit code and stdout ({err})")
        last = err.rstrip("\n").split("\n")[-1]
        for part in parts:
            check(part in last, f"no {part!r} in {last!r}")
        return last


def power(store, name, **settings):
    """The environment for a broker of `store` whose disk keeps only what was
    synced: in the folder `name`, which is made, see powerloss.c."""
    shadow = store.stage.path(name)
    shutil.rmtree(shadow, ignore_errors=True)
    os.makedirs(shadow)
    env = {"LD_PRELOAD": shim(),
           "POWERLOSS_STORE": store.folder, "POWERLOSS_SHADOW": shadow}
    return env | {f"POWERLOSS_{key.upper()}": str(value)
                  for key, value in settings.items() if value is not None}


def power_cut(store, name):
    """The store is what `power` kept."""
    shutil.rmtree(store.folder)
    shutil.rmtree(os.path.join(store.stage.path(name), ".nodes"))
    os.rename(store.stage.path(name), store.folder)


# --- what is in it -----------------------------------------------------------

def chain(messages, what):
    """Each message names the one before it."""
    for one, next_one in zip(messages, messages[1:]):
        if next_one["prev"] != one["seq"]:
            raise Failure(f"{what}: {next_one['seq']}, whose prev is "
                          f"{next_one['prev']}, follows {one['seq']}")
    return messages


def history(client, after=0, limit=500, **of):
    """All messages behind `after` of a room (room=), a conversation (with_=)
    or the client's mailbox, page by page; they are complete and in order."""
    if "with_" in of:
        of["with"] = of.pop("with_")
    messages = []
    while True:
        page = client.done("history", "history", after=after, limit=limit, **of)
        check(page["complete"], f"{of} is not complete: {page['first']} is "
              f"its first, asked for after {after}")
        messages += page["messages"]
        if not page["more"]:
            break
        check(page["upto"] > after, f"{of}: no progress at {after}")
        after = page["upto"]
    same(page["upto"], page["head"], f"upto of the last page of {of}")
    seqs = [m["seq"] for m in messages]
    same(seqs, sorted(set(seqs)), f"the order of {of}")
    return messages if "with" in of else chain(messages, of)


class Ledger:
    """What was found, by text; and of what was acknowledged (text: seq), that
    it was found, once, in its place."""

    def __init__(self):
        self.places = {}

    def find(self, messages):
        for m in messages:
            if m["text"] in self.places:
                raise Failure(f"twice: {m} and at {self.places[m['text']]}")
            self.places[m["text"]] = m["seq"]

    def lost(self, told):
        """The acknowledged ones that are not there."""
        for text, seq in told.items():
            have = self.places.get(text, seq)
            check(seq in (None, have),
                  f"{text[:60]!r} was told to be at {seq}, is at {have}")
        return [text for text in told if text not in self.places]

    def check(self, told):
        lost = self.lost(told)
        if lost:
            raise Failure(f"{len(lost)} of {len(told)} acknowledged messages "
                          f"are lost, {lost[0][:60]!r} at {told[lost[0]]}")


def check_kept(messages, told):
    ledger = Ledger()
    ledger.find(messages)
    ledger.check(told)
