# SPDX-License-Identifier: MPL-2.0
"""search, found: what is written, what is found, page by page; stats.

Seen to fail: with any term enough, with characters of Chinese not taken apart,
with `before` not looked at, with turns not looked at.
"""
import string
import threading

from wire import check, same

LONG = 512    # bytes of `text`
WORDS = 64    # in it


def find(client, text, **fields):
    page = client.done("search", "found", text=text, **fields)
    seqs = [m["seq"] for m in page["messages"]]
    same(seqs, sorted(seqs, reverse=True), "newest first")
    check(page["complete"], f"not complete: {text}")
    return page


def texts(client, text, **fields):
    return [m["text"] for m in find(client, text, **fields)["messages"]]


def say_all(client, room, *said):
    client.send(*[{"op": "say", "room": room, "text": text, "ref": n}
                  for n, text in enumerate(said)])
    return [client.expect("ok", ref=n)["seq"] for n in range(len(said))]


def test_what_was_just_acknowledged(t):
    c = t.client("ann")
    room = t.name("lobby")
    for n in range(50):
        seq = c.say(room, f"the marker number{n}")["seq"]
        page = find(c, f"number{n} marker", room=room)
        same([m["seq"] for m in page["messages"]], [seq])
        m, = page["messages"]
        same((m["op"], m["room"], m["from"]), ("say", room, c.id))
        check(m["time"] > 0 and "prev" in m, "a whole message")


def test_words_and_phrases(t):
    c = t.client("ann")
    room = t.name("lobby")
    say_all(c, room, "The quick brown fox", "the fox is brown", "quick!",
            "foxes", "a-b c", "ab c", "x.y", "don't")
    for query, found in (
            ("fox", 2), ("FOX", 2), ("fox*", 3), ("brown fox", 2),
            ('"brown fox"', 1), ('"fox brown"', 0), ("quick -fox", 1),
            ("-quick fox", 1), ('fox -"brown fox"', 1), ("a-b", 1),
            ('"a b"', 1), ("ab", 1), ("b a", 1), ("x.y", 1), ("don't", 1),
            ('"the quick bro"*', 1), ('"quick', 2), ("qu*", 2), ("xyz", 0),
            ("  fox \t\n fox ", 2), ("fox -nothing", 2), ("fox -fo*", 0),
            ("fox - -- \"\" *", 2)):
        same(len(texts(c, query, room=room)), found, query)


def test_letters_of_all_kinds(t):
    c = t.client("ann")
    room = t.name("lobby")
    say_all(c, room, "Grüße aus MÜNCHEN", "Cafe\u0301", "Αθήνα", "Москва",
            "ｆｕｌｌ ﬁne", "İstanbul", "наѝвно")
    for query, found in (
            ("münchen", 1), ("munchen", 1), ("GRÜSSE", 1), ("café", 1),
            ("cafe", 1), ("ΑΘΗΝΑ", 1), ("москва", 1), ("full", 1),
            ("fine", 1), ("istanbul", 1), ("моск*", 1)):
        same(len(texts(c, query, room=room)), found, query)


def test_scripts_without_spaces(t):
    c = t.client("ann")
    room = t.name("lobby")
    said = ["会议室是绿色的", "今日は会議があります", "안녕하세요 세계",
            "สวัสดีครับ", "ships 🚀 today", "版本v2发布"]
    say_all(c, room, *said)
    for query, found in (
            ("会", [1, 0]), ("会议", [0]), ("议会", []), ("会議", [1]),
            ("绿色", [0]), ("녕", [2]), ("세계", [2]), ("안녕", [2]),
            ("สวัสดี", [3]), ("ครับ", [3]), ("🚀", [4]), ("🎉", []),
            ("v2", [5]), ("版本v2", [5]), ("が", [1]), ("会　議", [1]),
            ("会 室", [0]), ("会 -室", [1])):
        same(texts(c, query, room=room), [said[n] for n in found], query)


def test_no_syntax_of_the_index(t):
    """Every sign alone, around a word, twice; and words that mean something
    to FTS5."""
    c = t.client("ann")
    room = t.name("lobby")
    c.say(room, "NEAR the words AND or NOT column")
    signs = string.punctuation
    for sign in signs:
        for query in (f"words{sign}", f"{sign} words", f"words {sign}{sign}",
                      f"{sign * 5} words {sign}"):
            same(len(texts(c, query, room=room)), 1, repr(query))
    for query in ("NEAR(words column)", "words:column", "AND", "OR NOT",
                  "column AND words", "words ^column", "{words column}",
                  'words"column', "words''column", "words); DROP TABLE",
                  "words + column"):
        answer = c.ask("search", text=query, room=room)
        check(answer["op"] == "found" and answer["complete"], f"{query}: "
              f"{answer}")
    same(len(texts(c, "NEAR the words", room=room)), 1)
    same(len(texts(c, "and OR not", room=room)), 1)


