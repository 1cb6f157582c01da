"""What do the eigenvectors of the tangent kernel know of the label, before and after training?

Kernel PCA of the tangent kernel: omega_r^2, the share of the labels along eigenvector r (all sum to
1), and the information in bits that each of the top ones by itself holds on the label. In the
feature regime (alpha = 1e-6) training turns the kernel to its task, in the lazy one (alpha = 1e6)
it leaves it as it began.

(stripe) The label depends on x_1 alone. Were omega_perp = 0, the kernel K' of one hidden layer was
    K1(x_1, x_1') + K2(x_1, x_1') x_perp.x_perp' / d        K2: the part of the biases
with eigenvectors of two families, phi(x_1) and phi(x_1) u.x_perp. Training moves towards it: the
share of the kernel's trace in neither family falls, and R^2 by each sorts the eigenvectors.
(mnist) Parity of the digit, by a network with two hidden layers.

Source: Petrini 2020, candidacy talk (projection and information at start and end, stripe and MNIST;
in figures whose values could not be read: labels project on far fewer top eigenvectors after
training, whose information rises); Paccolat et al. 2021, J. Stat. Mech. 044001, and its public code
(the estimator, k = 5).

Published (only a direction) against ours, start -> after feature training, on 1,000 fresh points
(medians: stripe 5 seeds, p = 512, d = 5; MNIST 2 seeds, p = 2000):
labels on the top 10   rise / stripe 0.22 -> 0.49, MNIST 0.39 -> 0.49
vectors for 90 %       fewer / stripe 531 -> 309; MNIST 486 -> 614, more: see below
alignment              - / stripe 0.025 -> 0.11, MNIST 0.015 -> 0.15
bits of the top 10     rise / published estimator 0.11 -> 0.34 and 0.12 -> 0.31, floor 0.085
    (mean)             Ross' estimator 0.036 -> 0.30 and 0.046 -> 0.26, floor 0
trace in neither family - / 0.21 -> 0.021, where K' itself has 0.020, for want of resolution
R^2 by the better family, top 10   - / 0.66 -> 0.91
Lazy training changes shares, alignment, bits and the trace by less than 0.003.

Does not reproduce: far fewer vectors for MNIST. The cumulated shares are ahead of those at the
start at the 10th vector and behind from about the 100th on; with 200 points and 40 neurons a layer
(--quick) they are behind at the 10th. The network errs more than the lazy one (0.13 against 0.10),
and 12 to 17 % of the points are inside the margin when it ends.

Minutes on one core: --quick under 1/2, as it comes 4, --full 600 by estimate.

Deviations: the talk's network for MNIST is a deep convolutional one. Kernels are taken on points
that were not trained on. Information comes in three estimators, the published one first; what it
gives for eigenvectors that know nothing (its floor) is known exactly and not 0.
"""
import time
from dataclasses import dataclass, replace

import numpy as np
from experiment import (SEEDS, available, hold_memory, images, kept, options, progress, show_table,
                        stack, with_seeds)
from tangent_kernel_pca_figures import plot
from tangent_kernel_pca_verdicts import verdicts

from npspectral.analysis.kernel_pca import alignment, kernel_pca, projections
from npspectral.analysis.mutual_information import (neighbor_information, ratio_information,
                                                    ratio_information_apart)
from npspectral.analysis.regimes import kernel_change
from npspectral.analysis.tangent_kernel import tangent_kernel, tangent_kernel_parts
from npspectral.data import parity_task, stripe
from npspectral.nn import OneHidden, mean_field
from npspectral.training import Limits, gradient_flow

ALPHAS = {"feature": 1e-6, "lazy": 1e6}         # regimes; the stages of a part: start and these
ESTIMATORS = (ratio_information, ratio_information_apart, neighbor_information)
TOP = 20                                        # eigenvectors that are looked at one by one
KNOTS = 12                                      # of the piecewise linear functions of x_1
ESCAPED = 0.1                                   # t*: a larger share of the points has y F >= 1
TIMES = np.geomspace(0.01, 10, 61)              # in units of t*
EVERY = 40                                      # steps between looks at the kernel
LIMITS = Limits(max_gradient_change=1e-3, floor=1e-2)


