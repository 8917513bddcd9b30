# SPDX-License-Identifier: MPL-2.0
"""Every example, as its first lines tell to run it, on a real broker."""
import os
import shutil
import subprocess
import tempfile

from cli import Running
from fixture import deadline
from posed import address
from wire import Failure, check, same, wait_until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
EXAMPLES = os.path.join(ROOT, "examples")
PYTHON = "/usr/bin/python3"
NPM_SECONDS = 120


class Program(Running):
    """A running example, ended with the `with`."""

    def __init__(self, *command):
        super().__init__(list(command), os.environ.copy())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def finished(self, code=0):
        self.end()
        same(self.wait(), code, f"exit code, with {list(self.errors.queue)}")


def python(name, *args):
    return Program(PYTHON, os.path.join(EXAMPLES, "python", name), *args)


def compiled(t, name, *args):
    """An example in C: it is built beside the programs under test."""
    build = os.path.dirname(t.shared.args.confab)
    path = os.path.join(build, "examples", name)
    check(os.access(path, os.X_OK), f"there is no {path}: make examples")
    return Program(path, *args)


def heard(client, room, texts):
    """The room has these messages, in this order, each once."""
    page = client.done("history", "history", room=room, limit=500)
    same([m["text"] for m in page["messages"]], texts)


def hears(t, program, room, client):
    """Speaks until the program prints something; drops what it printed."""
    def printed():
        client.say(room, "are you there?", keep=False)
        return not program.lines.empty()
    wait_until(printed, "the program prints what is said")
    wait_until(lambda: program.lines.qsize(), "a line")
    client.say(room, "begin")
    while "begin" not in program.line():
        pass


# --- Python ---

def test_python_listen(t):
    c = t.client("ann")
    room = t.name("room")
    with python("listen.py", room, t.broker.pub) as listen:
        hears(t, listen, room, c)
        c.say(room + "ops", "not for dev")
        for text in ("hello", "", "你好", "a\tb", "x" * 16384):
            c.say(room, text)
            same(listen.line(), f"{c.id}: {text}")
        c.say(room, "a\x1b[2Jb\nc")
        same(listen.line(), f"{c.id}: a [2Jb c")


def test_python_say(t):
    c = t.client("ann")
    room = t.name("room")
    lines = [f"line {n} 第{n}行" for n in range(400)]
    with python("say.py", t.name("script"), room, t.broker.bind) as say:
        say.write("\n".join(lines) + "\n")
        say.finished()
    heard(c, room, lines)


def test_python_tell(t):
    c = t.client("ann")
    with python("say.py", t.name("script"), "@" + c.id, t.broker.bind) as say:
        say.write("one\n\ntwo\n")
        say.finished()
    same([c.expect("tell")["text"] for _ in range(3)], ["one", "", "two"])


def test_python_say_is_refused(t):
    with python("say.py", t.name("script"), "@" + t.name("nobody"),
                t.broker.bind) as say:
        say.write("hello\n")
        say.end()
        say.error("no-client")
        same(say.wait(), 1)
    with python("say.py", "not a name", "room", t.broker.bind) as say:
        say.error("bad-name")
        same(say.wait(), 1)


@deadline(60)
def test_python_say_over_a_restart(t):
    old = t.fresh()
    with python("say.py", "script", "room", old.bind) as say:
        say.write("before\n")
        c = t.client("ann")
        wait_until(lambda: c.ask("who", room="room")["op"] == "who", "said")
        old.stop(9)
        t.fresh(bind=old.bind, pub=old.pub)
        say.write("between\n")
        say.write("after\n")
        say.finished()
    d = t.client("bob")
    page = d.done("history", "history", room="room")
    same([m["text"] for m in page["messages"]][-2:], ["between", "after"])


def test_python_echo_bot(t):
    c = t.client("ann")
    room = t.name("room")
    c.join(room, direct=True)
    with python("echo_bot.py", t.name("echo"), room, t.broker.bind) as bot:
        same(bot.line(), f"{t.name('echo')} is in {room}")
        seq = c.say(room, "!echo hi 你好")["seq"]
        same(c.expect("say", kind="notice", text="hi 你好")["re"], seq)
        seq = c.tell(t.name("echo"), "psst", data=[1])["seq"]
        c.expect("tell", text="psst", data=[1], kind="notice", re=seq)
        c.tell(t.name("echo"), "no answer", kind="notice")
        c.say(room, "!echo no answer", kind="notice")
        c.say(room, "not for you")
        c.tell(t.name("echo"), "the last")
        c.expect("tell", text="the last")
        texts = [m["text"] for m in c.drain() if m["op"] in ("say", "tell")]
        same(texts, ["!echo hi 你好", "!echo no answer", "not for you"])


@deadline(60)
def test_python_echo_bot_over_a_restart(t):
    old = t.fresh()
    with python("echo_bot.py", "echo", "room", old.bind) as bot:
        bot.line()
        old.stop(9)
        t.fresh(bind=old.bind, pub=old.pub)
        same(bot.line(), "echo is in room")
        c = t.client("ann")
        c.tell("echo", "again")
        c.expect("tell", text="again")


