"""The worker processes of benchmark.py: one library in each, asked over pipes; not run by hand.

A builder takes (case, learning_rate) and returns (run, result): run(n) makes n steps, waits for
the last one and returns its loss; result() gives the trained arrays by name, for the check that
all libraries do the same.
"""
import ctypes
import os
import pickle
import sys
import time
import traceback
from dataclasses import dataclass

import numpy as np

TRAINED = {"lambda_out": ("lambda_out",),
           "lambdas, bias": ("lambda_in", "lambda_out", "bias"),
           "all": ("lambda_in", "lambda_out", "phi", "bias")}
BETA1, BETA2, EPS = 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class Case:
    """What is measured: a network of these widths, at this batch size, with this much trained."""

    widths: tuple
    batch: int
    trained: str
    dtype: str = "float32"
    threads: int = 1
    benchmark: str = "step"

    @property
    def classifies(self):
        return self.widths[-1] == 10

    @property
    def label(self):
        return (f"{'-'.join(str(width) for width in self.widths)} batch {self.batch} "
                f"{self.trained} {self.dtype} {self.threads} thread{'s' * (self.threads > 1)}")


def problem(case):
    """The same start and batch for every library: a list of parameter dicts, x, target."""
    rng = np.random.default_rng(0)
    layers = []
    for n_in, n_out in zip(case.widths, case.widths[1:]):
        limit = (6 / (n_in + n_out)) ** 0.5
        layer = {"phi": rng.uniform(-limit, limit, (n_out, n_in)), "lambda_out": np.ones(n_out)}
        if case.trained != "lambda_out":
            layer |= {"lambda_in": rng.uniform(0.5, 1.5, n_in), "bias": np.zeros(n_out),
                      "lambda_out": rng.uniform(-0.5, 0.5, n_out)}
        layers.append({name: array.astype(case.dtype) for name, array in layer.items()})
    x = rng.normal(size=(case.batch, case.widths[0])).astype(case.dtype)
    if case.classifies:
        return layers, x, rng.integers(case.widths[-1], size=case.batch)
    return layers, x, rng.normal(size=(case.batch, case.widths[-1])).astype(case.dtype)


def split(case, layers):
    """(trained, frozen): two lists of dicts."""
    names = TRAINED[case.trained]
    return ([{name: layer[name] for name in layer if name in names} for layer in layers],
            [{name: layer[name] for name in layer if name not in names} for layer in layers])


def flat(layers):
    return {f"{position}/{name}": np.array(array)
            for position, layer in enumerate(layers) for name, array in sorted(layer.items())}


def npspectral_step(case, learning_rate):
    """npspectral.training.Step as it is."""
    from npspectral import Adam, Chain, ReLU, Spectral, mean_squared_error, softmax_cross_entropy
    from npspectral.nn import Constant
    from npspectral.training import Step
    params, x, target = problem(case)
    one_set = case.trained == "lambda_out"
    options = dict(lambda_in=0.0, lambda_out=Constant(1.0), bias=False) if one_set else {}
    layers = [Spectral(n_in, n_out, trainable=TRAINED[case.trained], **options)
              for n_in, n_out in zip(case.widths, case.widths[1:])]
    network = Chain(*[part for layer in layers for part in (layer, ReLU())][:-1])
    params = tuple(own for layer in params for own in (layer, {}))[:-1]
    loss = softmax_cross_entropy if case.classifies else mean_squared_error
    step = Step(network, params, loss, Adam(learning_rate, BETA1, BETA2, EPS))

    def run(n):
        for _ in range(n):
            value, _ = step(x, target)
        return float(value)

    return run, lambda: flat(split(case, step.params[::2])[0])


def products_step(case, learning_rate):
    """The matrix products of the step alone, into arrays that exist already."""
    layers, x, _ = problem(case)
    y = [x] + [np.ones((case.batch, width), case.dtype) for width in case.widths[1:]]
    todo = []
    for i, layer in enumerate(layers):
        phi, grad_y = layer["phi"], np.ones_like(y[i + 1])
        todo.append((y[i], phi.T, np.empty_like(grad_y)))
        if i > 0:
            todo.append((grad_y, phi, np.empty_like(y[i])))
        if case.trained != "lambda_out":                    # with one set, G = dL/dW is not needed
            todo.append((grad_y.T, y[i], np.empty_like(phi)))

    def run(n):
        for _ in range(n):
            for a, b, out in todo:
                np.matmul(a, b, out=out)
        return 0.0

    return run, dict


def torch_step(case, learning_rate, fused=False):
    """Eager PyTorch."""
    import torch
    from torch.nn import functional
    torch.set_num_threads(case.threads)
    layers, x, target = problem(case)
    x, target = torch.from_numpy(x), torch.from_numpy(target)
    layers = [{name: torch.from_numpy(array) for name, array in layer.items()} for layer in layers]
    trained, _ = split(case, layers)
    leaves = [tensor.requires_grad_() for layer in trained for tensor in layer.values()]
    optimizer = torch.optim.Adam(leaves, learning_rate, (BETA1, BETA2), EPS, fused=fused)
    loss = functional.cross_entropy if case.classifies else functional.mse_loss
    for layer in layers:
        layer.setdefault("lambda_in", torch.zeros(layer["phi"].shape[1], dtype=x.dtype))

    def step():
        y = x
        for i, layer in enumerate(layers):
            weight = (layer["lambda_in"] - layer["lambda_out"][:, None]) * layer["phi"]
            y = functional.linear(functional.relu(y) if i else y, weight, layer.get("bias"))
        value = loss(y, target)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return value

    def run(n):
        for _ in range(n):
            value = step()
        return value.item()

    return run, lambda: flat([{name: tensor.detach().numpy() for name, tensor in layer.items()}
                              for layer in trained])


