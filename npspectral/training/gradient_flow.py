"""Gradient flow on the full batch, in adaptive steps that do not stall on kinks.

    dtheta/dt = -dL/dtheta,    L = (1/p) sum_mu loss(F_mu, y_mu) / alpha,    F = alpha (f - f_0)

f_0 is the network at the start. Large alpha is the lazy regime, small alpha the feature regime.
The 1/alpha in L makes dL/dtheta = (1/p) sum loss'(F) df/dtheta free of alpha but through F.
Other conventions, and their units of time: npspectral.analysis.regimes.

Steps follow the published rule, explicit Euler with two limits on what a step changes,
    |g - g'|^2 / (|g| |g'|) < max_gradient_change   and   max_mu |F_mu - F'_mu| < max_output_change:
a step that keeps both is accepted, the next is 1.1 times as long if it kept them by half; one that
does not is taken back and divided by 10.

Deviation: neurons that slide along a kink of the ReLU make the gradient jump at every step, however
short, and the published rule then stalls. Here a step that keeps the output limit is accepted as
well when it moves theta by at most `floor` times its way from the start. Records count these steps
and tell by how much the loss has ever risen in one and, for OneHidden, the drift of the conserved
quantity, so that one sees what was compromised; a smaller floor compromises less and takes longer.

Source: Geiger et al. 2020, J. Stat. Mech. 113301; Paccolat et al. 2021, J. Stat. Mech. 044001;
their public code.
"""
import math
from dataclasses import dataclass

import numpy as np

from ..nn import OneHidden, soft_hinge, tree
from ..nn.layer import check_number

GROWTH, SHRINK = 1.1, 0.1
STRETCH = 1 + 1e-9              # a moment so little beyond a step's end is its end


@dataclass(frozen=True)
class FlowRecord:
    """The state after an accepted step; its arrays are its own."""

    params: tuple | dict | np.ndarray   # of the network; of kernel_flow, a (p, K)
    time: float
    step: int                           # accepted steps so far
    loss: float                         # (1/p) sum loss(F, y), without 1/alpha
    outputs: np.ndarray                 # F (p, K)
    step_size: float
    floor_steps: int                    # accepted only because theta hardly moved
    rejected: int
    rise: float                         # the largest rise of the loss in a step so far
    drift: float                        # sum |c_n - c_n(0)| / |theta|^2; nan if not conserved

    def satisfied(self, target, margin=1.0):
        """The fraction of samples with y F >= margin for every output."""
        return float((target * self.outputs >= margin).all(-1).mean())


@dataclass(frozen=True)
class Limits:
    """When a step is accepted, and moments that are hit exactly, in increasing order."""

    max_gradient_change: float = 1e-4
    max_output_change: float = 0.1
    floor: float = 2e-3
    times: tuple = ()
    first_step: float = 1.0

    def __post_init__(self):
        for name in ("max_gradient_change", "max_output_change", "first_step"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"Limits: {name} is {getattr(self, name)!r}, expected a "
                                 f"number > 0")
        if not 0 <= self.floor < 1:
            raise ValueError(f"Limits: floor is {self.floor!r}, expected 0 or a number below 1")
        times = (0.0, *self.times)
        if not all(a < b < math.inf for a, b in zip(times, times[1:])):
            raise ValueError(f"Limits: times is {self.times!r}, expected increasing numbers > 0")


def gradient_flow(network, params, x, target, *, loss=soft_hinge, alpha=1.0, limits=Limits()):
    """Yield a FlowRecord of the start and after every step, for ever; the caller stops.

    x (p, n_in), target (p, K) as the loss takes it. Also stops by itself where the gradient is 0.
    Raises ValueError or TypeError on arguments that do not fit, FloatingPointError if the loss is
    not finite or a step shrinks to nothing.
    """
    alpha = check_number("gradient_flow", "alpha", alpha, low=0)
    learned = network.trainable_part(params)
    if tree.size(learned) == 0:
        raise ValueError(f"{network.label}: nothing is trainable")
    start, _ = network.forward(params, x)

    def place(theta):
        return tree.merge(params, tree.unravel(theta, learned))

    def evaluate(theta):
        own = place(theta)
        y, residuals = network.forward(own, x)
        outputs = alpha * (y - start)
        value, grad_y = loss(outputs, target)
        grads, _ = network.backward(own, residuals, grad_y, input_grad=False)
        parts = [grad for _, grad in tree.aligned(learned, grads)]
        return outputs, float(value), np.concatenate(parts, axis=None)

    whole = isinstance(network, OneHidden) and len(network.learned) == len(network.shapes)
    return integrate("gradient_flow", tree.ravel(learned), evaluate, place, limits,
                     (lambda theta: network.conserved(place(theta))) if whole else None)


def settle(records, target, fraction=1.0, margin=1.0, max_steps=10_000):
    """The first record where a fraction of the samples has y F >= margin, or that of max_steps."""
    for record in records:
        if record.satisfied(target, margin) >= fraction or record.step >= max_steps:
            return record
    return record


def integrate(owner, theta, evaluate, place, limits, conserved=None):
    """The integrator: dtheta/dt = -gradient, with (outputs, value, gradient) = evaluate(theta)."""
    begin, (outputs, value, gradient) = theta, evaluate(theta)
    c = None if conserved is None else conserved(theta)
    times, time, size = list(limits.times), 0.0, limits.first_step
    step, floor_steps, rejected, rise, drift = 0, 0, 0, 0.0, math.nan if c is None else 0.0
    yield FlowRecord(place(theta), time, step, value, outputs, size, 0, 0, rise, drift)
    while speed := _norm(gradient):
        least = limits.floor * _norm(theta - begin) / speed
        due = bool(times) and time + STRETCH * size >= times[0]
        taken = times[0] - time if due else size
        if time + taken == time:
            raise FloatingPointError(f"{owner}: the step at time {time} has shrunk to {taken}; "
                                     f"a larger floor may help")
        following = theta - taken * gradient
        after = evaluate(following)
        if not np.isfinite(after[1]):
            raise FloatingPointError(f"{owner}: the loss is {after[1]} after step {step}")
        turn = _change(gradient, after[2]) / limits.max_gradient_change
        shift = np.abs(after[0] - outputs).max() / limits.max_output_change
        if shift >= 1 or (turn >= 1 and taken > least):
            rejected += 1
            size = SHRINK * taken if shift >= 1 else max(SHRINK * taken, least)
            continue
        time, step = times.pop(0) if due else time + taken, step + 1
        floor_steps += int(turn >= 1)
        rise = max(rise, after[1] - value)
        theta, (outputs, value, gradient) = following, after
        if c is not None:
            drift = float(np.abs(conserved(theta) - c).sum() / (theta @ theta))
        if max(turn, shift) < 0.5 and not due:
            size *= GROWTH
        elif turn >= 1:
            size = max(size, least)
        yield FlowRecord(place(theta), time, step, value, outputs, taken, floor_steps, rejected,
                         rise, drift)


def _norm(a):
    return math.sqrt(a @ a)


def _change(a, b):
    """|a - b|^2 / (|a| |b|), 0 if either is 0."""
    scale = _norm(a) * _norm(b)
    difference = a - b
    return difference @ difference / scale if scale else 0.0
