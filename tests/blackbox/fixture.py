# SPDX-License-Identifier: MPL-2.0
"""fixture.py: what a test gets: a broker, clients, and names of its own.

A module's tests share a broker (`LIMITS` in the module lowers its limits), so
names are made unique by a number; `fresh()` gives a test its own broker.
"""
import itertools

import zmq

from broker import Broker
from wire import Client, Failure, Sub

ANSWER_MS = 50  # another client is answered within


class Shared:
    """What the tests of a module have in common."""

    def __init__(self, args, limits, wanted):
        self.args = args
        self.limits = limits
        self.broker = self.start(limits) if wanted else None
        self.numbers = itertools.count(1)

    def start(self, limits=None, **more):
        return Broker(self.args.confabd, limits, **more)

    def restart(self):
        self.broker.close()
        self.broker = self.start(self.limits)

    def close(self):
        if self.broker:
            self.broker.close()


class Fixture:
    def __init__(self, shared, mode=""):
        self.shared = shared
        self.mode = mode  # of access; "": the test has no modes
        self.words = ""   # what was measured, for the line of the test
        self.number = next(shared.numbers)
        self.broker = shared.broker
        self.context = zmq.Context()
        self.context.MAX_SOCKETS = 4096
        self.inlets = []
        self.brokers = []

    @staticmethod
    def open_module(module, args):
        return Shared(args, getattr(module, "LIMITS", None),
                      getattr(module, "BROKER", True))

    def name(self, stem):
        """A name that no other test of the module uses."""
        return f"{stem}.{self.number}"

    def fresh(self, limits=None, **more):
        """A broker for this test alone, which `client` and `sub` now use."""
        self.broker = self.shared.start(limits, **more)
        self.brokers.append(self.broker)
        return self.broker

    def dealer(self, label="client", **options):
        client = Client(self.context, self.broker.bind, label, **options)
        self.inlets.append(client)
        return client

    def client(self, stem, **hello):
        """A client that has said hello."""
        client = self.dealer()
        client.hello(self.name(stem), **hello)
        return client

    def sub(self, *topics):
        sub = Sub(self.context, self.broker.pub, *topics)
        self.inlets.append(sub)
        return sub

    def listener(self, client, room):
        """A SUB whose subscription to the room is in force; the client must
        be a member."""
        return self.sub(room + " ").attach(client, room)

    def check_broker(self):
        """It lives, unless the test has stopped it."""
        for broker in (self.shared.broker, *self.brokers):
            if broker and not broker.alive() and not broker.stopped:
                raise Failure(f"broker ended by itself: {broker.child.poll()}")

    def check_quick(self, client):
        """The broker lives and answers another client within 50 ms: the
        best of a few, since the machine has other work, too."""
        if not self.broker.alive():
            raise Failure("the broker has ended")
        delays = [client.delay() for _ in range(5)]
        if min(delays) > ANSWER_MS:
            raise Failure(f"answered after {delays} ms")

    def story(self):
        """For a failure: what was sent, what came, and the broker's log."""
        for inlet in self.inlets[:8]:
            yield from list(inlet.trace)[-12:]
        if self.broker:
            yield "broker's log:"
            yield from ("  " + line for line in
                        self.broker.log_tail().rstrip().split("\n"))

    def finish(self):
        for inlet in self.inlets:
            inlet.close()
        self.context.destroy(0)
        # The newest first: it may write into the folder of an older one.
        for broker in reversed(self.brokers):
            broker.close()
        shared = self.shared
        if shared.broker and not shared.broker.alive():
            shared.restart()


def deadline(seconds):
    """Gives a test more time than others have."""
    def mark(function):
        function.deadline = seconds
        return function
    return mark
