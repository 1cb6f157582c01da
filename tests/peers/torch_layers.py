"""Every layer as a function f(p, x, layer) of torch tensors, in float64.

Written from the definitions: the matrix of all nodes by a general inverse, every step in time, no
shortcut. p holds the parameters by their names; what it lacks is a constant that layer declares.
"""
import numpy as np
import pytest

from npspectral import (ELU, Dense, Identity, LeakyReLU, Nested, ReLU, Sigmoid, Softplus, Sparse,
                        Spectral, SpectralQR, SpectralSVD, Tanh)
from npspectral.nn import (ComplexRecurrentSpectral, FixedOrientations, OneHidden,
                           RecurrentSpectral, ScaledDense, SpectralFullQR, SpectralGaussianSVD,
                           SwitchedRecurrentSpectral, TriangularRecurrentSpectral)

torch = pytest.importorskip("torch")
F = torch.nn.functional
FAR = 1e6               # F.softplus is a straight line beyond its threshold: never here


def zeros(*shape):
    return torch.zeros(*shape, dtype=torch.float64)


def phi_of(p, layer):
    """phi itself, or out of the factors that are there."""
    if "phi" in p:
        return p["phi"]
    if "s" in p:
        return p["u"] @ torch.diag(p["s"]) @ p["v"]
    if p["r"].ndim == 2:
        return p["r"] @ p["q"].T
    shape = layer.n_out, p["q"].shape[1]
    return zeros(*shape).index_put(tuple(torch.tril_indices(*shape)), p["r"]) @ p["q"].T


def weight(p, layer):
    if "weight" in p:
        return p["weight"]
    columns = p["lambda_in"][None, :] if "lambda_in" in p else layer.lambda_in
    rows = p["lambda_out"][:, None] if "lambda_out" in p else layer.lambda_out
    return (columns - rows) * phi_of(p, layer)


def masked(p, x, layer):
    """The threshold c is a number that no gradient flows through."""
    whole = weight(p, layer.layer)
    size = whole.detach().abs()
    c = layer.threshold if layer.sparsity is None else torch.quantile(size, layer.sparsity)
    return x @ torch.where(size > c, whole, 0.0).T + p["bias"]


def fixed_orientations(p, x, layer):
    along = torch.einsum("bj,ij->bi", x, p["orientation"]) / layer.n_in ** 0.5
    return p["radius"] * along + p["bias"]


def one_hidden(p, x, layer):
    hidden = torch.relu(x @ p["omega"].T / layer.n_in ** 0.5 + p["bias"])
    return 2 ** 0.5 / layer.width * (hidden * p["beta"]).sum(1, keepdim=True)


# nested networks

def transfers(p, layer, ends):
    """(N, N) with gap_k phi_k below the diagonal, and Phi."""
    matrix, phi = zeros(ends[-1], ends[-1]), torch.eye(ends[-1], dtype=torch.float64)
    for k in range(1, len(layer.sizes)):
        place = slice(ends[k], ends[k + 1]), slice(ends[k - 1], ends[k])
        names = ((f"lambda_{k - 1}", f"lambda_{k}") if layer.shared
                 else (f"lambda_in_{k}", f"lambda_out_{k}"))
        before, after = (p[name] for name in names)
        phi[place] = p[f"phi_{k}"]
        matrix[place] = (before[None, :] - after[:, None]) * p[f"phi_{k}"]
    return matrix, phi


def links(p, layer, ends):
    """What multiplies the activities of all nodes: A itself where one Lambda serves all."""
    matrix, phi = transfers(p, layer, ends)
    if not layer.skip:
        return matrix
    if not layer.shared:
        return matrix @ torch.linalg.inv(phi)
    eigenvalues = torch.cat([p[f"lambda_{k}"] for k in range(len(layer.sizes))])
    return phi @ torch.diag(eigenvalues) @ torch.linalg.inv(phi)


def nested(p, x, layer):
    ends = [0, *np.cumsum(layer.sizes).tolist()]
    matrix, nodes = links(p, layer, ends), x
    for k in range(1, len(layer.sizes)):
        z = nodes @ matrix[ends[k]:ends[k + 1], :ends[k]].T + p.get(f"bias_{k}", 0)
        nodes = torch.cat([nodes, activated(layer, z) if k < layer.depth else z], 1)
    return z


# recurrent networks: all steps and a linear tail, then the state is projected

