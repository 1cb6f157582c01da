"""Every experiment at toy size: the fields of its Setting, and an array whose damage is seen."""
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib import import_module

import numpy as np
from experiments.fewer_parameters.parts import ARMS
from experiments.input_relevance.parts import Training
from experiments.random_hierarchy.parts import Task
from lab import tasks
from lab.perform import load_experiment
from lab.table import FAIL
from lab.tasks import draw

from npspectral import data

CASES = {}


@dataclass(frozen=True)
class Case:
    """What differs from the quick setting; constants of parts.py; (part, name, function) to spoil.

    A row of the table that passes at this size fails when the function has changed the array.
    images: in place of lab.data.images; by default toy_images.
    """

    setting: dict
    spoil: tuple[str, str, Callable]
    constants: dict = field(default_factory=dict)
    images: Callable | None = None


def toy(name, monkeypatch):
    """parts.py of an experiment, on toy data with toy constants, and its setting at toy size."""
    parts, case = import_module(f"experiments.{name}.parts"), CASES[name]
    for constant, value in case.constants.items():
        monkeypatch.setattr(parts, constant, value)
    for module in (parts, tasks):
        monkeypatch.setattr(module, "images", case.images or toy_images, raising=False)
    monkeypatch.setattr(data, "digits", toy_digits)
    monkeypatch.setattr(data, "at_hand", lambda *names: True)
    return parts, replace(load_experiment(name).SETTINGS["quick"], **case.setting)


def verdict(rows, quantity):
    """Of the one row of this quantity."""
    row, = (row for row in rows if row.quantity == quantity)
    return row.judge()


def judged(claims):
    """name -> verdict."""
    return {claim.name: claim.judge() for claim in claims}


def failed(rows):
    """(part, quantity) of the rows that fail, in their order."""
    return [(row.part, row.quantity) for row in rows if row.judge() == FAIL]


def at_once(plan):
    """A keep that makes all runs and keeps nothing."""
    return {part: [run.function(**run.parameters) for run in runs] for part, runs in plan.items()}


def toy_images(name, limit=None, dtype=np.float32):
    """In place of lab.data.images: 300 and 100 images of noise, ten classes in ten rows."""
    rng = np.random.default_rng(len(name))

    def draw(n):
        labels = rng.permutation(np.arange(n) % 10)
        x = 0.2 * rng.random((n, 28, 28))
        x[np.arange(n), 2 * labels + 4] += 0.8
        return x.reshape(n, 784).astype(dtype), labels
    (x, labels), test = draw(300), draw(100)
    return (x[:limit], labels[:limit]), test


def unlearnable_images(*_):
    """Images whose labels are drawn without looking: no test error is 0."""
    rng = np.random.default_rng(0)
    (x, labels), (x_test, labels_test) = toy_images("", dtype=float)
    return (x, rng.permutation(labels)), (x_test, rng.permutation(labels_test))


def toy_vectors(name, seed, pool, limit):
    """Ten classes about vectors of their own, 15 numbers and a constant: 600 and 200 examples."""
    rng = np.random.default_rng(7)
    centers = 2 * np.abs(rng.standard_normal((10, 15)))
    sets = []
    for n in (600, 200):
        labels = rng.integers(10, size=n)
        x = np.c_[centers[labels] + 0.3 * rng.standard_normal((n, 15)), np.ones(n)]
        sets.append((x.astype(np.float32), labels))
    return sets


def toy_digits():
    """In place of npspectral.data.digits: 90 of 64 pixels in ten classes."""
    rng = np.random.default_rng(0)
    labels = np.arange(90) % 10
    return rng.random((90, 64)) / 4 + np.eye(10, 64)[labels], labels


def stripes(task, d, seed, p, n_test):
    """In place of lab.tasks.draw: stripes where images are asked for, too."""
    return draw("stripe", d, seed, p, n_test)


# attractors

CASES["attractors"] = Case(
    dict(p=(4, 8, 16), h=(20, 30, 60), d=(5,), other_d=(5, 6), p_of_d=8, h_of_d=20,
         exponents=(-6, 0, 6), p_of_alpha=8, h_of_alpha=20, images_p=(8, 20), images_h=20, tasks=2,
         seeds_of_ends=2, max_steps=3000, p_maxima=((2, 4), (2, 4), (2, 4))),
    constants={"N_TEST": 100, "NEURONS": 200, "N_STEPS": 2000, "draw": stripes},
    spoil=("grid", "change", lambda change: change + 1e-13))

