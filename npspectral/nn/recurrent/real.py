"""The recurrent spectral network: nonlinear steps, then linear ones toward planted directions."""
from dataclasses import dataclass

import numpy as np

from .._expect import (check_dtype, check_flags, check_initializers, check_input, check_integer,
                       check_upstream)
from ..activations import Tanh, check_elementwise
from ..initializers import Normal, Uniform
from ..layer import Layer
from .similarity import (damped, damped_backward, eigenvalues_backward, inverted, similarity,
                         similarity_backward)

PLANTINGS = ("random", "nodes")


@dataclass(frozen=True, repr=False)
class RecurrentSpectral(Layer):
    """Recurrent network whose state comes to rest on planted directions, one for every output.

        x_{t+1} = A f(x_t) for t < steps, then x_{t+1} = A x_t,    A = Phi diag(1, .., 1, lambda) Y
        Phi = [P | Q],    Y = Phi^-1,    lambda = (1 - 2^-10) tanh(theta),    y = Y_P x_steps

    P = `planted` (nodes, n_out) is by default not trained; Q = `modes` (nodes, nodes - n_out);
    theta (nodes - n_out,); f = `activation`; Y_P is the first n_out rows of Y. x_0 holds x (...,
    batch, n_in) on its first nodes, 1 on the next node if `constant`, 0 on the rest. Y_P A = Y_P,
    so y = Y_P f(x_{steps-1}), and no linear step changes it. |lambda| < 1, so x_t tends to P y.

    Gradients, g_t = dL/dx_t:    g_{steps-1} = f'(x_{steps-1}) (grad_y Y_P)
        g_{t-1} = f'(x_{t-1}) (g_t A)    grad_A = sum_{t < steps} g_t^T f(x_{t-1})
        grad_Y_P = grad_y^T f(x_{steps-1});    from there to Phi and lambda as in similarity.py

    [P | Q] starts with orthonormal columns: all at random, or with planting="nodes" P as the unit
    vectors of the last n_out nodes. Without the constant node an odd f gives y(-x) = -y(x).
    Raises ValueError or TypeError on sizes, shapes or dtypes that do not fit, and LinAlgError if
    training makes Phi singular: see `condition`, and the penalty Orthonormal.
    Source: Chicchi et al. 2023, Chaos Solitons Fractals 168, 113128, of which only the abstract
    was read: equations, start and read-out are our definition of it.
    """

    n_in: int
    n_out: int
    nodes: int
    steps: int = 5
    activation: object = Tanh()
    constant: bool = False
    planting: str = "random"
    trainable: tuple[str, ...] = ("modes", "theta")
    theta: object = Uniform(-1.0, 1.0)

    bias = False

    def forward(self, params, x):
        check_input(self, params, x)
        phi, inverse = self.eigenvectors(params)
        transfer = similarity(phi, inverse, self.eigenvalues(params))
        state, steps = transient(self.activation, transfer, self.start(x), self.steps - 1)
        h, active = self.activation.forward({}, state)
        y = h @ inverse[:self.n_out].T
        return y, (h, active, steps, phi, inverse, transfer)

    def backward(self, params, residuals, grad_y, input_grad=True):
        h, active, steps, phi, inverse, transfer = residuals
        check_upstream(self, grad_y, h)
        if not (self.learned or input_grad):
            return {}, None
        grad_h = grad_y @ inverse[:self.n_out]                          # y = h @ inverse[:n_out].T
        grad_state = self.activation.backward({}, active, grad_h)[1]    # h = f(state)
        grad_transfer, grad_start = transient_backward(                 # state, .. = transient(..)
            self.activation, transfer, steps, grad_state, bool(self.learned), input_grad)
        grads = self._gradients(params, residuals, grad_y, grad_transfer) if self.learned else {}
        if not input_grad:
            return grads, None
        return grads, grad_start[..., :self.n_in].copy()                # state[:n_in] = x

    def _gradients(self, params, residuals, grad_y, grad_transfer):
        """Gradients of the parameters from dL/dA, through A, y and theta."""
        h, _, _, phi, inverse, _ = residuals
        grads, eigenvalues = {}, self.eigenvalues(params)
        if set(self.learned) - {"theta"}:
            grad_inverse = grad_y.swapaxes(-1, -2) @ h                  # y = h @ inverse[:n_out].T
            grad_phi, grad_eigenvalues = similarity_backward(           # transfer = similarity(..)
                phi, inverse, eigenvalues, grad_transfer, grad_inverse)
            grads = self.eigenvectors_backward(params, grad_phi)        # phi = eigenvectors(params)
        else:
            grad_eigenvalues = eigenvalues_backward(                    # transfer = similarity(..)
                phi, inverse, grad_transfer)
        if "theta" in self.learned:
            grads["theta"] = damped_backward(                           # eigenvalues: damped(theta)
                params["theta"], grad_eigenvalues[..., self.n_out:])
        return {name: grads[name] for name in self.learned}

    def eigenvectors(self, params):
        """Phi and Y = Phi^-1, both (nodes, nodes)."""
        phi = np.concatenate([params["planted"], params["modes"]], axis=1)
        return phi, inverted(phi)

    def eigenvectors_backward(self, params, grad_phi):
        """Gradients of the parameters behind Phi from dL/dPhi (..., nodes, nodes)."""
        return {"planted": grad_phi[..., :self.n_out],              # phi = concatenate([planted,
                "modes": grad_phi[..., self.n_out:]}                # modes], axis=1)

    def eigenvalues(self, params):
        """The eigenvalues of A (nodes,): n_out times 1, then lambda."""
        return np.concatenate([np.ones(self.n_out, params["theta"].dtype),
                               damped(params["theta"])])

    def start(self, x):
        """x_0 (..., batch, nodes)."""
        state = np.zeros((*x.shape[:-1], self.nodes), x.dtype)
        state[..., :self.n_in] = x
        if self.constant:
            state[..., self.n_in] = 1
        return state

    def condition(self, params):
        """|Phi| |Phi^-1| in the 2-norm: 1 if Phi is orthonormal, inf if singular.

        Its log10 is about the number of decimal digits that rounding may cost Phi^-1.
        """
        try:
            phi = self.eigenvectors(params)[0]
        except np.linalg.LinAlgError:
            return np.inf                                   # singular
        return float(np.linalg.cond(phi.astype(complex if np.iscomplexobj(phi) else float)))

    def states(self, params, x, length):
        """x_0 to x_length (length + 1, ..., batch, nodes); steps from x_steps on are linear."""
        check_input(self, params, x)
        check_integer(self.label, "length", length, 0)
        transfer = similarity(*self.eigenvectors(params), self.eigenvalues(params))
        states = [self.start(x)]
        for t in range(length):
            h = self.activation.forward({}, states[t])[0] if t < self.steps else states[t]
            states.append(h @ transfer.T)
        return np.stack(states)

    def limit(self, params, x):
        """P y = P Y_P x_steps (..., batch, nodes): the limit of x_t, an oblique projection."""
        return self.forward(params, x)[0] @ self.eigenvectors(params)[0][:, :self.n_out].T

    def distance_bound(self, params, distance, length):
        """Upper bound on the Euclidean |x_{steps + length} - P y|, if |x_steps - P y| = `distance`.

            cond(Phi) max|lambda|^length distance

        The factor cond(Phi) is needed where Phi is not orthogonal: there a single step may shrink
        the distance by less than max|lambda|, or even make it larger.
        """
        rate = np.abs(damped(params["theta"])).max()
        return self.condition(params) * rate ** length * distance

    def init(self, rng, dtype=float):
        """First values; [P | Q] gets orthonormal columns in float64 and is then cast."""
        check_dtype(self, dtype)
        first = super().init(rng)
        if self.planting == "nodes":
            first["planted"] = np.eye(self.nodes)[:, -self.n_out:]
        first["planted"], first["modes"] = orthonormal(first["planted"], first["modes"])
        return {name: array.astype(dtype) for name, array in first.items()}

    def parameters(self):
        n, c = self.nodes, self.n_out
        return {"planted": ((n, c), Normal(1.0)), "modes": ((n, n - c), Normal(1.0)),
                "theta": ((n - c,), self.theta)}

    def __post_init__(self):
        super().__post_init__()
        check_flags(self, "constant")
        check_integer(self.label, "nodes", self.nodes,
                      max(self.n_out + 1, self.n_in + self.constant))
        check_integer(self.label, "steps", self.steps)
        check_elementwise(self.label, "activation", self.activation)
        if self.planting not in PLANTINGS:
            raise ValueError(f"{self.label}: planting is {self.planting!r}, "
                             f"expected one of {PLANTINGS}")
        check_initializers(self, "theta")


