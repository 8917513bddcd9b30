# SPDX-License-Identifier: MPL-2.0
"""full.py: confab chat on a whole screen, as a person sees it.

The first row is the subject, the last one what is typed, the one above it the
state; between them stands what was said. Nothing else about where things are
is taken for granted here.
"""
import contextlib
import re

import pane
from cli import Cli
from screen import Screen
from wire import Failure, PATIENCE, check, same, wait_until

TERM = "tmux-256color"
WIDE = 90  # columns from which on members are listed
WHEEL = {"up": 64, "down": 65}
FLAGS = {"alternate_on": "0", "mouse_any_flag": "0", "cursor_flag": "1",
         "keypad_flag": "0"}


class Full(Screen):
    def __init__(self, cli, columns=80, rows=24):
        super().__init__(cli, columns, rows)
        self.rows = rows
        self.name = None  # of who chats here

    def launch(self, name, *rooms, options="", env="", term=TERM):
        """Types the command; what comes of it is not waited for."""
        self.name = name
        self.type(f"TERM={term} {env} {self.cli.path} -i {name} chat "
                  f"{options} {' '.join(rooms)}; echo exit=$?", True)

    def open(self, name, *rooms, online=True, **how):
        """A chat that is there, in the first of the rooms and online."""
        self.launch(name, *rooms, **how)
        self.wait_flag("alternate_on", "1")
        if rooms:
            self.wait_room(rooms[0])
        if online:
            self.wait_rows(lambda rows: re.search(rf"\b{re.escape(name)}\b",
                                                  rows[-2]) and
                           not re.search("connecting|offline", rows[-2]),
                           "online")
        return self

    # What is to be seen

    def rows_now(self):
        """Each row of the terminal, empty ones too."""
        lines = [line.rstrip() for line in
                 self.tmux("capture-pane", "-p").split("\n")[:-1]]
        return lines + [""] * (self.rows - len(lines))

    def top(self):
        return self.rows_now()[0]

    def status(self):
        return self.rows_now()[-2]

    def typed(self):
        """The last row."""
        return self.rows_now()[-1]

    def body(self):
        return self.rows_now()[1:-2]

    def cells(self):
        return pane.read(self.tmux("capture-pane", "-e", "-p", "-N"))

    def flag(self, name):
        return self.tmux("display-message", "-p", f"#{{{name}}}").strip()

    def position(self):
        return tuple(int(self.flag(f"cursor_{axis}")) for axis in "xy")

    def found(self, pattern, group=1):
        """All matches in the body, from the top down."""
        expression = re.compile(pattern)
        return [match.group(group) for row in self.body()
                if (match := expression.search(row))]

    def styles(self, text):
        """How the cells of this text look."""
        found = pane.find(self.cells(), text)
        check(found, f"{text!r} is on the screen")
        return {cell.style for cell in found}

    def colored(self):
        """Whether any cell has a colour."""
        return any(cell.style.is_colored() for row in self.cells()
                   for cell in row)

    # What is waited for

    def shown(self):
        return "\n".join(self.rows_now())

    def wait_rows(self, condition, what, seconds=PATIENCE):
        """Until the rows are so; gives them."""
        def look():
            rows = self.rows_now()
            return rows if condition(rows) else None
        try:
            return wait_until(look, what, seconds)
        except Failure:
            raise Failure(f"not on the screen: {what}\n{self.shown()}"
                          ) from None

    def wait_body(self, pattern, seconds=PATIENCE):
        """Until a row between subject and state matches; gives the row."""
        rows = self.wait_rows(
            lambda rows: any(re.search(pattern, r) for r in rows[1:-2]),
            pattern, seconds)
        return next(r for r in rows[1:-2] if re.search(pattern, r))

    def wait_gone(self, pattern):
        self.wait_rows(
            lambda rows: not any(re.search(pattern, r) for r in rows[1:-2]),
            f"no {pattern}")

    def wait_said(self, who, text, seconds=PATIENCE):
        return self.wait_body(rf"^\d\d:\d\d +<{re.escape(who)}> "
                              rf"{re.escape(text)}(?!\w)", seconds)

    def wait_typed(self, text):
        self.wait_rows(lambda rows: rows[-1] == text.rstrip(),
                       f"last row {text!r}")

    def wait_status(self, pattern, seconds=PATIENCE):
        return self.wait_rows(lambda rows: re.search(pattern, rows[-2]),
                              f"{pattern} in the row of state", seconds)[-2]

    def wait_room(self, name):
        """This conversation is looked at, and nothing is typed."""
        self.wait_typed(f"[{name}]")

    def wait_person(self, name):
        """The same of a conversation with one person."""
        self.wait_room("@" + name)

    def wait_flag(self, name, value):
        try:
            wait_until(lambda: self.flag(name) == value, name)
        except Failure:
            raise Failure(f"{name} is {self.flag(name)}:\n{self.shown()}"
                          ) from None

    def active(self):
        """Numbers of conversations in which something happened."""
        found = re.search(r"\[Act: ([^\]]*)\]", self.status())
        return re.findall(r"(?:^|,)(\d+)", found.group(1)) if found else []

    def wait_active(self, *numbers):
        self.wait_rows(lambda _: {*numbers} <= {*self.active()},
                       f"something happened in {numbers}")

    # What is done

    def send(self, text):
        """Bytes as they are, escape sequences too."""
        self.tmux("send-keys", "-H", *(f"{b:02x}" for b in text.encode()))

    def wheel(self, way, times=1):
        self.send(f"\x1b[<{WHEEL[way]};10;5M" * times)

    def resize(self, columns, rows=24):
        super().resize(columns, rows)
        self.columns, self.rows = columns, rows

    def say(self, text):
        """Types it, with Enter."""
        self.type(text, True)

    def quit(self):
        self.say("/quit")
        self.given_back(0)

    def pid(self):
        """Of the chat."""
        [found] = self.children()
        return found

    def given_back(self, code):
        """Chat has ended so, and the terminal is as it was before: what stood
        there, the cursor, no mouse, no brackets around what is pasted."""
        self.wait_for(rf"^exit={code}$")
        for name, value in FLAGS.items():
            same(self.flag(name), value, name)
        check(any(row.startswith("READY> TERM=") for row in self.rows_now()),
              "what stood there before chat:\n" + self.shown())
        check(not self.colored(), "colours are left:\n" + self.shown())
        self.ended(code)
        self.type("clear; cat -v", True)
        self.wait_rows(lambda rows: not any(rows), "nothing")
        self.paste("pasted\n")
        self.wait_rows(lambda rows: [r for r in rows if r] ==
                       ["pasted"] * 2,
                       "what is pasted, as it is")
        self.keys("C-c")
        self.wait_for("^READY>$")


@contextlib.contextmanager
def full(f, *size):
    """One terminal of one person."""
    with Cli(f) as cli, Full(cli, *size) as screen:
        yield screen


def member(f, stem, room):
    """A client who is in the room and hears it."""
    client = f.client(stem)
    client.join(room, direct=True)
    return client


def unsaid(client):
    """Nothing was said to him up to now."""
    client.ping()
    client.ping()
    said = [m for m in client.queue if m["op"] in ("say", "tell")]
    same(said, [], "what was said")


def many(client, room, texts, at_a_time=100):
    """Says them in order, and waits until all are kept."""
    for begin in range(0, len(texts), at_a_time):
        part = texts[begin:begin + at_a_time]
        client.send(*({"op": "say", "room": room, "text": text,
                       "ref": f"m{begin + i}"}
                      for i, text in enumerate(part)))
        client.expect("ok", ref=f"m{begin + len(part) - 1}")
        client.queue.clear()
