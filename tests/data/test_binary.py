"""Binary tasks against exact class probabilities and, point by point, their definitions."""
import math

import numpy as np
import pytest
from conftest import refusals
from scipy import stats

from npspectral import data
from npspectral.data.binary import STRIPE, cube_edge, cylinder_radius, sphere_radius

SIGMAS_OF_LUCK = 5              # a frequency further off happens once in 1.7 million draws
N = 40_000


def half(a):
    return stats.norm.cdf(a) - stats.norm.cdf(-a)


TASKS = {                       # name -> (call, d, P(y = -1), condition on one point)
    "stripe": (data.stripe, 5, 0.5, lambda x: -0.3 < x[0] < STRIPE[1]),
    "stripe on a line": (data.stripe, 1, 0.5, lambda x: -0.3 < x[0] < STRIPE[1]),
    "cylinder": (data.cylinder, 3, 0.5, lambda x: math.hypot(*x[:2]) > math.sqrt(2 * math.log(2))),
    "cylinder of 3": (lambda *a: data.cylinder(*a, n_parallel=3), 5, stats.chi2(3).sf(7 / 3),
                      lambda x: math.fsum(x[:3] ** 2) > 7 / 3),
    "cylinder of 3, exact": (lambda *a: data.cylinder(*a, n_parallel=3, median="exact"), 3, 0.5,
                             lambda x: math.fsum(x ** 2) > stats.chi2(3).median()),
    "cylinder, stretched": (lambda *a: data.cylinder(*a, stretch=7.0), 4, 0.5,
                            lambda x: math.hypot(*x[:2]) > math.sqrt(2 * math.log(2))),
    "sphere": (data.sphere, 2, 0.49543, lambda x: math.fsum(x ** 2) > 2 * (8 / 9) ** 3),
    "sphere, exact": (lambda *a: data.sphere(*a, median="exact"), 2, 0.5,
                      lambda x: math.fsum(x ** 2) > 2 * math.log(2)),
    "cube": (data.cube, 4, 0.5, lambda x: all(half(abs(t)) < 0.5 ** 0.25 for t in x)),
    "xnor": (data.xnor, 3, 0.5, lambda x: x[0] * x[1] > 0),
    "and_task": (data.and_task, 6, 0.25, lambda x: min(x[:2]) > 0),
    "and_d": (data.and_d, 4, 1 / 16, lambda x: min(x) > 0),
    "boolmat": (data.boolmat, 5, 0.5, lambda x: math.prod(x) > 0),
    "sphere_grid": (data.sphere_grid, 2, 0.5, lambda x: math.fsum(x ** 2) > 2 * math.log(2)),
}


@pytest.mark.parametrize("name", TASKS)
def test_labels_follow_the_definition_and_are_as_frequent_as_they_should(name, rng):
    task, d, probability, condition = TASKS[name]
    x, target = task(rng, N, d)
    assert x.shape == (N, d) and target.shape == (N, 1) and x.dtype == target.dtype == float
    want = [-1.0 if condition(point) else 1.0 for point in x[::40]]
    np.testing.assert_array_equal(target[::40, 0], want)
    bound = SIGMAS_OF_LUCK * math.sqrt(probability * (1 - probability) / N)
    assert abs((target == -1).mean() - probability) < bound


@pytest.mark.parametrize("name", [name for name in TASKS if name != "sphere_grid"])
def test_points_are_standard_normal(name, rng):
    task, d, _, _ = TASKS[name]
    x, _ = task(rng, N, d)
    x[:, 2:] /= 7 if name == "cylinder, stretched" else 1
    assert all(stats.kstest(column, "norm").pvalue > 1e-4 for column in x.T)
    off_diagonal = x.T @ x / N - np.eye(d)
    assert np.abs(off_diagonal).max() < SIGMAS_OF_LUCK * math.sqrt(2 / N)


@pytest.mark.parametrize("name", TASKS)
def test_a_seed_means_the_same_set_in_every_dtype(name):
    task, d, _, _ = TASKS[name]
    x, target = task(np.random.default_rng(3), 500, d)
    x32, target32 = task(np.random.default_rng(3), 500, d, np.float32)
    assert x32.dtype == target32.dtype == np.float32
    np.testing.assert_array_equal(target32, target)
    np.testing.assert_allclose(x32, x, rtol=2 * np.finfo(np.float32).eps)


