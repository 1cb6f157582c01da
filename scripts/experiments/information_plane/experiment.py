"""Do layers of a network forget their input while it trains? The information plane, and its bins.

Of a network without noise every layer T is a function of the input X. Its numbers put into bins,
I(T; X) = H(bin(T)); the plane shows it beside I(T; Y), a point for every layer and epoch. For tanh
I(T; X) first rises, and then falls: "compression". Its cause is debated: tanh saturates, and then
all inputs share the outermost bins. f is the output, the probability of class 1.

    tanh                 first weights of hidden layers 0.3 times those below: I(T; X) starts low
    tanh, larger start   first weights N(0, 1 / n_in): it starts high
    ReLU                 the same first weights

Source: Shwartz-Ziv and Tishby 2017, arXiv 1703.00810 (the plane, tanh, 30 bins from -1 to 1); Saxe
et al. 2018, ICLR (ReLU, 100 bins from its least to its largest activity during the training; no
compression; all depends on the bins). Network 12-10-7-5-4-3-2, softmax, all 4096 inputs of 12 bits,
80 % of them for training in batches of 256, Adam as in both public codes (the second paper says
stochastic gradient descent). All 4096 inputs are equally likely in the information.

Each activation has three numbers of bins, the published one in the middle. A fourth width is so
small that no two different floating-point numbers share a bin: the exact I(T; X) and I(T; Y) of the
network as computed. A network whose last hidden layer is dead altogether is left out.

Minutes of processor time: --quick 0.2, --standard 2.3, --full 120 by estimate.

Deviations: the published label is a rule over a sphere's symmetric patterns, in a file. Here it is
the sign of sum_k a_k tanh(2 w_k.x / sqrt(12)) less its median over all inputs, of 6 units, a_k and
w_k standard normal, another for each seed: half of the labels are 1, H(Y) is exactly 1 bit. First
weights are normal, published ones without what is beyond 2 standard deviations. The standard rate
is 0.002 for 1,600 epochs; --full has the published 0.0004, 8,000 epochs, 50 trials.
"""
from dataclasses import dataclass

from lab.plan import axes, each_seed, stack

from .parts import ARMS, follow

SECONDS = 12, 140, 7200
DATA = ()
AXES = axes({"seed, moment": "epochs train_accuracy test_accuracy",
             "seed, moment, layer, width": "about_x about_y"})


@dataclass(frozen=True)
class Setting:
    """moments: how many epochs are looked at, evenly on a log scale."""

    seeds: int
    epochs: int
    rate: float
    moments: int


SETTINGS = {"quick": Setting(2, 300, 0.002, 16), "default": Setting(5, 1600, 0.002, 40),
            "full": Setting(50, 8000, 0.0004, 60)}


def run(setting, keep):
    """Arm -> arrays."""
    plan = {name: each_seed(follow, setting.seeds, name=name, epochs=setting.epochs,
                            rate=setting.rate, moments=setting.moments) for name in ARMS}
    return {name: stack(rows) for name, rows in keep(plan).items()}
