"""Numbers for certification, out of the standard library: 75-digit decimals with an error bound.

Everything that a golden value is computed from lives here and in formulas.py; neither knows NumPy.
"""
import decimal
import math
from decimal import Decimal
from fractions import Fraction


def precision(digits):
    """A context in which Decimal arithmetic keeps so many digits and refuses to overflow."""
    return decimal.localcontext(decimal.Context(
        prec=digits, Emin=-999999, Emax=999999,
        traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow]))


# What a library function may err by, in u of its value: four units in the last place. NumPy's own
# SIMD functions are held to that, and XLA's tanh was measured at 7 u in float64.
LIBRARY = 8


class Bounded:
    """A number beside the running-error bound of computing it in rounded arithmetic.

    value: the exact result to 75 digits. bound: S, such that a computation in floating point with
    unit roundoff u errs by at most u S to first order, when each operation is rounded once, a sum
    is taken in any order, and a library function errs by at most 8u of its value:

        a + b:  S_a + S_b + |a + b|           a b:   |a| S_b + |b| S_a + |a b|
        a / b:  (S_a + |a / b| S_b) / |b| + |a / b|
        f(a):   |f'(a)| S_a + 8 |f(a)|        sum of n:  sum S + (n - 1) sum |a|

    Inputs are exact: bound 0. Source: Wilkinson's running error analysis, as in Higham 2002,
    Accuracy and Stability of Numerical Algorithms, section 3.3.
    """

    __slots__ = ("value", "bound")

    def __init__(self, value, bound=0.0):
        self.value = value
        self.bound = bound

    def __add__(self, other):
        other = bounded(other)
        value = self.value + other.value
        rounding = size(value) if self.value and other.value else 0.0   # adding 0 rounds nothing
        return Bounded(value, self.bound + other.bound + rounding)

    def __neg__(self):
        return Bounded(-self.value, self.bound)

    def __sub__(self, other):
        return self + (-bounded(other))

    def __rsub__(self, other):
        return bounded(other) - self

    def __mul__(self, other):
        other = bounded(other)
        value = self.value * other.value
        carried = size(self.value) * other.bound + size(other.value) * self.bound
        return Bounded(value, carried + size(value))

    def __truediv__(self, other):
        other = bounded(other)
        value = self.value / other.value
        carried = (self.bound + size(value) * other.bound) / size(other.value)
        return Bounded(value, carried + size(value))

    def __rtruediv__(self, other):
        return bounded(other) / self

    def __pow__(self, exponent):
        power = bounded(1)
        for _ in range(exponent):
            power = power * self
        return power

    def __abs__(self):
        return Bounded(abs(self.value), self.bound)

    def __lt__(self, other):
        return self.value < bounded(other).value

    def __gt__(self, other):
        return self.value > bounded(other).value

    __radd__, __rmul__ = __add__, __mul__

    def exp(self):
        value = self.value.exp()
        return Bounded(value, size(value) * (self.bound + LIBRARY))

    def expm1(self):
        """exp(a) - 1 by a library function, or by exp and a subtraction."""
        grown = self.value.exp()
        library = LIBRARY * max(size(grown), size(grown - 1))
        return Bounded(grown - 1, size(grown) * self.bound + library)

    def ln(self):
        value = self.value.ln()
        return Bounded(value, self.bound / size(self.value) + LIBRARY * size(value))

    def sqrt(self):
        value = self.value.sqrt()
        carried = self.bound / (2 * size(value)) if value else 0.0
        return Bounded(value, carried + size(value))

    def tanh(self):
        value = tanh(self.value)
        return Bounded(value, size(1 - value * value) * self.bound + LIBRARY * size(value))


def either(number, other):
    """A number that may also be computed in another way, which has the larger bound of the two."""
    if not isinstance(number, Bounded):
        return number
    return Bounded(number.value, max(number.bound, other.bound))


def bounded(number):
    """A Bounded as it is, any other number as an exact one."""
    return number if isinstance(number, Bounded) else Bounded(exact(number))


def exact(number):
    """An int, Fraction or float as the same number in decimal digits."""
    if isinstance(number, Fraction):
        return Decimal(number.numerator) / Decimal(number.denominator)
    return Decimal(number)


def tanh(x):
    """tanh of a Decimal; other kinds of numbers know their own."""
    if not isinstance(x, Decimal):
        return x.tanh()
    e = (-2 * abs(x)).exp()
    return ((1 - e) / (1 + e)).copy_sign(x)


def size(value):
    """|value| as a float, which is all that a bound needs."""
    return abs(float(value))


def total(numbers):
    """The sum of any numbers; of Bounded ones, with the bound of summing them in any order."""
    numbers = list(numbers)
    if any(isinstance(number, Short) for number in numbers):
        return _short_total(numbers)
    if not any(isinstance(number, Bounded) for number in numbers):
        return sum(numbers)
    numbers = [bounded(number) for number in numbers]
    sizes = [size(number.value) for number in numbers if number.value]
    rounding = max(len(sizes) - 1, 0) * sum(sizes)
    return Bounded(sum(number.value for number in numbers),
                   sum(number.bound for number in numbers) + rounding)


def rounded_up(bound):
    """A bound rounded up to three significant digits: what the vector files state as S."""
    if bound == 0:
        return 0.0
    exponent = math.floor(math.log10(bound)) - 2
    return float(f"{math.ceil(bound / 10.0 ** exponent * (1 - 1e-12))}e{exponent}")


class NotExact(ArithmeticError):
    """A result that does not fit 24 bits, or cannot be a fraction at all."""


class Short:
    """A dyadic fraction of at most 24 significant bits: the same in float32 as in float64."""

    __slots__ = ("value",)

    def __init__(self, value):
        if value and _odd_part(value) >= 1 << 24:
            raise NotExact(f"{value} has more than 24 bits")
        self.value = value

    @staticmethod
    def of(number):
        return number if isinstance(number, Short) else Short(Fraction(number))

    def __add__(self, other):
        return Short(self.value + Short.of(other).value)

    def __neg__(self):
        return Short(-self.value)

    def __sub__(self, other):
        return Short(self.value - Short.of(other).value)

    def __rsub__(self, other):
        return Short(Short.of(other).value - self.value)

    def __mul__(self, other):
        return Short(self.value * Short.of(other).value)

    def __truediv__(self, other):
        return Short(self.value / Short.of(other).value)

    def __rtruediv__(self, other):
        return Short(Short.of(other).value / self.value)

    def __pow__(self, exponent):
        return Short(self.value ** exponent)

    def __abs__(self):
        return Short(abs(self.value))

    def __lt__(self, other):
        return self.value < Short.of(other).value

    def __gt__(self, other):
        return self.value > Short.of(other).value

    __radd__, __rmul__ = __add__, __mul__

    def exp(self):
        raise NotExact("exp of a fraction")

    sqrt = ln = tanh = expm1 = exp


def _odd_part(value):
    """|value| times the power of two that makes it an odd integer; huge if there is none."""
    numerator, denominator = abs(value.numerator), value.denominator
    if denominator & (denominator - 1):
        return 1 << 64
    while numerator % 2 == 0:
        numerator //= 2
    return numerator


def _short_total(numbers):
    """The sum of Short numbers, if every partial sum in every order fits 24 bits."""
    values = [Short.of(number).value for number in numbers]
    grain = Fraction(1, max((value.denominator for value in values), default=1))
    if sum(abs(value) for value in values) / grain >= 1 << 24:
        raise NotExact("a partial sum may have more than 24 bits")
    return Short(sum(values, Fraction(0)))
