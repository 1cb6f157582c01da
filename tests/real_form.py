"""The complex recurrent network in real 2x2 blocks: a second implementation, open to complex steps.

m becomes (Re m, Im m) and mu_k a rotation by omega_k. One state s = (u, Re m, Im m) is multiplied
by Phi_full Lambda_full Phi_full^-1, formed in full, and projected by the rows of Phi_full^-1.
Nothing is taken from the package but the first values and the activation.
"""
from dataclasses import dataclass

import numpy as np

from npspectral import Chain
from npspectral.nn import ComplexRecurrentSpectral, Layer


def gauss_jordan(matrix):
    """The inverse, for any dtype: complex steps pass, pivots are compared by their real parts."""
    n = len(matrix)
    rows = np.concatenate([matrix, np.eye(n, dtype=matrix.dtype)], 1)
    for j in range(n):
        pivot = j + np.argmax(np.abs(rows[j:, j].real))
        rows[[j, pivot]] = rows[[pivot, j]]
        rows[j] = rows[j] / rows[j, j]
        others = np.arange(n) != j
        rows[others] = rows[others] - rows[others, j:j + 1] * rows[j]
    return rows[:, n:]


def rotation(angles):
    """[[cos, -sin], [sin, cos]] of blocks diag(cos omega), diag(sin omega)."""
    cos, sin = np.diag(np.cos(angles)), np.diag(np.sin(angles))
    return np.block([[cos, -sin], [sin, cos]])


def eigenvectors(params):
    """Phi_full = [[Phi, 0, 0], [Re K, I, 0], [Im K, 0, I]]."""
    phi, (modes, n) = params["phi"], params["k_real"].shape
    lower = np.concatenate([params["k_real"], params["k_imag"]])
    return np.block([[phi, np.zeros((n, 2 * modes), phi.dtype)],
                     [lower, np.eye(2 * modes, dtype=phi.dtype)]])


def outputs(layer, params, x):
    """y of the layer, out of real numbers alone; complex ones are treated as if they were real."""
    n, modes = layer.nodes, layer.modes
    full = eigenvectors(params)
    inverse = gauss_jordan(full)
    spectrum = np.zeros(full.shape, np.result_type(*params.values()))
    spectrum[:n, :n] = np.diag((1 - 2 ** -10) * np.tanh(params["theta"]))
    spectrum[n:, n:] = rotation(params["omega"])
    transfer = full @ spectrum @ inverse
    state = np.zeros((*x.shape[:-1], n + 2 * modes), np.result_type(x, transfer))
    for t in range(layer.inserted[-1] + layer.steps):
        if t in layer.inserted:
            j = layer.inserted.index(t)
            state[..., :n] += x[..., j * n:(j + 1) * n]
        if any(t in range(start, start + layer.steps) for start in layer.inserted):
            state[..., :n] = layer.activation.forward({}, state[..., :n])[0]
        state = state @ transfer.T
    a = state @ inverse[n:].T @ rotation(-layer.length * params["omega"]).T
    re, im = a[..., :modes], a[..., modes:]
    return {"amplitude": a, "score": re, "power": re * re + im * im}[layer.read]


@dataclass(frozen=True)
class RealForm(Layer):
    """The network's own forward and backward; complex arguments go through the real form.

    So complex steps differentiate the real form, and what they are compared with is the gradient
    that the complex code has.
    """

    own: ComplexRecurrentSpectral

    @property
    def n_in(self):
        return self.own.n_in

    @property
    def n_out(self):
        return self.own.n_out

    def parameters(self):
        return self.own.parameters()

    @property
    def trainable(self):
        return self.own.trainable

    def forward(self, params, x):
        if np.iscomplexobj(x) or any(map(np.iscomplexobj, params.values())):
            return outputs(self.own, params, x), ()
        return self.own.forward(params, x)

    def backward(self, params, residuals, grad_y, input_grad=True):
        return self.own.backward(params, residuals, grad_y, input_grad)


def analytic(layer):
    """The same network, with the layers that are complex inside in their real form."""
    if isinstance(layer, Chain):
        return Chain(*map(analytic, layer.layers))
    return RealForm(layer) if isinstance(layer, ComplexRecurrentSpectral) else layer
