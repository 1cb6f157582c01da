"""Principal components of images against a singular value decomposition; parity by hand."""
import numpy as np
import pytest
from conftest import assert_near, locked, refusals

from npspectral.data import digits, parity_task, principal_components

LABELS = np.array([3, 7, 7, 3, 8, 9, 8, 9, 9, 3])


@pytest.fixture(scope="module")
def images():
    return digits()


def test_images_lie_on_the_sphere_and_classes_take_turns(rng):
    x = rng.random((10, 6))
    got, target = parity_task(rng, locked(x), LABELS)
    centered = x - x.mean(0)
    want = 6 ** 0.5 * centered / np.linalg.norm(centered, axis=1)[:, None]
    rows = np.array([np.abs(want - row).sum(1).argmin() for row in got])
    assert_near(got, want[rows], 64)
    assert LABELS[rows].tolist() == [3, 7, 8, 9] * 2 and len(set(rows)) == 8
    np.testing.assert_array_equal(target, np.tile([1.0, -1.0], 4)[:, None])


def test_the_order_within_a_class_is_random():
    x, labels = np.random.default_rng(0).random((60, 4)), np.repeat([0, 1], 30)
    one, two = (parity_task(np.random.default_rng(seed), x, labels)[0] for seed in (0, 1))
    assert not np.array_equal(one, two)
    assert_near(np.sort(one[::2], 0), np.sort(two[::2], 0))


def test_digits_of_another_set_use_the_mean_of_the_first(images, rng):
    x, labels = images
    train, test = slice(None, 1200), slice(1200, None)
    got, target = parity_task(rng, x[test], labels[test], x[train].mean(0))
    assert_near((got ** 2).sum(1), np.full(len(got), 64.0), 64 * 8)
    assert abs(target.mean()) < 1e-15 and len(got) == 10 * np.bincount(labels[test]).min()
    centered = x[test] - x[train].mean(0)
    directions = centered / np.linalg.norm(centered, axis=1)[:, None]
    assert_near((got @ directions.T).max(1), np.full(len(got), 8.0), 64)


def test_components_are_those_of_a_singular_value_decomposition(images):
    x, _ = images
    centered = x - x.mean(0)
    _, singular, rows = np.linalg.svd(centered, full_matrices=False)
    got = principal_components(locked(x), 10)
    scale = singular[0] ** 2 / len(x)
    assert_near(got.eigenvalues, singular[:10] ** 2 / len(x), 64, scale=scale)
    assert_near(np.abs((got.eigenvectors * rows[:10].T).sum(0)), np.ones(10), 1000)
    assert (got.eigenvectors.max(0) >= -got.eigenvectors.min(0)).all()
    assert_near(got.project(x), centered @ got.eigenvectors, 64 * 8)


def test_whitened_training_components_have_the_covariance_one(images):
    x, _ = images
    z = principal_components(x[:1000], 10).whiten(x[:1000])
    assert_near(z.mean(0), np.zeros(10), 64, scale=1.0)
    assert_near(z.T @ z / 1000, np.eye(10), 10_000)


def test_scaled_components_keep_their_proportions(images):
    x, _ = images
    components = principal_components(x, 5)
    variance = (components.scale(x) ** 2).mean(0)
    assert_near(variance, components.eigenvalues / components.eigenvalues.mean(), 1000)
    assert variance[0] > 1.3 > 0.9 > variance[-1]


def test_test_images_are_seen_with_the_training_set_s_components(rng):
    train, test = rng.standard_normal((50, 4)), rng.standard_normal((3, 4)) + 5
    components = principal_components(train, 2)
    values, vectors = np.linalg.eigh(np.cov(train.T, bias=True))
    want = (test - train.mean(0)) @ vectors[:, [3, 2]] / np.sqrt(values[[3, 2]])
    assert_near(np.abs(components.whiten(test)), np.abs(want), 10_000)


def test_float32_stays_and_is_as_exact_as_it_can_be(images):
    x, labels = images
    y, target = parity_task(np.random.default_rng(0), x.astype(np.float32), labels)
    z = principal_components(y, 10).whiten(y)
    assert y.dtype == target.dtype == z.dtype == np.float32
    assert_near(z.T @ z / np.float32(len(z)), np.eye(10, dtype=np.float32), 1000)


RNG, X = np.random.default_rng(0), np.random.default_rng(1).random((10, 6))
test_bad_values_are_refused = refusals(
    ValueError,
    (lambda: parity_task(RNG, X, LABELS[:4]), r"labels has shape \(4,\)"),
    (lambda: parity_task(RNG, X, np.arange(10) % 3), "labels has 3 classes"),
    (lambda: parity_task(RNG, X, LABELS, np.zeros(5)), r"shape \(5,\), expect"),
    (lambda: parity_task(RNG, X, LABELS, X[1]), r"x\[1\] equals the mean"),
    (lambda: principal_components(X, 7), "d is 7, .* the number of features = 6"),
    (lambda: principal_components(X[0], 1), r"x has shape \(6,\)"),
    (lambda: principal_components(X[:0], 1), "not empty"),
    (lambda: principal_components(X[:3], 3), "fewer than d = 3"),
    (lambda: principal_components(X, 2).whiten(X[:, :5]),
     r"x has shape \(10, 5\), expected \(n, 6\)"))


test_bad_types_are_refused = refusals(
    TypeError,
    (lambda: parity_task(0, X, LABELS), "parity_task: rng is 0"),
    (lambda: parity_task(RNG, X.tolist(), LABELS), "x is list, expected a num"))
