"""The checker at scales where squares of x, or x times a tiny step, leave the range of numbers.

Random networks: none that is right may be refused, and a gradient of one array that is doubled
must be found wherever it holds a normal number. The long test prints what it counted.
"""
from dataclasses import dataclass

import numpy as np
import pytest
from conftest import random_params, with_array

from npspectral import (ELU, Chain, Dense, Identity, LeakyReLU, Nested, ReLU, Sigmoid, Softplus,
                        Sparse, Spectral, SpectralQR, SpectralSVD, Tanh,
                        binary_cross_entropy_with_logits, check_gradients, hinge,
                        mean_squared_error, soft_hinge)
from npspectral.nn import (FixedOrientations, Layer, ScaledDense, SpectralFullQR,
                           SpectralGaussianSVD, tree)
from npspectral.nn.activations import Elementwise
from npspectral.nn.gradient_check import compare_gradient

SCALES = {"float32 1e-30": (np.float32, 1e-30), "float64 1e-160": (np.float64, 1e-160),
          "float64 1e150": (np.float64, 1e150)}
LINEAR = [Spectral, Dense, SpectralQR, SpectralFullQR, SpectralSVD, SpectralGaussianSVD,
          ScaledDense, FixedOrientations,
          lambda n_in, n_out: Spectral(n_in, n_out, lambda_in=0.0),
          lambda n_in, n_out: Spectral(n_in, n_out, bias=False, lambda_out=1.0),
          lambda n_in, n_out: Dense(n_in, n_out, bias=False),
          lambda n_in, n_out: Sparse(Spectral(n_in, n_out), sparsity=0.5),
          lambda n_in, n_out: Nested((n_in, 3, n_out), ELU(0.7))]
BENT = [Identity(), ReLU(), LeakyReLU(), Tanh(), Sigmoid(), Softplus(), Softplus(20.0), ELU()]


def random_network(rng):
    sizes = rng.integers(1, 7, rng.integers(2, 5)).tolist()
    layers = []
    for n_in, n_out in zip(sizes, sizes[1:]):
        layers += [LINEAR[rng.integers(len(LINEAR))](n_in, n_out), BENT[rng.integers(len(BENT))]]
    return Chain(*layers)


@dataclass(frozen=True)
class Doubled(Layer):
    """A network whose backward doubles the gradient of one array."""

    own: Chain
    name: str

    def trainable_part(self, params):
        return self.own.trainable_part(params)

    def forward(self, params, x):
        return self.own.forward(params, x)

    def backward(self, params, residuals, grad_y, input_grad=True):
        grads, grad_x = self.own.backward(params, residuals, grad_y, input_grad)
        grads = with_array(grads, self.name, lambda grad: 2 * grad)
        return grads, 2 * grad_x if input_grad and self.name == "x" else grad_x


def trial(dtype, scale, seed):
    """A right random network is accepted; whether its double was planted, and found."""
    rng = np.random.default_rng(seed)
    network = random_network(rng)
    params = random_params(network, rng, dtype)
    x = (scale * rng.standard_normal((rng.integers(1, 5), network.n_in))).astype(dtype)
    shape = (len(x), network.n_out)
    loss, target = [(None, None), (hinge, rng.choice([-1.0, 1.0], shape).astype(dtype)),
                    (soft_hinge, rng.choice([-1.0, 1.0], shape).astype(dtype)),
                    (mean_squared_error, rng.standard_normal(shape).astype(dtype))][
                        rng.integers(4 if scale < 1 else 3)]
    options = dict(target=target, loss=loss, elements=8)
    y, residuals = network.forward(params, x)
    grad_y = rng.standard_normal(shape).astype(dtype) if loss is None else loss(y, target)[1]
    if loss is None:
        options["grad_y"] = grad_y
    grads, grad_x = network.backward(params, residuals, grad_y)
    gradients = {**dict(tree.items(grads)), "x": grad_x}
    assert check_gradients(network, params, x, **options).ok, f"seed {seed}"
    name = str(rng.choice(list(gradients)))
    if np.abs(gradients[name]).max() < np.finfo(dtype).tiny:
        return False, False
    try:
        check_gradients(Doubled(network, name), params, x, **options)
    except AssertionError as error:
        return True, name in str(error)
    return True, False


@pytest.mark.parametrize("seed", [174, 239, 319])
def test_doubled_gradient_that_the_given_grad_y_hides_is_found(seed):
    """In 174 the sum over samples cancels: to rounding, or to 0 by the order of a machine's sum."""
    planted, seen = trial(*SCALES["float32 1e-30"], seed)
    assert seen == planted and (planted or seed == 174)


