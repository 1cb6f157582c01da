"""Cases of structured layers: phi in factors, nested networks, masked weights; what they refuse."""
from .inputs import (ACTIVATIONS, array, broken, filled, grid, shape_name, spectral_inputs,
                     vjp)
from .losses import with_loss

SHAPES = ((2, 3, 4), (4, 5, 2), (4, 4, 4), (1, 4, 3), (8, 2, 5))            # batch, in, out
LEARNED = ("lambda_in", "lambda_out", "phi", "r", "s", "weight", "bias")    # never q, u, v
LAYERS = {"qr": "spectral_qr", "full-qr": "spectral_full_qr", "svd": "spectral_svd"}
QUARTERS = {"reach": 4, "unit": 0.25}
EQUAL = (("in-zero-out-one", (0, 1)), ("all-equal", (0.5, 0.5)))            # lambda_in, lambda_out


def followed(layer, activation):
    return [layer] if activation == "identity" else [layer, ACTIVATIONS[activation]]


def factors(kind, seed, n_in, n_out):
    """q and r, or u, s and v, which need not be orthonormal for the gradients to be defined."""
    k = min(n_in, n_out)
    if kind == "svd":
        return {"u": grid(seed, n_out, k, **QUARTERS), "s": grid(seed + 1, k),
                "v": grid(seed + 2, k, n_in, **QUARTERS)}
    r = (n_out, k) if kind == "full-qr" else (k * (k + 1) // 2 + (n_out - k) * k,)
    return {"q": grid(seed, n_in, k, **QUARTERS), "r": grid(seed + 1, *r, reach=8)}


def factored_inputs(kind, seed, batch, n_in, n_out, bias=True):
    """x, grad_y and the parameters of one factored layer."""
    inputs = spectral_inputs(seed, batch, n_in, n_out, bias)
    del inputs["phi"]
    return inputs | factors(kind, seed + 6, n_in, n_out)


def factored():
    """All shapes, exactly orthonormal factors, what is frozen, eigenvalues, an empty batch."""
    def case(name, kind, activation, inputs, trainable=LEARNED, flags=("Factored",)):
        layers = followed({"layer": LAYERS[kind]}, activation)
        return vjp(f"factored/{kind}/{name}", layers, inputs, trainable, flags=flags)
    for n, kind in enumerate(LAYERS):
        for s, shape in enumerate(SHAPES):
            bent = ("tanh", "relu", "sigmoid")[s % 3]
            for activation in ("identity", bent) if kind != "full-qr" else (bent,):
                bias = (n + s + (activation != "identity")) % 2 == 0 or activation == "relu"
                inputs = factored_inputs(kind, 2000 + 100 * n + 20 * s, *shape, bias)
                yield case(f"{activation}/{shape_name(*shape)}/{'bias' if bias else 'plain'}",
                           kind, activation, inputs)
        for s, (name, n_in, n_out) in enumerate((("hadamard", 4, 4), ("permutation", 4, 2))):
            inputs = factored_inputs(kind, 2300 + 40 * n + 20 * s, 2, n_in, n_out)
            inputs |= {key: factor for key, factor in orthonormal(name, n_in, n_out).items()
                       if key in inputs}
            yield case(f"{name}/{shape_name(2, n_in, n_out)}", kind, "identity", inputs,
                       flags=["Factored", "Orthonormal"])
        for name, start in EQUAL if kind != "full-qr" else ():
            inputs = factored_inputs(kind, 2500 + 20 * n, 2, 3, 3)
            inputs |= {"lambda_in": filled(start[0], 3), "lambda_out": filled(start[1], 3)}
            yield case(f"eigenvalues/{name}", kind, "tanh", inputs,
                       flags=["Factored", "Eigenvalues"])
    for kind, trainable in (("qr", ("r",)), ("qr", ("lambda_in", "lambda_out")), ("svd", ("s",)),
                            ("svd", ("lambda_out", "s"))):
        yield case(f"trainable/{'-'.join(trainable)}", kind, "tanh",
                   factored_inputs(kind, 2600, 4, 3, 2), trainable, ["Factored", "Frozen"])
    for kind in ("qr", "svd"):
        yield case("empty", kind, "identity", factored_inputs(kind, 2620, 0, 3, 4),
                   flags=["EmptyBatch"])
    yield from factored_stacks()


def orthonormal(name, n_in, n_out):
    """q, u and v with exactly orthonormal columns, columns and rows, by dyadic numbers."""
    if name == "hadamard":
        square = [1, 1, 1, 1, 1, -1, 1, -1, -1, -1, 1, 1, 1, -1, -1, 1]
        matrix = array((4, 4), [entry / 2 for entry in square])
        return {"q": matrix, "u": matrix,
                "v": array((4, 4), matrix["dec"][4:] + matrix["dec"][:4])}
    places = {"q": [0, 0, 0, -1, 1, 0, 0, 0], "u": [0, 1, -1, 0], "v": [0, 0, 1, 0, -1, 0, 0, 0]}
    return {key: array({"q": (n_in, n_out), "u": (n_out, n_out), "v": (n_out, n_in)}[key], dec)
            for key, dec in places.items()}


def factored_stacks():
    """Two layers of different kinds, with an upstream gradient or a loss at their end."""
    def stack(name, first, activation, second, seed):
        inputs = {"x": grid(seed, 2, 3, reach=4)}
        for position, kind, sizes in ((0, first, (3, 4)), (2, second, (4, 2))):
            layer_inputs = factored_inputs(kind, seed + 20 * position, 2, *sizes)
            inputs |= {f"{position}/{key}": entry for key, entry in layer_inputs.items()
                       if key not in ("x", "grad_y")}
        layers = [{"layer": LAYERS[first]}, ACTIVATIONS[activation], {"layer": LAYERS[second]}]
        trainable = [key for key in inputs if key[2:] in LEARNED]
        return vjp(f"factored/stack/{name}", layers, {**inputs, "grad_y": grid(seed + 1, 2, 2)},
                   trainable, flags=["Factored", "Stack"])
    yield stack("qr-svd", "qr", "tanh", "svd", 2700)
    yield stack("svd-qr", "svd", "relu", "qr", 2720)
    yield stack("full-qr-qr", "full-qr", "identity", "qr", 2740)
    network = with_loss(stack("", "svd", "tanh", "full-qr", 2760), "mean_squared_error", 2780)
    yield {**network, "id": "factored/network/mean_squared_error", "flags": ["Factored", "Network"]}


MODES = {"shared-skip": (True, True), "separate-skip": (False, True),
         "shared-chain": (True, False), "separate-chain": (False, False)}
NETWORKS = ((2, (3, 4, 2)), (4, (4, 2, 3)), (2, (2, 3, 2, 2)), (1, (3, 2, 4, 3)), (4, (2, 2, 3, 2)))


def nested_inputs(seed, batch, sizes, shared, bias=True, coarse=False):
    """x, grad_y and the parameters of a nested network; coarse: of few bits, for exact answers."""
    reach, wide, unit = (2, 4, 0.5) if coarse else (8, 12, 0.125)
    inputs = {"x": grid(seed, batch, sizes[0], reach=reach, unit=unit),
              "grad_y": grid(seed + 1, batch, sizes[-1], reach=reach, unit=unit)}
    if shared:
        inputs |= {f"lambda_{k}": grid(seed + 2 + k, size, reach=wide, unit=unit)
                   for k, size in enumerate(sizes)}
    for k, (before, after) in enumerate(zip(sizes, sizes[1:]), 1):
        if not shared:
            inputs |= {f"lambda_in_{k}": grid(seed + 10 + k, before, reach=wide, unit=unit),
                       f"lambda_out_{k}": grid(seed + 20 + k, after, reach=wide, unit=unit)}
        inputs[f"phi_{k}"] = grid(seed + 30 + k, after, before, reach=reach, unit=unit)
        if bias:
            inputs[f"bias_{k}"] = grid(seed + 40 + k, after, reach=reach, unit=unit)
    return inputs


def nested():
    """Two and three transfers, eigenvalues shared or not, with and without skip blocks."""
    def case(name, activation, mode, inputs, kinds=("lambda", "phi", "bias"), flags=()):
        shared, skip = MODES[mode]
        layer = {"layer": "nested", "activation": activation, "shared": shared, "skip": skip}
        trainable = [key for key in inputs if key.split("_")[0] in kinds]
        return vjp(f"nested/{mode}/{name}", [layer], inputs, trainable, flags=["Graph", *flags])
    for m, (mode, (shared, skip)) in enumerate(MODES.items()):
        for n, (batch, sizes) in enumerate(NETWORKS if skip else NETWORKS[::2]):
            kinds = ("tanh", "relu", "identity", "sigmoid")
            chosen = kinds[:3] if mode == "shared-skip" else (kinds[(m + n) % 4],)
            for a, activation in enumerate(chosen):
                bias = activation == "relu" or (m + n + a) % 2 == 0
                inputs = nested_inputs(3010 + 100 * m + 10 * n, batch, sizes, shared, bias,
                                       activation in ("identity", "relu"))
                size = "-".join(str(size) for size in sizes)
                yield case(f"{activation}/b{batch}-{size}/{'bias' if bias else 'plain'}",
                           activation, mode, inputs)
    equal = nested_inputs(3500, 2, (3, 2, 2), True)
    equal |= {"lambda_0": filled(0.5, 3), "lambda_1": filled(0.5, 2)}
    yield case("eigenvalues/first-equal", "tanh", "shared-skip", equal, flags=["Eigenvalues"])
    zero = nested_inputs(3510, 2, (3, 2, 3, 2), True) | {"lambda_1": filled(0, 2)}
    yield case("eigenvalues/hidden-zero", "tanh", "shared-skip", zero, flags=["Eigenvalues"])
    for kind in ("lambda", "phi", "bias"):
        yield case(f"trainable/{kind}", "tanh", "shared-skip",
                   nested_inputs(3520, 2, (2, 3, 2), True), (kind,), ["Frozen"])
    yield case("empty", "tanh", "shared-skip", nested_inputs(3530, 0, (2, 3, 2), True),
               flags=["EmptyBatch"])
    for loss in ("mean_squared_error", "labels"):
        inputs = nested_inputs(3540, 4, (3, 2, 3), True)
        yield with_loss(case(f"network/{loss}", "tanh", "shared-skip", inputs, flags=["Network"]),
                        loss, 3550)


def masked_inputs(kind, seed, batch, n_in, n_out, bias=True):
    if kind in LAYERS:
        return factored_inputs(kind, seed, batch, n_in, n_out, bias)
    inputs = spectral_inputs(seed, batch, n_in, n_out, bias)
    if kind == "dense":
        inputs = {key: entry for key, entry in inputs.items() if key in ("x", "grad_y", "bias")}
        inputs["weight"] = grid(seed + 2, n_out, n_in)
    return inputs


# per mode: kind of weight, activation, shape, and the threshold or sparsity
STATIC = (("dense", "identity", (2, 3, 4), 0.8125), ("dense", "tanh", (4, 5, 2), 0.6875),
          ("spectral", "identity", (2, 3, 4), 0.5), ("spectral", "tanh", (4, 4, 4), 0.4375),
          ("spectral", "relu", (4, 5, 2), 0.5), ("spectral", "identity", (8, 2, 5), 0.375),
          ("qr", "identity", (4, 4, 4), 0.5), ("full-qr", "tanh", (4, 5, 2), 0.1875),
          ("svd", "tanh", (4, 5, 2), 0.25), ("svd", "identity", (8, 2, 5), 0.125))
DYNAMIC = (("dense", "identity", (4, 4, 4), 0.625), ("dense", "tanh", (2, 3, 4), 0.75),
           ("spectral", "identity", (2, 3, 4), 0.46875), ("spectral", "tanh", (4, 4, 4), 0.625),
           ("spectral", "relu", (4, 5, 2), 0.6875), ("spectral", "identity", (8, 2, 5), 0.375),
           ("qr", "tanh", (4, 5, 2), 0.6875), ("full-qr", "identity", (2, 3, 4), 0.40625),
           ("svd", "identity", (2, 3, 4), 0.40625), ("svd", "tanh", (4, 5, 2), 0.59375))


def sparse():
    """Small weights masked by a constant or by a quantile of the weights themselves."""
    def case(name, mode, kind, activation, inputs, number, flags=(), trainable=LEARNED):
        layer = {"layer": f"sparse_{mode}", "of": LAYERS.get(kind, kind),
                 "threshold" if mode == "static" else "sparsity": number}
        return vjp(f"sparse/{mode}/{kind}/{name}", followed(layer, activation), inputs, trainable,
                   flags=["Mask", *flags])
    for m, (mode, rows) in enumerate((("static", STATIC), ("dynamic", DYNAMIC))):
        for n, (kind, activation, shape, number) in enumerate(rows):
            inputs = masked_inputs(kind, 4000 + 500 * m + 20 * n, *shape, n % 3 < 2)
            yield case(f"{activation}/{shape_name(*shape)}", mode, kind, activation, inputs, number)
    for trainable in (("lambda_in", "lambda_out"), ("phi",)):
        yield case(f"trainable/{trainable[0].split('_')[0]}", "static", "spectral", "identity",
                   masked_inputs("spectral", 4300, 2, 3, 4), 0.25, ["Frozen"], trainable)
    yield from ties(case)


def ties(case):
    """Some |w| are the threshold itself, exactly in every dtype: they are masked."""
    for mode, shape, number in (("static", (2, 3, 4), 0.5), ("static", (4, 5, 2), 0.5),
                                ("dynamic", (2, 3, 3), 0.5), ("dynamic", (4, 5, 1), 0.75),
                                ("dynamic", (1, 3, 7), 0.25)):
        inputs = masked_inputs("dense", 4900 + sum(shape), *shape)
        inputs["weight"] = grid(4900 + sum(shape), shape[2], shape[1], reach=4, unit=0.25)
        yield case(f"tie/{shape_name(*shape)}", mode, "dense", "identity", inputs, number,
                   ["Threshold"])
    for mode, number in (("static", 0.5), ("dynamic", 0.5)):
        inputs = masked_inputs("spectral", 4950, 2, 3, 3)
        inputs |= {"lambda_in": array((3,), [1, 0.5, 2]), "lambda_out": array((3,), [-1, 0, 0]),
                   "phi": array((3, 3), [.25, -.5, 1, .5, 1, -.75, -1, .75, .25])}
        yield case("tie/b2-i3-o3", mode, "spectral", "identity", inputs, number, ["Threshold"])


def structure_errors():
    """Parameters of structured layers that a candidate has to refuse."""
    graph = {"layer": "nested", "activation": "tanh", "shared": True, "skip": True}
    masked = {"layer": "sparse_static", "of": "spectral", "threshold": 0.5}
    qr, svd = factored_inputs("qr", 1950, 2, 4, 3), factored_inputs("svd", 1970, 2, 4, 3)
    full, nodes = factored_inputs("full-qr", 1960, 2, 3, 4), nested_inputs(1980, 2, (3, 4, 2), True)
    for name, layer, inputs, change in (
            ("r-too-short", "spectral_qr", qr, ("r", 5)),
            ("r-too-long", "spectral_qr", qr, ("r", 7)),
            ("q-transposed", "spectral_qr", qr, ("q", 3, 4)),
            ("r-transposed", "spectral_full_qr", full, ("r", 3, 4)),
            ("s-too-long", "spectral_svd", svd, ("s", 4)),
            ("v-transposed", "spectral_svd", svd, ("v", 4, 3)),
            ("nested-phi-transposed", graph, nodes, ("phi_2", 4, 2)),
            ("nested-lambda-too-long", graph, nodes, ("lambda_1", 5)),
            ("nested-x-too-wide", graph, nodes, ("x", 2, 4)),
            ("sparse-x-too-wide", masked, spectral_inputs(1990, 2, 3, 4), ("x", 2, 4))):
        yield broken(name, {"layer": layer} if isinstance(layer, str) else layer, inputs, change)
