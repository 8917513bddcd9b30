# SPDX-License-Identifier: MPL-2.0
"""Mail for whoever is away: kept, bounded, given once, over restarts."""
import subprocess

from fixture import deadline
from speaker import Speaker
from stage import staged, until
from store import Store, history
from wire import Failure, check, same

BROKER = False

IN_FLIGHT = 128
COUNT = 400   # messages in a mailbox with MAIL
SENDERS = 4   # that fill it
MAIL = f"mail\n    count = {COUNT}\n"
BYTES = "mail\n    bytes = 256K\n"
LARGE = 8_000
ENDS = (Store.crash, Store.restart)


def known(stage, *names):
    for name in names:
        stage.client(name).done("bye")


def away(stage, begin, end, name="ann"):
    """Tells bob so many."""
    speaker = Speaker(stage, name).connect()
    for first in range(begin, end, 100):
        speaker.send([f"{name} {i}" for i in range(first, min(first + 100,
                                                               end))], to="bob")
        speaker.settle()
    same(speaker.refused, [], "refused")
    speaker.leave()
    return speaker


def taken(client, count):
    """So many tells, in order, and what else came."""
    tells, others = [], []

    def look():
        client.pull(0.05)
        while client.queue:
            m = client.queue.popleft()
            (tells if m["op"] == "tell" else others).append(m)
        return len(tells) >= count
    until(look, lambda: f"{count} tells, {len(tells)} came, {others}")
    client.ping()
    tells += [m for m in client.drain() if m["op"] == "tell"]
    same(len(tells), count, "tells that came")
    seqs = [m["seq"] for m in tells]
    same(seqs, sorted(set(seqs)), "their order")
    return tells, others


def acknowledge(client, seq):
    """And it is kept: what is answered later says so."""
    client.tell_broker("ack", seq=seq)
    client.ping()


@deadline(100)
@staged
def test_it_waits_over_restarts(stage):
    """Of several stops between the messages, too; 128 come, and more as they
    are acknowledged."""
    store = Store(stage)
    store.start()
    known(stage, "bob")
    told = {}
    for i, end in enumerate((*ENDS, *ENDS)):
        told |= away(stage, i * 100, i * 100 + 100).told
        if i == 1:
            store.until_moved()
        end(store)
    bob = stage.client("bob")
    got = []
    while len(got) < len(told):
        count = min(IN_FLIGHT, len(told) - len(got))
        tells, others = taken(bob, count)
        got += tells
        if len(got) < len(told):
            full = [m for m in others if m.get("code") == "full"]
            same(len(full) + len([m for m in bob.drain()
                                  if m.get("code") == "full"]), 1,
                 "`error full` once more wait")
        acknowledge(bob, got[-1]["seq"])
    same({m["text"]: m["seq"] for m in got}, told, "what came")
    same(history(bob), got, "and what history has")


@deadline(100)
@staged
def test_an_ack_is_kept(stage):
    """It is cumulative, and nothing below it comes again."""
    store = Store(stage)
    store.start()
    known(stage, "bob")
    away(stage, 0, 100)
    acked, left = 0, 100
    for end in (*ENDS, Store.crash, Store.restart):
        bob = stage.client("bob")
        same(bob.welcome["acked"] >= acked, True, "acked in welcome")
        tells, _ = taken(bob, left)
        check(tells[0]["seq"] > acked, f"{tells[0]} came again")
        acked, left = tells[19]["seq"], left - 20
        acknowledge(bob, acked)
        if left == 60:
            store.until_moved()
        end(store)
    bob = stage.client("bob")
    same(bob.welcome["acked"], acked)
    tells, _ = taken(bob, left)
    acknowledge(bob, tells[-1]["seq"])
    store.crash()
    bob = stage.client("bob")
    same(bob.welcome["acked"], tells[-1]["seq"])
    bob.silent()


