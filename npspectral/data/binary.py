"""Binary tasks on Gaussian points, with a known interface between the classes: stripe, sphere, ...

    x ~ N(0, I_d)     target y = -1 where a condition on x holds, else +1

    stripe       -0.3 < x_1 < 1.185...                   planes, one relevant direction
    cylinder     |x_par|^2 > median                      x_par: the first n_parallel coordinates
    sphere       |x|^2 > median
    cube         |x_i| < a for every i
    xnor         x_1 x_2 > 0
    and_task     x_1 > 0 and x_2 > 0                     a quarter of the points
    and_d        x_i > 0 for every i                     2^-d of the points
    boolmat      prod_i x_i > 0
    sphere_grid  |x|^2 > 2 ln 2, x from a polar grid     d = 2

Both classes are equally likely unless a share of the points is given. Every task is called
task(rng, n, d, dtype) and gives x (n, d) and target (n, 1) of -1 and +1, both of that dtype. Points
are drawn and labeled in float64, then rounded: a seed means the same set in every dtype. Every task
raises TypeError or ValueError on arguments that do not fit.

Source: Paccolat et al. 2021, J. Stat. Mech. 044001 (stripe, sphere, cylinder), and the authors'
public code, from which the other tasks, the sign of y and the published medians are taken.
"""
import math

import numpy as np

from .. import refuse

STRIPE = -0.3, 1.1854923327232725       # cdf(upper) = cdf(lower) + 1/2; printed as 1.18549
GRID_END = 4.0                          # radius of the outermost circle of the grid


def stripe(rng, n, d, dtype=float):
    """-1 between the planes x_1 = -0.3 and x_1 = 1.1854923.

    >>> x, y = stripe(np.random.default_rng(0), 80, 5)
    >>> x.shape, y.shape, sorted(set(y.ravel().tolist()))
    ((80, 5), (80, 1), [-1.0, 1.0])
    """
    low, high = STRIPE
    return _task("stripe", rng, n, d, dtype, lambda x: (low < x[:, 0]) & (x[:, 0] < high))


def cylinder(rng, n, d, dtype=float, *, n_parallel=2, stretch=1.0, median="published"):
    """-1 outside |x_par| = cylinder_radius(n_parallel, median).

    The other d - n_parallel coordinates are multiplied by stretch.
    """
    owner = "cylinder"
    refuse.integer(owner, "n_parallel", n_parallel, 1)
    refuse.positive(owner, "stretch", stretch)
    square = cylinder_radius(n_parallel, median) ** 2
    x, target = _task(owner, rng, n, d, dtype,
                      lambda x: (x[:, :n_parallel] ** 2).sum(1) > square, n_parallel)
    x[:, n_parallel:] *= stretch
    return x, target


def sphere(rng, n, d, dtype=float, *, median="published"):
    """-1 outside |x| = sphere_radius(d, median)."""
    refuse.integer("sphere", "d", d, 1)
    square = sphere_radius(d, median) ** 2
    return _task("sphere", rng, n, d, dtype, lambda x: (x ** 2).sum(1) > square)


def cylinder_radius(n_parallel, median="published"):
    """Square root of the median of chi2 with n_parallel degrees of freedom.

    "published": for two degrees sqrt(2 ln 2), which is exact; for others sqrt(n_parallel - 2/3), a
    rounded form of the formula of Wilson and Hilferty. For three it gives P(y = -1) = .506 in
    place of 1/2. "exact": from the median itself.
    """
    return _root_of_median("cylinder_radius", "n_parallel", n_parallel, median,
                           lambda k: 2 * math.log(2) if k == 2 else k - 2 / 3)


def sphere_radius(d, median="published"):
    """Square root of the median of chi2 with d degrees of freedom.

    "published": d (1 - 2 / (9 d))^3 by Wilson and Hilferty 1931, which is not quite the median:
    P(y = -1) = .49543, .49849, .49942 for d = 2, 5, 10. "exact": from the median itself.
    """
    return _root_of_median("sphere_radius", "d", d, median, lambda k: k * (1 - 2 / (9 * k)) ** 3)


def cube(rng, n, d, dtype=float):
    """-1 inside the cube |x_i| < cube_edge(d)."""
    refuse.integer("cube", "d", d, 1)
    edge = cube_edge(d)
    return _task("cube", rng, n, d, dtype, lambda x: (np.abs(x) < edge).all(1))


