# SPDX-License-Identifier: MPL-2.0
"""Keys: confab and a broker that encrypts, one of our own."""
import fcntl
import os
import shlex
import socket
import stat
import threading
import time

import zmq

from cli import Cli
from posed import Posed, WELCOME, address
from wire import check, same, wait_until

BROKER = False


def answer(message):
    if message["op"] == "hello":
        return dict(WELCOME, id=message["id"])
    return {"op": "ok", "seq": 1, "time": 1} if "n" in message else {"op": "ok"}


def anyone(_key):
    return True


def data(cli):
    return {"XDG_DATA_HOME": os.path.join(cli.folder.name, "data")}


def key_file(cli, name):
    return os.path.join(cli.folder.name, "data", "confab", "keys",
                        name + ".key")


def test_keygen(f):
    with Cli(f) as cli:
        done = cli.full("-i", "ann", "keygen", **data(cli))
        key = done.stdout.decode().rstrip("\n")
        same(len(key), 40)
        check(f"confabd user add ann '{key}'" in done.stderr.decode(),
              done.stderr)
        mode = os.stat(key_file(cli, "ann")).st_mode
        same(stat.S_IMODE(mode), 0o600)
        again = cli.full("-i", "ann", "keygen", "-q", **data(cli))
        same((again.stdout.decode(), again.stderr), (key + "\n", b""))
        other = os.path.join(cli.folder.name, "robot.key")
        check(cli.run("keygen", "-q", "-k", other) != key + "\n", "the same")
        same(cli.run("keygen", "-q", CONFAB_KEY=other),
             cli.run("keygen", "-q", "--key", other))


def test_what_keygen_says_can_be_pasted(f):
    """Into a shell: an id may be anything but a blank."""
    with Cli(f) as cli:
        for name in ("ann", "it's$(x)", "*'`"):
            done = cli.full("-i", name, "keygen", **data(cli))
            line = done.stderr.decode().splitlines()[-1]
            words = shlex.split(line.split("by: ")[1])
            same(words, ["confabd", "user", "add", name,
                         done.stdout.decode().rstrip("\n")])


def test_keygen_reads_what_is_none(f):
    with Cli(f) as cli:
        path = os.path.join(cli.folder.name, "robot.key")
        for text, mode in (("", 0o600), ("curve\n", 0o600), (None, 0o644)):
            if text is None:
                os.remove(path)
                cli.run("keygen", "-q", "-k", path)
            else:
                with open(path, "w", encoding="ascii") as file:
                    file.write(text)
            os.chmod(path, mode)
            cli.wrong("keygen", "-k", path, code=1, part="keygen: ")
            with Posed(answer, anyone) as broker:
                cli.wrong("-b", broker.address, "-k", path, "say", "r", "x",
                          code=1, part="connect: ")


def test_by_address(f):
    with Posed(answer, anyone) as broker, Cli(f, broker.address) as cli:
        key = cli.run("-i", "ann", "keygen", "-q", **data(cli)).strip()
        cli.run("-i", "ann", "say", "r", "x", **data(cli))
        same(set(broker.keys), {key})
        cli.run("-i", "bob", "say", "r", "x", **data(cli))
        check(os.path.exists(key_file(cli, "bob")), "bob has no key")
        # Without an id it is the user's, so not each run makes one.
        cli.run("say", "r", "x", **data(cli))
        same(sorted(os.listdir(os.path.dirname(key_file(cli, "x")))),
             ["ann.key", "bob.key", "tester.key"])


def test_key_is_not_taken(f):
    """At once, with what the operator has to do."""
    with Posed(answer, lambda key: False) as broker, \
            Cli(f, broker.address) as cli:
        key = cli.run("-i", "ann", "keygen", "-q", **data(cli)).strip()
        start = time.monotonic()
        wrong = cli.wrong("-i", "ann", "-t", "20", "say", "r", "x", code=4,
                          part="(denied)", **data(cli))
        check(time.monotonic() - start < 10, "it has waited")
        check(f"confabd user add ann '{key}'" in wrong, wrong)
        same(broker.ops, [])


def test_key_is_taken_no_more(f):
    """While it runs: the connection breaks, and the next is refused."""
    with Cli(f) as cli:
        with Posed(answer, anyone) as broker:
            pipe = cli.start("-b", broker.address, "-i", "ann", "pipe",
                             **data(cli))
            pipe.message("welcome")
        with Posed(answer, lambda key: False, broker.url, broker.pair) as next_:
            same(pipe.message("error")["code"], "denied")
            same(pipe.wait(), 4)
            pipe.error("confabd user add ann")
        same(next_.ops, [])


def test_no_key_for_a_broker_with_one(f):
    with Posed(answer, anyone) as broker, Cli(f, broker.url) as cli:
        cli.wrong("-t", "20", "say", "r", "x", code=3,
                  part="confab://...?key=...")
        same(broker.ops, [])


def test_wrong_key_of_the_broker(f):
    with Posed(answer, anyone) as broker:
        other = zmq.curve_keypair()[0].decode()
        with Cli(f, address(broker.url, other)) as cli:
            cli.wrong("-t", "3", "say", "r", "x", code=3,
                      part="the handshake fails: is the broker's key",
                      **data(cli))
        same((broker.keys, broker.ops), ([], []))


