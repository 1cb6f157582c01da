"""Kernel PCA against its identities, spectra chosen beforehand, and explicit feature vectors."""
import numpy as np
import pytest
from conftest import assert_near, locked

from npspectral.analysis.kernels import pca as module
from npspectral.analysis.kernels.pca import (KernelPCA, alignment, _block_lanczos, eigenspaces,
                                             kernel_pca, projection_sums, projections)


def with_spectrum(rng, eigenvalues):
    vectors, _ = np.linalg.qr(rng.standard_normal((len(eigenvalues),) * 2))
    gram = (vectors * eigenvalues) @ vectors.T
    return (gram + gram.T) / 2, vectors


def random_gram(rng, p, n):
    x = rng.standard_normal((p, n))
    return x @ x.T


def test_eigenvectors_are_those_chosen_and_the_shares_follow(rng):
    eigenvalues = np.array([9.0, 5, 2, 1, 0.5, 0.25])
    gram, vectors = with_spectrum(rng, eigenvalues)
    y = vectors @ np.array([1.0, 0, -2, 0, 0, 0.5])
    components = kernel_pca(locked(gram))
    assert_near(components.eigenvalues, eigenvalues)
    assert_near(np.abs(components.eigenvectors.T @ vectors), np.eye(6), 1000)
    assert_near(projections(components.eigenvectors, y), np.array([1, 0, 4, 0, 0, 0.25]) / 6, 1000)


@pytest.mark.parametrize("centered", [False, True])
def test_shares_of_signs_add_up_to_one_and_weighted_ones_to_the_quadratic_form(centered, rng):
    p = 12
    gram, y = random_gram(rng, p, 20), rng.choice([-1.0, 1.0], p)
    components = kernel_pca(gram, centered=centered)
    shares = projections(components.eigenvectors, y)
    middle = np.eye(p) - centered * np.ones((p, p)) / p
    form = y @ middle @ gram @ middle @ y / p
    assert shares.sum() == pytest.approx(1, rel=1e-14)
    assert components.eigenvalues @ shares == pytest.approx(form, rel=1e-13)


def test_centered_is_the_gram_matrix_of_centered_features(rng):
    x = rng.standard_normal((15, 4)) + 3
    centered = x - x.mean(0)
    got = kernel_pca(x @ x.T, 4, centered=True)
    assert_near(got.eigenvalues, np.linalg.svd(centered)[1] ** 2, 64 * 15 * 9)
    projected = got.eigenvectors.T @ x                          # the mean is not in their span
    assert_near(np.abs(got.eigenvectors.sum(0)), np.zeros(4), 64, scale=15)
    assert_near((projected ** 2).sum(1), got.eigenvalues, 64 * 15 * 9)


@pytest.mark.parametrize("eigenvalues", [
    1 / np.arange(1, 501.0) ** 3,
    np.exp(-np.arange(500.0) / 3),
    np.r_[np.full(7, 4.0), np.full(30, 3.0), np.full(463, 1e-3)],       # more than a block of 3
    np.r_[5.0, np.zeros(499)], np.zeros(500),
    np.r_[3.0, 3 - 1e-9, 2, np.full(497, 1e-6)]],
    ids=["power", "exponential", "degenerate", "rank one", "zero", "nearly degenerate"])
def test_few_components_are_those_of_the_whole(eigenvalues, rng):
    gram, vectors = with_spectrum(rng, eigenvalues)
    k = 10
    values, found = _block_lanczos(gram, k)
    assert_near(values, eigenvalues[:k], 64)
    assert_near(found.T @ found, np.eye(k), 64)
    assert_near(gram @ found, found * values, 600, scale=values[0])
    y = rng.choice([-1.0, 1.0], 500)
    for start, end in ((0, 7), (0, 1), (0, 2)):
        gap = eigenvalues[end - 1] - eigenvalues[end]
        if gap > 1e-3:
            want = projections(vectors[:, start:end], y).sum()
            got = projections(found[:, start:end], y).sum()
            assert abs(got - want) < 1e-12 * eigenvalues[0] / gap


