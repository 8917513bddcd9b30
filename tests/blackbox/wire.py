# SPDX-License-Identifier: MPL-2.0
"""wire.py: a client of PROTOCOL.md with nothing but pyzmq and msgpack.

Client is a DEALER, Sub a SUB socket; both turn frames into messages (dicts)
and wait with a deadline, never for a fixed time. What was sent and what came
is kept in a trace, which the runner prints when a test fails.
"""
import collections
import itertools
import time

import msgpack
import zmq

PATIENCE = 8.0  # seconds until an answer is given up; never a pause
TRACE = 30      # lines kept for each socket
FRAME = 65536   # bytes at most, either way
ANY = object()  # in expect(): the key is there, whatever its value


class Failure(AssertionError):
    """What was expected, and what came instead."""


class Slow(Failure):
    """Right, but not in time: it may have been somebody else's load, so the
    test has two more tries. What is slow by itself is slow in all of them."""


def pack(value):
    return msgpack.packb(value, use_bin_type=True)


def unpack(frame):
    return msgpack.unpackb(frame, raw=False, strict_map_key=False)


def show(value, limit=240):
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)})"


def differs(message, op, fields):
    """Why it is not the message that is wanted; "" when it is."""
    if op is not None and message.get("op") != op:
        return f"op is {message.get('op')!r}"
    for key, want in fields.items():
        have = message.get(key)
        if want is ANY:
            if key not in message:
                return f"{key} is missing"
        elif want is None:
            if key in message:
                return f"{key} should not be there"
        elif have != want or isinstance(have, bool) != isinstance(want, bool):
            return f"{key} is {show(have)}"
    return ""


class Inlet:
    """Messages that come in on a socket, in order, behind a queue."""

    def __init__(self, socket, label):
        self.socket = socket
        self.label = label
        self.queue = collections.deque()
        self.trace = collections.deque(maxlen=TRACE)

    def note(self, way, what):
        self.trace.append(f"{self.label} {way} {show(what)}")

    def split(self, frame):
        """The messages of a frame; Sub overrides it."""
        return unpack(frame)

    def pull(self, seconds):
        """Takes one frame into the queue. False when none came in time."""
        if not self.socket.poll(max(0, int(seconds * 1000))):
            return False
        parts = self.socket.recv_multipart()
        if len(parts) != 1:
            raise Failure(f"{self.label}: {len(parts)} frames in a message")
        if len(parts[0]) > FRAME + 65:
            raise Failure(f"{self.label}: a frame of {len(parts[0])} bytes")
        messages = self.split(parts[0])
        if not isinstance(messages, list) or not messages:
            raise Failure(f"{self.label}: not an array: {show(parts[0])}")
        for message in messages:
            self.note("<", message)
        self.queue.extend(messages)
        return True

    def next(self, op=None, seconds=PATIENCE, **fields):
        """The very next message, which must be this one."""
        end = time.monotonic() + seconds
        while not self.queue:
            if not self.pull(end - time.monotonic()) and \
                    time.monotonic() >= end:
                raise Failure(f"{self.label}: nothing came, expected "
                              f"{op or 'a message'} {show(fields)}")
        message = self.queue.popleft()
        why = differs(message, op, fields)
        if why:
            raise Failure(f"{self.label}: {why} in {show(message)}, "
                          f"expected {op} {show(fields)}")
        return message

    def expect(self, op, seconds=PATIENCE, **fields):
        """The first message like this, now or in time; others stay queued."""
        end = time.monotonic() + seconds
        seen = 0
        while True:
            for message in itertools.islice(self.queue, seen, None):
                if not differs(message, op, fields):
                    self.queue.remove(message)
                    return message
            seen = len(self.queue)
            if time.monotonic() >= end:
                break
            self.pull(end - time.monotonic())
        came = "; ".join(show(m) for m in self.queue) or "nothing"
        raise Failure(f"{self.label}: expected {op} {show(fields)}, "
                      f"came: {came}")

    def drain(self):
        """What has arrived by now."""
        while self.pull(0):
            pass
        messages = list(self.queue)
        self.queue.clear()
        return messages

    def close(self):
        self.socket.close(0)


class Keys:
    """A CURVE key pair."""

    def __init__(self):
        self.public, self.secret = zmq.curve_keypair()

    @property
    def line(self):
        """What stands in the users file, behind the id."""
        return "key=" + self.public.decode()

    def options(self, server):
        """For a socket, to the broker with this key."""
        return {"CURVE_SERVERKEY": server.encode(),
                "CURVE_PUBLICKEY": self.public, "CURVE_SECRETKEY": self.secret}


