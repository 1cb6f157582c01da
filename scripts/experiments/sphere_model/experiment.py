"""When does feature learning hurt? A task that has nothing to compress: the sphere.

y depends on |x| alone, x ~ N(0, I_d). Isotropic weights suit this, and the lazy regime leaves them
as they are; the feature regime turns them towards chance fluctuations of few data.

    curves    test error of lazy and feature against p: p* is where they cross, for several d;
              at d = 10 also feature with fixed orientations omega_n / |omega_n|
    turning   orientations omega_n before and after training, d = 10, lazy and feature
    stages    the neurons' positions z, d = 2: at the start, after training towards lazy, in the
              feature regime at t*, when 10 % of the points have y F >= 1, and at its end
    circle    z at the start and at t* with many points
    flower    towards lazy with few points and many neurons, d = 2
    line      z in one dimension: where f bends

Source: L. Petrini 2020, candidacy talk: at d = 10 there is a p* below which lazy has the smaller
test error, and with fixed orientations feature learning improves; z gather on a circle, which at
the end "explodes" into attractors. Public code: fixed orientations start with b = 0. Lazy curves
are those of the limit alpha -> infinity: the flow of the tangent kernel of the network's start.

Minutes of processor time: --quick 1/3, --standard 8, --full 5,000 by estimate.
"""
from dataclasses import dataclass

import numpy as np
from lab.plan import axes, by_seed, each_seed, stack

from npspectral.sweep import grid

from .circle import follow_circle
from .parts import FEATURE, FREE, KINDS_AT_10, follow_curve, follow_neurons

SECONDS = 20, 460, 300000
DATA = ()
LAZY, TOWARD_LAZY = 1e6, 10.0           # alpha
AXES = {"line/left": ("seed",), **{f"{part}/left": ("seed",) for part in (
            "turning, lazy", "turning, feature", "stages, lazy", "stages, feature", "flower")},
        **axes({"p": "p", "seed, p": "error left", "seed, point, input": "x",
                "seed, point": "target", "seed, stage": "attractors directions on_circle",
                "seed, stage, neuron": "beta labels", "seed, stage, neuron, component": "vectors"})}


@dataclass(frozen=True)
class Setting:
    """Of curves: p of each d, width; kinds that are not in FREE go up to p_slow.

    Of turning, stages, circle, flower and line: p, width.
    """

    seeds: int
    curves: tuple
    width: int
    p_slow: int
    turning: tuple
    stages: tuple
    circle: tuple
    flower: tuple
    line: tuple
    max_steps: int

    def sizes(self, kind, d):
        return [p for p in dict(self.curves)[d] if kind in FREE or p <= self.p_slow]


SIZES = 32, 64, 128, 256, 512, 1024, 2048, 4096
SETTINGS = {
    "quick": Setting(2, ((5, (16, 32, 64)), (10, (16, 32, 64))), 100, 32, (32, 100),
                     (64, 200), (300, 200), (12, 1000), (10, 40), 4000),
    "default": Setting(5, ((2, SIZES[:4]), (3, SIZES[:5]), (5, SIZES[:6]), (10, SIZES[:6]),
                           (20, SIZES[:6])), 400, 256, (128, 400), (400, 800), (4000, 400),
                       (20, 3000), (10, 40), 10_000),
    "full": Setting(10, tuple((d, SIZES) for d in (2, 3, 5, 10, 20)), 2000, 2048, (512, 2000),
                    (1000, 10_000), (20_000, 2000), (20, 10_000), (10, 40), 100_000)}


def run(setting, keep):
    """"KIND, d = D" -> arrays (seeds, sizes) of a curve; others -> arrays (seeds, stages, ...)."""
    kinds = {f"{kind}, d = {d}": (kind, d)
             for d, _ in setting.curves for kind in (KINDS_AT_10 if d == 10 else FREE)}
    plan = {part: grid(follow_curve, kind=[kind], d=[d], width=[setting.width],
                       max_steps=[setting.max_steps], seed=range(setting.seeds),
                       p=setting.sizes(kind, d)) for part, (kind, d) in kinds.items()}
    for part, alpha, d, (p, width) in (("turning, lazy", LAZY, 10, setting.turning),
                                       ("turning, feature", FEATURE, 10, setting.turning),
                                       ("stages, lazy", TOWARD_LAZY, 2, setting.stages),
                                       ("stages, feature", FEATURE, 2, setting.stages),
                                       ("flower", TOWARD_LAZY, 2, setting.flower),
                                       ("line", FEATURE, 1, setting.line)):
        plan[part] = each_seed(follow_neurons, setting.seeds, alpha=alpha, d=d, p=p, width=width,
                               max_steps=setting.max_steps)
    p, width = setting.circle
    plan["circle"] = each_seed(follow_circle, setting.seeds, p=p, width=width,
                               max_steps=setting.max_steps)
    values = keep(plan)
    return {part: {"p": np.array(setting.sizes(*kinds[part])),
                   **by_seed(rows, setting.seeds)} if part in kinds else stack(rows)
            for part, rows in values.items()}
