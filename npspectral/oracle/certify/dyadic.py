"""Numbers of the exact tier: fractions that float32 holds, whatever the order of a sum."""
from fractions import Fraction

from .arithmetic import Number, among_its_kind


class NotExact(ArithmeticError):
    """A result that does not fit 24 bits, or cannot be a fraction at all."""


class Short(Number):
    """A dyadic fraction of at most 24 significant bits: the same in float32 as in float64."""

    __slots__ = ("value",)

    def __init__(self, value):
        if value and odd_part(value) >= 1 << 24:
            raise NotExact(f"{value} has more than 24 bits")
        self.value = value

    @staticmethod
    def of(number):
        return number if isinstance(number, Short) else Short(Fraction(number))

    @staticmethod
    def total(numbers):
        """The sum, if every partial sum in every order fits 24 bits."""
        values = [number.value for number in numbers]
        grain = Fraction(1, max(value.denominator for value in values))
        if sum(abs(value) for value in values) / grain >= 1 << 24:
            raise NotExact("a partial sum may have more than 24 bits")
        return Short(sum(values, Fraction(0)))

    @among_its_kind
    def __add__(self, other):
        return Short(self.value + other.value)

    def __neg__(self):
        return Short(-self.value)

    @among_its_kind
    def __mul__(self, other):
        return Short(self.value * other.value)

    @among_its_kind
    def __truediv__(self, other):
        return Short(self.value / other.value)

    def __abs__(self):
        return Short(abs(self.value))

    def circle(self):
        """cos and sin, which are fractions at 0 alone."""
        return (Short(1), Short(0)) if not self.value else self.exp()

    def exp(self):
        raise NotExact("a fraction has no exact exp, root or angle")

    sqrt = ln = tanh = expm1 = exp


def odd_part(value):
    """|value| times the power of two that makes it an odd integer; huge if there is none."""
    numerator, denominator = abs(value.numerator), value.denominator
    if denominator & (denominator - 1):
        return 1 << 64
    while numerator % 2 == 0:
        numerator //= 2
    return numerator
