# SPDX-License-Identifier: MPL-2.0
"""Settings: the command line, the environment, a profile, the user's file, the
machine's file, what stands in the program; each before the next."""
import os

from cli import Cli, nobody
from wire import check, same

BROKER = False

FILE = b"""broker = tcp://127.0.0.1:4
timeout = 0.11
[home]   # mine
broker = tcp://127.0.0.1:3

[work]
broker = "tcp://127.0.0.1:5"
id = "ann"
[empty]
"""
MACHINE = b"""broker = tcp://127.0.0.1:7
timeout = 0.1
color = never
[work]
timeout = 0.13
[lab]
broker = tcp://127.0.0.1:6
"""


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text)


def users(cli, text):
    write(os.path.join(cli.folder.name, ".config", "confab", "config"), text)


def machines(cli, text):
    write(os.path.join(cli.folder.name, "client.conf"), text)


def at(cli, port, *args, seconds=None, **env):
    """Which broker is asked, and how long is waited."""
    part = f"tcp://127.0.0.1:{port} within "
    part += f"{seconds} s" if seconds else ""
    cli.wrong(*args, "ping", code=3, part=part, CONFAB_BROKER="", **env)


def test_each_level_wins_over_the_next(f):
    with Cli(f) as cli:
        at(cli, 7480, CONFAB_TIMEOUT="0.1")  # nothing but what is built in
        machines(cli, MACHINE)
        at(cli, 7, seconds="0.1")
        users(cli, FILE)
        at(cli, 4, seconds="0.11")
        at(cli, 3, "-p", "home", seconds="0.11")
        at(cli, 5, "-p", "work", seconds="0.13")  # from both files
        at(cli, 6, "-p", "lab", seconds="0.11")   # the machine's alone
        at(cli, 4, "-p", "empty")
        cli.wrong("-p", "home", "ping", code=3, part="tcp://127.0.0.1:8 ",
                  CONFAB_BROKER="tcp://127.0.0.1:8")
        cli.wrong("-b", "tcp://127.0.0.1:9", "-p", "home", "ping", code=3,
                  part="tcp://127.0.0.1:9 ",
                  CONFAB_BROKER="tcp://127.0.0.1:8")


def test_which_profile(f):
    with Cli(f) as cli:
        users(cli, FILE)
        at(cli, 3, CONFAB_PROFILE="home")
        at(cli, 5, "--profile", "work", CONFAB_PROFILE="home")
        at(cli, 5, "-pwork", CONFAB_PROFILE="home")
        at(cli, 4, "-p", "", CONFAB_PROFILE="home")


def test_the_id_of_a_profile(f):
    url, taken = nobody()
    with taken, Cli(f, url) as cli:
        users(cli, FILE)
        wrong = cli.full("-p", "work", "keygen", XDG_DATA_HOME=cli.folder.name)
        check(b"confabd user add ann " in wrong.stderr, wrong.stderr)


def test_unknown_profile(f):
    with Cli(f) as cli:
        cli.wrong("-p", "work", "ping", code=2,
                  part='one begins with the line [work] in ' +
                  os.path.join(cli.folder.name, ".config/confab/config"))
        users(cli, FILE)
        machines(cli, MACHINE)
        cli.wrong("-p", "wrok", "ping", code=2,
                  part='there is no profile "wrok"; there are: home, work, '
                  'empty, work, lab')
        cli.wrong("ping", code=2, part='"none"', CONFAB_PROFILE="none")


def test_what_is_wrong_in_any_profile(f):
    with Cli(f) as cli:
        for line, part in ((b"[work", "is not `[PROFILE]`"),
                           (b"[]", "is not `[PROFILE]`"),
                           (b"[work] x", "is not `[PROFILE]`"),
                           (b"[a]\nbrokre = x", 'config:2: "brokre" is not a '
                            'key; there are broker id key password-file '
                            'timeout color theme'),
                           (b"[a]\nprofile = b", '"profile" is not a key'),
                           (b"[a]\nid =", "value that cannot be read")):
            users(cli, line + b"\n")
            cli.wrong("ping", code=2, part=part)
        users(cli, b"")
        machines(cli, b"nonsense\n")
        cli.wrong("ping", code=2, part="client.conf:1: ")
        # A value is looked at when it is used.
        machines(cli, b"[a]\ntimeout = soon\n")
        at(cli, 7480, CONFAB_TIMEOUT="0.1")
        cli.wrong("-p", "a", "ping", code=2, part="client.conf:2: ")


def test_colors(f):
    """The same levels for another option, which is to be seen."""
    with Cli(f) as cli:
        machines(cli, b"color = blue\n")
        cli.wrong("ping", code=2, part="auto, always or never")
        users(cli, b"color = never\ntimeout = 0.1\n")
        at(cli, 7480)
        same(cli.run("--help").startswith("confab"), True)
