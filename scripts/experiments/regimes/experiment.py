"""Feature or lazy: what one number, alpha, does to a network, and which width sees which alpha.

    f(x) = (gain/h) sum_n beta_n relu(omega_n.x/sqrt(d) + b_n)     F = alpha (f - f_0)
    gradient flow of L = (1/p) sum soft_hinge(F, y) / alpha

`sweep`: test error, |theta - theta_0| / |theta_0|, |K - K_0| / |K_0| (K the tangent kernel on fixed
points) after training, against alpha and width; stripe, d = 5, and MNIST parity, d = 10.
`approach`: F beside alpha J (theta - theta_0), linearized at the start, and beside the flow with
the frozen kernel K_0, at the same time and in the same steps; ReLU and softplus. `course`: loss of
the three in time, outputs at the end. `scatter`: the spread of F over initializations for
alpha -> infinity, by frozen kernels of finite networks.

Source: Geiger, Spigler, Jacot and Wyart 2020, J. Stat. Mech. 113301: the cross-over is at
alpha* ~ h^(-1/2) in its convention, of order 1 here whatever h; above it the kernel hardly changes;
F fluctuates over initializations as h^(-1/2).
Predicted here: for alpha -> 0, f ~ |theta|^2 makes |theta| ~ alpha^(-1/2), K ~ 1/alpha; for
alpha -> infinity differences to both approximations fall as 1/alpha if the activation is smooth.
With ReLUs some h / alpha kinks are crossed, with either sign; a sum of chance,
sqrt(h / alpha) / h = (alpha h)^(-1/2), is the larger part at finite h.

Measured: |K - K_0| = |K_0| at alpha = 12.6, 11.7, 11.1 for h = 100, 300, 1000 (stripe; medians of
3 seeds) and 13.7, 12.4 for h = 100, 300 (MNIST): alpha* ~ h^-0.55 and h^-0.62 in the article's
convention. The mean test error of the stripe is halfway at 4.8, 14.7, 4.5: h^-0.54, not fixed well
by one set of seeds; .053 for small alpha, .10 to .12 for large ones. MNIST prefers neither end,
.150 and .155 for small alpha, .154 and .139 for large ones (h = 100, 300): its least errors, .133
and .127, are at the cross-over, alpha = 10 and 30. Distances to both approximations fall as
alpha^-1.0 with softplus, alpha^-0.58 with ReLUs from 10^2 to 10^5 (at 10^6 no kink is crossed any
more). The spread falls as h^-0.45 from h = 300 to 10,000, where it is .042, h^-0.46 in the last
decade.

Minutes on one core: --standard 6; --quick 1/3; --full, not run, 600 by estimate.

Deviations: one hidden layer, not three; p = 128 and 256, not 10,000; steps may turn the gradient
100 times more than published (a third of the steps; test errors moved by .001 at most); a run ends
when all points have margin 1 or after 6,000 steps (the table says what is left).
"""
from dataclasses import dataclass
from functools import partial

import numpy as np
from lab.data import here
from lab.plan import each_seed, stack

from npspectral.sweep import Run, grid

from .parts import approach, course, kernel_course, scatter, sweep

SECONDS = 20, 360, 36000
DATA = ("mnist",)
AXES = {**dict.fromkeys(("error", "parameters", "kernel", "left", "steps", "rise", "linear",
                         "frozen"), ("seed", "alpha")),
        "frozen_error": ("seed",), "log_alpha": ("alpha",), "p": (), "h": (),
        **dict.fromkeys(("time", "network", "linearized", "loss"), ("record",)),
        "outputs": ("point", "method"), "scatter/outputs": ("h", "member", "point"),
        "scatter/h": ("h",)}


@dataclass(frozen=True)
class Setting:
    """sweep, approach, course: log10 of alpha; the last two have the first and second width."""

    seeds: int
    p_stripe: int
    p_mnist: int
    widths_stripe: tuple
    widths_mnist: tuple
    sweep: tuple
    approach: tuple
    widths_scatter: tuple
    members: int
    n_test: int = 5000
    max_steps: int = 6000
    course: tuple = (-2, 1, 4)
    d_stripe: int = 5
    d_mnist: int = 10

    def of(self, task):
        """(d, p, n_test, max_steps) of a task."""
        return (getattr(self, f"d_{task}"), getattr(self, f"p_{task}"), self.n_test,
                self.max_steps)


SETTINGS = {
    "quick": Setting(1, 64, 64, (50, 200), (50,), (-4, -2, 0, 1, 2, 4, 6), (2, 4),
                     (300, 1000, 3000), 4, 1000, 2000),
    "default": Setting(3, 128, 256, (100, 300, 1000), (100, 300),
                       (-6, -4, -2, -1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 6), (1, 2, 3, 4, 5, 6),
                       (30, 100, 300, 1000, 3000, 10_000), 10),
    "full": Setting(5, 1000, 1000, (100, 300, 1000, 3000), (100, 300, 1000),
                    (-6, -5, -4, -3, -2, -1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6),
                    (1, 2, 3, 4, 5, 6), (30, 100, 300, 1000, 3000, 10_000, 30_000), 10, 10_000,
                    40_000),
}


def run(setting, keep):
    """Part -> arrays: sweeps of tasks and widths, approaches, courses, the scatter."""
    each, stripe = partial(each_seed, seeds=setting.seeds), setting.of("stripe")
    first, second = setting.widths_stripe[:2]
    other = {"width": second, "size": stripe}
    sweeps = {f"{task} {width}": each(sweep, task=task, width=width, exponents=setting.sweep,
                                      size=setting.of(task))
              for task in ("stripe", *here("mnist"))
              for width in getattr(setting, f"widths_{task}")}
    approaches = {name: each(approach, activation=name, width=first, exponents=setting.approach,
                             size=stripe) for name in ("softplus", "relu")}
    courses = {f"course {exponent}": [Run(course, {"exponent": exponent, **other})]
               for exponent in setting.course}
    courses["kernel course"] = [Run(kernel_course, other)]
    values = keep(sweeps | approaches | courses | {"scatter": grid(
        scatter, width=setting.widths_scatter, members=[setting.members], size=[stripe])})
    result = {part: rows[0] if part in courses else stack(rows) for part, rows in values.items()}
    for part, (run, *_) in (sweeps | approaches).items():
        result[part] |= {"log_alpha": np.array(run.parameters["exponents"], float),
                         "p": run.parameters["size"][1], "h": run.parameters["width"]}
    result["scatter"]["h"] = setting.widths_scatter
    return result
