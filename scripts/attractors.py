"""Where do neurons go? Attractors: their field, their number, networks merged into them.

A neuron of one hidden layer is a point z of the input space (npspectral.analysis.neurons). In
the feature regime the neurons gather in few directions, "attractors".

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
from attractors_runs import FEATURE, LAZY, follow_field, follow_maxima, follow_mnist, follow_sphere
from attractors_verdicts import verdicts
from experiment import SEEDS, WORKERS, available, hold_memory, options, stack, swept, with_seeds
from experiment_table import show_table

from npspectral.sweep import grid


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
