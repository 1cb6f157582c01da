"""The proof that the oracle can fail: every known mistake is planted, and has to be caught.

    npspectral selftest [--dtype float32] [--suite core] [--markdown]

Each one goes through the same path as a user's candidate. The table says how many cases of each
family catch it; a mistake that no case catches, or fewer than three of different shape, is listed.
"""
import argparse
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
    "bfloat16": ("sums in float32", "gradients off by 5e-4", "AMSGrad")}
NARROW = {"float64": "float32", "float32": "float16", "float16": "float64", "bfloat16": "float64"}


def selftest(dtype="float64", stream=None, suite="full", markdown=False):
    """Plant everything, print the kill matrix; 0 if all are caught, 1 if a mistake survives."""
    write = (stream or sys.stdout).write
    start = time.perf_counter()
    found = [case for case in cases(suite) if dtype in case.dtypes and has_steps(case)]
    right = _judged(planted((), found, dtype), found, dtype)
    alarms = [result.case.id for result in right if result.failed and result.case.kind != "error"]
    kills = {mistake.name: killed(mistake, found, dtype) for mistake in MISTAKES
             if any(mistake.meets(case) for case in found)}
    faults = {name: [result.case for result in fault_results(name, found, dtype) if result.failed]
              for name in FAULTS}
    survivors = [name for name, own in {**kills, **faults}.items()
                 if not own and name not in BELOW_NOISE[dtype]]
    few = [name for name, own in kills.items() if own and name not in BELOW_NOISE[dtype]
           and len({shape_of(case) for case in own}) < ENOUGH]
    write(matrix({**kills, **faults}, markdown))
    write(f"\n{dtype}, {suite} suite, {len(found)} cases: {len(kills) + len(faults)} mistakes and "
          f"faults planted, {len(survivors)} survive, {len(few)} are caught by fewer than {ENOUGH} "
          f"cases of different shape; {len(alarms)} false alarms on right answers; "
          f"{time.perf_counter() - start:.1f} s\n")
    for title, names in (("below the rounding of the dtype", BELOW_NOISE[dtype]),
                         ("met by no case", [mistake.name for mistake in MISTAKES
                                             if mistake.name not in kills]),
                         ("survive", survivors), ("caught by too few cases", few),
                         ("false alarms", alarms)):
        if names:
            write(f"{title}: {', '.join(names)}\n")
    return int(bool(survivors or alarms))


def killed(mistake, found, dtype):
    """The cases that catch a mistake, run as a candidate."""
    met = [case for case in found if mistake.meets(case)]
    return [result.case for result in _judged(planted((mistake,), met, dtype), met, dtype)
            if result.failed]


def fault_results(name, found, dtype):
    return _judged(FAULTS[name](found, dtype), found, dtype)


def planted(mistakes, found, dtype):
    """A candidate that makes these mistakes, and rounds its answers to the dtype."""
    originals = {case.id: case for case in found}

    def candidate(view):
        case = originals[view.id]
        if case.kind == "error":
            raise ValueError("refused")
        steps = Steps(*(mistake.plant for mistake in mistakes if mistake.meets(case)))
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
        found = ((words + half) & np.uint32(0xFFFF0000)).view(np.float32).reshape(array.shape)
        return np.where(np.isfinite(array), found, array.astype(np.float32))


def _judged(candidate, found, dtype):
    with np.errstate(all="ignore"):
        return answers_of(candidate, found, dtype)


def _faulty(change, refuse=True):
    """A right candidate whose answers are changed: change(view, answers, dtype) -> answers."""
    def fault(found, dtype):
        right = planted((), found, dtype)

        def candidate(view):
            if view.kind == "error" and not refuse:
                return {}
            return change(view, right(view), dtype)
        return candidate
    return fault


def _mutating(view, found, dtype):
    for name, array in view.inputs.items():
        if array.dtype.kind == "f" and array.size:
            array += 1
    return found


def _stale(found, dtype):
    """A candidate that keeps the first weight it formed for every shape."""
    kept: dict = {}
    originals = {case.id: case for case in found}

    def candidate(view):
        case = originals[view.id]
        if case.kind == "error":
            raise ValueError("refused")
        steps = Steps({"weight": lambda right, own: kept.setdefault(own["phi"].shape, right(own))})
        return {name: rounded(array, dtype) for name, array in steps.answers(case).items()}
    return candidate


def _nondeterministic(found, dtype):
    right, calls = planted((), found, dtype), Counter()

    def candidate(view):
        answers = right(view)
        calls[view.id] += 1
        return {name: array + (calls[view.id] > 1) for name, array in answers.items()}
    return candidate


def _raises(view, found, dtype):
    raise ZeroDivisionError("planted")


FAULTS = {                      # what is wrong with the answers as objects, not as numbers
    "answers of another dtype": _faulty(lambda view, found, dtype: {
        name: array.astype(NARROW[dtype]) for name, array in found.items()}),
    "None for an answer": _faulty(lambda view, found, dtype: dict.fromkeys(found)),
    "an answer missing": _faulty(lambda view, found, dtype: {
        name: array for name, array in found.items() if name != min(found)}),
    "an answer not asked for": _faulty(lambda view, found, dtype: {
        **found, "grad_of_nothing": np.zeros(1)}),
    "NaN for every number": _faulty(lambda view, found, dtype: {
        name: array * np.nan for name, array in found.items()}),
    "infinity for every number": _faulty(lambda view, found, dtype: {
        name: array * 0 + np.inf for name, array in found.items()}),
    "a shape that broadcasts": _faulty(lambda view, found, dtype: {
        name: array[None] for name, array in found.items()}),
    "a string": _faulty(lambda view, found, dtype: "done"),
    "an exception": _faulty(_raises),
    "inputs changed": _faulty(_mutating),
    "two runs differ": _nondeterministic,
    "a weight kept from an earlier case": _stale,
    "nothing refused": _faulty(lambda view, found, dtype: found, refuse=False),
}


def matrix(kills, markdown=False):
    """Mistake by family: how many cases catch it, and how many different shapes they have."""
    families = sorted({case.id.split("/")[0] for own in kills.values() for case in own})
    rows = [["mistake", *families, "cases", "shapes"]]
    for name, own in kills.items():
        count = Counter(case.id.split("/")[0] for case in own)
        rows.append([name, *(str(count[family] or "") for family in families), str(len(own)),
                     str(len({shape_of(case) for case in own}))])
    if markdown:
        rows.insert(1, ["---"] + ["---:"] * (len(rows[0]) - 1))
        return "".join(f"| {' | '.join(row)} |\n" for row in rows)
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return "".join("  ".join([row[0].ljust(widths[0]), *(
        cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]).rstrip() + "\n"
        for row in rows)


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="npspectral selftest", description=__doc__.split("\n")[0])
    parser.add_argument("--dtype", default="float64", choices=sorted(BELOW_NOISE))
    parser.add_argument("--suite", default="full", choices=("core", "full"))
    parser.add_argument("--markdown", action="store_true", help="print the table in Markdown")
    options = parser.parse_args(arguments)
    return selftest(options.dtype, None, options.suite, options.markdown)


if __name__ == "__main__":
    sys.exit(main())
