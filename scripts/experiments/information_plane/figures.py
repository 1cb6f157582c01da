"""Information planes, and information against epochs."""
from functools import partial

import numpy as np
from lab.style import PUBLISHED as BLACK
from lab.style import band, grid_of, one_legend
from matplotlib import colormaps

from .claims import PUBLISHED, alive
from .parts import BINS, N_BITS

LAYERS = [*(f"layer {layer}" for layer in range(1, 6)), "f"]
COLORS = colormaps["viridis"](np.linspace(0.95, 0, len(LAYERS)))
EXACT = -1


def figures(result):
    result = {name: alive(part) for name, part in result.items()}
    return {"planes": partial(draw_planes, result=result),
            "epochs": partial(draw_epochs, result=result)}


def draw_planes(figure, result):
    """A path for each layer, from its first weights (open) to its last (full)."""
    (row,) = grid_of(figure, 1, len(result), 4.2, 4.2, "From the first weights (open circles) to "
                     "the last (full ones), means over seeds", sharey=True)
    for axes, (name, part) in zip(row, result.items()):
        about = [part[key][..., PUBLISHED].mean(0) for key in ("about_x", "about_y")]
        for layer, color in enumerate(COLORS):
            x, y = (bits[:, layer] for bits in about)
            axes.plot(x, y, "-", color=color, linewidth=1.5)
            axes.plot(x[0], y[0], "o", color=color, mfc="none", markersize=8)
            axes.plot(x[-1], y[-1], "o", color=color, markersize=8, label=LAYERS[layer])
        axes.axvline(N_BITS, color=BLACK, linewidth=1, linestyle=":")
        axes.set(title=f"{name}, {BINS[name][PUBLISHED]} bins", xlim=(-0.3, N_BITS + 0.4),
                 ylim=(-0.05, 1.08), xlabel="I(T; X), bits")
    row[0].set_ylabel("I(T; Y), bits")
    one_legend(figure, "outside right center")


def draw_epochs(figure, result):
    """I(T; X) of every layer against epochs: lines are means, bands the range over seeds."""
    grid = grid_of(figure, len(result), 4, 3.2, 2.7, "More bins, more information; lines: mean "
                   "over seeds, bands: their range", sharex=True, sharey=True)
    for row, (name, part) in zip(grid, result.items()):
        for column, axes in zip((0, 1, 2, EXACT), row):
            for layer, color in enumerate(COLORS):
                band(axes, 1 + part["epochs"][0], part["about_x"][:, :, layer, column], color,
                     LAYERS[layer])
            title = "without bins" if column == EXACT else f"{BINS[name][column]} bins"
            axes.set_title(f"{name}, {title}", fontsize=11)
            axes.set(xscale="log", ylim=(-0.3, N_BITS + 0.6))
        row[0].set_ylabel("I(T; X), bits")
    for axes in grid[-1]:
        axes.set_xlabel("1 + epoch")
    one_legend(figure, "outside right center")
