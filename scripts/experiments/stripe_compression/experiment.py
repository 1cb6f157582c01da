"""Does a network forget what does not matter? Its weights and f itself lose irrelevant directions.

The label of a stripe depends on x_1 alone, that of a cylinder on its first two coordinates. In the
feature regime (alpha = 1e-6) the weights omega of one hidden layer turn to these while they grow by
orders of magnitude: lambda, their relevant over irrelevant components, rises as sqrt(p) till t*,
when 10 % of the points have left the hinge. In the lazy regime (alpha = 1e6) weights do not move.
What f owes to x_perp is the share of its variance that is left at fixed x_par,
    E var(f | x_par) / var f        from pairs of points with the same x_par

Source: Petrini 2020, candidacy talk (the animation: p = 1000, h = 10,000, hinge, d = 10 for the
stripe, d = 3 for the cylinder); Paccolat et al. 2021, J. Stat. Mech. 044001, and its public code
(t*, the conventions of lambda, the late-time value 0.3676 sqrt(p)).

Deviations: with --standard the weights shown are of h = 1000 neurons, at four moments instead of
all. Curves have the soft hinge. LIMITS of the flow are wider than by default.

Minutes of processor time: --quick under 1/2, --standard 3.4, --full 80 by estimate.
"""
from dataclasses import dataclass, replace

import numpy as np
from lab.plan import axes, by_seed

from npspectral.sweep import Run

from .parts import LAZY, TIMES, Case, measure, watch

SECONDS = 12, 200, 4800
DATA = ()
AXES = axes({"p": "sizes", "": "d", "seed, p, convention": "start star end",
             "seed, p, function": "owed_start owed_star owed_end",
             "seed, p": "escape_time everywhere left steps",
             "seed, p, time": "factor", "seed, p, time, function": "owed", "time": "times",
             "point, input": "x", "point, output": "target", "moment": "moments",
             "moment, neuron, input": "omega", "moment, neuron": "bias beta",
             "moment, convention": "at_moments"})
SIZES = 64, 128, 256, 512, 1024, 2048, 4096


@dataclass(frozen=True)
class Setting:
    """Sizes p and seeds of each law in d dimensions; h, p and d of the trainings that are shown."""

    h: int = 600
    sizes: tuple = SIZES
    seeds: int = 8
    sizes_late: tuple = SIZES[:4]
    seeds_late: int = 5
    sizes_cylinder: tuple = SIZES[:5]
    seeds_cylinder: int = 6
    sizes_lazy: tuple = (64, 512)
    seeds_lazy: int = 5
    shown_h: int = 1000
    shown_p: int = 1000
    max_steps: int = 2000
    d: int = 5
    shown_d: int = 10


SETTINGS = {"quick": Setting(200, (64, 256, 1024), 2, (64, 128, 256), 2, (64, 128, 256), 2,
                             (64, 256), 2, 200, 200, 600), "default": Setting(),
            "full": Setting(seeds=20, sizes_late=SIZES[:5], seeds_late=10, seeds_cylinder=20,
                            sizes_lazy=(64, 256, 1024), seeds_lazy=10, shown_h=10_000,
                            max_steps=6000)}


def laws(setting):
    """Name of a law -> (a case of it, its sizes p, its number of seeds)."""
    flat, long = Case("stripe", setting.d, setting.h, 0, 0), 2 * setting.max_steps
    return {"stripe": (flat, setting.sizes, setting.seeds),
            "stripe, on": (replace(flat, max_steps=long), setting.sizes_late, setting.seeds_late),
            "cylinder": (replace(flat, task="cylinder"), setting.sizes_cylinder,
                         setting.seeds_cylinder),
            "lazy": (replace(flat, alpha=LAZY, max_steps=long), setting.sizes_lazy,
                     setting.seeds_lazy)}


def shown(setting):
    """Name -> the case whose weights are shown."""
    case = Case("stripe", setting.shown_d, setting.shown_h, setting.shown_p, 0, loss="hinge",
                max_steps=setting.max_steps)
    return {"stripe, shown": case, "cylinder, shown": replace(case, task="cylinder", d=3)}


def run(setting, keep):
    """Law -> arrays (seeds, sizes, ...); what is shown -> arrays."""
    plan = {name: [Run(measure, {"case": replace(case, p=p, seed=seed)})
                   for seed in range(seeds) for p in sizes]
            for name, (case, sizes, seeds) in laws(setting).items()}
    values = keep(plan | {name: [Run(watch, {"case": case})]
                          for name, case in shown(setting).items()})
    result = {name: {"sizes": np.array(sizes), "d": case.d, "times": TIMES,
                     **by_seed(values[name], seeds)}
              for name, (case, sizes, seeds) in laws(setting).items()}
    return result | {name: values[name][0] for name in shown(setting)}
