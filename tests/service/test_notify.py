# SPDX-License-Identifier: MPL-2.0
"""What the broker tells whoever runs it: ready, reloading, alive, stopping."""
import os
import signal
import socket
import tempfile

from broker import Broker
from test_unit import confined
from wire import check, same, wait_until

BROKER = False
SECONDS = 10


class Manager:
    """As systemd: a socket whose name is in the broker's environment."""

    def __init__(self, t, abstract=False, env=None, program=None, **more):
        self.folder = tempfile.TemporaryDirectory(prefix="confab-notify-")
        name = os.path.join(self.folder.name, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name if abstract else name)
        self.socket.settimeout(SECONDS)
        self.broker = Broker(
            program or t.shared.args.confabd, env={
                "NOTIFY_SOCKET": ("@" if abstract else "") + name,
                **(env or {})}, **more)
        t.broker = self.broker
        t.brokers.append(self.broker)

    def hears(self):
        """The next message, by its words."""
        lines = self.socket.recv(4096).decode().split("\n")
        return dict(line.split("=", 1) for line in lines)

    def hears_all(self):
        """What there is, when the broker has ended or stands still."""
        self.socket.setblocking(False)
        heard = []
        try:
            while True:
                heard.append(self.hears())
        except BlockingIOError:
            return heard


def states(pid):
    """A letter for each thread: R, S, T ..."""
    folder = f"/proc/{pid}/task"
    for task in os.listdir(folder):
        with open(f"{folder}/{task}/stat", encoding="utf-8") as file:
            yield file.read().rpartition(")")[2].split()[0]


def life(t, abstract):
    manager = Manager(t, abstract)
    broker = manager.broker
    same(manager.hears(), {"READY": "1",
                           "STATUS": f"{broker.bind}, {broker.pub}"})
    t.client("ann").ping()
    broker.child.send_signal(signal.SIGHUP)
    reloading = manager.hears()
    same(reloading.get("RELOADING"), "1")
    check(int(reloading["MONOTONIC_USEC"]) > 0, f"{reloading}")
    same(manager.hears(), {"READY": "1",
                           "STATUS": f"{broker.bind}, {broker.pub}"})
    same(broker.stop(), 0)
    same([m.get("STOPPING") for m in manager.hears_all()], ["1"])


def test_life(t):
    life(t, False)


def test_life_by_a_name_in_no_folder(t):
    life(t, True)


def test_life_under_the_filter(t):
    """With the system calls that the unit leaves it."""
    with tempfile.TemporaryDirectory(prefix="confab-unit-") as folder:
        manager = Manager(t, program=confined(t, folder),
                          env={"WATCHDOG_USEC": "600000"})
        same(manager.hears().get("READY"), "1")
        same(manager.hears(), {"WATCHDOG": "1"})


def test_a_refused_reload(t):
    """It goes on, and `systemctl status` tells why."""
    manager = Manager(t, config={"beat": "5s"})
    manager.hears()
    with open(os.path.join(manager.broker.folder.name, "confab.conf"), "a",
              encoding="utf-8") as file:
        file.write("no-such-key = 1\n")
    manager.broker.child.send_signal(signal.SIGHUP)
    same(manager.hears().get("RELOADING"), "1")
    ready = manager.hears()
    same(ready["READY"], "1")
    check("a reload was refused: " in ready["STATUS"] and
          "no-such-key" in ready["STATUS"], f"{ready}")


def test_signs_of_life(t):
    """More than one in the time in which one must come, by itself alone."""
    manager = Manager(t, env={"WATCHDOG_USEC": "600000"})
    same(manager.hears().get("READY"), "1")
    for _ in range(4):
        same(manager.hears(), {"WATCHDOG": "1"})
    manager.socket.settimeout(0.6)  # as systemd would
    for _ in range(4):
        manager.hears()


def test_no_sign_without_a_loop(t):
    """What hangs says nothing, and would be started again."""
    manager = Manager(t, env={"WATCHDOG_USEC": "300000"})
    for _ in range(3):
        manager.hears()
    os.kill(manager.broker.pid, signal.SIGSTOP)
    try:
        # Every thread has taken the signal, which is only on its way.
        wait_until(lambda: set(states(manager.broker.pid)) == {"T"}, "stopped")
        manager.hears_all()
        manager.socket.settimeout(0.6)
        check(not manager.hears(), "it says that it is alive")
    except TimeoutError:
        pass
    finally:
        os.kill(manager.broker.pid, signal.SIGCONT)


def test_signs_are_wanted_of_another(t):
    manager = Manager(t, env={"WATCHDOG_USEC": "3000", "WATCHDOG_PID": "1"})
    ann = t.client("ann")
    for _ in range(20):
        ann.ping()
    manager.broker.stop()
    check(not [m for m in manager.hears_all() if "WATCHDOG" in m],
          "it spoke for another program")


def test_nobody_is_there(t):
    """The service runs, whoever ought to listen."""
    for name in ("/nowhere/notify", "vsock:2:1234", "x" * 300, ""):
        t.fresh(env={"NOTIFY_SOCKET": name})
        wait_until(lambda: "service.unreachable" in t.broker.log_tail(),
                   "a line in the log")
        t.client("ann").ping()