@staged
def test_receipts(stage):
    store = Store(stage)
    store.start()
    known(stage, "bob")
    ann = stage.client("ann")
    last = [ann.tell("bob", f"{i}", receipt=True)["seq"] for i in range(5)][-1]
    bob = stage.client("bob")
    tells, _ = taken(bob, 5)
    acknowledge(bob, tells[-1]["seq"])
    receipt = ann.expect("receipt", to="bob")
    while receipt["seq"] < last:
        receipt = ann.expect("receipt", to="bob")
    same(receipt["seq"], last, "the receipt")
    store.crash()
    page = stage.client("ann").done("history", "history", **{"with": "bob"})
    check(page["acked"] >= last, f"acked is {page['acked']}, not {last}")


def fill(stage, name):
    """Until the mailbox takes no more of this sender: how many it took."""
    speaker = Speaker(stage, name).connect()
    while not speaker.refused:
        speaker.send([f"{name} {speaker.n + i}" for i in range(50)], to="bob")
        speaker.settle()
        check(len(speaker.told) <= COUNT, f"{len(speaker.told)} of {name}")
    for _, error in speaker.refused:
        same(error["code"], "full")
        check("mailbox" in error["text"] or "quarter" in error["text"],
              f"no reason in {error}")
    return speaker


@deadline(100)
@staged
def test_a_mailbox_is_full(stage):
    """A quarter of it for each; the sender is told, over restarts; nothing
    that was taken is dropped; there is room when it was read."""
    store = Store(stage)
    store.start(MAIL)
    known(stage, "bob")
    told = {}
    for i in range(SENDERS):
        speaker = fill(stage, f"s{i}")
        check(COUNT // 8 < len(speaker.told) <= COUNT // 4,
              f"{len(speaker.told)} of one sender")
        told |= speaker.told
        ENDS[i % 2](store, MAIL)
        again = fill(stage, f"s{i}")
        same(len(again.told), 0, f"taken of s{i} after a restart")
    late = fill(stage, "late")
    told |= late.told
    check(COUNT * 3 // 4 <= len(told) <= COUNT, f"{len(told)} in all")
    bob = stage.client("bob")
    got = []
    while len(got) < len(told):
        tells, _ = taken(bob, min(IN_FLIGHT, len(told) - len(got)))
        got += tells
        acknowledge(bob, got[-1]["seq"])
    same({m["text"]: m["seq"] for m in got}, told, "what came")
    bob.done("bye")
    for end in ENDS:
        same(len(away(stage, 0, 20, end.__name__).told), 20, "room again")
        end(store, MAIL)


@staged
def test_a_mailbox_is_full_of_bytes(stage):
    store = Store(stage)
    store.start(BYTES)
    known(stage, "bob")
    ann = stage.client("ann")
    for i in range(100):
        answer = ann.ask("tell", to="bob", text=f"{i} {'x' * LARGE}")
        if answer["op"] == "error":
            break
    same((answer["op"], answer.get("code")), ("error", "full"), "the end")
    check(4 <= i <= (256 << 10) // 4 // LARGE, f"{i} were taken")
    check("again" not in stage.client("cid").tell("bob", "small"), "small")


@staged
def test_the_programs(stage):
    """`confab tell` says that bob is away and what the broker refuses;
    `listen --mail -e` gets what was kept, once."""
    store = Store(stage)
    store.start(MAIL)
    known(stage, "bob")
    tell = stage.confab("ann", "tell", "-l", "bob", stdin=subprocess.PIPE)
    tell.write("\n".join(f"{i}" for i in range(COUNT)))
    tell.child.stdin.close()
    check(tell.ends() not in (0, None), str(tell))
    tell.until_line("bob is not connected", tell.err)
    tell.until_line("full|mailbox|quarter", tell.err)
    store.crash(MAIL)
    listen = stage.confab("bob", "listen", "--mail", "-e", "-r")
    listen.done()
    numbers = [int(line) for line in listen.out]
    if numbers != list(range(len(numbers))) or len(numbers) < COUNT // 8:
        raise Failure(f"it printed {numbers[:5]}... ({len(numbers)})")
    store.crash(MAIL)
    listen = stage.confab("bob", "listen", "--mail", "-e", "-r")
    listen.done()
    same(listen.out, [], "printed again")
