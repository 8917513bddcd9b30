#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""encrypted.py: what ten thousand clients with keys cost the broker.

Every client is as a real one: an encrypted DEALER with an inbox session that
is in a room and pings now and then, and an encrypted SUB with the room's topic;
with --direct it does without the SUB, and the room comes over the DEALER. They
are made of plain sockets (tests/hostile/curve.py), since each costs one
descriptor so, in as many processes as there are cores. Measured is the broker
alone: how long it takes until all are in, its memory, and its CPU while they
are idle.

    BUILD=build tests/bench/encrypted.py [--direct] [CLIENTS [ROOMS [SECONDS]]]

At the end one message goes to a room and has to reach each of its members.
"""
import argparse
import concurrent.futures
import multiprocessing
import os
import resource
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", suite)
                for suite in ("blackbox", "hostile")]
import curve  # noqa: E402 (found by the lines above)
from fixture import Fixture, Shared  # noqa: E402
from wire import check, pack, unpack  # noqa: E402

LOUD = "is everybody here?"
BEAT = 20     # seconds between two pings of one. The broker's is longer: who
              # is in early waits for the last one, and does not ping
SPARE = 60    # seconds until the slowest may be in
AT_ONCE = 32  # handshakes of a process under way: each waits 20 ms


class Member:
    """A client in one room. Nothing of it is read until something is
    expected: the kernel keeps the little that comes."""

    def __init__(self, broker, number, rooms, direct):
        self.room = f"room{number % rooms}"
        keys = curve.Pair()
        self.asks = self.meet(broker.bind, broker, keys, b"DEALER")
        self.hears = self.asks
        self.tell("hello", v=1, id=f"client{number}")
        self.expect(self.asks, "welcome")
        self.tell("join", room=self.room, direct=direct)
        self.expect(self.asks, "joined")
        if not direct:
            self.hears = self.meet(broker.pub, broker, keys, b"SUB")
            self.hears.send(self.hears.sealed(b"\1%s " % self.room.encode()))

    @staticmethod
    def meet(endpoint, broker, keys, kind):
        peer = curve.Curve(endpoint, broker.key, keys)
        peer.socket.settimeout(SPARE)
        check(curve.is_ready(peer.handshake(kind)), f"{kind}: not let in")
        return peer

    def tell(self, op, **more):
        check(self.asks.send(self.asks.sealed(pack([{"op": op, **more}]))),
              f"{op}: the connection is shut")

    def expect(self, peer, op, **fields):
        """Passes over what else comes."""
        while True:
            body = peer.read_message()
            check(body is not None, f"{op}: the connection is shut")
            for message in unpack(body[body.find(b" ") + 1:]
                                  if peer is not self.asks else body):
                if message["op"] == op and fields.items() <= message.items():
                    return message


def crowd(pipe, broker, numbers, rooms, direct):
    """A process of clients: works off what it is told, line by line."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        members = list(pool.map(
            lambda number: Member(broker, number, rooms, direct), numbers))
    pipe.send("in")
    while (told := pipe.recv()) != "end":
        if told == "listen":
            for member in members:
                if member.room == "room0":
                    member.expect(member.hears, "say", text=LOUD)
        else:
            pipe.send(idle(members, told))
            continue
        pipe.send("heard")


def idle(members, seconds):
    """They ping in turn; gives how often."""
    begin, sent = time.monotonic(), 0
    while (now := time.monotonic() - begin) < seconds:
        due = int(now / BEAT * len(members))
        for number in range(sent, due):
            members[number % len(members)].tell("ping")
        sent = due
        time.sleep(0.01)
    for member in members[:min(sent, len(members))]:
        member.expect(member.asks, "pong")
    return sent


def ask_all(pipes, told):
    for pipe in pipes:
        pipe.send(told)
    return [pipe.recv() for pipe in pipes]


def measure(fixture, count, rooms, seconds, direct):
    broker = fixture.fresh(limits={"connections": 3 * count},
                           config={"access": "claim", "beat": "300s"})
    empty, cores = broker.memory(), os.cpu_count()
    begin, pipes = time.monotonic(), []
    for core in range(cores):
        here, there = multiprocessing.Pipe()
        multiprocessing.Process(target=crowd, daemon=True, args=(
            there, broker, range(core, count, cores), rooms, direct)).start()
        pipes.append(here)
    for pipe in pipes:
        pipe.recv()
    took, busy = time.monotonic() - begin, broker.cpu()
    full = broker.memory()
    ask_all(pipes, 1)
    cpu, begin = broker.cpu(), time.monotonic()
    pings = sum(ask_all(pipes, seconds))
    percent = 100 * (broker.cpu() - cpu) / (time.monotonic() - begin)
    speaker = Member(broker, count, 1, True)
    speaker.tell("say", room="room0", text=LOUD)
    ask_all(pipes, "listen")
    return (f"{count} clients in {rooms} rooms, {1 if direct else 2} "
            f"connections each: in after {took:.1f} s and {busy:.1f} s of "
            f"CPU; {full >> 20} MiB resident ({empty >> 20} before), "
            f"{(full - empty) / count / 1024:.1f} KiB a client; "
            f"{percent:.1f}% of a core with {pings / seconds:.0f} pings a "
            f"second")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--direct", action="store_true")
    parser.add_argument("clients", nargs="?", type=int, default=10000)
    parser.add_argument("rooms", nargs="?", type=int, default=100)
    parser.add_argument("seconds", nargs="?", type=int, default=20)
    asked = parser.parse_args()
    build = os.environ.get("BUILD", os.path.join(ROOT, "build"))
    path = os.environ.get("CONFABD", os.path.join(build, "confabd"))
    fixture = Fixture(Shared(argparse.Namespace(
        confabd=os.path.abspath(path)), None, False))
    try:
        print(measure(fixture, asked.clients, asked.rooms, asked.seconds,
                      asked.direct))
    except EOFError:  # a process of clients has said why
        sys.exit(fixture.broker.log_tail())
    finally:
        fixture.finish()


if __name__ == "__main__":
    main()
