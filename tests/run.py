#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""run.py: runs every suite of tests and adds up what they say.

A suite is a command. It tells how it went by its exit code and by its last
line `N passed, N failed`, or in cmocka's words. A suite that is killed, takes
too long, says nothing or ran no test at all counts as one failed test more, so
that nothing can be skipped in silence. What a suite prints is kept in
$BUILD/log and shown when it failed. The last line is the sum of all.

    BUILD=build tests/run.py [-l] [-v] [SUITE...]     SUITE: a name's beginning

All of them together have MINUTES (HOSTILE=full and DURABLE=full as many as they
need); what has no time left then has failed.

The programs under test are the sanitized ones in $BUILD/asan, except where
a suite measures time or memory; both places are given to the suites in the
environment (BUILD, and CONFABD and CONFAB, the two programs).
"""
import argparse
import glob
import os
import re
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(ROOT, "build")))
ASAN = os.path.join(BUILD, "asan")
TSAN = os.path.join(BUILD, "tsan")
PYTHON = "/usr/bin/python3"
MINUTES = int(os.environ.get("MINUTES", "30"))
TAIL = 40  # last lines of a failed suite that are shown
FAILED = re.compile(r"^(FAILED|not ok|\[  FAILED  \]|.*: (error|runtime error):)")

COUNTS = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)
CMOCKA_PASSED = re.compile(r"\[  PASSED  \] (\d+) test")
CMOCKA_FAILED = re.compile(r"\[  FAILED  \] (\d+) test")


class Suite:
    def __init__(self, name, command, build=ASAN, seconds=120, env=None):
        self.name = name
        self.command = command
        self.build = build
        self.seconds = seconds
        self.env = env or {}


def programs(pattern):
    """The tests named by their sources, so that none can be forgotten."""
    sources = sorted(glob.glob(os.path.join(ROOT, pattern)))
    return [os.path.splitext(os.path.basename(s))[0] for s in sources]


def suites():
    for test in programs("tests/unit/test_*.c"):
        yield Suite("unit/" + test[5:], [f"{ASAN}/tests/{test}"])
    # What has threads, on ThreadSanitizer, with a plain broker.
    yield Suite("threads", [f"{TSAN}/tests/test_confab"], BUILD)
    yield Suite("threads/state", [f"{TSAN}/tests/test_confab_state"], BUILD)
    yield Suite("threads/checker", [f"{TSAN}/tests/test_checker"], BUILD)
    yield Suite("threads/finder", [f"{TSAN}/tests/test_finder"], BUILD)
    yield Suite("protocol", [f"{ASAN}/tests/protocol_tables", "--check",
                             "proto/PROTOCOL.md"])
    for test in programs("tests/fuzz/fuzz_*.c"):
        corpus = os.path.join(ROOT, "tests/fuzz/corpus", test[5:])
        yield Suite("corpus/" + test[5:], [f"{ASAN}/tests/{test}", corpus])
    yield Suite("sim", [f"{ASAN}/tests/sim", "--seeds", "500", "--seconds",
                        "30"], seconds=300)
    scenes = sorted(glob.glob(os.path.join(ROOT, "tests/scenes/*.scene")))
    play = f"{ASAN}/tests/play"
    yield Suite("scenes/hub", [play, *scenes])
    yield Suite("scenes/tcp", [play, "--tcp", f"{ASAN}/confabd", *scenes],
                seconds=300)
    talk = [PYTHON, "tests/blackbox/run.py", "--suite"]
    yield Suite("blackbox", [*talk, "blackbox"], seconds=300)
    disk = {"TEST_LOG": "sqlite:confab.db"}
    yield Suite("disk", [*talk, "blackbox"], seconds=300, env=disk)
    # A clock that is wrong can be preloaded into the plain broker only.
    yield Suite("screen", [*talk, "screen"], seconds=480,
                env={"CONFABD": f"{BUILD}/confabd"})
    yield Suite("speed", [*talk, "speed"], BUILD, 300)
    yield Suite("examples", [*talk, "examples"], BUILD, 300)
    yield Suite("hostile", [*talk, "hostile"], BUILD, 300, disk)
    full = os.environ.get("HOSTILE") == "full"
    yield Suite("attacks", [*talk, "attacks"], BUILD, 3600 if full else 420,
                {"MODULE_DEADLINE": "1500" if full else "400"})
    yield Suite("real", [*talk, "real"], BUILD, 300, disk)
    yield Suite("durable", [*talk, "durable"], BUILD, 420)
    yield Suite("service", [*talk, "service"], BUILD)
    yield Suite("install", [*talk, "install"], BUILD, 300)


def end_of_all():
    """When time is over, by the monotonic clock."""
    if "full" in (os.environ.get("HOSTILE"), os.environ.get("DURABLE")):
        return float("inf")
    return time.monotonic() + 60 * MINUTES


def run(suite, end):
    """Gives (output, how it ended): a code, or a sentence when it has none."""
    left = end - time.monotonic()
    if left <= 0:
        return b"", f"not begun: all {MINUTES} minutes are over (MINUTES=...)"
    env = dict(os.environ, BUILD=suite.build,
               CONFABD=f"{suite.build}/confabd",
               CONFAB=f"{suite.build}/confab",
               UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1",
               ASAN_OPTIONS="detect_leaks=1:abort_on_error=0",
               TSAN_OPTIONS=f"suppressions={ROOT}/tests/tsan.supp",
               LC_ALL="C.UTF-8") | suite.env
    env.pop("MAKEFLAGS", None)
    env.pop("MFLAGS", None)
    try:
        child = subprocess.Popen(suite.command, cwd=ROOT, env=env,
                                 stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT,
                                 start_new_session=True)
    except OSError as error:
        return b"", f"cannot start: {error}"
    try:
        output, _ = child.communicate(timeout=min(suite.seconds, left))
        code = child.returncode
    except subprocess.TimeoutExpired:
        code = (f"took longer than {suite.seconds} s" if suite.seconds <= left
                else f"all {MINUTES} minutes are over (MINUTES=...)")
        output = b""
    try:
        os.killpg(child.pid, signal.SIGKILL)  # whatever it left behind
    except ProcessLookupError:
        pass
    if isinstance(code, str):
        output, _ = child.communicate()
    return output, code


def count(output):
    """(passed, failed) as the suite tells it; None when it tells nothing."""
    told = COUNTS.findall(output)
    if told:
        return tuple(int(n) for n in told[-1])
    passed = sum(int(n) for n in CMOCKA_PASSED.findall(output))
    failed = sum(int(n) for n in CMOCKA_FAILED.findall(output))
    return (passed, failed) if passed + failed else None


def judge(output, code):
    """(passed, failed, why): `why` when the suite failed as a whole."""
    counts = count(output)
    passed, failed = counts or (0, 0)
    if isinstance(code, str):
        return passed, failed + 1, code
    if code < 0:
        return passed, failed + 1, f"killed by {signal.Signals(-code).name}"
    if counts is None:
        return 0, 1, f"says no counts (exit code {code})"
    if passed + failed == 0:
        return 0, 1, "ran no test"
    if code != 0 and failed == 0:
        return passed, 1, f"exit code {code}, though nothing failed"
    return passed, failed, ""


def log_path(suite):
    return os.path.join(BUILD, "log", suite.name.replace("/", "-") + ".log")


def report(suite, result, text, seconds, verbose):
    passed, failed, why = result
    line = f"{suite.name:<24} {passed:5} passed, {failed} failed"
    print(f"{line}  {seconds:6.1f} s{'  ' + why if why else ''}", flush=True)
    if failed or verbose:
        lines = text.rstrip().split("\n")
        shown = lines if verbose else lines[-TAIL:]
        for line in filter(FAILED.match, lines[:len(lines) - len(shown)]):
            print("    " + line)
        if len(shown) < len(lines):
            print(f"    ... (all {len(lines)} lines: {log_path(suite)})")
        for line in shown:
            print("    " + line)
        sys.stdout.flush()


def keep_log(suite, text):
    path = log_path(suite)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as log:
        log.write(" ".join(suite.command) + "\n" + text)


def main():
    parser = argparse.ArgumentParser(description="runs the tests")
    parser.add_argument("-l", "--list", action="store_true")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("suite", nargs="*", help="only names that begin so")
    args = parser.parse_args()
    # Whoever started us in the background has SIGINT ignored, and so would
    # everything below, also what the tests want to stop by Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    every = list(suites())
    vain = [name for name in args.suite
            if not any(s.name.startswith(name) for s in every)]
    for name in vain:
        print(f"the name of no suite begins with {name!r}; -l lists them")
    if vain:
        return 2
    chosen = [s for s in every if not args.suite
              or any(s.name.startswith(name) for name in args.suite)]
    end = end_of_all()
    if args.list:
        print("\n".join(s.name for s in chosen))
        return 0
    all_passed = all_failed = 0
    for suite in chosen:
        begin = time.monotonic()
        output, code = run(suite, end)
        text = output.decode("utf-8", "backslashreplace")
        keep_log(suite, text)
        result = judge(text, code)
        report(suite, result, text, time.monotonic() - begin, args.verbose)
        all_passed += result[0]
        all_failed += result[1]
    print(f"{all_passed} passed, {all_failed} failed")
    return 0 if all_failed == 0 and all_passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
