"""Information planes, and information against epochs."""
from functools import partial

import numpy as np
from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK, band, grid_of

from .claims import alive
from .parts import BINS

LAYERS = (BLUE, ORANGE, GREEN, PINK, "k")
EXACT = -1


def figures(result):
    result = {name: alive(part) for name, part in result.items()}
    return {"planes": partial(draw_planes, result=result),
            "epochs": partial(draw_epochs, result=result)}


def draw_planes(figure, result):
    """Rows: activations; columns: widths. Points are means over seeds, their color the epoch."""
    grid = grid_of(figure, 2, 3, 4.7, 4, "The same networks in planes of other bins. Numbers: "
                   "hidden layers at the end; dotted: I(T; X) without bins, of tanh", sharex=True,
                   sharey=True)
    last = max(part["epochs"].max() for part in result.values())
    for row, (name, part) in zip(grid, result.items()):
        for column, axes in enumerate(row):
            about_x, about_y = (part[key][..., column].mean(0) for key in ("about_x", "about_y"))
            axes.plot(about_x.T, about_y.T, color=GRAY, linewidth=0.4, alpha=0.5)
            epochs = np.broadcast_to(1 + part["epochs"][0][:, None], about_x.shape)
            dots = axes.scatter(about_x, about_y, c=epochs, s=22, norm="log", vmin=1,
                                vmax=last + 1, zorder=2)
            for layer, place in enumerate(zip(about_x[-1], about_y[-1])):
                axes.annotate(str(layer + 1), place, (0, 7), textcoords="offset points",
                              ha="center", fontsize=11, fontweight="bold")
            axes.axvline(12, color="k", linewidth=1, linestyle=":")
            axes.set(title=f"{name}, {BINS[name][column]} bins", xlim=(-0.3, 12.6),
                     ylim=(-0.05, 1.12), xlabel="I(T; X), bits", ylabel="I(T; Y), bits")
    figure.colorbar(dots, ax=grid, label="1 + epoch")


def draw_epochs(figure, result):
    """I(T; X) of every layer against epochs: lines are means, bands the range over seeds."""
    grid = grid_of(figure, 2, 4, 4, 3.75, "Narrower bins, more information; lines: mean over "
                   "seeds, bands: their range", sharex=True, sharey=True)
    for row, (name, part) in zip(grid, result.items()):
        for column, axes in zip((0, 1, 2, EXACT), row):
            for layer, color in enumerate(LAYERS):
                band(axes, 1 + part["epochs"][0], part["about_x"][:, :, layer, column], color,
                     f"layer {layer + 1}")
            title = "without bins" if column == EXACT else f"{BINS[name][column]} bins"
            axes.set(xscale="log", title=f"{name}, {title}", ylim=(-0.3, 12.6),
                     xlabel="1 + epoch", ylabel="I(T; X), bits")
