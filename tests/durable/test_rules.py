# SPDX-License-Identifier: MPL-2.0
"""Retention: what the rules say goes, the oldest first, and readers are told."""
import json
import signal
import subprocess
import time

from fixture import deadline
from speaker import Speaker
from stage import staged, until
from store import Store, chain, history
from wire import check, same

BROKER = False

SOON = 15      # seconds until a rule has been followed
COUNT = 100
BYTES = 64 << 10
RULES = f"""retention
    few = "few* count={COUNT}"
    small = "small bytes=64K"
    short = "short age=1s"
    never = "keep age=3650d"
"""
MAIL = 'retention\n    mail = "@ age=1s"\n'
ROOMS = ["few", "fewer", "small", "keep", "free"]
SAID = 600
SIZE = 500
SLOW = 1.0     # seconds that an answer may take meanwhile


def talk(stage, room, count, size=SIZE):
    speaker = Speaker(stage, "s").connect()
    texts = [f"{room} {i} {'x' * size}" for i in range(count)]
    while texts:
        part, texts = texts[:speaker.room_for()], texts[speaker.room_for():]
        speaker.send(part, room=room)
        speaker.settle()
    return list(speaker.told.values())


def page(client, room, **more):
    return client.done("history", "history", room=room, **more)


def first_of(client, room):
    return page(client, room)["first"]


def until_trimmed(client, room, least):
    """Until the room begins there or later."""
    return until(lambda: first_of(client, room) >= least and
                 first_of(client, room),
                 lambda: f"{room} begins at {first_of(client, room)}, not at "
                 f"{least}", SOON)


def check_trimmed(client, room, said, left):
    """The newest `left`, no hole in them; who asks for more is told so."""
    first = said[-left]
    same(until_trimmed(client, room, first), first, f"the first of {room}")
    whole = page(client, room, after=0, limit=500)
    same(whole["complete"], False, "complete behind 0")
    same(whole["first"], first)
    got = chain(whole["messages"], room)
    same(got[0]["seq"], first)
    check(got[0]["prev"] in said, "the first one's prev was never said")
    before = said[said.index(first) - 1]
    same(page(client, room, after=before)["complete"], True, "behind the gap")
    same(page(client, room, after=before - 1)["complete"], False, "before it")
    same(len(history(client, after=before, room=room)), left, "messages left")
    same(client.join(room)["first"], first, "first in joined")


