# SPDX-License-Identifier: MPL-2.0
"""Direct messages: mail, ack, flight, receipts."""
from wire import ANY, check, same, wait_until

FLIGHT = 128


def fill(sender, to, count):
    """Sends mail "0", "1", ...; gives the seqs."""
    seqs = []
    for start in range(0, count, 100):
        numbers = range(start, min(start + 100, count))
        sender.send(*[{"op": "tell", "to": to, "text": str(n), "ref": n}
                      for n in numbers])
        seqs += [sender.expect("ok", ref=n)["seq"] for n in numbers]
    return seqs


def take(client, count, start=0):
    """The next mails, which carry their numbers."""
    mails = [client.expect("tell") for _ in range(count)]
    same([m["text"] for m in mails],
         [str(n) for n in range(start, start + count)])
    return mails


def resume(t, old):
    new = t.dealer()
    new.hello(old.id, resume=old.welcome["resume"])
    return new


def test_every_field_arrives(t):
    ann, bob = t.client("ann"), t.client("bob")
    ok = ann.tell(bob.id, "psst", data=[1], kind="action", re=9)
    same(ok["online"], True)
    same(bob.expect("tell"),
         {"op": "tell", "to": bob.id, "seq": ok["seq"], "prev": 0,
          "from": ann.id, "time": ok["time"], "text": "psst", "data": [1],
          "kind": "action", "re": 9})
    ann.silent()
    second = ann.tell(bob.id, "more")
    bob.expect("tell", seq=second["seq"], prev=ok["seq"])


def test_to_oneself(t):
    c = t.client("ann")
    same(c.tell(c.id, "note")["online"], True)
    c.expect("tell", **{"from": c.id, "to": c.id, "text": "note"})


def test_to_nobody_known(t):
    c = t.client("ann")
    c.refused("tell", "no-client", to=t.name("never"), text="x")
    c.refused("tell", "no-client", to=t.name("never"), text="x", keep=False)
    c.refused("tell", "bad-message", text="x")
    c.refused("tell", "bad-message", to=c.id)


def test_kept_for_the_one_who_is_away(t):
    ann, bob = t.client("ann"), t.client("bob")
    bob.done("bye")
    ok = ann.tell(bob.id, "later")
    same(ok["online"], False)
    ann.refused("tell", "offline", to=bob.id, text="now", keep=False)
    bob.hello(bob.id)
    bob.expect("tell", text="later", seq=ok["seq"])
    bob.silent()


def test_online_means_a_living_connection(t):
    ann, bob = t.client("ann"), t.client("bob")
    bob.close()
    t.inlets.remove(bob)
    wait_until(lambda: not ann.tell(bob.id, "x")["online"], "bob is away", 3)


def test_keep_false(t):
    ann, bob = t.client("ann"), t.client("bob")
    ok = ann.tell(bob.id, "fleeting", keep=False)
    check("seq" not in ok, f"ok is {ok}")
    bob.expect("tell", text="fleeting", seq=None, prev=None, time=ANY)
    same(bob.done("history", "history")["messages"], [])
    same(bob.ping()["mail"], 0)


def test_ack_and_redelivery(t):
    ann, bob = t.client("ann"), t.client("bob")
    seqs = fill(ann, bob.id, 5)
    take(bob, 5)
    bob.tell_broker("ack", seq=seqs[1])
    bob.ping()
    new = resume(t, bob)
    same(new.welcome["acked"], seqs[1])
    mails = take(new, 3, 2)
    same([m["seq"] for m in mails], seqs[2:])
    same(mails[0]["prev"], seqs[1])
    new.silent()
    new.tell_broker("ack", seq=seqs[4])
    new.ping()
    newer = resume(t, new)
    same(newer.welcome["acked"], seqs[4])
    newer.silent()


def test_ack_has_no_answer(t):
    ann, bob = t.client("ann"), t.client("bob")
    seq = ann.tell(bob.id, "x")["seq"]
    bob.expect("tell")
    bob.send({"op": "ack", "seq": seq, "ref": "quiet"})
    bob.silent()


def test_ack_above_what_was_sent(t):
    ann, bob = t.client("ann"), t.client("bob")
    seq = ann.tell(bob.id, "x")["seq"]
    bob.expect("tell")
    bob.refused("ack", "bad-state", seq=seq + 1)
    bob.refused("ack", "bad-state", seq=2**53 - 1)
    bob.tell_broker("ack", seq=seq)
    bob.silent()


def test_ack_never_goes_back(t):
    ann, bob = t.client("ann"), t.client("bob")
    seqs = fill(ann, bob.id, 3)
    take(bob, 3)
    bob.tell_broker("ack", seq=seqs[2])
    bob.tell_broker("ack", seq=seqs[0])
    bob.tell_broker("ack", seq=0)
    bob.silent()
    same(resume(t, bob).welcome["acked"], seqs[2])


