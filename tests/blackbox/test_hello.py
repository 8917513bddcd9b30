# SPDX-License-Identifier: MPL-2.0
"""Sessions: hello, welcome, resume, replacement, sending sessions."""
import os
import re
import time

from fixture import deadline
from wire import ANY, check, same, wait_until

LIMIT_KEYS = {
    "frame": 65536, "batch": 256, "text": 16384, "body": 49152, "name": 64,
    "joined": 256, "sessions": 16384, "rooms": 65536, "ids": 262144,
    "members": 500, "page": 500, "window": 256, "mail": 128, "keys": 32,
    "depth": 8, "ref": 64, "kind": 32, "reason": 256, "rulings": 65536,
}


def test_welcome_has_every_field(t):
    before = time.time() * 1000
    c = t.dealer()
    w = c.hello(t.name("ann"), agent="tests/1")
    same(w["v"], 1)
    same(w["id"], c.id)
    check(re.fullmatch("[0-9a-f]{16,64}", w["resume"]), "resume is hex")
    check(re.fullmatch("[0-9a-f]+", w["epoch"]), "epoch is hex")
    same(w["beat"], 10000)
    same(w["pub"], t.broker.pub, "pub")
    disk = os.environ.get("TEST_LOG", "").startswith("sqlite:")
    same(w["durability"], "full" if disk else "memory")
    same(w["acked"], 0)
    check(before - 1000 <= w["time"] <= time.time() * 1000 + 1000, "time")
    same(w["limits"], LIMIT_KEYS, "limits")
    check("n" not in w, "no n without a lane")


def test_welcome_tells_the_lane(t):
    c = t.dealer()
    same(c.hello(t.name("ann"), lane="l1")["n"], 0, "n of a new lane")


def test_two_sessions_have_two_secrets_and_one_epoch(t):
    a, b = t.client("ann"), t.client("bob")
    check(a.welcome["resume"] != b.welcome["resume"], "secrets differ")
    same(a.welcome["epoch"], b.welcome["epoch"])


def test_ref_of_any_kind_comes_back(t):
    c = t.client("ann")
    for ref in (0, 1, 2**53 - 1, "", "x", "r" * 64, "会议室"):
        c.send({"op": "ping", "ref": ref})
        c.expect("pong", ref=ref)


def test_no_ref_in_an_answer_to_none(t):
    c = t.client("ann")
    c.send({"op": "ping"})
    c.next("pong", ref=None)


def test_other_versions(t):
    c = t.dealer()
    for v in (0, 2, 99):
        same(c.refused("hello", "bad-version", v=v, id="x")["v"], 1)
    c.refused("hello", "bad-message", id="x")
    c.hello(t.name("ann"))


def test_nothing_but_hello_without_a_session(t):
    c = t.dealer()
    messages = [("join", {"room": "r"}), ("leave", {"room": "r"}),
                ("say", {"room": "r", "text": "x"}),
                ("tell", {"to": "bob", "text": "x"}), ("ack", {"seq": 1}),
                ("history", {}), ("sync", {"room": "r"}), ("who", {}),
                ("rooms", {}), ("ping", {}), ("bye", {}), ("dance", {})]
    for op, fields in messages:
        c.refused(op, "no-session", **fields)
    c.hello(t.name("ann"))


def test_probe_without_and_with_a_session(t):
    c = t.dealer()
    c.raw(b"")
    c.next("error", code="no-session", ref=None)
    c.hello(t.name("ann"))
    c.raw(b"")
    c.silent()


def test_probe_router_is_answered_by_itself(t):
    c = t.dealer(PROBE_ROUTER=1)
    c.next("error", code="no-session")
    c.hello(t.name("ann"))


def test_messages_between_hello_and_welcome(t):
    c = t.dealer()
    c.send({"op": "hello", "v": 1, "id": t.name("ann"), "ref": 1},
           {"op": "ping", "ref": 2})
    c.expect("error", code="no-session", ref=2)
    c.expect("welcome", ref=1)
    c.ping()


