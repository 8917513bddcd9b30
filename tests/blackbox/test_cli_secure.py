# SPDX-License-Identifier: MPL-2.0
"""confab and a broker that encrypts: keys, roles, and what moderators do.

Each person has a home of his own, with his keys in it. The broker's users are
a file that a test writes; a broker that runs reads it again.
"""
import json
import os
import signal

from cli import Cli
from posed import address
from wire import Failure, check, same, wait_until

BROKER = False  # every test starts its own

CLOSED = 'closed\n    staff = "staff*"\n'


class Secured:
    """A broker with `access`, and people who talk to it."""

    def __init__(self, t, access="keys", config=CLOSED):
        self.t = t
        self.people = []
        self.roles = {}
        self.keys = {}
        self.start(access, config)

    def start(self, access, config):
        self.home = Cli(self.t, "")
        folder = self.home.folder.name
        self.users = os.path.join(folder, "users")
        self.config = os.path.join(folder, "confab.conf")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f'access = {access}\nusers = "{self.users}"\n{config}')
        self.write_users()
        self.broker = self.t.fresh(options=["-c", self.config],
                                   env={"XDG_RUNTIME_DIR": folder})
        self.address = address(self.broker.bind, self.broker.key)

    def write_users(self):
        with open(self.users + ".new", "w", encoding="utf-8",
                  opener=lambda path, flags: os.open(path, flags, 0o600)) as f:
            for name, role in self.roles.items():
                f.write(f"{name} role={role} key={self.keys[name]}\n")
        os.rename(self.users + ".new", self.users)

    def log(self):
        with open(self.broker.log_path, encoding="utf-8") as log:
            return log.read()

    def reload(self):
        before = self.log().count("event=config.reloaded ")
        self.write_users()
        self.broker.child.send_signal(signal.SIGHUP)
        wait_until(lambda: self.log().count("event=config.reloaded ") > before,
                   "the users are read again")

    def person(self, name, role=None):
        """Somebody with a home and a key; listed when he has a role."""
        person = Person(self.t, name, self.address)
        self.people.append(person)
        self.keys[name] = person.keygen()
        if role:
            self.roles[name] = role
            self.reload()
        return person

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for person in self.people:
            person.__exit__()
        self.home.__exit__()


class Person(Cli):
    def __init__(self, t, name, url):
        super().__init__(t, url)
        self.name = name

    def env(self, **more):
        data = os.path.join(self.folder.name, "data")
        return super().env(**({"XDG_DATA_HOME": data, "CONFAB_ID": self.name,
                               "XDG_RUNTIME_DIR": self.folder.name} | more))

    def keygen(self):
        return self.run("keygen", "-q").strip()

    def pipe(self, *rooms):
        """In these rooms."""
        pipe = self.start("-t", "20", "pipe")
        pipe.message("welcome")
        for room in rooms:
            pipe.send(op="join", room=room)
            pipe.message("joined", room=room)
        return pipe


def refused(person, *args, code=4, part="(denied)"):
    return person.wrong(*args, code=code, part=part)


def test_claim(t):
    """The first key to use an id owns it."""
    with Secured(t, "claim") as place:
        ann = place.person("ann")
        pipe = ann.pipe("lobby")
        ann.run("say", "lobby", "beside it")  # with no token, by the key
        same(pipe.message("say")["text"], "beside it")
        other = place.person("ann")
        check(other.keygen() != ann.keygen(), "one key")
        refused(other, "say", "lobby", "I am ann")
        pipe.end()
        same(pipe.wait(), 0)
        refused(other, "listen", "lobby")
        same(ann.run("who"), "")


def test_neighbour(t):
    """A broker on this machine is found by its endpoint alone."""
    with Secured(t, "claim") as place:
        bob = Person(t, "bob", place.broker.bind)
        with bob:
            where = {"XDG_RUNTIME_DIR": place.home.folder.name}
            bob.run("say", "lobby", "hello", **where)
            same(bob.run("history", "-r", "lobby", **where), "hello\n")
            bob.wrong("say", "lobby", "x", code=3, part="confab://...?key=...")
            place.broker.stop()
            bob.wrong("-t", "1", "say", "lobby", "x", code=3, **where)


def test_listed_or_not(t):
    with Secured(t) as place:
        ann = place.person("ann")
        wrong = refused(ann, "say", "lobby", "x")
        check(f"confabd user add ann '{ann.keygen()}'" in wrong, wrong)
        place.roles["ann"] = "member"
        place.reload()
        ann.run("say", "lobby", "x")
        refused(ann, "-i", "bob", "say", "lobby", "x")  # bob's is another key
        pipe = ann.pipe("lobby")
        del place.roles["ann"]
        place.reload()
        same(pipe.wait(), 4)
        refused(ann, "say", "lobby", "x")


