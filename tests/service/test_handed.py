# SPDX-License-Identifier: MPL-2.0
"""Sockets that are handed over: the broker serves on them and on no others,
and none is more than the configuration says."""
import os
import socket
import subprocess
import sys
import tempfile

import zmq

from broker import Broker
from wire import Failure, Keys, check, same

BROKER = False
HANDING = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "handing.py")


def listening(host="127.0.0.1", family=socket.AF_INET, port=0):
    """(socket, its port): as systemd would have it."""
    inlet = socket.socket(family)
    inlet.bind((host, port))
    inlet.listen(64)
    return inlet, inlet.getsockname()[1]


def handing(t, folder, sockets, **env):
    """A program that is confabd with these sockets."""
    path = os.path.join(folder, "handing")
    numbers = [s.fileno() for s in sockets]
    for number in numbers:
        os.set_inheritable(number, True)
    with open(path, "w", encoding="utf-8") as script:
        script.write("#!/bin/sh\n" + "".join(f"export {name}='{value}'\n"
                                             for name, value in env.items()) +
                     f"exec {sys.executable} {HANDING} "
                     f"{','.join(map(str, numbers))} "
                     f'{t.shared.args.confabd} "$@"\n')
    os.chmod(path, 0o700)
    return path, numbers


class Handed:
    """A broker with sockets that were handed over."""

    def __init__(self, t, sockets, **more):
        self.folder = tempfile.TemporaryDirectory(prefix="confab-handed-")
        program, numbers = handing(t, self.folder.name, sockets)
        self.broker = Broker(program, pass_fds=numbers, **more)
        t.broker = self.broker
        t.brokers.append(self.broker)


def refused(t, sockets, *options, **env):
    """What it says when it does not start."""
    with tempfile.TemporaryDirectory(prefix="confab-handed-") as folder:
        program, numbers = handing(t, folder, sockets, **env)
        done = subprocess.run([program, "--log", "memory:", *options],
                              cwd=folder, pass_fds=numbers, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=20, check=False)
    same(done.returncode, 1, f"exit code ({done.stderr})")
    same(done.stdout, "", "stdout")
    return done.stderr


def converse(t):
    ann, bob = t.client("ann"), t.client("bob")
    room = t.name("room")
    bob.join(room)
    sub = t.listener(bob, room)
    ann.say(room, "here")
    sub.expect("say", text="here")
    ann.tell(bob.id, "psst")
    bob.expect("tell", text="psst")


def test_both(t):
    """In either order; they stay when the broker goes, and the next one has
    them, with who has come meanwhile."""
    (one, port), (two, other) = listening(), listening()
    more = {"bind": f"tcp://127.0.0.1:{port}",
            "pub": f"tcp://127.0.0.1:{other}"}
    for sockets in ([one, two], [two, one]):
        handed = Handed(t, sockets, **more)
        same(handed.broker.bind, more["bind"])
        same(handed.broker.pub, more["pub"])
        # Who hangs up before he is accepted must not stop a thread.
        check(not os.get_blocking(one.fileno()), "an accept could wait")
        converse(t)
        same(handed.broker.stop(), 0)
        waiting = socket.create_connection(("127.0.0.1", port))
        waiting.settimeout(10)
    handed = Handed(t, [one, two], **more)
    check(waiting.recv(1) == b"\xff", "who came before it is not greeted")
    waiting.close()
    converse(t)


def test_one_of_two(t):
    """The other one it binds itself."""
    one, port = listening()
    handed = Handed(t, [one], bind=f"tcp://127.0.0.1:{port}")
    same(handed.broker.bind, f"tcp://127.0.0.1:{port}")
    converse(t)


def test_all_addresses(t):
    """`*` is any address, of IPv4 and of IPv6; it needs --insecure here, too."""
    for host, family in (("0.0.0.0", socket.AF_INET), ("::", socket.AF_INET6)):
        (one, port), (two, other) = (listening(host, family),
                                     listening(host, family))
        handed = Handed(t, [one, two], bind=f"tcp://*:{port}",
                        pub=f"tcp://*:{other}", options=["--insecure"])
        handed.broker.bind = f"tcp://127.0.0.1:{port}"
        same(t.client("ann").welcome["pub"], f"tcp://*:{other}")
        same(handed.broker.stop(), 0)


def test_ipv6(t):
    """However the configuration writes it."""
    (one, port), (two, other) = (listening("::1", socket.AF_INET6),
                                 listening("::1", socket.AF_INET6))
    handed = Handed(t, [one, two], bind=f"tcp://[0:0::1]:{port}",
                    pub=f"tcp://[::1]:{other}", options=["--insecure"])
    same(handed.broker.bind, f"tcp://[::1]:{port}")


def test_a_local_socket(t):
    """Its file is systemd's: it stays."""
    with tempfile.TemporaryDirectory(prefix="confab-handed-") as folder:
        path = os.path.join(folder, "router")
        one = socket.socket(socket.AF_UNIX)
        one.bind(path)
        one.listen(64)
        handed = Handed(t, [one], bind=f"ipc://{path}")
        same(handed.broker.bind, f"ipc://{path}")
        t.client("ann").ping()
        same(handed.broker.stop(), 0)
        check(os.path.exists(path), "the file of the socket is gone")


