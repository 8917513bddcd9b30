# SPDX-License-Identifier: MPL-2.0
"""`make run`, as a person meets it: on a terminal, and two people chat.

Whoever types what `make run` tells him to type must be heard; so the command
for the second terminal is taken from the screen of the first.
"""
import os
import shlex
import socket

from fixture import deadline
from stage import ROOT, staged, until
from terminal import Terminal

BROKER = False
ANY = "tcp://127.0.0.1:*"


def make_run(stage):
    """`make run` in a terminal once it shows what to type, and its broker."""
    build = os.path.dirname(stage.confab_path)
    run = Terminal(stage, ["make", "-C", ROOT, "--no-print-directory", "run",
                           f"BUILD={build}", f"BIND={ANY}", f"PUB={ANY}"])
    ready = run.until_shown(r"^ready bind=tcp://([\d.:]+)", seconds=60)
    run.until_shown("Ctrl-C stops the broker")
    return run, ready.group(1)


def listens(address):
    host, _, port = address.partition(":")
    try:
        socket.create_connection((host, int(port))).close()
        return True
    except ConnectionRefusedError:
        return False


def told_command(run, words):
    """A command that the screen shows, as a list."""
    found = run.until_shown(rf"^ +(\S+/confab .*{words}.*?)\r?$")
    return shlex.split(found.group(1))


@deadline(100)
@staged
def test_make_run(stage):
    run, broker = make_run(stage)
    run.type("ann\r")
    run.until_shown(r"lobby \(1\)")
    bob = Terminal(stage, told_command(run, "chat"))
    bob.until_shown("ann")
    bob.type("hello from the second\r")
    run.until_shown("bob.*hello from the second")
    run.type("hello from the first\r")
    bob.until_shown("ann.*hello from the first")
    stage.start(told_command(run, "say")).done()
    run.until_shown("robot.*hello from a script")
    bob.until_shown("robot.*hello from a script")
    run.type("/msg bob only for you\r")
    bob.until_shown("ann.*only for you")
    run.type("/quit\r")
    run.until_shown("the broker still runs")
    bob.type("still here\r")
    bob.until_shown("bob.*still here")
    run.type("\x03")
    run.ends()
    until(lambda: not listens(broker), f"the end of the broker at {broker}")
