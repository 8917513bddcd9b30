# SPDX-License-Identifier: MPL-2.0
"""Presence: who is seen to come and go, and when; stop and restart."""
import os
import signal
import subprocess
import sys
import time

from fixture import deadline
from wire import ANY, Failure, check, same, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))

VICTIM = """
import sys, time
sys.path.insert(0, sys.argv[1])
import zmq
from wire import Client
client = Client(zmq.Context(), sys.argv[2])
client.hello(sys.argv[3], beat=int(sys.argv[5]))
client.join(sys.argv[4])
print("joined", flush=True)
time.sleep(600)
"""


class Victim:
    """A client in a process of its own, to be killed or stopped."""

    def __init__(self, t, name, room, beat=10000):
        self.id = name
        self.child = subprocess.Popen(
            [sys.executable, "-c", VICTIM, HERE, t.broker.bind, name, room,
             str(beat)], stdout=subprocess.PIPE)
        if self.child.stdout.readline() != b"joined\n":
            self.end()
            raise Failure("the victim did not join")

    def end(self):
        self.child.kill()
        self.child.wait()
        self.child.stdout.close()


def watcher(t, room):
    c = t.client("watcher")
    c.join(room, direct=True)
    c.ping()
    c.drain()
    return c


def test_exit_after_a_kill(t):
    room = t.name("room")
    c = watcher(t, room)
    victim = Victim(t, t.name("victim"), room)
    c.expect("enter", id=victim.id)
    victim.end()
    begin = time.monotonic()
    c.expect("exit", seconds=5, id=victim.id, why="lost", count=1)
    passed = time.monotonic() - begin
    check(1.0 <= passed <= 3.0, f"exit after {passed:.2f} s")
    same(c.done("who", "who", room=room)["members"], [c.id])


def test_exit_on_the_topic_after_a_kill(t):
    room = t.name("room")
    c = t.client("watcher")
    c.join(room)
    sub = t.listener(c, room)
    victim = Victim(t, t.name("victim"), room)
    rv = sub.expect("enter", id=victim.id)["rv"]
    victim.end()
    sub.expect("exit", seconds=3.5, id=victim.id, why="lost", rv=rv + 1)


@deadline(30)
def test_frozen_client_times_out(t):
    room = t.name("room")
    c = watcher(t, room)
    victim = Victim(t, t.name("victim"), room, beat=300)
    try:
        victim.child.send_signal(signal.SIGSTOP)
        begin = time.monotonic()
        c.expect("enter", id=victim.id)
        c.expect("exit", id=victim.id, why="timeout")
        passed = time.monotonic() - begin
        check(0.3 <= passed <= 2.5, f"exit after {passed:.2f} s")
        same(c.tell(victim.id, "x")["online"], False)
    finally:
        victim.end()


def test_silent_client_is_told(t):
    room = t.name("room")
    c = watcher(t, room)
    quiet = t.client("quiet", beat=300)
    quiet.join(room)
    c.expect("enter", id=quiet.id)
    begin = time.monotonic()
    c.expect("exit", id=quiet.id, why="timeout")
    check(time.monotonic() - begin < 2.5, "after three beats")
    quiet.expect("bye", why="timeout")


def test_pings_keep_it_alive(t):
    room = t.name("room")
    c = watcher(t, room)
    lively = t.client("lively", beat=200)
    lively.join(room)
    c.expect("enter")
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        lively.ping()
        time.sleep(0.1)
    c.silent()


def test_a_message_is_a_sign_of_life(t):
    lively = t.client("lively", beat=200)
    room = t.name("room")
    end = time.monotonic() + 1.2
    while time.monotonic() < end:
        lively.tell_broker("say", room=room, text="x")
        time.sleep(0.1)
    lively.ping()


def test_sending_session_does_not_time_out(t):
    script = t.dealer()
    script.hello(t.name("script"), inbox=False, beat=200)
    room = t.name("room")
    c = watcher(t, room)
    quiet = t.client("quiet", beat=300)
    quiet.join(room)
    c.expect("exit", id=quiet.id, why="timeout")  # so much time has passed
    script.ping()


def test_rejoin_within_the_grace_publishes_nothing(t):
    room = t.name("room")
    c = watcher(t, room)
    old = t.client("ann")
    rv = old.join(room)["rv"]
    c.expect("enter", id=old.id)
    resume = old.welcome["resume"]
    old.close()
    t.inlets.remove(old)
    new = t.dealer()
    new.hello(old.id, resume=resume)
    same(new.join(room)["rv"], rv)
    begin = time.monotonic()
    while time.monotonic() - begin < 2.6:  # longer than the grace
        check(not [m for m in c.drain() if m["op"] != "pong"],
              "nobody hears of a reconnect")
        c.ping()
        time.sleep(0.1)
    same(c.done("who", "who", room=room)["members"], sorted([c.id, new.id]))


