"""Kernels that see patches of s neighboring coordinates, on a ring of d: local and convolutional.

    x_i = (x_i, x_(i+1), ..., x_(i+s-1))                 indices modulo d
    C(u, v) = exp(-|u - v| / s)                          of Laplace; u, v two patches

    local             K(x, y) = (1/d) sum_i C(x_i, y_i)
    convolutional     K(x, y) = (1/d^2) sum_ij C(x_i, y_j)

Functions of the local kernel are sums of d functions of one patch each. Those of the convolutional
kernel have the same function at every place, so they do not change when x is turned on the ring.
With s = d the local kernel sees all of x at once: exp(-|x - y| / d), which is dense.

Regression without a ridge, of p points in a cube, of a Gaussian field whose covariance is such a
kernel with patches of t: the mean square error falls as p^-(1/s) if t <= s. It is s that counts,
neither d nor whether the weights are shared.

Source: A. Favero, F. Cagnetta and M. Wyart 2021, NeurIPS, arXiv 2106.08619.
"""
import numpy as np

from ... import refuse


def local_kernel(x1, x2, size):
    """K (N1, N2) of rows x1 (N1, d) and x2 (N2, d), for patches of s = size coordinates, 1 to d.

    Raises TypeError or ValueError on arguments that do not fit.
    """
    return _mean_over_shifts("local_kernel", x1, x2, size, [0])


def convolutional_kernel(x1, x2, size):
    """K (N1, N2) of rows x1 (N1, d) and x2 (N2, d), for patches of s = size coordinates, 1 to d.

    Raises TypeError or ValueError on arguments that do not fit.
    """
    return _mean_over_shifts("convolutional_kernel", x1, x2, size, range(np.shape(x1)[-1]))


def _mean_over_shifts(owner, x1, x2, size, shifts):
    """(1 / d / number of shifts) sum_(i, shift) C(x_i, y_(i+shift))."""
    x1, x2 = refuse.real(owner, "x1", x1, 2), refuse.real(owner, "x2", x2, 2)
    d = x1.shape[1]
    if x2.shape[1] != d:
        raise ValueError(f"{owner}: x2 has {x2.shape[1]} features, expected {d}")
    refuse.integer(owner, "size", size, 1, d, "the number of features")
    total = np.zeros((len(x1), len(x2)))
    for shift in shifts:
        square = [(x1[:, i, None] - x2[:, (i + shift) % d]) ** 2 for i in range(d)]
        for i in range(d):
            distance = np.sqrt(sum(square[(i + k) % d] for k in range(size)))
            total += np.exp(-distance / size)
    return total / (d * len(shifts))
