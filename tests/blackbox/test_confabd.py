# SPDX-License-Identifier: MPL-2.0
"""The program confabd: options, configuration, signals, endpoints, log."""
import json
import os
import re
import resource
import signal
import socket
import subprocess
import tempfile

from wire import check, same, wait_until

BROKER = False  # every test starts its own
LOCAL = ("--bind", "tcp://127.0.0.1:*", "--pub", "tcp://127.0.0.1:*",
         "--log", "memory:")


def run(t, *arguments, seconds=10, **env):
    """Exit code, stdout, stderr of a confabd that ends by itself, where
    nothing it might keep lies in anybody's home."""
    with tempfile.TemporaryDirectory() as home:
        clean = {key: value for key, value in os.environ.items()
                 if key not in ("STATE_DIRECTORY", "XDG_STATE_HOME")}
        env = {**clean, "HOME": home, **env}
        done = subprocess.run(
            [t.shared.args.confabd, *arguments], timeout=seconds, env=env,
            cwd=home, stdin=subprocess.DEVNULL, capture_output=True)
        return done.returncode, done.stdout.decode(), done.stderr.decode()


def refused(t, *arguments, code=1, **env):
    have, out, err = run(t, *arguments, **env)
    same(have, code, f"exit code of {arguments}: {err}")
    same(out, "", "stdout")
    same(err.count("\n"), 1 if code == 1 else 2, f"lines of {err!r}")
    return err


