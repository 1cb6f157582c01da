"""The spectral layer against its definitions: a whole matrix, sums, published first values."""
from fractions import Fraction

import numpy as np
import pytest
from conftest import assert_near, dyadic, random_input, random_params, same_bits

from npspectral import Dense, Spectral
from npspectral.nn import PUBLISHED, Constant, FanUniform, Normal, Uniform


# The definition: W is a block of Phi Lambda Phi^-1

def whole_matrix(layer, params):
    """Phi and Lambda of all n_in + n_out nodes: ones on the diagonal, phi in the lower left."""
    n_in, n = layer.n_in, layer.n_in + layer.n_out
    eigenvectors = np.eye(n)
    eigenvectors[n_in:, :n_in] = params["phi"]
    return eigenvectors, np.diag(np.concatenate(layer.eigenvalues(params)))


@pytest.mark.parametrize("options", [{}, dict(lambda_in=0.0), dict(lambda_in=1.5),
                                     dict(lambda_out=0.25), dict(lambda_in=2.0, lambda_out=-1.0)])
@pytest.mark.parametrize("sizes", [(5, 3), (3, 5), (4, 4), (1, 1), (1, 6), (6, 1)])
def test_weight_and_eigenvalues_are_the_blocks_of_the_whole_matrix(sizes, options, rng):
    layer = Spectral(*sizes, **options)
    params = random_params(layer, rng)
    eigenvectors, eigenvalues = whole_matrix(layer, params)
    blocks = eigenvalues.copy()
    blocks[layer.n_in:, :layer.n_in] = layer.weight(params)
    assert_near(blocks, eigenvectors @ eigenvalues @ np.linalg.inv(eigenvectors), 16)
    assert_near(blocks @ eigenvectors, eigenvectors @ eigenvalues, 16)


# The definition again, as loops over numbers without rounding

def exact_layer(lambda_in, lambda_out, phi, bias, x, grad_y):
    """y and all gradients, every one written as its own sum over Fractions."""
    samples, outputs, inputs = range(len(x)), range(len(phi)), range(len(phi[0]))
    w = [[(lambda_in[j] - lambda_out[i]) * phi[i][j] for j in inputs] for i in outputs]
    y = [[sum(w[i][j] * x[b][j] for j in inputs) + bias[i] for i in outputs] for b in samples]
    grads = {
        "lambda_in": [sum(grad_y[b][i] * phi[i][j] * x[b][j] for b in samples for i in outputs)
                      for j in inputs],
        "lambda_out": [sum(-grad_y[b][i] * phi[i][j] * x[b][j] for b in samples for j in inputs)
                       for i in outputs],
        "phi": [[sum(grad_y[b][i] * (lambda_in[j] - lambda_out[i]) * x[b][j] for b in samples)
                 for j in inputs] for i in outputs],
        "bias": [sum(grad_y[b][i] for b in samples) for i in outputs]}
    grad_x = [[sum(grad_y[b][i] * w[i][j] for i in outputs) for j in inputs] for b in samples]
    return y, grads, grad_x


def fractions(array):
    return np.vectorize(lambda number: Fraction(float(number)), otypes=[object])(array).tolist()


def assert_exact(got, want, dtype):
    assert got.dtype == dtype
    assert fractions(got) == want


def exact_case(sizes, options, rng):
    layer = Spectral(*sizes, **options)
    params = {name: dyadic(rng, shape) for name, shape in layer.shapes.items()}
    x, grad_y = dyadic(rng, (4, layer.n_in)), dyadic(rng, (4, layer.n_out))
    lambda_in, lambda_out = layer.eigenvalues(params)
    bias = params["bias"] if layer.bias else np.zeros(layer.n_out)
    want = exact_layer(*map(fractions, (lambda_in, lambda_out, params["phi"], bias, x, grad_y)))
    return layer, params, x, grad_y, want


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("options", [
    {}, dict(bias=False), dict(lambda_in=0.0), dict(lambda_in=1.0), dict(lambda_in=-0.625),
    dict(lambda_out=0.0), dict(lambda_out=0.375), dict(lambda_in=1.0, lambda_out=0.25)])
