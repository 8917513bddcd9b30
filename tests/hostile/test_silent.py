# SPDX-License-Identifier: MPL-2.0
"""Listeners whose handshake does not end, and those who are through and have
nothing to listen to. Neither ever says anything; only the first are cut.

Seen to fail: with GUARD_SHAKE of a day, and with a byte more in GUARD_GREETED
and GUARD_ADMITTED.
"""
import socket

import zmq
from zmq.utils.monitor import recv_monitor_message

import raw
from attack import besieged, modes
from fixture import deadline
from wire import check, same

BROKER = False
CUT = 14.0  # seconds in which a handshake must be through


def nothing(_siege, _peer):
    pass


def half_a_greeting(siege, peer):
    peer.send(greeting(siege)[:33])


def a_greeting(siege, peer):
    peer.send(greeting(siege))


def half_a_ready(siege, peer):
    peer.send(greeting(siege) + raw.ready(b"SUB")[:-14])


def met(siege, peer):
    """As far as one comes without a key that is let in."""
    if siege.mode != "open":
        peer.meet()


def greeting(siege):
    return raw.greeting(b"NULL" if siege.mode == "open" else b"CURVE")


def still_open(peer):
    """Nothing comes, and not the end either."""
    peer.socket.settimeout(0.2)
    try:
        return peer.socket.recv(1) != b""
    except socket.timeout:
        return True
    except OSError:
        return False


def settled(siege):
    """libzmq's own listener, through its handshake. And what tells of its
    end."""
    sub = siege.t.context.socket(zmq.SUB)
    sub.LINGER = 0
    for name, value in siege.options("quiet").items():
        setattr(sub, name, value)
    events = sub.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED |
                                    zmq.EVENT_DISCONNECTED)
    sub.connect(siege.broker.pub)
    check(events.poll(8000), "it gets in")
    same(recv_monitor_message(events)["event"], zmq.EVENT_HANDSHAKE_SUCCEEDED)
    return sub, events


@deadline(60)
@modes("open", "claim", "keys")
def test_listeners(t):
    """Those who are cut came after those who stay."""
    people = {"mallory": "member", "quiet": "member"}
    with besieged(t, people=people) as siege:
        through = siege.ready(b"SUB")
        sub, events = settled(siege)
        late = []
        for stop in (nothing, half_a_greeting, a_greeting, half_a_ready, met):
            late.append(siege.peer(b"SUB"))
            stop(siege, late[-1])
        for peer in late:
            peer.socket.settimeout(CUT)
            check(peer.closed(), "who is not through is cut")
        check(still_open(through), "who has nothing to listen to stays")
        check(not events.poll(0), "libzmq's own, too")
        sub.disable_monitor()
        sub.close()
