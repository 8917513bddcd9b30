#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""search.py: what the index costs, and how long a search takes.

Fills a log with a million messages of 12 words (drawn as words are, Zipf's)
over 100 rooms. Then the broker is started without its index, and measured: how
fast it is made, how large it is, searches for frequent and rare words, phrases
and words that meet rarely, and last the round trips of somebody else, with and
without the index being made.

    BUILD=build tests/bench/search.py [--messages N] [--rooms N]

The log is a new file in $TMPDIR or /tmp.
"""
import argparse
import bisect
import itertools
import os
import random
import signal
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/blackbox"))
import zmq  # noqa: E402

from broker import Broker  # noqa: E402 (found by the line above)
from wire import PATIENCE, Client, pack, unpack  # noqa: E402

BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(ROOT, "build")))
CONFABD = os.path.abspath(
    os.environ.get("CONFABD", os.path.join(BUILD, "confabd")))
VOCABULARY = 50000
LENGTH = 12  # words in a message
ASKED = 300  # searches of a kind


class Words:
    """Drawn by rank: the first is as frequent as `the`."""

    def __init__(self, dice):
        self.dice = dice
        self.sums = list(itertools.accumulate(
            1 / (n + 2) for n in range(VOCABULARY)))

    def word(self):
        at = self.dice.random() * self.sums[-1]
        return f"w{bisect.bisect(self.sums, at)}x"

    def text(self):
        return " ".join(self.word() for _ in range(LENGTH))


def open_broker(path):
    broker = Broker(CONFABD, log=f"sqlite:{path}",
                    options=("-q", "--sync", "normal"))
    return broker


def client_of(broker, name):
    context = zmq.Context.instance()
    client = Client(context, broker.bind, name)
    client.hello(name, inbox=False)
    return client


def fill(client, count, rooms, words, dice):
    """As fast as it goes: frames of 100."""
    texts = [words.text() for _ in range(min(count, 100000))]
    for at in range(0, count, 100):
        frame = [{"op": "say", "room": f"room{dice.randrange(rooms)}",
                  "text": dice.choice(texts) + f" n{at + i}"}
                 for i in range(100)]
        frame[-1]["ref"] = at
        client.send(*frame)
        client.expect("ok", ref=at)


def until_indexed(client, path, seconds=600):
    """Seconds until a search is complete."""
    begin = time.monotonic()
    while not client.done("search", "found", text="nothing",
                          limit=1)["complete"]:
        time.sleep(0.1)
        if time.monotonic() - begin > seconds:
            raise SystemExit("the index does not come to its end")
    return time.monotonic() - begin


def spread(times):
    times = sorted(times)
    at = lambda part: times[min(len(times) - 1, int(part * len(times)))] * 1e3
    return (f"p50 {at(0.5):7.2f} ms  p99 {at(0.99):7.2f} ms  "
            f"most {times[-1] * 1e3:7.2f} ms")


def ask(client, what, queries, **fields):
    times, found = [], 0
    for query in queries:
        begin = time.monotonic()
        page = client.done("search", "found", text=query, **fields)
        times.append(time.monotonic() - begin)
        found += len(page["messages"])
    print(f"{what:42} {spread(times)}  found {found / len(times):.1f}",
          flush=True)


def trips(client, seconds, stop=lambda: False):
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end and not stop():
        begin = time.monotonic()
        client.say("elsewhere", "x" * 100)
        times.append(time.monotonic() - begin)
        time.sleep(0.002)
    return times


def measure(path, count, rooms):
    dice = random.Random(1)
    words = Words(dice)
    broker = open_broker(path)
    begin = time.monotonic()
    fill(client_of(broker, "filler"), count, rooms, words, dice)
    print(f"filled: {count} messages in {time.monotonic() - begin:.0f} s")
    until_indexed(client_of(broker, "asker"), path)
    broker.stop(signal.SIGTERM, seconds=60)
    for end in ("", "-wal", "-shm"):
        if os.path.exists(path + ".search" + end):
            os.unlink(path + ".search" + end)

    broker = open_broker(path)
    other = client_of(broker, "other")
    asker = client_of(broker, "asker")
    begin = time.monotonic()
    done = lambda: asker.done("search", "found", text="nothing",
                              limit=1)["complete"]
    times = []
    while not done():
        times += trips(other, 1)
    took = time.monotonic() - begin
    size = sum(os.path.getsize(path + ".search" + end)
               for end in ("", "-wal"))
    log = os.path.getsize(path)
    print(f"indexed beside it: {count / took:.0f} messages/s, "
          f"{size / count:.0f} bytes each; the log has {log / count:.0f}")
    print(f"{'others meanwhile: say, ok':42} {spread(times)}")
    print(f"{'others, nothing to be indexed':42} {spread(trips(other, 5))}")
    ask(asker, "a frequent word", ["w5x"] * ASKED)
    ask(asker, "a word by chance", [words.word() for _ in range(ASKED)])
    ask(asker, "one message", [f"n{dice.randrange(count)}"
                               for _ in range(ASKED)])
    ask(asker, "two words by chance",
        [f"{words.word()} {words.word()}" for _ in range(ASKED)])
    ask(asker, "a phrase by chance",
        [f'"{words.word()} {words.word()}"' for _ in range(ASKED)])
    ask(asker, "words that meet in pages only",
        [f"w{dice.randrange(30, 90)}x w{dice.randrange(30, 90)}x "
         f"w{dice.randrange(30, 90)}x" for _ in range(ASKED)])
    ask(asker, "begins so", [f"w{dice.randrange(10, 999)}*"
                             for _ in range(ASKED)])
    ask(asker, "in one room", [words.word() for _ in range(ASKED)],
        room="room7")
    broker.stop(signal.SIGTERM, seconds=60)
    broker.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=1000000)
    parser.add_argument("--rooms", type=int, default=100)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(os.path.join(folder, "confab.db"), args.messages, args.rooms)


if __name__ == "__main__":
    main()
