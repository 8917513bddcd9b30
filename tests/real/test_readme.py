# SPDX-License-Identifier: MPL-2.0
"""README.md's first minute, played as it stands there.

The script, the commands and what they print are taken from the file, so what a
newcomer types works and looks as he was told. Only the broker's port is another
one, and the time of day.
"""
import os
import re
import shlex

from seat import Seat
from stage import PYTHON, ROOT, staged, until
from wire import Failure, same

BROKER = False
STANDARD = "tcp://127.0.0.1:7480"
TIME = re.compile(r"^(\[?)\d\d:\d\d", re.M)


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
    return TIME.sub(r"\1HH:MM", text)


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


def is_on(screen, told):
    """The rows of README.md, one below the other on the screen."""
    rows = timeless("\n".join(screen.lines())).split("\n")
    return any(all(row.startswith(line) for line, row in
                   zip(told, rows[at:], strict=False))
               for at in range(len(rows) - len(told) + 1))


@staged
def test_the_first_minute(stage):
    stage.env["CONFAB_BROKER"] = stage.broker().bind
    picture = number_of("     lobby (2)")
    subject, *told = timeless(block(picture)).split("\n")
    ann, bob = Seat(stage), Seat(stage)
    ann.type(f"{stage.confab_path} chat lobby", True)
    ann.wait_for("^Your id")
    ann.type("ann", True)
    ann.wait_for(r"-- lobby \(1\): ann")
    bob.type(f"{stage.confab_path} -i bob chat lobby", True)
    bob.wait_for(r"-- lobby \(2\): ann, bob")
    ann.type("hello", True)
    bob.wait_for("<ann> hello")
    bob.type("hi ann", True)
    ann.wait_for("<bob> hi ann")
    run_robot(stage)
    until(lambda: is_on(bob, told), lambda: f"{told} on {bob.lines()}")
    same(bob.lines()[0].rstrip(), subject.rstrip(), "the first row")
    for command in ("build/confab -i eve say lobby 'back in five minutes'",
                    "build/confab who lobby", "build/confab history lobby"):
        run_command(stage, command)
