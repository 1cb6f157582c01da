"""S-QR and S-SVD: factors multiplied out by loops, counts, what training keeps, bad input."""
import itertools

import numpy as np
import pytest
from conftest import (assert_near, dyadic, each, random_array, random_input, random_params,
                      same_bits)

from npspectral import Adamax, Spectral, SpectralQR, SpectralSVD, fit, mean_squared_error
from npspectral.nn import PUBLISHED, Constant, Normal, SpectralFullQR, SpectralGaussianSVD
from npspectral.nn.factored_qr import plain_triangle_gram, triangle_gram

sizes = each([(5, 3), (3, 5), (4, 4), (1, 1), (1, 6), (6, 1)])
make = each([SpectralQR, SpectralFullQR, SpectralSVD, SpectralGaussianSVD])
FORMS = [{}, dict(lambda_in=0.0), dict(lambda_out=0.25), dict(lambda_in=2.0, lambda_out=-1.0)]


def trained(layer, rng, epochs=20):
    """First params, and those after some epochs on random targets."""
    start = layer.init(rng)
    x, target = random_array(rng, (30, layer.n_in)), random_array(rng, (30, layer.n_out))
    *_, record = fit(layer, start, x, target, loss=mean_squared_error, optimizer=Adamax(0.05),
                     batch_size=10, rng=rng, epochs=epochs)
    return start, record.params


def lower_triangle(layer, r):
    """L (n_out, k), filled from r row by row: the order that r is defined by."""
    numbers, k = iter(r), min(layer.n_in, layer.n_out)
    lower = np.zeros((layer.n_out, k), r.dtype)
    for i, m in itertools.product(range(layer.n_out), range(k)):
        if m <= i:
            lower[i, m] = next(numbers)
    assert next(numbers, None) is None
    return lower


def phi_by_loops(layer, params):
    """phi_ij as its own sum over the k factors."""
    k, phi = min(layer.n_in, layer.n_out), np.zeros((layer.n_out, layer.n_in))
    for i, j, m in itertools.product(range(layer.n_out), range(layer.n_in), range(k)):
        if "s" in params:
            phi[i, j] += params["u"][i, m] * params["s"][m] * params["v"][m, j]
        elif params["r"].ndim == 2:
            phi[i, j] += params["r"][i, m] * params["q"][j, m]
        else:
            phi[i, j] += lower_triangle(layer, params["r"])[i, m] * params["q"][j, m]
    return phi


def factor_gradient_by_loops(layer, params, x, grad_y):
    """dL/dr or dL/ds as sums over samples, inputs and outputs."""
    lambda_in, lambda_out = layer.eigenvalues(params)
    whole = np.zeros((layer.n_out, min(layer.n_in, layer.n_out)))       # with u in place of dL/du
    for b, i, j, m in itertools.product(range(len(x)), *map(range, (*grad_y.shape[1:], layer.n_in)),
                                        range(whole.shape[1])):
        inner = params["v"][m, j] * params["u"][i, m] if "s" in params else params["q"][j, m]
        whole[i, m] += grad_y[b, i] * (lambda_in[j] - lambda_out[i]) * x[b, j] * inner
    if "s" in params:
        return whole.sum(0)
    if params["r"].ndim == 2:
        return whole
    return whole[np.tri(*whole.shape, dtype=bool)]                      # row by row, m <= i


# The definition

@pytest.mark.parametrize("options", FORMS)
def test_layer_is_spectral_with_the_product_of_its_factors_to_the_last_bit(make, sizes, options,
                                                                           rng):
    layer = make(*sizes, **options)
    params = {name: dyadic(rng, shape) for name, shape in layer.shapes.items()}
    x, grad_y = dyadic(rng, (4, layer.n_in)), dyadic(rng, (4, layer.n_out))
    phi = phi_by_loops(layer, params)
    plain = Spectral(*sizes, **options)
    own = {name: phi if name == "phi" else params[name] for name in plain.shapes}
    (y, residuals), (want, kept) = layer.forward(params, x), plain.forward(own, x)
    grads, grad_x = layer.backward(params, residuals, grad_y)
    want_grads, want_x = plain.backward(own, kept, grad_y)
    factor = want_grads.pop("phi")
    learner = "s" if "s" in params else "r"
    assert same_bits(layer.eigenvectors(params), phi)
    assert same_bits(layer.weight(params), plain.weight(own))
    assert same_bits((y, grad_x), (want, want_x))
    assert (grads.pop(learner) == factor_gradient_by_loops(layer, params, x, grad_y)).all()
    assert same_bits(grads, want_grads) and factor.shape == phi.shape


@pytest.mark.parametrize("options", FORMS)
def test_spectral_is_the_same_layer_with_phi_written_out(make, options, rng):
    layer = make(5, 3, **options)
    params, x = random_params(layer, rng), random_input(layer, rng)
    plain, own = layer.spectral(params)
    assert type(plain) is Spectral and plain.learned == tuple(
        "phi" if name == layer.learner else name for name in layer.learned)
    assert same_bits(plain.forward(own, x)[0], layer.forward(params, x)[0])
    assert same_bits(plain.weight(own), layer.weight(params))
    assert same_bits(plain.eigenvalues(own), layer.eigenvalues(params))
    assert all(own[name] is params[name] for name in own if name != "phi")


# First values

@pytest.mark.parametrize("make", [SpectralQR, SpectralFullQR, SpectralSVD])
def test_first_values_are_those_of_spectral_taken_apart(make, sizes):
    layer, plain = make(*sizes, phi=Normal(1.0)), Spectral(*sizes, phi=Normal(1.0))
    params = layer.init(np.random.default_rng(5))
    want = plain.init(np.random.default_rng(5))
    assert_near(layer.eigenvectors(params), want["phi"])
    assert (np.diff(params.get("s", np.zeros(1))) <= 0).all()
    for name in ("lambda_in", "lambda_out", "bias"):
        assert same_bits(params[name], want[name])


