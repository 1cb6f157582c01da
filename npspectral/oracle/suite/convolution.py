"""Cases of convolutions: a grid of strides, paddings, dilations and groups; stacks; errors.

Images are (batch, height, width, channels), weights (channels of y, kernel, kernel, channels of x
in a group). They are small: what goes wrong goes wrong at edges, between groups, in what is unread.
"""
from itertools import product

from .inputs import ACTIVATIONS, broken, grid, vjp
from .large import coarse
from .losses import with_loss
from .precision import LENGTHS, with_tails

PLAIN = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
TAKES = ("x", "grad_y")


def convolution_layer(height, width, kernel, **options):
    return {"layer": "convolution", "height": height, "width": width, "kernel": kernel,
            **PLAIN, **options}


def image_of(layer, channels):
    """(height, width, channels) of y."""
    return *(1 + (layer[side] + 2 * layer["padding"] - layer["dilation"] * (layer["kernel"] - 1)
                  - 1) // layer["stride"] for side in ("height", "width")), channels


def weights(layer, seed, c_in, c_out, bias):
    shape = c_out, layer["kernel"], layer["kernel"], c_in // layer["groups"]
    weight = {"weight": grid(seed, *shape, reach=8)}
    return {**weight, "bias": grid(seed + 1, c_out)} if bias else weight


def image_inputs(layer, seed, batch, c_in, c_out, bias=True):
    """x, grad_y and the parameters of one convolution."""
    return {"x": grid(seed, batch, layer["height"], layer["width"], c_in),
            "grad_y": grid(seed + 1, batch, *image_of(layer, c_out)),
            **weights(layer, seed + 2, c_in, c_out, bias)}


def image_case(name, layer, seed, batch, c_in, c_out, bias=True, flags=(), trainable=None,
               activation="identity"):
    """A case of one convolution, perhaps with what follows it."""
    layers = [layer] if activation == "identity" else [layer, ACTIVATIONS[activation]]
    unread = any((layer[side] + 2 * layer["padding"] - layer["dilation"] * (layer["kernel"] - 1)
                  - 1) % layer["stride"] for side in ("height", "width"))
    return vjp(f"convolution/{name}", layers,
               image_inputs(layer, seed, batch, c_in, c_out, bias), trainable,
               flags=["Convolution", *["Unread"] * unread, *flags])


def convolution():
    """The grid, special sizes, what is frozen, what follows; stacks and networks."""
    for n, (s, p, d, g) in enumerate(product((1, 2, 3), (0, 1, 2), (1, 2), (1, 2))):
        kernel = (3 if d == 1 else 2) - (n % 5 == 4)
        c_out, bias = 4 if g == 2 and n % 4 > 1 else 2, n % 3 != 1
        layer = convolution_layer(5, 4, kernel, stride=s, padding=p, dilation=d, groups=g)
        yield image_case(f"s{s}-p{p}-d{d}-g{g}/k{kernel}-{'bias' if bias else 'plain'}", layer,
                         8000 + 10 * n, 1 + n % 2, 2, c_out, bias)
    for n, (name, size, c_in, c_out, options) in enumerate(SPECIAL):
        yield image_case(f"special/{name}", convolution_layer(*size, **options), 8400 + 10 * n,
                         2 - n % 2, c_in, c_out, n % 3 != 2)
    small = convolution_layer(4, 3, 2, stride=2, padding=1)
    for name in ("weight", "bias"):
        yield image_case(f"trainable/{name}", small, 8540, 2, 2, 3, flags=["Frozen"],
                         trainable=(name,))
    yield image_case("empty", small, 8550, 0, 2, 3, flags=["EmptyBatch"])
    for n, activation in enumerate(("relu", "tanh", "softplus")):
        for groups in (1, 2):
            layer = convolution_layer(4, 5, 3, stride=2, padding=1, groups=groups)
            yield image_case(f"{activation}/s2-p1-d1-g{groups}", layer, 8560 + 10 * n + groups,
                             2, 2, 2, activation=activation)
    yield from convolution_stacks()


SPECIAL: tuple = (                  # name, (height, width, kernel), channels of x and y, options
    ("one-by-one", (3, 2, 1), 3, 2, {}), ("one-by-one-strided", (4, 3, 1), 2, 3, {"stride": 2}),
    ("two-groups-of-two", (4, 3, 2), 4, 4, {"groups": 2, "padding": 1}),
    ("two-groups-of-two-strided", (5, 4, 3), 4, 4, {"groups": 2, "padding": 1, "stride": 2}),
    ("depthwise", (4, 4, 3), 3, 3, {"groups": 3, "padding": 1}),
    ("depthwise-strided", (5, 4, 3), 3, 6, {"groups": 3, "padding": 1, "stride": 2}),
    ("whole-image", (3, 3, 3), 2, 3, {}),
    ("wide-kernel", (7, 6, 5), 1, 2, {"padding": 1, "stride": 2}),
    ("padding-beyond-kernel", (2, 3, 2), 2, 2, {"padding": 3}),
    ("gaps", (7, 8, 2), 1, 2, {"stride": 4}), ("single-row", (1, 6, 3), 2, 2, {"padding": 1}),
    ("single-channel", (4, 5, 3), 1, 1, {}))


def network_inputs(layers, seed, batch, c_in, widths, n_out):
    """x, grad_y and the parameters of convolutions, perhaps normalized, and a dense layer.

    A normalization takes away a bias before it, whose gradient would be 0: there is none.
    """
    first = layers[0]
    inputs = {"x": grid(seed, batch, first["height"], first["width"], c_in, reach=8)}
    widths = iter(widths)
    for position, layer in enumerate(layers):
        seed += 10
        if layer["layer"] == "convolution":
            before, c_in = c_in, next(widths)
            bias = layers[position + 1]["layer"] != "batch_norm"
            added = weights(layer, seed, before, c_in, bias)
        elif layer["layer"] == "batch_norm":
            added = {"gain": grid(seed, c_in), "bias": grid(seed + 1, c_in),
                     **statistics(seed, c_in)}
        else:
            added = {"weight": grid(seed, n_out, c_in, reach=8), "bias": grid(seed + 1, n_out)
                     } if layer["layer"] == "dense" else {}
        inputs |= {f"{position}/{key}": entry for key, entry in added.items()}
    return {**inputs, "grad_y": grid(seed + 5, batch, n_out)}


def statistics(seed, channels):
    """A frozen mean, and a variance that is positive."""
    variance = grid(seed + 3, channels, reach=7)
    return {"mean": grid(seed + 2, channels),
            "variance": {**variance, "dec": [number + 1 for number in variance["dec"]]}}


def chain(size, stride, activation, more=(), scale=None):
    """Two convolutions with an activation between, a mean over positions, and a dense layer."""
    options = {} if scale is None else {"scale": scale}
    first = convolution_layer(*size, 3, stride=stride, padding=1, **options)
    second = convolution_layer(*image_of(first, 1)[:2], 2, **options)
    rows, columns, _ = image_of(second, 1)
    bent = ACTIVATIONS[activation]
    mean = {"layer": "spatial_mean", "positions": rows * columns}
    return [first, *more, bent, second, bent, mean, {"layer": "dense", **options}]


def convolution_stacks():
    """Chains with an upstream gradient, and with a loss."""
    for n, (size, stride, activation, batch, c_in, widths, n_out) in enumerate((
            ((5, 4), 2, "tanh", 2, 2, (2, 3), 2), ((4, 5), 1, "relu", 1, 1, (3, 2), 3),
            ((3, 4), 1, "identity", 2, 2, (2, 2), 1), ((6, 5), 2, "leaky_relu", 3, 1, (2, 2), 2))):
        layers = chain(size, stride, activation)
        inputs = network_inputs(layers, 8700 + 100 * n, batch, c_in, widths, n_out)
        name = f"{activation}/b{batch}-{size[0]}x{size[1]}x{c_in}-{widths[0]}-{widths[1]}-{n_out}"
        yield vjp(f"convolution/stack/{name}", layers, inputs, trained(inputs),
                  flags=["Convolution", "Stack"])
    for n, loss in enumerate(("mean_squared_error", "labels")):
        layers = chain((5, 4), 2, ("tanh", "softplus")[n])
        inputs = network_inputs(layers, 9200 + 100 * n, 4 - n, 2, (2, 3), 3)
        yield with_loss(vjp(f"convolution/network/{loss}", layers, inputs, trained(inputs),
                            flags=["Convolution", "Network"]), loss, 9250 + n)


def trained(inputs):
    """The parameters, but for the statistics of normalizations."""
    return [name for name in inputs if name not in TAKES and name.rpartition("/")[2] not in (
        "mean", "variance")]


def convolution_beyond():
    """Numbers of 24 and of 53 bits; channels beyond the blocks of 16 and 32."""
    for n, (s, g, activation) in enumerate((
            (1, 1, "identity"), (2, 2, "identity"), (2, 1, "tanh"))):
        layer = convolution_layer(4, 5, 3, stride=s, padding=1, groups=g)
        for length, dtypes in LENGTHS.items():
            case = image_case(f"{length}-bits/{activation}/s{s}-p1-d1-g{g}", layer, 9400 + 10 * n,
                              2, 2, 2, activation=activation, flags=["Precision"])
            yield {**case, "dtypes": list(dtypes), "inputs": with_tails(case["inputs"], length)}
    layer = convolution_layer(4, 3, 2, stride=2, groups=2)
    case = image_case("large/s2-p0-d1-g2/b1-4x3x34-o18", layer, 9450, 1, 34, 18, flags=["Large"])
    yield {**case, "inputs": coarse(case["inputs"], 9450)}


def convolution_errors():
    """Parameters that a convolution has to refuse."""
    layer = convolution_layer(4, 3, 2)
    inputs = image_inputs(layer, 9500, 2, 2, 3)
    for name, change in (("weight-of-other-channels", ("weight", 3, 2, 2, 3)),
                         ("bias-too-long", ("bias", 4)),
                         ("x-of-other-channels", ("x", 2, 4, 3, 3)),
                         ("grad_y-of-another-image", ("grad_y", 2, 4, 3, 3))):
        yield broken(f"convolution-{name}", layer, inputs, change)
