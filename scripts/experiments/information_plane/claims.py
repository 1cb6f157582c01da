"""What the information plane shows: tanh falls by the bins, ReLU does not, nothing is forgotten."""
from lab.table import Row

from .parts import BINS

PUBLISHED = 1                       # which of the three widths is the published one
ALL_BITS, ROUNDED = 12, 0.01        # in saturation tanh of two inputs may be one float64 number


def alive(part):
    """The arrays of those seeds whose last hidden layer is not constant at the end.

    Units of ReLU die, and 3 of them soon all at once; such a network says 0 bits about everything.
    """
    living = part["about_x"][:, -1, -1, -1] > 0
    return {name: values[living] for name, values in part.items()} if living.any() else part


def falls(part):
    """max I(T; X) over the training less I(T; X) at its end: (seeds, layers, widths)."""
    return part["about_x"].max(1) - part["about_x"][:, -1]


def claims(result):
    living = {name: alive(part) for name, part in result.items()}
    rows = [Row(name, f"dead networks of {len(part['epochs'])}, left out below", "-",
                len(part["epochs"]) - len(living[name]["epochs"]))
            for name, part in result.items()]
    for name, part in living.items():
        rows += [*compression(name, part), *ends(name, part)]
    tanh, relu = (falls(living[name])[:, -1, PUBLISHED] for name in ("tanh", "ReLU"))
    rows.append(Row("both", "fall, last: least of tanh less largest of ReLU", "above 0",
                    tanh.min() - relu.max(), low=1.0))
    return rows + [row for name, part in living.items() for row in exact(name, part)]


def compression(name, part):
    """The fall of the last two hidden layers: 1 bit or more of tanh, less than that of ReLU."""
    said, limits = ("falls", dict(low=1.0)) if name == "tanh" else (
        "no fall", dict(high=1.0, every=False))
    n_layers = part["about_x"].shape[2]
    return [Row(name, f"fall of I(T;X), layer {layer}, {n_bins} bins",
                said if column == PUBLISHED else "-", falls(part)[:, layer - 1, column], **limits)
            for layer in (n_layers, n_layers - 1) for column, n_bins in enumerate(BINS[name])]


def ends(name, part):
    """Accuracy, and what the last two layers hold at the end: it depends on the bins."""
    (first, published, last), layers, x_bits = (BINS[name], part["about_x"].shape[2],
                                                part["about_x"][:, -1, -2])
    return [Row(name, "test accuracy at the end", "-", part["test_accuracy"][:, -1]),
            Row(name, f"I(T;Y) at the end, layer {layers}, {published} bins", "-",
                part["about_y"][:, -1, -1, PUBLISHED]),
            Row(name, f"I(T;X) at the end, layer {layers - 1}, {last} less {first} bins",
                "differs", x_bits[:, 2] - x_bits[:, 0], low=1.0)]


def exact(name, part):
    """Without bins: tanh keeps its 12 bits in every layer, ReLU loses what dies."""
    bits = part["about_x"][..., -1]
    limits = dict(low=ALL_BITS - ROUNDED, high=ALL_BITS) if name == "tanh" else {}
    yield Row(name, "exact I(T;X), least of all layers and epochs", "-", bits.min((1, 2)), **limits)
    if name == "ReLU":
        last = bits[..., -1]
        yield Row(name, "exact fall of I(T;X), last layer", "-", last.max(1) - last[:, -1])
