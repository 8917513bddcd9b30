# SPDX-License-Identifier: MPL-2.0
"""curve.py: a peer that speaks CURVE (ZeroMQ RFC 26) over a plain TCP socket,
and may do every step of it wrongly.

The steps of the handshake are functions that give bytes; `Curve.handshake` is
how they belong together. A test that wants one of them wrong makes the others
itself. The boxes are libsodium's, which libzmq has anyway, by ctypes.
"""
import ctypes
import ctypes.util
import os
import struct

import raw
from zmq.utils import z85

KEY, NONCE, MAC = 32, 24, 16
HELLO_BYTES, WELCOME_BYTES = 200, 168  # of the commands' bodies
COOKIE = 96

sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
sodium.sodium_init()


class BadBox(Exception):
    """What came was not sealed with these keys."""


class Pair:
    """A key pair."""

    def __init__(self):
        public, secret = (ctypes.create_string_buffer(KEY) for _ in range(2))
        sodium.crypto_box_keypair(public, secret)
        self.public, self.secret = public.raw, secret.raw

    @property
    def z85(self):
        return z85.encode(self.public).decode()

    @property
    def secret_z85(self):
        return z85.encode(self.secret).decode()


def seal(text, nonce, public, secret):
    out = ctypes.create_string_buffer(len(text) + MAC)
    sodium.crypto_box_easy(out, text, ctypes.c_ulonglong(len(text)), nonce,
                           public, secret)
    return out.raw


def unseal(box, nonce, public, secret):
    out = ctypes.create_string_buffer(max(1, len(box) - MAC))
    if len(box) < MAC or sodium.crypto_box_open_easy(
            out, box, ctypes.c_ulonglong(len(box)), nonce, public, secret):
        raise BadBox(f"{len(box)} bytes")
    return out.raw[:len(box) - MAC]


def hash_password(password):
    """As `confabd user` keeps it."""
    out = ctypes.create_string_buffer(128)  # crypto_pwhash_STRBYTES
    if sodium.crypto_pwhash_str(
            out, password.encode(), ctypes.c_ulonglong(len(password)),
            ctypes.c_ulonglong(2), ctypes.c_size_t(64 << 20)):
        raise MemoryError
    return out.value.decode()


def long_nonce(purpose):
    """A random one behind its 8 letters."""
    return purpose + os.urandom(NONCE - len(purpose))


def short_nonce(purpose, number):
    """A counted one behind its 16 letters."""
    return purpose + struct.pack(">Q", number)


def properties(**values):
    """What a handshake tells of a peer: Socket_Type=b"DEALER" and so on."""
    def one(name, value):
        name = name.replace("_", "-").encode()
        return (bytes([len(name)]) + name + struct.pack(">I", len(value)) +
                value)
    return b"".join(one(*pair) for pair in values.items())


def hello(server, short, number=1, signature=bytes(64), version=b"\1\0"):
    box = seal(signature, short_nonce(b"CurveZMQHELLO---", number), server,
               short.secret)
    return raw.command(b"HELLO", version + bytes(72) + short.public +
                       struct.pack(">Q", number) + box)


def read_welcome(body, server, short):
    """(the server's key for this connection, the cookie)"""
    if body is None or not body.startswith(b"\7WELCOME"):
        raise BadBox(f"no WELCOME: {body!r}")
    inner = unseal(body[24:], b"WELCOME-" + body[8:24], server, short.secret)
    return inner[:KEY], inner[KEY:]


def vouch(server, short, keys, theirs):
    """That the owner of `keys` made `short` for this server. The nonce, and
    the box."""
    nonce = long_nonce(b"VOUCH---")
    return nonce[8:] + seal(short.public + server, nonce, theirs, keys.secret)


def initiate(theirs, cookie, short, inner, number=2):
    """`inner`: key, vouch and metadata, to be sealed."""
    box = seal(inner, short_nonce(b"CurveZMQINITIATE", number), theirs,
               short.secret)
    return raw.command(b"INITIATE",
                       cookie + struct.pack(">Q", number) + box)


class Curve(raw.Raw):
    """A connection whose messages are sealed once `handshake` is through.
    `server` is the broker's key as it prints it."""

    def __init__(self, endpoint, server, keys=None, small=False):
        super().__init__(endpoint, small)
        self.server = z85.decode(server.encode())
        self.keys = keys or Pair()
        self.short = Pair()
        self.number = 0
        self.theirs = self.cookie = None

    def count(self):
        self.number += 1
        return self.number

    def greet(self):
        self.send(raw.greeting(b"CURVE"))
        return self.receive(64)

    def meet(self):
        """Greeting, HELLO and WELCOME."""
        self.greet()
        self.send(hello(self.server, self.short, self.count()))
        self.theirs, self.cookie = read_welcome(self.read_frame(), self.server,
                                                self.short)

    def claim(self, metadata):
        """The inside of INITIATE as it should be."""
        return (self.keys.public + vouch(self.server, self.short, self.keys,
                                         self.theirs) + metadata)

    def enter(self, metadata):
        """INITIATE; gives the answer's body: READY, ERROR, or None when it
        is shut."""
        self.send(initiate(self.theirs, self.cookie, self.short,
                           self.claim(metadata), self.count()))
        return self.read_frame()

    def handshake(self, kind=b"DEALER", identity=b"", **more):
        self.meet()
        return self.enter(properties(Socket_Type=kind, Identity=identity,
                                     **more))

    def sealed(self, body, flags=0, number=None):
        """A frame of a message. RFC 26 has the flags inside the box."""
        number = self.count() if number is None else number
        box = seal(bytes([flags]) + body,
                   short_nonce(b"CurveZMQMESSAGEC", number), self.theirs,
                   self.short.secret)
        return raw.frame(b"\7MESSAGE" + struct.pack(">Q", number) + box)

    def opened(self, body):
        """What is in a MESSAGE that came."""
        if body is None or not body.startswith(b"\7MESSAGE"):
            raise BadBox(f"no MESSAGE: {body!r}")
        return unseal(body[16:], b"CurveZMQMESSAGES" + body[8:16], self.theirs,
                      self.short.secret)[1:]

    def read_message(self):
        """The next frame of a message, None when it is shut."""
        body = self.read_frame()
        return None if body is None else self.opened(body)


def is_ready(answer):
    return answer is not None and answer.startswith(b"\5READY")


def is_error(answer):
    """Status 400 and the like."""
    return answer is not None and answer.startswith(b"\5ERROR")
