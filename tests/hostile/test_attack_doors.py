# SPDX-License-Identifier: MPL-2.0
"""Attacks on the way in: connections that never finish, finish slowly, come
and go, and handshakes that lie.

Seen to fail: with GUARD_SHAKE of a day, and with NET_MUTE of a day.
"""
import concurrent.futures
import selectors
import struct
import time

import curve
import raw
from attack import SECONDS, attack, besieged, full, modes, say_hello
from fixture import deadline
from wire import Failure, check, pack, same, unpack

BROKER = False
ALL = ("open", "claim", "keys")
SOME = full(ALL, ("open", "keys"))
CURVE = ("claim", "keys")
PEOPLE = {"mallory": "member", "newcomer": "member"}
HALF_OPEN = 5000
LATE = 3.0    # seconds that a newcomer may need beside them
CUT = 14.0    # seconds in which a handshake must be through, or is cut


def greet(siege):
    return raw.greeting(b"NULL" if siege.mode == "open" else b"CURVE")


def stop_at(siege, kind, stage):
    """A connection that has come so far, and stays there."""
    if stage == "ready":
        return siege.ready(kind)
    peer = siege.peer(kind)
    if stage == "half":
        peer.send(greet(siege)[:33])
    if stage == "greeted":
        peer.send(greet(siege))
    if stage == "met" and siege.mode == "open":
        peer.send(greet(siege) + raw.ready(kind)[:-1])
    if stage == "met" and siege.mode != "open":
        peer.meet()
    return peer


