"""Does a network forget what does not matter? Its weights compress irrelevant directions.

The label of a stripe depends on x_1 alone, that of a cylinder on its first two coordinates. In the
feature regime (alpha = 1e-6) the weights omega of one hidden layer turn to these while they grow by
orders of magnitude: lambda, their relevant over irrelevant components, rises as sqrt(p) till t*,
when 10 % of the points have left the hinge. In the lazy regime (alpha = 1e6) weights do not move.

Source: Petrini 2020, candidacy talk (the animation: p = 1000, h = 10,000, hinge, d = 10 for the
stripe, d = 3 for the cylinder); Paccolat et al. 2021, J. Stat. Mech. 044001, and its public code
(t*, the conventions of lambda, the late-time value 0.3676 sqrt(p)).

Does not reproduce: 0.3676 sqrt(p), for neurons that are active on all points. Those that grow
fastest have their plane inside the stripe, where points pull omega_perp back: see
`fastest_amplification`. After t* few points move the neurons; lambda no longer grows with p.

Minutes on one core: --quick under 1/2, --standard 3, --full 80 by estimate.

Deviations: with --standard the weights shown are of h = 1000 neurons, at four moments instead of
all. Curves against p have the soft hinge. LIMITS of the flow are wider than by default.
"""
from dataclasses import dataclass, replace

import numpy as np
from lab.plan import by_seed

from npspectral.sweep import Run

from .parts import LAZY, Case, measure, watch

SECONDS = 9, 180, 4800
DATA = ()
LAW, CURVE, MOMENT = ("seed", "p"), ("step",), ("moment",)
AXES = {"sizes": ("p",), "d": (), **dict.fromkeys(("start", "star", "end"), (*LAW, "convention")),
        **dict.fromkeys(("escape_time", "left", "steps", "floor_steps", "rise", "drift"), LAW),
        "x": ("point", "input"), "target": ("point", "output"), "moments": MOMENT,
        "omega": (*MOMENT, "neuron", "input"), "at_moments": (*MOMENT, "convention"),
        **dict.fromkeys(("bias", "beta"), (*MOMENT, "neuron")),
        "lambda": (*CURVE, "convention"), **dict.fromkeys(("times", "satisfied"), CURVE)}


@dataclass(frozen=True)
class Setting:
    """Sizes p and seeds of each law in d dimensions; h, p and d of the trainings that are shown."""

    h: int
    sizes: tuple
    seeds: int
    sizes_late: tuple
    seeds_late: int
    sizes_cylinder: tuple
    seeds_cylinder: int
    sizes_lazy: tuple
    seeds_lazy: int
    shown_h: int
    shown_p: int
    max_steps: int
    d: int = 5
    shown_d: int = 10


SIZES = 64, 128, 256, 512, 1024, 2048
SETTINGS = {
    "quick": Setting(200, (128, 512, 2048), 2, SIZES[:2], 1, (64, 256), 2, SIZES[:1], 1, 200, 200,
                     800),
    "default": Setting(600, SIZES, 8, SIZES[:4], 3, SIZES[:5], 6, (64, 256), 3, 1000, 1000, 3000),
    "full": Setting(600, SIZES, 20, SIZES[:5], 10, SIZES[:5], 20, (64, 256, 1024), 10, 10_000, 1000,
                    6000),
}


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
    return {"stripe, shown": case, "cylinder, shown": replace(case, task="cylinder", d=3),
            "lazy, shown": replace(case, alpha=LAZY)}


def run(setting, keep):
    """Law -> arrays (seeds, sizes, ...); what is shown -> arrays."""
    plan = {name: [Run(measure, {"case": replace(case, p=p, seed=seed)})
                   for seed in range(seeds) for p in sizes]
            for name, (case, sizes, seeds) in laws(setting).items()}
    values = keep(plan | {name: [Run(watch, {"case": case})]
                          for name, case in shown(setting).items()})
    result = {name: {"sizes": np.array(sizes), "d": case.d, **by_seed(values[name], seeds)}
              for name, (case, sizes, seeds) in laws(setting).items()}
    return result | {name: values[name][0] for name in shown(setting)}