def orthonormal(planted, modes):
    """planted and modes after Gram-Schmidt on the columns of [planted | modes], left to right."""
    q, r = np.linalg.qr(np.concatenate([planted, modes], axis=1))
    q = q * np.where(np.diagonal(r) < 0, -1, 1)             # the same in every library
    return q[:, :planted.shape[1]], q[:, planted.shape[1]:]


def transient(activation, transfer, state, length):
    """The state after `length` steps x_{t+1} = A f(x_t) from `state`, and residuals."""
    steps = []
    for _ in range(length):
        h, active = activation.forward({}, state)
        steps.append((h, active))
        state = h @ transfer.T
    return state, tuple(steps)


def transient_backward(activation, transfer, steps, grad_state, transfer_grad, input_grad):
    """dL/dA (..., nodes, nodes), 0 without transfer_grad, and dL/d(first state) or None."""
    nodes = len(transfer)
    grad_transfer = np.zeros((*grad_state.shape[:-2], nodes, nodes), grad_state.dtype)
    for t in reversed(range(len(steps))):
        h, active = steps[t]
        if transfer_grad:
            grad_transfer += grad_state.swapaxes(-1, -2) @ h            # state = h @ transfer.T
        if t or input_grad:
            grad_h = grad_state @ transfer                              # state = h @ transfer.T
            grad_state = activation.backward({}, active, grad_h)[1]     # h = f(state)
    return grad_transfer, grad_state if input_grad else None
