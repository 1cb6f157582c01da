"""What the information plane shows: tanh falls by the bins, ReLU does not, nothing is forgotten."""
from lab.table import Row

from .parts import BINS

PUBLISHED = 1                       # which of the three widths is the published one
# Without bins tanh keeps all 12 bits, but that in saturation two inputs may give one float64
# number; ReLU loses what dies.
EXACT = {"tanh": (12 - 0.01, 12), "ReLU": ()}


def alive(part):
    """The arrays of those seeds whose last hidden layer is not dead, so constant, at the end."""
    living = part["about_x"][:, -1, -1, -1] > 0
    return {name: values[living] for name, values in part.items()} if living.any() else part


def falls(part):
    """max I(T; X) over the training less I(T; X) at its end: (seeds, layers, widths)."""
    return part["about_x"].max(1) - part["about_x"][:, -1]


def claims(result):
    return []


def checks(result):
    living = {name: alive(part) for name, part in result.items()}
    rows = [Row(name, f"dead networks of {len(part['epochs'])}, left out below", "-",
                len(part["epochs"]) - len(living[name]["epochs"])) for name, part in result.items()]
    for name, part in living.items():
        rows += [*compression(name, part), *ends(name, part)]
    tanh, relu = (falls(living[name])[:, -1, PUBLISHED] for name in ("tanh", "ReLU"))
    rows.append(Row("both", "fall, last: least of tanh less largest of ReLU", "above 0",
                    tanh.min() - relu.max(), low=1.0))
    return rows


def compression(name, part):
    """The fall of the last two hidden layers: 1 bit or more of tanh, less than that of ReLU."""
    said, limits = ("falls", dict(low=1.0)) if name == "tanh" else (
        "no fall", dict(high=1.0, every=False))
    n_layers = part["about_x"].shape[2]
    return [Row(name, f"fall of I(T;X), layer {layer}, {n_bins} bins",
                said if column == PUBLISHED else "-", falls(part)[:, layer - 1, column], **limits)
            for layer in (n_layers, n_layers - 1) for column, n_bins in enumerate(BINS[name])]


def ends(name, part):
    """Accuracy; bits of the last layer but one, which depend on the bins; bits without bins."""
    (first, _, last), bits = BINS[name], part["about_x"][:, -1, -2]
    return [Row(name, "test accuracy at the end", "-", part["test_accuracy"][:, -1]),
            Row(name, f"I(T;X) at the end, last layer but one, {last} less {first} bins", "differs",
                bits[:, 2] - bits[:, 0], low=1.0),
            Row(name, "exact I(T;X), least of all layers and epochs", "-",
                part["about_x"][..., -1].min((1, 2)), *EXACT[name])]
