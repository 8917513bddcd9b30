# SPDX-License-Identifier: MPL-2.0
"""installed.py: `make install` into a folder, and programs built against it."""
import os
import subprocess
import tempfile

from wire import Failure

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
PREFIX = "/opt/confab"


def run(command, env=None, **more):
    """Its output; an exit code is a failure."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(os.environ, **(env or {})), check=False,
                          **more)
    if done.returncode:
        raise Failure(f"{command}: {done.returncode}\n{done.stdout}")
    return done.stdout


class Installed:
    """Below `root`, and empty before; `build` has what is installed."""

    def __init__(self, build):
        self.build = build
        self.folder = tempfile.TemporaryDirectory(prefix="confab-install-")
        self.root = os.path.join(self.folder.name, "root")

    def make(self, target):
        return run(["make", "--no-print-directory", "-s", "-C", ROOT, target,
                    f"BUILD={self.build}", f"DESTDIR={self.root}",
                    f"PREFIX={PREFIX}",
                    # Another test may be installing, too.
                    f"MADE={self.folder.name}/made"])

    def path(self, *parts):
        """Of something below PREFIX."""
        return os.path.join(self.root, PREFIX[1:], *parts)

    def files(self):
        """All that is there and is no folder."""
        return {os.path.relpath(os.path.join(folder, name), self.root)
                for folder, _, names in os.walk(self.root) for name in names}

    def folders(self):
        return {os.path.relpath(folder, self.root)
                for folder, _, _ in os.walk(self.root)}

    def write(self, name, text):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def flags(self, *options, library=None):
        """What pkg-config says of libconfab, told where its root is."""
        return run(["pkg-config", *options, "--cflags", "--libs",
                    "libconfab"], {
                        "PKG_CONFIG_PATH": library or self.path(
                            "lib", "pkgconfig"),
                        "PKG_CONFIG_SYSROOT_DIR": self.root}).split()

    def compile(self, source, flags, compiler="cc"):
        program = source.rsplit(".", 1)[0] + ".out"
        run([compiler, source, *flags, "-o", program])
        return program

    def run(self, *command):
        return run(list(command),
                   {"LD_LIBRARY_PATH": self.path("lib"),
                    "XDG_STATE_HOME": self.folder.name})
