"""The runs: paths in the field, maxima, networks trained and counted."""
import numpy as np
from lab.data import images
from lab.neurons import weights
from lab.progress import told
from lab.tasks import error_of

from npspectral.analysis.neurons import (Neurons, attractor_labels, maxima, merge, patterns,
                                         velocities)
from npspectral.analysis.neurons.merging import TWO
from npspectral.data import parity_task, principal_components, sphere
from npspectral.nn import OneHidden
from npspectral.training import Limits, gradient_flow, settle

FEATURE, LAZY = 1e-6, 1e6           # alpha
FLOOR = 0.03                        # of Limits: the smallest steps; counts and errors hardly change
TOLERANCE = 1e-3                    # of kinks, as a cosine
N_TEST, N_COMPONENTS = 5000, 10
POINTS, NEURONS, SHOWN = 6, 1000, 60         # of the field; SHOWN of them with their paths
N_STEPS, STEPS = 4000, (0.1, 1e-3)          # and the first and last of them


def follow_field(seed):
    """Paths of balanced neurons under forces y, and the maxima that they can end in.

    Directions only, v of length 1: z and the signs of b and beta do not depend on the length.
    """
    rng = np.random.default_rng(seed)
    x, force = rng.standard_normal((POINTS, 2)), np.repeat([1.0, -1.0], POINTS // 2)
    vectors, beta = rng.standard_normal((NEURONS, 3)), np.repeat([1.0, -1.0], NEURONS // 2)
    paths, shown = [], np.flatnonzero(beta > 0)[:SHOWN]
    for step in np.geomspace(*STEPS, N_STEPS):
        vectors = vectors / np.sqrt((vectors ** 2).sum(1, keepdims=True))
        neurons = Neurons(vectors[:, :2], vectors[:, 2], beta, gain=1.0, width=1)
        paths.append(vectors[shown])
        vectors = vectors + step * velocities(neurons, x, force)[0]
    ends = [maxima(x, force, sign) for sign in (1, -1)]
    return {"x": x, "force": force, "beta": beta, "paths": np.array(paths[::2]),
            "last": neurons.vectors, "ends": np.concatenate(ends),
            "end_signs": np.repeat([1, -1], list(map(len, ends))),
            "growth": beta * (np.maximum(neurons.preactivations(x), 0) @ force)}


def follow_maxima(d, p, tasks):
    """How many attractors random labels have, and how many of them slide along kinks."""
    rng, rows = np.random.default_rng((d, p)), []
    for _ in range(tasks):
        x, force = rng.standard_normal((p, d)), rng.choice([-1.0, 1.0], p)
        ends = np.concatenate([maxima(x, force, sign) for sign in (1, -1)])
        units = ends / np.sqrt((ends ** 2).sum(1, keepdims=True))
        neurons = Neurons(units[:, :-1], units[:, -1], np.ones(len(units)))
        rows.append((len(ends), (np.abs(neurons.preactivations(x)) < 1e-9).any(1).sum()))
    return {"p": p, **dict(zip(("attractors", "sliding"), np.array(rows).T))}


def measured(neurons, begin, x, test_set):
    """What is counted in trained neurons; `begin` are those at the start."""
    (x_test, target), merged = test_set, merge(neurons, x)
    found, loose = attractor_labels(neurons, x), attractor_labels(neurons, x, TOLERANCE)
    before, after = neurons.forward(x), merged.neurons.forward(x)
    start = begin.forward(x_test)
    return {"attractors": found.count, "ternary": loose.count,
            "at_start": attractor_labels(begin, x).count, "dead": found.dead.mean(),
            "sliding": loose.sliding.sum() / max(1, (~found.dead).sum()),
            "unseen": (patterns(neurons, x) <= 0).all(0).mean(),
            "effective": effective(neurons, found.labels),
            "merged": len(merged.neurons.beta), "mixed": merged.mixed.sum(),
            "two": merged.count(TWO), "change": np.abs(after - before).max() / np.abs(before).max(),
            "errors": [error_of(some.forward(x_test) - start, target[:, 0])
                       for some in (neurons, merged.neurons)]}


def effective(neurons, labels):
    """exp(entropy) of the shares of all attractors in sum |beta| |v|: how many carry f."""
    share = np.bincount(labels[labels >= 0], weights(neurons.vectors, neurons.beta)[labels >= 0])
    share = share[share > 0] / share.sum()
    return np.exp(-(share * np.log(share)).sum())


def learn(alpha, h, train_set, test_set, rng, max_steps, label):
    """A network trained, counted and merged: numbers, and arrays of its neurons and points."""
    x, target = train_set
    network = OneHidden(x.shape[1], h)
    start = network.init(rng)
    flow = gradient_flow(network, start, x, target, alpha=alpha, limits=Limits(floor=FLOOR))
    record = settle(told(flow, target, label), target, max_steps=max_steps)
    begin, neurons = (Neurons.of(network, params) for params in (start, record.params))
    numbers = {**measured(neurons, begin, x, test_set), "left": 1 - record.satisfied(target),
               "drift": record.drift}
    return numbers, {"vectors": neurons.vectors, "beta": neurons.beta, "x": x,
                     "labels": attractor_labels(neurons, x).labels, "target": target[:, 0]}


def follow_sphere(p, h, d, seed, max_steps):
    rng = np.random.default_rng(seed)
    test_set, train_set = sphere(rng, N_TEST, d), sphere(rng, p, d)
    return learn(FEATURE, h, train_set, test_set, rng, max_steps,
                 f"sphere, p {p}, h {h}, d {d}, seed {seed}")[0]


def follow_mnist(alpha, p, h, seed, max_steps):
    rng = np.random.default_rng(seed)
    (x, labels), (x_test, labels_test) = images("mnist", 10_000, float)
    test_set = parity_task(rng, x_test, labels_test, x.mean(0))
    train_set = parity_task(rng, x, labels)
    components = principal_components(train_set[0], N_COMPONENTS)
    train_set, test_set = ((components.whiten(images), target)
                           for images, target in (train_set, test_set))
    numbers, arrays = learn(alpha, h, [part[:p] for part in train_set], test_set, rng, max_steps,
                            f"mnist, alpha {alpha:g}, seed {seed}")
    return numbers | arrays
