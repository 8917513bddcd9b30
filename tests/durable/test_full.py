# SPDX-License-Identifier: MPL-2.0
"""A disk that is full, and one that fails.

A small file system of its own, where the system lets us mount one; else, and for
disks that fail, powerloss.c says no. Messages are refused with a reason, all
that needs no disk goes on, and when there is room again it is found within
seconds. Nothing that was acknowledged is lost, and nothing that was refused
comes back.
"""
import os
import subprocess
import time

from fixture import deadline
from speaker import Speaker
from stage import staged, until
from store import Ledger, Store, dice, history, power, power_cut
from wire import check, same

BROKER = False

DISK = "24m"
BALLAST = 20 << 20  # what is moved and written ahead takes room, too
TEXT = 1_000
BATCH = 40
AGAIN = 5  # seconds until room is noticed


class Disk:
    """Where the store is; `fill` and `free` change what fits."""

    def __init__(self, stage):
        self.store = Store(stage, "disk")
        self.ballast = os.path.join(self.store.folder, "ballast")
        self.fault = stage.path("fault.full")
        self.mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "none",
             self.store.folder], capture_output=True, check=False
        ).returncode == 0

    def __enter__(self):
        if self.mounted:
            with open(self.ballast, "wb") as file:
                file.write(bytes(BALLAST))
        return self

    def __exit__(self, *_):
        if self.mounted:
            self.store.kill()
            subprocess.run(["umount", self.store.folder], check=True)

    def start(self):
        env = {} if self.mounted else power(
            self.store, "shadow", fault=self.fault.removesuffix(".full"))
        return self.store.start(env=env)

    def fill(self):
        """Until nothing fits, by what is said."""
        if not self.mounted:
            with open(self.fault, "wb"):
                pass

    def free(self):
        os.unlink(self.ballast if self.mounted else self.fault)

    def __str__(self):
        return "a file system of its own" if self.mounted else "a fault"


def talk(speaker, numbers, room="lobby"):
    """As much as may be under way, and its answers."""
    texts = [f"{next(numbers)} {'x' * TEXT}" for _ in range(BATCH)]
    speaker.send(texts, room=room)
    speaker.settle()


def until_refused(speaker, numbers):
    until(lambda: talk(speaker, numbers) or speaker.refused,
          lambda: f"a refusal; {len(speaker.told)} were taken", 30)


def check_refusals(speaker, *codes):
    for _, error in speaker.refused:
        check(error["code"] in codes, f"refused with {error}")
        check(len(error.get("text", "")) > 10, f"no reason in {error}")


def check_goes_on(stage, speaker):
    """What needs no disk, while it is full."""
    ann = stage.client("ann", inbox=True)
    bob = stage.client("bob", inbox=True)
    same(sorted(ann.join("lobby", direct=True)["members"]), ["ann"], "members")
    bob.join("lobby", direct=True)
    ann.expect("enter", id="bob")
    ann.send({"op": "say", "room": "lobby", "text": "hm", "keep": False})
    bob.expect("say", text="hm", seq=None)
    found = {m["text"]: m["seq"] for m in history(ann, room="lobby")}
    same({text: found.get(text) for text in speaker.told}, speaker.told,
         "what can be read")
    refused = ann.done("tell", "error", to="bob", text="x" * TEXT)
    check(refused["code"] in ("full", "internal"), refused)
    bob.silent()
    ann.done("bye")
    bob.done("bye")


def check_known(stage, seq):
    """Who came while it was full is known as those are who came before: he
    gets the mail that was kept for him since then, and may get more."""
    cid = stage.client("cid", inbox=False)
    cid.done("tell", to="bob", text="more")
    bob = stage.client("bob")
    bob.expect("tell", text="welcome back", seq=seq)
    bob.expect("tell", text="more")
    bob.done("bye")


def until_taken(speaker, numbers):
    """From now on, within seconds; what was refused goes under a new number."""
    count = len(speaker.refused)
    begin = time.monotonic()

    def taken():
        before = len(speaker.told)
        speaker.send([f"{next(numbers)} again"], room="lobby")
        speaker.settle()
        return len(speaker.told) > before
    until(taken, lambda: f"room; {speaker.refused[-1]}", AGAIN)
    took = time.monotonic() - begin
    for message, _ in speaker.refused[:count]:
        until(lambda: speaker.send([message["text"]], room="lobby") or True,
              "a send")
        speaker.settle()
        check(message["text"] in speaker.told, f"refused again: {message}")
    return took


