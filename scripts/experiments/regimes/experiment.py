"""Feature or lazy: what one number, alpha, does to a network, and which width sees which alpha.

    f(x) = (gain/h) sum_n beta_n relu(omega_n.x/sqrt(d) + b_n)     F = alpha (f - f_0)
    gradient flow of L = (1/p) sum soft_hinge(F, y) / alpha

sweep     test error, |theta - theta_0| / |theta_0|, |K - K_0| / |K_0| (K the tangent kernel) after
          training, against alpha: stripe, d = 5, of several widths; images by parity, whole and
          reduced to 10 principal components
approach  F beside its linearization and the flow with the frozen kernel K_0, in the same steps
course    loss of the three in time, outputs at the end
scatter   the spread of F over initializations, in the feature regime and for alpha -> infinity

Source: Geiger, Spigler, Jacot and Wyart 2020, J. Stat. Mech. 113301; Petrini 2020, candidacy talk.
In the article's units the cross-over is at alpha* ~ h^(-1/2), here at alpha* of order 1 whatever h:
f has 1/h here and 1/sqrt(h) there, so the exponent -1/2 is a change of units, and what can be
measured is that alpha* does not depend on h.
Predicted here: for alpha -> 0, f ~ |theta|^2 makes |theta| ~ alpha^(-1/2), K ~ 1/alpha; for
alpha -> infinity differences to both approximations fall as 1/alpha if the activation is smooth.
With ReLUs some h / alpha kinks are crossed, with either sign, by chance: (alpha h)^(-1/2).

Minutes of processor time: --standard 8; --quick 1/3; --full, not run, 600 by estimate.

Deviations: one hidden layer, not three to five; p = 128 and 256, not 10,000; steps may turn the
gradient 100 times more than published; a run ends when all points have margin 1 or after 6,000
steps.
"""
from dataclasses import dataclass
from functools import partial

import numpy as np
from lab.data import here
from lab.plan import axes, each_seed, stack

from npspectral.sweep import grid

from .parts import WHOLE, approach, course, kernel_course, scatter, sweep

SECONDS = 20, 460, 36000
DATA = ("mnist",)
AXES = axes({"seed, alpha": "error parameters kernel left linear frozen",
             "seed": "frozen_error", "alpha": "log_alpha", "": "p h",
             "record": "time network linearized loss", "point, method": "outputs",
             "h, member, point": "functions", "h, member": "errors", "h": "widths"})


@dataclass(frozen=True)
class Setting:
    """sweep, approach, course: log10 of alpha; the last two have the first and second width.

    Widths of scatter: of frozen kernels, and of networks in the feature regime.
    """

    seeds: int = 5
    p_stripe: int = 128
    p_images: int = 256
    widths: tuple = (100, 300, 1000)
    width_images: int = 100
    images: str = "mnist"
    d_whole: int = 784
    sweep: tuple = (-6, -4, -2, -1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 6)
    sweep_whole: tuple = (-4, -2, 0, 1, 2, 4)
    approach: tuple = (1, 2, 3, 4, 5, 6)
    widths_lazy: tuple = (30, 100, 300, 1000, 3000, 10_000)
    widths_feature: tuple = (30, 100, 300, 1000)
    alpha_feature: int = -4
    members: int = 10
    n_test: int = 5000
    max_steps: int = 6000
    course: tuple = (-2, 1, 4)
    d: int = 5
    components: int = 10

    def tasks(self):
        """Task -> size (d, p, n_test, max_steps), widths, log10 of alpha."""
        def size(d, p):
            return d, p, self.n_test, self.max_steps
        some = self.p_images, (self.width_images,)
        return {"stripe": (size(self.d, self.p_stripe), self.widths, self.sweep), **(
            {self.images: (size(self.components, some[0]), some[1], self.sweep),
             self.images + WHOLE: (size(self.d_whole, some[0]), some[1], self.sweep_whole)}
            if here(self.images) else {})}


SETTINGS = {
    "quick": Setting(2, 48, 64, (50, 100, 200), 50, "digits", 64, (-3, -1, 1, 2, 4), (-3, -1, 2, 4),
                     (2, 2.5, 3), (300, 1000, 3000), (50, 100, 200), -2, 4, 1000, 1500),
    "default": Setting(),
    "full": Setting(10, 1000, 1000, (100, 300, 1000, 3000), 1000,
                    sweep=(-6, -5, -4, -3, -2, -1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6),
                    sweep_whole=(-4, -3, -2, -1, 0, 1, 2, 3, 4),
                    widths_lazy=(30, 100, 300, 1000, 3000, 10_000, 30_000),
                    widths_feature=(30, 100, 300, 1000, 3000), n_test=10_000, max_steps=40_000)}


def run(setting, keep):
    """Part -> arrays: sweeps of tasks and widths, approaches, courses, the scatter."""
    each, tasks = partial(each_seed, seeds=setting.seeds), setting.tasks()
    first, second, *_ = setting.widths
    against_alpha = {f"{task} {width}": each(sweep, task=task, width=width, size=size,
                                             exponents=exponents)
                     for task, (size, widths, exponents) in tasks.items() for width in widths}
    size = tasks["stripe"][0]
    against_alpha |= {name: each(approach, activation=name, width=first, size=size,
                                 exponents=setting.approach) for name in ("softplus", "relu")}
    courses = {f"course {exponent}": grid(course, exponent=[exponent], width=[second], size=[size])
               for exponent in setting.course}
    courses["kernel course"] = grid(kernel_course, width=[second], size=[size])
    some = {"members": [setting.members], "size": [size]}
    scattered = {
        "scatter lazy": grid(scatter, width=setting.widths_lazy, **some),
        "scatter feature": grid(scatter, width=setting.widths_feature, **some,
                                exponent=[setting.alpha_feature])}
    values = keep(against_alpha | courses | scattered)
    result = {part: rows[0] if part in courses else stack(rows) for part, rows in values.items()}
    for part, (run, *_) in against_alpha.items():
        result[part] |= {"log_alpha": np.array(run.parameters["exponents"], float),
                         "p": run.parameters["size"][1], "h": run.parameters["width"]}
    for part, runs in scattered.items():
        result[part]["widths"] = np.array([run.parameters["width"] for run in runs])
    return result
