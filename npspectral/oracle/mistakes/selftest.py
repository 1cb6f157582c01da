"""The proof that the oracle can fail: every known mistake is planted, and has to be caught.

    npspectral selftest [--dtype float32] [--suite core] [--markdown]

Each one goes through the same path as a user's candidate. The table says how many cases of each
family catch it; a mistake that no case catches, or fewer than three of different shape, is listed.
"""
import sys
import time
from collections import Counter

import numpy as np

from ..suite.case import cases
from ..verdict.run import answers_of
from .fit import shape_of
from .known import MISTAKES
from .right import Steps, has_steps

ENOUGH = 3                      # cases of different shape that have to catch a mistake
# dtype -> mistakes whose effect lies within its rounding, in all cases or in most
BELOW_NOISE = {
    "float64": (), "float32": ("sums in float32",),
    "float16": ("sums in float32", "gradients off by 5e-4"),
    "bfloat16": ("sums in float32", "gradients off by 5e-4", "AMSGrad", "eps inside the maximum")}
NARROW = {"float64": "float32", "float32": "float16", "float16": "float64", "bfloat16": "float64"}


def selftest(dtype="float64", stream=None, suite="full", markdown=False):
    """Plant everything, print the kill matrix; 0 if all are caught, 1 if a mistake survives."""
    write = (stream or sys.stdout).write
    start = time.perf_counter()
    every = [case for case in cases(suite) if dtype in case.dtypes and has_steps(case)]
    alarms = [case.id for case in caught(planted((), every, dtype), every, dtype)
              if case.kind != "error"]
    kills = {mistake.name: killed(mistake, every, dtype) for mistake in MISTAKES
             if any(mistake.meets(case) for case in every)}
    faults = {name: caught(FAULTS[name](every, dtype), every, dtype) for name in FAULTS}
    noise = BELOW_NOISE[dtype]
    survivors = [name for name, by in {**kills, **faults}.items() if not by and name not in noise]
    few = [name for name, by in kills.items() if by and name not in noise
           and len(set(map(shape_of, by))) < ENOUGH]
    write(matrix({**kills, **faults}, markdown))
    write(f"\n{dtype}, {suite} suite, {len(every)} cases: {len(kills) + len(faults)} mistakes and "
          f"faults planted, {len(survivors)} survive, {len(few)} are caught by fewer than {ENOUGH} "
          f"cases of different shape; {len(alarms)} false alarms on right answers; "
          f"{time.perf_counter() - start:.1f} s\n")
    for title, names in (("below the rounding of the dtype", noise),
                         ("met by no case", [mistake.name for mistake in MISTAKES
                                             if mistake.name not in kills]),
                         ("survive", survivors), ("caught by too few cases", few),
                         ("false alarms", alarms)):
        if names:
            write(f"{title}: {', '.join(names)}\n")
    return int(bool(survivors or alarms))


def killed(mistake, every, dtype):
    """The cases that catch a mistake, run as a candidate."""
    met = [case for case in every if mistake.meets(case)]
    return caught(planted((mistake,), met, dtype), met, dtype)


def caught(candidate, every, dtype):
    """The cases in which a candidate fails."""
    with np.errstate(all="ignore"):
        return [result.case for result in answers_of(candidate, every, dtype) if result.failed]


def planted(mistakes, every, dtype, *plants):
    """A candidate that makes these mistakes, and rounds its answers to the dtype."""
    originals = {case.id: case for case in every}

    def candidate(view):
        case = originals[view.id]
        if case.kind == "error":
            raise ValueError("refused")
        steps = Steps(*plants, *(mistake.plant for mistake in mistakes if mistake.meets(case)))
        return {name: rounded(array, dtype) for name, array in steps.answers(case).items()}
    return candidate


def rounded(array, dtype):
    """An array in a dtype; bfloat16 as float32 numbers that have its 8 bits."""
    with np.errstate(all="ignore"):
        if dtype != "bfloat16":
            return array.astype(dtype)
        narrow = np.ascontiguousarray(array, np.float32)
        words = narrow.view(np.uint32)
        half = np.uint32(0x7FFF) + ((words >> 16) & 1)
        upper = ((words + half) & np.uint32(0xFFFF0000)).view(np.float32).reshape(array.shape)
        return np.where(np.isfinite(array), upper, array.astype(np.float32))


def _faulty(change):
    """A right candidate whose answers are changed: change(view, answers, dtype) -> answers."""
    def fault(every, dtype):
        right = planted((), every, dtype)
        return lambda view: change(view, right(view), dtype)
    return fault


def _each(change):
    """A right candidate with every array changed: change(array, dtype)."""
    return _faulty(lambda view, answers, dtype: {
        name: change(array, dtype) for name, array in answers.items()})


def _mutating(view, answers, dtype):
    for array in view.inputs.values():
        if array.dtype.kind == "f" and array.size:
            array += 1
    return answers


def _stale(every, dtype):
    """A candidate that keeps the first weight it formed for every shape."""
    first: dict = {}
    return planted((), every, dtype, {
        "weight": lambda right, p: first.setdefault(p["phi"].shape, right(p))})


def _nondeterministic(every, dtype):
    right, calls = planted((), every, dtype), Counter()

    def candidate(view):
        calls[view.id] += 1
        return {name: array + (calls[view.id] > 1) for name, array in right(view).items()}
    return candidate


def _raises(view, answers, dtype):
    raise ZeroDivisionError("planted")


def _answers_all(every, dtype):
    right = planted((), every, dtype)
    return lambda view: {} if view.kind == "error" else right(view)


FAULTS = {                      # what is wrong with the answers as objects, not as numbers
    "answers of another dtype": _each(lambda array, dtype: array.astype(NARROW[dtype])),
    "None for an answer": _each(lambda array, dtype: None),
    "an answer missing": _faulty(lambda view, answers, dtype: {
        name: array for name, array in answers.items() if name != min(answers)}),
    "an answer not asked for": _faulty(lambda view, answers, dtype: {
        **answers, "grad_of_nothing": np.zeros(1)}),
    "NaN for every number": _each(lambda array, dtype: array * np.nan),
    "infinity for every number": _each(lambda array, dtype: array * 0 + np.inf),
    "a shape that broadcasts": _each(lambda array, dtype: array[None]),
    "a string": _faulty(lambda view, answers, dtype: "done"),
    "an exception": _faulty(_raises),
    "inputs changed": _faulty(_mutating),
    "two runs differ": _nondeterministic,
    "a weight kept from an earlier case": _stale,
    "nothing refused": _answers_all,
}


def matrix(kills, markdown=False):
    """Mistake by family: how many cases catch it, and how many different shapes they have."""
    families = sorted({case.id.split("/")[0] for by in kills.values() for case in by})
    rows = [["mistake", *families, "cases", "shapes"]]
    for name, by in kills.items():
        count = Counter(case.id.split("/")[0] for case in by)
        rows.append([name, *(str(count[family] or "") for family in families), str(len(by)),
                     str(len(set(map(shape_of, by))))])
    if markdown:
        rows.insert(1, ["---"] + ["---:"] * (len(rows[0]) - 1))
        return "".join(f"| {' | '.join(row)} |\n" for row in rows)
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return "".join("  ".join([row[0].ljust(widths[0]), *(
        cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]).rstrip() + "\n"
        for row in rows)
