# SPDX-License-Identifier: MPL-2.0
"""`confabd user`: who is listed, from the command line."""
import fcntl
import os
import pty
import re
import select
import signal
import stat
import subprocess
import tempfile
import termios

import zmq

from wire import check, same, wait_until

BROKER = False
MINUS = "-" + "0" * 39  # a key, not an option


def key():
    """Of those that need no -- before them."""
    while True:
        text = zmq.curve_keypair()[0].decode()
        if text[:2] not in ("--", "-c"):
            return text


class Place:
    """A folder with a file of users, and confabd called upon it."""

    def __init__(self, t):
        self.program = t.shared.args.confabd
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "users")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def env(self):
        return {"HOME": self.folder.name, "PATH": os.environ["PATH"],
                **{k: v for k, v in os.environ.items() if "SAN" in k}}

    def run(self, *arguments, code=0, text=None):
        """(stdout, stderr) of `confabd user ...`."""
        done = subprocess.run(
            [self.program, "--users", self.path, "user", *arguments],
            timeout=30, env=self.env(), capture_output=True,
            input=text if text is not None else b"")
        err = done.stderr.decode()
        same(done.returncode, code, f"exit code of {arguments}: {err}")
        return done.stdout.decode(), err

    def refused(self, *arguments, code=1, **more):
        before = self.read()
        out, err = self.run(*arguments, code=code, **more)
        same((out, self.read()), ("", before), "nothing has changed")
        return err

    def read(self):
        try:
            with open(self.path, encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def write(self, text, mode=0o600):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path, mode)

    def listed(self):
        return [line.split("\t") for line in self.run("list")[0].splitlines()]


def test_add_and_remove(t):
    one, two = key(), key()
    with Place(t) as place:
        out, err = place.run("add", "ann", one)
        same((out, err), ("ann may connect now\n", f"Made {place.path}\n"))
        same(stat.S_IMODE(os.stat(place.path).st_mode), 0o600)
        same(place.run("add", "ann", two),
             ("ann may connect with 2 keys now\n", ""))
        same(place.run("add", "ann", two, one)[0],
             "ann is listed like that already\n")
        same(place.run("add", "bob", MINUS)[0], "bob may connect now\n")
        same(place.run("add", "carl")[0].split(":")[0],
             "carl is listed now, without a key")
        same(place.listed(), [["ann", "member", one, two],
                              ["bob", "member", MINUS], ["carl", "member"]])
        same(place.run("remove", "ann", one)[0],
             "ann may connect with 1 key now\n")
        same(place.run("remove", "ann", two)[0], "ann has no key any more\n")
        same(place.run("remove", "ann")[0], "ann is not listed any more\n")
        same(place.run("remove", "bob", MINUS)[0], "bob has no key any more\n")
        same(place.listed(), [["bob", "member"], ["carl", "member"]])
        same(sorted(os.listdir(place.folder.name)), ["users", "users.lock"])


def test_roles(t):
    one = key()
    with Place(t) as place:
        out, _ = place.run("add", "ann", one, "--role", "admin")
        same(out, "ann may connect now\nann is an admin now\n")
        same(place.run("roles", "ann", "moderator")[0],
             "ann is a moderator now\n")
        same(place.run("add", "ann", key())[0],
             "ann may connect with 2 keys now\n")
        same(place.listed()[0][:3], ["ann", "moderator", one])
        same(place.run("add", "ann", "--role", "member")[0],
             "ann is a member now\n")
        for arguments in (("roles", "ann", "king"),
                          ("add", "ann", "--role", "king")):
            err = place.refused(*arguments)
            check("'king' is no role: there are member, moderator and admin"
                  in err, err)


