# SPDX-License-Identifier: MPL-2.0
"""CURVE: who gets through the handshake, and with which id; the broker's own
key; and the bounds on connections that the sockets themselves keep.

Seen to fail: with CURVE_SERVER left on for the plain endpoints; with the gate's
answer held 0 ms; with an XPUB that tells no end of a subscription; with
strangers, subscriptions, addresses not counted.
"""
import os
import re
import socket
import stat
import subprocess
import sys
import tempfile

import zmq
from zmq.utils import monitor

from wire import Client, Keys, Sub, check, pack, same, wait_until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "hostile"))
import raw  # noqa: E402 (found by the line above)

BROKER = False
PLAIN = {"plain": {"bind": "tcp://127.0.0.1:*", "pub": "tcp://127.0.0.1:*"}}
FAILED = (zmq.EVENT_HANDSHAKE_FAILED_AUTH, zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL,
          zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL, zmq.EVENT_DISCONNECTED)


def curve(t, access="claim", limits=None, users=None, **config):
    return t.fresh(limits, users=users, config={"access": access, **config})


def connect(t, who, keys, **options):
    """A client with these keys that has said hello."""
    client = t.dealer(**keys.options(t.broker.key), **options)
    client.hello(who)
    return client


def listen(t, keys, *topics):
    sub = Sub(t.context, t.broker.pub, *topics, **keys.options(t.broker.key))
    t.inlets.append(sub)
    return sub


