"""What is published of attractors, judged; and checks of fields, maxima and networks."""
from functools import partial

import numpy as np
from lab.statistics import fitted
from lab.table import Claim, Row, slope

from npspectral.analysis.neurons import most_cells

TALK = "Petrini, talk"
LAW = "preliminary results suggest A ~ p sqrt(h) until they reach the saturation at A ~ h"
HEAVY = "A, heavy neurons"              # |beta| |v| above the first of CUTS of the largest
UNSATURATED = 0.25                      # A / h up to which A may be a power of p and h


def claims(result):
    images = images_of(result)
    return [*count_claims(result["grid"]), *network_claims(result["grid"]),
            sphere_claim(result["alpha, sphere"]), *(image_claims(*images) if images else [])]


def checks(result):
    stripe, images = result["alpha, stripe"], images_of(result)
    return [*judge_ends(result["ends"]), *judge_maxima(result), *judge_grid(result["grid"]),
            *judge_dimensions(result["dimensions"]), along_alpha("stripe", stripe, low=0.8),
            error_row("stripe", stripe, high=1), *(judge_images(*images) if images else [])]


def images_of(result):
    """Name of the image set, its arrays in the feature regime and in the lazy one; or None."""
    for part in result:
        name, _, regime = part.partition(", ")
        if regime == "feature":
            return name, result[part], result[f"{name}, lazy"]
    return None


def count_claims(grid):
    return [
        Claim("A grows as p", LAW, TALK, exponent_rows(grid, 0, 0.8, 1.2), "grid", "The talk names "
              "neither d nor sizes. Ours are fits over p and h at once where A <= h / 4. A counts "
              "all patterns, as published; below it those of neurons whose |beta| |v| is above "
              "1/1000 of the largest, as the others hardly grew. Drawn as A / h against "
              "p / sqrt(h), the talk's law with its saturation is one line."),
        Claim("A grows as sqrt(h)", LAW, TALK, exponent_rows(grid, 1, 0.4, 0.6), "grid",
              "The same fits as of p. Neither count has both powers of the law."),
        Claim("A saturates at h", LAW, TALK, saturation_rows(grid), "grid", "Told by the growth "
              "with h at the largest p; where A has saturated it is 1. At a smaller d it would "
              "take a larger p than the largest here.")]


def network_claims(grid):
    return [
        Claim("one neuron replaces an attractor", "such an attractor can be replaced by a single "
              "neuron without affecting f(x) on the training set", TALK, merging_rows(grid),
              "counts", "The talk's attractors do not tell the signs of beta apart. Neurons of one "
              "sign always merge into one; those of both signs sometimes need two."),
        Claim("finitely many neurons", "an infinitely wide net acts as a finite number of neurons, "
              "which form attractors", TALK, width_rows(grid), "counts", "Told by the growth with "
              "h of the number of directions that carry f, geometric mean over p.")]


def sphere_claim(alpha):
    return Claim(
        "attractors penalize the sphere", "in the sphere model, the appearance of attractors "
        "penalizes performance", TALK,
        [along_alpha("sphere", alpha, high=-0.8), error_row("sphere", alpha, low=1)], "alpha",
        "At one p, below the p* of the experiment sphere_model.")


def exponents(grid, i, counts):
    """(a, b) of log counts = a log p + b log h + c at the i-th d, where A is not yet saturated.

    counts (seed, p, h). nan if less than three sizes of p or of h are left.
    """
    free = grid["attractors"][:, i].mean(0) <= UNSATURATED * grid["h"]
    p, h = (np.log(sizes[free]) for sizes in np.meshgrid(grid["p"], grid["h"], indexing="ij"))
    if min(len(set(p)), len(set(h))) < 3:
        return np.full(2, np.nan)
    sides = np.column_stack((p, h, np.ones(len(p))))
    return np.linalg.lstsq(sides, np.log(counts.mean(0)[free]), rcond=None)[0][:2]


def exponent_rows(grid, which, low, high):
    """which: 0 of p, 1 of h."""
    rows, names = [], (("p", "1"), ("h", "1/2"))[which]
    for i, d in enumerate(grid["d"]):
        for name, counts in (("A", grid["attractors"]), (HEAVY, grid["weighted"][..., 0])):
            def of_seeds(counts, i=i):
                return exponents(grid, i, counts)[which]
            if np.isfinite(of_seeds(counts[:, i])):
                rows.append(fitted(f"d = {d}", f"exponent in {names[0]} of {name}", names[1],
                                   of_seeds, [counts[:, i]], low, high))
    return rows


def in_h(grid, counts):
    """Exponent in h of counts (seed, ..., h), geometric mean over all other sizes."""
    means = np.log(counts.mean(0)).reshape(-1, len(grid["h"])).mean(0)
    return slope(np.log(grid["h"]), means)


def saturation_rows(grid):
    return [fitted(f"d = {d}", f"exponent in h of A, p = {grid['p'][-1]}", "1",
                   partial(in_h, grid), [grid["attractors"][:, i, -1]], 0.8, 1.2)
            for i, d in enumerate(grid["d"])]


def width_rows(grid):
    return [fitted(f"d = {d}", "exponent in h of the number of directions", "0",
                   partial(in_h, grid), [grid["directions"][:, i]], high=0.2)
            for i, d in enumerate(grid["d"])]


def merging_rows(grid):
    networks = {"over": "networks"}
    return [Row("grid", "change of f on the training set, merged", "0", grid["change"].ravel(),
                high=1e-14, exact=True, **networks),
            Row("grid", "patterns that one neuron cannot replace", "0", grid["two"].ravel(),
                high=0, **networks)]


