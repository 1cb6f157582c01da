"""Figures: learning curves with p*, orientations, neurons at four stages, a flower, a line."""
from functools import partial

import numpy as np
from lab.neurons import places, weights
from lab.style import (FEATURE, LAZY, NEGATIVE, OTHER, POSITIVE, PUBLISHED, START, band, circle,
                       grid_of, log_ticks, one_legend, panels_of, power, square)
from matplotlib import colormaps

from npspectral.analysis.kernels.learning_curves import kernel_exponent
from npspectral.data.binary import sphere_radius
from npspectral.nn.scaled import RELU_GAIN

from .claims import END, STAGES, cosines, curves_of, stages_of, star, stars
from .claims import START as AT_START

LOOKS = {"lazy": (LAZY, "lazy", "o-"), "feature": (FEATURE, "feature", "o-"),
         "feature, fixed": (FEATURE, "feature, fixed orientations, b(0) = 0", "s--"),
         "feature, b(0) = 0": (OTHER, "feature, b(0) = 0", "^:")}
REACH = 1.5


def figures(result):
    curves, stages = curves_of(result), stages_of(result)
    return {"curves": partial(draw_curves, curves=curves),
            "p_star": partial(draw_stars, curves=curves),
            "turning": partial(draw_turning, lazy=result["turning, lazy"],
                               feature=result["turning, feature"]),
            "stages": partial(draw_stages, stages=stages),
            "attractors": partial(draw_attractors, stages=stages),
            "circle": partial(draw_circle, circle=result["circle"]),
            "flower": partial(draw_flower, flower=result["flower"]),
            "line": partial(draw_line, line=result["line"])}


def draw_curves(figure, curves):
    dims = sorted({d for _, d in curves})
    row = panels_of(figure, len(dims), 3.7, 3.7, "Sphere: test error, median and range over seeds\n"
                    "p*: below it lazy is better; shaded: its 95 % interval", sharey=True)
    for axes, d in zip(row, dims):
        for (kind, other), curve in curves.items():
            if other == d:
                band(axes, curve["p"], curve["error"], *LOOKS[kind], middle=np.median)
        p, errors = curves["lazy", d]["p"], np.median(curves["lazy", d]["error"], 0)
        at, interval = star(curves["lazy", d], curves["feature", d])
        axes.axvspan(*interval, color=START, alpha=0.4)
        power(axes, p, -kernel_exponent(d), (p[-1], errors[-1]), "slope by the theory of kernels",
              PUBLISHED)
        axes.set(xlabel="training points p",
                 title=f"d = {d}: p* " + (f"= {at:.0f}" if at < p[-1] else f"above {p[-1]}"))
        log_ticks(axes, x=p, y=[0.02, 0.05, 0.1, 0.2, 0.5])
        if axes in row[::3]:
            axes.set_ylabel("test error")
    one_legend(figure, "outside lower center", 2)


def draw_stars(figure, curves):
    axes, = panels_of(figure, 1, 5.2, 4.2, "Sphere: below p* the lazy regime is better")
    found = stars(curves)
    sizes = np.unique(np.concatenate([curve["p"] for curve in curves.values()]))
    for d, (at, interval) in found.items():
        axes.plot([d, d], interval, color=LAZY, linewidth=2)
        if at < curves["lazy", d]["p"][-1]:
            axes.plot(d, at, "o", color=LAZY, markersize=8)
        else:
            axes.annotate("above", (d, 1.1 * at), ha="center", va="bottom")
            axes.plot(d, at, "^", color=LAZY, markersize=10)
    axes.plot([], [], "o-", color=LAZY, label="p*, 95 % interval")
    axes.set(xlabel="input dimensions d", ylabel="training points p*",
             ylim=(sizes[0] / 1.5, 1.5 * sizes[-1]))
    log_ticks(axes, x=list(found), y=sizes)


def draw_turning(figure, lazy, feature):
    axes, = panels_of(figure, 1, 6, 4, "Sphere, d = 10: how far training turns the neurons' omega")
    bins = np.linspace(-1, 1, 41)
    for color, label, arrays in ((LAZY, "lazy", lazy), (FEATURE, "feature", feature)):
        values = cosines(arrays).ravel()
        axes.hist(values, bins, weights=np.full(len(values), 1 / len(values)), histtype="step",
                  linewidth=2, color=color, label=label)
    axes.set(xlabel="cosine of omega before and after training", ylabel="share of neurons")


def draw_stages(figure, stages):
    row = panels_of(figure, 4, 4.4, 4.4, "Sphere, d = 2: positions z of neurons; size: |beta| |v|; "
                    "dashed: the interface", columns=2)
    for i, (name, axes) in enumerate(zip(STAGES, row)):
        vectors, beta, labels = (stages[key][0, i] for key in ("vectors", "beta", "labels"))
        draw_neurons(axes, vectors, beta, labels)
        axes.set_title(f"({'ABCD'[i]}) {name}: A = {stages['attractors'][0, i]}")
    one_legend(figure, "outside lower center", 3)


