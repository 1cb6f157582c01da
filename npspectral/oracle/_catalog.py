"""The cases, without answers: which layers, losses, penalties and optimizers, at which inputs.

A case is a dict. "layers" lists the stack; "inputs" maps names to {"shape", "dec"}, entries k/8
that are exact in every dtype, made by an integer formula so that no random generator is involved.
Parameters of the only layer that has any are named "phi", of several "0/phi" by their position.
"""
from decimal import Decimal
from fnmatch import fnmatchcase
from math import prod

from ._arrays import converted, parameters
from ._formulas import network_forward
from ._numbers import Bounded, bounded, size

SHAPES = ((1, 1, 1), (1, 4, 4), (4, 1, 4), (4, 4, 1), (2, 3, 4), (4, 4, 4), (8, 5, 2))  # b, i, o
ACTIVATIONS = {
    "identity": {"layer": "identity"}, "relu": {"layer": "relu"},
    "leaky_relu": {"layer": "leaky_relu", "slope": 0.125}, "elu": {"layer": "elu", "alpha": 0.75},
    "tanh": {"layer": "tanh"}, "sigmoid": {"layer": "sigmoid"},
    "softplus": {"layer": "softplus", "sharpness": 2.0}}
ALL = ("lambda_in", "lambda_out", "phi", "bias")
WIDE = ("float64",)                     # dtypes of cases whose inputs no narrower dtype holds
NORMAL = ("bfloat16", "float16", "float32", "float64")
FLOAT32 = ("bfloat16", "float32", "float64")    # cases outside the range of float16


def grid(seed, *shape, reach=16, unit=0.125):
    """Entries k * unit with |k| <= reach; a cubic residue, so no matrix is rank-deficient."""
    dec = [((i + 17 * seed + 3) ** 3 * 31 + 7919 * seed) % 10007 % (2 * reach + 1) - reach
           for i in range(prod(shape))]
    return array(shape, [k * unit for k in dec])


def array(shape, dec):
    assert prod(shape) == len(dec)
    return {"shape": list(shape), "dec": [float(entry) for entry in dec]}


def filled(value, *shape):
    return array(shape, [value] * prod(shape))


def scaled(entry, factor):
    return array(entry["shape"], [number * factor for number in entry["dec"]])


def spectral_inputs(seed, batch, n_in, n_out, bias=True):
    """x, grad_y and the parameters of one spectral layer."""
    inputs = {"x": grid(seed, batch, n_in), "grad_y": grid(seed + 1, batch, n_out),
              "lambda_in": grid(seed + 2, n_in), "lambda_out": grid(seed + 3, n_out),
              "phi": grid(seed + 4, n_out, n_in, reach=8)}
    return {**inputs, "bias": grid(seed + 5, n_out)} if bias else inputs


def vjp(name, layers, inputs, trainable=None, dtypes=NORMAL, flags=()):
    present = [key for key in inputs if key not in ("x", "grad_y")]
    return {"id": name, "kind": "vjp", "layers": list(layers), "inputs": inputs,
            "trainable": [key for key in present if trainable is None or key in trainable],
            "dtypes": list(dtypes), "flags": list(flags)}


def spectral(activation="identity"):
    layers = [{"layer": "spectral"}]
    return layers if activation == "identity" else layers + [ACTIVATIONS[activation]]


def shape_name(batch, n_in, n_out):
    return f"b{batch}-i{n_in}-o{n_out}"


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
        found = {"x": grid(seed, batch, widths[0], reach=4)}
        for k, (n_in, n_out) in enumerate(zip(widths, widths[1:])):
            own = spectral_inputs(seed + 10 * k, batch, n_in, n_out)
            found |= {f"{2 * k}/{key}": own[key] for key in ALL}
        return found
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
            inputs = {**inputs_of((3, 4, 3), 1503, 4), **target_of(loss, 4, 3, 1510)}
            yield {**vjp(f"network/{activation}/{loss}", layers, inputs, flags=["Network"]),
                   "kind": "network", "loss": {**LOSSES[loss], "reduction": "mean"},
                   "trainable": [key for key in inputs if "/" in key]}


