# SPDX-License-Identifier: MPL-2.0
"""Exactly once, over the deaths of brokers and of the programs that send."""
import signal
import subprocess

from fixture import deadline
from speaker import Speaker
from stage import Stage, staged, until
from store import Store, check_kept, dice, history
from wire import check, same

BROKER = False

WINDOW = 256
ROOM = "lobby"
ROUNDS = 12


def say(client, n, text=None, **more):
    return client.ask("say", room=ROOM, text=text or f"number {n}", n=n, **more)


def texts(stage):
    return [m["text"] for m in history(stage.asker(), room=ROOM)]


def lane(stage, name="ann", **hello):
    return stage.client(name, lane="l1", inbox=False, **hello)


def move_and_crash(store):
    """All of it in tables, and nothing to replay."""
    store.until_moved()
    store.crash()


ENDS = (Store.crash, Store.restart, move_and_crash)


@staged
def test_the_window_outlives_the_broker(stage):
    """Every one of the last 256, and nothing below them."""
    for end in ENDS:
        store = Store(stage, end.__name__)
        store.start()
        c = lane(stage)
        first = {}
        for begin in range(1, 401, 100):
            c.send(*[{"op": "say", "room": ROOM, "text": f"number {n}", "n": n}
                     for n in range(begin, begin + 100)])
            for n in range(begin, begin + 100):
                first[n] = c.expect("ok", n=n)
        for _ in range(2):
            end(store)
            c = lane(stage)
            same(c.welcome["n"], 400, "n of the lane")
            for n in range(400 - WINDOW + 1, 401):
                ok = say(c, n)
                same((ok["op"], ok.get("again")), ("ok", True), f"{n} again")
                for key in ("seq", "time"):
                    same(ok.get(key, first[n][key]), first[n][key], key)
            same(say(c, 400 - WINDOW)["code"], "bad-state", "below the window")
        same(texts(stage), [f"number {n}" for n in range(1, 401)], "the room")
        store.kill()


@staged
def test_what_was_left_out_is_still_new(stage):
    for end in ENDS:
        store = Store(stage, end.__name__)
        store.start()
        c = lane(stage)
        for n in range(2, 201, 2):
            check("again" not in say(c, n), f"{n} is new")
        end(store)
        c = lane(stage)
        for n in range(1, 201):
            same(bool(say(c, n).get("again")), n % 2 == 0, f"{n} again")
        same(sorted(texts(stage)), sorted(f"number {n}" for n in range(1, 201)),
             "the room")
        store.kill()


@staged
def test_bye_forgets_the_lane(stage):
    for end in ENDS:
        store = Store(stage, end.__name__)
        store.start()
        c = lane(stage)
        say(c, 1, "one")
        end(store)
        c = lane(stage)
        same(say(c, 1, "one").get("again"), True)
        c.done("bye")
        end(store)
        c = lane(stage)
        same(c.welcome["n"], 0, "n of a lane that was forgotten")
        check("again" not in say(c, 1, "two"), "1 is new")
        end(store)
        c = lane(stage)
        same(say(c, 1, "two").get("again"), True)
        same(texts(stage), ["one", "two"])
        store.kill()


@staged
def test_refused_messages_take_a_new_n(stage):
    store = Store(stage)
    store.start()
    c = lane(stage)
    say(c, 1)
    same(say(c, 2, "x" * 20_000)["code"], "too-large")
    same(c.ask("tell", to="nobody", text="hm", n=3)["code"], "no-client")
    store.crash()
    c = lane(stage)
    same(c.welcome["n"], 1, "refused ones are not used up")
    check("again" not in say(c, 4, "shorter"), "4 is new")
    store.crash()
    c = lane(stage)
    same(say(c, 4, "shorter").get("again"), True)
    check("again" not in say(c, 2, "late"), "2 was never accepted")
    same(texts(stage), ["number 1", "shorter", "late"])


