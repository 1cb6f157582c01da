"""The figures of an experiment: their colors and style, and how they are written."""
from pathlib import Path

# The colors of M. Okabe and K. Ito, which readers with any color vision can tell apart.
BLUE, ORANGE, GREEN, PINK, GRAY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#777777"
STYLE = {"font.size": 12, "axes.spines.top": False, "axes.spines.right": False,
         "axes.titlesize": 13, "legend.frameon": False, "figure.dpi": 130,
         "savefig.bbox": "tight", "figure.constrained_layout.use": True}


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


def mean_and_range(axes, x, values, line, color, label=None, alpha=0.15, **style):
    """A line through the mean over seeds of values (seeds, ...), and a band of their range."""
    axes.plot(x, values.mean(0), line, color=color, label=label, **style)
    axes.fill_between(x, values.min(0), values.max(0), color=color, alpha=alpha)