def file_with(folder, text):
    path = os.path.join(folder, "confab.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def test_help_and_version(t):
    code, out, err = run(t, "--help")
    same((code, err), (0, ""))
    for option in ("--config", "--bind", "--pub", "--log", "--insecure",
                   "--check-config", "--print-config", "--log-format",
                   "--default-config",
                   "\n  dump [ROOM] ", "\n  verify ", "\n  backup FILE "):
        check(option in out, f"{option} in the help")
    check(out.index("confabd backup ") < out.index("Options:"), "examples first")
    code, out, _ = run(t, "-V")
    same(code, 0)
    check(re.fullmatch(r"confabd \d+\.\d+\.\d+\n", out), out)


def test_too_few_files(t):
    """A broker without connections is none, and libzmq aborts without files."""
    for files in (16, 64):
        done = subprocess.run(
            ["prlimit", f"--nofile={files}", t.shared.args.confabd, *LOCAL],
            timeout=10, stdin=subprocess.DEVNULL, capture_output=True)
        same(done.returncode, 1)
        check(b"too few open files are allowed" in done.stderr, done.stderr)


def test_wrong_command_lines(t):
    for arguments in (["--bnid", "x"], ["extra"], ["--bind"], ["-x"],
                      ["--insecure=yes"]):
        check("--help" in refused(t, *arguments, code=2), "says where to look")


def test_options_are_checked_as_the_file_is(t):
    err = refused(t, "--access", "key")
    check("'key' is not available in this version: open, claim, keys" in err,
          err)
    err = refused(t, "--log", "sqlite::memory:")
    check("write memory:SIZE" in err, err)
    err = refused(t, "--bind", "ws://127.0.0.1:*")
    check("tcp://HOST:PORT" in err, err)


def test_commands_and_what_they_take(t):
    for arguments, says in (
            (["dmup"], "'dmup' is not a command: dump, verify, backup"),
            (["--log", "memory:", "x"], "'x' is not a command: dump, "),
            (["backup"], "backup needs a FILE"),
            (["backup", "a", "b"], "'b' is too much: backup FILE"),
            (["dump", "a", "b"], "'b' is too much: dump [ROOM]"),
            (["verify", "a"], "'a' is too much: verify")):
        err = refused(t, *arguments, code=2)
        check(says in err, err)


def test_commands_need_a_log_on_disk(t):
    with tempfile.TemporaryDirectory() as folder:
        path = file_with(folder, "log = memory:8M\n")
        for arguments in (["dump"], ["dump", "lobby"], ["verify"],
                          ["backup", f"{folder}/copy"]):
            err = refused(t, *arguments, "--log", "memory:")
            check("log memory:" in err and "--log sqlite:PATH" in err, err)
            err = refused(t, "-c", path, *arguments)
            check("log memory:8M" in err and "--log sqlite:PATH" in err, err)
            err = refused(t, "--bnid", *arguments, code=2)
            check("--help" in err, err)
        same(os.listdir(folder), ["confab.conf"])


def test_commands_look_where_the_log_is(t):
    with tempfile.TemporaryDirectory() as folder:
        path = file_with(folder, f'log = "sqlite:{folder}/file.db"\n')
        state = {"XDG_STATE_HOME": f"{folder}/state"}
        for arguments, env, where in (
                (["verify", "-c", path], {}, "file.db"),
                (["-c", path, "--log", f"sqlite:{folder}/line.db", "verify"],
                 {}, "line.db"),
                (["verify"], state, "state/confab/confab.db"),
                (["verify"], {**state, "STATE_DIRECTORY": folder},
                 "confab.db")):
            have, _, err = run(t, *arguments, **env)
            check(have == 1 and f"{folder}/{where}" in err, err)
        check("STATE_DIRECTORY" in refused(t, "verify", HOME=""), "no place")


def test_public_addresses_need_insecure(t):
    for option in ("--bind", "--pub"):
        for endpoint in ("tcp://*:*", "tcp://0.0.0.0:*", "tcp://[::]:*"):
            err = refused(t, *LOCAL, option, endpoint)
            check("--insecure" in err and endpoint in err, err)


def test_insecure_tells_the_pub_as_reached(t):
    t.fresh(pub="tcp://*:*", options=["--insecure"])
    port = t.broker.pub.rsplit(":", 1)[1]
    same(t.broker.pub, f"tcp://0.0.0.0:{port}")
    same(t.client("ann").welcome["pub"], f"tcp://*:{port}")


def test_check_config(t):
    with tempfile.TemporaryDirectory() as folder:
        path = file_with(folder, "beat = 5s\nlimits\n    rooms = 9\n")
        same(run(t, "-c", path, "--check-config"), (0, "", ""))
        file_with(folder, "beat = 5s\nlimits\n    romms = 9\n")
        err = refused(t, "-c", path, "--check-config")
        check(f"{path}:3: unknown key 'limits/romms'" in err, err)
        check("did you mean 'limits/rooms'?" in err, err)
        file_with(folder, "bind = tcp://*:7480\n")
        check("--insecure" in refused(t, "-c", path, "--check-config"), "")
        file_with(folder, 'retention\n    dev = "dev-* age=30"\n')
        err = refused(t, "-c", path, "--check-config")
        check(f"{path}:2: retention/dev: 'age=30' is no bound: write age=30d"
              in err, err)
        file_with(folder, 'rules\n    dev = "deny member join dev-*"\n')
        err = refused(t, "-c", path, "--check-config")
        check("rules/dev is about who may join dev-*" in err, err)
        file_with(folder, 'access = keys\nclosed\n    dev = "dev-*"\n'
                  'rules\n    dev = "allow moderator join,read dev-*"\n')
        same(run(t, "-c", path, "--check-config"), (0, "", ""))
        file_with(folder, 'rules\n    dev = "allow moderator say dev-*"\n')
        err = refused(t, "-c", path, "--check-config")
        check("rules/dev is about moderator, and with access open" in err, err)
    check("No such file" in refused(t, "-c", path, "--check-config"), "")


def test_what_is_printed_is_written(t):
    """Or half a configuration would be taken for all of it."""
    for option in ("--help", "-V", "--print-config", "--default-config"):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([t.shared.args.confabd, option], stdout=full,
                                  stderr=subprocess.PIPE, text=True,
                                  check=False)
        same(done.returncode, 1, option)
        check("cannot write to standard output" in done.stderr, done.stderr)


def test_print_config_can_be_read_back(t):
    with tempfile.TemporaryDirectory() as folder:
        path = file_with(folder, "limits\n    rooms = 9\n"
                         "retention\n    all = \"* age=336h bytes=1024M\"\n"
                         "closed\n    staff = \"staff-*\"\n"
                         "rules\n    calm = \"deny member tell,say boss*\"\n")
        code, out, err = run(t, "-c", path, "--print-config", "--log",
                             "memory:8M")
        same((code, err), (0, ""))
        check("\n    rooms = 9\n" in out, out)
        check('\nlog = "memory:8M"\n' in out, out)
        check('\n    all = "* age=2w bytes=1G"\n' in out, out)
        check('\n    staff = "staff-*"\n' in out, out)
        check('\n    calm = "deny member say,tell boss*"\n' in out, out)
        check('\n# users = ""\n' in out, out)
        again = file_with(folder, out)
        same(run(t, "-c", again, "--print-config"), (0, out, ""))
    check('\nlog = "sqlite:"\n' in run(t, "--print-config")[1], "on disk")


def test_a_port_in_use(t):
    t.fresh()
    err = refused(t, *LOCAL, "--bind", t.broker.bind)
    check("cannot bind" in err and "another broker" in err, err)


def test_it_says_ready_once_and_nothing_else(t):
    broker = t.fresh()
    t.client("ann").join("room")
    broker.child.send_signal(signal.SIGTERM)
    same(broker.child.stdout.read(), b"")
    same(broker.stop(), 0)


def test_stop_says_bye(t):
    for how in (signal.SIGTERM, signal.SIGINT):
        t.fresh()
        ann, bob = t.client("ann"), t.client("bob", inbox=False)
        t.broker.stopped = True
        t.broker.child.send_signal(how)
        for client in (ann, bob):
            bye = client.expect("bye", why="restart")
            check(bye["wait"] > 0, "a wait")
        same(t.broker.stop(), 0)


def log_of(t):
    with open(t.broker.log_path, encoding="utf-8") as log:
        return log.read()


def test_json_log(t):
    t.fresh(options=["--log-format", "json", "-v"])
    t.client("安娜").join("大厅")
    t.dealer().refused("hello", "bad-name", v=1, id="a\nlevel=error")
    same(t.broker.stop(), 0)
    lines = [json.loads(line) for line in log_of(t).splitlines()]
    check(all({"ts", "level", "event"} <= set(line) for line in lines), lines)
    check("大厅" in [line.get("room") for line in lines], lines)


def test_ipc(t):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o700)
        bind, pub = (f"ipc://{folder}/{name}" for name in ("ask", "pub"))
        t.fresh(bind=bind, pub=pub)
        same((t.broker.bind, t.broker.pub), (bind, pub))
        ann = t.client("ann")
        ann.join("room")
        listener = t.listener(ann, "room")
        ann.say("room", "over ipc")
        listener.expect("say", text="over ipc")
        err = refused(t, *LOCAL, "--bind", bind, "--pub", pub)
        check("in use" in err, err)
        ann.ping()  # the attempt took nothing away
        t.broker.stop(signal.SIGKILL)
        t.fresh(bind=bind, pub=pub)  # the files it left are no obstacle
        t.client("bob").ping()


