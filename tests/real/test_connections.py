# SPDX-License-Identifier: MPL-2.0
"""A thousand clients that say nothing: what the broker needs for them."""
import os
import sys

from fixture import deadline
from stage import ROOT, staged
from wire import Slow, check

sys.path.insert(0, os.path.join(ROOT, "tests/bench"))
import connections  # noqa: E402 (found by the line above)

BROKER = False
MEMORY = 80  # MiB
CPU = 2.0    # percent of a core: the mark; it takes 1.7 to 2.3, by the hour
MOST = 3.0   # beyond this it is not the machine


@deadline(100)
@staged
def test_1000_idle_clients(stage):
    resident, percent, words = connections.measure(stage.fixture,
                                                   enough=CPU)
    check(resident < MEMORY, f"over {MEMORY} MiB: {words}")
    if percent >= MOST:
        raise Slow(f"over {MOST}%: {words}")
    return words