def test_beat_is_moved_into_its_range(t):
    for number, (asked, given) in enumerate(
            [(0, 200), (199, 200), (200, 200), (5000, 5000),
             (300000, 300000), (300001, 300000), (2**53 - 1, 300000)]):
        c = t.dealer()
        same(c.hello(t.name(f"ann{number}"), beat=asked)["beat"], given)
        c.done("bye")


def test_second_hello_of_the_same_id_changes_nothing(t):
    c = t.client("ann")
    room = t.name("room")
    c.join(room)
    again = c.done("hello", "welcome", v=1, id=c.id)
    same(again["resume"], c.welcome["resume"])
    same(c.done("who", "who", room=room)["members"], [c.id])


def test_second_hello_of_another_id(t):
    c = t.client("ann")
    c.refused("hello", "bad-state", v=1, id=t.name("bob"))
    c.ping()


def test_in_use(t):
    a = t.client("ann")
    b = t.dealer()
    error = b.refused("hello", "in-use", v=1, id=a.id)
    check(0 < error["wait"] <= 30000, f"wait is {error['wait']}")
    b.refused("hello", "in-use", v=1, id=a.id, resume="0" * 32)
    b.refused("hello", "in-use", v=1, id=a.id, inbox=False)
    a.silent()


def test_resume_replaces(t):
    old = t.client("ann")
    new = t.dealer()
    w = new.hello(old.id, resume=old.welcome["resume"])
    same(w["resume"], old.welcome["resume"], "the secret stays the same")
    old.expect("bye", why="replaced")
    old.refused("ping", "no-session")
    new.ping()


def test_resume_after_the_connection_is_gone(t):
    old = t.client("ann")
    old.close()
    t.inlets.remove(old)
    new = t.dealer()

    def taken():
        answer = new.ask("hello", v=1, id=old.id,
                         resume=old.welcome["resume"])
        return answer["op"] == "welcome"
    wait_until(taken, "the id can be had again")


def test_open_mode_gives_a_broken_sessions_id_to_anybody(t):
    old = t.client("ann")
    old.close()
    t.inlets.remove(old)
    new = t.dealer()
    wait_until(lambda: new.ask("hello", v=1, id=old.id)["op"] == "welcome",
               "a broken session does not hold its id", 3)


def test_unknown_resume_is_no_error(t):
    c = t.dealer()
    w = c.hello(t.name("ann"), resume="ff" * 16)
    check(w["resume"] != "ff" * 16, "the client does not choose the secret")


def test_resume_of_another_id_is_of_no_use(t):
    a, b = t.client("ann"), t.client("bob")
    c = t.dealer()
    c.refused("hello", "in-use", v=1, id=b.id, resume=a.welcome["resume"])


def test_every_hello_starts_with_no_rooms(t):
    old = t.client("ann")
    room = t.name("room")
    old.join(room)
    new = t.dealer()
    new.hello(old.id, resume=old.welcome["resume"])
    same(new.ping()["heads"], {})
    new.refused("sync", "bad-state", room=room)


def test_sending_session_beside_an_inbox(t):
    inbox = t.client("ann")
    s = t.dealer()
    w = s.hello(inbox.id, inbox=False, resume=inbox.welcome["resume"])
    check(w["resume"] != inbox.welcome["resume"], "it has its own secret")
    s.say(t.name("room"), "hi")
    inbox.ping()


def test_many_sending_sessions_of_one_id(t):
    name = t.name("bot")
    room = t.name("room")
    for number in range(5):
        c = t.dealer()
        c.hello(name, inbox=False)
        c.say(room, str(number))
    page = c.done("history", "history", room=room)
    same([m["from"] for m in page["messages"]], [name] * 5)