def test_what_others_wrote_stays(t):
    one, two = key(), key()
    with Place(t) as place:
        place.write(f"# mine\n\n  bob\tkey={one}  \n#end\nann role=admin\n# x")
        place.run("add", "ann", two)
        same(place.read(), f"# mine\n\n  bob\tkey={one}  \n#end\n"
             f"ann role=admin key={two}\n# x\n")
        place.run("remove", "bob")
        same(place.read(), f"# mine\n\n#end\nann role=admin key={two}\n# x\n")
        place.run("add", "zo\u00eb")
        check(place.read().endswith("# x\nzo\u00eb\n"), place.read())


def test_refused(t):
    one, two = key(), key()
    with Place(t) as place:
        place.run("add", "ann", one)
        place.run("add", "dave")
        for arguments, says in (
                (("add", "bob", one), "this key is that of ann"),
                (("add", "Ann", two), "Ann looks like ann"),
                (("add", "bob", "abc"), "'abc' is not a key: it has 40 char"),
                # Not cut off at its end: it may begin with a -.
                (("add", "bob", two[1:].lstrip("-")), "`confab keygen`"),
                (("add", "@bob", two), "'@bob' is no id: it begins with '@'"),
                (("add", "b ob", two), "no id"),
                (("add", "", two), "'' is no id: it is empty"),
                (("remove", "anne"), "is it ann"),
                (("remove", "ANN"), "is it ann"),
                (("roles", "dav", "admin"), "is it dave"),
                (("remove", "somebody"), "see `confabd user list`"),
                (("remove", "ann", two), "ann has no such key"),
                (("remove", "ann", "abc"), "'abc' is not a key")):
            err = place.refused(*arguments)
            check(says in err and err.count("\n") == 1, err)
        many = [key() for _ in range(8)]
        check("has 8 keys already" in place.refused("add", "ann", *many), "")
        place.run("add", "ann", *many[:7])
        for arguments, says in (
                (("add",), "user add needs ID [KEY...]"),
                (("roles", "ann"), "user roles needs ID ROLE"),
                (("list", "x"), "'x' is too much: user list"),
                (("add", "x", *many, two), f"'{two}' is too much"),
                (("add", "x", *many, two, two), f"'{two}' is too much"),
                (("list", "--role", "admin"), "--role goes with user add"),
                (("remove", "ann", "--password"), "--password goes with"),
                (("dad",), "'user dad' is not a command: dump, "),
                ((), "'user' is not a command: dump, ")):
            err = place.refused(*arguments, code=2)
            check(says in err, err)


def test_a_file_that_is_not_right(t):
    one = key()
    with Place(t) as place:
        for text, mode, says in (
                (f"ann key={one}\nbob kye=x\n", 0o600,
                 f"{place.path}:2: 'kye=x' is none of"),
                (f"ann key={one}\n", 0o622, "others may write to it")):
            place.write(text, mode)
            for command in (("list",), ("add", "carl"), ("remove", "ann"),
                            ("roles", "ann", "admin")):
                err = place.refused(*command)
                check(says in err, err)


def test_a_password_from_stdin(t):
    with Place(t) as place:
        same(place.run("add", "robot", "--password", text=b"secret\nrest\n")[0],
             "robot may connect now\n")
        check(re.fullmatch(r"(#.*\n)+robot password="
                           r"\$argon2id\$v=19\$m=65536,t=2,p=1\$\S+\n",
                           place.read()), place.read())
        check("secret" not in place.read(), "only its hash is kept")
        same(place.listed(), [["robot", "member", "password"]])
        before = place.read()
        same(place.run("add", "robot", "--password", text=b"other")[0],
             "robot has a new password now\n")
        check(place.read() != before, "another hash")
        place.run("add", "robot", "--password", text=b"x" * 1024)
        for text, says in ((b"", "no password came from standard input"),
                           (b"\n", "the password is empty"),
                           (b"x" * 1025, "longer than 1024 bytes"),
                           (b"x" * 100000, "longer than 1024 bytes"),
                           (b"a\0b\n", "not text in UTF-8"),
                           (b"\xff\n", "not text in UTF-8")):
            err = place.refused("add", "robot", "--password", text=text)
            check(says in err, err)
        err = place.refused("add", "robot", "--password=secret", code=2)
        check("secret" not in err.replace("--password=secret", ""), err)


