"""Feature or lazy: how far training moved a network, and how papers write its scale.

A network f is trained through its predictor F = alpha (f - f_0), f_0 = f at the start, by gradient
flow of L = (1/p) sum loss(F, y) / divisor; h is its width. A large alpha makes training lazy. All
conventions move the parameters along the same path. They differ in the scale and in the unit of
time:

    convention     f                              divisor    scale, here alpha    time, here t
    "code"         (gain/h) sum beta relu(u)      alpha      alpha                t
    "article"      (gain/sqrt(h)) sum ...         alpha^2    alpha / sqrt(h)      t alpha / h
    "talk"         (1/h) sum ..., no gain         1          gain alpha           t / alpha

The change from feature to lazy is at alpha of order 1 here, which is h^(-1/2) in the article.
Sources: "code", the public code of Paccolat et al. 2021, J. Stat. Mech. 044001, and this package;
"article", Geiger et al. 2020, J. Stat. Mech. 113301; "talk", Petrini 2020, candidacy talk.
"""
import math

import numpy as np

from ... import refuse
from ...magnitude import norms
from ...nn import tree
from .._params import check_params

CONVENTIONS = ("code", "article", "talk")
COMPLEX_STEP = 1e-20            # its square is below every rounding, and float32 still holds it


def scale_and_time(alpha, time, width, gain=2 ** 0.5, *, convention):
    """(alpha, time) of this package, converted to a convention of the table above."""
    owner = "scale_and_time"
    for name, value in (("alpha", alpha), ("width", width), ("gain", gain)):
        refuse.number(owner, name, value, "a number > 0", lambda value: 0 < value < math.inf)
    time = refuse.numbers(owner, "time", time, np.ndim(time))
    if convention not in CONVENTIONS:
        raise ValueError(f"{owner}: convention is {convention!r}, expected one of {CONVENTIONS}")
    return {"code": (alpha, time), "article": (alpha / width ** 0.5, time * alpha / width),
            "talk": (gain * alpha, time / alpha)}[convention]


def parameter_change(params, start):
    """|theta - theta_0| / |theta_0|: theta all numbers in params, theta_0 all in start.

    Both are trees of the same shapes. The change is of order 1 / alpha in the lazy regime. Raises
    ValueError if start is 0.
    """
    for given in (params, start):
        check_params("parameter_change", given)
    shapes = [tree.map(np.shape, given) for given in (start, params)]
    if shapes[0] != shapes[1]:
        raise ValueError(f"parameter_change: start has the shapes {shapes[0]}, expected those of "
                         f"params, {shapes[1]}")
    return _change("parameter_change", tree.ravel(params), tree.ravel(start))


def kernel_change(kernel, start):
    """|K - K_0| / |K_0| in the Frobenius norm, of kernels of one shape; ValueError if K_0 is 0.

    >>> kernel_change(2 * np.eye(3), np.eye(3))
    1.0
    """
    kernel, start = (refuse.array("kernel_change", name, given, np.ndim(given))
                     for name, given in (("kernel", kernel), ("start", start)))
    return _change("kernel_change", kernel, start)


def _change(owner, end, start):
    if end.shape != start.shape:
        raise ValueError(f"{owner}: start has shape {start.shape}, expected {end.shape}")
    if not start.any():
        raise ValueError(f"{owner}: start is 0, which no change is a part of")
    return float(norms((end - start).ravel()) / norms(start.ravel()))


def linearized(network, params, start, x):
    """f_0(x) + J(x) (theta - theta_0), the network's outputs (p, K) to first order around start.

    J is the derivative of f_0 by theta. One complex step along theta - theta_0 gives J (theta -
    theta_0) to rounding, without J itself and without a difference of two outputs.
    """
    for given in (params, start):
        check_params("linearized", given, network)
    x = refuse.array("linearized", "x", x, 2)
    direction = tree.map(np.subtract, params, start)
    moved = tree.map(lambda array, change: array + 1j * COMPLEX_STEP * change, start, direction)
    outputs, _ = network.forward(moved, x)
    return outputs.real + outputs.imag / COMPLEX_STEP
