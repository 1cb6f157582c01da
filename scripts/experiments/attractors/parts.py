"""The runs: directions in the field, maxima, networks trained and counted."""
import numpy as np
from lab.neurons import effective_directions, weights
from lab.progress import told
from lab.tasks import draw, error_of

from npspectral.analysis.neurons import (Neurons, attractor_labels, cells, maxima, merge, patterns,
                                         self_consistent, velocities)
from npspectral.analysis.neurons.merging import TWO
from npspectral.data import sphere
from npspectral.nn import OneHidden
from npspectral.training import Limits, gradient_flow, settle

FLOOR = 0.03                        # of Limits: the smallest steps; counts and errors hardly change
CUTS = 1e-3, 1e-2                   # of |beta| |v|, in parts of the largest
N_TEST = 5000
NEURONS, SHOWN = 1000, 60           # of the field; SHOWN of them with their paths
N_STEPS, STEPS = 4000, (0.1, 1e-3)  # and the first and last of them
SHOWN_EVERY = 10                    # steps
AT_END = 0.999                      # least cosine of a neuron with the end that it has reached
LEAST_GROWTH = 0.05                 # |beta| of neurons that have not stopped


def settled(p, seed):
    """Points of d = 2, forces y, and balanced neurons after they have moved; paths of some.

    Directions only, v of length 1: z and the signs of b and beta do not depend on the length.
    """
    rng = np.random.default_rng(seed)
    x, force = rng.standard_normal((p, 2)), np.repeat([1.0, -1.0], p // 2)
    vectors, beta = rng.standard_normal((NEURONS, 3)), np.repeat([1.0, -1.0], NEURONS // 2)
    paths, shown = [], np.flatnonzero(beta > 0)[:SHOWN]
    for step in np.geomspace(*STEPS, N_STEPS):
        vectors = unit(vectors)
        neurons = Neurons(vectors[:, :2], vectors[:, 2], beta, gain=1.0, width=1)
        paths.append(vectors[shown])
        vectors = vectors + step * velocities(neurons, x, force)[0]
    return x, force, neurons, np.array(paths[::SHOWN_EVERY])


def unit(vectors):
    return vectors / np.sqrt((vectors ** 2).sum(1, keepdims=True))


def ends_of(x, force):
    """Maxima that neurons can end in: v, their signs of beta, and whether v is within a cell."""
    ends = [maxima(x, force, sign) for sign in (1, -1)]
    signs = np.repeat([1, -1], list(map(len, ends)))
    ends = unit(np.concatenate(ends))
    return ends, signs, ~on_kinks(ends, x)


def on_kinks(units, x):
    neurons = Neurons(units[:, :-1], units[:, -1], np.ones(len(units)))
    return (np.abs(neurons.preactivations(x)) < 1e-9).any(1)


def reached(neurons, x, force, ends, signs):
    """Which neurons still grow (h,), and the end that each is at, -1 at none."""
    growth = neurons.beta * (np.maximum(neurons.preactivations(x), 0) @ force)
    alike = neurons.beta[:, None] == signs
    cosines = np.where(alike, neurons.vectors @ ends.T, -1)
    return growth > LEAST_GROWTH, np.where(cosines.max(1) > AT_END, cosines.argmax(1), -1)


def follow_field(p, seed):
    """What figures show: the field's points and forces, paths of neurons, all ends."""
    x, force, neurons, paths = settled(p, seed)
    ends, signs, _ = ends_of(x, force)
    growing, _ = reached(neurons, x, force, ends, signs)
    return {"x": x, "force": force, "paths": paths, "ends": ends, "end_signs": signs,
            "growing": growing[neurons.beta > 0][:SHOWN]}


def follow_ends(p, seed):
    """Cells, those that hold a fixed point of dz/dt of their own, all maxima; where neurons end."""
    x, force, neurons, _ = settled(p, seed)
    ends, signs, within = ends_of(x, force)
    growing, at = reached(neurons, x, force, ends, signs)
    active = cells(x)
    holding = sum(self_consistent(active, x, force, sign).sum() for sign in (1, -1))
    return {"cells": len(active), "holding": holding, "maxima": len(ends), "within": within.sum(),
            "growing": growing.mean(), "arrived": (at[growing] >= 0).mean(),
            "at_fixed_point": (within[at] & (at >= 0))[growing].mean()}


def follow_maxima(d, p, tasks):
    """How many attractors random labels have, and how many of them slide along kinks."""
    rng, rows = np.random.default_rng((d, p)), []
    for _ in range(tasks):
        x, force = rng.standard_normal((p, d)), rng.choice([-1.0, 1.0], p)
        ends, _, within = ends_of(x, force)
        rows.append((len(ends), (~within).sum()))
    return {"p": p, **dict(zip(("attractors", "sliding"), np.array(rows).T))}


def measured(neurons, begin, x, test_set):
    """What is counted in trained neurons; `begin` are those at the start."""
    (x_test, target), merged = test_set, merge(neurons, x)
    found, weight = attractor_labels(neurons, x), weights(neurons.vectors, neurons.beta)
    heavy = [found.labels[~found.dead & (weight > cut * weight.max())] for cut in CUTS]
    before, after = neurons.forward(x), merged.neurons.forward(x)
    start = begin.forward(x_test)
    return {"attractors": found.count, "weighted": [len(np.unique(some)) for some in heavy],
            "heavy": [len(some) for some in heavy], "dead": found.dead.mean(),
            "at_start": attractor_labels(begin, x).count,
            "unseen": (patterns(neurons, x) <= 0).all(0).mean(),
            "directions": effective_directions(neurons.vectors, neurons.beta),
            "merged": len(merged.neurons.beta), "two": merged.count(TWO),
            "change": np.abs(after - before).max() / np.abs(before).max(),
            "errors": [error_of(some.forward(x_test) - start, target[:, 0])
                       for some in (neurons, merged.neurons)]}


def sets(task, p, d, seed):
    """(x, y) for training, the same for testing: the sphere, or a task of lab.tasks."""
    if task == "sphere":
        rng = np.random.default_rng(seed)
        test_set, train_set = sphere(rng, N_TEST, d), sphere(rng, p, d)
        return train_set, test_set
    return draw(task, d, seed, p, N_TEST)


def follow_neurons(task, alpha, p, h, d, seed, max_steps):
    """A network trained, counted and merged: numbers, and its neurons."""
    (x, target), test_set = sets(task, p, d, seed)
    network = OneHidden(d, h)
    start = network.init(np.random.default_rng((1, seed)))
    flow = gradient_flow(network, start, x, target, alpha=alpha, limits=Limits(floor=FLOOR))
    label = f"{task}, alpha {alpha:g}, p {p}, h {h}, d {d}, seed {seed}"
    record = settle(told(flow, target, label), target, max_steps=max_steps)
    begin, neurons = (Neurons.of(network, params) for params in (start, record.params))
    return {**measured(neurons, begin, x, test_set), "left": 1 - record.satisfied(target),
            "drift": record.drift, "vectors": neurons.vectors, "beta": neurons.beta,
            "labels": attractor_labels(neurons, x).labels}


def follow_counts(task, alpha, p, h, d, seed, max_steps):
    """The numbers of follow_neurons alone."""
    numbers = follow_neurons(task, alpha, p, h, d, seed, max_steps)
    return {name: value for name, value in numbers.items()
            if name not in ("vectors", "beta", "labels")}
