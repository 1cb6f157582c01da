"""The answers of an implementation in any language, given as a file, judged by the same rule.

    {"suite": "1.4.0", "dtype": "float32", "implementation": "mine 0.3",
     "answers": {ID: {"y": [...], "grad_phi": [...], ...}, ID: {"error": "what was raised"}}}

An array is a list, row by row or nested, of IEEE bits as hexadecimal digits ("3fe0000000000000"
or "3f000000") or of decimals; or {"shape": [...], "bits": [...]}. A case of kind "error" is
answered by {"error": text}; {"skipped": reason} says that the implementation lacks what it needs.
"""
import re
import reprlib
from collections.abc import Mapping
from decimal import Decimal
from math import prod
from pathlib import Path

import numpy as np

from ..suite import files
from ..suite.case import known_ids
from .compare import DTYPES, Verdict
from .answers import asked, judged, shapes_of
from .results import CaseResult, message_of, status_of

FIELDS = {"suite": str, "dtype": str, "answers": Mapping, "implementation": str}
CODES = {16: ">f8", 8: ">f4", 4: ">f2"}             # hexadecimal digits -> what they encode
SHORTEST = 9                                        # so many digits say any float32


class BadAnswers(ValueError):
    """A file of answers that cannot be judged."""


def read_answers(answers):
    """The answers as a dict whose fields, suite, dtype and ids are known ones."""
    if isinstance(answers, Mapping):
        name, document = "answers", answers
    else:
        name = str(answers)
        document = _read(Path(answers), name)
    if not isinstance(document, Mapping):
        raise BadAnswers(f"{name}: is {type(document).__name__}, expected an object with the "
                         f"fields {sorted(FIELDS)}")
    for field, kind in FIELDS.items():
        absent = "" if field == "implementation" else None
        if not isinstance(document.get(field, absent), kind):
            raise BadAnswers(f"{name}: {field} is {_told(document.get(field))}, "
                             f"expected {'text' if kind is str else 'an object'}")
    unknown = sorted(map(str, set(document) - set(FIELDS)))
    if unknown:
        raise BadAnswers(f"{name}: unknown fields {unknown}, expected {sorted(FIELDS)}")
    if document["suite"] != files.SUITE:
        raise BadAnswers(f"{name}: answers suite {document['suite']!r}, expected "
                         f"{files.SUITE!r}, which this package has")
    if document["dtype"] not in DTYPES:
        raise BadAnswers(f"{name}: dtype is {document['dtype']!r}, "
                         f"expected one of {sorted(DTYPES)}")
    strangers = sorted(map(str, set(document["answers"]) - known_ids()))
    if strangers:
        raise BadAnswers(f"{name}: answers {len(strangers)} unknown cases: {strangers[:5]}")
    return document


def _read(path, name):
    try:
        return files.parsed(path.read_bytes(), name, number=_decimal, constant=float)
    except (OSError, files.BadVectors, MemoryError) as error:
        said = str(error) or "does not fit into the memory"
        raise BadAnswers(said if name in said else f"{name}: {said}") from error


def _decimal(text):
    """A decimal; those of more than 18 digits in the exponent are beyond what Python can hold."""
    try:
        return Decimal(text)
    except ArithmeticError as error:
        raise ValueError(f"the number {_told(text)} cannot be held") from error


def skipped_families(cases, given):
    """Id -> {"skipped": reason} for the cases of families that have no answer at all."""
    answered = {id.split("/")[0] for id in given}
    absent = [case for case in cases if case.id.split("/")[0] not in answered]
    names = ", ".join(dict.fromkeys(case.id.split("/")[0] for case in absent))
    return {case.id: {"skipped": f"families without an answer: {names}"} for case in absent}


def result_of(case, answer, dtype, layout):
    """What became of one case; an answer that cannot be read is a failure of that case."""
    if answer is None:
        return CaseResult(case, "error", message="has no answer in the file")
    if not isinstance(answer, Mapping):
        return CaseResult(case, "error", message=f"the answer is {_told(answer)}, "
                                                 f"expected an object name -> array")
    for status in ("error", "skipped"):
        if status in answer:
            return _without_arrays(case, status, answer)
    if case.kind == "error":
        return CaseResult(case, "wrong", message="gives arrays, expected {\"error\": ...}")
    shapes = shapes_of(layout.to_candidate(case))
    arrays, unreadable = {}, {}
    for name, entry in asked(case, answer).items():
        try:
            arrays[name] = None if entry is None else _array(entry, dtype, shapes.get(name))
        except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
            unreadable[name] = Verdict(str(name), "dtype", f"cannot be read: {error}")
    verdicts, got = judged(case, arrays, dtype, layout)
    verdicts |= unreadable
    return CaseResult(case, status_of(verdicts), verdicts, got, message_of(verdicts))


