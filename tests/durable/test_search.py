# SPDX-License-Identifier: MPL-2.0
"""The index beside the log: made from it, whatever becomes of it.

Searches find the same after a stop, a kill, without the file, with another one
in its place; nothing that was redacted or dropped, also not in the file.

Seen to fail: without the index brought up to date before a search; with the
volume of a redacted message kept; without the mark of the epoch; with pages of
a channel that begins anew taken for those that go.
"""
import os
import random
import shutil
import sqlite3

from fixture import deadline
from stage import staged, until
from store import Store
from test_rulings import ROOM, Town
from wire import check, same

BROKER = False

SOON = 15     # seconds
SAID = 3000
WORDS = [f"word{n}" for n in range(500)]
SECRET = "swordfish"
FEW = "retention\n    few = \"few count=100\"\n"


def index(store):
    return store.file + ".search"


def say_much(client, room, count=SAID, dice=random.Random(7)):
    """Gives text by seq."""
    said = {}
    texts = [" ".join(dice.choices(WORDS, k=12)) for _ in range(count)]
    for at in range(0, count, 100):
        part = texts[at:at + 100]
        client.send(*[{"op": "say", "room": room, "text": text, "ref": n}
                      for n, text in enumerate(part)])
        for n, text in enumerate(part):
            said[client.expect("ok", ref=n)["seq"]] = text
    return said


def find(client, text, complete=True, **fields):
    """The seqs, of all pages."""
    found, before = [], 2**53 - 1
    while True:
        page = client.done("search", "found", text=text, before=before,
                           limit=500, **fields)
        if complete:
            check(page["complete"], "not complete")
        found += [m["seq"] for m in page["messages"]]
        if not page["more"]:
            return found
        check(page["upto"] < before, "no progress")
        before = page["upto"]


def until_complete(client):
    def whole():
        return client.done("search", "found", text="x")["complete"]
    until(whole, "the index has caught up", SOON)


def check_found(client, said):
    """Words and pairs of them, in all rooms."""
    until_complete(client)
    for word in WORDS[::50]:
        want = sorted((seq for seq, text in said.items()
                       if word in text.split()), reverse=True)
        check(want, "a word that nobody said")
        same(find(client, word), want, word)
    pair = " ".join(next(iter(said.values())).split()[:2])
    want = [seq for seq, text in said.items() if f" {pair} " in f" {text} "]
    same(find(client, f'"{pair}"'), sorted(want, reverse=True), pair)


def bytes_of(path):
    data = b""
    for end in ("", "-wal", "-shm"):
        if os.path.exists(path + end):
            with open(path + end, "rb") as file:
                data += file.read()
    return data


