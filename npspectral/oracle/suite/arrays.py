"""Arrays of a case as nested lists of whatever kind of number, and back; what their names say."""
import re
from math import prod

OF_SAMPLES = ("x", "grad_y", "target")          # inputs with an entry for every sample


def input_of(name):
    """The input that an array is about: phi for grad_phi, hvp_phi, per_sample_grad_phi, v_phi.

    mean for new_mean, what it becomes in training.
    """
    return re.sub("^(per_sample_grad|grad|hvp|v|new)_", "", name)


def alike(name):
    """The input that has the shape of an expected array, but for an axis of samples."""
    return {"trace": "gradients", "y": "grad_y", "jvp": "grad_y"}.get(name) or input_of(name)


def converted(case, convert):
    """Inputs as nested lists and specs, with every float converted; labels and names stay."""
    inputs = {}
    for name, entry in case["inputs"].items():
        flat = entry["labels"] if "labels" in entry else [convert(k) for k in entry["dec"]]
        inputs[name] = nested(flat, entry["shape"])
    spec = {key: numbers_in(case[key], convert) for key in
            ("layers", "loss", "penalty", "optimizer") if key in case}
    return inputs, spec


def numbers_in(spec, convert):
    if isinstance(spec, list):
        return [numbers_in(entry, convert) for entry in spec]
    return {key: convert(value) if isinstance(value, float) else value
            for key, value in spec.items()}


def parameters(case, inputs):
    """A dict of parameters for every layer of the stack."""
    params = [{} for _ in case["layers"]]
    for name, entry in inputs.items():
        position, _, key = name.rpartition("/")
        if name.startswith("v_") or name in ("x", "y", "grad_y", "target", "weights"):
            continue
        params[int(position or 0)][key] = entry
    return params


def nested(flat, shape):
    """A list, or a list of rows, in which further axes lie one after the other."""
    if len(shape) == 1:
        return list(flat)
    rows, width = shape[0], prod(shape[1:])
    return [flat[k * width:(k + 1) * width] for k in range(rows)]


def flat(nested):
    return [entry for row in nested for entry in (row if isinstance(row, list) else [row])]


def cells(nested):
    """(list, index) of every number, so that one can be moved in place."""
    rows = nested if nested and isinstance(nested[0], list) else [nested]
    return [(row, index) for row in rows for index in range(len(row))]
