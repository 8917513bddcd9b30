# SPDX-License-Identifier: MPL-2.0
"""Who may do what: each op, by each role, in each kind of room, as section 17
of PROTOCOL.md has it. One table; each cell is tried in a room of its own.

A stranger has a listed key and no session; an outsider is not in the room (nor
on its list); the owner has made the room and said what is to be redacted; who
is banned is so in the room, and was on its list. `ok` stands for the positive
answer, `-` for what cannot be. A moderator sees that a closed room is there,
and reads it no more than others. `sam` is the one whom it is about; `moe2` is
a moderator as well, `ada2` an admin.

Seen to fail: with access_may always true (10 cells), with the rank of the other
one not looked at (6), with a closed room's being there not hidden from
`history` (4), or from `sync`.
"""
from attack import besieged
from fixture import deadline
from wire import Failure, check, wait_until

BROKER = False
ROLES = ("stranger outsider member owner muted banned moderator "
         "admin").split()
PEOPLE = {"stranger": "member", "outsider": "member", "member": "member",
          "owner": "member", "muted": "member", "banned": "member",
          "moderator": "moderator", "admin": "admin", "sam": "member",
          "moe2": "moderator", "ada2": "admin",
          **{f"owner{n}": "member" for n in range(10)}}
OWNED = 40  # rooms of one owner: one may have so many closed ones, and no more
SETTINGS = '''rates
    say = 0
    ask = 0
    change = 0
closed
    one = "closed-*"
    two = "sealed-*"
    three = "new-*"
rules
    news = "allow moderator say,create ruled-*"
    more = "allow moderator say,create fresh-*"
    still = "deny member say,read sealed-*"
    calm = "deny id:outsider tell sam"
'''

# Where the text leaves it open.
OPEN = {"no/state": ("denied", "bad-state"), "no/room": ("denied", "no-room"),
        "none": ("denied", "no-room", "bad-state"), "ok/no": ("ok", "denied"),
        "ok/room": ("ok", "no-room")}

# Room kinds: public (open to all), closed (has a list), new (a closed name
# without a list), ruled (public; members may not say), fresh (a ruled name
# without a room), sealed (closed; members may neither say nor read).
ROOMS = """
op          stranger   outsider  member    owner     muted     banned    moderator admin
public
  join      no-session ok        ok        ok        ok        -         ok        ok
  leave     no-session ok        ok        ok        ok        -         ok        ok
  say       no-session ok        ok        ok        denied    -         ok        ok
  history   no-session ok        ok        ok        ok        -         ok        ok
  search    no-session ok        ok        ok        ok        -         ok        ok
  sync      no-session bad-state ok        ok        ok        -         bad-state bad-state
  who       no-session ok        ok        ok        ok        -         ok        ok
  invite    no-session no/state  no/state  no/state  no/state  -         bad-state bad-state
  kick      no-session denied    denied    denied    denied    -         ok        ok
  ban       no-session no/state  no/state  no/state  no/state  -         bad-state bad-state
  mute      no-session denied    denied    denied    denied    -         ok        ok
  redact    no-session denied    denied    ok        denied    -         ok        ok
  about     no-session denied    denied    denied    denied    -         ok        ok
  mutes     no-session denied    denied    denied    denied    -         ok        ok
closed
  join      no-session denied    ok        ok        ok        denied    denied    denied
  leave     no-session ok        ok        ok        ok        ok        ok        ok
  say       no-session denied    ok        ok        denied    denied    denied    denied
  history   no-session no-room   ok        ok        ok        no-room   no/room   no/room
  search    no-session no-room   ok        ok        ok        no-room   no/room   no/room
  sync      no-session no-room   ok        ok        ok        no-room   none      none
  who       no-session no-room   ok        ok        ok        no-room   ok        ok
  invite    no-session denied    denied    ok        denied    denied    ok        ok
  kick      no-session no/room   denied    ok        denied    no/room   ok        ok
  ban       no-session no/room   denied    ok        denied    no/room   ok        ok
  mute      no-session no/room   denied    ok        denied    no/room   ok        ok
  redact    no-session no/room   denied    ok        denied    no/room   ok        ok
  about     no-session no/room   denied    ok        denied    no/room   ok        ok
  list      no-session denied    ok        ok        ok        denied    ok        ok
  mutes     no-session denied    denied    ok/no     denied    denied    ok        ok
new
  join      no-session ok        -         -         -         -         ok        ok
  leave     no-session ok        -         -         -         -         ok        ok
  say       no-session denied    -         -         -         -         denied    denied
  history   no-session no-room   -         -         -         -         no-room   no-room
  search    no-session no-room   -         -         -         -         no-room   no-room
  sync      no-session no-room   -         -         -         -         no-room   no-room
  who       no-session no-room   -         -         -         -         no-room   no-room
  invite    no-session denied    -         -         -         -         ok/room   ok/room
  kick      no-session no/room   -         -         -         -         ok/room   ok/room
  ban       no-session no/room   -         -         -         -         ok/room   ok/room
  mute      no-session no/room   -         -         -         -         ok/room   ok/room
  redact    no-session no/room   -         -         -         -         no-room   no-room
  about     no-session no/room   -         -         -         -         no-room   no-room
  list      no-session denied    -         -         -         -         ok        ok
ruled
  join      no-session ok        ok        -         ok        -         ok        ok
  say       no-session denied    denied    -         denied    -         ok        ok
  history   no-session ok        ok        -         ok        -         ok        ok
  search    no-session ok        ok        -         ok        -         ok        ok
  who       no-session ok        ok        -         ok        -         ok        ok
  redact    no-session denied    denied    -         denied    -         ok        ok
  about     no-session denied    denied    -         denied    -         ok        ok
fresh
  join      no-session denied    -         -         -         -         ok        ok
  say       no-session denied    -         -         -         -         ok        ok
  history   no-session no-room   -         -         -         -         no-room   no-room
  search    no-session no-room   -         -         -         -         no-room   no-room
  who       no-session no-room   -         -         -         -         no-room   no-room
  about     no-session no/room   -         -         -         -         no-room   no-room
sealed
  join      no-session denied    ok        ok        ok        denied    denied    denied
  say       no-session denied    denied    denied    denied    denied    denied    denied
  history   no-session no-room   denied    denied    denied    no-room   no/room   no/room
  search    no-session no-room   denied    denied    denied    no-room   no/room   no/room
"""

