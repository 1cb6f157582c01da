"""The complex recurrent spectral network: a transient writes into modes that oscillate for ever."""
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .._expect import check_initializers, check_input, check_integer, check_upstream
from ..activations import Identity, Tanh, check_elementwise
from ..initializers import GlorotUniform, Orthogonal, Spaced, Uniform
from ..layer import Layer, complete
from .similarity import damped, damped_backward, inverted, similarity, similarity_backward

NAMES = ("phi", "theta", "k_real", "k_imag", "omega")
LINEAR = Identity()


@dataclass(frozen=True, repr=False)
class ComplexRecurrentSpectral(Layer):
    """Real nodes u (..., batch, nodes) that drive complex memory modes m (..., batch, modes).

        at t = inserted_j  u += x_j;    h = f(u) for `steps` steps from there on, else h = u
        u <- A h    m <- mu m + B h     A = Phi diag(lambda) Y    B_k = (lambda - mu_k) K_k Y
        Y = Phi^-1    lambda = (1 - 2^-10) tanh(theta)    mu = exp(i omega)    K = k_real + i k_imag

    phi (nodes, nodes), theta (nodes,), k_real, k_imag (modes, nodes), omega (modes,) are real,
    f = `activation`, i is the imaginary unit.
    [[A, 0], [B, diag mu]] has the eigenvectors [[Phi, 0], [K, I]], the eigenvalues (lambda, mu).
    x (..., batch, items * nodes) holds the items x_j side by side; u, m start at 0. The amplitude
        a_k = exp(-i omega_k t) (m - K Y u)_k = -sum_{s < length} exp(-i omega_k s) (K Y (h - u))_k
    is constant from t = length on, after the last f, and exp(-i omega_k t) m_k tends to it. In the
    sum u is taken before its item comes in, so h - u is the item plus what f changes.
    `read` says which y (..., batch, n_out): "amplitude" (Re a, Im a), "score" Re a, "power" |a|^2.
    With "amplitude", a target y = (onehot, 0) asks for m_k(t) = exp(i omega_k t) onehot_k.

    A complex z has the gradient g = dL/dRe z + i dL/dIm z, so that z - eta g descends (g is twice
    dL/d conj z). Parameters, x and y are real; k_real and k_imag are two parameters.
    Raises ValueError or TypeError on what does not fit, LinAlgError if Phi is singular.
    Source: arXiv 2312.07296 (2023), abstract alone: equations and first values are our reading.
    """

    nodes: int
    modes: int
    steps: int = 5
    inserted: tuple[int, ...] = (0,)
    read: str = "amplitude"
    activation: object = Tanh()
    trainable: tuple[str, ...] = NAMES[:-1]
    phi: object = Orthogonal()
    theta: object = Uniform(-1.0, 1.0)
    k: object = GlorotUniform()
    omega: object = Spaced(0.0, float(np.pi))

    bias = False

    # The amplitudes need neither m nor B. Let q = m - K Y u, and follow it for one step, q -> q'.
    # In matrices B = K Lambda Y - mu K Y and Y A = Lambda Y, so
    #     q' = m' - K Y u' = mu m + B h - K Y A h = mu m - mu K Y h = mu (q - K Y (h - u))
    # With q_k(t) = exp(i omega_k t) a_k(t) the factor mu drops out:
    #     a_k(t + 1) = a_k(t) - exp(-i omega_k t) (K Y (h - u))_k
    # So a is constant once h = u. And m_k exp(-i omega_k t) tends to a_k, because u tends to 0.

    def forward(self, params, x):
        check_real(self, params, x)
        inverse = inverted(params["phi"])
        transfer = similarity(params["phi"], inverse, damped(params["theta"]))
        rows = np.concatenate([params["k_real"], params["k_imag"]]) @ inverse
        u, h, a, steps = np.zeros_like(x[..., :self.nodes]), None, 0, []
        for t in range(self.length):
            u = u if h is None else h @ transfer.T
            h, active = self._function(t).forward({}, self._insert(u, x, t))
            added = h - u
            written = -np.exp(-1j * t * params["omega"]) * joined(added @ rows.T)
            a = a + written
            steps.append((h, active, added, written))
        return READS[self.read][1](a), (u, a, inverse, transfer, rows, tuple(steps))

    def backward(self, params, residuals, grad_y, input_grad=True):
        u, a, inverse, transfer, rows, steps = residuals
        check_upstream(self, grad_y, u)
        if not (self.learned or input_grad):
            return {}, None
        grad_a = READS[self.read][2](a, grad_y)                         # y = read(a)
        grad_u, grad_x, later = None, [], []        # later: gradients of (u, written) at every t
        for t in reversed(range(self.length)):
            grad_written = pair(-np.exp(1j * t * params["omega"]) * grad_a)  # a = a + written
            later.insert(0, (grad_u, grad_written))
            if t == 0 and not input_grad:
                break
            grad_added = grad_written @ rows                            # written = added @ rows.T
            grad_h = (grad_added if grad_u is None                      # added = h - u
                      else grad_added + grad_u @ transfer)              # u = h @ transfer.T
            grad_fed = self._function(t).backward({}, steps[t][1], grad_h)[1]  # h = f(u + item)
            if t in self.inserted:
                grad_x.insert(0, grad_fed)                              # insert(u, x) = u + item
            grad_u = grad_fed - grad_added                              # added = h - u
        grads = self._gradients(params, residuals, grad_a, later) if self.learned else {}
        return grads, np.concatenate(grad_x, -1) if input_grad else None

    def _gradients(self, params, residuals, grad_a, later):
        """Gradients of the parameters; dL/dA and dL/d(K Y) are sums over all steps t."""
        _, _, inverse, _, _, steps = residuals
        grads, k = {}, np.concatenate([params["k_real"], params["k_imag"]])
        grad_rows = sum(grad_written.swapaxes(-1, -2) @ added           # written = added @ rows.T
                        for (_, grad_written), (_, _, added, _) in zip(later, steps))
        if {"phi", "theta"} & set(self.learned):
            eigenvalues = damped(params["theta"])
            grad_inverse = k.T @ grad_rows                              # rows = k @ inverse
            grad_transfer = np.zeros_like(grad_inverse)
            for (grad_u, _), (h, *_) in zip(later, steps[:-1]):
                grad_transfer += grad_u.swapaxes(-1, -2) @ h            # u = h @ transfer.T
            grads["phi"], grad_eigenvalues = similarity_backward(       # transfer = similarity(..)
                params["phi"], inverse, eigenvalues, grad_transfer, grad_inverse)
            grads["theta"] = damped_backward(params["theta"], grad_eigenvalues)  # damped(theta)
        grad_k = grad_rows @ inverse.T                                  # rows = k @ inverse
        grads["k_real"], grads["k_imag"] = np.split(grad_k, 2, axis=-2)  # k = concatenate(..)
        if "omega" in self.learned:
            turned = sum(t * written for t, (*_, written) in enumerate(steps))
            grads["omega"] = (turned * grad_a.conj()).imag.sum(-2)   # written = exp(-i omega t) ..
        return {name: grads[name] for name in self.learned}

    def _insert(self, u, x, t):
        """u, plus the item of time t if there is one."""
        if t not in self.inserted:
            return u
        begin = self.inserted.index(t) * self.nodes
        return u + x[..., begin:begin + self.nodes]

    def _function(self, t):
        """The function of step t: f in the `steps` steps from an insertion on, else identity."""
        near = any(0 <= t - time < self.steps for time in self.inserted)
        return self.activation if near else LINEAR

    @property
    def length(self):
        """The time t from which on every step is linear."""
        return self.inserted[-1] + self.steps

    def matrices(self, params):
        """A (nodes, nodes) and the complex B (modes, nodes)."""
        eigenvalues, mu = damped(params["theta"]), np.exp(1j * params["omega"])
        k, inverse = params["k_real"] + 1j * params["k_imag"], inverted(params["phi"])
        coupling = ((eigenvalues - mu[:, None]) * k) @ inverse
        return similarity(params["phi"], inverse, eigenvalues), coupling

    def states(self, params, x, length):
        """u (length + 1, ..., batch, nodes) and m (length + 1, ..., batch, modes), t = 0..length.

        u[t] is taken before the item of time t comes in.
        """
        check_real(self, params, x)
        check_integer(self.label, "length", length, 0)
        (transfer, coupling), mu = self.matrices(params), np.exp(1j * params["omega"])
        u = np.zeros((length + 1, *x.shape[:-1], self.nodes), x.dtype)
        m = np.zeros((length + 1, *x.shape[:-1], self.modes), mu.dtype)
        for t in range(length):
            h = self._function(t).forward({}, self._insert(u[t], x, t))[0]
            u[t + 1], m[t + 1] = h @ transfer.T, mu * m[t] + h @ coupling.T
        return u, m

    def amplitudes(self, params, x):
        """a (..., batch, modes), complex, for any `read`."""
        return self.forward(params, x)[1][1]

    @property
    def n_in(self):
        """items * nodes."""
        return len(self.inserted) * self.nodes

    @property
    def n_out(self):
        """modes, twice as many for "amplitude"."""
        return READS[self.read][0] * self.modes

    @cached_property
    def label(self):
        """The layer's name in error messages, with its nodes and modes."""
        return f"ComplexRecurrentSpectral({self.nodes}, {self.modes})"

    def parameters(self):
        n, modes = self.nodes, self.modes
        return {"phi": ((n, n), self.phi), "theta": ((n,), self.theta),
                "k_real": ((modes, n), self.k), "k_imag": ((modes, n), self.k),
                "omega": ((modes,), self.omega)}

    def __post_init__(self):
        for name in ("nodes", "modes", "steps"):
            check_integer("ComplexRecurrentSpectral", name, getattr(self, name))
        times = self.inserted
        if not (isinstance(times, (tuple, list)) and times
                and all(isinstance(t, (int, np.integer)) for t in times)
                and all(a < b for a, b in zip((-1, *times), times))):
            raise ValueError(f"ComplexRecurrentSpectral: inserted is {times!r}, "
                             f"expected growing times >= 0")
        complete(self, inserted=tuple(map(int, times)))
        if self.read not in READS:
            raise ValueError(f"ComplexRecurrentSpectral: read is {self.read!r}, "
                             f"expected one of {tuple(READS)}")
        super().__post_init__()
        check_elementwise(self.label, "activation", self.activation)
        check_initializers(self, "phi", "theta", "k", "omega")


def check_real(layer, params, x):
    """Refuse what every layer refuses, and complex or half-precision numbers."""
    check_input(layer, params, x)
    for name, array in {"x": x, **params}.items():
        if array.dtype.char not in "fdg":                   # half precision has no complex numbers
            raise TypeError(f"{layer.label}: {name} has dtype {array.dtype}, "
                            f"expected float32, float64 or longdouble")


def pair(z):
    """(Re z, Im z) side by side; of a gradient g these are dL/dRe and dL/dIm."""
    return np.concatenate([z.real, z.imag], -1)


def joined(y):
    """Re + i Im of y = (Re, Im)."""
    half = y.shape[-1] // 2
    return y[..., :half] + 1j * y[..., half:]


# What is read from the amplitudes a: name -> (numbers per mode, y of a, grad_a of a and grad_y).
READS = {
    "amplitude": (2, pair, lambda a, grad_y: joined(grad_y)),
    "score": (1, lambda a: a.real.copy(), lambda a, grad_y: grad_y + 0j),
    "power": (1, lambda a: a.real ** 2 + a.imag ** 2, lambda a, grad_y: 2 * a * grad_y),
}
