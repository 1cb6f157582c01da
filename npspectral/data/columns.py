"""One column of a table: its cells as numbers, as days since 1970, or as texts.

    "3", "-2.5e3"    with a decimal point        "-2,5e3"     with a decimal comma
    "1,234.5"        with thousands, too         "1.234,5"    with thousands, too

A column has one of these four forms, the first of them that all of its cells have. "1,234" alone
may be two numbers: there the decimal sign has to be given.

    "2026-11-29"     a date, also with a time, "2026-11-29 18:30:00"
    "29.11.2026"     day, month, year          "29/11/2026", "11/29/2026"     what fits all cells
"""
import re

import numpy as np

MISSING = {"", "na", "n/a", "#n/a", "nan", "null", "none", "?", "-"}        # in any case of letters
EXPONENT = r"([eE][+-]?\d+)?"
POINT, COMMA = rf"[+-]?(\d+\.?\d*|\.\d+){EXPONENT}", rf"[+-]?(\d+,?\d*|,\d+){EXPONENT}"
THOUSANDS = r"[+-]?[1-9]\d{0,2}(,\d{3})+"
FORMS = ((".", POINT), (",", COMMA), (".", rf"{POINT}|{THOUSANDS}(\.\d*)?"),
         (",", rf"{COMMA}|[+-]?[1-9]\d{{0,2}}(\.\d{{3}})+(,\d*)?"))         # decimal sign, pattern
DATE = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?"
OTHER_DATE = r"(\d\d?)([./-])(\d\d?)\2(\d{4})"
DAY = 86_400e6                          # in microseconds


def values_of(cells, at, decimal=None, as_text=False):
    """(values, sign): numbers (n,) or texts (n,), and the decimal sign that they have, or "".

    A missing number is NaN, a missing text None. at(k) says where cell k is. decimal: "." or ",",
    if it is known. Where more than half of the cells are numbers and one is none, that one is
    refused: an error of the file is likelier than a text.
    """
    there = [k for k, cell in enumerate(cells) if cell.lower() not in MISSING]
    found = [cells[k] for k in there]
    if as_text:
        return _placed(there, found, np.full(len(cells), None)), ""
    empty = np.full(len(cells), np.nan)
    dates = _year_first(there, found, at)
    if dates:
        return _placed(there, [_days(date, at(k)) for k, date in zip(there, dates)], empty), ""
    odd = there
    for sign, pattern in FORMS:
        others = _others(found, pattern) if decimal in (None, sign) else odd
        if not others:
            _one_meaning(cells, there, at, sign, decimal)
            seen = sign if any(sign in cell for cell in found) else ""
            return _placed(there, [_number(cells[k], sign, at(k)) for k in there], empty), seen
        odd = min(odd, others, key=len)
    if 2 * len(odd) < len(there):
        k = there[odd[0]]
        raise ValueError(f"{at(k)}: {cells[k]!r} is no number, as most of the column is; mend it, "
                         f"or read the column as text, or leave it out")
    return _placed(there, found, np.full(len(cells), None)), ""


def _others(found, pattern):
    """Places of those that do not have this form."""
    fits = re.compile(pattern, re.ASCII).fullmatch
    return [place for place, cell in enumerate(found) if not fits(cell)]


def _year_first(there, found, at):
    """The dates of a column with the year first, as 2026-11-29; [] if one cell is no date."""
    if not _others(found[:1], DATE):
        return [] if _others(found, DATE) else found
    if not found or _others(found[:1], OTHER_DATE) or _others(found, OTHER_DATE):
        return []
    parts = [re.fullmatch(OTHER_DATE, cell).groups() for cell in found]
    day_first = all(int(second) <= 12 for _, _, second, _ in parts)
    month_first = all(int(first) <= 12 for first, *_ in parts) and parts[0][1] != "."
    if day_first and month_first and any(first != second for first, _, second, _ in parts):
        raise ValueError(f"{at(there[0])}: {found[0]!r} has the day or the month first; write "
                         f"dates as 2026-11-29, or read the column as text")
    if not (day_first or month_first):
        return []
    order = (3, 2, 0) if day_first else (3, 0, 2)
    return ["-".join(part[k].zfill(2) for k in order) for part in parts]


def _one_meaning(cells, there, at, sign, decimal):
    """Refuse commas that may be decimal ones or stand between thousands."""
    commas = [k for k in there if "," in cells[k]]
    if decimal is None and sign == "," and commas:
        if all(re.fullmatch(THOUSANDS, cells[k], re.ASCII) for k in commas):
            raise ValueError(f"{at(commas[0])}: {cells[commas[0]]!r} has a decimal comma or one "
                             f"between thousands; say which sign is the decimal one")


def _number(cell, sign, place):
    other = "," if sign == "." else "."
    value = float(cell.replace(other, "").replace(",", "."))
    if np.isinf(value):
        raise ValueError(f"{place}: {cell!r} is too large, expected a number up to 1.8e308")
    return value


def _days(cell, place):
    try:
        return float(np.datetime64(cell, "us").astype(np.int64)) / DAY
    except ValueError as error:
        raise ValueError(f"{place}: {cell!r} is no date: {error}") from error


def _placed(there, values, column):
    column[there] = values
    return column