def test_wrong_key_of_the_broker(t):
    with Secured(t) as place:
        ann = place.person("ann", "member")
        key = place.keys["ann"]  # any other
        ann.wrong("-b", address(place.broker.bind, key), "-t", "3", "say", "r",
                  "x", code=3, part="the handshake fails")


def test_roles(t):
    with Secured(t) as place:
        bob = place.person("bob", "member")
        cat = place.person("cat", "moderator")
        pipe = cat.start("pipe")
        same(pipe.message("welcome").get("role"), "moderator")
        bob.pipe("lobby")
        for deed in (["kick", "cat"], ["ban", "cat"], ["mute", "cat"],
                     ["list", "bans"], ["about", "lobby", "x"], ["reload"]):
            refused(bob, "admin", *deed)
        ann = place.person("ann", "admin")
        ann.pipe("lobby")
        for deed in (["kick", "ann"], ["ban", "ann"], ["reload"]):
            refused(cat, "admin", *deed)
        ann.run("admin", "reload")
        cat.wrong("admin", "kick", "nobody", code=5, part="(no-client)")
        cat.wrong("admin", "kick", "bob", "--room", "noroom", code=5,
                  part="(no-room)")
        cat.wrong("admin", "unban", "bob", code=4, part="(bad-state)")
        cat.wrong("admin", "ban", "--public-key", "x", code=6, part="(bad-name)")


def test_kick(t):
    with Secured(t) as place:
        cat = place.person("cat", "moderator")
        bob = place.person("bob", "member")
        seen = cat.pipe("lobby", "other")
        pipe = bob.pipe("lobby", "other")
        cat.run("admin", "kick", "bob", "--room", "lobby", "--reason", "loud")
        same(pipe.message("exit", id="bob")["why"], "kicked")
        same(seen.message("exit", id="bob")["why"], "kicked")
        cat.run("say", "lobby", "not for bob")
        cat.run("say", "other", "for bob")
        same(pipe.message("say")["text"], "for bob")
        cat.run("admin", "kick", "bob", "--reason", "come back tomorrow")
        same(pipe.message("bye"), {"op": "bye", "why": "kicked",
                                   "text": "come back tomorrow"})
        same(pipe.wait(), 4)
        pipe.error("come back tomorrow")
        bob.run("say", "lobby", "nothing keeps me out")


def test_listen_is_put_out(t):
    with Secured(t) as place:
        cat = place.person("cat", "moderator")
        bob = place.person("bob", "member")
        listen = bob.start("listen", "--direct", "lobby")
        wait_until(lambda: "lobby" in cat.run("rooms"), "bob listens")
        cat.run("admin", "kick", "bob", "--room", "lobby")
        listen.error("lobby: a moderator has put you out of it")
        same(listen.wait(), 4)


def test_ban(t):
    with Secured(t) as place:
        cat = place.person("cat", "moderator")
        bob = place.person("bob", "member")
        pipe = bob.pipe("lobby")
        cat.run("admin", "ban", "bob", "--for", "7d", "--reason", "floods")
        same(pipe.message("bye")["text"], "floods")
        same(pipe.wait(), 4)
        refused(bob, "say", "lobby", "x")
        fields = cat.run("admin", "list", "bans").rstrip("\n").split("\t")
        same((fields[1], fields[4], fields[5]), ("bob", "cat", "floods"))
        cat.run("admin", "unban", "bob")
        same(cat.run("admin", "list", "bans"), "")
        bob.run("say", "lobby", "here again")
        cat.run("admin", "ban", "--public-key", place.keys["bob"])
        refused(bob, "say", "lobby", "x")
        cat.run("admin", "unban", "--public-key", place.keys["bob"])
        bob.run("say", "lobby", "and again")
        refused(cat, "admin", "ban", "--address", "127.0.0.1",
                part="shut yourself out")


def test_mute(t):
    with Secured(t) as place:
        cat = place.person("cat", "moderator")
        bob = place.person("bob", "member")
        bob.pipe("lobby", "other")
        cat.run("admin", "mute", "bob", "--room", "lobby", "--for", "10m")
        refused(bob, "say", "lobby", "x")
        bob.run("say", "other", "x")
        cat.run("admin", "mute", "bob")
        refused(bob, "say", "other", "x")
        refused(bob, "tell", "cat", "x")
        same(len(cat.run("admin", "list", "mutes").splitlines()), 1)
        cat.run("admin", "unmute", "bob")
        cat.run("admin", "unmute", "bob", "--room", "lobby")
        bob.run("say", "lobby", "y")
        same(bob.run("history", "-r", "lobby"), "y\n")


