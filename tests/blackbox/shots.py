#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""shots.py: makes the pictures of confab chat that README.md shows.

    tests/blackbox/shots.py [--confabd PATH] [--confab PATH] FOLDER

A row of SHOTS is a picture: who talks, on which terminal. People are clients of
the protocol, the picture is what tmux has on its screen at the end. What
differs from day to day, times, dates and the broker's port, is replaced, so the
same program makes the same picture, byte by byte.
"""
import argparse
import itertools
import os
import re
import sys
import typing

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import pane
import shot
from cli import Cli
from fixture import Fixture, Shared
from full import Full
from wire import check

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("BUILD", os.path.join(HERE, "..", "..", "build"))
NOON = "14:25"
DATE = "Friday, 27 November 2026"
TIME_OF_DAY = re.compile(r"(?<![\d:])[0-2]\d:[0-5]\d(?![\d:])")
A_DATE = re.compile(r"(─+ )?\w+day, \d{1,2} \w+ 20\d\d( ─+)?")
PLACE = re.compile(r"online: tcp://127\.0\.0\.1:\d{5}")
STANDARD = " online: tcp://127.0.0.1:7480"
LARGEST = 40 * 1024  # bytes of a picture


class People:
    """Who is there besides ann, whose screen it is."""

    def __init__(self, fixture, *names):
        self.all = {}
        for name in names:
            client = fixture.dealer(name)
            client.hello(name)
            self.all[name] = client

    def join(self, *rooms):
        for room, client in itertools.product(rooms, self.all.values()):
            client.join(room, direct=True)

    def __getattr__(self, name):
        return self.all[name]


def talk(fixture, screen):
    """A room with people, a script and a robot; something elsewhere."""
    people = People(fixture, "bob", "carol", "小明", "robot")
    people.join("lobby", "dev", "ops")
    people.bob.say("lobby", "good morning, everybody")
    people.carol.say("lobby", "waves", kind="action")
    people.robot.say("lobby", "the build is green", kind="notice")
    people.小明.say("lobby", "早上好! 今天谁来看一下新的版本? 👍")
    screen.open("ann", "lobby", "dev", "ops")
    screen.wait_said("小明", "早上好")
    screen.say("I will, right after this")
    screen.wait_said("ann", "I will, right after this")
    people.bob.say("lobby", "thanks ann. It is the branch with the new "
                   "history, and the question is whether page 2 is still "
                   "right when messages come in meanwhile")
    people.robot.say("ops", "disk of db2 is 80 % full")
    people.carol.say("dev", "ann: have a look at that, too?")
    screen.wait_said("bob", "thanks ann")
    screen.wait_active("2", "3")
    screen.type("it is, I have tried i")
    screen.wait_rows(lambda rows: rows[-1].endswith("tried i"), "typed")


def mail(fixture, screen):
    """A conversation with one person: what he has, and what he has not."""
    people = People(fixture, "bob")
    people.join("lobby")
    screen.open("ann", "lobby")
    people.bob.tell("ann", "are you there?")
    screen.wait_active("2")
    screen.keys("M-2")
    screen.wait_said("bob", "are you there?")
    screen.say("yes, what is it?")
    seq = people.bob.expect("tell", text="yes, what is it?")["seq"]
    people.bob.tell_broker("ack", seq=seq)
    screen.wait_body("what is it. ✓✓")
    people.bob.tell("ann", "can you give me a hand with the new room?")
    screen.wait_said("bob", "can you")
    screen.say("in five minutes")
    screen.wait_body("in five minutes ✓$")


class Shot(typing.NamedTuple):
    name: str
    title: str
    play: object
    size: tuple
    background: str
    texts: tuple  # that are to be found in the picture


SHOTS = (
    Shot("chat", "confab chat in a room", talk, (100, 18), "dark",
         ("good morning, everybody", "早", "👍", "thanks ann", "tried i",
          "carol", "lobby")),
    Shot("mail", "confab chat with one person", mail, (72, 12), "light",
         ("are you there?", "in five minutes", "✓✓", "bob")),
)


def dateless(match):
    """The same length, so that the row stays what it is."""
    found = match.group()
    if "─" not in found:
        return DATE
    return f" {DATE} ".center(len(found), "─")


def timeless(text):
    """What capture-pane prints, on one certain day at one certain time."""
    return PLACE.sub(STANDARD, A_DATE.sub(dateless,
                                          TIME_OF_DAY.sub(NOON, text)))


def take(args, one):
    """The SVG of this row of SHOTS."""
    shared = Shared(args, None, True)
    fixture = Fixture(shared)
    try:
        with Cli(fixture) as cli, Full(cli, *one.size) as screen:
            one.play(fixture, screen)
            text = timeless(screen.tmux("capture-pane", "-e", "-p", "-N"))
            return shot.picture(pane.read(text), one.size, screen.position(),
                                one.background, one.title)
    finally:
        fixture.finish()
        shared.close()


def main():
    parser = argparse.ArgumentParser(description="makes README's pictures")
    parser.add_argument("--confabd", default=os.environ.get(
        "CONFABD", os.path.join(BUILD, "confabd")))
    parser.add_argument("--confab", default=os.environ.get(
        "CONFAB", os.path.join(BUILD, "confab")))
    parser.add_argument("folder")
    args = parser.parse_args()
    args.confabd, args.confab = map(os.path.abspath,
                                    (args.confabd, args.confab))
    os.makedirs(args.folder, exist_ok=True)
    for one in SHOTS:
        svg = take(args, one).encode()
        check(len(svg) <= LARGEST, f"{one.name} has {len(svg)} bytes")
        path = os.path.join(args.folder, one.name + ".svg")
        with open(path, "wb") as file:
            file.write(svg)
        print(f"{path}: {len(svg)} bytes")


if __name__ == "__main__":
    main()
