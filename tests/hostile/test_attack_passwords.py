# SPDX-License-Identifier: MPL-2.0
"""Passwords that are guessed, and what guessing costs others. A look at one
takes 64 MiB and a tenth of a second of a core.
"""
import concurrent.futures
import time

import raw
from attack import SECONDS, attack, besieged, full, modes, say_hello
from fixture import deadline
from wire import check, same

BROKER = False
PLAIN = '''plain
    bind = "ipc://HERE/ask"
    pub = "ipc://HERE/listen"
'''
PASSWORD = "correct horse"
TRIES = 3  # that are free


def plain_peer(siege):
    peer = raw.Raw(siege.plain())
    peer.handshake()
    return peer


def try_password(siege, who, password):
    """(the answer, how long it took)"""
    peer = plain_peer(siege)
    begin = time.monotonic()
    answer = say_hello(peer, who, password=password)
    took = time.monotonic() - begin
    peer.close()
    return answer, took


@deadline(90)
@modes("claim", "keys")
def test_guessing(t):
    """An unknown id and a wrong password look the same, in words and in
    time; then one has to wait, and the right one is not tried either."""
    with besieged(t, settings=PLAIN, passwords={"robot": PASSWORD}) as siege:
        answer, _ = try_password(siege, "robot", PASSWORD)
        same(answer["op"], "welcome", "the right one")
        times = {}
        for who in ("robot", "nobody"):
            answers, took = zip(*(try_password(siege, who, f"guess {n}")
                                  for n in range(TRIES)))
            times[who] = min(took)
            same({(a.get("code"), a.get("text")) for a in answers},
                 {("denied", "unknown id or wrong password")}, who)
        check(0.3 < times["robot"] / times["nobody"] < 3, f"{times}")
        waits = 0
        for _ in range(20):
            answer, took = try_password(siege, "robot", "another guess")
            waits += answer.get("code") == "rate" and answer["wait"] > 0
        check(waits > 10, f"had to wait {waits} times of 20")


@modes("claim", "keys")
def test_passwords_of_all_kinds(t):
    """Empty, long, with zeroes; without one; for somebody who has none."""
    with besieged(t, settings=PLAIN, people={"ann": "admin"},
                  passwords={"robot": PASSWORD}) as siege:
        for who, password in (("robot", ""), ("robot", PASSWORD + "\0"),
                              ("robot", PASSWORD[:-1]), ("ann", ""),
                              ("ann", "x"), ("polite", ""), ("nobody", "")):
            answer, _ = try_password(siege, who, password)
            check(answer.get("code") in ("denied", "rate"),
                  f"{who} {password!r}: {answer}")
        answer = say_hello(plain_peer(siege), "robot", password="x" * 2000)
        same(answer.get("op"), "error")
        answer = say_hello(plain_peer(siege), "ann")
        same(answer.get("code"), "denied", "no password")


def guess_much(siege, seconds):
    """Many connections, each with an id of its own, that guess all the
    time. Gives the codes they got."""
    end = time.monotonic() + seconds

    def one(number):
        codes, tries = {}, 0
        while time.monotonic() < end:
            answer, _ = try_password(siege, f"guess{number}-{tries}", "x")
            code = answer.get("code", answer["op"])
            codes[code] = codes.get(code, 0) + 1
            tries += 1
        return codes
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        found = list(pool.map(one, range(100)))
    return {code: sum(f.get(code, 0) for f in found)
            for code in {c for f in found for c in f}}


@deadline(full(120, 60))
@modes("keys")
def test_flood_of_guesses(t):
    """Who has a key does not wait for those who guess."""
    with attack(t, settings=PLAIN, passwords={"robot": PASSWORD}) as siege:
        codes = siege.once(guess_much, siege, max(SECONDS, 3))
        check(set(codes) <= {"denied", "rate", "nothing"},  # or late
              f"{codes}")
        check(codes.get("denied", 0) > 3, f"looked at some: {codes}")
