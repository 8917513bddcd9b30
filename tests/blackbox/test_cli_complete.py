# SPDX-License-Identifier: MPL-2.0
"""confab completion: what is offered, and the three shells themselves, typed
into on a terminal of their own."""
import os
import pty
import select
import socket
import signal
import time

from cli import Cli, nobody
from wire import Failure, PATIENCE, check, same, wait_until

EVIL = ("$(touch${IFS}pwned)", "`touch${IFS}pwned`", ";touch${IFS}pwned;",
        "'q'\"dq\"", "*?[a]{b,c}", "\\back!bang#hash~&|<>", "日本")
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"],
             'eval "$(confab completion bash)"'),
    "zsh": (["zsh", "-f", "-i"],
            'autoload -Uz compinit; compinit -u -D; '
            'eval "$(confab completion zsh)"'),
    "fish": (["fish", "--no-config", "-i"], "confab completion fish | source"),
}


def offered(cli, *words, shell="bash", **env):
    """What a shell is told, without the first line."""
    return cli.run("completion", shell, "--", "confab", *words,
                   **env).splitlines()[1:]


def saying(f):
    """Rooms made by what is said in them."""
    speaker = f.client("speaker")
    return lambda *rooms: [speaker.say(room, "x") for room in rooms]


def test_what_the_tables_know(f):
    with Cli(f) as cli:
        same(offered(cli, "sa"), ["say"])
        same(offered(cli, "-v", "--color", "never", "hi"), ["history"])
        same(offered(cli, "say", "--ki"), ["--kind"])
        check("-b" in offered(cli, "say", "-") and "--keep" in
              offered(cli, "say", "-"), "all of them")
        check("--kind" not in offered(cli, "listen", "-"), "its own only")
        same(offered(cli, "--color", ""), ["auto", "always", "never"])
        same(offered(cli, "--color", "a"), ["auto", "always"])
        same(offered(cli, "--color=a"), ["--color=auto", "--color=always"])
        same(offered(cli, "chat", "--theme", "d"), ["dark"])
        same(offered(cli, "admin", "invite", "--role", ""),
             ["member", "owner"])
        same(offered(cli, "admin", "un"), ["unban", "unmute"])
        same(offered(cli, "admin", "list", "m"), ["mutes", "members"])
        same(offered(cli, "completion", ""), ["bash", "zsh", "fish"])
        same(offered(cli, "help", "se"), ["search"])
        same(offered(cli, "help", "say", ""), [])
        same(offered(cli, "say", "lobby", ""), [])
        same(offered(cli, "listen", "--since", ""), [])
        same(offered(cli, "shout", ""), offered(cli, ""))
        same(offered(cli, "sa", shell="zsh"),
             ["say\tsay something in a room; no text: all of stdin"])
        for words in (["--key", ""], ["-k", ""], ["listen", "--state", "x"],
                      ["run", "lobby", "--", ""], ["--password-file=x"]):
            same(cli.run("completion", "bash", "--", "confab", *words),
                 "files\n", str(words))
        same(cli.run("completion", "zsh", "--"), cli.run("completion", "zsh"))


def test_profiles(f):
    with Cli(f) as cli:
        folder = os.path.join(cli.folder.name, ".config", "confab")
        os.makedirs(folder)
        with open(os.path.join(folder, "config"), "w",
                  encoding="utf-8") as file:
            file.write("[work]\n[my home]\nid = ann\n[w\x1b[2J]\n")
        same(offered(cli, "-p", "w"), ["work"])
        same(offered(cli, "--profile="), ["--profile=work",
                                          "--profile=my\\ home"])
        same(offered(cli, "--profile", "my", shell="fish"), ["my home"])


