"""Feature or lazy: what one number, alpha, does to a network, and which width sees which alpha.

    f(x) = (gain/h) sum_n beta_n relu(omega_n.x/sqrt(d) + b_n)     F = alpha (f - f_0)
    gradient flow of L = (1/p) sum soft_hinge(F, y) / alpha

sweep     test error, |theta - theta_0| / |theta_0|, |K - K_0| / |K_0| (K the tangent kernel) after
          training, against alpha and width; stripe, d = 5, and MNIST parity, d = 10
approach  F beside its linearization and the flow with the frozen kernel K_0, in the same steps
course    loss of the three in time, outputs at the end
scatter   the spread of F over initializations for alpha -> infinity, by frozen kernels

Source: Geiger, Spigler, Jacot and Wyart 2020, J. Stat. Mech. 113301: the cross-over is at
alpha* ~ h^(-1/2) in its convention, of order 1 here whatever h; above it the kernel hardly changes;
F fluctuates over initializations as h^(-1/2).
Predicted here: for alpha -> 0, f ~ |theta|^2 makes |theta| ~ alpha^(-1/2), K ~ 1/alpha; for
alpha -> infinity differences to both approximations fall as 1/alpha if the activation is smooth.
With ReLUs some h / alpha kinks are crossed, with either sign, by chance: (alpha h)^(-1/2).

Does not reproduce for MNIST: neither regime has the smaller test error, the cross-over has it.

Minutes on one core: --standard 6; --quick 1/3; --full, not run, 600 by estimate.

Deviations: one hidden layer, not three; p = 128 and 256, not 10,000; steps may turn the gradient
100 times more than published; a run ends when all points have margin 1 or after 6,000 steps.
"""
from dataclasses import dataclass
from functools import partial

import numpy as np
from lab.data import here
from lab.plan import axes, each_seed, stack

from npspectral.sweep import grid

from .parts import approach, course, kernel_course, scatter, sweep

SECONDS = 20, 360, 36000
DATA = ("mnist",)
AXES = axes({"seed, alpha": "error parameters kernel left steps rise linear frozen",
             "seed": "frozen_error", "alpha": "log_alpha", "": "p h",
             "record": "time network linearized loss", "point, method": "outputs",
             "h, member, point": "scatter/outputs", "h": "scatter/h"})


@dataclass(frozen=True)
class Setting:
    """sweep, approach, course: log10 of alpha; the last two have the first and second width."""

    seeds: int = 3
    p_stripe: int = 128
    p_mnist: int = 256
    widths_stripe: tuple = (100, 300, 1000)
    widths_mnist: tuple = (100, 300)
    sweep: tuple = (-6, -4, -2, -1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 6)
    approach: tuple = (1, 2, 3, 4, 5, 6)
    widths_scatter: tuple = (30, 100, 300, 1000, 3000, 10_000)
    members: int = 10
    n_test: int = 5000
    max_steps: int = 6000
    course: tuple = (-2, 1, 4)
    d_stripe: int = 5
    d_mnist: int = 10


SETTINGS = {"quick": Setting(1, 64, 64, (50, 200), (50,), (-4, -2, 0, 1, 2, 4, 6), (2, 4),
                             (300, 1000, 3000), 4, 1000, 2000), "default": Setting(),
            "full": Setting(5, 1000, 1000, (100, 300, 1000, 3000), (100, 300, 1000),
                            (-6, -5, -4, -3, -2, -1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6),
                            widths_scatter=(30, 100, 300, 1000, 3000, 10_000, 30_000),
                            n_test=10_000, max_steps=40_000)}


def run(setting, keep):
    """Part -> arrays: sweeps of tasks and widths, approaches, courses, the scatter."""
    each, (first, second, *_) = partial(each_seed, seeds=setting.seeds), setting.widths_stripe
    size = {task: (getattr(setting, f"d_{task}"), getattr(setting, f"p_{task}"), setting.n_test,
                   setting.max_steps) for task in ("stripe", *here("mnist"))}
    against_alpha = {f"{task} {width}": each(sweep, task=task, width=width, size=size[task],
                                             exponents=setting.sweep)
                     for task in size for width in getattr(setting, f"widths_{task}")}
    stripe = {"size": [size["stripe"]]}
    against_alpha |= {name: each(approach, activation=name, width=first, size=size["stripe"],
                                 exponents=setting.approach) for name in ("softplus", "relu")}
    courses = {f"course {exponent}": grid(course, exponent=[exponent], width=[second], **stripe)
               for exponent in setting.course}
    courses["kernel course"] = grid(kernel_course, width=[second], **stripe)
    values = keep(against_alpha | courses | {"scatter": grid(
        scatter, width=setting.widths_scatter, members=[setting.members], **stripe)})
    result = {part: rows[0] if part in courses else stack(rows) for part, rows in values.items()}
    for part, (run, *_) in against_alpha.items():
        result[part] |= {"log_alpha": np.array(run.parameters["exponents"], float),
                         "p": run.parameters["size"][1], "h": run.parameters["width"]}
    result["scatter"]["h"] = setting.widths_scatter
    return result
