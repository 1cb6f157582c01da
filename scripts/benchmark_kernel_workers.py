"""The worker processes of benchmark_kernels.py for networks: tangent kernels and gradient flow.

A builder takes a case and returns (run, result): run(n) does the work n times and waits for it,
result() gives what came out the last time, for the check that all libraries do the same. All make
their inputs from `problem`, in float64. Nothing here needs npspectral but its own builders: peers
may run in a Python of their own.
"""
from dataclasses import dataclass, replace

import benchmark_complex_workers as complex_recurrent
import benchmark_machine_workers as machines
import benchmark_recurrent_workers as recurrent
import numpy as np
from benchmark_machine_workers import repeated
from benchmark_workers import main

GAIN = 2 ** 0.5
RATE, CHECKED_STEPS = 1.0, 20               # of the flow: Euler steps of this size
SAMPLE = 500_000                            # entries of a kernel that the check looks at


@dataclass(frozen=True)
class Case:
    """p samples; widths (d, ..., outputs) of a network; depth; C of support vectors."""

    benchmark: str
    p: int
    widths: tuple = ()
    depth: int = 0
    bound: float = 0.0
    threads: int = 1

    @property
    def small(self):
        """The same with few samples and neurons, to get imports and first allocations done."""
        widths = tuple(min(width, 20) for width in self.widths)
        return replace(self, p=min(self.p, 100), widths=widths)

    @property
    def label(self):
        net = "-".join(str(width) for width in self.widths)
        more = (f" depth {self.depth}" * bool(self.depth) + f" C={self.bound:g}" * bool(self.bound)
                + f" {net}" * bool(net))
        return f"{self.benchmark}{more} p={self.p}"


def problem(case):
    """x (p, d), and weights (in, out), biases of every layer; one hidden layer is N(0, 1)."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((case.p, case.widths[0]))
    layers = []
    for n_in, n_out in zip(case.widths, case.widths[1:]):
        scale = 1 if one_hidden(case) else GAIN / n_in ** 0.5
        layers.append((scale * rng.standard_normal((n_in, n_out)), rng.standard_normal(n_out)))
    return x, layers


def one_hidden(case):
    """Whether it is (gain/h) sum beta relu(omega.x/sqrt(d) + b), and not layers as they are."""
    return len(case.widths) == 3


def outputs(layers, x, relu):
    """What peers differentiate: the network's outputs, with (in, out) weights."""
    if len(layers) == 2:
        (omega, bias), (beta, _) = layers
        return relu(x @ omega / omega.shape[0] ** 0.5 + bias) @ beta * (GAIN / beta.shape[0])
    for weight, bias in layers[:-1]:
        x = relu(x @ weight + bias)
    return x @ layers[-1][0] + layers[-1][1]


