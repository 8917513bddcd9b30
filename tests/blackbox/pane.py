# SPDX-License-Identifier: MPL-2.0
"""pane.py: what stands on a terminal, cell by cell.

tmux tells the screen as text with SGR sequences (capture-pane -e); this reads
it back: where each character stands, how wide it is, and how it looks.
"""
import re
import typing
import unicodedata

TOKEN = re.compile(r"\x1b\[([0-9;:]*)m|\x1b[()][A-Z0-9]|([\x0e\x0f])|"
                   r"([^\x1b\x0e\x0f])|\x1b")
GRAPHICS = dict(zip("jklmnqtuvwx", "┘┐┌└┼─├┤┴┬│"))  # between SO and SI
ATTRIBUTES = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 5: "blink",
              7: "reverse", 8: "hidden", 9: "strike"}
ENDS = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",),
        25: ("blink",), 27: ("reverse",), 28: ("hidden",), 29: ("strike",)}
JOINER = "\u200d"


class Style(typing.NamedTuple):
    """Colours: None is the terminal's own, a number one of its 256, a text
    "#rrggbb"."""
    fore: object = None
    back: object = None
    attributes: frozenset = frozenset()

    def is_colored(self):
        return self.fore is not None or self.back is not None


PLAIN = Style()


class Cell(typing.NamedTuple):
    column: int
    width: int
    text: str
    style: Style


def width(char):
    if unicodedata.combining(char) or \
            unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def extended(codes, at):
    """The colour behind 38 or 48, and how many codes it takes."""
    if codes[at + 1:at + 2] == [5]:
        return codes[at + 2], 2
    red, green, blue = codes[at + 2:at + 5]
    return f"#{red:02x}{green:02x}{blue:02x}", 4


def colored(style, code, codes, at):
    """One code that is about colours; gives (style, codes taken)."""
    if code in (38, 48):
        color, taken = extended(codes, at)
        code -= 8  # as 30 and 40 with that colour
    elif code in (39, 49):
        color, taken, code = None, 0, code - 9
    else:
        bright = code >= 90
        color, taken = code % 10 + 8 * bright, 0
        code = code - code % 10 - 60 * bright
    field = "fore" if code == 30 else "back"
    return style._replace(**{field: color}), taken


def is_color(code):
    return 30 <= code <= 49 or 90 <= code <= 107


def styled(style, parameters):
    """The style behind one SGR sequence."""
    codes = [int(c or 0) for c in re.split("[;:]", parameters)]
    at = 0
    while at < len(codes):
        code = codes[at]
        if code == 0:
            style = PLAIN
        elif code in ATTRIBUTES:
            style = style._replace(
                attributes=style.attributes | {ATTRIBUTES[code]})
        elif code in ENDS:
            style = style._replace(attributes=style.attributes - {*ENDS[code]})
        elif is_color(code):
            style, taken = colored(style, code, codes, at)
            at += taken
        at += 1
    return style


class Reader:
    """Reads rows; how text looks goes on from row to row."""

    def __init__(self):
        self.style = PLAIN
        self.graphics = False

    def put(self, row, char):
        if self.graphics:
            char = GRAPHICS.get(char, char)
        wide = width(char)
        if row and (not wide or row[-1].text.endswith(JOINER)):
            row[-1] = row[-1]._replace(text=row[-1].text + char)
            return
        column = row[-1].column + row[-1].width if row else 0
        row.append(Cell(column, wide or 1, char, self.style))

    def row(self, line):
        row = []
        for match in TOKEN.finditer(line):
            parameters, shift, char = match.groups()
            if parameters is not None:
                self.style = styled(self.style, parameters)
            elif shift:
                self.graphics = shift == "\x0e"
            elif char:
                self.put(row, char)
        return row


def read(text):
    """The rows of cells of what capture-pane -e has printed."""
    reader = Reader()
    return [reader.row(line) for line in text.split("\n")]


def text_of(row):
    return "".join(cell.text for cell in row).rstrip()


def find(rows, text):
    """The cells of the first place where the text stands on one row; none:
    []. The text is made of whole cells."""
    for row in rows:
        joined, starts = "", {}
        for number, cell in enumerate(row):
            starts[len(joined)] = number
            joined += cell.text
        at = joined.find(text)
        if at >= 0:
            return row[starts[at]:starts.get(at + len(text), len(row))]
    return []
