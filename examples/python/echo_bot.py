#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""echo_bot.py: answers "!echo WORDS" in a room, and all that it is told.

    echo_bot.py [ID [ROOM [URL]]]

One socket: the room comes over it, too (`direct`). The answer to a direct
message and its `ack` go out in one frame, so both are done or neither is: who
tells the bot something gets one answer, whatever breaks in between.
"""
import sys
import time

import msgpack
import zmq


def main(me="echo", room="lobby", url="tcp://127.0.0.1:7480"):
    dealer = zmq.Context().socket(zmq.DEALER)
    dealer.LINGER = 0
    dealer.IMMEDIATE = 1     # queue nothing for a broker that is away
    dealer.PROBE_ROUTER = 1  # a new connection brings `no-session`
    dealer.connect(url)
    hello = {"op": "hello", "v": 1, "id": me, "agent": "echo_bot.py"}
    beat = 10.0  # seconds that we may be silent
    spoken = time.monotonic()

    def send(*messages):
        nonlocal spoken
        spoken = time.monotonic()
        try:
            dealer.send(msgpack.packb(messages), zmq.DONTWAIT)
        except zmq.Again:
            pass  # no connection: the next one begins with a hello

    while True:
        if not dealer.poll(max(0, spoken + beat - time.monotonic()) * 1000):
            send({"op": "ping"})
            continue
        for m in msgpack.unpackb(dealer.recv(), strict_map_key=False):
            op, notice = m["op"], m.get("kind") == "notice"
            text = m.get("text", "")
            if op == "welcome":
                hello["resume"] = m["resume"]
                beat = m["beat"] / 1000
                send({"op": "join", "room": room, "direct": True})
            elif op == "joined":
                print(f"{me} is in {room}", flush=True)
            elif op == "say" and text.startswith("!echo ") and not notice:
                # A bot's words are a notice, and no bot answers a notice: so
                # two of them cannot talk each other to death.
                send({"op": "say", "room": room, "text": text[6:],
                      "kind": "notice", "re": m.get("seq")})
            elif op == "tell" and "seq" in m:
                answer = {"op": "tell", "to": m["from"], "kind": "notice",
                          "text": text, "data": m.get("data"), "re": m["seq"]}
                send(*([] if notice or "gone" in m else [answer]),
                     {"op": "ack", "seq": m["seq"]})
            elif op == "error" and m["code"] == "no-session":
                send(hello)
            elif op == "error" and m["code"] in ("in-use", "bad-name"):
                sys.exit(f"{me}: {m['text']}")
            elif op == "error":
                print(f"{me}: {m['text']}", file=sys.stderr)
            elif op == "bye" and m["why"] in ("replaced", "kicked"):
                sys.exit(f"{me} was {m['why']}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
