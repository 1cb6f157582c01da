"""Two texts of every formula and the tape agree, and disagree where one of them is wrong."""
from decimal import Decimal, getcontext
from fractions import Fraction
from operator import neg

import pytest

from npspectral.oracle.certify import (definitions, formulas_complex, formulas_recurrent,
                                       formulas_structure, guard, matrices, solve, tape)
from npspectral.oracle.certify.arithmetic import precision
from npspectral.oracle.certify.formulas_layers import activated
from npspectral.oracle.certify.tape import Node, linked, plain, same, zero
from npspectral.oracle.certify.witnesses import forms

CASES = {case["id"]: case for case in guard.guarded_catalog()}


@pytest.mark.parametrize("count, name", [
    (2, "factored/qr/tanh/b2-i3-o4/plain"), (2, "factored/svd/sigmoid/b4-i4-o4/plain"),
    (2, "factored/stack/qr-svd"), (3, "nested/shared-skip/tanh/b4-2-2-3-2/bias"),
    (3, "nested/separate-skip/sigmoid/b2-2-3-2-2/plain"),
    (3, "nested/shared-chain/tanh/b4-2-2-3-2/bias"),
    (2, "recurrent/tanh/t4/b2-i2-o2-n4/constant"), (2, "recurrent/relu/t2/b2-i2-o2-n4/plain"),
    (1, "complex_recurrent/tanh/t1/power/b2-j2-n2-m2"),
    (1, "complex_recurrent/tanh/t2/amplitude/b2-j3-n2-m1")])
def test_all_forms_in_which_a_case_is_computed_give_the_same_numbers(count, name):
    with precision(75):
        taped = solve.bounded_answers(CASES[name])
        others = [solve.bounded_answers(form) for form in forms(CASES[name])]
    assert len(others) == count
    for other in others:
        for key, numbers in taped.items():
            for a, b in zip(numbers, other[key], strict=True):
                assert abs(a.value - b.value) < 1e-60, (key, a.value, b.value)


@pytest.mark.parametrize("name, digits", [
    ("dense/identity/b4-i1-o4/bias", [75]),             # sums that are 0, of exact numbers
    ("spectral/tanh/b2-i3-o4/bias", [75]),              # rounded, and none of them near 0
    ("batch_norm/training/constant-channel/b4-3", [75, 135, 525])])
def test_more_digits_are_taken_where_a_rounded_number_may_have_drowned(monkeypatch, name, digits):
    taken, answers = [], solve.bounded_answers
    monkeypatch.setattr(solve, "bounded_answers",
                        lambda case: taken.append(getcontext().prec) or answers(case))
    solve.witnessed(CASES[name])
    assert taken == digits


@pytest.mark.parametrize("function", [definitions.exp, definitions.ln])
def test_what_is_remembered_has_the_digits_that_are_asked_for(function):
    for digits in (60, 90, 60):
        with precision(digits):
            assert len(function(Decimal(3)).as_tuple().digits) == digits


# planted mistakes: title -> what is replaced, by what, and the first case that sees it


def entrywise(change):
    return lambda matrix: [[change(entry) for entry in row] for row in matrix]


def of_result(change):
    """The function, with its result changed."""
    return lambda right: lambda *arguments: change(right(*arguments))


def as_constants(right):
    """The function with the same values, which the tape does not see."""
    return lambda *arguments: matrices.combined(plain, right(*arguments))


def with_slope_1(layer, z):
    """f of every entry, with the derivative 1."""
    return matrices.combined(lambda y, x: linked(plain(y), (x, 1)), activated(
        {"layer": layer["activation"]}, z), z)


def with_lambda_in_constant(parts):
    """The transfers of a nested network, whose lambda_in the tape does not see."""
    return [{**part, "lambda_in": [plain(entry) for entry in part["lambda_in"]]} for part in parts]


def through_the_mask(excess, matrix):
    return matrices.combined(lambda over, w: linked(plain(w) if over > 0 else 0 * plain(w), (
        w, 1)), excess, matrix)


def turned_the_other_way(right):
    return lambda angle: formulas_complex.Complex(right(angle).re, -right(angle).im)


def half_power(layer, a):
    """|a|^2 with half of its derivative."""
    return [[z.re * plain(z.re) + z.im * plain(z.im) for z in row] for row in a]