@dataclass(frozen=True)
class Part:
    """Trainings: p points, n fresh ones for the kernel; they end after max_steps at the latest."""

    p: int
    n: int
    widths: tuple
    seeds: int
    max_steps: int
    d: int = 5                                  # of the stripe


SETTINGS = {
    "quick": {"stripe": Part(256, 300, (300,), 1, 1100), "mnist": Part(200, 300, (40, 40), 1, 800)},
    "default": {"stripe": Part(512, 1000, (600,), 5, 2500),
                "mnist": Part(2000, 1000, (100, 100), 2, 1200)},
    "full": {"stripe": Part(1000, 2000, (10_000,), 5, 5000, d=10),
             "mnist": Part(6944, 2000, (300, 300), 5, 3000)},
}


def train(network, params, x, target, alpha, max_steps, look):
    """The params at the end, and look(params) at TIMES (61,), linear between looks.

    Nothing but nan if t* was not reached.
    """
    seen, escape = [], np.nan
    for record in gradient_flow(network, params, x, target, alpha=alpha, limits=LIMITS):
        satisfied = record.satisfied(target)
        if np.isnan(escape) and satisfied > ESCAPED:
            escape = record.time
        if record.step % EVERY == 0:
            seen.append((record.time, look(record.params)))
            progress(f"p {len(x)}, alpha {alpha:g}  step {record.step}  outside {satisfied:.3f}")
        if satisfied == 1 or record.step >= max_steps:
            break
    times, values = np.array(seen).T
    return record.params, np.interp(TIMES, times / escape, values)


def spectrum(network, params, x, y):
    """Kernel PCA on fresh points: shares of labels, alignment, information (3, TOP), vectors."""
    kernel = tangent_kernel(network, params, x)
    found = kernel_pca(kernel)
    vectors = found.eigenvectors[:, :TOP]
    return {"eigenvalues": found.eigenvalues, "shares": projections(found.eigenvectors, y),
            "alignment": alignment(kernel, y), "vectors": vectors,
            "information": np.array([[estimate(vector, y) for vector in vectors.T]
                                     for estimate in ESTIMATORS])}


def family_bases(x):
    """Orthonormal columns for functions of x_1, for such functions times x_perp, and for both.

    The functions are piecewise linear between KNOTS quantiles of x_1.
    """
    knots = np.quantile(x[:, 0], np.linspace(0, 1, KNOTS))
    first = np.array([np.interp(x[:, 0], knots, hat) for hat in np.eye(KNOTS)]).T
    second = (first[:, :, None] * x[:, None, 1:]).reshape(len(x), -1)
    return [np.linalg.qr(basis)[0] for basis in (first, second, np.hstack((first, second)))]


def explained(bases, vectors):
    """R^2 (3, r) of unit vectors (n, r) by each of the bases."""
    return np.array([((basis.T @ vectors) ** 2).sum(0) for basis in bases])


def outside(kernel, both):
    """The share of the centered kernel's trace that is not in the span of both families."""
    trace = np.trace(kernel)
    return (trace - np.sum(both * (kernel @ both))) / (trace - kernel.sum() / len(kernel))


def without_perpendicular(params):
    """The same neurons with omega_perp = 0."""
    omega = params["omega"].copy()
    omega[:, 1:] = 0
    return {**params, "omega": omega}


def split_remainder(rng, network, params, x):
    """How far K' is from K1 + K2 x_perp.x_perp' / d: the largest change of K1 with x_perp.

    Relative to the largest entry of K'; of the size of rounding.
    """
    params, shuffled = without_perpendicular(params), x.copy()
    shuffled[:, 1:] = rng.permutation(x[:, 1:])
    rests = []
    for points in (x, shuffled):
        parts = tangent_kernel_parts(network, params, points)
        inner = points[:, 1:] @ points[:, 1:].T / points.shape[1]
        rests.append(sum(parts.values()) - parts["bias"] * inner)
    return np.abs(rests[0] - rests[1]).max() / np.abs(tangent_kernel(network, params, x)).max()


