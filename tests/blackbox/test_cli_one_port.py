# SPDX-License-Identifier: MPL-2.0
"""confab where only the ROUTER can be reached: a firewall lets one port pass.

The PUB socket is an ipc one whose file is gone, so nobody can connect to it."""
import os
import tempfile

from cli import Cli
from test_cli_listen import member
from wire import same

BROKER = False

# The room comes direct after two seconds; without that, by the next ping's
# heads, which is later than this.
SOON = 7


def test_room_comes_over_the_one_connection(f):
    with tempfile.TemporaryDirectory(prefix="confab-pub-") as folder:
        path = os.path.join(folder, "pub")
        f.fresh(pub="ipc://" + path)
        os.unlink(path)
        with Cli(f) as cli:
            listen = cli.start("-i", "eve", "listen", "-r", "-C", "2", "room")
            member(f, "room", "eve")
            cli.run("say", "room", "one")
            same(listen.line(SOON), "one")
            cli.run("say", "room", "two")
            same(listen.line(1), "two")
            same(listen.wait(), 0)
