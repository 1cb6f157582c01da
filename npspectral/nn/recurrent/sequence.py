"""Recurrent spectral networks used in sequence, one for every item, all with the same memory."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .._expect import check_dtype, check_input, check_integer, check_upstream
from ..activations import Identity, Tanh, check_elementwise
from ..layer import Layer
from .real import RecurrentSpectral, orthonormal, transient, transient_backward
from .similarity import damped_backward, similarity, similarity_backward

KINDS = ("modes", "theta")
LINEAR = Identity()


@dataclass(frozen=True, repr=False)
class SwitchedRecurrentSpectral(Layer):
    """Recurrent network with a matrix A_k, the kernel, for each of `items` items; all share P.

        x <- x + item_k,  `steps` times x <- A_k f(x),  `rest` times x <- A_k x,    k = 1..items
        A_k = [P | Q_k] diag(1, .., 1, lambda_k) [P | Q_k]^-1,    y = Y_P x, Y_P of the last kernel

    P = `planted` (nodes, n_out) is never trained. Q_k is modes_k, lambda_k comes from theta_k, as
    in RecurrentSpectral; `trainable` names these kinds. x (..., batch, items * size) holds the
    items side by side. item_k is put on the nodes as RecurrentSpectral(size, n_out, nodes) does.

    A_k P = P for every k. So a state in the span of P, the memory, survives the linear steps of
    all kernels. Each kernel splits a state into memory and rest along its own Q_k. So the
    eigenvalues of the A_k do not bound how the rest grows from kernel to kernel: see
    `product_stability`. The nonlinear steps change the memory too.
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

    def forward(self, params, x):
        check_input(self, params, x)
        state, residuals = 0, []
        for k in range(1, self.items + 1):
            phi, inverse, transfer = self._matrices(params, k)
            state = state + self.kernel.start(x[..., (k - 1) * self.size:k * self.size])
            last = k == self.items                          # its last f stands in y
            state, nonlinear = transient(self.activation, transfer, state, self.steps - last)
            state, linear = transient(LINEAR, transfer, state, 0 if last else self.rest)
            residuals.append((nonlinear, linear, phi, inverse, transfer))
        h, active = self.activation.forward({}, state)
        y = h @ inverse[:self.n_out].T
        return y, (h, active, tuple(residuals))

    def backward(self, params, residuals, grad_y, input_grad=True):
        h, active, windows = residuals
        check_upstream(self, grad_y, h)
        if not (self.learned or input_grad):
            return {}, None
        grads, grad_x = {}, []
        grad_inverse = grad_y.swapaxes(-1, -2) @ h                      # y = h @ inverse[:n_out].T
        grad_h = grad_y @ windows[-1][3][:self.n_out]                   # y = h @ inverse[:n_out].T
        grad_state = self.activation.backward({}, active, grad_h)[1]    # h = f(state)
        for k in range(self.items, 0, -1):
            go_on = k > 1 or input_grad
            grad_transfer, grad_state = self._window_backward(windows[k - 1], grad_state, go_on)
            grads |= self._kernel_gradients(params, k, windows[k - 1], grad_transfer,
                                            grad_inverse)
            grad_inverse = grad_inverse[..., :0, :]         # y reads the inverse of the last alone
            grad_x.insert(0, grad_state[..., :self.size] if go_on else None)    # state += start(x)
        grads = {name: grads[name] for name in self.learned}
        return grads, np.concatenate(grad_x, axis=-1) if input_grad else None

    def _window_backward(self, window, grad_state, input_grad):
        """dL/dA_k of one item, and dL/d(state) before its steps."""
        nonlinear, linear, _, _, transfer = window
        learns = bool(self.learned)
        later, grad_state = transient_backward(                 # state, linear = transient(..)
            LINEAR, transfer, linear, grad_state, learns, True)
        earlier, grad_state = transient_backward(               # state, nonlinear = transient(..)
            self.activation, transfer, nonlinear, grad_state, learns, input_grad)
        return earlier + later, grad_state                      # one transfer in both

    def _kernel_gradients(self, params, k, window, grad_transfer, grad_inverse):
        """Gradients of modes_k and theta_k from dL/dA_k and, for the last kernel, from dL/dY_P."""
        if not self.learned:
            return {}
        _, _, phi, inverse, _ = window
        part = self.kernel_params(params, k)
        grad_phi, grad_eigenvalues = similarity_backward(       # transfer = similarity(..)
            phi, inverse, self.kernel.eigenvalues(part), grad_transfer, grad_inverse)
        grad_theta = damped_backward(                           # eigenvalues: damped(theta)
            part["theta"], grad_eigenvalues[..., self.n_out:])
        return {f"modes_{k}": grad_phi[..., self.n_out:],       # phi = [planted, modes]
                f"theta_{k}": grad_theta}

    def kernel_params(self, params, k):
        """The parameters of kernel k = 1..items under the names of RecurrentSpectral."""
        return {"planted": params["planted"], **{name: params[f"{name}_{k}"] for name in KINDS}}

    def transfers(self, params):
        """The list A_1, ..., A_items, each (nodes, nodes)."""
        return [self._matrices(params, k)[-1] for k in range(1, self.items + 1)]

    def _matrices(self, params, k):
        """Phi, its inverse and A of kernel k."""
        part = self.kernel_params(params, k)
        phi, inverse = self.kernel.eigenvectors(part)
        return phi, inverse, similarity(phi, inverse, self.kernel.eigenvalues(part))

    def init(self, rng, dtype=float):
        """First values: every [P | Q_k] has orthonormal columns; one P, a Q_k for each k."""
        check_dtype(self, dtype)
        first = super().init(rng)
        if self.planting == "nodes":
            first["planted"] = np.eye(self.nodes)[:, -self.n_out:]
        for k in range(1, self.items + 1):
            planted, first[f"modes_{k}"] = orthonormal(first["planted"], first[f"modes_{k}"])
        first["planted"] = planted
        return {name: array.astype(dtype) for name, array in first.items()}

    @property
    def n_in(self):
        """items * size."""
        return self.items * self.size

    @cached_property
    def kernel(self):
        """The RecurrentSpectral layer of one item: its sizes and options."""
        return RecurrentSpectral(self.size, self.n_out, self.nodes, self.steps, self.activation,
                                 self.constant, self.planting)

    @cached_property
    def learned(self):
        """Names of all parameters of a kind that is trained."""
        return tuple(name for name in self.shapes if name.partition("_")[0] in self.trainable)

    def parameters(self):
        """planted once, then modes_k and theta_k for every item; shapes as in RecurrentSpectral."""
        parts = self.kernel.parameters()
        return {"planted": parts["planted"]} | {f"{name}_{k}": parts[name]
                                                for k in range(1, self.items + 1) for name in KINDS}

    @property
    def trainable_names(self):
        return KINDS

    def __post_init__(self):
        for name, low in (("size", 1), ("items", 1), ("rest", 0)):
            check_integer("SwitchedRecurrentSpectral", name, getattr(self, name), low)
        super().__post_init__()
        check_elementwise(self.label, "activation", self.activation)
        self.kernel                                         # refuses what does not fit


def product_stability(transfers, planted):
    """(spectral radius, 2-norm) of the product A_K ... A_1 outside the span of planted P (n, C).

        M = (B^T A_K B) ... (B^T A_1 B),    B (n, n - C) an orthonormal basis orthogonal to P

    transfers: A_1, ..., A_K (n, n) in the order of their use, all with A P = P. Then one round
    through all kernels changes the part B^T x of a state x to M B^T x. If the radius exceeds 1,
    some states grow from round to round, however small the eigenvalues of each A_k. If the norm is
    below 1, every round brings every state closer to the span of P.
    """
    basis = np.linalg.qr(planted, mode="complete")[0][:, planted.shape[1]:]
    product = np.eye(basis.shape[1], dtype=planted.dtype)
    for transfer in transfers:
        product = basis.T @ transfer @ basis @ product
    radius = np.abs(np.linalg.eigvals(product)).max(initial=0)
    return float(radius), float(np.linalg.norm(product, 2))
