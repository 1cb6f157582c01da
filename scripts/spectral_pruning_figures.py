"""The figure of spectral_pruning.py: test accuracy against the share of hidden nodes cut."""
from functools import partial

from experiment_figures import BLUE, GRAY, GREEN, ORANGE, save_figures
from spectral_pruning_published import published
from spectral_pruning_runs import PERCENTILES

LOOKS = {"dense": (ORANGE, "o", "dense, by incoming weights"),
         "post": (BLUE, "s", "spectral, after training"),
         "pre": (GREEN, "^", "spectral, before training")}


def plot(result, folder):
    """Write one figure for all cases, three a row."""
    if result:
        save_figures({"spectral_pruning": partial(draw, result=result)}, folder)


def draw(plt, result):
    columns = min(3, len(result))
    rows = -(-len(result) // columns)
    figure, panels = plt.subplots(rows, columns, figsize=(5.2 * columns, 4.4 * rows), squeeze=False)
    for axes in panels.flat[len(result):]:
        axes.set_axis_off()
    for axes, (name, methods) in zip(panels.flat, result.items()):
        draw_case(axes, name, methods)
    panels.flat[0].legend(loc="lower left", fontsize=10)
    return figure


def draw_case(axes, name, methods):
    for method, own in methods.items():
        color, marker, label = LOOKS[method]
        values = own["accuracy"]
        axes.plot(PERCENTILES, values.mean(0), marker + "-", color=color, label=label)
        axes.fill_between(PERCENTILES, values.min(0), values.max(0), color=color, alpha=0.2)
        axes.plot(PERCENTILES, published(name)[method], ":", color=color, lw=2)
    axes.plot([], [], ":", color=GRAY, lw=2, label="published mean, in the same color")
    seeds = len(values)
    axes.set(xlabel="hidden nodes cut (%)", ylabel="test accuracy", ylim=(0, 1.02),
             title=f"{name}\n{f'{seeds} seeds, band: range' if seeds > 1 else 'one seed'}")
