"""What do the eigenvectors of the tangent kernel know of the label, before and after training?

Kernel PCA of the tangent kernel: omega_r^2, the share of the labels along eigenvector r (all sum to
1), and the bits that each of the top ones by itself holds on the label. In the feature regime
(alpha = 1e-6) training turns the kernel to its task, in the lazy one (1e6) it leaves it as it was.

(stripe) The label depends on x_1 alone. Were omega_perp = 0, the kernel K' of one hidden layer was
    K1(x_1, x_1') + K2(x_1, x_1') x_perp.x_perp' / d        K2: the part of the biases
with eigenvectors of two families, phi(x_1) and phi(x_1) u.x_perp. Training moves towards it: the
share of the kernel's trace in neither family falls, and R^2 by each sorts the eigenvectors.
(mnist) Parity of the digit, by a network with two hidden layers.

Source: Petrini 2020, candidacy talk (figures whose values could not be read: labels project on far
fewer top eigenvectors after training, whose information rises); Paccolat et al. 2021, J. Stat.
Mech. 044001, and its public code (the estimator, k = 5).

Does not reproduce: far fewer vectors for MNIST, where the network errs more than the lazy one.

Minutes on one core: --quick under 1/2, --standard 4, --full 600 by estimate.

Deviations: the talk's network for MNIST is a deep convolutional one; kernels are of fresh points.
The published estimator of information, the first of three, has a floor, which is known exactly.
"""
from dataclasses import dataclass

from lab.data import here
from lab.plan import axes, each_seed, stack

from .parts import TIMES, follow_mnist, follow_stripe

SECONDS = 10, 240, 36000
DATA = ("mnist",)
AXES = axes({"seed, stage": "alignment outside outside_split distance remainder",
             "seed, stage, rank": "eigenvalues shares", "seed, stage, point, rank": "vectors",
             "seed, stage, estimator, rank": "information", "seed, regime": "errors",
             "seed, regime, time": "curves", "time": "times", "seed, stage, family, rank":
             "families"})


@dataclass(frozen=True)
class Setting:
    """p points to train on, n fresh ones for the kernel (n of both on MNIST), widths, steps."""

    p: int
    n: int
    widths: tuple
    max_steps: int
    seeds: int
    n_mnist: int
    widths_mnist: tuple
    max_steps_mnist: int
    seeds_mnist: int
    d: int = 5                                  # of the stripe


SETTINGS = {"quick": Setting(256, 300, (300,), 1100, 1, 300, (40, 40), 800, 1),
            "default": Setting(512, 1000, (600,), 2500, 5, 1000, (100, 100), 1200, 2),
            "full": Setting(1000, 2000, (10_000,), 5000, 5, 2000, (300, 300), 3000, 5, d=10)}


def run(setting, keep):
    """The stripe, and MNIST if it is here -> arrays with one row a seed."""
    plan = {"stripe": each_seed(follow_stripe, setting.seeds, p=setting.p, n=setting.n,
                                d=setting.d, widths=setting.widths, max_steps=setting.max_steps)}
    for name in here("mnist"):
        plan[name] = each_seed(follow_mnist, setting.seeds_mnist, n=setting.n_mnist,
                               widths=setting.widths_mnist, max_steps=setting.max_steps_mnist)
    result = {part: stack(rows) for part, rows in keep(plan).items()}
    result["stripe"]["times"] = TIMES
    return result
