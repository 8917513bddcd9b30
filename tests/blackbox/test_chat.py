# SPDX-License-Identifier: MPL-2.0
"""confab chat on a terminal, which is tmux, and without one."""
import os
import re
import signal
import subprocess

from cli import Cli
from screen import Screen
from stage import ROOT
from wire import check, same, wait_until


def test_two_people_type_at_the_same_time(f):
    room = f.name("room")
    ann, bob = f.name("ann"), f.name("bob")
    with Cli(f) as cli, Screen(cli) as one, Screen(cli) as two:
        one.chat(ann, room)
        two.chat(bob, room)
        one.wait_for(f"^-- {bob} enters {room}$")
        one.type("half a th")
        two.type("half ano")
        one.wait_last(f"[{room}] half a th")
        two.type("ther", True)
        one.wait_for(f"{room} <{bob}> half another$")
        one.wait_last(f"[{room}] half a th")
        one.type("ought", True)
        two.wait_for(f"{room} <{ann}> half a thought$")
        two.wait_last(f"[{room}]")
        one.wait_last(f"[{room}]")
        one.type("/quit", True)
        one.ended(0)
        two.wait_for(f"^-- {ann} leaves {room}$")
        two.keys("C-d")
        two.ended(0)


def test_a_flood_does_not_touch_the_line(f):
    room = f.name("room")
    bob = f.client("bob")
    with Cli(f) as cli, Screen(cli) as one:
        one.chat(f.name("ann"), room)
        one.type("do not lose this")
        for i in range(500):
            bob.tell_broker("say", room=room, text=f"flood {i}")
        lines = one.wait_for(f"<{bob.id}> flood 499$")
        one.wait_last(f"[{room}] do not lose this")
        found = [int(line.rsplit(" ", 1)[1]) for line in lines
                 if "flood" in line]
        same(found, list(range(499 - len(found) + 1, 500)))


def test_editing(f):
    room = f.name("r")
    prompt = f"[{room}] "
    with Cli(f) as cli, Screen(cli) as one:
        one.chat(f.name("ann"), room)
        one.type("hello big world")
        one.keys("C-a", "X", "C-e", "Y", "Left", "BSpace")
        one.wait_last(prompt + "Xhello big worlY")
        one.keys("C-w")
        one.wait_last(prompt + "Xhello big Y")
        one.keys("C-a", "Right", "C-k")
        one.wait_last(prompt + "X")
        one.keys("C-y")
        one.wait_last(prompt + "Xhello big Y")
        one.keys("M-b", "C-u")
        one.wait_last(prompt + "Y")
        one.keys("Home", "DC", "C-l")
        wait_until(lambda: one.lines() == [prompt.rstrip()], "clear screen")
        for escape in ("F5", "S-F5", "M-x", "PPage", "C-g", "C-t"):
            one.keys(escape)
        one.type("ok")
        one.wait_last(prompt + "ok")


def test_wide_characters(f):
    room = f.name("r")
    prompt = f"[{room}] "
    bob = f.client("bob")
    bob.join(room, direct=True)
    with Cli(f) as cli, Screen(cli) as one:
        one.chat(f.name("小明"), room)
        one.type("你好世界")
        one.wait_last(prompt + "你好世界")
        one.wait_cursor(len(prompt) + 8)
        one.keys("Left", "Left", "BSpace")
        one.wait_last(prompt + "你世界")
        one.wait_cursor(len(prompt) + 2)
        one.type("e\u0301👍")
        one.keys("Left", "Left", "Right")
        one.wait_cursor(len(prompt) + 3)
        one.keys("BSpace", "Enter")
        said = bob.expect("say")
        same((said["text"], said["from"]), ("你👍世界", f.name("小明")))
        one.wait_for("<" + f.name("小明") + "> 你👍世界$")


