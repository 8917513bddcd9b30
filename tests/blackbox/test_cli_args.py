# SPDX-License-Identifier: MPL-2.0
"""The command line of confab: options, help, completion, errors of use."""
import glob
import os
import re
import subprocess

from cli import Cli, nobody
from screen import Screen
from wire import check, same

BROKER = False

COMMANDS = ("chat", "say", "tell", "listen", "run", "history", "search", "who",
            "rooms", "ping", "stats", "pipe", "admin", "keygen", "completion",
            "help")


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


def test_help_is_a_command(f):
    with Cli(f) as cli:
        same(cli.run("help"), cli.run("--help"))
        for command in COMMANDS:
            same(cli.run("help", command), cli.run(command, "--help"))
        cli.run("help", "say", CONFAB_TIMEOUT="none")  # it stops no help
        cli.wrong("help", "histroy", code=2, part="did you mean history?")
        cli.wrong("help", "say", "tell", code=2, part="confab help [COMMAND]")
        cli.wrong("help", "--mail", code=2, part="help takes no --mail")


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


def test_examples_quote_what_others_write(f):
    """An id may be * or /etc/*: a shell puts names of files for it."""
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    texts = []
    for name in ("README.md", "client/confab.1.scd"):
        with open(os.path.join(root, name), encoding="utf-8") as file:
            texts.append(file.read())
    with Cli(f) as cli:
        texts += [cli.run(command, "--help") for command in COMMANDS]
    lines = [line for line in "\n".join(texts).split("\n")
             if "$CONFAB_" in line]
    check(len(lines) >= 4, lines)
    same([line for line in lines
          if line.split("$CONFAB_")[0].count('"') % 2 == 0], [], "no quotes")


def test_version(f):
    with Cli(f) as cli:
        check(cli.run("-V").startswith("confab 0."), "version")


def test_usage_errors(f):
    with Cli(f) as cli:
        for args, part in (
                (["shout"], '"shout" is not a command'),
                (["shout"], "command; see confab --help"),
                (["histroy"], "did you mean history? See confab --help"),
                (["hist"], "did you mean history?"),
                (["--loud", "say", "r"], "--loud is not an option; see"),
                (["history", "--foramt=x"], "did you mean --format?"),
                (["rooms", "-jx"], "confab: -x is not an option"),
                (["rooms", "-\u00e9"], "-\u00e9 is not an option"),
                (["rooms", "-\x01"], "-\\u0001 is not an option"),
                (["rooms", "--json=yes"], "--json=yes has a value, and takes"),
                (["rooms", "-jb"], "-b needs a value"),
                (["admin", "kik", "bob"], "did you mean kick? See confab"),
                (["admin", "zap", "bob"], "can be done; see confab admin"),
                (["rooms", "extra"], "usage: confab rooms; see"),
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


def test_somebody_who_waits_is_told(f):
    """Where it is a terminal."""
    url, taken = nobody()
    with taken, Cli(f, url) as cli, Screen(cli) as one:
        one.type(f"{cli.path} -t 1.5 who", True)
        one.wait_for("^confab: connecting \\.\\.\\.$")
        one.wait_for("^confab: cannot reach the broker")
        check(not any("connecting" in line for line in one.lines()),
              "what came of it has taken its place")
        done = cli.full("-t", "1.5", "who", code=3)
        same(done.stderr.count(b"\n"), 1, "a script has the error alone")


def test_a_word_that_is_no_text(f):
    with Cli(f) as cli:
        for args in (["\x1b[31mx"], ["say", "--\x1b[31mx"]):
            done = cli.full(*args, code=2)
            check(b"\\u001b[31mx" in done.stderr and
                  b"\x1b" not in done.stderr, done.stderr)


def test_url_that_is_none(f):
    with Cli(f) as cli:
        for url, part in (
                ("nonsense", "url nonsense is not tcp://HOST:PORT, ipc://PATH"),
                ("http://127.0.0.1:1", "is not tcp://HOST:PORT"),
                ("127.0.0.1:7480", "is not tcp://HOST:PORT"),
                ("tcp://", "tcp:// has no port from 1 to 65535 at its end"),
                ("tcp://127.0.0.1", "has no port from 1 to 65535"),
                ("tcp://127.0.0.1:", "has no port"),
                ("tcp://127.0.0.1:0", "has no port"),
                ("tcp://127.0.0.1:65536", "has no port"),
                ("tcp://127.0.0.1:80/", "has no port"),
                ("tcp://[::1]", "has no port")):
            cli.wrong("-b", url, "-t", "1", "ping", code=6, part=part)


def options_in(text, heading):
    """(letter or "", name) of each option below a line of the help."""
    part = text.split(f"\n{heading}\n", 1)[1].split("\n\n")[0] \
        if f"\n{heading}\n" in text else ""
    return re.findall(r"^  (?:-(\w),|   ) --([a-z-]+)", part, re.M)


def is_in(option, text):
    """As a word of its own, in one of its two forms."""
    letter, name = option
    forms = [rf"--{name}(?![\w-])"] + ([rf"(?<![\w-])-{letter}"] if letter
                                      else [])
    return any(re.search(form, text) for form in forms)


def test_every_option_has_an_example(f):
    """In the help of its command; those that all take, in any."""
    with Cli(f) as cli:
        examples = cli.run("--help").split("\n\n")[0]
        for command in COMMANDS:
            text = cli.run(command, "--help")
            own = text.split("\n\n")[0]
            examples += "\n" + own
            check(own.count("\n") < 12, f"a screenful for {command}")
            for option in options_in(text, f"Options of {command}:"):
                check(is_in(option, own),
                      f"confab {command} --help has no example of {option}")
        common = options_in(text, "Options of every command:")
        check(len(common) > 8, f"{common}")
        for option in common:
            check(option[1] in ("version", "help") or
                  is_in(option, examples), f"no example of {option}")


def test_every_option_of_every_command_has_a_test(f):
    """Somewhere in this suite it is given to its command."""
    here = os.path.dirname(os.path.abspath(__file__))
    calls = ""
    for name in sorted(glob.glob(os.path.join(here, "test_*.py"))):
        with open(name, encoding="utf-8") as file:
            calls += file.read()
    # A call is what stands within (...) or [...], with what is in brackets once.
    calls = re.findall(r"[(\[](?:[^()\[\]]|\([^()]*\)|\[[^\[\]]*\])*", calls)
    missing = []
    with Cli(f) as cli:
        for command in COMMANDS:
            own = [call for call in calls if f'"{command}"' in call]
            for option in options_in(cli.run(command, "--help"),
                                     f"Options of {command}:"):
                if not any(is_in(option, call) for call in own):
                    missing.append(f"{command} --{option[1]}")
        common = options_in(cli.run("--help"), "Options of every command:")
        missing += [name for letter, name in common
                    if not any(is_in((letter, name), call) for call in calls)]
    same(missing, [], "no test gives them")


def test_full_disk(f):
    with Cli(f) as cli, open("/dev/full", "wb") as full:
        done = subprocess.run([cli.path, "--help"], stdout=full,
                              stderr=subprocess.PIPE, env=cli.env())
        same(done.returncode, 1)
        check(b"cannot write" in done.stderr, done.stderr)
