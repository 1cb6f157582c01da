"""A network from its first weights to its last, in bits."""
import numpy as np
from lab.learning import chain, learn
from scipy.special import expit

from npspectral import Dense, ReLU, Tanh
from npspectral.analysis.clouds import binned_entropy, binned_information, representations
from npspectral.nn import Normal

SIZES, N_BITS, N_TEACHERS = (12, 10, 7, 5, 4, 3), 12, 6
TRAINED, BATCH = 3277, 256                  # 80 % of the 4096 inputs
# Arm -> activation, and by what its first weights differ from N(0, 1 / n_in).
ARMS = {"tanh": (Tanh(), 0.3), "tanh, larger start": (Tanh(), 1.0), "ReLU": (ReLU(), 1.0)}
BINS = {"tanh": (10, 30, 100), "tanh, larger start": (10, 30, 100), "ReLU": (30, 100, 300)}
EXACT = 2.0 ** -1000                        # a bin this wide holds one floating-point number only


def all_inputs():
    """The 4096 inputs, (4096, 12) of -1 and +1."""
    return 2.0 * (np.arange(2 ** N_BITS)[:, None] >> np.arange(N_BITS) & 1) - 1


def draw_labels(rng, x):
    """0 or 1, each for half of the rows of x: a smooth random function above its median or not."""
    units = np.tanh(2 * x @ rng.standard_normal((N_BITS, N_TEACHERS)) / N_BITS ** 0.5)
    score = units @ rng.standard_normal(N_TEACHERS)
    return (score > np.median(score)).astype(int)


def build(name):
    activation, scale = ARMS[name]
    layers = [Dense(*pair, start=Normal(scale * pair[0] ** -0.5)) for pair in zip(SIZES, SIZES[1:])]
    return chain([*layers, Dense(SIZES[-1], 2)], activation)


def train(network, rng, x, labels, last, rate, moments, label):
    """Epochs from 0 on that were looked at, params at each, and which inputs it learned from."""
    order = rng.permutation(len(x))[:TRAINED]
    look = np.unique(np.geomspace(1, last, moments).round().astype(int))
    epochs, found = [0], [network.init(rng)]
    for record in learn(network, found[0], (x[order], labels[order]), [(rate, last)], label,
                        rng=rng, batch_size=BATCH):
        if record.epoch in look:
            epochs.append(record.epoch)
            found.append(record.params)
    return np.array(epochs), found, np.isin(np.arange(len(x)), order)


def bins(name, low, high):
    """Where bins begin and end, and their widths: three from wide to narrow, and EXACT."""
    return low, high, np.array([*((high - low) / n_bins for n_bins in BINS[name]), EXACT])


def bins_of(name, hidden):
    """tanh: from -1 to 1. ReLU: from 0 to the largest activity of any layer during the training."""
    if name != "ReLU":
        return bins(name, -1.0, 1.0)
    return bins(name, 0.0, max(layer.max() for layers in hidden for layer in layers))


def plane(clouds, labels, low, high, widths):
    """I(T; X) and I(T; Y) in bits, (moments, layers, widths) each.

    low and high lie on edges of bins; they are to count as the outermost bins, not as more bins.
    """
    def seen(measure):
        return np.array([[[measure(np.clip(layer, low + width / 2, high - width / 2), width)
                           for width in widths] for layer in layers] for layers in clouds])
    return seen(binned_entropy), seen(lambda t, width: binned_information(t, labels, width))


def follow(name, epochs, rate, moments, seed):
    """One network from its first weights to its last: arrays with a row for each moment.

    Layers are the hidden ones and f, the probability of class 1, whose bins go from 0 to 1.
    """
    rng = np.random.default_rng(seed)
    x = all_inputs()
    labels, network = draw_labels(rng, x), build(name)
    seen, found, learned_from = train(network, rng, x, labels, epochs, rate, moments,
                                      f"{name}, seed {seed}")
    layers = [representations(network, params, x) for params in found]
    outputs = np.array([given[-1] for _, given in layers])
    right = outputs.argmax(2) == labels
    hidden = [received[1:] for received, _ in layers]
    f = expit(outputs[:, None, :, 1:] - outputs[:, None, :, :1])
    about_x, about_y = np.concatenate([plane(hidden, labels, *bins_of(name, hidden)),
                                       plane(f, labels, *bins(name, 0.0, 1.0))], 2)
    return {"epochs": seen, "about_x": about_x, "about_y": about_y,
            "train_accuracy": right[:, learned_from].mean(1),
            "test_accuracy": right[:, ~learned_from].mean(1)}