def test_lines_of_the_past(f):
    room = f.name("r")
    prompt = f"[{room}] "
    with Cli(f) as cli, Screen(cli) as one:
        one.chat(f.name("ann"), room)
        for text in ("first", "second", "second"):
            one.type(text, True)
        one.wait_for("second$")
        one.type("draft")
        one.keys("Up")
        one.wait_last(prompt + "second")
        one.keys("Up")
        one.wait_last(prompt + "first")
        one.keys("Up", "Down", "Down")
        one.wait_last(prompt + "draft")


def test_conversations(f):
    room, other = f.name("r"), f.name("s")
    bob = f.client("bob")
    bob.join(room, direct=True)
    with Cli(f) as cli, Screen(cli) as one:
        one.chat(f.name("ann"), room)
        one.type("/jion " + other, True)
        one.wait_for("^-- there is no /jion; did you mean /join\\?")
        one.type(f"/query {bob.id} hello", True)
        one.wait_last(f"[@{bob.id}]")
        told = bob.expect("tell")
        same((told["text"], "receipt" in told), ("hello", False))
        one.type("psst", True)
        same(bob.expect("tell")["text"], "psst")
        one.type("half")
        one.keys("M-1")
        one.wait_last(f"[{room}]")
        one.keys("M-2")
        one.wait_last(f"[@{bob.id}] half")
        one.keys("C-u")
        one.type(f"/ignore {bob.id}", True)
        one.wait_for(f"^-- you hear nothing of {bob.id} any more")
        bob.tell(f.name("ann"), "not heard")
        f.client("carol").tell(f.name("ann"), "behind it")
        one.wait_for("> behind it$")  # mail comes in its order
        one.type(f"/unignore {bob.id}", True)
        one.wait_for(f"^-- you hear {bob.id} again$")
        bob.tell(f.name("ann"), "heard")
        lines = one.wait_for("> heard$")
        check(not any("not heard" in line for line in lines), lines)
        one.type("/close", True)
        one.wait_last(f"[{room}]")
        one.type("/topic", True)
        one.wait_for(f"^-- {room} has no subject")
        one.type("/topic tea", True)
        one.wait_for(f"^-- {f.name('ann')}: {room} is about tea$")
        one.type("/topic -", True)
        lines = one.wait_for("has no subject any more$")
        check(not any("done" in line for line in lines), lines)


def test_mail_that_waited(f):
    ann = f.name("ann")
    bob, eve = f.client("bob"), f.client("eve")
    with Cli(f) as cli, Screen(cli, 100) as one:
        one.chat(ann, f.name("r"))
        one.type("/quit", True)
        one.ended(0)
        for who in (bob, eve, bob):
            who.tell(ann, "while you were away")
        one.chat(ann, f.name("r"))
        one.wait_for(f"^-- 3 messages were waiting: {bob.id} 2, {eve.id} 1$")


def test_long_line_in_a_narrow_terminal(f):
    room = f.name("r")
    bob = f.client("bob")
    bob.join(room, direct=True)
    text = "".join(chr(ord("a") + i % 26) for i in range(200)) + "末"
    with Cli(f) as cli, Screen(cli, 40, 10) as one:
        one.chat(f.name("ann"), room)
        one.type(text)
        wait_until(lambda: one.lines()[-1].endswith("opqr末"), "its end")
        one.keys("C-a")
        wait_until(lambda: one.lines()[-1].startswith(f"[{room}] abc"),
                   "its start")
        bob.say(room, "meanwhile")
        one.wait_for("meanwhile$")
        check(one.lines()[-1].startswith(f"[{room}] abc"), one.lines())
        one.keys("Enter")
        same(bob.expect("say", **{"from": f.name("ann")})["text"], text)
        one.resize(12, 6)
        one.type("still here")
        wait_until(lambda: one.lines()[-1].endswith("here"), "12 columns")