LOSSES = {"mean_squared_error": {"loss": "mean_squared_error"},
          "labels": {"loss": "softmax_cross_entropy"},
          "probabilities": {"loss": "softmax_cross_entropy"},
          "binary_cross_entropy": {"loss": "binary_cross_entropy_with_logits"},
          "hinge": {"loss": "hinge"}, "soft_hinge": {"loss": "soft_hinge", "sharpness": 5.0},
          "quadratic_hinge": {"loss": "quadratic_hinge"}}


def target_of(loss, batch, n_out, seed):
    """A target that the loss takes."""
    picks = grid(seed, batch, n_out, unit=1)["dec"]
    if loss == "labels":
        return {"target": {"shape": [batch], "labels": [int(picks[n_out * b]) % n_out
                                                        for b in range(batch)]}}
    if loss == "probabilities":
        parts = [0.5, 0.25, 0.25] if n_out == 3 else [1 / n_out] * n_out
        return {"target": array((batch, n_out), [parts[(b + k) % n_out] for b in range(batch)
                                                 for k in range(n_out)])}
    if loss == "binary_cross_entropy":
        return {"target": array((batch, n_out), [(0, 1, 0.25)[int(k) % 3] for k in picks])}
    if loss == "mean_squared_error":
        return {"target": grid(seed + 1, batch, n_out)}
    return {"target": array((batch, n_out), [1 if k > 0 else -1 for k in picks])}


WEIGHTS = {(4, 2): [0.5, 4, 0, 3.5], (3, 3): [0.5, 2, 1.5], (2, 4): [3, 1]}


def losses():
    """Every loss: shapes, reductions, weights, confident logits, margins exactly at the kink."""
    def case(name, loss, y, target, reduction, weights=None, dtypes=NORMAL, flags=("Loss",)):
        inputs = {"y": y, **target} | ({"weights": weights} if weights else {})
        return {"id": f"loss/{loss}/{name}", "kind": "loss", "inputs": inputs, "trainable": [],
                "loss": {**LOSSES[loss], "reduction": reduction}, "layers": [],
                "dtypes": list(dtypes), "flags": list(flags)}
    for s, loss in enumerate(LOSSES):
        for batch, n_out in ((4, 4), (2, 3), (1, 1)):
            if loss in ("labels", "probabilities") and n_out == 1:
                continue
            y = grid(1600 + s, batch, n_out)
            target = target_of(loss, batch, n_out, 1610 + s)
            for reduction in ("mean", "sum"):
                yield case(f"b{batch}-o{n_out}/{reduction}", loss, y, target, reduction)
        for shape, weights in WEIGHTS.items():          # no sum is the batch size, which would hide
            name = "" if shape == (4, 2) else "-b{}-o{}".format(*shape)     # a division by it
            for reduction in ("mean", "sum"):
                yield case(f"weights{name}/{reduction}", loss, grid(1620 + s, *shape),
                           target_of(loss, *shape, 1630 + s), reduction,
                           array((len(weights),), weights), flags=["Weights"])
        confident = array((2, 3), [1000, -1000, 0, -512, 512, 8])
        yield case("confident", loss, confident, target_of(loss, 2, 3, 1640 + s), "sum",
                   dtypes=("float32", "float64"), flags=["Saturation"])
        yield case("empty/sum", loss, array((0, 3), []), target_of(loss, 0, 3, 0), "sum",
                   flags=["EmptyBatch"])
    for loss in ("hinge", "quadratic_hinge"):
        yield case("margin-one", loss, array((1, 1), [1]), {"target": array((1, 1), [1])}, "sum",
                   flags=["Kink"])


