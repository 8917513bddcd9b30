# SPDX-License-Identifier: MPL-2.0
"""The command line of confab: options, help, completion, errors of use."""
import os
import re
import subprocess

from cli import Cli, nobody
from wire import check, same

BROKER = False

COMMANDS = ("chat", "say", "tell", "listen", "run", "history", "search", "who",
            "rooms", "ping", "stats", "pipe", "admin", "keygen", "completion")


def test_help_begins_with_examples(f):
    with Cli(f) as cli:
        text = cli.run("--help")
        check(text.startswith("confab -i ann chat lobby"), text)
        for command in COMMANDS:
            check(f"\n  {command}" in text, f"{command} is not in --help")
        for code in (0, 1, 2, 3, 4, 5, 6, 7, 124, 127, 130):
            check(f"\n  {code:3d}  " in text, f"{code} is not in --help")


def test_help_of_each_command(f):
    with Cli(f) as cli:
        for command in COMMANDS:
            text = cli.run(command, "--help")
            check(f"confab {command}" in text.split("\n")[0] or
                  "confab" in text.split("\n")[0], text)
            check(f"\nconfab {command} [OPTION...]" in text, text)
            check(all(len(line) <= 80 for line in text.split("\n")),
                  "a line longer than 80 columns: " + text)
        check("--manual-ack" in cli.run("pipe", "-h"), "pipe's own option")
        check("--manual-ack" not in cli.run("say", "-h"), "not say's")


def test_manual_page_has_every_option(f):
    here = os.path.dirname(os.path.abspath(__file__))
    page = os.path.join(here, "..", "..", "client", "confab.1.scd")
    with open(page, encoding="utf-8") as file:
        manual = file.read()
    with Cli(f) as cli:
        for command in COMMANDS:
            check(f"*{command}*" in manual, f"{command} in confab(1)")
            for option in re.findall(r"^  .*?--([a-z-]+)",
                                     cli.run(command, "-h"), re.M):
                check(f"*--{option}*" in manual, f"--{option} in confab(1)")


def test_version(f):
    with Cli(f) as cli:
        check(cli.run("-V").startswith("confab 0."), "version")


def test_usage_errors(f):
    with Cli(f) as cli:
        for args, part in (
                (["shout"], '"shout" is not a command'),
                (["--loud", "say", "r"], "--loud is not an option"),
                (["say", "-Z", "r"], "-Z is not an option"),
                (["say"], "usage: confab say ROOM"),
                (["rooms", "lobby"], "usage: confab rooms"),
                (["say", "--mail", "r"], "say takes no --mail"),
                (["listen", "r", "-C"], "needs a value"),
                (["listen", "r", "-C", "0"], '--count: "0"'),
                (["listen", "r", "-C", "many"], '--count: "many"'),
                (["listen", "r", "-W", "-1"], '--wait: "-1"'),
                (["listen", "r", "-W", "nan"], '--wait: "nan"'),
                (["listen", "r", "--since", "10x"], '--since: "10x"'),
                (["history", "r", "--since", "2026-02-30"], "--since"),
                (["history", "r", "--since", "2026-11-22T10"], "--since"),
                (["history", "r", "--since", "1969-01-01Z"], "--since"),
                (["history", "r", "--after", "9007199254740992"], "--after"),
                (["--color", "pink", "rooms"], "auto, always or never"),
                (["chat", "--theme", "pink"], "auto, dark, light or mono"),
                (["chat", "--theme", "dar"], '--theme: "dar"'),
                (["chat", "--theme", ""], '--theme: ""'),
                (["say", "--plain", "r"], "say takes no --plain"),
                (["listen"], "name a room, or --mail"),
                (["listen", "r", "--state", "f"], "--state goes with -i"),
                (["history"], "one of ROOM, --with ID and --mail"),
                (["history", "r", "--with", "bob"], "one of ROOM"),
                (["history", "r", "--after", "1", "--before", "2"],
                 "only one of"),
                (["chat", "r", "--json"], "chat is for people"),
                (["completion", "csh"], "none of bash"),
                (["-p", "work", "rooms"], 'there is no profile "work"'),
                (["say", "-l", "r", "text"], "give no text")):
            cli.wrong(*args, code=2, part=part)


def test_no_command(f):
    with Cli(f) as cli:
        done = cli.full(code=2)
        same(done.stdout, b"")
        check(b"Commands:" in done.stderr, "help on stderr")


def test_invalid_names(f):
    with Cli(f) as cli:
        for args in (["-i", "a b", "rooms"], ["-i", "@ann", "rooms"],
                     ["-i", "x" * 65, "rooms"], ["-i", "", "rooms"],
                     ["history", "--with", "$bob"]):
            cli.wrong(*args, code=6)
        cli.wrong("rooms", code=6, part="CONFAB_ID", CONFAB_ID="a b")