# Without a room.
BROAD = """
op          stranger   outsider  member    owner     muted     banned    moderator admin
  ping      no-session ok        ok        ok        ok        ok        ok        ok
  rooms     no-session ok        ok        ok        ok        ok        ok        ok
  everybody no-session ok        ok        ok        ok        ok        ok        ok
  mailbox   no-session ok        ok        ok        ok        ok        ok        ok
  tell      no-session denied    ok        ok        ok        ok        ok        ok
  kick      no-session denied    denied    denied    denied    denied    ok        ok
  kick-mod  no-session denied    denied    denied    denied    denied    denied    ok
  kick-adm  no-session denied    denied    denied    denied    denied    denied    ok
  ban       no-session denied    denied    denied    denied    denied    ok        ok
  ban-mod   no-session denied    denied    denied    denied    denied    denied    ok
  ban-adm   no-session denied    denied    denied    denied    denied    denied    ok
  ban-key   no-session denied    denied    denied    denied    denied    ok        ok
  ban-net   no-session denied    denied    denied    denied    denied    ok        ok
  mute      no-session denied    denied    denied    denied    denied    ok        ok
  mute-mod  no-session denied    denied    denied    denied    denied    denied    ok
  mute-adm  no-session denied    denied    denied    denied    denied    denied    ok
  bans      no-session denied    denied    denied    denied    denied    ok        ok
  claims    no-session denied    denied    denied    denied    denied    ok        ok
  reload    no-session denied    denied    denied    denied    denied    denied    ok
  search    no-session ok        ok        ok        ok        ok        ok        ok
  stats     no-session denied    denied    denied    denied    denied    ok        ok
"""

ASK = {  # what the words of the tables send; `seq` is that of the message
    "join": {"op": "join"}, "leave": {"op": "leave"},
    "say": {"op": "say", "text": "x"}, "history": {"op": "history"},
    "sync": {"op": "sync"}, "who": {"op": "who"},
    "invite": {"op": "invite", "id": "sam"},
    "kick": {"op": "kick", "id": "sam"}, "ban": {"op": "ban", "id": "sam"},
    "mute": {"op": "mute", "id": "sam"}, "redact": {"op": "redact"},
    "about": {"op": "about", "about": "x"},
    "list": {"op": "rulings", "kind": "member"},
    "mutes": {"op": "rulings", "kind": "mute"},
    "ping": {"op": "ping"}, "rooms": {"op": "rooms"},
    "everybody": {"op": "who"}, "mailbox": {"op": "history"},
    "tell": {"op": "tell", "to": "sam", "text": "x"},
    "kick-mod": {"op": "kick", "id": "moe2"},
    "kick-adm": {"op": "kick", "id": "ada2"},
    "ban-mod": {"op": "ban", "id": "moe2"},
    "ban-adm": {"op": "ban", "id": "ada2"},
    "ban-key": {"op": "ban", "key": "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"},
    "ban-net": {"op": "ban", "address": "10.1.0.0/16"},
    "mute-mod": {"op": "mute", "id": "moe2"},
    "mute-adm": {"op": "mute", "id": "ada2"},
    "bans": {"op": "rulings", "kind": "ban"},
    "claims": {"op": "rulings", "kind": "claim"},
    "reload": {"op": "reload"},
    "search": {"op": "search", "text": "message"},
    "stats": {"op": "stats"},
}
GOOD = {"join": "joined", "history": "history", "who": "who", "ping": "pong",
        "rooms": "rooms", "rulings": "rulings", "sync": "tick",
        "search": "found", "stats": "stats"}


