# SPDX-License-Identifier: MPL-2.0
"""confab run when something fails or is killed: it is told, and no message is
skipped."""
import fcntl
import os
import signal
import threading
import time

from cli import Cli
from test_cli_run import PRINT, lines_of, texts
from wire import check, same, wait_until


def test_mail_of_a_run_that_is_killed_comes_again(f):
    name = f.name("bot")
    with Cli(f) as cli:
        cli.run("-i", name, "listen", "--mail", "-W", "0.3", code=124)
        ann = f.client("ann")
        texts_sent = [str(i) for i in range(1, 21)]
        for text in texts_sent:
            ann.done("tell", to=name, text=text)
        out = os.path.join(cli.folder.name, "out")
        stuck = cli.start("-i", name, "run", "--mail", "-P", "2", "--", "sh",
                          "-c", f'echo $CONFAB_TEXT $$ >> {out}; '
                          'test $CONFAB_TEXT = 1 && exec sleep 60; true')
        wait_until(lambda: len(lines_of(out)) == 20, "all began")
        stuck.signal(signal.SIGKILL)
        stuck.wait()
        os.kill(int(dict(line.split() for line in lines_of(out))["1"]),
                signal.SIGKILL)
        same(cli.run("-i", name, "run", "--mail", "-e", "--", "sh", "-c",
                     "echo $CONFAB_TEXT").split(), texts_sent,
             "nothing was acknowledged before the first")


def test_failures_are_told_and_skip_nothing(f):
    room = f.name("room")
    ann = f.client("ann")
    seqs = {t: ann.say(room, t)["seq"] for t in ("a", "exit", "b", "kill",
                                                 "c")}
    with Cli(f) as cli:
        done = cli.full("run", "-e", "-r", room, "--", "sh", "-c",
                        'case $CONFAB_TEXT in exit) echo no; exit 3;; '
                        'kill) kill -9 $$;; *) exit 0;; esac', code=1)
        errors = done.stderr.decode().splitlines()
    same(len(errors), 2, "\n".join(errors))
    check(f"message {seqs['exit']} of {ann.id} in {room}: sh ended with 3" in
          errors[0], errors[0])
    check(f"message {seqs['kill']} " in errors[1] and
          "signal 9, Killed" in errors[1], errors[1])
    with Cli(f) as cli:
        done = cli.full("run", "-e", "--since", "-1", room, "--", "sh", "-c",
                        "kill -PIPE $$; echo survived", code=1)
        same(done.stdout, b"", "it has the usual signals, not ours")
        check(b"signal 13" in done.stderr, done.stderr)
    same(texts(ann, room), ["a", "exit", "b", "kill", "c"],
         "who fails does not answer")


def test_retry(f):
    room = f.name("room")
    f.client("ann").say(room, "x")
    with Cli(f) as cli:
        log = os.path.join(cli.folder.name, "log")
        cmd = ["sh", "-c", f"echo x >> {log}; test $(wc -l < {log}) -ge 3"]
        done = cli.full("run", "-e", "--retry", "2", room, "--", *cmd)
        same(done.stderr.count(b"it is tried again"), 2)
        same(len(lines_of(log)), 3)
        os.unlink(log)
        done = cli.full("run", "-e", "--retry", "1", room, "--", *cmd, code=1)
        same(len(lines_of(log)), 2)


def test_one_that_never_ends(f):
    room = f.name("room")
    ann = f.client("ann")
    ann.say(room, "x")
    with Cli(f) as cli:
        done = cli.full("run", "-e", "--kill-after", "0.2", room, "--",
                        "sleep", "600", code=1)
        check(b"signal 15" in done.stderr and b"its time was over" in
              done.stderr, done.stderr)
        done = cli.full("run", "-e", "--kill-after", "0.2", room, "--", "sh",
                        "-c", "trap '' TERM; sleep 600 & while :; do wait; "
                        "done", code=1)
        check(b"signal 9" in done.stderr, done.stderr)


def test_interrupted(f):
    room, name = f.name("room"), f.name("bot")
    f.client("ann").say(room, "x")
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        with Cli(f) as cli:
            log = os.path.join(cli.folder.name, "log")
            run = cli.start("-i", name, "run", "--since", "begin", room, "--",
                            "sh", "-c", f"trap 'echo ended >> {log}; exit 0' "
                            f"TERM; echo began >> {log}; sleep 60 & wait")
            wait_until(lambda: lines_of(log) == ["began"], "it began")
            run.signal(number)
            same(run.wait(), code)
            same(lines_of(log), ["began", "ended"])