def test_resize(f):
    room = f.name("r")
    with Cli(f) as cli, Screen(cli) as one:
        one.chat(f.name("ann"), room)
        one.type("a line that is about fifty columns long, more or less")
        one.wait_for("more or less$")
        one.resize(30)
        wait_until(lambda: one.lines()[-1].endswith("more or less") and
                   one.lines()[-1].startswith(f"[{room}]"), "narrow")
        one.resize(100)
        one.wait_last(f"[{room}] a line that is about fifty columns long, "
                      "more or less")
        same(sum(f"[{room}]" in line for line in one.lines()), 1, "prompts")
        check(any(f"-- {room} (1)" in line for line in one.lines()),
              "what was above is still there")


def test_commands(f):
    room, other = f.name("r"), f.name("s")
    bob = f.client("bob")
    bob.join(room, direct=True)
    with Cli(f) as cli, Screen(cli) as one:
        ann = f.name("ann")
        one.chat(ann, room)
        one.type("/me waves", True)
        same(bob.expect("say")["kind"], "action")
        one.wait_for(f"{room} \\* {ann} waves$")
        one.type("/who", True)
        one.wait_for(f"^-- {room} \\(2\\): {ann}, {bob.id}$")
        one.type(f"/msg {bob.id} a secret", True)
        same(bob.expect("tell")["text"], "a secret")
        one.wait_for(f"@{bob.id} <{ann}> a secret$")
        bob.tell(ann, "another")
        one.wait_for(f"@{ann} <{bob.id}> another$")
        one.type(f"/join {other}", True)
        one.wait_last(f"[{other}]")
        one.type("//not a command", True)
        one.wait_for(f"{other} <{ann}> /not a command$")
        one.type(f"/join {room}", True)
        one.wait_last(f"[{room}]")
        one.type("/leave", True)
        bob.expect("exit", id=ann)
        one.wait_last(f"[{other}]")
        one.type("/history", True)
        one.wait_for(f"{other} <{ann}> /not a command$")
        one.type("/dance", True)
        one.wait_for("^-- there is no /dance; /help")
        one.type("/msg nobody-here hi", True)
        one.wait_for(r"^-- nobody-here: .*\(no-client\)")
        one.type("/join a\u200bb", True)
        one.wait_for("^-- a.*b: ")
        bob.done("bye")
        one.type(f"/msg {bob.id} later", True)
        one.wait_for(f"^-- {bob.id} is not connected; kept until he is")
        one.keys("C-l")
        one.type("/help", True)
        one.wait_for("^-- /quit +end")
        for command in ("join", "leave", "msg", "me", "who"):
            check(any(line.startswith(f"-- /{command} ")
                      for line in one.lines()), f"/{command} in /help")


def test_the_manual_has_all_commands(f):
    """What /help tells, and the second names, stand in confab(1)."""
    with open(os.path.join(ROOT, "client", "confab.1.scd"),
              encoding="utf-8") as file:
        manual = file.read()
    with Cli(f) as cli:
        helped = cli.run("chat", f.name("r"), stdin="/help\n")
        names = re.findall(r"^-- /(\w+)", helped, re.M)
        check(len(names) > 15, names)
        asked = "".join(f"/help {name}\n" for name in names)
        aliases = re.findall(r"^-- /\w+ is /(\w+), too",
                             cli.run("chat", f.name("r"), stdin=asked), re.M)
        check(aliases, "second names")
        for name in names + aliases:
            check(f"*/{name}*" in manual, f"/{name} in the manual")


def test_what_others_send_is_harmless(f):
    room = f.name("r")
    bob = f.client("bob")
    with Cli(f) as cli, Screen(cli) as one:
        one.chat(f.name("ann"), room)
        bob.say(room, "\x1b[2J\x1b]0;title\x07\u202egnp.exe\u2028\x9b31m\r!")
        bob.say(room, "first\nsecond\x0bline")
        lines = one.wait_for("second")
        check(any(line.endswith("\\u001b[2J\\u001b]0;title\\u0007\\u202egnp."
                                "exe\\u2028\\u009b31m\\u000d!") or
                  "\\u202egnp" in line for line in lines), lines)
        at = next(i for i, line in enumerate(lines) if "second" in line)
        check(lines[at - 1].endswith("> first"), lines)
        same(lines[at], "      second\\u000bline")
        one.wait_for(rf"^-- {re.escape(room)} \(1\)")


