# SPDX-License-Identifier: MPL-2.0
"""confabd dump, verify and backup, beside a broker at work and alone."""
import base64
import json
import os
import re
import shutil
import signal
import sqlite3
import threading

from fixture import deadline
from speaker import Speaker
from stage import staged, until
from store import FILES, Store, dice, history
from wire import Failure, check, pack, same

BROKER = False

BACKUPS = 5
ROOMS = ["lobby", "ops"]
BITS = 40      # flips that verify is shown
SAID = 400


class Talk:
    """A speaker in a thread of his own, until he is stopped."""

    def __init__(self, stage):
        self.speaker = Speaker(stage, "s").connect()
        self.stopped = False
        self.trouble = None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        count = 0
        try:
            while not self.stopped:
                for room in ROOMS:
                    texts = [f"{count + i} {'x' * 300}" for i in range(40)]
                    count += len(texts)
                    self.speaker.send(texts, room=room)
                    self.speaker.settle()
        except Failure as failure:
            self.trouble = failure

    def told(self):
        return dict(self.speaker.told)

    def stop(self):
        self.stopped = True
        self.thread.join()
        if self.trouble:
            raise self.trouble


def dump(store, *room):
    code, out, err = store.run("dump", *room)
    same((code, err), (0, ""), "dump")
    return [json.loads(line) for line in out.decode().split("\n")[:-1]]


def verify(store):
    code, out, err = store.run("verify")
    check(code in (0, 1), f"verify ended with {code}: {err}")
    check(code == 0 or err.strip() or out.strip(), "no word of what is wrong")
    return code == 0


def fill(stage, count):
    """Rooms, mail, and things that JSON knows only as bytes."""
    stage.client("bob").done("bye")
    speaker = Speaker(stage, "s").connect()
    for begin in range(0, count, 50):
        texts = [f"{i} zażółć \u2028 \\ \" \x07" for i in
                 range(begin, begin + 50)]
        where = {"room": ROOMS[begin // 50 % 2]} if begin % 150 else {
            "to": "bob"}
        speaker.send(texts, **where)
        speaker.settle()
    ann = stage.client("ann")
    ann.done("say", room="lobby", data=b"\0\xff", kind="notice")
    ann.done("say", room="lobby", data={"a": [1, None, 2.5]}, text="both")


def as_json(messages):
    """`data` as confabd(8) says it."""
    for m in messages:
        if "data" in m:
            m["msgpack64"] = base64.b64encode(pack(m.pop("data"))).decode()
        yield m


@deadline(100)
@staged
def test_backups_of_a_broker_at_work(stage):
    """Each is whole, has everything that was acknowledged before it began, and
    can be used; nobody is kept waiting for long."""
    store = Store(stage)
    store.start()
    talk = Talk(stage)
    copies = []
    try:
        for i in range(BACKUPS):
            before = len(talk.told())
            until(lambda: len(talk.told()) > before + 500, "talk")
            copy = Store(stage, f"copy{i}")
            told = talk.told()
            code, _, err = store.run("backup", copy.file)
            same((code, err), (0, ""), "backup")
            copies.append((copy, told))
    finally:
        talk.stop()
    store.kill()
    for copy, told in copies:
        same(os.listdir(copy.folder), [FILES[0]], "files of a backup")
        check(verify(copy), "a backup is not sound")
        found = {m["text"]: m["seq"] for m in dump(copy)}
        lost = [text for text in told if found.get(text) != told[text]]
        check(not lost, f"not in the backup: {lost[:3]}")
    last, told = copies[-1]
    last.start()
    found = [m for room in ROOMS for m in history(stage.asker(), room=room)]
    check({m["text"] for m in found} >= set(told), "its broker has less")
    return f"{len(told)} messages in the last of {BACKUPS}"


@staged
def test_a_backup_spoils_nothing(stage):
    """A file that is there, and places where it cannot be."""
    store = Store(stage)
    store.start()
    stage.client("ann").say("lobby", "hello")
    other = Store(stage, "other")
    with open(other.file, "wb") as file:
        file.write(b"Dear diary,\n")
    for path in (other.file, stage.path("none/copy.db"), store.file):
        code, out, err = store.run("backup", path)
        check(code == 1 and err.strip(), f"{path}: {code}, {out}, {err}")
    with open(other.file, "rb") as file:
        same(file.read(), b"Dear diary,\n")
    code, _, err = other.run("backup", stage.path("copy.db"))
    check(code == 1 and other.file in err, f"of a diary: {code}, {err}")
    check(not os.path.exists(stage.path("copy.db")), "it left a file")
    stage.client("bob").say("lobby", "it works")


@staged
def test_dump(stage):
    """Each message once, a line of JSON; of a broker at work and of a file, of
    turns and of pages."""
    store = Store(stage)
    store.start()
    fill(stage, SAID)
    bob = stage.client("bob")
    rooms = [m for room in ROOMS for m in history(bob, room=room)]
    wanted = sorted(as_json(rooms + history(bob)), key=lambda m: m["seq"])
    for _ in range(2):
        found = dump(store)
        found.sort(key=lambda m: m["seq"])
        for have, want in zip(found, wanted):
            same(have, want, "a line of the dump")
        same(len(found), len(wanted), "lines of the dump")
        same(dump(store, "ops"), [m for m in wanted if m.get("room") == "ops"],
             "the dump of a room")
        store.until_moved()
    store.stop()
    same(sorted(dump(store), key=lambda m: m["seq"]), wanted, "after a stop")
    code, out, err = store.run("dump", "nowhere")
    check(code == 1 and not out and "nowhere" in err, f"{code}, {err}")


def flip(path, places, bit):
    with open(path, "r+b") as file:
        for at in places:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ bit]))