@pytest.mark.parametrize("sizes", [(5, 3), (3, 5), (4, 4), (1, 1), (16, 10)])
def test_forward_and_every_gradient_have_no_rounding_on_dyadic_input(sizes, options, dtype, rng):
    layer, params, x, grad_y, (y, grads, grad_x) = exact_case(sizes, options, rng)
    params = {name: array.astype(dtype) for name, array in params.items()}
    got_y, residuals = layer.forward(params, x.astype(dtype))
    got, got_x = layer.backward(params, residuals, grad_y.astype(dtype))
    assert_exact(got_y, y, dtype)
    assert_exact(got_x, grad_x, dtype)
    assert set(got) == set(params)
    for name in got:
        assert_exact(got[name], grads[name], dtype)


# One layer in three forms

def test_layer_begins_as_the_dense_layer_of_phi(rng):
    layer = Spectral(5, 3)
    params, x = layer.init(rng), random_input(layer, rng)
    dense = {"weight": params["phi"], "bias": params["bias"]}
    assert same_bits(layer.weight(params), params["phi"])
    assert same_bits(layer.forward(params, x)[0], Dense(5, 3).forward(dense, x)[0])


# The published ways to set the layer up

MANY, DRAWS = 40, 500                       # layers of MANY rows and columns, DRAWS of them


def many(name, parameter, rng):
    layer = Spectral(MANY, MANY, **PUBLISHED[name])
    return np.ravel([layer.init(rng)[parameter] for _ in range(DRAWS)])


GLOROT = np.sqrt(6 / (2 * MANY))            # of a square matrix
VECTOR = np.sqrt(6 / (1 + MANY))            # of a vector, counted as a matrix of one row


@pytest.mark.parametrize("name, parameter, low, high", [
    ("giambagli2021", "lambda_out", 0.5, 1.5), ("giambagli2021", "phi", -0.2, 0.2),
    ("buffoni_two_sets", "lambda_in", -0.5, 0.5), ("buffoni_two_sets", "lambda_out", -0.5, 0.5),
    ("buffoni_two_sets", "phi", -GLOROT, GLOROT),
    ("chicchi2021", "lambda_in", -0.97, 0.97), ("chicchi2021", "lambda_out", -0.13, 0.13),
    ("buffoni2022", "lambda_out", -0.5, 0.5), ("buffoni2022", "phi", -GLOROT, GLOROT),
    ("giambagli2023", "phi", -GLOROT, GLOROT), ("chicchi2024", "phi", -GLOROT, GLOROT),
    ("venturin", "lambda_in", -MANY ** -0.5, MANY ** -0.5),
    ("venturin", "lambda_out", -MANY ** -0.5, MANY ** -0.5),
    ("venturin", "phi", -MANY ** -0.5, MANY ** -0.5),
    ("csimal", "lambda_in", -VECTOR, VECTOR), ("csimal", "lambda_out", -VECTOR, VECTOR),
    ("csimal", "phi", -GLOROT, GLOROT), ("csimal", "bias", -VECTOR, VECTOR),
    ("peri2026", "lambda_in", -1, 1), ("peri2026", "lambda_out", -1, 1),
    ("peri2026", "phi", -GLOROT, GLOROT)])
def test_published_sets_draw_uniform_numbers_in_the_stated_range(name, parameter, low, high, rng):
    drawn, width = many(name, parameter, rng), high - low
    assert low <= drawn.min() and drawn.max() < high
    # the extremes of n uniform numbers miss the ends by width/n on average; 20 times that, or the
    # mean off by 6 of its standard deviations, happens less often than once in 10^8
    assert drawn.min() < low + 20 * width / drawn.size
    assert drawn.max() > high - 20 * width / drawn.size
    assert abs(drawn.mean() - (low + high) / 2) < 6 * width / np.sqrt(12 * drawn.size)


def test_chicchi2021_draws_gaussian_eigenvectors(rng):
    drawn = many("chicchi2021", "phi", rng)
    n = drawn.size
    assert abs(drawn.std() - 0.036) < 6 * 0.036 / np.sqrt(2 * n)
    assert abs(drawn.mean()) < 6 * 0.036 / np.sqrt(n)
    kurtosis = np.mean((drawn / drawn.std()) ** 4)
    assert abs(kurtosis - 3) < 6 * np.sqrt(24 / n)


