# SPDX-License-Identifier: MPL-2.0
"""kill -9 of the broker, again and again, in the middle of everybody.

Senders and listeners are the real programs. Everything that a sender was told
to be kept is in the history once, all that they were given is there in the end,
in order, and each listener's file has what the history has: no more, no less.
"""
import json
import signal
import subprocess
import time

from fixture import deadline
from stage import staged, until
from store import Store, dice, history
from wire import Failure, check, same

BROKER = False

KILLS = 50
SENDERS = 20    # the last two tell
LISTENERS = 20  # the last two read mail
ROOMS = ["r0", "r1", "r2", "r3"]
STOPS = 10
FROZEN = 3.0    # seconds
LINES = 20      # that each sender is given for each kill
PATIENT = ["-t", "60"]
END = "the end"


class Sender:
    """`confab say -l -v`: prints the seq of each message that was kept."""

    def __init__(self, stage, number):
        self.name = f"s{number}"
        self.given = []
        self.tells = number >= SENDERS - 2
        self.to = (f"l{LISTENERS - SENDERS + number}" if self.tells
                   else ROOMS[number % len(ROOMS)])
        self.program = stage.confab(
            self.name, *PATIENT, "-v", "tell" if self.tells else "say", "-l",
            self.to, stdin=subprocess.PIPE)

    def give(self, count):
        lines = [f"{self.name} {len(self.given) + i}" for i in range(count)]
        self.given += lines
        self.program.write("\n".join(lines))

    def told(self):
        return len(self.program.out)


class Listener:
    """`confab listen --state FILE >> FILE`."""

    def __init__(self, stage, number):
        self.stage = stage
        self.name = f"l{number}"
        self.mail = number >= LISTENERS - 2
        self.rooms = [] if self.mail else [
            ROOMS[number % len(ROOMS)], ROOMS[(number + 1) % len(ROOMS)]]
        self.words = ["--mail"] if self.mail else self.rooms
        if number % 5 == 4:
            self.words = ["--direct", *self.words]
        self.program = None

    def start(self):
        with open(self.stage.path(self.name), "ab") as file:
            self.program = self.stage.confab(
                self.name, *PATIENT, "listen", "--json", "--state",
                self.stage.path(self.name + ".state"), *self.words,
                output=file)

    def kill(self):
        self.program.send(signal.SIGKILL)
        self.program.ends()

    def channels(self):
        return [""] if self.mail else self.rooms

    def lines(self):
        with open(self.stage.path(self.name), "rb") as file:
            return file.read().split(b"\n")[:-1]

    def heard(self):
        """seqs by channel, in the order of the file."""
        heard = {channel: [] for channel in self.channels()}
        for line in self.lines():
            m = json.loads(line)
            heard[m.get("room", "")].append(m["seq"])
        return heard


def say_the_end(stage, listeners):
    asker = stage.asker()
    ends = {room: asker.say(room, END)["seq"] for room in ROOMS}
    for listener in listeners:
        if listener.mail:
            ends[listener.name] = asker.tell(listener.name, END)["seq"]
    return ends


def until_heard(listeners, ends):
    def missing():
        return [f"{one.name} ({len(heard)} heard), {one.program}"
                for one in listeners for channel, heard in one.heard().items()
                if heard[-1:] != [ends[channel or one.name]]]
    until(lambda: not missing(),
          lambda: f"the end is missing: {'; '.join(missing())}", 30)


def check_history(senders, found):
    """`found`: messages by room or receiver."""
    for sender in senders:
        messages = [m for m in found[sender.to] if m["from"] == sender.name]
        same([m["text"] for m in messages], sender.given, sender.name)
        places = {m["seq"] for m in messages}
        told = [int(line) for line in sender.program.out]
        same(len(told), len(set(told)), f"{sender.name}: a seq told twice")
        lost = [seq for seq in told if seq not in places]
        check(not lost, f"{sender.name} was told {lost[:5]}, which are lost")


def find_all(stage, listeners):
    asker = stage.asker()
    found = {room: history(asker, room=room) for room in ROOMS}
    for one in listeners:
        if one.mail:
            one.program.send(signal.SIGTERM)
            one.program.ends()
            until(lambda: one.name not in
                  asker.done("who", "who")["members"], "its bye is heard")
            client = stage.client(one.name)
            same(client.drain(), [], "mail that was printed comes again")
            found[one.name] = history(client)
    return found


