"""A user's table as numbers: a CSV file in, features and a target out, and what was done to them.

    table = read_table("customers.csv", "bought")
    table.x, table.names, table.target, table.task, table.notes

A column of numbers stays as it is; one of dates becomes days since 1970 (columns.py). A column of
text becomes columns of 0 and 1, one for each text. Where a number is missing, it is the median of
the column, and another column of 0 and 1 says where. A column that tells nothing is left out.
Whatever is done stands in `notes`; strict=True refuses what would be filled in or left out.
"""
import difflib
import re
from dataclasses import dataclass
from functools import partial

import numpy as np

from .._shapes import Shapes
from .cells import SEPARATORS, read_cells
from .columns import POINT, values_of

MAX_TEXTS = 60                          # different texts of a column
MAX_CLASSES = 10                        # of a target of whole numbers
TASKS = "classification", "regression"


@dataclass(frozen=True, eq=False, repr=False)
class Table(Shapes):
    """A table as numbers: n rows whose target is known.

    x        (n, p), finite
    names    of the p columns of x: "age", "age is missing", "city = Rome"
    source   (p,): the place in `columns` of what each column of x was made of
    columns  names of the columns of the file that x has
    target   (n,): numbers of a regression, or the texts of classes
    task     "classification" or "regression"
    lines    (n,): the line of the file where each row begins
    notes    what was done, a sentence each
    """

    x: np.ndarray
    names: tuple
    source: np.ndarray
    columns: tuple
    target: np.ndarray
    task: str
    lines: np.ndarray
    notes: tuple


def read_table(path, target, *, task=None, strict=False, text=(), without=(), separator=None,
               decimal=None, encoding=None):
    """The Table of a CSV file with names in its first line; `target` names the answer's column.

    task       None: classification if the target is text, has 2 values, or up to 10 whole ones
    strict     refuse missing cells and columns that tell nothing
    text       names of columns to be read as text, such as numbers that are codes
    without    names of columns to be left out
    separator, encoding    None: as `read_cells` finds them
    decimal    "." or ","; None: each column shows it
    Rows without a target are left out. Raises ValueError, which names line and column, or OSError.
    """
    cells = read_cells(path, separator, encoding)
    _check(path, cells.names, target, task, text, without, decimal)
    said = _Said(path, cells.lines, strict)
    said.tell(f"{len(cells.lines)} rows, separated by a {SEPARATORS.get(cells.separator, 'sign')}")
    values = _values(cells, said, text, without, decimal)
    answer = values.pop(target)
    rows = np.flatnonzero(~_missing(answer))
    if len(rows) < len(answer):
        said.change(target, f"missing cells of the target: {len(answer) - len(rows)}, their rows "
                    f"are left out", _missing(answer))
    answer, task = _answer(path, target, answer[rows], task, said)
    made = {name: _features(name, column, rows, said) for name, column in values.items()}
    columns = tuple(name for name, parts in made.items() if parts)
    if not columns:
        raise ValueError(f"{path}: no column but the target tells anything: "
                         f"{'; '.join(said.notes)}")
    parts = [part for name in columns for part in made[name].items()]
    source = np.repeat(np.arange(len(columns)), [len(made[name]) for name in columns])
    return Table(np.column_stack([array for _, array in parts]), tuple(name for name, _ in parts),
                 source, columns, answer, task, np.array(cells.lines)[rows], tuple(said.notes))


class _Said:
    """What was done to a file; what changes its meaning is refused if strict."""

    def __init__(self, path, lines, strict):
        self.path, self.lines, self.strict, self.notes = path, lines, strict, []

    def at(self, name, row):
        return f"{self.path}: line {self.lines[row]}, column {name!r}"

    def tell(self, words):
        self.notes.append(words)

    def change(self, name, words, rows=None):
        """Tell it, or refuse it; rows (n,) says in which rows the reason is."""
        if self.strict:
            where = self.at(name, 0 if rows is None else rows.argmax())
            raise ValueError(f"{where}: {words}; that is refused, as strict was asked for")
        self.tell(f"{name}: {words}")


