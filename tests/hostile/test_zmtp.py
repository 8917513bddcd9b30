# SPDX-License-Identifier: MPL-2.0
"""Bytes that are no ZMTP, or not enough of it, on both sockets."""
import random
import socket
import struct

import raw
from wire import check, pack

HALF = raw.greeting()
GREETINGS = {
    "nothing": b"",
    "one byte": b"\xff",
    "half a signature": HALF[:5],
    "half a greeting": HALF[:33],
    "all but the last byte": HALF[:63],
    "zeroes": bytes(64),
    "ones": b"\xff" * 64,
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "tls": bytes.fromhex("16030100c8010000c40303") + bytes(190),
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
    "redis": b"*1\r\n$4\r\nPING\r\n",
    "unversioned": b"\1\0" + b"\5\0hello",
    "unversioned, huge": b"\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0",
    "version 1": raw.greeting(version=b"\0\0"),
    "version 2": raw.SIGNATURE + b"\1\5\0\0",
    "version 99": raw.greeting(version=b"\x63\x63"),
    "other mechanism": raw.greeting(b"KERBEROS"),
    "plain": raw.greeting(b"PLAIN"),
    "curve": raw.greeting(b"CURVE"),
    "a server, too": raw.greeting(as_server=1),
}

# After a good greeting, instead of READY.
HANDSHAKES = {
    "a message": raw.frame(b"hello"),
    "unknown command": raw.command(b"DANCE"),
    "empty command": raw.frame(b"", raw.COMMAND),
    "name longer than the frame": raw.frame(b"\xffREADY", raw.COMMAND),
    "ready without a type": raw.command(b"READY"),
    "value of 4 GiB": raw.command(b"READY",
                                  b"\x0bSocket-Type\xff\xff\xff\xffDEALER"),
    "name of 255": raw.command(b"READY", b"\xffSocket-Type"),
    "type that fits not": raw.ready(b"REP"),
    "type that is none": raw.ready(b"DANCER"),
    "empty type": raw.ready(b""),
    "identity of 256": raw.ready(b"DEALER", b"i" * 256),
    "identity of 60000": raw.ready(b"DEALER", b"i" * 60000),
    "identity of zeroes": raw.ready(b"DEALER", bytes(5)),
    "claims to be admin": raw.ready(b"DEALER", **{"User-Id": b"admin"}),
    "many properties": raw.command(
        b"READY", b"".join(b"\4k%03d\0\0\0\0" % n for n in range(1000))),
    "error command": raw.command(b"ERROR", b"\xffbad"),
    "half a ready": raw.ready(b"DEALER")[:-3],
    "claims a long ready": raw.long_header(2**40, raw.COMMAND),
    "length above 2^63": raw.long_header(2**64 - 1),
}

# From a DEALER that is ready.
FRAMES = {
    "empty message": raw.frame(b""),
    "1 GiB claimed": raw.long_header(2**30),
    "2^63 claimed": raw.long_header(2**63),
    "2^64-1 claimed": raw.long_header(2**64 - 1),
    "reserved flags": b"\xf8\5hello",
    "all flags": b"\xff\0\0\0\0\0\0\0\5hello",
    "half a message": b"\0\xff" + b"x" * 100,
    "command as a message": raw.command(b"DANCE", b"x" * 200),
    "ping": raw.command(b"PING", b"\0\0context"),
    "ping with a long context": raw.command(b"PING", b"\0\0" + b"c" * 5000),
    "short ping": raw.command(b"PING"),
    "pong": raw.command(b"PONG", b"x" * 16),
    "subscribe command": raw.command(b"SUBSCRIBE", b"lobby"),
    "cancel command": raw.command(b"CANCEL", b"lobby"),
    "subscribe as a message": raw.frame(b"\1lobby "),
    "more without an end": raw.frame(b"x", raw.MORE),
    "a second ready": raw.ready(b"DEALER"),
    "long form of a short": raw.long_header(1) + b"\x90",
}


