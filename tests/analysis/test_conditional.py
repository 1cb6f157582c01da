"""Draws of columns given the others: against refits without a sample, windows, and known laws."""
from statistics import NormalDist

import numpy as np
import pytest
from conftest import assert_near, locked

from npspectral.analysis.spectral import conditional
from npspectral.analysis.spectral.conditional import (RIDGES, conditional_draws, leave_one_out,
                                                      normal_scores)


def refitted(features, y, ridge):
    """Each sample's prediction by the ridge regression of all others, its constant free."""
    found = np.empty(y.shape)
    for b in range(len(y)):
        a, t = np.delete(features, b, 0), np.delete(y, b, 0)
        middle = a - a.mean(0)
        weight = np.linalg.solve(middle.T @ middle + ridge * np.eye(a.shape[1]),
                                 middle.T @ (t - t.mean(0)))
        found[b] = t.mean(0) + (features[b] - a.mean(0)) @ weight
    return found


@pytest.mark.parametrize("n, k", [(12, 3), (9, 20), (8, 8), (2, 1)])
def test_what_is_left_out_is_predicted_by_a_fit_of_the_others(n, k, rng):
    features = locked(rng.standard_normal((n, k)))
    y = locked(np.c_[features[:, 0] + 0.1 * rng.standard_normal(n), rng.standard_normal(n), y0(n)])
    every = np.array([refitted(features, y, ridge) for ridge in RIDGES * n])
    best = ((every - y) ** 2).sum(1).argmin(0)
    want = np.stack([every[best[j], :, j] for j in range(3)], 1)
    assert len(set(best)) > 1 or n == 2             # not all columns take the same ridge
    condition = np.linalg.norm(features, 2) ** 2 / (RIDGES[0] * n)
    assert_near(leave_one_out(features, y), want, 64 * condition)


def y0(n):
    return np.arange(n) % 2.0


def test_scores_are_normal_quantiles_of_ranks_and_equal_values_share_one():
    x = np.array([[3.0, 1.0], [1.0, 1.0], [2.0, 1.0], [4.0, 9.0]])
    normal = NormalDist()
    want = [[normal.inv_cdf((rank - 0.5) / 4) for rank in ranks]
            for ranks in ((3, 1, 2, 4), (2, 2, 2, 4))]
    assert_near(normal_scores(x), np.array(want).T, 64)
    assert np.array_equal(normal_scores(np.exp(x)), normal_scores(x))


def test_a_draw_is_the_mean_and_a_residual_of_one_of_the_samples_nearest_in_it(rng, monkeypatch):
    x = rng.standard_normal((60, 3))
    mean = rng.standard_normal((60, 1))
    monkeypatch.setattr(conditional, "leave_one_out", lambda features, y: mean)
    drawn = conditional_draws(rng, x, [1], draws=400, near=7)[:, :, 0]
    rest, order = x[:, 1] - mean[:, 0], np.argsort(mean[:, 0])
    for place, b in enumerate(order):
        first = min(max(place - 3, 0), 53)
        want = mean[b, 0] + rest[order[first:first + 7]]
        found = np.unique(drawn[:, b].round(12))
        assert np.array_equal(found, np.unique(want.round(12)))


def test_samples_near_a_group_are_near_along_the_first_principal_component(rng, monkeypatch):
    x = rng.standard_normal((60, 3))
    mean = rng.standard_normal((60, 2)) * (0.1, 1.0)        # the second column is the larger
    monkeypatch.setattr(conditional, "leave_one_out", lambda features, y: mean)
    drawn = conditional_draws(rng, x, [0, 1], draws=400, near=7)
    along = (mean - mean.mean(0)) @ np.linalg.svd(mean - mean.mean(0))[2][0]
    order = np.argsort(along)
    rest = x[:, :2] - mean
    for place, b in enumerate(order):
        first = min(max(place - 3, 0), 53)
        near = {tuple(row) for row in (mean[b] + rest[order[first:first + 7]]).round(9)}
        assert {tuple(row) for row in drawn[:, b].round(9)} == near     # in either order


def test_a_gaussian_column_is_drawn_from_its_conditional_law(rng):
    z = rng.standard_normal((4000, 3))
    z[:, 1] = 0.8 * z[:, 0] + 0.6 * z[:, 1]
    drawn = conditional_draws(rng, z, [1], draws=1)[0, :, 0]
    rest = drawn - 0.8 * z[:, 0]
    error = 4 / np.sqrt(len(z))                             # 4 deviations of a correlation
    assert abs(np.corrcoef(rest, z[:, 1] - 0.8 * z[:, 0])[0, 1]) < error
    assert abs(np.corrcoef(rest, z[:, 0])[0, 1]) < error
    assert abs(rest.std() / 0.6 - 1) < error and abs(rest.mean()) < error


@pytest.mark.parametrize("others", [
    lambda n, rng: np.ones((n, 0)), lambda n, rng: np.ones((n, 2)),
    lambda n, rng: np.eye(2)[rng.integers(2, size=n)],
    lambda n, rng: rng.integers(3, size=(n, 3)) * 1.0,
    lambda n, rng: rng.standard_normal((n, 1))], ids=["none", "constant", "0 1", "cells", "number"])
