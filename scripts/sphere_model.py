"""When does feature learning hurt? A task that has nothing to compress: the sphere.

y depends on |x| alone, x ~ N(0, I_d). Isotropic weights suit this, and the lazy regime leaves them
as they are; the feature regime turns them towards chance fluctuations of few data.

    curves    test error of lazy and feature against p, d = 5, 10, 20: p* is where they cross;
              at d = 10 also feature with fixed orientations omega_n / |omega_n|
    stages    the neurons' positions z, d = 2: at the start, after training towards lazy, in the
              feature regime when 10 % of the points have left the hinge, and at its end

Source: L. Petrini 2020, candidacy talk: at d = 10 there is a p* below which lazy has the smaller
test error, and with fixed orientations feature learning improves; z gather on a circle, which at
the end "explodes" into attractors. Public code: fixed orientations start with b = 0.

Published against ours (3 seeds, h = 400; p* by the mean errors, with a 95 % bootstrap interval):
p* at d = 10: exists / 729 (678 to 790);  d = 5: 570 (386 to 754);  d = 20: none up to p = 1024
error with fixed orientations over free, d = 10: below 1 / 0.93, 0.84, 0.73, 0.88 for p = 32, 64,
    128, 256; with b(0) = 0 and free orientations 0.97 to 1.02: it is not the biases' start
z on a circle, which explodes / the scatter about the best circle is 0.53 of its radius at the
    start, 0.50 towards lazy, 0.10 at t*, 0.55 at the end; attractors: 714, 501, 109, 55
The lazy error falls as p^-0.47, p^-0.47, p^-0.42 for d = 5, 10, 20, faster than the theory of
kernels, p^-0.385, p^-0.357, p^-0.345, from p = 64 on.

Minutes on one core: --quick 1/4, as it comes 8 by estimate, --full 5,000 by estimate.
"""
import time
from dataclasses import dataclass

import numpy as np
from experiment import SEEDS, WORKERS, hold_memory, options, save_arrays, stack, swept, with_seeds
from experiment_table import show_table
from sphere_model_figures import plot
from sphere_model_runs import AT_TEN, FREE, follow_curve, follow_stages
from sphere_model_verdicts import verdicts

from npspectral.sweep import grid


@dataclass(frozen=True)
class Setting:
    """What a mode runs: p for each d, and up to which p the slow networks of AT_TEN are trained."""

    seeds: int
    sizes: dict
    width: int
    slow: int
    stages: tuple                   # p and h
    max_steps: int = 10_000


SETTINGS = {
    "quick": Setting(2, {5: (16, 64), 10: (16, 64)}, 100, 64, (64, 200), 4000),
    "default": Setting(3, {d: (32, 64, 128, 256, 512, 1024) for d in (5, 10, 20)}, 400, 256,
                       (400, 800), 6000),
    "full": Setting(10, {d: (32, 64, 128, 256, 512, 1024, 2048, 4096) for d in (2, 3, 5, 10, 20)},
                    2000, 2048, (1000, 10_000), 100_000),
}


def sizes_of(kind, d, setting):
    """The p of one curve."""
    return [p for p in setting.sizes[d] if kind in FREE or p <= setting.slow]


def plan(setting):
    """(kind, d, seed) -> the runs of all sizes, of all curves; "stages" -> one run."""
    curves = {(kind, d, seed): grid(
        follow_curve, kind=[kind], d=[d], p=sizes_of(kind, d, setting), width=[setting.width],
        seed=[seed], max_steps=[setting.max_steps])
        for d in setting.sizes for kind in (AT_TEN if d == 10 else FREE)
        for seed in range(setting.seeds)}
    p, width = setting.stages
    return curves | {"stages": grid(follow_stages, p=[p], width=[width],
                                    max_steps=[setting.max_steps])}


def run(setting, path, workers=1):
    """Curves, (kind, d) -> name -> array, and stages, name -> array; see `swept`."""
    found = swept(plan(setting), path, workers)
    stages, = found.pop("stages")
    seeds = {}
    for (kind, d, _), rows in found.items():
        seeds.setdefault((kind, d), []).append(stack(rows))
    return {(kind, d): {"p": np.array(sizes_of(kind, d, setting)), **stack(own)}
            for (kind, d), own in seeds.items()}, stages


def save(curves, stages, folder):
    """curves.npz, its arrays named "lazy 10 error" and so on, and stages.npz."""
    save_arrays({f"{kind} {d}": own for (kind, d), own in curves.items()}, folder / "curves.npz")
    np.savez_compressed(folder / "stages.npz", **stages)


def main(argv=None):
    chosen = options(__doc__.splitlines()[0], "results/sphere_model", seeds=SEEDS,
                     workers=WORKERS).parse_args(argv)
    setting = with_seeds(SETTINGS[chosen.mode], chosen.seeds)
    begin = time.monotonic()
    hold_memory()
    curves, stages = run(setting, chosen.out / "runs.jsonl", chosen.workers)
    save(curves, stages, chosen.out)
    plot(curves, stages, chosen.out)
    show_table(verdicts(curves, stages), chosen.out, chosen.mode)
    print(f"\n{time.monotonic() - begin:.0f} s. Arrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
