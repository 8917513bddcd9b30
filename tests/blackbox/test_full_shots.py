# SPDX-License-Identifier: MPL-2.0
"""README.md's pictures: made anew, they are what the tree has."""
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as xml

import pane
import shot
from fixture import deadline
from shots import LARGEST, SHOTS
from stage import ROOT
from wire import check, same

BROKER = False
FOLDER = os.path.join(ROOT, "client", "shots")
SVG = "{http://www.w3.org/2000/svg}"
HARMLESS = {SVG + tag for tag in ("svg", "title", "style", "rect", "text")}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


@deadline(90)
def test_the_tree_has_what_the_tool_makes(f):
    build = os.environ.get("BUILD", os.path.join(ROOT, "build"))
    made = os.path.join(build, "shots")
    args = f.shared.args
    subprocess.run([sys.executable, os.path.join(ROOT, "tests/blackbox",
                                                 "shots.py"),
                    "--confabd", args.confabd, "--confab", args.confab, made],
                   check=True, stdout=subprocess.DEVNULL)
    for one in SHOTS:
        name = one.name + ".svg"
        svg = read(os.path.join(made, name))
        text = "\n".join(xml.fromstring(svg).itertext())
        for part in one.texts:
            check(part in text, f"{part!r} in {name}")
        same(svg, read(os.path.join(FOLDER, name)), f"client/shots/{name}; "
             "`make screenshots` makes it anew; it")


def test_pictures_are_small_and_harmless(f):
    names = sorted(os.listdir(FOLDER))
    same(names, sorted(one.name + ".svg" for one in SHOTS), "client/shots")
    for name in names:
        svg = read(os.path.join(FOLDER, name))
        check(len(svg.encode()) <= LARGEST, f"{name}: {len(svg)} bytes")
        for element in xml.fromstring(svg).iter():
            check(element.tag in HARMLESS, f"{element.tag} in {name}")
            check(not any(key.startswith("on") or "href" in key
                          for key in element.attrib), element.attrib)


def test_pictures_of_the_readme_exist(f):
    text = read(os.path.join(ROOT, "README.md"))
    shown = re.findall(r'!\[[^\]]*\]\(([^)]+)\)', text)
    for path in shown:
        check(os.path.isfile(os.path.join(ROOT, path)), f"{path} is missing")
    for one in SHOTS:
        check(f"client/shots/{one.name}.svg" in shown,
              f"{one.name} is not in README.md")


def test_the_reader_of_screens(f):
    """Colours, attributes and columns are read as tmux writes them."""
    rows = pane.read("\x1b[1;31mr\x1b[0m 你e\u0301\x1b[38;5;208;48;2;1;2;3mx\n"
                     "y\x1b[7;93mz\x1b[27;39;49m\x0eq\x0f.")
    first, second = rows
    same([(c.text, c.column, c.width) for c in first],
         [("r", 0, 1), (" ", 1, 1), ("你", 2, 2), ("e\u0301", 4, 1),
          ("x", 5, 1)])
    same(first[0].style, pane.Style(1, None, frozenset({"bold"})))
    same(first[4].style, pane.Style(208, "#010203"))
    same(second[0].style, first[4].style, "goes on in the next row")
    same(second[1].style, pane.Style(11, "#010203", frozenset({"reverse"})))
    same((second[2].text, second[2].style), ("─", pane.PLAIN))
    same([c.column for c in pane.find(rows, "你e\u0301")], [2, 4])


def test_the_picture_of_a_screen(f):
    """Columns are right whatever the font; text stays text."""
    rows = pane.read("a<b \x1b[7mrev\x1b[0m你\n\x1b[1;32m&ok")
    svg = shot.picture(rows, (20, 2), (0, 1), "light", "<title>")
    root = xml.fromstring(svg)
    texts = {e.text: e for e in root.iter(SVG + "text")}
    same(set(texts), {"a<b", "rev", "你", "&ok"})
    x = {text: (int(e.get("x")) - shot.MARGIN) // shot.CELL
         for text, e in texts.items()}
    same(x, {"a<b": 0, "rev": 4, "你": 7, "&ok": 0}, "columns")
    same(texts["你"].get("textLength"), str(2 * shot.CELL))
    same(texts["rev"].get("fill"), shot.LIGHT[0], "reversed letters")
    same((texts["&ok"].get("fill"), texts["&ok"].get("class")),
         (shot.LIGHT[2][2], "b"))
    same(root.find(SVG + "title").text, "<title>")
