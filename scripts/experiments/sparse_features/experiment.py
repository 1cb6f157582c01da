"""Why can learning features hurt? On the sphere it leaves few neurons, whose f is less smooth.

Networks f(x) = sum_n w_n relu(theta_n . x) learn f = 1 from n points of the sphere in d dimensions.
In the lazy regime f is that of the tangent kernel, without ridge. In the feature regime, with a
penalty that goes to 0, it is the one of least sum |w|: a linear program finds it, and it has at
most n neurons, its atoms.

    d = D      square error of both regimes against n; number of atoms and sum |w|
    circle     f of both regimes around the circle, d = 2
    network    the sphere model of two dimensions, two classes: a network at the end of its feature
               regime beside the network of largest margin for its L1 norm, the limit that it
               goes to; effective numbers of their directions

Source: L. Petrini, F. Cagnetta, E. Vanden-Eijnden and M. Wyart 2022, NeurIPS, arXiv 2206.12314, and
the authors' public code (f = 1, the norm of the points, with d = 2, 3, 5; the tangent kernel of
infinite width without biases and without ridge); L. Petrini 2020, candidacy talk (sphere model).

Minutes of processor time: --quick 1/8, --standard 1.6, --full 300 by estimate.

Deviation: the authors come near to least sum |w| by gradient descent with a small L1 penalty; here
it is solved, with 20 n random neurons to choose from.
"""
from dataclasses import dataclass

import numpy as np
from lab.plan import axes, each_seed, stack

from npspectral.sweep import Run

from .parts import follow, follow_circle, follow_network

SECONDS = 8, 100, 18000
DATA = ()
AXES = axes({"n": "n", "p": "p", "": "d", "seed, n": "kernel least_l1 norm misfit",
             "seed, p": "left directions effective excess"}) | {
    "atoms": ("seed", "n"), "network/atoms": ("seed", "p"),
    **axes({"seed, angle": "angle circle/kernel circle/least_l1", "seed, point": "points"})}


@dataclass(frozen=True)
class Setting:
    """Sizes n of each dimension d, of the circle; of the network: points p, width, steps."""

    seeds: int = 5
    sizes: tuple = (16, 32, 64, 128, 256)
    dimensions: tuple = (2, 3, 5)
    circle: int = 12
    points: tuple = (16, 32, 64, 128)
    width: int = 400
    max_steps: int = 20_000


SETTINGS = {"quick": Setting(2, (8, 16, 32, 64), points=(8, 16, 32), width=100, max_steps=4000),
            "default": Setting(),
            "full": Setting(10, (16, 32, 64, 128, 256, 512), (2, 3, 5, 8),
                            12, (16, 32, 64, 128, 256, 512), 2000, 100_000)}


def run(setting, keep):
    """"d = D" -> arrays (seed, n); "network" -> arrays (seed, p)."""
    plan = {f"d = {d}": each_seed(follow, setting.seeds, d=d, sizes=setting.sizes)
            for d in setting.dimensions}
    plan["circle"] = each_seed(follow_circle, setting.seeds, n=setting.circle)
    plan["network"] = [Run(follow_network, {"p": p, "width": setting.width, "seed": seed,
                                            "max_steps": setting.max_steps})
                       for seed in range(setting.seeds) for p in setting.points]
    values = keep(plan)
    networks, circles = (stack(values.pop(part)) for part in ("network", "circle"))
    return {**{part: {"n": np.array(setting.sizes), "d": int(part.removeprefix("d = ")),
                      **stack(rows)} for part, rows in values.items()},
            "circle": circles, "network": {"p": np.array(setting.points), **{
                name: array.reshape(setting.seeds, -1) for name, array in networks.items()}}}
