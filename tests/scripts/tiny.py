"""Every experiment at toy size: the fields of its Setting, and an array whose damage is seen."""
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from experiments.input_relevance.parts import Training

CASES = {}


@dataclass(frozen=True)
class Case:
    """What differs from the quick setting; constants of parts.py; (part, name, function) to spoil.

    A row of the table that passes at this size fails when the function has changed the array.
    """

    setting: dict
    spoil: tuple[str, str, Callable]
    constants: dict = field(default_factory=dict)


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


# attractors

# complex_memory

# eigenvalue_training

# fewer_parameters

CASES["fewer_parameters"] = Case(
    dict(widths=(6, 9), narrow=(1, 2), wide=(12,), seeds=2, epochs=3, limit=None),
    spoil=("mnist", "accuracy", lambda accuracy: accuracy - np.eye(len(accuracy[0]))[:2]))

# information_plane

CASES["information_plane"] = Case(
    dict(seeds=2, epochs=3, rate=0.01, moments=3), constants={"TRAINED": 600},
    spoil=("tanh", "about_x", lambda bits: bits - 0.1))

# input_relevance

CASES["input_relevance"] = Case(
    dict(gaussian=Training(1e-4, 1e-2, ((1e-2, 12), (1e-3, 3))), n_gaussian=10_000,
         pairs=Training(1e-6, 1e-4, ((1e-2, 4), (1e-3, 2))), n_pairs=20_000,
         mnist=Training(1e-2, 1e-2, ((3e-3, 30), (1e-3, 10))), counts=(1, 17, 100, 784)),
    constants={"RETRAIN": Training(0.0, 0.0, ((1e-3, 2),))},
    spoil=("gaussian", "relevance", lambda relevance: relevance[:, ::-1]))

# intrinsic_dimension

# learning_curves

# recurrent_classifier

# regimes

# sparse_training

# spectral_feature_learning

# spectral_pruning

CASES["spectral_pruning"] = Case(
    dict(cases=("mnist elu 20",), seeds=2, epochs=12, epochs_after=2, limit=None),
    spoil=("mnist elu 20, dense", "accuracy", lambda accuracy: accuracy + 1))

# sphere_model

# stripe_compression

CASES["stripe_compression"] = Case(
    dict(h=20, d=3, sizes=(24, 48), seeds=2, sizes_late=(24, 48), seeds_late=1,
         sizes_cylinder=(24, 48), seeds_cylinder=1, sizes_lazy=(24,), seeds_lazy=2, shown_h=40,
         shown_p=48, shown_d=3, max_steps=250),
    spoil=("lazy", "end", lambda factors: 1.1 * factors))

# tangent_kernel_pca

# teacher_student
