"""One training, its lambda and its neurons."""
from dataclasses import dataclass

import numpy as np
from lab.plan import stack
from lab.progress import told
from lab.tasks import ESCAPED, looked_at

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
TURNED = 3.0                    # lambda at the second moment shown
EVERY = 10                      # steps between points of a curve
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
    """The FlowRecords of a case without end, and its x and target."""
    rng, (draw, _) = np.random.default_rng(case.seed), TASKS[case.task]
    x, target = draw(rng, case.p, case.d)
    network = OneHidden(case.d, case.h)
    flow = gradient_flow(network, network.init(rng), x, target, loss=LOSSES[case.loss],
                         alpha=case.alpha, limits=LIMITS)
    label = f"{case.task}, alpha {case.alpha:g}, p {case.p}, seed {case.seed}"
    return told(flow, target, label), x, target


def factors(case, record):
    """lambda in all conventions, (3,)."""
    return np.array([convention(record.params["omega"], TASKS[case.task][1])
                     for convention in CONVENTIONS])


def finish(case, records, target):
    """The record at t*, and the last one."""
    star = settle(records, target, ESCAPED, max_steps=np.inf)
    return star, settle(records, target, max_steps=case.max_steps) if case.max_steps else star


def measure(case):
    """lambda at the start, at t* and at the end, and how the flow went."""
    records, _, target = training(case)
    begin = next(records)
    star, end = finish(case, records, target)
    return {"start": factors(case, begin), "star": factors(case, star), "end": factors(case, end),
            "escape_time": star.time, "left": 1 - end.satisfied(target), "steps": end.step,
            "floor_steps": end.floor_steps, "rise": end.rise, "drift": end.drift}


def watch(case):
    """lambda along the way, and the neurons at the start, at lambda = TURNED, at t*, at the end."""
    records, x, target = training(case)
    moments, curve = [next(records)], []
    records = looked_at(records, EVERY, lambda record: {
        "times": record.time, "lambda": factors(case, record),
        "satisfied": record.satisfied(target)}, curve)
    moments.append(next(record for record in records if factors(case, record)[0] >= TURNED
                        or record.satisfied(target) >= ESCAPED))
    moments += finish(case, records, target)
    return {"x": x, "target": target, **stack(curve), **stack([
        {"moments": record.time, "at_moments": factors(case, record), **record.params}
        for record in moments])}
