"""Cases of numbers of full length, and at saturation: what they show that k/8 does not."""
import copy
from fractions import Fraction

import numpy as np
import pytest

from npspectral.oracle.mistakes.right import has_steps
from npspectral.oracle.mistakes.selftest import caught, planted, rounded
from npspectral.oracle.suite.case import cases
from npspectral.oracle.suite.precision import LENGTHENED, LENGTHS
from npspectral.oracle.verdict.reference import reference
from npspectral.oracle.verdict.run import answers_of

FULL = cases("full")
CORE = [case for case in FULL if case.core]
LONG_OF_IMAGES = 7                      # convolutions and normalizations have their own tables
PRODUCTS = ("spectral", "dense", "stack", "network", "factored", "nested", "sparse")


def family(case):
    return case.id.split("/")[0]


def long(length, found=CORE):
    return [case for case in found if f"/{length}-bits/" in case.id]


def bits_of(number):
    whole = abs(Fraction(number).numerator)
    return (whole // (whole & -whole)).bit_length()


def test_every_input_is_a_number_of_every_dtype_of_its_case():
    for case in FULL:
        for dtype in case.dtypes:
            assert all(np.array_equal(rounded(array, dtype), array)
                       for array in case.inputs.values()), (case, dtype)


@pytest.mark.parametrize("length", LENGTHS)
def test_numbers_of_long_cases_have_all_bits(length):
    found = long(length, FULL)
    assert len(found) == sum(map(len, LENGTHENED.values())) + LONG_OF_IMAGES
    for case in found:
        for name, array in case.inputs.items():
            assert name == "target" or {bits_of(number) for number in array.ravel()
                                        if number} <= {length}, case


@pytest.mark.parametrize("length", LENGTHS)
def test_every_family_has_long_cases_in_core(length):
    assert {family(case) for case in long(length)} == {*LENGTHENED, "batch_norm"}


def bits_11(array):
    """An array rounded to 11 bits, as tensor cores round the operands of a product in TF32."""
    fraction, exponent = np.frexp(array)
    return np.ldexp(np.round(fraction * 2 ** 11), exponent - 11)


def bits_24(array):
    return np.asarray(array, np.float32).astype(float)


@pytest.mark.parametrize("length, low, dtype", [(24, bits_11, "float32"), (53, bits_24, "float64")])
def test_every_long_case_shows_that_inputs_are_taken_in_a_lower_precision(length, low, dtype):
    def candidate(view):
        view = copy.copy(view)
        view.inputs = {name: array if array.dtype.kind == "i" else low(array).astype(dtype)
                       for name, array in view.inputs.items()}
        return reference(view)
    results = answers_of(candidate, long(length, FULL), dtype)
    assert len(results) > 50 and not [result.case.id for result in results if result.passed]


def operands(low):
    """Every product with both operands in a lower precision."""
    return {"affine": lambda right, p, matrix, x: right(p, low(matrix), low(x)),
            "matrix_backward": lambda right, matrix, x, g: right(matrix, low(x), low(g)),
            "input_backward": lambda right, layer, p, matrix, g: right(layer, p, low(matrix),
                                                                       low(g))}


def results_of(low):
    """Every product rounded to a lower precision at its end."""
    return {name: lambda right, *arguments: low(right(*arguments)) for name in operands(low)}


WEIGHT = {
    "affine": lambda right, p, matrix, x: right(p, bits_24(matrix), x),
    "input_backward": lambda right, layer, p, matrix, g: right(layer, p, bits_24(matrix), g)}
LOW = {"W.float().double()": (WEIGHT, "float64"),
       "operands in float32": (operands(bits_24), "float64"),
       "products in float32": (results_of(bits_24), "float64"),
       "TF32": (operands(bits_11), "float32")}


@pytest.mark.parametrize("plant, dtype", LOW.values(), ids=LOW)
def test_a_product_in_a_lower_precision_is_caught_in_every_family_of_core(plant, dtype):
    found = [case for case in long({"float32": 24, "float64": 53}[dtype])
             if family(case) in PRODUCTS]
    wrong = caught(planted((), found, dtype, plant), found, dtype)
    assert [case.id for case in wrong] == [case.id for case in found]


def of_softplus(value, slope):
    """Softplus by value(k z) and its slope."""
    def of(function, times_k):
        return lambda right, layer, z: (
            function(layer["sharpness"] * z) / (layer["sharpness"] if times_k else 1)
            if layer["layer"] == "softplus" else right(layer, z))
    return {"activate": of(value, True), "slope": of(slope, False)}


def of(name, step, formula):
    """One step of an activation by another formula."""
    return {step: lambda right, layer, z: formula(layer, z) if layer["layer"] == name
            else right(layer, z)}


def softmax_by(logarithm, shift):
    """Cross-entropy by log(softmax(y)), which is taken as it is or with a shift."""
    def cross_entropy(right, y, q):
        e = np.exp(y - shift(y))
        p = e / e.sum(1, keepdims=True)
        return -np.where(q, q * logarithm(p), 0).sum(1), right(y, q)[1]
    return {"cross_entropy": cross_entropy}


def largest(y):
    return y.max(1, keepdims=True)


def binary(right, spec, y, t):
    """Binary cross-entropy of a sigmoid."""
    s = 1 / (1 + np.exp(-y))
    return (-(t * np.log(s) + (1 - t) * np.log(1 - s)), s - t) if spec["loss"].startswith(
        "binary") else right(spec, y, t)


def soft_hinge(right, spec, y, t):
    k = spec.get("sharpness")
    return (np.log(1 + np.exp(k * (1 - t * y))) / k, right(spec, y, t)[1]) if k else right(
        spec, y, t)


def power(x):
    """exp in the range of float32."""
    return np.exp(x, dtype=np.float32).astype(float)


LINEAR = of_softplus(lambda a: np.where(a > 20, a, np.log1p(np.exp(np.minimum(a, 20)))),
                     lambda a: np.where(a > 20, 1, 1 / (1 + np.exp(-a))))
CARELESS = {
    "softplus linear from 20 on": (LINEAR, "float64"),
    "log(1 + exp(k z))": (of_softplus(lambda a: np.log(1 + np.exp(a)),
                                      lambda a: np.exp(a) / (1 + np.exp(a))), "float64"),
    "log(1 + exp(k z)) in float32": (of_softplus(
        lambda a: np.log(1 + power(a)), lambda a: 1 / (1 + power(-a))), "float32"),
    "the slope of both branches of elu": (of("elu", "slope", lambda layer, z: (
        1.0 * (z > 0) + (z <= 0) * layer["alpha"] * np.exp(z))), "float64"),
    "the same in float32": (of("elu", "slope", lambda layer, z: (
        1.0 * (z > 0) + (z <= 0) * layer["alpha"] * power(z))), "float32"),
    "tanh by exponentials": (of("tanh", "activate", lambda layer, z: (
        (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)))), "float64"),
    "sigmoid by exp(z)": (of("sigmoid", "activate", lambda layer, z: (
        np.exp(z) / (1 + np.exp(z)))), "float64"),
    "no shift by the largest logit": (softmax_by(np.log, np.zeros_like), "float64"),
    "the logarithm of a probability": (softmax_by(np.log, largest), "float64"),
    "a probability held above 1e-12": (softmax_by(
        lambda p: np.log(np.maximum(p, 1e-12)), largest), "float32"),
    "the logarithm of a sigmoid": ({"term": binary}, "float64"),
    "a soft hinge by log(1 + exp)": ({"term": soft_hinge}, "float64")}


@pytest.mark.parametrize("plant, dtype", CARELESS.values(), ids=CARELESS)
def test_a_formula_that_fails_at_saturation_is_caught_in_core(plant, dtype):
    found = [case for case in CORE if dtype in case.dtypes and has_steps(case)]
    wrong = [case for case in caught(planted((), found, dtype, plant), found, dtype)
             if case.kind != "error"]
    assert wrong and all("/saturated/" in case.id for case in wrong)
