"""Spectral layers whose phi is a product of matrices, of which one is trained: S-QR and S-SVD."""
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from .initializers import GlorotUniform, Normal, Uniform
from .layer import PRECISION, Layer
from .spectral import Spectral


@dataclass(frozen=True)
class Core(Spectral):
    """The spectral layer inside a factored one: its errors carry the owner's name."""

    label: str = ""


@dataclass(frozen=True)
class Factored(Layer):
    """Base: a Spectral layer (the core) whose phi is computed from `factors` of the parameters.

        y_i = sum_j W_ij x_j + bias_i,     W_ij = (lambda_in_j - lambda_out_i) phi_ij

    Everything but phi is as in Spectral: names, shapes, first values, eigenvalue sets that are
    declared constant. A subclass says what its factors are, which one learns (`learner`), what phi
    is (`eigenvectors`), how dL/dphi goes to the learner (`factor_backward`), and how a first phi is
    taken apart (`decompose`). dL/dphi is not computed when the learner is frozen.
    """

    n_in: int
    n_out: int
    bias: object = True
    trainable: tuple[str, ...] = ()
    lambda_in: object = None
    lambda_out: object = None
    phi: object = GlorotUniform()

    def __post_init__(self):
        self.check_sizes(("lambda_in", "lambda_out", self.learner, "bias"))
        for name in ("lambda_in", "lambda_out"):            # completed as in Spectral
            object.__setattr__(self, name, getattr(self.core, name))

    @cached_property
    def core(self):
        """The layer that phi is handed to."""
        names = tuple("phi" if name == self.learner else name for name in self.trainable)
        return Core(self.n_in, self.n_out, self.bias, names, self.lambda_in, self.lambda_out,
                    self.phi, label=self.label)

    def parameters(self):
        present = {}
        for name, own in self.core.parameters().items():
            present |= self.factors(min(self.n_in, self.n_out)) if name == "phi" else {name: own}
        return present

    def init(self, rng, dtype=float):
        """First values: those of Spectral with the same `rng`, phi taken apart.

        In float64 and then cast, because numpy.linalg knows neither longdouble nor float16.
        """
        if np.dtype(dtype) not in PRECISION:
            raise TypeError(f"{self.label}: dtype is {np.dtype(dtype)}, expected a floating dtype")
        first = self.core.init(rng)
        first |= self.decompose(first["phi"])
        return {name: first[name].astype(dtype) for name in self.shapes}

    def eigenvalues(self, params):
        """lambda_in (n_in,) and lambda_out (n_out,) as arrays, declared constants spelled out."""
        return self.core.eigenvalues({**params, "phi": params[self.learner]})   # only its dtype

    def weight(self, params):
        """The realized matrix W_ij = (lambda_in_j - lambda_out_i) phi_ij, shape (n_out, n_in)."""
        return self.core.weight(self._inner(params, self.eigenvectors(params)))

    def weight_backward(self, params, grad_weight):
        """Gradients of all but the bias from G = dL/dW of shape (..., n_out, n_in)."""
        inner = self._inner(params, self.eigenvectors(params))
        return self._through_phi(params, self.core.weight_backward(inner, grad_weight))

    def spectral(self, params):
        """The Spectral layer that does the same, and its params: phi is new, the rest shared."""
        layer = Spectral(self.n_in, self.n_out, self.bias, self.core.trainable, self.lambda_in,
                         self.lambda_out, self.phi)
        return layer, self._inner(params, self.eigenvectors(params))

    def _inner(self, params, phi):
        return {name: phi if name == "phi" else params[name] for name in self.core.shapes}

    def _through_phi(self, params, inner_grads):
        grads = {}
        for name, grad in inner_grads.items():
            if name == "phi":
                name, grad = self.learner, self.factor_backward(params, grad)
            grads[name] = grad
        return grads

    def forward(self, params, x):
        self.check_input(params, x)
        phi = self.eigenvectors(params)
        y, residuals = self.core.forward(self._inner(params, phi), x)
        return y, (*residuals, phi)

    def backward(self, params, residuals, grad_y, input_grad=True):
        *residuals, phi = residuals
        inner = self._inner(params, phi)
        grads, grad_x = self.core.backward(inner, tuple(residuals), grad_y, input_grad)
        return self._through_phi(params, grads), grad_x


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


@dataclass(frozen=True)
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

    def factors(self, k):
        return {"u": ((self.n_out, k), self.phi), "s": ((k,), self.phi),
                "v": ((k, self.n_in), self.phi)}

    def decompose(self, phi):
        u, s, v = np.linalg.svd(phi, full_matrices=False)
        return {"u": u, "s": s, "v": v}

    def eigenvectors(self, params):
        """phi (n_out, n_in)."""
        return (params["u"] * params["s"]) @ params["v"]

    def factor_backward(self, params, grad_phi):
        return (params["u"] * (grad_phi @ params["v"].T)).sum(-2)


@dataclass(frozen=True)
class SpectralGaussianSVD(SpectralSVD):
    """S-SVD as the published code has it: u and v are random matrices, not orthogonal.

        u, v Gaussian with mean 0 and standard deviation 0.04;  s uniform on [0, 3)

    There is no first phi to choose. With s frozen this is also that code's layer for training
    eigenvalues alone. Source: Chicchi et al. 2021, Phys. Rev. E 104, 054312, code.
    """

    phi: object = field(default=GlorotUniform(), init=False, repr=False)

    def factors(self, k):
        return {"u": ((self.n_out, k), Normal(0.04)), "s": ((k,), Uniform(0.0, 3.0)),
                "v": ((k, self.n_in), Normal(0.04))}

    def init(self, rng, dtype=float):
        """First values of all parameters, each drawn by its own initializer."""
        return Layer.init(self, rng, dtype)
