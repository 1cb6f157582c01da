"""The published convolutional networks as plain data, and what peers differentiate.

Weights are (channels, kernel, kernel, channels of x in a group), all N(0, 1); a convolution divides
by sqrt(fan-in) and has no bias. The last layer divides by its width.
"""
from typing import NamedTuple

import numpy as np

SIDE = 28                               # of the images, which have one channel
SWISH = "swish"
GAIN = 1.6765324703310907               # of swish
SHARE = 0.5 ** 0.5                      # of a shortcut, and of what it leads around


class Conv(NamedTuple):
    """Padding is kernel // 2 unless given."""

    n_in: int
    n_out: int
    kernel: int
    stride: int = 1
    groups: int = 1
    padding: int | None = None

    @property
    def zeros(self):
        """On each side."""
        return self.kernel // 2 if self.padding is None else self.padding

    @property
    def shape(self):
        """Of the weight."""
        return self.n_out, self.kernel, self.kernel, self.n_in // self.groups

    @property
    def scale(self):
        """1 / sqrt(fan-in)."""
        return np.prod(self.shape[1:]).item() ** -0.5

    def side(self, side):
        """Of the map."""
        return (side + 2 * self.zeros - self.kernel) // self.stride + 1


def strided(h):
    """Four convolutions of 5 x 5, padding 1."""
    convolutions = [Conv(n_in, h, 5, stride, 1, 1)
                    for n_in, stride in ((1, 2), (h, 1), (h, 2), (h, 1))]
    return [layer for one in convolutions for layer in (one, SWISH)]


def inverted(h=10):
    """Sixteen, with inverted bottlenecks; a list within is what a shortcut leads around."""
    def block(n_in, n_out, stride=1):
        wide = 3 * n_in
        return [Conv(n_in, wide, 1), SWISH, Conv(wide, wide, 5, stride, wide), SWISH,
                Conv(wide, n_out, 1)]
    return [Conv(1, 4 * h, 5, 2), SWISH, Conv(4 * h, 4 * h, 5, 1, 4 * h), SWISH,
            Conv(4 * h, 2 * h, 1), SWISH, *block(2 * h, h, 2), block(h, h), *block(h, 3 * h, 2),
            block(3 * h, 3 * h), Conv(3 * h, 20 * h, 1), SWISH]


PLANS = {"strided 8": strided(8), "strided 50": strided(50), "inverted 10": inverted()}


def convolutions(plan):
    """Those of a plan, in order, those behind shortcuts too."""
    for layer in plan:
        if isinstance(layer, Conv):
            yield layer
        elif isinstance(layer, list):
            yield from convolutions(layer)


def weights(name, rng, dtype):
    """Of the convolutions, then of the last layer (1, width), and its bias (1,) if it has one."""
    every = list(convolutions(PLANS[name]))
    shapes = [one.shape for one in every] + [(1, every[-1].n_out)]
    shapes += [(1,)] * name.startswith("inverted")
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def outputs(name, given, x, convolved, silu, mean):
    """(p, 1), by a library's own convolution, x s(x), and mean over positions."""
    given = iter(given)

    def through(plan, x):
        for layer in plan:
            if layer == SWISH:
                x = GAIN * silu(x)
            elif isinstance(layer, Conv):
                x = convolved(x, layer.scale * next(given), layer)
            else:
                x = SHARE * (x + through(layer, x))
        return x
    x = mean(through(PLANS[name], x))
    last = next(given)
    return x @ last.T / last.shape[1] + next(given, 0.0)
