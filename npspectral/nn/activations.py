"""Activations: layers without parameters that map every entry by the same function.

x has any shape, and y has the same. Residuals are what the derivative needs. It is computed so
that it keeps its relative accuracy where the function saturates; 1 - tanh(x)^2 would lose it. At a
kink it is the derivative from the left: 0 for ReLU. Comparisons use x.real only, so that
check_gradients can put in complex x. A comment beside a derivative names its forward line.
"""
from dataclasses import dataclass

import numpy as np

from ._expect import check_array, check_input, check_number, check_tail
from .layer import Layer, complete


SWISH_GAIN = 1.6765324703310907         # 1 / sqrt(E[(u s(u))^2]), u from N(0, 1)


class Elementwise(Layer):
    """Base of the activations: y = f(x) and grad_x = f'(x) grad_y, entry by entry.

    A subclass defines `function`, x -> y and residuals, and `derivative`, residuals -> f'(x).
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
    """Base of activations made of exponentials: underflow to 0 is right, and gives no warning."""

    forward = np.errstate(under="ignore")(Elementwise.forward)
    backward = np.errstate(under="ignore")(Elementwise.backward)


@dataclass(frozen=True, repr=False)
class Identity(Elementwise):
    """y = x."""

    def function(self, x):
        return np.asarray(x), (x,)                      # y of a memory map is a plain array

    def derivative(self, x):
        return 1                                        # y = x


@dataclass(frozen=True, repr=False)
class ReLU(Elementwise):
    """y = max(x, 0); derivative 1 for x > 0, else 0.

    x is multiplied by the mask x > 0, which takes a tenth of the time of np.where. So x must be
    finite, as everywhere: -inf gives NaN.

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


@dataclass(frozen=True, repr=False)
class Swish(Exponential):
    """y = gain x s(x), s(x) = 1 / (1 + exp(-x)); derivative gain s(x) (1 + x s(-x)).

    The gain SWISH_GAIN makes the mean of y^2 equal to 1 for x from N(0, 1).
    Source: Ramachandran et al. 2017, arXiv 1710.05941; gain 1 is also called SiLU.
    """

    gain: float = 1.0

    def function(self, x):
        s = sigmoid(x)
        return self.gain * x * s, (x, s)

    def derivative(self, x, s):
        return self.gain * s * (1 + x * (1 - s))            # y = gain * x * s

    def __post_init__(self):
        complete(self, gain=check_number("Swish", "gain", self.gain))


def magnitude(x):
    """|x| of real x, in a form that complex steps can pass: x times the sign of its real part.

    Formulas that also hold max(x, 0) choose its branch by the same sign bit. So both take the same
    side of the kink, at 0 and at -0.
    """
    return x * np.copysign(1, x.real)


def sigmoid(x):
    """s(x) = 1 / (1 + exp(-x)), without overflow: exp(min(x, 0)) / (1 + exp(-|x|)).

    The numerator is put together with a mask, which takes a tenth of the time of np.where.
    """
    negative = np.signbit(x.real).astype(x.real.dtype)
    e = np.exp(x * (2 * negative - 1))                      # exp(-|x|)
    return (e * negative + (1 - negative)) / (1 + e)


def softplus(x):
    """log(1 + exp(x)), without overflow: max(x, 0) + log(1 + exp(-|x|))."""
    return np.where(np.signbit(x.real), 0, x) + np.log1p(np.exp(-magnitude(x)))


def check_elementwise(owner, name, layer):
    """Refuse what is no elementwise layer."""
    if not isinstance(layer, Elementwise):
        raise TypeError(f"{owner}: {name} is {layer!r}, expected an elementwise layer")