def test_a_draw_does_not_look_at_the_value_that_it_replaces(others, rng):
    x = np.c_[np.sort(rng.standard_normal(1000)), rng.permuted(others(1000, rng), axis=0)]
    drawn = conditional_draws(rng, x, [0], draws=1)[0, :, 0]
    assert abs(np.corrcoef(drawn, x[:, 0])[0, 1]) < 4 / np.sqrt(1000)
    assert abs(drawn.std() / x[:, 0].std() - 1) < 0.1


def test_in_cells_most_draws_come_from_the_own_cell(rng):
    cell = rng.integers(3, size=900)
    x = np.c_[rng.standard_normal(900) * 5.0 ** cell, cell]
    drawn = conditional_draws(rng, x, [0], draws=20)[..., 0]
    for number in range(3):                                 # half are within .674 deviations
        spread = np.median(np.abs(drawn[:, cell == number])) / 0.6745
        assert spread == pytest.approx(5.0 ** number, rel=0.25)


def test_a_spread_that_depends_on_the_others_is_kept(rng):
    x = rng.standard_normal((2000, 2))
    x[:, 1] *= np.where(x[:, 0] > 0, 3.0, 0.3)
    x[:, 1] += x[:, 0]                                      # so that the mean tells x_0
    drawn = conditional_draws(rng, x, [1], draws=1)[0, :, 0] - x[:, 0]
    assert drawn[x[:, 0] > 0.3].std() > 5 * drawn[x[:, 0] < -0.3].std()


def test_a_group_is_drawn_as_a_whole_with_residuals_of_one_sample(rng):
    x = rng.standard_normal((200, 4))
    x[:, 2] = 2 * x[:, 1]
    drawn = conditional_draws(rng, x, [2, 1], draws=3)
    assert_near(drawn[..., 0], 2 * drawn[..., 1], 2**12)
    assert not np.array_equal(drawn[0, :, 1], x[:, 1])


def test_few_levels_stay_levels_and_rows_of_0_and_1_stay_such_rows(rng):
    levels = rng.integers(3, size=80)
    x = np.c_[rng.standard_normal(80), levels * 1.5, np.eye(3)[levels], rng.integers(30, size=80)]
    assert set(conditional_draws(rng, x, [1]).ravel()) == {0.0, 1.5, 3.0}
    rows = conditional_draws(rng, x, [2, 3, 4]).reshape(-1, 3)
    assert set(map(tuple, rows)) == set(map(tuple, np.eye(3)))
    many = conditional_draws(rng, x, [5])
    assert not set(many.ravel()) <= set(range(30))          # above FEW they are numbers


def test_a_column_of_many_texts_as_0_and_1_stays_one(rng):
    x = np.c_[np.eye(25)[rng.integers(25, size=300)], rng.standard_normal(300)]
    rows = conditional_draws(rng, x, np.arange(25), draws=2).reshape(-1, 25)
    assert (rows.sum(1) == 1).all() and set(rows.ravel()) == {0.0, 1.0}


def test_what_the_others_tell_by_a_curve_is_known(rng):
    x = rng.standard_normal((400, 3))
    x[:, 1] = np.abs(x[:, 0])
    drawn = conditional_draws(rng, x, [1], draws=1)[0, :, 0]
    assert np.corrcoef(drawn, x[:, 1])[0, 1] > 0.95         # a straight line alone: up to 0.9


def test_each_level_is_the_nearest_one(rng, monkeypatch):
    given = np.array([0.0, 1.0, 5.0] * 4)[:, None]
    mean = rng.uniform(-2, 7, (12, 1))
    monkeypatch.setattr(conditional, "leave_one_out", lambda features, y: mean)
    monkeypatch.setattr(conditional, "_nearby", lambda *given: np.arange(12)[None])
    given_mean = given.copy()
    given_mean[:] = mean                                    # the residual of b itself: x again
    assert np.array_equal(conditional_draws(rng, np.c_[given, given], [0])[0], given)
    monkeypatch.setattr(conditional, "_nearby", lambda *given: np.zeros((1, 12), int))
    drawn = mean[:, 0] + given[0, 0] - mean[0, 0]
    want = [min((0.0, 1.0, 5.0), key=lambda level: abs(level - value)) for value in drawn]
    assert conditional_draws(rng, np.c_[given, given], [0])[0, :, 0].tolist() == want


@pytest.mark.parametrize("x", [np.ones((5, 1)), np.ones((5, 3)), np.arange(10.0).reshape(5, 2)])
def test_a_lone_column_a_constant_one_and_a_known_one_are_drawn(x, rng):
    drawn = conditional_draws(rng, x, [0], draws=2)
    assert drawn.shape == (2, 5, 1) and set(drawn.ravel()) <= set(x[:, 0])


def test_the_same_seed_draws_the_same_and_scores_at_hand_change_nothing(rng):
    x = rng.standard_normal((30, 3))
    first, again = (conditional_draws(np.random.default_rng(5), x, [1], scores=scores)
                    for scores in (None, normal_scores(x)))
    assert np.array_equal(first, again)
