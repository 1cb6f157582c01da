"""Gradient flow on the full batch, in adaptive steps that do not stall on kinks.

    dtheta/dt = -dL/dtheta,    L = (1/p) sum_mu loss(F_mu, y_mu) / alpha,    F = alpha (f - f_0)

theta holds all trainable numbers of the network f, f_0 is f at the start, and mu = 1..p counts the
samples. Large alpha is the lazy regime, small alpha the feature regime. L is divided by alpha, so
dL/dtheta = (1/p) sum_mu loss'(F_mu) df_mu/dtheta depends on alpha only through F. Other
conventions, and their units of time: npspectral.analysis.kernels.regimes.

The steps are those of adaptive_euler.py. The published method is explicit Euler with two limits: a
step is accepted if |g - g'|^2 / (|g| |g'|) < max_gradient_change and |F - F'| < max_output_change,
where g = dL/dtheta and F are taken before the step, g' and F' after it.

Deviation: the published rule stalls where neurons slide along a kink of the ReLU, because there the
gradient jumps in every step, however short. Here a step may exceed the limit of the gradient if it
keeps the limit of the outputs and moves theta by at most `floor` times its distance from the start.
Records show what this costs: floor_steps counts these steps, rise is the largest rise of the loss
in one step, and drift is how far the conserved quantity of a OneHidden has moved. A smaller floor
is more accurate and slower.

Second deviation: where a step moves F too far, the published rule tries a tenth of h. Here the next
try is the length that is expected to move F by half of its limit, and at least a tenth of h.

Source: Geiger et al. 2020, J. Stat. Mech. 113301; Paccolat et al. 2021, J. Stat. Mech. 044001;
their public code.
"""
import math
from dataclasses import dataclass, replace

import numpy as np

from .._memory import hold_memory
from ..nn import OneHidden, soft_hinge, tree
from ..nn.layer import check_number
from . import _expect
from ._record import Snapshot
from .adaptive_euler import AdaptiveEuler, Limits
from .minibatch import predict


@dataclass(frozen=True, eq=False, repr=False)
class FlowRecord(Snapshot):
    """The state after an accepted step, in arrays that nothing else changes.

    Two records are equal if all their bits are.
    """

    params: tuple | dict | np.ndarray   # of the network; of kernel_flow the array `a`
    time: float                         # of the flow, t in dtheta/dt
    step: int                           # accepted steps so far
    loss: float                         # (1/p) sum loss(F, y), without 1/alpha
    outputs: np.ndarray                 # F (p, n_out)
    step_size: float                    # h of the last step; at the start, of the first try
    floor_steps: int                    # steps accepted only because theta hardly moved
    rejected: int                       # tries that were not accepted
    rise: float                         # the largest rise of the loss in a step so far
    drift: float                        # sum|c_n - c_n(0)| / |theta|^2; nan but for whole OneHidden
    settled: bool | None = None         # set by `settle`: whether its condition holds

    shown = ("time", "step", "loss", "floor_steps", "rejected", "settled")

    def satisfied(self, target, margin=1.0):
        """The fraction of samples with y F >= margin for every output."""
        return float((target * self.outputs >= margin).all(-1).mean())


