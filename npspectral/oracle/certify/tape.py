"""The tape: numbers that remember what they were computed from, and gradients by the chain rule.

The formulas state forward passes alone. On nodes in place of plain numbers the same formulas leave
a trace, which `gradients` follows back. Numbers of any kind do; a Bounded one carries its bound S
through the backward pass as through the forward pass.
"""
from collections import defaultdict
from functools import partial
from heapq import heapify, heappop, heappush
from itertools import count
from operator import mul, neg

from . import arithmetic
from .arithmetic import Number

PLACES = count()


class Node(Number):
    """A number, and the nodes that it was computed from.

    parents: pairs (node, pull), where pull maps dL/dself to what it adds to dL/dnode.
    """

    __slots__ = ("number", "parents", "place")

    def __init__(self, number, *parents):
        self.number, self.place = number, next(PLACES)
        self.parents = [(node, pull) for node, pull in parents if isinstance(node, Node)]

    @staticmethod
    def of(number):
        return number if isinstance(number, Node) else Node(number)

    @property
    def value(self):
        return getattr(self.number, "value", self.number)

    def __add__(self, other):
        return Node(self.number + plain(other), (self, same), (other, same))

    def __neg__(self):
        return Node(-self.number, (self, neg))

    def __mul__(self, other):
        a, b = self.number, plain(other)
        return Node(a * b, (self, lambda g: g * b), (other, lambda g: g * a))

    def __truediv__(self, other):
        b = plain(other)
        ratio = self.number / b
        return Node(ratio, (self, lambda g: g / b), (other, lambda g: -(g * ratio) / b))

    def __abs__(self):
        pull = same if self > 0 else neg if self < 0 else zero
        return Node(abs(self.number), (self, pull))

    def exp(self):
        value = self.number.exp()
        return Node(value, (self, lambda g: g * value))

    def ln(self):
        return Node(self.number.ln(), (self, lambda g: g / self.number))

    def sqrt(self):
        """The derivative at 0 is taken as 0."""
        root = self.number.sqrt()
        return Node(root, (self, (lambda g: g / (2 * root)) if self > 0 else zero))


def same(g):
    return g


def zero(g):
    return g * 0


def plain(number):
    """The number of a node, any other number as it is."""
    return number.number if isinstance(number, Node) else number


def linked(number, *slopes):
    """A number whose derivatives are known: pairs (what it depends on, derivative by that)."""
    parents = [(node, lambda g, slope=slope: g * slope) for node, slope in slopes]
    return Node(number, *parents) if any(isinstance(node, Node) for node, _ in slopes) else number


def total(numbers):
    """The sum of numbers, in any order."""
    numbers = list(numbers)
    value = arithmetic.total([plain(number) for number in numbers])
    nodes = [number for number in numbers if isinstance(number, Node)]
    return Node(value, *((node, same) for node in nodes)) if nodes else value


def dot(row, column):
    """The sum of products, one node for all of them."""
    pairs = list(zip(row, column))
    value = arithmetic.total([plain(a) * plain(b) for a, b in pairs])
    parents = [(node, partial(mul, plain(other))) for a, b in reversed(pairs)
               for node, other in ((a, b), (b, a)) if isinstance(node, Node)]
    return Node(value, *parents) if parents else value


def gradients(outputs, grads):
    """dL/dnode of every node behind the outputs, for an L that has these gradients by them."""
    shares = defaultdict(list)          # node: what each use of it adds to its gradient
    for node, grad in zip(outputs, grads, strict=True):
        if isinstance(node, Node):
            shares[node].append(grad)
    by_node = {}
    waiting = [(-node.place, node) for node in shares]
    heapify(waiting)
    while waiting:
        _, node = heappop(waiting)      # the last computed: all that uses it has been here before
        by_node[node] = total(shares[node])
        for parent, pull in node.parents:
            if parent not in shares:
                heappush(waiting, (-parent.place, parent))
            shares[parent].append(pull(by_node[node]))
    return by_node
