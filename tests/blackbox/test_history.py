# SPDX-License-Identifier: MPL-2.0
"""history: after, before, newest, since, limit, more, upto, complete."""
import time

from wire import ANY, check, same


def fill(client, room, count):
    client.send(*[{"op": "say", "room": room, "text": str(n), "ref": n}
                  for n in range(count)])
    return [client.expect("ok", ref=n)["seq"] for n in range(count)]


def ask(client, **fields):
    return client.done("history", "history", **fields)


def seqs_of(page):
    return [m["seq"] for m in page["messages"]]


def test_shape_of_a_page(t):
    c = t.client("ann")
    room = t.name("lobby")
    seqs = fill(c, room, 3)
    page = ask(c, room=room)
    same(page["room"], room)
    same((page["first"], page["head"], page["upto"]),
         (seqs[0], seqs[2], seqs[2]))
    same((page["more"], page["complete"]), (False, True))
    check("with" not in page and "acked" not in page, "no with")
    for m in page["messages"]:
        same((m["op"], m["room"], m["from"]), ("say", room, c.id))
        check(m["time"] > 0 and "prev" in m, "whole messages")
    same([m["prev"] for m in page["messages"]][1:], seqs[:2])


def test_after(t):
    c = t.client("ann")
    room = t.name("lobby")
    seqs = fill(c, room, 10)
    page = ask(c, room=room, after=seqs[3])
    same(seqs_of(page), seqs[4:])
    same((page["upto"], page["more"], page["complete"]),
         (seqs[-1], False, True))
    page = ask(c, room=room, after=seqs[3], limit=2)
    same(seqs_of(page), seqs[4:6])
    same((page["upto"], page["more"]), (seqs[5], True))
    same(seqs_of(ask(c, room=room, after=seqs[3] - 1))[0], seqs[3])
    page = ask(c, room=room, after=0)
    same(seqs_of(page), seqs)


def test_after_the_head(t):
    c = t.client("ann")
    room = t.name("lobby")
    head = fill(c, room, 3)[-1]
    for after in (head, head + 1, 2**53 - 1):
        page = ask(c, room=room, after=after)
        same((page["messages"], page["upto"], page["head"], page["more"]),
             ([], head, head, False))


def test_before(t):
    c = t.client("ann")
    room = t.name("lobby")
    seqs = fill(c, room, 10)
    page = ask(c, room=room, before=seqs[6], limit=3)
    same(seqs_of(page), seqs[3:6])
    same((page["upto"], page["more"]), (seqs[5], True))
    page = ask(c, room=room, before=seqs[3])
    same((seqs_of(page), page["more"], page["upto"]),
         (seqs[:3], False, seqs[2]))
    page = ask(c, room=room, before=seqs[0])
    same((page["messages"], page["more"]), ([], False))
    same(seqs_of(ask(c, room=room, before=2**53 - 1)), seqs)
    same(seqs_of(ask(c, room=room, before=0)), [])


def test_newest(t):
    c = t.client("ann")
    room = t.name("lobby")
    seqs = fill(c, room, 150)
    page = ask(c, room=room)
    same(seqs_of(page), seqs[50:], "100 is the default")
    same((page["more"], page["upto"]), (True, seqs[-1]))
    page = ask(c, room=room, limit=7)
    same((seqs_of(page), page["more"]), (seqs[-7:], True))
    page = ask(c, room=room, limit=500)
    same((seqs_of(page), page["more"]), (seqs, False))


def test_limit_is_moved_into_its_range(t):
    c = t.client("ann")
    room = t.name("lobby")
    for _ in range(3):
        fill(c, room, 200)
    same(len(ask(c, room=room, limit=100000)["messages"]), 500)
    check(len(ask(c, room=room, limit=0)["messages"]) <= 1, "limit 0")


