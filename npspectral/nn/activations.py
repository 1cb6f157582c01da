"""Elementwise layers: each line of a derivative names the forward line that it differentiates.

All take x of any shape and keep it. Residuals are what the derivative needs, chosen so that it
keeps its relative accuracy where the function saturates (1 - tanh(x)^2 would not). At a kink the
derivative is the one from the left, which for ReLU is 0. Comparisons look at x.real only, so the
complex step passes.
"""
from dataclasses import dataclass

import numpy as np

from ._expect import check_array, check_input, check_number, check_tail
from .layer import Layer, complete


class Elementwise(Layer):
    """A layer without parameters that maps every entry alone: y = f(x), grad_x = f'(x) grad_y.

    A subclass has `function`, x -> y and residuals, and `derivative`, residuals -> f'(x).
    """

    def forward(self, params, x):
        check_input(self, params, x)
        return self.function(x)

    def backward(self, params, residuals, grad_y, input_grad=True):
        if not input_grad:
            return {}, None
        check_array(self.label, "grad_y", grad_y)
        check_tail(self.label, grad_y, residuals[0].shape)
        return {}, self.derivative(*residuals) * grad_y     # y = function(x)

    def function(self, x):
        """y = f(x), and the residuals: a tuple of what `derivative` needs."""
        raise NotImplementedError(f"{self.label} has no function")

    def derivative(self, *residuals):
        """f'(x) from the residuals."""
        raise NotImplementedError(f"{self.label} has no derivative")


class Exponential(Elementwise):
    """Made of exponentials: that they underflow to 0 is right, and silent in any np.seterr."""

    forward = np.errstate(under="ignore")(Elementwise.forward)
    backward = np.errstate(under="ignore")(Elementwise.backward)


@dataclass(frozen=True, repr=False)
class Identity(Elementwise):
    """y = x."""

    def function(self, x):
        return np.asarray(x), (x,)                      # of a memory map the array that it is

    def derivative(self, x):
        return 1                                        # y = x


@dataclass(frozen=True, repr=False)
class ReLU(Elementwise):
    """y = max(x, 0); derivative 1 for x > 0, else 0.

    A product with the mask costs a tenth of np.where; x is finite, as everywhere (-inf gives NaN).

    >>> y, residuals = ReLU().forward({}, np.array([-1.0, 2.0]))
    >>> ReLU().backward({}, residuals, np.array([3.0, 3.0]))[1]
    array([0., 3.])
    """

    def function(self, x):
        positive = (x.real > 0).astype(x.real.dtype)
        return x * positive, (positive,)

    def derivative(self, positive):
        return positive                                 # y = x * positive


@dataclass(frozen=True, repr=False)
class LeakyReLU(Elementwise):
    """y = x for x > 0, slope x otherwise; derivative 1 for x > 0, else slope.

    Source: Maas et al. 2013, ICML workshop on deep learning for audio, speech and language.
    """

    slope: float = 0.01

    def function(self, x):
        factor = np.where(x.real > 0, 1, self.slope).astype(x.real.dtype)
        return x * factor, (factor,)

    def derivative(self, factor):
        return factor                                   # y = x * factor

    def __post_init__(self):
        complete(self, slope=check_number("LeakyReLU", "slope", self.slope))


@dataclass(frozen=True, repr=False)
class ELU(Exponential):
    """y = x for x > 0, alpha (exp(x) - 1) otherwise; derivative 1 for x > 0, else alpha exp(x).

    Source: Clevert et al. 2016, ICLR.
    """

    alpha: float = 1.0

    def function(self, x):
        positive = x.real > 0
        return (np.where(positive, x, 0)
                + self.alpha * np.expm1(np.where(positive, 0, x))), (x,)

    def derivative(self, x):
        positive = x.real > 0
        slope = self.alpha * np.exp(np.where(positive, 0, x))   # alpha * expm1(x)
        return np.where(positive, 1, slope)                     # x where positive

    def __post_init__(self):
        complete(self, alpha=check_number("ELU", "alpha", self.alpha))


@dataclass(frozen=True, repr=False)
class Tanh(Exponential):
    """y = tanh(x); derivative sech(x)^2 = 4 e / (1 + e)^2 with e = exp(-2 |x|)."""

    def function(self, x):
        return np.tanh(x), (x,)

    def derivative(self, x):
        e = np.exp(-2 * magnitude(x))
        return 4 * e / ((1 + e) * (1 + e))              # y = tanh(x)


@dataclass(frozen=True, repr=False)
class Sigmoid(Exponential):
    """y = s(x) = 1 / (1 + exp(-x)); derivative s(x) s(-x)."""

    def function(self, x):
        return sigmoid(x), (x,)

    def derivative(self, x):
        return sigmoid(x) * sigmoid(-x)                 # y = sigmoid(x)


@dataclass(frozen=True, repr=False)
class Softplus(Exponential):
    """y = log(1 + exp(k x)) / k with sharpness k; derivative s(k x).  k -> infinity gives ReLU."""

    sharpness: float = 1.0

    def function(self, x):
        return softplus(self.sharpness * x) / self.sharpness, (x,)

    def derivative(self, x):
        return sigmoid(self.sharpness * x)              # y = softplus(sharpness * x) / sharpness

    def __post_init__(self):
        complete(self, sharpness=check_number("Softplus", "sharpness", self.sharpness, low=0))


def magnitude(x):
    """|x| as a function that the complex step passes: x times the sign of its real part.

    Where max(x, 0) stands beside it, that goes by the sign bit too: complex steps at 0 and -0 then
    take one side in both.
    """
    return x * np.copysign(1, x.real)


def sigmoid(x):
    """s(x) = 1 / (1 + exp(-x)), without overflow: exp(min(x, 0)) / (1 + exp(-|x|))."""
    return np.exp(np.where(np.signbit(x.real), x, 0)) / (1 + np.exp(-magnitude(x)))


def softplus(x):
    """log(1 + exp(x)), without overflow: max(x, 0) + log(1 + exp(-|x|))."""
    return np.where(np.signbit(x.real), 0, x) + np.log1p(np.exp(-magnitude(x)))


def check_elementwise(owner, name, layer):
    """Refuse what is no elementwise layer."""
    if not isinstance(layer, Elementwise):
        raise TypeError(f"{owner}: {name} is {layer!r}, expected an elementwise layer")