def penalties():
    """Every penalty on eigenvalues, eigenvectors and the realized weight; kinks at zero."""
    specs = {"l1": {}, "l2": {}, "elastic_net": {"ratio": 0.25}, "rows": {"axis": -1},
             "columns": {"axis": 0}}
    for s, (name, extra) in enumerate(specs.items()):
        kind = "group_lasso" if "axis" in extra else name
        for on in ("lambda_in", "lambda_out", "phi", "weight"):
            if kind == "group_lasso" and on.startswith("lambda"):
                continue
            for n_in, n_out in ((3, 4), (5, 2), (3, 3)):
                seed = 1700 + 10 * s + n_in - n_out + 1
                inputs = spectral_inputs(seed, 1, n_in, n_out, bias=False)
                del inputs["x"], inputs["grad_y"]
                size = "" if (n_in, n_out) == (3, 4) else f"/i{n_in}-o{n_out}"
                yield {"id": f"penalty/{name}/{on}{size}", "kind": "penalty", "inputs": inputs,
                       "layers": [{"layer": "spectral"}], "dtypes": list(NORMAL),
                       "trainable": ["lambda_in", "lambda_out", "phi"] if on == "weight" else [on],
                       "penalty": {"penalty": kind, "strength": 0.375, "on": on, **extra},
                       "flags": ["Penalty"]}
    for kind, extra in (("l1", {}), ("elastic_net", {"ratio": 0.5}), ("group_lasso", {"axis": -1})):
        for n_in, n_out in ((2, 2), (1, 2), (4, 3)):
            inputs = {"phi": array((n_out, n_in), [0] * n_in + [0.5, -1, 0.25, 2, 0, 0.75, -1.5, 1][
                :n_in * n_out - n_in]), "lambda_in": array((n_in,), [1, 2, -1, 3][:n_in]),
                "lambda_out": array((n_out,), [0, -1, 2][:n_out])}
            if kind != "group_lasso" and n_in > 1:
                inputs["phi"]["dec"][1] = 0.25
            size = "" if (n_in, n_out) == (2, 2) else f"/i{n_in}-o{n_out}"
            yield {"id": f"penalty/{kind}/kink{size}", "kind": "penalty", "inputs": inputs,
                   "layers": [{"layer": "spectral"}], "dtypes": list(NORMAL), "trainable": ["phi"],
                   "penalty": {"penalty": kind, "strength": 0.5, "on": "phi", **extra},
                   "flags": ["Kink"]}


def optimizers():
    """Five varying steps, then gradients that vanish, or are tiny, with and without decay."""
    specs = {
        "sgd": {"optimizer": "sgd", "momentum": 0.0, "decay": 0.0},
        "momentum": {"optimizer": "sgd", "momentum": 0.75, "decay": 0.0},
        "momentum-decay": {"optimizer": "sgd", "momentum": 0.75, "decay": 0.5},
        "adam": {"optimizer": "adam", "beta1": 0.75, "beta2": 0.875, "eps": 2.0 ** -10,
                 "decay": 0.0},
        "adamw": {"optimizer": "adam", "beta1": 0.75, "beta2": 0.875, "eps": 2.0 ** -10,
                  "decay": 0.5},
        "adamax": {"optimizer": "adamax", "beta1": 0.75, "beta2": 0.875, "eps": 2.0 ** -10,
                   "decay": 0.0},
        "adamax-decay": {"optimizer": "adamax", "beta1": 0.75, "beta2": 0.875, "eps": 2.0 ** -10,
                         "decay": 0.5}}
    for s, (name, spec) in enumerate(specs.items()):
        varying = grid(1800 + s, 5, 3)
        vanishing = array((5, 3), varying["dec"][:6] + [0.0] * 9)
        for kind, gradients, dtypes in (
                ("varying", varying, NORMAL), ("then-zero", vanishing, NORMAL),
                ("tiny", scaled(varying, 2.0 ** -13), FLOAT32),
                ("eight-steps", grid(1810 + s, 8, 1), NORMAL),
                ("four-steps", grid(1820 + s, 4, 6), NORMAL)):
            yield {"id": f"optimizer/{name}/{kind}", "kind": "optimizer", "layers": [],
                   "inputs": {"theta": grid(1850 + s, gradients["shape"][1]),
                              "gradients": gradients},
                   "optimizer": {**spec, "learning_rate": 0.125}, "trainable": [],
                   "dtypes": list(dtypes), "flags": ["Optimizer"]}


