"""Cases of second derivatives along a direction, and of gradients sample by sample.

second/ID and per_sample/ID have the layers, loss and inputs of the case ID.
"""
from fnmatch import fnmatchcase

from .inputs import grid
from .layers import generic, stacks, trainable_modes
from .losses import losses
from .structure import factored

FAMILIES = (generic, trainable_modes, stacks, losses, factored)
DTYPES = ("float32", "float64")
SECOND = (
    "spectral/identity/b2-i3-o4/bias", "spectral/identity/b4-i4-o1/plain",
    "spectral/tanh/b2-i3-o4/bias", "spectral/tanh/b4-i1-o4/plain",
    "spectral/sigmoid/b2-i3-o4/plain", "spectral/sigmoid/b4-i4-o1/bias",
    "spectral/softplus/b2-i3-o4/bias", "spectral/softplus/b1-i4-o4/plain",
    "spectral/elu/b2-i3-o4/plain", "spectral/elu/b4-i1-o4/bias",
    "spectral/trainable/lambdas/tanh/b2-i5-o2", "spectral/trainable/phi/tanh/b4-i3-o4",
    "dense/identity/b2-i3-o4/bias", "stack/3-4-2/tanh", "stack/2-3-3-1/softplus",
    "factored/qr/tanh/b1-i4-o3/*", "factored/full-qr/tanh/b2-i3-o4/*",
    "factored/svd/tanh/b2-i3-o4/*", "factored/network/mean_squared_error",
    "network/tanh/mean_squared_error", "network/tanh/labels",
    "loss/mean_squared_error/b4-o4/mean", "loss/mean_squared_error/b2-o3/sum",
    "loss/mean_squared_error/weights/mean", "loss/labels/b2-o3/mean", "loss/labels/weights/sum",
    "loss/probabilities/b4-o4/sum", "loss/binary_cross_entropy/b2-o3/mean",
    "loss/soft_hinge/b2-o3/sum")
PER_SAMPLE = (
    "spectral/identity/b2-i3-o4/bias", "spectral/tanh/b4-i4-o1/bias",
    "spectral/softplus/b4-i1-o4/plain", "dense/identity/b2-i3-o4/bias", "stack/3-4-2/tanh",
    "factored/svd/identity/b2-i3-o4/*", "network/tanh/mean_squared_error")


def second():
    """A direction v beside everything that has a gradient: the Hessian times v is asked for."""
    return with_directions(chosen("second", SECOND, families()), 6000)


def per_sample():
    """What each sample would give as a batch of its own."""
    return chosen("per_sample", PER_SAMPLE, families())


def families():
    return [case for family in FAMILIES for case in family()]


def with_directions(cases, seed):
    """The cases with a direction v for everything that moves."""
    for n, case in enumerate(cases):
        names = ["x", *case["trainable"]] if case["layers"] else ["y"]
        directions = {f"v_{name}": grid(seed + 20 * n + k, *case["inputs"][name]["shape"])
                      for k, name in enumerate(names)}
        yield {**case, "inputs": {**case["inputs"], **directions}}


def chosen(kind, patterns, every):
    """The cases whose ids match, as cases of this kind and family, in the dtypes that they have."""
    for pattern in patterns:
        for case in (case for case in every if fnmatchcase(case["id"], pattern)):
            yield {**case, "id": f"{kind}/{case['id']}", "kind": kind, "dtypes": list(DTYPES),
                   "flags": [*case["flags"], FLAGS[kind]]}


FLAGS = {"second": "SecondOrder", "per_sample": "PerSample"}