STRUCTURE = {
    "no minus in Phi^-1": ("affine", of_result(entrywise(neg)),
                           "nested/shared-skip/identity/b2-3-4-2/bias"),
    "r packed backwards": ("left_factor", of_result(lambda rows: [row[::-1] for row in rows]),
                           "factored/qr/identity/b2-i3-o4/bias"),
    "no gradient by s": ("eigenvectors", as_constants, "factored/svd/identity/b2-i3-o4/bias"),
    "phi transposed": ("eigenvectors", of_result(matrices.turned),
                       "factored/qr/identity/b4-i4-o4/bias"),
    "nothing masked": ("masked", of_result(entrywise(lambda entry: 1 + entry)),
                       "sparse/static/dense/identity/b2-i3-o4"),
    "a gradient through the mask": ("masked", lambda right: through_the_mask,
                                    "sparse/static/dense/identity/b2-i3-o4"),
    "a quantile too large": ("quantile", of_result(lambda c: 2 * c),
                             "sparse/dynamic/dense/identity/b4-i4-o4"),
    "the activation's derivative forgotten": ("hidden", lambda right: with_slope_1,
                                              "nested/shared-chain/tanh/b4-2-2-3-2/bias"),
    "gradients of shared eigenvalues not added": (
        "transfers", of_result(with_lambda_in_constant), "nested/shared-skip/tanh/b2-3-4-2/bias"),
}
OF_TIME = "recurrent/tanh/t4/b2-i1-o1-n3/plain"
RECURRENT = {
    "another share of tanh": ("REMAINS", lambda right: Fraction(1022, 1024), OF_TIME),
    "the inverse transposed": ("inverse", of_result(matrices.turned), OF_TIME),
    "the inverse a constant": ("inverse", as_constants, OF_TIME),
    "the inverse of a transposed matrix": (
        "inverse", lambda right: lambda matrix: right(matrices.turned(matrix)), OF_TIME),
    "f' forgotten": ("bent", lambda right: with_slope_1, OF_TIME),
    "A a constant": ("similarity", as_constants, OF_TIME),
}
OF_MEMORY = "complex_recurrent/tanh/t1/power/b2-j2-n2-m2"
COMPLEX = {
    "turned the other way": ("turn", turned_the_other_way, OF_MEMORY),
    "|a|^2 without its factor 2": ("read", lambda right: half_power, OF_MEMORY),
    "f in all steps": ("times_of", of_result(lambda acts: [True] * len(acts)), OF_MEMORY),
    "no gradient through f": ("bent", as_constants, OF_MEMORY),
    "the nodes' A a constant": ("similarity", as_constants,
                                "complex_recurrent/tanh/t2/amplitude/b2-j1-n2-m2"),
}


def product(first, second):
    return lambda right: lambda self, other: Node(
        self.number * plain(other), (self, lambda g: first(g * plain(other))),
        (other, lambda g: second(g * self.number)))


def of_self(rule):
    """An operation of one number, or of two, with the derivative 1 of the first."""
    return lambda right: lambda self, *other: Node(
        getattr(self.number, rule)(*map(plain, other)), (self, same))


SPECTRAL, LABELS = "spectral/identity", "loss/labels/b2-o3/mean"
RULES = {
    "a product by one factor": ("__mul__", product(same, zero), SPECTRAL),
    "a product with a minus": ("__mul__", product(neg, same), SPECTRAL),
    "a sum by its first term": ("__add__", of_self("__add__"), "nested/shared-skip/tanh/b2-3-4-2"),
    "a negative without minus": ("__neg__", of_self("__neg__"), SPECTRAL),
    "a size without sign": ("__abs__", of_self("__abs__"), "penalty/l1/phi"),
    "exp with the derivative 1": ("exp", of_self("exp"), LABELS),
    "ln with the derivative 1": ("ln", of_self("ln"), LABELS),
    "a root with the derivative 1": ("sqrt", of_self("sqrt"), "penalty/rows/phi"),
    "a quotient by its numerator without the denominator": (
        "__truediv__", of_self("__truediv__"), "loss/mean_squared_error/b4-o4/mean"),
}
WRONG = {**{title: (holder, *plant) for holder, table in (
    (formulas_structure, STRUCTURE), (formulas_recurrent, RECURRENT), (formulas_complex, COMPLEX),
    (Node, RULES)) for title, plant in table.items()},
    "the last use alone": (tape, "total", lambda right: lambda shares: shares[-1],
                           "stack/3-4-2/tanh")}


@pytest.mark.parametrize("holder, name, wrong, first", WRONG.values(), ids=WRONG)
def test_the_witnesses_disagree_where_a_formula_or_a_rule_is_wrong(monkeypatch, holder, name, wrong,
                                                                   first):
    case = next(case for key, case in CASES.items() if key.startswith(first))
    assert solve.solve(case)["agreed_digits"] >= solve.AGREED
    monkeypatch.setattr(holder, name, wrong(getattr(holder, name)))
    with pytest.raises(ArithmeticError, match="the witnesses agree to"):
        solve.solve(case)
