"""Runs: a training set learned by every method; a kernel of infinite width that classifies, fits.

That kernel is the tangent kernel of one hidden layer of ReLUs at the start, for h -> infinity.
"""
from dataclasses import dataclass
from functools import partial

import numpy as np
from lab.data import images
from lab.plan import stack
from lab.progress import progress, told
from lab.tasks import error_of, escaped_and_last

from npspectral import soft_hinge
from npspectral.analysis.clouds import nearest_neighbor_vote, nearest_neighbors
from npspectral.analysis.kernels import (distance_to_planes, distance_to_sphere, kernel_ridge,
                                         relu_tangent_kernel, support_vectors, tangent_kernel)
from npspectral.analysis.neurons import amplification_mean_square
from npspectral.data import cylinder, parity_task, sphere, stripe
from npspectral.data.binary import STRIPE, sphere_radius
from npspectral.nn import OneHidden, mean_field
from npspectral.training import Limits, gradient_flow, kernel_flow, settle

C = 1e6                     # of the machines, in units of 1 / mean of the kernel's diagonal
LIMITS = Limits(max_output_change=0.3, floor=1e-2)
KERNEL_LIMITS, KERNEL_STEPS = Limits(max_gradient_change=1e-2), 20_000
N_TEST, N_IMAGES = 10_000, 10_000
N_FIELD = 2000              # test points of `regress`


@dataclass(frozen=True)
class Task:
    """What is learned: handmade points, n_parallel of their d dimensions relevant, or images."""

    n_parallel: int | None = None       # None: images
    draw: object = None                 # None: images
    feature: float = 1e-6               # alpha of the two regimes
    lazy: float = 1e6
    sharpness: float = 20.0
    fraction: float = 0.95              # of the points beyond the margin, to stop


IMAGES = Task(feature=2e-3, sharpness=3.0)
TASKS = {"stripe": Task(1, stripe), "cylinder": Task(2, cylinder), "mnist": IMAGES,
         "digits": IMAGES}
INTERFACES = {"stripe": (stripe, lambda x: distance_to_planes(x, STRIPE)),
              "sphere": (sphere, lambda x: distance_to_sphere(x, sphere_radius(x.shape[1])))}


def draw(name, d, rng, p):
    """x, target for training and for the test; those of fewer p are the first of more."""
    task = TASKS[name]
    if task.draw is None:
        (x, labels), (x_test, labels_test) = images(name, N_IMAGES, float)
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


def kernels(network, params, x, x_test):
    """Tangent kernel of the training points, and between test and training; mean diagonal 1."""
    gram, cross = (tangent_kernel(network, params, points, x) for points in (x, x_test))
    scale = np.diag(gram).mean()
    return gram / scale, cross / scale


def machine(gram, cross, target, target_test):
    """Test error of a support vector machine without intercept.

    It minimizes |w|^2 / 2 + (C / 2) sum slack^2, which is the hard margin of the kernel + I / C. So
    it exists although kernels may be singular to rounding; where these are not, C is so large that
    it is the hard margin of the kernel itself.
    """
    solved = support_vectors(gram + np.eye(len(gram)) / C, target[:, 0], intercept=False,
                             tolerance=1e-6)
    return error_of(solved.decide(cross), target_test[:, 0])


def dynamics(task, gram, cross, target, target_test):
    """Of the flow with a frozen kernel, stopped as the network is: test error, share to go."""
    flow = kernel_flow(gram, target, loss=partial(soft_hinge, sharpness=task.sharpness),
                       limits=KERNEL_LIMITS)
    end = settle(flow, target, task.fraction, max_steps=KERNEL_STEPS)
    return error_of(cross @ end.params, target_test), 1 - end.satisfied(target)


def follow(name, d, widths, p, seed, max_steps):
    """All methods on one training set, as a dict of arrays; `widths` of the hidden layers."""
    task, rng = TASKS[name], np.random.default_rng(seed)
    network = OneHidden(d, *widths) if task.draw else mean_field(d, widths)
    start = network.init(rng)
    (x, target), (x_test, target_test) = draw(name, d, rng, p)
    label = f"{name}, p {p}, seed {seed}"
    before, ends, errors = network.forward(start, x_test)[0], [], []
    for alpha in (task.feature, task.lazy):
        ends.append(train(task, network, start, x, target, alpha, max_steps, label))
        after, _ = network.forward(ends[-1][1].params, x_test)
        errors.append(error_of(after - before, target_test))
    final, initial = (kernels(network, params, x, x_test) for params in (ends[0][1].params, start))
    moved = [dynamics(task, *kernel, target, target_test) for kernel in (final, initial)]
    vote = error_of(nearest_neighbor_vote(x, target[:, 0], x_test, 5), target_test[:, 0])
    errors += [error for error, _ in moved] + [machine(*initial, target, target_test), vote]
    left = [1 - last.satisfied(target) for _, last in ends] + [share for _, share in moved]
    return {"errors": errors, "left": left, **amplification(task, ends)}


def amplification(task, ends):
    """Of feature and lazy training, at t*; nothing for images."""
    if task.draw is None:
        return {}
    return {"amplification": [amplification_mean_square(escaped.params["omega"], task.n_parallel)
                              for escaped, _ in ends]}


def supports(name, d, sizes, seed):
    """Of the machine of infinite width, by p: error, number of supports, mean distances of these.

    between: from a support to the nearest other one; to_interface: to where the label changes.
    """
    progress(f"supports, {name}, d {d}, seed {seed}")
    rng, (points, distance), rows = np.random.default_rng(seed), INTERFACES[name], []
    (x_test, target_test), (x, target) = points(rng, N_TEST, d), points(rng, max(sizes), d)
    gram, cross = relu_tangent_kernel(x), relu_tangent_kernel(x_test, x)
    for p in sizes:
        solved = support_vectors(gram[:p, :p], target[:p, 0], intercept=False, tolerance=1e-6)
        near = x[solved.support]
        rows.append({"svc_error": error_of(solved.decide(cross[:, :p]), target_test[:, 0]),
                     "number": len(near), "to_interface": distance(near).mean(),
                     "between": nearest_neighbors(near, 1)[0].mean()})
    return stack(rows)


def regress(d, n_parallel, sizes, seed):
    """By p: the mean square error of regression by the kernel of infinite width, without ridge.

    Points are Gaussian; the target is a Gaussian random field of the first n_parallel coordinates,
    of covariance exp(-distance).
    """
    progress(f"regression, d {d}, {n_parallel} of them relevant, seed {seed}")
    rng, largest = np.random.default_rng(seed), max(sizes)
    x = rng.standard_normal((largest + N_FIELD, d))
    target = field(rng, x[:, :n_parallel])
    gram, cross = relu_tangent_kernel(x[:largest]), relu_tangent_kernel(x[largest:], x[:largest])
    wrong = [cross[:, :p] @ kernel_ridge(gram[:p, :p], target[:p], 0.0) - target[largest:]
             for p in sizes]
    return {"square": np.square(wrong).mean(1)}


def field(rng, x):
    """A Gaussian random field of covariance exp(-|x - x'|) at the rows of x, (n,)."""
    from scipy.spatial.distance import cdist
    return np.linalg.cholesky(np.exp(-cdist(x, x))) @ rng.standard_normal(len(x))
