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
    """x (p, d), y (p, 1), the same for testing; of images seed s has rows s p to (s + 1) p."""
    if task == "stripe":
        rng = np.random.default_rng(seed)
        return *data.stripe(rng, p, d), *data.stripe(rng, n_test, d)
    x, y, x_test, y_test = parity(task, d)
    rows = slice(seed * p, (seed + 1) * p)
    return x[rows], y[rows], x_test[:n_test], y_test[:n_test]


@cache
def parity(name, d):
    """Images as d whitened components of 20,000 training images, parity of the digit as y."""
    rng = np.random.default_rng(0)
    (x, labels), (x_test, labels_test) = images(name, 20_000, float)
    mean = x.mean(0)
    x, y = data.parity_task(rng, x, labels, mean)
    x_test, y_test = data.parity_task(rng, x_test, labels_test, mean)
    components = data.principal_components(x, d)
    return locked(components.whiten(x), y, components.whiten(x_test), y_test)


def error_of(outputs, y):
    """Share of points on the wrong side."""
    return float((outputs * y <= 0).mean())


def looked_at(flow, every, look, seen):
    """The records of a flow; look(record) of every so many steps is added to the list `seen`."""
    for record in flow:
        if record.step % every == 0:
            seen.append(look(record))
        yield record


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


def ends_by_alpha(network, params, train_set, test_set, exponents, max_steps, label, more):
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
                     "steps": end.step, "parameters": parameter_change(end.params, params),
                     "kernel": kernel_change(kernel, before), **more(end, kernel)})
    return rows
