"""What layers receive and give, and variances of clouds, against what they were made of."""
import numpy as np
import pytest
from conftest import assert_near, locked, random_array, random_params

from npspectral import Chain, Dense, ReLU, Spectral, Tanh
from npspectral.analysis.clouds.activity import (components_for, participation_ratio,
                                                 principal_variances, representations)

NETWORK = Chain(Dense(5, 4), Tanh(), Spectral(4, 3), ReLU(), Dense(3, 2))


def test_each_layer_receives_the_activation_of_the_one_before(rng):
    params, x = random_params(NETWORK, rng), random_array(rng, (6, 5))
    received, given = representations(NETWORK, params, locked(x))
    first = x @ params[0]["weight"].T + params[0]["bias"]
    second = NETWORK.layers[2].forward(params[2], np.tanh(first))[0]
    assert [a.shape[1] for a in received] == [5, 4, 3] and [u.shape[1] for u in given] == [4, 3, 2]
    for got, want in zip(received, (x, np.tanh(first), np.maximum(second, 0))):
        assert_near(got, want)
    for got, want in zip(given, (first, second, NETWORK.forward(params, x)[0])):
        assert_near(got, want)


@pytest.mark.parametrize("n", [6, 3])
def test_variances_are_the_squared_lengths_the_cloud_was_stretched_to(n, rng):
    """Orthonormal columns that sum to 0 are uncorrelated to rounding."""
    columns, _ = np.linalg.qr(np.column_stack([np.ones(40), rng.standard_normal((40, 3))]))
    axes, _ = np.linalg.qr(rng.standard_normal((n, 3)))
    lengths = np.array([4.0, 2.0, 0.5])
    found = principal_variances(locked((columns[:, 1:] * lengths) @ axes.T + 7))
    assert_near(found[:3], lengths ** 2 / 40, 1000)
    assert found.shape == (n,) and np.abs(found[3:]).sum() < 1e-28


@pytest.mark.parametrize("shape", [(9, 4), (4, 9)])
def test_variances_fall_and_add_up_to_those_of_the_columns(shape, rng):
    x = rng.standard_normal(shape) + 3
    found = principal_variances(x)
    assert found.shape == (4,) and (np.diff(found) <= 0).all()
    assert found.sum() == pytest.approx(x.var(0).sum(), rel=1e-14)


def test_counts_of_axes_by_hand():
    variances = np.array([1.0, 5.0, 4.0])
    assert [components_for(variances, share) for share in (0.1, 0.5, 0.51, 0.9, 0.91, 1.0)] == [
        1, 1, 2, 2, 3, 3]
    assert participation_ratio(variances) == pytest.approx(100 / 42, rel=1e-15)
    assert participation_ratio(np.ones(7)) == pytest.approx(7, rel=1e-15)
    assert participation_ratio(np.array([3.0, 0, 0])) == components_for(np.array([3.0, 0])) == 1
