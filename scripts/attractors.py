"""Where do neurons go? Attractors: their field, their number, networks merged into them.

A neuron of one hidden layer is a point z of the input space (npspectral.analysis.neurons). In the
feature regime the neurons gather in few directions, "attractors".

    field     dz/dt for one data point and for six, d = 2, with paths of neurons and the attractors
    maxima    all attractors of random labels while forces are constant (linear loss), any width h
    count     A after training on the sphere task until y F > 1 for all, against p, h and d
    mnist     the same on parity of MNIST's digits, 10 principal components, feature and lazy

Source: L. Petrini 2020, candidacy talk (field; A ~ p sqrt(h) up to A ~ h, "preliminary"; one neuron
can replace an attractor; MNIST, where feature learning is better). An attractor is there a set of
neurons active on the same points; here, also of one sign of beta.

Published against ours (medians of 3 seeds, range; about p = 64, h = 400, d = 5; raw patterns):
A ~ p / p^0.65 (0.63 to 0.92), ternary patterns 0.65;  A ~ sqrt(h) / h^0.62 (0.58 to 0.64), 0.67
A against d: not given / d^0.66 (0.51 to 1.05), no power law: it grows to d = 10 and not beyond
one neuron replaces an attractor / f changes by 2.1e-15 at most; 0 or 1 pattern in a network needs 2
MNIST: feature learning is better / test error 0.105, lazy 0.112, in each of 3 seeds; but 0.88 of
    the neurons are attractors of their own (lazy: 0.98), so that merging hardly saves any
Patterns count neurons that contribute nothing. The effective number, 1 / sum of squared shares of
|beta| |v|, grows as p^0.82 and hardly with h (h^0.12): at h = 1600 it is 12.6, of 121 attractors.
With constant forces the number of maxima grows as p^0.43, p^0.74, p^0.98 for d = 1, 2, 3, and more
than half of them lie on kinks, along which neurons slide.

Minutes on one core: --quick 1/4, as it comes 7, --full 700 by estimate.

Does not reproduce: exponent 1 in p, for the smaller networks used here ("preliminary" in the talk).
"""
import time
from dataclasses import dataclass

import numpy as np
from attractors_figures import plot
from attractors_verdicts import verdicts
from experiment import (SEEDS, WORKERS, available, hold_memory, images, options, progress,
                        show_table, stack, swept, with_seeds)

from npspectral.analysis.attractors import census, maxima, patterns
from npspectral.analysis.merging import TWO, merge
from npspectral.analysis.neurons import Neurons, velocities
from npspectral.data.binary import sphere
from npspectral.data.principal import parity_task, principal_components
from npspectral.nn import OneHidden
from npspectral.sweep import grid
from npspectral.training import Limits, gradient_flow

FEATURE, LAZY = 1e-6, 1e6           # alpha
FLOOR = 0.03                        # of Limits: the smallest steps; counts and errors hardly change
TOLERANCE = 1e-3                    # of kinks, as a cosine
N_TEST, N_COMPONENTS = 5000, 10
POINTS, NEURONS, SHOWN = 6, 1000, 60         # of the field; SHOWN of them with their paths
N_STEPS, STEPS = 4000, (0.1, 1e-3)          # and the first and last of them


@dataclass(frozen=True)
class Setting:
    """What a mode runs; p, h and d are varied one at a time about `base`."""

    seeds: int
    base: dict
    p: tuple
    h: tuple
    d: tuple
    tasks: int                      # of random labels, for each p and d of the maxima
    mnist: tuple = (1024, 400)      # p and h
    max_steps: int = 20_000


SETTINGS = {
    "quick": Setting(1, dict(p=32, h=100, d=5), (8, 16, 32), (50, 100), (2, 5), 3, (64, 100)),
    "default": Setting(3, dict(p=64, h=400, d=5), (8, 16, 32, 64, 128, 256),
                       (50, 100, 200, 400, 800, 1600), (2, 3, 5, 10, 20), 20),
    "full": Setting(10, dict(p=256, h=2000, d=5), (16, 32, 64, 128, 256, 512, 1024),
                    (100, 200, 500, 1000, 2000, 5000, 10_000), (2, 3, 5, 10, 20, 50), 100,
                    (4096, 2000), 100_000),
}
SIZES_OF_MAXIMA = {1: (2, 4, 6, 8, 12, 16), 2: (2, 4, 6, 8, 12, 16), 3: (2, 4, 6, 8, 12)}


# The field

