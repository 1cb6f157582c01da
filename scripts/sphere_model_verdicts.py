"""What sphere_model.py claims, as rows of its table."""
import numpy as np
from experiment_table import Row

from npspectral.analysis.kernels.learning_curves import (crossing, crossing_interval,
                                                         kernel_exponent, power_law)
from npspectral.data.binary import sphere_radius

STAGES = ("start", "toward lazy", "feature, at t*", "feature, end")


def verdicts(curves, stages):
    """Rows of all that sphere_model.run gives."""
    rows = []
    for d in sorted({d for _, d in curves}):
        rows += judge_crossing(d, curves["lazy", d], curves["feature", d])
    for kind, d in curves:
        if kind not in ("lazy", "feature"):
            rows += judge_free(d, kind, curves[kind, d], curves["feature", d])
    left = np.concatenate([own["left"].ravel() for own in curves.values()])
    return [*rows, Row("curves", "points not learned, all networks", "0", left, high=0.01),
            *judge_stages(stages)]


def star(d, lazy, feature):
    """p*, or None, and its bootstrap interval over seeds."""
    p = feature["p"]
    rng = np.random.default_rng(d)
    return (crossing(p, feature["error"], lazy["error"]),
            crossing_interval(rng, p, feature["error"], lazy["error"]))


def judge_crossing(d, lazy, feature):
    part, p = f"d = {d}", feature["p"]
    at, (low, high) = star(d, lazy, feature)
    interval = f"{low:.0f} to {high:.0f}" if high < np.inf else f"above {min(low, p[-1]):.0f}"
    where = "p*" if at else "no p*; largest p"
    fit = power_law(p[p >= p[-1] / 16], lazy["error"][:, p >= p[-1] / 16])
    return [Row(part, f"{where} (95 %: {interval})", "exists" if d == 10 else "figure",
                np.array([at or p[-1]])),
            Row(part, f"lazy / feature error at p = {p[0]}", "below 1",
                lazy["error"][:, 0] / feature["error"][:, 0], high=1, every=False),
            Row(part, f"lazy / feature error at p = {p[-1]}", "above 1" if d == 10 else "-",
                lazy["error"][:, -1] / feature["error"][:, -1],
                low=1 if d == 10 else -np.inf, every=False),
            Row(part, "exponent of lazy, last p", f"{kernel_exponent(d):.3f} theory",
                np.array([fit.exponent]))]


def judge_free(d, kind, own, free):
    """Ratio to the error of free neurons with random biases, for every p of both."""
    return [Row(f"d = {d}", f"error, {kind} / free, p = {p}",
                "below 1" if kind.endswith("fixed") else "-",
                own["error"][:, column] / free["error"][:, list(free["p"]).index(p)],
                high=1 if kind.endswith("fixed") else np.inf, every=False)
            for column, p in enumerate(own["p"])]


def places(vectors):
    """z (h, 2)."""
    omega = vectors[:, :2]
    return -2 ** 0.5 * (vectors[:, 2] / (omega ** 2).sum(1))[:, None] * omega


def weights(vectors, beta, living):
    """|beta| |v| of living neurons in parts of their sum: what each contributes to f."""
    share = np.abs(beta) * np.sqrt((vectors ** 2).sum(1)) * living
    return share / share.sum()


def circle_scatter(z, share):
    """Root mean square distance of points z (h, 2) from their best circle, in parts of its radius.

    share (h,) weighs the points and sums to 1. The best circle is that of least squares in
    |z|^2 = 2 center.z + constant.
    """
    root = np.sqrt(share)
    sides = np.column_stack((2 * z, np.ones(len(z)))) * root[:, None]
    *center, rest = np.linalg.lstsq(sides, root * (z * z).sum(1), rcond=None)[0]
    radius = np.sqrt(rest + np.dot(center, center))
    return float(np.sqrt(share @ (np.sqrt(((z - center) ** 2).sum(1)) - radius) ** 2) / radius)


def scatters(stages):
    """circle_scatter at all stages, of the neurons within the interface by |beta| |v|."""
    found = []
    for vectors, beta, living in zip(stages["vectors"], stages["beta"], stages["living"]):
        z = places(vectors)
        within = living & ((z * z).sum(1) < sphere_radius(2) ** 2)
        found.append(circle_scatter(z[within], weights(vectors, beta, within)[within]))
    return found


def judge_stages(stages):
    rows = [Row("stages", f"attractors, {name}", "-", np.array([count]))
            for name, count in zip(STAGES, stages["attractors"])]
    found = scatters(stages)
    rows += [Row("stages", f"scatter about a circle, {name}", "-", np.array([value]))
             for name, value in zip(STAGES, found)]
    return rows + [Row("stages", "scatter at t* / at the start", "a circle",
                       np.array([found[2] / found[0]]), high=0.5),
                   Row("stages", "scatter at the end / at t*", "explodes",
                       np.array([found[3] / found[2]]), low=2),
                   Row("stages", "attractors at the end / at the start", "few",
                       np.array([stages["attractors"][3] / stages["attractors"][0]]), high=0.5)]
