"""The figures of an experiment: their colors, their style, pieces of them, how they are written."""
from pathlib import Path

import numpy as np

# The colors of M. Okabe and K. Ito, which readers with any color vision can tell apart.
BLUE, ORANGE, GREEN, PINK, GRAY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#777777"
STYLE = {"font.size": 12, "axes.spines.top": False, "axes.spines.right": False,
         "axes.titlesize": 13, "legend.frameon": False, "figure.dpi": 130,
         "savefig.bbox": "tight", "figure.constrained_layout.use": True}


def band(axes, x, values, color, label=None, middle=np.mean, line="-", alpha=0.15, **style):
    """A line through the middle of values (seeds, ...) against x, and a band of their range."""
    axes.plot(x, middle(values, 0), line, color=color, label=label, **style)
    axes.fill_between(x, values.min(0), values.max(0), color=color, alpha=alpha, linewidth=0)


def dots(axes, groups, color, label=None, shift=0.0, marker="o", **style):
    """The values of each group, one dot a seed, above its place 0, 1, ... or beside it."""
    for place, values in enumerate(groups):
        axes.plot(np.full(len(values), place + shift), values, marker, color=color,
                  label=None if place else label, **style)


def ticks_at(axes, values, axis="x"):
    """Ticks of one axis at these values and nowhere else."""
    set_ticks = getattr(axes, f"set_{axis}ticks")
    set_ticks(values, [f"{value:g}" for value in values])
    set_ticks([], minor=True)


def logarithmic(axes, x, **labels):
    """Both axes logarithmic, ticks of the horizontal one at x."""
    axes.set(xscale="log", yscale="log", **labels)
    ticks_at(axes, x)


def panels_of(plt, number, columns, width, height):
    """A figure and so many panels of this size, in rows of `columns` at most."""
    columns = min(columns, number)
    rows = -(-number // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(width * columns, height * rows),
                                squeeze=False)
    for axes in grid.flat[number:]:
        axes.set_axis_off()
    return figure, grid.flat[:number]


def legend_beside(axes):
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=10)


def image(axes, pixels, **options):
    """A square of pixels without a frame; what imshow gives."""
    side = round(len(pixels) ** 0.5)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return axes.imshow(pixels.reshape(side, side), **{"cmap": "cividis", "vmin": 0, **options})


def several(number, one="seed"):
    """1 seed, 2 seeds, ..."""
    return f"{number} {one}{'s' * (number != 1)}"


def save_figures(figures, folder):
    """Draw and write figures: name -> function of `Plots` that gives a figure."""
    import matplotlib
    with matplotlib.rc_context(STYLE):
        for name, draw in figures.items():
            draw(Plots).savefig(Path(folder) / f"{name}.png")


class Plots:
    """What figures take of matplotlib.pyplot, without its state.

    No backend is chosen, so a notebook goes on showing its own figures, and nothing stays open.
    """

    @staticmethod
    def figure(**options):
        from matplotlib.figure import Figure
        return Figure(**options)

    @staticmethod
    def subplots(rows=1, columns=1, figsize=None, **options):
        figure = Plots.figure(figsize=figsize)
        return figure, figure.subplots(rows, columns, **options)

    @staticmethod
    def get_cmap(name, levels=None):
        import matplotlib
        found = matplotlib.colormaps[name]
        return found if levels is None else found.resampled(levels)
