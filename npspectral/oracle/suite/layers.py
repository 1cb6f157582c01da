"""Cases of spectral and dense layers, of stacks of them, and of networks with a loss."""
from .inputs import (ACTIVATIONS, ALL, FLOAT32, NORMAL, SHAPES, WIDE, array, filled, grid,
                     scaled, shape_name, spectral, spectral_inputs, vjp)
from .losses import LOSSES, with_loss


def generic():
    """Every shape with every activation, with and without bias; dense layers beside them."""
    for s, shape in enumerate(SHAPES):
        for a, activation in enumerate(ACTIVATIONS):
            for bias in (True, False):
                name = f"spectral/{activation}/{shape_name(*shape)}/{'bias' if bias else 'plain'}"
                inputs = spectral_inputs(100 * s + 10 * a + 5 * bias, *shape, bias)
                yield vjp(name, spectral(activation), inputs, flags=["Definition", "Backward"])
        for bias in (True, False):
            batch, n_in, n_out = shape
            inputs = {"x": grid(s, batch, n_in), "grad_y": grid(s + 1, batch, n_out),
                      "weight": grid(s + 2, n_out, n_in, reach=8)}
            if bias:
                inputs["bias"] = grid(s + 3, n_out)
            yield vjp(f"dense/identity/{shape_name(*shape)}/{'bias' if bias else 'plain'}",
                      [{"layer": "dense"}], inputs, flags=["Backward"])


def trainable_modes():
    """Frozen parameters give no gradient."""
    modes = {"lambda_in": ("lambda_in",), "lambda_out": ("lambda_out",), "phi": ("phi",),
             "lambdas": ("lambda_in", "lambda_out"),
             "lambdas-bias": ("lambda_in", "lambda_out", "bias"), "bias": ("bias",)}
    for m, (mode, trainable) in enumerate(modes.items()):
        for shape in ((4, 3, 4), (2, 5, 2)):
            for activation in ("identity", "tanh"):
                yield vjp(f"spectral/trainable/{mode}/{activation}/{shape_name(*shape)}",
                          spectral(activation), spectral_inputs(700 + m, *shape), trainable,
                          flags=["Frozen"])


def eigenvalues():
    """Eigenvalues that are zero, equal, ordered, large, or nearly cancel."""
    sets = {
        "in-zero": ([0] * 4, None), "out-zero": (None, [0] * 4), "both-zero": ([0] * 4, [0] * 4),
        "all-equal": ([0.5] * 4, [0.5] * 4), "one-pair-equal": ([1, .5, -1, 2], [.5, 3, 2.5, -2]),
        "in-zero-out-one": ([0] * 4, [1] * 4), "in-one-out-zero": ([1] * 4, [0] * 4),
        "all-negative": ([-.5, -1, -1.5, -2], [-.25, -.75, -1.25, -1.75]),
        "in-above-out": ([2, 1.5, 1.75, 2.5], [-.5, -1, .25, .5]),
        "large": ([2.0 ** 9 * k for k in (1, -1, 1.5, 2)], [2.0 ** 9 * k for k in (-1, 1, 3, -2)]),
    }
    for s, (name, (lambda_in, lambda_out)) in enumerate(sets.items()):
        for activation in ("identity", "relu") + ("tanh",) * (name != "large"):
            inputs = spectral_inputs(800 + 10 * s, 2, 4, 4)
            if lambda_in:
                inputs["lambda_in"] = array((4,), lambda_in)
            if lambda_out:
                inputs["lambda_out"] = array((4,), lambda_out)
            dtypes = FLOAT32 if name == "large" else NORMAL
            yield vjp(f"spectral/eigenvalues/{name}/{activation}", spectral(activation), inputs,
                      dtypes=dtypes, flags=["Eigenvalues"])
    for bits, dtypes in ((6, NORMAL), (20, ("float32", "float64")), (40, WIDE)):
        inputs = spectral_inputs(950 + bits, 2, 4, 4)
        inputs["lambda_in"] = array((4,), [1 + k * 2.0 ** -bits for k in (1, -1, 1, 1)])
        inputs["lambda_out"] = filled(1, 4)
        for activation in ("identity", "tanh"):
            yield vjp(f"spectral/eigenvalues/cancel-{bits}-bits/{activation}",
                      spectral(activation), inputs, dtypes=dtypes, flags=["Cancellation"])


def eigenvectors():
    """phi with zeros, symmetric (which hides a transposition), diagonal, or a single entry."""
    def matrix(entry):
        return array((4, 4), [entry(i, j) for i in range(4) for j in range(4)])
    base = grid(41, 4, 4, reach=8)["dec"]
    choices = {
        "zero-row": matrix(lambda i, j: 0 if i == 1 else base[4 * i + j]),
        "zero-column": matrix(lambda i, j: 0 if j == 2 else base[4 * i + j]),
        "symmetric": matrix(lambda i, j: base[4 * min(i, j) + max(i, j)]),
        "diagonal": matrix(lambda i, j: base[4 * i + j] + 0.125 if i == j else 0),
        "one-entry": matrix(lambda i, j: 0.75 if (i, j) == (3, 1) else 0),
        "zero": matrix(lambda i, j: 0)}
    for s, (name, phi) in enumerate(choices.items()):
        for activation in ("identity", "tanh", "softplus"):
            inputs = {**spectral_inputs(1000 + 10 * s, 4, 4, 4), "phi": phi}
            yield vjp(f"spectral/eigenvectors/{name}/{activation}", spectral(activation), inputs,
                      flags=["Eigenvectors"])


