"""The split of the tangent kernel by its formula, and the two families of its eigenvectors."""
from itertools import product

import numpy as np
import pytest
from conftest import assert_near

from npspectral.analysis.kernels import (explained_shares, family_bases, share_outside,
                                         split_kernel, tangent_kernel, without_perpendicular)
from npspectral.nn import OneHidden

D, WIDTH = 3, 20
NETWORK = OneHidden(D, WIDTH)
X = np.array([(first, *signs) for first in (-1.5, -0.6, 0.2, 0.9, 2.0)
              for signs in product((-1.0, 1.0), repeat=D - 1)])     # x_perp isotropic for each x_1
LEVELS = 5


def by_formula(params):
    """K1 and K2 on X, entry by entry."""
    first, second = np.zeros((2, len(X), len(X)))
    for (i, x), (j, y) in product(enumerate(X[:, 0]), repeat=2):
        for weight, bias, beta in zip(params["omega"][:, 0], params["bias"], params["beta"]):
            u, v = weight * x / D ** 0.5 + bias, weight * y / D ** 0.5 + bias
            both = 2 / WIDTH ** 2 * (u > 0) * (v > 0)               # the gain is sqrt(2)
            second[i, j] += both * beta ** 2
            first[i, j] += both * (beta ** 2 * (x * y / D + 1) + u * v)
    return first, second


def test_without_perpendicular_weights_the_kernel_is_its_formula(rng):
    params = without_perpendicular(NETWORK.init(rng))
    assert not params["omega"][:, 1:].any()
    got, want = split_kernel(NETWORK, params, X), by_formula(params)
    for part, formula in zip(got, want):
        assert_near(part, formula, 64, np.abs(formula).max())
    theta = got[0] + got[1] * (X[:, 1:] @ X[:, 1:].T) / D
    assert_near(theta, tangent_kernel(NETWORK, params, X), 16, np.abs(theta).max())


@pytest.mark.parametrize("d, n_parallel", [(5, 1), (10, 2)])
def test_both_parts_depend_on_the_relevant_coordinates_alone(d, n_parallel, rng):
    network, (x, moved) = OneHidden(d, 50), rng.standard_normal((2, 20, d))
    moved[:, :n_parallel] = x[:, :n_parallel]
    params = network.init(rng)
    flat = without_perpendicular(params, n_parallel)
    (rest, bias), (moved_rest, moved_bias) = (split_kernel(network, flat, points, n_parallel)
                                              for points in (x, moved))
    whole, across = tangent_kernel(network, flat, x), x[:, n_parallel:]
    assert np.array_equal(bias, moved_bias)
    assert_near(rest, moved_rest, 16, np.abs(tangent_kernel(network, flat, moved)).max())
    assert_near(rest + bias * (across @ across.T) / d, whole, 16)
    for part, moved_part in zip(*(split_kernel(network, params, points, n_parallel)
                                  for points in (x, moved))):       # not before compression
        assert np.abs(part - moved_part).max() > 0.1 * np.abs(part).max()


@pytest.mark.parametrize("n_parallel", [1, 2])
def test_only_the_weights_across_change(n_parallel, rng):
    params = NETWORK.init(rng)
    flat, omega = without_perpendicular(params, n_parallel), params["omega"]
    assert (flat["omega"] == omega * (np.arange(D) < n_parallel)).all() and omega.all()
    assert flat["bias"] is params["bias"] and flat["beta"] is params["beta"]


def test_every_eigenvector_of_the_split_kernel_is_of_one_family(rng):
    """phi takes any values on the five levels of x_1, so nothing is left outside."""
    params, bases = NETWORK.init(rng), family_bases(X, LEVELS)
    split = tangent_kernel(NETWORK, without_perpendicular(params), X)
    values, vectors = np.linalg.eigh(split)
    shares = explained_shares(bases, vectors[:, values > 1e-12 * values[-1]])
    assert shares.shape == (3, 3 * LEVELS)              # phi, and phi times two coordinates
    np.testing.assert_allclose(shares[:2].sum(0), 1, rtol=1e-9)
    np.testing.assert_allclose(np.sort(shares[:2], 0), [[0] * 15, [1] * 15], atol=1e-9)
    assert abs(share_outside(split, bases[2])) < 1e-13
    assert share_outside(tangent_kernel(NETWORK, params, X), bases[2]) > 0.01


def test_each_family_explains_its_own(rng):
    x = rng.standard_normal((2000, 3))
    bases = family_bases(x)
    assert [basis.shape[1] for basis in bases] == [12, 24, 36]
    vectors = np.stack([np.abs(x[:, 0] - 0.3), x[:, 0] * x[:, 2], x[:, 1] ** 2 - x[:, 2] ** 2,
                        rng.standard_normal(2000)], axis=1)
    first, second, both = explained_shares(bases, vectors / np.linalg.norm(vectors, axis=0))
    assert first[0] > 0.99 and second[1] > 0.99
    assert first[1] < 0.05 and second[0] < 0.05 and both[2] < 0.05
    assert (both - np.maximum(first, second) > -1e-12).all()
    assert both[3] == pytest.approx(36 / 2000, abs=5 * np.sqrt(2 * 36) / 2000)  # nothing but chance


def test_the_trace_in_neither_family_is_that_of_the_centered_kernel(rng):
    x = rng.standard_normal((80, 3))
    both = family_bases(x)[-1]
    features = rng.standard_normal((80, 7))
    centered = features - features.mean(0)
    rest = centered - both @ (both.T @ centered)
    want = (rest ** 2).sum() / (centered ** 2).sum()
    assert share_outside(features @ features.T, both) == pytest.approx(want, rel=1e-12)
