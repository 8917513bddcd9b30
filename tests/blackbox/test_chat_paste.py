# SPDX-License-Identifier: MPL-2.0
"""confab chat: what is pasted, and what is too long."""
from cli import Cli
from screen import Screen
from wire import same, wait_until

DROPPED = "-- what was pasted was dropped"


def test_paste_of_several_lines(f):
    """It asks first, and what was being typed stays."""
    room = f.name("r")
    prompt = f"[{room}] "
    bob = f.client("bob")
    bob.join(room, direct=True)
    with Cli(f) as cli, Screen(cli, 100) as one:
        one.chat(f.name("ann"), room)
        one.type("half")
        one.paste("one\n\ttwo\x01\n/quit is text here\n\nthree")
        one.wait_for(f"^-- 4 lines for {room}: Enter says them one by one, M as "
                     "one message, Esc drops them$")
        one.type("x")
        one.keys("Enter")
        same([bob.expect("say")["text"] for _ in range(4)],
             ["one", "\ttwo", "/quit is text here", "three"])
        one.wait_last(prompt + "half")
        one.paste("a\nb\n")
        one.wait_for("^-- 2 lines for")
        one.type("M")
        same(bob.expect("say")["text"], "a\nb")
        one.paste("c\nd\ne")
        one.wait_for("^-- 3 lines for")
        one.keys("Escape")
        one.wait_for("^-- what was pasted was dropped$")
        one.paste("x" * 9000 + "\n" + "y" * 9000)
        one.wait_for(f"^-- 2 lines for {room}: Enter says them one by one, Esc "
                     "drops them$")
        one.type("m")
        one.keys("C-g")
        wait_until(lambda: one.lines().count(DROPPED) == 2, "dropped again")
        one.paste("z" * 20000)
        one.wait_for("^-- 20000 bytes are too long for one message, 16384: Esc "
                     "drops them$")
        one.keys("Escape")  # with what follows at once it is another key
        wait_until(lambda: one.lines().count(DROPPED) == 3, "dropped once more")
        one.paste("way")
        one.wait_last(prompt + "halfway")
        one.keys("Enter")
        same(bob.expect("say")["text"], "halfway")


def test_more_is_pasted_than_the_outbox_holds(f):
    room = f.name("r")
    bob = f.client("bob")
    with Cli(f) as cli, Screen(cli) as one:
        one.chat(f.name("ann"), room)
        one.paste("".join(f"{i}\n" for i in range(12000)))
        one.wait_for(f"^-- 12000 lines for {room}")
        one.keys("Enter")
        one.wait_for(f"{room} <{f.name('ann')}> 11999$", 40)
        one.type("still here", True)
        one.wait_for("> still here$")
    said = []
    while not said or said[-1]["text"] != "still here":
        after = said[-1]["seq"] if said else 0
        said += bob.done("history", "history", room=room, after=after,
                         limit=500)["messages"]
    same([m["text"] for m in said[:-1]], [str(i) for i in range(12000)])


def test_a_message_that_is_too_long_stays(f):
    room = f.name("r")
    bob = f.client("bob")
    bob.join(room, direct=True)
    with Cli(f) as cli, Screen(cli) as one:
        one.chat(f.name("ann"), room)
        one.paste("x" * 16384)
        one.type("y")
        one.wait_for("^-- a message has at most 16384 bytes$")
        one.keys("Enter")
        same(bob.expect("say")["text"], "x" * 16384)
        one.wait_for("more rows: /more")  # it would push away what is said before it
        one.type("in no room")
        one.keys("C-n", "Enter")
        one.type("kept", True)
        one.wait_for("^-- nobody is here: Ctrl-N goes to the next")
        one.wait_last("> kept")
        one.keys("C-p")
        one.wait_last(f"[{room}] in no room")