@staged
def test_one_program_for_each_lane(stage):
    """Alive it keeps its lane to itself, also from a start of the broker on;
    whoever has its `resume` takes it over, with all that is unanswered."""
    store = Store(stage)
    store.start()
    first = lane(stage)
    say(first, 1)
    store.crash()
    first = lane(stage)
    second = stage.fixture.dealer("second")
    second.refused("hello", "in-use", v=1, id="ann", lane="l1", inbox=False)
    second.hello("ann", lane="l1", inbox=False,
                 resume=first.welcome["resume"])
    first.expect("bye", why="replaced")
    same(second.welcome["n"], 1)
    same(say(second, 1).get("again"), True)
    same(texts(stage), ["number 1"])


@deadline(100)
@staged
def test_two_programs_with_one_id(stage):
    """Each has an outbox of its own: the same numbers do not meet. The broker
    dies again and again between a message and its answer."""
    roll = dice("two programs")
    store = Store(stage)
    store.start()
    both = [Speaker(stage, "ann", lane=f"l{i}") for i in range(2)]
    for speaker in both:
        speaker.connect()
    count = 0
    for _ in range(ROUNDS):
        for speaker in both:
            more = roll.randint(1, 200)
            speaker.send([f"{speaker.how['lane']} {count + i}"
                          for i in range(more)], room=ROOM)
            count += more
        both[0].take(roll.uniform(0, 0.02))
        store.crash()
        for speaker in both:
            speaker.connect()
    for speaker in both:
        speaker.settle()
    told = both[0].told | both[1].told
    found = history(stage.asker(), room=ROOM)
    same(len(found), len(told), "messages in the room")
    check_kept(found, told)
    return (f"{len(told)} messages, {both[0].again + both[1].again} were "
            "there already when they were sent again")


@deadline(100)
@staged
def test_a_second_machine(stage):
    """The program on another machine takes over the id, while the first has
    messages that nobody answered; the first one comes back with them."""
    store = Store(stage)
    store.start()
    first = Speaker(stage, "ann", inbox=True, lane="first").connect()
    first.send([f"first {i}" for i in range(100)], room=ROOM)
    first.settle()
    first.send([f"first {i}" for i in range(100, 300)], room=ROOM)
    first.leave()  # on their way, or there, or lost
    second = Speaker(stage, "ann", inbox=True, lane="second")
    second.connect()
    second.send([f"second {i}" for i in range(100)], room=ROOM)
    store.crash()
    second.connect()
    second.settle()
    second.leave()
    first.connect()
    first.settle()
    found = history(stage.asker(), room=ROOM)
    same(sorted(m["text"] for m in found), sorted(
        [f"first {i}" for i in range(len(first.told))] +
        [f"second {i}" for i in range(100)]), "the room")
    for who in (first, second):
        check_kept(found, who.told)


@deadline(100)
@staged
def test_a_second_machine_with_the_programs(stage):
    """`confab pipe` twice, as one id, each with a state of its own; the second
    one starts while the first is frozen with messages on their way."""
    store = Store(stage)
    store.start("beat = 300ms\n")
    other = Stage(stage.fixture)
    try:
        first = stage.confab("ann", "-t", "30", "say", "-l", ROOM,
                             stdin=subprocess.PIPE)
        first.write("\n".join(f"first {i}" for i in range(2_000)))
        asker = stage.asker()
        until(lambda: asker.ask("history", room=ROOM).get("messages"),
              "the first of them")
        first.stop()
        second = other.confab("ann", "-t", "30", "say", "-l", ROOM,
                              stdin=subprocess.PIPE)
        second.write("\n".join(f"second {i}" for i in range(500)))
        second.child.stdin.close()
        second.done()
        store.crash("beat = 300ms\n")
        first.send(signal.SIGCONT)
        first.child.stdin.close()
        first.done(30)
        found = texts(stage)
        for name, count in (("first", 2_000), ("second", 500)):
            same([text for text in found if text.startswith(name)],
                 [f"{name} {i}" for i in range(count)], name)
    finally:
        other.close()
