"""Local and convolutional kernels against loops over patches; what their functions can be."""
import math

import numpy as np
import pytest
from conftest import assert_near, locked

from npspectral.analysis.kernels import convolutional_kernel, local_kernel

D = 5


def of_patches(x, y, i, j, size):
    """C of the patch of x at i and that of y at j."""
    square = sum((x[(i + k) % D] - y[(j + k) % D]) ** 2 for k in range(size))
    return math.exp(-math.sqrt(square) / size)


@pytest.mark.parametrize("size", [1, 2, 3, D])
def test_kernels_are_means_over_patches(size, rng):
    x1, x2 = rng.random((4, D)), rng.random((3, D))
    local, shared = local_kernel(locked(x1), x2, size), convolutional_kernel(x1, locked(x2), size)
    for row, column in np.ndindex(4, 3):
        pair = x1[row], x2[column]
        alone = [of_patches(*pair, i, i, size) for i in range(D)]
        every = [of_patches(*pair, i, j, size) for i in range(D) for j in range(D)]
        assert_near(local[row, column], np.mean(alone), 16)
        assert_near(shared[row, column], np.mean(every), 16)


def test_only_the_convolutional_kernel_knows_the_same_point_turned_on_the_ring(rng):
    x = rng.random((6, D))
    turned = np.roll(x, 2, 1)
    gram = convolutional_kernel(x, x, 2)
    assert_near(convolutional_kernel(turned, x, 2), gram, 16)
    assert_near(local_kernel(turned, turned, 2), local_kernel(x, x, 2), 16)
    assert np.abs(local_kernel(turned, x, 2) - local_kernel(x, x, 2)).max() > 0.01


def test_functions_of_the_local_kernel_are_sums_over_patches_and_the_dense_one_s_are_not(rng):
    """f(0) - f(e_i) - f(e_j) + f(e_i + e_j) is 0 if no patch has both places i and j."""
    corner = np.zeros((4, D))
    corner[[1, 3], 0] = 1
    corner[[2, 3], 2] = 1
    signs, x = np.array([1, -1, -1, 1]), rng.random((7, D))
    for size, apart in ((2, True), (3, False), (D, False)):
        mixed = signs @ local_kernel(corner, x, size)
        assert (np.abs(mixed) < 1e-15).all() if apart else (np.abs(mixed) > 1e-4).all()


@pytest.mark.parametrize("kernel", [local_kernel, convolutional_kernel])
def test_gram_matrices_are_positive_definite(kernel, rng):
    gram = kernel(*[rng.random((60, D))] * 2, 2)
    assert np.abs(gram - gram.T).max() < 1e-15
    assert np.linalg.eigvalsh(gram).min() > 1e-4 * np.diag(gram).max() / 60
