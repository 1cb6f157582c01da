"""The recurrent spectral network whose eigenvectors have an exact inverse and determinant +-1."""
from dataclasses import dataclass

import numpy as np

from ..initializers import Constant, Normal
from ..layer import Layer
from .real import RecurrentSpectral

NAMES = ("lower", "upper", "drive", "theta")


@dataclass(frozen=True, repr=False)
class TriangularRecurrentSpectral(RecurrentSpectral):
    """RecurrentSpectral whose Phi cannot become singular in training: its determinant is +-1.

        Phi = [[0, L U], [I, K]],    Y = [[-K U^-1 L^-1, I], [U^-1 L^-1, 0]]

    m = nodes - n_out. L and U (m, m) have ones on the diagonal. The entries of L below it are
    `lower`, those of U above it are `upper`, both (m (m - 1) / 2,), row by row. K is `drive`
    (n_out, m). lower and upper start Gaussian with variance 1 / (4 m), K starts at 0.

    Limits: the columns of P are the unit vectors of the last n_out nodes. These nodes act on no
    others, because A = [[L U diag(lambda) (L U)^-1, 0], [.., I]]. A matrix that has no
    factorization L U without row exchanges is never reached, only approached. Nothing bounds the
    condition number of Phi: see `condition`.

    Gradients: dL/dPhi as in RecurrentSpectral. Its upper right block is G = dL/d(L U), its lower
    right block is grad_drive.    grad_lower = G U^T below, grad_upper = L^T G above the diagonal
    """

    planting: str = "nodes"
    trainable: tuple[str, ...] = NAMES

    def eigenvectors(self, params):
        """Phi and Y = Phi^-1, both (nodes, nodes)."""
        lower, upper = self.factors(params)
        drive, free = params["drive"], lower @ upper
        inverse = unit_lower_inverse(upper.T).T @ unit_lower_inverse(lower)
        one, zero = np.eye(self.n_out, dtype=drive.dtype), np.zeros_like(drive)
        return (np.block([[zero.T, free], [one, drive]]),
                np.block([[-drive @ inverse, one], [inverse, zero.T]]))

    def eigenvectors_backward(self, params, grad_phi):
        """Gradients of lower, upper and drive from dL/dPhi (..., nodes, nodes)."""
        lower, upper = self.factors(params)
        grad_free = grad_phi[..., :-self.n_out, self.n_out:]        # phi = [[0, free], [1, drive]]
        return {"lower": (grad_free @ upper.T)[..., self._below],   # free = lower @ upper
                "upper": (lower.T @ grad_free)[..., self._below.T],     # free = lower @ upper
                "drive": grad_phi[..., -self.n_out:, self.n_out:]}  # phi = [[0, free], [1, drive]]

    def factors(self, params):
        """L and U (m, m)."""
        below = self._below
        lower, upper = (np.eye(len(below), dtype=params[name].dtype) for name in NAMES[:2])
        lower[below], upper[below.T] = params["lower"], params["upper"]
        return lower, upper

    @property
    def _below(self):
        return np.tri(self.nodes - self.n_out, k=-1, dtype=bool)

    def parameters(self):
        m = self.nodes - self.n_out
        entries = ((m * (m - 1) // 2,), Normal(0.5 * m ** -0.5))
        return {"lower": entries, "upper": entries, "drive": ((self.n_out, m), Constant(0.0)),
                "theta": ((m,), self.theta)}

    def init(self, rng, dtype=float):
        """First values of all parameters, each drawn by its own initializer."""
        return Layer.init(self, rng, dtype)

    def __post_init__(self):
        super().__post_init__()
        if self.planting != "nodes" or self.nodes < self.n_in + self.constant + self.n_out:
            raise ValueError(f"{self.label}: {self.nodes} nodes planted as {self.planting!r}, "
                             f"expected 'nodes', n_out of them beside those of the input")


def unit_lower_inverse(matrix):
    """The inverse of a lower triangle (n, n) with ones on the diagonal, by halves, no division.

        [[A, 0], [B, D]]^-1 = [[A^-1, 0], [-D^-1 B A^-1, D^-1]]
    """
    n = len(matrix)
    inverse = np.eye(n, dtype=matrix.dtype)
    if n > 1:
        half = n // 2
        first, last = slice(half), slice(half, n)
        inverse[first, first] = unit_lower_inverse(matrix[first, first])
        inverse[last, last] = unit_lower_inverse(matrix[last, last])
        inverse[last, first] = -inverse[last, last] @ matrix[last, first] @ inverse[first, first]
    return inverse