def test_the_stripe_holds_half_of_the_points_exactly():
    inside = stats.norm.cdf(STRIPE[1]) - stats.norm.cdf(STRIPE[0])
    assert abs(inside - 0.5) < 2 * np.finfo(float).eps
    assert round(STRIPE[1], 5) == 1.18549


@pytest.mark.parametrize("d, published", [(2, 0.49543), (3, 0.49709), (5, 0.49849), (10, 0.49942),
                                          (20, 0.49979)])
def test_the_published_sphere_is_not_quite_the_median(d, published):
    assert round(stats.chi2(d).sf(sphere_radius(d) ** 2), 5) == published
    assert stats.chi2(d).sf(sphere_radius(d, "exact") ** 2) == pytest.approx(0.5, rel=1e-13)


def test_radius_of_the_cylinder():
    assert cylinder_radius(2) == pytest.approx(1.17741, abs=5e-6)
    assert stats.chi2(2).sf(cylinder_radius(2) ** 2) == pytest.approx(0.5, rel=1e-14)
    assert round(stats.chi2(3).sf(cylinder_radius(3) ** 2), 3) == 0.506
    for k in (1, 2, 3, 8):
        assert stats.chi2(k).sf(cylinder_radius(k, "exact") ** 2) == pytest.approx(0.5, rel=1e-13)


@pytest.mark.parametrize("d", [1, 2, 7, 100])
def test_the_cube_holds_half_of_the_points(d):
    assert half(cube_edge(d)) ** d == pytest.approx(0.5, rel=1e-12)


def test_the_grid_has_as_many_points_in_every_cell(rng):
    x, target = data.sphere_grid(rng, 24 * 4 * 6, n_radii=4, n_angles=6)
    radius, angle = np.hypot(*x.T), np.arctan2(x[:, 1], x[:, 0]) % (2 * np.pi)
    circles = np.sqrt(-2 * np.log([1, 0.75, 0.5, 0.25]))
    ring, sector = np.searchsorted(circles, radius) - 1, (angle / (np.pi / 3)).astype(int)
    np.testing.assert_array_equal(ring * 6 + sector, np.repeat(np.arange(24), 24))
    np.testing.assert_array_equal(target[:, 0], np.where(ring < 2, 1, -1))
    outermost = stats.uniform(circles[-1], 4 - circles[-1])
    assert stats.kstest(radius[ring == 3], outermost.cdf).pvalue > 1e-4


def test_boolmat_is_a_parity_where_the_product_underflows():
    x, target = data.boolmat(np.random.default_rng(0), 20, 3000)
    assert not np.prod(x, 1).all()
    np.testing.assert_array_equal(target[:, 0], np.where(np.signbit(x).sum(1) % 2, 1, -1))


RNG = np.random.default_rng(0)
test_bad_values_are_refused = refusals(
    ValueError,
    (lambda: data.sphere(RNG, 0, 2), "sphere: n is 0, expected an integer, 1"),
    (lambda: data.cube(RNG, 5, 1.5), "cube: d is 1.5, expected an integer"),
    (lambda: data.xnor(RNG, 5, 1), "xnor: d is 1, .* 2 or more"),
    (lambda: data.cylinder(RNG, 5, 2, n_parallel=3),
     "cylinder: d is 2, expected an integer, 3 or more"),
    (lambda: data.cylinder(RNG, 5, 2, n_parallel=0), "n_parallel is 0"),
    (lambda: data.cylinder(RNG, 5, 2, stretch=0), "stretch is 0"),
    (lambda: data.sphere(RNG, 5, 2, median="mean"),
     "median is 'mean', expected 'published' or 'exact'"),
    (lambda: data.cylinder(RNG, 5, 2, median="mean"), "median is 'mean'"),
    (lambda: data.sphere_grid(RNG, 500, 3), "d is 3, expected 2"),
    (lambda: data.sphere_grid(RNG, 501), "n is 501 .* n_angles = 500"),
    (lambda: data.sphere_grid(RNG, 150, n_radii=3), "n_radii 3"))


test_bad_types_are_refused = refusals(
    TypeError,
    (lambda: data.stripe(0, 5, 2), "stripe: rng is 0"),
    (lambda: data.and_d(RNG, 5, 2, int), "and_d: dtype is <class 'int'>"))
