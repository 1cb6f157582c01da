"""Kernel PCA: eigenvectors of a Gram matrix, and how much of the labels lies along each of them.

    K v_r = e_r v_r     e_1 >= e_2 >= ...     |v_r| = 1     phi_r = sqrt(p) v_r

    omega_r^2 = (phi_r . y / p)^2 = (v_r . y)^2 / p     sum_r omega_r^2 = |y|^2 / p
                                                        sum_r e_r omega_r^2 = y^T K y / p

K is the Gram matrix of p samples, y their labels; phi_r has mean square 1 over the samples. K is
symmetric, so its v_r are an orthonormal basis: sum_r (v_r . y)^2 = |y|^2 and
K = sum_r e_r v_r v_r^T, from which both sums follow. For labels -1 and +1, |y|^2 = p: the shares
omega_r^2 of all p eigenvectors add up to 1. A kernel suits its task if the large shares belong to
large e_r. The alignment y^T K y / (|y|^2 |K|_F) says so in one number.

An eigenvector has no sign of its own, and omega_r^2 does not depend on it. If eigenvalues coincide,
v_r and omega_r^2 depend on the basis that was chosen for their eigenspace. The sum of omega_r^2
over the eigenspace does not (`eigenspaces`, `projection_sums`).

Deviation: a talk of the field prints omega_r^2 without the square.
Source: Schoelkopf, Smola and Mueller 1998, Neural Comput. 10, 1299 (kernel PCA, centered);
Cristianini, Shawe-Taylor, Elisseeff and Kandola 2001, NeurIPS (alignment).
"""
from dataclasses import dataclass

import numpy as np

from ... import refuse
from ..._shapes import Shapes
from ...magnitude import norms, power_of_two

FIRST_LOOK = 6              # blocks before the first look at the eigenvalues
LARGEST_BASIS = 0.3         # share of p from which a whole decomposition is faster
LOOK_AGAIN = 1.05           # the basis grows by this factor before the next look
RESIDUAL = 8                # |K v - e v| <= this many eps e_1 sqrt(p): as good as a whole one


@dataclass(frozen=True, eq=False, repr=False)
class KernelPCA(Shapes):
    """eigenvalues (r,), the largest first; eigenvectors (p, r), one column of norm 1 for each."""

    eigenvalues: np.ndarray
    eigenvectors: np.ndarray


def kernel_pca(gram, n_components=None, centered=False):
    """KernelPCA of gram (p, p), all p components or the n_components of the largest eigenvalues.

    centered=True: of H K H with H = I - 1 1^T / p, as if the features had mean 0; one eigenvalue is
    then 0. If few components of a large matrix are wanted, `_block_lanczos` computes them, else the
    whole matrix is decomposed. Raises TypeError or ValueError on arguments that do not fit. Raises
    ValueError on an eigenvalue that is negative beyond rounding, which no Gram matrix has;
    `_block_lanczos` does not see all eigenvalues and may miss a negative one.
    """
    gram = refuse.symmetric("kernel_pca", "gram", gram)
    p = len(gram)
    n_components = p if n_components is None else n_components
    refuse.integer("kernel_pca", "n_components", n_components, 1, p)
    components = None
    if FIRST_LOOK * n_components < LARGEST_BASIS * p:
        components = _block_lanczos(gram, n_components, centered)
    if components is None:
        values, vectors = np.linalg.eigh(_less_mean(_less_mean(gram).T) if centered else gram)
        refuse.semidefinite("kernel_pca", gram, values[0])
        components = values[::-1][:n_components], vectors[:, ::-1][:, :n_components]
    return KernelPCA(*components)


