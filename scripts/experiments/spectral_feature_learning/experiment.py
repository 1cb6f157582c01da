"""Does a spectral network learn features? What each of its parameter groups does at small alpha.

    f(x) = (sqrt(2)/h) sum_i beta_i relu(sum_j (lambda_in_j - lambda_out_i) phi_ij x_j)
    F = alpha (f - f_0),  gradient flow of L = (1/p) sum soft_hinge(F, y) / alpha

x holds d coordinates and the constant sqrt(d), whose column of phi is the bias: it has an
eigenvalue, too. Starts: lambda_in = 1, lambda_out = 0, phi ~ N(0, 1/d), beta ~ N(0, 1), the same
in every arm but the last. Arms differ in what is trained:

    lambda_in, lambda_out, lambda (both), phi       the first layer's group alone
    lambda + beta, dense (phi + beta), everything   with the output layer
    bias apart                                      everything, the bias as a parameter of its own

Predicted here. f is homogeneous in the trained groups, of degree k = 1 in the first four arms, 2 in
the next two and 3 in everything; f ~ 1/alpha at small alpha then needs |theta| ~ alpha^(-1/k) and
makes K ~ alpha^(2/k - 2): alone, a group of the first layer cannot make its kernel grow. With
lambda_in alone W is phi diag(lambda_in), one map for all neurons; with lambda_out alone each neuron
keeps its orientation, and f is linear in lambda_out until a gap changes its sign: exactly lazy.

An open question, asked here: nothing is published on it, so all rows are our own checks. Tasks:
the stripe, Source: Paccolat et al. 2021, J. Stat. Mech. 044001; the parity of digits in 10
components, Geiger et al. 2020, J. Stat. Mech. 113301.

Minutes of processor time: --quick 1/3, too small for some rows; --standard 4; --full 600 by
estimate.
"""
from dataclasses import dataclass
from functools import partial

import numpy as np
from lab.data import here
from lab.plan import axes, each_seed, stack

from .parts import ARMS, follow, sweep

SECONDS = 20, 260, 36000
DATA = ("mnist",)
FOLLOWED = ("lambda + beta", "dense", "everything")     # arms whose kernels are seen in time
AXES = axes({"seed, alpha": "error left parameters kernel alignment amplification eigenvalue "
             "attractors", "seed": "start_attractors", "alpha": "log_alpha", "": "p h exponent",
             "seed, time": "loss", "seed, time, group": "share"}) | {
    f"kernels {arm}/alignment": ("seed", "time", "group") for arm in FOLLOWED}


@dataclass(frozen=True)
class Setting:
    """exponents: log10 of alpha, the first one is that of the kernels in time."""

    seeds: int
    p_stripe: int
    images: str
    p_images: int
    width: int
    exponents: tuple
    n_test: int = 5000
    max_steps: int = 3000
    d_stripe: int = 5
    d_images: int = 10


SETTINGS = {"quick": Setting(1, 64, "digits", 64, 100, (-1, 0, 2, 4), 1000, 1000),
            "default": Setting(5, 128, "mnist", 128, 200, (-2, 0, 2, 4)),
            "full": Setting(5, 512, "mnist", 512, 1000, (-6, -4, -2, -1, 0, 0.5, 1, 1.5, 2, 3, 4,
                                                         6), 10_000, 30_000)}


def run(setting, keep):
    """Part -> name -> array: a sweep of each task and arm, kernels of some arms in time."""
    more = setting.width, setting.n_test, setting.max_steps
    size = {"stripe": (setting.d_stripe, setting.p_stripe, *more)} | {
        name: (setting.d_images, setting.p_images, *more) for name in here(setting.images)}
    each, first = partial(each_seed, seeds=setting.seeds), setting.exponents[0]
    plan = {f"{task} {arm}": each(sweep, task=task, arm=arm, exponents=setting.exponents,
                                  size=size[task]) for task in size for arm in ARMS}
    plan |= {f"kernels {arm}": each(follow, arm=arm, exponent=first, size=size["stripe"])
             for arm in FOLLOWED}
    added = {task: {"log_alpha": np.array(setting.exponents, float), "p": size[task][1],
                    "h": setting.width} for task in size} | {"kernels": {"exponent": first}}
    return {part: stack(rows) | added[part.split()[0]] for part, rows in keep(plan).items()}