@pytest.mark.parametrize("n", [15, pytest.param(1000, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", SCALES)
def test_right_networks_pass_and_doubled_gradients_are_found_at_extreme_scales(name, n):
    alarms, planted, seen, dtype_scale = 0, 0, 0, SCALES[name]
    for seed in range(n):
        try:
            was, found = trial(*dtype_scale, seed)
        except AssertionError as error:
            print(f"alarm at seed {seed}: {error}")
            alarms += 1
        else:
            planted, seen = planted + was, seen + found
    print(f"{name}: {alarms} alarms in {n} right networks, {seen} of {planted} doubled found")
    assert alarms == 0 and seen == planted > n / 2


@pytest.mark.parametrize("dtype, scales", [
    (np.float32, (1e-37, 1e-30, 1e-20, 1e10, 1e30)),
    (np.float64, (1e-300, 1e-200, 1e-160, 1e-100, 1e100, 1e150, 1e200))])
def test_dense_layer_is_right_at_any_scale_and_its_double_is_not(dtype, scales, rng):
    layer = Chain(Dense(3, 2))
    params, x = random_params(layer, rng, dtype), rng.standard_normal((4, 3))
    for scale in scales:
        at = (scale * x).astype(dtype)
        assert check_gradients(layer, params, at).ok
        with pytest.raises(AssertionError, match="wrong: 0/weight\n"):
            check_gradients(Doubled(layer, "0/weight"), params, at)


class Square(Elementwise):
    def function(self, x):
        return x * x, (x,)

    def derivative(self, x):
        return 2 * x


class OfUnitLength(Layer):
    """y = x / |x|, of the same direction at every scale."""

    def forward(self, params, x):
        length = np.sqrt((x * x).sum(-1, keepdims=True))
        return x / length, (x, length)

    def backward(self, params, residuals, grad_y, input_grad=True):
        x, length = residuals
        y = x / length
        grad_x = (grad_y - y * (y * grad_y).sum(-1, keepdims=True)) / length
        return {}, grad_x if input_grad else None


@pytest.mark.parametrize("layer, scales", [
    (Square(), (1e-160, 1e-100, 1e-20, 1e20, 1e100, 1e150)),
    (OfUnitLength(), (1e-140, 1e-100, 1e-20, 1e20, 1e100, 1e150))])
def test_curved_functions_are_right_at_the_scale_of_their_argument(layer, scales, rng):
    x = rng.standard_normal((4, 3))
    for scale in scales:
        assert check_gradients(layer, {}, scale * x).ok


@pytest.mark.parametrize("size", [-1000.0, -700.0, -300.0, 300.0, 700.0])
@pytest.mark.parametrize("layer", [Sigmoid(), Softplus(), Tanh(), ELU()])
def test_tails_of_activations_are_right_and_seen(layer, size, rng):
    x = size + rng.standard_normal((2, 3))
    assert check_gradients(layer, {}, x).ok
    if layer.derivative(x).max() > 1e-300:
        with pytest.raises(AssertionError, match="wrong: x\n"):
            check_gradients(Doubled(layer, "x"), {}, x)


@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize("layer", [Sigmoid(), Softplus(), Tanh()])
def test_smooth_activations_are_right_at_both_zeros(layer, zero):
    assert check_gradients(layer, {}, np.full((1, 2), zero)).ok


@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize("loss, target", [
    (binary_cross_entropy_with_logits, np.array([[0.25, 1.0]])),
    (soft_hinge, np.array([[1.0, -1.0]]))])
def test_smooth_losses_are_right_at_both_zeros(loss, target, zero):
    y = np.full((1, 2), zero) + (target if loss is soft_hinge else 0)   # margin 0 of the hinge
    found = compare_gradient(lambda y: loss(y, target)[0], y, loss(y, target)[1])
    assert all(comparison.ratio <= 1 for comparison in found)


def test_contributions_whose_absolute_sum_overflows_allow_no_error_beyond_their_rounding():
    factors = 5e307 * np.array([1.0, -1.0, 1.0, -1.0])

    def ratios(gradient):
        return [comparison.ratio for comparison in compare_gradient(
            lambda w: factors * w, np.ones(1), np.array([gradient]), "w")]

    assert max(ratios(0.0)) <= 1 < min(ratios(1e300))
