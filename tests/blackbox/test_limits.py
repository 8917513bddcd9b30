# SPDX-License-Identifier: MPL-2.0
"""Limits that an operator may lower, and those of lists."""
from wire import PATIENCE, check, pack, same, wait_until

LIMITS = {"joined": 4, "rooms": 40, "sessions": 12, "ids": 30}


def alone(t, **limits):
    t.fresh({**LIMITS, **limits})


def test_welcome_tells_those_in_force(t):
    c = t.client("ann")
    for key, value in LIMITS.items():
        same(c.welcome["limits"][key], value, key)


def test_rooms_of_a_session(t):
    alone(t)
    c = t.client("ann")
    for number in range(4):
        c.join(f"room{number}")
    error = c.refused("join", "too-many", room="room4")
    check("4" in error["text"], error["text"])
    c.refused("who", "no-room", room="room4")
    c.join("room3")  # again is allowed
    c.say("room4", "speaking needs no membership")
    c.done("leave", room="room0")
    c.join("room4")
    c.silent()


def test_rooms_of_the_broker(t):
    alone(t)
    c = t.client("ann")
    for number in range(40):
        c.say(f"room{number}", "x")
    error = c.refused("say", "too-many", room="more", text="x")
    check("40" in error["text"], error["text"])
    c.refused("join", "too-many", room="more")
    c.refused("who", "no-room", room="more")
    c.say("room7", "those that exist go on")
    c.join("room7")
    same(len(c.done("rooms", "rooms")["rooms"]), 40)


def test_a_room_without_use_makes_place(t):
    alone(t, rooms=1)
    c = t.client("ann")
    c.join("one")
    c.refused("join", "too-many", room="two")
    c.done("leave", room="one")
    c.join("two")


def test_sessions(t):
    alone(t)
    clients = [t.client(f"c{n}") for n in range(12)]
    extra = t.dealer()
    error = extra.refused("hello", "too-many", v=1, id="extra")
    check(error["text"], "it says so")
    extra.refused("hello", "too-many", v=1, id="extra", inbox=False)
    extra.refused("ping", "no-session")
    # Taking over one's own session is not one more.
    extra.hello(clients[0].id, resume=clients[0].welcome["resume"])
    clients[0].expect("bye", why="replaced")
    clients[1].done("bye")
    clients[0].hello("extra")
    clients[2].ping()


def test_ids(t):
    alone(t)
    for number in range(30):
        c = t.dealer()
        answer = c.ask("hello", v=1, id=f"id{number}")
        same(answer["op"], "welcome", f"hello {number}")
        c.done("tell", to=f"id{number}", text="so that it is remembered")
        c.done("bye")
        c.close()
        t.inlets.remove(c)
    c = t.dealer()
    answer = c.ask("hello", v=1, id="more")
    same(answer.get("code"), "too-many", f"{answer}")
    c.hello("id3")


def test_rate_of_lists(t):
    """More than 256 KiB of history asked for in one frame."""
    c, other = t.client("ann"), t.client("bob")
    room = t.name("r")
    for _ in range(5):
        c.say(room, "x" * 16000)
    asks = [{"op": "history", "room": room, "ref": n} for n in range(40)]
    c.send(*asks)
    answers = [c.expect(None, ref=n) for n in range(40)]
    rates = [m for m in answers if m.get("code") == "rate"]
    pages = [m for m in answers if m["op"] == "history"]
    same(len(rates) + len(pages), 40)
    check(rates and pages, f"{len(rates)} rate, {len(pages)} pages")
    check(len(pages) <= 5, f"{len(pages)} pages of 60 KB")
    check(all(m.get("wait", 0) > 0 for m in rates), "wait is told")
    wait_until(lambda: c.ask("history", room=room)["op"] == "history",
               "afterwards it is answered again")
    t.check_quick(other)


def test_small_questions_are_not_limited_so(t):
    c = t.client("ann")
    room = t.name("r")
    c.join(room)
    c.send(*[{"op": "who", "room": room, "ref": n} for n in range(256)])
    for number in range(256):
        c.expect("who", ref=number)


def big_room(t, count):
    """A fresh broker with `count` members in one room, and their rv."""
    t.fresh({"joined": 4})
    room = "big"
    for start in range(0, count, 100):
        batch = [t.dealer() for _ in range(min(100, count - start))]
        for number, c in enumerate(batch, start):
            c.send({"op": "hello", "v": 1, "id": f"m{number:04}", "ref": 1})
        for c in batch:
            c.expect("welcome")
            c.send({"op": "join", "room": room, "ref": 2})
        for c in batch:
            c.expect("joined", ref=2, seconds=PATIENCE)
    return room


def test_more_than_500_members(t):
    room = big_room(t, 499)
    c = t.dealer()
    c.hello("watcher")
    joined = c.join(room, direct=True)
    same((joined["count"], len(joined["members"])), (500, 500))
    c.ping()
    c.drain()
    late = t.dealer()
    late.hello("zoe")
    joined = late.join(room)
    same(joined["count"], 501)
    check("members" not in joined, "members above 500")
    c.silent()  # no enter above 500
    page = c.done("who", "who", room=room)
    same((len(page["members"]), page["count"], page["more"]),
         (500, 501, True))
    same(page["rv"], joined["rv"])
    page = c.done("who", "who", room=room, after=page["members"][-1])
    same((page["members"], page["more"]), (["zoe"], False))
    late.done("leave", room=room)
    c.expect("exit", id="zoe", count=500)


def test_limit_of_who_and_rooms(t):
    c = t.client("ann")
    for number in range(5):
        c.say(f"{t.name('r')}-{number}", "x")
    page = c.done("rooms", "rooms", limit=2)
    same((len(page["rooms"]), page["more"]), (2, True))
    page = c.done("rooms", "rooms", limit=1000)
    check(len(page["rooms"]) >= 5 and not page["more"], "all")
    page = c.done("rooms", "rooms", after="zzzz")
    same((page["rooms"], page["more"]), ([], False))


def test_batch_of_joins(t):
    alone(t, joined=256, rooms=300)
    c = t.client("ann")
    c.raw(pack([{"op": "join", "room": f"r{n}", "ref": n}
                for n in range(256)]))
    answers = [c.expect(None, ref=n) for n in range(256)]
    same({m["op"] for m in answers}, {"joined"})
    heads = c.ping()["heads"]
    same(len(heads), 256)
