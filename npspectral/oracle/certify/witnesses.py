"""The two witnesses of a case: formulas differentiated by the tape, definitions by differences."""
from decimal import Decimal

from ..suite.arrays import cells, converted, flat, parameters
from . import definitions, directions, formulas
from .tape import Node, gradients, plain

CONSTANT = ("grad_y", "target", "weights")      # inputs that no gradient is taken of
STEP = Decimal("1e-30")             # of a difference, relative to what is moved
DIGITS = 75                         # of the tape's numbers
AGREED = 45                         # digits that the witnesses must agree to


def outputs(text, case, inputs, spec):
    """y, value and trace, as far as the case has them, by the forward pass of one of two texts.

    text: formulas or definitions. The arrays are nested lists of whatever numbers the inputs are.
    """
    if "optimizer" in spec:
        return {"trace": text.optimizer(spec["optimizer"], inputs["theta"], inputs["gradients"])}
    if not case["layers"]:
        return {"value": [text.loss(spec["loss"], inputs["y"], inputs["target"],
                                    inputs.get("weights"))]}
    params = parameters(case, inputs)
    if "penalty" in spec:
        on = spec["penalty"]["on"]
        array = text.weight(params[0]) if on == "weight" else params[0][on]
        return {"value": [text.penalty(spec["penalty"], array)]}
    through = text.states(spec["layers"], params, inputs["x"])
    y = through[-1]
    results = {"y": y}
    for position, moved in text.moved_statistics(spec["layers"], params, through).items():
        prefix = f"{position}/" if any("/" in name for name in inputs) else ""
        results |= {f"new_{prefix}{key}": array for key, array in moved.items()}
    if "loss" in spec:
        results["value"] = [text.loss(spec["loss"], y, inputs["target"])]
    return results


def forms(case):
    """The case computed in other ways, as some implementations do, such as without W.

    Far from 0 the mean of squares less the square of the mean is a defect that S must not allow;
    and there the bound of the folded form is far above its errors, which cancel.
    """
    return [{**case, "layers": layers} for layers in formulas.forms(case["layers"])
            if not ("Offset" in case["flags"] and any(
                layer["layer"].endswith((", fast", ", folded")) and layer["training"]
                for layer in layers))]


def by_tape(case, convert):
    """Every expected array of a case, flat, by the formulas and the tape over a kind of number."""
    inputs, spec = converted(case, convert)
    inputs |= {name: on_tape(array) for name, array in inputs.items() if name not in CONSTANT}
    results = outputs(formulas, case, inputs, spec)
    end, seed = ("y", inputs["grad_y"]) if case["kind"] == "vjp" else ("value", [convert(1)])
    grads = gradients(flat(results[end]), flat(seed)) if end in results else {}
    answers = {name: [plain(entry) for entry in flat(array)] for name, array in results.items()}
    for name in ("x", "y", *case["trainable"]):
        if name in inputs:
            answers[f"grad_{name}"] = [grads.get(node, 0) for node in flat(inputs[name])]
    return answers


def on_tape(array):
    return [on_tape(entry) if isinstance(entry, list) else Node(entry) for entry in array]


def confirmed(case, answers):
    """Digits to which the definitions confirm the answers, and brackets of derivatives at kinks."""
    inputs, spec = converted(case, Decimal)
    if case["layers"]:
        spec["layers"] = definitions.with_masks(spec["layers"], parameters(case, inputs))
    results = outputs(definitions, case, inputs, spec)
    if "Large" in case["flags"]:
        return confirmed_along_directions(case, answers, inputs, spec, results), {}
    at_kink = "Kink" in case["flags"]
    digits, brackets = [], {}
    for name, numbers in answers.items():
        if name in results:
            agree, others = agreement, flat(results[name])
        else:
            agree = agreement_at_kink if at_kink else agreement_with_mean
            others = [slopes(case, inputs, spec, results, *cell)
                      for cell in cells(inputs[name.removeprefix("grad_")])]
            if at_kink and any(abs(left - right) > Decimal("1e-20") for left, right in others):
                brackets[name] = [tuple(sorted(map(without_error, sides))) for sides in others]
        digits += [agree(number, other) for number, other in zip(numbers, others, strict=True)]
    return min(digits, default=DIGITS), brackets


def confirmed_along_directions(case, answers, inputs, spec, results):
    """Digits to which y is confirmed, and the gradients along directions."""
    digits = list(map(agreement, answers["y"], flat(results["y"])))
    for number, quotients in directions.of_gradients(case, answers, inputs, lambda: differentiated(
            case, inputs, outputs(definitions, case, inputs, spec))):
        agreed = (agreement(number, quotient) for quotient in quotients)
        digits.append(next((count for count in agreed if count >= AGREED), 0))
    return min(digits)


def differentiated(case, inputs, results):
    """What the gradients are of: <grad_y, y>, or a value."""
    return results["value"][0] if "value" in results else sum(
        g * y for g, y in zip(flat(inputs["grad_y"]), flat(results["y"])))


def slopes(case, inputs, spec, here, holder, index):
    """Left and right difference quotients of what is differentiated, by one number of the inputs.

    here: the outputs where nothing is moved. The mean of both has an error of order STEP^2.
    """
    number, values = holder[index], []
    h = STEP * (abs(number) or 1)
    for holder[index] in (number - h, number + h):
        values.append(differentiated(case, inputs, outputs(definitions, case, inputs, spec)))
    holder[index] = number
    center = differentiated(case, inputs, here)
    return (center - values[0]) / h, (values[1] - center) / h


def agreement(number, other):
    """Digits to which a Bounded and a Decimal agree, relative to the larger of value and scale."""
    error = abs(number.value - other)
    if not error:
        return DIGITS
    size = max(abs(number.value), Decimal(number.bound), Decimal("1e-330"))
    return min(DIGITS, -(error / size).adjusted() - 1)


def agreement_with_mean(number, sides):
    return agreement(number, sum(sides) / 2)


def agreement_at_kink(number, sides):
    """The convention is one of the sides, which err by order STEP, or the 0 between them."""
    if not number.value and min(sides) <= 0 <= max(sides):
        return DIGITS
    return AGREED if max(agreement(number, side) for side in sides) >= 25 else 0


def without_error(side):
    """A side with the error of its difference quotient (1e-29) rounded off."""
    return side.quantize(Decimal("1e-25")).normalize()
