# SPDX-License-Identifier: MPL-2.0
"""Every exit code of confab, in one table; and how large what is too large is
told to be."""
import re
import signal
import subprocess

from cli import Cli, nobody
from posed import Posed, WELCOME, error
from wire import check, same, wait_until

ROOM = "exit"

# What ends so, on a broker that knows the room `exit`.
CODES = (
    (0, ["ping"]),
    (0, ["say", ROOM, "x"]),
    (0, ["--version"]),
    (1, ["--password-file", "/nonexistent", "ping"]),
    (1, ["run", "-e", ROOM, "--", "false"]),
    (2, ["shout"]),
    (2, ["history", ROOM, "--since", "soon"]),
    (2, ["search", "?"]),
    (2, ["-p", "nowhere", "ping"]),
    (4, ["-i", "taken", "say", ROOM, "x"]),
    (5, ["history", "no.such.room"]),
    (5, ["who", "no.such.room"]),
    (5, ["tell", "--no-keep", "nobody.here", "x"]),
    (5, ["search", "no-such-word-anywhere"]),
    (6, ["say", "no room", "x"]),
    (6, ["-i", "no id", "ping"]),
    (6, ["say", ROOM, "x" * 16385]),
    (124, ["listen", "-W", "0.2", ROOM]),
    (127, ["run", ROOM, "--", "./no-such-program"]),
)
ELSEWHERE = {3, 7, 130}  # tested below


def test_each_code(f):
    f.dealer().hello("taken")
    f.client("ann").say(ROOM, "x")
    with Cli(f) as cli:
        for code, args in CODES:
            cli.full(*args, code=code)
        known = {int(n) for n in re.findall(
            r"^ +(\d+)  ", cli.run("--help").split("Exit codes:\n")[1], re.M)}
        same(known, {code for code, _ in CODES} | ELSEWHERE,
             "each that is in --help")


def test_unreachable(f):
    url, taken = nobody()
    with taken, Cli(f, url) as cli:
        cli.wrong("-t", "0.2", "ping", code=3)


def test_rate(f):
    def answer(message):
        return error("rate", wait=1000)
    with Posed(answer) as broker, Cli(f, broker.url) as cli:
        cli.wrong("-t", "1", "rooms", code=7, part="try again later")


def test_no_answer(f):
    with Posed(lambda m: dict(WELCOME, id=m["id"]) if m["op"] == "hello"
               else None) as broker, Cli(f, broker.url) as cli:
        cli.wrong("-t", "1", "rooms", code=124)


def test_signals(f):
    """128 and the number, of commands that wait for different things."""
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143),
                         (signal.SIGHUP, 129)):
        for args in (["listen", ROOM], ["say", "-l", ROOM], ["say", ROOM],
                     ["pipe"], ["run", ROOM, "--", "true"],
                     ["ping", "-C", "100"]):
            with Cli(f) as cli:
                name = f"{f.name('id')}.{number}.{args[0]}{len(args)}"
                running = cli.start("-v", "-i", name, *args)
                running.error("connected to")
                running.signal(number)
                same(running.wait(), code, f"{args} {number}")


def test_a_reader_that_goes(f):
    """SIGPIPE is a quiet end."""
    ann = f.client("ann")
    for i in range(300):
        ann.tell_broker("say", room=ROOM, text="needle " + "x" * 900)
    ann.ping()
    with Cli(f) as cli:
        for command in ("history -n 300", "listen -e", "listen --since -300",
                        "search needle"):
            done = subprocess.run(
                ["bash", "-c", f"{cli.path} {command} "
                 f"{'' if 'search' in command else ROOM} | head -n 1; "
                 "exit ${PIPESTATUS[0]}"], env=cli.env(), timeout=20,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            same((done.returncode, done.stderr, done.stdout.count(b"\n")),
                 (0, b"", 1), command)


def test_lines_leave_at_once(f):
    """Also into a pipe."""
    name = f.name("eve")
    with Cli(f) as cli:
        running = cli.start("-i", name, "listen", "-r", ROOM)
        ann = f.client("ann")
        wait_until(lambda: name in ann.ask("who", room=ROOM).get(
            "members", []), "in the room")
        ann.say(ROOM, "now")
        same(running.line(), "now")


def test_how_large(f):
    f.client("ann").say(ROOM, "x")
    with Cli(f) as cli:
        for size in (16385, 16386, 50000):
            for end in ("", "\n"):
                cli.wrong("say", ROOM, stdin="x" * size + end, code=6,
                          part=f"at most 16384 bytes, this has {size} (")
            cli.wrong("tell", "bob", "x" * size, code=6,
                      part=f"at most 16384 bytes, this has {size}")
        cli.run("say", ROOM, stdin="x" * 16384 + "\n")
        done = cli.full("say", "-l", ROOM, stdin="x" * 16385 + "\nok\n",
                        code=6)
        check(b"line 1: longer than 16384 bytes" in done.stderr, done.stderr)
        endless = subprocess.run(
            ["bash", "-c", f"yes | {cli.path} say {ROOM}"], env=cli.env(),
            timeout=20, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        same(endless.returncode, 6)
        check(b"this has more than 16777216" in endless.stderr,
              endless.stderr)
