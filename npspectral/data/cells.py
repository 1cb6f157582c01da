"""The cells of a table in a text file: its encoding, its separator, its rows, all of one length."""
import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 100_000_000                 # in memory a file takes about ten times its size
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
LOOKED_AT = 50                          # rows, to find the separator
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF32_LE: "utf-32",   # before that of UTF-16,
         codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF16_LE: "utf-16",  # with which it begins
         codecs.BOM_UTF16_BE: "utf-16"}
NO_TEXT = {b"\x1f\x8b": "compressed; unpack it", b"PK": "a workbook or an archive; save it as CSV"}


@dataclass(frozen=True)
class Cells:
    """names of the columns; columns, a list of texts each; lines, where each row begins."""

    names: list
    columns: list
    lines: list
    separator: str


def read_cells(path, separator=None, encoding=None):
    """The Cells of a file, whose first line has the names of its columns.

    Quotes are those of CSV: "a, b" is one cell, and "" in it a quotation mark. Blanks about a cell
    and empty lines are dropped; several blanks or line ends in a cell become one blank. The
    separator is a comma, a semicolon, a tab or a bar: that which parts the first rows into most
    cells, as many in each. The encoding is UTF-8, or what the byte order mark says. Raises
    ValueError, which names the file and the line, on what does not fit.
    """
    if separator is not None and len(separator) != 1:
        raise ValueError(f"{path}: separator is {separator!r}, expected one sign")
    text = _text(Path(path), encoding)
    separator = separator or _separator(text)
    records = _records(path, text, separator)
    begin, names = next(records, (1, []))
    _check_names(path, begin, names, separator)
    lines, rows = [], []
    for line, row in records:
        if len(row) != len(names):
            raise ValueError(f"{path}: line {line} has {len(row)} cells, expected {len(names)}, "
                             f"as line {begin} has names")
        lines.append(line)
        rows.append(row)
    if not rows:
        raise ValueError(f"{path}: there is no row below the names")
    return Cells(names, [list(column) for column in zip(*rows)], lines, separator)


def _text(path, encoding):
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ValueError(f"{path}: is {size / 1e6:.0f} MB, expected at most {MAX_BYTES / 1e6:.0f}: "
                         f"take some of its rows, at random")
    content = path.read_bytes()
    for start, what in NO_TEXT.items():
        if content.startswith(start):
            raise ValueError(f"{path}: is {what}")
    found = [name for mark, name in MARKS.items() if content.startswith(mark)]
    encoding = encoding or (found or ["utf-8"])[0]
    try:
        text = content.decode(encoding)
    except LookupError as error:
        raise ValueError(f"{path}: {error}, expected one such as utf-8 or cp1252") from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"{path}: line {line}: byte 0x{content[error.start]:02x} is not "
                         f"{encoding}; give its encoding, such as cp1252") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ValueError(f"{path}: line {line} has a null character: no text, or of an encoding "
                         f"such as utf-16-le, which has to be given")
    return text


def _separator(text):
    """That with the largest share of rows as long as the first, which is split; then the most."""
    best, found = (0, 0), ","
    for separator in SEPARATORS:
        lengths = _lengths(text, separator)
        if lengths and lengths[0] > 1:
            fits = sum(length == lengths[0] for length in lengths) / len(lengths), lengths[0]
            if fits > best:
                best, found = fits, separator
    return found


def _lengths(text, separator):
    """The number of cells in each of the first rows, as far as they can be read."""
    lengths = []
    try:
        for _, (_, row) in zip(range(LOOKED_AT), _records("", text, separator)):
            lengths.append(len(row))
    except ValueError:
        pass
    return lengths


def _records(path, text, separator):
    """(line where it begins, its cells) of each row that is not empty."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True,
                        skipinitialspace=separator != "\t")
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise ValueError(f"{path}: the row that begins in line {line} cannot be read: {error}; "
                             f"is a quotation mark open?") from error
        if row is None:
            return
        if row and row != [""]:
            yield line, [" ".join(cell.split()) for cell in row]


def _check_names(path, line, names, separator):
    if len(names) < 2:
        said = SEPARATORS.get(separator, repr(separator))
        raise ValueError(f"{path}: line {line} has {len(names)} names with the separator {said}, "
                         f"expected 2 or more; give the separator")
    first = {}
    for place, name in enumerate(names, start=1):
        names[place - 1] = name = name or f"column {place}"
        if name in first:
            raise ValueError(f"{path}: line {line}: columns {first[name]} and {place} are both "
                             f"named {name!r}, expected different names")
        first[name] = place
