"""Do layers of a network forget their input while it trains? The information plane, and its bins.

Of a network without noise every layer T is a function of the input X. Its numbers put into bins,
I(T; X) = H(bin(T)); the plane shows it beside I(T; Y), a point for every layer and epoch. For tanh
I(T; X) first rises, or starts high, and then falls: "compression". Its cause is debated: tanh
saturates, and then all inputs share the outermost bins.

Source: Shwartz-Ziv and Tishby 2017, arXiv 1703.00810 (the plane, tanh, 30 bins from -1 to 1); Saxe
et al. 2018, ICLR (ReLU, 100 bins from its least to its largest activity during the training; no
compression; all depends on the bins). Network 12-10-7-5-4-3-2, softmax, all 4096 inputs of 12 bits,
80 % of them for training in batches of 256, Adam as in both public codes (the second paper says
stochastic gradient descent). All 4096 inputs are equally likely in the information.

Each activation has three numbers of bins, the published one in the middle. A fourth width is so
small that no two different floating-point numbers share a bin: the exact I(T; X) and I(T; Y) of the
network as computed.

Published against ours, fall of I(T; X) in the last hidden layer from its largest value to its end,
bits, median (range) of 5 seeds: tanh falls / 5.0 (3.6 to 5.6), 8.0 (6.3 to 9.0) and 10.4 (9.6 to
10.8) with 10, 30 and 100 bins; ReLU no fall / 0.01, 0.01 and 0.07, at most 0.8, with 30, 100, 300.
So tanh "compresses" and ReLU does not, at all three widths. But what is measured is the bins:
- the exact I(T; X) of tanh is 12 bits in every layer at every epoch, less 0.001 in one network,
  where saturated numbers round to the same: nothing is ever forgotten;
- layer 4 ends with 2.1, 2.9 or 3.9 bits by the width for tanh, 6.2, 9.3 or 10.6 for ReLU (medians);
- only ReLU truly forgets, where rows of dead units coincide. The exact I(T; X) of its last layer
  ends with 12, 12, 12 and 6.6 bits, and with 0 in a fifth network, dead and left out above.
I(T; X) hardly rises first for tanh, by 1.2 bits at most: with these first weights it starts high.

Minutes on one core: --quick 0.1, as it comes 1.5, --full 80 by estimate.

Deviations: the published label is a rule over a sphere's symmetric patterns, in a file. Here it is
the sign of sum_k a_k tanh(2 w_k.x / sqrt(12)) less its median over all inputs, of 6 units, a_k and
w_k standard normal, another for each seed: half of the labels are 1, H(Y) is exactly 1 bit. First
weights are N(0, 1 / n_in), published ones without what is beyond 2 standard deviations. As it
comes the rate is 0.002 for 1,600 epochs; --full has the published 0.0004, 8,000 epochs, 50 trials.
"""
import time
from dataclasses import dataclass, replace

import numpy as np
from experiment import (SEEDS, hold_memory, kept, options, progress, save_arrays, show_table, stack,
                        with_seeds)
from information_plane_figures import plot
from information_plane_verdicts import verdicts

from npspectral import Adam, Chain, Dense, ReLU, Tanh, fit, softmax_cross_entropy
from npspectral.analysis.mutual_information import binned_entropy, binned_information
from npspectral.analysis.representations import representations
from npspectral.nn import Normal

SIZES, N_BITS, N_TEACHERS = (12, 10, 7, 5, 4, 3), 12, 6
TRAINED, BATCH = 3277, 256                  # 80 % of the 4096 inputs
ACTIVATIONS = {"tanh": Tanh(), "ReLU": ReLU()}
BINS = {"tanh": (10, 30, 100), "ReLU": (30, 100, 300)}
EXACT = 2.0 ** -1000                        # a bin this wide holds one floating-point number only


@dataclass(frozen=True)
class Setting:
    """What a mode runs; moments: how many epochs are looked at, evenly on a log scale."""

    seeds: int
    epochs: int
    rate: float
    moments: int


SETTINGS = {
    "quick": Setting(1, 400, 0.002, 16),
    "default": Setting(5, 1600, 0.002, 40),
    "full": Setting(50, 8000, 0.0004, 60),
}


def all_inputs():
    """The 4096 inputs, (4096, 12) of -1 and +1."""
    return 2.0 * (np.arange(2 ** N_BITS)[:, None] >> np.arange(N_BITS) & 1) - 1


