"""What is claimed of learning curves, as rows of a table."""
from functools import partial

import numpy as np
from lab.table import Row

from npspectral.analysis.kernels.learning_curves import (crossing, crossing_interval,
                                                         exponent_interval, feature_exponent,
                                                         kernel_exponent, power_law)
from npspectral.analysis.neurons.compression import late_amplification
from npspectral.data.binary import STRIPE

from .parts import EVERY_POINT

METHODS = ("feature", "lazy", "SVC, initial kernel", "SVC, final kernel", "5-NN")
TRAINED = ("feature", "SVC, final kernel")
WITHIN = 0.15               # of theory, to pass
GUIDES = 1 / 2, 1 / 3       # slopes drawn beside the published curves of images


def theory(name, curves, method):
    """The exponent that is expected of a method, or None; for images that of the drawn guides."""
    if method == "5-NN":
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


def exponent_row(name, curves, method, within=np.inf):
    """The exponent of a method beside that of theory."""
    expected = theory(name, curves, method)
    exponent = power_law(curves["p"], errors_of(curves, method)).exponent
    if expected is None:
        return Row(name, f"exponent, {method}", "-", exponent)
    return Row(name, f"exponent, {method}", f"{expected:.3f}", exponent, expected - within,
               expected + within)


def exponents(name, curves):
    """Of each method its exponent, if no other row has it, and the interval over seeds."""
    rows, rng = [], np.random.default_rng(0)
    for method in METHODS:
        if method not in ("feature", "lazy"):
            rows.append(exponent_row(name, curves, method))
        if len(curves["errors"]) > 1:
            interval = exponent_interval(rng, curves["p"], errors_of(curves, method))
            rows.append(Row(name, f"exponent, {method}, 95 % over seeds", "-", interval))
    return rows


def judge_every_point(curves, before):
    """What changes if training goes on till no point is inside the margin: after / before."""
    same = np.isin(before["p"], curves["p"])

    def after_before(quantity, value):
        return Row(EVERY_POINT, f"{quantity}, after / before, each p", "-",
                   value(curves).mean(0) / value(before).mean(0)[same])
    return [*(after_before(method, partial(errors_of, method=method))
              for method in ("feature", "SVC, final kernel")),
            after_before("final amplification", lambda task: task["final_amplification"][:, :, 0]),
            Row(EVERY_POINT, "SVC, final kernel / feature, each p", "-",
                ratio(curves, "SVC, final kernel", "feature")), *progress_rows(EVERY_POINT, curves)]


def ratio(curves, first, second):
    """Mean error of the first method over that of the second, at each p."""
    return errors_of(curves, first).mean(0) / errors_of(curves, second).mean(0)


def judge_stripe(curves):
    rows = [Row("stripe", f"{first} / {second}, each p", "< 1", ratio(curves, first, second),
                high=1)
            for first, second in (("feature", "lazy"), ("feature", "SVC, initial kernel"),
                                  ("lazy", "5-NN"), ("SVC, initial kernel", "5-NN"),
                                  ("SVC, final kernel", "SVC, initial kernel"))]
    ratios = ratio(curves, "SVC, final kernel", "feature")
    return [*rows, *(exponent_row("stripe", curves, method, WITHIN)
                     for method in ("feature", "lazy")),
            Row("stripe", "SVC, final kernel / feature, each p", "about 1", ratios, 0.75, 1.25),
            Row("stripe", "SVC, final kernel / feature, mean over p", "about 1",
                np.exp(np.log(ratios).mean()))]


def compare(name, curves):
    """The same comparisons for other tasks, where they only inform, and p* with its interval."""
    rows = [Row(name, f"{first} / {second}, each p", "-", ratio(curves, first, second))
            for first, second in (("feature", "lazy"), ("SVC, final kernel", "feature"),
                                  ("SVC, initial kernel", "5-NN"))]
    rows += [exponent_row(name, curves, method) for method in ("feature", "lazy")]
    both = curves["p"], errors_of(curves, "feature"), errors_of(curves, "lazy")
    where = crossing(*both)
    if where is None:
        return rows
    ends = crossing_interval(np.random.default_rng(0), *both)
    return [*rows, Row(name, "p*, feature below lazy from there on", "-", where),
            Row(name, "ends of its 95 % interval", "-", ends)]


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