def test_replaced_without_a_rejoin_is_lost(t):
    room = t.name("room")
    c = watcher(t, room)
    old = t.client("ann")
    old.join(room)
    c.expect("enter")
    new = t.dealer()
    new.hello(old.id, resume=old.welcome["resume"])
    begin = time.monotonic()
    c.expect("exit", id=old.id, why="lost")
    passed = time.monotonic() - begin
    check(1.0 <= passed <= 3.0, f"exit after {passed:.2f} s")


def test_leave_within_the_grace(t):
    room = t.name("room")
    c = watcher(t, room)
    old = t.client("ann")
    old.join(room)
    c.expect("enter")
    new = t.dealer()
    new.hello(old.id, resume=old.welcome["resume"])
    new.done("leave", room=room)
    c.expect("exit", id=old.id)
    same(c.done("who", "who", room=room)["members"], [c.id])


def test_bye_leaves_at_once(t):
    room = t.name("room")
    c = watcher(t, room)
    ann = t.client("ann")
    ann.join(room)
    c.expect("enter")
    ann.done("bye")
    c.expect("exit", seconds=1, id=ann.id, why="left")


def test_somebody_else_takes_a_broken_id(t):
    room = t.name("room")
    c = watcher(t, room)
    old = t.client("ann")
    old.join(room)
    c.expect("enter")
    old.close()
    t.inlets.remove(old)
    new = t.dealer()
    wait_until(lambda: new.ask("hello", v=1, id=old.id)["op"] == "welcome",
               "a broken session's id is free", 3)
    same(new.ping()["heads"], {}, "rooms of the new session")
    c.expect("exit", id=old.id, why="lost")


def test_killed_sending_session_is_forgotten(t):
    name = t.name("bot")
    script = t.dealer()
    script.hello(name, inbox=False, lane="l1")
    script.close()
    t.inlets.remove(script)
    again = t.dealer()
    wait_until(lambda: again.ask("hello", v=1, id=name, inbox=False,
                                 lane="l1")["op"] == "welcome",
               "the lane is free", 3)


def test_stop_says_bye(t):
    broker = t.fresh()
    clients = [t.client(f"c{n}") for n in range(3)]
    script = t.dealer()
    script.hello(t.name("bot"), inbox=False)
    broker.child.send_signal(signal.SIGTERM)
    for c in (*clients, script):
        c.expect("bye", why="restart")
    same(broker.stop(), 0, "exit code")


def test_stop_on_interrupt(t):
    broker = t.fresh()
    c = t.client("ann")
    broker.child.send_signal(signal.SIGINT)
    c.expect("bye", why="restart")
    same(broker.stop(), 0, "exit code")


def test_stop_keeps_its_word(t):
    """What was sent before the stop is answered or not done: no ok is lost."""
    broker = t.fresh()
    c = t.client("ann")
    room = t.name("room")
    for number in range(100):
        c.tell_broker("say", room=room, text="x", ref=number)
    broker.child.send_signal(signal.SIGTERM)
    came = []
    while not came or came[-1]["op"] != "bye":
        came.append(c.next())
    same(broker.stop(), 0, "exit code")
    refs = [m["ref"] for m in came if m["op"] == "ok"]
    same(refs, list(range(len(refs))))


def restart(t, old, how):
    old.stop(how)
    return t.fresh(bind=old.bind, pub=old.pub)


def test_restart_on_the_same_ports(t):
    for how in (signal.SIGTERM, signal.SIGKILL):
        old = t.fresh()
        room = t.name("room")
        c = t.dealer(PROBE_ROUTER=1, RECONNECT_IVL=50)
        c.expect("error", code="no-session")
        first = c.hello(t.name("ann"))
        c.join(room)
        sub = t.listener(c, room)
        seq = c.say(room, "before")["seq"]
        restart(t, old, how)
        c.expect("error", code="no-session")
        second = c.hello(c.id, resume=first["resume"])
        check(second["epoch"] != first["epoch"], "a new epoch")
        c.refused("history", "no-room", room=room)
        head = c.join(room)["head"]
        page = c.done("history", "history", room=room, after=seq)
        same((page["messages"], page["upto"]), ([], page["head"]))
        check(c.say(room, "after")["seq"] > seq, "seq is never used twice")
        sub.drain()
        sub.attach(c, room)
        check(head >= 0, "head")


def test_watcher_sees_presence_only_of_its_rooms(t):
    room = t.name("room")
    c = watcher(t, room)
    ann = t.client("ann")
    ann.join(t.name("elsewhere"))
    ann.done("bye")
    c.silent()


def test_unclean_client_with_mail(t):
    """Mail to a client that was killed waits for it."""
    room = t.name("room")
    c = watcher(t, room)
    victim = Victim(t, t.name("victim"), room)
    c.expect("enter")
    victim.end()
    c.expect("exit", id=victim.id)
    c.tell(victim.id, "for later")
    back = t.dealer()
    back.hello(victim.id)
    back.expect("tell", text="for later", seq=ANY)
