"""The nested layer: a whole network in one eigenvector matrix, skip connections included."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ._expect import check_flags, check_initializers, check_input, check_upstream
from .activations import ReLU, check_elementwise
from .initializers import GlorotUniform, Uniform
from .layer import Layer, complete

KINDS = ("lambda", "phi", "bias")


@dataclass(frozen=True, repr=False)
class Nested(Layer):
    """Network of L transfers, sizes = (n_0, ..., n_L), given by one A = Phi Lambda Phi^-1.

        u_0 = x    z_k = W_k u_{k-1} + bias_k    h_k = f(z_k), y = z_L    u_k = h_k - phi_k u_{k-1}
        W_k,ij = gap_k,ij phi_k,ij    gap_k,ij = lambda_{k-1},j - lambda_k,i              k = 1..L

    lambda_0..lambda_L (n_k,), phi_k (n_k, n_{k-1}), bias_k (n_k,); f = `activation`. Phi, over all
    nodes, is the identity with the blocks phi_k below its diagonal. With h_0 = x, u = Phi^-1 h:
    layer k gets input from every layer j < k, by the block A_kj = W_k (Phi^-1)_{k-1,j}. No block is
    formed. skip=False: u_k = h_k, so only neighbors are connected. shared=False: every transfer
    has its own lambda_in_k and lambda_out_k. Both together: a Chain of Spectral.

    Gradients, from the last layer down, with grad_z = f'(z_k) grad_u_k and G = grad_z^T u_{k-1}:
        grad_phi_k = gap_k * G - grad_u_k^T u_{k-1}    grad_lambda_{k-1},j += sum_i phi_k,ij G_ij
        grad_u_{k-1} = grad_z W_k - grad_u_k phi_k     grad_lambda_k,i -= sum_j phi_k,ij G_ij

    `trainable` names kinds of parameters. Eigenvalues start uniform on [-1, 1], lambda_L as
    output_eigenvalues says. SPARCS starts hidden layers at W = 0: see PUBLISHED_NESTED.
    Raises ValueError or TypeError on what does not fit.
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

    def forward(self, params, x):
        check_input(self, params, x)
        u, residuals = x, []
        for k, weight in enumerate(self.weights(params), 1):
            z = u @ weight.T
            if self.bias is not False:
                z = z + params[f"bias_{k}"]
            h, active = self.activation.forward({}, z) if k < self.depth else (z, ())
            residuals.append((u, weight, active))
            u = h - u @ params[f"phi_{k}"].T if self._skips(k) else h
        return u, tuple(residuals)

    def backward(self, params, residuals, grad_y, input_grad=True):
        check_upstream(self, grad_y, residuals[0][0])
        grads, grad_u = {}, grad_y
        for k in range(self.depth if self.learned or input_grad else 0, 0, -1):
            u, weight, active = residuals[k - 1]
            grad_h = grad_z = grad_u                                # u_k = h - u @ phi.T
            if k < self.depth:
                grad_z = self.activation.backward({}, active, grad_h)[1]    # h = activation(z)
            self._transfer_backward(grads, params, k, u, grad_h, grad_z)
            if k > 1 or input_grad:
                grad_u = grad_z @ weight                            # z = u @ weight.T
                if self._skips(k):
                    grad_u -= grad_h @ params[f"phi_{k}"]           # u_k = h - u @ phi.T
        return {name: grads[name] for name in self.learned}, grad_u if input_grad else None

    def _transfer_backward(self, grads, params, k, u, grad_h, grad_z):
        """Put the gradients of transfer k into grads; a shared lambda_k adds to that of k + 1."""
        if "bias" in self.trainable and self.bias is not False:
            grads[f"bias_{k}"] = grad_z.sum(-2)                     # z = z + bias
        if "lambda" in self.trainable or "phi" in self.trainable:
            grad_weight = grad_z.swapaxes(-1, -2) @ u               # z = u @ weight.T
        if "lambda" in self.trainable:
            (lambda_in, lambda_out), phi = self._lambda_names(k), params[f"phi_{k}"]
            by_node = np.einsum("...ij,ij->...i", grad_weight, phi)     # weight = gap * phi
            grads[lambda_out] = grads.get(lambda_out, 0) - by_node  # gap = lambda_in - lambda_out
            grads[lambda_in] = np.einsum("...ij,ij->...j", grad_weight, phi)    # weight = gap * phi
        if "phi" in self.trainable:
            grad_phi = self._gap(params, k) * grad_weight           # weight = gap * phi
            if self._skips(k):
                grad_phi -= grad_h.swapaxes(-1, -2) @ u             # u_k = h - u @ phi.T
            grads[f"phi_{k}"] = grad_phi

    def weights(self, params):
        """W_1, ..., W_L, where W_k (n_k, n_{k-1}) leads from layer k - 1 to k; no skip blocks."""
        return tuple(self._gap(params, k) * params[f"phi_{k}"] for k in range(1, self.depth + 1))

    def _gap(self, params, k):
        """gap_k (n_k, n_{k-1})."""
        lambda_in, lambda_out = self._lambda_names(k)
        return params[lambda_in] - params[lambda_out][:, None]

    def _lambda_names(self, k):
        """Names of the eigenvalues on the sending and receiving side of transfer k."""
        return ((f"lambda_{k - 1}", f"lambda_{k}") if self.shared
                else (f"lambda_in_{k}", f"lambda_out_{k}"))

    def _skips(self, k):
        """Whether u_k differs from h_k."""
        return self.skip and k < self.depth

    @property
    def n_in(self):
        """n_0, the number of inputs."""
        return self.sizes[0]

    @property
    def n_out(self):
        """n_L, the number of outputs."""
        return self.sizes[-1]

    @property
    def depth(self):
        """The number of transfers, L."""
        return len(self.sizes) - 1

    @cached_property
    def label(self):
        """The layer's name in error messages, with all its sizes."""
        return f"Nested{self.sizes}"

    @property
    def trainable_names(self):
        return KINDS

    @cached_property
    def learned(self):
        """Names of all parameters of a kind that is trained."""
        return tuple(name for name in self.shapes if name.partition("_")[0] in self.trainable)

    def parameters(self):
        parts = {}
        for k in range(1, self.depth + 1):
            before, after = self.sizes[k - 1:k + 1]
            lambda_in, lambda_out = self._lambda_names(k)
            parts[lambda_in] = ((before,), self.eigenvalues)        # a shared one is listed already
            parts[lambda_out] = ((after,), self.output_eigenvalues if k == self.depth
                                 else self.eigenvalues)
            parts[f"phi_{k}"] = ((after, before), self.phi)
            parts[f"bias_{k}"] = ((after,), self.bias)
        return parts

    def __post_init__(self):
        if not (isinstance(self.sizes, (tuple, list)) and len(self.sizes) > 1):
            raise ValueError(f"Nested: sizes is {self.sizes!r}, expected (n_in, ..., n_out)")
        for size in self.sizes:
            if not isinstance(size, (int, np.integer)) or isinstance(size, bool) or size < 1:
                raise ValueError(f"Nested: sizes is {self.sizes!r}, expected positive integers")
        complete(self, sizes=tuple(map(int, self.sizes)))
        super().__post_init__()
        check_elementwise(self.label, "activation", self.activation)
        check_flags(self, "shared", "skip")
        if self.output_eigenvalues is None:
            complete(self, output_eigenvalues=self.eigenvalues)
        check_initializers(self, "eigenvalues", "phi", "output_eigenvalues")