def check_listeners(listeners, found):
    for one in listeners:
        for channel, heard in one.heard().items():
            wanted = [m["seq"] for m in found[channel or one.name]]
            if heard != wanted:
                missing = sorted(set(wanted) - set(heard))
                raise Failure(
                    f"{one.name} in {channel or 'mail'}: {len(heard)} of "
                    f"{len(wanted)}, missing {missing[:5]}, double "
                    f"{len(heard) - len(set(heard))}, in order: "
                    f"{heard == sorted(heard)}; {one.program}")


def on_stage(stage):
    listeners = [Listener(stage, i) for i in range(LISTENERS)]
    for listener in listeners:
        listener.start()
    asker = stage.asker()
    for room in ROOMS:
        stage.until_members(asker, room, [
            one.name for one in listeners if room in one.rooms])
    # Mailboxes must be known before anybody tells.
    for one in listeners:
        if one.mail:
            until(lambda: asker.ask("history", **{"with": one.name})["op"] ==
                  "history", lambda: f"the mailbox of {one.name}")
    return listeners, [Sender(stage, i) for i in range(SENDERS)]


def keep_talking(senders, roll):
    """Gives all of them lines, and waits until half of them have been told
    something new, and then some."""
    before = [sender.told() for sender in senders]
    for sender in senders:
        sender.give(LINES)
    more = roll.randint(1, SENDERS * LINES // 2)

    def some():
        now = [sender.told() for sender in senders]
        moved = sum(a > b for a, b in zip(now, before))
        return moved >= SENDERS // 2 and sum(now) - sum(before) >= more
    until(some, lambda: "; ".join(str(s.program) for s in senders))


def check_end(stage, listeners, senders):
    for sender in senders:
        sender.program.child.stdin.close()
    for sender in senders:
        sender.program.done(60)
    until_heard(listeners, say_the_end(stage, listeners))
    found = find_all(stage, listeners)
    check_history(senders, found)
    check_listeners(listeners, found)
    return sum(len(sender.given) for sender in senders)


@deadline(150)
@staged
def test_50_kills(stage):
    roll = dice("kills")
    store = Store(stage)
    store.start()
    listeners, senders = on_stage(stage)
    begin = time.monotonic()
    for _ in range(KILLS):
        keep_talking(senders, roll)
        store.crash()
    took = time.monotonic() - begin
    total = check_end(stage, listeners, senders)
    return f"{KILLS} kills in {took:.1f} s, {total} messages"


@deadline(150)
@staged
def test_killed_listeners(stage):
    """They go on in their files where they were killed, whatever they were
    about to write; sometimes the broker dies with them."""
    roll = dice("listeners")
    store = Store(stage)
    store.start()
    listeners, senders = on_stage(stage)
    for i in range(KILLS // 2):
        keep_talking(senders, roll)
        for one in roll.sample(listeners, 4):
            one.kill()
            one.start()
        if i % 5 == 4:
            store.crash()
    total = check_end(stage, listeners, senders)
    return f"{2 * KILLS} kills of listeners, {total} messages"


@deadline(150)
@staged
def test_stops_under_load(stage):
    """SIGTERM keeps everything as well, and ends with 0."""
    roll = dice("stops")
    store = Store(stage)
    store.start()
    listeners, senders = on_stage(stage)
    for _ in range(STOPS):
        keep_talking(senders, roll)
        store.restart()
    total = check_end(stage, listeners, senders)
    return f"{STOPS} stops, {total} messages"


@deadline(100)
@staged
def test_a_frozen_broker(stage):
    """It goes on where it was, with whatever has come meanwhile."""
    store = Store(stage)
    store.start()
    listeners, senders = on_stage(stage)
    for sender in senders:
        sender.give(LINES * 10)
    until(lambda: sum(s.told() for s in senders) > LINES, "some answers")
    store.broker.child.send_signal(signal.SIGSTOP)
    begin = time.monotonic()
    for sender in senders:
        sender.give(LINES * 10)
    until(lambda: time.monotonic() > begin + FROZEN, "the time")
    store.broker.child.send_signal(signal.SIGCONT)
    total = check_end(stage, listeners, senders)
    return f"{total} messages"