def rows(table):
    """(kind, op, role, expected) of each cell."""
    kind = ""
    for line in table.strip().split("\n")[1:]:
        words = line.split()
        if len(words) == 1:
            kind = words[0]
            continue
        check(len(words) == len(ROLES) + 1, f"a bad row: {line}")
        for role, expected in zip(ROLES, words[1:]):
            if expected != "-":
                yield kind, words[0], role, expected


class Town:
    """All of them, and a room for each cell."""

    def __init__(self, siege):
        self.siege = siege
        self.number = 0
        self.people = {who: siege.dealer(who) for who in PEOPLE}
        for who in PEOPLE:
            if who != "stranger":
                self.people[who].hello(who)

    def again(self, who):
        """A session that was ended, or banned, comes back."""
        client = self.people[who]
        if client.drain() or client.ask("ping")["op"] != "pong":
            self.siege.t.inlets.remove(client)
            client.close()
            wait_until(lambda: self.is_gone(who), f"{who} is not there")
            self.people[who] = self.siege.client(who)

    def is_gone(self, who):
        """A connection that breaks is seen a moment later."""
        members = self.people["admin"].ask("who").get("members")
        return members is not None and who not in members

    def room(self, kind):
        """(its name, the seq of its message)"""
        self.number += 1
        name = f"{kind}-{self.number}"
        if kind in ("new", "fresh"):
            return name, 1
        owner = self.people[f"owner{self.number // OWNED}"]
        self.people["owner"] = owner
        maker = self.people["moderator"] if kind == "ruled" else owner
        maker.join(name, direct=True)
        if kind in ("closed", "sealed"):
            for who in ("member", "muted", "banned", "sam"):
                maker.done("invite", room=name, id=who)
        if kind == "sealed":
            seq = 1
        else:
            seq = maker.say(name, "a message")["seq"]
        for who in ("member", "muted", "sam"):
            self.people[who].join(name, direct=True)
        self.people["moderator"].done("mute", room=name, id="muted")
        if kind in ("closed", "sealed"):
            maker.done("ban", room=name, id="banned")
        if kind == "ruled":
            maker.done("leave", room=name)
        return name, seq

    def ask(self, role, op, room, seq):
        """What it is answered, in one word."""
        client, message = self.people[role], dict(ASK[op])
        if room:
            message["room"] = room
        if message["op"] == "redact":
            message["seq"] = seq
        client.drain()
        if message["op"] == "sync":
            return self.sync(client, room)
        answer = client.ask(message.pop("op"), **message)
        if answer["op"] == "error":
            return answer["code"]
        wanted = GOOD.get(ASK[op]["op"], "ok")
        return "ok" if answer["op"] == wanted else answer["op"]

    @staticmethod
    def sync(client, room):
        """Its answer is a tick without a ref."""
        client.send({"op": "sync", "room": room, "ref": "sync"})
        while True:
            message = client.next()
            if message["op"] == "tick" and message["room"] == room:
                return "ok"
            if message["op"] == "error":
                return message["code"]

    def leave(self, room):
        for who in ("outsider", "member", "owner", "muted", "sam",
                    "moderator", "admin"):
            self.people[who].send({"op": "leave", "room": room})


def walk(town, table, prepare, restore):
    """Tries each cell; fails with a table of those that are not as said."""
    wrong, tried = [], 0
    for kind, op, role, expected in rows(table):
        room, seq = prepare(kind)
        have = town.ask(role, op, room, seq)
        tried += 1
        if have not in OPEN.get(expected, (expected,)):
            wrong.append(f"{kind:<8} {op:<10} {role:<10} {have:<11} {expected}")
        restore(room)
    if wrong:
        head = f"{'room':<8} {'op':<10} {'role':<10} {'answer':<11} expected"
        raise Failure(f"{len(wrong)} of {tried}\n" + "\n".join([head, *wrong]))
    return tried


def run(t, table, prepare, restore):
    with besieged(t, people=PEOPLE, settings=SETTINGS) as siege:
        town = Town(siege)
        tried = walk(town, table, lambda kind: prepare(town, kind),
                     lambda room: restore(town, room))
        t.words = f"{tried} cells"


@deadline(120)
def test_rooms(t):
    t.mode = "keys"
    run(t, ROOMS, Town.room, Town.leave)


@deadline(120)
def test_the_broker(t):
    """Those who were kicked come back; bans and mutes are lifted."""
    t.mode = "keys"

    def restore(town, _room):
        admin = town.people["admin"]
        for who in ("sam", "moe2", "ada2"):
            for op in ("ban", "mute"):
                admin.ask(op, id=who, **{"for": 0})
            town.again(who)
        admin.ask("ban", **{"for": 0},
                  key=ASK["ban-key"]["key"])
        admin.ask("ban", address=ASK["ban-net"]["address"], **{"for": 0})
    run(t, BROAD, lambda town, kind: ("", 0), restore)
