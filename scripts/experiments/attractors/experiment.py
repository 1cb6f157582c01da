"""Where do neurons go? Attractors: how they form, their number, what they do to the test error.

A neuron of one hidden layer is a point z of the input space (npspectral.analysis.neurons). In the
feature regime neurons gather in few directions, "attractors".

    field     dz/dt for one data point and for six, d = 2, with paths of neurons and the attractors;
              `ends`: which cells hold a fixed point of dz/dt, and where neurons end, many tasks
    maxima    all attractors of random labels while forces are constant (linear loss), any width h
    grid      A after training on the sphere task until y F > 1 for all, against p, h and d
    alpha     A and the test error from the feature to the lazy regime: sphere, and stripe
    images    the same on parity of images, 10 principal components, feature and lazy

Source: L. Petrini 2020, candidacy talk (A ~ p sqrt(h) up to A ~ h, "preliminary"; one neuron can
replace an attractor). An attractor there: neurons active on the same points; here, of one sign of
beta too. Sizes, the cut, and what counts as saturated are not in the talk. Two weighted counts
stand beside A: of attractors that have a neuron with |beta| |v| above a cut, as neurons that never
grew keep patterns of their own; and of directions of v, whatever points there are.

Minutes of processor time: --quick 1/3, --standard 7, --full 700 by estimate.
"""
from dataclasses import dataclass

import numpy as np
from lab.data import here
from lab.plan import axes, each_seed, stack

from npspectral.sweep import grid

from .parts import follow_counts, follow_ends, follow_field, follow_maxima, follow_neurons

SECONDS = 20, 440, 42000
DATA = ("mnist",)
FEATURE, LAZY = 1e-6, 1e6           # alpha
POINTS, SHOWN_SEED = 6, 2           # of the field
COMPONENTS = 10
NUMBERS = ("attractors at_start dead unseen directions merged two change left drift "
           "heavy weighted errors")
MORE = {"heavy": ("cut",), "weighted": ("cut",), "errors": ("merged or not",)}
SIZES = {"grid": ("d", "p", "h"), "dimensions": ("d",), "alpha, sphere": ("alpha",),
         "alpha, stripe": ("alpha",)}
AXES = {**{name: ("seed", "p", *MORE.get(name, ())) for name in NUMBERS.split()},
        **{f"{part}/{name}": ("seed", *sizes, *MORE.get(name, ()))
           for part, sizes in SIZES.items() for name in NUMBERS.split()},
        **{f"maxima, d = {d}/{name}": ("p", "task") for d in (1, 2, 3)
           for name in ("attractors", "sliding")},
        **axes({"p": "p", "h": "h", "d": "d", "alpha": "alpha",
                "seed": "cells holding maxima within ends/growing arrived at_fixed_point",
                "seed, p, neuron, component": "vectors", "seed, p, neuron": "beta labels",
                "point, input": "x", "point": "force", "neuron": "field/growing",
                "step, neuron, component": "paths", "attractor, component": "ends",
                "attractor": "end_signs"})}


@dataclass(frozen=True)
class Setting:
    """p, h and d of the grid; other d at one p and h; alpha = 10^exponent; `tasks` of maxima."""

    seeds: int
    p: tuple
    h: tuple
    d: tuple
    other_d: tuple
    p_of_d: int
    h_of_d: int
    exponents: tuple
    p_of_alpha: int
    h_of_alpha: int
    images: str
    images_p: tuple
    images_h: int
    tasks: int
    seeds_of_ends: int
    max_steps: int = 20_000
    p_maxima: tuple = ((2, 4, 6, 8, 12, 16), (2, 4, 6, 8, 12, 16), (2, 4, 6, 8, 12))   # d = 1, 2, 3


SETTINGS = {
    "quick": Setting(2, (8, 16, 32), (50, 100, 200), (5,), (3, 5, 10), 32, 100,
                     (-6, -1, 1, 6), 32, 100, "digits", (32, 64), 100, 3, 3,
                     p_maxima=((2, 4, 8),) * 3),
    "default": Setting(5, (8, 16, 32, 64, 128, 256), (50, 200, 800), (3, 5, 10),
                       (2, 3, 5, 10, 20, 50), 64, 200, (-6, -4, -2, -1, 0, 1, 2, 4, 6), 128, 400,
                       "mnist", (256, 1024), 400, 20, 10),
    "full": Setting(10, (16, 32, 64, 128, 256, 512, 1024), (100, 200, 500, 1000, 2000, 5000),
                    (2, 3, 5, 10), (2, 3, 5, 10, 20, 50), 256, 1000,
                    (-6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6), 256, 2000,
                    "mnist", (1024, 4096), 2000, 100, 20, 100_000)}


def alphas(setting):
    return [10.0 ** exponent for exponent in setting.exponents]


def plan(setting):
    """part -> its runs, those of sizes seed by seed."""
    count = {"seed": range(setting.seeds), "max_steps": [setting.max_steps]}
    feature = {"task": ["sphere"], "alpha": [FEATURE]}
    runs = {"field": grid(follow_field, p=[POINTS], seed=[SHOWN_SEED]),
            "ends": each_seed(follow_ends, setting.seeds_of_ends, p=POINTS)}
    for d, sizes in enumerate(setting.p_maxima, start=1):
        runs[f"maxima, d = {d}"] = grid(follow_maxima, d=[d], p=sizes, tasks=[setting.tasks])
    runs["grid"] = grid(follow_counts, **count, **feature, d=setting.d, p=setting.p, h=setting.h)
    runs["dimensions"] = grid(follow_counts, **count, **feature, p=[setting.p_of_d],
                              h=[setting.h_of_d], d=setting.other_d)
    for task in ("sphere", "stripe"):
        runs[f"alpha, {task}"] = grid(
            follow_counts, **count, task=[task], p=[setting.p_of_alpha], h=[setting.h_of_alpha],
            d=[COMPONENTS], alpha=alphas(setting))
    for name, alpha in (("feature", FEATURE), ("lazy", LAZY)) if here(setting.images) else ():
        runs[f"{setting.images}, {name}"] = grid(
            follow_neurons, **count, task=[setting.images], alpha=[alpha],
            h=[setting.images_h], d=[COMPONENTS], p=setting.images_p)
    return runs


def run(setting, keep):
    values = keep(plan(setting))
    result = {part: stack(rows) for part, rows in values.items()}
    result["field"] = values["field"][0]
    images = f"{setting.images}, feature", f"{setting.images}, lazy"
    sizes = {"grid": {name: getattr(setting, name) for name in ("d", "p", "h")},
             "dimensions": {"d": setting.other_d},
             **{part: {"alpha": alphas(setting)} for part in result if part.startswith("alpha")},
             **{part: {"p": setting.images_p} for part in result if part in images}}
    for part, varied in sizes.items():
        shape = [len(values) for values in varied.values()]
        result[part] = {**{name: np.array(values) for name, values in varied.items()},
                        **{name: array.reshape(setting.seeds, *shape, *array.shape[1:])
                           for name, array in result[part].items()}}
    return result
