# SPDX-License-Identifier: MPL-2.0
"""limits/topics: all different topics together, and who goes when they are
too many. Whoever uses libconfab hears everything all the same.

Seen to fail: with no bound; with the lightest shut; where a listener that
ends leaves its topics behind; where the client stays with its topic."""
import time

import zmq

from cli import Cli
from test_cli_listen import member
from wire import Sub, check, same, wait_until

BROKER = False
BYTES = 256  # the least
SOON = 5     # the topic is given up after two seconds, a ping comes after ten


def name(letter, number):
    """50 bytes: five of them fit."""
    return f"{letter}{number}".ljust(50, "-")


def listener(f, *rooms):
    sub = Sub(f.context, f.broker.pub)
    f.inlets.append(sub)
    for room in rooms:
        sub.subscribe(room + " ")
    return sub


def ends(sub):
    return sub.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)


def log(f):
    with open(f.broker.log_path, encoding="utf-8") as file:
        return file.read()


def test_who_brings_most_goes(f):
    f.fresh(limits={"topics": BYTES})
    ann = f.client("ann")
    for number in range(3):
        ann.join(name("a", number))
    few = listener(f, name("a", 0)).attach(ann, name("a", 0))
    shared = [listener(f, *[name("a", n) for n in range(3)])
              for _ in range(2)]
    for sub in shared:
        sub.attach(ann, name("a", 2))
    watched = [ends(sub) for sub in (few, *shared)]
    much = listener(f)
    watch = ends(much)
    for number in range(4):
        much.subscribe(name("b", number) + " ")
    check(watch.poll(8000), "it is shut")
    check("too-many-topics" in f.broker.log_tail(), "and why")
    much.socket.disable_monitor()
    much.close()
    f.inlets.remove(much)
    check(not any(one.poll(0) for one in watched), "the others stay")
    for sub in (few, *shared):
        sub.socket.disable_monitor()
        sub.settle(ann, name("a", 0))


def test_who_ends_takes_his_along(f):
    f.fresh(limits={"topics": BYTES}, options=("--verbose",))
    ann = f.client("ann")
    for number in range(20):
        room = name("a", number)
        ann.join(room)
        subs = [listener(f, room, name("b", number), name("c", number))
                for _ in range(2)]
        for sub in subs:
            sub.attach(ann, room)
            sub.close()
            f.inlets.remove(sub)
        wait_until(lambda n=number: log(f).count("net.closed") == 2 * n + 2,
                   "both have ended")
    check("net.shut" not in log(f), "nobody is shut")


def hears(f, cli, listen, rooms, prefix):
    for number, room in enumerate(rooms * 3):
        cli.run("say", room, f"{prefix} {number}")
    want = {f"{prefix} {number}" for number in range(3 * len(rooms))}
    begin = time.monotonic()
    same({listen.line(SOON) for _ in want}, want)
    check(time.monotonic() - begin < SOON, "and soon")


def test_a_client_hears_all_the_same(f):
    """At its join; and when it is shut later, again and again."""
    f.fresh(limits={"topics": BYTES})
    for who, count in (("eve", 6), ("bob", 4)):
        rooms = [name(who, number) for number in range(count)]
        with Cli(f) as cli:
            listen = cli.start("-i", who, "listen", "-r", "-C",
                               str(6 * count), *rooms)
            member(f, rooms[-1], who)
            hears(f, cli, listen, rooms, "first")
            other = listener(f, *[name("o", n) for n in range(2)])
            hears(f, cli, listen, rooms, "then")
            same(listen.wait(), 0)
            other.close()
            f.inlets.remove(other)
    check("too-many-topics" in f.broker.log_tail(), "it was shut")