def draw_labels(rng, x):
    """0 or 1, each for half of the rows of x: a smooth random function above its median or not."""
    units = np.tanh(2 * x @ rng.standard_normal((N_BITS, N_TEACHERS)) / N_BITS ** 0.5)
    score = units @ rng.standard_normal(N_TEACHERS)
    return (score > np.median(score)).astype(int)


def build(activation):
    layers = []
    for n_in, n_out in zip(SIZES, SIZES[1:]):
        layers += [Dense(n_in, n_out, start=Normal(n_in ** -0.5)), activation]
    return Chain(*layers, Dense(SIZES[-1], 2))


def train(network, rng, x, labels, setting, label):
    """Epochs that were looked at, from 0 on, params at each, and which inputs it learned from."""
    order = rng.permutation(len(x))[:TRAINED]
    look = np.unique(np.geomspace(1, setting.epochs, setting.moments).round().astype(int))
    epochs, found = [0], [network.init(rng)]
    for record in fit(network, found[0], x[order], labels[order], rng=rng, epochs=setting.epochs,
                      loss=softmax_cross_entropy, optimizer=Adam(setting.rate), batch_size=BATCH):
        if record.epoch in look:
            epochs.append(record.epoch)
            found.append(record.params)
            progress(f"{label}  epoch {record.epoch}/{setting.epochs}  loss {record.loss:.4f}")
    return np.array(epochs), found, np.isin(np.arange(len(x)), order)


def bins_of(name, hidden):
    """Where bins begin and end, and their widths: three from wide to narrow, and EXACT.

    tanh: from -1 to 1. ReLU: from 0 to the largest activity of any layer during the training.
    """
    low, high = (-1.0, 1.0) if name == "tanh" else (
        0.0, max(layer.max() for layers in hidden for layer in layers))
    return low, high, np.array([*((high - low) / n_bins for n_bins in BINS[name]), EXACT])


def plane(hidden, labels, low, high, widths):
    """I(T; X) and I(T; Y) in bits, (moments, layers, widths) each."""
    def within(layer, width):
        """The ends lie on edges; they are to count as the outermost bins, not as more bins."""
        return np.clip(layer, low + width / 2, high - width / 2)

    about_x, about_y = (np.array([[[measure(within(layer, width), width) for width in widths]
                                   for layer in layers] for layers in hidden])
                        for measure in (binned_entropy,
                                        lambda t, width: binned_information(t, labels, width)))
    return about_x, about_y


def follow(name, setting, seed):
    """One network from its first weights to its last: arrays with a row for each moment."""
    rng = np.random.default_rng(seed)
    x = all_inputs()
    labels, network = draw_labels(rng, x), build(ACTIVATIONS[name])
    epochs, found, learned_from = train(network, rng, x, labels, setting, f"{name}, seed {seed}")
    layers = [representations(network, params, x) for params in found]
    right = np.array([given[-1].argmax(1) == labels for _, given in layers])
    hidden = [received[1:] for received, _ in layers]
    low, high, widths = bins_of(name, hidden)
    about_x, about_y = plane(hidden, labels, low, high, widths)
    return {"epochs": epochs, "widths": widths, "about_x": about_x, "about_y": about_y,
            "train_accuracy": right[:, learned_from].mean(1),
            "test_accuracy": right[:, ~learned_from].mean(1)}


def run(setting, folder):
    """Activation -> name -> array with one row a seed; runs on disk are not run again."""
    alone = replace(setting, seeds=1)                       # a run does not know how many there are
    result = {name: stack([kept(folder, ("follow", name, alone, seed),
                                lambda: follow(name, setting, seed))
                           for seed in range(setting.seeds)]) for name in ACTIVATIONS}
    progress("")
    return result


def main(argv=None):
    parser = options(__doc__.splitlines()[0], "results/information_plane", seeds=SEEDS)
    chosen = parser.parse_args(argv)
    setting = with_seeds(SETTINGS[chosen.mode], chosen.seeds)
    begin = time.monotonic()
    hold_memory()
    result = run(setting, chosen.out / "runs")
    save_arrays(result, chosen.out / "information_plane.npz")
    plot(result, BINS, chosen.out)
    show_table(verdicts(result, BINS), chosen.out, chosen.mode)
    print(f"\n{time.monotonic() - begin:.0f} s. Arrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
