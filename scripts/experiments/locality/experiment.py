"""Does seeing small patches defeat the curse of dimensionality? Local and convolutional kernels.

A Gaussian field whose covariance is a kernel of patches of t coordinates, the teacher, is learned
by regression without ridge with a kernel of patches of s, the student; points are uniform in the
cube of d dimensions. For t <= s the error falls as p^-(1/s), whatever d; a dense kernel, which sees
all coordinates at once, needs p^-(1/d). A student that shares its weights over all places cannot
learn a teacher that does not.

    d = D    error (seed, p, teacher, student) over the variance of the fields; the error is the
             exact mean over all fields, so that only points are drawn

Source: A. Favero, F. Cagnetta and M. Wyart 2021, NeurIPS, arXiv 2106.08619: local and convolutional
kernels of Laplace, teachers and students of patches of 2 and 3.

Minutes of processor time: --quick 1/8, --standard 4, --full 600 by estimate.

Deviation: the authors draw fields; here their mean is known in closed form.
"""
from dataclasses import dataclass

import numpy as np
from lab.plan import axes, each_seed, stack

from .parts import follow

SECONDS = 8, 250, 36000
DATA = ()
AXES = axes({"p": "p", "": "d", "seed, p, teacher, student": "error"})


@dataclass(frozen=True)
class Setting:
    """Sizes p of the training sets, dimensions d."""

    seeds: int = 5
    sizes: tuple = (64, 128, 256, 512, 1024, 2048)
    dimensions: tuple = (6, 9)


SETTINGS = {"quick": Setting(2, (32, 64, 128, 256)), "default": Setting(),
            "full": Setting(10, (64, 128, 256, 512, 1024, 2048, 4096, 8192), (6, 9, 12))}


def run(setting, keep):
    """"d = D" -> arrays (seed, p, teacher, student)."""
    values = keep({f"d = {d}": each_seed(follow, setting.seeds, d=d, sizes=setting.sizes)
                   for d in setting.dimensions})
    return {part: {"p": np.array(setting.sizes), "d": int(part.removeprefix("d = ")), **stack(rows)}
            for part, rows in values.items()}