def test_ipc_where_others_may_enter(t):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        err = refused(t, *LOCAL, "--bind", f"ipc://{folder}/ask")
        check("mode 755" in err and "700" in err, err)
        err = refused(t, *LOCAL, "--bind", f"ipc://{folder}/no/ask")
        check("mkdir" in err, err)


def closes(peer):
    peer.settimeout(8)
    try:
        while peer.recv(4096):
            pass
    except socket.timeout:
        return False
    except OSError:
        pass
    return True


def connected(endpoint):
    host, port = endpoint[len("tcp://"):].rsplit(":", 1)
    return socket.create_connection((host, int(port)))


def test_no_more_connections_than_allowed(t):
    t.fresh({"connections": 8})
    clients = [t.client(f"c{number}") for number in range(8)]
    extra = [connected(end) for end in (t.broker.bind, t.broker.pub) * 3]
    for peer in extra:
        check(closes(peer), "shut at once")
        peer.close()
    check("why=too-many-connections" in log_of(t), log_of(t))
    for client in clients:
        client.ping()
    clients[0].close()
    t.inlets.remove(clients[0])
    wait_until(lambda: clients[1].done("who", "who")["count"] == 7, "one left")
    t.client("again").ping()


def test_descriptors_are_used_again(t):
    """Clients that come and go leave nothing behind, and none of them takes
    the hello of the next one on the same descriptor."""
    t.fresh(options=["-v"])
    watcher = t.client("watcher")
    fds = f"/proc/{t.broker.pid}/fd"
    before = len(os.listdir(fds))
    for number in range(2000):
        peer = t.dealer()
        if number % 3:
            peer.tell_broker("hello", v=1, id=f"c{number}")
        else:
            peer.hello(f"c{number}")
        t.inlets.remove(peer)
        peer.close()
    wait_until(lambda: len(os.listdir(fds)) <= before, "all are closed")
    watcher.ping()


def test_room_for_descriptors(t):
    """It is there from the start: to grow it later stops libzmq's thread for
    10 ms and more."""
    t.fresh()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with open(f"/proc/{t.broker.pid}/status", encoding="ascii") as status:
        room = next(int(line.split()[1]) for line in status
                    if line.startswith("FDSize"))
    check(room >= min(most, 32768), f"room for {room} of {most}")


def test_a_mute_connection_is_shut(t):
    t.fresh()
    mute = t.dealer()
    check(mute.socket.poll(500) == 0, "nothing is said to it")
    wait_until(lambda: "why=said-nothing" in log_of(t), "shut", 14)
