"""Figures: fields with paths, where neurons end, attractors counted, and what they do to errors."""
from functools import partial

import numpy as np
from lab.neurons import places, weights
from lab.style import (FEATURE, NEGATIVE, OTHER, POSITIVE, PUBLISHED, START, band, circle,
                       grid_of, log_ticks, one_legend, panels_of, power, square)

from npspectral.analysis.neurons.dynamics import velocity_field
from npspectral.analysis.neurons.motion import fixed_points

from .claims import images_of

ONE_POINT = np.array([[1.2, 0.8]])
REACH = 3.2
MARKERS = "o^sDv*"
COUNTS = {"at start": (START, "A at the start", "o-"), "attractors": (FEATURE, "A", "o-"),
          "heavy": (FEATURE, "A, heavy neurons", "^--"),
          "directions": (OTHER, "directions that carry f", "s-")}


def figures(result):
    alpha = {task: result[f"alpha, {task}"] for task in ("sphere", "stripe")}
    drawn = {"field": partial(draw_fields, field=result["field"]),
             "ends": partial(draw_ends, ends=result["ends"]),
             "grid": partial(draw_grid, grid=result["grid"]),
             "counts": partial(draw_counts, grid=result["grid"], dimensions=result["dimensions"]),
             "alpha": partial(draw_alpha, parts=alpha)}
    images = images_of(result)
    return drawn | ({"images": partial(draw_images, images=images)} if images else {})


def draw_fields(figure, field):
    grid = grid_of(figure, 2, 2, 5.75, 5.5, "Velocity of neurons at z, beta > 0; shade: log of its "
                   "size\nupper row: one data point, as in the talk")
    for (above, below), bias_sign, sign in zip(grid.T, (-1, 1), "<>"):
        draw_field(above, ONE_POINT, np.ones(1), bias_sign)
        above.set_title(f"p = 1, b {sign} 0: active if z.x {'>' if sign == '<' else '<'} z$^2$")
        draw_field(below, field["x"], field["force"], bias_sign)
        below.set_title(f"p = {len(field['x'])}, b {sign} 0")
        draw_paths(below, field, bias_sign)
    rest, = fixed_points(np.array([[True]]), ONE_POINT, np.ones(1))
    grid[0, 1].plot(*rest, "*", color=POSITIVE, markersize=16, markeredgecolor=PUBLISHED)
    one_legend(figure, "outside lower center", 3)


def draw_field(axes, x, force, bias_sign):
    """Directions of dz/dt, the data and the circles z.x = z^2."""
    line = np.linspace(-REACH, REACH, 28)
    z = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
    speed = velocity_field(z, x, force, bias_sign, 1)
    size = np.sqrt((speed ** 2).sum(1))
    unit = np.divide(speed, size[:, None], out=np.full_like(speed, np.nan), where=size[:, None] > 0)
    axes.quiver(*z.T, *unit.T, np.log(np.where(size > 0, size, 1)), cmap="Greys", scale=36,
                width=0.003, clim=(-5, 4))
    for point in x:
        circle(axes, np.sqrt(point @ point) / 2, point / 2, ":", color=OTHER, linewidth=1.2,
               label="where a data point switches neurons on")
    for marker, sign in zip("+_", (1, -1)):
        axes.plot(*x[force * sign > 0].T, marker, color=OTHER, markersize=12, markeredgewidth=3,
                  label=f"data, y = {sign}")
    square(axes, REACH, xlabel="z$_1$", ylabel="z$_2$")


def draw_paths(axes, field, bias_sign):
    """Some neurons with beta > 0, while the sign of their bias is this one; attractors."""
    z = places(field["paths"])
    z[field["paths"][..., 2] * bias_sign <= 0] = np.nan
    for growing, color, label in ((True, POSITIVE, "neurons that grow, and their paths"),
                                  (False, START, "neurons that die or shrink")):
        some = z[:, field["growing"] == growing]
        axes.plot(some[..., 0], some[..., 1], color=color, linewidth=0.8)
        axes.plot(*some[-1].T, "o", color=color, markersize=4, label=label)
    here = (field["end_signs"] > 0) & (field["ends"][:, 2] * bias_sign > 0)
    axes.plot(*places(field["ends"][here]).T, "*", color=POSITIVE, markersize=16,
              markeredgecolor=PUBLISHED, label="attractors")


def draw_ends(figure, ends):
    axes, = panels_of(figure, 1, 7, 4.2, "Where neurons end, p = 6 points, d = 2, constant forces")
    tasks, below = np.arange(len(ends["growing"])), 0
    within = ends["growing"] * ends["at_fixed_point"]
    shares = {"fixed point of dz/dt inside a cell": (FEATURE, within),
              "on kinks between cells": (OTHER, ends["growing"] * ends["arrived"] - within),
              "die or shrink": (START, 1 - ends["growing"])}
    for label, (color, share) in shares.items():
        axes.bar(tasks, share, 0.8, below, color=color, label=label)
        below = below + share
    labels = [f"{n}\n{held}" for n, held in zip(tasks, ends["holding"])]
    axes.set(xticks=tasks, xticklabels=labels, ylabel="share of neurons",
             xlabel=f"task; below: cells with a fixed point inside, of {ends['cells'][0]}")
    one_legend(figure, "outside lower center", 3)