def test_redact_and_about(t):
    with Secured(t) as place:
        cat = place.person("cat", "moderator")
        bob = place.person("bob", "member")
        listen = cat.start("listen", "-v", "lobby")
        wait_until(lambda: "lobby" in bob.run("rooms"), "cat listens")
        seq = bob.run("say", "-v", "lobby", "my password is x").strip()
        same(listen.line()[6:], "lobby <bob> my password is x")
        cat.run("admin", "redact", "lobby", seq, "--reason", "a password")
        same(listen.line()[6:], f"lobby * cat removed the message {seq}")
        lines = bob.run("history", "lobby").splitlines()
        same([line[6:] for line in lines],
             ["lobby <bob> (removed)",
              f"lobby * cat removed the message {seq}"])
        same(bob.run("history", "-r", "lobby"), "")
        cat.wrong("admin", "redact", "lobby", seq, code=4, part="(bad-state)")
        cat.run("admin", "about", "lobby", "where", "it begins")
        same(listen.line()[6:], "lobby -- cat: about where it begins")
        check("lobby\t1\twhere it begins\n" in bob.run("rooms"), "about")
        mine = bob.run("say", "-v", "lobby", "oh").strip()
        bob.run("admin", "redact", "lobby", mine)  # one's own


def test_closed_room(t):
    with Secured(t) as place:
        ann = place.person("ann", "member")
        bob = place.person("bob", "member")
        owner = ann.pipe("staff")
        for args, code, part in ((["say", "staff", "x"], 4, "(denied)"),
                                 (["history", "staff"], 5, "(no-room)"),
                                 (["who", "staff"], 5, "(no-room)"),
                                 (["listen", "staff"], 4, "(denied)")):
            bob.wrong(*args, code=code, part=part)
        pipe = bob.pipe()
        same(bob.run("rooms"), "")
        ann.run("admin", "invite", "staff", "bob")
        same(pipe.message("invited"), {"op": "invited", "room": "staff",
                                       "by": "ann"})
        pipe.send(op="join", room="staff", ref=1)
        joined = pipe.message("joined", ref=1)
        same((joined["closed"], joined["direct"]), (True, True))
        ann.run("say", "staff", "welcome")
        same(pipe.message("say")["text"], "welcome")
        members = ann.run("admin", "list", "members", "--room", "staff")
        same({line.split("\t")[1] for line in members.splitlines()},
             {"ann", "bob"})
        ann.run("admin", "remove", "staff", "bob")
        same(pipe.message("exit", id="bob")["why"], "kicked")
        same(owner.message("exit", id="bob")["why"], "kicked")
        pipe.send(op="join", room="staff", ref=2)
        same(pipe.message("error", ref=2)["code"], "denied")


def test_replaced(t):
    """Who has the key takes over; the other one does not fight."""
    with Secured(t) as place:
        bob = place.person("bob", "member")
        first = bob.pipe("lobby")
        second = bob.pipe("lobby")
        same(first.wait(), 4)
        first.error("taken over by another program")
        bob.run("say", "lobby", "x")
        same(second.message("say")["text"], "x")


def test_broker_comes_back(t):
    """With its key, at the same place: all goes on."""
    with Secured(t) as place:
        bob = place.person("bob", "member")
        pipe = bob.pipe("lobby")
        old, folder = place.broker, place.home.folder.name
        old.stop(signal.SIGKILL)
        with open(old.key_path, encoding="ascii") as file:
            secret = file.read()
        again = os.path.join(folder, "server.key")
        with open(again, "w", encoding="ascii",
                  opener=lambda path, flags: os.open(path, flags, 0o600)) as f:
            f.write(secret)
        with open(place.config, encoding="utf-8") as file:
            text = file.read()
        with open(place.config, "w", encoding="utf-8") as file:
            file.write(f'key = "{again}"\n' + text)
        t.fresh(bind=old.bind, pub=old.pub, options=["-c", place.config],
                env={"XDG_RUNTIME_DIR": folder})
        same(t.broker.key, old.key)
        pipe.message("welcome")
        pipe.message("joined")
        bob.run("say", "lobby", "x")
        same(pipe.message("say")["text"], "x")


def test_json_of_admin(t):
    with Secured(t) as place:
        cat = place.person("cat", "moderator")
        place.person("bob", "member").pipe("lobby")
        out = json.loads(cat.run("admin", "mute", "bob", "--json"))
        same(out["op"], "ok")
        out = json.loads(cat.run("admin", "list", "mutes", "--json"))
        ruling, = out["rulings"]
        same((ruling["kind"], ruling["id"], ruling["by"]),
             ("mute", "bob", "cat"))
        if "until" in ruling:
            raise Failure("it has no end")
