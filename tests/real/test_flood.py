# SPDX-License-Identifier: MPL-2.0
"""Many messages, and a listener that cannot take them for a while.

A room's messages go over PUB, which drops what a stopped subscriber does not
take. The listener sees the gap by `prev` and fetches the rest from the history;
what it prints must be what was sent, whole, once and in order.
"""
import os
import signal
import time

from fixture import deadline
from stage import staged, until
from wire import Failure, check

BROKER = False

FLOOD = 200_000
SIZE = 128
LISTENERS = 10  # one of them is stopped
STOPPED = 3.0  # seconds

# More than the kernel's buffers and PUB's queue of 1,000 frames hold for one
# subscriber: each of these is said alone, so each is a frame.
BIG = 16_000
BIG_COUNT = 4_500
BEHIND = 20  # messages after it
TURN = 0.1   # seconds for each of them
LOST = 30    # seconds until what has not come is lost


def flood_lines():
    """Lines of 128 bytes that say which they are."""
    fill = b"." * (SIZE - 8)
    return b"".join(b"%07d %s\n" % (i, fill) for i in range(FLOOD))


def faults(got, wanted):
    """Words for what is missing, double, foreign, or out of order."""
    if got == wanted:
        return ""
    got, wanted = got.split(b"\n"), wanted.split(b"\n")
    missing = sorted(set(wanted) - set(got))
    foreign = sorted(set(got) - set(wanted))
    double = len(got) - len(set(got))
    return (f"{len(got)} lines, not {len(wanted)}; {len(missing)} missing "
            f"{[m[:8] for m in missing[:3]]}, {len(foreign)} foreign "
            f"{[f[:40] for f in foreign[:3]]}, {double} double, in order: "
            f"{got == sorted(got)}")


def start_listeners(stage, asker, room, count, *words):
    programs = []
    for i in range(count):
        with open(stage.path(f"l{i}"), "wb") as file:
            programs.append(stage.confab(f"l{i}", "listen", "-r", room,
                                         *words, output=file))
    stage.until_members(asker, room, [f"l{i}" for i in range(count)])
    return programs


def written(stage):
    """Bytes that the first listener has printed."""
    return os.path.getsize(stage.path("l0"))


def compare(stage, programs, wanted):
    for i, program in enumerate(programs):
        program.done(LOST)
        with open(stage.path(f"l{i}"), "rb") as file:
            wrong = faults(file.read(), wanted)
        if wrong:
            raise Failure(f"listener {i}: {wrong}; {program}")


def stop_for_a_while(stage, program):
    program.stop()
    begin, size = time.monotonic(), written(stage)
    until(lambda: time.monotonic() > begin + STOPPED, "the time")
    check(written(stage) == size, "it was not stopped")
    program.send(signal.SIGCONT)


@deadline(110)
@staged
def test_200_000_messages(stage):
    wanted = flood_lines()
    with open(stage.path("lines"), "wb") as file:
        file.write(wanted)
    broker = stage.broker()
    programs = start_listeners(stage, stage.asker(), "flood", LISTENERS, "-C",
                               str(FLOOD))
    begin, cpu = time.monotonic(), broker.cpu()
    with open(stage.path("lines"), "rb") as file:
        say = stage.confab("sender", "say", "-l", "flood", stdin=file)
    until(lambda: written(stage) > len(wanted) // 20,
          lambda: f"the first of the flood; {say}")
    check(written(stage) < len(wanted) // 2, "too fast to be stopped in")
    stop_for_a_while(stage, programs[0])
    say.done(60)
    compare(stage, programs, wanted)
    heard = max(program.ended for program in programs[1:]) - begin
    return (f"sent in {say.ended - begin:.1f} s, heard by {LISTENERS - 1} in "
            f"{heard:.1f} s ({FLOOD * (LISTENERS - 1) / heard:,.0f} a second), "
            f"by the stopped one in {programs[0].ended - begin:.1f} s; broker "
            f"{broker.cpu() - cpu:.2f} s of CPU, {broker.peak() >> 20} MiB")


def say_behind_the_gap(stage, asker, lines):
    """The first of them come while PUB still drops, the last do not: each
    waits for the listener to go on, or for its having nothing to go on with."""
    for line in lines:
        size = written(stage)
        asker.say("big", line)
        try:
            until(lambda: written(stage) > size, "", TURN)
        except Failure:
            pass


def check_gap(stage, *words):
    stage.broker()
    asker = stage.asker()
    lines = ["%05d %s" % (i, "." * BIG) for i in range(BIG_COUNT)]
    behind = [f"{i} behind" for i in range(BEHIND)]
    wanted = "".join(f"{line}\n" for line in lines + behind).encode()
    program = start_listeners(stage, asker, "big", 1, "-C",
                              str(BIG_COUNT + BEHIND), *words)[0]
    asker.say("big", lines[0])
    until(lambda: written(stage) > 0, "the first message")
    program.stop()
    for line in lines[1:]:
        asker.say("big", line)
    program.send(signal.SIGCONT)
    begin = time.monotonic()
    say_behind_the_gap(stage, asker, behind)
    compare(stage, [program], wanted)
    return f"caught up in {program.ended - begin:.1f} s"


@deadline(110)
@staged
def test_a_gap_is_repaired(stage):
    return check_gap(stage)


@deadline(110)
@staged
def test_a_gap_is_repaired_direct(stage):
    """The same over the one connection, where a `tick` tells of it."""
    return check_gap(stage, "--direct")
