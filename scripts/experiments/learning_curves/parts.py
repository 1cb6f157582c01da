"""A run: one training set, learned by every method."""
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from lab.data import images
from lab.plan import stack
from lab.progress import told
from lab.tasks import error_of, escaped_and_last

from npspectral import soft_hinge
from npspectral.analysis.clouds import nearest_neighbor_vote
from npspectral.analysis.kernels import (distance_to_planes, distance_to_sphere, support_vectors,
                                         tangent_kernel)
from npspectral.analysis.neurons import amplification_mean_square
from npspectral.data import cylinder, parity_task, sphere, stripe
from npspectral.data.binary import STRIPE, cylinder_radius, sphere_radius
from npspectral.nn import OneHidden, mean_field
from npspectral.training import Limits, gradient_flow

C = 1e6                     # of the machines, in units of 1 / mean of the kernel's diagonal
LIMITS = Limits(max_output_change=0.3, floor=1e-2)
N_TEST, N_IMAGES = 10_000, 10_000
EVERY_POINT = "stripe, every point"     # trained until no point is inside the margin


@dataclass(frozen=True)
class Task:
    """What is learned: handmade points, n_parallel of their d dimensions relevant, or images."""

    n_parallel: int | None = None       # None: all of them
    draw: object = None                 # None: images
    distance: object = None             # of points to the interface, given d
    feature: float = 1e-6               # alpha of the two regimes
    lazy: float = 1e6
    sharpness: float = 20.0
    fraction: float = 0.95              # of the points beyond the margin, to stop


STRIPES = Task(1, stripe, lambda x, d: distance_to_planes(x, STRIPE))
TASKS = {"stripe": STRIPES,
         "cylinder": Task(2, cylinder, lambda x, d: distance_to_sphere(x, cylinder_radius(2), 2)),
         "sphere": Task(None, sphere, lambda x, d: distance_to_sphere(x, sphere_radius(d), d)),
         "mnist": Task(feature=2e-3, sharpness=3.0), EVERY_POINT: replace(STRIPES, fraction=1.0)}


def draw(name, d, rng, p):
    """x, target for training and for the test; those of fewer p are the first of more."""
    task = TASKS[name]
    if task.draw is None:
        (x, labels), (x_test, labels_test) = images("mnist", N_IMAGES, float)
        test_set = parity_task(rng, x_test, labels_test, x.mean(0))
        train_set = parity_task(rng, x, labels)
    else:
        test_set, train_set = task.draw(rng, N_TEST, d), task.draw(rng, p, d)
    return tuple(array[:p] for array in train_set), test_set


def train(task, network, params, x, target, alpha, max_steps, label):
    """The records at t* and at the end of the flow."""
    flow = gradient_flow(network, params, x, target, alpha=alpha, limits=LIMITS,
                         loss=partial(soft_hinge, sharpness=task.sharpness))
    return escaped_and_last(told(flow, target, label), target, max_steps, task.fraction)


def machine(network, params, train_set, test_set):
    """Test error of a support vector machine without intercept, and its support vectors.

    It minimizes |w|^2 / 2 + (C / 2) sum slack^2, which is the hard margin of the kernel + I / C. So
    it exists although final kernels are singular to rounding; where these are not, C is so large
    that it is the hard margin of the kernel itself.
    """
    (x, target), (x_test, target_test) = train_set, test_set
    gram, cross = (tangent_kernel(network, params, points, x) for points in (x, x_test))
    scale = np.diag(gram).mean()
    solved = support_vectors(gram / scale + np.eye(len(x)) / C, target[:, 0], intercept=False,
                             tolerance=1e-6)
    return error_of(solved.decide(cross / scale), target_test[:, 0]), solved.support


def follow(name, d, widths, p, seed, max_steps):
    """All methods on one training set, as a dict of arrays; `widths` of the hidden layers."""
    task, rng = TASKS[name], np.random.default_rng(seed)
    network = OneHidden(d, *widths) if task.draw else mean_field(d, widths)
    start = network.init(rng)
    (x, target), (x_test, target_test) = sets = draw(name, d, rng, p)
    label = f"{name}, p {p}, seed {seed}"
    before, ends, errors = network.forward(start, x_test)[0], [], []
    for alpha in (task.feature, task.lazy):
        ends.append(train(task, network, start, x, target, alpha, max_steps, label))
        after, _ = network.forward(ends[-1][1].params, x_test)
        errors.append(error_of(after - before, target_test))
    initial, first = machine(network, start, *sets)
    final, second = machine(network, ends[0][1].params, *sets)
    vote = error_of(nearest_neighbor_vote(x, target[:, 0], x_test, 5), target_test[:, 0])
    rows = [{"left": 1 - last.satisfied(target), "steps": last.step,
             "floor_steps": last.floor_steps, "escape_times": escaped.time}
            for escaped, last in ends]
    return {"errors": [*errors, initial, final, vote], **stack(rows),
            **(geometry(task, x, ends, (first, second)) if task.draw else {})}


def geometry(task, x, ends, supports):
    """Amplification at t* and at the end; mean distances of supports and of all points."""
    d = x.shape[1]
    arrays = {"distances": [task.distance(x[rows], d).mean() for rows in supports],
              "distance_of_all": task.distance(x, d).mean()}
    if task.n_parallel:
        arrays["amplification"], arrays["final_amplification"] = np.array([
            [amplification_mean_square(record.params["omega"], task.n_parallel) for record in end]
            for end in ends]).T
    return arrays
