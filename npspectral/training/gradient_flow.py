"""Gradient flow on the full batch, in adaptive steps that do not stall on kinks.

    dtheta/dt = -dL/dtheta,    L = (1/p) sum_mu loss(F_mu, y_mu) / alpha,    F = alpha (f - f_0)

f_0 is the network at the start. Large alpha is the lazy regime, small alpha the feature regime.
The 1/alpha in L makes dL/dtheta = (1/p) sum loss'(F) df/dtheta free of alpha but through F.
Other conventions, and their units of time: npspectral.analysis.kernels.regimes.

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
from dataclasses import dataclass, replace

import numpy as np

from ..nn import OneHidden, soft_hinge, tree
from ..nn.layer import check_number
from . import _expect
from ._record import Snapshot

GROWTH, SHRINK = 1.1, 0.1
STRETCH = 1 + 1e-9              # a moment so little beyond a step's end is its end
SMALLEST = 1e-30                # sums of squares below have lost digits in float32


@dataclass(frozen=True, eq=False, repr=False)
class FlowRecord(Snapshot):
    """The state after an accepted step; its arrays are its own. Equal if all bits are."""

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
    settled: bool | None = None         # whether `settle`, which returned it, found it settled

    shown = ("time", "step", "loss", "floor_steps", "rejected", "settled")

    def satisfied(self, target, margin=1.0):
        """The fraction of samples with y F >= margin for every output."""
        return float((target * self.outputs >= margin).all(-1).mean())


@dataclass(frozen=True)
class Limits:
    """When a step is accepted, and moments that are hit exactly, in increasing order.

    Raises ValueError or TypeError on what are no such numbers.
    """

    max_gradient_change: float = 1e-4
    max_output_change: float = 0.1
    floor: float = 2e-3
    times: tuple = ()
    first_step: float = 1.0

    def __post_init__(self):
        own = {name: _expect.number("Limits", name, getattr(self, name), "a number > 0",
                                    lambda value: 0 < value < math.inf)
               for name in ("max_gradient_change", "max_output_change", "first_step")}
        own["floor"] = _expect.number("Limits", "floor", self.floor, "0 or a number below 1",
                                      lambda value: 0 <= value < 1)
        own["times"] = _expect.moments("Limits", self.times)
        for name, value in own.items():
            object.__setattr__(self, name, value)


def gradient_flow(network, params, x, target, *, loss=soft_hinge, alpha=1.0, limits=Limits()):
    """Yield a FlowRecord of the start and after every step, for ever; the caller stops.

    x (p, n_in), target (p, K) as the loss takes it. Also stops by itself where the gradient is 0.
    Raises ValueError or TypeError on arguments that do not fit or are not finite,
    FloatingPointError if the loss or the gradient is not finite, a step shrinks to nothing, or
    alpha is so large that one rounding of f exceeds the limit of F.
    """
    alpha = check_number("gradient_flow", "alpha", alpha, low=0)
    _expect.function("gradient_flow", "loss", loss)
    x, target = _expect.data("gradient_flow", x, target)
    learned = network.trainable_part(params)
    if tree.size(learned) == 0:
        raise ValueError(f"{network.label}: nothing is trainable")
    params = tree.locked(params)
    start, _ = network.forward(params, x)
    for path, array in tree.items(params):
        _expect.finite("gradient_flow", path, array)

    def place(theta):
        return tree.merge(params, tree.unravel(tree.locked(theta), learned))

    def evaluate(theta):
        own = place(theta)
        y, residuals = network.forward(own, x)
        outputs = alpha * (y - start)
        value, grad_y = loss(tree.locked(outputs), target)
        grads, _ = network.backward(own, residuals, grad_y, input_grad=False)
        parts = [grad for _, grad in tree.aligned(learned, grads)]
        return outputs, float(value), np.concatenate(parts, axis=None)

    whole = isinstance(network, OneHidden) and len(network.learned) == len(network.shapes)
    return integrate("gradient_flow", tree.ravel(learned), evaluate, place, limits,
                     (lambda theta: network.conserved(place(theta))) if whole else None)


def settle(records, target, fraction=1.0, margin=1.0, max_steps=10_000):
    """The first record where a fraction of the samples has y F >= margin, with settled=True.

    If none has it up to max_steps, or to the last record, it is that one, with settled=False.
    Raises ValueError on numbers that are not finite, and where there are no records.
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


def integrate(owner, theta, evaluate, place, limits, conserved=None):
    """The integrator: dtheta/dt = -gradient, with (outputs, value, gradient) = evaluate(theta)."""
    begin, (outputs, value, gradient) = theta, evaluate(theta)
    c = None if conserved is None else conserved(theta)
    times, time, size = list(limits.times), 0.0, limits.first_step
    step, floor_steps, rejected, rise, drift = 0, 0, 0, 0.0, math.nan if c is None else 0.0
    too_far = False                     # whether the last try moved F too far
    _check_finite(owner, step, outputs, value, gradient)
    yield _record(place(theta), time, step, value, outputs, size, 0, 0, rise, drift)
    while speed := _norm(gradient):
        least = limits.floor * _norm(theta - begin) / speed
        due = bool(times) and time + STRETCH * size >= times[0]
        taken = times[0] - time if due else size
        if time + taken == time:
            raise FloatingPointError(f"{owner}: the step at time {time} has shrunk to {taken}; "
                                     f"a larger floor may help")
        following = theta - taken * gradient
        after = evaluate(following)
        turn = _change(gradient, speed, after[2]) / limits.max_gradient_change
        shift = np.abs(after[0] - outputs).max() / limits.max_output_change
        if not math.isfinite(after[1] + turn + shift):
            _check_finite(owner, step, *after)
        if too_far and shift == 0:
            raise FloatingPointError(f"{owner}: a step of {taken:.1e} at time {time} is lost in "
                                     f"rounding, ten times that moves F too far; alpha is too "
                                     f"large for the precision")
        too_far = shift >= 1
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
        yield _record(place(theta), time, step, value, outputs, taken, floor_steps, rejected,
                      rise, drift)


def _record(params, time, step, value, outputs, *counts):
    """A record with arrays of its own: what the caller does to them does not reach the flow."""
    return FlowRecord(tree.copy(params), time, step, value, outputs.copy(), *counts)


def _check_finite(owner, step, outputs, value, gradient):
    """Refuse to go on from what no comparison would stop: all of them let nan pass."""
    for name, found in ("loss", value), ("output", outputs), ("gradient", gradient):
        if not np.isfinite(found).all():
            wrong = np.ravel(found)[~np.isfinite(np.ravel(found))][0]
            raise FloatingPointError(f"{owner}: the {name} is {wrong} after step {step}")


def _norm(a):
    """|a|, also where the squares of finite numbers overflow or vanish."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        square = float(a @ a)
        if SMALLEST < square < math.inf:
            return math.sqrt(square)
        scale = float(np.abs(a).max())
        return scale * math.sqrt(np.square(a / scale).sum()) if scale else 0.0


def _change(a, length, b):
    """|a - b|^2 / (|a| |b|), where |a| is `length` > 0; 0 if b is 0."""
    change, after = _norm(a - b), _norm(b)
    return change / length * (change / after) if after else 0.0
