"""What the cases are made of: shapes, dtypes, activations, and inputs by an integer formula."""
from math import prod

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


def case_of(kind, name, inputs, flags, dtypes=NORMAL, layers=(), trainable=(), **spec):
    """A case without answers; spec is its loss, penalty or optimizer."""
    return {"id": name, "kind": kind, "inputs": inputs, "flags": list(flags),
            "dtypes": list(dtypes), "layers": list(layers), "trainable": list(trainable), **spec}


def vjp(name, layers, inputs, trainable=None, dtypes=NORMAL, flags=()):
    """A case with an upstream gradient, whose parameters are all trainable or those named."""
    params = [key for key in inputs if key not in ("x", "grad_y")]
    return case_of("vjp", name, inputs, flags, dtypes, layers,
                   [key for key in params if trainable is None or key in trainable])


def broken(name, layer, inputs, change, trainable=(), dtypes=NORMAL):
    """A case that has to be refused: change is the name of an input, and the shape it then has."""
    key, *shape = change
    inputs = {**inputs, key: grid(1, *shape)}
    return vjp(f"error/{name}", [layer], inputs, trainable, dtypes, ["Refuse"]) | {"kind": "error"}


def spectral(activation="identity"):
    layers = [{"layer": "spectral"}]
    return layers if activation == "identity" else layers + [ACTIVATIONS[activation]]


def shape_name(batch, n_in, n_out):
    return f"b{batch}-i{n_in}-o{n_out}"
