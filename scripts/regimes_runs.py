"""The parts of regimes.py: what is trained, and what is measured on it."""
from dataclasses import dataclass
from functools import cache

import numpy as np
from experiment import images, locked, progress, stack

from npspectral import data, soft_hinge
from npspectral.analysis.kernels.regimes import kernel_change, linearized, parameter_change
from npspectral.analysis.kernels.tangent import tangent_kernel
from npspectral.nn import OneHidden, Softplus, mean_field
from npspectral.training import Limits, gradient_flow, kernel_flow, settle

D_STRIPE, D_MNIST = 5, 10
LIMITS = Limits(max_gradient_change=1e-2)
N_FIXED = 200                           # test points that the kernel's change is measured on
SOFTPLUS, SOFTPLUS_GAIN = Softplus(5.0), 1.4043834      # E[(gain softplus(z))^2] = 1, z ~ N(0, 1)
HUGE = 1e300                            # a limit that nothing reaches
APPROACHED = 0.7                        # `approach` looks when this fraction has margin 1


@dataclass(frozen=True)
class Setting:
    """What a mode runs; exponents: log10 of the alphas of `sweep` and of `approach`."""

    seeds: int
    p: dict
    widths: dict
    exponents: tuple
    approach: tuple
    scatter: tuple
    members: int
    n_test: int = 5000
    max_steps: int = 6000


def draw(task, seed, p, n_test):
    """x (p, d), y (p, 1), the same for testing; of MNIST seed s has rows s p to (s + 1) p."""
    if task == "stripe":
        rng = np.random.default_rng(seed)
        return *data.stripe(rng, p, D_STRIPE), *data.stripe(rng, n_test, D_STRIPE)
    x, y, x_test, y_test = mnist_parity()
    rows = slice(seed * p, (seed + 1) * p)
    return x[rows], y[rows], x_test[:n_test], y_test[:n_test]


@cache
def mnist_parity():
    """Images as 10 whitened components of 20,000 training images, parity of the digit as y."""
    rng = np.random.default_rng(0)
    (x, labels), (x_test, labels_test) = images("mnist", 20_000, float)
    mean = x.mean(0)
    x, y = data.parity_task(rng, x, labels, mean)
    x_test, y_test = data.parity_task(rng, x_test, labels_test, mean)
    components = data.principal_components(x, D_MNIST)
    return locked(components.whiten(x), y, components.whiten(x_test), y_test)


def start(network, width, seed):
    """First values: others for each seed and width, the same for every alpha."""
    return network.init(np.random.default_rng([seed, width]))


def test_error(outputs, y):
    return float((outputs * y <= 0).mean())


def sweep(task, width, seed, setting):
    """A row for each alpha: what the end of training looks like, and the kernel flow's error."""
    p = setting.p[task]
    x, y, x_test, y_test = draw(task, seed, p, setting.n_test)
    network = OneHidden(x.shape[1], width)
    params, fixed = start(network, width, seed), x_test[:N_FIXED]
    before, f_0 = tangent_kernel(network, params, fixed), network.forward(params, x_test)[0]
    rows = []
    for exponent in setting.exponents:
        progress(f"{task}, h = {width}, seed {seed}, alpha = 10^{exponent}")
        alpha = 10.0 ** exponent
        end = settle(gradient_flow(network, params, x, y, alpha=alpha, limits=LIMITS), y,
                     max_steps=setting.max_steps)
        f, _ = network.forward(end.params, x_test)
        rows.append({"error": test_error(f - f_0, y_test),
                     "parameters": parameter_change(end.params, params),
                     "kernel": kernel_change(tangent_kernel(network, end.params, fixed), before),
                     "left": 1 - end.satisfied(y), "steps": end.step, "rise": end.rise})
    outputs = frozen(network, params, x, y, x_test, setting)
    return {**stack(rows), "frozen_error": test_error(outputs, y_test)}


def frozen(network, params, x, y, x_test, setting):
    """F (n, 1) on x_test at the end of the flow with the frozen kernel; alpha is 1.

    Any other alpha only moves the unit of time: F depends on alpha t.
    """
    kernel = tangent_kernel(network, params, x)
    end = settle(kernel_flow(kernel, y), y, max_steps=setting.max_steps)
    return tangent_kernel(network, params, x_test, x) @ end.params


