# SPDX-License-Identifier: MPL-2.0
"""What a hostile broker may do to confab: one that speaks ZMTP by hand."""
import select
import socket
import struct
import time

from cli import Cli
from wire import PATIENCE, Failure, check, pack, same, unpack

BROKER = False
MORE, LONG, COMMAND = 1, 2, 4


def frame(payload, flags=0):
    if len(payload) > 255:
        return struct.pack(">BQ", flags | LONG, len(payload)) + payload
    return struct.pack("BB", flags, len(payload)) + payload


class Hostile:
    """Takes one connection after the other, as a ROUTER."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(4)
        self.socket.settimeout(PATIENCE)
        self.url = "tcp://127.0.0.1:%d" % self.socket.getsockname()[1]
        self.peer = None
        self.unread = b""

    def accept(self):
        if self.peer:
            self.peer.close()
        self.peer, _ = self.socket.accept()
        self.peer.settimeout(PATIENCE)
        self.unread = b""
        self.peer.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(48))
        self.take(64)
        ready = (b"\x05READY\x0bSocket-Type" + struct.pack(">I", 6) +
                 b"ROUTER\x08Identity" + struct.pack(">I", 0))
        self.peer.sendall(frame(ready, COMMAND))

    def take(self, count):
        while len(self.unread) < count:
            data = self.peer.recv(65536)
            check(data, "the connection was closed")
            self.unread += data
        taken, self.unread = self.unread[:count], self.unread[count:]
        return taken

    def message(self, op):
        """The next message with this op; commands and probes are passed
        over."""
        while True:
            flags, size = self.take(2)
            if flags & LONG:
                size, = struct.unpack(">Q", bytes([size]) + self.take(7))
            payload = self.take(size)
            if flags & COMMAND or not payload:
                continue
            for message in unpack(payload):
                if message["op"] == op:
                    return message

    def say(self, **message):
        self.peer.sendall(frame(pack([message])))

    def welcome(self):
        hello = self.message("hello")
        self.say(op="welcome", v=1, id=hello["id"], resume="ab", epoch="cd",
                 beat=10000, pub="tcp://127.0.0.1:1", time=1, acked=0,
                 durability="memory", limits={}, ref=hello["ref"])

    def is_shut(self):
        """Waits until the other side has closed the connection."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if select.select([self.peer], [], [], 0.1)[0] and \
                        not self.peer.recv(65536):
                    return
            except ConnectionError:
                return
        raise Failure("the connection is still open")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.peer:
            self.peer.close()
        self.socket.close()


def test_message_of_many_parts(f):
    """It is no message, and what comes behind it is."""
    with Hostile() as broker, Cli(f, broker.url) as cli:
        ping = cli.start("ping", "-j")
        broker.accept()
        broker.peer.sendall(frame(b"x" * 10, MORE) * 100000 + frame(b"x"))
        broker.welcome()
        question = broker.message("ping")
        pong = {"op": "pong", "time": 2, "heads": {}, "mail": 0,
                "ref": question["ref"]}
        broker.peer.sendall(frame(b"", MORE) * 30 + frame(pack([pong])))
        broker.say(**dict(pong, time=3))
        same(ping.message("pong")["time"], 3)


def test_message_without_end(f):
    """Its connection is made anew; nothing else of the client suffers."""
    with Hostile() as broker, Cli(f, broker.url) as cli:
        listen = cli.start("-i", "ann", "listen", "--mail")
        for _ in range(2):
            broker.accept()
            broker.welcome()
            broker.peer.sendall(frame(b"x" * 60000, MORE) * 100)
            broker.is_shut()
            listen.error("lost")
        broker.accept()
        broker.welcome()
        listen.error("again")
        broker.say(op="tell", to="ann", seq=9, prev=0, time=1, text="hi",
                   **{"from": "bob"})
        check(listen.line().endswith("<bob> hi"), "mail")
