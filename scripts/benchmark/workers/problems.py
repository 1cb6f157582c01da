"""The inputs of every case, the same for all libraries, and what of a result they compare.

A problem is called as its benchmark and returns a tuple.
"""
import numpy as np

from .convolutional import SIDE, weights

TRAINED = {"lambda_out": ("lambda_out",),
           "lambdas, bias": ("lambda_in", "lambda_out", "bias"),
           "all": ("lambda_in", "lambda_out", "phi", "bias")}
ADAM = 0.9, 0.999, 1e-8                     # beta1, beta2, eps
GAIN = 2 ** 0.5
RATE = 1.0                                  # of the flow: Euler steps of this size
SAMPLE = 2 ** 20                            # entries of an array that the check looks at
COMPONENTS = 10                             # of kernel PCA


def step(case):
    """A list of parameter dicts, x, target."""
    rng = np.random.default_rng(0)
    layers = []
    for n_in, n_out in case.pairs:
        limit = (6 / (n_in + n_out)) ** 0.5
        layer = {"phi": rng.uniform(-limit, limit, (n_out, n_in)), "lambda_out": np.ones(n_out)}
        if case.trained != "lambda_out":
            layer |= {"lambda_in": rng.uniform(0.5, 1.5, n_in), "bias": np.zeros(n_out),
                      "lambda_out": rng.uniform(-0.5, 0.5, n_out)}
        layers.append({name: array.astype(case.dtype) for name, array in layer.items()})
    x = rng.normal(size=(case.p, case.widths[0])).astype(case.dtype)
    if case.classifies:
        return layers, x, rng.integers(case.widths[-1], size=case.p)
    return layers, x, rng.normal(size=(case.p, case.widths[-1])).astype(case.dtype)


def convolution_step(case):
    """The weights, x (p, pixels), target."""
    rng = np.random.default_rng(0)
    return (weights(case.name, rng, case.dtype),
            *(rng.standard_normal((case.p, n)).astype(case.dtype) for n in (SIDE * SIDE, 1)))


def convolution_kernel(case):
    """The weights, x (p, pixels)."""
    return convolution_step(case)[:2]


def numbered(arrays, loss):
    """What a step of a convolutional network changes, and its loss."""
    return {"loss": float(loss)} | {str(i): array for i, array in enumerate(arrays)}


def split(case, layers):
    """(trained, frozen): two lists of dicts."""
    names = TRAINED[case.trained]
    return [[{name: array for name, array in layer.items() if (name in names) == kind}
             for layer in layers] for kind in (True, False)]


def trained(case, layers, loss):
    """What a step changes, as arrays by layer and name, and its loss."""
    return {"loss": float(loss)} | {f"{position}/{name}": array for position, layer in enumerate(
        split(case, layers)[0]) for name, array in layer.items()}


def tangent_kernel(case):
    """x (p, d), and weights (in, out), biases of every layer; one hidden layer is N(0, 1)."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((case.p, case.widths[0]))
    return x, [((1 if case.one_hidden else GAIN / n_in ** 0.5) * rng.standard_normal((n_in, n_out)),
                rng.standard_normal(n_out)) for n_in, n_out in case.pairs]


def outputs(layers, x, relu):
    """What peers differentiate: the network's outputs, with (in, out) weights."""
    if len(layers) == 2:
        (omega, bias), (beta, _) = layers
        return relu(x @ omega / omega.shape[0] ** 0.5 + bias) @ beta * (GAIN / beta.shape[0])
    for weight, bias in layers[:-1]:
        x = relu(x @ weight + bias)
    return x @ layers[-1][0] + layers[-1][1]


infinite_width = tangent_kernel


def arrays(outcome):
    """Evenly spaced entries of all arrays in it, by name."""
    flat = {name: np.asarray(array).ravel() for name, array in (
        outcome if isinstance(outcome, dict) else {"result": outcome}).items()}
    return {name: array[::max(1, array.size // SAMPLE)] for name, array in flat.items()}


def hinge_flow_step(case):
    """The start, x and targets of the flow: 1 where |x|^2 is above its median."""
    x, layers = tangent_kernel(case)
    square = (x * x).sum(1, keepdims=True)
    return x, layers, np.where(square > np.median(square), 1.0, -1.0)


def squared_distances(x):
    square = (x * x).sum(1)
    return square[:, None] + square - 2 * x @ x.T


def kernel_pca(case, d=5):
    """exp(-|x - x'|^2 / d) of p standard normal points."""
    x = np.random.default_rng(0).standard_normal((case.p, d))
    return np.exp(-squared_distances(x) / d),


def support_vectors(case):
    """The kernel exp(-|x - x'|/sqrt(d)), as rough as that of a ReLU network, and a stripe's labels.

    Its digits are those of float32, the precision that scikit-learn keeps of it.
    """
    x = np.random.default_rng(0).standard_normal((case.p, 5))
    distance = np.sqrt(np.maximum(squared_distances(x), 0))
    np.fill_diagonal(distance, 0)
    gram = np.exp(-distance / 5 ** 0.5).astype(np.float32).astype(float)
    return gram, np.where((x[:, 0] > -0.3) & (x[:, 0] < 1.18549), -1.0, 1.0)


def dual_value(gram, y, beta):
    """y.beta - beta^T K beta / 2, which every solver maximizes; it tells solutions apart best."""
    return y @ beta - beta @ gram @ beta / 2


def twonn(case):
    """p points of a curved surface of n dimensions with a little noise; widths is (n, d)."""
    (n, d), rng = case.widths, np.random.default_rng(0)
    points = np.sin(rng.standard_normal((case.p, n)) @ rng.standard_normal((n, d)))
    return points + 0.01 * rng.standard_normal((case.p, d)),


def recurrent_step(case):
    """Orthonormal [P | Q] (nodes, nodes), theta, x, labels."""
    rng = np.random.default_rng(0)
    n_in, nodes, n_out = case.widths
    phi = np.linalg.qr(rng.standard_normal((nodes, nodes)))[0]
    return (phi, rng.uniform(-1, 1, nodes - n_out), rng.standard_normal((case.p, n_in)),
            rng.integers(n_out, size=case.p))


def complex_recurrent_step(case):
    """phi, theta, Re K, Im K, omega, x, and targets (Re a, Im a)."""
    rng = np.random.default_rng(0)
    nodes, modes = case.widths
    phi = np.linalg.qr(rng.standard_normal((nodes, nodes)))[0]
    k = rng.standard_normal((2, modes, nodes)) / nodes ** 0.5
    return (phi, rng.uniform(-1, 1, nodes), *k, np.pi * np.arange(1, modes + 1) / (modes + 1),
            rng.standard_normal((case.p, nodes)), rng.standard_normal((case.p, 2 * modes)))
