# SPDX-License-Identifier: MPL-2.0
"""screen.py: a terminal to test a program on, which is tmux.

Keys go in, and what stands on the screen comes out; every wait is for a
condition and has a deadline.
"""
import os
import re
import subprocess

from wire import Failure, PATIENCE, wait_until


def state(pid):
    """A letter: R, S, T ...; Z: it has ended, and nobody has asked how; X:
    there is no such process any more."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


class Screen:
    """A terminal with a shell in it, in a tmux server of its own."""

    def __init__(self, cli, columns=80, rows=24):
        self.cli = cli
        self.columns = columns
        cli.screens = getattr(cli, "screens", 0) + 1
        self.socket = os.path.join(cli.folder.name, f"tmux{cli.screens}")
        self.tmux("new-session", "-d", "-x", str(columns), "-y", str(rows),
                  "sh")
        self.wait_for(r"^[#$]$")
        self.type("PS1='READY> '", True)
        self.wait_for(r"^READY>$")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """What runs in it still writes down what it must; it is waited for."""
        running = self.children() if os.path.exists(self.socket) else []
        subprocess.run(["tmux", "-S", self.socket, "kill-server"],
                       check=False, stderr=subprocess.DEVNULL)
        for pid in running:
            self.gone(pid)

    @staticmethod
    def gone(pid):
        """The program has ended."""
        wait_until(lambda: state(pid) in "ZX", f"the end of {pid}")

    def children(self):
        """The processes that the shell has started; none without tmux."""
        done = subprocess.run(
            ["tmux", "-S", self.socket, "list-panes", "-a", "-F",
             "#{pane_pid}"], check=False, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        found = []
        for pid in done.stdout.decode().split():
            with open(f"/proc/{pid}/task/{pid}/children",
                      encoding="ascii") as file:
                found += [int(child) for child in file.read().split()]
        return found

    def tmux(self, *args, stdin=None):
        done = subprocess.run(
            ["tmux", "-S", self.socket, "-f", "/dev/null", *args],
            env=self.cli.env(TERM="xterm-256color"), check=True,
            timeout=PATIENCE, stdout=subprocess.PIPE, input=stdin)
        return done.stdout.decode()

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, text, enter=False):
        self.tmux("send-keys", "-l", "--", text)
        if enter:
            self.keys("Enter")

    def paste(self, text):
        self.tmux("load-buffer", "-b", "paste", "-", stdin=text.encode())
        self.tmux("paste-buffer", "-p", "-d", "-b", "paste")

    def lines(self):
        """What stands on the screen, without empty lines at the end."""
        return self.tmux("capture-pane", "-p").rstrip("\n").split("\n")

    def cursor(self):
        return int(self.tmux("display-message", "-p", "#{cursor_x}"))

    def wait_for(self, pattern, seconds=PATIENCE):
        """Waits until a line of the screen matches; gives the screen."""
        def found():
            lines = self.lines()
            return lines if any(re.search(pattern, line)
                                for line in lines) else None
        try:
            return wait_until(found, pattern, seconds)
        except Failure:
            raise Failure(f"no {pattern!r} on the screen:\n" +
                          "\n".join(self.lines())) from None

    def wait_last(self, want):
        """Waits until the last line is this one."""
        try:
            wait_until(lambda: self.lines()[-1].rstrip() == want.rstrip(),
                       want)
        except Failure:
            raise Failure(f"the last line is not {want!r}:\n" +
                          "\n".join(self.lines())) from None

    def wait_cursor(self, column):
        wait_until(lambda: self.cursor() == column, f"cursor at {column}, it "
                   f"is at {self.cursor()}")

    def resize(self, columns, rows=24):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def chat(self, name, room, *args):
        self.type(f"{self.cli.path} -i {name} chat --plain {' '.join(args)} {room}; "
                  "echo exit=$?", True)
        self.wait_for(rf"^\[{re.escape(room)}\]")
        self.wait_for(rf"^-- {re.escape(room)} \(")

    def ended(self, code):
        """Chat has ended so, and the terminal is as it was: it echoes."""
        self.wait_for(rf"^exit={code}")
        self.type("stty -a | tr ';' '\\n' | grep -o -w -- '-*icanon\\|-*echo'"
                  " | tr '\\n' ' '; echo .", True)
        self.wait_for(r"^icanon echo \.")
