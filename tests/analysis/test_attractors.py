"""Attractors: patterns, cells, maxima, merging; counts known by hand, brute force, bad input."""
from itertools import combinations

import numpy as np
import pytest
from conftest import assert_near, each

from npspectral.analysis.neurons.attractors import (attractor_labels, cells, maxima, most_cells,
                                                    patterns, turning_rate)
from npspectral.analysis.neurons.merging import NONE, PROGRAM, SUM, TWO, merge, merge_parallel
from npspectral.analysis.neurons.motion import self_consistent
from npspectral.analysis.neurons.dynamics import Neurons, augmented, velocities
from npspectral.analysis.kernels.tangent import tangent_kernel
from npspectral.nn import OneHidden

beta_sign = each([1, -1])


def draw(rng, d, h):
    return Neurons(rng.standard_normal((h, d)), rng.standard_normal(h), rng.standard_normal(h))


def line(slopes, biases, betas):
    """Neurons of one input from lists."""
    return Neurons(np.array(slopes, float)[:, None], np.array(biases, float),
                   np.array(betas, float))


# Counting

POINTS = np.array([[-1.0], [0.5], [2.0]])


def test_attractor_labels_by_hand():
    #               right of 1, twice; the same, beta < 0; nowhere; all; kink on 0.5; beta = 0
    neurons = line([1, 2, 1, -1, 1, 1, 1], [-1, -2, -1, -9, 3, -0.5, -0.5], [1, 5, -1, 1, 1, 1, 0])
    found = attractor_labels(neurons, POINTS)
    assert found.count == 4
    assert found.labels[0] == found.labels[1] and len(set(found.labels)) == 5
    assert found.dead.tolist() == [False, False, False, True, False, False, True]
    assert found.sliding.tolist() == [False] * 5 + [True, False]
    assert patterns(neurons, POINTS)[5].tolist() == [-1, 0, 1]


def test_neurons_that_flicker_on_a_kink_are_one_attractor():
    neurons = line([1, 1, 1], [-0.5, -0.5 + 1e-6, -0.5 - 1e-6], [1, 2, 3])
    assert attractor_labels(neurons, POINTS).count == 3
    found = attractor_labels(neurons, POINTS, 1e-5)
    assert found.count == 1 and found.sliding.all()
    assert attractor_labels(neurons, POINTS, 1e-7).count == 3


def test_tolerance_is_relative_and_chance_puts_as_many_on_kinks_as_stated(rng):
    d, p, h, tolerance = 4, 50, 4000, 0.02
    neurons, x = draw(rng, d, h), rng.standard_normal((p, d))
    found = patterns(neurons, x, tolerance)
    larger = neurons.replaced(8 * neurons.vectors, neurons.beta)
    assert (patterns(larger, x, tolerance) == found).all()
    expected = p * tolerance * np.sqrt((2 * d - 1) / np.pi)
    assert abs((found == 0).sum(1).mean() / expected - 1) < 0.05
    assert ((patterns(neurons, x) > 0) == (neurons.preactivations(x) > 0)).all()


def test_dead_neurons_alone_are_no_attractor():
    found = attractor_labels(line([1, 1], [-9, -8], [1, -1]), POINTS)
    assert found.count == 0 and found.dead.all() and not found.sliding.any()


# Cells

@pytest.mark.parametrize("d, p", [(1, 7), (2, 8), (3, 6), (5, 4)])
def test_cells_in_general_position_are_as_many_as_there_can_be(rng, d, p):
    found = cells(rng.standard_normal((p, d)))
    assert len(found) == most_cells(p, d) == len(np.unique(found, axis=0))
    assert most_cells(4, 5) == 2 ** 4                    # fewer points than v has entries


def test_patterns_of_neurons_are_cells(rng):
    x, many = rng.standard_normal((6, 2)), draw(rng, 2, 100_000)
    seen = {tuple(row) for row in np.unique(many.preactivations(x) > 0, axis=0)}
    every = {tuple(row) for row in cells(x)}
    assert seen <= every and len(seen) > len(every) - 4  # thin ones are missed
    assert 2 * (len(seen) - 1) == attractor_labels(many, x).count <= 2 * most_cells(6, 2)