def errors():
    """Inputs that a candidate has to refuse."""
    def broken(name, **changes):
        inputs = {**spectral_inputs(1900, 2, 3, 4), **changes}
        return {**vjp(f"error/{name}", spectral(), inputs, dtypes=NORMAL, flags=["Refuse"]),
                "kind": "error"}
    yield broken("x-too-narrow", x=grid(1, 2, 2))
    yield broken("x-too-wide", x=grid(1, 2, 4))
    yield broken("phi-transposed", phi=grid(1, 3, 4))
    yield broken("phi-too-short", phi=grid(1, 3, 3))
    yield broken("lambda_in-too-long", lambda_in=grid(1, 4))
    yield broken("lambda_out-too-short", lambda_out=grid(1, 3))
    yield broken("bias-too-long", bias=grid(1, 5))
    yield broken("grad_y-too-narrow", grad_y=grid(1, 2, 3))
    yield broken("grad_y-other-batch", grad_y=grid(1, 3, 4))
    for name, labels in (("label-too-large", [0, 3]), ("label-negative", [-1, 2])):
        yield {"id": f"error/{name}", "kind": "error", "layers": [], "trainable": [],
               "inputs": {"y": grid(3, 2, 3), "target": {"shape": [2], "labels": labels}},
               "loss": {"loss": "softmax_cross_entropy", "reduction": "mean"},
               "dtypes": list(NORMAL), "flags": ["Refuse"]}
    yield {"id": "error/mean-of-empty-batch", "kind": "error", "layers": [], "trainable": [],
           "inputs": {"y": array((0, 2), []), "target": array((0, 2), [])},
           "loss": {"loss": "mean_squared_error", "reduction": "mean"},
           "dtypes": list(NORMAL), "flags": ["Refuse"]}


def catalog():
    """All cases in their fixed order; ids are permanent."""
    families = (generic, trainable_modes, eigenvalues, eigenvectors, batches, magnitudes, kinks,
                stacks, losses, penalties, optimizers, errors)
    return [{**guarded(case), "core": is_core(case["id"])}
            for family in families for case in family()]


# The core suite: about 60 cases, so chosen that every known mistake meets three of them.
CORE = ("spectral/*/b2-i3-o4/bias", "spectral/*/b4-i4-o4/bias", "spectral/tanh/b1-i4-o4/plain",
        "spectral/identity/b8-i5-o2/*", "dense/identity/b2-i3-o4/bias",
        "spectral/trainable/lambda_*/tanh/*", "spectral/eigenvalues/all-negative/tanh",
        "spectral/eigenvalues/in-above-out/relu", "spectral/eigenvalues/in-zero-out-one/identity",
        "spectral/batch/four/tanh", "spectral/batch/empty/identity", "spectral/kink/relu/*",
        "spectral/magnitude/x-2^6/tanh", "stack/3-4-2/tanh", "network/tanh/*",
        "loss/*/b4-o4/mean", "loss/*/weights/mean", "loss/mean_squared_error/weights*",
        "penalty/*/phi", "penalty/l1/kink*", "penalty/l2/weight", "penalty/rows/weight/i3-o3",
        "penalty/elastic_net/weight/i5-o2", "penalty/l1/weight/i3-o3", "penalty/l2/phi/i3-o3",
        "penalty/l2/lambda_out/i5-o2", "penalty/l1/lambda_in/i5-o2", "penalty/l1/lambda_out",
        "penalty/elastic_net/lambda_out/i3-o3", "penalty/group_lasso/kink*",
        "loss/*/b2-o3/mean", "spectral/s*/b1-i1-o1/bias", "spectral/*elu/b1-i4-o4/bias",
        "spectral/elu/b1-i4-o4/plain", "optimizer/*/varying", "optimizer/momentum-decay/*-steps",
        "optimizer/adamw/*-steps", "optimizer/adamax/*-steps", "optimizer/adam/tiny",
        "error/x-too-narrow", "error/phi-transposed")