def is_gone(pid):
    """It is no more, or nobody has waited for it yet."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


def test_nothing_of_what_it_started_stays(f):
    """Its group has the same two seconds when the process itself has ended at
    once, and nothing of it is there when confab goes on."""
    room, name = f.name("room"), f.name("bot")
    f.client("ann").say(room, "x")
    script = ("sh -c 'trap \"\" TERM; echo $$ >> {log}; exec sleep 600' & "
              "sh -c 'trap \"sleep 0.2; echo in order >> {log}; exit\" TERM; "
              "echo $$ >> {log}; while :; do sleep 0.05; done' & wait")
    for how in ("--kill-after", "signal"):
        with Cli(f) as cli:
            log = os.path.join(cli.folder.name, "log")
            limit = "1" if how == "--kill-after" else "600"
            run = cli.start("-i", name, "run", "-e", "--since", "begin",
                            "--kill-after", limit, room, "--", "sh", "-c",
                            script.format(log=log))
            wait_until(lambda: len(lines_of(log)) == 2, "both began")
            if how == "signal":
                run.signal(signal.SIGTERM)
            same(run.wait(), 143 if how == "signal" else 1)
            *pids, last = lines_of(log)
            same(last, "in order", "whoever goes in order may")
            wait_until(lambda: all(is_gone(pid) for pid in pids), "all gone",
                       1.0)


def test_interrupted_twice(f):
    """The second Ctrl-C ends those, too, that swallow SIGTERM."""
    room, name = f.name("room"), f.name("bot")
    f.client("ann").say(room, "x")
    script = ("exec 2>/dev/null; trap '' TERM; echo $$ >> {log}; "
              "sleep 60 & echo $! >> {log}; exec sleep 60")
    with Cli(f) as cli:
        log = os.path.join(cli.folder.name, "log")
        run = cli.start("-i", name, "run", "--since", "begin", room, "--", "sh",
                        "-c", script.format(log=log))
        wait_until(lambda: len(lines_of(log)) == 2, "both began")
        began = time.monotonic()
        run.signal(signal.SIGINT)
        run.error("told to end")
        run.signal(signal.SIGINT)
        same(run.wait(), 130)
        check(time.monotonic() - began < 1.5, "it had its two seconds")
        wait_until(lambda: all(is_gone(pid) for pid in lines_of(log)),
                   "all gone", 1.0)


def test_state_goes_on(f):
    room, name = f.name("room"), f.name("bot")
    ann = f.client("ann")
    with Cli(f) as cli:
        state = os.path.join(cli.folder.name, "state")
        run = ["-i", name, "run", "--state", state, "-e", room, "--", *PRINT]
        ann.say(room, "1")
        ann.say(room, "2")
        same(cli.run(*run), "1\n2\n")
        same(cli.run(*run), "")
        ann.say(room, "3")
        same(cli.run(*run), "3\n")


def kill_all(run, begun):
    """The command, and the processes that it leaves behind."""
    run.signal(signal.SIGKILL)
    run.wait()
    for pid in lines_of(begun):
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass
    if os.path.exists(begun):
        os.unlink(begun)


def test_killed_at_any_moment(f):
    """kill -9 of confab and of what it runs: every message is run to its end
    at least once, with -P 1 in order."""
    room, name = f.name("room"), f.name("bot")
    ann = f.client("ann")
    total, kills = 40, 20
    for parallel in ("1", "3"):
        with Cli(f) as cli:
            folder = cli.folder.name
            log, begun = f"{folder}/log", f"{folder}/begun"
            want = [f"{parallel}.{i}" for i in range(total)]
            for text in want:
                ann.say(room, text)
            args = ["-i", name, "run", "--state", f"{folder}/state", "--since",
                    f"-{total}", "-P", parallel, "-e", room, "--", "sh", "-c",
                    f'echo $$ >> {begun}; sleep 0.02; '
                    f'echo "$CONFAB_TEXT" >> {log}']
            for count in range(kills):
                run = cli.start(*args)
                wait_until(lambda: len(lines_of(begun)) > count % 4 or
                           run.child.poll() is not None, "it goes on")
                kill_all(run, begun)
            cli.run(*args)
            ran = lines_of(log)
            same(sorted(set(ran)), sorted(want), "each, at least once")
            most = total + kills * (1 if parallel == "1" else 12)
            check(len(ran) <= most, f"{len(ran)} runs for {total} messages")
            if parallel == "1":
                order = [t for i, t in enumerate(ran) if t not in ran[:i]]
                same(order, want, "in order")


def test_a_state_that_is_locked_for_a_moment(f):
    """As when confab is killed while it starts a process; but not for ever."""
    room, name = f.name("room"), f.name("bot")
    f.client("ann").say(room, "x")
    with Cli(f) as cli:
        state = os.path.join(cli.folder.name, "state")
        args = ["-i", name, "run", "--state", state, "-e", room, "--", "true"]
        cli.run(*args)
        with open(state, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            begin = time.monotonic()
            cli.wrong(*args, code=1, part="in use by another program")
            check(time.monotonic() - begin > 0.9, "it was tried again")
            timer = threading.Timer(0.3, fcntl.flock, (file, fcntl.LOCK_UN))
            timer.start()
            cli.run(*args)
            timer.join()