def half_open(siege, count):
    """Gives how long somebody needs to come in beside them."""
    stages = ("nothing", "half", "greeted", "met")
    def one(number):
        return stop_at(siege, (b"DEALER", b"SUB")[number // 4 % 2],
                       stages[number % 4])
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        held = list(pool.map(one, range(count)))
    begin = time.monotonic()
    answer = say_hello(siege.ready(who="newcomer"), "newcomer")
    took = time.monotonic() - begin
    same(answer["op"], "welcome", f"beside {len(held)} connections")
    return took


@deadline(120)
@modes(*ALL)
def test_half_open(t):
    with attack(t, people=PEOPLE) as siege:
        took = siege.once(half_open, siege, HALF_OPEN)
        check(took < LATE, f"a newcomer waited {took:.2f} s")


def handshakes(siege, count):
    """(a connection, what it has to send) of each."""
    for number in range(count):
        kind = (b"DEALER", b"SUB")[number % 2]
        yield siege.peer(kind), greet(siege) + raw.ready(kind)


def hellos(siege, count):
    """The same, through the handshake."""
    for _ in range(count):
        peer = siege.ready()
        yield peer, peer.sealed(pack([{"op": "hello", "v": 1,
                                       "id": "mallory"}]))


def drip(siege, make, count, seconds):
    """Each sends a byte now and then, and never the last one. Gives how many
    were not cut."""
    left, chooser = {}, selectors.DefaultSelector()
    for peer, text in make(siege, count):
        peer.socket.setblocking(False)
        left[peer] = text
        chooser.register(peer.socket, selectors.EVENT_READ, peer)
    end = time.monotonic() + seconds
    while left and time.monotonic() < end:
        for key, _ in chooser.select(0.25):
            try:
                if key.fileobj.recv(4096):
                    continue
            except OSError:
                pass
            chooser.unregister(key.fileobj)
            del left[key.data]
        for peer, text in left.items():
            if len(text) > 1:
                peer.send(text[:1])
                left[peer] = text[1:]
    return len(left)


@deadline(60)
@modes(*SOME)
def test_slow_handshakes(t):
    """They are cut, however busy they look."""
    with attack(t, people=PEOPLE) as siege:
        same(siege.once(drip, siege, handshakes, full(1000, 200), CUT), 0,
             "not cut")


@deadline(60)
@modes(*full(ALL, ("keys",)))
def test_slow_hellos(t):
    with attack(t, people=PEOPLE) as siege:
        same(siege.once(drip, siege, hellos, full(500, 50), CUT), 0,
             "not cut")


def come_and_go(siege, seconds):
    """Handshakes as fast as they go, on both sockets, each left at another
    point. Gives how many."""
    end = time.monotonic() + seconds
    stages = ("greeted", "met", "ready", "nothing")

    def one(number):
        done = 0
        while time.monotonic() < end:
            peer = stop_at(siege, (b"DEALER", b"SUB")[number % 2],
                           stages[(number + done) % 4])
            if done % 3 == 0:  # with a reset
                peer.socket.setsockopt(raw.socket.SOL_SOCKET,
                                       raw.socket.SO_LINGER,
                                       struct.pack("ii", 1, 0))
            peer.close()
            done += 1
        return done
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        return sum(pool.map(one, range(24)))


@deadline(90)
@modes(*ALL)
def test_storm_of_connections(t):
    with attack(t, people=PEOPLE) as siege:
        done = siege.once(come_and_go, siege, SECONDS)
        check(done > 50, f"only {done} connections")


# --- handshakes that lie. Each gives a peer that must not be let in. ---
#
# One is not here: a vouch for another server. libzmq looks only for the
# client's short-term key in it. Who replays it needs that one's secret.

DEALER = curve.properties(Socket_Type=b"DEALER", Identity=b"")


def met(siege):
    peer = siege.peer()
    peer.meet()
    return peer


def initiated(peer, inner, cookie=None):
    peer.send(curve.initiate(peer.theirs, cookie or peer.cookie, peer.short,
                             inner, peer.count()))
    return peer


def vouch_of_another(siege):
    """The owner of another key vouches."""
    peer = met(siege)
    other = curve.Pair()
    return initiated(peer, peer.keys.public + curve.vouch(
        peer.server, peer.short, other, peer.theirs) + DEALER)


def key_of_another(siege):
    """A listed key, vouched for by one's own."""
    peer = met(siege)
    return initiated(peer, siege.keys["polite"].public + curve.vouch(
        peer.server, peer.short, peer.keys, peer.theirs) + DEALER)


def vouch_for_another_connection(siege):
    peer = met(siege)
    return initiated(peer, peer.keys.public + curve.vouch(
        peer.server, curve.Pair(), peer.keys, peer.theirs) + DEALER)


def no_vouch(siege):
    peer = met(siege)
    return initiated(peer, peer.keys.public + bytes(96) + DEALER)


def cookie_of_another(siege):
    peer, other = met(siege), met(siege)
    return initiated(peer, peer.claim(DEALER), other.cookie)


def cookie_made_up(siege):
    peer = met(siege)
    return initiated(peer, peer.claim(DEALER), bytes(curve.COOKIE))


def initiate_replayed(siege):
    """What somebody sent on another connection, byte for byte."""
    first = met(siege)
    data = curve.initiate(first.theirs, first.cookie, first.short,
                          first.claim(DEALER), first.count())
    first.send(data)
    check(curve.is_ready(first.read_frame()), "the first is good")
    peer = met(siege)
    peer.send(data)
    return peer


def wrong_server(siege):
    """It knows another broker's key."""
    peer = siege.peer()
    peer.greet()
    peer.send(curve.hello(curve.Pair().public, peer.short))
    return peer


def hello_not_signed(siege):
    peer = siege.peer()
    peer.greet()
    peer.send(raw.command(b"HELLO", b"\1\0" + bytes(72) + peer.short.public +
                          bytes(88)))
    return peer


def hello_of_version_2(siege):
    peer = siege.peer()
    peer.greet()
    peer.send(curve.hello(peer.server, peer.short, version=b"\2\0"))
    return peer


def key_of_zeroes(siege):
    """With such a key everybody knows what is in the boxes."""
    peer = siege.peer()
    peer.greet()
    peer.send(raw.command(b"HELLO", b"\1\0" + bytes(72) + bytes(32) +
                          bytes(88)))
    return peer


def long_metadata(siege):
    peer = met(siege)
    return initiated(peer, peer.claim(DEALER + curve.properties(
        X=b"x" * 100000)))


def metadata_that_claims(siege):
    peer = met(siege)
    return initiated(peer, peer.claim(
        b"\x0bSocket-Type\xff\xff\xff\xffDEALER"))


def short_initiate(siege):
    peer = met(siege)
    return initiated(peer, peer.keys.public)


def message_instead(siege):
    peer = met(siege)
    peer.send(peer.sealed(pack([{"op": "hello", "v": 1, "id": "mallory"}])))
    return peer


def null_instead(siege):
    peer = siege.peer()
    peer.send(raw.greeting(b"NULL"))
    peer.send(raw.ready(b"DEALER"))
    return peer


def plain_ready_instead(siege):
    peer = siege.peer()
    peer.greet()
    peer.send(raw.ready(b"DEALER"))
    return peer


def plain_mechanism(siege):
    peer = siege.peer()
    peer.send(raw.greeting(b"PLAIN"))
    peer.send(raw.command(b"HELLO", b"\5admin\5admin"))
    return peer


def gssapi(siege):
    peer = siege.peer()
    peer.send(raw.greeting(b"GSSAPI"))
    peer.send(raw.command(b"INITIATE", b"x" * 100))
    return peer


LIES = (vouch_of_another, key_of_another,
        vouch_for_another_connection, no_vouch, cookie_of_another,
        cookie_made_up, initiate_replayed, wrong_server, hello_not_signed,
        hello_of_version_2, key_of_zeroes, long_metadata, metadata_that_claims,
        short_initiate, message_instead, null_instead,
        plain_ready_instead, plain_mechanism, gssapi)


def answers(peer):
    """The commands that come until it is shut, or nothing more comes."""
    peer.socket.settimeout(0.5)
    while True:
        body = peer.read_frame()
        if not body:
            return
        yield body


def is_in(peer):
    """Whether it got in, by hook or by crook."""
    if any(body.startswith(b"\5READY") for body in answers(peer)):
        return True
    hello = pack([{"op": "hello", "v": 1, "id": "mallory"}])
    try:
        peer.send(raw.frame(hello) if not peer.theirs else peer.sealed(hello))
    except TypeError:
        return False
    return any(b"welcome" in body or body.startswith(b"\7MESSAGE")
               for body in answers(peer))


@deadline(120)
@modes(*CURVE)
def test_handshakes_that_lie(t):
    with attack(t, people=PEOPLE) as siege:
        for lie in LIES:
            def told(one=lie):
                return is_in(one(siege))
            check(not siege.once(told), f"{lie.__name__} got in")
        answer = siege.once(lambda: say_hello(siege.ready(), "mallory"))
        same(answer["op"], "welcome", "an honest one")


def counted_wrongly(siege, numbers):
    """Messages whose nonces are these, seen from the last one."""
    peer = siege.ready()
    same(say_hello(peer, "mallory")["op"], "welcome")
    begin = peer.number
    for step in numbers:
        peer.send(peer.sealed(pack([{"op": "ping", "ref": step}]),
                              number=begin + step))
    peer.socket.settimeout(3)
    came = []
    try:
        while True:
            body = peer.read_message()
            if body is None:
                return came
            came += [m["ref"] for m in unpack(body) if m["op"] == "pong"]
    except (OSError, curve.BadBox) as error:
        raise Failure(f"not shut after {came}: {error}") from None


@deadline(60)
@modes(*CURVE)
def test_nonces_that_do_not_rise(t):
    """A message played again is not taken again."""
    with besieged(t, people=PEOPLE) as siege:
        for numbers in ((1, 1), (5, 4), (1, -1), (2, 0)):
            came = siege.once(counted_wrongly, siege, numbers)
            check(len(came) <= 1, f"{numbers}: {came}")