def part_of(kernel):
    """Evenly spaced entries of a kernel (N, N) or (N, N, K, K)."""
    flat = np.ascontiguousarray(kernel).ravel()
    return {"kernel": flat[::max(1, flat.size // SAMPLE)]}


def own_network(case):
    from npspectral import Chain, Dense, ReLU
    from npspectral.nn import OneHidden
    x, layers = problem(case)
    if one_hidden(case):
        (omega, bias), (beta, _) = layers
        params = {"omega": omega.T.copy(), "bias": bias, "beta": beta[:, 0].copy()}
        return OneHidden(case.widths[0], case.widths[1]), params, x
    network, params = [], []
    for weight, bias in layers:
        network += [Dense(*weight.shape), ReLU()]
        params += [{"weight": weight.T.copy(), "bias": bias}, {}]
    return Chain(*network[:-1]), tuple(params[:-1]), x


def own_tangent(case):
    from npspectral.analysis.kernels.tangent import tangent_kernel
    network, params, x = own_network(case)
    return repeated(lambda: tangent_kernel(network, params, x), part_of)


def products_tangent(case):
    """Forward, backward and the Gram matrices of every layer, into arrays that exist already."""
    x, layers = problem(case)
    n_out, todo, last = case.widths[-1], [], len(layers) - 1
    gram = np.empty((case.p, case.p))
    outer = gram if n_out == 1 else np.empty((case.p * n_out,) * 2)
    for i, (weight, _) in enumerate(layers):
        n_in, width = weight.shape
        grad_y, inputs = np.ones((case.p * n_out, width)), x if i == 0 else np.ones((case.p, n_in))
        todo += [(inputs, weight, np.empty((case.p, width))), (inputs, inputs.T, gram)]
        if i < last:
            todo.append((grad_y, grad_y.T, outer))
        if 0 < i < last:
            todo.append((grad_y, weight.T, np.empty((case.p * n_out, n_in))))

    def work():
        for a, b, out in todo:
            np.matmul(a, b, out=out)

    return repeated(work, lambda _: {})


def jax_for(case):
    import jax
    jax.config.update("jax_enable_x64", True)
    return jax, *jax.device_put(problem(case))


def compiled(jax, function, *arguments, show=part_of):
    """(run, result) of a compiled function, with a wait for every result."""
    work = jax.jit(function)
    return repeated(lambda: jax.block_until_ready(work(*arguments)), show)


def jax_tangent(case):
    """The definition: the Jacobian of all outputs by jax.jacobian, contracted; compiled."""
    jax, x, layers = jax_for(case)

    def kernel(layers, x):
        def one(row):
            return jax.jacobian(lambda layers: outputs(layers, row[None], jax.nn.relu)[0])(layers)
        jacobian = jax.vmap(one)(x)
        terms = [jax.numpy.tensordot(a, a, ((-1,), (-1,))) for leaf in jax.tree.leaves(jacobian)
                 for a in (leaf.reshape(*leaf.shape[:2], -1),)]
        return sum(terms).transpose(0, 2, 1, 3)

    return compiled(jax, kernel, layers, x)


def structured_tangent(case):
    """neural-tangents in its structured mode, whose best case are (in, out) weights; compiled."""
    import neural_tangents as nt
    jax, x, layers = jax_for(case)
    kernel = nt.empirical_ntk_fn(
        lambda layers, x: outputs(layers, x, jax.nn.relu), trace_axes=(), vmap_axes=0,
        implementation=nt.NtkImplementation.STRUCTURED_DERIVATIVES)
    return compiled(jax, lambda layers, x: kernel(x, None, layers), layers, x)


def own_infinite(case):
    from npspectral.analysis.kernels.infinite_width import deep_relu_kernels
    x, _ = problem(case)
    return repeated(lambda: deep_relu_kernels(x, depth=case.depth)[1], part_of)


def stax_infinite(case):
    """neural-tangents' closed forms, of Sigma and Theta as ours; compiled."""
    from neural_tangents import stax
    jax, x, _ = jax_for(case)
    layers = [part for _ in range(case.depth) for part in (stax.Dense(1, GAIN), stax.Relu())]
    *_, kernel = stax.serial(*layers, stax.Dense(1, GAIN))
    return compiled(jax, lambda x: tuple(kernel(x, None, ("nngp", "ntk"))), x,
                    show=lambda both: part_of(both[1]))


def flow_problem(case):
    """The start, x and targets of the flow: 1 where |x|^2 is above its median."""
    x, layers = problem(case)
    square = (x * x).sum(1, keepdims=True)
    return x, layers, np.where(square > np.median(square), 1.0, -1.0)


def own_flow(case):
    """npspectral.training.gradient_flow as it is, by steps of a given size."""
    from npspectral.nn import hinge
    from npspectral.training import Limits, gradient_flow
    network, params, x = own_network(case)
    target = flow_problem(case)[2]
    times = tuple(RATE * np.arange(1, 20_001))
    limits = Limits(max_gradient_change=1e300, max_output_change=1e300, times=times)
    held = []

    def run(n):
        for _ in range(n):
            if not held or held[1].step == len(times):
                held[:] = [gradient_flow(network, params, x, target, loss=hinge, limits=limits)]
                held.append(next(held[0]))
            held[1] = next(held[0])
        return held[1].loss

    def result():
        run(CHECKED_STEPS - 1)
        return {"outputs": held[1].outputs}

    return run, result


def products_flow(case):
    x, layers = problem(case)
    x, hidden = np.ones((case.p, len(x[0]) + 1)), np.ones((case.p, case.widths[1]))
    neurons = np.ones((case.widths[1], x.shape[1]))
    out, back = np.empty_like(hidden), np.empty_like(neurons).T.copy()

    def work():
        np.matmul(x, neurons.T, out=out)
        np.matmul(x.T, hidden, out=back)

    return repeated(work, lambda _: {})


def torch_flow(case):
    """Eager PyTorch."""
    import torch
    torch.set_num_threads(case.threads)
    x, layers, target = flow_problem(case)
    x, target = torch.from_numpy(x), torch.from_numpy(target)
    (omega, bias), (beta, _) = layers
    leaves = [torch.from_numpy(array).requires_grad_() for array in (omega, bias, beta)]

    def network():
        hidden = torch.relu(torch.addmm(leaves[1], x, leaves[0] / x.shape[1] ** 0.5))
        return hidden @ leaves[2] * (GAIN / len(beta))

    with torch.no_grad():
        start = network()

    def step():
        outputs = network() - start
        loss = torch.relu(1 - target * outputs).mean()
        grads = torch.autograd.grad(loss, leaves)
        with torch.no_grad():
            for leaf, grad in zip(leaves, grads):
                leaf -= RATE * grad
        return outputs

    run, _ = repeated(step, None)

    def result():
        run(CHECKED_STEPS - 1)
        return {"outputs": (network() - start).detach().numpy()}

    return run, result


def jax_flow(case):
    """JAX: the step compiled, old parameters donated, one wait at the end of many steps."""
    jax, x, layers = jax_for(case)
    target = jax.device_put(flow_problem(case)[2])
    start = outputs(layers, x, jax.nn.relu)

    def loss(layers, x, target):
        return jax.nn.relu(1 - target * (outputs(layers, x, jax.nn.relu) - start)).mean()

    def euler(layers, x, target):
        grads = jax.grad(loss)(layers, x, target)
        return jax.tree.map(lambda own, grad: own - RATE * grad, layers, grads)

    step = jax.jit(euler, donate_argnums=0)
    held = [layers]

    def run(n):
        for _ in range(n):
            held[0] = step(held[0], x, target)
        jax.block_until_ready(held[0])
        return 0.0

    def result():
        run(CHECKED_STEPS - 1)
        return {"outputs": np.array(outputs(held[0], x, jax.nn.relu) - start)}

    return run, result


BENCHMARKS = {
    "tangent kernel": {"npspectral": own_tangent, "products": products_tangent,
                       "neural-tangents": structured_tangent, "JAX Jacobian": jax_tangent},
    "infinite width": {"npspectral": own_infinite, "neural-tangents": stax_infinite},
    "hinge flow step": {"npspectral": own_flow, "products": products_flow,
                        "torch": torch_flow, "JAX": jax_flow},
    **machines.BENCHMARKS, **recurrent.BENCHMARKS, **complex_recurrent.BENCHMARKS,
}

if __name__ == "__main__":
    main(BENCHMARKS)