def outcome(t, kind, endpoint, options):
    """What a socket learns of its handshake: (event, value)."""
    s = t.context.socket(kind)
    s.LINGER = 0
    for name, value in options.items():
        setattr(s, name, value)
    watch = s.get_monitor_socket()
    try:
        s.connect(endpoint)
        while watch.poll(8000):
            event = monitor.recv_monitor_message(watch)
            if event["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                return "through", 0
            if event["event"] in FAILED:
                return event["event"], event["value"]
        return "nothing", 0
    finally:
        s.disable_monitor()
        s.close(0)


def both(t, options, bind=None, pub=None):
    """The outcomes at both sockets."""
    return [outcome(t, zmq.DEALER, bind or t.broker.bind, options),
            outcome(t, zmq.SUB, pub or t.broker.pub, options)]


def test_both_sockets(t):
    curve(t)
    ann, bob = connect(t, "ann", Keys()), connect(t, "bob", Keys())
    ann.join("lobby")
    feed = listen(t, Keys(), "lobby ").attach(ann, "lobby")
    bob.say("lobby", "sealed")
    feed.expect("say", text="sealed", **{"from": "bob"})
    bob.tell("ann", "for you")
    ann.expect("tell", text="for you")
    large = "x" * 16384
    for number in range(20):
        bob.say("lobby", large, ref=number)
    same(len([m for m in feed.settle(ann, "lobby") if m["op"] == "say"]), 20)


def test_not_let_in(t):
    """A wrong key of the broker, and none; nothing of theirs is heard."""
    curve(t)
    for options in (Keys().options(Keys().public.decode()), {}):
        for event, _ in both(t, options):
            check(event in FAILED, f"{event}")
    same(both(t, Keys().options(t.broker.key)), [("through", 0)] * 2)


def test_not_listed(t):
    ann, eve = Keys(), Keys()
    curve(t, "keys", users=["ann " + ann.line])
    refused = [(zmq.EVENT_HANDSHAKE_FAILED_AUTH, 400)] * 2
    same(both(t, eve.options(t.broker.key)), refused)
    connect(t, "ann", ann).ping()
    t.broker.list_users("ann " + ann.line, "eve " + eve.line)
    wait_until(lambda: both(t, eve.options(t.broker.key)) ==
               [("through", 0)] * 2, "listed while it runs")
    connect(t, "eve", eve).ping()
    t.dealer(**eve.options(t.broker.key)).refused("hello", "denied", v=1,
                                                  id="ann")


def test_plain_endpoints(t):
    """Two endpoints of one socket: what is spoken at one is refused at the
    other; and a client is told where it can listen."""
    broker = curve(t, users=[], **PLAIN)
    check(broker.plain_bind and broker.plain_pub, "they are told")
    same(len({broker.bind, broker.pub, broker.plain_bind, broker.plain_pub}),
         4)
    options = Keys().options(broker.key)
    plain = {"bind": broker.plain_bind, "pub": broker.plain_pub}
    same(both(t, {}, **plain), [("through", 0)] * 2)
    for event, _ in both(t, options, **plain) + both(t, {}):
        check(event in FAILED, f"{event}")
    same(connect(t, "ann", Keys()).welcome["pub"], broker.pub)
    stranger, robot = (Client(t.context, broker.plain_bind, who)
                       for who in ("stranger", "robot"))
    t.inlets += [stranger, robot]
    stranger.refused("hello", "denied", v=1, id="bob")
    run(t, "user", "add", "robot", "--password", "--users", broker.users_path,
        say="secret\n")
    wait_until(lambda: robot.ask("hello", v=1, id="robot", password="secret")
               .get("pub") == broker.plain_pub, "it is told the plain one")


def test_plain_ipc(t):
    with tempfile.TemporaryDirectory() as folder:
        place = {name: f"ipc://{folder}/{name}" for name in ("bind", "pub")}
        broker = curve(t, users=[], plain=place)
        same((broker.plain_bind, broker.plain_pub),
             (place["bind"], place["pub"]))
        run(t, "user", "add", "robot", "--password", "--users",
            broker.users_path, say="secret\n")
        robot = Client(t.context, place["bind"], "robot")
        t.inlets.append(robot)
        wait_until(lambda: robot.ask("hello", v=1, id="robot",
                                     password="secret")["op"] == "welcome",
                   "it gets in")
        robot.join("lobby")
        feed = Sub(t.context, place["pub"], "lobby ").attach(robot, "lobby")
        t.inlets.append(feed)
        connect(t, "ann", Keys()).say("lobby", "hello")
        feed.expect("say", text="hello")


def test_forged_at_the_plain_endpoint(t):
    """What a peer says of itself is nothing: not a key, not an id."""
    ann = Keys()
    broker = curve(t, **PLAIN)
    connect(t, "ann", ann)
    for identity in (b"", b"c0000000100112233445566778"):
        peer = raw.Raw(broker.plain_bind)
        peer.handshake(b"DEALER", identity, **{"User-Id": ann.public})
        peer.send(raw.frame(pack([{"op": "hello", "v": 1, "id": "ann"}])))
        answer = peer.read_frame()
        check(answer and b"denied" in answer, f"{answer!r}")
    connect(t, "carl", Keys()).ping()


def test_routing_ids_are_ours(t):
    """What a client chooses is not used, so two may choose the same."""
    curve(t)
    clients = [connect(t, f"twin{number}", Keys(), identity=b"same")
               for number in range(5)]
    for client in clients:
        client.ping()
    same(clients[0].done("who", "who")["count"], len(clients))


def test_routing_ids_come_in_time(t):
    """An answer of the gate that comes too early is overwritten by what the
    peer has said of itself."""
    curve(t)
    options = Keys().options(t.broker.key)
    for number in range(100):
        client = t.dealer(identity=b"mine", **options)
        client.hello(f"early{number}", inbox=False)
        client.close()
        t.inlets.remove(client)


def test_subscriptions_are_counted(t):
    """All that a connection listens to at one time, not all that it ever
    has, also when others still listen to it; also without encryption."""
    for access in ("open", "claim"):
        broker = curve(t, access, {"subscriptions": 16})
        options = Keys().options(broker.key) if broker.key else {}
        ann = t.dealer(**options)
        ann.hello("ann")
        ann.join("lobby")
        sub = Sub(t.context, broker.pub, **options)
        t.inlets.append(sub)
        other = Sub(t.context, broker.pub, "lobby ", **options)
        t.inlets.append(other)
        for number in range(8):
            other.subscribe(f"room{number} ")
        other.attach(ann, "lobby")
        for turn in range(40):
            topic = f"room{turn % 8} "
            sub.subscribe(topic)
            sub.socket.setsockopt(zmq.UNSUBSCRIBE, topic.encode())
        sub.subscribe("lobby ")
        sub.attach(ann, "lobby")
        for number in range(14):
            sub.subscribe(f"more{number} ")
        sub.attach(ann, "lobby")
        check("net.shut" not in broker.log_tail(), f"{access}: never cut")
        watch = sub.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        for number in range(2):
            sub.subscribe(f"too much{number} ")
        check(watch.poll(8000), f"{access}: it is cut")
        sub.socket.disable_monitor()
        check("too-many-subscriptions" in broker.log_tail(), "and why")
        ann.ping()


def is_shut_out(endpoint, seconds=2, **more):
    """At once, or in the middle of connecting; not because libzmq waits no
    longer for its handshake (5 s)."""
    try:
        return raw.Raw(endpoint, seconds=seconds, **more).closed()
    except OSError:
        return True


def is_closed(peer):
    """By now."""
    peer.socket.settimeout(0)
    try:
        return not peer.socket.recv(4096)
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_connections_of_an_address(t):
    """Others than this machine's are counted together, on both sockets."""
    address = raw.own_address()
    if not address:
        return
    broker = t.fresh({"per-address": 4}, bind="tcp://0.0.0.0:*",
                     pub="tcp://0.0.0.0:*", config={"access": "claim"})
    far = {name: getattr(broker, name).replace("0.0.0.0", address)
           for name in ("bind", "pub")}
    near = broker.bind.replace("0.0.0.0", "127.0.0.1")
    ann = Client(t.context, near, "ann", **Keys().options(broker.key))
    t.inlets.append(ann)
    ann.hello("ann")
    peers = [raw.Raw(far["bind" if n % 2 else "pub"]) for n in range(4)]
    check(all(peer.receive(10) for peer in peers), "four are let in")
    ann.ping()  # and counted
    check(is_shut_out(far["bind"]), "the fifth is not")
    for _ in range(8):
        peers.append(raw.Raw(near))
        check(peers[-1].receive(10), "this machine's own are not counted")
    peers[0].close()
    wait_until(lambda: not is_shut_out(far["pub"], seconds=0.5), "one has gone")
    check("too-many-of-address" in broker.log_tail(), "and why")


def test_strangers_displace_each_other(t):
    """Beyond the limit the oldest that has said nothing goes; who has spoken
    stays, and who comes and speaks gets in."""
    broker = curve(t, limits={"handshakes": 16})
    ann = connect(t, "ann", Keys())
    ann.join("lobby")
    feed = listen(t, Keys(), "lobby ").attach(ann, "lobby")
    strangers = []
    for number in range(40):
        strangers.append(raw.Raw((broker.bind, broker.pub)[number % 2]))
        strangers[-1].receive(10)  # so that they come one by one
    wait_until(lambda: sum(map(is_closed, strangers)) == 24, "24 go", 4)
    check(not any(map(is_closed, strangers[-4:])), "the newest stay")
    connect(t, "bob", Keys()).say("lobby", "still here")
    feed.expect("say", text="still here")
    check("too-many-handshakes" in broker.log_tail(), "and why")


def test_banned_address(t):
    """Not even a connection; also those that are there."""
    moe, eve = Keys(), Keys()
    broker = curve(t, users=["moe role=admin " + moe.line])
    judge = connect(t, "moe", moe)
    judge.join("lobby")

    def away(endpoint):
        return endpoint.replace("tcp://", "tcp://127.0.0.9:0;")

    def come():
        client = Client(t.context, away(broker.bind), "eve",
                        **eve.options(broker.key))
        t.inlets.append(client)
        return client
    there = come()
    there.hello("eve")
    feed = Sub(t.context, away(broker.pub), "lobby ",
               **eve.options(broker.key)).attach(judge, "lobby")
    t.inlets.append(feed)
    watch = feed.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    judge.done("ban", address="127.0.0.8/30", text="enough")
    there.expect("bye", why="kicked")
    check(watch.poll(8000), "the listener is cut")
    feed.socket.disable_monitor()
    check(is_shut_out(broker.pub, source="127.0.0.9"), "nor another")
    judge.done("ban", address="127.0.0.8/30", **{"for": 0})
    wait_until(lambda: come().ask("hello", v=1, id="eve")["op"] == "welcome",
               "the ban is lifted")


# --- the broker's own key ---

def notice_of(broker):
    port = broker.bind.rsplit(":", 1)[1]
    return os.path.join(broker.folder.name, "confab", port + ".address")


def run(t, *command, say="", **env):
    return subprocess.run([t.shared.args.confabd, *command], timeout=20,
                          capture_output=True, text=True, check=False,
                          input=say, env=dict(os.environ, **env))


def test_key_stays(t):
    first = curve(t)
    ann = Keys()
    connect(t, "ann", ann).ping()
    path = first.key_path
    same(stat.S_IMODE(os.stat(path).st_mode), 0o600, "mode")
    key = first.key
    first.stop()
    second = t.fresh(config={"access": "claim"}, folder=first.folder)
    same(second.key, key, "the key after a restart")
    second.stop()
    os.chmod(path, 0o644)
    done = run(t, "--access", "claim", "--key", path)
    same(done.returncode, 1)
    check("others may read it" in done.stderr, done.stderr)


def test_notice(t):
    broker = curve(t)
    path = notice_of(broker)
    with open(path, encoding="ascii") as file:
        text = file.read()
    port = broker.bind.rsplit(":", 1)[1]
    check(re.fullmatch(rf"confab://127\.0\.0\.1:{port}/\?key=[\w%]+\n", text),
          text)
    same(stat.S_IMODE(os.stat(path).st_mode), 0o644, "mode")
    broker.stop()
    check(not os.path.exists(path), "removed at the end")
    broker = t.fresh()
    check(not os.path.exists(notice_of(broker)), "none with access open")


def test_address(t):
    broker = curve(t)
    claim = ("--access", "claim", "--key", broker.key_path)
    done = run(t, "address", "--bind", broker.bind, *claim)
    with open(notice_of(broker), encoding="ascii") as file:
        same(done.stdout, file.read())
    done = run(t, "address", "--bind", "tcp://0.0.0.0:7480", *claim)
    check(done.stdout.startswith(f"confab://{socket.gethostname()}:7480/?key="),
          done.stdout + done.stderr)
    done = run(t, "address", "--bind", "tcp://127.0.0.1:*", *claim)
    check(done.returncode == 1 and "broker.start" in done.stderr, done.stderr)
    done = run(t, "address", "--access", "claim", "--key", "/nowhere/key")
    check(done.returncode == 1 and "/nowhere/key" in done.stderr, done.stderr)
