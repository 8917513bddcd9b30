#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""connections.py: what connected clients cost the broker while they are idle.

Every client is as a real one: a DEALER with an inbox session that is in a room
and pings each beat, and a SUB with the room's topic. The pings are spread
evenly over the beat, as those of strangers are. Measured is the broker alone:
its resident memory, and the CPU it takes per second of idling.

    BUILD=build tests/bench/connections.py [CLIENTS [ROOMS [SECONDS]]]

What is measured must be true of clients that work, so at the end one message
goes to a room and has to reach each of its members.
"""
import argparse
import os
import resource
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/blackbox"))
from fixture import Fixture, Shared  # noqa: E402 (found by the line above)
from wire import Client, Sub, check, same  # noqa: E402

WINDOW = 50  # hellos under way at once: the measure is not the connect storm
FILES_PER_CLIENT = 4  # two connections, and what libzmq signals through
TRIES = 5
PAUSE = 0.01  # seconds between two rounds of pings


class Member(Client):
    """A client in one room, with a SUB that listens to it."""

    def __init__(self, fixture, number, rooms):
        broker = fixture.broker
        super().__init__(fixture.context, broker.bind, f"client{number}")
        self.room = f"room{number % rooms}"
        self.sub = Sub(fixture.context, broker.pub, self.room + " ")
        fixture.inlets += [self, self.sub]
        self.tell_broker("hello", v=1, id=self.label)

    def take(self):
        """Drops what has come; gives the number of pongs in it."""
        self.sub.drain()
        return [m["op"] for m in self.drain()].count("pong")


def allow_files(clients):
    need = clients * FILES_PER_CLIENT + 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < need:
        check(hard >= need or hard == resource.RLIM_INFINITY,
              f"{need} open files are needed, {hard} allowed (ulimit -n)")
        resource.setrlimit(resource.RLIMIT_NOFILE, (need, hard))


def connect(fixture, count, rooms):
    members = []
    for begin in range(0, count, WINDOW):
        group = [Member(fixture, number, rooms)
                 for number in range(begin, min(begin + WINDOW, count))]
        for member in group:
            member.beat = member.expect("welcome")["beat"] / 1000
            member.tell_broker("join", room=member.room)
        for member in group:
            member.expect("joined")
        members += group
    return members


def idle(members, seconds):
    """Each member pings each beat; gives the number of pongs."""
    beat = members[0].beat
    begin = time.monotonic()
    sent = pongs = 0
    while (now := time.monotonic() - begin) < seconds:
        due = int(now / beat * len(members))
        for number in range(sent, due):
            member = members[number % len(members)]
            pongs += member.take()
            member.tell_broker("ping")
        sent = due
        time.sleep(PAUSE)
    pongs += sum(member.take() for member in members)
    check(pongs > 0.9 * sent > 0, f"{pongs} pongs for {sent} pings")
    return pongs


def check_room(members, room):
    inside = [m for m in members if m.room == room]
    inside[0].say(room, "is everybody here?")
    for member in inside:
        member.sub.expect("say", text="is everybody here?")


def measure(fixture, count=1000, rooms=100, seconds=12, enough=100):
    """(MiB resident, percent of a core, words). Other work on the machine can
    only add to the CPU, so what is over `enough` is measured again."""
    allow_files(count)
    broker = fixture.fresh()
    empty = broker.memory() >> 20
    begin = time.monotonic()
    members = connect(fixture, count, rooms)
    connected = time.monotonic() - begin
    told = members[0].done("rooms", "rooms", limit=rooms)["rooms"]
    same(sum(room["count"] for room in told), count, "members in all rooms")
    idle(members, 1)  # what connecting has left to do
    shares = []
    while not shares or (shares[-1] > enough and len(shares) < TRIES):
        cpu, begin = broker.cpu(), time.monotonic()
        pongs = idle(members, seconds)
        used, took = broker.cpu() - cpu, time.monotonic() - begin
        shares.append(100 * used / took)
    percent = min(shares)
    resident = broker.memory() / 2**20
    check_room(members, "room7")
    return resident, percent, (
        f"{count} clients in {rooms} rooms, connected in {connected:.1f} s: "
        f"{resident:.1f} MiB resident ({empty} before), {percent:.2f}% of a "
        f"core with {pongs} pings in {seconds} s")


def main():
    build = os.environ.get("BUILD", os.path.join(ROOT, "build"))
    path = os.environ.get("CONFABD", os.path.join(build, "confabd"))
    args = argparse.Namespace(confabd=os.path.abspath(path))
    fixture = Fixture(Shared(args, None, False))
    try:
        print(measure(fixture, *map(int, sys.argv[1:4]))[2])
    finally:
        fixture.finish()


if __name__ == "__main__":
    main()
