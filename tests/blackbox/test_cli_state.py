# SPDX-License-Identifier: MPL-2.0
"""confab listen --state, against a real broker: whatever ends it, the next one
goes on where it was; with stdout in a file to the byte."""
import json
import os
import random
import re
import signal
import subprocess
import time
from contextlib import contextmanager

from cli import Cli
from fixture import deadline
from wire import PATIENCE, Failure, check, same, wait_until

KILLS = 30


class Listener:
    """`confab listen --state` with stdout in a file."""

    def __init__(self, f, cli, *args):
        self.f = f
        self.cli = cli
        self.name = f.name("log")
        self.path = os.path.join(cli.folder.name, "out")
        self.state = os.path.join(cli.folder.name, "state")
        self.args = args
        self.child = None

    def start(self, *more, mode="ab"):
        """True when it is ready; with an exit code it has ended at once."""
        with open(self.path, mode) as out:
            self.child = subprocess.Popen(
                [self.cli.path, "-i", self.name, "listen", "--state",
                 self.state, *self.args, *more], env=self.cli.env(),
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE)
        return self

    def end(self, how=signal.SIGTERM, code=None):
        """Ends it; gives what it said on stderr."""
        self.child.send_signal(how)
        return self.over(code if code is not None else
                         143 if how == signal.SIGTERM else -how)

    def over(self, code):
        try:
            same(self.child.wait(PATIENCE), code, "exit code")
            return self.child.stderr.read().decode()
        finally:
            self.close()

    def close(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        self.child.stderr.close()

    def size(self):
        return os.path.getsize(self.path) if os.path.exists(self.path) else 0

    def grows(self, size, seconds=PATIENCE):
        """Waits until the file has so many bytes."""
        end = time.monotonic() + seconds
        while self.size() < size:
            check(time.monotonic() < end,
                  f"{self.path} has {self.size()} bytes, not {size}")
            time.sleep(0.0005)

    def text(self):
        with open(self.path, encoding="utf-8") as file:
            return file.read()

    def shows(self, text):
        """Waits until all of the file is this."""
        try:
            wait_until(lambda: self.text() == text, "")
        except Failure:
            same(self.text(), text)

    def settles(self):
        """Waits until the state file knows all that is in the file."""
        mark = re.compile(rb" %d \d+ open" % self.size())

        def known():
            with open(self.state, "rb") as file:
                return mark.search(file.read())
        wait_until(known, f"{mark} in the state file")

    def runs_once(self, *more, code=0, mode="ab"):
        """A run that ends by itself; gives its stderr."""
        return self.start(*more, mode=mode).over(code)


@contextmanager
def heard(f, text):
    """A listener that has printed what was said, and a way to say more."""
    room = f.name("room")
    ann = f.client("ann")
    with Cli(f) as cli:
        listen = Listener(f, cli, "-r", "--since", "begin", room)
        ann.say(room, text)
        listen.start().shows(text + "\n")
        yield listen, lambda more: ann.say(room, more)


def numbers(begin, end):
    return "".join(f"{i}\n" for i in range(begin, end))


@deadline(120)
def test_killed_at_any_moment(f):
    """Rooms and mail; killed again and again while messages flow, the file
    has all of them, in order, none twice, and no half line."""
    rooms = [f.name("one"), f.name("two")]
    count = 2400  # a mailbox takes 2,500 from one sender
    chance = random.Random(4711)
    with Cli(f) as cli:
        listen = Listener(f, cli, "-j", "--mail", *rooms)
        listen.start()
        asking = f.client("asking")
        wait_until(lambda: listen.name in asking.done("who", "who")["members"],
                   "listener")
        wait_until(lambda: all(
            asking.ask("who", room=r).get("members") for r in rooms), "joined")
        say = [cli.start("say", "-l", room) for room in rooms]
        say.append(cli.start("tell", "-q", "-l", listen.name))
        for i in range(KILLS):
            for sender in say:
                sender.write(numbers(count * i // KILLS,
                                     count * (i + 1) // KILLS))
            listen.grows(listen.size() + chance.randrange(1, 20000))
            listen.end(signal.SIGKILL)
            listen.start()
        for sender in say:
            sender.end()
            same(sender.wait(), 0)
        want = [str(i) for i in range(count)]

        def found():
            lines = [json.loads(line) for line in listen.text().splitlines()]
            return [[m["text"] for m in lines if m.get("room") == room]
                    for room in (*rooms, None)]
        end = time.monotonic() + PATIENCE
        while listen.text().count("\n") < 3 * count:
            check(time.monotonic() < end, "not all of it came")
            time.sleep(0.05)
        listen.end()
        for texts in found():
            same(len(texts), count, "messages")
            same(texts, want)


def test_what_no_cursor_covers_is_cut_off(f):
    with heard(f, "1") as (listen, say):
        say("2")
        listen.shows("1\n2\n")
        listen.end(signal.SIGKILL)
        with open(listen.path, "ab") as file:
            file.write(b"3\nhalf a li")
        say("3")
        listen.start().shows("1\n2\n3\n")
        check("bytes of the file are cut off" in listen.end(), "told")


def test_what_others_append_stays(f):
    with heard(f, "1") as (listen, say):
        listen.end()
        with open(listen.path, "ab") as file:
            file.write(b"-- restarted\n")
        say("2")
        listen.start().shows("1\n-- restarted\n2\n")
        check("cut off" not in listen.end(), "nothing to tell")


def test_a_file_that_was_cut_is_refused(f):
    with heard(f, "one") as (listen, say):
        text = "one\n"
        for how in (signal.SIGKILL, signal.SIGTERM):
            listen.settles()
            listen.end(how)
            os.truncate(listen.path, 2)
            error = listen.runs_once(code=1)
            check(f"{listen.path} has 2 bytes" in error, error)
            same(listen.size(), 2, "size")
            with open(listen.path, "w", encoding="ascii") as file:
                file.write(text)
            say("more")
            text += "more\n"
            listen.start().shows(text)
        listen.end()
        os.truncate(listen.path, 0)  # the way out
        say("three")
        listen.start().shows("three\n")
        listen.end()


def test_a_file_that_has_much_more_is_left_alone(f):
    with heard(f, "one") as (listen, _):
        listen.settles()
        listen.end(signal.SIGKILL)
        with open(listen.path, "ab") as file:
            file.write(b"x" * 3000000)
        check("3000004 bytes" in listen.runs_once(code=1), "told")
        same(listen.size(), 3000004, "size")


def test_another_file_goes_on(f):
    """A new file, and one that the shell has emptied."""
    with heard(f, "1") as (listen, say):
        listen.end()
        os.rename(listen.path, listen.path + ".1")
        say("2")
        listen.start().shows("2\n")
        listen.settles()
        listen.end(signal.SIGKILL)
        say("3")
        listen.start(mode="wb").shows("3\n")
        say("4")
        listen.shows("3\n4\n")
        listen.end()


def test_a_file_in_its_place_is_not_cut(f):
    """The same inode, but not what we have printed."""
    with heard(f, "1") as (listen, say):
        listen.settles()
        listen.end(signal.SIGKILL)
        with open(listen.path, "r+b") as file:
            file.write(b"somebody else's")
        say("2")
        listen.start().shows("somebody else's2\n")
        listen.end()


def test_presence_and_fleeting_are_not_cut_off(f):
    """What has no cursor of its own is done with, too."""
    room = f.name("room")
    ann = f.client("ann")
    ann.join(room)
    with Cli(f) as cli:
        listen = Listener(f, cli, "-r", room)
        listen.start()
        wait_until(lambda: listen.name in ann.done(
            "who", "who", room=room)["members"], "joined")
        ann.say(room, "kept")
        listen.shows("kept\n")
        ann.tell_broker("say", room=room, text="fleeting", keep=False)
        listen.shows("kept\nfleeting\n")
        ann.say(room, "kept, too")  # by then the line before is done with
        listen.shows("kept\nfleeting\nkept, too\n")
        listen.end(signal.SIGKILL)
        listen.start()
        ann.say(room, "last")
        listen.grows(len("kept\nfleeting\nkept, too\nlast\n"))
        same(listen.text(), "kept\nfleeting\nkept, too\nlast\n")
        listen.end()


def test_since_is_for_the_first_run(f):
    ann = f.client("ann")
    for i, (since, want) in enumerate((
            ("begin", "01234"), ("0", "01234"), ("SEQ2", "34"), ("-2", "34"),
            ("1h", "01234"), ("2020-01-01", "01234"), ("SEQ4", ""),
            (None, "01234"))):
        room, name = f.name(f"room{i}"), f.name(f"log{i}")
        seqs = [ann.say(room, str(n))["seq"] for n in range(5)]
        if since and since.startswith("SEQ"):
            since = str(seqs[int(since[3:])])
        with Cli(f) as cli:
            state = os.path.join(cli.folder.name, "state")
            run = lambda: "".join(cli.run(
                "-i", name, "listen", "-r", "-e", "--state", state,
                *(("--since", since) if since else ()), room).split())
            same(run(), want, since)
            same(run(), "", f"{since} again")
            ann.say(room, "new")
            same(run(), "new", f"{since}, what is new")


def test_since_of_many(f):
    """More than a page back, and a count that stops in the middle."""
    room = f.name("room")
    ann = f.client("ann")
    for i in range(1300):
        ann.tell_broker("say", room=room, text=str(i))
    ann.ping()
    with Cli(f) as cli:
        state = os.path.join(cli.folder.name, "state")
        run = lambda *more: cli.run(
            "-i", f.name("log"), "listen", "-r", "--state", state, "--since",
            "-1200", *more, room).split()
        same(run("-C", "50"), [str(i) for i in range(100, 150)])
        same(run("-e"), [str(i) for i in range(150, 1300)])
        same(run("-e"), [])


def test_a_room_that_is_not_there_yet(f):
    room = f.name("room")
    with Cli(f) as cli:
        listen = Listener(f, cli, "-r", "--since", "begin", room)
        listen.start()
        ann = f.client("ann")
        wait_until(lambda: listen.name in ann.ask(
            "who", room=room).get("members", []), "joined")
        ann.say(room, "first")
        listen.shows("first\n")
        listen.end()


def test_end_with_mail(f):
    """What cron runs: print what is new, and stop."""
    room, name = f.name("room"), f.name("log")
    bob = f.client("bob")
    with Cli(f) as cli:
        state = os.path.join(cli.folder.name, "state")
        run = lambda: sorted(cli.run(
            "-i", name, "listen", "-r", "-e", "--mail", "--state", state,
            room).split())
        same(run(), [])
        for i in range(3):
            bob.say(room, f"r{i}")
            bob.tell(name, f"m{i}")
            same(run(), [f"m{i}", f"r{i}"])
            same(run(), [])


def test_what_does_not_go_together(f):
    with Cli(f) as cli:
        for args, part in (
                (["listen", "r", "--state", "s"], "--state goes with -i"),
                (["-i", "x", "listen", "r", "--mail", "--since", "1h",
                  "--state", "s"], "for rooms"),
                (["listen", "-f", "-e", "r"], "either --follow or --end"),
                (["-i", "x", "history", "r", "--state", "s"],
                 "--state goes with --follow")):
            cli.wrong(*args, code=2, part=part)


def test_history_follow(f):
    room = f.name("room")
    ann = f.client("ann")
    seqs = [ann.say(room, str(i))["seq"] for i in range(150)]
    with Cli(f) as cli:
        for i, (args, begin) in enumerate((
                ([], 50), (["-n", "3"], 148), (["--since", "begin"], 0),
                (["--after", str(seqs[140])], 141))):
            name = f.name(f"tail{i}")
            follow = cli.start("-i", name, "history", "-f", "-r", *args, room)
            want = [str(n) for n in range(begin, 150 + i)]
            same([follow.line() for _ in want], want, args)
            wait_until(lambda: name in ann.done(
                "who", "who", room=room)["members"], "joined")
            ann.say(room, str(150 + i))
            same(follow.line(), str(150 + i))
            follow.signal(signal.SIGINT)
            same(follow.wait(), 130)
        state = os.path.join(cli.folder.name, "state")
        run = lambda: cli.start("-i", f.name("kept"), "history", "-f", "-r",
                                "-n", "2", "--state", state, room)
        first = run()
        same([first.line(), first.line()], ["152", "153"])
        first.signal(signal.SIGKILL)
        first.wait()
        ann.say(room, "154")
        follow = run()
        lines = [follow.line()]
        while lines[-1] != "154":  # a pipe may get the last ones twice
            lines.append(follow.line())
        check(len(lines) <= 3, lines)
        for args in (["--mail"], [room, "--before", "5"],
                     [room, "-n", "5", "--since", "1h"]):
            cli.wrong("history", "-f", *args, code=2, part="--follow goes")
