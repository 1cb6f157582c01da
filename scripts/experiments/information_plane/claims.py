"""What the information plane shows: tanh falls by the bins, ReLU does not, nothing is forgotten."""
import numpy as np
from lab.table import Row

from .parts import BINS

PUBLISHED = 1                       # which of the three widths is the published one
ALL_BITS, ROUNDED = 12, 0.01        # in saturation tanh of two inputs may be one float64 number


def alive(own):
    """The arrays of those seeds whose last hidden layer is not constant at the end.

    Units of ReLU die, and 3 of them soon all at once; such a network says 0 bits about everything.
    """
    living = own["about_x"][:, -1, -1, -1] > 0
    return {name: values[living] for name, values in own.items()} if living.any() else own


def falls(own):
    """max I(T; X) over the training less I(T; X) at its end: (seeds, layers, widths)."""
    return own["about_x"].max(1) - own["about_x"][:, -1]


def claims(result):
    rows = []
    for name, own in result.items():
        dead = len(own["epochs"]) - len(alive(own)["epochs"])
        rows.append(Row(name, f"dead networks of {len(own['epochs'])}, left out below", "-",
                        np.array([dead])))
    result = {name: alive(own) for name, own in result.items()}
    for name, own in result.items():
        rows += compression(name, own, BINS[name]) + ends(name, own, BINS[name])
    rows += difference(result)
    for name, own in result.items():
        rows += exact(name, own)
    return rows


def compression(name, own, bins):
    """The fall of the last two hidden layers: 1 bit or more of tanh, less than that of ReLU."""
    rows = []
    for layer in (-1, -2):
        for column, n_bins in enumerate(bins):
            published = ("falls" if name == "tanh" else "no fall") if column == PUBLISHED else "-"
            limits = dict(low=1.0) if name == "tanh" else dict(high=1.0, every=False)
            quantity = f"fall of I(T;X), layer {layer_number(own, layer)}, {n_bins} bins"
            rows.append(Row(name, quantity, published, falls(own)[:, layer, column], **limits))
    return rows


def layer_number(own, layer):
    return range(1, own["about_x"].shape[2] + 1)[layer]


def ends(name, own, bins):
    """Accuracy, and what the last layer but one holds at the end: it depends on the bins."""
    x_bits = own["about_x"][:, -1, -2]
    spread = x_bits[:, len(bins) - 1] - x_bits[:, 0]
    return [Row(name, "test accuracy at the end", "-", own["test_accuracy"][:, -1]),
            Row(name, f"I(T;Y) at the end, layer {layer_number(own, -1)}, {bins[PUBLISHED]} bins",
                "-", own["about_y"][:, -1, -1, PUBLISHED]),
            Row(name, f"I(T;X) at the end, layer {layer_number(own, -2)}, "
                f"{bins[-1]} less {bins[0]} bins", "differs", spread, low=1.0)]


def difference(result):
    """How much more tanh falls than ReLU at the published bins, in the worst pair of networks."""
    tanh, relu = (falls(result[name])[:, -1, PUBLISHED] for name in ("tanh", "ReLU"))
    return [Row("both", "fall, last: least of tanh less largest of ReLU", "above 0",
                np.array([tanh.min() - relu.max()]), low=1.0)]


def exact(name, own):
    """Without bins: tanh keeps its 12 bits in every layer, ReLU loses what dies."""
    least = own["about_x"][..., -1].min((1, 2))
    rows = [Row(name, "exact I(T;X), least of all layers and epochs", "-", least,
                **(dict(low=ALL_BITS - ROUNDED, high=ALL_BITS) if name == "tanh" else {}))]
    if name == "ReLU":
        last = own["about_x"][..., -1, -1]
        rows.append(Row(name, "exact fall of I(T;X), last layer", "-",
                        last.max(1) - last[:, -1]))
    return rows
