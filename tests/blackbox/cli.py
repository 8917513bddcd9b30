# SPDX-License-Identifier: MPL-2.0
"""cli.py: the program `confab`, run as a person or a script runs it.

Each Cli has its own folder for state, as each user has. What is started is
ended with it, whatever the test did.
"""
import json
import os
import queue
import signal
import socket
import subprocess
import tempfile
import threading

from wire import Failure, PATIENCE, same, show

RUN = 20.0  # seconds until a command must have ended


class Running:
    """A command that goes on while the test looks at what it prints."""

    def __init__(self, command, env):
        self.child = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.lines = queue.Queue()
        self.errors = queue.Queue()
        self.skipped = []
        self.threads = [
            threading.Thread(target=self.read, args=(stream, lines),
                             daemon=True)
            for stream, lines in ((self.child.stdout, self.lines),
                                  (self.child.stderr, self.errors))]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def read(stream, lines):
        for line in stream:
            lines.put(line.decode("utf-8", "surrogateescape").rstrip("\n"))
        lines.put(None)

    def line(self, seconds=PATIENCE, lines=None):
        """The next line of stdout; None at its end."""
        try:
            return (lines or self.lines).get(timeout=seconds)
        except queue.Empty:
            raise Failure("nothing was printed; on stderr: "
                          f"{list(self.errors.queue)}") from None

    def message(self, op=None, **fields):
        """The first line of JSON like this; others stay for later."""
        def fits(message):
            return (op is None or message.get("op") == op) and all(
                message.get(k) == v for k, v in fields.items())
        for message in self.skipped:
            if fits(message):
                self.skipped.remove(message)
                return message
        while True:
            line = self.line()
            if line is None:
                raise Failure(f"ended before {op} {fields}; on stderr: "
                              f"{list(self.errors.queue)}")
            message = json.loads(line)
            if fits(message):
                return message
            self.skipped.append(message)

    def error(self, part, seconds=PATIENCE):
        """A line of stderr that holds `part`."""
        while True:
            line = self.line(seconds, self.errors)
            if line is None:
                raise Failure(f"ended without {part!r} on stderr")
            if part in line:
                return line

    def write(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        self.child.stdin.write(data)
        self.child.stdin.flush()

    def send(self, **message):
        self.write(json.dumps(message, ensure_ascii=False) + "\n")

    def end(self):
        self.child.stdin.close()

    def signal(self, number):
        self.child.send_signal(number)

    def wait(self, seconds=RUN):
        """The exit code."""
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure("it does not end; on stderr: "
                          f"{list(self.errors.queue)}") from None

    def rest(self):
        """What stdout still has, up to its end."""
        found = []
        while (line := self.line()) is not None:
            found.append(line)
        return found

    def close(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGCONT)
            self.child.kill()
            self.child.wait()
        for thread in self.threads:
            thread.join(PATIENCE)
        self.child.stdin.close() if not self.child.stdin.closed else None
        self.child.stdout.close()
        self.child.stderr.close()


class Cli:
    def __init__(self, fixture, url=None):
        self.fixture = fixture
        self.path = fixture.shared.args.confab
        self.folder = tempfile.TemporaryDirectory(prefix="confab-cli-")
        self.url = url or (fixture.broker.bind if fixture.broker else None)
        self.running = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for running in self.running:
            running.close()
        self.folder.cleanup()

    def env(self, **more):
        env = {k: v for k, v in os.environ.items()
               if not k.startswith("CONFAB_") and
               k not in ("NO_COLOR", "XDG_CONFIG_HOME")}
        env.update(XDG_STATE_HOME=self.folder.name, HOME=self.folder.name,
                   LC_ALL="C.UTF-8", USER="tester",
                   CONFAB_SYSTEM_CONFIG=os.path.join(self.folder.name,
                                                     "client.conf"))
        if self.url:
            env["CONFAB_BROKER"] = self.url
        env.update(more)
        return env

    def run(self, *args, stdin=b"", code=0, **env):
        """Runs it to its end and wants this exit code; gives stdout."""
        return self.full(*args, stdin=stdin, code=code, **env).stdout.decode()

    def full(self, *args, stdin=b"", code=0, **env):
        done = subprocess.run(
            [self.path, *args], env=self.env(**env), timeout=RUN,
            input=stdin if isinstance(stdin, bytes) else stdin.encode(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != code:
            raise Failure(f"confab {' '.join(args)} ended with "
                          f"{done.returncode}, expected {code}\n"
                          f"stdout: {show(done.stdout)}\n"
                          f"stderr: {show(done.stderr, 2000)}")
        return done

    def wrong(self, *args, code, part="", **more):
        """Fails with this exit code, one line of stderr and no stdout."""
        done = self.full(*args, code=code, **more)
        same(done.stdout, b"", "stdout")
        error = done.stderr.decode()
        if part not in error or not error.startswith("confab: "):
            raise Failure(f"stderr is {show(error)}, expected {part!r} in it")
        return error

    def start(self, *args, **env):
        running = Running([self.path, *args], self.env(**env))
        self.running.append(running)
        return running


def nobody():
    """A URL where nothing listens: the port is taken, and stays so as long
    as the socket is kept."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    return f"tcp://127.0.0.1:{taken.getsockname()[1]}", taken
