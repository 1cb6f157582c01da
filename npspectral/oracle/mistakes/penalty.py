"""Known mistakes of penalties: name -> (sentence, wrong steps[, in which penalties])."""
import numpy as np

from .definition import eigenvalues_times
from .loss import scaled


def both(grad, value=1.0):
    """The gradient and the value of a penalty times a factor."""
    return scaled("penalty_term", grad, value)


def term(function):
    """function(strength, w, spec) -> value, gradient."""
    return {"penalty_term": lambda right, spec, w: function(spec["strength"], w, spec)}


def each(change):
    """The value and the gradient of a penalty, each changed: change(entry, w, spec)."""
    return {"penalty_term": lambda right, spec, w: tuple(
        change(entry, w, spec) for entry in right(spec, w))}


def _norm(s, w, spec):
    norm = np.sqrt((w * w).sum())
    return s * norm, s * w / norm


def _elastic(absolute, square):
    """Weights of the two parts as functions of the ratio."""
    return term(lambda s, w, spec: (
        s * (absolute(spec["ratio"]) * np.abs(w).sum() + square(spec["ratio"]) * (w * w).sum()),
        s * (absolute(spec["ratio"]) * np.sign(w) + 2 * square(spec["ratio"]) * w)))


def on(wanted, instead):
    """Another array penalized."""
    def wrong(right, spec, p, name):
        return right(spec, p, instead if name == wanted else name)
    return {"penalize": wrong}


def _constant_weight(right, spec, p, name):
    value, grads = right(spec, p, name)
    return value, {key: 0 * grad if name == "weight" and key != "phi" else grad
                   for key, grad in grads.items()}


def _both_sets(right, spec, p, name):
    value, grads = right(spec, p, name)
    others = {"lambda_in": "lambda_out", "lambda_out": "lambda_in"}
    return value + (right(spec, p, others[name])[0] if name in others else 0), grads


PENALTY = {
    "penalty halved": ("The penalty carries a factor 1/2, and its gradient too.", both(.5, .5)),
    "gradient of the penalty halved": (
        "The gradient of the penalty is half of what it should be (a square gives a factor 2).",
        both(.5)),
    "gradient of the penalty missing": ("The penalty has no gradient.", both(0)),
    "penalty averaged": ("The penalty is a mean over entries; it is a sum.",
                         each(lambda entry, w, spec: entry / w.size)),
    "strength missing": ("The strength is missing.", {"penalty_term": lambda right, spec, w: right(
        {**spec, "strength": 1.0}, w)}),
    "norm not squared": ("The L2 penalty is the norm; it is its square.", term(_norm), ("l2",)),
    "w / |w| at zero": (
        "The derivative of |w| is computed as w / |w|, which is 0 / 0 at zero; it is 0 there.",
        {"penalty_term": lambda right, spec, w: (
            right(spec, w)[0], right(spec, w)[1] + 0 * (w / np.abs(w)))}, ("l1", "elastic_net")),
    "ratio swapped": ("The ratio weights the squares; it weights the absolute values.",
                      _elastic(lambda r: 1 - r, lambda r: r), ("elastic_net",)),
    "half of the squares": ("The squares of the elastic net carry a factor 1/2.",
                            _elastic(lambda r: r, lambda r: (1 - r) / 2), ("elastic_net",)),
    "groups along the other axis": (
        "The groups are columns where they are rows, or rows where they are columns.",
        {"penalty_term": lambda right, spec, w: right({**spec, "axis": -1 - spec["axis"]}, w)},
        ("group_lasso",)),
    "groups weighted by their size": (
        "Every group carries the root of its size; the weights are 1.",
        each(lambda entry, w, spec: np.sqrt(w.shape[spec["axis"]]) * entry), ("group_lasso",)),
    "0 / 0 in a zero group": (
        "A group of zeros gives 0 / 0; its gradient is 0.",
        {"penalty_term": lambda right, spec, w: (right(spec, w)[0], spec["strength"] * w / np.sqrt(
            (w * w).sum(spec["axis"], keepdims=True)))}, ("group_lasso",)),
    "phi penalized for the weight": (
        "phi is penalized; the realized weight (lambda_in - lambda_out) phi is asked for.",
        on("weight", "phi")),
    "both eigenvalue sets penalized": (
        "The penalty is taken of both sets of eigenvalues; one is asked for.",
        {"penalize": _both_sets}),
    "eigenvalues constant in the weight": (
        "The penalty of the realized weight reaches phi only; it reaches the eigenvalues too.",
        {"penalize": _constant_weight}),
    "sum of eigenvalues in the penalty": (
        "The weight is penalized as (lambda_in + lambda_out) phi; the eigenvalues are subtracted.",
        eigenvalues_times(1, -1)),
}
