# SPDX-License-Identifier: MPL-2.0
"""confab run, against a real broker: a process per message, none skipped."""
import json
import os
import subprocess
import sys
import time

from cli import Cli
from test_cli_listen import member
from wire import PATIENCE, check, same

PRINT = ("sh", "-c", 'cat >/dev/null; echo "$CONFAB_TEXT"')


def script(cli, body, name="cmd"):
    """A program of the test's own; gives its path."""
    path = os.path.join(cli.folder.name, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"#!{sys.executable}\nimport json, os, sys, time\n{body}\n")
    os.chmod(path, 0o755)
    return path


def texts(client, room):
    return [m.get("text") for m in client.done("history", "history",
                                               room=room)["messages"]]


def lines_of(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().split("\n")[:-1]
    except FileNotFoundError:
        return []


def test_what_a_process_gets(f):
    room = f.name("room")
    ann = f.client("ann")
    with Cli(f) as cli:
        out = os.path.join(cli.folder.name, "out")
        cmd = script(cli, 'json.dump([sys.argv[1:], json.load(sys.stdin), '
                     '{k: v for k, v in os.environ.items() if '
                     'k.startswith("CONFAB_")}, sorted(os.listdir('
                     f'"/proc/self/fd"))], open("{out}", "w"))')
        sent = ann.done("say", room=room, text="a\nb $(c)", kind="action",
                        re=7)
        cli.run("-i", f.name("bot"), "run", "-e", room, "--", cmd, "-x", "--",
                "é", CONFAB_TO="old", CONFAB_TEXT_TRUNCATED="1")
        with open(out, encoding="utf-8") as file:
            args, message, env, fds = json.load(file)
    env.pop("CONFAB_SYSTEM_CONFIG")  # ours, see cli.py
    same(args, ["-x", "--", "é"])
    same((message["op"], message["text"], message["seq"]),
         ("say", "a\nb $(c)", sent["seq"]))
    same(env, {"CONFAB_ROOM": room, "CONFAB_FROM": ann.id, "CONFAB_TEXT":
               "a\nb $(c)", "CONFAB_SEQ": str(sent["seq"]), "CONFAB_KIND":
               "action", "CONFAB_RE": "7", "CONFAB_TIME":
               str(message["time"]), "CONFAB_ID": f.name("bot"),
               "CONFAB_BROKER": f.broker.bind})
    same(fds[:3], ["0", "1", "2"])
    check(len(fds) <= 4, f"it has descriptors of ours: {fds}")


def test_live_and_in_order(f):
    room, name = f.name("room"), f.name("bot")
    with Cli(f) as cli:
        run = cli.start("-i", name, "run", "-C", "30", room, "--", *PRINT)
        ann = member(f, room, name)
        for i in range(30):
            ann.say(room, str(i))
        same(run.rest(), [str(i) for i in range(30)])
        same(run.wait(), 0)


def test_history_of_pages(f):
    """--since and -e, over several pages, with bounded parallelism."""
    room = f.name("room")
    ann = f.client("ann")
    for i in range(620):
        ann.tell_broker("say", room=room, text=str(i))
    ann.ping()
    with Cli(f) as cli:
        same(cli.run("run", "-e", "--since", "-3", room, "--", *PRINT).split(),
             ["617", "618", "619"])
        out = cli.run("run", "-e", "-P", "8", room, "--", "sh", "-c",
                      "echo $CONFAB_TEXT").split()
        same(sorted(out, key=int), [str(i) for i in range(620)])


def test_parallel(f):
    """As many at a time as -P says, and never more."""
    room = f.name("room")
    ann = f.client("ann")
    for i in range(12):
        ann.say(room, str(i))
    with Cli(f) as cli:
        here = os.path.join(cli.folder.name, "here")
        os.mkdir(here)
        cmd = script(cli, f'p = "{here}/" + str(os.getpid())\n'
                     'open(p, "w").close()\n'
                     'end = time.time() + 5\n'
                     f'while len(os.listdir("{here}")) < 3 and '
                     'time.time() < end and int(os.environ["CONFAB_TEXT"]) < 3:\n'
                     '    time.sleep(0.005)\n'
                     f'os.write(1, b"%d\\n" % len(os.listdir("{here}")))\n'
                     'os.unlink(p)')
        seen = [int(n) for n in cli.run("run", "-e", "-P", "3", room, "--",
                                        cmd).split()]
        same(len(seen), 12)
        same(max(seen), 3, "at a time")
        same(set(cli.run("run", "-e", room, "--", "sh", "-c",
                         f"touch {here}/$$; ls {here} | wc -l; "
                         f"rm {here}/$$").split()), {"1"})


def test_reply_to_a_room(f):
    room, name = f.name("room"), f.name("bot")
    with Cli(f) as cli:
        run = cli.start("-i", name, "run", "-r", "-C", "4", room, "--", "sh",
                        "-c", 'test "$CONFAB_TEXT" != silent && '
                        'printf "re %s\\nline 2\\n" "$CONFAB_TEXT"; true')
        ann = member(f, room, name)
        seqs = [ann.say(room, text)["seq"] for text in
                ("one", "silent", "two", "three")]
        same(run.rest(), [])
        same(run.wait(), 0)
        page = ann.done("history", "history", room=room)["messages"]
        answers = [(m["text"], m["re"]) for m in page if m["from"] == name]
    same(answers, [(f"re {t}\nline 2", s) for t, s in
                   zip(("one", "two", "three"), (seqs[0], *seqs[2:]))])


def test_reply_to_mail(f):
    name = f.name("bot")
    with Cli(f) as cli:
        ann = f.client("ann")
        cli.run("-i", name, "listen", "--mail", "-W", "0.3", code=124)
        sent = ann.done("tell", to=name, text="ping")
        cli.run("-i", name, "run", "--mail", "-r", "-e", "--", "echo", "pong")
        page = ann.done("history", "history", **{"with": name})["messages"]
        same([(m["from"], m["text"], m.get("re")) for m in page],
             [(ann.id, "ping", None), (name, "pong", sent["seq"])])
        same(cli.run("-i", name, "run", "--mail", "-e", "--", "echo", "x"),
             "", "it was acknowledged")


def test_own_messages(f):
    room, name = f.name("room"), f.name("bot")
    f.client("ann").say(room, "hers")
    with Cli(f) as cli:
        cli.run("-i", name, "say", room, "mine")
        same(cli.run("-i", name, "run", "-e", room, "--", *PRINT), "hers\n")
        same(cli.run("-i", name, "run", "-e", "--own", room, "--", *PRINT),
             "hers\nmine\n")


def test_wait(f):
    with Cli(f) as cli:
        cli.run("run", "-W", "0.3", f.name("room"), "--", "true", code=124)


def test_program_that_is_none(f):
    with Cli(f) as cli:
        room = f.name("room")
        for cmd in ("no-such-program", "./no-such-program", "/etc/passwd",
                    "/"):
            cli.wrong("run", room, "--", cmd, code=127, part=f"run: {cmd}: ")
        odd = os.path.join(cli.folder.name, "odd")
        with open(odd, "wb") as file:
            file.write(b"\x7fELF nonsense")
        os.chmod(odd, 0o755)
        f.client("ann").say(room, "x")
        state = os.path.join(cli.folder.name, "state")
        for _ in range(2):  # it is not done with
            cli.wrong("-i", f.name("bot"), "run", "-e", "--state", state, room,
                      "--", odd, code=127, part=f"{odd} cannot be started")


def test_usage(f):
    with Cli(f) as cli:
        for args, part in (
                (["run", "lobby"], "a command stands behind --"),
                (["run", "lobby", "--"], "a command stands behind --"),
                (["run", "--", "true"], "name a room, or --mail"),
                (["run", "-P", "0", "r", "--", "true"], '--parallel: "0"'),
                (["run", "-P", "257", "r", "--", "true"], "at most 256"),
                (["run", "--kill-after", "0", "r", "--", "true"],
                 "--kill-after"),
                (["run", "--state", "f", "r", "--", "true"],
                 "--state goes with -i"),
                (["run", "--raw", "r", "--", "true"], "run takes no --raw"),
                (["listen", "--reply", "r"], "listen takes no --reply"),
                (["run", "-n", "3", "r", "--", "true"], "takes no --number")):
            cli.wrong(*args, code=2, part=part)


def test_texts_that_do_not_fit(f):
    """A NUL, and more than the environment may hold."""
    room = f.name("room")
    ann = f.client("ann")
    ann.say(room, "a\0b")
    show = ["sh", "-c", 'echo "${CONFAB_TEXT-none} $CONFAB_TEXT_TRUNCATED"; '
            "wc -c"]
    with Cli(f) as cli:
        done = cli.full("run", "-e", room, "--", *show)
        same(done.stdout.split()[:2], [b"none", b"1"])
        check(b"NUL byte: it is on stdin only" in done.stderr, done.stderr)
        ann.say(room, "x" * 16384)
        # Linux gives arguments and environment a quarter of the stack.
        filling = {f"FILL{i}": "y" * 100000 for i in range(5)}
        filling["FILL"] = "z" * 12000
        run = ["bash", "-c", 'ulimit -s 2048; exec "$@"', "-", cli.path,
               "run", "-e", "--since", "-1", room, "--", *show]
        done = subprocess.run(run, env=cli.env(**filling), timeout=PATIENCE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        same(done.returncode, 0, done.stderr.decode())
        same(done.stdout.split()[:2], [b"none", b"1"])
        check(int(done.stdout.split()[2]) > 16384, "stdin has all of it")
        check(b"too long for the environment" in done.stderr, done.stderr)


def test_stdin_that_is_not_read(f):
    room = f.name("room")
    ann = f.client("ann")
    for _ in range(3):
        ann.say(room, "x" * 16384)
        ann.done("say", room=room, data={"a": "y" * 30000},
                 text="\x01" * 16384)
    with Cli(f) as cli:
        same(cli.run("run", "-e", room, "--", "sh", "-c", "exec <&-; echo ok"),
             "ok\n" * 6)
        same(cli.run("run", "-e", room, "--", "echo", "ok"), "ok\n" * 6)


def test_answers_that_cannot_be_sent(f):
    room = f.name("room")
    ann = f.client("ann")
    ann.say(room, "x")
    with Cli(f) as cli:
        for out, part in (("print('x' * 20000, end='')", "longer than 16384"),
                          ("print('x' * 16385)", "longer than 16384"),
                          ("print('x' * 10 ** 6)", "longer than 16384"),
                          ("sys.stdout.buffer.write(b'a\\0b')", "NUL byte"),
                          ("sys.stdout.buffer.write(b'\\xff')", "UTF-8")):
            done = cli.full("run", "-r", "-e", room, "--", script(cli, out),
                            code=1)
            check(part in done.stderr.decode(), done.stderr)
        same(texts(ann, room), ["x"])
        cli.run("run", "-r", "-e", room, "--",
                script(cli, "print('x' * 16384)"))
        same(texts(ann, room), ["x", "x" * 16384])


def test_many_answers(f):
    """More than the outbox holds: they wait, and all are said."""
    room, name = f.name("room"), f.name("bot")
    ann = f.client("ann")
    for i in range(400):
        ann.tell_broker("say", room=room, text=str(i))
    ann.ping()
    with Cli(f) as cli:
        begin = time.monotonic()
        cli.run("-i", name, "run", "-r", "-P", "8", "-e", room, "--", "echo",
                "ok")
        f.words = f"{400 / (time.monotonic() - begin):.0f} messages/s"
    page = ann.done("history", "history", room=room, limit=500)["messages"]
    same(sum(m["from"] == name for m in page), 400)
