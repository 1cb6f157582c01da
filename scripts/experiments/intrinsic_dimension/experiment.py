"""How many dimensions do the layers of a network fill, before and after training?

TwoNN and principal components of what every layer gives for unseen points. Ratios of the two
nearest distances look at the smallest scale, blocks of fewer points at larger ones, principal
components at the linear span.

    stripe     deep networks in the 1/h scaling by gradient flow, quadratic hinge, feature and lazy
    parity     the same networks, odd and even digits
    mnist      fully connected ReLU networks by Adam, with true labels of ever more images, and with
               shuffled labels
    luminance  the same with a random luminance on every image
    networks   the same of other widths and depths, all with the same number of images
    control    clouds of known dimension

Source: Ansuini, Laio, Macke and Zoccolan 2019, NeurIPS, and the figure of their public notebook on
MNIST (dimension of layers: rises, then falls with depth; that of the last hidden layer predicts
the accuracy; neither seen by principal components, nor in untrained networks, nor with shuffled
labels); L. Petrini's talk of 2020 (compression in the last layers; two principal components of
the last hidden layer before its activation: about a curve after feature learning).

Deviations: the published networks are convolutional; these are fully connected. The published
network of MNIST has as many steps from input to output as ours, so that both stand on one axis.
With luminance the images are turned so that it is one axis, as Adam does not learn otherwise.
Copies: rows in which all units of a layer are dead coincide. One of each is kept.

Minutes of processor time: --quick 0.3, --standard 9, --full 300 by estimate.
"""
from dataclasses import dataclass
from functools import partial

from lab.data import here
from lab.plan import axes, each_seed, stack

from .parts import (CONTROLS, FEATURE, LAZY, LUMINANCE, SHUFFLED, TRUE, UNTRAINED, follow_control,
                    follow_flow, follow_images)

SECONDS = 17, 570, 18000
DATA = ("mnist",)
MEASURED = axes({"": "copies components", "estimator": "dimension", "component": "largest"})
AXES = {**{f"control, {name}/{measured}": ("seed", *more) for name in CONTROLS
           for measured, more in MEASURED.items()},
        **{measured: ("seed", "cloud", *more) for measured, more in MEASURED.items()},
        **axes({"": "points", "seed": "error train_error by_coordinate", "seed, point": "labels",
                "seed, point, component": "picture", "seed, end, block": "blocks"})}
RATE = 1e-3


@dataclass(frozen=True)
class Setting:
    """points: measured in networks; images: learned ones, the last number but one for SHUFFLED too.

    networks: hidden widths of others, which learn that number; stages: (rate, epochs) of luminance.
    """

    seeds: int
    data: str
    points: int
    points_control: int
    p_flow: int
    max_steps: int
    widths: tuple
    images: tuple
    epochs: int
    epochs_shuffled: int
    networks: tuple
    images_luminance: int
    widths_luminance: tuple
    stages: tuple
    d_stripe: int = 10
    widths_flow: tuple = (100, 100, 100)


NETWORKS = (100,), (30,) * 3, (100,) * 3, (30,) * 6, (100,) * 6
SETTINGS = {
    "quick": Setting(2, "digits", 500, 1000, 200, 500, (60,) * 5, (100, 300, 1200), 20, 60,
                     ((30,), (30,) * 3), 1200, (60,) * 5, ((1e-3, 100), (1e-4, 30))),
    "default": Setting(5, "mnist", 2000, 5000, 500, 1000, (300,) * 5, (300, 1000, 3000, 10_000), 20,
                       60, NETWORKS, 20_000, (100,) * 5, ((1e-3, 25), (1e-4, 15), (1e-5, 10))),
    "full": Setting(5, "mnist", 2000, 5000, 1000, 5000, (1000,) * 5, (500, 2000, 10_000, 60_000),
                    20, 60, NETWORKS, 60_000, (300,) * 5, ((1e-3, 60), (1e-4, 40), (1e-5, 20)))}


def plan(setting):
    """"PART, ARM" -> its runs, one a seed."""
    each = partial(each_seed, seeds=setting.seeds)
    runs = {f"control, {name}": each(follow_control, name=name, n_points=setting.points_control)
            for name in CONTROLS}
    for task, name in {"stripe": "stripe", setting.data: f"{setting.data} parity"}.items():
        for regime in (UNTRAINED, FEATURE, LAZY) if task == "stripe" or here(task) else ():
            runs[f"{name}, {regime}"] = each(
                follow_flow, task=task, regime=regime, n_points=setting.points, d=setting.d_stripe,
                n_learned=setting.p_flow, widths=setting.widths_flow, steps=setting.max_steps)
    for part, arms in plan_images(setting).items() if here(setting.data) else ():
        for arm, options in arms.items():
            runs[f"{part}, {arm}"] = each(follow_images, name=setting.data,
                                          n_points=setting.points, **options)
    return runs


def plan_images(setting):
    """part -> arm -> what follow_images is to know of it."""
    name, epochs, fewer = setting.data, ((RATE, setting.epochs),), setting.images[-2]
    plain = partial(dict, kind=TRUE, widths=setting.widths)
    bright = partial(dict, kind=LUMINANCE, widths=setting.widths_luminance,
                     n_images=setting.images_luminance)
    return {name: {UNTRAINED: plain(n_images=fewer, stages=()),
                   **{f"{n} {TRUE}": plain(n_images=n, stages=epochs) for n in setting.images},
                   SHUFFLED: plain(kind=SHUFFLED, n_images=fewer,
                                   stages=((RATE, setting.epochs_shuffled),))},
            f"{name} luminance": {UNTRAINED: bright(stages=()),
                                  "trained": bright(stages=setting.stages)},
            f"{name} networks": {f"{len(widths)} x {widths[0]}": plain(
                n_images=fewer, widths=widths, stages=epochs) for widths in setting.networks}}


def run(setting, keep):
    """"PART, ARM" -> arrays with one row a seed, and how many points were measured."""
    result = {name: stack(rows) for name, rows in keep(plan(setting)).items()}
    for name, arrays in result.items():
        arrays["points"] = setting.points_control if "control" in name else setting.points
    return result