def check_all(stage, speaker):
    """Acknowledged: there, once. Refused and never taken: not there."""
    ledger = Ledger()
    ledger.find(m for m in history(stage.asker(), room="lobby")
                if m["from"] == speaker.name)
    ledger.check(speaker.told)
    same(set(ledger.places) - set(speaker.told), set(),
         "what was refused and is there")


def counter():
    number = 0
    while True:
        number += 1
        yield number


@deadline(100)
@staged
def test_a_full_disk(stage):
    numbers = counter()
    with Disk(stage) as disk:
        disk.start()
        speaker = Speaker(stage, "s").connect()
        talk(speaker, numbers)
        disk.fill()
        until_refused(speaker, numbers)
        until_refused(speaker, numbers)
        check_refusals(speaker, "full")
        before = len(speaker.told)
        check_goes_on(stage, speaker)
        disk.free()
        took = until_taken(speaker, numbers)
        for _ in range(10):
            talk(speaker, numbers)
        check_all(stage, speaker)
        mail = stage.asker().tell("bob", "welcome back")
        disk.store.crash()
        check_all(stage, speaker)
        check_known(stage, mail["seq"])
        disk.store.restart()
        check_all(stage, speaker)
    return f"{disk}: {before} fitted, room was found after {took:.1f} s"


@deadline(100)
@staged
def test_a_full_disk_and_the_program(stage):
    """`confab say` tells its user; what it told to be kept is kept."""
    numbers = counter()
    with Disk(stage) as disk:
        disk.start()
        speaker = Speaker(stage, "s").connect()
        disk.fill()
        until_refused(speaker, numbers)
        say = stage.confab("ann", "say", "-l", "-v", "lobby",
                           stdin=subprocess.PIPE)
        say.write("\n".join(f"{i} {'y' * TEXT}" for i in range(100)))
        say.child.stdin.close()
        check(say.ends() not in (0, None), f"it says that all is well: {say}")
        say.until_line("full|room", say.err)
        told = {int(line) for line in say.out}
        have = {m["seq"] for m in history(stage.asker(), room="lobby")
                if m["from"] == "ann"}
        same(have, told, "what ann was told")
        disk.free()


@deadline(100)
@staged
def test_started_on_a_full_disk(stage):
    """It starts and refuses, or says why it cannot; later it has all."""
    numbers = counter()
    with Disk(stage) as disk:
        disk.start()
        speaker = Speaker(stage, "s").connect()
        disk.fill()
        until_refused(speaker, numbers)
        disk.store.kill()
        if disk.mounted:
            with open(disk.ballast + "2", "wb") as file:
                try:
                    file.write(bytes(BALLAST))
                except OSError:
                    pass
        try:
            disk.start()
            speaker.connect()
            talk(speaker, numbers)
            disk.store.kill()
            words = "started"
        except RuntimeError as error:
            check("full" in str(error) or "space" in str(error), str(error))
            words = str(error).strip().split("\n")[-1]
        if disk.mounted:
            os.unlink(disk.ballast + "2")
        disk.free()
        disk.start()
        check_all(stage, speaker)
    return words


@deadline(100)
@staged
def test_syncs_that_fail(stage):
    """What a failed sync should have written is gone from the disk for good.
    Then the power goes."""
    numbers, roll = counter(), dice("syncs")
    store = Store(stage)
    fault = stage.path("fault.sync")
    settings = {"fault": fault.removesuffix(".sync")}
    store.start(env=power(store, "shadow", **settings))
    speaker = Speaker(stage, "s").connect()
    for _ in range(5):
        for _ in range(roll.randint(1, 8)):
            talk(speaker, numbers)
        with open(fault, "wb"):
            pass
        speaker.refused.clear()
        until_refused(speaker, numbers)
        check_refusals(speaker, "internal")
        os.unlink(fault)
        until_taken(speaker, numbers)
    check_all(stage, speaker)
    store.kill()
    power_cut(store, "shadow")
    store.start()
    check_all(stage, speaker)
    return f"{len(speaker.told)} kept"
