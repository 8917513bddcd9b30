# SPDX-License-Identifier: MPL-2.0
"""dump, verify and backup, beside a broker and alone; and what becomes of a
log that is damaged."""
import base64
import glob
import json
import os
import signal
import sqlite3
import subprocess

import msgpack

from wire import check, same, wait_until

BROKER = False  # every test starts its own
LOG = "sqlite:log.db"


def tool(t, *arguments, log=None, code=0):
    """Lines of stdout, and stderr."""
    log = log or os.path.join(t.broker.folder.name, "log.db")
    done = subprocess.run(
        [t.shared.args.confabd, "--log", "sqlite:" + log, *arguments],
        timeout=60, stdin=subprocess.DEVNULL, capture_output=True)
    err = done.stderr.decode()
    same(done.returncode, code, f"exit code of {arguments}: {err}")
    return done.stdout.decode().splitlines(), err


def dump(t, *arguments, **more):
    return [json.loads(line) for line in tool(t, "dump", *arguments, **more)[0]]


def verify(t, **more):
    lines, err = tool(t, "verify", **more)
    same((len(lines), err), (1, ""), "what verify says")
    return lines[0]


def fill(client, room, count):
    for start in range(0, count, 100):
        numbers = range(start, min(start + 100, count))
        client.send(*[{"op": "say", "room": room, "text": f"{n} " + "x" * 100,
                       "ref": n} for n in numbers])
        for n in numbers:
            client.expect("ok", ref=n)


def in_pages(t):
    """The broker has moved everything into pages."""
    db = os.path.join(t.broker.folder.name, "log.db")

    def done():
        with sqlite3.connect(db) as look:
            return look.execute("SELECT count(*) FROM turns").fetchone() == (0,)
    wait_until(done, "all turns are in pages", 20)


def test_every_message_is_dumped_once(t):
    t.fresh(log=LOG)
    ann, bob = t.client("ann"), t.client("bob")
    odd = "a\u2028b\u2029c \u202e \x00 \x1b[31m \"q\" \\ \U0001f600 \u00e9\u7f51"
    one = ann.say("b", odd, ref=1, kind="action")
    two = ann.say("a", "first", ref=2, data={"k": [1, b"\xff", None]})
    said = ann.done("say", room="b", text="two", re=one["seq"])
    told = ann.tell(bob.welcome["id"], "psst", ref=3)
    for _ in range(2):
        lines = dump(t)
        same([m["op"] for m in lines], ["say", "say", "say", "tell"])
        same([m.get("room") for m in lines], ["a", "b", "b", None])
        same([m["seq"] for m in lines],
             [two["seq"], one["seq"], said["seq"], told["seq"]])
        same(lines[1]["text"], odd)
        same((lines[1]["kind"], lines[2]["re"]), ("action", one["seq"]))
        same(lines[2]["prev"], one["seq"])
        same((lines[3]["to"], lines[3]["from"]), (bob.welcome["id"], ann.welcome["id"]))
        same(msgpack.unpackb(base64.b64decode(lines[0]["msgpack64"])),
             {"k": [1, b"\xff", None]})
        same(list(lines[0]), ["op", "seq", "prev", "time", "room", "from",
                              "text", "msgpack64"])
        text, _ = tool(t, "dump", "b")
        check(all(line.isprintable() for line in text), "fit for a terminal")
        same(len(text), 2)
        in_pages(t)
    _, err = tool(t, "dump", "c", code=1)
    check("has no messages of a room 'c'" in err, err)
    same(verify(t), "4 messages in 2 rooms, 1 mailboxes, 0 turns: sound")


