"""Golden values: each from two witnesses that agree, with scale, tier and, at kinks, its bracket.

Witness "hand": the backward pass of formulas in 75 digits. Witness "difference": derivatives of
the forward pass of definitions, (F(q + h) - F(q - h)) / 2h in 120 digits, h = 1e-30 |q|, so that
the two agree to 45 digits or more. Witness "fraction": the hand formulas in exact fractions, with
every intermediate number shown to fit 24 bits whatever the order of summation; such a case is of
the exact tier. Nothing but the standard library is imported.
"""
from decimal import Decimal
from fractions import Fraction

from ..suite.arrays import cells, converted, flat, parameters
from ..suite.bits import bits
from . import definitions, formulas, formulas_layers
from .arithmetic import Bounded, NotExact, Short, bounded, precision, rounded_up

DIGITS = 75
DIFFERENCE_DIGITS = 120
SATURATED = 450                 # so many more where exp(-1000) must not drown beside 1
AGREED = 45                     # digits that the witnesses must agree to


def solve(case):
    """The case with its expected values: {"expect", "tier", "witness", "agreed_digits"}."""
    if case["kind"] == "error":
        return {**case, "expect": {}, "tier": "refused", "witness": [], "agreed_digits": 0}
    for extra in (SATURATED,) if "Saturation" in case["flags"] else (0, 60, SATURATED):
        hand, digits, brackets = _witnesses(case, extra)
        if digits >= AGREED and not _drowned(hand, extra):
            break
    if "Cancellation" not in case["flags"]:
        with precision(DIGITS):
            for form in _forms(case):
                hand = _larger_bounds(hand, _bounded_answers(form))
    tier, witness = "certified", ["hand", "difference"]
    if _is_exact(case, hand):
        tier, witness = "exact", witness + ["fraction"]
    if digits < AGREED:
        raise ArithmeticError(f"{case['id']}: the witnesses agree to {digits} digits only")
    expect = {}
    for name, numbers in hand.items():
        values = [number.value for number in numbers]
        expect[name] = {"shape": shape_of(case, name), "bits": [bits(value) for value in values],
                        "about": [f"{float(value):.9g}" for value in values],
                        "scale": [rounded_up(number.bound) for number in numbers]}
        if name in brackets:
            expect[name]["low"], expect[name]["high"] = (
                [bits(value) for value in side] for side in zip(*brackets[name]))
    return {**case, "expect": expect, "tier": tier, "witness": witness, "agreed_digits": digits}


def _witnesses(case, extra):
    """Hand values, the digits to which differences confirm them, and brackets at kinks."""
    with precision(DIGITS + extra):
        hand = _bounded_answers(case)
    with precision(DIFFERENCE_DIGITS + extra):
        return hand, *_differences(case, hand)


def _bounded_answers(case):
    return {name: [bounded(number) for number in numbers]
            for name, numbers in answers(case, lambda number: Bounded(Decimal(number))).items()}


def _forms(case):
    """The case computed otherwise, as some implementations do, such as without W.

    Nearly equal eigenvalues cancel in that form: there it is a defect that S must not allow.
    """
    return [{**case, "layers": layers} for layers in formulas.forms(case["layers"])]


def _larger_bounds(hand, other):
    """The hand values, each with the larger bound of two ways to compute it."""
    return {name: [Bounded(a.value, max(a.bound, b.bound))
                   for a, b in zip(numbers, other[name], strict=True)]
            for name, numbers in hand.items()}


def _drowned(hand, extra):
    """Whether a value may have lost its digits beside others, as 1 - tanh^2 does at saturation."""
    least = Decimal(f"1e-{extra + 20}")
    return any(number.bound and abs(number.value) < least * Decimal(number.bound)
               for numbers in hand.values() for number in numbers)


def shape_of(case, name):
    """The shape of an expected array; a gradient has that of its input."""
    inputs = case["inputs"]
    if name == "value":
        return []
    if name == "trace":
        return inputs["gradients"]["shape"]
    if name.startswith("grad_") and name[5:] in inputs:
        return inputs[name[5:]]["shape"]
    if case["kind"] == "vjp":
        return inputs["grad_y"]["shape"]
    if "planted" in inputs:
        return [inputs["x"]["shape"][0], inputs["planted"]["shape"][1]]
    *_, last_bias = (entry for key, entry in inputs.items() if "bias" in key)
    return [inputs["x"]["shape"][0], *last_bias["shape"]]


def answers(case, convert):
    """Every expected array of a case, flat, by hand formulas over any kind of number."""
    inputs, spec = converted(case, convert)
    kind = case["kind"]
    if kind == "optimizer":
        trace = formulas.optimizer(spec["optimizer"], inputs["theta"], inputs["gradients"])
        return {"trace": flat(trace)}
    if kind == "loss":
        value, grad_y = formulas.loss(spec["loss"], inputs["y"], inputs["target"],
                                      inputs.get("weights"))
        return {"value": [value], "grad_y": flat(grad_y)}
    params = parameters(case, inputs)
    if kind == "penalty":
        value, grads = _penalty(spec["penalty"], params[0])
        return {"value": [value], **_named(case, [grads])}
    y, kept = formulas.network_forward(spec["layers"], params, inputs["x"])
    found = {"y": flat(y)}
    if kind == "network":
        value, grad_y = formulas.loss(spec["loss"], y, inputs["target"])
        found["value"] = [value]
    else:
        grad_y = inputs["grad_y"]
    grads, grad_x = formulas.network_backward(spec["layers"], params, kept, grad_y)
    return {**found, "grad_x": flat(grad_x), **_named(case, grads)}


