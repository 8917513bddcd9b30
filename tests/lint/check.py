#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""check.py: the rules of this tree that no ready-made tool knows.

Each rule is a function from (path, text) to complaints (line, words), and a
row in RULES. What a rule must let pass stands in exceptions.txt, one
`path rule` a line, with the reason behind `#`; an exception that is not
needed any more is a complaint itself. --list counts sizes instead.
"""
import os
import re
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
EXCEPTIONS = "tests/lint/exceptions.txt"

FILE_LINES = 400
FUNCTION_LINES = 60
PARAMETERS = 5
LEVELS = 3
LINE_COLUMNS = {".c": 80, ".h": 80, ".py": 100, ".js": 100, ".mjs": 100}
ESSAY_LINES = 3

# What may include what, by the first folder of the path. `own` is the folder
# itself; other headers of the tree are named from the root.
MAY_INCLUDE = {
    "proto": ("own",),
    "broker": ("own", "proto/"),
    "client": ("own", "proto/"),
    "examples": ("client/confab.h",),
    "tests": ("own", "proto/", "broker/", "client/", "tests/"),
}
# Libraries, and who may use them: a prefix of the path.
LIBRARIES = {
    "zmq": (r"(zmq|czmq)\.h", ("broker/net", "broker/gate", "broker/guard",
                               "broker/main", "broker/config", "client/link",
                               "tests/")),
    "jansson": (r"jansson\.h", ("client/", "tests/")),
    "curses": (r"(ncursesw/)?(n?curses|term)\.h",
               ("client/screen", "client/theme")),
    "sqlite": (r"sqlite3\.h", ("broker/log_sqlite", "broker/db", "tests/")),
    "sockets": (r"(sys/socket|netinet/.*|arpa/inet)\.h",
                ("broker/net", "broker/gate", "broker/guard", "broker/main",
                 "broker/cidr", "broker/service", "client/link",
                 "client/cmd_reach", "proto/os_counts", "tests/",
                 "examples/")),
}
# What not every system has, and where it may stand, beside what is done without
# it. Headers are looked for in #include lines, calls in the rest.
SYSTEM = {
    "header": (r"(linux/.*|sys/(epoll|eventfd|inotify|prctl|random|sendfile|"
               r"signalfd|statfs|statvfs|syscall|sysinfo|timerfd|xattr)|"
               r"malloc|error|features|endian|byteswap)\.h"),
    "call": (r"\b(accept4|clock_nanosleep|copy_file_range|dup3|epoll_\w+|"
             r"eventfd\w*|explicit_bzero|fallocate|fdatasync|getauxval|"
             r"getentropy|getrandom|inotify_\w+|mallopt|malloc_trim|"
             r"memfd_create|memrchr|mkostemp|pipe2|posix_fadvise|posix_fallocate|"
             r"ppoll|prctl|preadv2?|pthread_(condattr_setclock|setname_np|"
             r"timedjoin_np)|qsort_r|rawmemchr|renameat2|sched_\w+|sendfile|"
             r"sendmmsg|signalfd|sigtimedwait|splice|statx|strchrnul|syncfs|"
             r"syscall|timerfd_\w+|SOCK_CLOEXEC|SOCK_NONBLOCK|MSG_NOSIGNAL|"
             r"O_TMPFILE|O_PATH|SIGRTMIN|SO_PEERCRED|TCP_INFO|SIOCINQ|"
             r"st_[amc]tim)\b"),
    "path": r'"/proc/',
}
SYSTEM_FILES = ("proto/os", "broker/signals.c", "broker/watch.c",
                "broker/watch_stat.c", "tests/", "examples/")

# Called nowhere: name, and what to write instead.
BANNED = {
    "strcpy": "snprintf, or a slice",
    "stpcpy": "snprintf, or a slice",
    "strcat": "snprintf, or a slice",
    "strncpy": "memcpy with a checked length",
    "strncat": "snprintf, or a slice",
    "sprintf": "snprintf",
    "vsprintf": "vsnprintf",
    "gets": "fgets",
    "scanf": "strtoull and a check",
    "sscanf": "strtoull and a check",
    "atoi": "strtol and a check",
    "atol": "strtol and a check",
    "atof": "strtod and a check",
    "strtok": "a loop over a slice",
    "system": "posix_spawn",
    "popen": "posix_spawn",
    "tmpnam": "mkstemp",
    "mktemp": "mkstemp",
    "alloca": "a bounded array",
    "rand": "randombytes_buf",
    "random": "randombytes_buf",
    "usleep": "a condition with a deadline",
    "zstr_recv": "zmq_msg_recv (ZEROMQ: missing frames)",
    "zsock_recv": "zmq_msg_recv",
    "zconfig_reload": "zconfig_load",
    "zauth_new": "gate.c",
    "msgpack_unpack_next": "reader.c (it believes counts)",
}
# Tests compare with msgpack-c on purpose; they read /proc.
BANNED_BUT = {"msgpack_unpack_next": ("tests/",), "sscanf": ("tests/",)}

UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|stub|not yet implemented)\b")
COMMENT = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|"""
                     r"""'(?:\\.|[^'\\\n])*'""", re.S)

