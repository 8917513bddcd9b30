# SPDX-License-Identifier: MPL-2.0
"""Keys that are wrong, not listed, or listed no more: on both sockets, before
and while one is connected.

Seen to fail: with the gate admitting everybody (access=keys); with sink.review
doing nothing; with the ROUTER's connections reviewed and not the listeners'.
"""
import curve
import raw
from attack import besieged, modes, say_hello
from fixture import deadline
from wire import check, pack, same, unpack, wait_until

BROKER = False
PEOPLE = {"ann": "admin", "bob": "member", "eve": "member",
          "moe": "moderator"}
KINDS = (b"DEALER", b"SUB")


def enters(siege, who, kind):
    peer = siege.peer(kind, who)
    answer = peer.handshake(kind)
    return curve.is_ready(answer), answer


@modes("keys")
def test_not_listed(t):
    """Status 400, which a client takes for `denied`, on both sockets."""
    with besieged(t, people=PEOPLE) as siege:
        for kind in KINDS:
            good, answer = enters(siege, "stranger", kind)
            check(not good and curve.is_error(answer) and b"400" in answer,
                  f"{kind}: {answer}")
            check(enters(siege, "bob", kind)[0], f"{kind}: listed")


@modes("claim")
def test_everybody_has_a_key(t):
    with besieged(t) as siege:
        for kind in KINDS:
            check(enters(siege, "stranger", kind)[0], f"{kind}")


@modes("keys")
def test_the_id_of_another(t):
    """A listed key is good for its own id."""
    with besieged(t, people=PEOPLE) as siege:
        for who in ("ann", "bob", "nobody", "Eve", "eve2"):
            peer = siege.ready(who="eve")
            same(say_hello(peer, who).get("code"), "denied", who)
        same(say_hello(siege.ready(who="eve"), "eve")["op"], "welcome")


def connect_all(siege, who):
    """Both sockets, as a raw peer."""
    asker, listener = siege.ready(who=who), siege.ready(b"SUB", who)
    listener.send(listener.sealed(b"\1lobby "))
    return asker, listener


def all_cut(siege, peers, who, what):
    """Of one that has said nothing yet the broker may not know the key; then
    it is what he says that gets him nowhere."""
    asker, listener = peers
    check(listener.closed(), f"{what}: the listener was not cut")
    answer = say_hello(asker, who)
    check(answer["op"] in ("nothing", "error"), f"{what}: {answer}")
    siege.client("bob", inbox=False).ping()


@deadline(60)
@modes("keys")
def test_removed_while_connected(t):
    """`bye kicked`, and both connections are cut, also one that has said no
    hello and one that only listens."""
    with besieged(t, people=PEOPLE) as siege:
        mute, ears = connect_all(siege, "eve")
        bob = siege.client("bob")
        eve = siege.client("eve")
        siege.remove("eve")
        eve.expect("bye", why="kicked")
        all_cut(siege, (mute, ears), "eve", "removed")
        bob.ping()
        for kind in KINDS:
            check(not enters(siege, "eve", kind)[0], f"{kind}: back again")
        siege.roles["eve"] = "member"
        siege.write_users()
        wait_until(lambda: enters(siege, "eve", b"DEALER")[0], "listed again")


@deadline(60)
@modes("keys")
def test_another_key_for_the_id(t):
    """The old one is out."""
    with besieged(t, people=PEOPLE) as siege:
        eve = siege.client("eve")
        old = siege.keys["eve"]
        siege.add("eve")
        eve.expect("bye", why="kicked")
        siege.keys["old"] = old
        check(not enters(siege, "old", b"DEALER")[0], "the old key")
        wait_until(lambda: enters(siege, "eve", b"DEALER")[0], "the new key")


@deadline(60)
@modes("claim", "keys")
def test_banned_while_connected(t):
    """By id, by key: sessions end and connections are shut, and stay out. A
    banned id is told so when it says hello, and does not hear what is
    published."""
    for what in ("id", "key"):
        with besieged(t, people=PEOPLE) as siege:
            moe, bob = siege.client("moe"), siege.client("bob")
            eve = siege.client("eve")
            peers = connect_all(siege, "eve")
            moe.done("ban", text="go away", **{
                "id": {"id": "eve"}, "key": {"key": siege.keys["eve"].z85}
            }[what])
            eve.expect("bye", why="kicked", text="go away")
            if what == "key":
                all_cut(siege, peers, "eve", what)
                for kind in KINDS:
                    check(not enters(siege, "eve", kind)[0], f"{kind}: again")
            else:
                same(say_hello(peers[0], "eve").get("code"), "denied")
                if siege.mode == "keys":
                    check(peers[1].closed(), "the listener was not cut")
                    check(connect_all(siege, "eve")[1].closed(), "again")
            bob.ping()
            moe.ping()


@deadline(60)
@modes("claim", "keys")
def test_nobody_shuts_out_those_above(t):
    """A moderator's ban of an admin's id, key, address or network; nor does
    anybody shut out himself."""
    with besieged(t, people=PEOPLE) as siege:
        ann, moe = siege.client("ann"), siege.dealer("moe", "127.0.0.5")
        moe.hello("moe")
        moe.refused("ban", "denied", key=siege.keys["ann"].z85)
        moe.refused("ban", "denied", id="ann")
        for own in ("127.0.0.5", "127.0.0.0/8", "0.0.0.0/0"):
            moe.refused("ban", "denied", address=own)
        for address in ("127.0.0.1", "127.0.0.0/30"):
            moe.ask("ban", address=address)
            ann.ping()


@modes("claim", "keys")
def test_a_role_is_taken_away_at_once(t):
    with besieged(t, people=PEOPLE) as siege:
        moe, ann = siege.client("moe"), siege.client("ann")
        siege.client("bob")
        same(moe.welcome.get("role"), "moderator")
        moe.done("mute", id="bob")
        siege.roles["moe"] = "member"
        siege.write_users()
        ann.done("reload")
        moe.refused("mute", "denied", id="bob", **{"for": 0})


@modes("keys")
def test_null_at_a_curve_endpoint(t):
    """Nothing is served without the handshake."""
    with besieged(t, people=PEOPLE) as siege:
        for kind, endpoint in zip(KINDS, (siege.broker.bind,
                                          siege.broker.pub)):
            peer = raw.Raw(endpoint)
            peer.send(raw.greeting() + raw.ready(kind) + raw.frame(
                pack([{"op": "hello", "v": 1, "id": "eve"}])))
            check(peer.closed(), f"{kind} is open")
