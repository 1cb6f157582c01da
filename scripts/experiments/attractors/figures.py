"""Figures: fields with paths, numbers of attractors, neurons of MNIST."""
from functools import partial

import numpy as np
from lab.neurons import places, weights
from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK, ticks_at

from npspectral.analysis.neurons.dynamics import velocity_field
from npspectral.analysis.neurons.motion import fixed_points

ONE_POINT = np.array([[1.2, 0.8]])
LABELS = {"p": "training points p", "h": "neurons h", "d": "input dimensions d"}
GUIDES = {"p": (1.0, "~ p, published"), "h": (0.5, "~ sqrt(h), published")}


def figures(result):
    parts = {"maxima": {}, "A against": {}, "mnist": {}}
    for part, arrays in result.items():
        for kind in parts:
            if part.startswith(kind):
                parts[kind][part.removeprefix(kind).strip(", ")] = arrays
    drawn = {"field": partial(draw_fields, field=result["field"]),
             "maxima": partial(draw_maxima, parts=parts["maxima"]),
             "counts": partial(draw_counts, parts=parts["A against"])}
    return drawn | ({"mnist": partial(draw_mnist, parts=parts["mnist"])} if parts["mnist"] else {})


def draw_fields(plt, field):
    figure, axes = plt.subplots(2, 2, figsize=(11.5, 11))
    figure.suptitle("Velocity of neurons at z, beta > 0, y = 1 (+) or -1 (-); shade: log of speed\n"
                    "dotted: where points switch a neuron on; the talk prints the upper row")
    for column, bias_sign in enumerate((1, -1)):
        active = "z.x < z$^2$" if bias_sign > 0 else "z.x > z$^2$"
        draw_field(axes[0, column], ONE_POINT, np.ones(1), bias_sign, 3.2)
        axes[0, column].set_title(f"p = 1, b {'>' if bias_sign > 0 else '<'} 0: active if {active}")
        draw_field(axes[1, column], field["x"], field["force"], bias_sign, 3.2)
        axes[1, column].set_title(f"p = {len(field['x'])}, b {'>' if bias_sign > 0 else '<'} 0")
        draw_paths(axes[1, column], field, bias_sign)
    rest, = fixed_points(np.array([[True]]), ONE_POINT, np.ones(1))
    axes[0, 0].plot(*rest, "*", color=GREEN, markersize=18, label="at rest: -d x / |x|$^2$")
    for row in axes[:, 0]:
        row.legend(loc="lower left", fontsize=9, frameon=True, framealpha=0.9)
    return figure


def draw_field(axes, x, force, bias_sign, reach):
    """Directions of dz/dt on a grid, the data and the circles z.x = z^2."""
    line = np.linspace(-reach, reach, 28)
    z = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
    speed = velocity_field(z, x, force, bias_sign, 1)
    size = np.sqrt((speed ** 2).sum(1))
    unit = np.divide(speed, size[:, None], out=np.full_like(speed, np.nan), where=size[:, None] > 0)
    axes.quiver(*z.T, *unit.T, np.log(np.where(size > 0, size, 1)), cmap="Greys", scale=36,
                width=0.003, clim=(-5, 4))
    turn = np.linspace(0, 2 * np.pi, 200)
    for point, g in zip(x, force):
        radius = np.sqrt(point @ point) / 2
        axes.plot(point[0] / 2 + radius * np.cos(turn), point[1] / 2 + radius * np.sin(turn), ":",
                  color=BLUE, linewidth=0.8)
        axes.plot(*point, marker="+" if g > 0 else "_", color=BLUE, markersize=11,
                  markeredgewidth=2.5)
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), xlabel="z$_1$", ylabel="z$_2$",
             aspect="equal")


