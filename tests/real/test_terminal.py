# SPDX-License-Identifier: MPL-2.0
"""`make run`, as a person meets it: on a terminal, and two people chat.

Whoever types what `make run` tells him to type must be heard; so the command
for the second terminal is taken from the screen of the first.
"""
import os
import re
import shlex
import socket

from fixture import deadline
from seat import Seat
from stage import ROOT, staged, until

BROKER = False
ANY = "tcp://127.0.0.1:*"
COLUMNS, ROWS = 160, 40  # nothing that is told is cut in two


def make_run(stage):
    """`make run` in a terminal once it shows what to type; the broker's
    address, and the screen."""
    build = os.path.dirname(stage.confab_path)
    run = Seat(stage, COLUMNS, ROWS)
    run.type(f"make -C {ROOT} --no-print-directory run BUILD={build} "
             f"BIND='{ANY}' PUB='{ANY}'", True)
    lines = run.wait_for("^Your id", 60)
    ready = next(filter(None, (re.match(r"ready bind=tcp://([\d.:]+)", line)
                               for line in lines)))
    return run, ready.group(1), lines


def listens(address):
    host, _, port = address.partition(":")
    try:
        socket.create_connection((host, int(port))).close()
        return True
    except ConnectionRefusedError:
        return False


def told_command(lines, words):
    """A command that the screen shows."""
    found = (re.match(rf" +(\S+/confab .*{words}.*)$", line) for line in lines)
    return next(filter(None, found)).group(1)


@deadline(100)
@staged
def test_make_run(stage):
    run, broker, told = make_run(stage)
    run.type("ann", True)
    run.wait_for(r"-- lobby \(1\): ann")
    second = Seat(stage)
    second.type(told_command(told, "chat"), True)
    second.wait_for(r"-- lobby \(2\): ann, bob")
    second.type("hello from the second", True)
    run.wait_for("<bob> hello from the second")
    run.type("hello from the first", True)
    second.wait_for("<ann> hello from the first")
    stage.start(shlex.split(told_command(told, "say"))).done()
    run.wait_for("<robot> hello from a script")
    second.wait_for("<robot> hello from a script")
    run.type("/msg bob only for you", True)
    second.wait_for(r"\[Act: \S*:ann")
    second.keys("M-a")
    second.wait_for("<ann> only for you")
    run.type("/quit", True)
    run.wait_for("the broker still runs")
    second.type("still here", True)
    second.wait_for("<bob> still here")
    run.keys("C-c")
    run.wait_for("^READY>$")
    until(lambda: not listens(broker), f"the end of the broker at {broker}")
