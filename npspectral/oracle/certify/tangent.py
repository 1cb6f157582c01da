"""The witnesses of tangent kernels: gradients of every output of every sample, and differences."""
from decimal import Decimal

from ..suite.arrays import cells, converted, flat, parameters
from . import arithmetic, definitions, formulas
from .arithmetic import Bounded
from .tape import gradients, plain
from .witnesses import DIGITS, STEP, agreement, on_tape


def by_tape(case, convert):
    """y and the kernel (batch, batch, outputs, outputs), flat, by sums over the Jacobian's rows."""
    inputs, spec = converted(case, convert)
    y, jacobian = [], []
    for sample in inputs["x"]:
        moved = {name: on_tape(inputs[name]) for name in case["trainable"]}
        row, = formulas.network(spec["layers"], parameters(case, {**inputs, **moved}), [sample])
        y.append([plain(entry) for entry in row])
        theta = [node for name in case["trainable"] for node in flat(moved[name])]
        grads = [gradients([entry], [convert(1)]) for entry in row]
        jacobian.append([[by.get(node, convert(0)) for node in theta] for by in grads])
    return {"y": flat(y), "kernel": [product(rows[k], others[m]) for rows in jacobian
                                     for others in jacobian for k in range(len(rows))
                                     for m in range(len(others))]}


def product(row, other):
    """sum_theta J J'. A bound has room for the form of a layer, in which patches meet patches.

    That form, (p_s . p_t) (g_s . g_t) summed over s and t, adds up products of terms of J, whose
    sizes cancel in J itself: those of all pairs are within the product of the bounds of J.
    """
    result = arithmetic.total([a * b for a, b in zip(row, other)])
    if isinstance(result, Bounded):
        result.bound += sum(a.bound * b.bound for a, b in zip(row, other))
    return result


def confirmed(case, answers):
    """Digits to which the definitions confirm the answers; there are no brackets."""
    inputs, spec = converted(case, Decimal)
    n = len(inputs["x"])

    def outputs():
        return definitions.network(spec["layers"], parameters(case, inputs), inputs["x"])
    y, columns = outputs(), []
    for holder, index in (cell for name in case["trainable"] for cell in cells(inputs[name])):
        columns.append(slope(holder, index, outputs))
    rows = list(zip(*columns))                              # of J: sample after sample
    width = len(rows) // n
    kernel = [sum(a * b for a, b in zip(rows[i * width + k], rows[j * width + m]))
              for i in range(n) for j in range(n) for k in range(width) for m in range(width)]
    pairs = [*zip(answers["y"], flat(y), strict=True), *zip(answers["kernel"], kernel, strict=True)]
    return min((agreement(*pair) for pair in pairs), default=DIGITS), {}


def slope(holder, index, outputs):
    """The derivative of all outputs by one number, from both sides."""
    center = holder[index]
    h, values = STEP * (abs(center) or 1), []
    for holder[index] in (center - h, center + h):
        values.append(flat(outputs()))
    holder[index] = center
    return [(ahead - behind) / (2 * h) for behind, ahead in zip(*values)]
