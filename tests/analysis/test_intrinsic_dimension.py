"""TwoNN against exact distributions: ratios of known law, and clouds of known dimension."""
import math

import numpy as np
import pytest
from conftest import assert_near

from npspectral.analysis.clouds import dimension as module
from npspectral.analysis.clouds.dimension import (block_dimensions, intrinsic_dimension,
                                                  neighbor_ratios, two_nn_fit, two_nn_fit_published,
                                                  two_nn_ml, two_nn_posterior, two_nn_unbiased)

ESTIMATORS = (two_nn_ml, two_nn_unbiased, two_nn_posterior, two_nn_fit, two_nn_fit_published)


def pareto(rng, d, shape):
    return rng.uniform(0, 1, shape) ** (-1 / d)


def test_ratios_are_those_of_the_definition(rng):
    x = rng.standard_normal((30, 4))
    mu, copies = neighbor_ratios(x)
    distances = np.sort(np.sqrt(((x[:, None] - x) ** 2).sum(-1)), 1)
    want = distances[:, 2] / distances[:, 1]
    assert_near(np.sort(mu), np.sort(want), 32)
    assert copies == 0


def test_mean_and_spread_over_independent_ratios_are_the_exact_ones(rng):
    d, n, draws = 7.0, 50, 4000
    mu = pareto(rng, d, (draws, n))
    for estimator, mean in ((two_nn_unbiased, d), (two_nn_ml, d * n / (n - 1)),
                            (two_nn_posterior, d * (n + 1) / (n - 1))):
        values = np.array([estimator(row) for row in mu])
        sd = mean / math.sqrt(n - 2)
        assert abs(values.mean() - mean) < 4 * sd / math.sqrt(draws), estimator
        assert abs(values.std() / sd - 1) < 4 * math.sqrt(1 / draws), estimator


@pytest.mark.parametrize("d", [0.5, 3.0, 40.0])
def test_fits_are_exact_where_the_ratios_are_the_quantiles(d):
    n = 40
    shares = np.append(np.arange(1, n) / n, 1 - 1 / (2 * n))
    mu = (1 - shares) ** (-1 / d)
    for keep in (0.5, 0.9, 1.0):
        assert two_nn_fit(mu[::-1], keep) == pytest.approx(d, rel=1e-13)
    assert two_nn_fit_published(mu) == pytest.approx(d, rel=1e-13)


def test_how_many_ratios_each_fit_takes():
    """Those left out may be anything; the last one taken may not."""
    mu = np.linspace(1.1, 3, 40)

    def changes(estimator, index, *options):
        other = mu.copy()
        other[index:] *= 100
        return estimator(other, *options) != estimator(mu, *options)

    for options, taken in (((), 36), ((0.5,), 20), ((1.0,), 39)):
        assert not changes(two_nn_fit, taken, *options) and changes(two_nn_fit, taken - 1, *options)
    assert not changes(two_nn_fit_published, 36) and changes(two_nn_fit_published, 35)
    few = np.array([1.0, 1.0, *np.linspace(1.1, 3, 10)])    # floor(0.9 10) = 9, two dropped: 8
    a, b = np.log(few[2:10]), -np.log(1 - np.arange(1, 9) / 10)
    assert two_nn_fit_published(few) == pytest.approx(a @ b / (a @ a), rel=1e-14)


@pytest.mark.parametrize("keep, recorded", [(0.9, 4.05496), (0.95, 4.11323)])
def test_ratios_give_the_values_in_the_tests_of_scikit_dimension(keep, recorded):
    """Its TwoNN, until 2024, on 30 points of a ball: F of the i-th ratio was (i - 1)/N, not i/N."""
    from scipy.special import gammainc
    x = np.random.RandomState(0).normal(size=(30, 5))
    squares = (x ** 2).sum(1)
    x *= (gammainc(2.5, squares / 2) ** 0.2 / np.sqrt(squares))[:, None]
    mu, _ = neighbor_ratios(x)
    n = int(keep * 30)
    a, b = np.log(np.sort(mu)[:n]), -np.log(1 - np.arange(n) / 30)
    assert a @ b / (a @ a) == pytest.approx(recorded, abs=5e-6)
    assert two_nn_fit(mu, keep) == pytest.approx(a @ -np.log(1 - np.arange(1, n + 1) / 30)
                                                 / (a @ a), rel=1e-13)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_square_and_a_sphere_have_their_dimension_in_any_space(estimator, rng):
    """sd d / sqrt(N - 2) for independent ratios; shared neighbors and boundaries take the rest."""
    square = rng.uniform(0, 1, (2000, 2)) @ np.linalg.qr(rng.standard_normal((50, 2)))[0].T
    sphere = rng.standard_normal((2000, 5))
    sphere /= np.sqrt((sphere ** 2).sum(1, keepdims=True))
    for x, d in ((square, 2), (sphere, 4)):
        assert abs(intrinsic_dimension(x, estimator).value / d - 1) < 6 / math.sqrt(2000)


def test_the_scale_and_the_place_of_the_cloud_do_not_matter(rng):
    x = rng.integers(-1000, 1000, (60, 3)) / 1024
    want = intrinsic_dimension(x)
    assert intrinsic_dimension(x * 2.0 ** -1010) == want
    assert intrinsic_dimension(x * 2.0 ** 300) == intrinsic_dimension(x + 1024) == want
    assert intrinsic_dimension(x.astype(np.float32)) == want


def test_copies_are_dropped_and_counted(rng):
    x = rng.standard_normal((40, 3))
    x[0] = 0
    dead = np.zeros((7, 3)) * [1, -1, 1]                    # -0 equals 0
    want = intrinsic_dimension(x)
    got = intrinsic_dimension(np.concatenate([x, x[3:6], dead]))
    assert (got.n_points, got.copies) == (40, 10) and want.copies == 0
    assert got.value == pytest.approx(want.value, rel=1e-14)


def test_near_copies_keep_their_digits_in_float32(rng):
    base = 100 * np.ones((1, 60), np.float32)
    x = base + 1e-3 * rng.standard_normal((50, 60)).astype(np.float32)
    mu, copies = neighbor_ratios(x)
    wide = x.astype(np.longdouble)
    distances = np.sort(np.sqrt(((wide[:, None] - wide) ** 2).sum(-1)), 1)
    assert copies == 0
    assert_near(np.sort(mu), np.sort(distances[:, 2] / distances[:, 1]).astype(float), 128)


def test_blocks_are_disjoint_random_and_of_equal_size(rng, monkeypatch):
    seen = []

    def spy(x, estimate):
        seen.append(x)
        return estimate

    monkeypatch.setattr(module, "intrinsic_dimension", spy)
    x = np.arange(50.0)[:, None]
    assert block_dimensions(rng, x, 4, "asked") == ["asked"] * 4
    rows = np.concatenate(seen)[:, 0]
    assert [len(block) for block in seen] == [12] * 4
    assert len(set(rows)) == 48 and set(rows) <= set(range(50))
    assert (np.diff(rows) < 0).mean() > 0.3                 # in no order


def test_one_block_is_the_whole(rng):
    x = rng.standard_normal((40, 3))
    [got] = block_dimensions(rng, x, 1)
    assert got.value == pytest.approx(intrinsic_dimension(x).value, rel=1e-13)