def test_a_broker_that_does_not_encrypt(f):
    """Where a key is known nothing is said in the open."""
    with Posed(answer) as broker:
        key = zmq.curve_keypair()[0].decode()
        with Cli(f, address(broker.url, key)) as cli:
            cli.wrong("-t", "20", "say", "r", "secret", code=3,
                      part="not encrypted", **data(cli))
        same(broker.ops, [])


def test_one_that_says_nothing(f):
    """Nobody was told why within so short a time: what may be wrong is."""
    key = zmq.curve_keypair()[0].decode()
    with socket.create_server(("127.0.0.1", 0)) as silent, Cli(f) as cli:
        url = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        for to, part in (
                (url, "is it confabd? One that is encrypted wants"),
                (url.replace("127.0.0.1", "localhost"), "something listens"),
                (address(url, key), "is it encrypted, and is the key its own"),
        ):
            cli.wrong("-b", to, "-t", "0.3", "say", "r", "x", code=3,
                      part=part, **data(cli))


class Door:
    """A tunnel whose far end is not there: it lets in, and shuts."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.came = 0
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        try:
            while True:
                self.socket.accept()[0].close()
                self.came += 1
        except OSError:
            pass  # it is taken away

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


def test_a_tunnel(f):
    """It is waited for, as for a broker that does not run yet."""
    door = Door()
    url = f"tcp://127.0.0.1:{door.port}"
    with Cli(f, url) as cli:
        cli.wrong("-t", "2.5", "say", "r", "x", code=3, part="(handshake)")
        pipe = cli.start("-i", "ann", "-t", "20", "pipe")
        before = door.came
        wait_until(lambda: door.came >= before + 5, "five tries")
        door.close()
        with Posed(answer, bind=url):
            pipe.message("welcome")


def test_addresses_that_are_none(f):
    with Cli(f) as cli:
        for url in ("confab://", "confab://host", "confab://host/?key=x",
                    "confab://host:0/?key=" + "a" * 40):
            cli.wrong("-b", url, "say", "r", "x", code=6, part="url: ",
                      **data(cli))


class Published:
    """What a broker of this machine tells its neighbours."""

    def __init__(self, folder, broker, key=None):
        os.makedirs(os.path.join(folder, "confab"), exist_ok=True)
        port = broker.url.rsplit(":", 1)[1]
        path = os.path.join(folder, "confab", port + ".address")
        self.file = open(path + ".new", "w", encoding="ascii")
        self.file.write(address(broker.url, key or broker.key) + "\n")
        self.file.flush()
        os.rename(path + ".new", path)

    def lock(self):
        fcntl.flock(self.file, fcntl.LOCK_EX)
        return self

    def close(self):
        self.file.close()


def test_a_neighbour(f):
    with Posed(answer, anyone) as broker, Cli(f, broker.url) as cli:
        published = Published(cli.folder.name, broker)
        where = {"XDG_RUNTIME_DIR": cli.folder.name, **data(cli)}
        cli.wrong("say", "r", "x", code=3, part="its key", **where)
        published.lock()
        cli.run("say", "r", "x", **where)
        published.close()
        cli.wrong("say", "r", "x", code=3, part="its key", **where)


def test_a_neighbour_with_a_new_key(f):
    """The client was there before; it looks again."""
    with Posed(answer, anyone) as broker, Cli(f, broker.url) as cli:
        where = {"XDG_RUNTIME_DIR": cli.folder.name, **data(cli)}
        old = Published(cli.folder.name, broker,
                        zmq.curve_keypair()[0].decode()).lock()
        pipe = cli.start("-t", "20", "-i", "ann", "pipe", **where)
        pipe.message("error", code="handshake")
        new = Published(cli.folder.name, broker).lock()
        pipe.message("welcome")
        old.close()
        new.close()


def test_password(f):
    said = []

    def note(message):
        if message["op"] == "hello":
            said.append(message.get("password"))
        return answer(message)
    with Posed(note) as broker, Cli(f, broker.url) as cli:
        path = os.path.join(cli.folder.name, "password")
        with open(path, "w", encoding="utf-8") as file:
            file.write("sésame ouvre-toi\nmore\n")
        cli.wrong("say", "r", "x", "--password-file", path, code=1,
                  part="others may read it")
        os.chmod(path, 0o600)
        cli.run("say", "r", "x", "--password-file", path)
        cli.run("say", "r", "x", CONFAB_PASSWORD_FILE=path)
        same(said, ["sésame ouvre-toi"] * 2)
        open(path, "w", encoding="utf-8").close()
        cli.wrong("say", "r", "x", "--password-file", path, code=1,
                  part="its first line is empty")
        with open(path, "w", encoding="utf-8") as file:
            file.write("x" * 1025)
        cli.wrong("say", "r", "x", "--password-file", path, code=1)
        cli.wrong("say", "r", "x", "--password-file", path + ".no", code=1,
                  part="No such file")


def test_password_in_the_open(f):
    """Not over a network."""
    with Cli(f) as cli:
        path = os.path.join(cli.folder.name, "password")
        with open(path, "w", encoding="utf-8") as file:
            file.write("secret")
        os.chmod(path, 0o600)
        cli.wrong("-b", "tcp://192.0.2.1:7480", "--password-file", path, "who",
                  code=6, part="is not sent over a network unencrypted")