def test_environment_is_checked(f):
    with Cli(f) as cli:
        cli.wrong("rooms", code=2, part="CONFAB_TIMEOUT",
                  CONFAB_TIMEOUT="soon")
        cli.wrong("rooms", code=2, part="CONFAB_COLOR", CONFAB_COLOR="blue")


def settings(cli, text):
    """Writes the file of settings; gives its path."""
    folder = os.path.join(cli.folder.name, ".config", "confab")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "config")
    with open(path, "wb") as file:
        file.write(text)
    return path


def test_settings_file(f):
    """Flag before environment before file."""
    one, taken = nobody()
    with taken, Cli(f) as cli:
        settings(cli, b"# mine\n\nbroker = tcp://127.0.0.1:1 # not this\n"
                      b"timeout=\"0.2\"\nid = 'an n'\n")
        cli.wrong("ping", code=2, part=":5: ")
        settings(cli, b"broker = \"tcp://127.0.0.1:1\"  # there\r\n"
                      b"timeout=0.2")
        cli.wrong("ping", code=3, part="tcp://127.0.0.1:1 within 0.2 s")
        cli.wrong("ping", code=3, part=one, CONFAB_BROKER=one)
        cli.wrong("ping", "-b", one, code=3, part=one,
                  CONFAB_BROKER="tcp://127.0.0.1:2")
        cli.wrong("ping", "-t", "0.1", code=3, part="within 0.1 s")
        cli.wrong("ping", code=3, part="127.0.0.1:7480",
                  XDG_CONFIG_HOME=cli.folder.name, CONFAB_TIMEOUT="0.1")


def test_settings_that_are_wrong(f):
    with Cli(f) as cli:
        for line, part in ((b"brokre = x", 'config:1: "brokre" is not a key'),
                           (b"lines = 1", '"lines" is not a key'),
                           (b"broker", "is not `key = value`"),
                           (b"  broker = x", "is not `key = value`"),
                           (b"broker =", "value that cannot be read"),
                           (b"broker = \"x", "value that cannot be read"),
                           (b"broker = \"x\" y", "value that cannot be read"),
                           (b"\ntimeout = soon", "config:2: "),
                           (b"color = blue", "auto, always or never")):
            settings(cli, line)
            cli.wrong("ping", code=2, part=part)
        cli.run("--help")
        os.unlink(settings(cli, b""))
        os.mkdir(os.path.join(cli.folder.name, ".config", "confab", "config"))
        cli.wrong("ping", code=1, part="cannot read")


def test_unreachable(f):
    url, taken = nobody()
    with taken, Cli(f, url) as cli:
        for args in (["ping"], ["say", "r", "x"], ["listen", "r"], ["pipe"],
                     ["tell", "bob", "x"], ["chat", "r"], ["who"]):
            cli.wrong("-t", "0.3", *args, code=3,
                      part=f"cannot reach the broker at {url}")
        cli.wrong("-b", "tcp://127.0.0.1:1", "-t", "0.2", "ping", code=3,
                  part="tcp://127.0.0.1:1 within 0.2 s: nothing listens there")
        cli.wrong("-b", "tcp://no-such-host.invalid:1", "-t", "0.2", "ping",
                  code=3, part='"no-such-host.invalid"')
        cli.wrong("-b", "tcp://[::1]:1", "-t", "0.2", "ping", code=3,
                  part="tcp://[::1]:1 within 0.2 s: ")


def test_url_that_is_none(f):
    with Cli(f) as cli:
        for url in ("nonsense", "http://127.0.0.1:1", "tcp://"):
            cli.wrong("-b", url, "-t", "1", "ping", code=6)


def test_bash_completion(f):
    with Cli(f) as cli:
        script = cli.run("completion", "bash")
        ask = (script + '\nCOMP_WORDS=(confab say --ki); COMP_CWORD=2; _confab;'
               ' printf "%s\\n" "${COMPREPLY[@]}";'
               'COMP_WORDS=(confab hi); COMP_CWORD=1; _confab;'
               ' printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", ask], stdout=subprocess.PIPE,
                              check=True)
        same(done.stdout.decode().split(), ["--kind", "history"])


def test_other_completions(f):
    with Cli(f) as cli:
        for shell in ("zsh", "fish"):
            script = cli.run("completion", shell)
            for command in COMMANDS:
                check(command in script, f"{command} for {shell}")
            check("manual-ack" in script, "options")


def test_full_disk(f):
    with Cli(f) as cli, open("/dev/full", "wb") as full:
        done = subprocess.run([cli.path, "--help"], stdout=full,
                              stderr=subprocess.PIPE, env=cli.env())
        same(done.returncode, 1)
        check(b"cannot write" in done.stderr, done.stderr)
