"""The runs; `size` is (d, p, n_test, max_steps), exponents are log10 of alpha.

Tasks: "stripe", a set of images reduced to d whitened principal components, or whole images of d
pixels, of which the name ends with WHOLE.
"""
import numpy as np
from lab.plan import stack
from lab.progress import progress
from lab.tasks import LIMITS, draw, draw_whole, ends_by_alpha, error_of, spaced

from npspectral import soft_hinge
from npspectral.analysis.kernels import linearized, tangent_kernel
from npspectral.nn import OneHidden, Softplus, mean_field
from npspectral.training import Limits, gradient_flow, kernel_flow, predict_flow, settle

WHOLE, N_IMAGES = ", whole", 10_000
N_SCATTER = 1000                        # test points of `scatter`
SOFTPLUS, SOFTPLUS_GAIN = Softplus(5.0), 1.4043834      # E[(gain softplus(z))^2] = 1, z ~ N(0, 1)
HUGE = 1e300                            # a limit that nothing reaches
APPROACHED = 0.7                        # by the kernel flow at margin 1 when `approach` looks


def prepare(task, width, seed, size, activation="relu"):
    """A network, its first params, the same for every alpha, x and y for training and the test."""
    d, p, n_test, _ = size
    network = (OneHidden(d, width) if activation == "relu"
               else mean_field(d, (width,), activation=SOFTPLUS, gain=SOFTPLUS_GAIN))
    params = network.init(np.random.default_rng([seed, width]))
    name = task.removesuffix(WHOLE)
    train_set, test_set = (draw_whole(name, N_IMAGES, seed, p, n_test) if name != task else
                           draw(task, d, seed, p, n_test))
    return network, params, *train_set, *test_set


def sweep(task, width, exponents, size, seed):
    """A row for each alpha: what the end of training looks like, and the kernel flow's error."""
    network, params, x, y, x_test, y_test = prepare(task, width, seed, size)
    rows = ends_by_alpha(network, params, (x, y), (x_test, y_test), exponents, size[-1],
                         f"{task}, h = {width}, seed {seed}")
    by_kernel = frozen(network, params, x, y, x_test, size[-1])
    return {**stack(rows), "frozen_error": error_of(by_kernel, y_test)}


def frozen(network, params, x, y, x_test, max_steps):
    """F (n, 1) on x_test at the end of the flow with the frozen kernel, the same for all alpha."""
    end = settle(kernel_flow(tangent_kernel(network, params, x), y), y, max_steps=max_steps)
    return tangent_kernel(network, params, x_test, x) @ end.params


def outputs(network, params, end, x, alpha):
    """F (n, 1) of the network that began at params, and of its linearization there."""
    f_0 = network.forward(params, x)[0]
    return (alpha * (network.forward(end, x)[0] - f_0),
            alpha * (linearized(network, end, params, x) - f_0))


def approach(activation, width, exponents, size, seed):
    """Relative rms of F - F' on test points by alpha; F': linearized, of the frozen kernel."""
    network, params, x, y, x_test, _ = prepare("stripe", width, seed, size, activation)
    kernel, across = (tangent_kernel(network, params, points, x) for points in (x, x_test))
    rows, moment = [], settle(kernel_flow(kernel, y), y, APPROACHED).time
    for exponent in exponents:
        progress(f"{activation}, h = {width}, seed {seed}, alpha = 10^{exponent}")
        alpha = 10.0 ** exponent
        end, times = until(network, params, x, y, alpha, moment / alpha)
        ours, linear = outputs(network, params, end, x_test, alpha)
        by_kernel = across @ (alpha * same_steps(kernel, y, alpha, times))
        rows.append({"linear": distance(linear, ours), "frozen": distance(by_kernel, ours)})
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


def course(exponent, width, size):
    """alpha t, loss of network and linearization on the way; the three's outputs at the end."""
    network, params, x, y, x_test, _ = prepare("stripe", width, 0, size)
    rows, alpha = [], 10.0 ** exponent
    flow = gradient_flow(network, params, x, y, alpha=alpha, limits=LIMITS)
    for record in spaced(flow, y, size[-1], lambda record: alpha * record.time,
                         lambda time: max(1.0, 1.2 * time)):
        _, linear = outputs(network, params, record.params, x, alpha)
        rows.append({"time": alpha * record.time, "network": record.loss,
                     "linearized": float(soft_hinge(linear, y)[0])})
    three = (*outputs(network, params, record.params, x_test, alpha),
             frozen(network, params, x, y, x_test, size[-1]))
    return {**stack(rows), "outputs": np.hstack(three)}


def kernel_course(width, size):
    """alpha t and loss of the flow with the frozen kernel, of the same network as in `course`."""
    network, params, x, y, *_ = prepare("stripe", width, 0, size)
    flow = kernel_flow(tangent_kernel(network, params, x), y)
    return stack([{"time": record.time, "loss": record.loss}
                  for record in spaced(flow, y, size[-1])])


def scatter(width, members, size, exponent=None):
    """F (members, n) on test points of networks that differ in their start, and their errors.

    They are trained at alpha = 10^exponent; without it their frozen kernels are, as if it were
    infinite.
    """
    progress(f"scatter, h = {width}")
    d, p, _, max_steps = size
    _, _, x, y, x_test, y_test = prepare("stripe", width, 0, (d, p, N_SCATTER, max_steps))
    functions = []
    for member in range(members):
        network, params, *_ = prepare("stripe", width, member, size)
        functions.append(frozen(network, params, x, y, x_test, max_steps) if exponent is None else
                         trained(network, params, x, y, x_test, 10.0 ** exponent, max_steps))
    return {"functions": np.array(functions)[:, :, 0],
            "errors": np.array([error_of(outputs, y_test) for outputs in functions])}


def trained(network, params, x, y, x_test, alpha, max_steps):
    """F (n, 1) on x_test at the end of the network's own flow."""
    flow = gradient_flow(network, params, x, y, alpha=alpha, limits=LIMITS)
    return predict_flow(network, settle(flow, y, max_steps=max_steps).params, params, x_test, alpha)
