"""One training, its lambda, what f owes to x_perp, and its neurons."""
from dataclasses import dataclass

import numpy as np
from lab.curves import at_times, looked_at
from lab.neurons import weights
from lab.plan import stack
from lab.progress import told
from lab.tasks import ESCAPED

from npspectral import hinge, soft_hinge
from npspectral.analysis.neurons.compression import (amplification_by_component,
                                                     amplification_mean_square, amplification_total)
from npspectral.data import cylinder, stripe
from npspectral.nn import OneHidden
from npspectral.training import Limits, gradient_flow, settle

TASKS = {"stripe": (stripe, 1), "cylinder": (cylinder, 2)}      # and the relevant directions
LOSSES = {"hinge": hinge, "soft_hinge": soft_hinge}
CONVENTIONS = (amplification_by_component, amplification_mean_square, amplification_total)
FEATURE, LAZY = 1e-6, 1e6
TURNED = 3.0                            # lambda at the second moment shown
TIMES = np.geomspace(0.01, 100, 61)     # of curves, in units of t*
FACTOR = 1.2                            # between looks at a flow, in steps
N_PAIRS = 1000                          # of points with the same x_par and another x_perp
LIMITS = Limits(max_gradient_change=1e-3, floor=1e-2)


@dataclass(frozen=True)
class Case:
    """One training; it ends at t*, or with max_steps after so many steps or all points outside."""

    task: str
    d: int
    h: int
    p: int
    seed: int
    alpha: float = FEATURE
    loss: str = "soft_hinge"
    max_steps: int = 0


def training(case):
    """The FlowRecords of a case without end, its network, x and target."""
    rng, (draw, _) = np.random.default_rng(case.seed), TASKS[case.task]
    x, target = draw(rng, case.p, case.d)
    network = OneHidden(case.d, case.h)
    flow = gradient_flow(network, network.init(rng), x, target, loss=LOSSES[case.loss],
                         alpha=case.alpha, limits=LIMITS)
    label = f"{case.task}, alpha {case.alpha:g}, p {case.p}, seed {case.seed}"
    return told(flow, target, label), network, x, target


def factors(case, record):
    """lambda in all conventions, (3,)."""
    return np.array([convention(record.params["omega"], TASKS[case.task][1])
                     for convention in CONVENTIONS])


def across(values):
    """E var(f | x_par) / var f of values (2, n, 1) on pairs with one x_par; nan if f is 0."""
    first, second = values
    return ((first - second) ** 2).mean() / 2 / values.var() if values.any() else np.nan


def owed(case, network, start):
    """A function of a record: shares of the variance of f and of f - f_0 due to x_perp, (2,)."""
    pairs = np.random.default_rng([case.seed, 1]).standard_normal((2, N_PAIRS, case.d))
    pairs[1, :, :TASKS[case.task][1]] = pairs[0, :, :TASKS[case.task][1]]
    before, _ = network.forward(start.params, pairs)

    def shares(record):
        f, _ = network.forward(record.params, pairs)
        return np.array([across(f), across(f - before)])
    return shares


def everywhere(network, record, x):
    """Share of |beta| |v| in neurons that are active on every training point."""
    _, (_, _, active) = network.forward(record.params, x)
    omega, bias, beta = (record.params[name] for name in ("omega", "bias", "beta"))
    carried = weights(np.column_stack([omega, bias]), beta)
    return carried[active.all(0)].sum() / carried.sum()


def finish(case, records, target):
    """The record at t*, and the last one."""
    star = settle(records, target, ESCAPED, max_steps=np.inf)
    return star, settle(records, target, max_steps=case.max_steps) if case.max_steps else star


def measure(case):
    """lambda and what f owes to x_perp: at the start, at t*, at the end, and in time."""
    records, network, x, target = training(case)
    begin, seen = next(records), []
    shares = owed(case, network, begin)

    def look(record):
        return {"time": record.time, "factor": factors(case, record)[0], "owed": shares(record)}
    star, end = finish(case, looked_at(records, look, seen, FACTOR), target)
    moments = {"start": begin, "star": star, "end": end}
    return {**{name: factors(case, record) for name, record in moments.items()},
            **{f"owed_{name}": shares(record) for name, record in moments.items()},
            **at_times(TIMES, star.time, [*seen, look(end)]),
            "everywhere": everywhere(network, star, x), "escape_time": star.time,
            "left": 1 - end.satisfied(target), "steps": end.step}


def watch(case):
    """The neurons at the start, at lambda = TURNED, at t* and at the end."""
    records, _, x, target = training(case)
    moments = [next(records)]
    moments.append(next(record for record in records if factors(case, record)[0] >= TURNED
                        or record.satisfied(target) >= ESCAPED))
    moments += finish(case, records, target)
    return {"x": x, "target": target, **stack([
        {"moments": record.time, "at_moments": factors(case, record), **record.params}
        for record in moments])}
