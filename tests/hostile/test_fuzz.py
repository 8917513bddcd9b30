# SPDX-License-Identifier: MPL-2.0
"""Random and damaged frames from a fixed seed: the broker answers each or
not, and never anybody else late."""
import json
import os
import random

from wire import check, pack

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
FRAMES = 1500
SEED = 20261122


def vectors():
    """Every message that a client may send or get wrong."""
    found = []
    for name in ("client", "faults", "edges"):
        with open(f"{ROOT}/proto/vectors/{name}.json",
                  encoding="utf-8") as file:
            found += [bytes.fromhex(row["hex"]) for row in json.load(file)
                      if row.get("from") != "broker"]
    check(len(found) > 50, "there are vectors")
    return found


def mutate(source, data):
    """A few of the things that happen to bytes."""
    data = bytearray(data)
    for _ in range(source.randrange(1, 4)):
        place = source.randrange(len(data) + 1)
        what = source.randrange(5)
        if what == 0:
            data[place:place + 1] = source.randbytes(1)
        elif what == 1:
            del data[place:place + source.randrange(1, 5)]
        elif what == 2:
            data[place:place] = source.randbytes(source.randrange(1, 9))
        elif what == 3:
            data[place:place] = data[:source.randrange(len(data) + 1)]
        else:
            data[place:place + 1] = bytes([source.choice(
                [0xc0, 0xc1, 0xdb, 0xdd, 0xdf, 0xc6, 0xc9, 0xff, 0x90])])
    return bytes(data[:60000])


class Sender:
    """A client that goes on, whatever was done to its session."""

    def __init__(self, t, name):
        self.t = t
        self.name = name
        self.count = 0
        self.client = None
        self.renew()

    def renew(self):
        self.count += 1
        self.client = self.t.dealer()
        self.client.hello(f"{self.name}{self.count}", lane="l")

    def send(self, frame):
        self.client.raw(frame)
        if any(m.get("code") == "no-session" or m["op"] == "bye"
               for m in self.client.drain()):
            self.t.inlets.remove(self.client)
            self.client.close()
            self.renew()


def assault(t, frames):
    other = t.client(f"other{len(t.inlets)}")
    sender = Sender(t, t.name(f"fuzz{len(t.inlets)}-"))
    for number, frame in enumerate(frames):
        sender.send(frame)
        if number % 100 == 99:
            t.check_quick(other)
    t.check_quick(other)


def test_random_bytes(t):
    source = random.Random(SEED)
    assault(t, (source.randbytes(source.randrange(1, 300))
                for _ in range(FRAMES)))


def test_random_bytes_in_an_array(t):
    source = random.Random(SEED + 1)
    assault(t, (b"\x91\x83\xa2op" + source.randbytes(
        source.randrange(1, 60)) for _ in range(FRAMES)))


def test_damaged_vectors(t):
    source = random.Random(SEED + 2)
    known = vectors()
    assault(t, (b"\x91" + mutate(source, source.choice(known))
                for _ in range(FRAMES)))


def test_vectors_as_they_are(t):
    known = vectors()
    assault(t, (b"\x91" + v for v in known))
    assault(t, (bytes([0x90 + len(known[i:i + 9])]) +
                b"".join(known[i:i + 9]) for i in range(0, len(known), 9)))


def random_value(source, depth):
    kinds = [lambda: None, lambda: source.random() < 0.5,
             lambda: source.randrange(-2**63, 2**64),
             lambda: source.random() * 1e9, lambda: source.randbytes(5),
             lambda: "".join(chr(source.randrange(1, 0xd7ff))
                             for _ in range(source.randrange(9))),
             lambda: [random_value(source, depth - 1)
                      for _ in range(source.randrange(4))],
             lambda: {source.choice("abc"): random_value(source, depth - 1)
                      for _ in range(source.randrange(3))}]
    return source.choice(kinds[:-2] if depth == 0 else kinds)()


def test_random_values_for_known_keys(t):
    source = random.Random(SEED + 3)
    ops = ("hello join leave say tell ack history sync who rooms ping "
           "bye").split()
    keys = ("ref v id inbox lane resume beat agent room direct text data kind"
            " re n keep to receipt seq with after before since limit").split()

    def message():
        fields = {k: random_value(source, 3)
                  for k in source.sample(keys, source.randrange(6))}
        return {"op": source.choice(ops), **fields}

    assault(t, (pack([message() for _ in range(source.randrange(1, 5))])
                for _ in range(FRAMES)))
