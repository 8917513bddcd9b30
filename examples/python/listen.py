#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""listen.py: prints what is said in a public room, live, a line a message.

    listen.py ROOM [PUB_URL]

One SUB socket is all that it takes: no hello, no name. It hears what is said
from now on; who must not miss anything joins (proto/PROTOCOL.md, section 11).
"""
import sys

import msgpack
import zmq

# Others' text may hold control characters, which are not for a terminal.
CONTROL = {c: " " for c in (*range(32), *range(127, 160)) if c != 9}


def main(room, url="tcp://127.0.0.1:7481"):
    sub = zmq.Context().socket(zmq.SUB)
    sub.LINGER = 0
    # The space belongs to the topic: `dev` must not receive `devops`.
    sub.setsockopt_string(zmq.SUBSCRIBE, room + " ")
    sub.connect(url)
    last = 0
    while True:
        _, _, body = sub.recv().partition(b" ")
        for m in msgpack.unpackb(body, strict_map_key=False):
            if m["op"] != "say":
                continue  # enter, exit, tick
            if last and m["prev"] > last:
                print("(something was missed)", file=sys.stderr)
            last = m.get("seq", m["prev"])
            text = m.get("text", repr(m.get("data", "(removed)")))
            print(f"{m['from']}: {text.translate(CONTROL)}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: listen.py ROOM [PUB_URL]")
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
