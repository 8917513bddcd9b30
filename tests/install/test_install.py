# SPDX-License-Identifier: MPL-2.0
"""make install, make uninstall: what is put is taken away, and no more."""
import os

from installed import PREFIX, Installed, run
from wire import check

BROKER = False
CONFIG = "etc/confab/confab.conf"
HERE = PREFIX[1:]
# Every file, so that none is lost or added without notice.
FILES = {CONFIG} | {f"{HERE}/{name}" for name in (
    "bin/confab", "sbin/confabd", "include/confab.h", "lib/libconfab.a",
    "lib/libconfab.so", "lib/libconfab.so.1", "lib/libconfab.so.1.0.0",
    "lib/pkgconfig/libconfab.pc", "lib/systemd/system/confabd.service",
    "lib/systemd/system/confabd.socket", "lib/sysusers.d/confab.conf",
    "lib/tmpfiles.d/confab.conf",
    "share/bash-completion/completions/confab",
    "share/fish/vendor_completions.d/confab.fish",
    "share/zsh/site-functions/_confab",
    "share/doc/confab/CHANGES.md", "share/doc/confab/LICENSE",
    "share/doc/confab/PROTOCOL.md", "share/doc/confab/README.md",
    "share/doc/confab/SECURITY.md", "share/doc/confab/client/shots/chat.svg",
    "share/doc/confab/client/shots/mail.svg", "share/man/man1/confab.1",
    "share/man/man3/libconfab.3", "share/man/man5/confab.conf.5",
    "share/man/man7/confab-protocol.7", "share/man/man8/confabd.8")}


def place(t):
    return Installed(os.path.dirname(t.shared.args.confabd))


def test_every_file(t):
    here = place(t)
    here.make("install")
    files = here.files()
    check(files == FILES, f"one side only: {sorted(files ^ FILES)}")
    for name in files:
        status = os.stat(os.path.join(here.root, name))
        wanted = 0o755 if ("bin/" in name or
                           name.endswith(".1.0.0")) else 0o644
        if not os.path.islink(os.path.join(here.root, name)):
            check(status.st_mode & 0o777 == wanted,
                  f"{name}: {status.st_mode:o}")
        check(status.st_size > 0, f"{name} is empty")


def test_uninstall(t):
    """What others have there stays, and so do folders that others use."""
    here = place(t)
    here.make("install")
    theirs = here.path("share", "man", "man1", "other.1")
    with open(theirs, "w", encoding="utf-8") as file:
        file.write("theirs\n")
    said = here.make("uninstall")
    check(here.files() == {os.path.relpath(theirs, here.root)},
          f"left: {here.files()}")
    check(not said.strip(), f"it said: {said}")
    ours = [f for f in here.folders() if f.endswith("confab")]
    check(ours == [HERE], f"folders of ours are left: {ours}")


def test_config_is_the_operators(t):
    """An installation over another one keeps it; so does uninstall."""
    here = place(t)
    here.make("install")
    path = os.path.join(here.root, CONFIG)
    with open(path, "a", encoding="utf-8") as file:
        file.write("# mine\n")
    here.make("install")
    with open(path, encoding="utf-8") as file:
        check(file.read().endswith("# mine\n"), "it was written anew")
    said = here.make("uninstall")
    check(here.files() == {CONFIG}, f"left: {here.files()}")
    check(path in said and "stays" in said, f"it said: {said}")


def test_uninstall_where_nothing_is(t):
    here = place(t)
    os.mkdir(here.root)
    here.make("uninstall")
    check(not here.files(), "files out of nowhere")


def test_programs_run(t):
    here = place(t)
    here.make("install")
    for path in (here.path("bin", "confab"), here.path("sbin", "confabd")):
        check(os.path.basename(path) in run([path, "--version"]), path)


def test_config_sets_nothing(t):
    """What is installed is what the broker does without it."""
    here = place(t)
    here.make("install")
    confabd, path = here.path("sbin", "confabd"), os.path.join(here.root,
                                                               CONFIG)
    run([confabd, "--check-config", "-c", path])
    check(run([confabd, "--print-config", "-c", path]) ==
          run([confabd, "--print-config"]), "it sets something")
