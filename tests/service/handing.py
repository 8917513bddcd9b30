#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""handing.py: starts a program as systemd does that has sockets for it.

    tests/service/handing.py FDS PROGRAM [ARGUMENT...]

FDS are descriptors, divided by commas; the program gets them as 3 and those
behind it, told by LISTEN_FDS and LISTEN_PID.
"""
import os
import sys

FIRST = 3


def hand(descriptors):
    # Above those that they are to become, so that none is lost on the way.
    kept = [os.dup(fd) for fd in descriptors]
    spare = [os.dup(kept[0]) for _ in range(len(kept) + FIRST)] if kept else []
    kept = [os.dup(fd) for fd in kept]
    for place, fd in enumerate(kept, FIRST):
        os.dup2(fd, place, inheritable=True)
    del spare
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.environ["LISTEN_FDS"] = os.environ.get("SAY_FDS", str(len(kept)))


if __name__ == "__main__":
    hand([int(fd) for fd in sys.argv[1].split(",")])
    os.execv(sys.argv[2], sys.argv[2:])
