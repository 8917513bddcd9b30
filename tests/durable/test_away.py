# SPDX-License-Identifier: MPL-2.0
"""Listeners that are frozen, and a broker that is away, for a long time.

Everyday sizes are smaller than those the programs were made for: DURABLE=full
takes a minute without a broker.
"""
import signal
import subprocess
import time

from fixture import deadline
from stage import staged, until
from store import FULL, Store, history
from wire import Failure, check, same

BROKER = False

FLOOD = 100_000
SIZE = 128       # bytes of a line, its end included
LISTENERS = 6    # half of them are frozen
FROZEN = 10.0    # seconds
SHORT_BEAT = "300ms"
AWAY = 60.0 if FULL else 6.0
SENDERS = 5
LINES = 200      # that each has in its outbox


def flood(count):
    fill = b"." * (SIZE - 9)
    return b"".join(b"%07d %s\n" % (i, fill) for i in range(count))


def until_time(begin, seconds):
    until(lambda: time.monotonic() >= begin + seconds, "the time",
          seconds + 5)


def listen(stage, count, *words):
    programs = []
    for i in range(LISTENERS):
        with open(stage.path(f"l{i}"), "wb") as file:
            programs.append(stage.confab(f"l{i}", "listen", "-r", "-C",
                                         str(count), *words, "flood",
                                         output=file))
    stage.until_members(stage.asker(), "flood",
                        [f"l{i}" for i in range(LISTENERS)])
    return programs


def compare(stage, programs, wanted):
    lines = wanted.split(b"\n")
    for i, program in enumerate(programs):
        program.done(60)
        with open(stage.path(f"l{i}"), "rb") as file:
            got = file.read()
        if got == wanted:
            continue
        got = got.split(b"\n")
        missing = sorted(set(lines) - set(got))
        raise Failure(f"l{i} has {len(got)} of {len(lines)} lines; missing "
                      f"{[m[:7] for m in missing[:3]]}, double "
                      f"{len(got) - len(set(got))}; {program}")


def freeze(stage, count, seconds, config="", *words):
    """Half of the listeners stop while the flood goes by, and for so long."""
    store = Store(stage)
    store.start(config)
    wanted = flood(count)
    with open(stage.path("flood"), "wb") as file:
        file.write(wanted)
    programs = listen(stage, count, *words)
    frozen = programs[::2]
    for program in frozen:
        program.stop()
    begin = time.monotonic()
    with open(stage.path("flood"), "rb") as file:
        say = stage.confab("sender", "-t", "60", "say", "-l", "flood",
                           stdin=file)
    say.done(100)
    sent = time.monotonic() - begin
    until_time(begin, seconds)
    for program in frozen:
        check(program.alive(), "it ended while it was frozen")
        program.send(signal.SIGCONT)
    begin = time.monotonic()
    compare(stage, programs, wanted)
    return (f"{count} sent in {sent:.1f} s, caught up in "
            f"{time.monotonic() - begin:.1f} s")


@deadline(150)
@staged
def test_frozen_under_100_000_messages(stage):
    return freeze(stage, FLOOD, FROZEN)


@deadline(100)
@staged
def test_frozen_for_longer_than_the_session(stage):
    """After three beats without a sign of life the session is gone."""
    return freeze(stage, FLOOD // 5, 3.0, f"beat = {SHORT_BEAT}\n")


@deadline(100)
@staged
def test_frozen_direct(stage):
    return freeze(stage, FLOOD // 5, 3.0, "", "--direct")


@deadline(120)
@staged
def test_the_broker_is_away(stage):
    store = Store(stage)
    store.start()
    stage.client("mate").done("bye")
    senders, wanted = {}, {}
    for i in range(SENDERS):
        name = f"s{i}"
        words = ("tell", "-l", "mate") if i == 0 else ("say", "-l", "lobby")
        senders[name] = stage.confab(name, "-v", "-t", str(2 * AWAY + 20),
                                     *words, stdin=subprocess.PIPE)
        wanted[name] = [f"{name} {k}" for k in range(LINES)]
        senders[name].write(wanted[name][0])
        senders[name].until_line(r"^\d+$")
    store.kill()
    begin = time.monotonic()
    for name, sender in senders.items():
        sender.until_line("connection to the broker is lost", sender.err)
        sender.write("\n".join(wanted[name][1:]))
        sender.child.stdin.close()
    until_time(begin, AWAY)
    store.start()
    for sender in senders.values():
        sender.done(30)
    mate = stage.client("mate")
    found = history(mate) + history(mate, room="lobby")
    for name, texts in wanted.items():
        same([m["text"] for m in found if m["from"] == name], texts, name)
        same(len(set(senders[name].out)), LINES, f"seqs told to {name}")
    return f"{AWAY:.0f} s away"
