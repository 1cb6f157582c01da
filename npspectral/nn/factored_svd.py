"""S-SVD: the spectral layer whose phi is u diag(s) v, of which s is trained."""
from dataclasses import dataclass, field

import numpy as np

from .factored import Factored
from .initializers import GlorotUniform, Normal, Uniform
from .layer import Layer, both, gram


@dataclass(frozen=True, repr=False)
class SpectralSVD(Factored):
    """Spectral layer with phi = u diag(s) v, k = min(n_in, n_out); eigenvalues and s learn (S-SVD).

        phi_ij = sum_m u_im s_m v_mj

    u (n_out, k) has orthonormal columns, v (k, n_in) orthonormal rows, neither is ever trained;
    s (k,) starts at the singular values of the first phi and may take any sign in training.
    Gradient:  grad_s_m = sum_ij u_im grad_phi_ij v_mj;  the others are those of Spectral.

    Source: Chicchi et al. 2021, Phys. Rev. E 104, 054312. Deviation: the published code draws u and
    v at random, not orthogonal: SpectralGaussianSVD.
    """

    trainable: tuple[str, ...] = ("lambda_in", "lambda_out", "s", "bias")

    learner = "s"

    def eigenvectors(self, params):
        """phi (n_out, n_in)."""
        return (params["u"] * params["s"]) @ params["v"]

    def factor_backward(self, params, grad_phi):
        """grad_s from dL/dphi (..., n_out, n_in)."""
        return (params["u"] * (grad_phi @ params["v"].T)).sum(-2)       # phi = (u * s) @ v

    def factor_term(self, params, side1, side2):
        """Gram matrix (K1, N1, K2, N2) of the gradients (d u)_m (v b)_m - (e u)_m (v a)_m."""
        u, v = params["u"], params["v"].T
        return gram(*both(lambda d, b, e, a: (d @ u) * (b @ v) - (e @ u) * (a @ v), side1, side2))

    def decompose(self, phi):
        """u, s and v of a first phi (n_out, n_in)."""
        u, s, v = np.linalg.svd(phi, full_matrices=False)
        return {"u": u, "s": s, "v": v}

    def factors(self, k):
        """Shapes of u, s and v."""
        return {"u": ((self.n_out, k), self.phi), "s": ((k,), self.phi),
                "v": ((k, self.n_in), self.phi)}


@dataclass(frozen=True, repr=False)
class SpectralGaussianSVD(SpectralSVD):
    """S-SVD as the published code has it: u and v are random matrices, not orthogonal.

        u, v Gaussian with mean 0 and standard deviation 0.04;  s uniform on [0, 3)

    So there is no option `phi`. With s frozen, this is also that code's layer for training
    eigenvalues alone. Source: Chicchi et al. 2021, Phys. Rev. E 104, 054312, code.
    """

    phi: object = field(default=GlorotUniform(), init=False, repr=False)

    def init(self, rng, dtype=float):
        """First values of all parameters, each drawn by its own initializer."""
        return Layer.init(self, rng, dtype)

    def factors(self, k):
        return {"u": ((self.n_out, k), Normal(0.04)), "s": ((k,), Uniform(0.0, 3.0)),
                "v": ((k, self.n_in), Normal(0.04))}
