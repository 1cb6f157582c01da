"""Golden values: each from two witnesses that agree, with scale, tier and, at kinks, its bracket.

Witness "tape": the gradients of the formulas by the tape, in 75 digits. Witness "difference": those
of the definitions by differences in 120 digits, so that the two agree to 45 digits or more; of
large cases "directions", as differences for all numbers would need thousands of forwards. Witness
"fraction": the tape in exact fractions, where every number on the way is shown to fit 24 bits
whatever the order of summation; such a case is of the exact tier. Nothing but the standard library
is imported.
"""
from decimal import Decimal, Inexact
from fractions import Fraction
from math import isqrt

from ..suite.arrays import alike
from ..suite.bits import bits
from . import per_sample, second, tangent, witnesses
from .arithmetic import Bounded, either, precision, rounded_up
from .dyadic import NotExact, Short
from .products import shares
from .witnesses import AGREED, DIGITS, forms

DIFFERENCE_DIGITS = 120
SATURATED = 450                 # so many more where exp(-1000) must not drown beside 1


def solve(case):
    """The case with its expected values: {"expect", "tier", "witness", "agreed_digits"}."""
    if case["kind"] == "error":
        return {**case, "expect": {}, "tier": "refused", "witness": [], "agreed_digits": 0}
    answers, digits, brackets = witnessed(case)
    answers = bounded_in_every_form(case, answers)
    exact, products = is_exact(case, answers), shares(
        case, answers, witnesses_of(case).by_tape)
    return {**case, "tier": "exact" if exact else "certified", "agreed_digits": digits,
            "witness": ["tape", "directions" if "Large" in case["flags"] else "difference",
                        *["fraction"] * exact],
            "expect": {name: expected(numbers, shape_of(case, name, len(numbers)),
                                      brackets.get(name), products.get(name))
                       for name, numbers in answers.items()}}


def witnessed(case):
    """Arrays of Bounded numbers, the digits to which both witnesses agree, brackets at kinks."""
    for extra in (SATURATED,) if "Saturation" in case["flags"] else (0, 60, SATURATED):
        with precision(DIGITS + extra) as context:
            answers = bounded_answers(case)
            is_rounded = context.flags[Inexact]
        with precision(DIFFERENCE_DIGITS + extra):
            digits, brackets = witnesses_of(case).confirmed(case, answers)
        if digits >= AGREED and not (is_rounded and has_drowned(answers, extra)):
            break
    if digits < AGREED:
        raise ArithmeticError(f"{case['id']}: the witnesses agree to {digits} digits only")
    return answers, digits, brackets


def witnesses_of(case):
    """The module with the two witnesses of a kind of case, by_tape and confirmed."""
    return {"second": second, "per_sample": per_sample, "tangent": tangent}.get(
        case["kind"], witnesses)


def bounded_answers(case):
    return {name: [Bounded.of(number) for number in numbers]
            for name, numbers in witnesses_of(case).by_tape(
                case, lambda number: Bounded(Decimal(number))).items()}


def has_drowned(answers, extra):
    """Whether a value may have lost its digits beside others, as 1 - tanh^2 does at saturation."""
    least = Decimal(f"1e-{extra + 20}")
    return any(number.bound and abs(number.value) < least * Decimal(number.bound)
               for numbers in answers.values() for number in numbers)


def bounded_in_every_form(case, answers):
    """The answers, each with the largest bound of all forms in which the case is computed.

    Nearly equal eigenvalues cancel in some of them: there it is a defect that S must not allow.
    """
    if "Cancellation" in case["flags"]:
        return {**answers, "y": beginning_with_bias(case, answers["y"])}
    with precision(DIGITS):
        for form in forms(case):
            others = bounded_answers(form)
            answers = {name: [either(a, b) for a, b in zip(numbers, others[name], strict=True)]
                       for name, numbers in answers.items()}
    return answers


def beginning_with_bias(case, y):
    """y with room for sums that begin with the bias: each of n_in additions rounds that size.

    Elsewhere products are as large as a bias, and their bounds have this room.
    """
    bias, n_in = case["inputs"]["bias"]["dec"], case["inputs"]["x"]["shape"][1]
    return [Bounded(number.value, number.bound + n_in * abs(bias[k % len(bias)]))
            for k, number in enumerate(y)]


def is_exact(case, answers):
    """Whether every number on the way, in every form, fits 24 bits; the results are the answers."""
    if not set(case["dtypes"]) >= {"float32", "float64"}:
        return False
    try:
        results = [witnesses_of(form).by_tape(form, lambda number: Short(Fraction(number)))
                   for form in (case, *forms(case))]
    except NotExact:
        return False
    return all(Fraction(a.value) == Short.of(b).value for result in results for name in answers
               for a, b in zip(answers[name], result[name], strict=True))


def expected(numbers, shape, bracket, products):
    """An array as the case files state it."""
    values = [number.value for number in numbers]
    entry = {"shape": shape, "bits": [bits(value) for value in values],
             "about": [f"{float(value) or 0.0:.9g}" for value in values],
             "scale": [rounded_up(number.bound) for number in numbers]}
    if products:
        entry["products"] = products
    if bracket:
        entry["low"], entry["high"] = ([bits(end) for end in ends] for ends in zip(*bracket))
    return entry


def shape_of(case, name, count):
    """The shape of an expected array: that of an input, but for a value, and y before a loss."""
    inputs = case["inputs"]
    like = alike(name)
    if name == "value":
        return []
    if name.startswith("per_sample_"):
        return [inputs["x"]["shape"][0], *inputs[like]["shape"]]
    if like in inputs:
        return inputs[like]["shape"]
    batch = inputs["x"]["shape"][0]
    if name == "kernel":
        outputs = isqrt(count // batch ** 2)
        return [batch, batch, outputs, outputs]
    return [batch, count // batch]