def draw_grid(figure, grid):
    heavy = grid["weighted"][..., 0]
    panels = grid_of(figure, 2, len(grid["d"]), 3.6, 3.4, "Attractors after training, sphere task\n"
                     "mean and range over seeds", sharex=True, sharey=True)
    for row, counts, name in zip(panels, (grid["attractors"], heavy), ("", ", heavy neurons")):
        row[0].set_ylabel(f"A / h{name}")
        for axes, d, some in zip(row, grid["d"], np.moveaxis(counts, 1, 0)):
            draw_collapse(axes, grid["p"], grid["h"], some)
    for above, below, d in zip(*panels, grid["d"]):
        above.set_title(f"d = {d}")
        below.set_xlabel("p / sqrt(h)")
    one_legend(figure, "outside lower center", 4)


def draw_collapse(axes, p, h, counts):
    """counts / h against p / sqrt(h), and the published law: one line, up to 1."""
    for i, (width, marker) in enumerate(zip(h, MARKERS)):
        band(axes, p / np.sqrt(width), counts[..., i] / width, FEATURE, f"h = {width}",
             f"{marker}-", alpha=(1 + i) / len(h))
    x, y = np.meshgrid(p, h, indexing="ij"), counts.mean(0) / h
    free = y <= 0.25
    ratio = (x[0] / np.sqrt(x[1]))[free]
    power(axes, np.geomspace(ratio.min(), ratio.max(), 9), 1, (ratio, y[free]),
          "p / sqrt(h), published", PUBLISHED)
    axes.axhline(1, linestyle=":", color=PUBLISHED)
    inside = np.array([0.2, 0.5, 1, 2, 5, 10, 20])
    log_ticks(axes, x=inside[(inside > x[0].min() / x[1].max() ** 0.5) & (
        inside < x[0].max() / x[1].min() ** 0.5)], y=[0.01, 0.1, 1])


def draw_counts(figure, grid, dimensions):
    """Slices through the middle of the grid, and A against d."""
    d, p, h = (len(grid[name]) // 2 for name in "dph")
    slices = {"training points p": (grid, grid["p"], np.s_[:, d, :, h], 1, "p, published"),
              "neurons h": (grid, grid["h"], np.s_[:, d, p], 0.5, "sqrt(h), published"),
              "input dimensions d": (dimensions, dimensions["d"], np.s_[:], None, "")}
    panels = panels_of(figure, 3, 3.7, 4.2, "Counts on the sphere task, mean and range over seeds\n"
                       f"p = {grid['p'][p]}, h = {grid['h'][h]}, d = {grid['d'][d]} where they do "
                       f"not vary", sharey=True)
    for axes, (name, (arrays, sizes, place, exponent, label)) in zip(panels, slices.items()):
        counts = {"at start": arrays["at_start"], "attractors": arrays["attractors"],
                  "heavy": arrays["weighted"][..., 0], "directions": arrays["directions"]}
        for key, (color, said, line) in COUNTS.items():
            band(axes, sizes, counts[key][place], color, said, line)
        if exponent:
            power(axes, sizes, exponent, (sizes, counts["attractors"][place].mean(0)), label,
                  PUBLISHED)
        axes.set(xlabel=name, yscale="log")
        log_ticks(axes, x=sizes)
    panels[0].set_ylabel("number")
    one_legend(figure, "outside lower center", 3)


def draw_alpha(figure, parts):
    panels = grid_of(figure, 2, 2, 5.2, 3.6, "From the feature regime (small alpha) to the lazy "
                     "one: mean and range over seeds", sharex=True, sharey="row")
    for (above, below), (task, arrays) in zip(panels.T, parts.items()):
        alpha = arrays["alpha"]
        band(above, alpha, arrays["errors"][..., 0], FEATURE, line="o-")
        above.set_title(task)
        for key, values in (("attractors", arrays["attractors"]),
                            ("heavy", arrays["weighted"][..., 0]),
                            ("directions", arrays["directions"])):
            color, label, line = COUNTS[key]
            band(below, alpha, values, color, label, line)
        below.set(xscale="log", yscale="log", xlabel="alpha")
    panels[0, 0].set_ylabel("test error")
    panels[1, 0].set_ylabel("number")
    one_legend(figure, "outside lower center", 3)


def draw_images(figure, images):
    name, *arms = images
    p, h = arms[0]["p"][-1], arms[0]["beta"].shape[-1]
    row = panels_of(figure, 2, 4.8, 5.2, f"{name}, 10 principal components, parity, p = {p}: first "
                    f"two of z\n{h} neurons at the end of training; size: |beta| |v|")
    for axes, regime, arrays in zip(row, ("feature", "lazy"), arms):
        vectors, beta = arrays["vectors"][0, -1], arrays["beta"][0, -1]
        z, weight = places(vectors), weights(vectors, beta)
        for sign, color in ((1, POSITIVE), (-1, NEGATIVE)):
            some = beta * sign > 0
            axes.scatter(*z[some, :2].T, s=200 * weight[some] / weight.max(), color=color,
                         alpha=0.7, linewidths=0, label=f"beta {'>' if sign > 0 else '<'} 0")
        heavy = np.abs(z[weight > 0.05 * weight.max(), :2])
        square(axes, 1.1 * np.quantile(heavy, 0.95), xlabel="z$_1$", ylabel="z$_2$",
               title=f"{regime}: {arrays['directions'][0, -1]:.0f} directions, "
                     f"error {arrays['errors'][0, -1, 0]:.3f}")
    one_legend(figure, "outside lower center", 2)