def test_since(t):
    c = t.client("ann")
    room = t.name("lobby")
    old = c.say(room, "old")
    while c.ping()["time"] <= old["time"] + 5:
        time.sleep(0.002)
    new = c.say(room, "new")
    page = ask(c, room=room, since=new["time"])
    same((seqs_of(page), page["more"], page["upto"]),
         ([new["seq"]], False, new["seq"]))
    same(seqs_of(ask(c, room=room, since=0)), [old["seq"], new["seq"]])
    same(seqs_of(ask(c, room=room, since=old["time"])),
         [old["seq"], new["seq"]])
    page = ask(c, room=room, since=0, limit=1)
    same((seqs_of(page), page["more"], page["upto"]),
         ([old["seq"]], True, old["seq"]))
    page = ask(c, room=room, since=new["time"] + 3600000)
    same((page["messages"], page["more"], page["upto"]),
         ([], False, new["seq"]))


def test_two_bounds(t):
    c = t.client("ann")
    room = t.name("lobby")
    fill(c, room, 1)
    for fields in ({"after": 1, "before": 2}, {"after": 1, "since": 1},
                   {"before": 1, "since": 1}):
        c.refused("history", "bad-message", room=room, **fields)
    c.refused("history", "bad-message", room=room, **{"with": c.id})
    ask(c, room=room, after=1, before=None)


def test_pages_join_without_a_gap(t):
    c = t.client("ann")
    room, other = t.name("lobby"), t.name("other")
    seqs = []
    for number in range(60):
        seqs.append(c.say(room, str(number))["seq"])
        c.say(other, "noise")
    got, after = [], 0
    while True:
        page = ask(c, room=room, after=after, limit=7)
        got += seqs_of(page)
        after = page["upto"]
        if not page["more"]:
            break
    same(got, seqs)
    same(after, seqs[-1])
    got, before = [], 2**53 - 1
    while True:
        page = ask(c, room=room, before=before, limit=7)
        got[:0] = seqs_of(page)
        if not page["more"]:
            break
        before = page["messages"][0]["seq"]
    same(got, seqs)


def test_page_is_cut_to_fit_a_frame(t):
    c = t.client("ann")
    room = t.name("lobby")
    seqs = [c.say(room, "x" * 16000)["seq"] for _ in range(10)]
    got, after, pages = [], 0, 0
    while True:
        page = ask(c, room=room, after=after)
        check(page["messages"], "a page has at least one message")
        got += seqs_of(page)
        after, pages = page["upto"], pages + 1
        if not page["more"]:
            break
    same(got, seqs)
    check(pages >= 3, f"{pages} pages")
    page = ask(c, room=room)
    same((page["more"], seqs_of(page)[-1]), (True, seqs[-1]))
    same(seqs_of(page), seqs[-len(seqs_of(page)):])


def test_it_reflects_what_was_acknowledged(t):
    a, b = t.client("ann"), t.client("bob")
    room = t.name("lobby")
    for number in range(30):
        seq = a.say(room, str(number))["seq"]
        same(ask(b, room=room, limit=1)["head"], seq)


def test_say_and_history_in_one_frame(t):
    """The ok may come first or last, but if it comes first the history has
    the message."""
    c = t.client("ann")
    room = t.name("lobby")
    c.say(room, "zero")
    c.send({"op": "say", "room": room, "text": "one", "ref": 1},
           {"op": "history", "room": room, "ref": 2})
    order = [c.next()["ref"] for _ in range(2)]
    same(set(order), {1, 2})


def test_history_of_an_empty_room(t):
    c = t.client("ann")
    room = t.name("lobby")
    head = c.join(room)["head"]
    for fields in ({}, {"after": 0}, {"before": 5}, {"since": 0}):
        page = ask(c, room=room, **fields)
        same((page["messages"], page["first"], page["head"], page["more"]),
             ([], 0, head, False))


def test_history_needs_no_membership(t):
    a, b = t.client("ann"), t.client("bob")
    room = t.name("lobby")
    seq = a.say(room, "x")["seq"]
    same(seqs_of(ask(b, room=room)), [seq])


def test_empty_mailbox(t):
    c = t.client("ann")
    page = ask(c)
    same((page["messages"], page["head"], page["first"], page["more"],
          page["complete"]), ([], 0, 0, False, True))
    c.send({"op": "history", "ref": 1})
    c.expect("history", ref=1, upto=ANY)


def test_without_ref(t):
    c = t.client("ann")
    c.send({"op": "history"})
    c.next("history", ref=None)