def test_cells_of_points_in_special_position(rng):
    x = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [1.0, 1.0]])
    found = cells(x)                                     # on a line, one twice: 3 points of d = 1
    assert len(found) == most_cells(3, 1) and (found[:, 1] == found[:, 3]).all()


# Where neurons end

def test_growing_neurons_end_in_the_maxima_and_nowhere_else(rng, beta_sign):
    x, force = rng.standard_normal((7, 2)), np.array([1, -1, 1, -1, 1, -1, 0.5])
    found, rows = maxima(x, force, beta_sign), augmented(x)
    size = np.sqrt((found * found).sum(1, keepdims=True))
    ends = (found / size)[size[:, 0] > 0.01]                    # slower ones take too many steps
    near = np.repeat(ends, 9, axis=0)                           # for basins that are small
    near = near + 2e-3 * rng.standard_normal(near.shape)
    unit = np.concatenate((rng.standard_normal((400, 3)), near))
    for step in np.repeat([1e-2, 1e-3, 1e-4], [2000, 2000, 2000]):
        unit = unit / np.sqrt((unit * unit).sum(1, keepdims=True))
        unit = unit + step * beta_sign * (((unit @ rows.T > 0) * force) @ rows)
    unit = unit / np.sqrt((unit * unit).sum(1, keepdims=True))
    growing = beta_sign * (np.maximum(unit @ rows.T, 0) @ force) > 0.01
    cosines = unit[growing] @ ends.T
    assert (cosines.max(1) > 1 - 1e-5).all()
    assert set(cosines.argmax(1)) == set(range(len(ends)))


def test_maxima_without_kinks_are_the_cells_that_hold_their_fixed_point(rng, beta_sign):
    sliding = inside = 0
    for _ in range(8):
        x, force = rng.standard_normal((4, 2)), rng.standard_normal(4)
        found, rows, every = maxima(x, force, beta_sign), augmented(x), cells(x)
        size = np.sqrt((found * found).sum(1, keepdims=True))
        free = (np.abs(found @ rows.T) > 1e-9 * size).all(1)
        want = every[self_consistent(every, x, force, beta_sign)]
        got = found[free] @ rows.T > 0
        assert {tuple(row) for row in got} == {tuple(row) for row in want}
        value = beta_sign * (np.maximum(found @ rows.T, 0) @ force)
        assert_near(value, size[:, 0] ** 2, scale=9.0)   # psi is homogeneous, v its gradient
        assert all(turning_rate(v, x, force, 1e-9) < 1e-13 for v in found)
        sliding, inside = sliding + (~free).sum(), inside + free.sum()
    assert sliding > 1 and inside > 1


def test_nothing_attracts_where_no_force_agrees():
    assert maxima(POINTS, -np.ones(3), 1).shape == (0, 2)
    assert maxima(POINTS, np.ones(3), 1).tolist() == [[1.5, 3], [2.5, 2]]   # -1 may be left out


def test_nothing_attracts_where_stronger_forces_cancel_all_that_agree():
    for seed in range(10):                               # what is left over is rounding
        rng = np.random.default_rng(seed)
        x, force = rng.standard_normal((3, 2)), rng.uniform(0.2, 1, 3)
        assert not maxima(np.tile(x, (2, 1)), np.append(np.full(3, 0.1), -force), 1).size


