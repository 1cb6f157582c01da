"""Masked layers against their definition: which links count, and which way gradients go."""
import math
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from conftest import dyadic, each, random_array, random_input, random_params, refusals, same_bits

from npspectral import Chain, Dense, Sparse, Spectral, Tanh
from npspectral.nn import Constant, SpectralQR, magnitude_threshold

INNER = {"spectral": Spectral(5, 3), "lambda_in is 0": Spectral(5, 3, lambda_in=0.0),
         "qr": SpectralQR(5, 3), "dense": Dense(5, 3), "no bias": Dense(5, 3, bias=False)}
CHOICES = {"dynamic": dict(sparsity=0.625), "static": dict(threshold=0.1875)}
inner, choice = each(INNER), each(CHOICES)


def backward(layer, params, x, grad_y):
    return layer.backward(params, layer.forward(params, x)[1], grad_y)


# The definition, as loops over numbers without rounding

def quantile(values, q):
    """Between the sorted values at floor(t) and floor(t) + 1, t = q (n - 1), in proportion."""
    ordered, t = sorted(values), Fraction(q * (len(values) - 1))
    below = math.floor(t)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (t - below) * (ordered[above] - ordered[below])


def exact_mask(layer, weight):
    size = [[abs(Fraction(float(w))) for w in row] for row in weight]
    c = layer.threshold
    if c is None:
        c = quantile([w for row in size for w in row], Fraction(layer.sparsity))
    return np.array([[w > c for w in row] for row in size])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_output_and_gradients_are_the_inner_layer_s_with_masked_links_removed(inner, choice, dtype,
                                                                              rng):
    layer = Sparse(inner, **choice)
    params = {name: dyadic(rng, shape, dtype) for name, shape in layer.shapes.items()}
    x, grad_y = dyadic(rng, (4, 5), dtype), dyadic(rng, (4, 3), dtype)
    keep = exact_mask(layer, inner.weight(params))
    assert 0 < keep.sum() < keep.size
    assert same_bits(layer.mask(params), keep)
    assert (layer.weight(params) == np.where(keep, inner.weight(params), 0)).all()
    y, residuals = layer.forward(params, x)
    grads, grad_x = layer.backward(params, residuals, grad_y)
    want_y, want_x = np.zeros((4, 3), dtype), np.zeros((4, 5), dtype)
    want_weight = np.zeros((3, 5), dtype)
    for i, j in zip(*np.nonzero(keep)):
        w = inner.weight(params)[i, j]
        want_y[:, i] += w * x[:, j]
        want_x[:, j] += w * grad_y[:, i]
        want_weight[i, j] = sum(grad_y[:, i] * x[:, j])
    want = inner.weight_backward(params, want_weight)
    if inner.bias:
        want_y += params["bias"]
        want["bias"] = grad_y.sum(0)
    assert same_bits((y, grads, grad_x), (want_y, want, want_x))


def test_what_is_not_masked_is_the_inner_layer_to_the_last_bit(inner, rng):
    layer = Sparse(inner, threshold=0)
    params, x, grad_y = random_params(layer, rng), random_input(layer, rng), np.ones((4, 3))
    if inner == INNER["lambda_in is 0"]:                # evaluates in another order
        inner = Spectral(5, 3, lambda_in=Constant(0.0), trainable=inner.learned)
        params = {"lambda_in": np.zeros(5), **params}
        layer = Sparse(inner, threshold=0)
    assert same_bits(layer.forward(params, x)[0], inner.forward(params, x)[0])
    assert same_bits(backward(layer, params, x, grad_y), backward(inner, params, x, grad_y))


def test_parameters_are_those_of_the_inner_layer(inner, choice):
    layer, rngs = Sparse(inner, **choice), [np.random.default_rng(3) for _ in range(2)]
    assert same_bits(layer.init(rngs[0]), inner.init(rngs[1]))
    assert (layer.shapes, layer.learned, layer.trainable) == (inner.shapes, inner.learned,
                                                              inner.trainable)
    assert layer.label == "Sparse(5, 3)"


# The threshold

@pytest.mark.parametrize("sparsity", [0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.98, 0.999, 1 - 2**-53])
@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 5), (7, 61), (40, 61), (100, 123)])
def test_threshold_is_numpy_s_quantile_to_the_last_bit(shape, sparsity, rng):
    for weight in (random_array(rng, shape), rng.integers(-3, 4, shape) / 7.0):
        want = np.quantile(np.abs(weight), sparsity)
        assert magnitude_threshold(weight, sparsity) == want


@pytest.mark.parametrize("sampled", [0.0, 1e3])
def test_threshold_does_not_depend_on_where_the_large_weights_are(sampled, rng):
    weight = random_array(rng, (50, 61))
    weight[:, 0] = sampled                      # every 61st value, all that a sample would see
    for sparsity in (0.5, 0.9):
        assert magnitude_threshold(weight, sparsity) == np.quantile(np.abs(weight), sparsity)


@pytest.mark.parametrize("dtype", [np.float32, np.longdouble])
def test_threshold_keeps_the_dtype(dtype, rng):
    weight = random_array(rng, (9, 11), dtype)
    got = magnitude_threshold(weight, 0.9)
    assert got.dtype == dtype
    exact = [abs(Fraction(*number.as_integer_ratio())) for number in weight.flat]
    want = quantile(exact, 0.9)             # t is rounded to float64, as in the layer
    assert abs(Fraction(*got.as_integer_ratio()) - want) <= 2 * np.finfo(dtype).eps * want


def test_nan_in_a_weight_is_not_masked_away(inner, choice, rng):
    params = random_params(inner, rng)
    name, = params.keys() & {"weight", "phi", "r"}
    params[name].flat[0] = np.nan
    assert np.isnan(Sparse(inner, **choice).forward(params, np.ones((1, 5)))[0][0, 0])


# Bad input

def sparse(**options):
    return lambda: Sparse(Spectral(5, 3), **options)


test_options_that_do_not_fit_are_refused = refusals(
    ValueError,
    (sparse(), r"Sparse\(5, 3\): sparsity is None and threshold is None, expected exact"),
    (sparse(sparsity=0.5, threshold=0.1), "sparsity is 0.5 and threshold is 0.1, expect"),
    (sparse(sparsity=1), r"Sparse\(5, 3\): sparsity is 1, expected 0 <= sparsity < 1"),
    (sparse(sparsity=-0.1), "sparsity is -0.1, expected 0 <= sparsity < 1"),
    (sparse(sparsity="90%"), "sparsity is '90%', expected a finite number"),
    (sparse(threshold=-1e-9), "threshold is -1e-09, expected 0 <= threshold"),
    (sparse(threshold=np.nan), "threshold is nan, expected a finite number"),
    *((partial(magnitude_threshold, np.ones((2, 2)), share), f"sparsity is {share}, expected")
      for share in (-0.1, 1, 90, np.nan)))


@pytest.mark.parametrize("inner", [Tanh(), Chain(Dense(5, 3)), Dense, np.eye(3), None])
def test_what_has_no_weight_is_refused(inner):
    with pytest.raises(TypeError, match="(?s)Sparse: layer is .*, expected a layer with weight"):
        Sparse(inner, sparsity=0.5)
