"""Two tasks that experiments share, for the flow of a network with one output; y is -1 or 1."""
from functools import cache
from itertools import chain

import numpy as np

from npspectral import data
from npspectral.analysis.kernels import kernel_change, parameter_change, tangent_kernel
from npspectral.training import Limits, gradient_flow, settle

from .data import images, locked
from .progress import progress

LIMITS = Limits(max_gradient_change=1e-2)
N_FIXED = 200                           # test points that kernels are measured on
ESCAPED = np.nextafter(0.1, 1)          # t*: more than a tenth of the points have y F >= 1


def draw(task, d, seed, p, n_test):
    """x (p, d) and y (p, 1), then the same for testing: the stripe, or images in d components."""
    if task == "stripe":
        rng = np.random.default_rng(seed)
        return data.stripe(rng, p, d), data.stripe(rng, n_test, d)
    return of_seed(*components(task, d), seed, p, n_test)


def draw_whole(name, n_images, seed, p, n_test):
    """The same of whole images, among the first n_images for training."""
    return of_seed(*parity(np.random.default_rng(0), name, n_images), seed, p, n_test)


def of_seed(train_set, test_set, seed, p, n_test):
    """Seed s trains on rows s p to (s + 1) p; all have the same n_test to test on."""
    rows = slice(seed * p, (seed + 1) * p)
    return tuple(some[rows] for some in train_set), tuple(some[:n_test] for some in test_set)


@cache
def components(name, d):
    """Images as d whitened components of 20,000 training images, parity of the digit as y."""
    (x, y), (x_test, y_test) = parity(np.random.default_rng(0), name, 20_000)
    whiten = data.principal_components(x, d).whiten
    return locked(whiten(x), y), locked(whiten(x_test), y_test)


def parity(rng, name, n_images):
    """Images about the mean of the training ones, on a sphere, and parity of the digit as y."""
    (x, labels), (x_test, labels_test) = images(name, n_images, float)
    mean = x.mean(0)
    return data.parity_task(rng, x, labels, mean), data.parity_task(rng, x_test, labels_test, mean)


def error_of(outputs, y):
    """Share of points on the wrong side."""
    return float((outputs * y <= 0).mean())


def spaced(flow, y, max_steps, place=lambda record: record.step, after=lambda step: step + 1):
    """Records: each at after(place of the one before) or beyond, and that which ends training.

    Training ends where all points have y F >= 1, or after max_steps.
    """
    due = 0
    for record in flow:
        last = record.satisfied(y) == 1 or record.step >= max_steps
        if place(record) >= due or last:
            due = after(place(record))
            yield record
        if last:
            return


def escaped_and_last(flow, y, max_steps, fraction=1.0):
    """The records at t* and where that fraction has y F >= 1, or that of max_steps instead."""
    escaped = settle(flow, y, ESCAPED, max_steps=max_steps)
    return escaped, settle(chain([escaped], flow), y, fraction, max_steps=max_steps)


def ends_by_alpha(network, params, train_set, test_set, exponents, max_steps, label,
                  more=lambda record, kernel: {}):
    """Rows of what training leads to, one for each alpha = 10^exponent; more(record, K) adds to it.

    K is the tangent kernel on N_FIXED test points, whose change from the start is told.
    """
    (x, y), (x_test, y_test), fixed = train_set, test_set, test_set[0][:N_FIXED]
    before, rows = tangent_kernel(network, params, fixed), []
    for exponent in exponents:
        progress(f"{label}, alpha = 10^{exponent}")
        end = settle(gradient_flow(network, params, x, y, alpha=10.0 ** exponent, limits=LIMITS),
                     y, max_steps=max_steps)
        change = network.forward(end.params, x_test)[0] - network.forward(params, x_test)[0]
        kernel = tangent_kernel(network, end.params, fixed)
        rows.append({"error": error_of(change, y_test), "left": 1 - end.satisfied(y),
                     "parameters": parameter_change(end.params, params),
                     "kernel": kernel_change(kernel, before), **more(end, kernel)})
    return rows
