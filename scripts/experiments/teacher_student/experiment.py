"""Where is the teacher inside its student? Spectral regularization leaves a core of its size.

A student of h hidden nodes learns what a teacher of h_T says. Its first layer is W_ij = -lambda_i
phi_ij with both factors penalized, for the product a group lasso over nodes. R_i = |lambda_i|
|phi_i| then has a core of about h_T nodes, whatever h, and the test error rises when fewer of them
are kept. With weight decay, on a dense first layer, the core grows with h.

Source: L. Giambagli et al. 2023, NeurIPS ("How a student becomes a teacher"), its poster and public
code. Teacher 10-h_T-20-1, student 10-h-20-1, ReLU, no biases, the last weights fixed at 1; inputs
N(0, 1), 10,000 for training, 10,000 for the test; squared error, Adam. Core: R >= 0.05 max(R).

Does not reproduce: a teacher of 30 (--full), whose students have cores of other sizes.

Minutes on one core: --quick 1/2, --standard 18 by estimate, --full 500 by estimate.

Deviation: published students learn at a constant rate, spectral 0.005 in batches of 300, weight
decay 0.002 in batches of 500, for 2,000 epochs ("as published"); here in stages, see `arms`.

Real data: MNIST, Fashion-MNIST (labels as one-hot rows), California Housing (standardized by the
training part), at the end a trained layer with biases. --set "features='FILE.npz'" adds any other
set: x (n, d) and labels (n,) of classes 0, 1, ..., or target (n,) or (n, K). CIFAR-100:
np.savez(file, x=the 2,048 features of a ResNet50 without its last layer, labels=labels).
"""
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from lab.data import here
from lab.plan import axes, each_seed, stack

from .parts import Arm, follow_data, follow_teacher

SECONDS = 28, 1080, 30000
DATA = ("mnist", "fashion-mnist", "california-housing")
AXES = axes({"seed, node": "relevance", "seed, epoch": "cores", "seed, path": "paths teacher_paths",
             "seed, nodes kept": "counts losses", "seed": "path_distance"})
SPECTRAL, DECAY = "spectral", "weight decay"
AS_PUBLISHED = {f"{SPECTRAL}, as published": Arm(True, ((0.005, 2000),)),
                f"{DECAY}, as published": Arm(False, ((0.002, 2000),), 500)}


@dataclass(frozen=True)
class Setting:
    """All arms with the first teacher, with the others only spectral ones; real data."""

    teachers: tuple = (20, 10, 15)
    students: tuple = (40, 100, 500)
    seeds: int = 2
    epochs: tuple = (60, 1000, 400, 150, 50)            # of the stages
    more_students: tuple = (10,)                        # of the first teacher
    published_students: tuple = (40, 100, 500)          # of the first teacher, as published
    seeds_of_others: int = 1
    n_samples: int = 10_000
    real: tuple = DATA
    features: str | None = None                         # an .npz file of x and labels or target
    real_students: tuple = (40, 100, 300)
    real_stages: tuple = ((0.005, 40), (0.001, 20))
    images: int | None = 10_000                         # of the training set, the first


SETTINGS = {"quick": Setting((20,), (40, 100), 1, (60, 400, 200, 100, 50), (), (), real=DATA[2:],
                             real_students=(40,)), "default": Setting(),
            "full": Setting((20, 10, 15, 30), seeds=30, more_students=(10, 20, 60, 200, 1000),
                            seeds_of_others=30, real_students=(40, 100, 200, 500),
                            real_stages=((0.005, 200), (0.001, 50)), images=None)}


def arms(h, epochs):
    """First a small rate, or ReLUs of the second layer die; then one whose noise merges nodes.

    That noise grows with the width h, so the rate must not. The smaller ones let the core settle.
    Weight decay takes smaller rates than spectral students: its wide ones fail at theirs.
    """
    for name, scale in ((SPECTRAL, 0.28), (DECAY, 0.1)):
        main = min(0.015, scale / h ** 0.5)
        rates = 0.001, main, min(0.005, 2 * main / 3), 0.001, 0.0003
        yield name, Arm(name == SPECTRAL, tuple(zip(rates, epochs)))


def of_teacher(setting, h_teacher):
    """The runs of all students of one teacher."""
    first = h_teacher == setting.teachers[0]
    students = [(name, arm, h) for h in sorted(setting.students + setting.more_students * first)
                for name, arm in arms(h, setting.epochs) if first or arm.spectral]
    students += [(name, arm, h) for name, arm in AS_PUBLISHED.items()
                 for h in setting.published_students if first]
    return {f"teacher {h_teacher}, {name}, h = {h}": each_seed(
        follow_teacher, setting.seeds if first else setting.seeds_of_others, h_teacher=h_teacher,
        arm=arm, h=h, n_samples=setting.n_samples) for name, arm, h in students}


def run(setting, keep):
    """"teacher H_T, ARM, h = H" or "SET, ARM, h = H" -> arrays, one row a seed."""
    plan, sets = {}, dict.fromkeys(here(*setting.real), "")
    if setting.features is not None:
        sets[setting.features] = sha256(Path(setting.features).read_bytes()).hexdigest()
    for h_teacher in setting.teachers:
        plan |= of_teacher(setting, h_teacher)
    plan |= {f"{Path(name).name.replace(', ', ' ')}, {arm}, h = {h}": each_seed(
        follow_data, 1, name=name, arm=Arm(arm == SPECTRAL, setting.real_stages), h=h,
        limit=setting.images, content=content)
        for name, content in sets.items() for h in setting.real_students
        for arm in (SPECTRAL, DECAY)}
    return {part: stack(rows) for part, rows in keep(plan).items()}
