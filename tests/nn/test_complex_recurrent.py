"""The complex recurrent network: full eigenvector matrices, its real form, and what must be so."""
from dataclasses import replace

import numpy as np
import pytest
from conftest import assert_near, random_array, random_input, random_params, refusals

from npspectral import ELU, Chain, Dense, ReLU, Tanh
from npspectral.nn import ComplexRecurrentSpectral, Orthogonal, Spaced, tree
from npspectral.nn.recurrent.complex import NAMES, READS

LAYERS = {
    "one item": ComplexRecurrentSpectral(4, 3, 5),
    "one step": ComplexRecurrentSpectral(4, 3, 1),
    "two items": ComplexRecurrentSpectral(4, 3, 3, (0, 3)),
    "linear in between": ComplexRecurrentSpectral(4, 3, 2, (0, 5)),
    "late items": ComplexRecurrentSpectral(5, 2, 2, (2, 3, 6), activation=ELU()),
    "more modes than nodes": ComplexRecurrentSpectral(2, 5, 3, activation=ReLU()),
}


@pytest.fixture(params=LAYERS)
def layer(request):
    return replace(LAYERS[request.param], trainable=NAMES)


def eigenvalues(params):
    return (1 - 2 ** -10) * np.tanh(params["theta"]), np.exp(1j * params["omega"])


def eigenvectors(params):
    """Phi_full = [[Phi, 0], [K, I]], complex."""
    k = params["k_real"] + 1j * params["k_imag"]
    return np.block([[params["phi"], np.zeros(k.T.shape)], [k, np.eye(len(k))]])


def followed(layer, params, x, steps):
    """(u, m) after so many steps of Phi_full Lambda Phi_full^-1, one item and sample at a time."""
    n, full = layer.nodes, eigenvectors(params)
    transfer = full @ np.diag(np.concatenate(eigenvalues(params))) @ np.linalg.inv(full)
    ends = []
    for sample in x:
        state = np.zeros(n + layer.modes, complex)
        for t in range(steps):
            for j, time in enumerate(layer.inserted):
                if t == time:
                    state[:n] += sample[j * n:(j + 1) * n]
            if any(0 <= t - time < layer.steps for time in layer.inserted):
                state[:n] = layer.activation.forward({}, state[None, :n].real)[0][0]
            state = transfer @ state
        ends.append(state)
    return np.array(ends)


def read(layer, a):
    return {"amplitude": np.concatenate([a.real, a.imag], 1), "score": a.real,
            "power": np.abs(a) ** 2}[layer.read]


def bound(params, steps, size):
    """A few roundings for every product with Phi_full and its inverse, at every step."""
    return 64 * steps * np.linalg.cond(eigenvectors(params)) * size


# The definition

@pytest.mark.parametrize("kind", READS)
def test_output_is_the_left_eigenvector_projection_of_the_full_network(layer, kind, rng):
    layer = replace(layer, read=kind)
    params, x = random_params(layer, rng), random_input(layer, rng)
    ends = followed(layer, params, x, layer.length)
    projected = ends @ np.linalg.inv(eigenvectors(params)).T
    a = np.exp(-1j * layer.length * params["omega"]) * projected[:, layer.nodes:]
    y = layer.forward(params, x)[0]
    size = max(np.abs(ends).max(), np.abs(read(layer, a)).max())
    assert_near(y, read(layer, a), bound(params, layer.length, 1), size)


def test_states_follow_the_full_network(layer, rng):
    params, x = random_params(layer, rng), random_input(layer, rng)
    u, m = layer.states(params, x, layer.length + 4)
    assert u.shape == (layer.length + 5, 4, layer.nodes) and u.dtype == float
    assert (u[0] == 0).all() and (m[0] == 0).all()
    for t in (1, layer.length, layer.length + 4):
        want = followed(layer, params, x, t)
        size = np.abs(want).max()
        assert_near(u[t], want[:, :layer.nodes].real.copy(), bound(params, t, 1), size)
        assert_near(m[t], want[:, layer.nodes:], bound(params, t, 1), size)


def test_blocks_are_those_of_the_full_transfer_and_its_inverse(layer, rng):
    params = random_params(layer, rng)
    n, modes, full = layer.nodes, layer.modes, eigenvectors(params)
    a, b = layer.matrices(params)
    mu = eigenvalues(params)[1]
    blocks = np.block([[a, np.zeros((n, modes))], [b, np.diag(mu)]])
    transfer = full @ np.diag(np.concatenate(eigenvalues(params))) @ np.linalg.inv(full)
    assert_near(blocks + 0j, transfer, bound(params, 1, 1))
    inverse, k = np.linalg.inv(params["phi"]), full[n:, :n]
    assert_near(np.block([[inverse + 0j, np.zeros((n, modes))], [-k @ inverse, np.eye(modes)]]),
                np.linalg.inv(full), bound(params, 1, 1))
    assert np.abs(np.abs(np.linalg.eigvals(blocks)) - 1).min() < 1e-12
    assert (np.abs(np.linalg.eigvals(a)) < 1).all() and (np.abs(np.abs(mu) - 1) < 1e-15).all()


