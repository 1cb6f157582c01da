"""Support vectors against the enumeration of all sets, duality and geometry; ridge as primal."""
import itertools
import math

import numpy as np
import pytest
from conftest import assert_near, each, locked

from npspectral.analysis.kernels import _bordered, _dual, _zero_sum, machines
from npspectral.analysis.kernels.machines import (distance_to_planes, distance_to_sphere,
                                                  kernel_ridge, support_vectors)

intercept = each([True, False])


def gaussian_gram(x, width=2.0):
    square = ((x[:, None] - x) ** 2).sum(-1)
    return np.exp(-square / (2 * width ** 2))


def noisy_problem(rng, p, d=3):
    x = rng.standard_normal((p, d))
    y = np.where(np.abs(x[:, 0]) + 0.4 * rng.standard_normal(p) > 0.7, 1.0, -1.0)
    y[:2] = -1, 1
    return gaussian_gram(x), y


def enumerated(gram, y, bound, intercept):
    """beta of largest dual value over every choice of who is at 0, at the bound, or free."""
    p, best, found = len(y), -math.inf, None
    for sides in itertools.product((0, 1, 2), repeat=p):
        sides = np.array(sides)
        free = sides == 2
        beta = np.where(sides == 1, bound * y, 0.0)
        n = free.sum()
        matrix, right = gram[np.ix_(free, free)], y[free] - gram[free] @ beta
        if intercept:
            matrix = np.block([[matrix, np.ones((n, 1))], [np.ones((1, n)), np.zeros((1, 1))]])
            right = np.append(right, -beta.sum())
            if n == 0 and beta.any():
                continue
        if n:
            beta[free] = np.linalg.solve(matrix, right)[:n]
        feasible = (y * beta >= -1e-9).all() and (y * beta <= bound + 1e-9).all()
        value = y @ beta - beta @ gram @ beta / 2
        if feasible and abs(beta.sum()) * intercept < 1e-9 and value > best:
            best, found = value, beta
    return found


def test_where_no_entry_is_free_the_intercept_is_the_middle_of_what_is_allowed():
    found = support_vectors(np.eye(2), np.array([1.0, -1.0]), 0.25)
    assert found.coefficients.tolist() == [0.25, -0.25] and found.intercept == 0


