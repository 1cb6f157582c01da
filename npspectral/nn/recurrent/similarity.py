"""What recurrent spectral layers share: A = Phi diag(eigenvalues) Phi^-1 and its derivatives.

    grad_eigenvalues = diag(M),    grad_Phi = Y^T ((eigenvalue_j - eigenvalue_i) M_ij - grad_Y Y^T)
    M = Phi^T grad_A Y^T,  Y = Phi^-1        i the row, j the column

grad_Y is the gradient of L through the places outside of A where a layer uses Y.

With Lambda = diag(eigenvalues) and Z = Y dPhi, the product rule for Phi Y = I and for A:
    0 = dPhi Y + Phi dY                                                 so dY = -Z Y
    dA = dPhi Lambda Y + Phi dLambda Y + Phi Lambda dY
       = Phi (Z Lambda - Lambda Z + dLambda) Y                          as dPhi = Phi Z
    (Z Lambda - Lambda Z)_ij = (eigenvalue_j - eigenvalue_i) Z_ij       the commutator
    dL = sum_ij (grad_A)_ij dA_ij = sum_ij M_ij (Z Lambda - Lambda Z + dLambda)_ij
    dL = sum_ij (grad_Y)_ij dY_ij = -sum_ij (grad_Y Y^T)_ij Z_ij        from Y itself
So dL/dZ is the outer bracket of grad_Phi above, and grad_Phi = Y^T dL/dZ, because Z = Y dPhi.

The factor eigenvalue_j - eigenvalue_i is 0 for i = j, because the length of a column of Phi does
not change A. It is 0 for equal eigenvalues, because another basis of their columns does not either.
"""
import numpy as np

from ..activations import Tanh

MARGIN = 2.0 ** -10             # exact in every dtype, so that (1 - MARGIN) tanh stays below 1
LAPACK = "fdFD"
TANH = Tanh()


def similarity(phi, inverse, eigenvalues):
    """A = Phi diag(eigenvalues) Y (n, n), of phi and inverse (n, n), eigenvalues (n,)."""
    return (phi * eigenvalues) @ inverse


def similarity_backward(phi, inverse, eigenvalues, grad_transfer, grad_inverse):
    """grad_phi (..., n, n) and grad_eigenvalues (..., n).

    grad_transfer (..., n, n) is dL/dA. grad_inverse (..., m, n) is the first m rows of grad_Y as
    the file's docstring defines it; the other rows are 0.
    """
    m = phi.T @ grad_transfer @ inverse.T                       # A = (phi * eigenvalues) @ inverse
    inner = (eigenvalues - eigenvalues[:, None]) * m            # dA = Phi [Y dPhi, Lambda] Y
    inner[..., :grad_inverse.shape[-2], :] -= grad_inverse @ inverse.T      # dY = -Y dPhi Y
    grad_eigenvalues = np.diagonal(m, axis1=-2, axis2=-1)       # A = (phi * eigenvalues) @ inverse
    return inverse.T @ inner, grad_eigenvalues                  # inner is dL/d(Y dPhi)


def eigenvalues_backward(phi, inverse, grad_transfer):
    """grad_eigenvalues = diag(M) (..., n) alone, with two matrix products fewer."""
    return np.einsum("...ij,ij->...i", phi.T @ grad_transfer, inverse)  # (phi * eigenvalues) @ Y


def damped(theta):
    """Eigenvalues (1 - MARGIN) tanh(theta): always below 1 in size, even where tanh rounds to 1."""
    return (1 - MARGIN) * np.tanh(theta)


def damped_backward(theta, grad_eigenvalues):
    """grad_theta (..., n)."""
    return (1 - MARGIN) * TANH.derivative(theta) * grad_eigenvalues   # (1 - MARGIN) tanh(theta)


def inverted(phi):
    """Phi^-1 of phi (n, n) in its own dtype. Raises numpy.linalg.LinAlgError if it is singular."""
    return np.linalg.inv(phi) if phi.dtype.char in LAPACK else _gauss_jordan(phi)


def _gauss_jordan(phi):
    """The inverse in the dtypes that LAPACK lacks: Gauss-Jordan, largest entries as pivots."""
    n = len(phi)
    rows = np.concatenate([phi, np.eye(n, dtype=phi.dtype)], axis=1)
    for j in range(n):
        pivot = j + np.argmax(np.abs(rows[j:, j]))
        if rows[pivot, j] == 0:
            raise np.linalg.LinAlgError("Singular matrix")
        rows[[j, pivot]] = rows[[pivot, j]]
        rows[j] /= rows[j, j]
        others = rows[:, j:j + 1] * (np.arange(n) != j)[:, None]
        rows -= others * rows[j]
    return rows[:, n:]
