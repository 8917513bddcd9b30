# SPDX-License-Identifier: MPL-2.0
"""Attacks on who somebody is: routing ids, ids in use, and names made to
collide.

Seen to fail: without srandom (libzmq aborts); without the damper of
replacements; with czmq's hash in broker/hash.c; with a gate that gives no ids.
"""
import concurrent.futures
import os
import struct
import time

from attack import SECONDS, attack, full, modes, say_hello
from fixture import deadline
from test_claims import colliding_names
from test_routing import guesses
from wire import check, pack, same, unpack

BROKER = False
ALL = ("open", "claim", "keys")
MALLORY = {"mallory": "member"}


def squat(siege):
    """Claims ids that the broker will give, or has given; then come those
    who let themselves be given one."""
    near = [b"\0" + struct.pack(">I", (first + step) & 0xffffffff)
            for step in range(12) for first in sorted(set(guesses()))]
    far = [b"\0" + os.urandom(4) for _ in range(100)]
    ours = [b"c%08x" % n + os.urandom(8).hex().encode() for n in range(50)]

    def one(claim):
        peer = siege.peer()
        peer.handshake(b"DEALER", claim)
        return peer
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        held = list(pool.map(one, near + far + ours))
    held += [siege.ready() for _ in range(30)]
    return say_hello(held[-1], "mallory", inbox=False)["op"]


@deadline(60)
@modes(*ALL)
def test_squatting_on_routing_ids(t):
    with attack(t, people=MALLORY) as siege:
        same(siege.once(squat, siege), "welcome")


def same_identity(siege):
    """Many that claim one routing id; who is let in is himself."""
    answers = []
    for number in range(20):
        peer = siege.peer()
        peer.socket.settimeout(2)
        peer.handshake(b"DEALER", b"same")
        answers.append(say_hello(peer, "mallory", inbox=False)["op"]
                       if siege.mode != "open" or number == 0 else "")
        siege.held = getattr(siege, "held", []) + [peer]
    return answers


@deadline(90)
@modes(*ALL)
def test_duplicate_routing_ids(t):
    """Under CURVE the broker gives the ids, so nobody is a ghost."""
    with attack(t, people=MALLORY) as siege:
        answers = siege.once(same_identity, siege)
        wanted = 1 if siege.mode == "open" else 20
        same(answers.count("welcome"), wanted, "welcomes")


def claim_to_be(siege, who, seconds):
    """Hellos under somebody else's id, in all ways."""
    end = time.monotonic() + seconds
    ways = ({}, {"inbox": False}, {"resume": "00" * 16}, {"resume": ""},
            {"lane": "x"}, {"password": "x"}, {"beat": 200}, {"agent": "x"})
    codes = {}
    while time.monotonic() < end:
        peer = siege.ready()
        for way in ways:
            answer = say_hello(peer, who, **way)
            code = answer.get("code", answer["op"])
            codes[code] = codes.get(code, 0) + 1
        peer.close()
    return codes


@deadline(60)
@modes(*ALL)
def test_hellos_under_a_living_id(t):
    with attack(t, people=MALLORY) as siege:
        codes = siege.once(claim_to_be, siege, "polite", SECONDS)
        check(set(codes) <= {"in-use", "denied", "rate"}, f"{codes}")
        check("in-use" in codes or "denied" in codes, f"{codes}")


def fight(siege, seconds):
    """Two programs with one key, each of which comes back at once."""
    end = time.monotonic() + seconds
    welcomes, waits, peers = 0, [], []
    while time.monotonic() < end:
        peer = siege.ready()
        answer = say_hello(peer, "mallory")
        welcomes += answer["op"] == "welcome"
        if answer["op"] == "error":
            check(answer["code"] == "in-use" and answer.get("wait", 0) > 0,
                  f"{answer}")
            waits.append(answer["wait"])
        peers.append(peer)  # it stays, and the next takes its place
    return welcomes, len(waits)


@deadline(60)
@modes("claim", "keys")
def test_two_that_replace_each_other(t):
    """At most 5 times in 10 s."""
    seconds = full(15, 4)
    with attack(t, people=MALLORY) as siege:
        welcomes, waits = siege.once(fight, siege, seconds)
        check(2 <= welcomes <= 6 + 6 * (seconds // 10), f"{welcomes} times")
        check(waits > 0, "and then has to wait")


def name_much(siege, names, size):
    """Seconds that each `size` of the names take, as rooms."""
    peer = siege.ready()
    same(say_hello(peer, "mallory")["op"], "welcome")
    took = []
    for start in range(0, len(names), size):
        begin = time.monotonic()
        for base in range(start, min(start + size, len(names)), 250):
            part = names[base:base + 250]
            peer.send(peer.sealed(pack(
                [{"op": "say", "room": name, "text": "x"} for name in part] +
                [{"op": "ping", "ref": 1}])))
            while not any(m["op"] == "pong"
                          for m in unpack(peer.read_message())):
                pass
        took.append(time.monotonic() - begin)
    return took


@deadline(full(300, 90))
@modes("open")
def test_names_made_to_collide(t):
    """What a name costs does not grow with their number. (Elsewhere `rate`
    bounds it first.)"""
    names = colliding_names(full(15, 14))
    with attack(t, people=MALLORY) as siege:
        took = siege.once(name_much, siege, names, len(names) // 4)
        check(took[-1] < 3 * took[0] + 0.05, f"seconds of each quarter: {took}")


def ids_made_to_collide(siege, names):
    """Sessions, known ids, lanes."""
    for name in names:
        peer = siege.ready()
        answer = say_hello(peer, name, lane=name)
        if answer["op"] != "welcome":
            return answer.get("code")
        peer.close()
    return "all"


@deadline(90)
@modes("open", "claim")
def test_ids_made_to_collide(t):
    names = colliding_names(full(11, 7))
    with attack(t) as siege:
        answer = siege.once(ids_made_to_collide, siege, names)
        check(answer in ("all", "rate", "too-many"), f"{answer}")


