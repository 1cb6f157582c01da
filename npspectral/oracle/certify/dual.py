"""Dual numbers: a value beside its derivative along a direction, over any kind of number."""
from fractions import Fraction

from . import arithmetic
from .arithmetic import Number, among_its_kind, either


class Dual(Number):
    """a + b eps with eps^2 = 0: a function of it is f(a) + f'(a) b eps.

    real, slope: a and b, of one kind of number, or exact ones. Nodes of the tape over dual numbers
    give gradients whose slope is the Hessian times the direction, and Bounded ones the bound S of
    both. Source: Pearlmutter 1994, Fast exact multiplication by the Hessian, Neural Computation.
    """

    __slots__ = ("real", "slope")

    def __init__(self, real, slope=Fraction(0)):
        self.real, self.slope = real, slope

    @staticmethod
    def of(number):
        return number if isinstance(number, Dual) else Dual(Fraction(number))

    @property
    def value(self):
        return getattr(self.real, "value", self.real)

    @staticmethod
    def total(numbers):
        return Dual(arithmetic.total([number.real for number in numbers]),
                    arithmetic.total([number.slope for number in numbers]))

    @among_its_kind
    def __add__(self, other):
        return Dual(self.real + other.real, self.slope + other.slope)

    def __neg__(self):
        return Dual(-self.real, -self.slope)

    @among_its_kind
    def __mul__(self, other):
        return Dual(self.real * other.real, self.real * other.slope + self.slope * other.real)

    @among_its_kind
    def __truediv__(self, other):
        ratio = self.real / other.real
        return Dual(ratio, (self.slope - ratio * other.slope) / other.real)

    def __abs__(self):
        return self if self > 0 else -self

    def either(self, other):
        return Dual(either(self.real, other.real), either(self.slope, other.slope))

    def sloped(self, derivative, x):
        return Dual(self.real, either(self.slope, derivative(x.real) * x.slope))

    def exp(self):
        value = self.real.exp()
        return Dual(value, value * self.slope)

    def expm1(self):
        value = self.real.expm1()
        return Dual(value, either(self.real.exp(), value + 1) * self.slope)

    def ln(self):
        return Dual(self.real.ln(), self.slope / self.real)

    def sqrt(self):
        root = self.real.sqrt()
        return Dual(root, self.slope / (2 * root))

    def tanh(self):
        value = self.real.tanh()
        return Dual(value, (1 - value * value) * self.slope)
