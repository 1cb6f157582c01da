"""Complex numbers as pairs of any kind of number, for the first witness."""
from decimal import Decimal, localcontext

from .arithmetic import LIBRARY, Bounded, size, total
from .formulas_recurrent import combined


class Complex:
    """re + i im over any kind of number."""

    def __init__(self, re, im=0):
        self.re, self.im = re, im

    def __add__(self, other):
        return Complex(self.re + other.re, self.im + other.im)

    def __sub__(self, other):
        return Complex(self.re - other.re, self.im - other.im)

    def __neg__(self):
        return Complex(-self.re, -self.im)

    def __mul__(self, other):
        return Complex(self.re * other.re - self.im * other.im,
                       self.re * other.im + self.im * other.re)

    def times(self, real):
        return Complex(self.re * real, self.im * real)

    @property
    def conj(self):
        return Complex(self.re, -self.im)


def collected(numbers):
    """The sum of complex numbers."""
    numbers = list(numbers)
    return Complex(total(z.re for z in numbers), total(z.im for z in numbers))


def turn(angle):
    """exp(i angle), its parts by library functions."""
    if not isinstance(angle, Bounded):                      # of a fraction only 0 has an exact one
        return Complex(1, 0) if not (angle > 0 or angle < 0) else angle.exp()
    cos, sin = circle(angle.value)
    return Complex(Bounded(cos, size(sin) * angle.bound + LIBRARY * size(cos) * bool(sin)),
                   Bounded(sin, size(cos) * angle.bound + LIBRARY * size(sin)))


def circle(angle):
    """cos and sin of a Decimal by their power series."""
    with localcontext() as context:
        context.prec += 20
        sums, term, k = [Decimal(1), Decimal(0)], Decimal(1), 0
        while abs(term) > Decimal(10) ** -context.prec:
            k += 1
            term = term * angle / k
            sums[k % 2] += term if k % 4 < 2 else -term
    return +sums[0], +sums[1]


def real_parts(matrix):
    return [[z.re for z in row] for row in matrix]


def imaginary_parts(matrix):
    return [[z.im for z in row] for row in matrix]


def joined(re, im):
    return combined(Complex, re, im)