def check_small(client):
    def size():
        return sum(len(m["text"]) for m in
                   page(client, "small", limit=500)["messages"])
    until(lambda: size() <= BYTES, lambda: f"{size()} bytes in small", SOON)
    check(size() > BYTES // 2, f"only {size()} bytes are left of small")


@deadline(100)
@staged
def test_rules_are_followed(stage):
    store = Store(stage)
    store.start(RULES)
    said = {room: talk(stage, room, SAID) for room in ROOMS}
    for end in (None, store.crash, store.restart):
        if end:
            end(RULES)
        client = stage.client("reader")
        for room in ("few", "fewer"):
            check_trimmed(client, room, said[room], COUNT)
        check_small(client)
        for room in ("keep", "free"):
            same([m["seq"] for m in history(client, room=room)], said[room],
                 room)
    seq = client.say("few", "one more")["seq"]
    same(page(client, "few", limit=1)["messages"][0]["prev"],
         said["few"][-1], "prev of the next one")
    said["few"].append(seq)
    check_trimmed(client, "few", said["few"], COUNT)


@deadline(60)
@staged
def test_age(stage):
    """When all is gone the room goes on behind its head."""
    store = Store(stage)
    store.start(RULES)
    said = talk(stage, "short", 50)
    client = stage.client("reader")
    client.join("short")
    until(lambda: page(client, "short")["first"] == 0, "an empty room", SOON)
    for end in (None, store.crash):
        if end:
            end(RULES)
            client = stage.client("reader")
            client.join("short")
        empty = page(client, "short", after=0)
        same((empty["messages"], empty["complete"], empty["first"]),
             ([], False, 0))
        check(empty["head"] >= said[-1],
              f"{end}: head {empty['head']} is below {said[-1]}")
    client.join("short", direct=True)
    seq = client.say("short", "new")["seq"]
    prev = client.expect("say", seq=seq)["prev"]
    check(said[-1] <= prev < seq, f"prev {prev} is not {said[-1]}")


@deadline(60)
@staged
def test_new_rules_by_a_signal(stage):
    store = Store(stage)
    store.start("log-level = info\n")
    said = talk(stage, "few", SAID)
    client = stage.client("reader")
    store.until_moved()
    same(first_of(client, "few"), said[0], "before there was a rule")
    for count in (COUNT, COUNT // 2):
        with open(stage.path("confab.conf"), "w", encoding="utf-8") as file:
            file.write(f'retention\n    few = "few count={count}"\n')
        store.broker.child.send_signal(signal.SIGHUP)
        check_trimmed(client, "few", said, count)
    with open(stage.path("confab.conf"), "w", encoding="utf-8") as file:
        file.write('retention\n    few = "few cuont=1"\n')
    store.broker.child.send_signal(signal.SIGHUP)
    until(lambda: "config.refused" in store.broker.log_tail(), "a refusal")
    same(first_of(client, "few"), said[-COUNT // 2], "a rule that is wrong")


@deadline(60)
@staged
def test_unread_mail_stays(stage):
    store = Store(stage)
    store.start(MAIL)
    stage.client("bob").done("bye")
    ann = stage.client("ann")
    read = [ann.tell("bob", f"{i}")["seq"] for i in range(20)]
    bob = stage.client("bob")
    bob.tell_broker("ack", seq=bob.expect("tell", text="9")["seq"])
    bob.ping()
    until(lambda: bob.done("history", "history")["first"] == read[10],
          lambda: f"the read ones gone: {bob.done('history', 'history')}",
          SOON)
    bob.done("bye")
    store.crash(MAIL)
    bob = stage.client("bob")
    for i in range(10, 20):
        bob.next("tell", seq=read[i], text=f"{i}")
    bob.silent()


@deadline(100)
@staged
def test_nobody_waits_for_it(stage):
    """Twenty thousand messages go, in steps: meanwhile answers are quick."""
    store = Store(stage)
    store.start()
    talk(stage, "few", 20_000, 200)
    client = stage.client("reader")
    store.until_moved()
    store.stop()
    store.start('retention\n    few = "few count=10"\n')
    client = stage.client("reader")
    worst, begin = 0.0, time.monotonic()

    def trimmed():
        nonlocal worst
        now = time.monotonic()
        client.say("other", "hm")
        worst = max(worst, time.monotonic() - now)
        return len(page(client, "few", limit=500)["messages"]) == 10
    until(trimmed, "a short room", 30)
    check(worst < SLOW, f"an answer took {worst:.2f} s")
    return (f"in {time.monotonic() - begin:.1f} s; the slowest answer "
            f"{worst * 1000:.0f} ms")


@deadline(100)
@staged
def test_listeners_are_told(stage):
    """Who was away for too long hears of it, and gets what is left."""
    store = Store(stage)
    store.start(RULES)
    words = ["listen", "-r", "--state", stage.path("state"), "few"]
    with open(stage.path("out"), "ab") as file:
        listen = stage.confab("ear", *words, output=file)
    asker = stage.asker()
    stage.until_members(asker, "few", ["ear"])
    asker.say("few", "first")
    until(lambda: open(stage.path("out"), "rb").read() == b"first\n", "a line")
    listen.send(signal.SIGTERM)
    listen.ends()
    said = talk(stage, "few", SAID, 20)
    until_trimmed(asker, "few", said[-COUNT])
    with open(stage.path("out"), "ab") as file:
        listen = stage.confab("ear", *words, output=file)
    listen.until_line("removed|lost|gone|cannot be had", listen.err)
    until(lambda: open(stage.path("out"), "rb").read().count(b"\n") >=
          COUNT + 1, lambda: str(listen))
    with open(stage.path("out"), encoding="utf-8") as file:
        lines = file.read().split("\n")[:-1]
    same([line[:7] for line in lines], ["first"] + [
        f"few {i} x"[:7] for i in range(SAID - COUNT, SAID)], "its file")


@staged
def test_pipe_is_told(stage):
    """As a line of its own; see `lost` in confab(1)."""
    store = Store(stage)
    store.start(RULES)
    pipe = stage.confab("bot", "-t", "60", "pipe", stdin=subprocess.PIPE)
    pipe.write(json.dumps({"op": "join", "room": "few"}))
    pipe.until_line('"op":"joined"')
    pipe.stop()
    store.crash(RULES)
    said = talk(stage, "few", SAID, 20)
    until_trimmed(stage.asker(), "few", said[-COUNT])
    pipe.send(signal.SIGCONT)
    pipe.until_line(f'"op":"say".*"seq":{said[-1]}')
    lines = [json.loads(line) for line in pipe.out]
    lost = [m for m in lines if m["op"] == "lost"]
    same([m["room"] for m in lost], ["few"], "what is lost")
    heard = [m["seq"] for m in lines if m["op"] == "say"]
    same(heard, said[-COUNT:], "what it heard")
    check(said[0] <= lost[0]["seq"] < heard[0], f"{lost[0]}")
