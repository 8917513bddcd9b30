# SPDX-License-Identifier: MPL-2.0
"""What nobody outside of a closed room hears of it: by listening to
everything, by asking, by what others are told, after he was in it.

Seen to fail: with closed rooms published; with their being there told by
`history`, or by `sync`; with those who are put out not taken off the list.
"""
from attack import besieged, modes
from fixture import deadline
from wire import Failure, check, same

BROKER = False
PEOPLE = {"ann": "member", "bob": "member", "eve": "member",
          "moe": "moderator", "ada": "admin"}
SETTINGS = '''closed
    staff = "staff*"
'''
WORD = "xyzzy"  # in every text of the room: nobody else may get it
ALL = ("open", "claim", "keys")


def staff(siege, *guests):
    """ann's room with her guests, and everything that can happen in it."""
    ann = siege.client("ann")
    same(ann.join("staff")["closed"], True, "closed")
    for guest in guests:
        ann.done("invite", room="staff", id=guest.id)
        guest.expect("invited", room="staff")
        guest.join("staff")
    return ann


def be_busy(ann, bob):
    """Gives the seq of a message."""
    seq = ann.say("staff", WORD)["seq"]
    ann.say("staff", WORD, kind="typing", keep=False)
    bob.say("staff", WORD, re=seq, kind="reaction")
    bob.done("leave", room="staff")
    bob.join("staff", direct=False)
    ann.done("about", room="staff", about=WORD)
    ann.tell_broker("sync", room="staff")
    ann.expect("tick", room="staff")
    ann.done("redact", room="staff",
             seq=ann.say("staff", WORD)["seq"])
    return seq


def overheard(sub, client):
    """Everything that was published so far, as it came."""
    client.join("open-room")
    came = []
    client.say("open-room", "the end")
    while True:
        message = sub.next()
        if message.get("text") == "the end":
            return came
        came.append(message)


@modes("claim", "keys")
def test_a_listener_to_everything(t):
    """Subscribed to "", to "s", to the name, with and without the space."""
    with besieged(t, people=PEOPLE, settings=SETTINGS) as siege:
        eve, bob = siege.client("eve"), siege.client("bob")
        sub = siege.sub("eve", "", "s", "staff", "staff ", "open-room ")
        eve.join("open-room")
        sub.attach(eve, "open-room")
        ann = staff(siege, bob)
        be_busy(ann, bob)
        for message in overheard(sub, eve):
            check(message.get("room") == "open-room", f"heard {message}")


def all_pages(client):
    """Names that `rooms` tells."""
    return [r["room"] for r in client.done("rooms", "rooms")["rooms"]]


@modes("claim", "keys")
def test_what_an_outsider_may_ask(t):
    with besieged(t, people=PEOPLE, settings=SETTINGS) as siege:
        eve, bob = siege.client("eve"), siege.client("bob")
        ann = staff(siege, bob)
        seq = be_busy(ann, bob)
        for way in ({}, {"after": 0}, {"before": seq + 10}, {"since": 0},
                    {"limit": 1}, {"after": seq - 1, "limit": 1}):
            eve.refused("history", "no-room", room="staff", **way)
        eve.refused("who", "no-room", room="staff")
        eve.refused("sync", "no-room", room="staff")
        eve.refused("join", "denied", room="staff")
        eve.refused("join", "denied", room="staff", direct=True)
        eve.refused("say", "denied", room="staff", text="x")
        eve.refused("say", "denied", room="staff", text="x", keep=False)
        check("staff" not in all_pages(eve), "rooms shows it")
        check("staff" in all_pages(bob), "rooms shows it to a member")
        eve.refused("rulings", "denied", kind="member", room="staff")
        answer = eve.ask("redact", room="staff", seq=seq)
        check(answer.get("code") in ("denied", "no-room"), f"{answer}")
        pong = eve.ping()
        check("staff" not in pong["heads"], f"{pong}")
        same([m for m in eve.drain() if WORD in str(m)], [], "what eve has")
        check(WORD in str(ann.done("history", "history", room="staff")),
              "it is there")


@modes("claim", "keys")
def test_a_sending_session_and_another_id(t):
    """The list is of ids: another id with the same key is not on it."""
    with besieged(t, people=PEOPLE, settings=SETTINGS) as siege:
        bob = siege.client("bob")
        staff(siege, bob)
        eve = siege.client("eve", inbox=False)
        eve.refused("history", "no-room", room="staff")
        eve.refused("say", "denied", room="staff", text="x")
        beside = siege.client("bob", inbox=False)
        beside.done("history", "history", room="staff")


def put_out(siege, ann, how):
    """Each way in which bob is in the room no more."""
    if how == "kick":
        ann.done("kick", room="staff", id="bob")
    if how == "invite":
        ann.done("invite", room="staff", id="bob", **{"for": 0})
    if how == "ban":
        ann.done("ban", room="staff", id="bob")
    if how == "moderator":
        siege.client("moe").done("kick", room="staff", id="bob")


