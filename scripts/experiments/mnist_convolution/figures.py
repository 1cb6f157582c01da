"""Figures: error against p and alpha; the kernel, the clouds and their stability."""
from functools import partial

import numpy as np
from lab.style import (DENSE, FEATURE, LAZY, OTHER, PUBLISHED, START, against_p, band, grid_of,
                       one_legend, panels_of, power)

from .claims import (KINDS, METHODS, errors_of, errors_of_learned, learned, stability_of_learned,
                     swept)
from .parts import DEEP

LOOKS = dict(zip(METHODS, ((FEATURE, "o-", "network, feature"),
                           (FEATURE, "o--", "flow with the final kernel"),
                           (FEATURE, "v:", "SVC, final kernel"),
                           (LAZY, "s-", "lazy: flow with the initial kernel"),
                           (LAZY, "v:", "SVC, initial kernel"))))
STAGES = (START, "start"), (FEATURE, "after feature training")
NETWORKS = {**dict(zip(KINDS, ((OTHER, "o"), (DENSE, "s")))), DEEP: (OTHER, "D")}
NO_MNIST = " (not the published net)"       # behind the title, of the 8 x 8 digits


def figures(result):
    parts = {part: arrays for kind in KINDS for part, arrays in learned(result, kind)}
    return {"errors": partial(draw_errors, parts=parts),
            "alpha": partial(draw_alpha, parts=swept(result)),
            "kernel": partial(draw_kernel, parts=parts),
            "layers": partial(draw_layers, parts=parts),
            "stability": partial(draw_stability, parts=parts)}


def titled(part):
    """The part in words."""
    kind, name, *_ = part.split(", ")
    return f"{name}, {kind}" + NO_MNIST * (name != "mnist" and kind != KINDS[1])


def draw_errors(figure, parts):
    panels = panels_of(figure, len(parts), 5, 5, "Two networks learn whole images; dotted: "
                       "slopes -1/2 and -1/3, published as guides")
    for panel, (part, arrays) in zip(panels, parts.items()):
        p = arrays["p"]
        for method, (color, line, label) in LOOKS.items():
            errors = errors_of(arrays, method)
            band(panel, p, errors, color, label, line, markersize=5,
                 markerfacecolor=color if line in ("o-", "s-") else "none")
        if part.startswith(KINDS[0]):
            for method, slope in ((METHODS[0], -1 / 2), (METHODS[3], -1 / 3)):
                power(panel, p, slope, (p, errors_of(arrays, method).mean(0)), color=PUBLISHED)
        against_p(panel, p, titled(part))
    panels[0].set_ylabel(f"test error, mean and range of {len(errors)} seeds")
    one_legend(figure, "outside lower center", 2)


def draw_alpha(figure, parts):
    panels = panels_of(figure, 3, 4.6, 4.6, "From feature (left) to lazy (right) training, "
                       f"p = {parts[0][1]['size']}; mean and range of seeds" if parts else "")
    for part, arrays in parts:
        color, marker = NETWORKS[part.split(", ")[0]]
        for panel, name in zip(panels, ("error", "parameters", "kernel")):
            band(panel, 10 ** arrays["log_alpha"], arrays[name], color, titled(part),
                 f"{marker}-", markersize=5)
    for panel, title in zip(panels, ("test error", r"$|\theta - \theta_0| / |\theta_0|$",
                                     r"$|K - K_0| / |K_0|$")):
        panel.set(xscale="log", xlabel=r"$\alpha$", title=title)
    panels[0].set_ylim(0, None)
    for panel in panels[1:]:
        panel.set_yscale("log")
    one_legend(figure, "outside lower center", 2)


def draw_kernel(figure, parts):
    """Labels up to a rank, and information by rank, at the start and after feature training."""
    grid = grid_of(figure, 2, len(parts), 4.8, 3.6, "Eigenvectors of the tangent kernel and the "
                   "label", sharex=True)
    for column, (part, arrays) in zip(grid.T, parts.items()):
        information = arrays["information"][:, -1, :, 1]
        ranks = np.arange(1, information.shape[-1] + 1)
        known = np.cumsum(arrays["shares"][:, -1], -1)[..., :len(ranks)]
        for i, look in enumerate(STAGES):
            band(column[0], ranks, known[:, i], *look, ".-")
            band(column[1], ranks, information[:, i], *look, ".-")
        column[0].set(title=f"{titled(part)}\np = {arrays['p'][-1]}", ylim=(0, 1),
                      ylabel=r"labels up to rank r, $\sum\omega^2$")
        column[1].set(ylim=(-0.1, 1), xticks=(1, 5, 10, 15, 20),
                      xlabel="rank r of the eigenvector", ylabel=r"$I(\phi_r; y)$ in bits (Ross)")


def by_layer(axes, part, values, title):
    """Values (seeds, stages, layers) at the start and after feature training."""
    names = layer_names(values.shape[-1])
    for i, look in enumerate(STAGES):
        band(axes, np.arange(len(names)), values[:, i], *look, "o-", markersize=5)
    axes.set(title=titled(part), xlabel="layer", xticks=range(len(names)), xticklabels=names)
    axes.set_ylabel(title)


def layer_names(number):
    """Of the images, what the hidden layers give, for convolutions their mean, and the output."""
    hidden = [str(layer) for layer in range(1, number - 1)]
    if number > 4:
        hidden[-1] = "mean"
    return ["x", *hidden, "f"]


def draw_layers(figure, parts):
    panels = panels_of(figure, len(parts), 4.8, 4.2, "How many dimensions the cloud of images has, "
                       "layer by layer")
    for panel, (part, arrays) in zip(panels, parts.items()):
        by_layer(panel, part, arrays["dimension"][:, -1], "intrinsic dimension (two neighbors)")
        panel.set_ylim(0, None)


def draw_stability(figure, parts):
    """R by layer; and test errors of all that was learned against R."""
    panels = panels_of(figure, len(parts) + 1, 4.8, 4.4, "R: how much deformations matter, beside "
                       "noise of the same size")
    for panel, (part, arrays) in zip(panels, parts.items()):
        by_layer(panel, part, arrays["stability"][:, -1], "relative stability R")
        panel.axhline(1, color=PUBLISHED, linestyle=":", linewidth=1)
        panel.set_ylim(0, 1.05 * max(each["stability"][:, -1].max() for each in parts.values()))
        kind = part.split(", ")[0]
        color, marker = NETWORKS[kind]
        values, errors = (take(arrays).mean(0).T
                          for take in (stability_of_learned, errors_of_learned))
        for x, y, fill, regime in zip(values, errors, (color, "none"), ("feature", "lazy")):
            panels[-1].plot(x, y, f"{marker}-", color=color, markerfacecolor=fill,
                            label=f"{kind}, {regime}")
    panels[-1].set(xlabel="R of what was learned", ylabel="test error", xlim=(0, None),
                   ylim=(0, None), title="each line: p grows downwards")
    one_legend(figure, "outside lower center", 3)
