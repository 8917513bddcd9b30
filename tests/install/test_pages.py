# SPDX-License-Identifier: MPL-2.0
"""The manual pages say what the programs say of themselves, and read well."""
import os
import re
import subprocess

import pages
from installed import ROOT
from wire import Failure, check

BROKER = False
PAGES = ("client/confab.1", "broker/confabd.8", "broker/confab.conf.5",
         "client/libconfab.3", "proto/confab-protocol.7")


def source(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def test_as_the_tables_have_it(t):
    found = pages.pages(os.path.dirname(t.shared.args.confabd))
    stale = [f"{os.path.relpath(page.path, ROOT)} is stale: `make manual` "
             "writes it anew" for page in found if page.text != page.was]
    wrong = stale + [what for page in found for what in page.complaints]
    if wrong:
        raise Failure("\n    ".join(wrong))


def test_what_is_stale_is_seen(t):
    """Or the test above shows nothing."""
    found = pages.pages(os.path.dirname(t.shared.args.confabd))
    first, eighth, fifth = found
    check(len(first.text) > 10000 and "*--since*" in first.text, "no page")
    page = pages.Page("broker/confab.conf.5.scd")
    page.text = page.text.replace("4 to 1000000. Default: 32768. Reloads.",
                                  "4 to 9. Default: 32768.")
    known = pages.told.Confabd(t.shared.args.confabd).keys
    page.keys(known)
    check(page.text == fifth.text, "a wrong range is not made anew")
    page.keys({**known, "limits/more": known["limits/rooms"]})
    check(any("limits/more is there 0 times" in what
              for what in page.complaints), page.complaints)
    page = pages.Page("broker/confabd.8.scd")
    page.options([])
    check(len(page.complaints) > 10, "options that are none pass")
    check(eighth.complaints == [], eighth.complaints)


LIMITS = {
    "BUFFER_ENTRIES": "newest {:,} lines", "BUFFER_TEXT": "{mib} MiB of text",
    "CHAT_UNREAD": "at most {:,} messages", "LIMIT_JOINED": "in {} rooms",
    "BUFFERS_PERSONS": "talk with {} persons", "BUFFERS_IGNORED": "ignore {}",
    "LIMIT_TEXT": "at most {:,} bytes", "PASTE_MAX": "a paste {mib} MiB",
    "LINE_HISTORY": "back {} lines", "LINE_UNDO": "back {} changes"}


def test_limits_of_chat(t):
    """They are those of the code."""
    code = "".join(map(source, ("client/buffer.h", "client/buffers.h",
                                "client/chat.h", "client/term_line.h",
                                "proto/limits.h")))
    page = source("client/confab.1.scd").split("## Limits\n")[1].split("\n#")[0]
    page = " ".join(page.split())
    for name, said in LIMITS.items():
        number = int(re.search(rf"\b{name}(?: =|, \"\w+\",) (\d+)",
                               code).group(1))
        said = said.format(number, mib=number >> 20)
        check(said in page, f"{name}: the page does not say: {said}")


def test_no_warnings(t):
    """Of scdoc and of groff, as a reader's terminal has it."""
    for page in PAGES:
        made = subprocess.run(["scdoc"], input=source(page + ".scd"),
                              text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        check(made.returncode == 0 and not made.stderr,
              f"{page}: {made.stderr}")
        read = subprocess.run(["groff", "-k", "-ww", "-t", "-man", "-Tutf8"],
                              input=made.stdout, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              check=False)
        check(read.returncode == 0 and not read.stderr,
              f"{page}: {read.stderr}")
        check(len(read.stdout.splitlines()) > 20, f"{page} is hardly there")


def test_pages_that_are_named_are_there(t):
    """What SEE ALSO and the texts send the reader to is ours, or known."""
    ours = {re.sub(r".*/(.*)\.(\d)", r"\1(\2)", page) for page in PAGES}
    others = {"sd_notify(3)", "sd_listen_fds(3)", "systemd.exec(5)",
              "logrotate(8)", "poll(2)", "strftime(3)"}
    for page in PAGES:
        named = {f"{name}({number})" for name, number in re.findall(
            r"\*([a-z][\w.-]*)\*\((\d)\)", source(page + ".scd"))}
        check(named <= ours | others, f"{page}: {named - ours - others}")
