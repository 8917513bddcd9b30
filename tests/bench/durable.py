#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""durable.py: acknowledged messages, confabd against NATS JetStream.

The same load for both: 10 senders with 100 in flight, 128 bytes, over 1 and
over 100 rooms (subjects). confabd answers when a message is on the disk;
JetStream, as it comes, when it has written it to a file, without fsync. Both
take turns, so that a noisy machine disturbs both; the medians are compared.
Then a message each millisecond, next to what the disk takes for one fsync.

    BUILD=build tests/bench/durable.py [--log URL] [--rounds N]

The log is a new file in $TMPDIR or /tmp unless --log names another. Without
libnats or nats-server only the single messages have a mark. Exit status 1 when
a mark is missed.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(ROOT, "build")))
TESTS = os.path.join(BUILD, "tests")
ROOMS = (1, 100)
RATE = 1.5  # times that of JetStream, at least
CPU = 0.5  # of that of JetStream, at most
SINGLE_US = 250  # above one fsync, at most
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"


class Bench:
    def __init__(self, log):
        self.log = log
        self.missed = 0
        server = shutil.which("nats-server", path=PATH)
        program = os.path.join(TESTS, "jetstream")
        there = server and os.path.exists(program)
        self.jetstream = [program, server] if there else None

    def run(self, *command):
        """The figures of the one line that the program prints."""
        done = subprocess.run(command, check=False, text=True,
                              stdout=subprocess.PIPE)
        if done.returncode:
            sys.exit(f"durable: {' '.join(command)}: {done.returncode}")
        pairs = (pair.split("=") for pair in done.stdout.split())
        return {key: float(value) for key, value in pairs}

    def in_dir(self, act):
        """A new directory for each try, on the disk that is measured."""
        with tempfile.TemporaryDirectory(prefix="confab-bench-") as path:
            return act(path)

    def confab(self, *case):
        return self.in_dir(lambda path: self.run(
            os.path.join(TESTS, "bench_durable"), *case,
            self.log or f"sqlite:{path}/confab.db"))

    def nats(self, rooms):
        return self.in_dir(lambda path: self.run(
            *self.jetstream, path, str(rooms)))

    def fsync(self):
        return self.in_dir(lambda path: self.run(
            os.path.join(TESTS, "bench_durable"), "disk", path))

    def mark(self, words, met):
        self.missed += not met
        print(f"  {words}{'' if met else '  MISSED'}")


def medians(rounds):
    return {key: statistics.median(r[key] for r in rounds)
            for key in rounds[0]}


def show(name, figures):
    print(f"  {name:<10} {figures['rate']:8.0f} msg/s"
          f"  {figures['cpu']:6.2f} CPU s/M  p50 {figures['p50']:5.0f} us"
          f"  p99 {figures['p99']:5.0f}  p99.9 {figures['p999']:5.0f}")


def compare(bench, rooms, rounds):
    print(f"10 senders, 100 in flight, 128 bytes, {rooms} rooms; "
          f"medians of {rounds}")
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(bench.confab("load", str(rooms)))
        if bench.jetstream:
            theirs.append(bench.nats(rooms))
    us = medians(ours)
    show("confabd", us)
    if not theirs:
        return
    them = medians(theirs)
    show("JetStream", them)
    rate, cpu = us["rate"] / them["rate"], us["cpu"] / them["cpu"]
    bench.mark(f"rate {rate:.2f} x (mark: at least {RATE})", rate >= RATE)
    bench.mark(f"CPU  {cpu:.2f} x (mark: at most {CPU})", cpu <= CPU)


def single(bench, rounds):
    """Other work on the machine can only add, to the disk as well: the best
    round of each is compared."""
    print(f"one message each millisecond; best of {rounds}")
    ours, disk = [], []
    for _ in range(rounds):
        disk.append(bench.fsync()["p50"])
        ours.append(bench.confab("single"))
    us, fsync = min(ours, key=lambda r: r["p50"]), min(disk)
    show("confabd", us)
    print(f"  an append of 4 KiB and fdatasync: {fsync:.0f} us")
    above = us["p50"] - fsync
    bench.mark(f"p50: one fsync and {above:.0f} us (mark: {SINGLE_US})",
               above <= SINGLE_US)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--log", help="as of confabd; default: a new file")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    bench = Bench(args.log)
    sys.stdout.reconfigure(line_buffering=True)
    if not bench.jetstream:
        print("no nats-server or no libnats: nothing to compare with")
    for rooms in ROOMS:
        compare(bench, rooms, args.rounds)
    single(bench, args.rounds)
    sys.exit(bench.missed > 0)


if __name__ == "__main__":
    main()