def test_beside_a_broker_under_load(t):
    t.fresh(log=LOG)
    ann = t.client("ann")
    fill(ann, "room", 3000)
    copy = os.path.join(t.broker.folder.name, "copy.db")
    for _ in range(3):
        ann.send(*[{"op": "say", "room": "room", "text": "y" * 500, "ref": n}
                   for n in range(100)])
        lines, _ = tool(t, "backup", copy)
        check(lines[0].startswith(f"{copy}: ") and
              lines[0].endswith(" MiB"), lines)
        check(verify(t).endswith(": sound"), "the log")
        check(verify(t, log=copy).endswith(": sound"), "the copy")
        prev = 0
        for message in dump(t, "room", log=copy):
            same(message["prev"], prev)
            prev = message["seq"]
        for n in range(100):
            ann.expect("ok", ref=n)
        _, err = tool(t, "backup", copy, code=1)
        check("is there already" in err, err)
        same(os.stat(copy).st_mode & 0o777, 0o600)
        os.unlink(copy)
    same(glob.glob(copy + "*"), [])


def test_a_backup_is_a_log(t):
    t.fresh(log=LOG)
    fill(t.client("ann"), "room", 300)
    copy = os.path.join(t.broker.folder.name, "copy.db")
    tool(t, "backup", copy)
    t.fresh(log="sqlite:" + copy)
    client = t.client("bob")
    page = client.done("history", "history", room="room", after=0, limit=500)
    same(len(page["messages"]), 300)
    same(page["complete"], True)


def test_verify_misses_what_is_gone(t):
    t.fresh(log=LOG)
    ann = t.client("ann")
    for _ in range(2):
        fill(ann, "room", 300)
        in_pages(t)
    fill(ann, "room", 300)
    t.broker.stop(signal.SIGKILL)
    path = os.path.join(t.broker.folder.name, "log.db")
    for sql, says in (
            ("DELETE FROM turns WHERE first = (SELECT min(first) FROM turns)",
             "room room: seq "),
            ("UPDATE clients SET acked = 7", "clients: row 1 is damaged"),
            ("DELETE FROM pages WHERE place = (SELECT min(place) FROM pages)",
             "room room: page 0: a row of pages is damaged")):
        with sqlite3.connect(path) as db:
            db.execute(sql)
        lines, err = tool(t, "verify", code=1)
        check(lines[0].endswith(": damaged"), lines)
        check(says in err, err)
    _, err = tool(t, "dump", code=1)
    check("messages are missing here" in err, err)


def test_a_damaged_log_is_set_aside(t):
    t.fresh(log=LOG)
    ann = t.client("ann", inbox=True)
    epoch = ann.welcome["epoch"]
    fill(ann, "room", 600)
    in_pages(t)
    fill(ann, "room", 200)
    t.broker.stop(signal.SIGKILL)
    path = os.path.join(t.broker.folder.name, "log.db")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE turns SET last = last + 1 WHERE first ="
                   " (SELECT max(first) FROM turns)")
        db.execute("UPDATE pages SET count = 1 WHERE place ="
                   " (SELECT min(place) + 1 FROM pages)")
    seqs = {m["seq"] for m in dump(t, "room", code=1)}
    log = t.fresh(log="sqlite:" + path).log_tail()
    check("event=log.damaged" in log and "event=log.salvaged" in log, log)
    aside = glob.glob(path + ".damaged-*[0-9]")
    same(len(aside), 1, "files aside")
    check(os.path.basename(aside[0]) in log, log)
    bob = t.client("bob")
    check(bob.welcome["epoch"] != epoch, "another epoch")
    after, got, complete = 0, [], True
    while True:
        page = bob.done("history", "history", room="room", after=after,
                        limit=500)
        got += [m["seq"] for m in page["messages"]]
        complete = complete and page["complete"]
        after = page["upto"]
        if not page["more"]:
            break
    same((set(got) <= seqs, complete), (True, False))
    check(len(got) > 400, f"{len(got)} are left")
    check(bob.say("room", "on", ref=1)["seq"] > max(got), "seqs go on")
    said = verify(t, log=path)
    check(said.endswith(" holes: sound"), said)
