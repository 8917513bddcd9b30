# SPDX-License-Identifier: MPL-2.0
"""Clients that are killed or frozen, and what the others see of it."""
import signal
import time

from stage import staged
from wire import check, same

BROKER = False

EXIT_WITHIN = 3  # seconds after a kill
BEAT = 0.5  # seconds, where the beat matters
PATIENT = 300_000  # ms: the watcher's own beat, so that it need not ping


def watch(stage, room):
    watcher = stage.client("watcher", beat=PATIENT)
    watcher.join(room, direct=True)
    return watcher


def check_kill(stage, *words):
    stage.broker()
    watcher = watch(stage, "lobby")
    victim = stage.confab("victim", *words)
    watcher.expect("enter", id="victim")
    begin = time.monotonic()
    victim.send(signal.SIGKILL)
    watcher.expect("exit", id="victim", why="lost", count=1)
    took = time.monotonic() - begin
    check(took < EXIT_WITHIN, f"exit only after {took:.2f} s")
    return f"exit after {took:.2f} s"


@staged
def test_kill_listener(stage):
    return check_kill(stage, "listen", "lobby")


@staged
def test_kill_direct_listener(stage):
    return check_kill(stage, "listen", "--direct", "lobby")


@staged
def test_freeze(stage):
    """Frozen, not dead: the connection stays, and the beats stop."""
    stage.broker(config=f"beat = {int(BEAT * 1000)}ms\n")
    watcher = watch(stage, "lobby")
    victim = stage.confab("victim", "listen", "-r", "lobby")
    watcher.expect("enter", id="victim")
    watcher.say("lobby", "before")
    victim.until_line("^before$")
    begin = time.monotonic()
    victim.stop()
    watcher.expect("exit", id="victim", why="timeout", count=1)
    took = time.monotonic() - begin
    check(2 * BEAT - 0.1 < took < 3 * BEAT + 1, f"exit after {took:.2f} s")
    watcher.say("lobby", "meanwhile")
    victim.send(signal.SIGCONT)
    watcher.expect("enter", id="victim")
    watcher.say("lobby", "after")
    victim.until_line("^after$")
    same(victim.out, [b"before", b"meanwhile", b"after"], "what it printed")
    return f"exit after {took:.2f} s with a beat of {BEAT} s"
