"""Least L1 norms against every vertex of the program, its dual, and the attractors of neurons."""
from itertools import combinations

import numpy as np
import pytest
from conftest import assert_near, locked

from npspectral.analysis.neurons import (augmented, largest_l1_margin, least_l1, least_norm,
                                         maxima)

LABELS = np.array([1.0, -1.0, 1.0])


def by_vertices(features, y):
    """The least sum |w| of all choices of as many columns as points, which fit y."""
    p, h = features.shape
    return min(np.abs(np.linalg.solve(features[:, columns], y)).sum()
               for columns in map(list, combinations(range(h), p)))


def margin_by_vertices(features, y):
    """The same of y (phi w) >= 1: some columns, as many points at the margin, the others beyond."""
    signed, best = y[:, None] * features, np.inf
    p, h = features.shape
    for size in range(1, p + 1):
        for columns in map(list, combinations(range(h), size)):
            for points in map(list, combinations(range(p), size)):
                w = np.linalg.solve(signed[np.ix_(points, columns)], np.ones(size))
                if (signed[:, columns] @ w >= 1 - 1e-9).all():
                    best = min(best, np.abs(w).sum())
    return best


@pytest.mark.parametrize("seed", range(5))
def test_the_norm_is_the_least_of_all_vertices(seed):
    rng = np.random.default_rng(seed)
    features, y = rng.standard_normal((3, 7)), rng.standard_normal(3)
    found = least_l1(locked(features), locked(y))
    assert_near(features @ found.weights, y, 1e4, 1.0)
    assert np.abs(found.weights).sum() == pytest.approx(by_vertices(features, y), rel=1e-9)
    assert len(found.atoms) == 3
    found = largest_l1_margin(locked(features), locked(LABELS))
    assert (LABELS * (features @ found.weights) >= 1 - 1e-9).all()
    assert np.abs(found.weights).sum() == pytest.approx(margin_by_vertices(features, LABELS),
                                                        rel=1e-9)


@pytest.mark.parametrize("function", [least_l1, largest_l1_margin])
def test_multipliers_solve_the_dual_program_and_atoms_are_where_it_is_tight(function, rng):
    features = np.maximum(rng.standard_normal((12, 3)) @ rng.standard_normal((3, 900)), 0)
    y = np.where(rng.random(12) < 0.5, -1.0, 1.0)
    found = function(features, y)
    g, total = found.multipliers @ features, np.abs(found.weights).sum()
    assert np.abs(g).max() <= 1 + 1e-6
    assert found.multipliers @ y == pytest.approx(total, rel=1e-9)
    assert_near(g[found.atoms], np.sign(found.weights[found.atoms]), 1e6)
    assert 1 <= len(found.atoms) <= 12
    if function is largest_l1_margin:
        assert (y * found.multipliers >= 0).all() and len(found.atoms) < 12


def test_columns_join_until_none_is_missed(rng, monkeypatch):
    programs, solve = [], least_norm._program
    monkeypatch.setattr(least_norm, "_program",
                        lambda *given: programs.append(given[0].shape) or solve(*given))
    features = np.maximum(rng.standard_normal((20, 3)) @ rng.standard_normal((3, 2000)), 0)
    found = least_l1(features, np.ones(20))
    some, _ = solve(features, np.ones(20), False)
    assert np.abs(found.weights).sum() == pytest.approx(np.abs(some).sum(), rel=1e-6)
    assert len(programs) > 2 and max(columns for _, columns in programs[:-1]) < 400


def test_a_unit_is_a_factor(rng):
    features, y = rng.standard_normal((4, 30)), rng.standard_normal(4)
    found = least_l1(features, y)
    small = least_l1(features * 2.0 ** -700, y * 2.0 ** -900)
    assert np.array_equal(small.weights, found.weights * 2.0 ** -200)
    assert np.array_equal(small.multipliers, found.multipliers * 2.0 ** 700)


def test_atoms_of_all_directions_stand_at_attractors_of_the_multipliers():
    """Maxima of |g| join the neurons until |g| <= 1 on the whole sphere: what `maxima` finds."""
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((6, 2)), np.array([1.0, -1.0, 1.0, 1.0, -1.0, 1.0])
    rows, v = augmented(x), rng.standard_normal((60, 3))
    for _ in range(30):
        v /= np.linalg.norm(v, axis=1)[:, None]
        found = least_l1(np.maximum(rows @ v.T, 0), y)
        ends = np.concatenate([maxima(x, found.multipliers, sign) for sign in (1, -1)])
        ends /= np.linalg.norm(ends, axis=1)[:, None]
        highest = np.abs(np.maximum(ends @ rows.T, 0) @ found.multipliers).max()
        if highest < 1 + 2e-6:
            break
        v = np.concatenate((v[found.atoms], ends))
    assert highest < 1 + 2e-6
    nearest = (v[found.atoms] @ ends.T).max(1)
    assert len(nearest) <= 6 and (nearest > 1 - 1e-6).all()


def test_what_cannot_be_fitted_is_refused():
    features = np.array([[1.0, 2.0], [2.0, 4.0], [0.0, 0.0]])
    with pytest.raises(ValueError, match="least_l1: no weights on these features fit y"):
        least_l1(features, np.ones(3))
    with pytest.raises(ValueError, match="largest_l1_margin: no weights on these features fit y"):
        largest_l1_margin(features, LABELS)


def test_more_columns_are_tried_before_a_fit_is_refused(rng):
    features = np.hstack((np.zeros((3, 17)), rng.standard_normal((3, 7))))
    y = rng.standard_normal(3)
    assert np.abs(least_l1(features, y).weights).sum() == pytest.approx(
        by_vertices(features[:, 17:], y), rel=1e-9)