def bystander(t):
    c = t.client("bystander")
    room = t.name("room")
    c.join(room)
    return c, t.listener(c, room), room


def afterwards(t, c, sub, room):
    t.check_quick(c)
    sub.settle(c, room)


def everywhere(t, table, begin=lambda peer: None):
    """Sends each row to both sockets, on connections that stay open; then
    closes some with a reset."""
    c, sub, room = bystander(t)
    peers = []
    for data in table.values():
        for endpoint in (t.broker.bind, t.broker.pub):
            peer = raw.Raw(endpoint)
            begin(peer)
            peer.send(data)
            peers.append(peer)
        t.check_quick(c)
    afterwards(t, c, sub, room)
    for number, peer in enumerate(peers):
        if number % 2:
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                   struct.pack("ii", 1, 0))
        peer.close()
    afterwards(t, c, sub, room)


def test_greetings(t):
    everywhere(t, GREETINGS)


def test_handshakes(t):
    everywhere(t, HANDSHAKES, lambda peer: peer.send(raw.greeting()))


def test_frames_of_a_dealer(t):
    everywhere(t, FRAMES, lambda peer: peer.handshake(b"DEALER"))


def test_frames_of_a_subscriber(t):
    everywhere(t, FRAMES, lambda peer: peer.handshake(b"SUB"))


def test_upstream_messages_to_pub(t):
    c, sub, room = bystander(t)
    for kind in (b"SUB", b"XSUB"):
        peer = raw.Raw(t.broker.pub)
        peer.handshake(kind)
        say = pack([{"op": "say", "room": room, "text": "forged"}])
        for body in (say, room.encode() + b" " + say, b"", b"\2",
                     b"\0", b"\0" + room.encode(), b"\1" * 1000):
            peer.send(raw.frame(body))
            peer.send(raw.frame(body, raw.MORE) + raw.frame(body))
    check(not [m for m in sub.settle(c, room) if m["op"] == "say"],
          "nothing is published by it")
    afterwards(t, c, sub, room)


def test_random_bytes(t):
    c, sub, room = bystander(t)
    source = random.Random(1)
    for number in range(60):
        peer = raw.Raw(t.broker.bind if number % 2 else t.broker.pub)
        if number % 3 == 1:
            peer.send(raw.greeting())
        if number % 3 == 2:
            peer.handshake(b"DEALER" if number % 2 else b"SUB")
        peer.send(source.randbytes(source.randrange(1, 5000)))
        if number % 5:
            peer.close()
    afterwards(t, c, sub, room)


def test_half_handshake_is_ended(t):
    c = t.client("bystander")
    peers = [raw.Raw(e) for e in (t.broker.bind, t.broker.pub)]
    for peer in peers:
        peer.send(raw.greeting())
        peer.socket.settimeout(12)
    for peer in peers:
        check(peer.closed(), "a peer that never gets ready is cut off")
    t.check_quick(c)


def test_closed_in_the_middle_of_anything(t):
    c, sub, room = bystander(t)
    begin = raw.greeting() + raw.ready(b"DEALER", b"me")
    for length in range(0, len(begin) + 1, 3):
        peer = raw.Raw(t.broker.bind)
        peer.send(begin[:length])
        peer.close()
    hello = raw.frame(pack([{"op": "hello", "v": 1, "id": t.name("cut")}]))
    for length in range(0, len(hello) + 1, 3):
        peer = raw.dealer(t.broker.bind, b"me")
        peer.send(hello[:length])
        peer.close()
    afterwards(t, c, sub, room)


def test_byte_by_byte(t):
    """Slow is not wrong."""
    peer = raw.Raw(t.broker.bind)

    def drip(data):
        for byte in data:
            peer.send(bytes([byte]))

    drip(raw.greeting())
    peer.receive(64)
    drip(raw.ready(b"DEALER"))
    peer.read_frame()
    drip(raw.frame(pack([{"op": "hello", "v": 1, "id": t.name("slow")}])))
    check(b"welcome" in peer.read_frame(), "it is welcome")
