# SPDX-License-Identifier: MPL-2.0
"""Floods at a broker in each mode: bytes without end on both sockets, before,
amid and after the handshake, and what a polite client feels of them.

Seen to fail: with the guard (net_look) switched off; without MAXMSGSIZE.
"""
import concurrent.futures
import itertools
import time

import raw
from attack import MB, SECONDS, attack, full, modes, say_hello
from fixture import deadline
from wire import check, pack, unpack

BROKER = False
ALL = ("open", "claim", "keys")
MALLORY = {"mallory": "member"}
TRIES = 300 * MB  # of a message without end
SHUT_BY = 64 * MB  # what may have come until it is seen, and shut


def endless(siege, kind, body, hello=False):
    """Bytes of one message without an end, until it is shut."""
    peer = siege.ready(kind)
    if hello:
        answer = say_hello(peer, "mallory", inbox=False)
        check(answer["op"] == "welcome", f"no session: {answer}")
    if siege.mode == "open":
        return peer.pour(peer.sealed(body, raw.MORE) * 5000, TRIES)
    sent = 0  # sealed frames are all different, as their nonces count
    while sent < TRIES:
        data = b"".join(peer.sealed(body, raw.MORE) for _ in range(1000))
        if not peer.send(data):
            break
        sent += len(data)
    return sent


def shut_early(results, what):
    check(max(results) < SHUT_BY,
          f"{what}: {max(results) / MB:.1f} MB, and not shut")


@deadline(120)
@modes(*ALL)
def test_message_without_end(t):
    with attack(t, people=MALLORY) as siege:
        for kind in (b"DEALER", b"SUB"):
            for body in (b"", b"x" * 200):
                shut_early(siege.run(endless, siege, kind, body,
                                     seconds=SECONDS / 2),
                           f"{kind} {len(body)}")


@deadline(120)
@modes(*ALL)
def test_message_without_end_in_a_session(t):
    with attack(t, people=MALLORY) as siege:
        shut_early(siege.run(endless, siege, b"DEALER", b"x" * 200, True),
                   "in a session")


def endless_in_a_crowd(siege, idle):
    """The same beside many that do nothing and have to be looked at, too."""
    held = [siege.ready() for _ in range(idle)]
    sent = at_once([lambda: endless(siege, b"DEALER", b"")] * 4)
    check(len(held) == idle, "they stay until here")
    return max(sent)


@deadline(full(200, 90))
@modes("open")
def test_message_without_end_in_a_crowd(t):
    with attack(t) as siege:
        shut_early([siege.once(endless_in_a_crowd, siege, full(5000, 1000))],
                   "beside many")


def at_once(functions):
    """Runs them in threads; gives what they give."""
    with concurrent.futures.ThreadPoolExecutor(len(functions)) as pool:
        return [f.result() for f in [pool.submit(f) for f in functions]]


def subscribe_much(siege, peers, topics):
    """Each peer subscribes so often; gives how many it got rid of."""
    def one(number):
        peer = siege.ready(b"SUB")
        for base in range(0, topics, 500):
            if not peer.send(b"".join(
                    peer.sealed(b"\1%d.%08d" % (number, n))
                    for n in range(base, base + 500))):
                return base
        return topics
    return at_once([lambda n=n: one(n) for n in range(peers)])


@deadline(full(300, 120))
@modes(*ALL)
def test_a_million_subscriptions(t):
    """Far above what one connection may have."""
    peers = full(10, 3)
    with attack(t, people=MALLORY) as siege:
        done = siege.run(subscribe_much, siege, peers, 10**6)
        check(max(map(max, done)) < 300000, f"subscriptions of each: {done}")


def stay_below(siege, peers, topics, padding):
    """As many as one connection may have, on many of them."""
    held = []
    for number in range(peers):
        peer = siege.ready(b"SUB")
        peer.send(b"".join(peer.sealed(b"\1%d.%05d" % (number, n) + padding)
                           for n in range(topics)))
        held.append(peer)
    return len(held)


# Not in open: what is not encrypted comes in faster than libzmq lets the loop
# look, see SECURITY.md.
@deadline(full(300, 120))
@modes("claim", "keys")
def test_short_subscriptions_of_many(t):
    """250 connections that keep to the limit have a million together."""
    with attack(t, people=MALLORY) as siege:
        siege.run(stay_below, siege, full(250, 30), 4000, b"")


@deadline(full(300, 120))
@modes("claim", "keys")
def test_long_subscriptions_of_many(t):
    """libzmq keeps a node for each byte of each."""
    with attack(t, people=MALLORY) as siege:
        siege.run(stay_below, siege, full(250, 30), 3000, b"x" * 58)


def change_mind(siege, seconds):
    """Subscribes and unsubscribes, and comes again when it is shut."""
    end = time.monotonic() + seconds

    def one(number):
        shut = 0
        while time.monotonic() < end:
            peer = siege.ready(b"SUB")
            while time.monotonic() < end and peer.send(b"".join(
                    peer.sealed(b"\1%d" % number) + peer.sealed(b"\1x") +
                    peer.sealed(b"\0%d" % number) for _ in range(100))):
                pass
            shut += 1
        return shut
    return at_once([lambda n=n: one(n) for n in range(4)])


@deadline(full(120, 60))
@modes(*ALL)
def test_subscriptions_that_come_and_go(t):
    with attack(t, people=MALLORY) as siege:
        shut = siege.once(change_mind, siege, SECONDS)
        check(min(shut) > 0, f"shut so often: {shut}")


def long_topics(siege):
    topic = b"x" * 4 * MB
    for flags, prefix in ((0, b"\1"), (2, b"\x09SUBSCRIBE")):
        for _ in range(full(20, 5)):
            peer = siege.ready(b"SUB")
            if flags and siege.mode == "open":
                peer.send(raw.frame(prefix + topic, raw.COMMAND))
            else:
                peer.send(peer.sealed(prefix + topic, flags))