def split_of(rng, network, params, x, bases):
    """How far the kernel K of a stage is from K', the one at omega_perp = 0."""
    kernel, split = (tangent_kernel(network, own, x)
                     for own in (params, without_perpendicular(params)))
    return {"outside": outside(kernel, bases[-1]), "outside_split": outside(split, bases[-1]),
            "distance": kernel_change(kernel, split),
            "remainder": split_remainder(rng, network, params, x)}


def follow_stripe(part, seed):
    """One network from one start in both regimes; stages: start, feature, lazy."""
    rng = np.random.default_rng(seed)
    (x, target), (fresh, labels) = (stripe(rng, n, part.d) for n in (part.p, part.n))
    network = OneHidden(part.d, *part.widths)
    start = network.init(rng)
    bases = family_bases(fresh)
    stages, curves = follow(network, start, x, target, part.max_steps, lambda params: outside(
        tangent_kernel(network, params, fresh), bases[-1]))
    found = judge(network, stages, fresh, labels)
    return {**found, "curves": curves,
            **stack([split_of(rng, network, params, fresh, bases) for params in stages]),
            "families": np.array([explained(bases, own) for own in found["vectors"]])}


def follow_mnist(part, seed):
    """The same for the parity of digits, without the split."""
    rng = np.random.default_rng(seed)
    (x, digits), (fresh, fresh_digits) = images("mnist", 20_000)
    mean = x.mean(0)
    (x, target), (fresh, labels) = (
        (own[:n].astype(float) for own in parity_task(rng, own, given, mean))
        for own, given, n in ((x, digits, part.p), (fresh, fresh_digits, part.n)))
    network = mean_field(x.shape[1], part.widths)
    stages, _ = follow(network, network.init(rng), x, target, part.max_steps, lambda params: 0.0)
    return judge(network, stages, fresh, labels)


def follow(network, start, x, target, max_steps, look):
    """(start, feature, lazy) params, and what was looked at during both trainings, (2, 61)."""
    ends, looks = zip(*(train(network, start, x, target, alpha, max_steps, look)
                        for alpha in ALPHAS.values()))
    return (start, *ends), np.array(looks)


def judge(network, stages, fresh, labels):
    """The spectra of all stages, and the networks' errors on the fresh points."""
    outputs = [network.forward(params, fresh)[0] for params in stages]
    errors = [np.mean((own - outputs[0]) * labels <= 0) for own in outputs[1:]]
    return {**stack([spectrum(network, params, fresh, labels[:, 0]) for params in stages]),
            "errors": np.array(errors)}


PARTS = {"stripe": follow_stripe, "mnist": follow_mnist}


def run(settings, folder, download=False):
    """name of the part -> name -> array with one row a seed; without MNIST's files, without it."""
    parts = ["stripe", *available(["mnist"], download)]
    result = {name: stack([kept(folder, (name, replace(settings[name], seeds=1), seed, LIMITS),
                                lambda: PARTS[name](settings[name], seed))
                           for seed in range(settings[name].seeds)]) for name in parts}
    progress("")
    return result


def main(argv=None):
    parser = options(__doc__.splitlines()[0], "results/tangent_kernel_pca", seeds=SEEDS)
    chosen = parser.parse_args(argv)
    settings = {name: with_seeds(part, chosen.seeds)
                for name, part in SETTINGS[chosen.mode].items()}
    begin = time.monotonic()
    hold_memory()
    result = run(settings, chosen.out / "runs", chosen.download)
    for name, own in result.items():
        np.savez_compressed(chosen.out / f"{name}.npz", **own)
    plot(result, TIMES, chosen.out)
    show_table(verdicts(result), chosen.out, chosen.mode)
    print(f"\n{time.monotonic() - begin:.0f} s. Arrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
