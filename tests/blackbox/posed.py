# SPDX-License-Identifier: MPL-2.0
"""posed.py: a broker of the tests' own, which answers what a test wants.

It speaks the sockets and frames of PROTOCOL.md and knows nothing else, so what
a real broker never does, or seldom, can be done to a client. With CURVE it is
its own gate.
"""
import threading
import urllib.parse

import zmq
from zmq.utils import z85

from wire import pack, unpack

WELCOME = {"op": "welcome", "v": 1, "id": "x", "resume": "ab", "epoch": "cd",
           "beat": 10000, "pub": "tcp://127.0.0.1:1", "time": 1, "acked": 0,
           "durability": "memory", "limits": {}}


def error(code, **more):
    return {"op": "error", "code": code, "text": f"a text for {code}", **more}


def address(url, key):
    """confab://HOST:PORT/?key=..."""
    return (url.replace("tcp://", "confab://") + "/?key=" +
            urllib.parse.quote(key, safe=""))


class Posed:
    """A ROUTER that answers by `answer`, a function of one message: a message,
    a list of them, or None. `takes` makes it a CURVE server: a function of a
    client's public key; `bind` and `pair` are for one that comes after
    another."""

    def __init__(self, answer, takes=None, bind="tcp://127.0.0.1:*",
                 pair=None):
        self.answer = answer
        self.takes = takes
        self.keys = []  # of clients, as they came
        self.ops = []   # what was asked, in order
        self.context = zmq.Context()
        self.gate = self.key = None
        if takes:
            self.gate = self.context.socket(zmq.ROUTER)
            self.gate.bind("inproc://zeromq.zap.01")
        self.socket = self.context.socket(zmq.ROUTER)
        self.socket.LINGER = 0
        if takes:
            self.pair = pair or zmq.curve_keypair()
            self.key = self.pair[0].decode()
            self.socket.CURVE_SERVER = True
            self.socket.CURVE_SECRETKEY = self.pair[1]
            self.socket.ZAP_DOMAIN = b"confab"
        self.socket.bind(bind)
        self.url = self.socket.LAST_ENDPOINT.decode()
        self.address = self.key and address(self.url, self.key)
        self.ending = False
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def judge(self):
        peer, _, version, request, *rest = self.gate.recv_multipart()
        key = z85.encode(rest[4]).decode()
        self.keys.append(key)
        status = b"200" if self.takes(key) else b"400"
        self.gate.send_multipart([peer, b"", version, request, status, b"",
                                  key.encode(), b""])

    def work(self):
        peer, frame = self.socket.recv_multipart()
        for message in unpack(frame) if frame else ():
            self.ops.append(message)
            answers = self.answer(message)
            if isinstance(answers, dict):
                for key in ("ref", "n"):
                    if key in message:
                        answers.setdefault(key, message[key])
                answers = [answers]
            if answers:
                self.socket.send_multipart([peer, pack(answers)])

    def serve(self):
        poller = zmq.Poller()
        poller.register(self.socket, zmq.POLLIN)
        if self.gate:
            poller.register(self.gate, zmq.POLLIN)
        while not self.ending:
            ready = dict(poller.poll(50))
            if self.gate in ready:
                self.judge()
            if self.socket in ready:
                self.work()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ending = True
        self.thread.join()
        self.socket.close(0)
        if self.gate:
            self.gate.close(0)
        self.context.term()
