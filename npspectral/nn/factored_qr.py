"""S-QR: the spectral layer whose phi^T is Q R, of which R is trained."""
from dataclasses import dataclass

import numpy as np

from .factored import Factored, differences
from .layer import both, gram

TRIANGLE = 32                   # rows of the largest triangle whose Jacobian is formed


@dataclass(frozen=True, repr=False)
class SpectralQR(Factored):
    """Spectral layer with phi^T = Q R, k = min(n_in, n_out); eigenvalues and R learn (S-QR).

        phi = L q^T,     L = R^T,     L_im = 0 for m > i

    q (n_in, k) has orthonormal columns and is never trained. r (k (k + 1) / 2 + (n_out - k) k,)
    holds the entries m <= i of L (n_out, k), row by row; the zeros of L are no parameters.
    Gradient:  grad_r = the entries m <= i of grad_phi q;  the others are those of Spectral.

    Q and R of a full-rank matrix are unique but for signs. Here the diagonal of R is >= 0, so the
    first values do not depend on the library that computes them.
    Source: Chicchi et al. 2021, Phys. Rev. E 104, 054312. Deviation: the published code trains all
    n_out k entries of R, zeros included: SpectralFullQR.
    """

    trainable: tuple[str, ...] = ("lambda_in", "lambda_out", "r", "bias")

    learner = "r"

    def eigenvectors(self, params):
        """phi (n_out, n_in)."""
        r, q = params["r"], params["q"]
        lower = np.zeros((self.n_out, q.shape[1]), r.dtype)
        lower[self._triangle] = r
        return lower @ q.T

    def factor_backward(self, params, grad_phi):
        """grad_r from dL/dphi (..., n_out, n_in)."""
        grad_lower = grad_phi @ params["q"]                 # phi = lower @ q.T
        return grad_lower[..., self._triangle]              # lower[triangle] = r

    def factor_term(self, params, side1, side2):
        """Gram matrix (K1, N1, K2, N2) of d_i (b q)_m - e_i (a q)_m over m <= i, fast."""
        return triangle_gram(*self._projected(params, side1, side2))

    def _projected(self, params, *sides):
        """Both sides with b q and a q in the place of b and a."""
        q = params["q"]
        return both(lambda d, b, e, a: (d, b @ q, e, a @ q), *sides)

    def decompose(self, phi):
        """q and r of a first phi (n_out, n_in)."""
        q, r = np.linalg.qr(phi.T)
        sign = np.where(np.diagonal(r) < 0, -1, 1)
        return {"q": q * sign, "r": (r.T * sign)[self._triangle]}

    def factors(self, k):
        """Shapes of q and r."""
        size = k * (k + 1) // 2 + (self.n_out - k) * k
        return {"q": ((self.n_in, k), self.phi), "r": ((size,), self.phi)}

    @property
    def _triangle(self):
        return np.tri(self.n_out, min(self.n_in, self.n_out), dtype=bool)


@dataclass(frozen=True, repr=False)
class SpectralFullQR(SpectralQR):
    """S-QR as in the published code: r (n_out, k) is all of R^T, and its zeros are trained too.

        phi = r q^T,     grad_r = grad_phi q

    r starts as in SpectralQR, with zeros for m > i. For 784 -> 50 it has 2,500 entries, not 1,275.
    Source: Chicchi et al. 2021, Phys. Rev. E 104, 054312, code.
    """

    def eigenvectors(self, params):
        """phi (n_out, n_in)."""
        return params["r"] @ params["q"].T

    def factor_backward(self, params, grad_phi):
        return grad_phi @ params["q"]                       # phi = r @ q.T

    def factor_term(self, params, side1, side2):
        return differences(*self._projected(params, side1, side2))

    def decompose(self, phi):
        triangle = super().decompose(phi)
        whole = np.zeros((self.n_out, triangle["q"].shape[1]))
        whole[self._triangle] = triangle["r"]
        return {"q": triangle["q"], "r": whole}

    def factors(self, k):
        return {"q": ((self.n_in, k), self.phi), "r": ((self.n_out, k), self.phi)}


# The Gram matrix of the gradients of r, each of one sample. A side is (d, b, e, a), with d and e
# (..., n_out), b and a (..., k). Its gradient is D_im = d_i b_m - e_i a_m at the entries m <= i.

def plain_triangle_gram(side1, side2):
    """The definition, one row i at a time: sum of D_im D'_im over all i and m <= i."""
    total = 0
    for i in range(side1[0].shape[-1]):
        row1, row2 = (d[..., i:i + 1] * b[..., :i + 1] - e[..., i:i + 1] * a[..., :i + 1]
                      for d, b, e, a in (side1, side2))
        total = total + gram(row1, row2)
    return total


def triangle_gram(side1, side2):
    """The same as plain_triangle_gram, fast.

    A triangle is cut into two smaller triangles and a rectangle, until the triangles are small.
    Where n_out > k, the rows i >= k are one more rectangle. The sum over a rectangle needs no
    D_im, only products of Gram matrices: `differences`.
    """
    def cut(rows, columns):
        return [(d[..., rows], b[..., columns], e[..., rows], a[..., columns])
                for d, b, e, a in (side1, side2)]

    def triangle(first, last):
        if last - first <= TRIANGLE:
            part, keep = slice(first, last), np.tri(last - first, dtype=bool)
            return gram(*(_difference(*side)[..., keep] for side in cut(part, part)))
        middle = (first + last) // 2
        corner = differences(*cut(slice(middle, last), slice(first, middle)))
        return triangle(first, middle) + triangle(middle, last) + corner

    n_out, k = side1[0].shape[-1], side1[1].shape[-1]
    rest = differences(*cut(slice(k, None), slice(None))) if n_out > k else 0
    return triangle(0, k) + rest


def _difference(d, b, e, a):
    """d_i b_m - e_i a_m (..., n_i, n_m) of d, e (..., n_i) and b, a (..., n_m)."""
    return d[..., None] * b[..., None, :] - e[..., None] * a[..., None, :]