def test_diagonal_of_the_first_triangle_is_positive(rng):
    layer = SpectralQR(30, 4, phi=Normal(1.0))
    assert (np.diagonal(lower_triangle(layer, layer.init(rng)["r"])) > 0).all()


def assert_orthonormal(columns):
    assert_near(columns.T @ columns, np.eye(columns.shape[1]), 64)


def test_fixed_factors_are_orthonormal_and_training_keeps_their_bits(sizes, rng):
    for layer, names in ((SpectralQR(*sizes), "q"), (SpectralFullQR(*sizes), "q"),
                         (SpectralSVD(*sizes), "uv")):
        start, after = trained(layer, rng, 3)
        for name in names:
            assert_orthonormal(after[name].T if name == "v" else after[name])
            assert same_bits(after[name], start[name])
        assert not (after[layer.learner] == start[layer.learner]).any()


@pytest.mark.parametrize("make", [SpectralQR, SpectralFullQR, SpectralSVD])
def test_singular_first_phi_is_taken_apart_as_well(make, rng):
    for phi in (Constant(0.0), Constant(1.0)):
        layer = make(5, 3, phi=phi)
        params = layer.init(rng)
        assert_near(layer.weight(params), np.full((3, 5), phi.value), 64, 1.0)
        assert_orthonormal(params["u"] if "u" in params else params["q"])


# S-QR: the triangle

def test_published_code_trains_the_zeros_of_r(rng):
    layer, above = SpectralFullQR(5, 3), ~np.tri(3, 3, dtype=bool)
    params, x = layer.init(rng), random_input(layer, rng)
    assert (params["r"][above] == 0).all()
    grads, _ = layer.backward(params, layer.forward(params, x)[1], random_array(rng, (4, 3)))
    assert (np.abs(grads["r"][above]) > 1e-3).all()
    _, after = trained(layer, rng)
    assert (np.abs(after["r"][above]) > 1e-3).all()


@pytest.mark.parametrize("n_out, k", [(1, 1), (5, 5), (9, 4), (33, 33), (70, 67)])
def test_fast_triangle_is_the_plain_one(n_out, k, rng):
    """Dyadic numbers, of which no sum is rounded; above 32 rows the triangle is cut."""
    def side(rows):
        return tuple(dyadic(rng, (*rows, size)) for size in (n_out, k, n_out, k))

    side1, side2 = side((2, 3)), side((3, 1))
    for other in (side1, side2):
        got, want = triangle_gram(side1, other), plain_triangle_gram(side1, other)
        assert same_bits(got, want) and got.shape == (2, 3, *other[0].shape[:2])


# Counts

def trained_numbers(layer, rng):
    return sum(array.size for array in layer.trainable_part(layer.init(rng)).values())


@pytest.mark.parametrize("bias", [True, False])
def test_trained_numbers_are_the_formula(sizes, bias, rng):
    n_in, n_out = sizes
    k = min(sizes)
    others = n_in + n_out + n_out * bias
    for layer, factor in ((SpectralQR(*sizes, bias=bias), k * (k + 1) // 2 + (n_out - k) * k),
                          (SpectralFullQR(*sizes, bias=bias), n_out * k),
                          (SpectralSVD(*sizes, bias=bias), k),
                          (SpectralGaussianSVD(*sizes, bias=bias), k)):
        assert trained_numbers(layer, rng) == factor + others
    fixed = SpectralQR(*sizes, lambda_in=0.0, lambda_out=1.0, bias=False)
    assert trained_numbers(fixed, rng) == k * (k + 1) // 2 + (n_out - k) * k


# The published variants

def test_published_svd_has_random_factors_that_are_not_orthogonal(rng):
    layer = SpectralGaussianSVD(400, 300, **PUBLISHED["chicchi2021_svd"])
    params = layer.init(rng)
    for name in "uv":
        n = params[name].size                   # a sample deviation errs by 1 / sqrt(2 n), times 6
        assert abs(params[name].std() / 0.04 - 1) < 6 / (2 * n) ** 0.5
        assert abs(params[name].mean()) < 6 * 0.04 / n ** 0.5
    gram = params["u"].T @ params["u"]
    assert 0.3 < gram.diagonal().min() and gram.diagonal().max() < 0.7         # 300 * 0.04^2
    assert np.abs(gram - np.diag(np.diagonal(gram))).max() > 0.1               # 6 * 0.04^2 17
    assert 0 <= params["s"].min() < 0.1 and 2.9 < params["s"].max() < 3
    assert (params["lambda_in"] == 0).all() and (params["lambda_out"] == 1).all()


def test_factors_of_the_published_svd_do_not_depend_on_a_phi():
    assert "phi" not in repr(SpectralGaussianSVD(5, 3))
    with pytest.raises(TypeError, match="phi"):
        SpectralGaussianSVD(5, 3, phi=Normal(1.0))


def test_other_eigenvalues_are_completed_as_in_spectral():
    layer = SpectralQR(5, 3, lambda_in=1)
    assert layer.lambda_in == 1.0 and layer.lambda_out == Constant(0.0)


# Bad input: errors name the layer itself, not the one inside

@pytest.mark.parametrize("options, message", [
    (dict(lambda_in="1"), r"SpectralQR\(4, 3\): lambda_in is '1', expected a finite number"),
    (dict(lambda_out=np.nan), r"SpectralQR\(4, 3\): lambda_out is nan, expected a finite number")])
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        SpectralQR(**{"n_in": 4, "n_out": 3, **options})
