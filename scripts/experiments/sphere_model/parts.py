"""The runs: one network on the sphere, its error or its neurons."""
import numpy as np
from lab.neurons import effective_directions
from lab.plan import stack
from lab.progress import told
from lab.tasks import error_of, escaped_and_last

from npspectral.analysis.kernels import tangent_kernel
from npspectral.analysis.neurons import Neurons, attractor_labels, patterns
from npspectral.data import sphere
from npspectral.nn import Chain, Constant, FixedOrientations, OneHidden, ReLU, ScaledDense
from npspectral.training import Limits, gradient_flow, kernel_flow, settle

FEATURE = 1e-6                          # alpha
LIMITS = Limits(max_output_change=0.3, floor=0.03)      # errors hardly change
N_TEST = 10_000
FREE = ("lazy", "feature")
KINDS_AT_10 = (*FREE, "feature, fixed", "feature, b(0) = 0")
ON_CIRCLE = 1e-3                        # |v.x^| / (|v| |x^|) of a neuron that x switches on or off


def network_of(kind, d, width):
    """One of the kinds in KINDS_AT_10."""
    if kind == "feature, fixed":
        last = ScaledDense(width, 1, 2 ** 0.5 / width, bias=False)
        return Chain(FixedOrientations(d, width), ReLU(), last)
    return OneHidden(d, width, Constant(0.0) if kind.endswith("= 0") else True)


def train(network, start, x, target, alpha, max_steps, label):
    """The records at t*, and where y F >= 1 for every point, or that of max_steps."""
    flow = gradient_flow(network, start, x, target, alpha=alpha, limits=LIMITS)
    return escaped_and_last(told(flow, target, label), target, max_steps)


def train_kernel(network, start, x, target, x_test, max_steps, label):
    """The last record of the limit alpha -> infinity, where the tangent kernel stays; F on x_test.
    """
    flow = kernel_flow(tangent_kernel(network, start, x), target, limits=LIMITS)
    last = settle(told(flow, target, label), target, max_steps=max_steps)
    return last, tangent_kernel(network, start, x_test, x) @ last.params


def follow_curve(kind, d, p, width, seed, max_steps):
    """Test error of one network; all kinds see the same data."""
    rng = np.random.default_rng(seed)
    (x_test, target_test), (x, target) = sphere(rng, N_TEST, d), sphere(rng, p, d)
    network = network_of(kind, d, width)
    start, label = network.init(rng), f"{kind}, d {d}, p {p}, seed {seed}"
    if kind == "lazy":
        last, outputs = train_kernel(network, start, x, target, x_test, max_steps, label)
    else:
        _, last = train(network, start, x, target, FEATURE, max_steps, label)
        outputs = network.forward(last.params, x_test)[0] - network.forward(start, x_test)[0]
    return {"error": error_of(outputs, target_test), "left": 1 - last.satisfied(target)}


def follow_neurons(alpha, d, p, width, seed, max_steps):
    """The neurons at the start, at t*, and at the end of training; the points."""
    rng = np.random.default_rng(seed)
    x, target = sphere(rng, p, d)
    network = OneHidden(d, width)
    start = network.init(rng)
    label = f"neurons, alpha {alpha:g}, d {d}, p {p}, seed {seed}"
    escaped, last = train(network, start, x, target, alpha, max_steps, label)
    rows = [seen(Neurons.of(network, params), x)
            for params in (start, escaped.params, last.params)]
    return {"x": x, "target": target[:, 0], "left": 1 - last.satisfied(target), **stack(rows)}


def seen(neurons, x):
    """The neurons, and what is counted of them."""
    counted = attractor_labels(neurons, x)
    return {"vectors": neurons.vectors, "beta": neurons.beta, "labels": counted.labels,
            "attractors": counted.count,
            "directions": effective_directions(neurons.vectors, neurons.beta),
            "on_circle": (patterns(neurons, x, ON_CIRCLE) == 0).any(1).mean()}
