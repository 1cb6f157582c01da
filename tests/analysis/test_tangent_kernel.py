"""The tangent kernel against the Jacobian contraction, its definition, for every layer."""
import tracemalloc

import numpy as np
import pytest
from conftest import EVERY_LAYER, assert_near, each, random_array, random_params

from npspectral import Chain, Dense, Spectral, Tanh
from npspectral.analysis.kernels import tangent as module
from npspectral.analysis.kernels.tangent import (tangent_kernel, tangent_kernel_by_definition,
                                                 tangent_kernel_parts)
from npspectral.nn import (SpectralFullQR, SpectralGaussianSVD, SpectralQR, SpectralSVD,
                           factored_qr, tree)


def jacobian(network, params, x):
    """name -> (K, N, P): the identity seed of the protocol, one output and sample at a time."""
    y, residuals = network.forward(params, x[:, None])
    n_out, n = y.shape[-1], len(x)
    seed = np.broadcast_to(np.eye(n_out)[:, None, None], (n_out, n, 1, n_out))
    grads, _ = network.backward(params, residuals, seed.copy(), input_grad=False)
    rows = {}
    for path, grad in tree.items(grads):
        name = path.rpartition("/")[2]
        rows.setdefault(name, []).append(grad.reshape(n_out, n, -1))
    return {name: np.concatenate(own, -1) for name, own in rows.items()}


def contraction(rows1, rows2):
    return np.einsum("knp,lmp->nmkl", rows1, rows2)


layer = each({name: layer for name, layer in EVERY_LAYER.items()
              if not layer.coupled and any(grad.size for _, grad in tree.items(
                  layer.trainable_part(layer.init(np.random.default_rng(0)))))})


def test_kernel_of_every_layer_is_the_contraction_of_its_jacobian_as_defined(layer, rng):
    params = random_params(layer, rng)
    x1, x2 = random_array(rng, (4, layer.n_in)), random_array(rng, (3, layer.n_in))
    rows1, rows2 = jacobian(layer, params, x1), jacobian(layer, params, x2)
    got = tangent_kernel_parts(layer, params, x1, x2)
    alike = tangent_kernel_parts(layer, params, x1[:3], x2)     # other points, but as many
    assert set(got) == set(rows1)
    total = 0
    for part, array in got.items():
        want = contraction(rows1[part], rows2[part]).reshape(array.shape)
        size = contraction(abs(rows1[part]), abs(rows2[part])).reshape(array.shape)
        assert_near(array, want, 300, size + size.mean(), name=part)
        assert_near(alike[part], array[:3], 64, size.max(), name=part)
        total = total + size
    want = tangent_kernel_by_definition(layer, params, x1, x2)
    assert_near(tangent_kernel(layer, params, x1, x2), want, 300, total + total.mean())
    assert_near(tangent_kernel_by_definition(layer, params, x1)[:, :3],
                tangent_kernel_by_definition(layer, params, x1, x1[:3]), 64, total.max())


@pytest.mark.parametrize("n_out", (1, 3))
def test_blocks_make_no_difference_and_the_kernel_of_x_is_symmetric(n_out, rng, monkeypatch):
    network = Chain(Spectral(4, 6), Tanh(), Dense(6, n_out))
    params, x = random_params(network, rng), random_array(rng, (7, 4))
    whole = tangent_kernel(network, params, x)
    assert whole.shape == ((7, 7) if n_out == 1 else (7, 7, 3, 3))
    monkeypatch.setattr(module, "BLOCK", 3)
    assert_near(tangent_kernel(network, params, x), whole, 64)
    assert_near(tangent_kernel(network, params, x, x), whole, 64)
    flat = whole if n_out == 1 else whole.transpose(0, 2, 1, 3).reshape(21, 21)
    assert_near(flat, flat.T, 64)
    assert np.linalg.eigvalsh(flat).min() > -1e-12 * np.trace(flat)


@pytest.mark.parametrize("width, n, grams", [(64, 500, 2), (1000, 200, 7)])
def test_memory_is_that_of_a_few_gram_matrices(width, n, grams, rng, monkeypatch):
    """Not all blocks of a wide layer are kept: with all, the peak is 12.6 matrices."""
    network = Chain(Dense(10, width), Tanh(), Dense(width, 1))
    params, x = network.init(rng), rng.standard_normal((n, 10))
    monkeypatch.setattr(module, "BLOCK", n // 20)
    tangent_kernel(network, params, x)                      # what comes once does not count
    tracemalloc.start()
    try:
        whole = tangent_kernel(network, params, x)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert whole.nbytes < peak < grams * whole.nbytes


def assert_parts_contract(network, params, x):
    """Every part is the contraction to 1e-12 of its largest entry."""
    rows = jacobian(network, params, x)
    for name, part in tangent_kernel_parts(network, params, x).items():
        want = contraction(rows[name], rows[name]).reshape(part.shape)
        assert np.abs(part - want).max() <= 1e-12 * np.abs(want).max(), name


FACTORED = (SpectralQR, SpectralFullQR, SpectralSVD, SpectralGaussianSVD)


@pytest.mark.parametrize("make", FACTORED)
@pytest.mark.parametrize("n_in, n_out", ((70, 41), (41, 70)))
def test_factors_of_more_than_one_block(make, n_in, n_out, rng):
    assert 41 > factored_qr.TRIANGLE
    network = Chain(make(n_in, n_out), Tanh(), make(n_out, 2))
    params, x = random_params(network, rng), random_array(rng, (4, n_in))
    assert_parts_contract(network, params, x)


@pytest.mark.parametrize("offset", (0.0, 1e3, 1e6, 1e8))
@pytest.mark.parametrize("make", (Spectral, *FACTORED))
@pytest.mark.parametrize("n_out", (1, 3))
def test_a_common_shift_of_all_eigenvalues_costs_no_digits(make, n_out, offset, rng):
    network = Chain(make(5, 7), Tanh(), Dense(7, 4), Tanh(), make(4, n_out))
    params, x = random_params(network, rng), random_array(rng, (6, 5))
    for own in params:
        for name in {"lambda_in", "lambda_out"} & set(own):
            own[name] += offset                 # gaps of numbers so near each other are exact
    assert_parts_contract(network, params, x)


X = np.ones((3, 4))
NETWORK = Chain(Dense(4, 2))
BAD = {
    "nothing trainable": (Chain(Dense(4, 2, trainable=())), X, ValueError, "nothing is trainable"),
    "one sample": (NETWORK, X[0], ValueError, r"x1 has shape \(4,\), expected \(n, n_in\)"),
    "no sample": (NETWORK, X[:0], ValueError, r"expected \(n, n_in\) with n >= 1"),
    "features": (NETWORK, X[:, :2], ValueError, "x has 2 features, expected 4"),
    "a list": (NETWORK, [[1.0]], TypeError, "x1 is list, expected a numpy.ndarray"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused(name, rng):
    network, x, error, message = BAD[name]
    with pytest.raises(error, match=message):
        tangent_kernel(network, network.init(rng), x)
    with pytest.raises(error, match=message.replace("x1", "x")):
        tangent_kernel_by_definition(network, network.init(rng), x)
