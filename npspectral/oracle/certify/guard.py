"""The guard of the cases: no rounding may push a unit or a margin across a kink."""
from decimal import Decimal
from fractions import Fraction

from ..suite.arrays import converted, flat, parameters
from ..suite.catalog import catalog
from .arithmetic import Bounded, size
from .formulas import states
from .formulas_complex import motion, settings, times_of
from .formulas_layers import spectral
from .formulas_recurrent import eigen, first_states, similarity, transient
from .formulas_structure import masked_weight, nested_states

FLOAT32 = 2.0 ** -22            # four times its unit roundoff; these cases have no coarser dtype
BENT = ("relu", "leaky_relu", "elu")
BENT_LOSSES = ("hinge", "quadratic_hinge")


def guarded_catalog():
    """All cases, each where no rounding can push it across a kink."""
    return [guarded(case) for case in catalog()]


def guarded(case):
    """The case, nudged until no rounding can push a unit or a margin across a kink.

    A pre-activation z beside a kink has to keep |z| >= S / 64, which even bfloat16 cannot cross.
    """
    if "Kink" in case["flags"] or case["kind"] in ("optimizer", "error"):
        return case
    for attempt in range(1000):
        cause = next(near_kinks(case, attempt), None)
        if cause is None:
            return case
        name, index = cause
        dec = case["inputs"][name]["dec"]
        dec[index] += min([abs(number) for number in dec if number] or [0.125])
    raise ArithmeticError(f"{case['id']}: no way off the kinks was found")


def near_kinks(case, attempt):
    """(name, index) of an input whose change moves a number that is too close to a kink."""
    inputs, spec = converted(case, lambda number: Bounded(Decimal(number)))
    if case["kind"] == "loss":
        margins = near_margins(spec["loss"], inputs["y"], inputs["target"])
        yield from (("y", index) for index in margins)
    elif case["kind"] == "penalty":
        yield from zeros_under(spec["penalty"], case)
    elif case["layers"]:
        yield from near_kinks_of_network(case, inputs, spec, attempt)


def near_kinks_of_network(case, inputs, spec, attempt):
    if case["kind"] == "vjp" and not any(map(bends, spec["layers"])):
        return
    params = parameters(case, inputs)
    *entering, y = states(spec["layers"], params, inputs["x"])
    for position, (layer, layer_params, x) in enumerate(zip(spec["layers"], params, entering)):
        if layer["layer"] == "nested":
            yield from near_hidden_kinks(layer, layer_params, x)
        if layer["layer"] in ("recurrent", "complex_recurrent") and layer["activation"] in BENT:
            yield from near_kinks_in_time(layer, layer_params, x, attempt)
        if "of" in layer:
            hold_apart(case, *masked_weight(layer, layer_params)[:2])
        if layer["layer"] in BENT:
            for unit in units_near_zero(x):
                yield what_moves(case, position - 1, unit, attempt)
    if case["kind"] == "network":
        last = max(position for position, layer_params in enumerate(params) if layer_params)
        for index in near_margins(spec["loss"], y, inputs["target"]):
            yield f"{last}/bias", index % len(y[0])


def bends(layer):
    """Whether a layer has a kink or a threshold."""
    return layer["layer"] in BENT or layer.get("activation") in BENT or "of" in layer


def is_near(number):
    """Whether bfloat16 could take a number to the other side of 0, or it is 0."""
    return size(number.value) < number.bound / 64 or not number.value


def units_near_zero(rows):
    return (unit for row in rows for unit, entry in enumerate(row) if is_near(entry))


def near_hidden_kinks(layer, params, x):
    """The bias of a hidden unit of a nested network that is too close to its kink."""
    if layer["activation"] in BENT:
        for k, z in enumerate(nested_states(spectral, layer, params, x)[:-1], 1):
            yield from ((f"bias_{k}", unit) for unit in units_near_zero(z))


def near_kinks_in_time(layer, params, x, attempt):
    """The input of a sample with a node that float32 could take across its kink at some time."""
    for state in activated_states(layer, params, x):
        for sample, row in enumerate(state):
            if any(size(entry.value) < FLOAT32 * entry.bound or not entry.value for entry in row):
                yield "x", sample * len(x[0]) + attempt % len(x[0])


def activated_states(layer, params, x):
    """The states that a recurrent network's f is applied to, but for nodes that start from 0."""
    if layer["layer"] == "complex_recurrent":
        n = len(params["phi"])
        _, _, transfer, _, _ = settings(params)
        steps, _ = motion(layer, transfer, x, n)
        return [fed for (_, fed, _), acts in zip(steps, times_of(layer, x, n)) if acts]
    phi, back, values = eigen(params)
    transfer = similarity(phi, values, back)
    later, _ = transient(layer, transfer, first_states(layer, params, x), layer["steps"] - 1)
    return [x, *later[1:]]


def hold_apart(case, matrix, excess):
    """Refuse a weight that rounding could take across the threshold, or off it if it is there."""
    for row, over_row in zip(matrix, excess):
        for w, over in zip(row, over_row):
            tie = "Threshold" in case["flags"] and not over.value and _has_8_bits(w.value)
            if is_near(over) and not tie:
                raise ArithmeticError(f"{case['id']}: the weight {float(w.value)} lies within "
                                      f"{float(over.value):.3g} of its threshold")


def _has_8_bits(value):
    odd = abs(Fraction(value).numerator)
    return not odd or odd // (odd & -odd) < 1 << 8


def zeros_under(spec, case):
    """What to move where a penalty with |w| meets a zero: the number, or its eigenvalue's gap."""
    if spec["penalty"] not in ("l1", "elastic_net"):
        return
    dec = {name: entry["dec"] for name, entry in case["inputs"].items()}
    name = "phi" if spec["on"] == "weight" else spec["on"]
    for index, number in enumerate(dec[name]):
        if not number:
            yield name, index
        elif spec["on"] == "weight":
            i, j = divmod(index, len(dec["lambda_in"]))
            if dec["lambda_in"][j] == dec["lambda_out"][i]:
                yield "lambda_out", i


def near_margins(spec, y, target):
    """Where in y, flat, a margin is close to the kink of its loss."""
    if spec["loss"] in BENT_LOSSES:
        for index, (a, b) in enumerate(zip(flat(y), flat(target))):
            if is_near(1 - b * a):
                yield index


def what_moves(case, position, unit, attempt):
    """The bias of a unit in a layer; without one, in turn its row of phi, its eigenvalue, and x."""
    several = any("/" in name for name in case["inputs"])
    prefix = f"{position}/" if several else ""
    if bias := case["inputs"].get(f"{prefix}bias"):
        return f"{prefix}bias", unit % len(bias["dec"])         # a channel's, of an image
    n_in = case["inputs"][f"{prefix}phi"]["shape"][1]
    return ((f"{prefix}phi", n_in * unit + n_in // 2), (f"{prefix}lambda_out", unit),
            ("x", attempt % len(case["inputs"]["x"]["dec"])))[attempt % 3]