def draw_circle(figure, circle):
    """Of the first seed; t* is enlarged."""
    row = panels_of(figure, 2, 4.4, 4.4, "Sphere, d = 2, many points: positions z of neurons in "
                    "the feature regime\nsize: |beta| |v|; dashed: the interface")
    for axes, stage, reach, name in zip(row, (0, 1), (REACH, REACH / 4), ("start", "t*, enlarged")):
        draw_neurons(axes, *(circle[key][0, stage] for key in ("vectors", "beta", "labels")))
        square(axes, reach, title=name)
    one_legend(figure, "outside lower center", 3)


def draw_neurons(axes, vectors, beta, labels):
    z, weight = places(vectors), weights(vectors, beta)
    size = 4 + 150 * weight / weight[labels >= 0].max()
    for some, color, label in ((labels < 0, START, "active on no point"),
                               ((labels >= 0) & (beta > 0), POSITIVE, "beta > 0"),
                               ((labels >= 0) & (beta < 0), NEGATIVE, "beta < 0")):
        axes.scatter(*z[some].T, s=np.where(labels < 0, 4, size)[some], color=color, alpha=0.7,
                     linewidths=0, label=label)
    interface(axes)


def interface(axes):
    circle(axes, sphere_radius(2), line="--", color=OTHER, linewidth=1.5)
    square(axes, REACH, xlabel="z$_1$", ylabel="z$_2$")


def draw_attractors(figure, stages):
    """The heaviest attractors in 20 colors, all others in one."""
    axes, = panels_of(figure, 1, 5.6, 5.6, "Sphere, d = 2: neurons at the end of training, feature "
                      "regime\ncolor: attractor, the 20 heaviest; size: |beta| |v|")
    vectors, beta, labels = (stages[key][0, -1] for key in ("vectors", "beta", "labels"))
    z, weight = places(vectors), weights(vectors, beta)
    heaviest = np.argsort(-np.bincount(labels[labels >= 0], weight[labels >= 0]))
    size = 10 + 200 * weight / weight.max()
    rest = ~np.isin(labels, heaviest[:20])
    axes.scatter(*z[rest].T, s=size[rest], color=START, linewidths=0)
    for color, label in zip(colormaps["tab20"].colors, heaviest[:20]):
        axes.scatter(*z[labels == label].T, s=size[labels == label], color=color, linewidths=0)
    interface(axes)


def draw_flower(figure, flower):
    """Of the first seed; the circles are those on which a data point switches a neuron on."""
    row = panels_of(figure, 3, 3.8, 4.2, f"Sphere, d = 2, {flower['x'].shape[1]} points: positions "
                    "z of neurons")
    for axes, stage, name in zip(row, (AT_START, END), STAGES):
        z = places(flower["vectors"][0, stage])
        axes.plot(*z.T, ".", color=LAZY if stage else START, markersize=4, alpha=0.7,
                  markeredgewidth=0)
        square(axes, REACH, xlabel="z$_1$", ylabel="z$_2$", title=name)
    for point in flower["x"][0]:
        circle(row[2], np.sqrt(point @ point) / 2, point / 2, color=OTHER, linewidth=1)
    square(row[2], REACH, xlabel="z$_1$", title="circles of the data points")


def draw_line(figure, line):
    """Terms of f beside f, of the first seed at the end of training."""
    panels = grid_of(figure, 2, 1, 7, 3, "One dimension: f bends at the neurons' z", sharex=True)
    (above,), (below,) = panels
    vectors, beta = line["vectors"][0, END], line["beta"][0, END]
    z, reach = places(vectors)[:, 0], 1.2 * np.abs(line["x"][0]).max()
    x = np.linspace(-reach, reach, 400)
    terms = beta[:, None] * np.maximum(vectors[:, :1] * x + vectors[:, 1:], 0)
    scale = RELU_GAIN / len(beta)
    start = line["beta"][0, AT_START] @ np.maximum(
        line["vectors"][0, AT_START, :, :1] * x + line["vectors"][0, AT_START, :, 1:], 0)
    f = scale * (terms.sum(0) - start)
    largest = np.abs(f).max()
    heavy = np.argsort(-weights(vectors, beta))[:6]
    for n in heavy:
        color = POSITIVE if beta[n] > 0 else NEGATIVE
        above.plot(x, scale * terms[n] / largest, color=color)
        above.plot(z[n], 0, "o", color=color)
    above.set_ylabel("six heaviest terms of f")
    below.plot(x, f / largest, color=FEATURE, label="f, in parts of the largest |f|")
    below.plot(z[heavy], np.interp(z[heavy], x, f) / largest, "o", color=FEATURE,
               label="z of these terms")
    below.plot(line["x"][0, :, 0], line["target"][0], "x", color=OTHER, label="data")
    below.set(xlabel="x", ylabel="f", xlim=(-reach, reach))
    one_legend(figure, "outside lower center", 3)
