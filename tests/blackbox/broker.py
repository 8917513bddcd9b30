# SPDX-License-Identifier: MPL-2.0
"""broker.py: a confabd to test, started fresh and watched."""
import os
import re
import select
import signal
import subprocess
import tempfile
import time

START = 15.0  # seconds until it must be ready
LOG_TAIL = 25

READY = re.compile(rb"ready bind=(\S+) pub=(\S+)(?: key=(\S+))?"
                   rb"(?: plain-bind=(\S+) plain-pub=(\S+))?\n")


class Broker:
    """`limits` are keys of the config file's section limits, `config` those
    of others ({"access": "claim", "plain": {"bind": ...}}), `users` the lines
    of the users file; `bind` and `pub` give the endpoints of an earlier one,
    `folder` its home; it inherits `pass_fds`."""

    def __init__(self, path, limits=None, bind=None, pub=None,
                 log=None, options=(), env=None, config=None, users=None,
                 folder=None, pass_fds=()):
        self.folder = folder or tempfile.TemporaryDirectory(
            prefix="confab-test-")
        self.stopped = False  # on purpose
        # A path is relative to the folder, where the broker is at home.
        log = log or os.environ.get("TEST_LOG", "memory:")
        self.log_path = os.path.join(self.folder.name, "log")
        command = [path, "--bind", bind or "tcp://127.0.0.1:*",
                   "--pub", pub or "tcp://127.0.0.1:*",
                   "--log", log, *options]
        if users is not None:
            self.list_users(*users)
            config = {"users": self.users_path, **(config or {})}
        if limits or config:
            command[1:1] = ["-c", self.config(limits, config or {})]
        with open(self.log_path, "wb") as log:
            self.child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=log, cwd=self.folder.name, pass_fds=pass_fds,
                env=dict(os.environ, XDG_STATE_HOME=self.folder.name,
                         XDG_RUNTIME_DIR=self.folder.name)
                | (env or {}))
        (self.bind, self.pub, self.key,  # None: it has none
         self.plain_bind, self.plain_pub) = self.ready()

    @property
    def key_path(self):
        """Beside the database, or in the usual place."""
        paths = [os.path.join(self.folder.name, *parts, "server.key")
                 for parts in ((), ("confab",))]
        return next(path for path in paths if os.path.exists(path))

    @property
    def users_path(self):
        return os.path.join(self.folder.name, "users")

    def list_users(self, *lines):
        """Writes them as `confabd user` does: whole, in place of the file."""
        new = self.users_path + ".new"
        with open(new, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.writelines(line + "\n" for line in lines)
        os.replace(new, self.users_path)

    def config(self, limits, more):
        path = os.path.join(self.folder.name, "confab.conf")
        more = dict(more, **({"limits": limits} if limits else {}))
        with open(path, "w", encoding="utf-8") as file:
            # Keys without a section come first.
            for key, value in sorted(more.items(),
                                     key=lambda kv: isinstance(kv[1], dict)):
                if not isinstance(value, dict):
                    file.write(f'{key} = "{value}"\n')
                    continue
                file.write(f"{key}\n")
                for name, inner in value.items():
                    file.write(f'    {name} = "{inner}"\n')
        return path

    def ready(self):
        out = self.child.stdout
        if select.select([out], [], [], START)[0]:
            line = os.read(out.fileno(), 4096)
            match = READY.fullmatch(line)
            if match:
                return [group and group.decode() for group in match.groups()]
        raise RuntimeError(f"confabd did not get ready ({self.ending()}):\n"
                           f"{self.log_tail()}")

    def ending(self):
        """Its exit code when it ends by itself, else -9."""
        try:
            return self.child.wait(1)
        except subprocess.TimeoutExpired:
            self.child.kill()
            return self.child.wait()

    @property
    def pid(self):
        return self.child.pid

    def alive(self):
        return self.child.poll() is None

    def stop(self, how=signal.SIGTERM, seconds=10):
        """Ends it; gives the exit code."""
        self.stopped = True
        if self.alive():
            self.child.send_signal(how)
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise RuntimeError(f"confabd did not stop:\n{self.log_tail()}")
        finally:
            self.child.stdout.close()

    def close(self):
        if self.alive():
            self.child.kill()
            self.child.wait()
        self.child.stdout.close()
        self.folder.cleanup()

    def log_tail(self):
        with open(self.log_path, "rb") as log:
            lines = log.read().decode("utf-8", "backslashreplace").split("\n")
        return "\n".join(lines[-LOG_TAIL:])

    def status(self, key):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith(key + ":"):
                    return int(line.split()[1])
        raise KeyError(key)

    def memory(self):
        """Resident bytes now."""
        return self.status("VmRSS") * 1024

    def peak(self):
        """Most resident bytes ever."""
        return self.status("VmHWM") * 1024

    def cpu(self):
        """CPU seconds used so far."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def threads_settle(self, seconds=5.0):
        """Waits until it uses no CPU: what was sent has been worked off."""
        end = time.monotonic() + seconds
        before = self.cpu()
        while time.monotonic() < end:
            time.sleep(0.1)
            now = self.cpu()
            if now - before < 0.02:
                return
            before = now