def draw_paths(axes, field, bias_sign):
    """Some neurons with beta > 0, while the sign of their bias is this one; attractors."""
    vectors = field["paths"]
    z = places(vectors)
    z[vectors[..., 2] * bias_sign <= 0] = np.nan
    axes.plot(z[..., 0], z[..., 1], color=ORANGE, linewidth=0.7)
    ends = field["ends"][(field["end_signs"] > 0) & (field["ends"][:, 2] * bias_sign > 0)]
    axes.plot(*places(ends).T, "*", color=GREEN, markersize=15, label="attractor")
    axes.plot(*places(vectors[-1])[vectors[-1, :, 2] * bias_sign > 0].T, "o", color=ORANGE,
              markersize=4, label="neurons at the end, and their paths")


def draw_maxima(plt, parts):
    figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6))
    for color, (name, arrays) in zip((BLUE, ORANGE, GREEN), parts.items()):
        p, counts = arrays["p"], arrays["attractors"]
        left.errorbar(p, counts.mean(1), counts.std(1), color=color, marker="o", capsize=3,
                      label=name)
        right.plot(p, arrays["sliding"].sum(1) / counts.sum(1), "o-", color=color, label=name)
    left.set(xlabel="points p with random labels", ylabel="attractors, mean and spread over tasks",
             title="All attractors of constant forces, any width")
    right.set(xlabel="points p with random labels", ylabel="share", ylim=(0, 1),
              title="On kinks, along which neurons slide")
    left.legend()
    return figure


def draw_counts(plt, parts):
    figure, row = plt.subplots(1, len(parts), figsize=(5 * len(parts), 4.8), squeeze=False)
    figure.suptitle("Attractors after training on the sphere task, mean over seeds")
    for axes, (name, arrays) in zip(row[0], parts.items()):
        sizes = arrays[name]
        for key, label, color, style in (
                ("at_start", "at the start", GRAY, "o-"), ("attractors", "trained", BLUE, "o-"),
                ("ternary", "trained, patterns +0-", PINK, "x--"),
                ("merged", "neurons after merging", GREEN, "s:"),
                ("effective", "effective number", ORANGE, "^-")):
            axes.plot(sizes, arrays[key].mean(0), style, color=color, label=label,
                      fillstyle="none" if key == "merged" else "full", markersize=8)
        if name in GUIDES:
            slope, label = GUIDES[name]
            first = arrays["attractors"][:, 0].mean()
            guide, = axes.plot(sizes, first * (sizes / sizes[0]) ** slope, ":", color="k")
            axes.legend([guide], [label], fontsize=9)
        axes.set(xscale="log", yscale="log", xlabel=LABELS[name], ylabel="attractors A")
        ticks_at(axes, sizes)
        plain = [count for count in (2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
                 if axes.get_ylim()[0] <= count <= axes.get_ylim()[1]]
        axes.set_yticks(plain, [str(count) for count in plain])
        axes.set_yticks([], minor=True)
    figure.legend(*row[0, -1].get_legend_handles_labels(), fontsize=9, ncols=5,
                  loc="outside lower center")
    return figure


def draw_mnist(plt, parts):
    figure, row = plt.subplots(1, 2, figsize=(12, 5.6))
    figure.suptitle("MNIST, 10 principal components, digits' parity: neurons at the end of "
                    "training, first two of z\nsize: |beta| |v|; color: attractor, gray where a "
                    "neuron is alone in its own")
    for axes, (name, arrays) in zip(row, parts.items()):
        vectors, beta, labels = (arrays[key][0] for key in ("vectors", "beta", "labels"))
        z, weight = places(vectors), weights(vectors, beta)
        shared = (labels >= 0) & (np.bincount(labels[labels >= 0])[labels] > 1)
        living = labels >= 0
        colors = plt.get_cmap("tab20")(labels % 20)
        colors[~shared] = (0.5, 0.5, 0.5, 1)
        axes.scatter(*z[living, :2].T, s=5 + 150 * weight[living] / weight.max(),
                     c=colors[living], alpha=0.6, linewidths=0)
        error, alone = arrays["errors"][0, 0], (living & ~shared).sum()
        axes.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), xlabel="z$_1$", ylabel="z$_2$",
                 title=f"{name}: A = {arrays['attractors'][0]} of {living.sum()} neurons, {alone} "
                       f"alone; error {error:.3f}")
    return figure
