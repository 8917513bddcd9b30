# SPDX-License-Identifier: MPL-2.0
"""A thousand clients that say nothing: what the broker needs for them."""
import os
import sys

from fixture import deadline
from stage import ROOT, staged
from wire import check

sys.path.insert(0, os.path.join(ROOT, "tests/bench"))
import connections  # noqa: E402 (found by the line above)

BROKER = False
MEMORY = 80  # MiB
CPU = 2.0    # percent of a core


@deadline(100)
@staged
def test_1000_idle_clients(stage):
    resident, percent, words = connections.measure(stage.fixture,
                                                   enough=CPU)
    check(resident < MEMORY, f"over {MEMORY} MiB: {words}")
    check(percent < CPU, f"over {CPU}%: {words}")
    return words
