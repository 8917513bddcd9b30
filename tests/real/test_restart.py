# SPDX-License-Identifier: MPL-2.0
"""The broker is killed and started again on the same ports.

Everybody says hello again by himself and goes on: what was said before, while
no broker was there, and after, is heard once and in order. The memory log does
not outlive the broker, so all are told that another log has begun.
"""
import json
import signal
import subprocess
import threading
import time

from stage import staged, until
from terminal import Terminal
from wire import check, same

BROKER = False

ROOM = "lobby"
EVERYBODY = ["ann", "bob", "cid", "dan", "eve"]
LOAD = 100_000
UNDER_WAY = 256  # messages that a lane may have unanswered
NEW_LOG = "begun a new log"


def says(pipe):
    """The texts that `confab pipe` has printed."""
    lines = [json.loads(line) for line in pipe.out]
    return [m["text"] for m in lines if m["op"] == "say"]


def welcomes(pipe):
    lines = [json.loads(line) for line in pipe.out]
    return [m for m in lines if m["op"] == "welcome"]


def on_stage(stage):
    listeners = [stage.confab("ann", "listen", "-r", ROOM),
                 stage.confab("bob", "listen", "-r", "--direct", ROOM),
                 stage.confab("cid", "listen", "-r", ROOM, "other")]
    pipe = stage.confab("dan", "pipe", stdin=subprocess.PIPE)
    pipe.write(json.dumps({"op": "join", "room": ROOM}))
    chat = Terminal(stage, stage.command("eve", "chat", "--plain", ROOM))
    say = stage.confab("fay", "-t", "30", "say", "-l", ROOM,
                       stdin=subprocess.PIPE)
    return listeners, pipe, chat, say


def until_heard(listeners, pipe, chat, *texts):
    """All have just these texts, in this order."""
    chat.until_shown(texts[-1])
    for listener in listeners:
        until(lambda: len(listener.out) >= len(texts),
              lambda: f"{texts} of {listener}: {listener.out}")
        same(listener.out, [text.encode() for text in texts], str(listener))
    until(lambda: len(says(pipe)) >= len(texts),
          lambda: f"{texts} of {pipe}: {pipe.out}")
    same(says(pipe), list(texts), str(pipe))


@staged
def test_killed_and_started_again(stage):
    first = stage.broker()
    asker = stage.asker()
    *hearers, say = on_stage(stage)
    listeners, pipe, chat = hearers
    stage.until_members(asker, ROOM, EVERYBODY)
    say.write("the first")
    until_heard(*hearers, "the first")
    first.stop(signal.SIGKILL)
    for program in listeners:
        program.until_line("connection to the broker is lost", program.err)
    say.write("into the void")
    stage.broker(bind=first.bind, pub=first.pub)
    stage.until_members(stage.asker(), ROOM, EVERYBODY)
    until_heard(*hearers, "the first", "into the void")
    chat.type("and eve\r")
    until_heard(*hearers, "the first", "into the void", "and eve")
    pipe.write(json.dumps({"op": "say", "room": ROOM, "text": "and dan"}))
    until_heard(*hearers, "the first", "into the void", "and eve", "and dan")
    for program in listeners:
        program.until_line(NEW_LOG, program.err)
    chat.until_shown(NEW_LOG)
    epochs = {welcome["epoch"] for welcome in welcomes(pipe)}
    same(len(epochs), 2, "the number of epochs that pipe was told")
    say.child.stdin.close()
    say.done()


def breaks(numbers):
    """Pairs of neighbours that do not follow one another."""
    return [(a, b) for a, b in zip(numbers, numbers[1:]) if b != a + 1]


@staged
def test_killed_under_load(stage):
    """What was not answered is sent again, and what the second broker has all
    hear. What only the first had is gone with its memory: there may be one
    break, forward or back by what may be under way, and it is told."""
    first = stage.broker()
    ann = stage.confab("ann", "listen", "-r", ROOM)
    stage.until_members(stage.asker(), ROOM, ["ann"])
    say = stage.confab("fay", "-v", "-t", "30", "say", "-l", ROOM,
                       stdin=subprocess.PIPE)
    load = "\n".join(str(i) for i in range(LOAD - 1))
    threading.Thread(target=say.write, args=(load,), daemon=True).start()
    until(lambda: len(ann.out) > LOAD // 10, lambda: str(say))
    first.stop(signal.SIGKILL)
    killed = time.time_ns() // 1000  # a broker's seqs begin at its start
    stage.broker(bind=first.bind, pub=first.pub)
    until(lambda: len(say.out) == LOAD - 1, lambda: str(say))
    say.write(str(LOAD - 1))
    say.child.stdin.close()
    say.done()
    ann.until_line(f"^{LOAD - 1}$")
    ann.until_line(NEW_LOG, ann.err)
    same(len(say.out), LOAD, "the number of answers")
    again = LOAD - sum(int(seq) > killed for seq in say.out)
    numbers = [int(line) for line in ann.out]
    same(numbers[0], 0, "the first")
    same(numbers[again - LOAD:], list(range(again, LOAD)),
         "what the second broker had")
    found = breaks(numbers)
    check(len(found) <= 1, f"more than one break: {found[:9]}")
    for before, after in found:
        check(after - before > -UNDER_WAY, f"{after} after {before}")
    return f"breaks: {found}"


@staged
def test_stopped_and_started_again(stage):
    """SIGTERM says bye to all; they come back as well."""
    first = stage.broker()
    ann = stage.confab("ann", "listen", "-r", ROOM)
    stage.until_members(stage.asker(), ROOM, ["ann"])
    same(first.stop(), 0, "the broker's exit code")
    stage.broker(bind=first.bind, pub=first.pub)
    asker = stage.asker()
    stage.until_members(asker, ROOM, ["ann"])
    asker.say(ROOM, "again")
    ann.until_line("^again$")
    same(ann.out, [b"again"], "what it printed")
