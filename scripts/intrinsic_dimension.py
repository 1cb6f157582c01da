"""How many dimensions do the layers of a network fill, before and after training?

TwoNN and principal components of what every layer gives, before (u) and after (a) its activation,
for points that the network has not seen. Ratios of the two nearest distances look at the smallest
scale; blocks of fewer points look at larger ones; principal components see the linear span.

    stripe   deep networks in the 1/h scaling by gradient flow, loss quadratic hinge, at an alpha of
             the feature regime and at one of the lazy regime; fresh points of the same Gaussian
    mnist    fully connected ReLU networks by Adam, with the true labels of ever more images, and
             with shuffled labels until they are known by heart; images of the test set
    control  clouds of known dimension

Source: Ansuini, Laio, Macke and Zoccolan 2019, NeurIPS (dimension of layers: rises, then falls with
depth; that of the last hidden layer predicts the accuracy; neither seen by principal components,
nor in untrained networks, nor with shuffled labels; convolutional networks, images); L. Petrini's
talk of 2020 (two principal components of the last u: about a curve after feature learning).

Published against ours, means of 2 seeds:
last hidden layer after feature learning about a curve / stripe, u: 3.2, and 1.9 in blocks of 125
points (the curve has a width, which small distances see); 99.99 % of the variance on two axes. It
is 10.1 untrained, and the same when lazy, of 9.6 in the input.
falls with depth when trained / stripe, u: 9.6, 9.2, 6.8, 3.2; MNIST, a, 10,000 images: 13.3, 11.5,
11.1, 10.3, 9.3, 8.2
no fall untrained / MNIST, a: rises to 16.8;  with shuffled labels: up to 18.9, the last 14.3

Does not reproduce: the dimension rises first / never above that of the input in trained networks.
Principal components do not see it / they do here: 90 % of the variance takes 84 in the input and 9,
65, 33 in the last a of MNIST's trained, untrained and shuffled networks. The last layer's dimension
predicts the error / correlation 0.57 over 8 networks of 300 to 10,000 images: it falls with the
error from 1,000 images on, but not from 300 to 1,000, nor between two seeds of 10,000.

Deviation: the published networks are convolutional; these are fully connected.
Copies: rows in which all units of a layer are dead coincide. One of each is kept, and the table
says how many were left out.

Minutes on one core: --quick 0.2, as it comes 3.5, --full 240 by estimate.
"""
import time
from dataclasses import dataclass
from functools import partial

from experiment import (SEEDS, WORKERS, available, each_seed, hold_memory, options, save_arrays,
                        stack, swept, with_seeds)
from experiment_table import show_table
from intrinsic_dimension_clouds import CONTROLS
from intrinsic_dimension_figures import plot
from intrinsic_dimension_runs import (FEATURE, LAZY, SHUFFLED, TRUE, UNTRAINED, follow_control,
                                      follow_mnist, follow_stripe)
from intrinsic_dimension_verdicts import verdicts


@dataclass(frozen=True)
class Setting:
    """What a mode runs; images: how many of the training set, the last number for both labels."""

    seeds: int
    points: int                     # that are measured, in networks
    control_points: int
    stripe_points: int              # that are learned
    steps: int
    widths: tuple
    images: tuple
    epochs: int
    shuffled_epochs: int


SETTINGS = {
    "quick": Setting(1, 500, 1000, 200, 400, (60,) * 4, (500, 2000), 6, 20),
    "default": Setting(2, 2000, 5000, 1000, 1000, (300,) * 5, (300, 1000, 3000, 10_000), 20, 60),
    "full": Setting(5, 10_000, 5000, 1000, 5000, (1000,) * 5, (500, 2000, 10_000, 60_000), 20, 60),
}


def plan(setting, with_images):
    """(part, arm) -> its runs, one a seed, of everything there is to measure."""
    each = partial(each_seed, seeds=setting.seeds)
    found = {("control", name): each(follow_control, name=name, n_points=setting.control_points)
             for name in CONTROLS}
    for regime in (UNTRAINED, FEATURE, LAZY):
        found["stripe", regime] = each(follow_stripe, regime=regime, n_points=setting.points,
                                       n_learned=setting.stripe_points, steps=setting.steps)
    most = setting.images[-1]
    arms = [(UNTRAINED, TRUE, most, 0),
            *((f"{n} true labels", TRUE, n, setting.epochs) for n in setting.images),
            (SHUFFLED, SHUFFLED, most, setting.shuffled_epochs)]
    for arm, labels, n_images, epochs in arms if with_images else ():
        found["mnist", arm] = each(follow_mnist, labels=labels, n_images=n_images,
                                   n_points=setting.points, widths=setting.widths, epochs=epochs)
    return found


def run(setting, with_images, path, workers=1):
    """part -> arm -> name -> array with one row a seed; runs in the file are not run again."""
    result = {}
    for (part, arm), rows in swept(plan(setting, with_images), path, workers).items():
        result.setdefault(part, {})[arm] = stack(rows)
    return result


def main(argv=None):
    parser = options(__doc__.splitlines()[0], "results/intrinsic_dimension", seeds=SEEDS,
                     workers=WORKERS)
    chosen = parser.parse_args(argv)
    setting = with_seeds(SETTINGS[chosen.mode], chosen.seeds)
    begin = time.monotonic()
    hold_memory()
    result = run(setting, bool(available(["mnist"], chosen.download)), chosen.out / "runs.jsonl",
                 chosen.workers)
    for part, arms in result.items():
        save_arrays(arms, chosen.out / f"{part}.npz")
    plot(result, setting.points, setting.control_points, chosen.out)
    show_table(verdicts(result, setting.control_points), chosen.out, chosen.mode)
    print(f"\n{time.monotonic() - begin:.0f} s. Arrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