def test_sending_session_is_present_nowhere(t):
    watcher = t.client("ann")
    s = t.dealer()
    s.hello(t.name("bot"), inbox=False)
    members = watcher.done("who", "who")["members"]
    check(s.id not in members, "it is not online")
    watcher.refused("tell", "no-client", to=s.id, text="x")


def test_what_a_sending_session_may(t):
    other = t.client("ann")
    s = t.dealer()
    s.hello(t.name("bot"), inbox=False)
    room = t.name("room")
    for op, fields in (("join", {"room": room}), ("leave", {"room": room}),
                       ("sync", {"room": room}), ("ack", {"seq": 0})):
        s.refused(op, "bad-state", **fields)
    s.say(room, "hi")
    s.tell(other.id, "psst")
    s.done("history", "history", room=room)
    s.done("history", "history", **{"with": other.id})
    s.done("who", "who", room=room)
    s.done("rooms", "rooms")
    pong = s.ping()
    same((pong["heads"], pong["mail"]), ({}, 0), "rooms and mail")
    s.done("bye")


def test_bye_ends_the_session_and_not_the_connection(t):
    c = t.client("ann")
    c.done("bye")
    c.refused("ping", "no-session")
    c.hello(t.name("other"))
    c.ping()


def test_bye_without_ref(t):
    c = t.client("ann")
    c.send({"op": "bye"})
    c.next("ok", ref=None)


def test_id_is_free_after_bye(t):
    a = t.client("ann")
    a.done("bye")
    b = t.dealer()
    b.hello(a.id)


def test_lane_in_use(t):
    name = t.name("bot")
    a = t.dealer()
    a.hello(name, inbox=False, lane="l1")
    b = t.dealer()
    b.refused("hello", "in-use", v=1, id=name, inbox=False, lane="l1")
    b.hello(name, inbox=False, lane="l2")
    c = t.dealer()
    c.hello(name, inbox=False, lane="l1", resume=a.welcome["resume"])
    a.expect("bye", why="replaced")
    c.say(t.name("room"), "x", n=1)
    b.ping()


def test_in_use_leaves_no_trace(t):
    a = t.client("ann")
    room = t.name("room")
    a.join(room)
    b = t.dealer()
    b.refused("hello", "in-use", v=1, id=a.id)
    same(a.done("who", "who", room=room)["members"], [a.id])
    a.silent()


def test_welcome_comes_behind_what_the_old_session_sent(t):
    old = t.client("ann")
    room = t.name("room")
    for number in range(50):
        old.tell_broker("say", room=room, text=str(number))
    new = t.dealer()
    # The old connection's bytes may still be on their way: a ping's answer
    # says that they have been read.
    old.ping()
    new.hello(old.id, resume=old.welcome["resume"])
    page = new.done("history", "history", room=room)
    same([m["text"] for m in page["messages"]],
         [str(n) for n in range(50)])


@deadline(40)
def test_connection_without_hello_is_shut(t):
    c = t.dealer(PROBE_ROUTER=1)
    begin = time.monotonic()
    c.next("error", code="no-session")
    # The socket connects anew, and its probe tells.
    c.next("error", seconds=15, code="no-session")
    passed = time.monotonic() - begin
    check(9 <= passed <= 14, f"it was shut after {passed:.1f} s")


def test_hello_fields_are_echoed_to_nobody(t):
    c = t.dealer()
    w = c.hello(t.name("ann"), password="secret", agent="a" * 128)
    check("password" not in w and "agent" not in w, "not in welcome")
    with open(t.broker.log_path, encoding="utf-8") as log:
        check("secret" not in log.read(), "a password is not logged")


def test_pong_and_welcome_time_do_not_go_back(t):
    c = t.client("ann")
    times = [c.welcome["time"]] + [c.ping()["time"] for _ in range(20)]
    same(times, sorted(times))
    same(c.ask("ping", n=5)["op"], "pong", "an unknown key is ignored")
    c.send({"op": "ping", "ref": 1})
    c.expect("pong", ref=1, time=ANY, heads=ANY, mail=ANY)