def along_alpha(task, arrays, **bounds):
    """Rank correlation of the number of directions with the test error, over alpha."""
    values = [ranks(some) @ ranks(errors)
              for some, errors in zip(arrays["directions"], arrays["errors"][..., 0])]
    return Row(f"alpha, {task}", "rank correlation: directions, test error", "-", values,
               every=False, **bounds)


def ranks(values):
    """Ranks of values (n,), of mean 0 and length 1."""
    order = np.argsort(np.argsort(values)) - (len(values) - 1) / 2
    return order / np.sqrt((order ** 2).sum())


def error_row(task, arrays, **bounds):
    errors = arrays["errors"][..., 0]
    return Row(f"alpha, {task}", "test error, feature / lazy", "-", errors[:, 0] / errors[:, -1],
               **bounds)


def image_claims(name, feature, lazy):
    """At the largest p."""
    p, more = feature["p"][-1], (feature["errors"] - lazy["errors"])[:, -1, 0]
    few = (feature["directions"] / lazy["directions"])[:, -1]
    return [
        Claim("images: sparse in z space", "10-PCA MNIST: we observe the same kind of "
              "sparsification in z space", TALK,
              [Row(name, f"directions, feature / lazy, p = {p}", "few", few, high=0.5)],
              "images", "By directions, as one sees them in z space. By patterns most neurons stay "
              "alone, with the cut of weights, too: so many points tell near directions apart."),
        Claim("images: sparse, not worse", "sparsification does not seem to be detrimental "
              "(feature > lazy)", TALK,
              [Row(name, f"test error, feature less lazy, p = {p}", "below 0", more, high=0,
                   every=False)],
              "images", "The talk does not name its p; at a small p lazy is better here, too.")]


def judge_images(name, feature, lazy):
    rows = []
    for i, p in enumerate(feature["p"]):
        part = f"{name}, p = {p}"
        rows += [Row(name, f"test error, feature less lazy, p = {p}", "-",
                     (feature["errors"] - lazy["errors"])[:, i, 0]),
                 Row(part, "A / living neurons, feature", "-", feature["attractors"][:, i]
                     / ((1 - feature["dead"][:, i]) * feature["beta"].shape[-1])),
                 Row(part, f"{HEAVY} / heavy neurons, feature", "-",
                     feature["weighted"][:, i, 0] / feature["heavy"][:, i, 0]),
                 Row(part, "change of f on the training set, merged", "0", feature["change"][:, i],
                     high=1e-14, exact=True)]
    return rows


def judge_ends(ends):
    """Neurons end at maxima of psi; those within a cell are the fixed points of dz/dt it holds."""
    row = partial(Row, "ends", over="tasks")
    return [row("cells / the number in general position", "1", ends["cells"] / most_cells(
                6, 2), low=1, high=1, exact=True),
            row("cells that hold their own fixed point of dz/dt", "-", ends["holding"]),
            row("the same, less maxima within cells", "0", ends["holding"] - ends["within"],
                low=0, high=0, exact=True),
            row("maxima on kinks / maxima", "-", 1 - ends["within"] / ends["maxima"]),
            row("neurons that die or shrink", "-", 1 - ends["growing"]),
            row("growing neurons that reached a maximum", "1", ends["arrived"], low=0.95,
                every=False),
            row("growing neurons at a fixed point within a cell", "-", ends["at_fixed_point"])]


def judge_maxima(result):
    rows = []
    for part in (part for part in result if part.startswith("maxima")):
        p, attractors, sliding = (result[part][name] for name in ("p", "attractors", "sliding"))
        rows += [Row(part, f"maxima for p = {p[-1]} random labels", "-", attractors[-1],
                     over="tasks"),
                 Row(part, "share of them on kinks", "-", sliding.sum() / attractors.sum()),
                 Row(part, "exponent in p", "-", slope(np.log(p), np.log(attractors.mean(1))))]
    return rows


def judge_grid(grid):
    row, learned = partial(Row, "grid", over="networks"), grid["left"] == 0
    return [row("A / A at the start", "-", (grid["attractors"] / grid["at_start"]).ravel(), high=1),
            row("points not learned, of those that a neuron is active on", "0",
                (grid["left"] - grid["unseen"]).ravel(), high=0, every=False),
            row("merged: test error less the network's", "-",
                np.diff(grid["errors"]).ravel()),
            row("networks that lost all neurons on some points", "-", (~learned).sum()),
            row("drift of what the exact flow conserves, all others", "0", grid["drift"][learned],
                high=0.05),
            *collapse_rows(grid)]


def collapse_rows(grid):
    """By how much A / h differs between widths at one p / sqrt(h), where the law wants none."""
    share, rows = grid["attractors"].mean(0) / grid["h"], []
    place = np.round(np.log(grid["p"][:, None] / np.sqrt(grid["h"])), 9)
    for d, values in zip(grid["d"], share):
        same = [values[place == one] for one in np.unique(place) if (place == one).sum() > 1]
        if same:
            rows.append(Row(f"d = {d}", "A / h at one p / sqrt(h): most / least of the widths", "1",
                            [some.max() / some.min() for some in same], over="places"))
    return rows


def judge_dimensions(dimensions):
    return [Row("dimensions", f"A, d = {d}", "-", counts)
            for d, counts in zip(dimensions["d"], dimensions["attractors"].T)]
