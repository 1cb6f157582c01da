"""When does feature learning hurt? A task that has nothing to compress: the sphere.

y depends on |x| alone, x ~ N(0, I_d). Isotropic weights suit this, and the lazy regime leaves them
as they are; the feature regime turns them towards chance fluctuations of few data.

    curves    test error of lazy and feature against p, d = 5, 10, 20: p* is where they cross;
              at d = 10 also feature with fixed orientations omega_n / |omega_n|
    stages    the neurons' positions z, d = 2: at the start, after training towards lazy, in the
              feature regime at t*, when 10 % of the points have y F >= 1, and at its end

Source: L. Petrini 2020, candidacy talk: at d = 10 there is a p* below which lazy has the smaller
test error, and with fixed orientations feature learning improves; z gather on a circle, which at
the end "explodes" into attractors. Public code: fixed orientations start with b = 0.

Minutes on one core: --quick 1/4, --standard 8 by estimate, --full 5,000 by estimate.
"""
from dataclasses import dataclass

import numpy as np
from lab.plan import axes, by_seed

from npspectral.sweep import grid

from .parts import FREE, KINDS_AT_10, follow_curve, follow_stages

SECONDS = 14, 480, 300000
DATA = ()
AXES = axes({"p": "p", "seed, p": "error left", "": "stages/left", "point, input": "x",
             "point": "target", "stage": "attractors", "stage, neuron": "beta living",
             "stage, neuron, component": "vectors"})


@dataclass(frozen=True)
class Setting:
    """Of curves: d, p, width; kinds that are not in FREE go up to p_slow. Of stages: p, width."""

    seeds: int
    d: tuple
    p: tuple
    width: int
    p_slow: int
    p_stages: int
    width_stages: int
    max_steps: int

    def sizes(self, kind):
        return [p for p in self.p if kind in FREE or p <= self.p_slow]


SIZES = 32, 64, 128, 256, 512, 1024, 2048, 4096
SETTINGS = {"quick": Setting(2, (5, 10), (16, 64), 100, 64, 64, 200, 4000),
            "default": Setting(3, (5, 10, 20), SIZES[:6], 400, 256, 400, 800, 6000),
            "full": Setting(10, (2, 3, 5, 10, 20), SIZES, 2000, 2048, 1000, 10_000, 100_000)}


def run(setting, keep):
    """"KIND, d = D" -> arrays (seeds, sizes) of a curve; "stages" -> arrays."""
    kinds = {f"{kind}, d = {d}": (kind, d)
             for d in setting.d for kind in (KINDS_AT_10 if d == 10 else FREE)}
    max_steps = [setting.max_steps]
    values = keep({part: grid(follow_curve, kind=[kind], d=[d], width=[setting.width],
                              max_steps=max_steps, seed=range(setting.seeds),
                              p=setting.sizes(kind)) for part, (kind, d) in kinds.items()}
                  | {"stages": grid(follow_stages, p=[setting.p_stages], max_steps=max_steps,
                                    width=[setting.width_stages])})
    return {part: {"p": np.array(setting.sizes(kind)), **by_seed(values[part], setting.seeds)}
            for part, (kind, _) in kinds.items()} | {"stages": values["stages"][0]}