DEFINITION = re.compile(r"^(\w+)\(([^{};()]*(?:\([^()]*\)[^{};()]*)*)\)\n\{",
                        re.M)


def bare(text):
    """The text without comments and strings, every line where it was."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())
    return COMMENT.sub(blank, text)


def numbered(text):
    return enumerate(text.split("\n"), 1)


def spdx(path, text):
    head = "\n".join(text.split("\n")[:2])
    if "SPDX-License-Identifier: MPL-2.0" not in head:
        yield 1, "has no SPDX line at its top"


def essay(path, text):
    if not path.endswith((".c", ".h")):
        return
    match = re.match(r"/\* SPDX[^\n]*\*/\n(/\*.*?\*/)", text, re.S)
    least = 1 if path.startswith("tests/") else ESSAY_LINES
    if not match or match.group(1).count("\n") < least - 1:
        yield 2, "does not open with what it is for"


def file_lines(path, text):
    lines = text.count("\n")
    if lines > FILE_LINES:
        yield lines, f"has {lines} lines, the limit is {FILE_LINES}"


def functions(text):
    """(name, first line, lines) of each definition, by our own format: the
    name at the beginning of a line, its braces alone at the beginning too."""
    name = first = None
    for number, line in numbered(text):
        match = re.match(r"(\w+)\(", line)
        if match:
            name, first = match.group(1), None
        elif line == "{" and name:
            first = number
        elif line == "}" and name and first:
            yield name, first, number - first + 1
            name = first = None


def function_lines(path, text):
    if not path.endswith((".c", ".h")):
        return
    for name, first, lines in functions(text):
        if lines > FUNCTION_LINES:
            yield first, f"{name} has {lines} lines of {FUNCTION_LINES}"


def parameters(path, text):
    if not path.endswith(".c"):
        return
    for match in DEFINITION.finditer(bare(text)):
        count = match.group(2).replace(", ...", "").count(",") + 1
        if count > PARAMETERS:
            line = text.count("\n", 0, match.start()) + 1
            yield line, f"{match.group(1)} takes {count} of {PARAMETERS}"


def levels(path, text):
    """By our own indentation: a control statement in a function's body stands
    at column 4, each level adds 4 more."""
    if not path.endswith((".c", ".h")):
        return
    for number, line in numbered(bare(text)):
        match = re.match(r"( *)(?:\} )?(if|for|while|switch|do|HASH_ITER)\b",
                         line)
        if match and len(match.group(1)) > 4 * LEVELS:
            yield number, f"more than {LEVELS} levels"


def columns(path, text):
    limit = LINE_COLUMNS.get(os.path.splitext(path)[1], sys.maxsize)
    for number, line in numbered(text):
        if len(line) > limit and "http" not in line:
            yield number, f"{len(line)} columns of {limit}"


def includes(path, text):
    folder = path.split("/")[0]
    if not path.endswith((".c", ".h")) or folder not in MAY_INCLUDE:
        return
    allowed = MAY_INCLUDE[folder]
    for number, line in numbered(text):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not match:
            continue
        name = match.group(1)
        if "/" not in name and "own" in allowed:
            continue
        own = os.path.dirname(path) + "/" if "own" in allowed else None
        if own and name.startswith(own):
            continue
        if not name.startswith(tuple(a for a in allowed if a != "own")):
            yield number, f"may not include {name}"


def libraries(path, text):
    if not path.endswith((".c", ".h")):
        return
    for number, line in numbered(text):
        match = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
        if not match:
            continue
        for name, (pattern, users) in LIBRARIES.items():
            if re.fullmatch(pattern, match.group(1)) and \
                    not path.startswith(users):
                yield number, f"{name} is not used here ({match.group(1)})"


def system(path, text):
    """What only some systems have stands in few files (proto/os.h)."""
    if not path.endswith((".c", ".h")) or path.startswith(SYSTEM_FILES):
        return
    code = bare(text).split("\n")
    for number, line in numbered(text):
        header = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
        found = header and re.fullmatch(SYSTEM["header"], header.group(1)) or \
            re.search(SYSTEM["call"], code[number - 1]) or \
            re.search(SYSTEM["path"], line)
        if found:
            yield number, f"not every system has {found.group()}: see proto/os.h"


def banned(path, text):
    if not path.endswith((".c", ".h")):
        return
    for number, line in numbered(bare(text)):
        for name in re.findall(r"(?<![.>\w])(\w+)\s*\(", line):
            if name in BANNED and not path.startswith(
                    BANNED_BUT.get(name, ("?",))):
                yield number, f"{name}: use {BANNED[name]}"


def unfinished(path, text):
    if path.startswith("tests/lint/"):
        return
    for number, line in numbered(text):
        match = UNFINISHED.search(line)
        if match:
            yield number, f"'{match.group()}': finish it, or leave it out"


def documented(path, text):
    """Every key of the configuration stands in its manual page."""
    if path != "broker/config_rows.c":
        return
    manual = read("broker/confab.conf.5.scd")
    for number, line in numbered(text):
        match = re.search(r'\.key = "(?:\w+/)?([^"]+)"', line)
        if match and f"*{match.group(1)}* =" not in manual:
            yield number, f"{match.group(1)} is not in confab.conf(5)"


RULES = {
    "spdx": spdx,
    "essay": essay,
    "file-lines": file_lines,
    "function-lines": function_lines,
    "parameters": parameters,
    "levels": levels,
    "columns": columns,
    "includes": includes,
    "libraries": libraries,
    "system": system,
    "banned": banned,
    "unfinished": unfinished,
    "documented": documented,
}
CHECKED = (".c", ".h", ".py", ".js", ".mjs", ".sh")


def tracked():
    """What git knows or would take: ignored files are nobody's business."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(p for p in set(listed.split("\n"))
                  if p.endswith(CHECKED) and os.path.exists(f"{ROOT}/{p}"))


def read(path):
    with open(f"{ROOT}/{path}", encoding="utf-8") as source:
        return source.read()


def exceptions():
    """{(path, rule)} of the exception list."""
    rows = (line.split("#")[0].split() for _, line in numbered(
        read(EXCEPTIONS)))
    return {(row[0], row[1]) for row in rows if row}


def sizes():
    lengths = []
    for path in tracked():
        if path.endswith(".c") and not path.startswith("tests/"):
            lengths += [lines for _, _, lines in functions(read(path))]
    if lengths:
        print(f"{len(lengths)} functions, median {statistics.median(lengths)}"
              f" lines, longest {max(lengths)}")
    return 0


def main():
    if sys.argv[1:] == ["--list"]:
        return sizes()
    excused = exceptions()
    used = set()
    complaints = 0
    for path in tracked():
        text = read(path)
        for rule, check in RULES.items():
            for line, words in check(path, text):
                if (path, rule) in excused:
                    used.add((path, rule))
                    continue
                print(f"{path}:{line}: {words} [{rule}]")
                complaints += 1
    for path, rule in sorted(excused - used):
        print(f"{EXCEPTIONS}: {path} {rule} is not needed any more")
        complaints += 1
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
