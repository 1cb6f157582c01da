"""What does the tangent kernel know of the label, at the start, along training, at the end?

The kernel as an observable, on fresh points: omega_r^2, the share of the labels along eigenvector r
(all sum to 1), and the bits that each of the top ones by itself holds on the label; its alignment
with the ideal kernel y y'. In the feature regime (alpha = 1e-6) training turns the kernel to its
task, in the lazy one (1e6) it leaves it as it was.

(stripe) The label depends on x_1 alone. Were omega_perp = 0, the kernel K' of one hidden layer was
    K1(x_1, x_1') + K2(x_1, x_1') x_perp.x_perp' / d        K2: the part of the biases
with eigenvectors of two families, phi(x_1) and phi(x_1) u.x_perp. Training moves towards it: the
share of the kernel's trace in neither family falls, and R^2 by each sorts the eigenvectors.
(images) Parity of the digit, by a network with two hidden layers.

Source: Petrini 2020, candidacy talk (figures whose values could not be read, of the stripe and of
MNIST by a deep convolutional network); Paccolat et al. 2021, J. Stat. Mech. 044001, and its public
code (the estimator of information, k = 5, whose floor is known exactly).

Deviations: kernels are of fresh points. The network for images is a dense one.

Minutes of processor time: --quick 1/3, --standard 8, --full 600 by estimate.
"""
from dataclasses import dataclass

from lab.data import here
from lab.plan import axes, each_seed, stack

from .parts import TIMES, follow_images, follow_stripe

SECONDS = 20, 480, 36000
DATA = ("mnist",)
AXES = axes({"seed, stage": "alignment machine outside outside_split distance remainder",
             "seed, stage, rank": "eigenvalues shares", "seed, stage, point, rank": "vectors",
             "seed, stage, estimator, rank": "information", "seed, regime": "errors escaped left",
             "seed, regime, time": "turn top aligned bits wrong", "time": "times",
             "seed, point": "x_1", "seed, regime, time, basis": "without",
             "seed, stage, family, rank": "families families_split"})


@dataclass(frozen=True)
class Setting:
    """p points to train on, n fresh ones for the kernel, widths, steps; the same for images."""

    p: int
    n: int
    widths: tuple
    max_steps: int
    seeds: int
    images: str
    p_images: int
    n_images: int
    widths_images: tuple
    max_steps_images: int
    seeds_images: int
    d: int = 5                                  # of the stripe


SETTINGS = {"quick": Setting(256, 300, (300,), 1100, 2, "digits", 400, 300, (40, 40), 800, 2),
            "default": Setting(512, 1000, (600,), 2500, 5, "mnist", 2000, 1000, (100, 100), 1200,
                               5),
            "full": Setting(1000, 2000, (10_000,), 5000, 5, "mnist", 10_000, 2000, (300, 300), 3000,
                            5, d=10)}


def run(setting, keep):
    """The stripe, and the images if they are here -> arrays with one row a seed."""
    plan = {"stripe": each_seed(follow_stripe, setting.seeds, p=setting.p, n=setting.n,
                                d=setting.d, widths=setting.widths, max_steps=setting.max_steps)}
    for name in here(setting.images):
        plan[name] = each_seed(follow_images, setting.seeds_images, name=name, p=setting.p_images,
                               n=setting.n_images, widths=setting.widths_images,
                               max_steps=setting.max_steps_images)
    return {part: stack(rows) | {"times": TIMES} for part, rows in keep(plan).items()}
