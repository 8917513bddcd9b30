# SPDX-License-Identifier: MPL-2.0
"""Who says that he is somebody else, or brings what was given to another:
User-Id in the metadata, old and foreign resume tokens.

Seen to fail: with `resume` compared by its first byte; with a token that is
enough where keys count. That a User-Id which a peer claims does not count beside
the gate's, also an empty one, is libzmq's doing; here it is watched.
"""
import curve
import raw
from attack import besieged, modes, say_hello
from wire import check, pack, same, unpack

BROKER = False
PEOPLE = {"ann": "admin", "bob": "member", "mallory": "member"}


def pretends(siege):
    """READY that claims ann's key, in all spellings."""
    key = siege.keys["ann"].z85.encode()
    for name in ("User-Id", "user-id", "USER-ID", "User-id"):
        peer = siege.peer()
        peer.handshake(b"DEALER", key, **{name: key})
        yield peer
    # Twice: the last, or the first, could win.
    peer = siege.peer()
    claim = curve.properties(Socket_Type=b"DEALER", User_Id=key)
    if siege.mode == "open":
        peer.send(raw.greeting())
        peer.receive(64)
        peer.send(raw.command(b"READY", claim + claim))
        peer.read_frame()
    else:
        peer.meet()
        peer.enter(claim + claim)
    yield peer


@modes("claim", "keys")
def test_user_id_in_the_metadata(t):
    """What the handshake has proven counts, and nothing else."""
    with besieged(t, people=PEOPLE) as siege:
        siege.client("ann")
        for peer in pretends(siege):
            same(say_hello(peer, "ann").get("code"), "denied", "as ann")
            answer = say_hello(peer, "mallory", inbox=False)
            same(answer["op"], "welcome", "as himself")
            check(answer.get("role", "member") == "member", f"{answer}")
            peer.close()


PLAIN = '''plain
    bind = "ipc://HERE/ask"
    pub = "ipc://HERE/listen"
'''


@modes("claim", "keys")
def test_user_id_on_a_plain_endpoint(t):
    """There nobody has a key, whatever he says."""
    with besieged(t, people=PEOPLE, settings=PLAIN) as siege:
        siege.client("ann")
        for claim in (siege.keys["ann"].z85.encode(), b"ann", b"admin"):
            for who in ("ann", "mallory", "somebody"):
                peer = raw.Raw(siege.plain())
                peer.handshake(b"DEALER", b"", **{"User-Id": claim})
                for more in ({}, {"inbox": False}, {"password": ""},
                             {"password": "x"}):
                    answer = say_hello(peer, who, **more)
                    check(answer.get("code") in ("denied", "rate"),
                          f"{who} {claim} {more}: {answer}")
                peer.close()


@modes("open", "claim", "keys")
def test_tokens_of_others(t):
    """Of another id, of a session that has ended, and those that are no
    token."""
    with besieged(t, people=PEOPLE) as siege:
        ann, bob = siege.client("ann"), siege.client("bob")
        token = ann.welcome["resume"]
        ended = siege.client("mallory")
        ended.done("bye")
        siege.client("mallory")
        wrong = [bob.welcome["resume"], ended.welcome["resume"], "",
                 token[:-2], token + "00", token.upper() + " ", "00" * 16,
                 token[:2] + "0" * (len(token) - 2), "x" * 64]
        peer = siege.ready(who="mallory")
        for resume in wrong:
            for more in ({}, {"inbox": False}):
                code = say_hello(peer, "ann", resume=resume, **more).get("code")
                check(code in ("in-use", "denied"), f"{resume}: {code}")
        ann.silent()


@modes("claim", "keys")
def test_the_token_alone_is_not_enough(t):
    """Who has stolen it, and not the key, gets nowhere."""
    with besieged(t, people=PEOPLE) as siege:
        ann = siege.client("ann")
        peer = siege.ready(who="mallory")
        for more in ({}, {"inbox": False}):
            same(say_hello(peer, "ann", resume=ann.welcome["resume"],
                           **more).get("code"), "denied")
        ann.silent()


@modes("claim")
def test_claims_are_kept(t):
    """The first key owns the id, its owner present or not, and after a
    restart, too. Ids that look the same are denied."""
    with besieged(t) as siege:
        siege.client("ann").done("bye")
        mallory = siege.ready(who="mallory")
        for who in ("ann", "Ann", "ANN", "\uff41nn"):
            same(say_hello(mallory, who).get("code"), "denied", who)
        mallory.close()
        siege.restart()
        for who in ("ann", "Ann", "\uff41nn"):
            mallory = siege.ready(who="mallory")
            same(say_hello(mallory, who).get("code"), "denied", who)
            mallory.close()
        siege.client("ann")
