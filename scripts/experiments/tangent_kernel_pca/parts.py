"""A run: a network trained in both regimes, and its kernels at three stages and in time."""
import numpy as np
from lab.curves import at_times, looked_at
from lab.data import images
from lab.plan import stack
from lab.progress import told
from lab.tasks import error_of, escaped_and_last

from npspectral.analysis.clouds import (neighbor_information, ratio_information,
                                        ratio_information_apart)
from npspectral.analysis.kernels import (alignment, explained_shares, family_bases, kernel_change,
                                         kernel_pca, projections, share_outside, split_kernel,
                                         support_vectors, tangent_kernel, without_perpendicular)
from npspectral.data import parity_task, stripe
from npspectral.nn import OneHidden, mean_field
from npspectral.training import Limits, gradient_flow

REGIMES = {"feature": (1e-6, 1.15), "lazy": (1e6, 1.5)}     # alpha; factor between looks, in steps
ESTIMATORS = (ratio_information, ratio_information_apart, neighbor_information)
TOP, FEW = 20, 10                       # eigenvectors looked at one by one; summed or averaged over
TIMES = np.geomspace(0.01, 10, 61)      # in units of t*
SOFT = 1e-4                             # of the margin, added to all eigenvalues, of mean 1
LIMITS = Limits(max_gradient_change=1e-3, floor=1e-2)


def machine_error(kernel, y):
    """Test error of support vectors on the first half of the points, at a nearly hard margin."""
    half = len(y) // 2
    kernel = kernel[:, :half] / (np.trace(kernel) / len(y))
    gram = kernel[:half] + SOFT * np.eye(half)
    machine = support_vectors(gram, y[:half], intercept=False, tolerance=1e-6)
    return error_of(machine.decide(kernel[half:]), y[half:])


def spectrum(network, params, x, y):
    """Kernel PCA on fresh points: shares of labels, alignment, information (3, TOP), vectors."""
    kernel = tangent_kernel(network, params, x)
    pca = kernel_pca(kernel)
    vectors = pca.eigenvectors[:, :TOP]
    return {"eigenvalues": pca.eigenvalues, "shares": projections(pca.eigenvectors, y),
            "alignment": alignment(kernel, y), "vectors": vectors,
            "machine": machine_error(kernel, y),
            "information": np.array([[estimate(vector, y) for vector in vectors.T]
                                     for estimate in ESTIMATORS])}


def unit(kernel):
    """The kernel in units of its norm: it grows by orders of magnitude in the feature regime."""
    return kernel / np.sqrt((kernel ** 2).sum())


def observed(network, params, x, y, first, bases):
    """The kernel as an observable: its turn away from `first`, and what it knows of y.

    And the shares of its trace that lie outside each of the bases.
    """
    kernel = tangent_kernel(network, params, x)
    vectors = kernel_pca(kernel, FEW).eigenvectors
    return {"turn": kernel_change(unit(kernel), unit(first)), "top": projections(vectors, y).sum(),
            "aligned": alignment(kernel, y), "wrong": machine_error(kernel, y),
            "bits": np.mean([neighbor_information(vector, y) for vector in vectors.T]),
            **({"without": np.array([share_outside(kernel, basis) for basis in bases])}
               if bases else {})}


def train(network, start, train_set, max_steps, look, alpha, factor):
    """The params at the end, what `look` saw in time, and whether t* was reached."""
    x, target = train_set
    seen, flow = [], gradient_flow(network, start, x, target, alpha=alpha, limits=LIMITS)
    flow = looked_at(told(flow, target, f"p {len(x)}, alpha {alpha:g}"), look, seen, factor)
    escaped, last = escaped_and_last(flow, target, max_steps)
    return last.params, {**at_times(TIMES, escaped.time, [*seen, look(last)]),
                         "escaped": escaped.settled, "left": 1 - last.satisfied(target)}


def follow(network, start, train_set, test_set, max_steps, bases=()):
    """Params at the start, after feature and lazy training; arrays by regime, and by stage."""
    fresh, labels = test_set
    first = tangent_kernel(network, start, fresh)

    def look(record):
        return {"time": record.time, **observed(network, record.params, fresh, labels[:, 0], first,
                                                bases)}
    ends, seen = zip(*(train(network, start, train_set, max_steps, look, *regime)
                       for regime in REGIMES.values()))
    stages = (start, *ends)
    before, *outputs = (network.forward(params, fresh)[0] for params in stages)
    return stages, {
        **stack(seen), **stack([spectrum(network, params, fresh, labels[:, 0])
                                for params in stages]),
        "errors": np.array([error_of(end - before, labels) for end in outputs])}


def split_remainder(rng, network, params, x):
    """How far K' is from K1 + K2 x_perp.x_perp' / d: the relative change of K1 with x_perp."""
    params = without_perpendicular(params)
    shuffled = np.c_[x[:, :1], rng.permutation(x[:, 1:])]
    (first, _), (second, _) = (split_kernel(network, params, points) for points in (x, shuffled))
    return np.abs(first - second).max() / np.abs(tangent_kernel(network, params, x)).max()


def families_of(bases, kernel):
    """R^2 of the top eigenvectors by each family and by both, (3, TOP)."""
    return explained_shares(bases, kernel_pca(kernel, TOP).eigenvectors)


def split_of(rng, network, params, x, bases):
    """How far the kernel K of a stage is from K', the one at omega_perp = 0."""
    kernel, split = (tangent_kernel(network, weights, x)
                     for weights in (params, without_perpendicular(params)))
    return {"outside": share_outside(kernel, bases[-1]),
            "outside_split": share_outside(split, bases[-1]),
            "distance": kernel_change(kernel, split),
            "families": families_of(bases, kernel), "families_split": families_of(bases, split),
            "remainder": split_remainder(rng, network, params, x)}


def follow_stripe(p, n, d, widths, max_steps, seed):
    """One network from one start in both regimes; stages: start, feature, lazy."""
    rng = np.random.default_rng(seed)
    train_set, (fresh, labels) = stripe(rng, p, d), stripe(rng, n, d)
    network, bases = OneHidden(d, *widths), family_bases(fresh)
    stages, arrays = follow(network, network.init(rng), train_set, (fresh, labels), max_steps,
                            bases[::2])
    return {**arrays, "x_1": fresh[:, 0],
            **stack([split_of(rng, network, params, fresh, bases) for params in stages])}


def follow_images(name, p, n, widths, max_steps, seed):
    """The same for the parity of digits, p to train on and n fresh ones, without the split."""
    rng = np.random.default_rng(seed)
    train_set, test_set = images(name, 20_000)
    mean = train_set[0].mean(0)
    (x, y), (fresh, labels) = ([part.astype(float) for part in parity_task(rng, *points, mean)]
                               for points in (train_set, test_set))
    network = mean_field(len(mean), widths)
    return follow(network, network.init(rng), (x[:p], y[:p]), (fresh[:n], labels[:n]),
                  max_steps)[1]