# Memory

def test_amplitude_is_the_limit_of_the_turned_back_memory(rng):
    layer = ComplexRecurrentSpectral(6, 3, 4, (0, 4))
    params, x = layer.init(rng), random_input(layer, rng)
    u, m = layer.states(params, x, 400)
    a = layer.amplitudes(params, x)
    assert np.abs(u[400]).max() < 1e-20 < 1e-3 < np.abs(a).min()
    turned = np.exp(-1j * params["omega"] * np.arange(401)[:, None, None]) * m
    assert np.abs(turned[400] - a).max() < 400 * 4e-16 * np.abs(a).max()
    k = (params["k_real"] + 1j * params["k_imag"]) @ np.linalg.inv(params["phi"])
    projected = np.exp(-1j * params["omega"] * np.arange(401)[:, None, None]) * (m - u @ k.T)
    assert np.abs(projected[8:] - a).max() < 400 * 4e-16 * np.abs(a).max()
    assert np.abs(projected[7] - a).max() > 1e-6            # f still acts before


def test_in_one_step_neither_eigenvalues_nor_frequencies_matter(rng):
    layer = replace(LAYERS["one step"], trainable=NAMES)
    params, x = random_params(layer, rng), random_input(layer, rng)
    y, residuals = layer.forward(params, x)
    grads, _ = layer.backward(params, residuals, random_array(rng, y.shape))
    assert (grads["theta"] == 0).all() and (grads["omega"] == 0).all()
    assert (np.abs(grads["phi"]) > 0).all()                 # K Y still reads


# First values

def test_first_frequencies_are_distinct_and_away_from_the_real_axis(rng):
    omega = ComplexRecurrentSpectral(4, 9).init(rng)["omega"]
    assert_near(omega, np.pi * np.arange(1, 10) / 10, 4)
    assert Spaced(-1.0, 1.0)(rng, (1,)).tolist() == [0]


def test_first_eigenvectors_are_orthonormal_in_every_direction_alike(rng):
    start = Orthogonal()
    q = start(rng, (30, 30))
    assert_near(q.T @ q, np.eye(30), 64)
    drawn = np.random.default_rng(3).standard_normal((30, 30))
    r = start(np.random.default_rng(3), (30, 30)).T @ drawn
    assert (np.diagonal(r) > 0).all() and np.abs(np.tril(r, -1)).max() < 1e-13
    turns = np.array([start(rng, (2, 2))[0, 0] for _ in range(2000)])
    # arcsine law: variance 1/2, of its mean and of the share within +-sin(pi/4) 6 deviations
    assert abs(turns.mean()) < 6 * (0.5 / 2000) ** 0.5
    assert abs((np.abs(turns) < 0.5 ** 0.5).mean() - 0.5) < 6 * (0.25 / 2000) ** 0.5


# Bad input

BUILT = ComplexRecurrentSpectral(4, 3, inserted=(0, 2))
PARAMS, X = BUILT.init(np.random.default_rng(0)), np.ones((4, 8))


def build(nodes=4, modes=3, **options):
    return lambda: ComplexRecurrentSpectral(nodes, modes, **options)


test_bad_values_are_refused = refusals(
    ValueError,
    (build(nodes=0), "nodes is 0, expected a positive integer"),
    (build(modes=1.5), "modes is 1.5, expected a positive integer"),
    (build(steps=True), "steps is True, expected a positive integer"),
    (build(inserted=()), r"inserted is \(\), expected growing times"),
    (build(inserted=0), "inserted is 0, expected growing times"),
    (build(inserted=(1, 1)), r"inserted is \(1, 1\), expected"),
    (build(inserted=(0, 3, 2)), r"inserted is \(0, 3, 2\), expected"),
    (build(inserted=(-1,)), r"inserted is \(-1,\), expected"),
    (build(read="phase"), "read is 'phase', expected one of"),
    (lambda: BUILT.states(PARAMS, X, -1), "length is -1, expected an integer of at least 0"),
    (lambda: Chain(BUILT, Tanh(), Dense(3, 2)),
     r"takes 3 features, ComplexRecurrentSpectral\(4, 3\) before it gives 6"))

test_bad_types_are_refused = refusals(
    TypeError,
    (lambda: BUILT.forward(PARAMS, X + 0j),
     "x has dtype complex128, expected float32, float64 or longdouble"),
    (lambda: BUILT.forward(PARAMS | {"phi": PARAMS["phi"] + 0j}, X), "phi has dtype complex128"),
    (lambda: BUILT.forward(tree.map(np.float16, PARAMS), np.float16(X)), "x has dtype float16"))


def test_singular_eigenvectors_are_refused():
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        BUILT.forward(PARAMS | {"phi": np.zeros((4, 4))}, X)
