# SPDX-License-Identifier: MPL-2.0
"""typist.py: a program on a pseudo terminal, and how long after a key what it
stands for is written to the screen.

Run as a program it is the noise meanwhile: says RATE messages a second in a
room, evenly, until its stdin ends, and tells how many it were a second.

    typist.py BIND ID ROOM RATE
"""
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

STEP = 0.01  # seconds between two frames of the noise


class Typist:
    def __init__(self, command, env, columns, rows):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))
        self.child = subprocess.Popen(
            command, env=env, stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.seen = b""
        self.bytes = 0  # that were ever written to the screen

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        os.close(self.master)

    def read(self, seconds):
        """Takes what is written to the screen within this time, or some of
        it; gives when."""
        if select.select([self.master], [], [], max(0, seconds))[0]:
            got = os.read(self.master, 1 << 16)
            self.seen += got
            self.bytes += len(got)
        return time.monotonic()

    def wait_for(self, text, seconds):
        """When it was written, at the latest; None: not in time."""
        end = time.monotonic() + seconds
        mark = text.encode()
        at = 0
        while (now := self.read(end - time.monotonic())) < end:
            if self.seen.find(mark, at) >= 0:
                return now
            at = max(0, len(self.seen) - len(mark) + 1)
        return None

    def drain(self, seconds):
        """As long as a person waits before the next key."""
        end = time.monotonic() + seconds
        while self.read(end - time.monotonic()) < end:
            pass
        self.seen = b""

    def key(self, letter, patience):
        """Seconds until the letter is on the screen; None: it never was."""
        self.seen = b""
        begin = time.monotonic()
        os.write(self.master, letter.encode())
        shown = self.wait_for(letter, patience)
        return shown and shown - begin

    def memory(self):
        """Resident bytes."""
        with open(f"/proc/{self.child.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def make_noise(bind, name, room, rate):
    import zmq
    from wire import Client, pack
    client = Client(zmq.Context(), bind)
    client.hello(name, inbox=False)
    print("ready", flush=True)
    begin = time.monotonic()
    said = 0
    while not select.select([sys.stdin], [], [], STEP)[0]:
        due = int((time.monotonic() - begin) * rate)
        while said < due:
            part = range(said, min(due, said + 250))
            client.socket.send(pack([
                {"op": "say", "room": room, "text": f"noise {i} " + "x" * 40}
                for i in part]))
            said = part.stop
    seconds = time.monotonic() - begin
    client.say(room, "the noise is over")
    print(f"{said / seconds:.0f}", flush=True)


class Noise:
    """That, in a process of its own."""

    def __init__(self, bind, name, room, rate):
        self.child = subprocess.Popen(
            [sys.executable, os.path.abspath(__file__), bind, name, room,
             str(rate)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True)
        self.child.stdout.readline()
        self.rate = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        self.child.stdin.close()
        self.child.stdout.close()

    def end(self):
        """How many messages a second the broker took."""
        self.child.stdin.write("\n")
        self.child.stdin.flush()
        self.rate = int(self.child.stdout.readline())
        return self.rate


if __name__ == "__main__":
    make_noise(*sys.argv[1:4], int(sys.argv[4]))