# complex_memory

CASES["complex_memory"] = Case(
    dict(seeds=2, digits=((0.01, 12),), digits_linear=((0.01, 10),), counts=(600, 300)),
    constants={"load": toy_vectors, "GAPS": (1, 20, 22), "WATCHED": 50},
    spoil=("digits, memory", "drift", lambda drift: drift + 1e-11))

# eigenvalue_training

CASES["eigenvalue_training"] = Case(
    dict(sets=("mnist",), hidden=(9, 6), epochs=3, notebook_epochs=1, seeds=2,
         arms=("eigenvalues", "anywhere", "narrow", "linear")),
    spoil=("mnist, linear", "apart", lambda apart: apart + 1))

# fewer_parameters

CASES["fewer_parameters"] = Case(
    dict(sets=("mnist",), arms=tuple(ARMS), widths=(6, 9), narrow=(1, 2), epochs=3, large=12,
         seeds_large=1),
    spoil=("mnist", "accuracy", lambda accuracy: -accuracy))

# information_plane

CASES["information_plane"] = Case(
    dict(seeds=2, epochs=3, rate=0.01, moments=3), constants={"TRAINED": 600},
    spoil=("ReLU", "about_x", lambda bits: bits - 3 * np.arange(bits.shape[1])[:, None, None]))

# input_relevance

CASES["input_relevance"] = Case(
    dict(gaussian=Training(1e-4, 1e-2, ((1e-2, 12), (1e-3, 3))), n_gaussian=10_000,
         pairs=Training(1e-6, 1e-4, ((1e-2, 4), (1e-3, 2))), n_pairs=20_000,
         zeros_and_ones=Training(1e-2, 1e-2, ((3e-3, 30), (1e-3, 10))), images="mnist",
         counts=(1, 17, 100, 784), few=17, seeds_images=1),
    constants={"RETRAIN": Training(0.0, 0.0, ((1e-3, 2),))},
    spoil=("gaussian", "relevance", lambda relevance: relevance[:, ::-1]))

# intrinsic_dimension

CASES["intrinsic_dimension"] = Case(
    dict(seeds=2, data="mnist", points=80, points_control=150, p_flow=30, max_steps=20,
         widths=(30, 30), images=(40, 60), epochs=2, epochs_shuffled=2, networks=((20,), (10, 10)),
         images_luminance=60, widths_luminance=(20, 20), stages=((1e-3, 2), (1e-4, 1)),
         widths_flow=(30, 30, 30)),
    spoil=("control, the same, a tenth at 0", "copies", lambda copies: copies - 1))

# learning_curves

CASES["learning_curves"] = Case(
    dict(p_stripe=(8, 16), p_cylinder=(8, 16), p_images=(8, 16), p_kernels=(8, 16), width=20,
         image_widths=(5,), images="mnist", d_images=784, least_steps=60),
    constants={"N_TEST": 300, "N_FIELD": 100, "KERNEL_STEPS": 60},
    images=unlearnable_images,
    spoil=("stripe", "amplification", lambda factors: 1.5 * factors))

# locality

CASES["locality"] = Case(
    dict(seeds=2, sizes=(8, 16, 32, 64, 128), dimensions=(4, 5)),
    constants={"N_TEST": 30},
    spoil=("d = 4", "error", lambda errors: errors * [[[n]] for n in range(1, 6)]))

# mnist_convolution

CASES["mnist_convolution"] = Case(
    dict(images="mnist", p=(8, 16), seeds=2, n_test=100, channels=3, units=12, max_steps=60,
         p_alpha=8, alphas=(-3, 5)),
    constants={"N_LOOK": 60, "N_CHANGE": 20, "KERNEL_STEPS": 200}, images=unlearnable_images,
    spoil=("convolutional, mnist", "shares", lambda shares: 1.1 * shares))

# random_hierarchy

CASES["random_hierarchy"] = Case(
    dict(deep=(Task(4, 2, 2), Task(3, 2, 2)), factors=(0.5, 1, 1.5), kernel=(0.5, 1),
         dense=(1, 1.5), shallow=(Task(4, 2, 2), Task(3, 3, 2)), fractions=(0.25, 0.5), width=16,
         seeds=2),
    spoil=("deep, v 4, m 2, L 2", "loss", lambda loss: loss + 1e-3))

