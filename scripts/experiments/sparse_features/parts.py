"""The runs: a constant on the sphere, by both regimes; and the sphere model beside its limit."""
import numpy as np
from lab.neurons import effective_directions
from lab.plan import stack
from lab.progress import progress, told

from npspectral.analysis.kernels import kernel_ridge, relu_tangent_kernel
from npspectral.analysis.neurons import Neurons, augmented, largest_l1_margin, least_l1
from npspectral.data import sphere
from npspectral.nn import OneHidden
from npspectral.training import Limits, gradient_flow, settle

N_TEST, NEURONS = 5000, 20              # test points; neurons to choose from, for each point
TURNS = 720                             # angles around a circle
FEATURE, FLOOR = 1e-6, 0.03             # of the sphere model: alpha, and of Limits


def directions(rng, n, d):
    """Unit vectors (n, d), uniform on the sphere."""
    x = rng.standard_normal((n, d))
    return x / np.linalg.norm(x, axis=1)[:, None]


def neurons_for(rng, x):
    """Directions theta (h, d) to choose from for points x (n, d).

    On a circle, where close points need a kink between them, also those with a kink at a point.
    """
    n, d = x.shape
    chosen = directions(rng, NEURONS * n, d)
    kinks = x[:, ::-1] * [-1, 1] if d == 2 else x[:0]
    return np.concatenate((kinks, -kinks, chosen))


def follow(d, sizes, seed):
    """By n, what `solve` gives for the first n of the same points."""
    rng, rows = np.random.default_rng(seed), []
    x_test, x = directions(rng, N_TEST, d), directions(rng, max(sizes), d)
    for n in sizes:
        progress(f"d {d}, n {n}, seed {seed}")
        rows.append(solve(rng, x[:n], x_test))
    return stack(rows)


def solve(rng, x, x_test):
    """Of f = 1 on points x of the sphere: square errors of both regimes, and of least L1 the atoms,

    the norm sum |w|, and by how much it misses a point.
    """
    kernel, least_l1, found, misfit = predictors(rng, x, x_test)
    return {"kernel": np.square(kernel - 1).mean(), "least_l1": np.square(least_l1 - 1).mean(),
            "atoms": len(found.atoms), "norm": np.abs(found.weights).sum(), "misfit": misfit}


def predictors(rng, x, x_test):
    """f (n,) of both regimes on x_test, what `least_l1` finds, and by how much it misses a point.

    Both go through 1 on points x (p, d) of the sphere.
    """
    y, theta = np.ones(len(x)), neurons_for(rng, x)
    features = np.maximum(x @ theta.T, 0)
    found = least_l1(features, y)
    sparse = np.maximum(x_test @ theta[found.atoms].T, 0) @ found.weights[found.atoms]
    gram, cross = (relu_tangent_kernel(some, x, bias=False) for some in (x, x_test))
    misfit = np.abs(features @ found.weights - y).max()
    return cross @ kernel_ridge(gram, y, 0.0), sparse, found, misfit


def follow_circle(n, seed):
    """f of both regimes around the circle, at TURNS angles; the angles of the training points."""
    rng = np.random.default_rng(seed)
    x = directions(rng, n, 2)
    turn = 2 * np.pi * np.arange(TURNS) / TURNS
    kernel, sparse, _, _ = predictors(rng, x, np.column_stack((np.cos(turn), np.sin(turn))))
    return {"angle": turn, "kernel": kernel, "least_l1": sparse,
            "points": np.arctan2(x[:, 1], x[:, 0]) % (2 * np.pi)}


def follow_network(p, width, max_steps, seed):
    """The sphere model, d = 2, at the end of its feature regime, and its limit on the same points.

    directions: effective number of the network's; atoms, effective: number and effective number of
    the limit's; excess: sum |beta| |v| of the network for a margin of 1, over the limit's.
    """
    rng = np.random.default_rng(seed)
    x, target = sphere(rng, p, 2)
    network = OneHidden(2, width)
    flow = gradient_flow(network, network.init(rng), x, target, alpha=FEATURE,
                         limits=Limits(floor=FLOOR))
    last = settle(told(flow, target, f"network, p {p}, seed {seed}"), target, max_steps=max_steps)
    neurons, y = Neurons.of(network, last.params), target[:, 0]
    size = np.linalg.norm(neurons.vectors, axis=1)
    theta = np.concatenate((neurons.vectors / size[:, None], directions(rng, NEURONS * p, 3)))
    found = largest_l1_margin(np.maximum(augmented(x) @ theta.T, 0), y)
    carried = neurons.gain / width * (np.abs(neurons.beta) * size).sum()
    margin = (y * neurons.forward(x)).min()
    return {"left": 1 - last.satisfied(target),
            "directions": effective_directions(neurons.vectors, neurons.beta),
            "atoms": len(found.atoms),
            "effective": effective_directions(theta[found.atoms], found.weights[found.atoms]),
            "excess": carried / margin / np.abs(found.weights).sum() if margin > 0 else np.nan}
