"""Neighbors, dimension, PCA, information and kernel machines against scikit-learn, in float64."""
import numpy as np
import pytest

pytest.importorskip("sklearn")

from conftest import assert_near  # noqa: E402
from sklearn.decomposition import PCA, KernelPCA  # noqa: E402
from sklearn.feature_selection import mutual_info_classif  # noqa: E402
from sklearn.kernel_ridge import KernelRidge  # noqa: E402
from sklearn.linear_model import LinearRegression  # noqa: E402
from sklearn.metrics.pairwise import rbf_kernel  # noqa: E402
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors  # noqa: E402
from sklearn.svm import SVC  # noqa: E402

from npspectral.analysis.clouds.dimension import (intrinsic_dimension,  # noqa: E402
                                                  two_nn_fit)
from npspectral.analysis.kernels.machines import kernel_ridge, support_vectors  # noqa: E402
from npspectral.analysis.kernels.pca import kernel_pca  # noqa: E402
from npspectral.analysis.clouds.mutual_information import neighbor_information  # noqa: E402
from npspectral.analysis.clouds.neighbors import (nearest_neighbor_vote,  # noqa: E402
                                                  nearest_neighbors)
from npspectral.analysis.clouds.activity import principal_variances  # noqa: E402


@pytest.mark.parametrize("n, d, k", [(200, 3, 5), (150, 70, 2)])
def test_neighbors_and_their_vote(n, d, k, rng):
    x, queries = rng.standard_normal((n, d)), rng.standard_normal((40, d))
    labels = rng.integers(3, size=n)
    theirs = NearestNeighbors(n_neighbors=k, algorithm="kd_tree").fit(x)
    for asked in (None, queries):
        ours = nearest_neighbors(x, k, asked)
        distances, indices = theirs.kneighbors(asked)
        assert np.array_equal(ours[1], indices)
        assert_near(ours[0], distances)
    vote = KNeighborsClassifier(k, algorithm="brute").fit(x, labels).predict(queries)
    assert np.array_equal(nearest_neighbor_vote(x, labels, queries, k), vote)


@pytest.mark.parametrize("n, d", [(300, 3), (200, 60)])
def test_two_nn_as_a_regression(n, d, rng):
    """The line through the origin, by their neighbors and their least squares."""
    x = rng.standard_normal((n, d))
    distances, _ = NearestNeighbors(n_neighbors=2, algorithm="brute").fit(x).kneighbors()
    logs = np.sort(np.log(distances[:, 1] / distances[:, 0]))[:int(0.9 * n)]
    shares = np.arange(1, len(logs) + 1) / n
    line = LinearRegression(fit_intercept=False).fit(logs[:, None], -np.log1p(-shares))
    assert intrinsic_dimension(x, two_nn_fit).value == pytest.approx(line.coef_[0], rel=1e-11)


@pytest.mark.parametrize("shape", [(90, 7), (7, 90)])
def test_variances_along_principal_axes(shape, rng):
    """Theirs are over p - 1."""
    x = rng.standard_normal(shape) + 2
    theirs = PCA(svd_solver="full").fit(x).explained_variance_ * (1 - 1 / len(x))
    assert_near(principal_variances(x), theirs, 400)


@pytest.mark.parametrize("n_components", [5, 60])
def test_centered_kernel_pca(n_components, rng):
    gram = rbf_kernel(rng.standard_normal((400, 3)), gamma=0.2)
    ours = kernel_pca(gram, n_components, centered=True)
    theirs = KernelPCA(n_components, kernel="precomputed", eigen_solver="dense").fit(gram)
    assert_near(ours.eigenvalues, theirs.eigenvalues_, 400)
    overlaps = np.abs((ours.eigenvectors * theirs.eigenvectors_).sum(0))[:4]
    assert_near(overlaps, np.ones(4), 400)


@pytest.mark.parametrize("k", [2, 3, 7])
def test_information_by_digamma_functions(k, rng):
    """Theirs adds noise of 1e-10 to x, which moves no neighbor here, and cuts at 0."""
    labels = rng.integers(3, size=300)
    x = rng.standard_normal((300, 1)) + labels[:, None]
    theirs = mutual_info_classif(x, labels, discrete_features=False, n_neighbors=k, random_state=0)
    assert_near(neighbor_information(x, labels, k), theirs[0] / np.log(2), 64)


