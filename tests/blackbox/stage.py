# SPDX-License-Identifier: MPL-2.0
"""stage: real programs, started, watched, frozen, killed and cleaned up.

A test marked @staged gets a Stage on top of its Fixture (tests/blackbox). What
it starts there lives in a directory of its own and is dead when the test is
over, however it ends. Waiting is done in one way only: for a condition, with a
deadline, and with words for what did not happen. A string that the test returns
is what it measured, and is printed.

Never: a sleep for luck, a fixed port, a state directory shared with the user.
"""
import functools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from wire import Failure

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
PYTHON = "/usr/bin/python3"
LOOK = 0.01    # seconds between two looks
PATIENCE = 20  # seconds until something that should happen counts as lost


def until(condition, what, seconds=PATIENCE):
    """As wait_until; `what` is a function when it tells how it stands. A
    failure of the condition itself is not waited for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(LOOK)
    words = what() if callable(what) else what
    raise Failure(f"not within {seconds} s: {words}")


class Program:
    """A process whose stderr, and stdout unless `output` is a file, are
    gathered in lists of lines (bytes, without their line feed)."""

    def __init__(self, command, env, output=None, stdin=None):
        self.command = command
        self.out, self.err = [], []
        self.child = subprocess.Popen(
            command, env=env, cwd=ROOT, start_new_session=True,
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.PIPE if output is None else output,
            stderr=subprocess.PIPE)
        self.pid = self.child.pid
        self.readers = [
            self._gather(stream, lines) for stream, lines in
            ((self.child.stdout, self.out), (self.child.stderr, self.err))
            if stream]
        self.ended = None  # when, once it has
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        self.child.wait()
        self.ended = time.monotonic()

    @staticmethod
    def _gather(stream, lines):
        def gather():
            for line in stream:
                lines.append(line.rstrip(b"\n"))
        thread = threading.Thread(target=gather, daemon=True)
        thread.start()
        return thread

    def __str__(self):
        words = " ".join(os.path.basename(w) for w in self.command[:8])
        tail = b" / ".join(self.err[-5:]).decode(errors="replace")
        return f"[{words}] exit {self.child.poll()}, stderr: {tail or '-'}"

    def alive(self):
        return self.ended is None

    def send(self, number):
        os.kill(self.pid, number)

    def stop(self):
        """Stops it; what it had begun to do is over when this returns."""
        self.send(signal.SIGSTOP)
        until(self._is_stopped, lambda: f"the stop of {self}")

    def _is_stopped(self):
        """A signal to another process is only on its way when kill returns;
        every thread has to have taken it."""
        folder = f"/proc/{self.pid}/task"
        for task in os.listdir(folder):
            with open(f"{folder}/{task}/stat", encoding="utf-8") as file:
                if file.read().rpartition(")")[2].split()[0] != "T":
                    return False
        return True

    def write(self, line):
        self.child.stdin.write(line.encode() + b"\n")
        self.child.stdin.flush()

    def ends(self, seconds=PATIENCE):
        """Waits for the end; gives the exit code."""
        until(lambda: not self.alive(), lambda: f"the end of {self}", seconds)
        for reader in self.readers:
            reader.join(PATIENCE)
        return self.child.returncode

    def done(self, seconds=PATIENCE):
        """Waits for the end, which must be a good one."""
        if self.ends(seconds) != 0:
            raise Failure(str(self))

    def until_line(self, pattern, lines=None, seconds=PATIENCE):
        """The match of the first line that has `pattern`."""
        lines = self.out if lines is None else lines
        expression = re.compile(pattern.encode())

        def look():
            found = (expression.search(line) for line in list(lines))
            return next((match for match in found if match), None)
        return until(look, lambda: f"a line {pattern!r} of {self}; it has "
                     f"{lines[-5:]}", seconds)

    def close(self):
        if self.alive():
            self.child.kill()
        self.child.wait()


class Stage:
    def __init__(self, fixture):
        self.fixture = fixture
        self.confab_path = fixture.shared.args.confab
        self.home = tempfile.mkdtemp(prefix="confab-real-")
        self.env = {key: value for key, value in os.environ.items()
                    if not key.startswith(("CONFAB_", "XDG_", "MAKE", "MFL"))}
        self.env.update(HOME=self.home, XDG_STATE_HOME=f"{self.home}/state",
                        XDG_CONFIG_HOME=f"{self.home}/config",
                        LC_ALL="C.UTF-8")
        self.programs = []

    def path(self, name):
        return os.path.join(self.home, name)

    def start(self, command, **how):
        program = Program(command, self.env, **how)
        self.programs.append(program)
        return program

    def broker(self, config="", options=(), **where):
        """A confabd of its own, where the stage's clients go from now on."""
        if config:
            with open(self.path("confab.conf"), "w", encoding="utf-8") as file:
                file.write(config)
            options = ("-c", self.path("confab.conf"), *options)
        return self.fixture.fresh(options=options, **where)

    def command(self, name, *words):
        return [self.confab_path, "-b", self.fixture.broker.bind, "-i", name,
                *words]

    def confab(self, name, *words, **how):
        return self.start(self.command(name, *words), **how)

    def client(self, name, **hello):
        """A client spoken from here, under just this name."""
        client = self.fixture.dealer(IMMEDIATE=1)  # brokers die here
        client.hello(name, **hello)
        return client

    def asker(self):
        """A client that is present nowhere."""
        return self.client("asker", inbox=False)

    def until_members(self, asker, room, names, seconds=PATIENCE):
        """Waits until the room has exactly these members."""
        names = sorted(names)

        def members():
            return sorted(asker.ask("who", room=room).get("members", []))
        until(lambda: members() == names,
              lambda: f"{room} has {members()}, not {names}; "
              + "; ".join(str(p) for p in self.programs), seconds)

    def close(self):
        for program in reversed(self.programs):
            program.close()
        shutil.rmtree(self.home, ignore_errors=True)


def staged(test):
    @functools.wraps(test)
    def run(fixture):
        stage = Stage(fixture)
        try:
            words = test(stage)
        finally:
            stage.close()
        if words:
            print(f"       {words}")
    return run