@pytest.mark.parametrize("bound", [0.3, 2.0, 50.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_dual_solution_is_the_best_of_all_sets(intercept, bound, seed):
    gram, y = noisy_problem(np.random.default_rng(seed), 6)
    got = support_vectors(gram, y, bound, intercept)
    want = enumerated(gram, y, bound, intercept)
    assert np.abs(got.coefficients - want).max() < 1e-9 * np.abs(want).max()


@pytest.mark.parametrize("bound", [0.01, 1.0, 100.0, math.inf])
@pytest.mark.parametrize("p", [30, 200])
def test_conditions_hold_to_rounding_and_the_duality_gap_is_closed(intercept, bound, p, rng):
    gram, y = noisy_problem(rng, p)
    gram += 1e-3 * np.eye(p)                                # any labels can be separated
    got = support_vectors(locked(gram), locked(y), bound, intercept)
    beta, margins = got.coefficients, y * got.decide(gram)
    scale = 1 + np.abs(gram) @ np.abs(beta)
    exact = 64 * np.finfo(float).eps * scale.max()
    assert got.violation <= exact
    assert (y * beta >= 0).all() and (y * beta <= bound).all()
    assert (margins[beta == 0] >= 1 - exact).all()
    assert (margins[np.abs(beta) == bound] <= 1 + exact).all()
    inside = (beta != 0) & (np.abs(beta) < bound)
    assert (np.abs(margins[inside] - 1) <= exact).all()
    assert not intercept or abs(beta.sum()) <= exact * p
    slack = np.maximum(0, 1 - margins)
    assert bound < math.inf or slack.max() <= exact
    primal = beta @ gram @ beta / 2 + (bound * slack.sum() if bound < math.inf else 0)
    dual = y @ beta - beta @ gram @ beta / 2
    assert abs(primal - dual) <= 10 * exact * np.abs(beta).sum()


def test_the_hard_margin_is_the_limit_of_large_bounds(rng):
    gram, y = noisy_problem(rng, 40)
    gram += 0.1 * np.eye(40)
    hard = support_vectors(gram, y)
    largest = np.abs(hard.coefficients).max()
    soft = support_vectors(gram, y, 1.01 * largest)
    assert_near(soft.coefficients, hard.coefficients, 1e4)
    assert soft.intercept == pytest.approx(hard.intercept, rel=1e-10)
    softer = support_vectors(gram, y, 0.9 * largest)
    assert np.abs(softer.coefficients - hard.coefficients).max() > 0.05 * largest


def test_an_intercept_makes_it_blind_to_a_constant_added_to_the_kernel(rng):
    gram, y = noisy_problem(rng, 40)
    one, two = (support_vectors(gram + c, y, 5.0) for c in (0.0, 3.0))
    assert_near(two.coefficients, one.coefficients, 1e4)
    bare = [support_vectors(gram + c, y, 5.0, intercept=False) for c in (0.0, 3.0)]
    assert np.abs(bare[0].coefficients - bare[1].coefficients).max() > 0.1
    assert bare[0].intercept == 0.0


def test_the_violation_is_the_largest_by_which_a_condition_fails():
    sides = np.array([0.0, -2]), np.array([2.0, 0])
    both, bare = (_dual.Dual(np.eye(2), np.array([1.0, -1]), *sides, intercept)
                  for intercept in (True, False))
    for beta, residual, want, without in (((0, 0), (0.5, 0.1), 0.5, 0.5),      # 0 wants to rise,
                                          ((0, 0), (-0.5, -0.7), 0.7, 0.7),    # -0 to fall,
                                          ((2, -2), (0.5, -0.7), 0, 0),        # bounds hold them
                                          ((1, -1), (0.1, 0.2), 0.2, 0.2),
                                          ((1, -1), (-0.3, 0.2), 0.3, 0.3),
                                          ((1, -0.5), (0, 0), 1 / 3, 0)):      # the sum is not 0
        arrays = np.array(beta, float), np.array(residual, float)
        assert both.violation(*arrays) == want and bare.violation(*arrays) == without


def test_a_pair_is_moved_to_the_largest_value_that_its_first_can_reach(rng):
    """The dual value along a line is a parabola, known from three points."""
    gram, y = noisy_problem(rng, 12)
    free = np.full(12, math.inf)
    problem, start = _dual.Dual(gram, y, -free, free, True), 0.1 * rng.standard_normal(12)

    def value(*moves):
        beta = start.copy()
        for n, step in moves:
            beta[n] += step
        return y @ beta - beta @ gram @ beta / 2

    def largest(i, j):
        zero, one, two = (value((i, step), (j, -step)) for step in (0.0, 1.0, 2.0))
        bend = zero - 2 * one + two
        return zero - (one - zero - bend / 2) ** 2 / (2 * bend)

    residual = problem.residual(start)
    (i, up), (j, down) = problem.pair(start, residual, residual, 1e-9)
    assert i == residual.argmax() and up == -down > 0
    best = max(largest(i, other) for other in range(12) if residual[other] < residual[i])
    assert value((i, up), (j, down)) == pytest.approx(best, rel=1e-12)


def test_a_few_exchanges_reach_the_solution_from_a_rough_one(intercept, rng, monkeypatch):
    gram, y = noisy_problem(rng, 80)
    gram += 0.1 * np.eye(80)
    want = support_vectors(gram, y, 3.0, intercept).coefficients
    problem = _dual.Dual(gram, y, np.minimum(0, 3 * y), np.maximum(0, 3 * y), intercept)
    rough = problem.move(np.zeros(80), 0.2)
    assert np.abs(rough - want).max() > 0.1
    rounds, solve = [], _dual.Dual.solve
    monkeypatch.setattr(_dual.Dual, "solve",
                        lambda self, *sets: (rounds.append(sets), solve(self, *sets))[1])
    assert_near(problem.exchange(rough), want, 1e6)
    assert len(rounds) <= 12


@pytest.mark.parametrize("bound", [3.0, math.inf])
def test_a_walk_alone_reaches_the_solution_one_by_one(intercept, bound, rng, monkeypatch):
    gram, y = noisy_problem(rng, 25)
    want = support_vectors(gram, y, bound, intercept).coefficients
    problem = _dual.Dual(gram, y, *(np.where(y > 0, one, two) for one, two in (
        (0.0, -bound), (bound, 0.0))), intercept)
    seen, step = [], _dual.Dual.step
    monkeypatch.setattr(_dual.Dual, "step", lambda self, beta, residual, chosen: (
        seen.append(set(chosen.tolist())), step(self, beta, residual, chosen))[1])
    assert_near(problem.walk(np.zeros(25), 1e-9), want, 1e6)
    assert {len(one ^ two) for one, two in zip(seen, seen[1:])} <= {0, 1}


def test_a_matrix_singular_to_rounding_has_its_hard_margin(rng):
    """Wide Gaussians: 190 of 200 eigenvalues are 0 to rounding; exchanges go round in circles."""
    x = rng.standard_normal((200, 2))
    y = np.where(x[:, 0] ** 2 + x[:, 1] > 0.5, 1.0, -1.0)
    gram = gaussian_gram(x, 5.0)
    for intercept in (True, False):
        got = support_vectors(gram, y, intercept=intercept)
        assert got.violation <= 1e-9 and len(got.support) < 30
        assert (y * got.decide(gram)).min() > 1 - 2e-9


def test_moves_alone_reach_the_tolerance(intercept, rng, monkeypatch):
    gram, y = noisy_problem(rng, 25)
    want = support_vectors(gram, y, 3.0, intercept)
    for name in ("exchange", "walk"):
        monkeypatch.setattr(_dual.Dual, name, lambda self, beta, *_: beta)
    monkeypatch.setattr(machines, "LAST_MOVES", 10_000)
    got = support_vectors(gram, y, 3.0, intercept, tolerance=1e-7)
    assert 0 < got.violation <= 1e-7
    assert np.abs(got.decide(gram) - want.decide(gram)).max() < 1e-5


def singular_problem(kind, p, seed=0):
    """Classes that overlap, and a matrix of rank 1 to 10 in exact arithmetic."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((p, {"a line": 1, "ten features": 10}.get(kind, 2)))
    y = np.where(x[:, 0] + rng.standard_normal(p) > 0, 1.0, -1.0)
    if kind == "copies":
        x[p // 2:] = x[:p // 2]
    if kind == "copies of the other class":
        x[p // 2:], y[p // 2:] = x[:p // 2], -y[:p // 2]
    return (1 + x @ x.T / 2) ** 3 if kind == "cubes" else x @ x.T, y


@pytest.mark.parametrize("bound", [1.0, 100.0, 1e4])
@pytest.mark.parametrize("kind", ["a line", "two features", "ten features", "copies",
                                  "copies of the other class", "cubes"])
@pytest.mark.parametrize("p", [30, 120])
def test_overlapping_classes_and_matrices_of_low_rank_are_solved(kind, p, bound, intercept):
    gram, y = singular_problem(kind, p)
    got = support_vectors(gram, y, bound, intercept)
    beta, margins = got.coefficients, y * got.decide(gram)
    assert got.violation <= 1e-9 and (y * beta >= 0).all() and (y * beta <= bound).all()
    primal = beta @ gram @ beta / 2 + bound * np.maximum(0, 1 - margins).sum()
    gap = primal - (y @ beta - beta @ gram @ beta / 2)
    assert abs(gap) <= 4e-9 * np.abs(beta).sum() + 1e-12 * beta @ gram @ beta


@pytest.mark.parametrize("n", [1, 2, 7])
def test_the_basis_of_what_has_the_sum_0_is_orthonormal(n, rng):
    basis = np.array([_zero_sum.whole(row) for row in np.eye(n - 1)]).reshape(n - 1, n)
    assert np.abs(basis.sum(1)).max(initial=0) < 1e-15 * n
    assert np.abs(basis @ basis.T - np.eye(n - 1)).max(initial=0) < 1e-15 * n
    rows = rng.standard_normal((4, n))
    assert_near(_zero_sum.reduced(rows), rows @ basis.T, 100)


def test_two_points_and_points_in_both_classes_by_hand():
    """x = -1, 0 and 2, 3: f = x - 1; x = 0 in both classes, between -1 and 1: f = x."""
    for points, y, bound, want in (([-1, 0, 2, 3], [-1, -1, 1, 1], math.inf, [0, -0.5, 0.5, 0]),
                                   ([-1, 0, 0, 1], [-1, 1, -1, 1], 50.0, [-0.5, 50, -50, 0.5])):
        gram, y = np.outer(points, points).astype(float), np.array(y, float)
        assert_near(support_vectors(gram, y, bound).coefficients, np.array(want), 100)


def test_a_matrix_need_be_definite_only_where_coefficients_have_the_sum_0(rng):
    """-|x - x'| is so: with a constant it is a Gram matrix, and an intercept does not see that."""
    x = rng.standard_normal((60, 3))
    y = np.sign(rng.standard_normal(60))
    gram = 1 - np.sqrt(((x[:, None] - x) ** 2).sum(-1))
    assert np.linalg.eigvalsh(gram)[0] < -1
    want = support_vectors(gram + 9, y, 10.0)
    assert_near(support_vectors(gram, y, 10.0).coefficients, want.coefficients, 1e5)
    with pytest.raises(ValueError, match="gram has an eigenvalue of -.* or less, expected a posit"):
        support_vectors(gram, y, 1e4, intercept=False)


def test_rounding_to_float32_makes_no_matrix_indefinite(intercept):
    gram, y = singular_problem("ten features", 80)
    gram = gram.astype(np.float32).astype(float)
    assert np.linalg.eigvalsh(gram)[0] < -1e-7
    assert support_vectors(gram, y, 100.0, intercept).violation <= 1e-9


def test_a_tolerance_below_rounding_is_named_as_such():
    gram, y = singular_problem("cubes", 60)
    with pytest.raises(RuntimeError, match="rounding alone can be .*, expected a smaller bound"):
        support_vectors(gram, y, 1e12)
    assert support_vectors(gram, y, 1e12, tolerance=0.1).violation <= 0.1


@pytest.mark.parametrize("seed", range(200))
def test_any_rank_and_any_bound_is_solved_to_rounding(seed, intercept):
    rng = np.random.default_rng(seed)
    p, bound = int(rng.integers(5, 80)), 10 ** rng.uniform(-2, 6)
    x = rng.standard_normal((p, int(rng.integers(1, p + 20))))
    gram, y = x @ x.T, np.r_[1.0, -1.0, rng.choice([-1.0, 1.0], p - 2)]
    got = support_vectors(gram, y, bound, intercept)
    assert got.violation <= max(1e-9, 1e-14 * (1 + gram.diagonal().max() * bound))
    assert (y * got.coefficients >= 0).all() and (y * got.coefficients <= bound).all()


def test_a_bound_that_rounding_hides_is_solved_unless_a_tolerance_is_asked_for():
    rng = np.random.default_rng(1)
    x, y = np.repeat(rng.standard_normal((30, 40)), 2, axis=0), rng.choice([-1.0, 1.0], 60)
    gram = x @ x.T
    assert 1e-9 < support_vectors(gram, y, 1e6).violation < 1e-6
    with pytest.raises(RuntimeError, match="expected 1.0e-09 at most; rounding alone can be"):
        support_vectors(gram, y, 1e6, tolerance=1e-9)


def test_a_factor_serves_sets_that_differ_from_its_own(rng):
    x, right = rng.standard_normal((60, 80)), rng.standard_normal((60, 2))
    gram, free = x @ x.T, np.arange(60) < 40
    system, factored = _bordered.Bordered(gram), 0
    for _ in range(12):
        before = system.inside
        want = np.zeros((60, 2))
        want[free] = np.linalg.solve(gram[np.ix_(free, free)], right[free])
        assert_near(system.solve(free, right), want, 1e4)
        factored += system.inside is not before
        free = free ^ np.isin(np.arange(60), rng.choice(60, 2, replace=False))
    assert 1 < factored < 9


def test_labels_that_cannot_be_separated_have_no_hard_margin():
    x = np.array([[0.0], [1.0], [2.0]])
    with pytest.raises(RuntimeError, match="a condition fails by .*labels may not be separable"):
        support_vectors(x @ x.T, np.array([1.0, -1, 1]))
    with pytest.raises(RuntimeError, match="a condition fails by"):
        support_vectors(x @ x.T, np.array([1.0, -1, -1]), intercept=False)      # f(0) = 0


@pytest.mark.parametrize("ridge", [0.0, 0.1, 10.0])
@pytest.mark.parametrize("outputs", [(), (3,)])
def test_ridge_is_the_primal_solution(ridge, outputs, rng):
    features = rng.standard_normal((6, 9 if ridge == 0 else 4))
    y = rng.standard_normal((6, *outputs))
    beta = kernel_ridge(features @ features.T, y, ridge)
    if ridge == 0:
        weight = np.linalg.pinv(features) @ y
    else:
        weight = np.linalg.solve(features.T @ features + ridge * np.eye(4), features.T @ y)
    assert_near(features.T @ beta, weight, 5000)


def test_distances_to_the_interfaces(rng):
    x = np.array([[0.0, 3, 4], [-1, 0, 0.5], [2, 1, 0]])
    assert_near(distance_to_planes(x, (-0.25, 1.5)), np.array([0.25, 0.75, 0.5]))
    assert_near(distance_to_planes(x, [1.0], axis=1), np.array([2.0, 1, 0]))
    assert_near(distance_to_sphere(x, 2.0), np.array([3, 2 - math.sqrt(1.25), math.sqrt(5) - 2]))
    assert_near(distance_to_sphere(x, 2.0, 1), np.array([2.0, 1, 0]))