def test_pages(t):
    c = t.client("ann")
    room = t.name("lobby")
    seqs = say_all(c, room, *[f"needle {n} {'x' * 200}" for n in range(120)])
    same(len(find(c, "needle", room=room)["messages"]), 100)
    for limit in (1, 7, 50, 500):
        got, before = [], 2**53 - 1
        while True:
            page = find(c, "needle", room=room, limit=limit, before=before)
            check(len(page["messages"]) <= limit, "more than asked for")
            got += [m["seq"] for m in page["messages"]]
            if not page["more"]:
                same(page["upto"], 0)
                break
            check(page["upto"] < before, "no progress")
            before = page["upto"]
        same(got, seqs[::-1], f"pages of {limit}")
    same(find(c, "needle", room=room, before=seqs[0])["messages"], [])
    page = find(c, "needle", room=room, before=seqs[10])
    same(len(page["messages"]), 10)


def test_large_messages_fit_the_frame(t):
    c = t.client("ann")
    room = t.name("lobby")
    seqs = [c.say(room, f"large {'y' * 16000}")["seq"] for _ in range(10)]
    page = find(c, "large", room=room)
    check(1 < len(page["messages"]) < 10 and page["more"], "several pages")
    rest = find(c, "large", room=room, before=page["upto"])
    got = [m["seq"] for m in page["messages"] + rest["messages"]]
    same(got, seqs[::-1][:len(got)])


def test_since_and_from(t):
    ann, bob = t.client("ann"), t.client("bob")
    room = t.name("lobby")
    first = ann.say(room, "hello one")
    second = bob.say(room, "hello two")
    same(texts(ann, "hello", room=room, **{"from": bob.id}), ["hello two"])
    same(texts(ann, "hello", room=room, since=second["time"] + 60000), [])
    check(len(texts(ann, "hello", room=room, since=first["time"])) == 2,
          "both")


def test_what_has_no_text(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.done("say", room=room, data={"text": "hidden"})
    c.done("say", room=room, text="seen", data=["hidden"])
    c.done("say", room=room, text="fleeting", keep=False)
    same(texts(c, "hidden", room=room), [])
    same(texts(c, "seen", room=room), ["seen"])
    same(texts(c, "fleeting", room=room), [])


def test_direct_messages(t):
    ann, bob, eve = t.client("ann"), t.client("bob"), t.client("eve")
    ann.tell(bob.id, "a private word")
    bob.tell(ann.id, "a private answer")
    for who in (ann, bob):
        same(len(texts(who, "private")), 2)
        other = bob if who is ann else ann
        same(len(texts(who, "private", **{"with": other.id})), 2)
    same(texts(eve, "private"), [])
    for who in (ann, bob):
        same(texts(eve, "private", **{"with": who.id}), [])
    same(texts(ann, "private", **{"with": eve.id}), [])


def test_refusals(t):
    c = t.client("ann")
    room = t.name("lobby")
    c.say(room, "x")
    for text in ("", " ", "...", "-x", '"', "* -* --", '-"x y"'):
        error = c.ask("search", text=text)
        same((error["op"], error["code"]), ("error", "bad-state"), text)
        check("word" in error["text"], error)
    c.refused("search", "too-large", text="x" * (LONG + 1))
    find(c, "x" * LONG)
    c.refused("search", "too-many", text="日" * (WORDS + 1))
    find(c, "日" * WORDS)
    c.refused("search", "no-room", text="x", room=t.name("nowhere"))
    c.refused("search", "bad-message", text="x", room=room, **{"with": "bob"})
    c.refused("search", "bad-message")
    c.refused("search", "bad-name", text="x", **{"from": "no name"})


def test_many_at_once(t):
    """Each gets its answer, or is told to wait."""
    c = t.client("ann")
    room = t.name("lobby")
    c.say(room, "one thing")
    c.send(*[{"op": "search", "text": "thing", "room": room, "ref": n}
             for n in range(40)])
    answers = [c.next() for n in range(40)]
    same(sorted(a["ref"] for a in answers), list(range(40)), "answered")
    found = [a for a in answers if a["op"] == "found"]
    check(found, "nobody was answered")
    for a in answers:
        check(a["op"] == "found" and len(a["messages"]) == 1 or
              a.get("code") == "rate" and a["wait"] > 0, a)


def test_stats(t):
    c = t.client("ann")
    room = t.name("lobby")
    before = c.done("stats", "stats")["counters"]
    c.say(room, "x")
    c.tell(c.id, "y")
    after = c.done("stats", "stats")["counters"]
    same(after["said"], before["said"] + 1)
    same(after["told"], before["told"] + 1)
    check(after["sessions"] >= 1 and after["connections"] >= 1 and
          after["rooms"] >= 1 and after["uptime"] >= before["uptime"] and
          after["log-bytes"] > 0 and after["cpu"] >= before["cpu"] and
          after["most-memory-bytes"] > 1 << 20, after)
    check(all(isinstance(v, int) and v >= 0 for v in after.values()), after)


def test_searched_while_others_talk(t):
    """Nothing that was acknowledged before is missing."""
    bob = t.client("bob")
    room = t.name("lobby")
    stop = threading.Event()
    other = t.client("eve")

    def talk():
        n = 0
        while not stop.is_set():
            n += 1
            other.say(room, f"noise {n} {'z' * 300}")
    thread = threading.Thread(target=talk)
    thread.start()
    try:
        for n in range(100):
            seq = bob.say(room, f"signal{n}")["seq"]
            page = bob.done("search", "found", text=f"signal{n}")
            same([m["seq"] for m in page["messages"]], [seq], n)
    finally:
        stop.set()
        thread.join()