def _block_lanczos(gram, n_components, centered=False):
    """The largest eigenvalues and their eigenvectors, or None if they are not exact to rounding.

        K Q_m = Q_m-1 R_m^T + Q_m D_m + Q_m+1 R_m+1         Q_m (p, n_components), columns of norm 1
        T s = e s     ->     K v ~ e v,  v = (Q_1 ... Q_m) s,  |K v - e v| = |R_m+1 s_m|

    If centered, K stands for H K H, H = I - 1 1^T / p. Q_1 is random. D_m = Q_m^T K Q_m; what is
    left of K Q_m beside the Q so far is Q_m+1 R_m+1, R triangular.
    T = (Q_1 ... Q_m)^T K (Q_1 ... Q_m) has the D on its diagonal and the R below it; s_m are the
    last n_components entries of s. Blocks are added until all residuals are of the size of
    rounding. If the eigenvalues fall so slowly that there are too many, the result is None.
    A block has a column for every component, so no multiplicity of an eigenvalue is missed.
    Source: Golub and Underwood 1977, Mathematical Software III.
    """
    p, k, due = len(gram), n_components, FIRST_LOOK * n_components
    basis = np.empty((int(LARGEST_BASIS * p), p))               # in rows: products are faster
    t, unit = np.zeros((len(basis) + k, len(basis))), power_of_two(gram)
    # Any start gives the same result, unless it is orthogonal to an eigenvector.
    block = np.linalg.qr(np.random.default_rng(0).standard_normal((p, k)))[0].T
    for end in range(k, len(basis) + 1, k):
        here, known = slice(end - k, end), basis[:end]
        basis[here] = block
        image = _less_mean(_less_mean(block) @ gram) if centered else block @ gram
        image /= unit                           # K may have any scale: T and R are of K / unit
        t[here, here] = image @ block.T
        block, below = _orthonormal(image, known)
        t[end:end + k, here] = below
        if end < due:
            continue
        due = LOOK_AGAIN * end
        values, vectors = np.linalg.eigh(t[:end, :end])         # reads D and R, not above them
        residual = norms((below @ vectors[here, -k:]).T).max()
        if residual <= RESIDUAL * np.finfo(float).eps * np.sqrt(p) * abs(values[-1]):
            refuse.semidefinite("kernel_pca", gram, values[0] * unit)
            return values[:-k - 1:-1] * unit, known.T @ vectors[:, :-k - 1:-1]
    return None


def _orthonormal(rows, known):
    """Q (k, p) and R (k, k): rows^T = Q^T R + what lies in the span of the rows of known."""
    below = np.eye(len(rows))
    for _ in range(2):                              # the second time removes errors of the first
        columns, factor = np.linalg.qr((rows - (rows @ known.T) @ known).T)
        rows, below = columns.T, factor @ below
    return rows, below


def _less_mean(rows):
    """rows H: each row less its mean."""
    return rows - rows.mean(-1, keepdims=True)


def projections(eigenvectors, y):
    """omega_r^2 = (v_r . y)^2 / p (r,) of eigenvectors v (p, r), for labels or any target y."""
    eigenvectors = refuse.real("projections", "eigenvectors", eigenvectors, 2)
    y = refuse.real("projections", "y", y, 1)
    refuse.length("projections", "y", y, len(eigenvectors))
    return (y @ eigenvectors) ** 2 / len(y)


def eigenspaces(eigenvalues, tolerance=1e-10):
    """A list of slices, one for each run of equal eigenvalues; eigenvalues (r,) have to fall.

    Two neighbors are equal if they differ by at most tolerance times the largest |e|. If the r
    eigenvalues are only a part of all, the last eigenspace may be larger than its slice.
    """
    eigenvalues = refuse.real("eigenspaces", "eigenvalues", eigenvalues, 1)
    refuse.share("eigenspaces", "tolerance", tolerance)
    falls = -np.diff(eigenvalues)
    if (falls < 0).any():
        raise ValueError("eigenspaces: eigenvalues rise, expected them from the largest down")
    ends = np.flatnonzero(falls > tolerance * np.abs(eigenvalues).max()) + 1
    starts = [0, *ends.tolist()]
    return [slice(*pair) for pair in zip(starts, [*starts[1:], len(eigenvalues)])]


def projection_sums(components, y, tolerance=1e-10):
    """sum of omega_r^2 over each of the m `eigenspaces` of a KernelPCA, for a target y: (m,)."""
    shares = projections(components.eigenvectors, y)
    return np.array([shares[space].sum()
                     for space in eigenspaces(components.eigenvalues, tolerance)])


def alignment(gram, y):
    """y^T K y / (|y|^2 |K|_F) of gram K (p, p) and y (p,): 1 if and only if K = c y y^T, c > 0."""
    gram = refuse.symmetric("alignment", "gram", gram)
    y = refuse.real("alignment", "y", y, 1)
    refuse.length("alignment", "y", y, len(gram))
    scale = np.abs(gram).max()
    if scale == 0 or not y.any():
        raise ValueError("alignment: gram or y is 0, which has no direction")
    gram, y = gram / scale, y / np.abs(y).max()
    return float(y @ gram @ y / (y @ y * np.sqrt((gram * gram).sum())))
