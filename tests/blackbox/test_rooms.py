# SPDX-License-Identifier: MPL-2.0
"""Rooms: join, leave, topics, rosters, ticks, who, rooms, pong."""
import time

from wire import ANY, check, same


def text_of(messages):
    return [m.get("text") for m in messages if m["op"] == "say"]


def drop_own_enter(client):
    """A joiner's own enter comes before, after, or (direct) not at all."""
    client.ping()
    came = client.drain()
    check(all(m["op"] == "enter" and m["id"] == client.id for m in came),
          f"only the own enter may come: {came}")


def test_joined_has_every_field(t):
    c = t.client("ann")
    room = t.name("lobby")
    j = c.join(room)
    same(j["room"], room)
    same(j["topic"], room + " ")
    same(j["direct"], False)
    same(j["first"], 0, "first of a room without messages")
    same(j["count"], 1)
    same(j["members"], [c.id])
    check(j["head"] >= 0 and j["rv"] >= 0, "head and rv")


def test_joined_knows_what_was_said(t):
    c = t.client("ann")
    room = t.name("lobby")
    first = c.say(room, "one")["seq"]
    last = c.say(room, "two")["seq"]
    j = c.join(room)
    same((j["first"], j["head"]), (first, last))


def test_prefix_rooms(t):
    ann, bob = t.client("ann"), t.client("bob")
    dev, devops = t.name("dev"), t.name("dev") + "ops"
    ann.join(dev)
    bob.join(devops)
    sub = t.listener(ann, dev)
    bob.say(devops, "deploy")
    same(sub.settle(ann, dev), [], "dev hears devops")


def test_everybody_hears_in_one_order_and_oneself(t):
    ann, bob = t.client("ann"), t.client("bob")
    room = t.name("lobby")
    ann.join(room)
    bob.join(room)
    sub1, sub2 = t.listener(ann, room), t.listener(bob, room)
    for number in range(20):
        (ann, bob)[number % 2].tell_broker("say", room=room,
                                           text=str(number))
    ann.ping()
    bob.ping()
    one = [m for m in sub1.settle(ann, room) if m["op"] == "say"]
    two = [m for m in sub2.settle(ann, room) if m["op"] == "say"][:len(one)]
    same(one, two)
    same(sorted(text_of(one), key=int), [str(n) for n in range(20)])
    same({m["from"] for m in one}, {ann.id, bob.id})


def test_seq_grows_and_prev_names_the_one_before(t):
    c = t.client("ann")
    room, other = t.name("lobby"), t.name("other")
    head = c.join(room)["head"]
    sub = t.listener(c, room)
    for number in range(10):
        c.say(other, "elsewhere")
        seq = c.say(room, str(number))["seq"]
        m = sub.expect("say", text=str(number))
        same((m["seq"], m["prev"]), (seq, head))
        check(seq > head, "seq grows")
        head = seq


def test_join_again_changes_nothing(t):
    ann, bob = t.client("ann"), t.client("bob")
    room = t.name("lobby")
    bob.join(room)
    sub = t.listener(bob, room)
    first = ann.join(room)
    again = ann.join(room)
    same((again["rv"], again["count"]), (first["rv"], first["count"]))
    came = sub.settle(bob, room)
    same([m["op"] for m in came], ["enter"])


def test_direct_room_comes_over_the_dealer(t):
    ann, bob = t.client("ann"), t.client("bob")
    room = t.name("lobby")
    j = ann.join(room, direct=True)
    same(j["direct"], True)
    drop_own_enter(ann)
    rv = bob.join(room)["rv"]
    same(ann.next("enter", id=bob.id, room=room)["rv"], rv)
    seq = bob.say(room, "hi")["seq"]
    ann.next("say", room=room, text="hi", seq=seq, prev=j["head"])
    bob.done("leave", room=room)
    ann.next("exit", room=room, id=bob.id, why="left", rv=rv + 1, count=1)
    ann.tell_broker("sync", room=room)
    ann.next("tick", room=room, head=seq, rv=rv + 1, count=1, time=ANY)