def gradient_flow(network, params, x, target, *, loss=soft_hinge, alpha=1.0, limits=Limits()):
    """Yield a FlowRecord of the start, then one after every step.

        dtheta/dt = -dL/dtheta,    L = (1/p) sum_mu loss(F_mu, y_mu) / alpha,    F = alpha (f - f_0)

    x (p, n_in), target y (p, n_out) as the loss takes it. The flow ends where the gradient is
    exactly 0, so normally the caller stops it. Raises ValueError or TypeError on arguments that do
    not fit or are not finite, and FloatingPointError if an output, the loss or the gradient is not
    finite, a step shrinks to nothing, or alpha is so large that one rounding of f exceeds the limit
    of F. The process keeps freed memory, for speed: see `sweep.hold_memory`.

    >>> network, x, y = OneHidden(2, 10), np.eye(2), np.array([[1.0], [-1.0]])
    >>> flow = gradient_flow(network, network.init(np.random.default_rng(0)), x, y)
    >>> [next(flow).step for _ in range(3)]
    [0, 1, 2]
    """
    alpha = check_number("gradient_flow", "alpha", alpha, low=0)
    _expect.function("gradient_flow", "loss", loss)
    x, target = _expect.data("gradient_flow", x, target)
    learned = network.trainable_part(params)
    if tree.size(learned) == 0:
        raise ValueError(f"{network.label}: nothing is trainable")
    hold_memory()
    paths = tree.paths(learned)
    first = tree.locked(params)
    f_0, _ = network.forward(first, x)
    for path, array in tree.items(first):
        _expect.finite("gradient_flow", path, array)

    def place(theta):
        """The network's params, with theta as the trained ones; views that cannot be written to."""
        return tree.merge(first, tree.unravel(tree.locked(theta), learned))

    def evaluate(theta):
        params = place(theta)
        y, residuals = network.forward(params, x)
        outputs = alpha * (y - f_0)
        value, grad_y = loss(tree.locked(outputs), target)
        # dL/dy = grad_y: the alpha of outputs and the 1/alpha of L cancel
        grads, _ = network.backward(params, residuals, grad_y, input_grad=False)
        # all gradients, flattened, as one vector in theta's order. For speed, `paths` is found
        # once, before the first step: tree.aligned would look for it in every step
        gradient = np.concatenate(tree.gathered(grads, paths), axis=None)
        return outputs, float(value), gradient

    whole = isinstance(network, OneHidden) and len(network.learned) == len(network.shapes)
    conserved = network.conserved if whole else None
    return records("gradient_flow", tree.ravel(learned), evaluate, place, limits, conserved)


def settle(records, target, fraction=1.0, margin=1.0, max_steps=10_000):
    """The first record where y F >= margin for this fraction of the samples, with settled=True.

    y is the sample's target. If no record up to step max_steps fulfills this, `settle` returns the
    last of these with settled=False. Raises ValueError on numbers that are not finite, and without
    any record.

    >>> network, x, y = OneHidden(2, 10), np.eye(2), np.array([[1.0], [-1.0]])
    >>> settle(gradient_flow(network, network.init(np.random.default_rng(0)), x, y), y).settled
    True
    """
    for name, value in ("fraction", fraction), ("margin", margin):
        check_number("settle", name, value)
    record, settled = None, False
    for record in records:
        settled = record.satisfied(target, margin) >= fraction
        if settled or record.step >= max_steps:
            break
    if record is None:
        raise ValueError("settle: records is empty, expected those of a flow")
    return replace(record, settled=settled)


def predict_flow(network, params, start, x, alpha=1.0):
    """F = alpha (f - f_0) at any points x (n, n_in): f has params, f_0 the params `start`.

    >>> network = OneHidden(2, 10)
    >>> start = network.init(np.random.default_rng(0))
    >>> predict_flow(network, start, start, np.eye(2), alpha=100.0)        # nothing has moved
    array([[0.],
           [0.]])
    """
    alpha = check_number("predict_flow", "alpha", alpha, low=0)
    return alpha * (predict(network, params, x) - predict(network, start, x))


def records(owner, theta, evaluate, place, limits, conserved=None):
    """Yield the FlowRecords of a flow that starts at the vector theta and ends at gradient 0.

    evaluate(theta) -> outputs, loss, gradient;  place(theta) -> params;  conserved(params) -> c_n,
    numbers that an exact flow would keep
    """
    flow = AdaptiveEuler(owner, theta, evaluate, limits)
    c = None if conserved is None else conserved(place(theta))
    drift = math.nan if c is None else 0.0
    while True:
        here = flow.here
        params = tree.copy(place(here.theta))
        if c is not None and flow.steps:
            drift = float(np.abs(conserved(params) - c).sum() / (here.theta @ here.theta))
        yield FlowRecord(params, flow.time, flow.steps, here.loss, here.outputs.copy(),
                         flow.last_h, flow.floor_steps, flow.rejected, flow.rise, drift)
        if here.speed == 0:
            return
        flow.step()
