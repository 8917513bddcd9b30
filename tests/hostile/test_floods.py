# SPDX-License-Identifier: MPL-2.0
"""Floods: what a peer can make the broker keep is bounded, and others are
answered meanwhile. Memory is the broker's own, from /proc."""
import socket
import threading
import time

import raw
from fixture import deadline
from wire import check, pack, same, wait_until

MB = 1 << 20
SENT = 40 * MB  # what a flooder tries to send


class Watch:
    """The broker's most resident bytes since it began to look."""

    def __init__(self, t):
        self.t = t
        self.begin = t.broker.memory()

    def below(self, megabytes, what):
        grown = (self.t.broker.peak() - self.begin) / MB
        check(grown <= megabytes, f"{what}: {grown:.0f} MB, "
                                  f"allowed {megabytes}")


class Flood(threading.Thread):
    """Sends the same bytes over and over until it has sent so many, or the
    connection is shut."""

    def __init__(self, peer, data, total=SENT):
        super().__init__(daemon=True)
        self.peer = peer
        self.data = data
        self.rounds = total // len(data)
        self.sent = 0

    def run(self):
        for _ in range(self.rounds):
            if not self.peer.send(self.data):
                return
            self.sent += len(self.data)


def bystander(t):
    """A client with a fresh broker to itself, warmed up."""
    t.fresh(log="memory:16M")
    c = t.client("bystander")
    room = t.name("room")
    c.join(room)
    sub = t.listener(c, room)
    sub.settle(c, room)
    return c, sub, room


def endure(t, c, peers, data, total=SENT):
    """Runs floods, and looks whether the bystander waits."""
    floods = [Flood(peer, data, total) for peer in peers]
    for flood in floods:
        flood.start()
    while any(flood.is_alive() for flood in floods):
        t.check_quick(c)
        time.sleep(0.02)
    t.check_quick(c)
    return floods


@deadline(90)
def test_endless_multipart_to_router(t):
    c, sub, room = bystander(t)
    watch = Watch(t)
    peer = raw.dealer(t.broker.bind)
    floods = endure(t, c, [peer], raw.frame(b"", raw.MORE) * 4096)
    check(floods[0].sent < 20 * MB, f"shut after {floods[0].sent} bytes")
    watch.below(120, "a message without end")
    sub.settle(c, room)


@deadline(90)
def test_endless_multipart_from_a_session(t):
    c, sub, room = bystander(t)
    watch = Watch(t)
    peer = raw.dealer(t.broker.bind)
    peer.send(raw.frame(pack([{"op": "hello", "v": 1, "id": "flooder"}])))
    check(b"welcome" in peer.read_frame(), "it has a session")
    endure(t, c, [peer], raw.frame(b"x" * 100, raw.MORE) * 512)
    watch.below(120, "a message without end")
    sub.settle(c, room)


@deadline(90)
def test_endless_multipart_to_pub(t):
    c, sub, room = bystander(t)
    watch = Watch(t)
    peer = raw.sub(t.broker.pub)
    endure(t, c, [peer], raw.frame(b"", raw.MORE) * 4096)
    watch.below(120, "a message without end")
    sub.settle(c, room)