def test_flight_and_full_once(t):
    ann, bob = t.client("ann"), t.client("bob")
    seqs = fill(ann, bob.id, FLIGHT + 72)
    take(bob, FLIGHT)
    bob.expect("error", code="full", ref=None)
    bob.silent()
    ann.tell(bob.id, "200")
    bob.silent()  # full is said once
    bob.tell_broker("ack", seq=seqs[49])
    take(bob, 50, FLIGHT)
    bob.ping()
    full = [m for m in bob.drain() if m["op"] != "pong"]
    check(len(full) <= 1 and all(m.get("code") == "full" for m in full),
          f"at most one more full: {full}")
    bob.tell_broker("ack", seq=seqs[177])
    take(bob, 201 - 178, 178)
    bob.silent()


def test_full_mailbox_begins_again_after_hello(t):
    ann, bob = t.client("ann"), t.client("bob")
    seqs = fill(ann, bob.id, FLIGHT + 10)
    take(bob, FLIGHT)
    bob.expect("error", code="full")
    new = resume(t, bob)
    take(new, FLIGHT)
    new.expect("error", code="full")
    new.tell_broker("ack", seq=seqs[FLIGHT - 1])
    take(new, 10, FLIGHT)


def test_ack_counts_what_history_showed(t):
    ann, bob = t.client("ann"), t.client("bob")
    bob.done("bye")
    seqs = fill(ann, bob.id, 3)
    bob.hello(bob.id)
    take(bob, 3)
    page = bob.done("history", "history")
    same([m["seq"] for m in page["messages"]], seqs)
    bob.tell_broker("ack", seq=seqs[2])
    bob.silent()


def test_receipt(t):
    ann, bob = t.client("ann"), t.client("bob")
    one = ann.tell(bob.id, "one", receipt=True)["seq"]
    two = ann.tell(bob.id, "two", receipt=1)["seq"]
    mail = bob.expect("tell", text="two")
    check("receipt" not in mail, "the receiver is not asked")
    ann.silent()
    bob.tell_broker("ack", seq=two)
    last = ann.expect("receipt", to=bob.id)["seq"]
    if last == one:  # cumulative: one is enough, two are allowed
        last = ann.expect("receipt", to=bob.id)["seq"]
    same(last, two)
    ann.silent()


def test_no_receipt_unless_asked_for(t):
    ann, bob = t.client("ann"), t.client("bob")
    seq = ann.tell(bob.id, "x")["seq"]
    bob.expect("tell")
    bob.tell_broker("ack", seq=seq)
    bob.ping()
    ann.silent()


def test_receipt_goes_to_the_inbox_session(t):
    inbox, bob = t.client("ann"), t.client("bob")
    script = t.dealer()
    script.hello(inbox.id, inbox=False, resume=inbox.welcome["resume"])
    seq = script.tell(bob.id, "x", receipt=True)["seq"]
    bob.expect("tell", **{"from": inbox.id})
    bob.tell_broker("ack", seq=seq)
    inbox.expect("receipt", to=bob.id, seq=seq)
    script.silent()


def test_from_many_in_one_order(t):
    bob = t.client("bob")
    senders = [t.client(f"s{n}") for n in range(4)]
    for number in range(30):
        senders[number % 4].tell_broker("tell", to=bob.id, text="x")
    mails = [bob.expect("tell") for _ in range(30)]
    seqs = [m["seq"] for m in mails]
    same(seqs, sorted(set(seqs)))
    same([m["prev"] for m in mails], [0] + seqs[:-1])


def test_history_of_a_conversation(t):
    ann, bob, eve = t.client("ann"), t.client("bob"), t.client("eve")
    one = ann.tell(bob.id, "1")["seq"]
    eve.tell(bob.id, "not theirs")
    two = bob.tell(ann.id, "2")["seq"]
    three = ann.tell(bob.id, "3")["seq"]
    bob.expect("tell", text="1")
    bob.tell_broker("ack", seq=one)
    bob.ping()
    for client, other, acked in ((ann, bob, one), (bob, ann, 0)):
        page = client.done("history", "history", **{"with": other.id})
        same([m["seq"] for m in page["messages"]], [one, two, three])
        same((page["with"], page["first"], page["head"], page["upto"]),
             (other.id, one, three, three))
        same((page["more"], page["complete"], page["acked"]),
             (False, True, acked))
    page = ann.done("history", "history", after=one, **{"with": bob.id})
    same([m["text"] for m in page["messages"]], ["2", "3"])
    page = ann.done("history", "history", before=three, limit=1,
                    **{"with": bob.id})
    same(([m["text"] for m in page["messages"]], page["more"]), (["2"], True))


def test_history_with_an_unknown_id(t):
    c = t.client("ann")
    c.refused("history", "no-client", **{"with": t.name("never")})


def test_mailbox_history_is_my_own(t):
    ann, bob = t.client("ann"), t.client("bob")
    seqs = fill(ann, bob.id, 4)
    bob.tell(ann.id, "back")
    page = bob.done("history", "history", after=seqs[0])
    same([m["seq"] for m in page["messages"]], seqs[1:])
    check("room" not in page and "with" not in page, "neither room nor with")
    check("acked" not in page, "acked only with `with`")


def test_acked_mail_stays_in_the_history(t):
    ann, bob = t.client("ann"), t.client("bob")
    seq = ann.tell(bob.id, "x")["seq"]
    bob.expect("tell")
    bob.tell_broker("ack", seq=seq)
    bob.ping()
    page = bob.done("history", "history")
    same([m["seq"] for m in page["messages"]], [seq])
