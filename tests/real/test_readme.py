# SPDX-License-Identifier: MPL-2.0
"""README.md's first minute, played as it stands there.

The script, the commands and what they print are taken from the file, so what a
newcomer types works and looks as he was told. Only the broker's port is another
one, and the time of day.
"""
import os
import re
import shlex

from stage import PYTHON, ROOT, staged, until
from terminal import Terminal
from wire import Failure, same

BROKER = False
STANDARD = "tcp://127.0.0.1:7480"
TIME = re.compile(r"^\d\d:\d\d ", re.M)


def readme():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        return file.read().split("\n")


def block(begin):
    """The indented lines from number `begin` on, up to the next command."""
    found = []
    for line in readme()[begin:]:
        if line.startswith("    $ ") or (line and not line.startswith("    ")):
            break
        found.append(line[4:])
    return "\n".join(found).strip("\n")


def number_of(line):
    try:
        return readme().index(line)
    except ValueError:
        raise Failure(f"README.md has no line {line!r}") from None


def printed_by(command):
    """What README.md shows below a command."""
    return block(number_of(f"    $ {command}") + 1)


def timeless(text):
    return TIME.sub("HH:MM ", text)


def run_robot(stage):
    script = printed_by("cat robot.py").replace(STANDARD,
                                                stage.fixture.broker.bind)
    with open(stage.path("robot.py"), "w", encoding="utf-8") as file:
        file.write(script + "\n")
    robot = stage.start([PYTHON, stage.path("robot.py")])
    robot.done()
    same(b"\n".join(robot.out).decode(),
         printed_by("/usr/bin/python3 robot.py"), "what robot.py prints")


def run_command(stage, command):
    """A command of README.md, which must print what stands below it."""
    program, *words = shlex.split(command)
    same(program, "build/confab", command)
    confab = stage.start([stage.confab_path, *words])
    confab.done()
    same(timeless(b"\n".join(confab.out).decode()),
         timeless(printed_by(command)), command)


@staged
def test_the_first_minute(stage):
    stage.env["CONFAB_BROKER"] = stage.broker().bind
    told = timeless(block(number_of("which is for bob alone:") + 1))
    ann = Terminal(stage, [stage.confab_path, "chat", "lobby"])
    ann.type("ann\r")
    ann.until_shown(re.escape("-- lobby (1): ann"))
    bob = Terminal(stage, [stage.confab_path, "-i", "bob", "chat", "lobby"])
    bob.until_shown(re.escape(printed_by("build/confab -i bob chat lobby")
                              .split("\n")[-1]))
    ann.type("hello\r")
    bob.until_shown("<ann> hello")
    bob.type("hi ann\r")
    ann.until_shown("<bob> hi ann")
    run_robot(stage)
    for line in told.split("\n"):
        until(lambda: line in timeless(bob.shown().replace("\r", "\n")),
              lambda: f"{line!r} on {bob}")
    for command in ("build/confab -i eve say lobby 'back in five minutes'",
                    "build/confab who lobby", "build/confab history lobby"):
        run_command(stage, command)
