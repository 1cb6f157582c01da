"""What is claimed of learning curves, as rows of a table."""
from functools import partial

import numpy as np
from lab.table import Row

from npspectral.analysis.kernels import (crossing, crossing_interval, exponent_interval,
                                         feature_exponent, kernel_exponent, power_law)
from npspectral.analysis.neurons import late_amplification
from npspectral.data.binary import STRIPE

from .parts import EVERY_POINT

METHODS = FEATURE, LAZY, INITIAL, FINAL, NEAREST = (
    "feature", "lazy", "SVC, initial kernel", "SVC, final kernel", "5-NN")
TRAINED = (FEATURE, FINAL)
WITHIN = 0.15               # of theory, to pass
GUIDES = 1 / 2, 1 / 3       # slopes drawn beside the published curves of images


def theory(name, curves, method):
    """The exponent that is expected of a method, or None; for images that of the drawn guides."""
    if method == NEAREST:
        return None
    if name == "mnist":
        return GUIDES[0 if method in TRAINED else 1]
    d, n_parallel = int(curves["d"]), int(curves["n_parallel"])
    return feature_exponent(d, n_parallel) if method in TRAINED else kernel_exponent(d)


def errors_of(curves, method):
    """Test errors (seeds, sizes) of a method."""
    return curves["errors"][:, :, METHODS.index(method)]


def claims(result):
    rows = []
    for name, curves in result.items():
        if name == EVERY_POINT:
            rows += judge_every_point(curves, result["stripe"])
            continue
        rows += judge_stripe(curves) if name == "stripe" else compare(name, curves)
        rows += exponents(name, curves) + progress_rows(name, curves)
        if "amplification" in curves:
            rows += judge_amplification(name, curves)
        if "distances" in curves:
            rows += judge_distances(name, curves)
    return rows


def ratio_row(name, curves, first, second, published="-", *bounds):
    """Mean error of the first method over that of the second, at each p."""
    ratio = errors_of(curves, first).mean(0) / errors_of(curves, second).mean(0)
    return Row(name, f"{first} / {second}, each p", published, ratio, *bounds)


def exponent_row(name, curves, method, within=np.inf):
    """The exponent of a method beside that of theory."""
    expected = theory(name, curves, method)
    row = partial(Row, name, f"exponent, {method}",
                  values=power_law(curves["p"], errors_of(curves, method)).exponent)
    return row("-") if expected is None else row(f"{expected:.3f}", low=expected - within,
                                                 high=expected + within)


def exponents(name, curves):
    """Of each method its exponent, if no other row has it, and the interval over seeds."""
    rows, rng = [], np.random.default_rng(0)
    for method in METHODS:
        if method not in (FEATURE, LAZY):
            rows.append(exponent_row(name, curves, method))
        if len(curves["errors"]) > 1:
            rows.append(Row(name, f"exponent, {method}, 95 % over seeds", "-",
                            exponent_interval(rng, curves["p"], errors_of(curves, method))))
    return rows


def judge_every_point(curves, before):
    """What changes if training goes on till no point is inside the margin: after / before."""
    same = np.isin(before["p"], curves["p"])
    asked = {method: partial(errors_of, method=method) for method in TRAINED}
    asked["final amplification"] = lambda task: task["final_amplification"][:, :, 0]
    return [*(Row(EVERY_POINT, f"{quantity}, after / before, each p", "-",
                  value(curves).mean(0) / value(before).mean(0)[same])
              for quantity, value in asked.items()),
            ratio_row(EVERY_POINT, curves, FINAL, FEATURE), *progress_rows(EVERY_POINT, curves)]


def judge_stripe(curves):
    less = ((FEATURE, LAZY), (FEATURE, INITIAL), (LAZY, NEAREST), (INITIAL, NEAREST),
            (FINAL, INITIAL))
    ratios = ratio_row("stripe", curves, FINAL, FEATURE, "about 1", 0.75, 1.25)
    return [*(ratio_row("stripe", curves, *pair, "< 1", -np.inf, 1) for pair in less),
            *(exponent_row("stripe", curves, method, WITHIN) for method in (FEATURE, LAZY)),
            ratios, Row("stripe", "SVC, final kernel / feature, mean over p", "about 1",
                        np.exp(np.log(ratios.values).mean()))]


def compare(name, curves):
    """The same comparisons for other tasks, where they only inform, and p* with its interval."""
    rows = [ratio_row(name, curves, *pair)
            for pair in ((FEATURE, LAZY), (FINAL, FEATURE), (INITIAL, NEAREST))]
    rows += [exponent_row(name, curves, method) for method in (FEATURE, LAZY)]
    both = curves["p"], errors_of(curves, FEATURE), errors_of(curves, LAZY)
    where = crossing(*both)
    if where is None:
        return rows
    return [*rows, Row(name, "p*, feature below lazy from there on", "-", where),
            Row(name, "ends of its 95 % interval", "-",
                crossing_interval(np.random.default_rng(0), *both))]


def progress_rows(name, curves):
    """How far training came: points that were still inside the margin when it was stopped."""
    return [Row(name, f"share of points to go, {method}, each p", "0", left)
            for method, left in zip(METHODS, curves["left"].mean(0).T)]


def judge_amplification(name, curves):
    """lambda* against p, a mean over seeds."""
    feature, lazy = curves["amplification"].mean(0).T
    expected = ("0.5", 0.4, 0.7) if name == "stripe" else ("0.25", -np.inf, np.inf)
    late = [late_amplification(p, STRIPE) for p in curves["p"]]
    rows = [Row(name, "exponent of lambda* against p", expected[0],
                -power_law(curves["p"], feature).exponent, *expected[1:]),
            Row(name, "lambda* of lazy training, each p", "1", lazy, 0.8, 1.2),
            Row(name, "lambda* / 0.368 sqrt(p), each p", "1", feature / late)]
    return rows if name == "stripe" else rows[:2]


def judge_distances(name, curves):
    return [Row(name, f"exponent of the distance of supports, {kernel}", published,
                power_law(curves["p"], distances).exponent)
            for kernel, published, distances in zip(
                ("initial", "final"), (f"{1 / curves['d']:.3f}", "-"),
                np.moveaxis(curves["distances"], -1, 0))]
