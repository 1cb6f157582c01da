"""First values of parameters: initializer(rng, shape, dtype) -> array."""
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Constant:
    """Every entry equals `value`."""

    value: float

    def __call__(self, rng, shape, dtype=float):
        """First values, an array of this shape and dtype."""
        return np.full(shape, self.value, dtype)


@dataclass(frozen=True)
class Uniform:
    """Independent entries, uniform on [low, high)."""

    low: float
    high: float

    def __call__(self, rng, shape, dtype=float):
        """First values, an array of this shape and dtype."""
        return rng.uniform(self.low, self.high, shape).astype(dtype)


@dataclass(frozen=True)
class Normal:
    """Independent entries, Gaussian with mean 0 and standard deviation `std`."""

    std: float

    def __call__(self, rng, shape, dtype=float):
        """First values, an array of this shape and dtype."""
        return rng.normal(0, self.std, shape).astype(dtype)


@dataclass(frozen=True)
class GlorotUniform:
    """Uniform on +-sqrt(6 / (fan_in + fan_out)), for a matrix (fan_out, fan_in).

    A vector of n numbers counts as a matrix (1, n).
    Source: Glorot and Bengio 2010, AISTATS, eq. (16).
    """

    def __call__(self, rng, shape, dtype=float):
        """First values, an array of this shape and dtype."""
        fan_out, fan_in = shape if len(shape) == 2 else (1, *shape)
        limit = (6 / (fan_in + fan_out)) ** 0.5
        return rng.uniform(-limit, limit, shape).astype(dtype)


@dataclass(frozen=True)
class FanUniform:
    """Uniform on +-1/sqrt(fan), fan the number of columns (`axis` = -1) or of rows (`axis` = 0).

    The default is that of PyTorch's Linear, whose fan is the number of inputs. It is the rule of
    He et al. 2015 (ICCV) for a leaky ReLU of slope sqrt(5).
    """

    axis: int = -1

    def __call__(self, rng, shape, dtype=float):
        """First values, an array of this shape and dtype."""
        limit = shape[self.axis] ** -0.5
        return rng.uniform(-limit, limit, shape).astype(dtype)


@dataclass(frozen=True)
class UnitRows:
    """Rows of length 1, every direction equally likely: Gaussian rows divided by their lengths."""

    def __call__(self, rng, shape, dtype=float):
        """First values, an array of this shape and dtype."""
        rows = rng.standard_normal(shape)
        return (rows / np.sqrt((rows * rows).sum(-1, keepdims=True))).astype(dtype)


@dataclass(frozen=True)
class Chi:
    """Independent entries, each distributed as the length of a vector of `dof` N(0, 1) numbers."""

    dof: int

    def __call__(self, rng, shape, dtype=float):
        """First values, an array of this shape and dtype."""
        return np.sqrt(rng.chisquare(self.dof, shape)).astype(dtype)


@dataclass(frozen=True)
class Orthogonal:
    """A random orthogonal matrix (n, n), each equally likely.

    It is Q in the decomposition Q R, R_ii > 0, of a Gaussian matrix.
    Source: Mezzadri 2007, Notices Am. Math. Soc. 54, 592.
    """

    def __call__(self, rng, shape, dtype=float):
        """First values, an array of this shape and dtype."""
        q, r = np.linalg.qr(rng.standard_normal(shape))
        return (q * np.sign(np.diagonal(r))).astype(dtype)


@dataclass(frozen=True)
class Spaced:
    """n numbers at equal distances between `low` and `high`, both left out; not random."""

    low: float
    high: float

    def __call__(self, rng, shape, dtype=float):
        """First values, an array of this shape and dtype."""
        return np.linspace(self.low, self.high, shape[0] + 2)[1:-1].astype(dtype)
