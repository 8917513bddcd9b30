# SPDX-License-Identifier: MPL-2.0
"""The service file: nothing wrong with it, little left to it, and confabd can
live with that."""
import os
import signal
import subprocess
import sys
import tempfile

import unit
from broker import Broker
from wire import Client, Failure, Keys, check, wait_until

BROKER = False
EXPOSURE = 15  # tenths, what `systemd-analyze security` may find at most
CONFINE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "confine.py")


def confined(t, folder):
    """A program in the folder that is confabd under the filter."""
    path = os.path.join(folder, "confined")
    with open(path, "w", encoding="utf-8") as script:
        script.write(f"#!/bin/sh\nexec {sys.executable} {CONFINE} "
                     f"{t.shared.args.confabd} \\\n"
                     f'    {t.shared.args.confabd} "$@"\n')
    os.chmod(path, 0o700)
    return path


def test_verify(t):
    code, output = unit.analyze_file(t.shared.args.confabd, "verify",
                                     "--man=no")
    if code or output.strip():
        raise Failure(f"systemd-analyze verify: {output}")


def test_exposure(t):
    code, output = unit.analyze_file(
        t.shared.args.confabd, "security", "--offline=true",
        f"--threshold={EXPOSURE}")
    if code or "Overall exposure level" not in output:
        raise Failure(output)


def test_the_filter_refuses(t):
    """Or what follows shows nothing."""
    forbidden = ("os.sched_setaffinity(0, {0})", "os.chown('/dev/null', 0, 0)",
                 "socket.socket(socket.AF_PACKET)",
                 "mmap.mmap(-1, 4096, prot=7)")
    for what in forbidden:
        code = ("import errno, mmap, os, socket, sys\n"
                f"try:\n    {what}\nexcept OSError as error:\n"
                "    sys.exit(error.errno != errno.EPERM)\nsys.exit(2)\n")
        done = subprocess.run([sys.executable, CONFINE, t.shared.args.confabd,
                               sys.executable, "-c", code], check=False)
        if done.returncode:
            raise Failure(f"{what} is not refused: {done.returncode}")


def converse(t, broker):
    t.broker = broker
    t.brokers.append(broker)
    ann, bob = t.client("ann"), t.client("bob")
    room = t.name("room")
    bob.join(room)
    sub = t.listener(bob, room)
    ann.say(room, "here")
    sub.expect("say", text="here")
    ann.tell(bob.id, "psst")
    bob.expect("tell", text="psst")
    return bob


def backup(t, broker, program):
    """The tool has the same filter."""
    done = subprocess.run([program, "--log", "sqlite:confab.db", "backup",
                           "copy.db"], cwd=broker.folder.name, text=True,
                          check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode:
        raise Failure(f"backup: {done.stdout}")


def test_confabd_lives(t):
    """Start, talk, reload, backup, kill, start again, stop."""
    with tempfile.TemporaryDirectory(prefix="confab-unit-") as folder:
        program = confined(t, folder)
        first = Broker(program, log="sqlite:confab.db")
        bob = converse(t, first)
        first.child.send_signal(signal.SIGHUP)
        wait_until(lambda: "config.reloaded" in first.log_tail(), "a reload")
        bob.ping()
        backup(t, first, program)
        first.stop(signal.SIGKILL)
        log = "sqlite:" + os.path.join(first.folder.name, "confab.db")
        second = Broker(program, log=log)
        converse(t, second)
        if second.stop() != 0:
            raise Failure(f"stopped with an error: {second.log_tail()}")


def runtime_mode():
    return int(unit.settings("", "RuntimeDirectoryMode")[0], 8)


def test_confabd_lives_with_keys(t):
    """Keys, passwords, a list of users that changes, the address that others
    on this machine find: libsodium, inotify and the folder of the unit."""
    with tempfile.TemporaryDirectory(prefix="confab-unit-") as folder:
        program = confined(t, folder)
        run = os.path.join(folder, "run")
        os.mkdir(run)
        os.chmod(run, runtime_mode())
        ann = Keys()
        broker = Broker(
            program, log="sqlite:confab.db", users=[f"ann {ann.line}"],
            config={"access": "keys", "plain": {"bind": "tcp://127.0.0.1:*",
                                                "pub": "tcp://127.0.0.1:*"}},
            env={"RUNTIME_DIRECTORY": run})
        t.broker = broker
        t.brokers.append(broker)
        t.dealer(**ann.options(broker.key)).hello("ann")
        (address,) = os.listdir(run)
        mode = os.stat(os.path.join(run, address)).st_mode & 0o777
        check(mode == 0o644, f"{address} has mode {mode:o}")
        # What an operator types is outside of the service.
        subprocess.run([t.shared.args.confabd, "--users", broker.users_path,
                        "user", "add", "bob", "--password"], text=True,
                       input="secret\n", check=True,
                       stdout=subprocess.DEVNULL)
        wait_until(lambda: "users.added" in broker.log_tail(), "bob is listed")
        bob = Client(t.context, broker.plain_bind, "bob")
        t.inlets.append(bob)
        bob.hello("bob", password="secret")
        bob.tell("ann", "psst")
        if broker.stop() != 0:
            raise Failure(f"stopped with an error: {broker.log_tail()}")