def follow_field(seed):
    """Paths of balanced neurons under forces y, and the maxima that they can end in.

    Directions only, v of length 1: z and the signs of b and beta do not depend on the length.
    """
    rng = np.random.default_rng(seed)
    x, force = rng.standard_normal((POINTS, 2)), np.repeat([1.0, -1.0], POINTS // 2)
    vectors, beta = rng.standard_normal((NEURONS, 3)), np.repeat([1.0, -1.0], NEURONS // 2)
    paths = []
    shown = np.flatnonzero(beta > 0)[:SHOWN]
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
    return dict(zip(("attractors", "sliding"), np.array(rows).T))


# Trained networks

def train(network, start, x, target, alpha, max_steps, label):
    """The record at which y F >= 1 for every point, or that of max_steps."""
    for record in gradient_flow(network, start, x, target, alpha=alpha,
                                limits=Limits(floor=FLOOR)):
        if record.step % 200 == 0:
            progress(f"{label}  step {record.step}, {record.satisfied(target):.3f} learned")
        if record.satisfied(target) == 1 or record.step >= max_steps:
            return record


def measured(neurons, begin, x, test_set):
    """What is counted in trained neurons; `begin` are those at the start."""
    (x_test, target), merged = test_set, merge(neurons, x)
    found, loose = census(neurons, x), census(neurons, x, TOLERANCE)
    before, after = neurons.forward(x), merged.neurons.forward(x)
    start = begin.forward(x_test)
    outputs = [some.forward(x_test) - start for some in (neurons, merged.neurons)]
    return {"attractors": found.attractors, "ternary": loose.attractors,
            "at_start": census(begin, x).attractors, "dead": found.dead.mean(),
            "sliding": loose.sliding.sum() / max(1, (~found.dead).sum()),
            "unseen": (patterns(neurons, x) <= 0).all(0).mean(),
            "effective": effective(neurons, found.labels),
            "merged": len(merged.neurons.beta), "mixed": merged.mixed.sum(),
            "two": merged.count(TWO), "change": np.abs(after - before).max() / np.abs(before).max(),
            "errors": [(output * target[:, 0] <= 0).mean() for output in outputs]}


def effective(neurons, labels):
    """exp(entropy) of the shares of all attractors in sum |beta| |v|: how many carry f."""
    share = np.abs(neurons.beta) * np.sqrt((neurons.vectors ** 2).sum(1))
    share = np.bincount(labels[labels >= 0], share[labels >= 0])
    share = share[share > 0] / share.sum()
    return np.exp(-(share * np.log(share)).sum())


def learn(alpha, h, train_set, test_set, rng, max_steps, label):
    """A network trained, counted and merged."""
    x, target = train_set
    network = OneHidden(x.shape[1], h)
    start = network.init(rng)
    record = train(network, start, x, target, alpha, max_steps, label)
    begin, neurons = (Neurons.of(network, params) for params in (start, record.params))
    return {**measured(neurons, begin, x, test_set), "left": 1 - record.satisfied(target),
            "drift": record.drift, "vectors": neurons.vectors, "beta": neurons.beta,
            "labels": census(neurons, x).labels, "x": x, "target": target[:, 0]}


def follow_sphere(p, h, d, seed, max_steps):
    rng = np.random.default_rng(seed)
    test_set, train_set = sphere(rng, N_TEST, d), sphere(rng, p, d)
    found = learn(FEATURE, h, train_set, test_set, rng, max_steps,
                  f"sphere, p {p}, h {h}, d {d}, seed {seed}")
    return {name: value for name, value in found.items()
            if name not in ("vectors", "beta", "labels", "x", "target")}


def follow_mnist(alpha, p, h, seed, max_steps):
    rng = np.random.default_rng(seed)
    (x, labels), (x_test, labels_test) = images("mnist", 10_000, float)
    test_set = parity_task(rng, x_test, labels_test, x.mean(0))
    train_set = parity_task(rng, x, labels)
    components = principal_components(train_set[0], N_COMPONENTS)
    train_set, test_set = ((components.whiten(images), target)
                           for images, target in (train_set, test_set))
    return learn(alpha, h, [part[:p] for part in train_set], test_set, rng, max_steps,
                 f"mnist, alpha {alpha:g}, seed {seed}")


def plan(setting, names):
    """part, or part and varied size -> its runs."""
    found = {"field": grid(follow_field, seed=[2])}
    for d, sizes in SIZES_OF_MAXIMA.items():
        found[f"maxima, d = {d}"] = grid(follow_maxima, d=[d], p=sizes, tasks=[setting.tasks])
    for name in "phd":
        for value in getattr(setting, name):
            size = {key: [own] for key, own in {**setting.base, name: value}.items()}
            found[name, value] = grid(follow_sphere, **size, seed=range(setting.seeds),
                                      max_steps=[setting.max_steps])
    p, h = setting.mnist
    for name, alpha in (("feature", FEATURE), ("lazy", LAZY)) if "mnist" in names else ():
        found[f"mnist, {name}"] = grid(follow_mnist, alpha=[alpha], p=[p], h=[h],
                                       seed=range(setting.seeds), max_steps=[setting.max_steps])
    return found


def run(setting, names, path, workers=1, executor=None):
    """part -> name -> array; runs in the file are not run again."""
    found = swept(plan(setting, names), path, workers, executor)
    result = {"field": {name: np.asarray(value) for name, value in found.pop("field")[0].items()}}
    for d, sizes in SIZES_OF_MAXIMA.items():
        part = f"maxima, d = {d}"
        result[part] = {"p": np.array(sizes), **stack(found.pop(part))}
    for name in "phd":
        result[f"A against {name}"] = stack([
            {name: np.array(value), **stack(found.pop((name, value)))}
            for value in getattr(setting, name)])
    return result | {part: stack(rows) for part, rows in found.items()}


def save(result, folder):
    """One .npz file a part."""
    for part, own in result.items():
        np.savez_compressed(folder / f"{part.replace(' ', '_').replace(',', '')}.npz", **own)


def main(argv=None):
    chosen = options(__doc__.splitlines()[0], "results/attractors", seeds=SEEDS,
                     workers=WORKERS).parse_args(argv)
    setting = with_seeds(SETTINGS[chosen.mode], chosen.seeds)
    begin = time.monotonic()
    hold_memory()
    result = run(setting, available(["mnist"], chosen.download), chosen.out / "runs.jsonl",
                 chosen.workers)
    save(result, chosen.out)
    plot(result, chosen.out)
    show_table(verdicts(result), chosen.out, chosen.mode)
    print(f"\n{time.monotonic() - begin:.0f} s. Arrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