def test_few_centered_components_are_those_of_the_centered_matrix(rng):
    x = rng.standard_normal((300, 8)) * 2.0 ** -np.arange(8) + 5
    values, found = _block_lanczos(x @ x.T, 4, centered=True)
    features = x - x.mean(0)
    scale = (x * x).sum()                                   # rounding is that of the products
    assert_near(values, np.linalg.svd(features)[1][:4] ** 2, 64, scale=scale)
    assert_near(features @ (features.T @ found), found * values, 600, scale=scale)
    assert_near(found.sum(0), np.zeros(4), 600, scale=scale / values[3])


def test_which_way_is_taken(rng, monkeypatch):
    taken = []
    real = _block_lanczos
    monkeypatch.setattr(module, "_block_lanczos", lambda *a: taken.append(a[1]) or real(*a))
    gram, _ = with_spectrum(rng, np.exp(-np.arange(300.0) / 3))
    assert_near(kernel_pca(gram, 3).eigenvalues, kernel_pca(gram).eigenvalues[:3])
    kernel_pca(gram, 40)
    assert taken == [3]


def test_a_flat_spectrum_falls_back_to_the_whole_decomposition(rng):
    gram, _ = with_spectrum(rng, np.linspace(1, 0.5, 300))
    assert _block_lanczos(gram, 5) is None
    assert_near(kernel_pca(gram, 5).eigenvalues, np.linspace(1, 0.5, 300)[:5])


def test_sums_over_an_eigenspace_do_not_depend_on_its_basis(rng):
    eigenvalues = np.array([4.0, 4, 4, 2, 1, 1])
    _, vectors = with_spectrum(rng, eigenvalues)
    turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))
    other = vectors.copy()
    other[:, :3] = vectors[:, :3] @ turn
    y = rng.standard_normal(6)
    one, two = (projection_sums(KernelPCA(eigenvalues, v), y) for v in (vectors, other))
    assert one.shape == (3,)
    assert_near(one, two)
    singles = [projections(v, y)[0] for v in (vectors, other)]
    assert abs(singles[0] - singles[1]) > 1e-3


def test_eigenspaces_end_where_the_spectrum_falls():
    values = np.array([2.0, 2 - 1e-11, 1, 0.5, 0.5, -1e-12])
    assert eigenspaces(values) == [slice(0, 2), slice(2, 3), slice(3, 5), slice(5, 6)]
    assert len(eigenspaces(values, 0.0)) == 5 and len(eigenspaces(values, 0.3)) == 2
    assert eigenspaces(np.zeros(3)) == [slice(0, 3)]


def test_alignment_is_the_cosine_of_two_matrices(rng):
    gram, y = random_gram(rng, 8, 5), rng.standard_normal(8)
    target = np.outer(y, y)
    want = (gram * target).sum() / np.sqrt((gram ** 2).sum() * (target ** 2).sum())
    assert alignment(gram, y) == pytest.approx(want, rel=1e-14)
    assert alignment(1e200 * gram, 1e-200 * y) == pytest.approx(want, rel=1e-14)
    assert alignment(3 * target, y) == pytest.approx(1, rel=1e-14)
    assert alignment(np.eye(8), np.ones(8)) == pytest.approx(8 ** -0.5, rel=1e-14)


@pytest.mark.parametrize("n_components", [None, 2])
@pytest.mark.parametrize("centered", [True, False])
def test_a_matrix_that_is_indefinite_beyond_rounding_is_refused(n_components, centered, rng):
    x = rng.standard_normal((300, 3))
    gram = np.tanh(x @ x.T - 1)
    with pytest.raises(ValueError, match="kernel_pca: gram has an eigenvalue of -.* or less, exp"):
        kernel_pca(gram, n_components, centered)
    rounded = (x @ x.T + 100).astype(np.float32).astype(float)
    assert np.linalg.eigvalsh(rounded)[0] < -1e-5
    assert kernel_pca(rounded, n_components, centered).eigenvalues[0] > 0