def cube_edge(d):
    """a = sqrt(2) erfinv(2^(-1/d)): half of the points have |x_i| < a for every i."""
    from scipy.special import erfinv
    refuse.integer("cube_edge", "d", d, 1)
    return math.sqrt(2) * float(erfinv(2 ** (-1 / d)))


def xnor(rng, n, d, dtype=float):
    """-1 where x_1 and x_2 have the same sign."""
    return _task("xnor", rng, n, d, dtype, lambda x: (x[:, 0] > 0) == (x[:, 1] > 0), 2)


def and_task(rng, n, d, dtype=float):
    """-1 where x_1 and x_2 are positive, whatever d: P(y = -1) = 1/4."""
    return _task("and_task", rng, n, d, dtype, lambda x: (x[:, :2] > 0).all(1), 2)


def and_d(rng, n, d, dtype=float):
    """-1 where all coordinates are positive: P(y = -1) = 2^-d."""
    return _task("and_d", rng, n, d, dtype, lambda x: (x > 0).all(1))


def boolmat(rng, n, d, dtype=float):
    """-1 where the product of all coordinates is positive: an even number of them is negative."""
    return _task("boolmat", rng, n, d, dtype, lambda x: (x < 0).sum(1) % 2 == 0)


def sphere_grid(rng, n, d=2, dtype=float, *, n_radii=10, n_angles=50):
    """Equally many points in each of n_radii n_angles cells of a disk, -1 where |x|^2 > 2 ln 2.

    Circles divide the disk into rings, and equal angles each ring into cells. The circles of radius
    sqrt(-2 ln(1 - i / n_radii)) leave the same Gaussian mass in every ring; the outermost has the
    radius 4 in place of infinity. Within its cell a point is uniform in radius and in angle, so it
    is not Gaussian. Rows come cell by cell, ring after ring. n has to be a multiple of the number
    of cells, and n_radii even: half of the rings are outside.
    """
    owner = "sphere_grid"
    _check(owner, rng, n, d, 2)
    if d != 2:
        raise ValueError(f"{owner}: d is {d}, expected 2")
    refuse.integer(owner, "n_radii", n_radii, 2)
    refuse.integer(owner, "n_angles", n_angles, 1)
    if n_radii % 2 or n % (n_radii * n_angles):
        raise ValueError(f"{owner}: n is {n} and n_radii {n_radii}, expected a multiple of n_radii "
                         f"n_angles = {n_radii * n_angles} and an even number")
    circles = np.r_[np.sqrt(-2 * np.log1p(-np.arange(n_radii) / n_radii)), GRID_END]
    shape = n_radii, n_angles, n // (n_radii * n_angles)
    radius = circles[:-1, None, None] + np.diff(circles)[:, None, None] * rng.random(shape)
    angle = 2 * math.pi / n_angles * (np.arange(n_angles)[:, None] + rng.random(shape))
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1).reshape(n, 2)
    outside = np.broadcast_to(np.arange(n_radii)[:, None, None] >= n_radii // 2, shape)
    return _finish(owner, x, outside.ravel(), dtype)


def _task(owner, rng, n, d, dtype, condition, least_d=1):
    """x and target of a task: -1 where condition(x)."""
    _check(owner, rng, n, d, least_d)
    x = rng.standard_normal((n, d))
    return _finish(owner, x, condition(x), dtype)


def _check(owner, rng, n, d, least_d):
    refuse.generator(owner, rng)
    refuse.integer(owner, "n", n, 1)
    refuse.integer(owner, "d", d, least_d)


def _finish(owner, x, condition, dtype):
    dtype = refuse.floating(owner, dtype)
    return x.astype(dtype), np.where(condition, -1, 1).astype(dtype)[:, None]


def _root_of_median(owner, name, degrees, median, published):
    refuse.integer(owner, name, degrees, 1)
    if median == "published":
        return math.sqrt(published(degrees))
    if median != "exact":
        raise ValueError(f"{owner}: median is {median!r}, expected 'published' or 'exact'")
    from scipy.special import gammaincinv
    return math.sqrt(2 * float(gammaincinv(degrees / 2, 0.5)))
