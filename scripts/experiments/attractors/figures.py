"""Figures: fields with paths, attractors counted, neurons of MNIST."""
from functools import partial

import numpy as np
from lab.arrays import arms_of
from lab.neurons import places, weights
from lab.style import (BLUE, GRAY, GREEN, ORANGE, PINK, circle, grid_of, log_ticks, one_legend,
                       panels_of, power, square)
from matplotlib import colormaps

from npspectral.analysis.neurons.dynamics import velocity_field
from npspectral.analysis.neurons.motion import fixed_points

ONE_POINT = np.array([[1.2, 0.8]])
LABELS = {"p": "training points p", "h": "neurons h", "d": "input dimensions d"}
GUIDES = {"p": (1.0, "~ p, published"), "h": (0.5, "~ sqrt(h), published")}
LOOKS = {"at_start": (GRAY, "at the start", "o-"), "attractors": (BLUE, "trained", "o-"),
         "ternary": (PINK, "trained, patterns +0-", "x--"),
         "merged": (GREEN, "neurons after merging", "s:"),
         "effective": (ORANGE, "effective number", "^-")}


def figures(result):
    counts = {size: result[f"A against {size}"] for size in LABELS}
    drawn = {"field": partial(draw_fields, field=result["field"]),
             "counts": partial(draw_counts, parts=counts)}
    mnist = arms_of(result, "mnist")
    return drawn | ({"mnist": partial(draw_mnist, parts=mnist)} if mnist else {})


def draw_fields(figure, field):
    grid = grid_of(figure, 2, 2, 5.75, 5.5, "Velocity of neurons at z, beta > 0, y = 1 (+) or -1 "
                   "(-); shade: log of speed\ndotted: where points switch a neuron on; the talk "
                   "prints the upper row")
    for (above, below), bias_sign, sign in zip(grid.T, (1, -1), "><"):
        draw_field(above, ONE_POINT, np.ones(1), bias_sign, 3.2)
        above.set_title(f"p = 1, b {sign} 0: active if z.x {'<' if sign == '>' else '>'} z$^2$")
        draw_field(below, field["x"], field["force"], bias_sign, 3.2)
        below.set_title(f"p = {len(field['x'])}, b {sign} 0")
        draw_paths(below, field, bias_sign)
    rest, = fixed_points(np.array([[True]]), ONE_POINT, np.ones(1))
    grid[0, 0].plot(*rest, "*", color=GREEN, markersize=18, label="at rest: -d x / |x|$^2$")


def draw_field(axes, x, force, bias_sign, reach):
    """Directions of dz/dt, the data and the circles z.x = z^2."""
    line = np.linspace(-reach, reach, 28)
    z = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
    speed = velocity_field(z, x, force, bias_sign, 1)
    size = np.sqrt((speed ** 2).sum(1))
    unit = np.divide(speed, size[:, None], out=np.full_like(speed, np.nan), where=size[:, None] > 0)
    axes.quiver(*z.T, *unit.T, np.log(np.where(size > 0, size, 1)), cmap="Greys", scale=36,
                width=0.003, clim=(-5, 4))
    for point, g in zip(x, force):
        circle(axes, np.sqrt(point @ point) / 2, point / 2, ":", color=BLUE, linewidth=0.8)
        axes.plot(*point, marker="+" if g > 0 else "_", color=BLUE, markersize=11,
                  markeredgewidth=2.5)
    square(axes, reach, xlabel="z$_1$", ylabel="z$_2$")


def draw_paths(axes, field, bias_sign):
    """Some neurons with beta > 0, while the sign of their bias is this one; attractors."""
    vectors, ends = field["paths"], field["ends"]
    z = places(vectors)
    z[vectors[..., 2] * bias_sign <= 0] = np.nan
    axes.plot(z[..., 0], z[..., 1], color=ORANGE, linewidth=0.7)
    ends = ends[(field["end_signs"] > 0) & (ends[:, 2] * bias_sign > 0)]
    axes.plot(*places(ends).T, "*", color=GREEN, markersize=15, label="attractor")
    axes.plot(*z[-1].T, "o", color=ORANGE, markersize=4,
              label="neurons at the end, and their paths")


def draw_counts(figure, parts):
    panels = panels_of(figure, len(parts), 5, 4.8,
                       "Attractors after training on the sphere task, mean over seeds")
    for axes, (name, arrays) in zip(panels, parts.items()):
        sizes = arrays[name]
        for key, (color, label, line) in LOOKS.items():
            axes.plot(sizes, arrays[key].mean(0), line, color=color, label=label, markersize=8,
                      fillstyle="none" if key == "merged" else "full")
        if name in GUIDES:
            slope, label = GUIDES[name]
            power(axes, sizes, slope, (sizes, arrays["attractors"].mean(0)), label)
        axes.set(xlabel=LABELS[name], ylabel="attractors A", yscale="log")
        log_ticks(axes, x=sizes)
    one_legend(figure, "outside lower center", 4)


def draw_mnist(figure, parts):
    row = panels_of(figure, 2, 6, 5.6, "MNIST, 10 principal components, digits' parity: neurons at "
                    "the end of training, first two of z\nsize: |beta| |v|; color: attractor, gray "
                    "where a neuron is alone in its own")
    for axes, (name, arrays) in zip(row, parts.items()):
        vectors, beta, labels = (arrays[key][0] for key in ("vectors", "beta", "labels"))
        living = labels >= 0
        labels, weight = labels[living], weights(vectors, beta)[living]
        colors, alone = colormaps["tab20"](labels % 20), np.bincount(labels)[labels] == 1
        colors[alone] = (0.5, 0.5, 0.5, 1)
        axes.scatter(*places(vectors)[living, :2].T, s=5 + 150 * weight / weight.max(), c=colors,
                     alpha=0.6, linewidths=0)
        square(axes, 1.5, xlabel="z$_1$", ylabel="z$_2$",
               title=f"{name}: A = {arrays['attractors'][0]} of {living.sum()} neurons, "
                     f"{alone.sum()} alone; error {arrays['errors'][0, 0]:.3f}")