def _check(path, names, target, task, text, without, decimal):
    for given, name, known in ((task, "task", TASKS), (decimal, "decimal", (".", ","))):
        if given not in (None, *known):
            raise ValueError(f"read_table: {name} is {given!r}, expected None or one of {known}")
    for name in (target, *text, *without):
        if name not in names:
            like = difflib.get_close_matches(name, names, 3) or names[:20]
            raise ValueError(f"{path}: there is no column {name!r}, expected one such as "
                             f"{', '.join(map(repr, like))}")
    if target in without:
        raise ValueError(f"{path}: column {target!r} is the target, it cannot be left out")
    if all(re.fullmatch(POINT, name) for name in names):
        raise ValueError(f"{path}: line 1 has numbers, expected the names of the columns")


def _values(cells, said, text, without, decimal):
    """name -> its numbers or texts; decimal points in one column and commas in another are refused.
    """
    values, shown = {}, {}
    for name, column in zip(cells.names, cells.columns):
        if name in without:
            said.tell(f"{name}: left out, as asked")
            continue
        values[name], sign = values_of(column, partial(said.at, name), decimal, name in text)
        shown.setdefault(sign, name)
    if {".", ","} <= set(shown):
        raise ValueError(f"{said.path}: column {shown['.']!r} has decimal points, {shown[',']!r} "
                         f"decimal commas; say which sign is the decimal one")
    if "," in shown:
        said.tell("decimal commas")
    return values


def _missing(values):
    return np.isnan(values) if values.dtype.kind == "f" else np.equal(values, None)


def _answer(path, name, answer, task, said):
    """The target and the task: numbers to regress on, or classes."""
    if len(answer) == 0:
        raise ValueError(f"{path}: column {name!r}, the target, has no value")
    is_text = answer.dtype.kind != "f"
    answer = answer.astype(str) if is_text else answer
    found, counts = np.unique(answer, return_counts=True)
    whole = not is_text and (found == np.round(found)).all()
    if task is None:
        task = TASKS[not (is_text or len(found) == 2 or whole and len(found) <= MAX_CLASSES)]
    if task == "regression" and is_text:
        raise ValueError(f"{path}: column {name!r}, the target, is text such as "
                         f"{str(answer[0])!r}, expected numbers for a regression")
    if len(found) == 1 or task == "classification" and len(found) > MAX_TEXTS:
        raise ValueError(f"{path}: column {name!r}, the target, has {len(found)} different values, "
                         f"expected 2 or more, and of classes at most {MAX_TEXTS}")
    if task == "regression":
        said.tell(f"{name}: the target of a regression, from {found[0]:g} to {found[-1]:g}")
        return answer, task
    shown = [str(int(value) if whole else value) for value in found.tolist()]
    said.tell(f"{name}: the target of a classification, rows of each class: "
              f"{', '.join(f'{label} {n}' for label, n in zip(shown, counts))}")
    return np.array(shown)[np.searchsorted(found, answer)], task


def _features(name, column, rows, said):
    """name -> column of x, of what one column of the file tells; {} if it tells nothing."""
    if _counts_rows(column):
        said.change(name, "left out, it numbers the rows")
        return {}
    lost, is_text = _missing(column), column.dtype.kind != "f"
    texts = sorted(set(column[rows][~lost[rows]])) if is_text else []
    if len(texts) > MAX_TEXTS:
        said.change(name, f"left out, it has {len(texts)} different texts such as {texts[0]!r}, "
                    f"expected {MAX_TEXTS} or fewer")
        return {}
    made = {f"{name} = {text}": np.equal(column, text) for text in texts}
    if not is_text and not lost[rows].all():
        median = np.median(column[rows][~lost[rows]])
        made = {name: np.where(lost, median, column)}
    made[f"{name} is missing"] = lost
    made = {part: array[rows].astype(float) for part, array in made.items()
            if np.ptp(array[rows].astype(float)) > 0}
    if not made:
        said.change(name, "left out, it is the same in all rows")
    elif lost[rows].any():
        filled = "a text of their own" if is_text else f"filled with the median, {median:g}"
        said.change(name, f"missing cells: {lost[rows].sum()}, {filled}", lost)
    if is_text and len(made) == 2:                      # the second says what the first does
        made.popitem()
    return made


def _counts_rows(column):
    """Whether a column runs 0, 1, 2, ... or 1, 2, 3, ..."""
    return column.dtype.kind == "f" and len(column) > 2 and column[0] in (0, 1) and bool(
        (column == column[0] + np.arange(len(column))).all())
