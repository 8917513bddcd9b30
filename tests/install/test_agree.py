# SPDX-License-Identifier: MPL-2.0
"""README, the pages, --help and the completion scripts tell of the same
commands, options, keys and targets."""
import glob
import os
import re
import shlex
import subprocess
import tempfile

import told
from installed import ROOT
from wire import Failure, check, same

BROKER = False
ENDS = ("|", "||", "&&", ";", "&", ">", ">>", "<", "2>")
SHELLS = ("bash", "zsh", "fish")


def source(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def confab(t):
    return told.Confab(t.shared.args.confab)


def confabd(t):
    return told.Confabd(t.shared.args.confabd)


def code_of(name):
    """The lines of a document that are to be typed, or seen."""
    text = source(name)
    if name.endswith(".scd"):
        blocks = re.findall(r"^```\n(.*?)^```$", text, re.M | re.S)
        return [*"".join(blocks).split("\n"),
                *re.findall(r"\*(confabd? [^*\n]+)\*", text)]
    return [*re.findall(r"^    +(.*)$", text, re.M),
            *re.findall(r"`([^`\n]+)`", text)]


def command_lines(lines):
    """(program, words) of every call in them."""
    for line in lines:
        for match in re.finditer(r"(?:^|[\s$/(|])(confabd?) +(?=[\w-])([^#)`]*)",
                                 line):
            try:
                words = shlex.split(match.group(2))
            except ValueError:  # a quote that ends in the next line
                words = match.group(2).split()
            stop = [at for at, word in enumerate(words) if word in ENDS]
            yield match.group(1), words[:stop[0]] if stop else words, line


def option_of(word, options):
    """The row, when there is one."""
    for option in options:
        if word.split("=")[0] == f"--{option.name}" or (
                option.letter and word == f"-{option.letter}"):
            return option
    return None


def read_line(words, options):
    """(words that are no options, options); Failure for one that is none."""
    plain, given, at = [], [], 0
    while at < len(words):
        word, at = words[at], at + 1
        if word == "--":
            break
        if not re.match("--?[a-zA-Z]", word):
            plain.append(word)
            continue
        option = option_of(word, options)
        if not option:
            raise Failure(f"{word} is no option")
        given.append(option)
        at += bool(option.value) and "=" not in word
    return plain, given


def check_confab(words, program):
    plain, given = read_line(words, program.every_option())
    if not plain or not re.match("[a-z]", plain[0]):
        return  # `confab --help`, `confab COMMAND --help`
    if plain[0] not in program.commands:
        raise Failure(f"'{plain[0]}' is no command")
    # Again, since one letter means two things to two commands.
    plain, given = read_line(words, program.taken_by(plain[0]))
    for option in given:
        if option not in program.taken_by(plain[0]):
            raise Failure(f"{plain[0]} does not take --{option.name}")


def check_confabd(words, program):
    plain, _ = read_line(words, program.options)
    if plain and plain[0] not in program.commands and \
            " ".join(plain[:2]) not in program.commands and plain != ["user"]:
        raise Failure(f"'{plain[0]}' is no command")


def documents():
    return ["README.md", "HACKING.md", "broker/SECURITY.md", "CHANGES.md",
            *(os.path.relpath(path, ROOT) for path in sorted(
                glob.glob(os.path.join(ROOT, "*", "*.scd"))))]


def test_calls_in_documents(t):
    """Whatever is shown could be typed."""
    client, broker = confab(t), confabd(t)
    seen, wrong = set(), []
    for name in documents():
        for program, words, line in command_lines(code_of(name)):
            seen.add(name)
            try:
                if program == "confab":
                    check_confab(words, client)
                else:
                    check_confabd(words, broker)
            except Failure as failure:
                wrong.append(f"{name}: {failure}: {line.strip()}")
    if wrong:
        raise Failure("\n    ".join(wrong))
    check(len(seen) >= 5, f"calls are seen only in {seen}")


def test_examples_of_help(t):
    client = confab(t)
    for name, lines in client.examples.items():
        calls = [words for program, words, _ in command_lines(lines)
                 if program == "confab"]
        check(calls, f"confab {name} --help has no example")
        for words in calls:
            check_confab(words, client)


def test_a_wrong_call_is_seen(t):
    """Or the tests above show nothing."""
    client, broker = confab(t), confabd(t)
    for line in ("confab shout lobby", "confab say --raw lobby x",
                 "confab -i ann listen --no-such lobby",
                 "confabd restore x", "confabd --no-such"):
        ((program, words, _),) = command_lines([line])
        try:
            if program == "confab":
                check_confab(words, client)
            else:
                check_confabd(words, broker)
        except Failure:
            continue
        raise Failure(f"'{line}' passes")


def targets():
    text = "".join(source(os.path.relpath(path, ROOT)) for path in
                   [os.path.join(ROOT, "Makefile"),
                    *glob.glob(os.path.join(ROOT, "*.mk"))])
    return set(re.findall(r"^([a-z]+):(?!=)", text, re.M))


def test_targets_of_make(t):
    known = targets()
    help_text = subprocess.run(["make", "--no-print-directory", "-C", ROOT,
                                "help"], stdout=subprocess.PIPE, text=True,
                               check=True).stdout
    told_of = {"help", *re.findall(r"^make ([a-z]+) ", help_text, re.M)}
    same(told_of - known, set(), "told by make help, and not there")
    for name in ("README.md", "HACKING.md", "broker/SECURITY.md"):
        named = {word for line in code_of(name)
                 for word in re.findall(r"^(?:\$ |sudo |\s)*make ([a-z]+)", line)}
        same(named - told_of, set(), f"{name} names, make help does not")


def test_keys_in_documents(t):
    """`section/key`, wherever it stands in quotes."""
    known = confabd(t).keys
    sections = {key.split("/")[0] for key in known if "/" in key}
    for name in ("README.md", "HACKING.md", "broker/SECURITY.md",
                 "CHANGES.md"):
        named = {f"{section}/{key}" for section, key in re.findall(
            r"`([a-z]+)/([a-z-]+)`", source(name)) if section in sections}
        same(named - set(known), set(), f"{name} names, and there is none")


# --- shells ------------------------------------------------------------------

def script(t, shell):
    return told.say(t.shared.args.confab, "completion", shell)


def offers(t, shell, line):
    """What the shell offers behind these words."""
    folder = os.path.dirname(t.shared.args.confab)
    asking = {
        "bash": 'source /dev/stdin; read -r -a COMP_WORDS <<<"$LINE"\n'
                'case $LINE in *" ") COMP_WORDS+=("");; esac\n'
                'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE=$LINE\n'
                'COMP_POINT=${#LINE}\n'
                'set -- $(complete -p confab); while [ "$1" != -F ]; do shift;'
                ' done\n"$2" confab "${COMP_WORDS[COMP_CWORD]}" '
                '"${COMP_WORDS[COMP_CWORD-1]}"\n'
                'printf "%s\\n" "${COMPREPLY[@]}"',
        "fish": 'source -; complete -C "$LINE"',
    }[shell]
    done = subprocess.run(
        [shell, "-c", asking], input=script(t, shell), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
        timeout=30, env=dict(os.environ, LINE=line, HOME="/nonexistent",
                             PATH=f"{folder}:{os.environ['PATH']}"))
    check(done.returncode == 0, f"{shell}, '{line}': {done.stderr}")
    return {word.split("\t")[0].strip() for word in done.stdout.split("\n")
            if word.strip()}


def test_shells_offer_the_options(t):
    """Those of each command, all of them and no others."""
    program = confab(t)
    for shell in ("bash", "fish"):
        for command in program.commands:
            wanted = {f"--{option.name}"
                      for option in program.taken_by(command)}
            have = {word.rstrip("=") for word in
                    offers(t, shell, f"confab {command} --")}
            same(have, wanted, f"{shell}: confab {command} --")


def test_shells_offer_the_commands(t):
    program = confab(t)
    for shell in ("bash", "fish"):
        have = {word for word in offers(t, shell, "confab ")
                if not word.startswith("-")}
        same(have, set(program.commands), shell)


def zsh_tells(t, *words):
    """What the script, found in the fpath and called for the first time, gives
    to zsh's own function, which without a terminal cannot be there."""
    build = os.path.dirname(t.shared.args.confab)
    with tempfile.TemporaryDirectory(prefix="confab-zsh-") as folder:
        with open(os.path.join(folder, "_confab"), "w",
                  encoding="utf-8") as file:
            file.write(script(t, "zsh"))
        asking = ("compadd() { print -rl -- ${(@P)argv[-1]} }\n"
                  "compdef() { }\nfpath=($FOLDER $fpath)\n"
                  "autoload -Uz _confab\n"
                  f"words=({shlex.join(words)}) CURRENT=$#words "
                  f"PREFIX={shlex.quote(words[-1])} service=confab\n_confab")
        done = subprocess.run(
            ["zsh", "-f", "-c", asking], stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
            timeout=30, env=dict(os.environ, FOLDER=folder,
                                 HOME="/nonexistent",
                                 PATH=f"{build}:{os.environ['PATH']}"))
    return set(done.stdout.split())


def test_zsh_is_told_all(t):
    program = confab(t)
    same(zsh_tells(t, "confab", ""), set(program.commands), "commands")
    for command in program.commands:
        same(zsh_tells(t, "confab", command, "--"),
             {f"--{option.name}" for option in program.taken_by(command)},
             f"zsh: confab {command} --")


def test_scripts_are_sound(t):
    for shell in SHELLS:
        done = subprocess.run([shell, "-n"], input=script(t, shell), text=True,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        check(done.returncode == 0 and not done.stdout,
              f"{shell} -n: {done.stdout}")
