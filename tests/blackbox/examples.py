#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""runs every example against a real broker: tests/blackbox/run.py does."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "blackbox"))
from run import main  # after sys.path is set

sys.exit(main("examples"))
