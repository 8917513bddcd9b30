#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""big_log.py: what a long log costs: memory, opening it, reading in its middle.

Fills a log with 10 million messages of 128 bytes over 100 rooms, and some mail
for people who are away, while looking at the broker's resident memory. Stops
it, drops the file from the system's cache, and measures the time from exec to
the `ready` line; then 200 history pages of 100 messages after a random seq in
the middle half, as a client sees them. Then the same after a kill -9 in the
middle of more messages.

    BUILD=build tests/bench/big_log.py [--messages N] [--rooms N]

The log is a new file in $TMPDIR or /tmp; 10 million messages take 3 GB. Exit
status 1 when a mark is missed.
"""
import argparse
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/blackbox"))
import zmq  # noqa: E402

from broker import Broker  # noqa: E402 (found by the line above)
from wire import PATIENCE, Client, check, pack, same, unpack  # noqa: E402

BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(ROOT, "build")))
CONFABD = os.path.abspath(
    os.environ.get("CONFABD", os.path.join(BUILD, "confabd")))
PAGES = 200
LIMIT = 100  # messages in a page
FLAT = 1.1  # memory at the end, times that at a fifth of the messages
OPEN_S = 2.0
PAGE_MS = 5.0


class BigLog:
    def __init__(self, folder, rooms):
        self.path = os.path.join(folder, "confab.db")
        self.rooms = rooms
        self.broker = None
        self.missed = 0

    def open(self):
        """Seconds from exec to ready."""
        begin = time.monotonic()
        self.broker = Broker(CONFABD, log=f"sqlite:{self.path}",
                             options=("-q",))
        return time.monotonic() - begin

    def close(self, how):
        self.broker.stop(how, seconds=60)
        self.broker.close()

    def fill(self, messages):
        """A process that says and tells; it prints how many at each tenth."""
        return subprocess.Popen(
            [os.path.join(BUILD, "tests/bench_durable"), "fill",
             self.broker.bind, str(self.rooms), str(messages)],
            stdout=subprocess.PIPE, text=True)

    def size(self):
        folder = os.path.dirname(self.path)
        return sum(entry.stat().st_size for entry in os.scandir(folder))

    def forget(self):
        """What the system has in memory of the file, so that it is read."""
        file = os.open(self.path, os.O_RDONLY)
        os.fsync(file)
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)

    def mark(self, words, met):
        self.missed += not met
        print(f"{words}{'' if met else '  MISSED'}")


def grow(log, messages):
    """Gives nothing; prints the memory at each tenth."""
    resident = []
    begin = time.monotonic()
    with log.fill(messages) as filler:
        for line in filler.stdout:
            resident.append(log.broker.memory() / 2**20)
            print(f"  {int(line) / 1e6:6.2f} M messages after "
                  f"{time.monotonic() - begin:5.1f} s: {resident[-1]:6.1f} "
                  f"MiB resident, {log.size() / 2**20:6.0f} MiB on disk")
    same(filler.returncode, 0, "the filler's exit status")
    ratio = resident[-1] / resident[1]
    log.mark(f"memory: {ratio:.2f} x that at a fifth (mark: {FLAT}); most "
             f"{log.broker.peak() / 2**20:.1f} MiB", ratio <= FLAT)


def read_page(client, room, after):
    """Milliseconds until the answer is there, which is then checked."""
    frame = pack([{"op": "history", "room": room, "after": after,
                   "limit": LIMIT}])
    begin = time.monotonic()
    client.socket.send(frame)
    check(client.socket.poll(int(PATIENCE * 1000)), "no page of history")
    answer = client.socket.recv()
    took = (time.monotonic() - begin) * 1000
    answer, = unpack(answer)
    same(answer["op"], "history", f"the answer {answer}")
    seqs = [message["seq"] for message in answer["messages"]]
    same(len(seqs), LIMIT, "messages in a page")
    check(after < seqs[0] and seqs == sorted(set(seqs)), "a page out of order")
    same({message["room"] for message in answer["messages"]}, {room}, "rooms")
    check(answer["complete"], "the page is not complete")
    return took


def read_pages(log):
    context = zmq.Context()
    client = Client(context, log.broker.bind)
    client.hello("reader", inbox=False)
    took = []
    for _ in range(PAGES):
        room = f"room{random.randrange(log.rooms)}"
        ends = client.done("history", "history", room=room, limit=1)
        quarter = (ends["head"] - ends["first"]) // 4
        after = ends["first"] + quarter + random.randrange(2 * quarter)
        took.append(read_page(client, room, after))
    client.close()
    context.destroy(0)
    middle = statistics.median(took)
    log.mark(f"  a page of {LIMIT} from the middle: median {middle:.2f} ms, "
             f"slowest of {PAGES} {max(took):.2f} ms (mark: {PAGE_MS:.0f})",
             middle < PAGE_MS)


def reopen(log, words):
    log.forget()
    took = log.open()
    log.mark(f"open {words}: {took:.2f} s (mark: {OPEN_S:.0f})", took < OPEN_S)
    read_pages(log)


def measure(log, messages):
    log.open()
    grow(log, messages)
    log.close(signal.SIGTERM)
    reopen(log, "after a stop")
    with log.fill(messages) as filler:
        filler.stdout.readline()
        log.close(signal.SIGKILL)
        filler.kill()
    reopen(log, "after a kill -9")
    log.close(signal.SIGTERM)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--messages", type=int, default=10_000_000)
    parser.add_argument("--rooms", type=int, default=100)
    args = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    print(f"{args.messages} messages of 128 bytes over {args.rooms} rooms")
    with tempfile.TemporaryDirectory(prefix="confab-big-") as folder:
        log = BigLog(folder, args.rooms)
        try:
            measure(log, args.messages)
        finally:
            if log.broker:
                log.broker.close()
    sys.exit(log.missed > 0)


if __name__ == "__main__":
    main()
