# SPDX-License-Identifier: MPL-2.0
"""What a broker finds where its log should be.

It starts, or refuses with one line that names the file and the reason, and leaves
alone what is not its own.
"""
import os
import shutil
import sqlite3
import stat
import subprocess

from stage import staged
from store import Store, history
from wire import check, same

BROKER = False

NOBODY = 65534


def put(store, data):
    with open(store.file, "wb") as file:
        file.write(data)


def contents(store):
    """Of all files in the folder that are not empty."""
    found = {}
    for name in os.listdir(store.folder):
        with open(os.path.join(store.folder, name), "rb") as file:
            data = file.read()
        if data:
            found[name] = data
    return found


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@staged
def test_a_second_broker(stage):
    store = Store(stage)
    store.start()
    client = stage.client("ann")
    client.say("lobby", "before")
    store.refuses(store.file, "in use", "confabd")
    client.say("lobby", "after")
    store.kill()  # a lock that outlives its process would be in the way
    store.start()
    same([m["text"] for m in history(stage.asker(), room="lobby")],
         ["before", "after"])


@staged
def test_a_link_to_a_file_in_use(stage):
    """Another name of it does not help."""
    store, other = Store(stage), Store(stage, "other")
    store.start()
    os.symlink(store.file, other.file)
    other.refuses("in use")
    shutil.rmtree(other.folder)
    os.symlink(store.folder, other.folder)
    other.refuses("in use")


@staged
def test_a_second_name_of_a_file_in_use(stage):
    """Nor does one that nothing shows to be the same, nor a lost lock file."""
    store, other = Store(stage), Store(stage, "other")
    store.start()
    os.link(store.file, other.file)
    other.refuses("in use")
    os.remove(store.file + ".lock")
    Store(stage).refuses("in use")


@staged
def test_files_that_are_not_ours(stage):
    """They are left as they are."""
    for number, data in enumerate((
            b"Dear diary,\n", b"\0" * 5_000, os.urandom(10_000),
            b"#!/bin/sh\nexit 1\n" * 500)):
        store = Store(stage, f"foreign{number}")
        put(store, data)
        store.refuses(store.file)
        same(contents(store), {"confab.db": data}, "the folder")


@staged
def test_a_database_of_somebody_else(stage):
    store = Store(stage)
    sql = sqlite3.connect(store.file)
    sql.execute("CREATE TABLE customers (name TEXT)")
    sql.execute("INSERT INTO customers VALUES ('ann')")
    sql.commit()
    sql.close()
    before = contents(store)
    store.refuses(store.file, "not a log of confab")
    same(contents(store), before, "the folder")


@staged
def test_a_newer_format(stage):
    store = Store(stage)
    store.start()
    stage.client("ann").say("lobby", "hello")
    store.stop()
    sql = sqlite3.connect(store.file)
    sql.execute("PRAGMA user_version = 99")
    sql.close()
    before = contents(store)
    store.refuses(store.file, "newer", "99")
    same(contents(store), before, "the folder")
    code, _, err = store.run("verify")
    check(code == 1 and "newer" in err, f"verify: {code}, {err}")


@staged
def test_an_empty_file(stage):
    """A log that begins."""
    store = Store(stage)
    put(store, b"")
    store.start()
    stage.client("ann").say("lobby", "hello")
    store.crash()
    same(len(history(stage.asker(), room="lobby")), 1, "messages")


@staged
def test_no_folder(stage):
    """A folder that somebody names is not made: it may be a disk that is not
    mounted."""
    store = Store(stage)
    os.rmdir(store.folder)
    store.refuses(store.file, "no folder")
    check(not os.path.exists(store.folder), "it was made")


@staged
def test_a_folder_in_the_place_of_the_file(stage):
    store = Store(stage)
    os.mkdir(store.file)
    store.refuses(store.file)


@staged
def test_a_folder_without_permission(stage):
    """As somebody who may not write there."""
    store = Store(stage)
    home = stage.path("program")
    os.makedirs(home)
    os.chmod(stage.home, 0o755)
    os.chmod(store.folder, 0o555)
    program = shutil.copy(stage.fixture.shared.args.confabd, home)
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    done = subprocess.run(
        [program, "--bind", "tcp://127.0.0.1:*", "--pub", "tcp://127.0.0.1:*",
         "--log", f"sqlite:{store.file}"], env=stage.env, timeout=20,
        capture_output=True, check=False, **(who if os.getuid() == 0 else {}))
    err = done.stderr.decode()
    same((done.returncode, done.stdout), (1, b""), f"code and stdout ({err})")
    check("Permission denied" in err and store.file in err, err)


@staged
def test_the_usual_place(stage):
    """Its folders are made, for nobody else; the file as well."""
    state = stage.path("a/b/state")
    broker = stage.broker(log="sqlite:", env={"XDG_STATE_HOME": state})
    stage.client("ann").say("lobby", "hello")
    file = os.path.join(state, "confab/confab.db")
    same(mode(os.path.dirname(file)), 0o700, "mode of the folder")
    for name in os.listdir(os.path.dirname(file)):
        same(mode(os.path.join(os.path.dirname(file), name)), 0o600, name)
    same(broker.stop(), 0)
    state = stage.path("c")
    stage.broker(log="sqlite:", env={"STATE_DIRECTORY": state,
                                     "XDG_STATE_HOME": stage.path("d")})
    check(os.path.exists(os.path.join(state, "confab.db")), "STATE_DIRECTORY")


@staged
def test_a_stop_leaves_one_file(stage):
    """Which is all that a copy needs: the index beside it can be made again."""
    store = Store(stage)
    store.start()
    ann = stage.client("ann")
    told = [ann.say("lobby", f"{i}")["seq"] for i in range(200)]
    store.stop()
    left = [name for name in os.listdir(store.folder) if "lock" not in name]
    same(sorted(left), ["confab.db", "confab.db.search"], "the folder")
    copy = store.copy("copy")
    copy.start()
    same([m["seq"] for m in history(stage.asker(), room="lobby")], told)
