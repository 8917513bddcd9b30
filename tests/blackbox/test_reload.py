# SPDX-License-Identifier: MPL-2.0
"""What a running broker takes over from its file, and what it says of it."""
import contextlib
import os
import signal
import tempfile

import zmq

from wire import check, same, wait_until

BROKER = False  # every test starts its own


class File:
    """The configuration of a broker, which can be written again."""

    def __init__(self, t, folder):
        self.t = t
        self.path = os.path.join(folder, "confab.conf")
        self.users = os.path.join(folder, "users")
        self.seen = 0

    def write(self, text):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)

    def list(self, text):
        """Replaces the file of users."""
        with open(self.users + ".new", "w", encoding="utf-8",
                  opener=lambda path, flags: os.open(path, flags, 0o600)) as f:
            f.write(text)
        os.rename(self.users + ".new", self.users)

    def log(self):
        with open(self.t.broker.log_path, encoding="utf-8") as log:
            return log.read()

    def hup(self, text=None, event="config.reloaded"):
        """The events, without their times, from the signal to this one."""
        self.seen = len(self.log())
        if text is not None:
            self.write(text)
        self.t.broker.child.send_signal(signal.SIGHUP)
        return self.until(event)

    def until(self, event):
        def arrived():
            return f" event={event} " in self.log()[self.seen:]
        wait_until(arrived, event)
        log = self.log()
        lines = log[self.seen:].splitlines()
        self.seen = len(log)
        return [line.split(" event=", 1)[1] for line in lines]


@contextlib.contextmanager
def broker_with(t, text, *options):
    with tempfile.TemporaryDirectory() as folder:
        file = File(t, folder)
        file.write(text)
        t.fresh(options=["-c", file.path, *options])
        yield file


def test_hup_reloads_what_it_can(t):
    with broker_with(t, "log-level = error\n") as file:
        same(file.log(), "")
        said = file.hup("log-level = debug\nlimits\n    rooms = 9\n"
                        "    connections = 5\n")
        same([line for line in said if line.startswith("config.")],
             ["config.changed key=log-level from=error to=debug",
              "config.changed key=limits/connections from=32768 to=5",
              "config.needs-restart key=limits/rooms",
              f"config.reloaded file={file.path}"])
        check("net.limit connections=5" in said, said)
        t.client("ann")
        check("event=net.accepted" in file.log(), "debug is in force")
        said = file.hup()
        check(not [s for s in said if s.startswith("config.changed")], said)
        said = file.hup("log-level = error\n")
        check("config.changed key=log-level from=debug to=error" in said, said)
        check("config.needs-restart key=limits/rooms" not in said, said)
        t.client("bob")
        check("id=bob" not in file.log(), "error is in force")


def test_lists_are_told_when_they_change(t):
    lists = {"retention": "* age=1d", "closed": "x-*",
             "rules": "deny member say y"}
    with broker_with(t, "") as file:
        text = ""
        for section, value in lists.items():
            text += f'{section}\n    a = "{value}"\n'
            said = file.hup(text)
            changed = [line for line in said if ".changed " in line]
            same(changed, [f"{section}.changed lines=1"])
        said = file.hup(text)
        check(not [line for line in said if ".changed " in line], said)
        said = file.hup("")
        same([line for line in said if ".changed " in line],
             [f"{section}.changed lines=0" for section in lists])


def test_a_wrong_file_changes_nothing(t):
    rule = 'rules\n    calm = "deny member say calm*"\n'
    with broker_with(t, rule) as file:
        ann = t.client("ann")
        ann.join("calm-1")
        for text, says in (
                ("log-level = loud\n", f"{file.path}:1: log-level:"),
                ("retention\n    a = *\n", f"{file.path}:2: retention/a:"),
                ("rules\n    a = \"deny member shout *\"\n",
                 f"{file.path}:2: rules/a: 'shout' is no act"),
                ("log-level = error\nrules\n    a = \"deny id:bob say *\"\n",
                 "rules/a is about id:bob, and with access open"),
                ("log-level = error\nbind = \"tcp://*:1\"\npub = tcp://*:1\n",
                 None)):  # the command line has both, so this is right
            event = "config.refused" if says else "config.reloaded"
            said = file.hup(text, event)
            if says:
                check(says in said[-1].replace("\\", ""), said)
                same(len(said), 1)
                ann.refused("say", "denied", room="calm-1", text="x")
        ann.done("say", room="calm-1", text="x")


def test_rules_act_at_once_and_at_every_act(t):
    with broker_with(t, "") as file:
        ann, bob = t.client("ann"), t.client("bob")
        for client in (ann, bob):
            client.join("news")
        ann.done("say", room="news", text="1")
        file.hup('rules\n    a = "deny member say,create news*"\n'
                 '    b = "deny member tell bob*"\n')
        ann.refused("say", "denied", room="news", text="2")
        ann.refused("join", "denied", room="newsroom")
        ann.refused("tell", "denied", to=t.name("bob"), text="3")
        bob.done("tell", to=t.name("ann"), text="4")
        ann.done("history", "history", room="news")
        file.hup("")
        ann.done("say", room="news", text="5")
        ann.join("newsroom")
        ann.done("tell", to=t.name("bob"), text="6")


