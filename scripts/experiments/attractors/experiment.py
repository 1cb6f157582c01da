"""Where do neurons go? Attractors: their field, their number, networks merged into them.

A neuron of one hidden layer is a point z of the input space (npspectral.analysis.neurons). In the
feature regime neurons gather in few directions, "attractors".

    field     dz/dt for one data point and for six, d = 2, with paths of neurons and the attractors
    maxima    all attractors of random labels while forces are constant (linear loss), any width h
    count     A after training on the sphere task until y F > 1 for all, against p, h and d
    mnist     the same on parity of MNIST's digits, 10 principal components, feature and lazy

Source: L. Petrini 2020, candidacy talk (A ~ p sqrt(h) up to A ~ h, "preliminary"; one neuron can
replace an attractor). An attractor there: neurons active on the same points; here, of one sign of
beta too.

Minutes on one core: --quick 1/4, --standard 7, --full 700 by estimate.

Does not reproduce: exponent 1 in p, for the smaller networks used here ("preliminary" in the talk);
few neurons after merging on MNIST, where most of them are attractors of their own.
"""
from dataclasses import dataclass

import numpy as np
from lab.data import here
from lab.plan import axes, by_seed, stack

from npspectral.sweep import grid

from .parts import FEATURE, LAZY, follow_field, follow_maxima, follow_mnist, follow_sphere

SECONDS = 16, 430, 42000
DATA = ("mnist",)
VARIED = "phd"
COUNTS = ("attractors ternary at_start dead sliding unseen effective merged mixed two change left "
          "drift")
AXES = {**{f"maxima, d = {d}/{name}": ("p", "task") for d in (1, 2, 3)
           for name in ("attractors", "sliding")},
        **{f"A against {size}/{name}": ("seed", size, *["merged or not"] * (name == "errors"))
           for size in VARIED for name in (*COUNTS.split(), "errors")},
        **axes({"p": "p", "h": "h", "d": "d", "seed": COUNTS, "seed, merged or not": "errors",
                "seed, neuron, component": "vectors", "seed, neuron": "beta labels",
                "seed, point": "target", "seed, point, input": "x", "point, input": "field/x",
                "point": "force", "neuron": "field/beta growth", "neuron, component": "last",
                "step, neuron, component": "paths", "attractor, component": "ends",
                "attractor": "end_signs"})}


@dataclass(frozen=True)
class Setting:
    """p, h and d of the sphere task, and what each is varied over; `tasks` of random labels."""

    seeds: int
    p: int
    h: int
    d: int
    p_varied: tuple
    h_varied: tuple
    d_varied: tuple
    tasks: int
    mnist_p: int = 1024
    mnist_h: int = 400
    max_steps: int = 20_000
    p_maxima: tuple = ((2, 4, 6, 8, 12, 16), (2, 4, 6, 8, 12, 16), (2, 4, 6, 8, 12))   # d = 1, 2, 3


SETTINGS = {
    "quick": Setting(1, 32, 100, 5, (8, 16, 32), (50, 100), (2, 5), 3, 64, 100),
    "default": Setting(3, 64, 400, 5, (8, 16, 32, 64, 128, 256), (50, 100, 200, 400, 800, 1600),
                       (2, 3, 5, 10, 20), 20),
    "full": Setting(10, 256, 2000, 5, (16, 32, 64, 128, 256, 512, 1024),
                    (100, 200, 500, 1000, 2000, 5000, 10_000), (2, 3, 5, 10, 20, 50), 100, 4096,
                    2000, 100_000)}


def plan(setting):
    """part -> its runs, those of sizes seed by seed."""
    runs = {"field": grid(follow_field, seed=[2])}
    for d, sizes in enumerate(setting.p_maxima, start=1):
        runs[f"maxima, d = {d}"] = grid(follow_maxima, d=[d], p=sizes, tasks=[setting.tasks])
    seeds, max_steps = range(setting.seeds), [setting.max_steps]
    base = {size: [getattr(setting, size)] for size in VARIED}
    for size in VARIED:
        runs[f"A against {size}"] = grid(follow_sphere, seed=seeds, max_steps=max_steps, **{
            **base, size: getattr(setting, f"{size}_varied")})
    for name, alpha in (("feature", FEATURE), ("lazy", LAZY)) if here("mnist") else ():
        runs[f"mnist, {name}"] = grid(follow_mnist, alpha=[alpha], p=[setting.mnist_p],
                                      h=[setting.mnist_h], seed=seeds, max_steps=max_steps)
    return runs


def run(setting, keep):
    values = keep(plan(setting))
    result = {part: stack(rows) for part, rows in values.items()}
    result["field"] = values["field"][0]
    for size in VARIED:
        part = f"A against {size}"
        result[part] = {size: np.array(getattr(setting, f"{size}_varied")),
                        **by_seed(values[part], setting.seeds)}
    return result
