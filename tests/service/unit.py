# SPDX-License-Identifier: MPL-2.0
"""unit.py: the service's files, as systemd would read them."""
import os
import shutil
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SOURCE = os.path.join(ROOT, "broker", "confabd.service.in")
SOCKET = os.path.join(ROOT, "broker", "confabd.socket")


def text(confabd):
    """As `make install` writes it."""
    with open(SOURCE, encoding="utf-8") as source:
        return source.read().replace(
            "@SBINDIR@", os.path.dirname(confabd)).replace("@SYSCONFDIR@",
                                                           "/etc")


def analyze(*arguments):
    """(exit code, output) of systemd-analyze, which in newer versions tells
    whoever is to hear from the broker that it has ended, too."""
    env = dict(os.environ, LC_ALL="C.UTF-8")
    env.pop("NOTIFY_SOCKET", None)
    done = subprocess.run(["systemd-analyze", "--no-pager", *arguments],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False,
                          env=env)
    return done.returncode, done.stdout


def analyze_file(confabd, *arguments):
    """The same, of both units in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="confab-unit-") as folder:
        path = os.path.join(folder, "confabd.service")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text(confabd))
        sockets = [shutil.copy(SOCKET, folder)] if "verify" in arguments else []
        return analyze(*arguments, path, *sockets)


def settings(confabd, key):
    """The values of a key, in order."""
    lines = text(confabd).splitlines()
    return [line.split("=", 1)[1] for line in lines
            if line.startswith(key + "=")]


def expand(name):
    """The system calls of a group, or the one of that name."""
    if not name.startswith("@"):
        return {name}
    code, output = analyze("syscall-filter", name)
    if code:
        raise RuntimeError(output)
    words = [line.strip() for line in output.splitlines()[1:]]
    inner = [expand(w) for w in words if w and not w.startswith("#")]
    return set().union(*inner)


def calls(confabd):
    """The system calls that the unit allows."""
    allowed = expand("@default")  # of every list of allowed ones
    for value in settings(confabd, "SystemCallFilter"):
        named = set().union(*map(expand, value.lstrip("~").split()))
        allowed = (allowed - named if value.startswith("~")
                   else allowed | named)
    return allowed