def in_a_message(data, texts, roll):
    """Places of one byte of a text that does not go over the end of a page."""
    text = roll.choice([text for text in texts if text in data])
    at = roll.randrange(len(text))
    return [match.start() + at for match in re.finditer(re.escape(text), data)]


def only_what_counts(path):
    """Older copies of messages are in free places: there are none now."""
    sql = sqlite3.connect(path)
    sql.execute("VACUUM")
    sql.close()


@deadline(100)
@staged
def test_verify_finds_flipped_bits(stage):
    """Each that changes what is given: half of them are in messages. Others
    may be in free places."""
    roll = dice("verify")
    store = Store(stage)
    store.start()
    fill(stage, SAID)
    check(verify(store), "a store at work is not sound")
    store.until_moved()
    store.stop()
    check(verify(store), "a store is not sound")
    wanted = dump(store)
    only_what_counts(store.file)
    check(verify(store), "a store is not sound")
    with open(store.file, "rb") as file:
        data = file.read()
    texts = [m["text"].encode() for m in wanted if "\u2028" in m.get("text", "")]
    found = 0
    for i in range(BITS):
        copy = store.copy(f"flipped{i}")
        places = (in_a_message(data, texts, roll) if i % 2
                  else [roll.randrange(len(data))])
        flip(copy.file, places, 1 << roll.randrange(8))
        if not verify(copy):
            found += 1
            continue
        check(i % 2 == 0, f"bytes {places} of messages are not found")
        same(dump(copy), wanted, f"byte {places} is not found, but the dump")
    return f"{found} of {BITS}"


@staged
def test_verify_misses_no_message(stage):
    """A row that is gone leaves a hole in a chain."""
    store = Store(stage)
    store.start()
    for i in range(4):
        speaker = Speaker(stage, "s").connect()
        speaker.send([f"{i}.{k} {'x' * 900}" for k in range(50)], room="lobby")
        speaker.settle()
    store.until_moved()
    store.stop()
    sql = sqlite3.connect(store.file)
    places = [row[0] for row in sql.execute("SELECT place FROM pages")]
    check(len(places) > 2, f"{len(places)} pages")
    sql.execute("DELETE FROM pages WHERE place = ?", (places[1],))
    sql.commit()
    sql.close()
    check(not verify(store), "a page is missing and all is well")


def listen(stage, file):
    with open(stage.path(file), "ab") as output:
        return stage.confab("ear", "-t", "30", "listen", "-r", "--state",
                            stage.path("state"), "lobby", output=output)


def lines(stage, file):
    with open(stage.path(file), encoding="utf-8") as text:
        return text.read().split("\n")[:-1]


@deadline(60)
@staged
def test_listeners_of_a_restored_backup(stage):
    """They heard more than the store remembers. They hear what is new, once,
    alive or started again."""
    store = Store(stage)
    store.start()
    ear = listen(stage, "heard")
    asker = stage.asker()
    stage.until_members(asker, "lobby", ["ear"])
    said = []
    for again in range(3):
        for i in range(20):
            said.append(f"{again}.{i}")
            asker.say("lobby", said[-1])
        if again == 0:
            same(store.run("backup", stage.path("kept.db"))[0], 0, "backup")
        until(lambda: len(lines(stage, "heard")) >= len(said),
              lambda: f"{len(said)} lines; {lines(stage, 'heard')}, {ear}")
        if again == 1:
            ear.send(signal.SIGTERM)
            ear.ends()
        store.kill()
        shutil.rmtree(store.folder)
        os.mkdir(store.folder)
        shutil.copy(stage.path("kept.db"), store.file)
        store.start()
        if again == 1:
            ear = listen(stage, "heard")
        asker = stage.asker()
        stage.until_members(asker, "lobby", ["ear"])
    same(lines(stage, "heard"), said, "its file")