def _penalty(spec, own):
    if spec["on"] != "weight":
        value, grad = formulas.penalty(spec, own[spec["on"]])
        return value, {spec["on"]: grad}
    value, grad = formulas.penalty(spec, formulas_layers.weight(own))
    return value, formulas_layers.weight_backward(own, grad)


def _named(case, grads):
    """The trainable parameters' gradients under the names of their inputs, flat."""
    found = {}
    for name in case["trainable"]:
        position, _, key = name.rpartition("/")
        owner = grads[int(position)] if position else next(own for own in grads if key in own)
        found[f"grad_{name}"] = flat(owner[key])
    return found


def scalar(case, inputs, spec):
    """What is differentiated: <grad_y, y>, a loss, or a penalty, by the definitions alone."""
    if case["kind"] == "loss":
        return definitions.loss(spec["loss"], inputs["y"], inputs["target"],
                                inputs.get("weights"))
    params = parameters(case, inputs)
    if case["kind"] == "penalty":
        on = spec["penalty"]["on"]
        array = definitions.realized_weight(params[0]) if on == "weight" else params[0][on]
        return definitions.penalty(spec["penalty"], array)
    y = definitions.network(spec["layers"], params, inputs["x"])
    if case["kind"] == "network":
        return definitions.loss(spec["loss"], y, inputs["target"])
    return sum((g * out for grad_row, row in zip(inputs["grad_y"], y)
                for g, out in zip(grad_row, row)), Decimal(0))


def _differences(case, hand):
    """Digits to which the definitions confirm the hand values, and brackets at kinks."""
    inputs, spec = converted(case, Decimal)
    if case["layers"]:
        spec["layers"] = definitions.with_masks(spec["layers"], parameters(case, inputs))
    digits, brackets = [], {}
    for name, numbers in hand.items():
        if not name.startswith("grad_"):
            direct = _direct(case, name, inputs, spec)
            digits += [_agreement(a, b) for a, b in zip(numbers, direct, strict=True)]
            continue
        holders = cells(inputs[name[5:]])
        sides = [_one_sided(case, inputs, spec, holder, index) for holder, index in holders]
        if "Kink" in case["flags"]:
            digits += [_kink_agreement(a, side) for a, side in zip(numbers, sides, strict=True)]
            if any(abs(left - right) > Decimal("1e-20") for left, right in sides):
                brackets[name] = [tuple(sorted(_near_zero(side))) for side in sides]
        else:
            digits += [_agreement(a, (left + right) / 2)
                       for a, (left, right) in zip(numbers, sides, strict=True)]
    return min(digits, default=DIGITS), brackets


def _direct(case, name, inputs, spec):
    """y, value or trace by the definitions."""
    if name == "trace":
        return flat(definitions.optimizer(spec["optimizer"], inputs["theta"],
                                          inputs["gradients"]))
    if name == "y":
        return flat(definitions.network(spec["layers"], parameters(case, inputs), inputs["x"]))
    return [scalar(case, inputs, spec)]


def _one_sided(case, inputs, spec, holder, index):
    """Left and right difference quotients with respect to one number of the inputs."""
    center = holder[index]
    h = Decimal("1e-30") * (abs(center) or 1)
    values = []
    for moved in (center - h, center, center + h):
        holder[index] = moved
        values.append(scalar(case, inputs, spec))
    holder[index] = center
    return (values[1] - values[0]) / h, (values[2] - values[1]) / h


def _agreement(number, other):
    """Digits to which a Bounded and a Decimal agree, relative to the larger of value and scale."""
    error = abs(number.value - other)
    if not error:
        return DIGITS
    reference = max(abs(number.value), Decimal(number.bound), Decimal("1e-330"))
    return min(DIGITS, -(error / reference).adjusted() - 1)


def _kink_agreement(number, sides):
    """At a kink the convention is one of the sides, or the 0 between them."""
    left, right = sides
    if not number.value and min(left, right) <= 0 <= max(left, right):
        return DIGITS
    # one-sided differences have an error of order h beside the kink
    return AGREED if max(_agreement(number, left), _agreement(number, right)) >= 25 else 0


def _near_zero(sides):
    """Sides with the error of their difference quotient (1e-29) rounded off."""
    return [side.quantize(Decimal("1e-25")).normalize() for side in sides]


def _is_exact(case, hand):
    """Whether every number on the way fits 24 bits, and the results equal the hand values."""
    if not set(case["dtypes"]) >= {"float32", "float64"}:
        return False
    try:
        found = [answers(form, lambda number: Short(Fraction(number)))
                 for form in (case, *_forms(case))]
    except NotExact:
        return False
    return all(Fraction(a.value) == Short.of(b).value for form in found for name in hand
               for a, b in zip(hand[name], form[name], strict=True))