def approach(activation, width, seed, setting):
    """Relative rms of F - F' on test points, F' linearized and F' of the frozen kernel, by alpha.

    All at the moment alpha t when the kernel flow has APPROACHED of the points at margin 1.
    """
    x, y, x_test, _ = draw("stripe", seed, setting.p["stripe"], setting.n_test)
    network = (OneHidden(D_STRIPE, width) if activation == "relu"
               else mean_field(D_STRIPE, (width,), activation=SOFTPLUS, gain=SOFTPLUS_GAIN))
    params = start(network, width, seed)
    kernel, across = (tangent_kernel(network, params, x),
                      tangent_kernel(network, params, x_test, x))
    moment = settle(kernel_flow(kernel, y), y, APPROACHED).time
    f_0, rows = network.forward(params, x_test)[0], []
    for exponent in setting.approach:
        progress(f"{activation}, h = {width}, seed {seed}, alpha = 10^{exponent}")
        alpha = 10.0 ** exponent
        end, times = until(network, params, x, y, alpha, moment / alpha)
        outputs = alpha * (network.forward(end, x_test)[0] - f_0)
        linear = alpha * (linearized(network, params, end, x_test) - f_0)
        a = alpha * same_steps(kernel, y, alpha, times)
        rows.append({"linear": distance(linear, outputs), "frozen": distance(across @ a, outputs)})
    return stack(rows)


def until(network, params, x, y, alpha, moment):
    """Parameters at time `moment`, and the times of all steps to it."""
    times = []
    for record in gradient_flow(network, params, x, y, alpha=alpha,
                                limits=Limits(floor=1e-4, times=(moment,))):
        if record.step:
            times.append(record.time)
        if record.time == moment:
            return record.params, tuple(times)


def same_steps(kernel, y, alpha, times):
    """a (p, 1) of the kernel flow, at `times` and nowhere between: errors of the steps cancel."""
    limits = Limits(HUGE, HUGE, times=times, first_step=HUGE)
    for record in kernel_flow(kernel, y, alpha=alpha, limits=limits):
        if record.step == len(times):
            return record.params


def distance(outputs, reference):
    """Root mean square of the difference over that of the reference."""
    return float(np.linalg.norm(outputs - reference) / np.linalg.norm(reference))


def course(exponent, setting):
    """alpha t, loss of network and linearization on the way; the three's outputs at the end."""
    width = setting.widths["stripe"][1]
    x, y, x_test, _ = draw("stripe", 0, setting.p["stripe"], setting.n_test)
    network, alpha = OneHidden(D_STRIPE, width), 10.0 ** exponent
    params = start(network, width, 0)
    f_0, f_0_test = (network.forward(params, points)[0] for points in (x, x_test))
    rows, due = [], 0.0
    for record in gradient_flow(network, params, x, y, alpha=alpha, limits=LIMITS):
        last = record.satisfied(y) == 1 or record.step >= setting.max_steps
        if alpha * record.time >= due or last:
            due = max(1.0, 1.2 * alpha * record.time)
            linear = alpha * (linearized(network, params, record.params, x) - f_0)
            rows.append({"time": alpha * record.time, "network": record.loss,
                         "linear": float(soft_hinge(linear, y)[0])})
        if last:
            break
    outputs = alpha * (network.forward(record.params, x_test)[0] - f_0_test)
    linear = alpha * (linearized(network, params, record.params, x_test) - f_0_test)
    by_kernel = frozen(network, params, x, y, x_test, setting)
    return {**stack(rows), "outputs": np.hstack([outputs, linear, by_kernel])}


def kernel_course(setting):
    """alpha t and loss of the flow with the frozen kernel, of the same network as in `course`."""
    x, y, _, _ = draw("stripe", 0, setting.p["stripe"], 1)
    width = setting.widths["stripe"][1]
    network = OneHidden(D_STRIPE, width)
    kernel, rows = tangent_kernel(network, start(network, width, 0), x), []
    for record in kernel_flow(kernel, y):
        rows.append({"time": record.time, "loss": record.loss})
        if record.satisfied(y) == 1 or record.step >= setting.max_steps:
            return stack(rows)


def scatter(width, setting):
    """F (members, n) on test points of frozen kernels of networks that differ in their start."""
    x, y, x_test, _ = draw("stripe", 0, setting.p["stripe"], 1000)
    network = OneHidden(D_STRIPE, width)
    outputs = [frozen(network, start(network, width, member), x, y, x_test, setting)[:, 0]
               for member in range(setting.members)]
    progress(f"frozen kernels, h = {width}")
    return {"outputs": np.array(outputs)}
