# SPDX-License-Identifier: MPL-2.0
"""told.py: what the two programs tell of themselves, read back.

Their tables are made to text by --help and --default-config, and by nothing
else; what pages, scripts and README say is compared with that.
"""
import re
import subprocess
from collections import namedtuple

# `letter` and `value` are "" where it has none; `env` likewise.
Option = namedtuple("Option", "name letter value help env")
# `default` is None where it has none; `range` is "" where there is none.
Key = namedtuple("Key", "name default range names reloads")

OPTION = re.compile(r"(?:-(\S), |)\s*--([a-z-]+)(?: (\S.*))?$")
COLUMNS = {"confab": (2, 26), "confabd": (2, 28)}


def say(program, *arguments):
    done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def block(text, heading):
    """The lines below a heading, up to the next empty one."""
    lines = text.split("\n")
    if heading not in lines:
        raise ValueError(f"no '{heading}' in the help")
    for line in lines[lines.index(heading) + 1:]:
        if not line:
            return
        yield line


def rows(text, heading, columns):
    """(left, right) of each row; a long left has its right in the next
    line, a long right goes on there."""
    begin, end = columns
    found = []
    for line in block(text, heading):
        left, right = line[begin:end].rstrip(), line[end:].strip()
        if line[begin:end + 1].rstrip() and len(line) > end and \
                line[end] != " ":  # too long for its column
            left, right = line[begin:].rstrip(), ""
        if line[:end].strip():
            found.append([left, right])
        else:
            found[-1][1] = f"{found[-1][1]} {right}".strip()
    return found


def options_below(text, heading, columns):
    for left, right in rows(text, heading, columns):
        match = OPTION.match(left.strip())
        if not match:
            raise ValueError(f"'{left}' is no option")
        letter, name, value = match.groups()
        env = re.search(r" \[([A-Z_]+)\]$", right)
        yield Option(name, letter or "", value or "",
                     right[:env.start()] if env else right,
                     env.group(1) if env else "")


class Confab:
    """commands: {name: words}; options: {command: [Option]}; all: those that
    every command takes; codes: {code: meaning}."""

    def __init__(self, program):
        text = say(program, "--help")
        names = [line.split()[0] for line in block(text, "Commands:")]
        self.commands, self.options, self.examples = {}, {}, {}
        for name in names:
            self.read_command(name, say(program, name, "--help"))
        self.all = list(options_below(text, "Options of every command:",
                                      COLUMNS["confab"]))
        self.codes = {int(line.split()[0]): line.split(None, 1)[1]
                      for line in block(text, "Exit codes:")}

    def read_command(self, name, text):
        usage = re.search(rf"^confab {name} \[OPTION\.\.\.\] ?(.*)$", text,
                          re.M)
        self.commands[name] = usage.group(1)
        self.examples[name] = text[:usage.start()].strip().split("\n")
        self.options[name] = list(options_below(
            text, f"Options of {name}:", COLUMNS["confab"]
        )) if f"Options of {name}:\n  " in text else []

    def every_option(self):
        """Each once."""
        found = {option.name: option for option in self.all}
        for options in self.options.values():
            found.update((option.name, option) for option in options)
        return list(found.values())

    def taken_by(self, command):
        return self.all + self.options[command]


class Confabd:
    """commands: {name: words}; options: [Option]; keys: {name: Key}, with
    their section."""

    def __init__(self, program):
        text = say(program, "--help")
        columns = COLUMNS["confabd"]
        self.options = [*options_below(text, "Options:", columns),
                        *options_below(text, "These win over the file:",
                                       columns)]
        self.commands = {}
        for left, _ in rows(text, "Commands; a broker may be running "
                            "meanwhile:", columns):
            match = re.match(r"([a-z ]*[a-z])(?: (.*))?$", left)
            self.commands[match.group(1)] = match.group(2) or ""
        self.keys = keys(say(program, "--default-config"))


def keys(text):
    found, section, comment = {}, "", ""
    for line in text.split("\n"):
        key = re.match(r"\s*#( ?)([a-z-]+) = (.*)$", line)
        if re.match(r"[a-z]+$", line):
            section = line + "/"
        elif key:
            blank, name, value = key.groups()
            found[section + name] = key_of(section + name, comment,
                                           None if blank else value.strip('"'))
            comment = ""
        else:
            comment = f"{comment} {line.strip(' #')}" if line.strip() else ""
    return found


def key_of(name, comment, default):
    bounds = re.search(r"(\S+ to \S+)\.(?: \(SIGHUP|$)", comment)
    one_of = re.search(r"One of: ([^.]*)\.", comment)
    return Key(name, default, bounds.group(1) if bounds else "",
               one_of.group(1).split(", ") if one_of else [],
               "SIGHUP reloads it" in comment)
