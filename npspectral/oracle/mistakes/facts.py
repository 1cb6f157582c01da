"""What can be said of wrong answers without naming a mistake: their form, ratio, order, place."""
import copy
from collections import Counter
from dataclasses import dataclass

import numpy as np

from ..verdict.compare import ROUNDOFF, rounding
from ..verdict.results import FIRST, Finding, short
from .fit import astray
from .known import DERIVED
from .noise import SMALL, in_range, precision, small
from .places import alone, elsewhere, only_where
from .right import Steps, gap

OF_FORM = {"not-finite": "is NaN or infinite", "missing": "is missing",     # status -> what it says
           "unexpected": "is not asked for", "dtype": "", "shape": ""}


@dataclass(frozen=True)
class Wrong:
    """A wrong array: its case, its name there, what was expected and what came."""

    case: object
    name: str
    expected: object
    got: np.ndarray

    def is_near(self, array, dtype, times=1.0):
        """Whether what came is this array, but for rounding in the dtype, times a factor."""
        if array.shape != self.got.shape or not array.size:
            return False
        roundoff, eta = rounding(dtype, self.expected)
        allowed = 2 * roundoff * times * self.expected.scale.max() + 2 * eta
        return bool((np.abs(self.got - array) <= allowed).all())

    def is_times(self, ratio, dtype):
        """Whether what came is the reference times a ratio."""
        return self.is_near(ratio * self.expected.value, dtype, max(1.0, abs(ratio)))

    @property
    def ratios(self):
        """What people multiply gradients with, by name: constants and products of the sizes."""
        b, i, o = len(self.case.x), self.case.x.shape[-1], self.case.expect["y"].value.shape[-1]
        b = max(b, 1)
        return {"-1": -1, "2": 2, "-2": -2, "1/2": .5, "batch": b, "1/batch": 1 / b, "n_out": o,
                "1/n_out": 1 / o, "n_in": i, "1/n_in": 1 / i, "batch n_out": b * o,
                "1/(batch n_out)": 1 / (b * o)}


def forms(evidence):
    """Findings on what is wrong before any number: an array's form, or an exception."""
    same: dict = {}
    for result in evidence.counted:
        for name, verdict in result.verdicts.items():
            if verdict.status in OF_FORM:
                said = verdict.detail or OF_FORM[verdict.status] or verdict.status
                same.setdefault((short(name), verdict.status), []).append((result, said))
        if result.status in ("mutated", "nondeterministic") or not (
                result.verdicts or result.passed or result.status == "xpass"):
            answered = result.case.kind == "error" and result.status == "wrong"
            numbers = result.status == "nondeterministic"
            said = "Inputs that must be refused are answered" if answered else (
                result.message or result.status)
            what = "" if numbers else result.message.split(":")[0]
            same.setdefault(("", result.status, what), []).append((result, said))
    return [_form(name, entries) for (name, *_), entries in same.items()]


def _form(name, entries):
    (result, said), n = entries[0], len(entries)
    if said == OF_FORM["not-finite"] and all(
            "Saturation" in other.case.flags for other, _ in entries):
        said = f"{said}, only where inputs are large: an exp over- or underflows,"
    count = f"in {n} case{'s' * (n > 1)}, as {result.case.id}"
    return Finding((name,) * bool(name), f"{name} {said} {count}.".lstrip(), (), n)


def kinks(evidence):
    """Findings on numbers that fail at a kink and nowhere else; [] if none do."""
    failing = evidence.at_kink
    names = tuple(dict.fromkeys(short(name) for result in failing for name in astray(result)))
    if not failing:
        return []
    if all(_jumps(result, name, evidence.dtype) for result in failing for name in astray(result)):
        return [Finding(names, f"Only at a kink, where the derivative jumps, a number lies outside "
                        f"of its two sides, as in {failing[0].case.id}.", (), len(failing))]
    away = copy.copy(evidence)
    away.failing = failing
    return list(patterns(away, names))


def _jumps(result, name, dtype):
    """Whether every wrong number of the array has two sides, between which the derivative jumps."""
    expected, got = result.case.expect[name], result.got.get(name)
    if got is None or expected.low is None:
        return False
    (roundoff, eta), width = rounding(dtype, expected), expected.high - expected.low
    allowed = roundoff * expected.scale + eta
    return bool(((np.abs(got - expected.value) <= allowed) | (width > allowed)).all())


def stale(part):
    """The finding that y is made with the weight of the first case of its shape; [] if it is not.
    """
    first: dict = {}
    kept = []
    for result in part.counted:
        case = result.case
        if case.kind != "vjp" or [layer["layer"] for layer in case.layers][:1] != ["spectral"]:
            continue
        p = {name: case.inputs.get(name) for name in ("lambda_in", "lambda_out", "phi")}
        if p["phi"] is None:
            continue
        weight = first.setdefault(p["phi"].shape, gap(p) * p["phi"])
        if "y" in astray(result) and "y" in result.got:
            y = Steps({"weight": lambda right, p, weight=weight: weight}).answers(case)["y"]
            wrong = Wrong(case, "y", case.expect["y"], result.got["y"])
            if not wrong.is_near(y, part.dtype, 4.0):
                return []
            kept.append(case)
    if len(kept) < 2:
        return []
    return [Finding(("y",), f"y is made with the weight of an earlier case, the first of its "
                    f"shape: a weight is kept that belongs to other eigenvalues and eigenvectors. "
                    f"In all {len(kept)} cases whose y is wrong, as {kept[0].id}.",
                    ("stale weight",), len(kept))]


