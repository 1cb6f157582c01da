"""What is claimed of the sphere, as rows of a table."""
from functools import partial

import numpy as np
from lab.neurons import places, weights
from lab.table import Row

from npspectral.analysis.kernels import crossing, crossing_interval, kernel_exponent, power_law
from npspectral.data.binary import sphere_radius

from .parts import FREE

STAGES = ("start", "toward lazy", "feature, at t*", "feature, end")


def curves_of(result):
    """(kind, d) -> arrays of a curve."""
    names = {part: part.rpartition(", d = ") for part in result if part != "stages"}
    return {(kind, int(d)): result[part] for part, (kind, _, d) in names.items()}


def claims(result):
    return []


def checks(result):
    rows, curves = [], curves_of(result)
    for d in sorted({d for _, d in curves}):
        rows += judge_crossing(d, curves["lazy", d], curves["feature", d])
    for (kind, d), curve in curves.items():
        rows += [] if kind in FREE else judge_kind(d, kind, curve, curves["feature", d])
    left = np.concatenate([curve["left"].ravel() for curve in curves.values()])
    return [*rows, Row("curves", "points not learned, all networks", "0", left, high=0.01),
            *judge_stages(result["stages"])]


def star(d, lazy, feature):
    """p*, or None, and its bootstrap interval over seeds."""
    curves = feature["p"], feature["error"], lazy["error"]
    return crossing(*curves), crossing_interval(np.random.default_rng(d), *curves)


def judge_crossing(d, lazy, feature):
    row, p, published = partial(Row, f"d = {d}"), feature["p"], d == 10
    at, (low, high) = star(d, lazy, feature)
    interval = f"{low:.0f} to {high:.0f}" if high < np.inf else f"above {min(low, p[-1]):.0f}"
    last, ratio = p >= p[-1] / 16, lazy["error"] / feature["error"]
    return [row(f"{'p*' if at else 'no p*; largest p'} (95 %: {interval})",
                "exists" if published else "figure", at or p[-1]),
            row(f"lazy / feature error at p = {p[0]}", "below 1", ratio[:, 0], -np.inf, 1, False),
            row(f"lazy / feature error at p = {p[-1]}", "above 1" if published else "-",
                ratio[:, -1], 1 if published else -np.inf, np.inf, False),
            row("exponent of lazy, last p", f"{kernel_exponent(d):.3f} theory",
                power_law(p[last], lazy["error"][:, last]).exponent)]


def judge_kind(d, kind, curve, free):
    """Ratio to the error of free neurons with random biases, for every p of both."""
    published, high = ("below 1", 1) if kind.endswith("fixed") else ("-", np.inf)
    ratio = curve["error"] / free["error"][:, np.isin(free["p"], curve["p"])]
    return [Row(f"d = {d}", f"error, {kind} / free, p = {p}", published, values, high=high,
                every=False) for p, values in zip(curve["p"], ratio.T)]


def circle_scatter(z, share):
    """Root mean square distance of points z (h, 2) from their best circle, in parts of its radius.

    share (h,) weighs them and sums to 1. Best: least squares in |z|^2 = 2 center.z + constant.
    """
    root = np.sqrt(share)
    sides = np.column_stack((2 * z, np.ones(len(z)))) * root[:, None]
    *center, rest = np.linalg.lstsq(sides, root * (z * z).sum(1), rcond=None)[0]
    radius = np.sqrt(rest + np.dot(center, center))
    return float(np.sqrt(share @ (np.sqrt(((z - center) ** 2).sum(1)) - radius) ** 2) / radius)


def scatters(stages):
    """circle_scatter at all stages, of the neurons within the interface by |beta| |v|."""
    z, carried = places(stages["vectors"]), weights(stages["vectors"], stages["beta"])
    within = stages["living"] & ((z * z).sum(-1) < sphere_radius(2) ** 2)
    return [circle_scatter(at[inside], share[inside] / share[inside].sum())
            for at, inside, share in zip(z, within, carried)]


def judge_stages(stages):
    row, attractors, scatter = partial(Row, "stages"), stages["attractors"], scatters(stages)
    return [
        *(row(f"scatter about a circle, {name}", "-", at) for name, at in zip(STAGES, scatter)),
        row("scatter at t* / at the start", "a circle", scatter[2] / scatter[0], high=0.5),
        row("scatter at the end / at t*", "explodes", scatter[3] / scatter[2], low=2),
        row("attractors at the end / at the start", "few", attractors[3] / attractors[0], high=0.5)]