@deadline(120)
@modes(*ALL)
def test_topics_of_4_mb(t):
    with attack(t, people=MALLORY) as siege:
        siege.run(long_topics, siege)


def stages(siege, kind):
    """(what, a connection that far) of a handshake."""
    yield "before the greeting", siege.peer(kind)
    peer = siege.peer(kind)
    peer.send(raw.greeting(b"NULL" if siege.mode == "open" else b"CURVE"))
    yield "after the greeting", peer
    if siege.mode != "open":
        peer = siege.peer(kind)
        peer.meet()
        yield "after WELCOME", peer


FLOODS = {
    "noise": b"\x5a" * 65536,
    "1 GiB claimed": raw.long_header(1 << 30) + b"x" * 65527,
    "1 GiB of a command": raw.long_header(1 << 30, raw.COMMAND) +
                          b"\5READY" + b"x" * 65521,
    "frames": raw.frame(b"x" * 100) * 640,
    "commands": raw.command(b"READY", b"x" * 200) * 300,
    "errors": raw.command(b"ERROR", b"\3bad") * 5000,
}


def flood_unknown(siege, total):
    """All of them at once; gives what was sent too long."""
    peers = [(f"{kind} {what} {name}", peer, data)
             for kind in (b"DEALER", b"SUB")
             for name, data in FLOODS.items()
             for what, peer in stages(siege, kind)]
    sent = at_once([lambda p=p, d=d: p.pour(d, total) for _, p, d in peers])
    return {name: count for (name, _, _), count in zip(peers, sent)
            if count >= total}


@deadline(full(300, 120))
@modes(*ALL)
def test_floods_of_strangers(t):
    """Before anybody said who he is. What libzmq throws away at once it may
    take for ever: that costs CPU, and is somebody's full line."""
    with attack(t) as siege:
        siege.run(flood_unknown, siege, full(20 * MB, 4 * MB))


def flood_messages(siege, bodies, seconds=SECONDS):
    """Good frames, as fast as they are taken, from sessions that only send,
    so that a new one follows when one is shut. Gives the bytes of each."""
    end = time.monotonic() + seconds

    def session(number):
        peer = siege.ready(who=f"mallory{number}")
        answer = say_hello(peer, f"mallory{number}", inbox=False)
        check(answer["op"] == "welcome", f"no session: {answer}")
        return peer

    def one(number):
        sent, peer = 0, session(number)
        for body in itertools.cycle(bodies):
            if time.monotonic() > end:
                return sent
            if peer.send(peer.sealed(body)):
                sent += len(body)
            else:
                peer = session(number)
    return at_once([lambda n=n: one(n) for n in range(3)])


CROWD = {f"mallory{n}": "member" for n in range(3)}
SAY = {"op": "say", "room": "flood", "text": "x" * 200}
COSTLY = [{"op": "history", "room": "flood", "limit": 500},
          {"op": "who", "limit": 500}, {"op": "rooms", "limit": 500}]


@deadline(full(200, 90))
@modes(*ALL)
def test_flood_of_messages(t):
    """They are served, or refused by `rate`, and nobody waits for them. Who
    is only fast is not taken for one whose message has no end."""
    with attack(t, people=CROWD) as siege:
        siege.once(flood_messages, siege, [pack([SAY] * 200)])
        check("endless" not in siege.log(), "an honest one was shut")


@deadline(full(200, 90))
@modes(*ALL)
def test_flood_of_questions(t):
    """What costs most, from somebody who reads no answer."""
    with attack(t, people=CROWD) as siege:
        siege.aside(flood_messages, siege, [pack([SAY] * 200)], SECONDS / 5)
        for question in COSTLY:
            siege.once(flood_messages, siege, [pack([question] * 250)])


@deadline(full(200, 90))
@modes(*ALL)
def test_flood_of_nonsense(t):
    """Counts that lie, and nesting, again and again."""
    bodies = [b"\xdd\xff\xff\xff\xff", b"\x91\xdf\xff\xff\xff\xff",
              b"\x91" * 60000, b"\x91\x81\xa1k" * 15000, b"\xc1" * 60000,
              pack([{"op": "say", "room": "r", "text": "x" * 17000}])]
    with attack(t, people=CROWD) as siege:
        siege.once(flood_messages, siege, bodies)


HIDDEN = """closed
    all = "closed-*"
rates
    change = 0
"""


def hide_much(siege, owners, rooms):
    """Closed rooms, each of somebody else's than who will ask."""
    for owner in range(owners):
        peer = siege.ready()
        answer = say_hello(peer, f"owner{owner}")
        check(answer["op"] == "welcome", f"{answer}")
        peer.send(peer.sealed(pack([
            {"op": "join", "room": f"closed-{owner}-{n}", "ref": n}
            for n in range(rooms)])))
        joined = 0
        while joined < rooms:
            joined += sum(m["op"] == "joined"
                          for m in unpack(peer.read_message()))
        peer.close()


@deadline(full(200, 90))
@modes("claim")
def test_questions_that_pass_over_much(t):
    """What is not shown costs, too: closed rooms, and rulings of others."""
    questions = [[{"op": "rooms"}] * 250,
                 [{"op": "rooms", "limit": 1}] * 250,
                 [{"op": "rulings", "kind": "member",
                   "room": "closed-mine"}] * 250]
    with attack(t, people=CROWD, settings=HIDDEN) as siege:
        siege.aside(hide_much, siege, full(800, 100), 60)
        siege.client("mallory0").join("closed-mine")
        for question in questions:
            siege.once(flood_messages, siege, [pack(question)])
