"""What can be said of wrong answers without naming a mistake: their form, ratio, order, place."""
from collections import Counter

import numpy as np

from ..suite.case import ROUNDOFF
from ..verdict.results import short

NARROWER = {"float64": ("float32", "float16", "bfloat16"), "float32": ("float16", "bfloat16"),
            "float16": ("bfloat16",), "bfloat16": ()}
RATIOS = {"-1": lambda b, i, o: -1, "2": lambda b, i, o: 2, "-2": lambda b, i, o: -2,
          "1/2": lambda b, i, o: .5, "batch": lambda b, i, o: b, "1/batch": lambda b, i, o: 1 / b,
          "n_out": lambda b, i, o: o, "1/n_out": lambda b, i, o: 1 / o, "n_in": lambda b, i, o: i,
          "1/n_in": lambda b, i, o: 1 / i, "batch n_out": lambda b, i, o: b * o,
          "1/(batch n_out)": lambda b, i, o: 1 / (b * o)}


def forms(results):
    """(names, sentence, cases) of what is wrong before any number: absent, dtype, shape, raised."""
    seen: dict = {}
    for result in results:
        if result.status in ("skipped", "xfail"):
            continue
        for name, verdict in result.verdicts.items():
            if verdict.status in ("missing", "dtype", "unexpected", "shape", "not-finite"):
                seen.setdefault((short(name), verdict.status), []).append((result, verdict))
        if result.status in ("mutated", "nondeterministic") or not result.verdicts and (
                result.status not in ("pass", "acceptable", "xpass")):
            seen.setdefault(("", result.status, result.message.split(":")[0]), []).append(
                (result, None))
    return [_form(key, entries) for key, entries in seen.items()]


def _form(key, entries):
    result, verdict = entries[0]
    n = len(entries)
    count = f"in {n} case{'s' * (n > 1)}, as {result.case.id}"
    if verdict is None and result.case.kind == "error":
        return (), f"Inputs that must be refused are answered {count}.", n
    if verdict is None:
        return (), f"{result.message or result.status} {count}.", n
    said = {"not-finite": "is NaN or infinite", "missing": "is missing",
            "unexpected": "is not asked for"}.get(verdict.status, "")
    detail = verdict.detail or said
    return (key[0],), f"{key[0]} {detail or verdict.status} {count}.", n


def consistent(run):
    """Whether <x, grad_x> = <phi, grad_phi> = the same of the eigenvalues, where y is wrong.

    Both hold for every forward that is linear in x, in phi, and in the eigenvalues together.
    """
    found = []
    for result in run.failing if run.dtype in ("float32", "float64") else ():   # half is too coarse
        case, got = result.case, result.got
        wanted = ("grad_x", "grad_phi", "grad_lambda_in", "grad_lambda_out")
        if case.kind != "vjp" or not all(name in got and name in case.expect for name in wanted):
            continue
        sums, noise = [], 0.0
        for names in (wanted[:1], wanted[1:2], wanted[2:]):
            terms = np.concatenate([(case.inputs[name[5:]] * got[name]).ravel() for name in names])
            sums.append(terms.sum())
            noise += np.abs(terms).sum()
        found.append(np.ptp(sums) <= 64 * ROUNDOFF[run.dtype][0] * noise)
    return bool(found) and all(found)


def fact(run, kind):
    """(sentence, cases) on the failing arrays of a class: the first pattern that all have."""
    entries = [(result.case, result.case.expect[name], result.got[name], name)
               for result in run.failing for name, verdict in result.verdicts.items()
               if short(name) == kind and verdict.status == "wrong"]
    if not entries:
        return "it never came in a form that could be compared.", 0
    for look in (_zero, _ratio, _reordered, _other, _precision, _elsewhere):
        sentence = look(run, entries)
        if sentence:
            return f"{sentence}, in {len(entries)} of {len(entries)} wrong arrays.", len(entries)
    return "no pattern was found.", len(entries)


def _near(a, b, expected, dtype, times=1.0):
    if a.shape != b.shape or not a.size:
        return False
    allowed = 2 * ROUNDOFF[dtype][0] * times * expected.scale.max() + 2 * ROUNDOFF[dtype][1]
    return bool((np.abs(a - b) <= allowed).all())


def _zero(run, entries):
    return "it is zero everywhere" if all(not got.any() for *_, got, _ in entries) else ""


def _ratio(run, entries):
    """A constant, or a product of sizes, times the reference."""
    if any(not expected.value.any() for _, expected, _, _ in entries):
        return ""
    for text, ratio in RATIOS.items():
        if all(case.x is not None and _is(run, expected, got, ratio(*_sizes(case)))
               for case, expected, got, _ in entries):
            return f"it is {text} times the reference"
    ratios = [float((got * expected.value).sum() / (expected.value ** 2).sum())
              for _, expected, got, _ in entries]
    middle = float(np.median(ratios))
    if len(entries) > 1 and all(_is(run, expected, got, middle)
                                for _, expected, got, _ in entries):
        return f"it is {middle:.6g} times the reference (spread {np.ptp(ratios):.1g})"
    return ""


def _is(run, expected, got, ratio):
    return _near(got, ratio * expected.value, expected, run.dtype, max(1.0, abs(ratio)))


def _sizes(case):
    return *case.x.shape, case.expect["y"].value.shape[1]


def _reordered(run, entries):
    matrices = [entry for entry in entries if entry[2].ndim == 2]
    orders = {"transposed": lambda want: want.T,
              "in column order": lambda want: want.T.ravel().reshape(want.shape),
              "with rows reversed": lambda want: want[::-1],
              "with columns reversed": lambda want: want[:, ::-1]}
    for text, order in orders.items():
        if len(matrices) == len(entries) and all(
                _near(got, order(expected.value), expected, run.dtype)
                for _, expected, got, _ in entries):
            return f"it is the reference {text}"
    return ""


def _other(run, entries):
    """The reference of another array of the same case."""
    names = Counter(other for case, _, got, name in entries for other, expected in
                    case.expect.items() if other != name
                    and _near(got, expected.value, expected, run.dtype))
    other, count = names.most_common(1)[0] if names else ("", 0)
    return f"it is the reference of {other}" if count == len(entries) > 1 else ""


def _precision(run, entries):
    for dtype in NARROWER[run.dtype]:
        if all(_near(got, expected.value, expected, dtype, .5) for _, expected, got, _ in entries):
            return f"its errors are of the size of {dtype} rounding"
    return ""


def _elsewhere(run, entries):
    """Which rows or columns differ in the case with the most of them."""
    case, expected, got, name = max(entries, key=lambda entry: entry[2].size)
    allowed = ROUNDOFF[run.dtype][0] * expected.scale + ROUNDOFF[run.dtype][1]
    wrong = ~(np.abs(got - expected.value) <= allowed)
    if wrong.ndim == 0 or wrong.all():
        return f"all of its numbers differ (first {case.id})"
    first = "sample" if name in ("y", "grad_x", "grad_y") else "row"
    rows = np.flatnonzero(wrong.reshape(len(wrong), -1).any(1))
    if wrong.ndim == 1:
        return f"in {case.id} entries {rows.tolist()} differ"
    return (f"in {case.id} {first}s {rows.tolist()} differ, "
            f"in columns {np.flatnonzero(wrong.any(0)).tolist()}")
