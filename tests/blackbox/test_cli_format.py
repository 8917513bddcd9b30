# SPDX-License-Identifier: MPL-2.0
"""--format: what a line looks like."""
from cli import Cli
from wire import check, same


def test_fields_of_a_message(f):
    room = f.name("room")
    ann = f.client("ann")
    one = ann.done("say", room=room, text="hello {from} %s\\n", kind="notice",
                   re=7)
    with Cli(f) as cli:
        def show(template, *more):
            return cli.run("history", room, *more, "--format", template,
                           TZ="UTC")
        same(show("{room} {from} {seq} {kind} {re} {to}|{text}"),
             f"{room} {ann.id} {one['seq']} notice 7 |"
             "hello {from} %s\\n\n")
        same(show("{{{from}}} 5% \\\\n\\t\\n."), f"{{{ann.id}}} 5% \\n\t\n.\n")
        same(show("{time:%s}"),
             f"{one['time'] // 1000}\n")
        check(show("{time}").rstrip().endswith("+0000"), show("{time}"))
        same(len(show("{time:%Y-%m-%d %H:%M}")), 17)
        same(show(""), "\n")
        same(cli.run("listen", "-e", room, "--format", "{text}"),
             "hello {from} %s\\n\n")


def test_text_is_cleaned(f):
    room = f.name("room")
    ann = f.client("ann")
    ann.say(room, "a\x1b[2J\nb\u202ec")
    ann.done("say", room=room, data={"a": 1})
    with Cli(f) as cli:
        same(cli.run("history", room, "--format", "{text}"),
             'a\\u001b[2J\\u000ab\\u202ec\n{"a":1}\n')


def test_mail(f):
    name = f.name("bob")
    ann = f.client("ann")
    with Cli(f) as cli:
        cli.run("-i", name, "listen", "--mail", "-W", "0.2", code=124)
        ann.done("tell", to=name, text="psst")
        same(cli.run("-i", name, "history", "--with", ann.id, "--format",
                     "{to}<{from}[{room}]"), f"{name}<{ann.id}[]\n")


def test_rooms_and_ids(f):
    room = f.name("room")
    ann = f.client("ann")
    ann.done("join", "joined", room=room)
    said = ann.say(room, "x")
    with Cli(f) as cli:
        lines = cli.run("rooms", "--format",
                        "{room}={members} {head} {about}.").splitlines()
        check(f"{room}=1 {said['seq']} ." in lines, lines)
        same(cli.run("who", room, "--format", "<{id}>"), f"<{ann.id}>\n")


def test_what_is_wrong(f):
    with Cli(f) as cli:
        for command, template, part in (
                ("listen", "{txt}", "{txt} is no field of listen; there are "
                 "{time} {room} {to} {from} {text} {seq} {kind} {re}"),
                ("who", "{text}", "there are {id}"),
                ("rooms", "{id}", "there are {room} {members} {about} {head}"),
                ("history", "{}", "{} is no field"),
                ("history", "{text", 'has no } at its end'),
                ("history", "{", 'has no } at its end'),
                ("history", "text}", "a } without its {"),
                ("history", "{text:%s}", "only {time} has one"),
                ("history", "{time:}", 'is no form of {time}'),
                ("history", "{time:" + "x" * 128 + "}", "is no form"),
                ("history", "{time:" + "%c" * 60 + "}", "is no form"),
                ("history", "a\\x", "there are \\n, \\t and \\\\"),
                ("history", "a\\", "there are \\n")):
            words = [command] if command == "rooms" else [command, "r"]
            cli.wrong(*words, "--format", template, code=2, part=part)
        for other in ("--json", "--raw"):
            cli.wrong("listen", "r", other, "--format", "x", code=2,
                      part=f"--format or {other}, not both")
        cli.wrong("run", "r", "--format", "x", "--", "true", code=2,
                  part="run takes no --format")