def test_keys_and_plain(t):
    """All four, and each is what it is by its address."""
    found = [listening() for _ in range(4)]
    ports = [port for _, port in found]
    ann = Keys()
    places = [f"tcp://127.0.0.1:{port}" for port in ports]
    handed = Handed(
        t, [s for s, _ in reversed(found)], bind=places[0], pub=places[1],
        users=[f"ann {ann.line}"],
        config={"access": "keys", "plain": {"bind": places[2],
                                            "pub": places[3]}})
    broker = handed.broker
    same([broker.bind, broker.pub, broker.plain_bind, broker.plain_pub],
         places)
    t.dealer(**ann.options(broker.key)).hello("ann")
    # Without a key nobody is let in by the door that encrypts.
    stranger = t.context.socket(zmq.DEALER)
    stranger.linger = 0
    monitor = stranger.get_monitor_socket(
        zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL |
        zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_DISCONNECTED)
    stranger.connect(places[0])
    if not monitor.poll(10000):
        raise Failure("neither in nor out")
    event = int.from_bytes(monitor.recv_multipart()[0][:2], "little")
    stranger.disable_monitor()
    stranger.close(0)
    check(event != zmq.EVENT_HANDSHAKE_SUCCEEDED, "it is not encrypted")


def test_more_than_is_configured(t):
    """A socket that all can reach does not pass for one of this machine."""
    one, port = listening("0.0.0.0")
    said = refused(t, [one], "--bind", f"tcp://127.0.0.1:{port}", "--pub",
                   "tcp://127.0.0.1:*")
    check(f"listens on tcp://0.0.0.0:{port}, and that is neither bind "
          f"(tcp://127.0.0.1:{port}) nor pub (tcp://127.0.0.1:*)" in said,
          said)
    check("ListenStream=" in said, said)
    said = refused(t, [one], "--bind", f"tcp://localhost:{port}", "--pub",
                   "tcp://127.0.0.1:*")
    check("in numbers" in said, said)
    said = refused(t, [one], "--bind", f"tcp://0.0.0.0:{port}", "--pub",
                   "tcp://127.0.0.1:*")
    check("--insecure" in said, said)


def test_another_port(t):
    one, port = listening()
    said = refused(t, [one], "--bind", "tcp://127.0.0.1:*", "--pub",
                   "tcp://127.0.0.1:*")
    check(f"listens on tcp://127.0.0.1:{port}" in said, said)


def test_the_same_twice(t):
    one, port = listening()
    said = refused(t, [one, one], "--bind", f"tcp://127.0.0.1:{port}", "--pub",
                   "tcp://127.0.0.1:*")
    check("each once" in said, said)


def test_what_is_no_listener(t):
    """libzmq would abort."""
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    datagram = socket.socket(type=socket.SOCK_DGRAM)
    datagram.bind(("127.0.0.1", 0))
    with tempfile.TemporaryFile() as file:
        for handed in (silent, datagram, file):
            said = refused(t, [handed], "--bind", "tcp://127.0.0.1:*")
            check("is no socket that listens" in said, said)


def test_a_name_in_no_folder(t):
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind(f"\0confab-test-{os.getpid()}")
    abstract.listen()
    check("an address of another kind" in refused(t, [abstract]), "")


def test_senseless_counts(t):
    one, _ = listening()
    for count in ("17", "-1", "two", "", "2x"):
        check(f"LISTEN_FDS is '{count}'" in refused(t, [one], SAY_FDS=count),
              count)
    said = refused(t, [one], SAY_FDS="2", *())
    check("descriptor 3" in said or "listens on" in said, said)


def test_for_another_process(t):
    """Left over from whoever started us: they are not ours to take."""
    t.fresh(env={"LISTEN_FDS": "2", "LISTEN_PID": "1"})
    t.client("ann").ping()


def free_port():
    inlet, port = listening()
    inlet.close()
    return port


def test_by_systemd_itself(t):
    """systemd-socket-activate: the first who connects starts the broker."""
    ports = free_port(), free_port()
    places = [f"127.0.0.1:{port}" for port in ports]
    with tempfile.TemporaryDirectory(prefix="confab-handed-") as folder:
        child = subprocess.Popen(
            ["systemd-socket-activate", "-l", places[0], "-l", places[1],
             "-E", f"XDG_STATE_HOME={folder}", "-E",
             f"XDG_RUNTIME_DIR={folder}",
             t.shared.args.confabd, "--log", "memory:", "--bind",
             f"tcp://{places[0]}", "--pub", f"tcp://{places[1]}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        try:
            while "Listening on" not in (line := child.stderr.readline()):
                check(line, "it does not listen")
            confab = subprocess.run(
                [t.shared.args.confab, "-b", f"tcp://{places[0]}", "-t", "20",
                 "-i", "ann", "say", "lobby", "hello"],
                env=dict(os.environ, XDG_STATE_HOME=folder), text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, timeout=40, check=False)
            same((confab.returncode, confab.stdout), (0, ""))
            same(child.stdout.readline(),
                 f"ready bind=tcp://{places[0]} pub=tcp://{places[1]}\n")
        finally:
            child.terminate()
            child.communicate(timeout=20)
        same(child.returncode, 0)
