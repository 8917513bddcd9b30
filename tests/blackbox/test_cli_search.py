# SPDX-License-Identifier: MPL-2.0
"""confab search and confab stats, against a real broker and a posed one."""
import json
import time

from cli import Cli
from posed import Posed, WELCOME
from wire import check, same


def test_words(f):
    room = f.name("room")
    ann, bob = f.client("ann"), f.client("bob")
    ann.say(room, "Green build is out")
    bob.say(room, "the red build, green again")
    ann.say(room, "東京タワー 👍")
    with Cli(f) as cli:
        def search(*words, code=0):
            out = cli.full("search", "-r", "--room", room, *words, code=code)
            return out.stdout.decode().splitlines()
        green = ["Green build is out", "the red build, green again"]
        same(search("green"), green, "the oldest first")
        same(search("green", "build"), green)
        same(search("green build"), green)
        same(search('"green build"'), green[:1])
        same(search("--", "green", "-red"), green[:1])
        same(search("buil*"), green)
        same(search("京"), ["東京タワー 👍"])
        same(search("👍"), ["東京タワー 👍"])
        same(search("green", "-n", "1"), green[1:], "the newest")
        same(search("green", "--from", ann.id), green[:1])
        same(search("green", "--since", "1h"), green)
        same(search("green", "--since", "begin"), green)
        same(search("green", "--since", "2020-01-01Z"), green)
        same(search("tokyo", code=5), [])
        newest = cli.run("search", "--format", "{seq}", "--room", room, "-n",
                         "1", "green").strip()
        same(search("green", "--before", newest), green[:1])


def test_where_it_looks(f):
    room, other = f.name("room"), f.name("other")
    word = f"w{f.number}x"
    ann = f.client("ann")
    bob = f.client("bob")
    ann.say(room, word + " one")
    ann.say(other, word + " two")
    ann.done("tell", to=bob.id, text=word + " three")
    with Cli(f) as cli:
        lines = cli.run("search", word).splitlines()
        same([line[6:] for line in lines],
             [f"{room} <{ann.id}> {word} one", f"{other} <{ann.id}> {word} two"])
        same(cli.run("search", "-r", "--room", other, word), word + " two\n")
        line = cli.run("search", "--json", "--room", room, word)
        same(json.loads(line)["text"], word + " one")
        same(len(line.splitlines()), 1)
        eve = f.name("eve")
        cli.run("-i", eve, "tell", bob.id, word + " four")
        mine = cli.run("-i", eve, "search", "-r", "--with", bob.id, word)
        same(mine, word + " four\n", "not what others told him")


def test_what_is_wrong(f):
    with Cli(f) as cli:
        for args, part in (
                (["x", "--room", "r", "--with", "b"], "--room or --with"),
                (["x", "--since", "-5"], "--since takes a time here"),
                (["x", "--since", "5"], "--since takes a time here"),
                (["x", "-n", "10001"], "-n is at most 10000"),
                (["x", "-n", "0"], '--number: "0"'),
                ([], "usage: confab search WORD"),
                (["x", "--after", "1"], "search takes no --after")):
            cli.wrong("search", *args, code=2, part=part)
        cli.wrong("search", "x", "--room", "a b", code=6, part="--room")
        cli.wrong("search", "x" * 513, code=6)
        for text in ("?!", "", " ", "-", '""', '"?" -x', '-"a b"', "*", "…",
                     '"', '-"a'):
            cli.wrong("search", "--", text, code=2, part="no word")
        cli.run("search", "--", "\u20a8", code=5)  # a sign that means Rs
        for text in ("x -y", '"?" x', '-"a" b', '"a', "é", "東京", "🦊", '-"a"b',
                     "-x\ty", "-x\u3000y"):
            cli.run("search", "--", text + f" {f.name('none')}", code=5)
        cli.wrong("search", "x", "--room", f.name("none"), code=5,
                  part="(no-room)")
        done = cli.full("search", "-q", f.name("nothing"), code=5)
        same(done.stderr + done.stdout, b"")


def answers(pages, questions):
    def answer(message):
        if message["op"] == "hello":
            return dict(WELCOME, id=message["id"])
        if message["op"] != "search":
            return None
        questions.append(message)
        return pages.pop(0)
    return answer


def found(seqs, **more):
    return {"op": "found", "messages": [
        {"op": "say", "room": "r", "from": "b", "seq": s, "prev": 0, "time": 1,
         "text": str(s)} for s in seqs], "upto": 0, "more": False,
        "complete": True, **more}


def test_pages(f):
    """Some of them empty, and one that leads nowhere."""
    for pages, args, code, want, asked in (
            ([found([9, 8], more=True, upto=8), found([], more=True, upto=5),
              found([4, 3])], [], 0, "3 4 8 9", [None, 8, 5]),
            ([found([9, 8], more=True, upto=8), found([7], more=True, upto=7)],
             ["-n", "3"], 0, "7 8 9", [None, 8]),
            ([found([9], more=True, upto=9), found([], more=True, upto=9)], [],
             0, "9", [None, 9]),
            ([found([9, 8, 7])], ["-n", "2"], 0, "8 9", [None]),
            ([found([], more=True, upto=0)], [], 5, "", [None])):
        questions = []
        with Posed(answers(list(pages), questions)) as broker, \
                Cli(f, broker.url) as cli:
            out = cli.full("search", "-r", "x", *args, code=code).stdout
        same(out.split(), want.encode().split())
        same([q.get("before") for q in questions], asked)


def test_what_could_not_be_searched_is_told(f):
    with Posed(answers([found([1], complete=False)], [])) as broker, \
            Cli(f, broker.url) as cli:
        done = cli.full("search", "x")
    check(b"not all that is kept could be searched" in done.stderr,
          done.stderr)


def test_many(f):
    room = f.name("room")
    ann = f.client("ann")
    for i in range(1200):
        ann.tell_broker("say", room=room, text=f"needle {i}")
    ann.ping()
    with Cli(f) as cli:
        begin = time.monotonic()
        out = cli.run("search", "-r", "--room", room, "-n", "1100", "needle")
        f.words = f"{time.monotonic() - begin:.2f} s for 1100"
        same(out.splitlines(), [f"needle {i}" for i in range(100, 1200)])
        same(len(cli.run("search", "--room", room, "needle").splitlines()),
             100)


def test_stats(f):
    f.client("ann").say(f.name("room"), "x")
    with Cli(f) as cli:
        lines = dict(line.split(" ") for line in
                     cli.run("stats").splitlines())
        check(int(lines["said"]) >= 1 and int(lines["sessions"]) >= 1, lines)
        counters = json.loads(cli.run("stats", "--json"))["counters"]
        same(list(counters), list(lines), "the same, in the same order")
        cli.wrong("stats", "x", code=2, part="usage: confab stats")


def test_names_of_counters_are_cleaned(f):
    def answer(message):
        if message["op"] == "hello":
            return dict(WELCOME, id=message["id"])
        return {"op": "stats", "time": 1, "counters": {"a\x1b[2J": 1}} \
            if message["op"] == "stats" else None
    with Posed(answer) as broker, Cli(f, broker.url) as cli:
        same(cli.run("stats"), "a\\u001b[2J 1\n")
