"""What is said of the information plane: it rises, it falls, and its flaws."""
import numpy as np
from lab.table import Claim, Row

from .parts import BINS

TALK, TISHBY = "Petrini, talk", "Shwartz-Ziv and Tishby 2017, article"
SAXE = "Saxe et al. 2018, article"
TANH, LARGER, RELU = "tanh", "tanh, larger start", "ReLU"
PUBLISHED = 1                       # which of the three numbers of bins is the published one
OUTPUT = -1                         # of the layers: f
LAST_TWO = -3, -2                   # hidden ones
LABEL = "The published labels are in a file; ours are drawn by a teacher, others for each seed."


def alive(part):
    """The arrays of those seeds whose last hidden layer is not dead, so constant, at the end."""
    living = part["about_x"][:, -1, LAST_TWO[-1], -1] > 0
    return {name: values[living] for name, values in part.items()} if living.any() else part


def gain(bits):
    """The largest of bits (seeds, moments, ...) over the training less that of the start."""
    return bits.max(1) - bits[:, 0]


def falls(bits):
    """The largest over the training less that of the end."""
    return bits.max(1) - bits[:, -1]


def layer_names(layers):
    return ["f" if layer == OUTPUT else f"layer {5 + layer - LAST_TWO[-1]}" for layer in layers]


def claims(result):
    parts = {name: alive(part) for name, part in result.items()}
    about_x = {name: part["about_x"][..., PUBLISHED] for name, part in parts.items()}
    about_y = {name: part["about_y"][..., PUBLISHED] for name, part in parts.items()}
    layers = (*LAST_TWO, OUTPUT)

    def rows(name, quantity, values, chosen=layers, **bounds):
        return [Row(name, f"{quantity}, {said}", "figure", values[name][:, layer], **bounds)
                for layer, said in zip(chosen, layer_names(chosen))]
    gains_x, gains_y, fall = ({name: measure(bits) for name, bits in about.items()}
                              for measure, about in ((gain, about_x), (gain, about_y),
                                                     (falls, about_x)))
    accuracy = {name: part["test_accuracy"][:, -1] for name, part in parts.items()}
    return [
        Claim("First both grow", "First, f gets informative about both the inputs and the labels: "
              "I(f; x) and I(f; y) grow", TALK,
              [*rows(TANH, "rise of I(T;X), 30 bins", gains_x, low=1.0),
               *rows(TANH, "rise of I(T;Y), 30 bins", gains_y, low=0.5),
               *rows(LARGER, "rise of I(T;X), 30 bins", gains_x)], "planes",
              f"{LABEL} With first weights 0.3 times N(0, 1 / n_in); with N(0, 1 / n_in) itself, "
              "as in the public codes, I(T; X) of our hidden layers starts high and hardly rises."),
        Claim("Then f compresses", "Then, f compresses its representation of the input: I(f; x) "
              "decreases", TALK,
              [*rows(TANH, "fall of I(T;X), 30 bins", fall, low=1.0),
               *rows(RELU, "fall of I(T;X), 100 bins", fall, [OUTPUT])], "planes",
              f"{LABEL} I(f; x) falls with ReLU, too, as f is near 0 or 1 in the end."),
        Claim("Fitting before compression", "Most of the training epochs are spent on compression "
              "of the input and not on fitting the training labels", TISHBY,
              [Row(TANH, f"epochs of fitting over those of losing half, {said}", "below 1",
                   phases(parts[TANH], layer), high=1)
               for layer, said in zip(LAST_TWO, layer_names(LAST_TWO))], "epochs",
              f"{LABEL} Fitting: until I(T;Y) is at 90 % of its end; losing half: until I(T;X) is "
              "half-way from its largest value to its end. 30 bins."),
        Claim("ReLU does not compress", "With ReLU no compression phase is seen in the hidden "
              "layers", SAXE,
              [*rows(RELU, "fall of I(T;X), 100 bins", fall, LAST_TWO, high=1.0, every=False),
               Row("both", "fall, layer 5: least of tanh less largest of ReLU", "above 0",
                   fall[TANH][:, LAST_TWO[-1]].min() - fall[RELU][:, LAST_TWO[-1]].max(), low=0)],
              "planes", LABEL),
        Claim("Flaws: the bins decide", "Saxe et al. (2018) uncovered some serious flaws of this "
              "approach", TALK, flaws(parts), "epochs",
              f"{LABEL} A flaw: without bins every layer of tanh keeps all 12 bits."),
        Claim("Compression is not generalization", "There is no evident causal connection between "
              "compression and generalization: networks that do not compress generalize as well",
              SAXE,
              [Row("both", "test accuracy, tanh less ReLU", "near 0",
                   np.median(accuracy[TANH]) - np.median(accuracy[RELU]), -0.03, 0.03),
               *(Row(name, "test accuracy", "-", values) for name, values in accuracy.items())],
              "epochs", f"{LABEL} The difference of medians; 0.03 is our own bound.")]


def phases(part, layer):
    """For each seed: 1 + epochs of fitting over 1 + epochs of losing half."""
    about_x, about_y = (part[name][:, :, layer, PUBLISHED] for name in ("about_x", "about_y"))
    late = np.arange(about_x.shape[1]) >= about_x.argmax(1)[:, None]
    half = (about_x.max(1) + about_x[:, -1]) / 2
    informed = (about_y >= 0.9 * about_y[:, -1:]).argmax(1)
    lost = (late & (about_x <= half[:, None])).argmax(1)
    seeds = np.arange(len(lost))
    return (1 + part["epochs"][seeds, informed]) / (1 + part["epochs"][seeds, lost])


def flaws(parts):
    """Bits by bins; and bits without bins, of the hidden layers of tanh at all times."""
    rows = []
    for name, part in parts.items():
        first, _, last = BINS[name]
        bits = part["about_x"][:, -1, LAST_TWO[0]]
        rows.append(Row(name, f"I(T;X) at the end, layer 4, {last} less {first} bins", "differs",
                        bits[:, 2] - bits[:, 0], low=1.0))
    return rows + [Row(name, "exact I(T;X), least of all hidden layers and epochs", "12",
                       parts[name]["about_x"][:, :, :OUTPUT, -1].min((1, 2)), 12 - 0.01, 12)
                   for name in (TANH, LARGER)]


def checks(result):
    rows = []
    for name, part in result.items():
        living = alive(part)
        rows += [Row(name, f"dead networks of {len(part['epochs'])}, left out", "-",
                     len(part["epochs"]) - len(living["epochs"])),
                 *(Row(name, f"fall of I(T;X), layer 5, {n_bins} bins", "-",
                       falls(living["about_x"])[:, LAST_TWO[-1], column])
                   for column, n_bins in enumerate(BINS[name]))]
    return rows + [Row(RELU, "exact I(T;X), least of all hidden layers and epochs", "-",
                       alive(result[RELU])["about_x"][:, :, :OUTPUT, -1].min((1, 2)))]
