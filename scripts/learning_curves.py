"""How fast does the error fall with p? Feature and lazy learning, kernel machines, neighbors.

Feature learning compresses directions that the labels ignore, by lambda ~ sqrt(p) on the stripe,
which theory turns into a larger exponent of error ~ p^-beta. Each training set is learned by the
network at small alpha (feature) and at large alpha (lazy: the whole network, not a frozen kernel),
by support vectors of its tangent kernel at the start and at the end, and by 5 nearest neighbors.

Source: Paccolat et al. 2021, J. Stat. Mech. 044001; Petrini 2020, candidacy talk; public code, of
which: one hidden layer of h ReLUs, alpha = 1e-6, soft hinge of sharpness 20, h = 10,000 (here 400);
MNIST by parity, alpha = 2e-3, sharpness 3.

Published or theory against ours; 5 seeds for the stripe, 2 for the others, p = 128 to 2048 (1024):
stripe, d = 5: exponents 0.692 feature, 0.385 lazy / 0.60 (0.46 to 0.70 over seeds), 0.44
feature < lazy, initial SVC < 5-NN / at every p; at p = 2048 0.0066, 0.0392, 0.0471, 0.102
lambda* ~ sqrt(p) / p^0.57, 2.2 to 3.3 times the prediction 0.368 sqrt(p)
cylinder, d = 3: 0.5 feature, 0.429 lazy / 0.55, 0.38; lambda* ~ p^0.47, theory p^0.25
sphere, d = 5: 0.385 for both / 0.63, 0.40: lazy is ahead below p* = 486 (361 to 659)
MNIST: guides 1/2 feature, 1/3 lazy / 0.20, 0.31, and 5-NN is ahead of all

Minutes of processor time: --quick 1/3, as it comes 9, --full 6,000 by estimate.

Does not reproduce:
- Final SVC and network agree to 25 % at p = 128 and 512 only: their ratios are 1.18, 0.73, 0.84,
  0.69, 0.55 (mean 0.77). It depends on when one stops: trained till every point is out of the
  margin ("stripe, every point"), 1.15 and 1.69 at p = 128 and 256, while lambda falls to 0.70 and
  0.45 of what it was: the last points cost compression. Final SVC is below initial SVC throughout.
- Supports of the initial kernel approach the interface as p^-0.35 on the stripe, p^-0.46 on the
  sphere, faster than p^(-1/5); p^-0.36 on the cylinder, where p^(-1/3) is expected.
- MNIST: no gain by feature learning.

Deviation: training stops when 95 % of the points have y F >= 1, or at a number of steps, as the
last 5 % would take most of the time; the table tells how many are left. The 95 % were chosen after
trials of two training sets (p = 128 and 256) in which several fractions were compared. The steps
are longer than published (LIMITS), MNIST has a fully connected network of 2 x 100 in place of the
talk's convolutional one.
"""
import time
from dataclasses import dataclass

import numpy as np
from experiment import (SEEDS, WORKERS, available, hold_memory, options, save_arrays, stack, swept,
                        with_seeds)
from experiment_table import show_table
from learning_curves_figures import plot
from learning_curves_runs import EVERY_POINT, TASKS, follow
from learning_curves_verdicts import show_exponents, verdicts

from npspectral.analysis.kernels.regimes import scale_and_time
from npspectral.sweep import Run


@dataclass(frozen=True)
class Setting:
    """Sizes of a mode: p and seeds of the stripe and of other tasks, widths, steps at most."""

    stripe: tuple
    others: tuple
    seeds: int
    seeds_of_others: int
    width: int = 400
    image_widths: tuple = (100, 100)
    max_steps: tuple = (5000, 5_000_000)    # at least; times p

    def steps(self, p):
        """So many that the time of a run hardly depends on p, and 20,000 at most."""
        least, product = self.max_steps
        return min(20_000, max(least, product // p))

    def sizes(self, name):
        return {"stripe": self.stripe, EVERY_POINT: self.stripe[:2]}.get(name, self.others)

    def widths(self, name):
        return (self.width,) if TASKS[name].draw else self.image_widths

    def seeds_of(self, name):
        return self.seeds if name in ("stripe", EVERY_POINT) else self.seeds_of_others


SIZES = (128, 256, 512, 1024, 2048)
SETTINGS = {
    "quick": Setting(SIZES[:2], SIZES[:2], 1, 1, 100, (30, 30), (2000, 0)),
    "default": Setting(SIZES, SIZES[:4], 5, 2),
    "full": Setting((*SIZES, 4096, 8192), (*SIZES, 4096), 10, 5, 10_000, (1000, 1000),
                    (20_000, 0)),
}


def plan(setting, names):
    """(task, seed) -> the runs of all sizes."""
    return {(name, seed): [Run(follow, dict(name=name, widths=setting.widths(name), p=p, seed=seed,
                                            max_steps=setting.steps(p)))
                           for p in setting.sizes(name)]
            for name in names for seed in range(setting.seeds_of(name))}


def run(setting, names, path, workers=1, executor=None):
    """task -> name -> array (seeds, sizes, ...); runs in the file are not run again."""
    found = swept(plan(setting, names), path, workers, executor)
    return {name: {"p": np.array(setting.sizes(name)),
                   **stack([stack(found[name, seed]) for seed in range(setting.seeds_of(name))])}
            for name in names}


def save(result, folder):
    """All arrays in one file, named "stripe errors" and so on."""
    save_arrays(result, folder / "learning_curves.npz")


def main(argv=None):
    parser = options(__doc__.splitlines()[0], "results/learning_curves", seeds=SEEDS,
                     workers=WORKERS)
    chosen = parser.parse_args(argv)
    setting = with_seeds(SETTINGS[chosen.mode], chosen.seeds)
    begin = time.monotonic()
    hold_memory()
    names = [name for name in TASKS if TASKS[name].draw or available([name], chosen.download)]
    result = run(setting, names, chosen.out / "runs.jsonl", chosen.workers)
    save(result, chosen.out)
    plot(result, chosen.out)
    show_exponents(result)
    show_table(verdicts(result), chosen.out, chosen.mode)
    feature = TASKS["stripe"].feature
    scale, _ = scale_and_time(feature, 0, setting.width, convention="article")
    print(f"\nFeature learning on points: alpha = {feature:.0e}, {scale:.0e} with 1/sqrt(h) as in "
          f"the article.")
    print(f"{time.monotonic() - begin:.0f} s. Arrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