class Client(Inlet):
    """A DEALER that speaks the protocol. With IMMEDIATE it queues nothing for
    a broker that is away, and probes each time; but when the connection ends
    libzmq drops what came and was not read yet, so a test that is a moment
    late misses the last words of a broker."""

    def __init__(self, context, bind, label="client", identity=None,
                 **options):
        socket = context.socket(zmq.DEALER)
        socket.LINGER = 0
        socket.IMMEDIATE = options.get("PROBE_ROUTER", 0)
        socket.SNDTIMEO = int(PATIENCE * 1000)
        for name, value in options.items():
            setattr(socket, name, value)
        if identity is not None:
            socket.setsockopt(zmq.IDENTITY, identity)
        socket.connect(bind)
        super().__init__(socket, label)
        self.refs = itertools.count(1)
        self.welcome = None
        self.id = None

    def raw(self, frame, *more):
        """Any bytes, in one frame or several."""
        self.note(">", frame if not more else (frame, *more))
        self.socket.send_multipart([frame, *more])

    def send(self, *messages):
        for message in messages:
            self.note(">", message)
        frame = pack(list(messages))
        if len(frame) > FRAME:
            raise Failure(f"the test sends a frame of {len(frame)} bytes")
        self.socket.send(frame)

    def tell_broker(self, op, **fields):
        """Sends one message without waiting for anything."""
        self.send({"op": op, **fields})

    def ask(self, op, seconds=PATIENCE, **fields):
        """Sends it with a new ref and gives the answer, whatever it is."""
        ref = fields.setdefault("ref", f"r{next(self.refs)}")
        self.send({"op": op, **fields})
        return self.expect(None, seconds, ref=ref)

    def done(self, op, answer="ok", **fields):
        """Asks, and wants this kind of answer."""
        message = self.ask(op, **fields)
        if message.get("op") != answer:
            raise Failure(f"{self.label}: {op} {show(fields)} was answered "
                          f"{show(message)}, expected {answer}")
        return message

    def refused(self, op, code, **fields):
        """Asks, and wants this error, with a sentence for a person."""
        message = self.done(op, "error", **fields)
        if message.get("code") != code:
            raise Failure(f"{self.label}: {op} {show(fields)} was refused by "
                          f"{show(message)}, expected {code}")
        if not message.get("text"):
            raise Failure(f"{self.label}: no text in {show(message)}")
        return message

    def hello(self, name, **fields):
        self.label = self.id = name
        self.welcome = self.done("hello", "welcome", v=1, id=name, **fields)
        return self.welcome

    def join(self, room, **fields):
        return self.done("join", "joined", room=room, **fields)

    def say(self, room, text, **fields):
        return self.done("say", room=room, text=text, **fields)

    def tell(self, to, text, **fields):
        return self.done("tell", to=to, text=text, **fields)

    def ping(self, seconds=PATIENCE):
        return self.done("ping", "pong", seconds=seconds)

    def silent(self):
        """Nothing is on its way: two round trips bring pongs alone. (What
        was committed before the first ping stands before the second pong.)"""
        self.ping()
        self.ping()
        if self.queue:
            raise Failure(f"{self.label}: expected nothing, came "
                          f"{show(list(self.queue))}")

    def delay(self):
        """Milliseconds until a ping is answered."""
        begin = time.monotonic()
        self.ping()
        return (time.monotonic() - begin) * 1000


class Sub(Inlet):
    """A SUB socket: the live feed of public rooms."""

    def __init__(self, context, pub, *topics, **options):
        socket = context.socket(zmq.SUB)
        socket.LINGER = 0
        for name, value in options.items():
            setattr(socket, name, value)
        socket.connect(pub)
        super().__init__(socket, "sub")
        for topic in topics:
            self.subscribe(topic)

    def subscribe(self, topic):
        self.socket.setsockopt(zmq.SUBSCRIBE, topic.encode())

    def split(self, frame):
        room, space, body = frame.partition(b" ")
        messages = unpack(body)
        for message in messages:
            if not space or message.get("room") != room.decode():
                raise Failure(f"topic {room!r} carries {show(message)}")
        return messages

    def attach(self, client, room):
        """Waits until the subscription is in force: sync until a tick."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            client.tell_broker("sync", room=room)
            if self.pull(0.05):
                return self
        raise Failure(f"no tick on the topic of {room}")

    def settle(self, client, room):
        """Everything sent so far has come: a message says so. Gives what
        came before it, ticks left out."""
        mark = f"mark {time.monotonic()}"
        client.say(room, mark)
        came = []
        while True:
            message = self.next()
            if message.get("text") == mark:
                return [m for m in came if m["op"] != "tick"]
            came.append(message)


def wait_until(condition, what, seconds=PATIENCE):
    """Looks again until it is true, with a deadline."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise Failure(f"still not so after {seconds} s: {what}")


def same(have, want, what="value"):
    if have != want:
        raise Failure(f"{what} is {show(have)}, expected {show(want)}")


def check(condition, what):
    if not condition:
        raise Failure(what)
