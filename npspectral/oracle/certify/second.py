"""The witnesses of second derivatives: the tape over dual numbers, and second differences."""
from decimal import Decimal

from ..suite.arrays import cells, converted, flat
from . import definitions, formulas
from .dual import Dual
from .tape import gradients, plain
from .witnesses import DIGITS, STEP, agreement, on_tape, outputs, slopes


def by_tape(case, convert):
    """Every expected array, flat: y, value, J v, and H v, H the Hessian of <grad_y, y> or value."""
    inputs, spec = converted(case, lambda number: Dual(convert(number)))
    inputs |= {name: on_tape(array) for name, array in
               beside(inputs, lambda a, b: Dual(a.real, b.real)).items()}
    results = outputs(formulas, case, inputs, spec)
    end, seed = ("value", [Dual(convert(1))]) if "loss" in spec else ("y", flat(inputs["grad_y"]))
    grads = gradients(flat(results[end]), seed)
    duals = {name: [plain(entry) for entry in flat(array)] for name, array in results.items()}
    answers = {name: [number.real for number in numbers] for name, numbers in duals.items()
               if not name.startswith("new_")}
    if end == "y":
        answers["jvp"] = [number.slope for number in duals["y"]]
    zero = Dual(convert(0))
    return answers | {f"hvp_{name}": [grads.get(node, zero).slope for node in flat(inputs[name])]
                      for name in moved(inputs)}


def confirmed(case, answers):
    """Digits to which the definitions confirm the answers; there are no brackets."""
    inputs, spec = converted(case, Decimal)
    ahead, behind = ({**inputs, **beside(inputs, lambda a, b: a + step * b)}
                     for step in (STEP, -STEP))
    there, here, back = (outputs(definitions, case, point, spec)
                         for point in (ahead, inputs, behind))
    others = {name: flat(array) for name, array in here.items()}
    if "jvp" in answers:
        others["jvp"] = [quotient(a, b) for a, b in zip(flat(there["y"]), flat(back["y"]))]
    for name in moved(inputs):
        others[f"hvp_{name}"] = [
            quotient(*(sum(slopes(case, point, spec, center, *cell)) / 2 for point, center, cell in
                       zip((ahead, behind), (there, back), pair)))
            for pair in zip(cells(ahead[name]), cells(behind[name]))]
    return min((agreement(*pair) for name, numbers in answers.items()
                for pair in zip(numbers, others[name], strict=True)), default=DIGITS), {}


def moved(inputs):
    """The names of the inputs that move, each along its direction v."""
    return [name[2:] for name in inputs if name.startswith("v_")]


def beside(inputs, combine):
    """combine(number, v of it) for every number of the inputs that move."""
    return {name: combined(combine, inputs[name], inputs[f"v_{name}"]) for name in moved(inputs)}


def combined(combine, array, along):
    return [combined(combine, *pair) if isinstance(pair[0], list) else combine(*pair)
            for pair in zip(array, along, strict=True)]


def quotient(there, back):
    return (there - back) / (2 * STEP)
