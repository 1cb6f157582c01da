"""The checker: it refuses every planted mistake by its name, and never a layer that is right."""
import re
from dataclasses import dataclass

import numpy as np
import pytest
from conftest import random_array, random_input, random_params, refused

from npspectral import (Chain, Dense, ReLU, Spectral, Tanh, check_gradients,
                        mean_squared_error, softmax_cross_entropy)
from npspectral.nn.activations import Elementwise
from npspectral.nn.gradient_check import compare_gradient


@dataclass(frozen=True)
class Mistaken(Spectral):
    """A spectral layer whose backward makes the mistake `plant(grads, grad_x, params)`."""

    plant: object = None

    def backward(self, params, residuals, grad_y, input_grad=True):
        grads, grad_x = super().backward(params, residuals, grad_y, input_grad)
        changed = self.plant(grads, grad_x, params)
        return (changed, grad_x) if isinstance(changed, dict) else (grads, changed)


def gap(params):
    return params["lambda_in"] - params["lambda_out"][:, None]


def one_element(grads, grad_x, params):
    grads["phi"][2, 1] *= 1 + 1e-10
    return grads


MISTAKES = {
    "sign": ("phi", lambda g, x, p: {**g, "phi": -g["phi"]}),
    "sign of lambda_out": ("lambda_out", lambda g, x, p: {**g, "lambda_out": -g["lambda_out"]}),
    "transposed": ("phi", lambda g, x, p: {**g, "phi": g["phi"].T.copy()}),
    "factor 2": ("phi", lambda g, x, p: {**g, "phi": 2 * g["phi"]}),
    "mean over the batch": ("bias", lambda g, x, p: {**g, "bias": g["bias"] / 4}),
    "tiny factor": ("lambda_in", lambda g, x, p: {**g, "lambda_in": g["lambda_in"] * (1 + 1e-11)}),
    "gap missing": ("phi", lambda g, x, p: {**g, "phi": g["phi"] / gap(p)}),
    "gap is lambda_in": ("phi", lambda g, x, p: {**g, "phi": g["phi"] / gap(p) * p["lambda_in"]}),
    "eigenvalues swapped": ("lambda_in, lambda_out", lambda g, x, p: {
        **g, "lambda_in": g["lambda_out"], "lambda_out": g["lambda_in"]}),
    "phi missing": ("lambda_in", lambda g, x, p: {**g, "lambda_in": (g["phi"] / gap(p)).sum(0)}),
    "detached": ("lambda_out", lambda g, x, p: {**g, "lambda_out": np.zeros(4)}),
    "all detached": ("bias, lambda_in, lambda_out, phi",
                     lambda g, x, p: {name: np.zeros_like(grad) for name, grad in g.items()}),
    "accumulated twice": ("bias, lambda_in, lambda_out, phi",
                          lambda g, x, p: {name: 2 * grad for name, grad in g.items()}),
    "total instead of sum over the batch": ("bias", lambda g, x, p: {
        **g, "bias": np.full(4, g["bias"].sum())}),
    "permuted": ("bias", lambda g, x, p: {**g, "bias": g["bias"][::-1].copy()}),
    "last dropped": ("bias", lambda g, x, p: {**g, "bias": g["bias"] * np.array([1.0, 1, 1, 0])}),
    "one element": ("phi", one_element),
    "NaN": ("bias", lambda g, x, p: {**g, "bias": g["bias"] * np.nan}),
    "infinite": ("bias", lambda g, x, p: {**g, "bias": np.full(4, np.inf)}),
    "grad_x through phi": ("x", lambda g, x, p: x @ np.linalg.pinv(gap(p) * p["phi"]) @ p["phi"]),
    "grad_x negative": ("x", lambda g, x, p: -x),
    "grad_x of the first sample only": ("x", lambda g, x, p: x * np.eye(4)[:, :1]),
    "grad_x detached": ("x", lambda g, x, p: np.zeros_like(x)),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_in_a_backward_is_refused_and_its_array_named(name, rng):
    arrays, plant = MISTAKES[name]
    refused(Mistaken(4, 4, plant=plant), re.escape(f"wrong: {arrays}\n"), rng)


def test_single_wrong_element_among_thousands_is_refused_by_the_adjoint_identity(rng):
    def plant(grads, grad_x, params):
        grads["phi"][37, 51] *= 1.01
        return grads

    refused(Mistaken(60, 50, plant=plant), "wrong: phi\n", rng, elements=5)


def test_mistake_deep_in_a_network_is_named_by_its_path(rng):
    wrong = Mistaken(4, 4, plant=MISTAKES["sign"][1])
    refused(Chain(Dense(5, 4), Tanh(), Chain(wrong, Tanh())), "wrong: 2/0/phi\n", rng)


@pytest.mark.parametrize("array, wrong", [
    ("phi", lambda grad: grad.astype(np.float32)), ("phi", lambda grad: grad.astype(complex)),
    ("phi", lambda grad: grad[:2]), ("phi", lambda grad: grad[None]), ("bias", lambda grad: 0.5),
    ("bias", lambda grad: grad[:, None]), ("bias", lambda grad: None),
    ("bias", lambda grad: grad.tolist()), ("bias", lambda grad: grad[:1])])
def test_gradient_of_the_wrong_type_shape_or_dtype_is_refused_by_its_name(array, wrong, rng):
    layer = Mistaken(4, 4, plant=lambda g, x, p: {**g, array: wrong(g[array])})
    refused(layer, f"^{array}: its gradient ", rng)


@pytest.mark.parametrize("plant, name", [
    (lambda g, x, p: None, "x"),
    (lambda g, x, p: {name: grad for name, grad in g.items() if name != "phi"}, "phi"),
    (lambda g, x, p: {**g, "psi": g["phi"]}, "psi")], ids=["no grad_x", "forgotten", "unasked"])
def test_gradients_that_are_too_few_or_too_many_are_refused(plant, name, rng):
    refused(Mistaken(4, 4, plant=plant), name, rng)


# Losses and penalties

@pytest.mark.parametrize("wrong", [
    lambda grad: -grad, lambda grad: 2 * grad, lambda grad: grad * len(grad),
    lambda grad: grad.mean() + 0 * grad, lambda grad: np.zeros_like(grad),
    lambda grad: grad * (1 + 1e-11)])
def test_mistake_in_the_gradient_of_a_loss_is_refused(wrong, rng):
    def loss(y, target):
        value, grad_y = mean_squared_error(y, target)
        return value, wrong(grad_y)

    refused(Dense(4, 3), "wrong: grad_y\n", rng, target=random_array(rng, (4, 3)), loss=loss)


def test_loss_and_network_can_be_wrong_together(rng):
    def loss(y, target):
        value, grad_y = softmax_cross_entropy(y, target)
        return value, 3 * grad_y

    layer = Mistaken(4, 4, plant=MISTAKES["sign"][1])
    refused(layer, "wrong: grad_y, phi\n", rng, target=rng.integers(4, size=4), loss=loss)


def test_comparisons_of_any_analytic_function(rng):
    at = random_array(rng, (3, 4))
    right = compare_gradient(lambda w: w ** 3, at, 3 * at ** 2, "w", rng=rng)
    wrong = compare_gradient(lambda w: w ** 3, at, 3 * at ** 3, "w", rng=rng)
    assert len(right) == len(wrong) == 13
    assert all(comparison.ratio <= 1 for comparison in right)
    assert all(comparison.ratio > 1 for comparison in wrong)


# Derivatives at a kink and outside the numbers

def test_wrong_side_of_a_kink_is_refused(rng):
    class Other(Elementwise):
        def function(self, x):
            return x * (x.real > 0), (x,)

        def derivative(self, x):
            return (x.real >= 0).astype(x.dtype)

    with pytest.raises(AssertionError, match=r"worst  x \[0, 1\]: backward 1, complex step 0"):
        check_gradients(Other(), {}, np.array([[1.0, 0.0, -1.0]]), grad_y=np.ones((1, 3)), rng=rng)
    assert check_gradients(ReLU(), {}, np.array([[1.0, 0.0, -1.0]]), rng=rng).ok


def test_infinite_slope_is_no_pass(rng):
    class Steep(Elementwise):
        def function(self, x):
            with np.errstate(all="ignore"):
                return x.real * 0 + 1j * x.imag * np.array([1e200, 1]) * 1e200 * 1e200, (x,)

        def derivative(self, x):
            return np.zeros_like(x)

    with np.errstate(all="ignore"), pytest.raises(AssertionError, match="wrong: x"):
        check_gradients(Steep(), {}, np.ones((1, 2)), grad_y=np.ones((1, 2)), rng=rng)


REAL = TypeError, "the forward is not analytic"


@pytest.mark.parametrize("function, error, message", [
    (np.abs, *REAL), (lambda x: x.real, *REAL), (lambda x: np.abs(x) * np.sign(x.real), *REAL),
    (lambda x: np.sqrt((x * x.conj()).real), *REAL),
    (lambda x: x * x.conj().real, AssertionError, "wrong: x")])
def test_forward_that_is_not_analytic_is_said_to_be_so(function, error, message, rng):
    class NotAnalytic(Elementwise):
        def function(self, x):
            return function(x), (x,)

        def derivative(self, x):
            return np.sign(x)

    with pytest.raises(error, match=message):
        check_gradients(NotAnalytic(), {}, random_array(rng, (4, 3)), rng=rng)


# No false alarm

def test_right_layers_are_never_refused_on_integers_where_contributions_cancel():
    layer = Spectral(6, 5)
    for seed in range(100):
        rng = np.random.default_rng(seed)
        params = {name: 1.0 * rng.integers(-3, 4, shape) for name, shape in layer.shapes.items()}
        x = rng.integers(-3, 4, (4, 6)).astype(float)
        grad_y = rng.integers(-3, 4, (4, 5)).astype(float) * (seed > 0)         # 0, too
        assert check_gradients(layer, params, x, grad_y=grad_y, rng=rng).ok


# The report

def test_report_tells_what_was_compared(rng):
    layer = Spectral(5, 3)
    report = check_gradients(layer, random_params(layer, rng), random_input(layer, rng), rng=rng)
    assert report.ok and report.label == "Spectral(5, 3)"
    counts = {"x": 20, "lambda_in": 5, "lambda_out": 3, "phi": 15, "bias": 3}
    for name, size in counts.items():
        own = [c for c in report.comparisons if c.name == name]
        assert len({c.index for c in own if c.index}) == size
        assert [c.index for c in own].count(None) == 1
    assert str(report).startswith("Spectral(5, 3): 0 of 51 comparisons fail; wrong: none\n")
    assert report.worst == max(report.comparisons, key=lambda c: c.ratio)


def test_report_of_a_failure_has_both_numbers_and_the_central_difference(rng):
    layer = Mistaken(4, 4, plant=one_element)
    params, x = random_params(layer, rng), random_input(layer, rng)
    grad_y = random_array(rng, (4, 4))
    true = Spectral(4, 4).backward(params, layer.forward(params, x)[1], grad_y)[0]["phi"][2, 1]
    with pytest.raises(AssertionError) as caught:
        check_gradients(layer, params, x, grad_y=grad_y, rng=rng)
    text = str(caught.value)
    assert f"worst  phi [2, 1]: backward {true * (1 + 1e-10):.17g}" in text
    step, central = (float(number) for number in re.search(
        r"complex step (\S+),.*central difference at the same place (\S+)", text, re.S).groups())
    assert abs(step - true) <= 1e-13 * abs(true) + 1e-15
    assert abs(central - true) <= 1e-6 * abs(true)          # printed with 7 digits


@pytest.mark.parametrize("elements", [0, 7])
def test_elements_limits_how_many_numbers_are_compared_beside_the_adjoint_identity(elements, rng):
    layer = Dense(20, 30)
    report = check_gradients(layer, random_params(layer, rng), random_input(layer, rng), rng=rng,
                             elements=elements)
    own = [c.index for c in report.comparisons if c.name == "weight"]
    assert len(own) == elements + 1 and own.count(None) == 1


def test_rtol_sets_the_allowed_error(rng):
    layer = Mistaken(4, 4, plant=MISTAKES["tiny factor"][1])
    params, x = random_params(layer, rng), random_input(layer, rng)
    assert check_gradients(layer, params, x, rtol=1e-9).ok
    with pytest.raises(AssertionError, match="wrong: lambda_in\n"):
        check_gradients(layer, params, x, rtol=1e-12)
