# SPDX-License-Identifier: MPL-2.0
"""libconfab as it is installed: ten lines of C are a client."""
import os
import re
import shutil

from installed import ROOT, Installed, run
from wire import check

TEN_LINES = """\
#include <confab.h>
#include <stdio.h>
int main(int argc, char **argv)
{
    struct confab_options options = {0};
    confab *c = NULL;
    options.url = argv[argc - 2], options.id = argv[argc - 1];
    int bad = confab_open(&c, &options) ||
              confab_say(c, "ten", "lines", NULL, NULL);
    if (bad) fprintf(stderr, "%s\\n", confab_last_error());
    return confab_close(&c, 5000) || bad;
}
"""


def built(t):
    return os.path.dirname(t.shared.args.confabd)


def installed(t):
    here = Installed(built(t))
    here.make("install")
    return here


def says(t, here, program, who):
    here.run(program, t.broker.bind, who)
    ann = t.client("ann")
    ann.join("ten")
    page = ann.ask("history", room="ten")
    check([m["from"] for m in page["messages"]][-1:] == [who],
          f"what {who} said is not there: {page}")


def test_ten_lines(t):
    here = installed(t)
    source = here.write("ten.c", TEN_LINES)
    program = here.compile(source, here.flags())
    says(t, here, program, "shared")
    check("libconfab.so.1 =>" in here.run("ldd", program), "not shared")


def test_ten_lines_static(t):
    """Where only the archive is."""
    here = installed(t)
    for name in os.listdir(here.path("lib")):
        if ".so" in name:
            os.remove(here.path("lib", name))
    source = here.write("ten.c", TEN_LINES)
    program = here.compile(source, here.flags("--static"))
    says(t, here, program, "static")
    check("libconfab" not in here.run("ldd", program), "not static")


def test_ten_lines_of_cpp(t):
    here = installed(t)
    source = here.write("ten.cc", TEN_LINES)
    program = here.compile(source, ["-std=c++11", "-Wall", "-Wpedantic",
                                    "-Werror", *here.flags()], "c++")
    says(t, here, program, "cpp")


def test_every_standard_of_c(t):
    """The header asks for no more than C99."""
    here = installed(t)
    source = here.write("ten.c", TEN_LINES)
    for standard in ("c99", "c11", "c2x"):
        here.compile(source, [f"-std={standard}", "-Wall", "-Wextra",
                              "-Wpedantic", "-Werror", *here.flags()])


def declared():
    """What confab.h shows."""
    with open(os.path.join(ROOT, "client", "confab.h"),
              encoding="utf-8") as header:
        return set(re.findall(r"^CONFAB_EXPORT [^(]*?(\w+)\(", header.read(),
                              re.M))


def symbols(library):
    lines = run(["nm", "-D", "--defined-only", library]).splitlines()
    return {line.split()[2] for line in lines}


def test_symbols(t):
    """All of confab.h and nothing else, each with its version."""
    wanted = {f"{name}@@CONFAB_1.0" for name in declared()}
    check(len(wanted) > 20, f"confab.h shows only {wanted}")
    shown = symbols(os.path.join(built(t), "libconfab.so.1")) - {"CONFAB_1.0"}
    check(shown == wanted, f"one side only: {sorted(shown ^ wanted)}; a "
          "function of confab.h has a row in client/libconfab.map")


def test_the_page_has_all(t):
    """libconfab(3) names each function, and none that is not there."""
    with open(os.path.join(ROOT, "client", "libconfab.3.scd"),
              encoding="utf-8") as page:
        synopsis = page.read().split("```")[1]
    named = set(re.findall(r"\b(confab_\w+)\(", synopsis))
    check(named == declared(), f"one side only: {named ^ declared()}")


def test_archive_shows_the_same(t):
    """A program may have functions of the names that are ours inside."""
    lines = run(["nm", "-g", "--defined-only",
                 os.path.join(built(t), "libconfab.a")]).splitlines()
    shown = {line.split()[2] for line in lines if len(line.split()) == 3}
    check(shown == declared(), f"one side only: {shown ^ declared()}")


def test_names_of_the_library(t):
    here = installed(t)
    lib = here.path("lib")
    check(os.readlink(os.path.join(lib, "libconfab.so")) == "libconfab.so.1",
          "the name for -lconfab is not that of the soname")
    real = os.readlink(os.path.join(lib, "libconfab.so.1"))
    check(re.fullmatch(r"libconfab\.so\.1\.\d+\.\d+", real), real)
    check("[libconfab.so.1]" in run(["readelf", "-d", os.path.join(lib, real)]),
          "the soname is another one")


def test_library_needs_no_terminal(t):
    needs = run(["readelf", "-d", os.path.join(built(t), "libconfab.so.1")])
    for name in ("ncurses", "tinfo", "jansson", "sqlite", "czmq"):
        check(name not in needs, f"libconfab needs {name}: {needs}")


def test_no_path_of_the_build(t):
    """What is installed knows neither where it was built nor DESTDIR."""
    here = installed(t)
    for name in sorted(here.files()):
        path = os.path.join(here.root, name)
        if os.path.islink(path) or name.endswith(".a"):
            continue
        with open(path, "rb") as file:
            text = file.read()
        check(here.root.encode() not in text, f"{name} has DESTDIR in it")
        if not text.startswith(b"\x7fELF"):
            check(ROOT.encode() not in text, f"{name} knows {ROOT}")
    shutil.rmtree(here.root)