@pytest.mark.parametrize("name, parameter, value", [
    ("giambagli2023", "lambda_out", 1.0), ("chicchi2024", "lambda_in", 1.0),
    ("chicchi2021", "bias", 0.0), ("chicchi2024", "bias", 0.0), ("chicchi2021_svd", "bias", 0.0),
    ("chicchi2021_svd", "lambda_in", 0.0), ("chicchi2021_svd", "lambda_out", 1.0)])
def test_published_sets_start_at_the_stated_constant(name, parameter, value, rng):
    assert (Spectral(5, 3, **PUBLISHED[name]).init(rng)[parameter] == value).all()


NAMES_AND_LEARNED = {
    "giambagli2021": ("lambda_out phi", "lambda_out phi"),
    "buffoni_two_sets": ("lambda_in lambda_out phi", "lambda_in lambda_out phi"),
    "chicchi2021": ("lambda_in lambda_out phi bias", "lambda_in lambda_out phi bias"),
    "chicchi2021_svd": ("lambda_in lambda_out phi bias", "lambda_in lambda_out phi bias"),
    "buffoni2022": ("lambda_out phi", "lambda_out phi"),
    "giambagli2023": ("lambda_out phi", "lambda_out phi"),
    "chicchi2024": ("lambda_in phi bias", "lambda_in phi bias"),
    "venturin": ("lambda_in lambda_out phi", "lambda_in lambda_out"),
    "csimal": ("lambda_in lambda_out phi bias", "lambda_in lambda_out bias"),
    "peri2026": ("lambda_in lambda_out phi", "lambda_in lambda_out phi"),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_sets_have_and_train_the_stated_parameters(name):
    layer = Spectral(5, 3, **PUBLISHED[name])
    assert (" ".join(layer.shapes), " ".join(layer.learned)) == NAMES_AND_LEARNED[name]


@pytest.mark.parametrize("name, factor", [
    ("buffoni2022", lambda own: -own["lambda_out"][:, None]),
    ("giambagli2023", lambda own: -own["lambda_out"][:, None]),
    ("giambagli2021", lambda own: -(own["lambda_out"] - 1)[:, None]),
    ("chicchi2024", lambda own: own["lambda_in"])])
def test_published_sets_realize_the_stated_multiple_of_phi(name, factor, rng):
    layer = Spectral(5, 3, **PUBLISHED[name])
    params = random_params(layer, rng)
    assert same_bits(layer.weight(params), factor(params) * params["phi"])


@pytest.mark.parametrize("axis, limit", [(-1, 1 / 20), (0, 1 / 5)])
def test_fan_uniform_counts_the_columns_or_the_rows(axis, limit, rng):
    drawn = np.abs(FanUniform(axis)(rng, (25, 400)))
    assert limit * (1 - 20 / drawn.size) < drawn.max() <= limit


def test_glorot_uniform_counts_rows_and_columns(rng):
    drawn = np.abs(Spectral(400, 200).init(rng)["phi"])
    assert 0.1 * (1 - 20 / drawn.size) < drawn.max() <= 0.1


def test_parameters_are_drawn_one_after_the_other_in_their_order():
    layer = Spectral(5, 3, lambda_in=Uniform(0, 1), lambda_out=Normal(2.0), phi=Uniform(-1, 1),
                     bias=Constant(0.5))
    rng = np.random.default_rng(5)
    want = {"lambda_in": rng.uniform(0, 1, 5), "lambda_out": rng.normal(0, 2, 3),
            "phi": rng.uniform(-1, 1, (3, 5)), "bias": np.full(3, 0.5)}
    assert same_bits(layer.init(np.random.default_rng(5)), want)


@pytest.mark.parametrize("declared", [{"lambda_in": 0.0}, {"lambda_in": Constant(0.0)},
                                      {"lambda_out": 1.0}, {"lambda_out": Constant(1.0)}])
def test_the_other_set_never_starts_where_the_weight_is_zero(declared):
    layer = Spectral(4, 3, **declared)
    params = layer.init(np.random.default_rng(0))
    assert np.array_equal(layer.weight(params), -params["phi"])
