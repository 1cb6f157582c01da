"""The tape: every operation by the definition of the derivative, uses that add up."""
from decimal import Decimal
from fractions import Fraction

import pytest

from npspectral.oracle.certify.arithmetic import Bounded, precision
from npspectral.oracle.certify.dyadic import NotExact, Short
from npspectral.oracle.certify.formulas_complex import turn
from npspectral.oracle.certify.formulas_layers import activated
from npspectral.oracle.certify.matrices import inverse
from npspectral.oracle.certify.tape import Node, gradients, total

POINT = ("0.625", "-1.5", "2.25")


def layer(name, **constants):
    return lambda x: activated({"layer": name, **{
        key: Bounded(Decimal(value)) for key, value in constants.items()}}, [[x]])[0][0]


FUNCTIONS = {
    "a sum": lambda a, b, c: a + b + c + 1, "a difference": lambda a, b, c: 2 - a - b * 1 - c,
    "a product": lambda a, b, c: a * b * c * 3, "a square": lambda a, b, c: a * a + b ** 3,
    "a quotient": lambda a, b, c: a / b / c + 2 / c, "sizes": lambda a, b, c: abs(a) * 3 + abs(b),
    "exp": lambda a, b, c: (a * b).exp(), "ln": lambda a, b, c: (a * c).ln(),
    "a root": lambda a, b, c: (a + c).sqrt(), "a total": lambda a, b, c: total([a, b, a, 2, c]),
    "other kinds": lambda a, b, c: Fraction(1, 3) * a + Bounded(Decimal(3)) * b - c / Fraction(2),
    **{name: lambda a, b, c, f=layer(name): f(a) + f(b) * c for name in (
        "identity", "relu", "tanh", "sigmoid")},
    "leaky_relu": lambda a, b, c, f=layer("leaky_relu", slope="0.125"): f(a) + f(b),
    "elu": lambda a, b, c, f=layer("elu", alpha="0.75"): f(a) + f(b),
    "softplus": lambda a, b, c, f=layer("softplus", sharpness="2"): f(a) + f(b),
    "a turn": lambda a, b, c: turn(a).re + b * turn(a * c).im,
    "an inverse": lambda a, b, c: inverse([[a, b], [c, a * c]])[0][1],
}


def value(function, point):
    with precision(150):
        return function(*(Bounded(number) for number in point)).value


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_gradient_is_the_limit_of_differences(function):
    point, h = [Decimal(number) for number in POINT], Decimal("1e-30")
    with precision(75):
        nodes = [Node(Bounded(number)) for number in point]
        output = function(*nodes)
        grads = gradients([output], [Bounded(Decimal(1))])
    assert abs(output.value - value(function, point)) < Decimal("1e-70")
    for k, node in enumerate(nodes):
        with precision(150):
            up, down = ([*point[:k], point[k] + sign * h, *point[k + 1:]] for sign in (1, -1))
            slope = (value(function, up) - value(function, down)) / (2 * h)
        got = grads[node].value if node in grads else 0
        assert abs(got - slope) < Decimal("1e-50"), (k, got, slope)


def test_several_outputs_and_one_that_is_no_node():
    x = Node(Short(Fraction(3)))
    found = gradients([x * x, x, 5], [Short(Fraction(2)), Short(Fraction(1)), 1])
    assert found[x].value == 13


def test_the_derivatives_at_kinks_are_those_of_the_convention():
    x = Node(Short(Fraction(0)))
    relu = activated({"layer": "relu"}, [[x]])[0][0]
    found = gradients([abs(x) * 3 + relu], [Short(Fraction(1))])
    assert found[x].value == 0
    with precision(75):
        x = Node(Bounded(Decimal(0)))
        assert gradients([(x * x).sqrt()], [Bounded(Decimal(1))])[x].value == 0


def test_an_inexact_gradient_of_a_fraction_is_refused():
    x = Node(Short(Fraction(1 << 23)))
    with pytest.raises(NotExact):
        gradients([x * (x + 1)], [Short(Fraction(1))])


def test_the_bound_of_a_gradient_counts_every_rounding():
    """d(x w)/dw = g x is rounded once; a sum over two uses twice more."""
    x, y, w, one = (Node(Bounded(Decimal(number))) for number in (3, 5, 7, 1))
    assert gradients([w * x], [one.number])[w].bound == 3
    assert gradients([w * x + w * y], [one.number])[w].bound == 3 + 5 + 8
