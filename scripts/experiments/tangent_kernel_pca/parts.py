"""A run: a network trained in both regimes, and its kernels."""
import numpy as np
from lab.data import images
from lab.plan import stack
from lab.progress import told
from lab.tasks import error_of, escaped_and_last, looked_at

from npspectral.analysis.clouds import (neighbor_information, ratio_information,
                                        ratio_information_apart)
from npspectral.analysis.kernels import (alignment, explained_shares, family_bases, kernel_change,
                                         kernel_pca, projections, share_outside, split_kernel,
                                         tangent_kernel, without_perpendicular)
from npspectral.data import parity_task, stripe
from npspectral.nn import OneHidden, mean_field
from npspectral.training import Limits, gradient_flow

FEATURE, LAZY = 1e-6, 1e6                       # alpha
ESTIMATORS = (ratio_information, ratio_information_apart, neighbor_information)
TOP = 20                                        # eigenvectors that are looked at one by one
TIMES = np.geomspace(0.01, 10, 61)              # in units of t*
EVERY = 40                                      # steps between looks at the kernel
LIMITS = Limits(max_gradient_change=1e-3, floor=1e-2)


def train(network, params, x, target, alpha, max_steps, look):
    """The params at the end, and look(params) at TIMES, or nan if t* was not reached."""
    seen, flow = [], gradient_flow(network, params, x, target, alpha=alpha, limits=LIMITS)
    flow = looked_at(told(flow, target, f"p {len(x)}, alpha {alpha:g}"), EVERY,
                     lambda record: (record.time, look(record.params)), seen)
    escaped, last = escaped_and_last(flow, target, max_steps)
    times, values = np.array(seen).T
    unit = escaped.time if escaped.settled else np.nan
    return last.params, np.interp(TIMES, times / unit, values)


def spectrum(network, params, x, y):
    """Kernel PCA on fresh points: shares of labels, alignment, information (3, TOP), vectors."""
    kernel = tangent_kernel(network, params, x)
    pca = kernel_pca(kernel)
    vectors = pca.eigenvectors[:, :TOP]
    return {"eigenvalues": pca.eigenvalues, "shares": projections(pca.eigenvectors, y),
            "alignment": alignment(kernel, y), "vectors": vectors,
            "information": np.array([[estimate(vector, y) for vector in vectors.T]
                                     for estimate in ESTIMATORS])}


def split_remainder(rng, network, params, x):
    """How far K' is from K1 + K2 x_perp.x_perp' / d: the relative change of K1 with x_perp."""
    params = without_perpendicular(params)
    shuffled = np.c_[x[:, :1], rng.permutation(x[:, 1:])]
    (first, _), (second, _) = (split_kernel(network, params, points) for points in (x, shuffled))
    return np.abs(first - second).max() / np.abs(tangent_kernel(network, params, x)).max()


def split_of(rng, network, params, x, bases):
    """How far the kernel K of a stage is from K', the one at omega_perp = 0."""
    kernel, split = (tangent_kernel(network, weights, x)
                     for weights in (params, without_perpendicular(params)))
    return {"outside": share_outside(kernel, bases[-1]),
            "outside_split": share_outside(split, bases[-1]),
            "distance": kernel_change(kernel, split),
            "remainder": split_remainder(rng, network, params, x)}


def follow_stripe(p, n, d, widths, max_steps, seed):
    """One network from one start in both regimes; stages: start, feature, lazy."""
    rng = np.random.default_rng(seed)
    train_set, (fresh, labels) = stripe(rng, p, d), stripe(rng, n, d)
    network, bases = OneHidden(d, *widths), family_bases(fresh)
    stages, curves, spectra = follow(
        network, network.init(rng), train_set, (fresh, labels), max_steps,
        lambda params: share_outside(tangent_kernel(network, params, fresh), bases[-1]))
    return {**spectra, "curves": curves,
            **stack([split_of(rng, network, params, fresh, bases) for params in stages]),
            "families": np.array([explained_shares(bases, top) for top in spectra["vectors"]])}


def follow_mnist(n, widths, max_steps, seed):
    """The same for the parity of digits, n to train on and n fresh ones, without the split."""
    rng = np.random.default_rng(seed)
    train_set, test_set = images("mnist", 20_000)
    mean = train_set[0].mean(0)
    train_set, test_set = ([part[:n].astype(float) for part in parity_task(rng, *points, mean)]
                           for points in (train_set, test_set))
    network = mean_field(len(mean), widths)
    return follow(network, network.init(rng), train_set, test_set, max_steps, lambda params: 0.0)[2]


def follow(network, start, train_set, test_set, max_steps, look):
    """params at start, feature, lazy; looks at both trainings, (2, 61); spectra and errors."""
    ends, looks = zip(*(train(network, start, *train_set, alpha, max_steps, look)
                        for alpha in (FEATURE, LAZY)))
    stages, (fresh, labels) = (start, *ends), test_set
    first, *outputs = (network.forward(params, fresh)[0] for params in stages)
    return stages, np.array(looks), {
        **stack([spectrum(network, params, fresh, labels[:, 0]) for params in stages]),
        "errors": np.array([error_of(end - first, labels) for end in outputs])}
