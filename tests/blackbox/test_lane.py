# SPDX-License-Identifier: MPL-2.0
"""Exactly once: n, lanes, the window of 256."""
from wire import check, same, wait_until


def texts(client, room):
    page = client.done("history", "history", room=room, limit=500)
    return [m["text"] for m in page["messages"]]


def again_on_new_connection(t, old, lane):
    new = t.dealer()
    new.hello(old.id, lane=lane, resume=old.welcome["resume"])
    return new


def test_n_comes_back_and_is_counted(t):
    c = t.client("ann", lane="l1")
    room = t.name("lobby")
    same(c.say(room, "one", n=1)["n"], 1)
    c.send({"op": "say", "room": room, "text": "two", "n": 2})
    ok = c.next("ok", n=2, ref=None)
    check("again" not in ok, "it is new")
    new = again_on_new_connection(t, c, "l1")
    same(new.welcome["n"], 2)


def test_n_is_not_passed_on(t):
    c = t.client("ann", lane="l1")
    room = t.name("lobby")
    c.join(room, direct=True)
    c.say(room, "x", n=1)
    check("n" not in c.expect("say"), "n is between client and broker")


def test_repeated_n_is_not_stored_again(t):
    c = t.client("ann", lane="l1")
    room = t.name("lobby")
    c.join(room, direct=True)
    first = c.say(room, "x", n=1)
    c.expect("say")
    again = c.say(room, "x", n=1)
    same(again.get("again"), True)
    same((again["seq"], again["time"]), (first["seq"], first["time"]))
    c.silent()
    same(texts(c, room), ["x"])


def test_repeated_in_one_frame(t):
    c = t.client("ann", lane="l1")
    room = t.name("lobby")
    message = {"op": "say", "room": room, "text": "x", "n": 1}
    c.send(message, message, message)
    oks = [c.expect("ok", n=1) for _ in range(3)]
    same([bool(ok.get("again")) for ok in oks], [False, True, True])
    same(texts(c, room), ["x"])


def test_repeated_tell(t):
    c, bob = t.client("ann", lane="l1"), t.client("bob")
    first = c.tell(bob.id, "x", n=1)
    again = c.tell(bob.id, "x", n=1)
    same((again.get("again"), again["seq"]), (True, first["seq"]))
    bob.expect("tell")
    bob.silent()


def test_say_and_tell_share_the_lane(t):
    c, bob = t.client("ann", lane="l1"), t.client("bob")
    c.say(t.name("lobby"), "x", n=1)
    same(c.tell(bob.id, "x", n=1).get("again"), True)
    bob.silent()


def test_repeat_after_a_reconnect(t):
    c = t.client("ann", lane="l1")
    room = t.name("lobby")
    first = c.say(room, "one", n=1)
    new = again_on_new_connection(t, c, "l1")
    again = new.say(room, "one", n=1)
    same((again.get("again"), again["seq"]), (True, first["seq"]))
    check("again" not in new.say(room, "two", n=2), "two is new")
    same(texts(new, room), ["one", "two"])


def test_lane_outlives_the_session(t):
    c = t.client("ann", lane="l1")
    room = t.name("lobby")
    c.say(room, "one", n=1)
    c.close()
    t.inlets.remove(c)
    new = t.dealer()
    wait_until(lambda: new.ask("hello", v=1, id=c.id, lane="l1")["op"] ==
               "welcome", "the id is free", 3)
    same(new.say(room, "one", n=1).get("again"), True)


def test_lanes_are_apart(t):
    room = t.name("lobby")
    a = t.client("ann", lane="l1")
    b = t.client("bob", lane="l1")
    c = t.dealer()
    c.hello(a.id, inbox=False, lane="l2", resume=a.welcome["resume"])
    for client in (a, b, c):
        check("again" not in client.say(room, client.label, n=1), "new")
    same(len(texts(a, room)), 3)


def test_n_needs_a_lane_and_begins_with_1(t):
    c = t.client("ann")
    c.refused("say", "bad-state", room=t.name("r"), text="x", n=1)
    c.refused("tell", "bad-state", to=c.id, text="x", n=1)
    c.refused("who", "no-room", room=t.name("r"))
    d = t.client("bob", lane="l1")
    same(d.refused("say", "bad-state", room=t.name("r"), text="x",
                   n=0).get("n"), 0)


def test_any_order_within_the_window(t):
    c = t.client("ann", lane="l1")
    room = t.name("lobby")
    for n in (256, 1, 200, 2, 255, 100):
        check("again" not in c.say(room, str(n), n=n), f"{n} is new")
    for n in (1, 2, 100, 200, 255, 256):
        same(c.say(room, str(n), n=n).get("again"), True)
    same(texts(c, room), ["256", "1", "200", "2", "255", "100"])


def test_below_the_window(t):
    c = t.client("ann", lane="l1")
    room = t.name("lobby")
    c.say(room, "far", n=1000)
    c.refused("say", "bad-state", room=room, text="x", n=744)  # 1000 - 256
    check("again" not in c.say(room, "edge", n=745), "745 is new")
    same(c.say(room, "edge", n=745).get("again"), True)
    c.refused("say", "bad-state", room=room, text="x", n=1)
    same(texts(c, room), ["far", "edge"])


def test_window_moves_with_the_highest(t):
    c = t.client("ann", lane="l1")
    room = t.name("lobby")
    for start in (1, 257, 513):
        c.send(*[{"op": "say", "room": room, "text": str(n), "n": n}
                 for n in range(start, start + 200)])
        for n in range(start, start + 200):
            c.expect("ok", n=n, again=None)
    same(c.say(room, "x", n=712).get("again"), True)
    check("again" not in c.say(room, "x", n=500), "500 was not used")
    c.refused("say", "bad-state", room=room, text="x", n=456)
    check("again" not in c.say(room, "x", n=457), "457 was not used")


def test_largest_n(t):
    c = t.client("ann", lane="l1")
    room = t.name("lobby")
    top = 2**53 - 1
    c.say(room, "x", n=top)
    same(c.say(room, "x", n=top).get("again"), True)
    c.refused("say", "bad-message", room=room, text="x", n=2**53)


def test_refused_n_is_not_used_up(t):
    c = t.client("ann", lane="l1")
    room = t.name("lobby")
    error = c.refused("say", "too-large", room=room, text="x" * 20000, n=1)
    same(error["n"], 1)
    c.refused("tell", "no-client", to=t.name("never"), text="x", n=1)
    check("again" not in c.say(room, "x", n=1), "1 is still new")


def test_bye_forgets_the_lane(t):
    c = t.client("ann", lane="l1")
    room = t.name("lobby")
    c.say(room, "x", n=1)
    c.done("bye")
    same(c.hello(c.id, lane="l1")["n"], 0)
    check("again" not in c.say(room, "x", n=1), "a new lane begins")


def test_without_n_nothing_is_a_repeat(t):
    c = t.client("ann", lane="l1")
    room = t.name("lobby")
    for _ in range(3):
        c.say(room, "x")
    same(texts(c, room), ["x"] * 3)


def test_lane_names(t):
    c = t.dealer()
    for lane in ("", "#1", "a b", "x" * 65, "e\u0301"):
        c.refused("hello", "bad-name", v=1, id=t.name("ann"), lane=lane)
    c.hello(t.name("ann"), lane="道")