def test_own_enter_may_come_first_or_last_but_once(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.send({"op": "join", "room": room, "direct": True, "ref": 1})
    c.expect("joined", ref=1)
    c.ping()
    c.ping()
    came = [m for m in c.drain() if m["op"] == "enter"]
    check(len(came) <= 1, f"own enter came {len(came)} times")


def test_another_direct_switches(t):
    ann, bob = t.client("ann"), t.client("bob")
    room = t.name("lobby")
    rv = ann.join(room)["rv"]
    same(ann.join(room, direct=True)["rv"], rv, "rv when switching")
    ann.drain()
    bob.say(room, "one")
    ann.expect("say", text="one")
    same(ann.join(room, direct=False)["direct"], False)
    bob.say(room, "two")
    ann.silent()


def test_room_is_public_and_direct_at_once(t):
    ann, bob = t.client("ann"), t.client("bob")
    room = t.name("lobby")
    ann.join(room)
    bob.join(room, direct=True)
    sub = t.listener(ann, room)
    seq = ann.say(room, "both")["seq"]
    same(sub.expect("say", text="both")["seq"], seq)
    same(bob.expect("say", text="both")["seq"], seq)


def test_leave(t):
    ann, bob = t.client("ann"), t.client("bob")
    room = t.name("lobby")
    ann.done("leave", room=room)
    ann.join(room, direct=True)
    bob.join(room)
    ann.done("leave", room=room)
    ann.drain()
    bob.say(room, "gone?")
    ann.silent()
    same(bob.done("who", "who", room=room)["members"], [bob.id])
    ann.done("leave", room=room)
    ann.tell_broker("leave", room=room)
    ann.silent()


def test_leave_publishes_once(t):
    ann, bob = t.client("ann"), t.client("bob")
    room = t.name("lobby")
    bob.join(room)
    sub = t.listener(bob, room)
    rv = ann.join(room)["rv"]
    sub.expect("enter", id=ann.id, rv=rv, count=2, head=ANY)
    for _ in range(3):
        ann.done("leave", room=room)
    came = sub.settle(bob, room)
    same([(m["op"], m["rv"], m["count"], m.get("why")) for m in came],
         [("exit", rv + 1, 1, "left")])


def test_say_needs_no_membership(t):
    ann, bob = t.client("ann"), t.client("bob")
    room = t.name("lobby")
    ann.join(room)
    sub = t.listener(ann, room)
    bob.say(room, "from outside")
    sub.expect("say", text="from outside")
    same(ann.done("who", "who", room=room)["members"], [ann.id])
    same(len(bob.done("history", "history", room=room)["messages"]), 1)


def test_rv_counts_by_one(t):
    watcher = t.client("ann")
    room = t.name("lobby")
    rv = watcher.join(room, direct=True)["rv"]
    drop_own_enter(watcher)
    for number in range(5):
        c = t.client(f"guest{number}")
        same(c.join(room)["rv"], rv + 1)
        watcher.next("enter", id=c.id, rv=rv + 1, count=2)
        c.done("bye")
        watcher.next("exit", id=c.id, rv=rv + 2, count=1, why="left")
        rv += 2
    who = watcher.done("who", "who", room=room)
    same((who["rv"], who["count"], who["more"]), (rv, 1, False))


def test_sync_is_throttled_and_answered(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.join(room, direct=True)
    drop_own_enter(c)
    begin = time.monotonic()
    ticks = 0
    while time.monotonic() - begin < 0.5:
        c.tell_broker("sync", room=room)
        c.ping()
        ticks += len([m for m in c.drain() if m["op"] == "tick"])
    c.tell_broker("sync", room=room)
    c.expect("tick", room=room)
    passed = time.monotonic() - begin
    check(3 <= ticks <= passed / 0.05 + 2, f"{ticks} ticks in {passed} s")


def test_a_sync_in_between_is_served_by_the_next(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.join(room, direct=True)
    drop_own_enter(c)
    c.tell_broker("sync", room=room)
    c.expect("tick")
    c.tell_broker("sync", room=room)
    c.expect("tick", seconds=1)
    c.silent()


def test_sync_errors(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.refused("sync", "no-room", room=room)
    c.say(room, "now there is one")
    c.refused("sync", "bad-state", room=room)


def test_tick_on_the_topic(t):
    c = t.client("ann")
    room = t.name("lobby")
    j = c.join(room)
    sub = t.sub(room + " ")
    sub.attach(c, room)
    sub.expect("tick", head=j["head"], rv=j["rv"], count=1, time=ANY)


def test_who_of_everybody(t):
    names = [t.client(f"who{n}").id for n in (3, 1, 2)]
    c = t.client("ann")
    who = c.done("who", "who")
    check("room" not in who and "rv" not in who, "room or rv is there")
    check(set(names) <= set(who["members"]), "all are online")
    same(who["members"], sorted(who["members"], key=str.encode))
    same((who["count"], who["more"]), (len(who["members"]), False))


def test_who_pages_in_byte_order(t):
    room = t.name("lobby")
    names = []
    for stem in ("zoë", "ann", "Bob", "会议", "🦊", "ann2"):
        c = t.client(stem)
        c.join(room)
        names.append(c.id)
    names.sort(key=str.encode)
    got, after = [], None
    while True:
        page = c.done("who", "who", room=room, limit=2, after=after)
        same(page["count"], 6)
        check(len(page["members"]) <= 2, "limit")
        got += page["members"]
        if not page["more"]:
            break
        after = got[-1]
    same(got, names)
    same(c.done("who", "who", room=room, after="zzz")["members"],
         [n for n in names if n.encode() > b"zzz"])
    same(c.done("who", "who", room=room, limit=0)["more"], True)


def test_who_and_history_of_an_unknown_room(t):
    c = t.client("ann")
    room = t.name("never")
    c.refused("who", "no-room", room=room)
    c.refused("history", "no-room", room=room)


def test_rooms_pages_in_byte_order(t):
    c = t.client("ann")
    stem = t.name("list")
    names = sorted((stem + s for s in "-c -a -b -ü -🦊".split()),
                   key=str.encode)
    heads = {name: c.say(name, "x")["seq"] for name in names}
    c.join(names[0])
    got, after = [], stem
    while True:
        page = c.done("rooms", "rooms", after=after, limit=2)
        got += [r for r in page["rooms"] if r["room"].startswith(stem)]
        after = page["rooms"][-1]["room"] if page["rooms"] else after
        if not page["more"]:
            break
    same([r["room"] for r in got], names)
    same({r["room"]: r["head"] for r in got}, heads)
    same([r["count"] for r in got], [1, 0, 0, 0, 0])


def test_pong_lists_what_moved(t):
    ann, bob = t.client("ann"), t.client("bob")
    a, b = t.name("a"), t.name("b")
    same(ann.ping()["heads"], {})
    ja, jb = ann.join(a), ann.join(b)
    same(ann.ping()["heads"],
         {a: [ja["head"], ja["rv"]], b: [jb["head"], jb["rv"]]})
    same(ann.ping()["heads"], {})
    seq = bob.say(a, "x")["seq"]
    same(ann.ping()["heads"], {a: [seq, ja["rv"]]})
    rv = bob.join(b)["rv"]
    same(ann.ping()["heads"], {b: [jb["head"], rv]})
    ann.join(a)
    check(a in ann.ping()["heads"], "the first pong after a join lists it")
    ann.done("leave", room=a)
    bob.say(a, "y")
    same(ann.ping()["heads"], {})


def test_pong_lists_all_after_hello(t):
    old = t.client("ann")
    room = t.name("lobby")
    j = old.join(room)
    old.ping()
    new = t.dealer()
    new.hello(old.id, resume=old.welcome["resume"])
    same(new.join(room)["rv"], j["rv"], "rv after a resume")
    same(new.ping()["heads"], {room: [j["head"], j["rv"]]})


def test_pong_tells_the_newest_mail(t):
    ann, bob = t.client("ann"), t.client("bob")
    same(ann.ping()["mail"], 0)
    seq = bob.tell(ann.id, "psst")["seq"]
    same(ann.ping()["mail"], seq)


def test_names_that_look_alike_are_two_rooms(t):
    c = t.client("ann")
    room = t.name("Lobby")
    c.say(room, "x")
    c.refused("who", "no-room", room=room.lower())


def test_enter_and_exit_carry_the_head(t):
    ann, bob = t.client("ann"), t.client("bob")
    room = t.name("lobby")
    ann.join(room, direct=True)
    drop_own_enter(ann)
    seq = ann.say(room, "x")["seq"]
    ann.expect("say")
    bob.join(room)
    ann.next("enter", id=bob.id, head=seq)
    bob.done("leave", room=room)
    ann.next("exit", id=bob.id, head=seq)
