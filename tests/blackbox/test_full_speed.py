# SPDX-License-Identifier: MPL-2.0
"""How long a person waits in confab chat: for a letter that he types while a
room is full of noise, and for a page of what was said before.

The figures are printed. A machine that has other work gets two more tries.
"""
import time

from cli import Cli
from fixture import deadline
from full import Full, many
from typist import Noise, Typist
from wire import Slow, check, same

# Each letter once, so that one on the screen is the one just typed.
LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюяαβγδεζηθικλμνξπρσφωςψχ"[:50]
TYPED_MS = 50    # 95 of 100 letters are there within
TYPING = 0.08    # seconds between two keys
PATIENCE = 5.0
RATE = 5000
SIZE = (120, 40)
LINES = 9900     # that are scrolled through
TALL = 90        # rows of that terminal
PAGE_MS = 200    # 95 of 100 pages are there within; two tmux calls included
DRAWN = 200      # bytes between two keys at least, or there is no noise
MEMORY = 200     # MiB at most, whatever arrives


def percentile(values, percent):
    return sorted(values)[max(0, -(-len(values) * percent // 100) - 1)]


def measured(f, what, seconds, bound):
    """Notes the figures; Slow when they are too high."""
    figures = [percentile(seconds, p) * 1000 for p in (50, 95, 100)]
    words = (f"{what}: median {figures[0]:.1f}, p95 {figures[1]:.1f}, "
             f"most {figures[2]:.1f} ms")
    f.words += f"{words}; "
    if figures[1] > bound:
        raise Slow(f"{words}, at most {bound} ms at p95")


def type_letters(typist):
    """Seconds that each letter took."""
    taken = []
    for letter in LETTERS:
        seconds = typist.key(letter, PATIENCE)
        check(seconds is not None, f"{letter} is never on the screen")
        taken.append(seconds)
        typist.drain(TYPING)
    return taken


def typing(f, rate):
    room, ann = f.name("room"), f.name("ann")
    with Cli(f) as cli, Typist(
            [cli.path, "-i", ann, "chat", room],
            cli.env(TERM="xterm-256color"), *SIZE) as typist:
        check(typist.wait_for(f"[{room}]", PATIENCE), "chat is there")
        typist.drain(1)
        if not rate:
            measured(f, "a letter", type_letters(typist), TYPED_MS)
            return
        with Noise(f.broker.bind, f.name("noise"), room, rate) as noise:
            typist.drain(2)
            before = typist.bytes
            taken = type_letters(typist)
            drawn = (typist.bytes - before) // len(taken)
            real = noise.end()
            begin = time.monotonic()
            check(typist.wait_for("the noise is over", 30), "all of the noise")
            behind = time.monotonic() - begin
        check(drawn >= DRAWN, f"{drawn} bytes were drawn between two keys")
        memory = typist.memory() >> 20
        f.words += (f"{real} messages a second, {behind:.2f} s behind at the "
                    f"end, {memory} MiB; ")
        check(memory <= MEMORY, f"{memory} MiB of memory")
        measured(f, "a letter", taken, TYPED_MS)
        if real < rate * 0.9:
            raise Slow(f"only {real} messages a second came")


def test_typing_in_silence(f):
    typing(f, 0)


def test_typing_in_noise(f):
    typing(f, RATE)


def numbers(one):
    return [int(n) for n in one.found(r"> msg (\d+) \.")]


def page(one):
    """Seconds until another page is there; None: there is none."""
    before = one.body()
    begin = time.monotonic()
    one.keys("PPage")
    while time.monotonic() < begin + PATIENCE:
        if one.body() != before:
            return time.monotonic() - begin
    return None


@deadline(180)
def test_scrolling_through_ten_thousand_lines(f):
    room = f.name("r")
    bob = f.client("bob")
    many(bob, room, [f"msg {i} ." for i in range(LINES)], 250)
    with Cli(f) as cli, Full(cli, 80, TALL) as one:
        one.open(f.name("ann"), room)
        one.wait_said(bob.id, f"msg {LINES - 1} .")
        seen = set(numbers(one))
        taken = []
        while min(seen) > 0 and len(taken) < LINES:
            seconds = page(one)
            check(seconds is not None, f"stuck at {min(seen)}")
            taken.append(seconds)
            seen.update(numbers(one))
        same(len(seen), LINES, "lines that were seen")
        measured(f, f"{len(taken)} pages of {TALL - 3} rows", taken, PAGE_MS)
        begin = time.monotonic()
        one.keys("C-End")
        one.wait_said(bob.id, f"msg {LINES - 1} .")
        f.words += f"to the end {(time.monotonic() - begin) * 1000:.0f} ms"