def patterns(evidence, kinds):
    """Findings on what the wrong numbers of these classes of arrays look like.

    What is told of a precision is told of all of them at once, or of those that others follow from.
    """
    all_wrong = {kind: wrong for kind in kinds if (wrong := wrong_arrays(evidence, kind))}
    said = {kind: fact(wrong, evidence.dtype) for kind, wrong in all_wrong.items()}
    rest = tuple(kind for kind in all_wrong if not said[kind])
    first = tuple(kind for kind in rest if kind in FIRST) or rest
    arrays = [array for kind in first for array in all_wrong[kind]]
    held = [array for array in arrays if in_range(array.case)]
    rounding = precision(held, evidence.dtype)
    if rounding:
        yield _pattern(evidence, first, rounding, len(held), len(arrays))
    for kind, wrong in all_wrong.items():
        told = said[kind] or ("" if rounding else small(wrong) or elsewhere(wrong, evidence.dtype))
        follows = kind in rest and kind not in first and "differs by about" in told
        if told and not follows:
            yield _pattern(evidence, (kind,), told, len(wrong), len(wrong))


def _pattern(evidence, kinds, told, n, n_wrong):
    return Finding(kinds, f"{where(evidence)}{alone(evidence)}No known mistake fits "
                   f"{', '.join(kinds)}: {told}, in {n} of {n_wrong} wrong arrays."
                   f"{only_where(evidence, kinds[0])}", (), n)


def wrong_arrays(evidence, kind):
    """The arrays of a class that came in the right form, with wrong numbers."""
    return [Wrong(result.case, name, result.case.expect[name], result.got[name])
            for result in evidence.failing for name in astray(result)
            if short(name) == kind and result.verdicts[name].status == "wrong"]


def where(evidence):
    """Whether the forward pass differs, and whether the gradients belong to it."""
    wrong, forward = set(evidence.wrong), {"y", "value"}
    came = {short(name) for result in evidence.failing for name in result.got}
    if not wrong or wrong == {"trace"} or not forward & came:
        return ""
    if not forward & wrong:
        kind = evidence.failing[0].case.kind
        return f"The forward is right, {DERIVED.get(kind, 'gradients')} are wrong. "
    if wrong <= forward:
        return "The forward is wrong, the gradients are right. " * bool(came - forward)
    if consistent(evidence):
        return "The forward already differs, and the gradients follow it consistently. "
    return "The forward already differs. "


def consistent(evidence):
    """Whether <grad_y, y - bias> = <x, grad_x> = <phi, grad_phi> = the same of the eigenvalues.

    That holds, without an activation, for every forward that is linear in x, in phi, and in the
    eigenvalues together, if the gradients are its own.
    """
    if evidence.dtype not in ("float32", "float64"):                            # half is too coarse
        return False
    wanted = ("grad_x", "grad_phi", "grad_lambda_in", "grad_lambda_out")
    verdicts = [_consistent(result, wanted, ROUNDOFF[evidence.dtype][0])
                for result in evidence.failing if _is_linear(result.case) and all(
                    name in result.got for name in ("y", *wanted))]
    return bool(verdicts) and all(verdicts)


def _is_linear(case):
    return case.kind == "vjp" and {layer["layer"] for layer in case.layers} <= {
        "spectral", "identity"}


def _consistent(result, wanted, roundoff):
    case, got = result.case, result.got
    bias = 0 if case.bias is None else case.bias
    parts, noise = [[case.grad_y * (got["y"] - bias)]], np.abs(case.grad_y * bias).sum()
    for names in (wanted[:1], wanted[1:2], wanted[2:]):
        parts.append([case.inputs[name[5:]] * got[name] for name in names])
    sums = [sum(terms.sum() for terms in part) for part in parts]
    noise += sum(np.abs(terms).sum() for part in parts for terms in part)
    return np.ptp(sums) <= 64 * roundoff * noise


def fact(wrong, dtype):
    """The first relation to the reference that all of these arrays have; "" if none is found."""
    return next((said for look in (_zero, _ratio, _reordered, _other)
                 if (said := look(wrong, dtype))), "")


def _zero(wrong, dtype):
    return "it is zero everywhere" if not any(array.got.any() for array in wrong) else ""


def _ratio(wrong, dtype):
    """A product of sizes, or a constant, times the reference."""
    if not all(array.expected.value.any() for array in wrong):
        return ""
    if all(array.case.x is not None for array in wrong):
        fits = [text for text in wrong[0].ratios
                if all(array.is_times(array.ratios[text], dtype) for array in wrong)]
        if fits:
            doubt = ", which these cases do not tell apart" * (len(fits) > 1)
            return f"it is {' or '.join(fits)} times the reference{doubt}"
    ratios = [float((array.got * array.expected.value).sum() / (array.expected.value ** 2).sum())
              for array in wrong]
    middle = float(np.median(ratios))
    if len(wrong) > 1 and abs(middle - 1) > SMALL and all(
            array.is_times(middle, dtype) for array in wrong):
        return f"it is {middle:.6g} times the reference (spread {np.ptp(ratios):.1g})"
    return ""


def _reordered(wrong, dtype):
    orders = {"transposed": lambda want: want.T,
              "in column order": lambda want: want.T.ravel().reshape(want.shape),
              "with rows reversed": lambda want: want[::-1],
              "with columns reversed": lambda want: want[:, ::-1]}
    for text, order in orders.items():
        if all(array.got.ndim == 2 and array.is_near(order(array.expected.value), dtype)
               for array in wrong):
            return f"it is the reference {text}"
    return ""


def _other(wrong, dtype):
    """The reference of another array of the same case."""
    names = Counter(other for array in wrong for other, expected in array.case.expect.items()
                    if other != array.name and array.is_near(expected.value, dtype))
    other, count = names.most_common(1)[0] if names else ("", 0)
    return f"it is the reference of {other}" if count == len(wrong) > 1 else ""
