# SPDX-License-Identifier: MPL-2.0
"""Whole texts, a line a message, to listeners of every kind.

`confab say -l` sends; four times `confab listen` and the listen-only example in
Python receive; each must have the text as it is, empty lines included. The
listeners' files are compared with the source byte for byte.
"""
import json
import os

from stage import PYTHON, ROOT, staged, until
from wire import Failure, check, same

BROKER = False

GPL = "/usr/share/common-licenses/GPL-3"
CLASSIC = os.path.join(ROOT, "tests/real/daodejing.txt")
EXAMPLE = os.path.join(ROOT, "examples/python/listen.py")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def difference(got, wanted):
    """Words for the first line that is not as it should be."""
    got, wanted = got.split(b"\n"), wanted.split(b"\n")
    for number, (left, right) in enumerate(zip(got, wanted), 1):
        if left != right:
            return f"line {number} is {left!r}, not {right!r}"
    return f"{len(got)} lines, not {len(wanted)}"


def compare(name, got, wanted):
    if got != wanted:
        raise Failure(f"{name}: {difference(got, wanted)}")


def listeners(stage, room, names, lines):
    """Four listeners, each by another way, each writing its own file."""
    ways = (["-r"], ["-r"], ["-r", "--direct"], ["-j"])
    programs = []
    for name, way in zip(names, ways):
        with open(stage.path(name), "wb") as file:
            programs.append(stage.confab(name, "listen", *way, "-C",
                                         str(lines), room, output=file))
    return programs


def start_example(stage, room, speaker):
    """The example, once it hears the room: what is said is told to those who
    are there, so the first thing it hears is said until it hears it."""
    example = stage.start([PYTHON, "-u", EXAMPLE, room,
                           stage.fixture.broker.pub])
    said = 0

    def heard():
        nonlocal said
        check(example.alive(), str(example))
        if not example.out:
            said += 1
            speaker.say(room, f"before {said}", keep=False)
        return example.out
    until(heard, lambda: f"anything from {example}")
    example.until_line(f"before {said}$")
    return example


def text_of(line, speaker):
    """What the example printed, without who said it."""
    before, who, text = line.partition(speaker.encode() + b": ")
    check(who, f"the example prints {line!r}, not {speaker!r}: ...")
    return text


def check_json(path, source, room, speaker):
    told = [json.loads(line) for line in read(path).splitlines()]
    same({m["from"] for m in told}, {speaker}, "from")
    same({m["room"] for m in told}, {room}, "room")
    text = "".join(m["text"] + "\n" for m in told)
    compare("--json", text.encode(), source)


def check_example(example, begin, source, speaker):
    lines = source.count(b"\n")
    until(lambda: len(example.out) >= begin + lines,
          lambda: f"{lines} lines of {example}; {len(example.out) - begin}")
    compare("the example", b"".join(text_of(line, speaker) + b"\n"
                                    for line in example.out[begin:]), source)


def play(stage, path, room, speaker, names):
    source = read(path)
    lines = source.count(b"\n")
    stage.broker()
    asker = stage.asker()
    example = start_example(stage, room, asker)
    programs = listeners(stage, room, names, lines)
    stage.until_members(asker, room, names)
    begin = len(example.out)
    with open(path, "rb") as file:
        stage.confab(speaker, "say", "-l", room, stdin=file).done()
    for program in programs:
        program.done()
    for name in names[:3]:
        compare(name, read(stage.path(name)), source)
    check_json(stage.path(names[3]), source, room, speaker)
    check_example(example, begin, source, speaker)
    return f"{lines} lines to {len(names) + 1} listeners"


@staged
def test_gpl(stage):
    return play(stage, GPL, "license", "fsf", ["ann", "bob", "cid", "dan"])


@staged
def test_chinese(stage):
    return play(stage, CLASSIC, "函谷關", "老子",
                ["尹喜", "莊周", "列禦寇", "韓非"])