class Terminal:
    """confabd at a terminal of its own."""

    def __init__(self, place, *arguments):
        self.shown = b""
        self.master, slave = pty.openpty()
        self.child = subprocess.Popen(
            [place.program, "--users", place.path, "user", *arguments],
            stdin=slave, stdout=slave, stderr=slave, env=place.env(),
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.slave = slave

    def echoes(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def look(self):
        while select.select([self.master], [], [], 0)[0]:
            self.shown += os.read(self.master, 4096)
        return self.shown

    def answer(self, prompt, line):
        """Types a line when the prompt is there and nothing is shown."""
        wait_until(lambda: prompt in self.look() and not self.echoes(), prompt)
        self.shown = b""
        os.write(self.master, line)

    def ends(self):
        code = self.child.wait(30)
        shown, echoes = self.look().decode(), self.echoes()
        os.close(self.master)
        os.close(self.slave)
        check(echoes, "the terminal shows again what is typed")
        return code, shown


def test_a_password_from_the_terminal(t):
    with Place(t) as place:
        terminal = Terminal(place, "add", "ann", "--password")
        terminal.answer(b"Password: ", b"secret\n")
        terminal.answer(b"Once more: ", b"secret\n")
        code, shown = terminal.ends()
        same(code, 0, shown)
        check("ann may connect now" in shown and "secret" not in shown, shown)
        same(place.listed(), [["ann", "member", "password"]])
        before = place.read()
        terminal = Terminal(place, "add", "ann", "--password")
        terminal.answer(b"Password: ", b"secret\n")
        terminal.answer(b"Once more: ", b"secreT\n")
        code, shown = terminal.ends()
        check(code == 1 and "are not the same" in shown, shown)
        same(place.read(), before)


def test_ctrl_c_at_the_prompt(t):
    with Place(t) as place:
        for prompts in ((b"Password: ",), (b"Password: ", b"Once more: ")):
            terminal = Terminal(place, "add", "ann", "--password")
            for prompt in prompts[:-1]:
                terminal.answer(prompt, b"secret\n")
            terminal.answer(prompts[-1], b"\x03")
            code, shown = terminal.ends()
            same(code, -signal.SIGINT, shown)
            same(place.read(), None)


def test_many_at_once(t):
    """Nobody's change gets lost."""
    with Place(t) as place:
        children = [subprocess.Popen(
            [place.program, "--users", place.path, "user", "add", f"u{i}"],
            env=place.env(), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL) for i in range(16)]
        for child in children:
            same(child.wait(30), 0)
        same(sorted(line[0] for line in place.listed()),
             sorted(f"u{i}" for i in range(16)))


def test_where_the_file_is(t):
    with tempfile.TemporaryDirectory() as folder:
        conf = os.path.join(folder, "confab.conf")
        with open(conf, "w", encoding="utf-8") as file:
            file.write(f'users = "{folder}/conf/users"\n')
        for number, (options, env, where) in enumerate((
                (("-c", conf), {}, "conf/users"),
                (("--log", f"sqlite:{folder}/db/log"), {}, "db/users"),
                (("--log", "memory:"), {}, ".local/state/confab/users"),
                ((), {"XDG_STATE_HOME": f"{folder}/s"}, "s/confab/users"),
                ((), {"STATE_DIRECTORY": f"{folder}/d"}, "d/users"))):
            done = subprocess.run(
                [t.shared.args.confabd, *options, "user", "add", f"u{number}"],
                env={"HOME": folder, **env}, timeout=30, capture_output=True)
            same(done.returncode, 0, done.stderr.decode())
            path = os.path.join(folder, where)
            check(f"Made {path}" in done.stderr.decode(), done.stderr.decode())
            with open(path, encoding="utf-8") as file:
                check(f"\nu{number}\n" in file.read(), path)
            check(("With access open nobody is asked" in done.stderr.decode())
                  == ("-c" in options), done.stderr.decode())
