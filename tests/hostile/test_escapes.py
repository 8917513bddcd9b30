# SPDX-License-Identifier: MPL-2.0
"""Bytes of strangers in the broker's log and on people's terminals.

In the log an event is a line, whatever is in an agent, an id, a room or a
reason. On a terminal nothing that strangers have written moves the cursor,
sets a colour, a title or the clipboard, or turns the text around.

Seen to fail: with put_quoted of the logger, and text_is_harmful of the client,
letting everything through.
"""
import json
import os
import pty
import re
import select
import time

from attack import besieged, modes
from cli import Cli
from fixture import deadline
from wire import check, pack, wait_until

BROKER = False
FORGED = "level=info event=forged.line id=admin"
EVIL = ("a\n" + FORGED, "a\r\n" + FORGED, "a\u2028" + FORGED,
        "a\x0b\x0c\x85" + FORGED, "\x1b[2J\x1b[H" + FORGED,
        "\"\n" + FORGED, "\\\n" + FORGED, "\" event=forged.line x=\"",
        "\\\" event=forged.line", "\x00\n" + FORGED, "\x9b31m", "a=b c=d",
        "{\"event\":\"forged.line\"}", "\"},\n{\"event\":\"forged.line\"}",
        "\u202eforged", "x" * 120)
LINE = re.compile(r'ts=\S+ level=(error|warn|info|debug) event=([a-z.-]+)'
                  r'(?: [a-z_0-9-]+=(?:"(?:[^"\\]|\\.)*"|[^\s"=]*))*')


def provoke(siege):
    """Everything that a stranger can bring into a log."""
    for number, text in enumerate(EVIL):
        client = siege.dealer("ann")
        client.hello(f"ann{number}", inbox=False, agent=text)
        for message in (
                {"op": "hello", "v": 1, "id": text},
                {"op": "join", "room": text}, {"op": text},
                {"op": "say", "room": text, "text": text, "kind": text[:32]},
                {"op": "tell", "to": text, "text": text},
                {"op": "history", "with": text}, {"op": "who", "room": text},
                {"op": "ban", "id": "x", "text": text},
                {"op": "ban", "address": text[:64]},
                {"op": "ban", "key": text[:40]},
                {"op": "kick", "id": text[:64], "text": text},
                {"op": "rulings", "kind": text[:32]}, {text: text}):
            client.raw(pack([{**message, "ref": text[:64]}]))
        fresh = siege.dealer("ann")
        fresh.raw(pack([{"op": "hello", "v": 1, "id": text, "lane": text,
                         "password": text, "agent": text, "resume": text}]))
        fresh.raw(text.encode())
        client.ping()


def log_bytes(siege):
    with open(siege.broker.log_path, "rb") as log:
        return log.read()


def check_log(siege, read):
    """Each line is an event that the broker has made."""
    siege.client("ann").done("bye")
    provoke(siege)
    siege.broker.stop()
    data = log_bytes(siege)
    bad = set(data) & (set(range(32)) - {10} | {127})
    check(not bad, f"control bytes {bad}")
    text = data.decode("utf-8")
    for letter in "\x85\x9b\u2028\u2029\u202e":
        check(letter not in text, f"{letter!r} in the log")
    events = [read(line) for line in text.removesuffix("\n").split("\n")]
    check("forged.line" not in events, "a forged line")
    check(events.count("session.open") >= len(EVIL), f"{events}")


def read_text(line):
    found = LINE.fullmatch(line)
    check(found, f"no line of ours: {line!r}")
    return found.group(2)


@modes("open", "claim")
def test_lines_of_the_log(t):
    with besieged(t, settings="log-level = debug\n") as siege:
        check_log(siege, read_text)


@modes("open")
def test_lines_of_json(t):
    with besieged(t, settings="log-level = debug\nlog-format = json\n") \
            as siege:
        check_log(siege, lambda line: json.loads(line)["event"])


# --- terminals ---

TEXTS = ("\x1b]0;title\x07", "\x1b[2J\x1b[3;4H", "\x1b[95;46m colour",
         "\x1b]52;c;ZXZpbA==\x07", "\x1bP1$r\x1b\\", "\x1b[6n", "\x1b[c",
         "\x9b2J", "\x90q\x9c", "\x9d0;title\x9c", "\x07\x08\x0b\x0c\x7f",
         "a\rb", "a\nforged <ann> line", "\u202egnp.exe", "\u2066x\u2069",
         "\u2028x", "\U000e0001x", "\x1b[?1049h", "\x1b#8", "\x1b=",
         "\x0e\x0f", "\x00", "\xad\u200b\ufeff")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029"
                 "\u202a-\u202e\u2066-\u2069]")


class Terminal:
    """A command on a terminal, and the bytes that it writes there."""

    def __init__(self, cli, *args):
        self.output = b""
        self.child, self.master = pty.fork()
        if self.child == 0:
            env = cli.env(TERM="xterm-256color")
            os.execve(cli.path, [cli.path, *args], env)

    def read(self, seconds):
        """False at its end."""
        if not select.select([self.master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:
            data = b""
        self.output += data
        return bool(data)

    def until(self, word, seconds=8):
        end = time.monotonic() + seconds
        while word not in self.output and time.monotonic() < end:
            if not self.read(0.1):
                break
        check(word in self.output, f"no {word}: {self.output[-300:]}")

    def finish(self):
        while self.read(8):
            pass
        os.waitpid(self.child, 0)
        os.close(self.master)
        return self.output.decode("utf-8")

    def type(self, text):
        os.write(self.master, text)


def check_screen(output, what):
    check("\x1b[95;46m" not in output, f"{what}: a colour of a stranger")
    plain = COLOURS.sub("", output)
    found = BAD.search(plain)
    check(not found, f"{what}: {found and found.group()!r} in {plain!r}")
    check("\r" not in plain.replace("\r\n", ""), f"{what}: a bare return")
    lines = plain.split("\r\n")
    check(not any(line.startswith("forged") for line in lines),
          f"{what}: a forged line")


def fill(client, room):
    for text in TEXTS:
        client.say(room, text)
        client.say(room, text, kind="action")
        client.say(room, text, kind=text[:10])
        client.done("say", room=room, data={text: [text]})
        client.done("say", room=room, text=text, data=text)
    client.done("about", room=room, about="".join(TEXTS))


@deadline(90)
@modes("open")
def test_what_commands_print(t):
    with besieged(t) as siege, Cli(t) as cli:
        evil = siege.client("evil")
        evil.join("lobby")
        fill(evil, "lobby")
        evil.say("lobby", "the-end")
        for args in (("history", "lobby"), ("who", "lobby"), ("who",),
                     ("rooms",), ("history", "-n", "500", "lobby"),
                     ("--json", "history", "lobby")):
            terminal = Terminal(cli, *args)
            output = terminal.finish()
            check(output, f"{args} print something")
            check_screen(output, args)


@deadline(90)
@modes("open")
def test_what_listen_prints(t):
    with besieged(t) as siege, Cli(t) as cli:
        evil = siege.client("evil")
        evil.join("lobby")
        terminal = Terminal(cli, "-i", "bob", "listen", "-v", "lobby",
                            "--mail")
        wait_until(lambda: terminal.read(0.05) and
                   "bob" in evil.done("who", "who", room="lobby")["members"],
                   "it listens")
        fill(evil, "lobby")
        for text in TEXTS:
            evil.tell("bob", text)
        evil.say("lobby", "the-end")
        terminal.until(b"the-end")
        terminal.type(b"\x03")
        check_screen(terminal.finish().replace("^C", ""), "listen")