def _without_arrays(case, status, answer):
    """A case answered by {"error": text} or {"skipped": reason}."""
    if len(answer) > 1 or not isinstance(answer[status], str) or not answer[status].strip():
        return CaseResult(case, "error", message=f"{status!r} has to stand alone, with a text")
    if status == "skipped":
        return CaseResult(case, "skipped", message=answer[status])
    if case.kind == "error":
        return CaseResult(case, "pass", message=f"refused: {answer[status]}")
    return CaseResult(case, "error", message=f"raised {answer[status]}")


def _array(entry, dtype, shape):
    """An answer as an array of the dtype; a flat list takes the expected shape if it fits."""
    if isinstance(entry, Mapping):
        if set(entry) != {"shape", "bits"}:
            raise ValueError(f"fields are {sorted(map(str, entry))}, expected shape and bits")
        shape = tuple(entry["shape"])
        if any(type(n) is not int or n < 0 for n in shape) or len(entry["bits"]) != prod(shape):
            raise ValueError(f"{len(entry['bits'])} numbers do not fill the shape {list(shape)}")
        return _array(entry["bits"], dtype, shape)
    array = _numbers(entry, dtype)
    if array.ndim <= 1 and shape is not None and array.size == prod(shape):
        return array.reshape(shape)
    return array


def _numbers(entry, dtype, place=()):
    if not isinstance(entry, list):
        try:
            return np.array(_number(entry, dtype))
        except (ValueError, ArithmeticError) as error:
            raise ValueError(f"{f'at {list(place)}: ' * bool(place)}{error}") from error
    rows = [_numbers(row, dtype, (*place, k)) for k, row in enumerate(entry)]
    if len({row.shape for row in rows}) > 1:
        raise ValueError("its rows have different lengths")
    return np.array(rows, np.float64 if dtype == "float64" else np.float32)


def _number(entry, dtype):
    """A number given as bits or as a decimal; one that the dtype does not hold is none of it."""
    if isinstance(entry, str):
        value, rounded = _of_bits(entry, dtype), False
    elif isinstance(entry, (int, float, Decimal)) and not isinstance(entry, bool):
        decimal = Decimal(repr(entry)) if isinstance(entry, float) else Decimal(entry)
        value = float(decimal)
        digits = "".join(map(str, decimal.as_tuple().digits)).strip("0")
        rounded = decimal.is_finite() and len(digits) <= SHORTEST
    else:
        raise ValueError(f"{_told(entry)} is no number")
    if dtype == "float64":
        return np.float64(value)
    with np.errstate(all="ignore"):
        if not rounded and np.isfinite(value) and not _holds(dtype, value):
            raise ValueError(f"{_told(entry)} is not a {dtype}")
        return np.float32(value)


def _holds(dtype, value):
    """Whether a finite number is one of the dtype: a bfloat16 is the upper half of a float32."""
    narrow = np.float16(value) if dtype == "float16" else np.float32(value)
    return float(narrow) == value and not (dtype == "bfloat16" and narrow.view(np.uint32) & 0xffff)


def _of_bits(text, dtype):
    if not re.fullmatch("[0-9a-fA-F]+", text) or len(text) not in CODES:
        raise ValueError(f"{_told(text)} is not 16, 8 or 4 hexadecimal digits")
    if len(text) < {"float64": 16, "float32": 8, "tf32": 8}.get(dtype, 4):
        raise ValueError(f"{_told(text)} has too few digits for a {dtype}")
    if dtype == "bfloat16" and len(text) == 4:
        text += "0000"                              # the upper half of a float32
    return float(np.frombuffer(bytes.fromhex(text), CODES[len(text)])[0])


def _told(entry):
    text = reprlib.repr(entry)                      # which does not follow what is nested deep
    return text if len(text) <= 60 else text[:57] + "..."
