# SPDX-License-Identifier: MPL-2.0
"""What one person may do is bounded, however many connections he uses and
however often he comes back.

Seen to fail: with the buckets in the session instead of the client; with an
address forgotten when its last connection has gone.
"""
import concurrent.futures
import time

import curve
import raw
from attack import besieged, modes, say_hello
from fixture import deadline
from wire import check, pack, same, unpack, wait_until

BROKER = False
RATE, BURST = 100, 500  # burst: five seconds of it
SECONDS = 2
SETTINGS = f"rates\n    say = {RATE}\n    ask = {RATE}\n    change = {RATE}\n"
PEOPLE = {"ann": "admin", "mallory": "member", "bob": "member"}


def ask(peer, messages):
    """Sends them; gives as many answers, or fewer when it is cut."""
    peer.send(peer.sealed(pack(messages)))
    came = []
    while len(came) < len(messages):
        body = peer.read_message()
        if body is None:
            break
        came += [m for m in unpack(body) if "ref" in m]
    return came


def spend(siege, message, end):
    """Says it again and again, with a new connection whenever it is told to
    wait, and once at least, however long it took to get in; gives how many
    were done."""
    done, over = 0, False
    while not over:
        peer = siege.ready()
        answer = say_hello(peer, "mallory", inbox=False)
        over = answer["op"] != "welcome" and time.monotonic() >= end
        while answer["op"] == "welcome" and not over:
            answers = ask(peer, [message] * 100)
            done += sum(m["op"] in ("ok", "who", "rooms", "history", "rulings")
                        for m in answers)
            over = time.monotonic() >= end
            if any(m.get("code") == "rate" for m in answers):
                break
        peer.close()
    return done


def spend_much(siege, message):
    begin = time.monotonic()
    end = begin + SECONDS
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(lambda _: spend(siege, message, end), range(4)))
    return done, time.monotonic() - begin


COSTS = {  # what is asked, and how many tokens each costs
    "say": ({"op": "say", "room": "r", "text": "x", "ref": 1}, 1),
    "tell": ({"op": "tell", "to": "bob", "text": "x", "ref": 1}, 1),
    "history": ({"op": "history", "room": "r", "limit": 1, "ref": 1}, 5),
    "who": ({"op": "who", "limit": 1, "ref": 1}, 10),
    "rooms": ({"op": "rooms", "limit": 1, "ref": 1}, 10),
}


@deadline(90)
@modes("claim", "keys")
def test_coming_back_gives_nothing_new(t):
    """Four connections at a time, each left when it has to wait."""
    for what, (message, cost) in COSTS.items():
        with besieged(t, people=PEOPLE, settings=SETTINGS) as siege:
            siege.client("bob").say("r", "x")
            done, took = siege.once(spend_much, siege, message)
            allowed = (BURST + RATE * took) / cost * 1.2 + 20
            check(done <= allowed, f"{what}: {done} in {took:.1f} s, "
                                   f"allowed {allowed:.0f}")
            check(done >= BURST / cost / 2, f"{what}: only {done}")


@modes("claim", "keys")
def test_others_have_their_own(t):
    with besieged(t, people=PEOPLE, settings=SETTINGS) as siege:
        siege.client("bob").say("r", "x")
        siege.once(spend_much, siege, COSTS["say"][0])
        ann = siege.client("ann")
        for _ in range(100):
            ann.say("r", "x")


@deadline(60)
@modes("claim")
def test_ids_taken_by_one(t):
    """Somebody who takes all ids there are does not keep moderators from
    their work, nor those out who were there before."""
    limits = {"ids": 60, "rulings": 64}
    with besieged(t, people=PEOPLE, limits=limits) as siege:
        bob = siege.client("bob")
        ann = siege.client("ann")

        def take():
            codes = set()
            for number in range(100):
                peer = siege.ready()
                answer = say_hello(peer, f"squatter{number}")
                codes.add(answer.get("code", answer["op"]))
                peer.close()
            return codes
        codes = siege.once(take)
        check(codes <= {"welcome", "too-many", "rate", "denied", "no-session"},
              f"{codes}")
        ann.done("ban", key=siege.keys["mallory"].z85)
        bob.ping()
        bob.done("bye")
        siege.client("bob").ping()
        same(siege.client("ann", inbox=False).welcome["role"], "admin")


def let_in(endpoint, kind, key, count):
    """How many of so many get through the handshake, each gone at once."""
    def one(_):
        try:
            peer = curve.Curve(endpoint, key)
            answer = peer.handshake(kind)
        except (OSError, TypeError, curve.BadBox):
            return False  # shut in the middle
        peer.close()
        return curve.is_ready(answer)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return sum(pool.map(one, range(count)))


@deadline(60)
def test_connections_of_an_address(t):
    """Coming and going gives nothing new, on either socket; this machine's
    own are not counted."""
    address = raw.own_address()
    if not address:
        return
    rate, burst, many = 10, 50, 60
    broker = t.fresh(bind="tcp://0.0.0.0:*", pub="tcp://0.0.0.0:*",
                     config={"access": "claim", "rates": {"connect": rate}})
    begin = time.monotonic()
    came = [let_in(endpoint.replace("0.0.0.0", address), kind, broker.key, many)
            for endpoint, kind in ((broker.bind, b"DEALER"),
                                   (broker.pub, b"SUB"))]
    allowed = burst + rate * (time.monotonic() - begin)
    check(burst <= sum(came) <= allowed, f"{came}, allowed {allowed:.0f}")
    check("too-fast-of-address" in broker.log_tail(), "and why")
    near = broker.bind.replace("0.0.0.0", "127.0.0.1")
    same(let_in(near, b"DEALER", broker.key, many), many, "of this machine")
    far = broker.pub.replace("0.0.0.0", address)
    wait_until(lambda: let_in(far, b"SUB", broker.key, 1), "later it may again")