def test_rates_reload(t):
    with broker_with(t, "rates\n    say = 1\n", "--bind", "tcp://*:*",
                     "--insecure") as file:
        ann = t.client("ann")
        ann.join("r")

        def answers():
            for i in range(10):
                ann.send({"op": "say", "room": "r", "text": "x", "ref": i})
            return [ann.expect(None, ref=i)["op"] for i in range(10)]
        check("error" in answers(), "five at once")
        said = file.hup("rates\n    say = 0\n")
        check("config.changed key=rates/say from=1 to=0" in said, said)
        same(set(answers()), {"ok"})


class Users(File):
    """The same with access keys: its clients have keys."""

    def __init__(self, t, folder):
        super().__init__(t, folder)
        self.keys = {}

    def access(self):
        key = os.path.join(os.path.dirname(self.path), "server.key")
        return f'access = keys\nusers = "{self.users}"\nkey = "{key}"\n'

    def user(self, stem, role="member"):
        """A line for the file of users."""
        pair = self.keys.setdefault(stem, zmq.curve_keypair())
        return f"{self.t.name(stem)} role={role} key={pair[0].decode()}\n"

    def client(self, stem):
        public, secret = self.keys[stem]
        client = self.t.dealer(stem, CURVE_PUBLICKEY=public,
                               CURVE_SECRETKEY=secret,
                               CURVE_SERVERKEY=self.t.broker.key.encode())
        client.hello(self.t.name(stem))
        return client


@contextlib.contextmanager
def broker_with_users(t, *users):
    """Each user is a stem and a role."""
    with tempfile.TemporaryDirectory() as folder:
        file = Users(t, folder)
        file.list("".join(file.user(*user) for user in users))
        file.write(file.access())
        t.fresh(options=["-c", file.path])
        yield file


def test_users_are_read_again(t):
    with broker_with_users(t) as file:
        file.list("ann role=admin\nbob\n")
        file.until("users.reloaded")
        file.list("ann\ncleo role=moderator\n")
        same(file.until("users.reloaded")[-4:],
             ["users.removed id=bob", "users.role id=ann from=admin to=member",
              "users.added id=cleo role=moderator",
              "users.reloaded users=2"])
        file.list("ann\ndan\nann\n")
        said = file.until("config.refused")
        check(f"{file.users}:3:" in said[-1], said)
        os.remove(file.users)
        said = file.until("users.reloaded")
        same(said[:2], ["users.removed id=ann", "users.removed id=cleo"])


def test_an_editor_ends_no_session(t):
    """Some move the old file away before there is another, or empty it."""
    with broker_with_users(t, ("ann",)) as file:
        ann = file.client("ann")
        os.rename(file.users, file.users + "~")
        file.list(file.user("ann"))
        with open(file.users, "w", encoding="utf-8") as users:
            users.flush()
            users.write(file.user("ann") + "bob\n")
        said = file.until("users.added")
        check(not [s for s in said if "removed" in s], said)
        ann.ping()


def test_hup_reads_the_users_too(t):
    with broker_with_users(t) as file:
        file.list("ann\nann\n")
        file.until("config.refused")
        said = file.hup("log-level = debug\n", "config.refused")
        check(f"{file.users}:2:" in said[-1], said)
        check(not [s for s in said if "config.changed" in s], said)


def test_an_admin_reloads(t):
    with broker_with_users(t, ("ann", "admin"), ("bob",)) as file:
        ann, bob = file.client("ann"), file.client("bob")
        bob.join("news")
        file.write(file.access() + 'rules\n    a = "allow admin say news"\n')
        bob.refused("reload", "denied")
        bob.done("say", room="news", text="not yet")
        ann.done("reload")
        bob.refused("say", "denied", room="news", text="x")
        ann.done("say", room="news", text="x")
        check(" event=rules.changed " in file.log(), file.log())
        file.write(file.access() + 'rules\n    a = "allow admins say news"\n')
        why = ann.done("reload", "error")["text"]
        check("rules/a: 'admins' is no role" in why, why)
        bob.refused("say", "denied", room="news", text="x")


def test_who_is_not_listed_any_more_is_out(t):
    with broker_with_users(t, ("ann", "admin"), ("bob",)) as file:
        ann, bob = file.client("ann"), file.client("bob")
        file.list(file.user("ann"))
        bob.expect("bye", why="kicked")
        file.until("users.reloaded")
        ann.refused("reload", "denied")
        file.list(file.user("ann") + file.user("bob", "admin"))
        file.until("users.reloaded")
        bob = file.client("bob")
        same(bob.welcome["role"], "admin")
        bob.done("reload")


def test_hup_without_a_file(t):
    t.fresh()
    t.broker.child.send_signal(signal.SIGHUP)

    def reloaded():
        with open(t.broker.log_path, encoding="utf-8") as log:
            return "config.reloaded" in log.read()
    wait_until(reloaded, "reloaded")
    t.client("ann").ping()
