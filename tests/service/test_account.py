# SPDX-License-Identifier: MPL-2.0
"""The service's user, its folder and its endpoints: each is named in more than
one file, and they agree."""
import os
import re
import shutil
import subprocess
import tempfile

import unit
from wire import check, same

BROKER = False


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    return done.returncode, done.stdout


def source(name):
    return os.path.join(unit.ROOT, "broker", name)


def test_user_and_folder(t):
    """As systemd makes them, in a root of their own."""
    (user,) = unit.settings(t.shared.args.confabd, "User")
    (folder,) = unit.settings(t.shared.args.confabd, "StateDirectory")
    with tempfile.TemporaryDirectory(prefix="confab-root-") as root:
        for kind in ("sysusers", "tmpfiles"):
            os.makedirs(os.path.join(root, "usr/lib", kind + ".d"))
            shutil.copy(source("confab." + kind),
                        os.path.join(root, "usr/lib", kind + ".d",
                                     "confab.conf"))
        os.mkdir(os.path.join(root, "etc"))
        code, output = run("systemd-sysusers", f"--root={root}")
        same(code, 0, f"systemd-sysusers ({output})")
        with open(os.path.join(root, "etc/passwd"), encoding="utf-8") as file:
            lines = [line.rstrip().split(":") for line in file]
        same([line[0] for line in lines], [user], "users")
        same(lines[0][5:], [f"/var/lib/{folder}", "/usr/sbin/nologin"])
        code, output = run("systemd-tmpfiles", f"--root={root}", "--create",
                           "confab.conf")
        status = os.stat(os.path.join(root, "var/lib", folder))
        same(f"{status.st_mode & 0o7777:o}", "700", "mode of the folder")
        if os.geteuid() == 0:
            same(code, 0, f"systemd-tmpfiles ({output})")
            same(str(status.st_uid), lines[0][2], "whose the folder is")
        else:
            check(output.count("\n") == 1 and "Operation not permitted" in
                  output, output)
        same(unit.settings(t.shared.args.confabd, "StateDirectoryMode"),
             ["0700"])


def test_sockets_are_the_default_endpoints(t):
    """What is installed fits together before anything is changed."""
    with open(unit.SOCKET, encoding="utf-8") as file:
        streams = re.findall(r"^ListenStream=(\S+)$", file.read(), re.M)
    _, printed = run(t.shared.args.confabd, "--print-config")
    endpoints = re.findall(r'^(?:bind|pub) = "tcp://(\S+)"$', printed, re.M)
    same(streams, endpoints)


def test_the_unit_reads_what_is_installed(t):
    (start,) = unit.settings(t.shared.args.confabd, "ExecStart")
    with open(os.path.join(unit.ROOT, "install.mk"), encoding="utf-8") as file:
        text = file.read()
    config = re.search(r"^CONFIG := \$\(SYSCONFDIR\)(\S+)$", text, re.M)
    check(start.endswith(f"/confabd -c /etc{config.group(1)}"), start)