def test_rooms_and_ids(f):
    say = saying(f)
    stem = f.name("z")
    say(stem + "lobby", stem + "lounge", stem)
    bob = f.client("bob")
    with Cli(f) as cli:
        for words in (["say"], ["listen", "other"], ["who"], ["history"],
                      ["chat", "-i", "x"], ["run"], ["search", "--room"],
                      ["admin", "mute", "eve", "--room"], ["admin", "about"],
                      ["admin", "invite"], ["admin", "redact"]):
            same(offered(cli, *words, stem + "l"),
                 [stem + "lobby", stem + "lounge"], str(words))
        same(offered(cli, "say", stem),
             [stem, stem + "lobby", stem + "lounge"], "itself, too")
        for words in (["tell"], ["history", "--with"], ["search", "--from"],
                      ["admin", "kick"], ["admin", "invite", "room"]):
            same(offered(cli, *words, bob.id[:-1]), [bob.id], str(words))


def test_many_pages(f):
    """More than the broker gives at once."""
    ann = f.client("ann")
    stem = f.name("many")
    rooms = [f"{stem}.{i:04d}" for i in range(700)]
    for room in rooms:
        ann.tell_broker("say", room=room, text="x")
    ann.ping()
    with Cli(f) as cli:
        same(offered(cli, "say", stem), rooms)
        same(offered(cli, "say", stem + ".06"),
             [room for room in rooms if room.startswith(stem + ".06")])


def test_names_for_bash(f):
    """As bash takes them, and in quotes that were begun only what is harmless
    there."""
    say = saying(f)
    stem = f.name("y")
    say(*(stem + evil for evil in EVIL))
    with Cli(f) as cli:
        same(set(offered(cli, "say", stem + "$")),
             {stem + "\\$\\(touch\\$\\{IFS\\}pwned\\)"})
        same(offered(cli, "say", stem + "\\$"),
             [stem + "\\$\\(touch\\$\\{IFS\\}pwned\\)"])
        same(offered(cli, "say", "'" + stem + "$"),
             [stem + "$(touch${IFS}pwned)"])
        same(offered(cli, "say", '"' + stem), [stem + "*?[a]{b,c}",
                                               stem + ";touch${IFS}pwned;",
                                               stem + "日本"][::2])
        check(not any("'" in name for name in offered(cli, "say", "'" + stem)),
              "no quote within quotes")
        plain = offered(cli, "say", stem, shell="fish")
        same(set(plain), {stem + evil for evil in EVIL})


def test_nobody_is_disturbed(f):
    """No broker, one that is silent, one that wants a key: nothing, at once,
    and no key is made."""
    url, taken = nobody()
    with taken, Cli(f, url) as cli:
        begin = time.monotonic()
        done = cli.full("completion", "bash", "--", "confab", "say", "")
        check(0.5 < time.monotonic() - begin < PATIENCE, "a second")
        same((done.stdout, done.stderr), (b"words\n", b""))
        done = cli.full("completion", "bash", "--", "confab", "-b",
                        "'confab://127.0.0.1:1/?key=" + "a" * 40 + "'", "say",
                        "", XDG_DATA_HOME=cli.folder.name)
        same((done.stdout, done.stderr), (b"words\n", b""))
        same(os.path.exists(os.path.join(cli.folder.name, "confab", "keys")),
             False, "no key is made")
        done = cli.full("completion", "bash", "--", "confab",
                        "--password-file", "-", "say", "")
        same((done.stdout, done.stderr), (b"words\n", b""))


def silent_calls(server):
    """Of all that have called, how many said nothing, and how many did."""
    calls = [0, 0]
    server.settimeout(0)
    while True:
        try:
            call, _ = server.accept()
        except BlockingIOError:
            return calls
        with call:
            call.settimeout(PATIENCE)
            calls[bool(call.recv(64))] += 1


def test_nobody_is_told_why(f):
    """A look at why the broker does not answer takes time, too: that is for
    those who are told."""
    with socket.create_server(("127.0.0.1", 0)) as server, \
         Cli(f, "tcp://127.0.0.1:%d" % server.getsockname()[1]) as cli:
        cli.run("completion", "bash", "--", "confab", "say", "")
        silent, others = silent_calls(server)
        check(silent == 0 and others > 0, f"{silent} looks, {others} calls")
        cli.run("-t", "0.5", "ping", code=3)
        same(silent_calls(server)[0], 1, "looks of ping")


