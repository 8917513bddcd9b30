#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""run.py: runs the tests that talk to a real broker.

    tests/blackbox/run.py [--suite NAME] [--confabd PATH] [--confab PATH]
                          [PATTERN...]

Every function test_* of the suite's test_*.py is a test: it gets a Fixture,
and fails by an exception or by its deadline. A module has its own process and
its own broker; two modules run at a time. PATTERN is a part of `module.test`.
The last line is `N passed, N failed`.
"""
import argparse
import concurrent.futures
import functools
import glob
import importlib.util
import inspect
import os
import re
import signal
import subprocess
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

SUITES = {
    "examples": "tests/blackbox/test_examples.py",
    "attacks": "tests/hostile/test_attack_*.py",
    "hostile": "tests/hostile/test_*.py",    # without those above
    "real": "tests/real/test_*.py",
    "durable": "tests/durable/test_*.py",
    "service": "tests/service/test_*.py",
    "speed": "tests/blackbox/test_full_speed.py",
    "screen": "tests/blackbox/test_full*.py",
    "install": "tests/install/test_*.py",
    "blackbox": "tests/blackbox/test_*.py",  # without those above
}
MEASURING = ("real", "attacks", "speed")  # one module at a time
WORKERS = 2
TRIES = 3             # of a test that is too slow, see wire.Slow
DEADLINE = 60         # seconds for a test, unless it has its own
MODULE_DEADLINE = int(os.environ.get("MODULE_DEADLINE", "280"))
RAN = re.compile(r"^(?:ok     |FAILED )([^\s:]+)", re.M)
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)


class Late(Exception):
    """The test's deadline has passed."""


def load(path):
    name = os.path.splitext(os.path.basename(path))[0]
    sys.path.insert(1, os.path.dirname(path))  # its neighbours
    sys.path.insert(0, os.path.dirname(path))  # its own helpers
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tests_of(module, patterns):
    """(name, function, mode), in the order they are written; a function that
    has `modes` is a test in each of them."""
    found = [(inspect.getsourcelines(f)[1], n, f)
             for n, f in vars(module).items()
             if n.startswith("test_") and inspect.isfunction(f)]
    for _, name, function in sorted(found):
        for mode in getattr(function, "modes", ("",)):
            full = f"{module.__name__}.{name}{mode and '/'}{mode}"
            if not patterns or any(p in full for p in patterns):
                yield full, function, mode


def on_alarm(_signal, _frame):
    raise Late("the test's deadline has passed")


def explain(name, error, fixture):
    """What a person needs to see why it failed."""
    print(f"FAILED {name}: {type(error).__name__}: {error}")
    for frame in traceback.extract_tb(error.__traceback__):
        if "/test_" in frame.filename:
            place = os.path.relpath(frame.filename, ROOT)
            print(f"    at {place}:{frame.lineno}: {frame.line}")
    for line in fixture.story():
        print(f"    {line}")


def run_once(name, function, fixture):
    """What went wrong, or None."""
    begin = time.monotonic()
    signal.alarm(getattr(function, "deadline", DEADLINE))
    try:
        function(fixture)
        fixture.check_broker()
    except Exception as error:  # whatever it is, it is a failure
        signal.alarm(0)
        explain(name, error, fixture)
        return error
    finally:
        signal.alarm(0)
        fixture.finish()
    print(f"ok     {name}  {time.monotonic() - begin:.2f} s  "
          f"{fixture.words}".rstrip())
    return None


def run_test(name, function, make_fixture):
    """What was only slow may have been so by somebody else's load."""
    from wire import Slow  # after sys.path is set
    for _ in range(TRIES):
        error = run_once(name, function, make_fixture())
        if not isinstance(error, Slow):
            break
    return error is None


def run_module(path, args):
    """In a process of its own."""
    from fixture import Fixture  # after sys.path is set
    signal.signal(signal.SIGALRM, on_alarm)
    module = load(path)
    shared = Fixture.open_module(module, args)
    results = []
    try:
        for name, function, mode in tests_of(module, args.pattern):
            results.append(run_test(name, function,
                                    functools.partial(Fixture, shared, mode)))
            sys.stdout.flush()
    finally:
        shared.close()
    print(f"{results.count(True)} passed, {results.count(False)} failed")


def spawn_module(path, args):
    command = [sys.executable, os.path.abspath(__file__), "--module", path,
               "--confabd", args.confabd, "--confab", args.confab,
               *args.pattern]
    try:
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, errors="replace",
                              timeout=MODULE_DEADLINE)
        return done.stdout, done.returncode
    except subprocess.TimeoutExpired as error:
        text = error.stdout or b""
        text = text if isinstance(text, str) else text.decode(
            "utf-8", "backslashreplace")
        return text + f"{path}: took longer than {MODULE_DEADLINE} s\n", -1


def judge(path, text, code):
    """(passed, failed) of a module; one that says no counts has failed."""
    counts = COUNTS.findall(text)
    if counts and code == 0:
        return tuple(int(n) for n in counts[-1])
    print(f"FAILED {os.path.relpath(path, ROOT)}: exit code {code}\n{text}")
    return text.count("\nok     "), 1


def modules(suite):
    """The paths of its modules; one belongs to the first suite it is in."""
    taken = set()
    for name, pattern in SUITES.items():
        paths = set(glob.glob(os.path.join(ROOT, pattern))) - taken
        if name == suite:
            return sorted(paths)
        taken |= paths
    raise KeyError(suite)


def unmatched(patterns, text):
    """Those that are in the name of no test that ran."""
    names = RAN.findall(text)
    return [p for p in patterns if not any(p in name for name in names)]


def run_suite(args):
    paths = modules(args.suite)
    passed = failed = 0
    told = []
    workers = 1 if args.suite in MEASURING else WORKERS
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        jobs = {pool.submit(spawn_module, p, args): p for p in paths}
        for job in concurrent.futures.as_completed(jobs):
            text, code = job.result()
            told.append(text)
            shown = COUNTS.sub("", text).rstrip()
            if shown and code == 0:
                print(shown, flush=True)
            counts = judge(jobs[job], text, code)
            passed += counts[0]
            failed += counts[1]
    vain = unmatched(args.pattern, "\n".join(told))
    for pattern in vain:
        print(f"no test of the suite {args.suite} has {pattern!r} in its name "
              "(module.test); --suite names another")
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 and not vain else 1


def main(suite="blackbox"):
    build = os.environ.get("BUILD", os.path.join(ROOT, "build"))
    parser = argparse.ArgumentParser(description="runs tests on a broker")
    parser.add_argument("--suite", choices=SUITES, default=suite)
    parser.add_argument("--confabd", default=os.environ.get(
        "CONFABD", os.path.join(build, "confabd")))
    parser.add_argument("--confab", default=os.environ.get(
        "CONFAB", os.path.join(build, "confab")))
    parser.add_argument("--module", help=argparse.SUPPRESS)
    parser.add_argument("pattern", nargs="*")
    args = parser.parse_args()
    args.confabd = os.path.abspath(args.confabd)
    args.confab = os.path.abspath(args.confab)
    if args.module:
        return run_module(args.module, args)
    if not os.access(args.confabd, os.X_OK):
        print(f"there is no broker at {args.confabd}\n0 passed, 1 failed")
        return 1
    return run_suite(args)


if __name__ == "__main__":
    sys.exit(main())
