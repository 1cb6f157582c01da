"""The runs; `size` is (d, p, width, n_test, max_steps), exponents are log10 of alpha."""
import numpy as np
from lab.plan import stack
from lab.progress import progress
from lab.tasks import LIMITS, N_FIXED, draw, ends_by_alpha, spaced

from npspectral.analysis.kernels import alignment, tangent_kernel_parts
from npspectral.analysis.neurons import Neurons, amplification_by_component, attractor_labels
from npspectral.nn import Chain, Constant, Normal, ReLU, ScaledDense, Spectral
from npspectral.training import gradient_flow

LAMBDA, BETA = ("lambda_in", "lambda_out"), ("weight",)
ARMS = {"lambda_in": (LAMBDA[:1], ()), "lambda_out": (LAMBDA[1:], ()), "lambda": (LAMBDA, ()),
        "phi": (("phi",), ()), "lambda + beta": (LAMBDA, BETA), "dense": (("phi",), BETA),
        "everything": ((*LAMBDA, "phi"), BETA), "bias apart": ((*LAMBDA, "phi", "bias"), BETA)}
APART = "bias apart"
DEGREES = {"lambda_in": 1, "lambda_out": 1, "lambda": 1, "phi": 1, "lambda + beta": 2, "dense": 2,
           "everything": 3}             # of f in what is trained
GROUPS = ("lambda_in", "lambda_out", "phi", "weight")
NEAR = 0.02                             # a point counts as on a neuron's kink: patterns are +, 0, -
MORE = 1.1                              # factor between the steps that `follow` looks at
GRID, HALF = np.geomspace(1e-3, 1e2, 101), 0.5      # times of `follow`; the loss starts at 1


def build(arm, d, width):
    """A network on (x, sqrt(d)), or on x if the bias stands apart."""
    (first, last), apart = ARMS[arm], arm == APART
    return Chain(Spectral(d + (not apart), width, Normal(1.0) if apart else False, first,
                          Constant(1.0), Constant(0.0), Normal(d ** -0.5)),
                 ReLU(), ScaledDense(width, 1, 2 ** 0.5 / width, False, last))


def with_constant(arm, x):
    """x (n, d) as the arm's network takes it."""
    return x if arm == APART else np.column_stack([x, np.full(len(x), x.shape[1] ** 0.5)])


def neurons(network, params, d):
    """Neurons (omega, b, beta) of the realized weights W x + b = omega.x / sqrt(d) + b."""
    weight = d ** 0.5 * network.layers[0].weight(params[0])
    bias = params[0]["bias"] if "bias" in params[0] else weight[:, d]
    return Neurons(weight[:, :d], bias, params[2]["weight"][0])


def prepare(task, arm, seed, size):
    """Network, params, x, and (x, y) for training and for the test with the constant in x."""
    d, p, width, n_test, _ = size
    (x, y), (x_test, y_test) = draw(task, d, seed, p, n_test)
    network = build(arm, d, width)
    params = network.init(np.random.default_rng([seed, width]))
    return network, params, x, (with_constant(arm, x), y), (with_constant(arm, x_test), y_test)


def sweep(task, arm, exponents, size, seed):
    """A row for each alpha: what the end of training looks like."""
    network, params, x, train_set, (x_test, y_test) = prepare(task, arm, seed, size)
    labels = y_test[:N_FIXED, 0]
    rows = ends_by_alpha(network, params, train_set, (x_test, y_test), exponents, size[-1],
                         f"{task}, {arm}, seed {seed}",
                         lambda end, kernel: {"alignment": alignment(kernel, labels),
                                              **geometry(network, end.params, x)})
    return {**stack(rows), "start_attractors": geometry(network, params, x)["attractors"]}


def geometry(network, params, x):
    """Amplification of the first coordinate, by W and by lambda_in alone; attractors."""
    hidden = neurons(network, params, x.shape[1])
    counted = attractor_labels(hidden, x, NEAR)
    eigenvalues = np.abs(params[0]["lambda_in"][:x.shape[1]])
    return {"amplification": amplification_by_component(hidden.omega),
            "eigenvalue": eigenvalues[0] / eigenvalues[1:].mean(), "attractors": counted.count}


def follow(arm, exponent, size, seed):
    """In time: alignment of all groups' kernels, trained or not, with the labels; their traces."""
    network, params, _, (x, y), (x_test, y_test) = prepare("stripe", arm, seed, size)
    whole, rows = build("everything", size[0], size[2]), []
    flow = gradient_flow(network, params, x, y, alpha=10.0 ** exponent, limits=LIMITS)
    for record in spaced(flow, y, size[-1], after=lambda step: MORE * step + 1):
        progress(f"kernels of {arm}, seed {seed}, step {record.step}")
        kernels = tangent_kernel_parts(whole, record.params, x_test[:N_FIXED])
        traces = np.array([np.trace(kernels[name]) for name in GROUPS])
        rows.append({"time": record.time, "loss": record.loss, "share": traces / traces.sum(),
                     "alignment": [alignment(kernels[name], y_test[:N_FIXED, 0])
                                   for name in GROUPS]})
    return on_grid(stack(rows))


def on_grid(rows):
    """The rows at the times GRID, on lines between them; time 1: the loss is HALF, or the end."""
    reached = np.flatnonzero(rows["loss"] <= HALF)
    at = GRID * rows["time"][reached[0] if len(reached) else -1]
    return {"loss": np.interp(at, rows["time"], rows["loss"]),
            **{name: np.stack([np.interp(at, rows["time"], column) for column in rows[name].T], 1)
               for name in ("alignment", "share")}}
