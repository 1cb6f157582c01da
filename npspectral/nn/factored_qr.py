"""S-QR: the spectral layer whose phi^T is Q R, of which R is trained."""
from dataclasses import dataclass

import numpy as np

from .factored import Factored, differences
from .layer import gram

TRIANGLE = 32                   # rows of the largest triangle whose Jacobian is formed


@dataclass(frozen=True)
class SpectralQR(Factored):
    """Spectral layer with phi^T = Q R, k = min(n_in, n_out); eigenvalues and R learn (S-QR).

        phi = L q^T,     L_im = r at its place in the triangle m <= i, else 0     (L = R^T)

    q (n_in, k) has orthonormal columns and is never trained; r (k (k + 1) / 2 + (n_out - k) k,)
    holds the triangle of L (n_out, k) row by row, so no structural zero is a parameter.
    Gradient:  grad_r = (grad_phi q) in the triangle;  the others are those of Spectral.

    A matrix has several such factors, equal but for signs; here the diagonal of R is >= 0, so that
    a full-rank phi has just one, whatever library takes it apart.
    Source: Chicchi et al. 2021, Phys. Rev. E 104, 054312. Deviation: the published code trains all
    n_out k entries of R, zeros included: SpectralFullQR.
    """

    trainable: tuple[str, ...] = ("lambda_in", "lambda_out", "r", "bias")

    learner = "r"

    def factors(self, k):
        size = k * (k + 1) // 2 + (self.n_out - k) * k
        return {"q": ((self.n_in, k), self.phi), "r": ((size,), self.phi)}

    def decompose(self, phi):
        q, r = np.linalg.qr(phi.T)
        sign = np.where(np.diagonal(r) < 0, -1, 1)
        return {"q": q * sign, "r": (r.T * sign)[self._triangle]}

    def eigenvectors(self, params):
        """phi (n_out, n_in)."""
        r, q = params["r"], params["q"]
        lower = np.zeros((self.n_out, q.shape[1]), r.dtype)
        lower[self._triangle] = r
        return lower @ q.T

    def factor_backward(self, params, grad_phi):
        return (grad_phi @ params["q"])[..., self._triangle]

    def factor_term(self, params, side1, side2):
        """The triangle cut into two smaller ones and a rectangle, until they are small."""
        q = params["q"]
        sides = [(d, b @ q, e, a @ q) for d, b, e, a in (side1, side2)]

        def pieces(rows, columns):
            return [(d[..., rows], b[..., columns], e[..., rows], a[..., columns])
                    for d, b, e, a in sides]

        def triangle(first, last):
            if last - first <= TRIANGLE:
                part, keep = slice(first, last), np.tri(last - first, dtype=bool)
                return gram(*(_difference(*piece)[..., keep] for piece in pieces(part, part)))
            middle = (first + last) // 2
            corner = differences(*pieces(slice(middle, last), slice(first, middle)))
            return triangle(first, middle) + triangle(middle, last) + corner

        k = q.shape[1]
        rest = differences(*pieces(slice(k, None), slice(None))) if self.n_out > k else 0
        return triangle(0, k) + rest

    @property
    def _triangle(self):
        return np.tri(self.n_out, min(self.n_in, self.n_out), dtype=bool)


@dataclass(frozen=True)
class SpectralFullQR(SpectralQR):
    """S-QR as the published code has it: r (n_out, k) is R^T whole, and its zeros learn as well.

        phi = r q^T,     grad_r = grad_phi q

    Starts as SpectralQR does, from a triangle; 784 -> 50 has 2,500 entries there, not 1,275.
    Source: Chicchi et al. 2021, Phys. Rev. E 104, 054312, code.
    """

    def factors(self, k):
        return {"q": ((self.n_in, k), self.phi), "r": ((self.n_out, k), self.phi)}

    def decompose(self, phi):
        triangle = super().decompose(phi)
        whole = np.zeros((self.n_out, triangle["q"].shape[1]))
        whole[self._triangle] = triangle["r"]
        return {"q": triangle["q"], "r": whole}

    def eigenvectors(self, params):
        """phi (n_out, n_in)."""
        return params["r"] @ params["q"].T

    def factor_backward(self, params, grad_phi):
        return grad_phi @ params["q"]

    def factor_term(self, params, side1, side2):
        q = params["q"]
        return differences(*((d, b @ q, e, a @ q) for d, b, e, a in (side1, side2)))


def _difference(d, b, e, a):
    """d_i b_j - e_i a_j (..., n_i, n_j) of d, e (..., n_i) and b, a (..., n_j)."""
    return d[..., None] * b[..., None, :] - e[..., None] * a[..., None, :]
