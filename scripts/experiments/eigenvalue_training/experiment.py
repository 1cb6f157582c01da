"""How far does training only the eigenvalues get?

A network keeps its random eigenvectors phi, and only lambda_in and lambda_out are trained: 5,194 of
the 1,975,194 parameters of 784-2000-200-10 (tanh, tanh, softmax; no bias). Beside it, from the same
images, direct training with about as many parameters (some weights of the same network, trained
while the others keep their Glorot start; a narrow network; the last layer on random features) and
with all weights. Without activations an eigenvalue network collapses into one matrix, a perceptron.

Source: L. Giambagli et al. 2021, Nat. Commun. 12, 1330, and the two notebooks of the authors'
repository Buffoni/spectral_learning. The published 0.9323 was printed by another training than the
one whose network stands there: by cell 16, before cells 25 and 26.

Direct training has its learning rate chosen on the last 10,000 training images (3 epochs; 30 where
that takes seconds); eigenvalues have the published 0.02, and once 0.05. With rates chosen alike the
published lead over direct training depends on which weights are trained.

Deviation: the softmax is part of the loss, which takes logits.

Minutes on one core: --quick 0.3, --standard 12 (a third of the epochs), --full 70 a set of images,
by estimate; --set "arms=('eigenvalues',)" takes the eigenvalues alone, 4 a seed.
"""
from dataclasses import dataclass

from lab.data import here
from lab.plan import axes, each_seed, stack

from .parts import ARMS, COSTLY, train

SECONDS = 18, 720, 8400
DATA = ("mnist", "fashion-mnist")
AXES = axes({"seed, epoch, column": "curves",
             "seed": "trainable parameters collapsed_accuracy apart"})


@dataclass(frozen=True)
class Setting:
    """Images to train on (None: all), share of the published epochs, data sets, arms, seeds."""

    limit: int | None
    share: float
    seeds: int
    seeds_of_costly: int
    sets: tuple = ("mnist",)
    arms: tuple = tuple(ARMS)


QUICK_ARMS = tuple(name for name in ARMS if name not in ("lambda_out", "as_eigenvalues", "late"))
SETTINGS = {"quick": Setting(6000, 0.1, 1, 1, arms=QUICK_ARMS),
            "default": Setting(None, 1 / 3, 3, 1), "full": Setting(None, 1.0, 3, 3, sets=DATA)}


def run(setting, keep):
    """"SET, ARM" -> arrays, one row a seed."""
    rows = keep({f"{name}, {key}": each_seed(
        train, setting.seeds_of_costly if key in COSTLY else setting.seeds, name=name,
        limit=setting.limit, key=key, epochs=round(setting.share * ARMS[key].epochs))
        for name in here(*setting.sets) for key in setting.arms})
    return {part: stack(of_seeds) for part, of_seeds in rows.items()}