def test_turning_rate_is_the_least_over_all_parts_of_the_kink(rng):
    x, force = rng.standard_normal((6, 2)), rng.standard_normal(6)
    rows = augmented(x)
    vector = np.cross(rows[0], rows[1])                  # two points on the kink
    unit, active = vector / np.sqrt(vector @ vector), rows @ vector > 0
    active[:2] = False
    pushed = (rows - np.outer(rows @ unit, unit)) * force[:, None]
    steps = np.linspace(0, 1, 201)
    theta = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
    sizes = pushed[active].sum(0) + theta @ pushed[:2]
    whole = sum(np.sqrt(row @ row) * abs(g) for row, g, a in zip(rows, force, active) if a)
    whole += sum(np.sqrt(row @ row) * abs(g) for row, g in zip(rows[:2], force[:2]))
    want = np.sqrt((sizes * sizes).sum(1)).min() / whole
    assert want > 0.01 and want - 0.01 < turning_rate(vector, x, force, 1e-9) <= want + 1e-15
    assert turning_rate(-vector - 9 * rows.sum(0), x, np.zeros(6)) == 0


# Merging

def can_be_one(neurons, x, group):
    """Whether one neuron can stand for those of the group, by all sets of conditions that could
    bind: a polyhedron that is not empty has a point where some of them do, and which is nearest
    to 0 among such points."""
    rows, active = augmented(x), neurons.preactivations(x)[group[0]] > 0
    moment = neurons.beta[group] @ neurons.vectors[group]
    sign = np.sign(rows[active][0] @ moment)
    if (sign * (rows[active] @ moment) < 0).any():
        return False
    _, sizes, turns = np.linalg.svd(rows[active])
    free = turns[(sizes > 1e-10).sum():].T               # what vanishes on the active points
    slopes, bounds = sign * rows[~active] @ free, -sign * rows[~active] @ moment
    for n in range(min(free.shape[1], len(bounds)) + 1):
        for some in map(list, combinations(range(len(bounds)), n)):
            point = np.linalg.pinv(slopes[some]) @ bounds[some]
            if (slopes @ point <= bounds + 1e-9).all():
                return True
    return False


@pytest.mark.parametrize("d, p, h", [(2, 12, 3000), (3, 6, 1000)])
def test_merged_neurons_are_the_fewest_and_keep_f_on_the_training_set(rng, d, p, h):
    neurons, x = draw(rng, d, h), rng.standard_normal((p, d))
    merged = merge(neurons, x)
    want, got = neurons.forward(x), merged.neurons.forward(x)
    assert np.abs(got - want).max() <= 1e-14 * np.abs(want).max()
    other = rng.standard_normal((p, d))
    assert np.abs(merged.neurons.forward(other) - neurons.forward(other)).max() > 1e-3
    found, active = attractor_labels(neurons, x), neurons.preactivations(x) > 0
    pairs = {(tuple(row), beta > 0)
             for row, beta in zip(active[~found.dead], neurons.beta[~found.dead])}
    both = {row for row, sign in pairs if (row, not sign) in pairs}
    names = (NONE, SUM, PROGRAM, TWO)
    assert sum(merged.count(name) for name in names) == len(both)
    assert merged.count(SUM, mixed=False) == len(pairs) - 2 * len(both)
    assert len(merged.neurons.beta) == (merged.count(SUM) + merged.count(SUM, mixed=False)
                                        + merged.count(PROGRAM) + 2 * merged.count(TWO))
    assert len(merged.neurons.beta) < len(pairs) == found.count
    assert_near(merged.neurons.beta ** 2, (merged.neurons.vectors ** 2).sum(1))     # balanced
    assert all(merged.count(name) > 0 for name in (SUM, PROGRAM, TWO))
    possible = [can_be_one(neurons, x, np.flatnonzero((active == row).all(1) & (neurons.beta != 0)))
                for row in sorted(both)]
    assert len(possible) - sum(possible) == merged.count(TWO)


def test_neurons_of_one_sign_merge_into_one_with_their_pattern(rng):
    neurons, x = draw(rng, 2, 3000), rng.standard_normal((12, 2))
    neurons = neurons.replaced(neurons.vectors, np.abs(neurons.beta))
    merged = merge(neurons, x)
    assert set(merged.certificates) == {SUM} and not merged.mixed.any()
    before, after = (np.unique(patterns(some, x), axis=0) for some in (neurons, merged.neurons))
    assert np.array_equal(before[(before > 0).any(1)], after)


