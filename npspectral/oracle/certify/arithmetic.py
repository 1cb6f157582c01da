"""Numbers for certification: 75-digit decimals with an error bound, by the standard library."""
import decimal
import functools
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
EXACT = (int, float, Fraction, Decimal)


class Number:
    """The operators that follow from +, unary -, * and /, which each kind of number defines.

    A kind also has of(number), which takes an exact number such as an int into the kind, and
    total(numbers), a sum.
    """

    __slots__ = ()

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return -self + other

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rtruediv__(self, other):
        return self.of(other) / self

    def __pow__(self, exponent):
        return math.prod([self] * exponent, start=self.of(1))

    def __lt__(self, other):
        return self.value < getattr(other, "value", other)

    def __gt__(self, other):
        return self.value > getattr(other, "value", other)

    def sloped(self, derivative, x):
        """The number as a function of x, whose derivative may be computed by another formula."""
        return self


def among_its_kind(operator):
    """The operator also for an exact number; Python asks an operand of any other kind instead."""
    @functools.wraps(operator)
    def operated(self, other):
        if type(other) is type(self):
            return operator(self, other)
        return operator(self, self.of(other)) if isinstance(other, EXACT) else NotImplemented
    return operated


class Bounded(Number):
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

    __slots__ = ("value", "bound", "size")

    def __init__(self, value, bound=0.0):
        self.value = value
        self.bound = bound
        self.size = size(value)

    @staticmethod
    def of(number):
        """A Bounded as it is, an exact number with bound 0."""
        if isinstance(number, Bounded):
            return number
        if isinstance(number, Fraction):
            return Bounded(Decimal(number.numerator) / Decimal(number.denominator))
        return Bounded(Decimal(number))

    @staticmethod
    def total(numbers):
        sizes = [number.size for number in numbers if number.value]
        rounding = max(len(sizes) - 1, 0) * sum(sizes)
        return Bounded(sum(number.value for number in numbers),
                       sum(number.bound for number in numbers) + rounding)

    @among_its_kind
    def __add__(self, other):
        result = Bounded(self.value + other.value)
        rounding = result.size if self.value and other.value else 0.0   # adding 0 rounds nothing
        result.bound = self.bound + other.bound + rounding
        return result

    def __neg__(self):
        return Bounded(-self.value, self.bound)

    @among_its_kind
    def __mul__(self, other):
        result = Bounded(self.value * other.value)
        result.bound = self.size * other.bound + other.size * self.bound + result.size
        return result

    @among_its_kind
    def __truediv__(self, other):
        result = Bounded(self.value / other.value)
        result.bound = (self.bound + result.size * other.bound) / other.size + result.size
        return result

    def __abs__(self):
        return Bounded(abs(self.value), self.bound)

    def either(self, other):
        return Bounded(self.value, max(self.bound, other.bound))

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
        e = (-2 * abs(self.value)).exp()
        value = ((1 - e) / (1 + e)).copy_sign(self.value)
        return Bounded(value, size(1 - value * value) * self.bound + LIBRARY * size(value))

    def circle(self):
        """cos and sin by their power series."""
        with decimal.localcontext() as context:
            context.prec += 20
            sums, term, k = [Decimal(1), Decimal(0)], Decimal(1), 0
            while abs(term) > Decimal(10) ** -context.prec:
                k += 1
                term = term * self.value / k
                sums[k % 2] += term if k % 4 < 2 else -term
        cos, sin = +sums[0], +sums[1]
        return (Bounded(cos, size(sin) * self.bound + LIBRARY * size(cos) * bool(sin)),
                Bounded(sin, size(cos) * self.bound + LIBRARY * size(sin)))


def either(number, other):
    """A number that is computed in one of two ways: with the larger of the two bounds."""
    return number.either(other)


def size(value):
    """|value| as a float, which is all that a bound needs."""
    return abs(float(value))


def total(numbers):
    """The sum of numbers of one kind and exact ones, in any order."""
    kind = next((type(number) for number in numbers if isinstance(number, Number)), None)
    return sum(numbers) if kind is None else kind.total([kind.of(number) for number in numbers])


def rounded_up(bound):
    """A bound rounded up to three significant digits: what the vector files state as S."""
    if bound == 0:
        return 0.0
    exponent = math.floor(math.log10(bound)) - 2
    return float(f"{math.ceil(bound / 10.0 ** exponent * (1 - 1e-12))}e{exponent}")
