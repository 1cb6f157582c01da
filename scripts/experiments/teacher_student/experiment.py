"""Where is the teacher inside its student? Spectral regularization leaves a core of its size.

A student of h hidden nodes learns what a teacher of h_T says. Its first layer is W_ij = -lambda_i
phi_ij with both factors penalized, which for the product is a group lasso over nodes: what nobody
needs fades away. R_i = |lambda_i| |phi_i| then has a core of about h_T nodes, whatever h, and the
test error rises when fewer of them are kept. With weight decay the core grows with h.

Source: L. Giambagli et al. 2023, NeurIPS ("How a student becomes a teacher"), its poster and public
code. Teacher 10-h_T-20-1, student 10-h-20-1, ReLU, no biases, the last weights fixed at 1; inputs
N(0, 1), 10,000 for training, 10,000 for the test; squared error, Adam. Core: R >= 0.05 max(R).
Weight decay: the same with a dense first layer. All see the same teachers and data.

Published against ours, medians of 2 seeds (teachers 10 and 15: one), h = 40, 100, 500:
core of the teacher's size whatever h / teacher 20: 20.5, 20, 20.5; 10: 10, 10, 11; 15: 15, 15, 17
MSE with 2 nodes less than the teacher over 2 more: a jump / 21, 19, 20; 54, 231, 27; 122, 173, 29
core of weight decay grows with h / trained as published 40, 100, 218; till it settles 35, 40, 40
test MSE the same for both kinds / as published 0.0086, 0.0093, 0.0066 and 0.014, 0.014, 0.0073,
within the seeds' spread but at h = 100; settled 0.0035, 0.0031, 0.0036 and 0.0014, 0.0016, 0.0023
At h = 40 and 100 the 20 nodes of largest R of a settled weight-decay student have the teacher's
paths as well; at 500 less so than the core.

Minutes on one core: --quick 1/2, --standard 18 by estimate, --full 500 by estimate.

Does not reproduce: a teacher of 30 (--full). Its students have 24 to 41 nodes in the core, by rate
and h, and a test MSE of 0.01 to 0.03 with all of them, several times that of smaller teachers.

Deviation: published students learn at a constant rate, spectral 0.005 in batches of 300, weight
decay 0.002 in batches of 500, for 2,000 epochs ("as published" in the table). Cores of spectral
students then have 20 to 25 nodes. Here both kinds learn in stages: see `arms`.

Real data: MNIST, Fashion-MNIST (labels as one-hot rows, so that the loss is the squared error here
too; the first images only, except with --full), California Housing (features and target less their
mean, over their standard deviation, both of the training part). Their networks end in a trained
layer with biases. --set features=FILE.npz adds any other set: arrays x (n, d) and labels (n,) of
classes 0, 1, ..., or target (n,) or (n, K) of numbers, standardized in the same way. So CIFAR-100
enters: let a ResNet50 without its last layer see the images, and np.savez(file, x=its 2,048
features, labels=labels).
"""
import hashlib
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from lab.data import here
from lab.plan import stack

from npspectral.sweep import Run, grid

from .parts import Arm, follow_data, follow_teacher

SECONDS = 28, 1080, 30000
DATA = "mnist", "fashion-mnist", "california-housing"
AXES = {"relevance": ("seed", "node"), "cores": ("seed", "epoch"), "counts": ("seed", "count"),
        "losses": ("seed", "count"), "paths": ("seed", "path"), "teacher_paths": ("seed", "path"),
        "path_distance": ("seed",)}
SPECTRAL, DECAY = "spectral", "weight decay"


@dataclass(frozen=True)
class Setting:
    """All arms with the first teacher, with the others only spectral ones."""

    teachers: tuple
    students: tuple
    seeds: int
    epochs: tuple                       # of the stages
    more_students: tuple = ()           # of the first teacher
    published_students: tuple = ()      # of the first teacher, trained as published
    seeds_of_others: int = 1
    real: tuple = DATA
    real_students: tuple = (40, 100, 300)
    real_stages: tuple = ((0.005, 40), (0.001, 20))
    images: int | None = 10_000         # of the training set, the first
    features: str = ""                  # an .npz file of x and labels, or x and target


def arms(h, epochs):
    """Weight decay takes smaller rates than spectral students: its wide ones fail at theirs."""
    return {SPECTRAL: Arm(True, stages(h, epochs, 0.28)), DECAY: Arm(False, stages(h, epochs, 0.1))}


def stages(h, epochs, scale):
    """First a small rate, or ReLUs of the second layer die; then one whose noise merges nodes.

    That noise grows with the width h, so the rate must not. The smaller ones let the core settle.
    """
    main = min(0.015, scale / h ** 0.5)
    return tuple(zip((0.001, main, min(0.005, 2 * main / 3), 0.001, 0.0003), epochs))


AS_PUBLISHED = {f"{SPECTRAL}, as published": Arm(True, ((0.005, 2000),)),
                f"{DECAY}, as published": Arm(False, ((0.002, 2000),), 500)}
SETTLED = (60, 1000, 400, 150, 50)
SETTINGS = {
    "quick": Setting((20,), (40, 100), 1, (60, 400, 200, 100, 50), real=DATA[2:],
                     real_students=(40,)),
    "default": Setting((20, 10, 15), (40, 100, 500), 2, SETTLED, (10,), (40, 100, 500)),
    "full": Setting((20, 10, 15, 30), (40, 100, 500), 30, SETTLED, (10, 20, 60, 200, 1000),
                    (40, 100, 500), 30, real_students=(40, 100, 200, 500),
                    real_stages=((0.005, 200), (0.001, 50)), images=None),
}


def plan(setting):
    """"part, arm h" -> the runs of all seeds, of every student to train."""
    runs = {}
    for h_teacher in setting.teachers:
        first = h_teacher == setting.teachers[0]
        students = [(name, arm, h)
                    for h in sorted(setting.students + setting.more_students * first)
                    for name, arm in arms(h, setting.epochs).items() if first or arm.spectral]
        students += [(name, arm, h) for name, arm in AS_PUBLISHED.items()
                     for h in setting.published_students if first]
        seeds = range(setting.seeds if first else setting.seeds_of_others)
        for name, arm, h in students:
            runs[f"teacher {h_teacher}, {name} {h}"] = grid(
                follow_teacher, h_teacher=[h_teacher], arm=[arm], h=[h], seed=seeds)
    for part in [*here(*setting.real), *([setting.features] if setting.features else [])]:
        content = hashlib.sha256(Path(part).read_bytes()).hexdigest() if part.endswith(
            ".npz") else ""
        for h, name in product(setting.real_students, (SPECTRAL, DECAY)):
            runs[f"{Path(part).stem}, {name} {h}"] = [Run(follow_data, dict(
                name=part, arm=Arm(name == SPECTRAL, setting.real_stages), h=h, seed=0,
                limit=setting.images, content=content))]
    return runs


def run(setting, keep):
    """"part, arm h" -> arrays."""
    return {part: stack(rows) for part, rows in keep(plan(setting)).items()}