@pytest.mark.parametrize("slopes, biases, betas, certificate, n", [
    ([1, 3], [-1, -3], [3, -1], NONE, 1),                # they cancel
    ([1, 3], [-1, -3], [3, 1e-8 - 1], SUM, 1),           # but for 3e-8 (x - 1)
    ([1, 4], [-1, -4], [2, -1], SUM, 1),                 # -2 (x - 1) is right of 1 as both are
    ([1, 4], [0, -1], [1, -0.4], PROGRAM, 1),            # 0.4 - 0.6 x, at 0.5 and not at -1
])
def test_certificates_by_hand(slopes, biases, betas, certificate, n):
    neurons = line(slopes, biases, betas)
    x = POINTS[:2] if certificate == PROGRAM else POINTS
    merged = merge(neurons, x)
    assert merged.certificates.tolist() == [certificate] and len(merged.neurons.beta) == n
    assert_near(merged.neurons.forward(x), neurons.forward(x), scale=1.0)
    assert merged.neurons.width == 2


def test_two_stay_where_l_has_both_signs_on_the_active_points():
    x = np.array([[0.0], [1.0], [2.0]])
    neurons = line([1, 4], [0.5, 0.1], [1, -0.5])        # 0.45 - x at 0, 1, 2
    merged = merge(neurons, x)
    assert merged.certificates.tolist() == [TWO] and len(merged.neurons.beta) == 2
    assert_near(merged.neurons.forward(x), neurons.forward(x))


def test_nothing_but_dead_neurons_leaves_one_that_does_nothing():
    merged = merge(line([1, 1], [-9, -8], [1, -1]), POINTS)
    assert len(merged.certificates) == 0 and merged.neurons.beta.tolist() == [0]
    assert (merged.neurons.forward(POINTS) == 0).all()


def tripled(rng, d=3, h=5):
    """Neurons of which each is three, with other lengths and in a random order."""
    points = rng.standard_normal((h, d + 2))
    many = np.concatenate([scale[:, None] * points for scale in rng.uniform(0.1, 2, (3, h))])
    many = many[rng.permutation(3 * h)]
    return Neurons(many[:, :d], many[:, d], many[:, d + 1])


def kernel(neurons, x):
    """Tangent kernel, of a network with other gain instead of another 1/h."""
    h, d = neurons.omega.shape
    network = OneHidden(d, h, gain=neurons.gain * h / neurons.width)
    params = dict(omega=neurons.omega, bias=neurons.bias, beta=neurons.beta)
    return tangent_kernel(network, params, x)


def test_parallel_neurons_merge_without_a_trace(rng):
    neurons = tripled(rng)
    merged, x = merge_parallel(neurons), rng.standard_normal((20, 3))
    assert len(merged.beta) == 5
    assert_near(merged.forward(x), neurons.forward(x), 256)
    assert_near(kernel(merged, x), kernel(neurons, x), 256)
    y, start = rng.choice([-1.0, 1.0], 20), neurons.forward(x)
    for _ in range(300):
        neurons, merged = (euler(some, x, y) for some in (neurons, merged))
    assert np.abs(merged.forward(x) - neurons.forward(x)).max() < 1e-13
    assert np.abs(neurons.forward(x) - start).max() > 0.5


def euler(neurons, x, y, step=0.2):
    moved, beta = velocities(neurons, x, y - neurons.forward(x))
    return neurons.replaced(neurons.vectors + step * moved, neurons.beta + step * beta)


def test_collinear_neurons_that_are_not_balanced_alike_stay_apart(rng):
    neurons = line([1, 2, 1, 1, 0], [1, 2, 1, 1 + 1e-6, 0], [1, 1, -1, 1, 0])
    assert len(merge_parallel(neurons).beta) == 4        # of them the zero goes
    assert len(merge_parallel(neurons, 1e-5).beta) == 3
    assert merge_parallel(line([0, 0], [0, 0], [0, 0])).beta.tolist() == [0]
