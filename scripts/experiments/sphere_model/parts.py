"""A run: one network on the sphere, its error or its neurons."""
import numpy as np
from lab.plan import stack
from lab.progress import told
from lab.tasks import error_of, escaped_and_last

from npspectral.analysis.kernels import tangent_kernel
from npspectral.analysis.neurons import Neurons, attractor_labels
from npspectral.data import sphere
from npspectral.nn import Chain, Constant, FixedOrientations, OneHidden, ReLU, ScaledDense
from npspectral.training import Limits, gradient_flow, kernel_flow, settle

FEATURE, LAZY, TOWARD_LAZY = 1e-6, 1e6, 10.0        # alpha
FLOOR, N_TEST = 0.03, 10_000            # of Limits, the smallest steps: errors hardly change
FREE = ("lazy", "feature")
KINDS_AT_10 = (*FREE, "feature, fixed", "feature, b(0) = 0")


def network_of(kind, d, width):
    """(network, alpha) of one of the kinds in KINDS_AT_10."""
    if kind == "feature, fixed":
        last = ScaledDense(width, 1, 2 ** 0.5 / width, bias=False)
        return Chain(FixedOrientations(d, width), ReLU(), last), FEATURE
    bias = Constant(0.0) if kind.endswith("= 0") else True
    return OneHidden(d, width, bias), LAZY if kind == "lazy" else FEATURE


def train(network, start, x, target, alpha, max_steps, label):
    """The records at t*, and where y F >= 1 for every point, or that of max_steps."""
    flow = gradient_flow(network, start, x, target, alpha=alpha, limits=Limits(floor=FLOOR))
    return escaped_and_last(told(flow, target, label), target, max_steps)


def train_kernel(network, start, x, target, x_test, max_steps, label):
    """The last record of the lazy regime, where the tangent kernel of the start stays, and F."""
    flow = kernel_flow(tangent_kernel(network, start, x), target, limits=Limits(floor=FLOOR))
    last = settle(told(flow, target, label), target, max_steps=max_steps)
    return last, tangent_kernel(network, start, x_test, x) @ last.params


def follow_curve(kind, d, p, width, seed, max_steps):
    """Test error of one network; all kinds see the same data."""
    rng = np.random.default_rng(seed)
    (x_test, target_test), (x, target) = sphere(rng, N_TEST, d), sphere(rng, p, d)
    network, alpha = network_of(kind, d, width)
    start = network.init(rng)
    label = f"{kind}, d {d}, p {p}, seed {seed}"
    if kind == "lazy":
        last, outputs = train_kernel(network, start, x, target, x_test, max_steps, label)
    else:
        _, last = train(network, start, x, target, alpha, max_steps, label)
        outputs = network.forward(last.params, x_test)[0] - network.forward(start, x_test)[0]
    return {"error": error_of(outputs, target_test), "left": 1 - last.satisfied(target)}


def follow_stages(p, width, max_steps):
    """v and beta of all neurons at the four stages of the talk."""
    rng = np.random.default_rng(0)
    x, target = sphere(rng, p, 2)
    network = OneHidden(2, width)
    start = network.init(rng)
    _, lazy = train(network, start, x, target, TOWARD_LAZY, max_steps, "stages, toward lazy")
    escaped, last = train(network, start, x, target, FEATURE, max_steps, "stages, feature")
    rows = []
    for params in (start, lazy.params, escaped.params, last.params):
        neurons = Neurons.of(network, params)
        counted = attractor_labels(neurons, x)
        rows.append({"vectors": neurons.vectors, "beta": neurons.beta, "living": ~counted.dead,
                     "attractors": counted.count})
    return {"x": x, "target": target[:, 0], "left": 1 - last.satisfied(target), **stack(rows)}
