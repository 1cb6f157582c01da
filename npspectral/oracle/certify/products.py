"""What TF32 adds to an error: the share of S that comes from the operands of products.

TF32 rounds both operands of every product of matrices to 11 bits, and adds up in float32. To first
order an array then errs by at most 2 * 2^-11 P + 2^-24 S, where P follows the rules of S but counts
the sizes |a b| of products that are added to something, and no other rounding: a product of single
numbers is rounded as float32. P <= S, number by number; a case states for each array the largest
P / S.
"""
import math

from .arithmetic import Number, among_its_kind, rounded_up
from .witnesses import forms


class Product(Number):
    """A float with its bound P, and |a b| where it is a product that nothing was added to yet."""

    __slots__ = ("value", "bound", "size")

    def __init__(self, value, bound=0.0, size=0.0):
        self.value, self.bound, self.size = value, bound, size

    @staticmethod
    def of(number):
        return number if isinstance(number, Product) else Product(float(number))

    @staticmethod
    def total(numbers):
        return Product(sum(number.value for number in numbers),
                       sum(number.bound + number.size for number in numbers))

    @among_its_kind
    def __add__(self, other):
        return Product.total((self, other))

    def __neg__(self):
        return Product(-self.value, self.bound, self.size)

    @among_its_kind
    def __mul__(self, other):
        value = self.value * other.value
        return Product(value, abs(self.value) * other.bound + abs(other.value) * self.bound,
                       abs(value))

    @among_its_kind
    def __truediv__(self, other):
        value = self.value / other.value
        return Product(value, (self.bound + abs(value) * other.bound) / abs(other.value))

    def __abs__(self):
        return Product(abs(self.value), self.bound)

    def either(self, other):
        return Product(self.value, max(self.bound, other.bound))

    def through(self, value, slope):
        """A function of this number, which has the value and the derivative there."""
        return Product(value, abs(slope) * self.bound)

    def exp(self):
        value = math.exp(self.value)
        return self.through(value, value)

    def expm1(self):
        return self.through(math.expm1(self.value), math.exp(self.value))

    def ln(self):
        return self.through(math.log(self.value), 1 / self.value)

    def sqrt(self):
        root = math.sqrt(self.value)
        return self.through(root, 0.5 / root if root else 0.0)

    def tanh(self):
        value = math.tanh(self.value)
        return self.through(value, 1 - value * value)

    def circle(self):
        cos, sin = math.cos(self.value), math.sin(self.value)
        return self.through(cos, sin), self.through(sin, cos)


def shares(case, answers, by_tape):
    """Name of an array -> largest P / S of its numbers, of all forms; for layers in float32 alone.

    answers: the arrays of Bounded numbers, whose bounds are S. by_tape: how they were computed.
    """
    if "float32" not in case["dtypes"] or not case["layers"] or "penalty" in case:
        return {}
    others = [] if "Cancellation" in case["flags"] else forms(case)
    found = [by_tape(form, Product.of) for form in (case, *others)]
    return {name: share for name, numbers in answers.items() if (share := rounded_up(max(
        (p.bound / rounded_up(s.bound) for form in found
         for p, s in zip(map(Product.of, form[name]), numbers) if s.bound), default=0.0)))}
