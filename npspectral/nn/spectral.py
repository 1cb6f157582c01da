"""The spectral layer: a fully connected transfer written by its eigenvalues and eigenvectors."""
from dataclasses import dataclass

import numpy as np

from .initializers import Constant, GlorotUniform
from .layer import Layer, check_number, gram

NAMES = ("lambda_in", "lambda_out", "phi", "bias")


@dataclass(frozen=True)
class Spectral(Layer):
    """Fully connected layer parametrized by eigenvalues and eigenvectors.

        y_i = sum_j W_ij x_j + bias_i,     W_ij = (lambda_in_j - lambda_out_i) phi_ij

    lambda_in (n_in,), lambda_out (n_out,), phi (n_out, n_in), bias (n_out,);
    x (..., batch, n_in) -> y (..., batch, n_out). W is the lower left block of Phi Lambda Phi^-1,
    where Phi = I + phi (in that block), Lambda = diag(lambda_in, lambda_out), Phi^-1 = 2I - Phi.

    Gradients, with G = dL/dW = grad_y^T x:
        grad_phi_ij    = (lambda_in_j - lambda_out_i) G_ij      grad_bias_i = sum_b grad_y_bi
        grad_lambda_in_j = sum_i phi_ij G_ij    grad_lambda_out_i = -sum_j phi_ij G_ij
        grad_x = grad_y W

    An eigenvalue set given as a number is that constant, no parameter, and saves a product; given
    as an initializer it is a parameter. By default lambda_in starts at 1 and lambda_out at 0, so
    the layer begins as Dense(phi); beside lambda_in = 0, lambda_out starts at 1, so W = -phi, as
    published. Names of absent parameters in `trainable` have no effect.

    Raises ValueError or TypeError on sizes, shapes or dtypes that do not fit.
    Source: Giambagli et al. 2021, Nat. Commun. 12, 1330; two sets: Chicchi et al. 2021,
    Phys. Rev. E 104, 054312.
    """

    n_in: int
    n_out: int
    bias: object = True
    trainable: tuple[str, ...] = NAMES
    lambda_in: object = None
    lambda_out: object = None
    phi: object = GlorotUniform()

    def __post_init__(self):
        self.check_sizes(NAMES)
        for name in ("lambda_in", "lambda_out"):
            start = getattr(self, name)
            if start is not None and not callable(start):
                object.__setattr__(self, name, check_number(self.label, name, start))
        if self.lambda_in is None:                          # never a start at W = 0 unasked
            start = 0.0 if self.lambda_out in (1.0, Constant(1.0)) else 1.0
            object.__setattr__(self, "lambda_in", Constant(start))
        if self.lambda_out is None:
            start = 1.0 if self.lambda_in in (0.0, Constant(0.0)) else 0.0
            object.__setattr__(self, "lambda_out", Constant(start))
        self.check_starts(phi=self.phi)

    def parameters(self):
        present = {"lambda_in": ((self.n_in,), self.lambda_in),
                   "lambda_out": ((self.n_out,), self.lambda_out),
                   "phi": ((self.n_out, self.n_in), self.phi),
                   "bias": ((self.n_out,), Constant(0.0) if self.bias is True else self.bias)}
        return {name: (shape, start) for name, (shape, start) in present.items() if callable(start)}

    def eigenvalues(self, params):
        """lambda_in (n_in,) and lambda_out (n_out,) as arrays, declared constants spelled out."""
        def values(name, declared, size):
            return params[name] if name in params else np.full(size, declared, params["phi"].dtype)
        return (values("lambda_in", self.lambda_in, self.n_in),
                values("lambda_out", self.lambda_out, self.n_out))

    def weight(self, params):
        """The realized matrix W_ij = (lambda_in_j - lambda_out_i) phi_ij, shape (n_out, n_in)."""
        return self._gap(params) * params["phi"]

    def weight_backward(self, params, grad_weight):
        """Gradients of lambda_in, lambda_out and phi from G = dL/dW of shape (..., n_out, n_in)."""
        phi, grads = params["phi"], {}
        if "lambda_in" in self.learned:
            grads["lambda_in"] = np.einsum("...ij,ij->...j", grad_weight, phi)
        if "lambda_out" in self.learned:
            grads["lambda_out"] = -np.einsum("...ij,ij->...i", grad_weight, phi)
        if "phi" in self.learned:
            grads["phi"] = self._gap(params) * grad_weight
        return grads

    def _gap(self, params):
        lambda_in, lambda_out = self.eigenvalues(params)
        return lambda_in - lambda_out[:, None]

    # Three forms of one layer. They differ in cost only: the general form has three products and
    # passes over W; where one set is a declared constant c, two products do and W is never formed.

    def forward(self, params, x):
        self.check_input(params, x)
        if "lambda_in" not in params:
            y, residuals = self._forward_by_node(params, x)
        elif "lambda_out" not in params:
            y, residuals = self._forward_by_input(params, x)
        else:
            y, residuals = self._forward_general(params, x)
        if "bias" in params:
            y = y + params["bias"]
        return y, residuals

    def backward(self, params, residuals, grad_y, input_grad=True):
        self.check_upstream(grad_y, residuals[0])
        if "lambda_in" not in params:
            grads, grad_x = self._backward_by_node(params, residuals, grad_y, input_grad)
        elif "lambda_out" not in params:
            grads, grad_x = self._backward_by_input(params, residuals, grad_y, input_grad)
        else:
            grads, grad_x = self._backward_general(params, residuals, grad_y, input_grad)
        if "bias" in self.learned:
            grads["bias"] = grad_y.sum(-2)
        return grads, grad_x

    def _forward_general(self, params, x):
        weight = self.weight(params)
        return x @ weight.T, (x, weight)

    def _backward_general(self, params, residuals, grad_y, input_grad):
        x, weight = residuals
        grads = {}
        if self.learned not in ((), ("bias",)):
            grads = self.weight_backward(params, grad_y.swapaxes(-1, -2) @ x)
        return grads, grad_y @ weight if input_grad else None

    def _forward_by_node(self, params, x):                  # lambda_in = c
        u = x @ params["phi"].T
        return (self.lambda_in - params.get("lambda_out", self.lambda_out)) * u, (x, u)

    def _backward_by_node(self, params, residuals, grad_y, input_grad):
        x, u = residuals
        grads, grad_u = {}, None
        if input_grad or "phi" in self.learned:
            grad_u = (self.lambda_in - params.get("lambda_out", self.lambda_out)) * grad_y
        if "lambda_out" in self.learned:
            grads["lambda_out"] = -(grad_y * u).sum(-2)
        if "phi" in self.learned:
            grads["phi"] = grad_u.swapaxes(-1, -2) @ x
        return grads, grad_u @ params["phi"] if input_grad else None

    def _forward_by_input(self, params, x):                 # lambda_out = c
        scaled = (params["lambda_in"] - self.lambda_out) * x
        return scaled @ params["phi"].T, (x, scaled)

    def _backward_by_input(self, params, residuals, grad_y, input_grad):
        x, scaled = residuals
        grads, grad_scaled = {}, None
        if input_grad or "lambda_in" in self.learned:
            grad_scaled = grad_y @ params["phi"]
        if "lambda_in" in self.learned:
            grads["lambda_in"] = (grad_scaled * x).sum(-2)
        if "phi" in self.learned:
            grads["phi"] = grad_y.swapaxes(-1, -2) @ scaled
        return grads, (params["lambda_in"] - self.lambda_out) * grad_scaled if input_grad else None

    # The tangent kernel's part, from rows of the Jacobian that are products: with a = x, d = grad_y
    #     lambda_in_j: a_j (d phi)_j    lambda_out_i: -d_i (a phi^T)_i    phi_ij: gap_ij d_i a_j
    # Only gaps matter, so a common shift is taken off the eigenvalues before gap^2 is multiplied
    # out: without it, a large one cancels and takes the digits with it.

    def kernel_term(self, params, residuals1, grad_y1, residuals2, grad_y2):
        phi, terms = params["phi"], {}
        x1, x2 = residuals1[0][None], residuals2[0][None]
        if "lambda_in" in self.learned:
            terms["lambda_in"] = gram(x1 * (grad_y1 @ phi), x2 * (grad_y2 @ phi))
        if "lambda_out" in self.learned:
            terms["lambda_out"] = gram(grad_y1 * (x1 @ phi.T), grad_y2 * (x2 @ phi.T))
        if "phi" in self.learned:
            terms["phi"] = self._phi_term(params, x1, grad_y1, x2, grad_y2)
        if "bias" in self.learned:
            terms["bias"] = gram(grad_y1, grad_y2)
        return terms

    def centered_eigenvalues(self, params):
        """Both sets less a common shift, which leaves every gap as it is and makes them small."""
        lambda_in, lambda_out = self.eigenvalues(params)
        shift = (lambda_in.mean() + lambda_out.mean()) / 2
        return lambda_in - shift, lambda_out - shift

    def _phi_term(self, params, x1, grad_y1, x2, grad_y2):
        """sum_ij (lambda_in_j - lambda_out_i)^2 d_i d'_i a_j a'_j."""
        lambda_in, lambda_out = self.centered_eigenvalues(params)
        return (gram(grad_y1, grad_y2) * gram(lambda_in * x1, lambda_in * x2)
                - 2 * gram(grad_y1, lambda_out * grad_y2) * gram(x1, lambda_in * x2)
                + gram(lambda_out * grad_y1, lambda_out * grad_y2) * gram(x1, x2))