def recurrent_eigenvectors(p, layer):
    if "modes" in p:
        return torch.cat([p["planted"], p["modes"]], 1)
    m = layer.nodes - layer.n_out
    below, above = torch.tril_indices(m, m, -1), torch.triu_indices(m, m, 1)
    one = torch.eye(m, dtype=torch.float64)
    free = one.index_put(tuple(below), p["lower"]) @ one.index_put(tuple(above), p["upper"])
    planted = torch.cat([zeros(m, layer.n_out), torch.eye(layer.n_out, dtype=torch.float64)])
    return torch.cat([planted, torch.cat([free, p["drive"]])], 1)


def recurrent_matrices(p, layer):
    phi = recurrent_eigenvectors(p, layer)
    eigenvalues = torch.cat([torch.ones(layer.n_out, dtype=torch.float64),
                             (1 - 2.0 ** -10) * torch.tanh(p["theta"])])
    inverse = torch.linalg.inv(phi)
    return phi @ torch.diag(eigenvalues) @ inverse, inverse


def recurrent_start(x, layer):
    free = layer.nodes - layer.n_in - layer.constant
    return torch.cat([x, torch.ones(len(x), int(layer.constant), dtype=torch.float64),
                      zeros(len(x), free)], 1)


def recurrent(p, x, layer):
    state, (transfer, inverse) = recurrent_start(x, layer), recurrent_matrices(p, layer)
    for t in range(layer.steps + 3):
        state = (activated(layer, state) if t < layer.steps else state) @ transfer.T
    return state @ inverse[:layer.n_out].T


def switched(p, x, layer):
    state = 0
    for k in range(layer.items):
        own = {"planted": p["planted"], "modes": p[f"modes_{k + 1}"], "theta": p[f"theta_{k + 1}"]}
        state = state + recurrent_start(x[:, k * layer.size:(k + 1) * layer.size], layer.kernel)
        transfer, inverse = recurrent_matrices(own, layer.kernel)
        for t in range(layer.steps + layer.rest):
            state = (activated(layer, state) if t < layer.steps else state) @ transfer.T
    return state @ inverse[:layer.n_out].T


def complex_recurrent(p, x, layer):
    """Memory and nodes in one complex state, followed and projected by the full matrices."""
    n, modes = layer.nodes, layer.modes
    full = torch.cat([torch.cat([p["phi"] + 0j, torch.zeros(n, modes)], 1),
                      torch.cat([p["k_real"] + 1j * p["k_imag"], torch.eye(modes) + 0j], 1)])
    spectrum = torch.cat([(1 - 2 ** -10) * torch.tanh(p["theta"]) + 0j,
                          torch.exp(1j * p["omega"])])
    inverse = torch.linalg.inv(full)
    transfer = full @ torch.diag(spectrum) @ inverse
    items = dict(zip(layer.inserted, torch.split(x, n, 1)))
    state = torch.zeros(len(x), n + modes, dtype=torch.complex128)
    end = layer.inserted[-1] + layer.steps
    for t in range(end):
        u = state[:, :n].real + items.get(t, 0)
        if any(start <= t < start + layer.steps for start in items):
            u = activated(layer, u)
        state = torch.cat([u + 0j, state[:, n:]], 1) @ transfer.T
    a = (state @ inverse.T)[:, n:] * torch.exp(-1j * end * p["omega"])
    return {"amplitude": torch.cat([a.real, a.imag], 1), "score": a.real,
            "power": a.abs() ** 2}[layer.read]


def activated(layer, z):
    return apply({}, z, layer.activation)


def apply(p, x, layer):
    return FUNCTIONS[type(layer)](p, x, layer)


FUNCTIONS = {
    **dict.fromkeys((Dense, Spectral, SpectralQR, SpectralFullQR, SpectralSVD,
                     SpectralGaussianSVD),
                    lambda p, x, layer: x @ weight(p, layer).T + p.get("bias", 0)),
    ScaledDense: lambda p, x, layer: layer.scale * F.linear(x, p["weight"]) + p.get("bias", 0),
    Sparse: masked, FixedOrientations: fixed_orientations, OneHidden: one_hidden, Nested: nested,
    RecurrentSpectral: recurrent,
    TriangularRecurrentSpectral: recurrent, SwitchedRecurrentSpectral: switched,
    ComplexRecurrentSpectral: complex_recurrent,
    Identity: lambda p, x, layer: x,
    ReLU: lambda p, x, layer: torch.relu(x),
    LeakyReLU: lambda p, x, layer: F.leaky_relu(x, layer.slope),
    ELU: lambda p, x, layer: F.elu(x, layer.alpha),
    Tanh: lambda p, x, layer: torch.tanh(x),
    Sigmoid: lambda p, x, layer: torch.sigmoid(x),
    Softplus: lambda p, x, layer: F.softplus(x, layer.sharpness, FAR)}
