# SPDX-License-Identifier: MPL-2.0
"""terminal: a program on a pseudo terminal, typed at and read from."""
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading

from stage import PATIENCE, ROOT, until

ROWS, COLUMNS = 40, 100
LAST_WORDS = 3  # seconds
ESCAPE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|[@-Z\\-_=>])")


class Terminal:
    def __init__(self, stage, command):
        self.command = command
        self.bytes = b""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.child = subprocess.Popen(
            command, env=dict(stage.env, TERM="xterm-256color"), cwd=ROOT,
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.pid = self.child.pid
        threading.Thread(target=self._gather, daemon=True).start()
        stage.programs.append(self)

    def _gather(self):
        while True:
            try:
                got = os.read(self.master, 65536)
            except OSError:  # the last one on the other side is gone
                return
            if not got:
                return
            self.bytes += got

    def __str__(self):
        words = " ".join(os.path.basename(w) for w in self.command[:8])
        return (f"{words}: exit {self.child.poll()}, on its screen: "
                f"{self.shown()[-600:]!r}")

    def shown(self):
        """All that was ever written to the screen, without escapes."""
        return ESCAPE.sub("", self.bytes.decode("utf-8", "replace"))

    def type(self, text):
        os.write(self.master, text.encode())

    def until_shown(self, pattern, seconds=PATIENCE, count=1):
        expression = re.compile(pattern, re.M)
        until(lambda: len(expression.findall(self.shown())) >= count,
              lambda: f"{count} × {pattern!r} of {self}", seconds)
        return expression.search(self.shown())

    def alive(self):
        return self.child.poll() is None

    def ends(self, seconds=PATIENCE):
        until(lambda: not self.alive(), lambda: f"the end of {self}", seconds)
        return self.child.returncode

    def close(self):
        """Asks it to end, so that it can end what it has started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.pid, number)
                self.child.wait(LAST_WORDS)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass
        os.close(self.master)