@deadline(90)
def test_subscriptions(t):
    c, sub, room = bystander(t)
    watch = Watch(t)
    peers = [raw.sub(t.broker.pub) for _ in range(3)]

    def topics(peer, start):
        for base in range(start, start + 300000, 1000):
            if not peer.send(b"".join(raw.frame(b"\1%09d" % n) for n in
                                      range(base, base + 1000))):
                return
    threads = [threading.Thread(target=topics, args=(p, n * 10**6))
               for n, p in enumerate(peers)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        t.check_quick(c)
        time.sleep(0.02)
    watch.below(80, "900,000 subscriptions")
    sub.settle(c, room)


@deadline(60)
def test_long_topics(t):
    c, sub, room = bystander(t)
    watch = Watch(t)
    peers = [raw.sub(t.broker.pub, b"x" * 4 * MB) for _ in range(5)]
    for peer in peers:
        peer.send(raw.command(b"SUBSCRIBE", b"y" * 4 * MB))
    t.check_quick(c)
    watch.below(20, "topics of 4 MB")
    sub.settle(c, room)


@deadline(60)
def test_big_frames(t):
    """Before and after the handshake, before a hello."""
    c, sub, room = bystander(t)
    watch = Watch(t)
    claim = raw.long_header(1 << 30)
    for endpoint in (t.broker.bind, t.broker.pub):
        kind = b"DEALER" if endpoint == t.broker.bind else b"SUB"
        early, late = raw.Raw(endpoint), raw.Raw(endpoint)
        early.send(raw.greeting())
        late.handshake(kind)
        for peer in (early, late):
            peer.send(claim)
            endure(t, c, [peer], b"x" * 65536, 10 * MB)
    watch.below(20, "frames of 1 GiB")
    sub.settle(c, room)


@deadline(60)
def test_flood_of_good_messages(t):
    """A flooder that keeps to the protocol is served, and so is everybody."""
    c, sub, room = bystander(t)
    watch = Watch(t)
    peers = [raw.dealer(t.broker.bind) for _ in range(3)]
    for number, peer in enumerate(peers):
        peer.send(raw.frame(pack([{"op": "hello", "v": 1,
                                   "id": f"flooder{number}"}])))
    say = raw.frame(pack([{"op": "say", "room": "flood", "text": "x" * 200}]
                         * 200))
    endure(t, c, peers, say, 10 * MB)
    watch.below(200, "30 MB of good messages in a log of 16 MB")
    sub.settle(c, room)


@deadline(60)
def test_fast_senders_of_big_frames(t):
    """So many that a turn does not take a frame of each: a queue that stands
    still for a while is no message without end."""
    t.fresh(log="sqlite:confab.db")
    peers = [raw.dealer(t.broker.bind) for _ in range(48)]
    for number, peer in enumerate(peers):
        peer.send(raw.frame(pack([{"op": "hello", "v": 1, "inbox": False,
                                   "id": f"sender{number}"}])))
        check(b"welcome" in peer.read_frame(), f"{number}: no session")
        peer.socket.settimeout(40)
    big = raw.frame(pack([{"op": "say", "room": "big", "text": "x" * 210}]
                         * 256))
    floods = [Flood(peer, big, 3 * MB) for peer in peers]
    for flood in floods:
        flood.start()
    for flood in floods:
        flood.join()
    for peer in peers:
        peer.send(raw.frame(pack([{"op": "ping"}])))
    for number, peer in enumerate(peers):
        check(b"pong" in (peer.read_frame() or b""),
              f"{number}: not to its last message")
    with open(t.broker.log_path, encoding="utf-8") as log:
        check("net.shut" not in log.read(), "an honest one was shut")


@deadline(60)
def test_flood_of_errors(t):
    c, sub, room = bystander(t)
    watch = Watch(t)
    peers = [raw.dealer(t.broker.bind) for _ in range(3)]
    endure(t, c, peers, raw.frame(b"\xc1") * 1000, MB)
    watch.below(100, "errors that nobody reads")
    sub.settle(c, room)


@deadline(90)
def test_a_client_that_never_reads(t):
    c, sub, room = bystander(t)
    for _ in range(100):
        c.say("big", "x" * 16000)
    watch = Watch(t)
    peer = raw.dealer(t.broker.bind, small=True)
    peer.send(raw.frame(pack([{"op": "hello", "v": 1, "id": "deaf"}])))
    ask = raw.frame(pack([{"op": "history", "room": "big"}]))
    endure(t, c, [peer], ask * 4, len(ask) * 4000)
    watch.below(60, "refusals that nobody reads")

    def shut():  # one at a time, each is answered by a whole page
        for _ in range(20):
            peer.send(ask)
            c.ping()
        return not c.tell("deaf", "x")["online"]

    wait_until(shut, "it is shut", 20)
    watch.below(60, "pages that nobody reads")
    sub.settle(c, room)


@deadline(90)
def test_a_listener_that_never_reads(t):
    c, sub, room = bystander(t)
    watch = Watch(t)
    peers = [raw.sub(t.broker.pub, room.encode() + b" ", small=True)
             for _ in range(3)]
    c.ping()
    for _ in range(150):
        c.send(*[{"op": "say", "room": room, "text": "x" * 12000}] * 5)
        t.check_quick(c)
    came = [m for m in sub.settle(c, room) if m["op"] == "say"]
    check(len(came) == 750, f"the others get all: {len(came)}")
    # A PUB queue of 1000 frames a listener, which share their bytes.
    watch.below(90, "9 MB for each of three that read nothing")
    check(all(p.socket.fileno() >= 0 for p in peers), "they were there")


@deadline(60)
def test_direct_member_that_never_reads(t):
    c, sub, room = bystander(t)
    watch = Watch(t)
    peer = raw.dealer(t.broker.bind, small=True)
    peer.send(raw.frame(pack([
        {"op": "hello", "v": 1, "id": "deaf"}])))
    check(b"welcome" in peer.read_frame(), "it has a session")
    peer.send(raw.frame(pack([{"op": "join", "room": room,
                               "direct": True}])))
    wait_until(lambda: c.done("who", "who", room=room)["count"] == 2,
               "it has joined")
    for _ in range(400):
        c.send(*[{"op": "say", "room": room, "text": "x" * 12000}] * 5)
        t.check_quick(c)
    watch.below(60, "24 MB of a room for one that reads nothing")
    sub.settle(c, room)


@deadline(60)
def test_connections_that_say_nothing(t):
    c, sub, room = bystander(t)
    watch = Watch(t)
    peers = []
    for number in range(400):
        peer = raw.Raw(t.broker.bind if number % 2 else t.broker.pub)
        if number % 3:
            peer.send(raw.greeting())
        peers.append(peer)
    t.check_quick(c)
    watch.below(60, "400 connections")
    for peer in peers:
        peer.close()
    t.check_quick(c)
    sub.settle(c, room)


@deadline(60)
def test_connect_and_close(t):
    """Descriptors are given back."""
    import os
    c, sub, room = bystander(t)

    def descriptors():
        return len(os.listdir(f"/proc/{t.broker.pid}/fd"))

    before = descriptors()
    for number in range(600):
        peer = raw.Raw(t.broker.bind)
        if number % 2:
            peer.send(raw.greeting() + raw.ready(b"DEALER"))
        peer.close()
    wait_until(lambda: descriptors() <= before + 2, "all are closed")
    t.check_quick(c)
    sub.settle(c, room)


@deadline(60)
def test_sessions_that_come_and_go(t):
    c, sub, room = bystander(t)
    watch = Watch(t)
    for number in range(300):
        peer = raw.dealer(t.broker.bind)
        peer.send(raw.frame(pack([
            {"op": "hello", "v": 1, "id": f"guest{number}"}])))
        peer.read_frame()
        peer.send(raw.frame(pack([{"op": "join", "room": room}])))
        peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.close()
    wait_until(lambda: c.done("who", "who")["count"] == 1, "all are gone")
    wait_until(lambda: c.done("who", "who", room=room)["count"] == 1,
               "the room is empty again", 5)
    watch.below(40, "300 guests")
    same([m["op"] for m in sub.settle(c, room)
          if m["op"] not in ("enter", "exit")], [])
