"""The figures of an experiment: their colors, their style, pieces of them, how they are written."""
from pathlib import Path

import numpy as np

# The colors of M. Okabe and K. Ito, which readers with any color vision can tell apart. In all
# figures one color has one meaning; a published value is dotted, or an open marker.
FEATURE, LAZY, SPECTRAL, DENSE, PUBLISHED = "#0072B2", "#D55E00", "#009E73", "#777777", "#000000"
POSITIVE, NEGATIVE = "#CC79A7", "#56B4E9"               # sign of beta
START, OTHER = "#BBBBBB", "#E69F00"                     # before training; what has no color above
STYLE = {"font.size": 12, "axes.spines.top": False, "axes.spines.right": False,
         "axes.titlesize": 13, "legend.edgecolor": "none", "legend.fontsize": 10, "figure.dpi": 130,
         "savefig.bbox": "tight", "figure.constrained_layout.use": True}


def grid_of(figure, rows, columns, width, height, title="", **options):
    """Rows of panels of this size, and a title over them."""
    figure.set_size_inches(width * columns, height * rows)
    figure.suptitle(title)
    return figure.subplots(rows, columns, squeeze=False, **options)


def panels_of(figure, number, width, height, title="", columns=3, **options):
    """So many panels of this size, in rows of `columns` at most."""
    columns = min(columns, number)
    panels = grid_of(figure, -(-number // columns), columns, width, height, title, **options).flat
    for axes in panels[number:]:
        axes.set_axis_off()
    return panels[:number]


def band(axes, x, values, color, label=None, line="-", middle=np.mean, **style):
    """A line through the middle of values (seeds, ...) against x, and a band of their range."""
    axes.plot(x, middle(values, 0), line, color=color, label=label, **style)
    axes.fill_between(x, values.min(0), values.max(0), color=color, alpha=0.15, linewidth=0)


def lines(axes, x, values, color, label=None, **style):
    """A line against x for each row of values, all of one color and one label."""
    labels = [label] + [None] * (len(values) - 1)
    axes.plot(x, values.T, color=color, label=labels, **style)


def power(axes, x, exponent, through, label=None, color="k", **style):
    """x ** exponent, dotted, through the geometric middle of points (x, y)."""
    middle_x, middle_y = (np.prod(some, dtype=float) ** (1 / np.size(some)) for some in through)
    axes.plot(x, middle_y * (x / middle_x) ** exponent, ":", color=color, label=label, **style)


def circle(axes, radius, center=(0, 0), line="-", **style):
    turn = np.linspace(0, 2 * np.pi, 200)
    axes.plot(center[0] + radius * np.cos(turn), center[1] + radius * np.sin(turn), line, **style)


def square(axes, reach, **labels):
    """The square from -reach to reach."""
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", **labels)


def log_ticks(axes, **ticks):
    """Logarithmic axes, x= or y=, with ticks at these values, as plain numbers, nowhere else."""
    for axis, values in ticks.items():
        axes.set(**{f"{axis}scale": "log"})
        set_ticks = getattr(axes, f"set_{axis}ticks")
        set_ticks(values, [f"{value:g}" for value in values])
        set_ticks([], minor=True)


def plain_ticks(axes):
    """A logarithmic y axis with ticks as plain numbers: 1, 2, 5, 10, ..., or more if few fit."""
    low, high = axes.get_ylim()
    for steps in ([1, 2, 5], range(1, 10), np.arange(1, 10, 0.2)):
        ticks = np.outer(10.0 ** np.arange(-6, 7), steps).ravel()
        ticks = ticks[(ticks >= low) & (ticks <= high)]
        if len(ticks) > 2:
            break
    log_ticks(axes, y=ticks)
    axes.set_ylim(low, high)


def against_p(axes, p, title):
    """Names and ticks of logarithmic axes on which something stands against sizes p."""
    axes.set(xlabel="p, training points", title=title, yscale="log")
    log_ticks(axes, x=p)
    plain_ticks(axes)


def image(axes, pixels, **options):
    """A square of pixels without a frame; what imshow gives."""
    side = round(len(pixels) ** 0.5)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return axes.imshow(pixels.reshape(side, side), **{"cmap": "cividis", "vmin": 0, **options})


def several(number, one="seed", more="seeds"):
    """The number before the words for one of them or for more."""
    return f"{number} {one if number == 1 else more}"


def one_legend(figure, place="outside right upper", columns=1):
    """One legend of all panels, beside or below them."""
    shown = {}
    for axes in figure.axes:
        handles, labels = axes.get_legend_handles_labels()
        shown |= dict(zip(labels, handles))
    figure.legend(shown.values(), shown, loc=place, ncols=columns)


def explain(figure):
    """A legend in each panel with a label that no panel before it has, if there is none yet."""
    known = set()
    for axes in figure.axes:
        labels = set(axes.get_legend_handles_labels()[1])
        if labels - known and not axes.get_legend() and not figure.legends:
            axes.legend(loc="best")
        known |= labels


def save_figures(figures, folder):
    """Draw and write figures: name -> function that draws on an empty matplotlib Figure.

    No backend is chosen, so a notebook goes on showing its own figures, and nothing stays open.
    """
    import matplotlib
    from matplotlib.figure import Figure
    with matplotlib.rc_context(STYLE):
        for name, draw in figures.items():
            figure = Figure()
            draw(figure)
            explain(figure)
            figure.savefig(Path(folder) / f"{name}.png")
