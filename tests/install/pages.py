#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""pages.py: keeps the manual pages as the programs' tables have them.

    tests/install/pages.py --update FOLDER    FOLDER has confab and confabd

What options, commands, keys and exit codes are for is written by hand; how they
are called, what they take, their ranges and defaults are not. In the .scd files

 - between the comments `; made: NAME` and `; end` all is made;
 - a line that names an option (below OPTIONS), a command (below COMMANDS) or a
   key (confab.conf.5) is made anew from what is named in it;
 - the last line about a key says its range, its default, and whether it reloads.

--update writes that into the files. What nobody can make is a complaint: an
option of the program that the page does not name, and the other way round.
"""
import os
import re
import sys

import told

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
FACT = re.compile(r"\t(\S+ to \S+\. )?(Default: \S+|Not set by default)\."
                  r"( Reloads\.)?$")


def words(text):
    """As a page has them: what is to be replaced is underlined."""
    def mark(match):
        word = match.group()
        return f"*{word}*" if re.fullmatch("[a-z]+|--", word) else f"_{word}_"
    return re.sub(r"--|-?[A-Za-z0-9]+", mark, text)


def term(option):
    value = f" {words(option.value)}" if option.value else ""
    letter = f"*-{option.letter}*, " if option.letter else ""
    return f"{letter}*--{option.name}*{value}"


def command(name, takes):
    return f"*{name}*{takes and ' '}{words(takes)}"


def synopsis(confab):
    lines = [f"*confab* [_OPTION_...] {command(name, takes)}\n"
             for name, takes in confab.commands.items()]
    return "\n".join(lines)


def which_takes_which(confab):
    """A table of the options that not every command has."""
    lines = []
    for name, options in confab.options.items():
        if options:
            listed = ", ".join(f"*--{option.name}*" for option in options)
            lines += [f"{'|[' if not lines else '| '} *{name}*",
                      f"{':<' if len(lines) < 2 else ': '} {listed}"]
    return "\n".join(lines)


def exit_codes(confab):
    lines = []
    for code, meaning in confab.codes.items():
        lines += [f"{'|[' if not lines else '| '} *{code}*",
                  f"{':<' if len(lines) < 2 else ': '} {meaning}"]
    return "\n".join(lines)


class Page:
    """A .scd file that is written anew; `complaints` are what cannot be."""

    def __init__(self, name):
        self.path = os.path.join(ROOT, name)
        with open(self.path, encoding="utf-8") as file:
            self.was = self.text = file.read()
        self.complaints = []

    def complain(self, what):
        self.complaints.append(f"{os.path.relpath(self.path, ROOT)}: {what}")

    def fill(self, name, made):
        """A block between its comments."""
        pattern = rf"(^; made: {name}\n).*?(^; end$)"
        self.text, count = re.subn(
            # scdoc wants an empty line behind a table.
            pattern, lambda m: f"{m.group(1)}{made.strip()}\n\n{m.group(2)}",
            self.text, flags=re.M | re.S)
        if count != 1:
            self.complain(f"{count} blocks '; made: {name}' with an end")

    def section(self, name, change):
        """Its text, with `change` done to it."""
        pattern = rf"(^# {name}\n)(.*?)(?=^# [A-Z]{{2}}|\Z)"
        self.text, count = re.subn(
            pattern, lambda m: m.group(1) + change(m.group(2)), self.text,
            flags=re.M | re.S)
        if count != 1:
            self.complain(f"{count} sections '{name}'")

    def options(self, options):
        by_name = {f"--{option.name}": option for option in options}
        seen = []

        def line(match):
            names = [name for name in re.findall(r"\*(--[a-z-]+)\*",
                                                 match.group())]
            unknown = [name for name in names if name not in by_name]
            if unknown or not names:
                self.complain(f"'{match.group()}' names no option by its long "
                              f"name, or one that is none: {unknown}")
                return match.group()
            seen.extend(names)
            return ", ".join(term(by_name[name]) for name in names)

        self.section("OPTIONS", lambda text: re.sub(r"^\*-.*$", line, text,
                                                    flags=re.M))
        self.compare("option", seen, by_name)

    def commands(self, commands, sections):
        seen = []

        def line(match):
            # The longest name first, since one may begin as another does.
            for name in sorted(commands, key=len, reverse=True):
                if match.group().startswith(f"*{name}*"):
                    seen.append(name)
                    made = command(name, commands[name])
                    options = re.search(r" \[\*--.*$", match.group())
                    return made + (options.group() if options else "")
            self.complain(f"'{match.group()}' begins with no command")
            return match.group()

        for name in sections:
            self.section(name, lambda text: re.sub(
                r"^\*[a-z].*$(?=\n\t)", line, text, flags=re.M))
        self.compare("command", seen, commands)

    def compare(self, what, seen, known):
        for name in known:
            if seen.count(name) != 1:
                self.complain(f"{what} {name} is there {seen.count(name)} "
                              "times")

    def keys(self, known):
        """Each entry: its line, what is said about it, and the facts."""
        seen, lines, section = [], self.text.split("\n"), ""
        for at, line in enumerate(lines):
            key = re.match(r"\*([a-z-]+)\* = ", line)
            if re.match("##? ", line):
                section = line[3:] + "/" if line.startswith("## ") else ""
            elif key:
                name = section + key.group(1)
                if name not in known:
                    self.complain(f"'{name}' is no key")
                    continue
                seen.append(name)
                if known[name].names:
                    lines[at] = (f"*{key.group(1)}* = "
                                 f"{' | '.join(known[name].names)}")
                self.put_facts(lines, at, known[name])
        self.text = "\n".join(lines)
        self.compare("key", seen, known)

    def put_facts(self, lines, at, key):
        end = at + 1
        while lines[end].startswith("\t") or (
                not lines[end] and lines[end + 1].startswith("\t")):
            end += 1
        if FACT.match(lines[end - 1]):
            lines[end - 1] = facts(key)
        else:
            self.complain(f"the last line about {key.name} must be:\n"
                          f"{facts(key)}")


def facts(key):
    bounds = f"{key.range}. " if key.range else ""
    default = ("Not set by default." if key.default is None
               else f"Default: {key.default}.")
    return f"\t{bounds}{default}{' Reloads.' if key.reloads else ''}"


def pages(folder):
    """All of them, made anew but not written."""
    confab = told.Confab(os.path.join(folder, "confab"))
    confabd = told.Confabd(os.path.join(folder, "confabd"))
    first = Page("client/confab.1.scd")
    first.fill("synopsis", synopsis(confab))
    first.fill("which takes which", which_takes_which(confab))
    first.fill("exit codes", exit_codes(confab))
    first.options(confab.every_option())
    first.commands(confab.commands, ["COMMANDS"])
    eighth = Page("broker/confabd.8.scd")
    eighth.options(confabd.options)
    eighth.commands(confabd.commands, ["COMMANDS", "USERS"])
    fifth = Page("broker/confab.conf.5.scd")
    fifth.keys(confabd.keys)
    return [first, eighth, fifth]


def main(folder):
    found = pages(folder)
    for page in found:
        if page.text != page.was:
            with open(page.path, "w", encoding="utf-8") as file:
                file.write(page.text)
        for complaint in page.complaints:
            print(complaint, file=sys.stderr)
    return 1 if any(page.complaints for page in found) else 0


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "--update":
        sys.exit(__doc__)
    sys.exit(main(sys.argv[2]))
