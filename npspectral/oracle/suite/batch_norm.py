"""Cases of batch normalization, in training and in evaluation, of rows and of images.

In training the running mean and variance move by `share` of the way to those of the batch; the
variance that they move to has the divisor n - 1 if `unbiased`, else n. What normalizes has n.
"""
from .convolution import chain, network_inputs, statistics, trained
from .inputs import ACTIVATIONS, broken, grid, vjp
from .losses import with_loss
from .precision import LENGTHS, with_tails

EPS = 2.0 ** -10
SIZES = ((4, 3), (8, 2), (3, 4), (2, 3, 2, 2), (3, 2, 2, 3), (1, 2, 4, 2))      # of x


def batch_norm_layer(training, unbiased=True, eps=EPS, share=0.25):
    moving = {"share": share, "unbiased": unbiased} if training else {}
    return {"layer": "batch_norm", "training": training, "eps": eps, **moving}


def norm_inputs(seed, shape, bias=True):
    """x, grad_y, and the parameters of a normalization, statistics among them."""
    *_, channels = shape
    inputs = {"x": grid(seed, *shape), "grad_y": grid(seed + 1, *shape),
              "gain": grid(seed + 2, channels), **statistics(seed + 3, channels)}
    return {**inputs, "bias": grid(seed + 6, channels)} if bias else inputs


def norm_case(name, layer, inputs, trainable=("gain", "bias"), flags=(), activation="identity",
              **options):
    layers = [layer] if activation == "identity" else [layer, ACTIVATIONS[activation]]
    mode = "training" if layer["training"] else "evaluation"
    return vjp(f"batch_norm/{mode}/{name}", layers, inputs, trainable,
               flags=["BatchNorm", *["Coupled"] * layer["training"], *flags], **options)


def size_name(shape):
    return f"b{shape[0]}-" + "x".join(map(str, shape[1:]))


def batch_norm():
    """Both modes on rows and images, constant channels, other options, stacks and networks."""
    for n, shape in enumerate(SIZES):
        for training in (True, False):
            inputs = norm_inputs(9600 + 20 * n + 10 * training, shape, n % 3 != 2)
            layer = batch_norm_layer(training, n % 2 == 0)
            kind = ("unbiased" if layer["unbiased"] else "biased") if training else "frozen"
            yield norm_case(f"{kind}/{size_name(shape)}", layer, inputs)
    for training in (True, False):
        for n, shape in enumerate(((4, 3), (2, 2, 2, 3), (3, 2))):
            inputs = norm_inputs(9800 + 20 * n + 10 * training, shape)
            channels = shape[-1]
            inputs["x"]["dec"][1::channels] = [0.75] * len(inputs["x"]["dec"][1::channels])
            inputs["variance"]["dec"][1] = 0.0
            yield norm_case(f"constant-channel/{size_name(shape)}",
                            batch_norm_layer(training, n % 2 == 1), inputs, flags=["Constant"])
        shape = (4, 2)
        for name, options in (("eps-large", {"eps": 2.0}), ("eps-tiny", {"eps": 2.0 ** -17}),
                              *[("share-one", {"share": 1.0})] * training):
            yield norm_case(f"{name}/b4-2", batch_norm_layer(training, **options),
                            norm_inputs(9900, shape))
        for name in ("gain", "bias"):
            yield norm_case(f"trainable/{name}", batch_norm_layer(training),
                            norm_inputs(9910, shape), (name,), ["Frozen"])
        for activation in ("tanh", "relu"):
            yield norm_case(f"{activation}/b3-2x2x2", batch_norm_layer(training),
                            norm_inputs(9920, (3, 2, 2, 2)), activation=activation)
        yield from norm_stacks(training)
    yield norm_case("two-samples/b2-3", batch_norm_layer(True), norm_inputs(9930, (2, 3)))
    yield norm_case("empty", batch_norm_layer(False), norm_inputs(9940, (0, 3)),
                    flags=["EmptyBatch"])


def far_from_zero(shape):
    """Numbers near 1536: the mean of squares less the square of the mean loses some 20 bits."""
    inputs = norm_inputs(9950, shape)
    inputs["x"]["dec"] = [1536 + number for number in inputs["x"]["dec"]]
    inputs["mean"]["dec"] = [1536 + number for number in inputs["mean"]["dec"]]
    return inputs


def norm_stacks(training):
    """A normalization between a convolution and its activation."""
    mode = "training" if training else "evaluation"
    for n, loss in enumerate((None, "labels")):
        layers = chain((4, 3), 1 + n, "tanh", [batch_norm_layer(training, n == 0)])
        inputs = network_inputs(layers, 10000 + 100 * n, 3, 1, (2, 2), 2)
        flags = ["BatchNorm", *["Coupled"] * training, "Network" if loss else "Stack"]
        case = vjp(f"batch_norm/{mode}/{loss or 'stack'}/b3-4x3x1-2-2-2", layers, inputs,
                   trained(inputs), flags=flags)
        yield with_loss(case, loss, 10250) if loss else case


def batch_norm_beyond():
    """Numbers of 24 and of 53 bits, and such numbers near 1536."""
    for length, dtypes in LENGTHS.items():
        for training in (True, False):
            for name, inputs, flags in (("", norm_inputs(10300, (4, 3)), ()),
                                        ("far-from-0/", far_from_zero((4, 3)), ("Offset",))):
                yield norm_case(f"{length}-bits/{name}b4-3", batch_norm_layer(training),
                                with_tails(inputs, length), dtypes=dtypes,
                                flags=["Precision", *flags])


def batch_norm_errors():
    """Parameters, and a batch, that a normalization has to refuse."""
    layer, inputs = batch_norm_layer(False), norm_inputs(10400, (4, 3))
    for name, change in (("gain-too-long", ("gain", 4)), ("x-too-wide", ("x", 4, 4))):
        yield broken(f"batch_norm-{name}", layer, inputs, change, ("gain", "bias"))
    one = norm_inputs(10410, (1, 3))
    yield broken("batch_norm-training-of-one-value", batch_norm_layer(True), one, ("x", 1, 3),
                 ("gain", "bias"))
