"""Recurrent spectral kernels switched in sequence: one for every item, all with the same memory."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..activations import Identity, Tanh
from ..layer import Layer, check_integer
from .real import RecurrentSpectral, orthonormal, transient, transient_backward
from .similarity import damped_backward, similarity, similarity_backward

KINDS = ("modes", "theta")


@dataclass(frozen=True)
class SwitchedRecurrentSpectral(Layer):
    """Network that hears `items` items, each by a kernel of its own; P is common to all kernels.

        x <- x + item_k,  `steps` times x <- A_k f(x),  `rest` times x <- A_k x,    k = 1..items
        A_k = [P | Q_k] diag(1, .., 1, lambda_k) [P | Q_k]^-1,    y = Y_P x, Y_P of the last kernel

    planted (nodes, n_out), never trained; modes_k and theta_k as in RecurrentSpectral, `trainable`
    names their kinds. x (..., batch, items * size) holds the items one after the other, each placed
    as RecurrentSpectral(size, n_out, nodes) places it.

    span P is at rest under every A_k, so what has arrived there survives the linear steps of all.
    What has not is projected along other complements by the next kernel, and is not bounded by the
    kernels' eigenvalues: see `product_stability`. f acts on what is stored as on the rest.
    Raises ValueError or TypeError on sizes, shapes or dtypes that do not fit.
    Source: Chicchi et al. 2023, Chaos Solitons Fractals 168, 113128, of which only the abstract
    was read: kernels activated in sequence; the equations are our definition of that.
    """

    size: int
    n_out: int
    nodes: int
    items: int = 2
    steps: int = 5
    rest: int = 0
    activation: object = Tanh()
    constant: bool = False
    planting: str = "random"
    trainable: tuple[str, ...] = KINDS

    def __post_init__(self):
        check_integer("SwitchedRecurrentSpectral", "items", self.items)
        check_integer("SwitchedRecurrentSpectral", "rest", self.rest, 0)
        self.kernel                                         # refuses what does not fit
        self.check_sizes(KINDS)

    @property
    def n_in(self):
        return self.items * self.size

    @cached_property
    def kernel(self):
        """The layer that every item is heard by, without its parameters."""
        return RecurrentSpectral(self.size, self.n_out, self.nodes, self.steps, self.activation,
                                 self.constant, self.planting)

    @cached_property
    def learned(self):
        return tuple(name for name in self.shapes if name.partition("_")[0] in self.trainable)

    def parameters(self):
        """Those of one kernel, modes and theta once for every item."""
        own = self.kernel.parameters()
        return {"planted": own["planted"]} | {f"{name}_{k}": own[name]
                                              for k in range(1, self.items + 1) for name in KINDS}

    def init(self, rng, dtype=float):
        """First values: every [P | Q_k] orthonormal, Q_k drawn one after the other."""
        self.check_dtype(dtype)
        first = super().init(rng)
        if self.planting == "nodes":
            first["planted"] = np.eye(self.nodes)[:, -self.n_out:]
        for k in range(1, self.items + 1):
            planted, first[f"modes_{k}"] = orthonormal(first["planted"], first[f"modes_{k}"])
        first["planted"] = planted
        return {name: array.astype(dtype) for name, array in first.items()}

    def own(self, params, k):
        """The parameters of kernel k = 1..items under the names of RecurrentSpectral."""
        return {"planted": params["planted"], **{name: params[f"{name}_{k}"] for name in KINDS}}

    def transfers(self, params):
        """A_1, ..., A_items (nodes, nodes)."""
        return [self._matrices(params, k)[-1] for k in range(1, self.items + 1)]

    def _matrices(self, params, k):
        """Phi, its inverse and A of kernel k."""
        own = self.own(params, k)
        phi, inverse = self.kernel.eigenvectors(own)
        return phi, inverse, similarity(phi, inverse, self.kernel.eigenvalues(own))

    def forward(self, params, x):
        self.check_input(params, x)
        state, residuals = 0, []
        for k in range(1, self.items + 1):
            phi, inverse, transfer = self._matrices(params, k)
            state = state + self.kernel.start(x[..., (k - 1) * self.size:k * self.size])
            last = k == self.items                          # y needs no linear step of this one
            state, bent = transient(self.activation, transfer, state, self.steps - last)
            state, straight = transient(Identity(), transfer, state, 0 if last else self.rest)
            residuals.append((bent, straight, phi, inverse, transfer))
        h, active = self.activation.forward({}, state)
        return h @ inverse[:self.n_out].T, (h, active, tuple(residuals))

    def backward(self, params, residuals, grad_y, input_grad=True):
        h, active, windows = residuals
        self.check_upstream(grad_y, h)
        if not (self.learned or input_grad):
            return {}, None
        grads, grad_x, grad_inverse = {}, [], grad_y.swapaxes(-1, -2) @ h
        grad_h = grad_y @ windows[-1][3][:self.n_out]
        grad_state = self.activation.backward({}, active, grad_h)[1]
        for k in range(self.items, 0, -1):
            bent, straight, phi, inverse, transfer = windows[k - 1]
            go_on = k > 1 or input_grad
            later, grad_state = transient_backward(Identity(), transfer, straight, grad_state,
                                                   bool(self.learned), True)
            earlier, grad_state = transient_backward(self.activation, transfer, bent, grad_state,
                                                     bool(self.learned), go_on)
            grads |= self._kernel_gradients(params, k, phi, inverse, earlier + later, grad_inverse)
            grad_inverse = grad_inverse[..., :0, :]         # only the last one is read
            grad_x.insert(0, grad_state[..., :self.size] if go_on else None)
        grads = {name: grads[name] for name in self.learned}
        return grads, np.concatenate(grad_x, axis=-1) if input_grad else None

    def _kernel_gradients(self, params, k, phi, inverse, grad_transfer, grad_inverse):
        if not self.learned:
            return {}
        own = self.own(params, k)
        grad_phi, grad_eigenvalues = similarity_backward(
            phi, inverse, self.kernel.eigenvalues(own), grad_transfer, grad_inverse)
        grad_theta = damped_backward(own["theta"], grad_eigenvalues[..., self.n_out:])
        return {f"modes_{k}": grad_phi[..., self.n_out:], f"theta_{k}": grad_theta}


def product_stability(transfers, planted):
    """(spectral radius, 2-norm) of the product A_K ... A_1 modulo span P, for planted P (n, C).

    transfers: A_1, ..., A_K (n, n) in the order of their use, all with A P = P. With B an
    orthonormal basis of what is orthogonal to P, the product of B^T A_k B is the product modulo P.
    If the radius exceeds 1, going through the kernels again and again makes states grow, however
    small the eigenvalues of each A_k; if the norm is below 1, every state shrinks toward span P.
    """
    basis = np.linalg.qr(planted, mode="complete")[0][:, planted.shape[1]:]
    product = np.eye(basis.shape[1], dtype=planted.dtype)
    for transfer in transfers:
        product = basis.T @ transfer @ basis @ product
    radius = np.abs(np.linalg.eigvals(product)).max(initial=0)
    return float(radius), float(np.linalg.norm(product, 2))