def test_the_broker_on_the_line(f):
    say = saying(f)
    stem = f.name("w")
    say(stem + "here")
    url, taken = nobody()
    with taken, Cli(f, url) as cli:
        for words in (["-b", f.broker.bind], ["--broker", f.broker.bind],
                      [f"--broker={f.broker.bind}"], [f"-b{f.broker.bind}"],
                      ["-b", f"'{f.broker.bind}'"], ["-v", "-i", "ann.x", "-b",
                                                     f.broker.bind]):
            same(offered(cli, *words, "say", stem), [stem + "here"],
                 str(words))
        same(offered(cli, "say", "-b", f.broker.bind, stem), [stem + "here"])
        folder = os.path.join(cli.folder.name, ".config", "confab")
        os.makedirs(folder)
        with open(os.path.join(folder, "config"), "w",
                  encoding="utf-8") as file:
            file.write(f"broker = {url}\n[there]\nbroker = {f.broker.bind}\n")
        same(offered(cli, "-p", "there", "say", stem, CONFAB_BROKER=""),
             [stem + "here"])
        same(offered(cli, "-p", "nowhere", "say", stem, CONFAB_BROKER=""), [])


class Shell:
    """An interactive shell on a terminal of its own."""

    def __init__(self, f, cli, name):
        command, setting = SHELLS[name]
        build = os.path.dirname(f.shared.args.confab)
        env = cli.env(PATH=f"{build}:{os.environ['PATH']}", TERM="dumb",
                      PS1="> ", XDG_CONFIG_HOME=cli.folder.name,
                      XDG_DATA_HOME=cli.folder.name)
        self.text = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cli.folder.name)
            os.execvpe(command[0], command, env)
        self.run(setting)

    def type(self, text):
        os.write(self.fd, text.encode())

    def run(self, line):
        """Types a line, and waits until the shell is through with it."""
        mark = b"end-%d" % len(self.text)
        # What is typed is echoed: the mark itself must not stand in it.
        self.type(f"{line}\necho end'-'{mark[4:].decode()}\n")
        end = time.monotonic() + PATIENCE
        while mark not in self.text:
            if not select.select([self.fd], [], [], end - time.monotonic())[0]:
                raise Failure(f"the shell hangs: {self.text[-2000:]!r}")
            self.text += os.read(self.fd, 65536)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def newest(client, room):
    page = client.done("history", "history", room=room, limit=1)
    return page["messages"][-1]["text"]


def try_shell(f, name):
    """Tab on a command, a room, an option's value; then the line is run."""
    ann = f.client("ann")
    say = saying(f)
    stems = {f"{f.name('r')}{n}x": evil for n, evil in enumerate(EVIL)}
    say(*(stem + evil for stem, evil in stems.items()))
    room = f.name("p") + ":room"
    say(room)
    with Cli(f) as cli, Shell(f, cli, name) as shell:
        shell.run(f"confab sa\t {room[:-4]}\thello")
        wait_until(lambda: newest(ann, room) == "hello",
                   f"a room with a colon; {shell.text[-1500:]!r}")
        for stem, evil in stems.items():
            shell.run(f"confab say {stem}\thello")
            wait_until(lambda: newest(ann, stem + evil) == "hello",
                       f"{name}: {evil}; {shell.text[-1500:]!r}")
        shell.run(f"confab history {room} --color=ne\t-n 1 > out2")
        with open(os.path.join(cli.folder.name, "out2"), "rb") as file:
            check(b"hello" in file.read(), shell.text[-1000:])
        for quote in "" if name == "fish" else "\"'":  # it leaves it open
            shell.run(f"confab say {quote}{room[:-4]}\tin{ord(quote)}")
            wait_until(lambda: newest(ann, room).startswith("in"),
                       f"a quote that is begun; {shell.text[-1500:]!r}")
            say(room)
        same(os.path.exists(os.path.join(cli.folder.name, "pwned")), False,
             "nothing of a name is run")


def test_bash(f):
    try_shell(f, "bash")


def test_zsh(f):
    try_shell(f, "zsh")


def test_fish(f):
    try_shell(f, "fish")