def fill(store, rooms=5):
    """All of it in pages: of turns no index is needed."""
    store.start()
    client = store.stage.client("ann")
    said = {}
    for n in range(rooms):
        said |= say_much(client, f"room{n}", SAID // rooms)
    store.until_moved()
    return client, said


def client_of(store):
    return store.stage.client("ann")


@deadline(120)
@staged
def test_after_every_end(stage):
    store = Store(stage)
    client, said = fill(store)
    check_found(client, said)
    for end in (store.restart, store.crash, store.restart):
        end()
        client = client_of(store)
        check_found(client, said)
        said |= say_much(client, "room1", 500)
        check_found(client, said)
        store.until_moved()
        check_found(client, said)
    same(os.stat(index(store)).st_mode & 0o777, 0o600, "its mode")


@deadline(120)
@staged
def test_another_file_or_none(stage):
    store = Store(stage)
    client, said = fill(store)
    check_found(client, said)

    def gone():
        os.unlink(index(store))

    def noise():
        with open(index(store), "wb") as file:
            file.write(random.randbytes(100000))

    def holes():
        size = os.path.getsize(index(store))
        with open(index(store), "r+b") as file:
            for at in range(8192, size, 16384):
                file.seek(at)
                file.write(random.randbytes(2048))

    def empty():
        with open(index(store), "wb"):
            pass

    def stranger():
        gone()
        with sqlite3.connect(index(store)) as sql:
            sql.execute("CREATE TABLE meta (a, b, c)")

    def folder():
        gone()
        os.mkdir(index(store))

    for harm in (gone, noise, empty, stranger):
        store.stop()
        harm()
        store.start()
        check_found(client_of(store), said)
    # What is damaged in the middle may be found out by a search only: it is
    # not complete then, and nothing is found that was not said.
    store.stop()
    holes()
    store.start()
    client = client_of(store)
    for word in WORDS[::50]:
        got = find(client, word, complete=False)
        check(all(word in said[seq].split() for seq in got), "made up")
    store.stop()
    if os.path.exists(index(store)):
        os.unlink(index(store))
    os.mkdir(index(store))
    store.start()
    client = client_of(store)
    page = client.done("search", "found", text="word1")
    same(page["complete"], False, "complete without an index")
    check("search.failed" in store.broker.log_tail(), "not said")
    seq = client.say("room0", "still here")["seq"]
    same(find(client, "still", complete=False), [seq])
    store.stop()
    os.rmdir(index(store))


@deadline(120)
@staged
def test_the_index_of_another_log(stage):
    one, other = Store(stage, "one"), Store(stage, "other")
    client, said = fill(one)
    check_found(client, said)
    one.stop()
    client, others = fill(other)
    check_found(client, others)
    other.stop()
    shutil.copy(index(one), index(other))
    other.start()
    check_found(client_of(other), others)
    other.stop()


@deadline(120)
@staged
def test_an_older_copy_of_the_log(stage):
    store = Store(stage)
    client, said = fill(store)
    check_found(client, said)
    store.stop()
    old = store.copy("old")
    store.start()
    client = client_of(store)
    more = say_much(client, "room0", 1000)
    store.until_moved()
    check_found(client, said | more)
    store.stop()
    shutil.copy(old.file, store.file)
    for end in ("-wal", "-shm"):
        if os.path.exists(store.file + end):
            os.unlink(store.file + end)
    store.start()
    client = client_of(store)
    check_found(client, said)
    said |= say_much(client, "room0", 1000)
    check_found(client, said)


@deadline(120)
@staged
def test_what_was_redacted(stage):
    town = Town(stage)
    town.start()
    moe, ann = town.client("moe"), town.client("ann")
    for moved in (False, True, True):
        ann.say(ROOM, "before it, seen")
        seq = ann.say(ROOM, f"the {SECRET} of ann")["seq"]
        say_much(ann, ROOM, 300)
        if moved:
            town.store.until_moved()
            until_complete(ann)
        same(find(ann, SECRET), [seq])
        moe.done("redact", room=ROOM, seq=seq)
        same(find(ann, SECRET), [])
        same(find(ann, SECRET, room=ROOM), [])
        until_complete(ann)
        until(lambda: SECRET.encode() not in bytes_of(index(town.store)),
              "its words have left the file", SOON)
        check(b"seen" in bytes_of(index(town.store)) or not moved,
              "nothing is in the file")
        check(find(ann, "seen"), "others are gone, too")
    # And when the broker stops at once.
    for _ in range(3):
        seq = ann.say(ROOM, f"the {SECRET} for a moment")["seq"]
        town.store.until_moved()
        same(find(ann, SECRET), [seq])
        moe.done("redact", room=ROOM, seq=seq)
        town.store.stop()
        check(SECRET.encode() not in bytes_of(index(town.store)),
              "its words are there after a stop")
        town.start()
        moe, ann = town.client("moe"), town.client("ann")
        check(find(ann, "seen"), "others are gone, too")
    # While no index is there, and while no thread is.
    seq = ann.say(ROOM, f"the {SECRET} again")["seq"]
    town.store.until_moved()
    same(find(ann, SECRET), [seq])
    moe.done("redact", room=ROOM, seq=seq)
    town.store.kill()
    town.start()
    ann = town.client("ann")
    same(find(ann, SECRET, complete=False), [])
    until(lambda: SECRET.encode() not in bytes_of(index(town.store)),
          "its words have left the file after a kill", SOON)


@deadline(120)
@staged
def test_what_retention_dropped(stage):
    store = Store(stage)
    store.start(FEW)
    client = client_of(store)
    first = client.say("few", f"the {SECRET}")["seq"]
    kept = client.say("many", f"a {SECRET}")["seq"]
    same(find(client, SECRET), [kept, first])
    store.until_moved()
    until_complete(client)
    said = say_much(client, "few", 1000)

    def dropped():
        page = client.done("history", "history", room="few")
        return page["first"] > first
    until(dropped, "retention has passed it", SOON)
    until_complete(client)
    same(find(client, SECRET), [kept])
    least = client.done("history", "history", room="few")["first"]
    for word in WORDS[::100]:
        got = find(client, word, room="few")
        check(all(seq >= least for seq in got), "older than the first")
        want = [s for s, text in said.items()
                if s >= least and word in text.split()]
        same(sorted(got), want, word)


@deadline(60)
@staged
def test_switched_off(stage):
    store = Store(stage)
    store.start("search = no\n")
    client = client_of(store)
    client.say("room", "x")
    client.refused("search", "bad-state", text="x")
    check(not os.path.exists(index(store)), "there is an index")
