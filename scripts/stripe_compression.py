"""Does a network forget what does not matter? Its weights compress irrelevant directions.

The label of a stripe depends on x_1 alone, that of a cylinder on its first two coordinates. In the
feature regime (alpha = 1e-6) the weights omega of one hidden layer turn to these while they grow by
orders of magnitude: the amplification factor lambda, relevant over irrelevant components, rises
from 1 to about sqrt(p) times a constant at t*, when 10 % of the points have left the hinge. In the
lazy regime (alpha = 1e6) weights do not move, and lambda stays where it began.

Source: Petrini 2020, candidacy talk (the animation: p = 1000, h = 10,000, hinge, d = 10 for the
stripe, d = 3 for the cylinder); Paccolat et al. 2021, J. Stat. Mech. 044001, and its public code
(t*, the conventions of lambda, the late-time value 0.3676 sqrt(p)).

Published against ours (medians of 8 seeds, 6 for the cylinder, 3 at the end; d = 5, h = 600, lambda
by component):
exponent of lambda at t*: 1/2 / 0.57 (0.46 to 0.69) for the stripe, p = 64 to 2048
late times 2.9, 4.2, 5.9, 8.3, 12, 17 / at t* 5.7, 13, 19, 26, 34, 49, p = 64, 128, ..., 2048
the lazy network's 1 / 0.96 to 1.07, moved by less than 1e-6
cylinder: figure / 0.80, 2.8, 6.8, 8.5, 16 for p = 64, 128, ..., 1024

Does not reproduce: 0.3676 sqrt(p), for neurons that are active on all points. Those that grow
fastest have their plane inside the stripe, where points pull omega_perp back: at d = 5
`fastest_amplification` gives 1.13 sqrt(p), and our medians are 0.93 to 1.03 of it for p >= 128.
After t* few points move the neurons, and lambda no longer grows with p: at the end it is 17, 18,
19, 17 for p = 64 to 512.

Minutes on one core: --quick under 1/2, as it comes 3, --full 80 by estimate.

Deviations: as it comes the weights shown are those of h = 1000 neurons, at four moments instead of
all. Curves against p have the soft hinge. LIMITS of the flow are wider than by default, by which
lambda at t* changes by less than 1 % (p = 64 and 256, 3 seeds each).
"""
import time
from dataclasses import dataclass, replace

import numpy as np
from experiment import SEEDS, WORKERS, hold_memory, options, stack, swept
from experiment_table import show_table
from stripe_compression_figures import plot
from stripe_compression_runs import LAZY, Case, measure, watch
from stripe_compression_verdicts import verdicts

from npspectral.sweep import Run


@dataclass(frozen=True)
class Law:
    """Trainings for several p and seeds, their seed and p put into `case`."""

    case: Case
    sizes: tuple
    seeds: int


@dataclass(frozen=True)
class Setting:
    """What a mode runs: laws by name, and cases by name whose weights are shown."""

    laws: dict
    shown: dict


def setting(h, stripes, late, cylinders, lazy, shown, max_steps):
    """stripes, late, cylinders, lazy: (sizes, seeds) of these laws; shown: (h, p)."""
    flat, long = Case("stripe", 5, h, 0, 0), 2 * max_steps
    drawn = Case("stripe", 10, *shown, 0, loss="hinge", max_steps=max_steps)
    return Setting({
        "stripe": Law(flat, *stripes),
        "stripe, on": Law(replace(flat, max_steps=long), *late),
        "cylinder": Law(replace(flat, task="cylinder"), *cylinders),
        "lazy": Law(replace(flat, alpha=LAZY, max_steps=long), *lazy),
    }, {"stripe": drawn, "cylinder": replace(drawn, task="cylinder", d=3),
        "lazy": replace(drawn, alpha=LAZY)})


SIZES = 64, 128, 256, 512, 1024, 2048
SETTINGS = {
    "quick": setting(200, ((128, 512, 2048), 2), late=(SIZES[:2], 1), cylinders=((64, 256), 2),
                     lazy=(SIZES[:1], 1), shown=(200, 200), max_steps=800),
    "default": setting(600, (SIZES, 8), late=(SIZES[:4], 3), cylinders=(SIZES[:5], 6),
                       lazy=((64, 256), 3), shown=(1000, 1000), max_steps=3000),
    "full": setting(600, (SIZES, 20), late=(SIZES[:5], 10), cylinders=(SIZES[:5], 20),
                    lazy=((64, 256, 1024), 10), shown=(10_000, 1000), max_steps=6000),
}


def plan(chosen):
    """(name of a law, seed) -> the runs of all sizes; name of what is shown -> one run."""
    laws = {(name, seed): [Run(measure, {"case": replace(law.case, p=p, seed=seed)})
                           for p in law.sizes]
            for name, law in chosen.laws.items() for seed in range(law.seeds)}
    return laws | {name: [Run(watch, {"case": case})] for name, case in chosen.shown.items()}


def run(chosen, path, workers=1):
    """{"laws": name -> arrays (seeds, sizes, ...), "shown": name -> arrays}."""
    found = swept(plan(chosen), path, workers)
    laws = {name: {"sizes": np.array(law.sizes), "d": law.case.d,
                   **stack([stack(found[name, seed]) for seed in range(law.seeds)])}
            for name, law in chosen.laws.items()}
    return {"laws": laws, "shown": {name: found[name][0] for name in chosen.shown}}


def main(argv=None):
    parser = options(__doc__.splitlines()[0], "results/stripe_compression", seeds=SEEDS,
                     workers=WORKERS)
    given = parser.parse_args(argv)
    chosen = SETTINGS[given.mode]
    if given.seeds is not None:
        chosen = replace(chosen, laws={name: replace(law, seeds=given.seeds)
                                       for name, law in chosen.laws.items()})
    begin = time.monotonic()
    hold_memory()
    result = run(chosen, given.out / "runs.jsonl", given.workers)
    np.savez_compressed(given.out / "stripe_compression.npz", **{
        f"{name} {key}": array for part in result.values() for name, own in part.items()
        for key, array in own.items()})
    plot(result, given.out)
    show_table(verdicts(result), given.out, given.mode)
    print(f"\n{time.monotonic() - begin:.0f} s. Arrays and figures are in {given.out}.")


if __name__ == "__main__":
    main()
