#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""secure.py: logs in with a key and says one thing in a room.

    secure.py ADDRESS ID ROOM TEXT [KEYFILE]

ADDRESS is what the broker's operator hands out, confab://HOST:PORT/?key=...
The key pair is made at the first run, in KEYFILE (ID.key). Where the operator
lists who may come, he needs its public half, which is printed when the broker
refuses it.
"""
import os
import sys
import urllib.parse

import msgpack
import zmq
from zmq.utils.monitor import recv_monitor_message

PATIENCE = 10_000  # ms
FORM = 'curve\n    public-key = "%s"\n    secret-key = "%s"\n'


def key_pair(path):
    """As confab's own key files and czmq's certificates have it."""
    try:
        new = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(new, "w", encoding="ascii") as file:
            file.write(FORM % tuple(k.decode() for k in zmq.curve_keypair()))
    except FileExistsError:
        pass
    with open(path, encoding="ascii") as file:
        lines = [line.strip().split(" = ") for line in file if " = " in line]
    keys = {name: value.strip('"').encode() for name, value in lines}
    return keys["public-key"], keys["secret-key"]


def connect(address, public, secret):
    url = urllib.parse.urlsplit(address)
    # Not parse_qs: to it a + is a space.
    server = urllib.parse.unquote(url.query.partition("key=")[2])
    dealer = zmq.Context.instance().socket(zmq.DEALER)
    dealer.LINGER = 0
    dealer.IMMEDIATE = 1
    dealer.CURVE_SERVERKEY = server.encode()
    dealer.CURVE_PUBLICKEY, dealer.CURVE_SECRETKEY = public, secret
    # Whether the broker takes our key tells the monitor, and nothing else.
    monitor = dealer.get_monitor_socket(
        zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH |
        zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL)
    dealer.connect(f"tcp://{url.hostname}:{url.port or 7480}")
    event = monitor.poll(PATIENCE) and recv_monitor_message(monitor)["event"]
    if event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
        sys.exit(f"secure.py: this key is not listed: {public.decode()}")
    if event != zmq.EVENT_HANDSHAKE_SUCCEEDED:
        sys.exit("secure.py: no broker there that has this key")
    return dealer


def ask(dealer, **message):
    dealer.send(msgpack.packb([message]))
    if not dealer.poll(PATIENCE):
        sys.exit("secure.py: the broker does not answer")
    answer = msgpack.unpackb(dealer.recv())[0]
    if answer["op"] == "error":
        sys.exit(f"secure.py: {answer['text']} ({answer['code']})")
    return answer


def main(address, me, room, text, path=None):
    public, secret = key_pair(path or me + ".key")
    dealer = connect(address, public, secret)
    ask(dealer, op="hello", v=1, id=me, inbox=False, agent="secure.py")
    said = ask(dealer, op="say", room=room, text=text, ref=1)
    print("kept as", said["seq"])


if __name__ == "__main__":
    if len(sys.argv) not in (5, 6):
        sys.exit("usage: secure.py ADDRESS ID ROOM TEXT [KEYFILE]")
    main(*sys.argv[1:])
