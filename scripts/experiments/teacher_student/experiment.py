"""Where is the teacher inside its student? Spectral regularization leaves a core of its size.

A student of h hidden nodes learns what a teacher of h_T says. Its first layer is W_ij = -lambda_i
phi_ij with both factors penalized, for the product a group lasso over nodes. R_i = |lambda_i|
|phi_i| then has a core of about h_T nodes, whatever h, and the test error rises when fewer of them
are kept. With weight decay, on a dense first layer, the core grows with h.

Parts: both kinds of students of the first teacher, trained as published; "settled" ones of all
teachers; students whose eigenvalues alone are trained, beside narrow ones with as many weights;
students of real data.

Source: L. Giambagli et al. 2023, NeurIPS ("How a student becomes a teacher"), its poster and public
code. Teacher 10-h_T-20-1, student 10-h-20-1, ReLU, no biases, the last weights fixed at 1; inputs
N(0, 1), 10,000 for training, 10,000 for the test; squared error, Adam, 2,000 epochs at a constant
rate, spectral 0.005 in batches of 300, weight decay 0.002 in batches of 500. Core: R >= 0.05
max(R).

Minutes of processor time: --quick 1/3, --standard 32, --full 1250 by estimate.

Deviations: settled students learn in stages, see `settled`. Real data are learned by a network of
the same form with biases and a trained last layer, in 80 epochs at the published rate and 20 at a
tenth of it: labels as one-hot rows, 5,000 images; California Housing standardized by the training
part. --set "features='FILE.npz'" adds any other set: x (n, d)
and labels (n,) of classes 0, 1, ..., or target (n,) or (n, K). CIFAR-100: np.savez(file, x=the
2,048 features of a ResNet50 without its last layer, labels=labels).
"""
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from lab.data import here
from lab.plan import axes, each_seed, stack

from .parts import N_IN, SECOND, Arm, follow_data, follow_teacher

SECONDS = 20, 1940, 75000
DATA = ("mnist", "fashion-mnist", "california-housing")
AXES = axes({"seed, node": "relevance", "seed, epoch": "cores", "seed, path": "paths teacher_paths",
             "seed, nodes kept": "counts losses", "seed": "path_distance variance trained"})
KINDS = {"spectral": "spectral", "weight decay": "dense"}
PUBLISHED = {"spectral": (0.005, 300), "weight decay": (0.002, 500)}    # rate, batch size


@dataclass(frozen=True)
class Setting:
    """Students by teachers; the first teacher has those that are trained as published, too."""

    teachers: tuple = (20, 10, 13, 15, 30)
    students: tuple = (10, 20, 30, 40, 100, 500)        # of the first teacher, as published
    epochs: int = 2000
    settled: tuple = (40, 100)                          # of the others only spectral ones
    epochs_settled: tuple = (40, 700, 150, 60, 30)      # of the stages
    few_trained: int | None = 500                       # h of the student of eigenvalues alone
    seeds: int = 5
    n_samples: int = 10_000
    real: tuple = DATA
    real_students: tuple = (40, 100, 200)
    real_epochs: tuple = (80, 20)                       # at the published rate, at a tenth of it
    images: int | None = 5000                           # of the training set, the first
    features: str | None = None                         # an .npz file of x and labels or target


SETTINGS = {
    "quick": Setting((5,), (3, 5, 15, 50), 800, (), (), None, 1, 3000, ("digits",),
                     real_students=(20, 40, 80), real_epochs=(200, 50)),
    "default": Setting(),
    "full": Setting(students=(10, 20, 30, 40, 60, 100, 200, 500, 1000), settled=(40, 100, 500),
                    seeds=30, real_students=(40, 100, 200, 500), images=None)}


def as_published(name, epochs, last=None):
    """So many epochs at the published rate; then, if so said, the last ones at a tenth of it."""
    rate, batch = PUBLISHED[name]
    return Arm(KINDS[name], ((rate, epochs),) + (((rate / 10, last),) if last else ()), batch)


def settled(name, h, epochs):
    """First a small rate, or ReLUs of the second layer die; then one whose noise merges nodes.

    That noise grows with the width h, so the rate must not. The smaller ones let the core settle.
    Weight decay takes smaller rates than spectral students: its wide ones fail at theirs.
    """
    main = min(0.015, {"spectral": 0.28, "weight decay": 0.1}[name] / h ** 0.5)
    rates = 0.001, main, min(0.005, 2 * main / 3), 0.001, 0.0003
    return Arm(KINDS[name], tuple(zip(rates, epochs)))


def of_teacher(setting, h_teacher):
    """Name of a student, "ARM, h = H" -> (arm, h), of all students of one teacher."""
    first = h_teacher == setting.teachers[0]
    students = {f"{name}, h = {h}": (as_published(name, setting.epochs), h)
                for name in KINDS for h in setting.students if first}
    students |= {f"{name} settled, h = {h}": (settled(name, h, setting.epochs_settled), h)
                 for name in KINDS for h in setting.settled if first or name == "spectral"}
    if first and setting.few_trained:
        students |= few_trained(setting.few_trained)
    return students


def few_trained(h):
    """A student that trains h + SECOND eigenvalues, and one of as many weights or a few less."""
    narrow = (h + SECOND) // (N_IN + SECOND)
    stages = ((0.02, 400), (0.005, 100))
    return {f"eigenvalues alone, h = {h}": (Arm("eigenvalues", stages), h),
            f"as many weights, h = {narrow}": (Arm("dense", stages), narrow)}


def run(setting, keep):
    """"teacher H_T, ARM, h = H" or "SET, ARM, h = H" -> arrays, one row a seed."""
    sets = dict.fromkeys(here(*setting.real), "")
    if setting.features is not None:
        sets[setting.features] = sha256(Path(setting.features).read_bytes()).hexdigest()
    plan = {f"teacher {h_teacher}, {student}": each_seed(
        follow_teacher, setting.seeds, h_teacher=h_teacher, arm=arm, h=h,
        n_samples=setting.n_samples)
        for h_teacher in setting.teachers
        for student, (arm, h) in of_teacher(setting, h_teacher).items()}
    plan |= {f"{Path(name).name.replace(', ', ' ')}, {kind}, h = {h}": each_seed(
        follow_data, setting.seeds, name=name, arm=as_published(kind, *setting.real_epochs), h=h,
        limit=setting.images, content=content)
        for name, content in sets.items() for h in setting.real_students for kind in KINDS}
    return {part: stack(rows) for part, rows in keep(plan).items()}
