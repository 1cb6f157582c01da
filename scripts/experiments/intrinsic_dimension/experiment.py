"""How many dimensions do the layers of a network fill, before and after training?

TwoNN and principal components of what every layer gives, before (u) and after (a) its activation,
for unseen points. Ratios of the two nearest distances look at the smallest scale, blocks of fewer
points at larger ones, principal components at the linear span.

    stripe   deep networks in the 1/h scaling by gradient flow, quadratic hinge, feature and lazy
    mnist    fully connected ReLU networks by Adam, with true labels of ever more images, and with
             shuffled labels until they are known by heart
    control  clouds of known dimension

Source: Ansuini, Laio, Macke and Zoccolan 2019, NeurIPS (dimension of layers: rises, then falls with
depth; that of the last hidden layer predicts the accuracy; neither seen by principal components,
nor in untrained networks, nor with shuffled labels); L. Petrini's talk of 2020 (two principal
components of the last u: about a curve after feature learning).

Does not reproduce: the dimension rises first. Principal components do not see the fall. The last
layer's dimension predicts the error: only among networks of many images.

Deviation: the published networks are convolutional; these are fully connected.
Copies: rows in which all units of a layer are dead coincide. One of each is kept.

Minutes on one core: --quick 0.2, --standard 3.5, --full 240 by estimate.
"""
from dataclasses import dataclass
from functools import partial

from lab.data import here
from lab.plan import axes, each_seed, stack

from .parts import (CONTROLS, FEATURE, LAZY, SHUFFLED, TRUE, UNTRAINED, follow_control,
                    follow_mnist, follow_stripe)

SECONDS = 11, 210, 14400
DATA = ("mnist",)
MEASURED = axes({"": "copies components participation", "estimator": "dimension",
                 "block": "blocks", "component": "largest"})
AXES = {**{f"control, {name}/{measured}": ("seed", *more) for name in CONTROLS
           for measured, more in MEASURED.items()},
        **{measured: ("seed", "cloud", *more) for measured, more in MEASURED.items()},
        **axes({"": "points d", "seed": "error train_error", "seed, point": "labels",
                "seed, point, component": "picture"})}


@dataclass(frozen=True)
class Setting:
    """points: measured in networks; images: learned ones, the last number for both labels."""

    seeds: int
    points: int
    points_control: int
    p_stripe: int
    max_steps: int
    widths: tuple
    images: tuple
    epochs: int
    epochs_shuffled: int
    d_stripe: int = 10
    widths_stripe: tuple = (100, 100, 100)


SETTINGS = {
    "quick": Setting(1, 500, 1000, 200, 400, (60,) * 4, (500, 2000), 6, 20),
    "default": Setting(2, 2000, 5000, 1000, 1000, (300,) * 5, (300, 1000, 3000, 10_000), 20, 60),
    "full": Setting(5, 10_000, 5000, 1000, 5000, (1000,) * 5, (500, 2000, 10_000, 60_000), 20, 60)}


def plan(setting):
    """"PART, ARM" -> its runs, one a seed."""
    each = partial(each_seed, seeds=setting.seeds)
    runs = {f"control, {name}": each(follow_control, name=name, n_points=setting.points_control)
            for name in CONTROLS}
    for regime in (UNTRAINED, FEATURE, LAZY):
        runs[f"stripe, {regime}"] = each(
            follow_stripe, regime=regime, n_points=setting.points, n_learned=setting.p_stripe,
            d=setting.d_stripe, widths=setting.widths_stripe, steps=setting.max_steps)
    most = setting.images[-1]
    arms = [(UNTRAINED, TRUE, most, 0),
            *((f"{n} true labels", TRUE, n, setting.epochs) for n in setting.images),
            (SHUFFLED, SHUFFLED, most, setting.epochs_shuffled)]
    for arm, labels, n_images, epochs in arms if here("mnist") else ():
        runs[f"mnist, {arm}"] = each(follow_mnist, labels=labels, n_images=n_images,
                                     n_points=setting.points, widths=setting.widths, epochs=epochs)
    return runs


def run(setting, keep):
    """"PART, ARM" -> arrays with one row a seed, and how many points were measured."""
    result = {name: stack(rows) for name, rows in keep(plan(setting)).items()}
    for name, arrays in result.items():
        arrays["points"] = setting.points_control if "control" in name else setting.points
        if "stripe" in name:
            arrays["d"] = setting.d_stripe
    return result