def torch_fused_step(case, learning_rate):
    """Eager PyTorch, Adam in one fused kernel."""
    return torch_step(case, learning_rate, fused=True)


def jax_step(case, learning_rate):
    """JAX: the whole step compiled, old parameters donated, one wait at the end of many steps."""
    import jax
    jax.config.update("jax_enable_x64", case.dtype == "float64")
    layers, x, target = problem(case)
    trained, frozen, x, target = jax.device_put((*split(case, layers), x, target))
    moments = [jax.tree.map(jax.numpy.zeros_like, trained) for _ in range(2)]
    held = [(trained, *moments, jax.numpy.zeros((), case.dtype))]
    step = jax.jit(jax_program(jax, case, learning_rate), donate_argnums=0)

    def run(n):
        for _ in range(n):
            held[0], value = step(held[0], frozen, x, target)
        return float(jax.block_until_ready((value, held[0]))[0])

    return run, lambda: flat(held[0][0])


def jax_program(jax, case, learning_rate):
    """(trained, m, v, t), frozen, x, target -> the same after one step, and the loss."""
    def loss(trained, frozen, y, target):
        for i, layer in enumerate(frozen):
            layer = layer | trained[i]
            gap = layer.get("lambda_in", 0.0) - layer["lambda_out"][:, None]
            y = (jax.nn.relu(y) if i else y) @ (gap * layer["phi"]).T + layer.get("bias", 0.0)
        if not case.classifies:
            return ((y - target) ** 2).mean()
        log_p = jax.nn.log_softmax(y)
        return -jax.numpy.take_along_axis(log_p, target[:, None], 1).mean()

    def step(state, frozen, x, target):
        trained, m, v, t = state
        value, grads = jax.value_and_grad(loss)(trained, frozen, x, target)
        t = t + 1
        m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, grads)
        v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, grads)
        rate, root = learning_rate / (1 - BETA1 ** t), (1 - BETA2 ** t) ** -0.5
        trained = jax.tree.map(lambda theta, m, v: theta - rate * m / (v ** 0.5 * root + EPS),
                               trained, m, v)
        return (trained, m, v, t), value

    return step


BENCHMARKS = {"step": {"npspectral": npspectral_step, "products": products_step,
                       "torch": torch_step, "torch fused": torch_fused_step, "jax": jax_step}}


def check(builder, n, case, *options):
    """What n runs return, and the arrays after them."""
    run, result = builder(case, *options)
    return [run(1) for _ in range(n)], result()


def timed_block(run, n, threads):
    """Seconds per step over n steps after an untimed one, and the foreign load meanwhile."""
    run(max(1, n // 10))
    stat, cpu, wall = busy_seconds(), time.process_time(), time.perf_counter()
    run(n)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    foreign = 0.0 if stat is None else busy_seconds() - stat - cpu - 0.01 * threads
    if threads == 1:                                        # whatever took the processor from us
        foreign = max(foreign, wall - cpu)
    return wall / n, max(0.0, foreign) / (threads * wall)


def busy_seconds():
    """Processor seconds spent by anyone on the processors that this process may use."""
    try:
        mine = {f"cpu{number}" for number in os.sched_getaffinity(0)}
        with open("/proc/stat") as stat:
            rows = [line.split() for line in stat if line.split()[0] in mine]
    except (AttributeError, OSError):
        return None
    ticks = sum(int(field) for row in rows for field in row[1:4] + row[6:9])
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_growth(run):
    """Megabytes that one run needs beyond those in use before, its result included."""
    def kilobytes(name):
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(name))
    try:
        ctypes.CDLL(None).malloc_trim(0)                    # what is free does not count
        with open("/proc/self/clear_refs", "w") as reset:
            reset.write("5")
        before = kilobytes("VmRSS")
        run(1)
        return (kilobytes("VmHWM") - before) / 1024
    except (OSError, AttributeError):                       # only Linux tells
        return float("nan")


def serve(benchmarks, library, threads, requests, replies):
    """Answer (command, ...) until the pipe closes: ("check", n, case, options of the builder ...),
    ("build", case, options ...), ("time", seconds), ("once", case): build, the arrays of one run
    and the memory that it took."""
    run, n = None, 1
    while True:
        try:
            command, *rest = pickle.load(requests)
        except EOFError:
            return
        try:
            if command == "check":
                answer = check(benchmarks[rest[1].benchmark][library], *rest)
            elif command == "build":
                run, n, answer = None, 1, None
                run, _ = benchmarks[rest[0].benchmark][library](*rest)
            elif command == "once":
                run, n, answer = None, 1, None
                run, result = benchmarks[rest[0].benchmark][library](*rest)
                megabytes = peak_growth(run)
                answer = result(), megabytes
            else:
                answer = timed_block(run, n, threads)
                n = max(1, round(rest[0] / answer[0]))
        except Exception:
            answer = RuntimeError(traceback.format_exc())
        pickle.dump(answer, replies)
        replies.flush()


def main(benchmarks):
    library, threads = sys.argv[1], int(sys.argv[2])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-threads:])
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)                                           # what a library prints goes elsewhere
    serve(benchmarks, library, threads, sys.stdin.buffer, replies)


if __name__ == "__main__":
    main(BENCHMARKS)
