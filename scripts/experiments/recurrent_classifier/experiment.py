"""A demonstration: does a recurrent spectral network classify? Two kernels in sequence, too.

x_{t+1} = A f(x_t) for `steps` steps, linear after that, A = Phi diag(1, .., 1, lambda) Phi^-1: the
state comes to rest in a plane of planted directions, one a class, and its coordinates y there are
the scores. Shown: which points of the plane end where; how states get there, against the bound
cond(Phi) max|lambda|^t; what is read too early; cond(Phi) and largest |lambda| at the end; for two
digits in sequence, each heard by a kernel of its own, whether order is kept and kernels that are
stable alone are so in turn.

Source: Chicchi et al. 2023, Chaos Solitons Fractals 168, 113128 (arXiv 2202.04497). Only the
abstracts were read; network, sizes and loss are our definition, and no published number is
compared. Claims are what the abstracts say; most of the table are our own checks.

Minutes of processor time: --quick 1/4, --standard 7 (15,000 images), --full 700 by estimate.

Deviation: MNIST at half its resolution, 14 x 14; --full has 28 x 28, all images and 1,024 nodes.
Sizes, rates and f were chosen on validation parts, or for rings on other seeds; only the loss at
which rings stop was chosen afterwards, as one seed was still on a plateau.
"""
from dataclasses import dataclass

from lab.data import here
from lab.plan import axes, each_seed, stack

from .parts import KERNELS, run_digits, run_images, run_pairs, run_rings

SECONDS = 15, 430, 42000
DATA = ("mnist",)
AXES = axes({
    "seed": "accuracy seconds norm rest drift swapped size condition", "seed, point": "x_labels",
    "seed, y, x": "basins", "seed, point, coordinate": "x", "seed, example": "labels",
    "seed, step, example": "distance bound", "seed, step, example, class": "scores",
    "seed, step": "accuracy_in_time alignment", "seed, start or end, node": "eigenvalues",
    "seed, start or end": "conditions", "seed, kernel, measure": "alone",
    "seed, measure": "in_turn windows", "seed, epoch": "course"})
RINGS = {"1 step": (1, True, True), "2 steps": (2, True, False), "5 steps": (5, True, False),
         "5 steps, no constant node": (5, False, True)}     # steps, constant node, blind
PAIRS = {"random": ("random", 0), "random, rest 5": ("random", 5), "on nodes": ("nodes", 0),
         "on nodes, rest 5": ("nodes", 5)}                  # planting, linear steps at rest


@dataclass(frozen=True)
class Setting:
    """`seeds` of rings and digits; `seeds_of_others`: other kernels, blind rings, pairs, images."""

    seeds: int = 10
    seeds_of_others: int = 5
    points: int = 1000              # of each ring
    ring_epochs: int = 400          # at most
    digit_nodes: int = 160
    digit_epochs: int = 80
    n_pairs: int = 4000
    pair_epochs: int = 15
    images: str = "mnist"
    half: bool = True               # images at half their resolution
    image_nodes: int = 256
    limit: int | None = 15_000      # training images
    n_validation: int = 3000
    image_epochs: int = 25          # at most, of every learning rate


SETTINGS = {
    "quick": Setting(2, 2, 500, 100, 90, 30, 1000, 8, "digits", False, 96, None, 300, 12),
    "default": Setting(),
    "full": Setting(seeds_of_others=10, half=False, image_nodes=1024, limit=None,
                    image_epochs=50)}


def run(setting, keep):
    """"part, arm" -> arrays; parts whose data are not here are left out."""
    runs, others = {}, setting.seeds_of_others
    for name, (steps, constant, blind) in RINGS.items():
        runs[f"rings, {name}"] = each_seed(
            run_rings, others if blind else setting.seeds, steps=steps, constant=constant,
            n=setting.points, epochs=setting.ring_epochs)
    for name in KERNELS:
        runs[f"digits, {name}"] = each_seed(
            run_digits, setting.seeds if name == "random" else others, name=name,
            nodes=setting.digit_nodes, epochs=setting.digit_epochs)
    for name, (planting, rest) in PAIRS.items():
        runs[f"pairs, {name}"] = each_seed(
            run_pairs, others, planting=planting, rest=rest, nodes=setting.digit_nodes,
            n=setting.n_pairs, epochs=setting.pair_epochs)
    for kind in ("recurrent", "dense") if here(setting.images) else ():
        runs[f"{setting.images} images, {kind}"] = each_seed(
            run_images, others, kind=kind, name=setting.images, steps=5, half=setting.half,
            nodes=setting.image_nodes, limit=setting.limit, n_validation=setting.n_validation,
            epochs=setting.image_epochs)
    return {part: stack(rows) for part, rows in keep(runs).items()}