def test_python_echo_bot_answers_once(t):
    """Mail that waited is answered once, and acknowledged."""
    c, name = t.client("ann"), t.name("echo")
    known = t.dealer()
    known.hello(name)
    known.done("bye")
    for number in range(5):
        c.tell(name, str(number))
    for _ in range(2):
        with python("echo_bot.py", name, t.name("room"), t.broker.bind) as bot:
            bot.line()
            wait_until(lambda: c.done("history", "history",
                                      **{"with": name})["acked"],
                       "the mail is acknowledged")
    same([c.expect("tell")["text"] for _ in range(5)], list("01234"))
    c.silent()


def test_python_echo_bot_in_use(t):
    c = t.client("ann")
    with python("echo_bot.py", c.id, t.name("room"), t.broker.bind) as bot:
        bot.error("in use")
        same(bot.wait(), 1)


def test_python_secure(t):
    """The first key to use an id owns it."""
    broker = t.fresh(options=["--access", "claim"])
    there = address(broker.bind, broker.key)
    with tempfile.TemporaryDirectory() as folder:
        keys = [os.path.join(folder, name) for name in ("ann", "other")]

        def secure(text, key, there=there):
            return python("secure.py", there, "ann", "room", text, key)
        for text in ("hello", "again"):
            with secure(text, keys[0]) as said:
                check(said.line().startswith("kept as 1"), "a seq")
                said.finished()
        same(os.stat(keys[0]).st_mode & 0o777, 0o600)
        with secure("x", keys[1]) as said:
            said.error("(denied)")
            same(said.wait(), 1)
        wrong = address(broker.bind, broker.key[:-5] + "00000")
        with secure("x", keys[0], wrong) as said:
            said.error("no broker there that has this key")
            same(said.wait(), 1)


# --- Node ---

class Node:
    """The example with its packages, installed once in a scratch folder."""

    folder = None

    @classmethod
    def install(cls):
        for program in ("node", "npm"):
            if not shutil.which(program):
                raise Failure(f"{program} is not installed; the example in "
                              "Node cannot be tested (.ci/need test)")
        if cls.folder:
            return
        folder = tempfile.TemporaryDirectory(prefix="confab-node-")
        shutil.copytree(os.path.join(EXAMPLES, "node"), folder.name,
                        dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("node_modules"))
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund"],
                              cwd=folder.name, capture_output=True, text=True,
                              timeout=NPM_SECONDS)
        if done.returncode != 0:
            raise Failure(f"npm install failed: {done.stderr[-2000:]}")
        cls.folder = folder

    @classmethod
    def room(cls, *args):
        cls.install()
        return Program("node", os.path.join(cls.folder.name, "room.mjs"),
                       *args)


@deadline(150)
def test_node_room(t):
    c = t.client("ann")
    room = t.name("room")
    c.join(room, direct=True)
    with Node.room(t.name("node"), room, t.broker.bind) as node:
        node.error("-- " + room)
        c.say(room, "hello 你好")
        same(node.line(), f"{c.id}: hello 你好")
        node.write("from node 🦊\n")
        said = c.expect("say", text="from node 🦊")
        same(said["from"], t.name("node"))
        same(node.line(), f"{t.name('node')}: from node 🦊")
        node.finished()


@deadline(150)
def test_node_many_lines(t):
    c = t.client("ann")
    room = t.name("room")
    lines = [f"line {n}" for n in range(450)]
    with Node.room(t.name("node"), room, t.broker.bind) as node:
        node.write("\n".join(lines) + "\n")
        node.finished()
    heard(c, room, lines)


@deadline(150)
def test_node_over_a_restart(t):
    old = t.fresh()
    with Node.room("node", "room", old.bind) as node:
        node.error("-- room")
        node.write("before\n")
        same(node.line(), "node: before")
        old.stop(9)
        t.fresh(bind=old.bind, pub=old.pub)
        node.error("-- room")
        c = t.client("ann")
        c.say("room", "after")
        same(node.line(), f"{c.id}: after")
        node.write("and on\n")
        same(node.line(), "node: and on")
        node.finished()


@deadline(150)
def test_node_wants_a_name_of_its_own(t):
    c = t.client("ann")
    with Node.room(c.id, t.name("room"), t.broker.bind) as node:
        node.error("in-use")
        same(node.wait(), 1)


# --- C ---

def test_c_echo_bot(t):
    t.fresh()
    c = t.client("ann")
    c.join("lobby", direct=True)
    with compiled(t, "echo_bot", t.broker.bind, "lobby") as bot:
        bot.error("in lobby")
        c.tell("echo", "psst 你好")
        c.expect("tell", text="said it")
        same(c.expect("say", text="psst 你好")["from"], "echo")


def test_c_room_to_stdout(t):
    c = t.client("ann")
    room = t.name("room")
    with compiled(t, "room_to_stdout", t.name("reader"), room, "3",
                  t.broker.bind) as reader:
        reader.error("in " + room)
        for text in ("one", "两", "a\nb"):
            c.say(room, text)
        same(reader.rest(), [f"{c.id}: one", f"{c.id}: 两", f"{c.id}: a b"])
        same(reader.wait(), 0)
