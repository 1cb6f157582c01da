"""Explicit Euler in steps of adaptive length h:  theta' = theta - h g,  where g = gradient(theta).

With F_mu the network's output for sample mu, and a prime for values at theta', two numbers judge a
step. Each is a change divided by its limit:

    turn  = |g - g'|^2 / (|g| |g'|) / max_gradient_change
    shift = max_mu |F_mu - F'_mu| / max_output_change

    turn < 1 and shift < 1        accepted; if both are below 1/2, the next step tries 1.1 h
    turn >= 1 and shift < 1       accepted if h <= `least`; the next step tries min(least, reach)
    else                          refused; min(least, reach) is tried, but no less than h / 10

A step of length `least` moves theta by `floor` times its distance from the start; flow.py says why.
No step gets shorter than `least` because of turn alone. Where turn < 1, `least` counts as infinite.
`reach` = h / (2 shift) is the length for which shift would be 1/2 if F moved in proportion to h.
After a step with turn < 1 that was cut to end at one of `times`, the next one tries the length from
before the cut.
"""
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from . import _expect

GROWTH, SHRINK = 1.1, 0.1
STRETCH = 1 + 1e-9              # a step ends at the next of `times` if STRETCH h reaches it
SMALLEST = 1e-30                # a sum of squares below it has lost digits in float32


@dataclass(frozen=True)
class Limits:
    """When gradient_flow and kernel_flow accept a step, and times at which one ends.

    max_gradient_change  largest |g - g'|^2 / (|g| |g'|), g the gradient before the step, g' after
    max_output_change    largest change of an output F
    floor                0 to below 1; a step that moves theta by at most this share of its distance
                         from the start may change the gradient by more
    times                increasing times > 0; for each of them a step ends exactly there
    first_step           length of the first try
    Raises ValueError or TypeError on other values.

    >>> Limits(floor=0.02, times=(1.0, 10.0)).floor
    0.02
    """

    max_gradient_change: float = 1e-4
    max_output_change: float = 0.1
    floor: float = 2e-3
    times: tuple = ()
    first_step: float = 1.0

    def __post_init__(self):
        values = {name: _expect.number("Limits", name, getattr(self, name), "a number > 0",
                                       lambda value: 0 < value < math.inf)
                  for name in ("max_gradient_change", "max_output_change", "first_step")}
        values["floor"] = _expect.number("Limits", "floor", self.floor, "0 or a number below 1",
                                         lambda value: 0 <= value < 1)
        values["times"] = _expect.moments("Limits", self.times)
        for name, value in values.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Point:
    """theta, and at theta the outputs F, the loss and its gradient g."""

    theta: np.ndarray
    outputs: np.ndarray
    loss: float
    gradient: np.ndarray

    @cached_property
    def speed(self):
        """|g|, the speed of theta."""
        return norm(self.gradient)


class AdaptiveEuler:
    """The Point `here` that the flow has reached, its `time`, and counters of the steps so far.

    evaluate(theta) -> outputs, loss, gradient. Raises FloatingPointError if one of them is not
    finite, or if h is so small that time + h = time. It raises the same error if one try moves F
    too far, and the next, shorter try moves F by less than rounding, so not at all. Error messages
    begin with `owner`.
    """

    def __init__(self, owner, theta, evaluate, limits):
        self.owner, self.evaluate, self.limits = owner, evaluate, limits
        self.start = self.here = Point(theta, *evaluate(theta))
        self.time, self.moments = 0.0, list(limits.times)
        self.h, self.last_h = limits.first_step, limits.first_step      # of next try, last step
        self.steps, self.floor_steps, self.rejected = 0, 0, 0
        self.rise = 0.0                         # the largest rise of the loss in a step so far
        self.too_far = False                    # whether the last try had shift >= 1
        self._check_finite(self.here)

    def step(self):
        """Make one step: try until a length is accepted."""
        while not self._try():
            self.rejected += 1

    def _try(self):
        """Try a step; return whether it is accepted. Then `self.h` is the length to try next."""
        h, at_moment = self._next_length()
        theta = self.here.theta - h * self.here.gradient
        there = Point(theta, *self.evaluate(theta))
        turn, shift = self._changes(there, h)
        least = self._least() if turn >= 1 else math.inf
        reach = 0.5 * h / shift if shift else math.inf
        if shift >= 1 or h > least:
            self.h = max(SHRINK * h, min(least, reach))
            return False
        if turn >= 1:
            self.h = min(least, reach)
        elif turn < 0.5 and shift < 0.5 and not at_moment:
            self.h *= GROWTH
        self.time = self.moments.pop(0) if at_moment else self.time + h
        self.steps, self.floor_steps = self.steps + 1, self.floor_steps + int(turn >= 1)
        self.rise = max(self.rise, there.loss - self.here.loss)
        self.here, self.last_h = there, h
        return True

    def _next_length(self):
        """The length to try, at most up to the next of the times, and whether it ends there."""
        at_moment = bool(self.moments) and self.time + STRETCH * self.h >= self.moments[0]
        h = self.moments[0] - self.time if at_moment else self.h
        if self.time + h == self.time:
            raise FloatingPointError(f"{self.owner}: the step at time {self.time} has shrunk to "
                                     f"{h}; a larger floor may help")
        return h, at_moment

    def _changes(self, there, h):
        """turn and shift of a step of length h that leads to the point `there`."""
        here, limits = self.here, self.limits
        turn = change(here, there) / limits.max_gradient_change
        shift = float(np.abs(there.outputs - here.outputs).max()) / limits.max_output_change
        # A nan or inf in the outputs makes shift nan or inf, one in the gradient makes turn so. For
        # speed, the arrays themselves are searched only if this sum is not finite.
        if not math.isfinite(there.loss + turn + shift):
            self._check_finite(there)
        if self.too_far and shift == 0:
            raise FloatingPointError(f"{self.owner}: a step of {h:.1e} at time {self.time} is lost "
                                     f"in rounding, ten times that moves F too far; alpha is too "
                                     f"large for the precision")
        self.too_far = shift >= 1
        return turn, shift

    def _least(self):
        """The h that moves theta by `floor` times its distance from the start."""
        return self.limits.floor * norm(self.here.theta - self.start.theta) / self.here.speed

    def _check_finite(self, point):
        """Refuse nan and inf. A nan would pass all tests of a step: its comparisons are False."""
        for name, value in (("loss", point.loss), ("output", point.outputs),
                            ("gradient", point.gradient)):
            if not np.isfinite(value).all():
                wrong = np.ravel(value)[~np.isfinite(np.ravel(value))][0]
                raise FloatingPointError(f"{self.owner}: the {name} is {wrong} after step "
                                         f"{self.steps}")


def change(here, there):
    """|g - g'|^2 / (|g| |g'|), without a square that may overflow; 0 where g' is 0."""
    distance = norm(here.gradient - there.gradient)
    return distance / here.speed * (distance / there.speed) if there.speed else 0.0


def norm(a):
    """|a|, right even where the squares overflow or underflow.

    Only there a is divided by its largest entry first: this is for speed.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        square = float(a @ a)
        if SMALLEST < square < math.inf:
            return math.sqrt(square)
        largest = float(np.abs(a).max())
        return largest * math.sqrt(np.square(a / largest).sum()) if largest else 0.0
