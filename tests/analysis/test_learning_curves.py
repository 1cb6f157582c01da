"""Exponents of exact and of noisy power laws, crossings known beforehand, intervals that cover."""
import math

import numpy as np
import pytest

from npspectral.analysis.kernels.learning_curves import (crossing, crossing_interval,
                                                         exponent_interval, feature_exponent,
                                                         kernel_exponent, power_law)

P = 2.0 ** np.arange(5, 12)


def test_an_exact_power_law_is_found():
    law = power_law(P, 0.7 * P ** -0.4)
    assert law.exponent == pytest.approx(0.4, rel=1e-13)
    assert law.prefactor == pytest.approx(0.7, rel=1e-13)
    assert law.standard_error < 1e-14
    np.testing.assert_allclose(law(P), 0.7 * P ** -0.4, rtol=1e-13)
    errors = P ** -0.4 * np.array([[0.5], [0.9]])           # mean over seeds, not of logs
    assert power_law(P, errors).prefactor == pytest.approx(0.7, rel=1e-13)


def test_slope_and_standard_error_are_those_of_a_linear_regression(rng):
    from scipy import stats
    errors = P ** -0.4 * np.exp(0.3 * rng.standard_normal(len(P)))
    law, want = power_law(P, errors), stats.linregress(np.log(P), np.log(errors))
    assert law.exponent == pytest.approx(-want.slope, rel=1e-12)
    assert law.prefactor == pytest.approx(math.exp(want.intercept), rel=1e-12)
    assert law.standard_error == pytest.approx(want.stderr, rel=1e-11)
    assert math.isnan(power_law(P[:2], errors[:2]).standard_error)


def test_both_errors_of_the_exponent_are_its_scatter_over_data_sets(rng):
    """Noise 0.05 of log error: the exponent scatters by 0.05 / |log p - mean|, here 0.0136."""
    scatter = 0.05 / math.sqrt(((np.log(P) - np.log(P).mean()) ** 2).sum())
    laws = [power_law(P, P ** -0.4 * np.exp(0.05 * rng.standard_normal(len(P))))
            for _ in range(400)]
    assert np.std([law.exponent for law in laws]) == pytest.approx(scatter, rel=0.18)   # 5 sigmas
    assert np.mean([law.standard_error ** 2 for law in laws]) == pytest.approx(
        scatter ** 2, rel=5 * math.sqrt(2 / 5 / 400))
    errors = P ** -0.4 * np.exp(0.05 * rng.standard_normal((100, len(P))))
    low, high = exponent_interval(rng, P, errors, 0.68268, 1000)
    assert high - low == pytest.approx(2 * scatter / 10, rel=0.4)


def test_the_interval_covers_as_often_as_it_says(rng):
    hits = 0
    for _ in range(200):
        errors = P ** -0.4 * (1 + 0.1 * rng.uniform(-1, 1, (20, len(P))))
        low, high = exponent_interval(rng, P, errors, 0.9, 200)
        hits += low < 0.4 < high
    assert abs(hits / 200 - 0.88) < 5 * math.sqrt(0.9 * 0.1 / 200)      # 20 seeds: a little narrow


def test_seeds_that_agree_leave_no_interval(rng):
    low, high = exponent_interval(rng, P, np.tile(P ** -0.4, (5, 1)))
    assert low == pytest.approx(0.4, rel=1e-13) and high == pytest.approx(0.4, rel=1e-13)


@pytest.mark.parametrize("d, lazy, feature", [(2, 0.5, 0.75), (3, 0.4286, 0.7143),
                                              (5, 0.3846, 0.6923), (10, 0.3571, 0.6786),
                                              (20, 0.3448, 0.6724)])
def test_exponents_of_theory(d, lazy, feature):
    assert round(kernel_exponent(d), 4) == lazy
    assert round(feature_exponent(d), 4) == feature
    assert feature_exponent(d, 2) == 0.5
    assert feature_exponent(d, d) == pytest.approx(kernel_exponent(d), rel=1e-15)
    assert kernel_exponent(d, 2) == pytest.approx((d + 1) / (3 * d - 1), rel=1e-15)


def test_two_power_laws_cross_where_they_should(rng):
    first, second = 2 * P ** -0.7, 0.5 * P ** -0.4
    where = 4 ** (1 / 0.3)
    assert crossing(P, first, second) == pytest.approx(where, rel=1e-12)
    assert crossing(P, second, first) is None               # it is above at the end
    assert crossing(P, first / 10, second) is None          # it is below from the start
    assert crossing(P[:2], first[:2], second[:2]) is None   # not yet
    both = (np.tile(curve, (3, 1)) for curve in (first, second))
    assert crossing_interval(rng, P, *both) == pytest.approx((where, where), rel=1e-12)
    assert crossing_interval(rng, P, first, first) == (math.inf, math.inf)      # equal is not below


def test_the_last_of_several_crossings_counts():
    ratio = np.array([2, 0.5, 2, 4, 0.5, 0.5, 0.5])
    want = math.exp(np.log(P[3]) + 2 / 3 * math.log(2))
    assert crossing(P, ratio, np.ones(7)) == pytest.approx(want, rel=1e-12)


def test_the_interval_of_a_crossing_covers_and_may_be_open(rng):
    where, hits = 4 ** (1 / 0.3), 0
    for _ in range(100):
        noise = 1 + 0.1 * rng.uniform(-1, 1, (2, 20, len(P)))
        low, high = crossing_interval(rng, P, 2 * P ** -0.7 * noise[0], 0.5 * P ** -0.4 * noise[1],
                                      0.9, 200)
        hits += low < where < high
    assert abs(hits / 100 - 0.88) < 5 * math.sqrt(0.9 * 0.1 / 100)
    mixed = np.array([[2.0, 0.5], [0.4, 0.4], [2.0, 2.5]])
    assert crossing_interval(rng, P[:2], mixed, np.ones((3, 2))) == (0, math.inf)


@pytest.mark.parametrize("level, both", [(0.6, (0, 2)), (0.4, (1, 1))])
def test_the_level_is_the_share_of_draws_within(level, both, rng):
    """Two seeds: a quarter of the draws has the first alone, a quarter the second alone."""
    where = [(2 * a) ** (1 / 0.3) for a in (1.5, 2, 2.5)]
    first, second = np.outer((1.5, 2.5), P ** -0.7), np.tile(0.5 * P ** -0.4, (2, 1))
    got = crossing_interval(rng, P, first, second, level)
    assert got == pytest.approx(tuple(where[i] for i in both), rel=1e-12)
    errors = P ** -np.array([[0.4], [0.6]])
    exponents = [0.4, power_law(P, errors).exponent, 0.6]
    got = exponent_interval(rng, P, errors, level)
    assert got == pytest.approx(tuple(exponents[i] for i in both), rel=1e-12)


def test_rows_of_a_seed_stay_together(rng):
    """Both curves share a factor of the seed, which moves neither ratio nor crossing."""
    factor = np.array([[1e-3], [1.0], [30.0]])
    low, high = crossing_interval(rng, P, factor * 2 * P ** -0.7, factor * 0.5 * P ** -0.4)
    assert low == pytest.approx(high, rel=1e-12)
