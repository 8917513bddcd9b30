# SPDX-License-Identifier: MPL-2.0
"""attack.py: a broker under attack, and what it must bear.

    @modes("open", "claim", "keys")
    def test_something(t):
        with attack(t) as siege:
            siege.run(mischief, siege)

`attack` starts a broker in the test's mode, which may use 512 MiB and no byte
more, and a client beside it that talks the whole time (polite.py). At the end
the broker must be there, its memory must never have been above 256 MiB, the
polite client's round trip below 100 ms (99 of 100), and everything that had an
`ok` must be in the history.

The limit is RLIMIT_DATA, not a cgroup: it needs no rights and counts what the
broker asks for, not what the system caches for it.

`siege.run` calls a function, again and again for some seconds, in a process of
its own that yields to everybody else, so that what is measured is the broker
and not the attack, and nothing is measured but that. Small sizes are for every
day; HOSTILE=full makes them those of the real thing.
"""
import contextlib
import ctypes
import json
import os
import pickle
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback

import curve
import raw
from wire import Client, Failure, Slow, Sub, check, pack, unpack

MB = 1 << 20
LIMIT = 512 * MB   # what the system gives the broker
MEMORY = 256 * MB  # what it may have been at most
ROUND_TRIP = 100   # ms, 99 of 100
START = 10         # seconds until the polite client talks
END = 60           # seconds until it has looked through the history
FULL = os.environ.get("HOSTILE") == "full"
SECONDS = 15 if FULL else 1.5  # that an attack lasts at least
PR_SET_PDEATHSIG = 1           # <sys/prctl.h>: it dies with its parent
POLITE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "polite.py")


def full(big, small):
    """A size: of the real thing, or of every day."""
    return big if FULL else small


def modes(*names):
    """The test is run in each of these modes of access."""
    def mark(function):
        function.modes = names
        return function
    return mark