def batches():
    """Empty, single, duplicated, permuted and large batches."""
    for activation in ("identity", "tanh"):
        layers = spectral(activation)
        yield vjp(f"spectral/batch/empty/{activation}", layers, spectral_inputs(1100, 0, 3, 4),
                  flags=["EmptyBatch"])
        yield vjp(f"spectral/batch/one/{activation}", layers, spectral_inputs(1110, 1, 3, 2))
        base = spectral_inputs(1120, 4, 3, 2)
        yield vjp(f"spectral/batch/four/{activation}", layers, base, flags=["Batch"])
        for name, order in (("permuted", (2, 0, 3, 1)), ("duplicated", (0, 0, 1, 1, 2, 2, 3, 3))):
            inputs = {**base, "x": rows(base["x"], order), "grad_y": rows(base["grad_y"], order)}
            yield vjp(f"spectral/batch/{name}/{activation}", layers, inputs, flags=["Batch"])
    for bias in (True, False):
        yield vjp(f"spectral/batch/sixty-four/{'bias' if bias else 'plain'}", spectral(),
                  spectral_inputs(1130, 64, 3, 2, bias), flags=["Batch"])


def rows(entry, order):
    _, n = entry["shape"]
    return array((len(order), n), [entry["dec"][n * b + j] for b in order for j in range(n)])


def magnitudes():
    """Small, large and saturating inputs."""
    for activation in ACTIVATIONS:
        for power in (-10, 6):
            inputs = spectral_inputs(1200 + power, 2, 3, 2)
            inputs["x"] = scaled(inputs["x"], 2.0 ** power)
            inputs["bias"] = scaled(inputs["bias"], 2.0 ** power)
            yield vjp(f"spectral/magnitude/x-2^{power}/{activation}", spectral(activation), inputs,
                      dtypes=FLOAT32, flags=["Magnitude"] + ["Saturation"] * (power > 0))
        inputs = spectral_inputs(1250, 2, 3, 2)
        inputs["grad_y"] = scaled(inputs["grad_y"], 2.0 ** -20)
        yield vjp(f"spectral/magnitude/grad_y-2^-20/{activation}", spectral(activation), inputs,
                  dtypes=FLOAT32, flags=["Magnitude", "TinyGradient"])
    for power in (-300, 300):
        for activation in ("identity", "relu"):
            inputs = spectral_inputs(1270, 2, 3, 2, bias=False)
            inputs["x"] = scaled(inputs["x"], 2.0 ** power)
            yield vjp(f"spectral/magnitude/x-2^{power}/{activation}", spectral(activation), inputs,
                      dtypes=WIDE, flags=["Magnitude"])


def kinks():
    """One unit of one sample sits exactly at the kink: z = 0."""
    for activation in ("relu", "leaky_relu", "elu"):
        for n_out, unit in ((1, 0), (3, 1)):
            inputs = spectral_inputs(1300 + n_out, 1, 2, n_out)
            inputs["x"] = array((1, 2), [1.5, -0.5])
            inputs["phi"]["dec"][2 * unit:2 * unit + 2] = [0.5, 1.0]
            inputs["lambda_in"] = array((2,), [1.25, 2.0])
            inputs["lambda_out"]["dec"][unit] = 0.25
            inputs["bias"]["dec"][unit] = 0.125          # z = 1.0 * .5 * 1.5 - 1.75 * .5 + .125 = 0
            yield vjp(f"spectral/kink/{activation}/{shape_name(1, 2, n_out)}",
                      spectral(activation), inputs, flags=["Kink"])


def stacks():
    """Networks of several layers, with an upstream gradient or a loss at their end."""
    def inputs_of(widths, seed, batch):
        inputs = {"x": grid(seed, batch, widths[0], reach=4)}
        for k, (n_in, n_out) in enumerate(zip(widths, widths[1:])):
            layer_inputs = spectral_inputs(seed + 10 * k, batch, n_in, n_out)
            inputs |= {f"{2 * k}/{key}": layer_inputs[key] for key in ALL}
        return inputs
    for w, widths in enumerate(((3, 4, 2), (2, 3, 3, 1), (4, 4, 4))):
        for activation in ("identity", "relu", "leaky_relu", "tanh", "sigmoid", "softplus"):
            between = ACTIVATIONS[activation]
            layers = [{"layer": "spectral"}, between] * (len(widths) - 2) + [{"layer": "spectral"}]
            inputs = inputs_of(widths, 1400 + 40 * w, 2)
            inputs["grad_y"] = grid(1401 + w, 2, widths[-1])
            name = "-".join(str(width) for width in widths)
            yield vjp(f"stack/{name}/{activation}", layers, inputs, flags=["Stack"])
    for activation in ("identity", "relu", "tanh"):
        for loss in LOSSES:
            layers = [{"layer": "spectral"}, ACTIVATIONS[activation], {"layer": "spectral"}]
            inputs = {**inputs_of((3, 4, 3), 1503, 4), "grad_y": filled(0, 4, 3)}
            yield with_loss(vjp(f"network/{activation}/{loss}", layers, inputs,
                                flags=["Network"]), loss, 1510)