@deadline(90)
@modes("claim", "keys")
def test_after_he_was_put_out(t):
    """At once, and also for what he has beside."""
    for how in ("kick", "invite", "ban", "moderator"):
        with besieged(t, people=PEOPLE, settings=SETTINGS) as siege:
            bob = siege.client("bob")
            ann = staff(siege, bob)
            beside = siege.client("bob", inbox=False)
            beside.done("history", "history", room="staff")
            put_out(siege, ann, how)
            bob.expect("exit", room="staff", id="bob", why="kicked")
            ann.say("staff", WORD)
            for one in (bob, beside):
                one.refused("history", "no-room", room="staff")
                one.refused("say", "denied", room="staff", text="x")
            bob.refused("join", "denied", room="staff")
            bob.refused("who", "no-room", room="staff")
            same([m for m in bob.drain() if WORD in str(m)], [], how)


@modes("claim", "keys")
def test_a_room_that_becomes_closed(t):
    """By a reload: what was published until then was public, what comes then
    is not. Nobody who was there gets it by being the first to come back."""
    with besieged(t, people=PEOPLE) as siege:
        ann, eve = siege.client("ann"), siege.client("eve")
        ada = siege.client("ada")
        ann.join("staff")
        eve.join("staff")
        eve.join("open-room")
        sub = siege.sub("eve", "")
        sub.attach(eve, "open-room")
        ann.say("staff", "public")
        siege.settings = SETTINGS
        siege.config()
        if siege.mode == "claim" and not ada.welcome.get("role"):
            raise Failure("the file of users counts with claim, too")
        ada.done("reload")
        for one in (ann, eve):
            one.refused("join", "denied", room="staff")
        ada.done("invite", room="staff", id="ann", role="owner")
        ann.join("staff")
        ann.say("staff", WORD)
        heard = [m for m in overheard(sub, eve) if m["room"] == "staff"]
        check(WORD not in str(heard), f"heard {heard}")
        eve.refused("history", "no-room", room="staff")


@modes(*ALL)
def test_names_that_come_near(t):
    """A pattern is of bytes: nothing that only looks so gets around it, and
    nothing else gets caught."""
    with besieged(t, people=PEOPLE, settings=SETTINGS) as siege:
        eve = siege.client("eve")
        for room in ("staff", "staff2", "staff.x", "staffs"):
            same(eve.join(room).get("closed"), True, room)
        for room in ("Staff", "my-staff", "staf", "\u017ftaff", "sta\ufb00"):
            answer = eve.ask("join", room=room)
            check(answer.get("code") == "bad-name" or
                  not answer.get("closed"), f"{room}: {answer}")


RULED = SETTINGS + '''rules
    few = "allow moderator create staff*"
'''


def answers(client, room):
    """Of each op, and of more than one may do in five seconds."""
    client.send(*[{"op": op, "room": room, "ref": 0, **more} for op, more in (
        ("join", {}), ("who", {}), ("history", {}), ("sync", {}),
        ("redact", {"seq": 1}), ("about", {"about": ""}),
        ("mute", {"id": "bob"}), ("kick", {"id": "bob"}),
        ("ban", {"id": "bob"}), ("invite", {"id": "bob"}),
        ("rulings", {"kind": "member"}))])
    said = [client.expect("error", ref=0) for _ in range(11)]
    client.send(*[{"op": "say", "room": room, "text": "x", "ref": 0}
                  for _ in range(250)])
    said += [client.expect("error", ref=0) for _ in range(250)]
    return [(m["code"], m["text"].replace(room, "ROOM")) for m in said]


@modes("claim", "keys")
def test_whether_it_is_there(t):
    """The same to the letter and as fast as if it were not: where one may not
    make rooms of such names, they cannot be found out by trying."""
    with besieged(t, people=PEOPLE, settings=RULED) as siege:
        siege.client("moe").join("staff1")
        ann, eve = siege.client("ann"), siege.client("eve")
        there, not_there = answers(ann, "staff1"), answers(eve, "staff2")
        rates = [[code for code, _ in one].count("rate")
                 for one in (there, not_there)]
        check(min(rates) > 0 and abs(rates[0] - rates[1]) < 60, f"{rates}")
        same({one for one in there if one[0] != "rate"},
             {one for one in not_there if one[0] != "rate"}, "answers")


@modes(*ALL)
def test_mail_of_others(t):
    """`with` is one's own half of a conversation."""
    with besieged(t, people=PEOPLE) as siege:
        ann, bob, eve = (siege.client(who) for who in ("ann", "bob", "eve"))
        ann.tell("bob", WORD)
        bob.tell("ann", WORD)
        eve.tell("ann", "x")
        for way in ({"with": "ann"}, {"with": "bob"}, {}, {"room": "ann"},
                    {"room": "@ann"}, {"room": "bob"}):
            answer = eve.ask("history", **way)
            check(WORD not in str(answer), f"{way}: {answer}")
        same([m for m in eve.drain() if WORD in str(m)], [], "what eve has")
