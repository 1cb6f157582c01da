"""The spectral layer: a fully connected transfer written by its eigenvalues and eigenvectors."""
from dataclasses import dataclass

import numpy as np

from ._expect import check_initializers, check_input, check_number, check_upstream
from .initializers import Constant, GlorotUniform
from .layer import Layer, both, complete, gram, product
from .spectral_one_set import (lambda_in_only, lambda_in_only_backward, lambda_out_only,
                               lambda_out_only_backward)

NAMES = ("lambda_in", "lambda_out", "phi", "bias")


@dataclass(frozen=True, repr=False)
class Spectral(Layer):
    """Fully connected layer parametrized by eigenvalues and eigenvectors.

        y_i = sum_j W_ij x_j + bias_i,     W_ij = (lambda_in_j - lambda_out_i) phi_ij

    lambda_in (n_in,), lambda_out (n_out,), phi (n_out, n_in), bias (n_out,);
    x (..., batch, n_in) -> y (..., batch, n_out). Over all nodes, inputs first, W is the lower left
    block of A = Phi Lambda Phi^-1: Lambda = diag(lambda_in, lambda_out) holds A's eigenvalues, and
    Phi, the identity with phi as its lower left block, A's eigenvectors; Phi^-1 = 2I - Phi.

    Gradients, with G = dL/dW = grad_y^T x:
        grad_phi_ij    = (lambda_in_j - lambda_out_i) G_ij      grad_bias_i = sum_b grad_y_bi
        grad_lambda_in_j = sum_i phi_ij G_ij    grad_lambda_out_i = -sum_j phi_ij G_ij
        grad_x = grad_y W

    The options lambda_in, lambda_out, phi, bias are initializers; bias=True starts at 0, False is
    none. A number for lambda_in or lambda_out makes it a constant, which is no parameter. Then, for
    speed alone, y is computed without W: see spectral_one_set.py. By default lambda_in starts at 1
    and lambda_out at 0, so W starts as phi. Where W would be 0 (lambda_in given as 0, or lambda_out
    as 1), the other starts so that W is -phi, as published. Errors: ValueError, TypeError. Source:
    Giambagli et al. 2021, Nat. Commun. 12, 1330; both sets: Chicchi et al. 2021, PRE 104, 054312.

    >>> layer, x = Spectral(3, 2), np.ones((4, 3))
    >>> params = layer.init(np.random.default_rng(0))
    >>> y, residuals = layer.forward(params, x)
    >>> layer.backward(params, residuals, y)[0]["phi"].shape
    (2, 3)
    """

    n_in: int
    n_out: int
    bias: object = True
    trainable: tuple[str, ...] = NAMES
    lambda_in: object = None
    lambda_out: object = None
    phi: object = GlorotUniform()

    def forward(self, params, x):
        check_input(self, params, x)
        if "lambda_in" in params and "lambda_out" in params:
            gap = params["lambda_in"] - params["lambda_out"][:, None]
            weight = gap * params["phi"]
            y, residuals = product(x, weight), (x, gap, weight)     # y = x @ weight.T
        elif "lambda_in" in params:             # lambda_out is a constant: without W, for speed
            y, residuals = lambda_in_only(self, params, x)
        else:                                   # lambda_in is a constant, or both are: likewise
            y, residuals = lambda_out_only(self, params, x)
        if "bias" in params:
            y = y + params["bias"]
        return y, residuals

    def backward(self, params, residuals, grad_y, input_grad=True):
        check_upstream(self, grad_y, residuals[0])                  # x, in each of the three forms
        grads, grad_x = {}, None
        if "lambda_in" in params and "lambda_out" in params:
            x, gap, weight = residuals
            if set(self.learned) - {"bias"}:                        # the bias needs no G
                grad_weight = grad_y.swapaxes(-1, -2) @ x           # y = x @ weight.T
                grads = self._weight_backward(params, gap, grad_weight)     # weight = gap * phi
            if input_grad:
                grad_x = grad_y @ weight                            # y = x @ weight.T
        elif "lambda_in" in params:
            grads, grad_x = lambda_in_only_backward(                # y = lambda_in_only(..)
                self, params, residuals, grad_y, input_grad)
        else:
            grads, grad_x = lambda_out_only_backward(               # y = lambda_out_only(..)
                self, params, residuals, grad_y, input_grad)
        if "bias" in self.learned:
            grads["bias"] = grad_y.sum(-2)                          # y = y + bias
        return grads, grad_x

    def weight(self, params):
        """The realized matrix W_ij = (lambda_in_j - lambda_out_i) phi_ij, shape (n_out, n_in)."""
        return self._gap(params) * params["phi"]

    def weight_backward(self, params, grad_weight):
        """Gradients of lambda_in, lambda_out and phi from G = dL/dW of shape (..., n_out, n_in).

        As dy_bi = sum_j dW_ij x_bj, G_ij = sum_b grad_y_bi x_bj. With gap_ij = lambda_in_j -
        lambda_out_i, the product rule gives dW, and dL follows:
            dW_ij = phi_ij dlambda_in_j - phi_ij dlambda_out_i + gap_ij dphi_ij
            dL = sum_ij G_ij dW_ij = sum_j (sum_i phi_ij G_ij) dlambda_in_j
                 - sum_i (sum_j phi_ij G_ij) dlambda_out_i + sum_ij gap_ij G_ij dphi_ij
        The factor of each differential is the gradient of its parameter.
        """
        return self._weight_backward(params, self._gap(params), grad_weight)

    def _weight_backward(self, params, gap, grad_weight):
        """`weight_backward` with the gap as an argument, for speed alone.

        `backward` passes the gap that forward computed, so that it is not computed again.
        """
        phi, grads = params["phi"], {}
        if "lambda_in" in self.learned:
            grads["lambda_in"] = np.einsum(             # W_ij = (lambda_in_j - lambda_out_i) phi_ij
                "...ij,ij->...j", grad_weight, phi)
        if "lambda_out" in self.learned:
            grads["lambda_out"] = -np.einsum(           # W_ij = (lambda_in_j - lambda_out_i) phi_ij
                "...ij,ij->...i", grad_weight, phi)
        if "phi" in self.learned:
            grads["phi"] = gap * grad_weight                        # weight = gap * phi
        return grads

    def _gap(self, params):
        """lambda_in_j - lambda_out_i, shape (n_out, n_in)."""
        lambda_in, lambda_out = self.eigenvalues(params)
        return lambda_in - lambda_out[:, None]

    def eigenvalues(self, params):
        """lambda_in (n_in,) and lambda_out (n_out,); a declared constant fills its array."""
        def values(name, declared, size):
            return params[name] if name in params else np.full(size, declared, params["phi"].dtype)
        return (values("lambda_in", self.lambda_in, self.n_in),
                values("lambda_out", self.lambda_out, self.n_out))

    def parameters(self):
        return {"lambda_in": ((self.n_in,), self.lambda_in),
                "lambda_out": ((self.n_out,), self.lambda_out),
                "phi": ((self.n_out, self.n_in), self.phi), "bias": ((self.n_out,), self.bias)}

    def __post_init__(self):
        super().__post_init__()
        for name in ("lambda_in", "lambda_out"):
            start = getattr(self, name)
            if start is not None and not callable(start):
                complete(self, **{name: check_number(self.label, name, start)})
        if self.lambda_in is None:                          # by default W is not 0 at the start
            other_is_one = self.lambda_out in (1.0, Constant(1.0))
            complete(self, lambda_in=Constant(0.0 if other_is_one else 1.0))
        if self.lambda_out is None:
            other_is_zero = self.lambda_in in (0.0, Constant(0.0))
            complete(self, lambda_out=Constant(1.0 if other_is_zero else 0.0))
        check_initializers(self, "phi")

    def kernel_term(self, params, residuals1, grad_y1, residuals2, grad_y2):
        """Name -> Gram matrix (K1, N1, K2, N2) of the gradients, with a = x and d = grad_y:

        lambda_in_j: a_j (phi^T d)_j    lambda_out_i: -d_i (phi a)_i    phi_ij: gap_ij d_i a_j
            bias_i: d_i

        `both` computes the gradient of each side: for speed, once if the two sides are the same
        arrays. `gram` takes their dot products.
        """
        phi, terms = params["phi"], {}
        sides = (residuals1[0], grad_y1), (residuals2[0], grad_y2)
        if "lambda_in" in self.learned:
            terms["lambda_in"] = gram(*both(lambda a, d: a * (d @ phi), *sides))
        if "lambda_out" in self.learned:
            # without the signs of both gradients, as (-1)^2 = 1
            terms["lambda_out"] = gram(*both(lambda a, d: d * (a @ phi.T), *sides))
        if "phi" in self.learned:
            terms["phi"] = phi_term(*self.phi_sides(params, *sides))
        if "bias" in self.learned:
            terms["bias"] = gram(grad_y1, grad_y2)
        return terms

    def phi_sides(self, params, side1, side2):
        """(d, b, e, a) for each side (a, d): b_j = lambda_in_j a_j, e_i = lambda_out_i d_i.

        The gradient gap_ij d_i a_j equals d_i b_j - e_i a_j. Each term is a number that depends on
        i alone times a number that depends on j alone. So in `phi_term` a sum over i and j is a sum
        over i times a sum over j. This is for speed and memory: a gradient has n_out n_in numbers
        for every row of d, and none is formed. a (N, n_in) is the same for all K outputs, so
        a[None] has shape (1, N, n_in), to go with d (K, N, n_out).

        One number is subtracted from all eigenvalues, which changes no gap. Otherwise large
        eigenvalues with small gaps would give `phi_term` large numbers that cancel.
        """
        lambda_in, lambda_out = self.eigenvalues(params)
        shift = (lambda_in.mean() + lambda_out.mean()) / 2
        lambda_in, lambda_out = lambda_in - shift, lambda_out - shift
        return both(lambda a, d: (d, lambda_in * a[None], lambda_out * d, a[None]), side1, side2)


def phi_term(side1, side2):
    """sum_ij (d_i b_j - e_i a_j) (d'_i b'_j - e'_i a'_j), where side 2 has primes.

    Multiplied out, it is (d.d') (b.b') - (d.e') (b.a') - (e.d') (a.b') + (e.e') (a.a'). On both
    sides b = lambda_in a and e = lambda_out d. So b.a' = a.b' and e.d' = d.e', and each of the two
    terms in the middle is (d.e') (a.b'). For speed alone it is computed once and taken twice.
    """
    (d1, b1, e1, a1), (d2, b2, e2, a2) = side1, side2
    return (gram(d1, d2) * gram(b1, b2) - 2 * gram(d1, e2) * gram(a1, b2)
            + gram(e1, e2) * gram(a1, a2))
