"""The nested layer: a whole network in one eigenvector matrix, skip connections included."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .activations import ReLU, check_elementwise
from .initializers import Constant, GlorotUniform, Uniform
from .layer import Layer

KINDS = ("lambda", "phi", "bias")


@dataclass(frozen=True)
class Nested(Layer):
    """Network over all its nodes, sizes = (n_0, ..., n_L), by A = Phi Lambda Phi^-1.

        u_0 = x    z_k = W_k u_{k-1} + bias_k    h_k = f(z_k), y = z_L    u_k = h_k - phi_k u_{k-1}
        W_k,ij = (lambda_{k-1},j - lambda_k,i) phi_k,ij                                   k = 1..L

    lambda_0..lambda_L (n_k,), phi_k (n_k, n_{k-1}), bias_k (n_k,). Phi is the identity with phi_k
    below its diagonal and u = Phi^-1 h, so that layer k hears all layers before it, through the
    blocks A_kj = W_k (Phi^-1)_{k-1,j}, none of which is formed. skip=False: u_k = h_k, W_k alone.
    shared=False: lambda_in_k, lambda_out_k for every transfer; with skip=False a Chain of Spectral.

    Gradients, from the last layer down, with grad_z = f'(z_k) grad_u_k and G = grad_z^T u_{k-1}:
        grad_phi_k = (gap of W_k) G - grad_u_k^T u_{k-1}    grad_lambda_{k-1},j += sum_i phi_ij G_ij
        grad_u_{k-1} = grad_z W_k - grad_u_k phi_k          grad_lambda_k,i -= sum_j phi_ij G_ij

    `trainable` names kinds of parameters. Eigenvalues start uniform on +-1, so that no layer starts
    at W = 0, as all hidden ones of SPARCS do (PUBLISHED_NESTED); those of the output may differ.
    Raises ValueError or TypeError on sizes, shapes or dtypes that do not fit.
    Source: SPARCS, arXiv 2504.00885 (2025).
    """

    sizes: tuple[int, ...]
    activation: object = ReLU()
    bias: object = True
    shared: bool = True
    skip: bool = True
    trainable: tuple[str, ...] = KINDS
    eigenvalues: object = Uniform(-1.0, 1.0)
    output_eigenvalues: object = None
    phi: object = GlorotUniform()

    def __post_init__(self):
        if not (isinstance(self.sizes, (tuple, list)) and len(self.sizes) > 1):
            raise ValueError(f"Nested: sizes is {self.sizes!r}, expected (n_in, ..., n_out)")
        for size in self.sizes:
            if not isinstance(size, (int, np.integer)) or isinstance(size, bool) or size < 1:
                raise ValueError(f"Nested: sizes is {self.sizes!r}, expected positive integers")
        object.__setattr__(self, "sizes", tuple(map(int, self.sizes)))
        self.check_sizes(KINDS)
        check_elementwise(self.label, "activation", self.activation)
        for name in ("shared", "skip"):
            self.check_flag(name)
        if self.output_eigenvalues is None:
            object.__setattr__(self, "output_eigenvalues", self.eigenvalues)
        self.check_starts(eigenvalues=self.eigenvalues, phi=self.phi,
                          output_eigenvalues=self.output_eigenvalues)

    @property
    def n_in(self):
        return self.sizes[0]

    @property
    def n_out(self):
        return self.sizes[-1]

    @property
    def depth(self):
        """The number of transfers, L."""
        return len(self.sizes) - 1

    @cached_property
    def label(self):
        return f"Nested{self.sizes}"

    @cached_property
    def learned(self):
        return tuple(name for name in self.shapes if name.partition("_")[0] in self.trainable)

    def parameters(self):
        present = {}
        for k in range(1, self.depth + 1):
            before, after = self.sizes[k - 1:k + 1]
            lambda_in, lambda_out = self._lambda_names(k)
            present[lambda_in] = ((before,), self.eigenvalues)      # a shared one is there already
            present[lambda_out] = ((after,), self.output_eigenvalues if k == self.depth
                                   else self.eigenvalues)
            present[f"phi_{k}"] = ((after, before), self.phi)
            if self.bias is not False:
                start = Constant(0.0) if self.bias is True else self.bias
                present[f"bias_{k}"] = ((after,), start)
        return present

    def weights(self, params):
        """The transfers W_1, ..., W_L, W_k of shape (n_k, n_{k-1}); skip blocks not included."""
        return tuple(self._gap(params, k) * params[f"phi_{k}"] for k in range(1, self.depth + 1))

    def _lambda_names(self, k):
        """Names of the eigenvalues before and behind transfer k."""
        return ((f"lambda_{k - 1}", f"lambda_{k}") if self.shared
                else (f"lambda_in_{k}", f"lambda_out_{k}"))

    def _gap(self, params, k):
        lambda_in, lambda_out = self._lambda_names(k)
        return params[lambda_in] - params[lambda_out][:, None]

    def _bends(self, k):
        """Whether u_k differs from h_k."""
        return self.skip and k < self.depth

    def forward(self, params, x):
        self.check_input(params, x)
        u, residuals = x, []
        for k, weight in enumerate(self.weights(params), 1):
            z = u @ weight.T
            if self.bias is not False:
                z = z + params[f"bias_{k}"]
            h, active = self.activation.forward({}, z) if k < self.depth else (z, ())
            residuals.append((u, weight, active))
            u = h - u @ params[f"phi_{k}"].T if self._bends(k) else h
        return u, tuple(residuals)

    def backward(self, params, residuals, grad_y, input_grad=True):
        self.check_upstream(grad_y, residuals[0][0])
        grads, grad_u = {}, grad_y
        for k in range(self.depth if self.learned or input_grad else 0, 0, -1):
            u, weight, active = residuals[k - 1]
            phi, above, grad_z = params[f"phi_{k}"], grad_u, grad_u
            if k < self.depth:
                grad_z = self.activation.backward({}, active, above)[1]
            self._add_gradients(grads, params, k, u, above, grad_z)
            if k > 1 or input_grad:
                grad_u = grad_z @ weight
                if self._bends(k):
                    grad_u -= above @ phi
        return {name: grads[name] for name in self.learned}, grad_u if input_grad else None

    def _add_gradients(self, grads, params, k, u, grad_u, grad_z):
        """Gradients of transfer k, grad_u that of u_k; a shared lambda_k has a part from k + 1."""
        if "bias" in self.trainable and self.bias is not False:
            grads[f"bias_{k}"] = grad_z.sum(-2)
        if "lambda" in self.trainable or "phi" in self.trainable:
            grad_weight = grad_z.swapaxes(-1, -2) @ u
        if "lambda" in self.trainable:
            (lambda_in, lambda_out), phi = self._lambda_names(k), params[f"phi_{k}"]
            by_node = np.einsum("...ij,ij->...i", grad_weight, phi)
            grads[lambda_out] = grads.get(lambda_out, 0) - by_node
            grads[lambda_in] = np.einsum("...ij,ij->...j", grad_weight, phi)
        if "phi" in self.trainable:
            grad_phi = self._gap(params, k) * grad_weight
            if self._bends(k):
                grad_phi -= grad_u.swapaxes(-1, -2) @ u
            grads[f"phi_{k}"] = grad_phi
