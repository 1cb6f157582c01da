"""How far does training only the eigenvalues get?

A network keeps its random eigenvectors phi, and only lambda_in and lambda_out are trained: 5,194 of
the 1,975,194 parameters of 784-2000-200-10 (tanh, tanh, softmax; no bias), with the images, rate
and batch of the notebook. On 784-500-80-10, with fewer images, the 1,954 eigenvalues compete with
direct training of as many numbers: some weights of the same network, while the others keep their
Glorot start (drawn from all; as many in each layer as it has eigenvalues; near the output), the
last layer on random features, a narrow network. Beside them all weights, and what linear layers
reach, whose product is one matrix.

Source: L. Giambagli et al. 2021, Nat. Commun. 12, 1330, and a notebook of the authors' repository
Buffoni/spectral_learning, which prints 0.9323 and the training's numbers epoch by epoch. The same
claim in other words: L. Giambagli et al. 2022, abstract of a poster, Parma.

Each arm on 784-500-80-10 has its rate of Adamax, one of three, chosen by the seed 0 on the last
sixth of the training images; all of them are then trained on, and the test images seen once.

Deviation: the softmax is part of the loss, which takes logits. A third of the notebook's epochs, so
its numbers of epoch 10 are compared.

Minutes of processor time: --quick 0.3, --standard 9, --full 150 by estimate.
"""
from dataclasses import dataclass

from lab.data import here
from lab.plan import axes, chosen, each_seed, stack

from .parts import ARMS, Training, train, validate

SECONDS = 18, 550, 9000
DATA = "mnist", "fashion-mnist"
AXES = axes({"seed, epoch, column": "curves",
             "seed": "rate nodes trainable parameters apart"})
NOTEBOOK_RATE = 0.02


@dataclass(frozen=True)
class Setting:
    """How the arms are trained, by data set; epochs of the notebook's network, 0 for none."""

    sets: tuple = ("mnist",)
    hidden: tuple = (500, 80)
    limit: int | None = None
    batch: int = 100
    epochs: int = 10
    notebook_epochs: int = 10
    arms: tuple = tuple(ARMS)
    seeds: int = 5


SETTINGS = {"quick": Setting(("digits",), batch=20, epochs=30, notebook_epochs=0, seeds=2,
                             arms=("eigenvalues", "as_eigenvalues", "narrow", "everything")),
            "default": Setting(limit=12_000),
            "full": Setting(DATA, batch=500, epochs=30, notebook_epochs=30)}


def run(setting, keep):
    """"SET, ARM" -> arrays, one row a seed; "mnist, notebook" is the network of the notebook."""
    cases = chosen(keep, validate, {f"{name}, {key}": [
        Training(name, key, rate, setting.hidden, setting.limit, setting.batch, setting.epochs)
        for rate in ARMS[key].rates] for name in here(*setting.sets) for key in setting.arms},
        "accuracy")
    if setting.notebook_epochs and here("mnist"):
        cases["mnist, notebook"] = Training("mnist", "eigenvalues", NOTEBOOK_RATE,
                                            epochs=setting.notebook_epochs)
    rows = keep({part: each_seed(train, setting.seeds, case=case) for part, case in cases.items()})
    return {part: stack(of_seeds) for part, of_seeds in rows.items()}