def is_core(name):
    return any(fnmatchcase(name, pattern) for pattern in CORE)


def guarded(case):
    """The case, nudged until no rounding can push a unit or a margin across a kink.

    A pre-activation z beside a kink has to keep |z| >= S / 64, which even bfloat16 cannot cross.
    """
    if "Kink" in case["flags"] or case["kind"] not in ("vjp", "network", "loss", "penalty"):
        return case
    for attempt in range(1000):
        culprit = next(near_kinks(case, attempt), None)
        if culprit is None:
            return case
        name, index = culprit
        dec = case["inputs"][name]["dec"]
        dec[index] += min([abs(number) for number in dec if number] or [0.125])
    raise ArithmeticError(f"{case['id']}: no way off the kinks was found")


def near_kinks(case, attempt):
    """(name, index) of an input whose change moves a number that is too close to a kink."""
    inputs, spec = converted(case, lambda number: Bounded(Decimal(number)))
    if case["kind"] == "loss":
        yield from near_margins(spec["loss"], inputs["y"], inputs["target"], "y")
        return
    params = parameters(case, inputs)
    if case["kind"] == "penalty":
        yield from zeros_under(spec["penalty"], case)
        return
    y, kept = network_forward(spec["layers"], params, inputs["x"])
    for position, layer in enumerate(spec["layers"]):
        if layer["layer"] in ("relu", "leaky_relu", "elu"):
            for row in kept[position]:
                for unit, z in enumerate(row):
                    if size(z.value) < z.bound / 64 or not z.value:
                        yield handle(case, position - 1, unit, attempt)
    if case["kind"] == "network":
        last = max(i for i, own in enumerate(params) if own)
        for _, index in near_margins(spec["loss"], y, inputs["target"], ""):
            yield f"{last}/bias", index % len(y[0])


def zeros_under(spec, case):
    """What to move where a penalty with |w| meets a zero: the number, or its eigenvalue's gap."""
    if spec["penalty"] not in ("l1", "elastic_net"):
        return
    dec = {name: entry["dec"] for name, entry in case["inputs"].items()}
    name = "phi" if spec["on"] == "weight" else spec["on"]
    for index, number in enumerate(dec[name]):
        if not number:
            yield name, index
        elif spec["on"] == "weight":
            i, j = divmod(index, len(dec["lambda_in"]))
            if dec["lambda_in"][j] == dec["lambda_out"][i]:
                yield "lambda_out", i


def near_margins(spec, y, target, name):
    if spec["loss"] in ("hinge", "quadratic_hinge"):
        pairs = [(a, b) for row, aim in zip(y, target) for a, b in zip(row, aim)]
        for index, (a, b) in enumerate(pairs):
            slack = 1 - bounded(b) * bounded(a)
            if size(slack.value) < slack.bound / 64 or not slack.value:
                yield name, index


def handle(case, position, unit, attempt):
    """The bias of a unit in a layer; without one, in turn its row of phi, its eigenvalue, and x."""
    several = any("/" in name for name in case["inputs"])
    prefix = f"{position}/" if several else ""
    if f"{prefix}bias" in case["inputs"]:
        return f"{prefix}bias", unit
    n_in = case["inputs"][f"{prefix}phi"]["shape"][1]
    return ((f"{prefix}phi", n_in * unit + n_in // 2), (f"{prefix}lambda_out", unit),
            ("x", attempt % len(case["inputs"]["x"]["dec"])))[attempt % 3]
