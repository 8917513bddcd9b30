# SPDX-License-Identifier: MPL-2.0
"""Routing ids: any peer may choose its own, and none may harm another."""
import ctypes
import struct
import time

import raw
from wire import check, pack, same, wait_until


def say_hello(peer, name):
    peer.send(raw.frame(pack([{"op": "hello", "v": 1, "id": name}])))


def test_duplicate_routing_id_steals_nothing(t):
    victim = t.dealer(identity=b"same")
    victim.hello(t.name("victim"))
    for number in range(5):
        thief = raw.dealer(t.broker.bind, b"same")
        say_hello(thief, t.name(f"thief{number}"))
    other = t.client("other")
    other.tell(victim.id, "secret")
    victim.expect("tell", text="secret")
    victim.ping()
    t.check_quick(other)


def test_routing_id_of_a_client_that_left(t):
    first = t.dealer(identity=b"once")
    first.hello(t.name("first"))
    other = t.client("other")
    first.close()
    t.inlets.remove(first)
    wait_until(lambda: not other.tell(first.id, "x")["online"], "gone", 3)
    second = t.dealer(identity=b"once")
    second.refused("ping", "no-session")
    second.hello(t.name("second"))
    second.silent()


def test_routing_id_that_looks_like_a_name(t):
    victim = t.client("victim")
    forger = t.dealer(identity=victim.id.encode())
    forger.refused("ping", "no-session")
    forger.hello(t.name("forger"))
    room = t.name("room")
    victim.join(room, direct=True)
    forger.say(room, "who am I?")
    same(victim.expect("say")["from"], forger.id)


def guesses():
    """What libzmq begins to count at when nobody, or the time of day, has
    seeded rand(): its first ids, for the seconds around now."""
    libc = ctypes.CDLL(None)
    now = int(time.time())
    for seed in (1, *range(now - 3, now + 2)):
        libc.srand(seed)
        values = [libc.rand() for _ in range(6)]
        for low, high in zip(values, values[1:]):
            yield ((high << 31) | low) & 0xffffffff


def test_guessed_automatic_ids(t):
    t.fresh()
    other = t.client("other")
    peers = []
    for first in sorted(set(guesses())):
        for step in range(6):
            claim = b"\0" + struct.pack(">I", (first + step) & 0xffffffff)
            peers.append(raw.dealer(t.broker.bind, claim))
    check(len(peers) > 100, f"{len(peers)} claims")
    for number in range(20):  # each takes the next automatic id
        anonymous = t.dealer()
        anonymous.hello(t.name(f"anonymous{number}"))
    t.check_quick(other)


def test_ids_near_the_automatic_ones(t):
    """Zeroes, short, long, with every first byte."""
    other = t.client("other")
    peers = [raw.dealer(t.broker.bind, bytes([first]) * length)
             for first in (0, 1, 127, 128, 255) for length in (1, 4, 5, 255)]
    for number, peer in enumerate(peers):
        say_hello(peer, t.name(f"peer{number}"))
    t.check_quick(other)
    wait_until(lambda: other.done("who", "who")["count"] > len(peers),
               "all are online")


def test_replaced_many_times(t):
    """Two clients that fight for one id."""
    room = t.name("room")
    watcher = t.client("watcher")
    watcher.join(room)
    old = t.client("fighter")
    for _ in range(50):
        new = t.dealer()
        new.hello(old.id, resume=old.welcome["resume"])
        new.join(room)
        old.expect("bye", why="replaced")
        old.close()
        t.inlets.remove(old)
        old = new
    same(watcher.done("who", "who", room=room)["count"], 2)
    t.check_quick(watcher)


def test_descriptor_of_a_connection_that_left(t):
    """The system gives a closed descriptor to the next connection at once;
    what the former owner sent must not be taken for the new one's."""
    other = t.client("other")
    hello = raw.frame(pack([{"op": "hello", "v": 1, "id": t.name("left")}]))
    ping = raw.frame(pack([{"op": "ping"}]))
    for number in range(60):
        for leaver in (raw.Raw(t.broker.bind), raw.dealer(t.broker.bind),
                       raw.dealer(t.broker.bind, b"leaver")):
            leaver.send((b"", ping, hello, ping * 200)[number % 4])
            leaver.close()
        c = t.dealer()
        c.hello(t.name(f"c{number}"))
        for _ in range(3):
            c.ping()
        c.close()
        t.inlets.remove(c)
    t.check_quick(other)
