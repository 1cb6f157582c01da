"""Numbers of the exact tier: fractions that float32 holds, whatever the order of a sum."""
from fractions import Fraction

from .arithmetic import Number, among_its_kind


class NotExact(ArithmeticError):
    """A result that does not fit 24 bits, or cannot be a fraction at all."""


class Short(Number):
    """A dyadic fraction of at most 24 significant bits: the same in float32 as in float64.

    It is whole / 2^halvings, in lowest terms.
    """

    __slots__ = ("whole", "halvings")

    def __init__(self, value):
        self.whole, self.halvings = value.numerator, value.denominator.bit_length() - 1
        if value.denominator != 1 << self.halvings or is_long(self.whole):
            raise NotExact(f"{value} has more than 24 bits")

    @classmethod
    def scaled(cls, whole, halvings):
        """whole / 2^halvings, with integers alone."""
        spare = min(trailing_zeros(whole), halvings) if whole else halvings
        if is_long(whole):
            raise NotExact(f"{whole} / 2^{halvings} has more than 24 bits")
        number = cls.__new__(cls)
        number.whole, number.halvings = whole >> spare, halvings - spare
        return number

    @property
    def value(self):
        return Fraction(self.whole, 1 << self.halvings)

    @staticmethod
    def of(number):
        return number if isinstance(number, Short) else Short(Fraction(number))

    @staticmethod
    def total(numbers):
        """The sum, if every partial sum in every order fits 24 bits."""
        finest = max(number.halvings for number in numbers)
        wholes = [number.whole << finest - number.halvings for number in numbers]
        if sum(map(abs, wholes)) >= 1 << 24:
            raise NotExact("a partial sum may have more than 24 bits")
        return Short.scaled(sum(wholes), finest)

    @among_its_kind
    def __add__(self, other):
        finest = max(self.halvings, other.halvings)
        return Short.scaled((self.whole << finest - self.halvings)
                            + (other.whole << finest - other.halvings), finest)

    def __neg__(self):
        return Short.scaled(-self.whole, self.halvings)

    @among_its_kind
    def __mul__(self, other):
        return Short.scaled(self.whole * other.whole, self.halvings + other.halvings)

    @among_its_kind
    def __truediv__(self, other):
        return Short(self.value / other.value)

    def __abs__(self):
        return Short.scaled(abs(self.whole), self.halvings)

    def circle(self):
        """cos and sin, which are fractions at 0 alone."""
        return (Short(1), Short(0)) if not self.whole else self.exp()

    def exp(self):
        raise NotExact("a fraction has no exact exp, root or angle")

    sqrt = ln = tanh = expm1 = exp


def trailing_zeros(whole):
    return (whole & -whole).bit_length() - 1


def is_long(whole):
    """Whether an integer has more than 24 significant bits."""
    return abs(whole) >= 1 << 24 and abs(whole) >> trailing_zeros(whole) >= 1 << 24