def test_asks_for_an_id(f):
    room = f.name("r")
    with Cli(f) as cli, Screen(cli) as one:
        one.type(f"{cli.path} chat --plain {room} other; echo exit=$?", True)
        one.wait_for(r"^Your id \[tester\]:")
        one.type("a b", True)
        one.wait_for("^This cannot be an id: it ")
        one.type(f.name("ann"), True)
        one.wait_for(f"^-- {room} \\(1\\): {f.name('ann')}$")
        one.wait_last(f"[{room}]")


def test_interrupt_and_suspend(f):
    room = f.name("r")
    with Cli(f) as cli, Screen(cli) as one:
        one.chat(f.name("ann"), room)
        one.type("kept")
        one.wait_last(f"[{room}] kept")
        one.keys("C-z")
        one.wait_for("Stopped|Suspended")
        one.wait_last("READY>")
        one.type("fg; echo exit=$?", True)
        one.wait_last(f"[{room}] kept")
        one.type("!")
        one.wait_last(f"[{room}] kept!")
        one.keys("C-c")
        one.ended(130)


def test_terminal_is_restored_after_a_crash(f):
    room = f.name("r")
    for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM,
                   signal.SIGHUP):
        with Cli(f) as cli, Screen(cli) as one:
            name = f.name(f"ann{int(number)}")
            one.chat(name, room)
            pid = subprocess.run(["pgrep", "-f", f"^{cli.path} -i {name} "],
                                 check=True, stdout=subprocess.PIPE).stdout
            os.kill(int(pid), number)
            one.ended(128 + int(number))


def test_reconnect(f):
    broker = f.fresh()
    room = f.name("r")
    with Cli(f) as cli, Screen(cli) as one:
        one.chat(f.name("ann"), room)
        one.type("half")
        broker.stop(signal.SIGKILL)
        one.wait_for("^-- the connection to the broker is lost")
        one.wait_last(f"[{room}] half")
        one.type(" kept", True)
        one.wait_for("^-- not connected: it will be sent")
        f.fresh(bind=broker.bind, pub=broker.pub)
        one.wait_for("^-- connected to the broker again", 20)
        one.wait_for(f"<{f.name('ann')}> half kept$")
        one.wait_last(f"[{room}]")


def test_without_a_terminal(f):
    room = f.name("r")
    bob = f.client("bob")
    bob.join(room, direct=True)
    ann = f.name("ann")
    with Cli(f) as cli:
        chat = cli.start("-i", ann, "chat", room)
        while f"-- {room} (2)" not in chat.line():
            pass
        chat.write("hello\n/me waves\n/msg " + bob.id + " psst\n")
        same(bob.expect("say")["text"], "hello")
        same(bob.expect("tell")["text"], "psst")
        bob.say(room, "hi")
        while not chat.line().endswith(f"{room} <{bob.id}> hi"):
            pass
        chat.write("last words")
        chat.end()
        same(chat.wait(), 0)
        bob.expect("say", text="last words")
        check(not any("\x1b" in line for line in chat.rest()), "escapes")


def test_plain_lines_of_a_script(f):
    room = f.name("r")
    bob = f.client("bob")
    with Cli(f) as cli:
        out = cli.run("chat", room, stdin="one\ntwo\n/who\n/quit\nnot said\n")
    found = bob.done("history", "history", room=room)["messages"]
    same([m["text"] for m in found], ["one", "two"])
    check(isinstance(out, str), "output")


def test_many_lines_without_a_terminal(f):
    """More than the outbox holds: none is lost."""
    room = f.name("r")
    count = 25000
    with Cli(f) as cli:
        cli.run("chat", room, stdin="".join(f"{i}\n" for i in range(count)))
        said = cli.run("listen", "-e", "-r", room).split()
        cli.run("chat", room, stdin="/leave\n/join x\n/leave x\n")
    same(said, [str(i) for i in range(count)])
