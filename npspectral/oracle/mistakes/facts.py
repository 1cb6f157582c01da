"""What can be said of wrong answers without naming a mistake: their form, ratio, order, place."""
from collections import Counter
from dataclasses import dataclass

import numpy as np

from ..suite.arrays import input_of
from ..verdict.compare import ROUNDOFF, rounding
from ..verdict.results import Finding, short
from .places import alone, places

NARROWER = {"float64": ("float32", "float16", "bfloat16"), "float32": ("float16", "bfloat16"),
            "float16": ("bfloat16",), "bfloat16": (), "tf32": ()}
WHAT = {"second": "second derivatives", "per_sample": "gradients of samples"}
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
        (b, i), o = self.case.x.shape, self.case.expect["y"].value.shape[1]
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
            said = "Inputs that must be refused are answered" if result.case.kind == "error" else (
                result.message or result.status)
            same.setdefault(("", result.status, result.message.split(":")[0]), []).append(
                (result, said))
    return [_form(name, *entries[0], len(entries)) for (name, *_), entries in same.items()]


def _form(name, result, said, n):
    count = f"in {n} case{'s' * (n > 1)}, as {result.case.id}"
    return Finding((name,) * bool(name), f"{name} {said} {count}.".lstrip(), (), n)


def kinks(evidence):
    """The finding that numbers fail at a kink; [] if none do."""
    failing = evidence.at_kink
    names = tuple(dict.fromkeys(short(name) for result in failing for name in result.wrong))
    return [Finding(names, f"Only at a kink, where the derivative jumps, a number lies outside of "
                    f"its two sides, as in {failing[0].case.id}.", (), len(failing))
            ] if failing else []


def patterns(evidence, kinds):
    """For every one of these classes of arrays the finding of what its wrong numbers look like."""
    findings = []
    for kind in kinds:
        sentence, n_cases = fact(evidence, kind)
        findings.append(Finding((kind,), f"{where(evidence)}{alone(evidence)}No known mistake fits "
                                f"{kind}: {sentence}", (), n_cases))
    return findings


def where(evidence):
    """Whether the forward pass differs, and whether the gradients belong to it."""
    wrong, forward = set(evidence.wrong), {"y", "value"}
    asked = {name for result in evidence.counted for name in result.case.expect}
    if not wrong or wrong == {"trace"} or asked <= {*forward, "trace"}:
        return ""
    if not forward & wrong:
        kind = evidence.failing[0].case.kind
        return f"The forward is right, {WHAT.get(kind, 'gradients')} are wrong. "
    if wrong <= forward:
        return "The forward is wrong, the gradients are right. "
    if consistent(evidence):
        return "The forward already differs, and the gradients follow it consistently. "
    return "The forward already differs. "


def consistent(evidence):
    """Whether <x, grad_x> = <phi, grad_phi> = the same of the eigenvalues, where y is wrong.

    Both hold for every forward that is linear in x, in phi, and in the eigenvalues together.
    """
    if evidence.dtype not in ("float32", "float64"):                            # half is too coarse
        return False
    wanted = ("grad_x", "grad_phi", "grad_lambda_in", "grad_lambda_out")
    verdicts = [_consistent(result, wanted, ROUNDOFF[evidence.dtype][0])
                for result in evidence.failing if result.case.kind == "vjp" and all(
                    name in result.got and name in result.case.expect for name in wanted)]
    return bool(verdicts) and all(verdicts)


def _consistent(result, wanted, roundoff):
    sums, noise = [], 0.0
    for names in (wanted[:1], wanted[1:2], wanted[2:]):
        terms = np.concatenate([(result.case.inputs[name[5:]] * result.got[name]).ravel()
                                for name in names])
        sums.append(terms.sum())
        noise += np.abs(terms).sum()
    return np.ptp(sums) <= 64 * roundoff * noise


def fact(evidence, kind):
    """(sentence, cases) on the failing arrays of a class: the first pattern that all have."""
    wrong = [Wrong(result.case, name, result.case.expect[name], result.got[name])
             for result in evidence.failing for name, verdict in result.verdicts.items()
             if short(name) == kind and verdict.status == "wrong"]
    if not wrong:
        return "it never came in a form that could be compared.", 0
    for look in (_zero, _ratio, _reordered, _other, _precision, _elsewhere):
        sentence = look(wrong, evidence.dtype)
        if sentence:
            return f"{sentence}, in {len(wrong)} of {len(wrong)} wrong arrays.", len(wrong)
    return "no pattern was found.", len(wrong)


def _zero(wrong, dtype):
    return "it is zero everywhere" if not any(array.got.any() for array in wrong) else ""


def _ratio(wrong, dtype):
    """A product of sizes, or a constant, times the reference."""
    if not all(array.expected.value.any() for array in wrong):
        return ""
    if all(array.case.x is not None for array in wrong):
        for text in wrong[0].ratios:
            if all(array.is_times(array.ratios[text], dtype) for array in wrong):
                return f"it is {text} times the reference"
    ratios = [float((array.got * array.expected.value).sum() / (array.expected.value ** 2).sum())
              for array in wrong]
    middle = float(np.median(ratios))
    if len(wrong) > 1 and all(array.is_times(middle, dtype) for array in wrong):
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


def _precision(wrong, dtype):
    for narrow in NARROWER[dtype]:
        if all(array.is_near(array.expected.value, narrow, .5) for array in wrong):
            return f"its errors are of the size of {narrow} rounding"
    return ""


def _elsewhere(wrong, dtype):
    """Which rows or columns differ in the largest array."""
    largest = max(wrong, key=lambda array: array.got.size)
    expected, name = largest.expected, largest.case.id
    roundoff, eta = rounding(dtype, expected)
    differ = ~(np.abs(largest.got - expected.value) <= roundoff * expected.scale + eta)
    if differ.ndim == 0 or differ.all():
        return f"all of its numbers differ (first {name})"
    of_samples = input_of(largest.name) in ("x", "y") or largest.name in ("jvp", "grad_y")
    first = "samples" if of_samples or differ.ndim > 2 else "rows"
    return f"in {name} {places(differ, first)}"
