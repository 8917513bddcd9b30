# SPDX-License-Identifier: MPL-2.0
"""What the memory log no longer has: first, complete, forgotten rooms."""
from wire import check, same

LOG = "memory:1M"


def fill(client, room, count, size=4000):
    """Says so much; gives all seqs."""
    seqs = []
    for start in range(0, count, 15):
        numbers = range(start, min(start + 15, count))
        client.send(*[{"op": "say", "room": room, "text": "x" * size,
                       "ref": n} for n in numbers])
        seqs += [client.expect("ok", ref=n)["seq"] for n in numbers]
    return seqs


def test_the_oldest_go_first(t):
    t.fresh(log=LOG)
    c = t.client("ann")
    c.join("room")
    seqs = fill(c, "room", 600)
    page = c.done("history", "history", room="room", after=0, limit=3)
    first = page["first"]
    check(first in seqs and first > seqs[0], "the oldest are gone")
    same((page["complete"], page["more"]), (False, True))
    same([m["seq"] for m in page["messages"]],
         seqs[seqs.index(first):][:3])
    same(page["messages"][0]["prev"], seqs[seqs.index(first) - 1])
    same(c.join("room")["first"], first)


def test_complete_from_the_first_on(t):
    t.fresh(log=LOG)
    c = t.client("ann")
    seqs = fill(c, "room", 600)
    first = c.done("history", "history", room="room")["first"]
    before = seqs[seqs.index(first) - 1]
    for after, complete in ((first, True), (before, True),
                            (before - 1, False), (seqs[0], False)):
        page = c.done("history", "history", room="room", after=after, limit=1)
        same(page["complete"], complete, f"complete after {after}")


def test_a_page_back_to_the_end(t):
    t.fresh(log=LOG)
    c = t.client("ann")
    fill(c, "room", 600)
    before, got = 2**53 - 1, []
    while True:
        page = c.done("history", "history", room="room", before=before)
        got[:0] = [m["seq"] for m in page["messages"]]
        if not page["more"]:
            break
        before = got[0]
    same(got[0], page["first"])


def test_a_room_whose_messages_are_all_gone(t):
    t.fresh(log=LOG)
    c = t.client("ann")
    c.join("quiet")
    head = c.say("quiet", "soon gone")["seq"]
    fill(c, "busy", 600)
    page = c.done("history", "history", room="quiet", after=0)
    same((page["messages"], page["first"], page["head"], page["upto"],
          page["more"], page["complete"]), ([], 0, head, head, False, False))
    c.join("quiet", direct=True)
    c.say("quiet", "new")
    c.expect("say", text="new", prev=head)
    page = c.done("history", "history", room="quiet", after=head)
    same((len(page["messages"]), page["complete"]), (1, True))


def test_a_forgotten_room_goes_on_behind_its_head(t):
    """Nobody is in it and nothing of it is left: `prev` of its next message
    is no lower than the head that a reader may remember."""
    t.fresh(log=LOG)
    c = t.client("ann")
    head = c.say("forgotten", "x")["seq"]
    fill(c, "busy", 600)
    c.refused("who", "no-room", room="forgotten")
    joined = c.join("forgotten", direct=True)
    check(joined["head"] >= head, "head of the room made anew")
    seq = c.say("forgotten", "new")["seq"]
    c.expect("say", seq=seq, prev=joined["head"])


def test_mail_that_is_gone(t):
    t.fresh(log=LOG)
    ann, bob = t.client("ann"), t.client("bob")
    bob.done("bye")
    for number in range(3):
        ann.tell(bob.id, str(number))
    fill(ann, "busy", 600)
    bob.hello(bob.id)
    page = bob.done("history", "history", after=0)
    same((page["messages"], page["complete"]), ([], False))
    seq = ann.tell(bob.id, "new")["seq"]
    bob.expect("tell", seq=seq, text="new")
    bob.tell_broker("ack", seq=seq)
    bob.silent()


def test_repeats_are_known_longer_than_messages(t):
    t.fresh(log=LOG)
    c = t.client("ann", lane="l1")
    c.say("room", "once", n=1)
    fill(c, "busy", 600)
    same(c.say("room", "once", n=1).get("again"), True)


def test_rv_does_not_go_back_when_a_room_is_made_anew(t):
    c = t.client("ann")
    room = t.name("room")
    highest = 0
    for _ in range(5):
        rv = c.join(room)["rv"]
        check(rv > highest, f"rv {rv} after {highest}")
        c.done("leave", room=room)
        highest = rv + 1