class Siege:
    """A broker with its people. `people` maps ids to roles, `passwords` to
    what they log in with; HERE in the settings is a folder of its own."""

    def __init__(self, t, people=None, settings="", limits=None,
                 passwords=None):
        self.t = t
        self.mode = t.mode
        self.folder = tempfile.TemporaryDirectory(prefix="confab-siege-")
        self.keys = {}
        self.roles = {}
        self.key = None
        self.polite = None
        self.settings = settings
        self.hashes = {who: curve.hash_password(password)
                       for who, password in (passwords or {}).items()}
        self.limits = limits or {}
        for who, role in {"polite": "member", **(people or {})}.items():
            self.add(who, role)
        self.start()

    # --- the broker ---

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def add(self, who, role="member"):
        """A key pair for this id, listed when the mode asks for it."""
        self.keys[who] = curve.Pair()
        self.roles[who] = role
        self.write_users()

    def remove(self, who):
        """Takes it off the list."""
        del self.roles[who]
        self.write_users()

    def write_users(self):
        """As `confabd user` does: a new file in the place of the old one."""
        lines = [f"{who} role={role} key={self.keys[who].z85}\n"
                 for who, role in self.roles.items()]
        lines += [f"{who} password={hashed}\n"
                  for who, hashed in self.hashes.items()]
        path = self.path("users")
        with open(path + ".new", "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.writelines(lines)
        os.replace(path + ".new", path)

    def config(self):
        lines = [f"access = {self.mode}\n", "sync = normal\n"]
        if self.mode != "open":
            lines += [f"users = \"{self.path('users')}\"\n",
                      f"key = \"{self.path('server.key')}\"\n"]
        lines.append(self.settings.replace("HERE", self.folder.name))
        lines += ["limits\n"] if self.limits else []
        lines += [f"    {k} = {v}\n" for k, v in self.limits.items()]
        with open(self.path("confab.conf"), "w", encoding="utf-8") as file:
            file.writelines(lines)
        return self.path("confab.conf")

    def restart(self):
        """The same again, with the same log, on other ports."""
        self.broker.stop()
        self.start(log="sqlite:" + os.path.join(self.broker.folder.name,
                                                "confab.db"))

    def plain(self):
        """Where those without CURVE ask, when the settings say so."""
        return "ipc://" + self.path("ask")

    def log(self):
        """What the broker has written so far."""
        with open(self.broker.log_path, encoding="utf-8") as log:
            return log.read()

    def start(self, log="sqlite:confab.db"):
        self.broker = self.t.fresh(log=log,
                                   options=("-c", self.config()))
        self.key = getattr(self.broker, "key", None)
        resource.prlimit(self.broker.pid, resource.RLIMIT_DATA,
                         (LIMIT, LIMIT))

    # --- those who keep to the rules ---

    def options(self, who):
        """What pyzmq needs to be this one."""
        if self.mode == "open":
            return {}
        if who not in self.keys:
            self.keys[who] = curve.Pair()
        pair = self.keys[who]
        return {"CURVE_SERVERKEY": self.key.encode(),
                "CURVE_PUBLICKEY": pair.z85.encode(),
                "CURVE_SECRETKEY": pair.secret_z85.encode()}

    def dealer(self, who, source=""):
        """`source`: the address of this machine that it comes from."""
        bind = self.broker.bind
        if source:
            bind = bind.replace("tcp://", f"tcp://{source}:0;")
        client = Client(self.t.context, bind, who, **self.options(who))
        self.t.inlets.append(client)
        return client

    def client(self, who, **hello):
        client = self.dealer(who)
        client.hello(who, **hello)
        return client

    def sub(self, who, *topics):
        sub = Sub(self.t.context, self.broker.pub, **self.options(who))
        for topic in topics:
            sub.subscribe(topic)
        self.t.inlets.append(sub)
        return sub

    # --- those who do not ---

    def peer(self, kind=b"DEALER", who="mallory", small=False):
        """A raw connection before its greeting; `who` has a key of his own,
        which is listed if he is."""
        endpoint = self.broker.pub if kind == b"SUB" else self.broker.bind
        if self.mode == "open":
            return raw.Raw(endpoint, small)
        if who not in self.keys:
            self.keys[who] = curve.Pair()
        return curve.Curve(endpoint, self.key, self.keys[who], small)

    def ready(self, kind=b"DEALER", who="mallory", small=False, **more):
        """The same, through the handshake."""
        peer = self.peer(kind, who, small)
        answer = peer.handshake(kind, **more)
        if answer is None or answer[:6] != b"\5READY":
            raise Failure(f"{who}: the handshake ended with {answer!r}")
        return peer

    def run(self, function, *args, seconds=SECONDS):
        """Calls it for so long in a process of its own; gives a list of what
        it gives, or fails as it does."""
        self.tell("begin")
        try:
            return in_child(repeat, function, args, seconds)
        finally:
            self.tell("end")

    def once(self, function, *args):
        return self.run(function, *args, seconds=0)[0]

    @staticmethod
    def aside(function, *args):
        """What comes before the attack: nobody measures."""
        return in_child(function, *args)

    # --- the polite one ---

    def watch(self):
        setup = {"bind": self.broker.bind, "pub": self.broker.pub,
                 "id": "polite", "room": "polite-room",
                 "options": {k: v.decode() for k, v in
                             self.options("polite").items()}}
        # pylint: disable-next=consider-using-with
        self.polite = subprocess.Popen(
            [sys.executable, POLITE, json.dumps(setup)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        favour(self.polite.pid)
        favour(self.broker.pid)
        if self.heard(START) != b"ready\n":
            raise Failure("the polite client did not get in")

    def tell(self, word):
        if self.polite and self.polite.poll() is None:
            self.polite.stdin.write(word.encode() + b"\n")
            self.polite.stdin.flush()

    def heard(self, seconds):
        """The polite client's next line."""
        if select.select([self.polite.stdout], [], [], seconds)[0]:
            return self.polite.stdout.readline()
        return b""

    def judge(self):
        self.polite.stdin.close()
        line = self.heard(END)
        if not line:
            raise Failure("the polite client hangs, or is gone")
        found = json.loads(line)
        check(self.broker.alive(), f"the broker has ended: {found}")
        peak = self.broker.peak()
        words = f"{found}, broker: {peak / MB:.0f} MiB"
        self.t.words = (f"{found['count']} trips p99 {found['p99']} ms worst "
                        f"{found['worst']} ms, {peak / MB:.0f} MiB")
        check(not found["fault"], words)
        check(found["missing"] == 0, f"acknowledged and not there: {words}")
        check(found["count"] > 0, f"nothing was measured: {words}")
        check(peak < MEMORY, f"too large: {words}")
        if found["p99"] >= ROUND_TRIP:
            raise Slow(f"too slow: {words}")

    def close(self):
        if self.polite:
            self.polite.kill()
            self.polite.wait()
            self.polite.stdout.close()
        self.folder.cleanup()


def favour(pid):
    """Before whatever else the machine has to do, where that is allowed."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, int(thread), -10)


@contextlib.contextmanager
def first_of_all():
    """The kernel may share the CPU among sessions first (autogroup), and a
    priority counts only within one: so that of ours, too, for a while."""
    mine = "/proc/self/autogroup"
    try:
        with open(mine, encoding="ascii") as file:
            before = file.read().split()[-1]
        with open(mine, "w", encoding="ascii") as file:
            file.write("-10")
    except OSError:
        before = None
    try:
        yield
    finally:
        if before is not None:
            with open(mine, "w", encoding="ascii") as file:
                file.write(before)


def say_hello(peer, who, **more):
    """From a raw peer; gives the answer, of which nothing is left when it is
    cut."""
    peer.send(peer.sealed(pack([{"op": "hello", "v": 1, "id": who, **more}])))
    body = peer.read_message()
    return unpack(body)[0] if body else {"op": "nothing"}


def repeat(function, args, seconds):
    """At least once."""
    end = time.monotonic() + seconds
    results = [function(*args)]
    while time.monotonic() < end:
        results.append(function(*args))
    return results


def be_child(writing, function, args):
    """The attacker: nice, and with as many descriptors as there may be."""
    signal.alarm(0)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    code = 1
    try:
        os.nice(10)
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        try:
            result = (True, function(*args))
        except Exception as error:  # told to the parent, whatever it is
            place = traceback.extract_tb(error.__traceback__)[-1]
            result = (False, f"{type(error).__name__}: {error} "
                             f"({place.name}, line {place.lineno})")
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(result, pipe)
        code = 0
    finally:
        os._exit(code)


def in_child(function, *args):
    """What the function gives, called in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        be_child(writing, function, args)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        try:
            data = pipe.read()
        except BaseException:  # the test's deadline
            os.kill(child, signal.SIGKILL)
            raise
        finally:
            os.waitpid(child, 0)
    if not data:
        raise Failure("the attacker ended without a word")
    good, value = pickle.loads(data)
    if not good:
        raise Failure(f"the attacker: {value}")
    return value


@contextlib.contextmanager
def besieged(t, **how):
    """A broker of its own, without the polite client: where what counts is
    an answer, not the time it takes."""
    siege = Siege(t, **how)
    try:
        yield siege
    finally:
        siege.close()


@contextlib.contextmanager
def attack(t, **how):
    with first_of_all(), besieged(t, **how) as siege:
        siege.watch()
        yield siege
        siege.judge()
