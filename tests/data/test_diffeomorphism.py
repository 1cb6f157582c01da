"""Deformations against loops over modes and pixels, their size and inverse; noise of equal norm."""
import math
from itertools import product

import numpy as np
import pytest
from conftest import assert_near, locked, refusals

from npspectral.data import (deform, digits, displacements, equal_noise, temperature_bounds,
                             temperature_of)

SIDE = 7


def modes(cut):
    """(i, j, e_ij) inside the cut."""
    return [(i, j, (i * i + j * j) ** -0.5) for i, j in product(range(1, cut + 1), repeat=2)
            if math.sqrt(i * i + j * j) < cut + 0.5]


def smooth_images(n, side):
    """Images (n, side, side) that change little from pixel to pixel."""
    row, column = np.indices((side, side)) / (side - 1)
    return np.stack([np.cos(1 + k + 2 * row + 3 * column * (row + k / 9)) for k in range(n)])


def test_a_field_is_the_sum_of_its_modes():
    tau = displacements(np.random.default_rng(3), 2, SIDE, 3, 0.01)
    c = np.random.default_rng(3).standard_normal((2, 2, 3, 3))
    want = np.zeros((2, 2, SIDE, SIDE))
    for field, axis, row, column in np.ndindex(*want.shape):
        for i, j, e in modes(3):
            want[field, axis, row, column] += 0.1 * SIDE * c[field, axis, i - 1, j - 1] * e * (
                math.sin(math.pi * i * row / 6) * math.sin(math.pi * j * column / 6))
    assert_near(tau, want, 64, 1.0)
    assert len(modes(3)) == 6 and len(modes(2)) == 3


@pytest.mark.parametrize("side, cut", [(9, 2), (28, 3), (40, 12)])
def test_the_size_of_displacements_is_the_formula(side, cut, rng):
    """The mean of sin^2 over the n places i / (n - 1) is (n - 1) / (2 n)."""
    temperature = 0.002
    tau = displacements(rng, 3000, side, cut, temperature)
    square = (tau ** 2).sum(1).mean((1, 2))
    exact = (side * (side - 1) / side) ** 2 * temperature / 2 * sum(e * e for *_, e in modes(cut))
    assert abs(square.mean() - exact) < 4 * square.std() / 3000 ** 0.5
    assert np.abs(tau.mean(0)).max() < 5 * tau.std(0).max() / 3000 ** 0.5


def test_the_published_size_is_the_leading_term():
    def ratio(cut):
        """exact size^2 over the published one"""
        temperature = temperature_of(1.5, 100, cut)
        return 100 ** 2 * temperature / 2 * sum(e * e for *_, e in modes(cut)) / 1.5 ** 2
    assert abs(ratio(3) ** 0.5 - 0.84) < 0.005
    few, many = ((1 - ratio(cut)) * math.log(cut) for cut in (30, 300))
    assert 0.5 < few < many < 1.1 * few                 # the rest is of order 1 / ln cut
    low, high = temperature_bounds(28, 3)
    assert_near(np.array([low, high]), np.array(
        [1 / (math.pi * 28 ** 2 * math.log(3)), 4 / (math.pi ** 3 * 3 ** 2 * math.log(3))]), 8)


def test_between_the_bounds_few_places_fold_and_above_many_do(rng):
    def folded(temperature):
        """The share of fields with a place where s -> s - tau(s) turns a small square around."""
        tau = displacements(rng, 300, 28, 3, temperature)
        (by_row_0, by_column_0), (by_row_1, by_column_1) = (
            np.gradient(tau[:, axis], axis=(1, 2)) for axis in (0, 1))
        area = (1 - by_row_0) * (1 - by_column_1) - by_column_0 * by_row_1
        return (area < 0).any((1, 2)).mean()
    low, high = temperature_bounds(28, 3)
    assert folded(low) == 0 and folded(high / 4) < 0.05 and folded(4 * high) > 0.9


def test_without_temperature_and_on_edges_nothing_moves(rng):
    x, _ = digits()
    still = displacements(rng, 20, 8, 3, 0.0)
    assert np.array_equal(deform(locked(x[:20]), locked(still)), x[:20])
    tau = displacements(rng, 20, 8, 3, temperature_bounds(8, 3)[1])
    moved = deform(x[:20], tau).reshape(20, 8, 8)
    border = np.ones((8, 8), bool)
    border[1:-1, 1:-1] = False
    assert np.abs(moved - x[:20].reshape(20, 8, 8))[:, border].max() < 1e-12
    assert np.abs(moved - x[:20].reshape(20, 8, 8))[:, ~border].max() > 0.1


