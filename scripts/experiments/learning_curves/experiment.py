"""How fast does the error fall with p? Feature and lazy learning, frozen kernels, neighbors.

Feature learning compresses directions that the labels ignore, by lambda ~ sqrt(p) on the stripe: by
theory a larger exponent of error ~ p^-beta.

stripe, cylinder, images   each training set is learned by the network at small alpha (feature) and
                           large alpha (lazy), by the flow with its tangent kernel frozen at the
                           start or the end, by support vectors of the kernel at the start, and by 5
                           nearest neighbors
supports                   support vectors of the kernel of infinite width: how far they lie apart
regression                 the same kernel fits Gaussian random fields: there the dimension counts

Source: Paccolat et al. 2021, J. Stat. Mech. 044001; Paccolat, Spigler and Wyart 2021, Mach. Learn.:
Sci. Technol. 2, 025020 (kernels); Petrini 2020, candidacy talk; Geiger et al. 2020, J. Stat. Mech.
113301 (dense networks); public code: one hidden layer of h ReLUs, alpha = 1e-6 (5e-8 with the
article's 1/sqrt(h), h = 400), soft hinge of sharpness 20, h = 10,000 (here 400); MNIST by parity,
alpha = 2e-3, sharpness 3.

Minutes of processor time: --quick 1/3, --standard 10, --full 6,000 by estimate.

Deviations: training, of networks and of frozen kernels, stops when 95 % of the points have
y F >= 1, or at a number of steps; exploratory: 95 % was chosen by trials at p = 128 and 256. Steps
are longer than published (LIMITS). Images are learned by 2 x 100 fully connected units; the talk's
network is convolutional.
"""
from dataclasses import dataclass

import numpy as np
from lab.data import here
from lab.plan import axes, by_seed, each_seed, stack

from npspectral.sweep import Run

from .parts import TASKS, follow, regress, supports

SECONDS = 20, 600, 360000
DATA = ("mnist",)
AXES = axes({
    "p": "p", "": "d n_parallel", "seed, p, method": "errors", "seed, p, trained": "left",
    "seed, p, regime": "amplification", "seed, p": "svc_error number between to_interface square"})


@dataclass(frozen=True)
class Setting:
    """Sizes p of every task and of kernels of infinite width, their dimensions, widths, steps."""

    p_stripe: tuple = (128, 256, 512, 1024, 2048)
    p_cylinder: tuple = (128, 256, 512, 1024)
    p_images: tuple = (128, 256, 512)
    p_kernels: tuple = (128, 256, 512, 1024, 2048)
    seeds: int = 5
    width: int = 400
    image_widths: tuple = (100, 100)
    images: str = "mnist"
    d_images: int = 784
    least_steps: int = 8000
    steps_times_p: int = 5_000_000
    d_stripe: int = 5
    d_cylinder: int = 3
    d_kernels: tuple = (3, 5, 10)
    d_sphere: int = 5

    def steps(self, p):
        """So many that the time of a run hardly depends on p."""
        return min(20_000, max(self.least_steps, self.steps_times_p // p))

    def networks(self):
        """Task -> its sizes p, d, widths of the hidden layers."""
        tasks = {"stripe": (self.p_stripe, self.d_stripe, (self.width,)),
                 "cylinder": (self.p_cylinder, self.d_cylinder, (self.width,))}
        images = {self.images: (self.p_images, self.d_images, self.image_widths)}
        return tasks | (images if here(self.images) else {})


SETTINGS = {
    "quick": Setting((32, 64, 128), (32, 64, 128), (64, 128, 256), (64, 128, 256), 2, 100, (30, 30),
                     "digits", 64, 2000, 0, d_kernels=(3, 10)),
    "default": Setting(),
    "full": Setting((128, 256, 512, 1024, 2048, 4096, 8192), (128, 256, 512, 1024, 2048, 4096),
                    (128, 256, 512, 1024, 2048, 4096), (128, 256, 512, 1024, 2048, 4096), 10,
                    10_000, (1000, 1000), least_steps=20_000, steps_times_p=0)}


def run(setting, keep):
    """Part -> name -> array (seeds, sizes, ...)."""
    networks, seeds, sizes = setting.networks(), setting.seeds, setting.p_kernels
    tasks = {name: [
        Run(follow, {"name": name, "d": d, "widths": widths, "p": p, "seed": seed,
                     "max_steps": setting.steps(p)}) for seed in range(seeds) for p in some]
        for name, (some, d, widths) in networks.items()}
    spaces = [("stripe", d) for d in setting.d_kernels] + [("sphere", setting.d_sphere)]
    kernels = {f"supports, {name}, {d}": each_seed(supports, seeds, name=name, d=d, sizes=sizes)
               for name, d in spaces}
    kernels |= {f"regression, {n} of {d}": each_seed(regress, seeds, d=d, n_parallel=n, sizes=sizes)
                for d in setting.d_kernels for n in (1, d)}
    values = keep(tasks | kernels)
    result = {name: {"p": np.array(some), "d": d, "n_parallel": TASKS[name].n_parallel or d,
                     **by_seed(values[name], seeds)} for name, (some, d, _) in networks.items()}
    return result | {name: {"p": np.array(sizes), "d": runs[0].parameters["d"],
                            **stack(values[name])} for name, runs in kernels.items()}