@pytest.mark.parametrize("bound", [0.1, 3.0, 100.0, np.inf])
def test_support_vectors(bound, rng):
    """Theirs is always with an intercept; its tolerance, 1e-10 of the margin, bounds the deviation.

    It keeps the matrix in float32, therefore the one given has such entries. No eigenvalue is below
    0.01, so that the solution is about as exact as the conditions.
    """
    x = rng.standard_normal((150, 4))
    y = np.where(x[:, 0] * x[:, 1] + 0.3 * rng.standard_normal(150) > 0, 1.0, -1.0)
    gram = (rbf_kernel(x, gamma=0.2) + 0.01 * np.eye(150)).astype(np.float32).astype(float)
    ours = support_vectors(gram, y, bound)
    theirs = SVC(kernel="precomputed", C=min(bound, 1e9), tol=1e-10).fit(gram, y)
    beta = np.zeros(150)
    beta[theirs.support_] = theirs.dual_coef_[0]
    size = np.abs(ours.coefficients).max()
    assert np.abs(ours.coefficients - beta).max() < 1e-7 * max(1, size)
    assert abs(ours.intercept - theirs.intercept_[0]) < 1e-8 * max(1, size)
    fresh = rbf_kernel(rng.standard_normal((50, 4)), x, gamma=0.2)
    assert np.abs(ours.decide(fresh) - theirs.decision_function(fresh)).max() < 1e-8 * max(1, size)


def overlapping(kind, p, d):
    """Overlapping classes and a kernel whose rank is below the number of samples."""
    rng = np.random.default_rng(p + d)
    x = rng.standard_normal((p, d))
    y = np.where(x[:, 0] + rng.standard_normal(p) > 0, 1.0, -1.0)
    if kind == "no signal":
        y = np.sign(rng.standard_normal(p))
    if kind == "copies of the other class":
        x[p // 2:], y[p // 2:] = x[:p // 2], -y[:p // 2]
    y[:2] = -1, 1
    return (1 + x @ x.T / d) ** 3 if kind == "cubes" else x @ x.T, y


def objectives(gram, y, bound):
    """Ours, and theirs with 200,000 iterations at most: it would not end at the largest bound."""
    theirs = SVC(kernel="precomputed", C=bound, tol=1e-7, max_iter=200_000).fit(gram, y)
    beta = np.zeros(len(y))
    beta[theirs.support_] = theirs.dual_coef_[0]
    one = support_vectors(gram, y, bound)
    for beta, shift in ((one.coefficients, one.intercept), (beta, theirs.intercept_[0])):
        slack = np.maximum(0, 1 - y * (gram @ beta + shift))
        yield beta @ gram @ beta / 2 + bound * slack.sum()


KINDS = ["linear", "no signal", "copies of the other class", "cubes"]


@pytest.mark.filterwarnings("ignore:Solver terminated early")
@pytest.mark.parametrize("bound", [1.0, 100.0, 1e4])
@pytest.mark.parametrize("d", [2, 3, 10])
@pytest.mark.parametrize("kind", KINDS)
def test_support_vectors_of_singular_matrices_have_its_objective_or_a_better_one(kind, d, bound):
    ours, theirs = objectives(*overlapping(kind, 30, d), bound)
    assert ours <= theirs * (1 + 1e-10)
    assert bound > 100 or theirs < ours * (1 + 1e-6 * bound)        # it keeps floats of 32 bit


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:Solver terminated early")
@pytest.mark.parametrize("p", [30, 200, 1000])
@pytest.mark.parametrize("kind", KINDS)
def test_objectives_of_singular_matrices_of_all_sizes(kind, p):
    for d in (2, 3, 10):
        for bound in (1.0, 100.0, 1e4):
            ours, theirs = objectives(*overlapping(kind, p, d), bound)
            print(f"{kind}, p = {p}, d = {d}, C = {bound:g}: objective {ours:.9g}, "
                  f"libsvm's {(theirs - ours) / ours:+.1e} of it above")
            assert ours <= theirs * (1 + 1e-10)


@pytest.mark.parametrize("outputs", [(), (2,)])
def test_ridge(outputs, rng):
    gram, y = rbf_kernel(rng.standard_normal((60, 3))), rng.standard_normal((60, *outputs))
    theirs = KernelRidge(0.1, kernel="precomputed").fit(gram, y)
    assert_near(kernel_ridge(gram, y, 0.1), theirs.dual_coef_, 4000)