# recurrent_classifier

CASES["recurrent_classifier"] = Case(
    dict(points=20, ring_epochs=2, digit_nodes=80, digit_epochs=2, n_pairs=20, pair_epochs=1,
         images="mnist", half=True, image_nodes=210, limit=60, n_validation=10, image_epochs=1,
         seeds_of_others=1),
    constants={"FOLLOWED": 12},
    spoil=("rings, 5 steps", "rest", lambda rest: rest + 1))

# regimes

CASES["regimes"] = Case(
    dict(p_stripe=12, p_images=10, widths=(10, 20), width_images=10, images="mnist", d_whole=784,
         sweep=(-3, 0, 2, 5), sweep_whole=(-3, 0, 5), approach=(3, 5), widths_lazy=(300, 600),
         widths_feature=(10, 20), members=3, n_test=300, max_steps=200),
    constants={"draw": stripes}, images=unlearnable_images,
    spoil=("softplus", "linear", np.sqrt))

# relevance_benchmark

CASES["relevance_benchmark"] = Case(
    dict(sets=("rho 0.8", "noise"), n=100, rows=(50, 100), columns=(5, 10)),
    spoil=("noise", "selected", np.logical_not))

# sparse_features

CASES["sparse_features"] = Case(
    dict(sizes=(4, 8, 12, 16), points=(6, 10), width=40, circle=5, max_steps=2000),
    constants={"N_TEST": 100, "TURNS": 30},
    spoil=("d = 3", "atoms", lambda atoms: 2 * atoms))

# sparse_training

CASES["sparse_training"] = Case(
    dict(courses=(("mnist", ("fixed", "dense", "spectral", "qr"), (80, 90)),), factors=(1, 2),
         seeds=2, epochs=3, hidden=(20, 15), limit=300, links_epochs=2, links_limit=200,
         links=("mnist", ("dense", "spectral"), (90,)), percents=(0, 50), stages=(2, 2)),
    spoil=("links", "moved_masked", lambda moved: moved + 1))

# spectral_feature_learning

CASES["spectral_feature_learning"] = Case(
    dict(p_stripe=12, p_images=10, width=10, exponents=(-1, 0, 3), n_test=300, max_steps=60),
    constants={"draw": stripes},
    spoil=("stripe lambda_out", "kernel", lambda changes: changes + 1e-3))

# spectral_pruning

CASES["spectral_pruning"] = Case(
    dict(cases=(("mnist elu 20", 12, ("dense", "post", "pre")),), epochs_after=2,
         longer=(("mnist elu 20", 14, ("dense",)),)),
    spoil=("mnist elu 20, dense", "accuracy", lambda accuracy: accuracy - 1))

# sphere_model

CASES["sphere_model"] = Case(
    dict(curves=((2, (8, 16)), (10, (8, 16))), width=20, p_slow=8, turning=(8, 20),
         stages=(16, 40), circle=(20, 40), flower=(6, 600), line=(5, 10), max_steps=600),
    constants={"N_TEST": 200},
    spoil=("turning, lazy", "vectors", lambda vectors: vectors * [[[1]], [[1]], [[-1]]]))

# stripe_compression

CASES["stripe_compression"] = Case(
    dict(h=20, d=3, sizes=(24, 48), seeds=2, sizes_late=(24, 48), seeds_late=1,
         sizes_cylinder=(24, 48), seeds_cylinder=1, sizes_lazy=(24,), seeds_lazy=2, shown_h=40,
         shown_p=48, shown_d=3, max_steps=250),
    spoil=("lazy", "end", lambda factors: 1.1 * factors))

# tangent_kernel_pca

CASES["tangent_kernel_pca"] = Case(
    dict(p=32, n=60, widths=(30,), max_steps=1200, seeds=2, d=3, p_images=60, n_images=60,
         widths_images=(12, 12), max_steps_images=60, seeds_images=1),
    spoil=("stripe", "remainder", lambda remainder: remainder + 1e-12))

# teacher_student

CASES["teacher_student"] = Case(
    dict(teachers=(3, 4), students=(2, 8, 12), seeds=2, epochs=20, settled=(8,),
         epochs_settled=(5, 20), few_trained=50, n_samples=100, real=("mnist",),
         real_students=(4, 6), real_epochs=(2, 1)),
    spoil=("teacher 4, spectral settled, h = 8", "cores",
           lambda cores: cores * np.arange(cores.shape[1])))
