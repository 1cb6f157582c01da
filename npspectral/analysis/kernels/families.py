"""The two families of eigenvectors of the tangent kernel, where the label depends on x_1 alone.

Take the network of nn/one_hidden.py, with h neurons, and let these see only x_1: all other weights
are 0, omega_perp = 0. Neuron n has u_n = omega_n1 x_1 / sqrt(d) + b_n. 1_A is 1 where u_n > 0, else
0, ' marks the second point of the kernel, and x_perp = (x_2, ..., x_d). Then

    Theta = K1(x_1, x_1') + K2(x_1, x_1') x_perp . x_perp' / d
    K2 = (gain / h)^2 sum_n beta_n^2 1_A 1_A'                     the part of the biases in Theta
    K1 = K2 (x_1 x_1' / d + 1) + (gain / h)^2 sum_n relu(u_n) relu(u_n')

If x_perp is independent of x_1 and isotropic, there are two families of eigenvectors for many
points: phi(x_1), from K1, and phi(x_1) e . x_perp for any direction e, from K2. Training in the
feature regime makes omega_perp small, so that its kernel comes near to this one.
With n_parallel relevant coordinates, x_par = (x_1, ..., x_n_parallel) stands in place of x_1.

Source: derived here; the model, and that weights turn to x_1: Paccolat et al. 2021, J. Stat. Mech.
044001; eigenvectors of its kernel: Petrini 2020, candidacy talk.
"""
import numpy as np

from ... import refuse
from .._params import check_params
from .tangent import tangent_kernel_parts


def without_perpendicular(params, n_parallel=1):
    """Params of a OneHidden network with omega_perp = 0: omega (h, d) keeps n_parallel columns.

    All arrays but omega are those of params themselves, not copies.
    """
    omega = refuse.array("without_perpendicular", "params['omega']", params["omega"], 2).copy()
    refuse.integer("without_perpendicular", "n_parallel", n_parallel, 1, omega.shape[1])
    omega[:, n_parallel:] = 0
    return {**params, "omega": omega}


def split_kernel(network, params, x, n_parallel=1):
    """(K1, K2), (n, n) each, with Theta = K1 + K2 x_perp . x_perp' / d on points x (n, d).

    K2 is the part of Theta that comes from the biases of a OneHidden network, and K1 is the rest.
    If omega_perp = 0, both depend on x_par alone. Raises TypeError or ValueError on arguments that
    do not fit.
    """
    check_params("split_kernel", params, network)
    x = refuse.array("split_kernel", "x", x, 2)
    refuse.integer("split_kernel", "n_parallel", n_parallel, 1, x.shape[1])
    if "bias" not in network.learned:
        raise ValueError(f"split_kernel: network is {network!r}, expected one that trains biases")
    parts = tangent_kernel_parts(network, params, x)
    inner = x[:, n_parallel:] @ x[:, n_parallel:].T / x.shape[1]
    return sum(parts.values()) - parts["bias"] * inner, parts["bias"]


def family_bases(x, n_knots=12):
    """Orthonormal bases (n, r) of phi(x_1), of phi(x_1) x_j for all j > 1, and of both together.

    x (n, d) are points. phi is any function that is linear between n_knots quantiles of x_1. So
    r = n_knots, n_knots (d - 1) and n_knots d for the three, but at most n.
    Raises TypeError or ValueError on arguments that do not fit.
    """
    x = refuse.real("family_bases", "x", x, 2)
    refuse.integer("family_bases", "n_knots", n_knots, 2)
    knots = np.quantile(x[:, 0], np.linspace(0, 1, n_knots))
    first = np.array([np.interp(x[:, 0], knots, hat) for hat in np.eye(n_knots)]).T
    second = (first[:, :, None] * x[:, None, 1:]).reshape(len(x), -1)
    return [np.linalg.qr(basis)[0] for basis in (first, second, np.hstack((first, second)))]


def explained_shares(bases, vectors):
    """R^2 = |B^T v|^2 (m, r): how much of r unit vectors v (n, r) lies in the span of each basis B.

    bases: m orthonormal bases (n, ...).
    """
    vectors = refuse.real("explained_shares", "vectors", vectors, 2)
    bases = [_basis("explained_shares", f"bases[{i}]", basis, len(vectors))
             for i, basis in enumerate(bases)]
    return np.array([((basis.T @ vectors) ** 2).sum(0) for basis in bases])


def share_outside(gram, basis):
    """(tr K - tr B^T K B) / tr H K H: how much of a centered kernel is not in the span of a basis.

    gram K (n, n), basis B (n, r) orthonormal, H = I - 1 1^T / n. The vector of ones has to be in
    the span of B, as it is for the first and the third of `family_bases`.
    Raises TypeError or ValueError on arguments that do not fit, and if K is the same everywhere.
    """
    gram = refuse.symmetric("share_outside", "gram", gram)
    basis = _basis("share_outside", "basis", basis, len(gram))
    trace = np.trace(gram)
    centered = trace - gram.sum() / len(gram)
    if not centered > 0:
        raise ValueError(f"share_outside: gram has the trace {centered:.1e} when it is centered, "
                         f"expected more than 0")
    return (trace - np.sum(basis * (gram @ basis))) / centered


def _basis(owner, name, basis, n):
    basis = refuse.real(owner, name, basis, 2)
    refuse.length(owner, name, basis, n)
    return basis
