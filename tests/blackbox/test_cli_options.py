# SPDX-License-Identifier: MPL-2.0
"""Options of confab that no other module is about; what each exit code is for
(test_cli_exit.py) and that each option is tried somewhere (test_cli_args.py)
stand elsewhere."""
import os
import pty
import subprocess

from cli import Cli
from test_cli_listen import member
from wire import check, same, wait_until


def test_chat_line_by_line(f):
    room, name = f.name("room"), f.name("ann")
    with Cli(f) as cli:
        cli.full("-i", name, "chat", "--plain", room, stdin="one\n/quit\n")
        cli.full("-i", name, "chat", "--direct", "--theme", "mono", room,
                 stdin="two\n/quit\n")
        same(cli.run("history", "-r", room).splitlines(),
             ["one", "two"])


def test_say_and_tell(f):
    room = f.name("room")
    bob = f.client("bob")
    with Cli(f) as cli:
        cli.run("say", "--keep", room, "x")
        same(cli.run("history", "-r", room), "x\n")
        cli.run("say", "--no-keep", "--keep", room, "the last one counts")
        same(len(cli.run("history", "-r", room).splitlines()), 2)
        cli.run("tell", "--keep", "--kind", "notice", "--re", "7", bob.id, "y")
        mail = bob.expect("tell")
        same((mail["kind"], mail["re"], mail["text"]), ("notice", 7, "y"))


def test_receipt(f):
    """It goes to the inbox of whoever has told."""
    name = f.name("ann")
    bob = f.client("bob")
    with Cli(f) as cli:
        inbox = cli.start("-i", name, "listen", "--mail", "--json")
        asking = f.client("asking")
        wait_until(lambda: name in asking.done("who", "who")["members"],
                   "the inbox")
        cli.run("-i", name, "tell", "--receipt", bob.id, "z")
        mail = bob.expect("tell")
        bob.tell_broker("ack", seq=mail["seq"])
        same(inbox.message("receipt")["seq"], mail["seq"])


def test_direct(f):
    """Rooms over the one connection: no second port is needed."""
    room, name = f.name("room"), f.name("bot")
    with Cli(f) as cli:
        run = cli.start("-i", name, "run", "--direct", "-C", "1", room, "--",
                        "sh", "-c", 'echo "$CONFAB_TEXT"')
        member(f, room, name).say(room, "x")
        same(run.rest(), ["x"])


def test_mail(f):
    name = f.name("bob")
    ann = f.client("ann")
    with Cli(f) as cli:
        cli.run("-i", name, "listen", "--mail", "-W", "0.2", code=124)
        ann.done("tell", to=name, text="psst")
        same(cli.run("-i", name, "history", "--mail", "-r"), "psst\n")


def test_search(f):
    room = f.name("room")
    ann = f.client("ann")
    first = ann.say(room, "needle one")["seq"]
    second = ann.say(room, "needle two")["seq"]
    with Cli(f) as cli:
        same(cli.run("search", "-r", "--room", room, "--before", str(second),
                     "--since", "1h", "needle"), "needle one\n")
        cli.run("search", "--room", room, "--before", str(first), "needle",
                code=5)
        check("two" in cli.run("search", "-n", "1", "--from", ann.id, "needle"),
              "the newest")


def test_quiet_and_verbose(f):
    room = f.name("room")
    with Cli(f) as cli:
        seq = cli.run("-v", "say", room, "x").strip()
        check(seq.isdigit(), seq)
        done = cli.full("-v", "say", room, "x")
        check(b"your id is " in done.stderr, done.stderr)
        same(cli.full("-q", "search", f.name("nothing"), code=5).stderr, b"")


def test_color(f):
    room = f.name("room")
    f.client("ann").say(room, "x")
    with Cli(f) as cli:
        for args, env, colored in (
                ([], {}, False), (["--color", "always"], {}, True),
                (["--color", "never"], {}, False),
                (["--color", "auto"], {}, False),
                ([], {"CONFAB_COLOR": "always"}, True),
                (["--color", "always"], {"NO_COLOR": "1"}, True)):
            out = cli.run(*args, "history", room, **env)
            same("\x1b[" in out, colored, f"{args} {env}")


def on_terminal(cli, *args, **env):
    """What a command writes when stdout is a terminal."""
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run([cli.path, *args], env=cli.env(**env),
                              stdin=subprocess.DEVNULL, stdout=theirs,
                              stderr=subprocess.PIPE, timeout=20)
        os.close(theirs)
        same(done.returncode, 0, done.stderr)
        text = b""
        try:
            while more := os.read(ours, 65536):
                text += more
        except OSError:  # the end of a terminal
            pass
        return text.decode()
    finally:
        os.close(ours)


def test_color_on_a_terminal(f):
    room = f.name("room")
    f.client("ann").say(room, "a\x1b[2Jb")
    with Cli(f) as cli:
        for args, env, colored in (
                ([], {}, True), ([], {"NO_COLOR": "1"}, False),
                ([], {"NO_COLOR": ""}, True),
                (["--color", "never"], {}, False),
                (["--color", "always"], {"NO_COLOR": "1"}, True)):
            out = on_terminal(cli, *args, "history", room, **env)
            same("\x1b[" in out, colored, f"{args} {env} {out!r}")
        for args in (["--raw"], ["--json"], ["--format", "{text}"]):
            out = on_terminal(cli, "history", room, *args)
            check("\\u001b[2J" in out and "\x1b" not in out, f"{args}: {out!r}")
