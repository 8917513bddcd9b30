# SPDX-License-Identifier: MPL-2.0
"""shot.py: a picture of a terminal, as SVG.

The text in it is text: it can be selected and searched. Every run of equal
cells says where it begins and how long it is, so columns are right in any
font. A wide character is a run of its own. No script, nothing from elsewhere.
"""
import re
import typing
from xml.sax.saxutils import escape

CELL, LINE = 9, 19  # pixels of a column, of a row
BASE = 14           # from the top of a row to the foot of its letters
MARGIN = 10
SIZE = 15           # of the font
ROUND = 8

DARK = ("#1d2021", "#d5c4a1", (
    "#282828", "#fb4934", "#b8bb26", "#fabd2f", "#83a598", "#d3869b",
    "#8ec07c", "#d5c4a1", "#928374", "#fb4934", "#b8bb26", "#fabd2f",
    "#83a598", "#d3869b", "#8ec07c", "#fbf1c7"))
LIGHT = ("#fdfdfb", "#2b2b2b", (
    "#2b2b2b", "#b3261e", "#42690f", "#8a5a00", "#1f5fa8", "#8a2f7f",
    "#0f6b63", "#c9c9c4", "#6a6a66", "#b3261e", "#42690f", "#8a5a00",
    "#1f5fa8", "#8a2f7f", "#0f6b63", "#ffffff"))
BACKGROUNDS = {"dark": DARK, "light": LIGHT}
LEVELS = (0, 95, 135, 175, 215, 255)  # of the cube of 256 colours

CLASSES = {"bold": "b", "dim": "d", "italic": "i", "underline": "u",
           "strike": "s"}
WORDS = re.compile(r"[^ ]+(?: [^ ]+)*")
CSS = (".b{font-weight:bold}.d{opacity:.6}"
       ".i{font-style:italic}.u{text-decoration:underline}"
       ".s{text-decoration:line-through}")


class Run(typing.NamedTuple):
    """Cells of one row that look alike."""
    column: int
    width: int
    text: str
    style: object


def runs(row):
    found = []
    for cell in row:
        last = found[-1] if found else None
        if last and last.style == cell.style and cell.width == 1 and \
                len(cell.text) == 1 and last.width == len(last.text):
            found[-1] = last._replace(width=last.width + 1,
                                      text=last.text + cell.text)
        else:
            found.append(Run(cell.column, cell.width, cell.text, cell.style))
    return found


def color_of(color, palette):
    if isinstance(color, str):
        return color
    if color < 16:
        return palette[color]
    if color >= 232:
        return "#" + f"{8 + 10 * (color - 232):02x}" * 3
    cube = color - 16
    return "#" + "".join(f"{LEVELS[cube // size % 6]:02x}"
                         for size in (36, 6, 1))


def colors(style, background):
    """(letters, ground); ground None: the terminal's."""
    ground, letters, palette = BACKGROUNDS[background]
    fore = letters if style.fore is None else color_of(style.fore, palette)
    back = None if style.back is None else color_of(style.back, palette)
    if "reverse" in style.attributes:
        return back or ground, fore
    return fore, back


def place(column, row):
    return MARGIN + column * CELL, MARGIN + row * LINE


def ground_of(run, row, background):
    back = colors(run.style, background)[1]
    if back is None:
        return ""
    x, y = place(run.column, row)
    return (f'<rect x="{x}" y="{y}" width="{run.width * CELL}" '
            f'height="{LINE}" fill="{back}"/>')


def words_of(run):
    """Its parts between blanks; a single one may stand in between. Blanks
    that nobody sees are not drawn, and programs disagree about them."""
    if "hidden" in run.style.attributes:
        return []
    if run.width != len(run.text):
        return [run]  # one wide character
    return [Run(run.column + match.start(), len(match.group()), match.group(),
                run.style) for match in WORDS.finditer(run.text)]


def letters_of(run, row, background):
    x, y = place(run.column, row)
    fore = colors(run.style, background)[0]
    names = " ".join(CLASSES[a] for a in CLASSES if a in run.style.attributes)
    plain = fore == BACKGROUNDS[background][1]
    return (f'<text x="{x}" y="{y + BASE}" textLength="{run.width * CELL}"' +
            ' lengthAdjust="spacingAndGlyphs"' +
            (f' class="{names}"' if names else "") +
            ("" if plain else f' fill="{fore}"') + f">{escape(run.text)}"
            "</text>")


def cursor_of(cursor, background):
    x, y = place(*cursor)
    return (f'<rect x="{x}" y="{y + 1}" width="{CELL}" height="{LINE - 2}" '
            f'fill="{BACKGROUNDS[background][1]}" opacity=".6"/>')


def picture(rows, size, cursor=None, background="dark", title=""):
    """The SVG of `rows` (pane.read) on a terminal of (columns, rows)."""
    wide, high = (n + 2 * MARGIN for n in (size[0] * CELL, size[1] * LINE))
    ground, letters, _ = BACKGROUNDS[background]
    drawn = [(run, row) for row, cells in enumerate(rows[:size[1]])
             for run in runs(cells)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" '
        f'height="{high}" viewBox="0 0 {wide} {high}" font-size="{SIZE}" '
        "font-family=\"ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,"
        f'monospace" fill="{letters}">',
        f"<title>{escape(title)}</title><style>{CSS}</style>",
        f'<rect width="{wide}" height="{high}" rx="{ROUND}" '
        f'fill="{ground}"/>',
        *(ground_of(run, row, background) for run, row in drawn),
        cursor_of(cursor, background) if cursor else "",
        *(letters_of(words, row, background) for run, row in drawn
          for words in words_of(run)),
        "</svg>\n"]
    return "\n".join(part for part in parts if part)