@pytest.mark.parametrize("down, right", [(2, 0), (0, 1), (-1, 3)])
def test_whole_pixels_move_the_image_down_and_to_the_right(down, right, rng):
    image = rng.random((SIDE, SIDE))
    tau = np.broadcast_to(np.array([down, right], float)[:, None, None], (1, 2, SIDE, SIDE))
    moved = deform(image.reshape(1, -1), tau.copy()).reshape(SIDE, SIDE)
    for row, column in np.ndindex(SIDE, SIDE):
        from_row, from_column = (min(max(0, place), SIDE - 1)
                                 for place in (row - down, column - right))
        assert moved[row, column] == image[from_row, from_column]


def test_between_pixels_a_bilinear_image_is_exact(rng):
    def color(row, column):
        return 3 + row - 2 * column + 0.5 * row * column
    row, column = np.indices((SIDE, SIDE))
    tau = displacements(rng, 1, SIDE, 2, 0.01)
    place = np.array([row, column]) - tau[0]
    assert place.min() >= 0 and place.max() <= SIDE - 1
    got = deform(color(row, column).reshape(1, -1), tau).reshape(SIDE, SIDE)
    assert_near(got, color(*place), 64, 30.0)


def test_the_field_backwards_undoes_the_deformation_to_first_order(rng):
    images = smooth_images(6, 120).reshape(6, -1)
    tau = displacements(rng, 6, 120, 2, 0.05 ** 2)      # of some pixels: interpolation is better
    left, moved = [], []
    for factor in (1, 1 / 2):
        deformed = deform(images, factor * tau)
        moved.append(np.linalg.norm(deformed - images))
        left.append(np.linalg.norm(deform(deformed, -factor * tau) - images))
    assert left[0] < 0.3 * moved[0] and left[1] < 0.35 * left[0] and moved[1] > 0.45 * moved[0]


def test_channels_move_together_and_every_image_by_its_own_field(rng):
    images, tau = rng.random((3, SIDE, SIDE, 2)), displacements(rng, 3, SIDE, 2, 0.01)
    got = deform(images.reshape(3, -1), tau).reshape(images.shape)
    for image, channel in np.ndindex(3, 2):
        alone = deform(images[image, ..., channel].reshape(1, -1), tau[image:image + 1])
        assert np.array_equal(got[image, ..., channel].ravel(), alone[0])


def test_float32_stays_and_integers_become_float64(rng):
    tau = displacements(rng, 2, 4, 2, 0.01)
    counts = rng.integers(0, 256, (2, 16)).astype(np.uint8)
    got = deform(counts, tau)
    assert got.dtype == float and deform(counts.astype(np.float32), tau).dtype == np.float32
    assert np.array_equal(got, deform(counts.astype(float), tau))
    assert equal_noise(rng, counts, got).dtype == float
    assert equal_noise(rng, got.astype(np.float32), got).dtype == np.float32


def test_noise_is_as_long_as_the_displacement_and_of_any_direction(rng):
    images = np.zeros((4000, 4))
    moved = rng.random((4000, 4))
    eta = equal_noise(rng, locked(images), locked(moved)) - images
    assert_near((eta ** 2).sum(1), (moved ** 2).sum(1), 64, 4.0)
    units = eta / np.linalg.norm(eta, axis=1)[:, None]
    assert np.abs(units.mean(0)).max() < 5 / 4000 ** 0.5
    assert np.abs(units.T @ units / 4000 - np.eye(4) / 4).max() < 5 / 4000 ** 0.5


RNG, X = np.random.default_rng(0), np.random.default_rng(1).random((3, 16))
TAU = np.zeros((3, 2, 4, 4))
test_bad_values_are_refused = refusals(
    ValueError,
    (lambda: displacements(RNG, 0, 4, 2, 0.1), "displacements: n_fields is 0"),
    (lambda: displacements(RNG, 1, 1, 2, 0.1), "side is 1, expected an integer, 2 or more"),
    (lambda: displacements(RNG, 1, 4, 1, 0.1), "cut is 1, expected an integer, 2 or more"),
    (lambda: displacements(RNG, 1, 4, 2, -0.1), "temperature is -0.1, expected 0 or more"),
    (lambda: temperature_of(np.nan, 4, 2), "temperature_of: size is nan"),
    (lambda: temperature_bounds(4, 1), "temperature_bounds: cut is 1"),
    (lambda: deform(X[:2], TAU), r"tau has shape \(3, 2, 4, 4\), expected \(2, 2, side, side\)"),
    (lambda: deform(X, TAU[:, :1]), r"tau has shape \(3, 1, 4, 4\)"),
    (lambda: deform(X[:, :15], TAU), "images has 15 features, expected a multiple of 4 x 4"),
    (lambda: deform(X, TAU + np.inf), "tau.* is inf"),
    (lambda: equal_noise(RNG, X, X[:, :2]), r"moved has shape \(3, 2\), expected \(3, 16\)"))
test_bad_types_are_refused = refusals(
    TypeError,
    (lambda: displacements(0, 1, 4, 2, 0.1), "displacements: rng is 0"),
    (lambda: equal_noise(0, X, X), "equal_noise: rng is 0"),
    (lambda: deform(X.tolist(), TAU), "images is list, expected a num"))
