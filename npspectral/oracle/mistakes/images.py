"""Mistakes in convolutions.

Tables name -> (sentence, wrong steps, in which layers); a wrong step is called as
wrong(right, *arguments), where right is the right step. Gradients of a wrong definition belong to
its forward, as automatic differentiation gives them. Public reports have: groups mixed where there
is a stride (mlx 3800), pixels that no kernel reads (pytorch/xla 2333, BackPACK 30), stride and
dilation swapped in grad_weight (iree-turbine 1223), its mean over positions (cTensor 3).
"""
import numpy as np

from .right_images import covered, places

CONVOLUTION = ("convolution",)


def kernel_as(move, back):
    """The right layer with another kernel; `back` is the chain rule to its own one."""
    return {"kernel": lambda right, layer, weight: move(layer, right(layer, weight)),
            "kernel_backward": lambda right, layer, grad, g: right(layer, back(layer, grad), g)}


def turned(layer, weight):
    return weight[:, ::-1, ::-1]


def transposed(layer, weight):
    return weight.transpose(0, 2, 1, 3)


def reread(weight, shape, order):
    """The numbers of a weight read as those of another order of its axes."""
    return weight.reshape([shape[k] for k in order]).transpose(np.argsort(order))


def channels_first(layer, weight):
    return reread(weight, weight.shape, (0, 3, 1, 2))


def channels_first_back(layer, grad):
    return np.ascontiguousarray(grad.transpose(0, 3, 1, 2)).reshape(grad.shape)


def interleaved(right, layer, c_in, c_out):
    g = layer["groups"]
    return [(np.arange(own, c_in, g), out) for own, (_, out) in enumerate(
        right(layer, c_in, c_out))]


def from_places(index):
    """The padded image filled from places of the image: index(k, length) for k beside it."""
    def sources(layer, shape):
        p = layer["padding"]
        return [index(np.arange(-p, length + p), length) for length in shape[1:3]]

    def padded(right, layer, x):
        i, j = sources(layer, x.shape)
        return x[:, i[:, None], j]

    def cropped(right, layer, padded):
        p, shape = layer["padding"], np.array(padded.shape)
        shape[1:3] -= 2 * p
        i, j = sources(layer, shape)
        grad = np.zeros(shape, padded.dtype)
        np.add.at(grad, (slice(None), i[:, None], j), padded)
        return grad
    return {"padded": padded, "cropped": cropped}


def padding_at(before):
    """All of the padding at one end, on both axes: `before` is it at the first, 2 p or 0."""
    def shifted(layer, padded, by):
        return np.roll(padded, by, (1, 2))

    def move(layer):
        return before * layer["padding"] - layer["padding"]
    return {"padded": lambda right, layer, x: shifted(layer, right(layer, x), move(layer)),
            "cropped": lambda right, layer, padded: right(
                layer, shifted(layer, padded, -move(layer)))}


def _overwritten(right, layer, to_patches, shape):
    padded = right(layer, 0 * to_patches, shape)
    i, j = covered(layer)
    for at in range(i.shape[0]):
        padded[:, i[at], j[at]] = to_patches[:, at]
    return padded


def _unread(layer):
    """How many rows and columns of the padded image no kernel reads, at its end."""
    reach = layer["dilation"] * (layer["kernel"] - 1) + 1
    return [(layer[side] + 2 * layer["padding"] - reach) % layer["stride"]
            for side in ("height", "width")]


def _at_the_end(right, layer, to_patches, shape):
    return np.roll(right(layer, to_patches, shape), _unread(layer), (1, 2))


def _not_cropped(right, layer, padded):
    p = layer["padding"]
    return padded[:, :padded.shape[1] - 2 * p, :padded.shape[2] - 2 * p]


def _turned_again(right, layer, to_patches, shape):
    n = layer["kernel"]
    grid = to_patches.reshape(*to_patches.shape[:2], n, n, -1)[:, :, ::-1, ::-1]
    return right(layer, grid.reshape(to_patches.shape), shape)


def _dense_where_strided(right, layer, to_patches, shape):
    """Every channel of x gets what all groups hand back, added up at its place in a group."""
    if layer["groups"] > 1 and layer["stride"] > 1:
        split = to_patches.reshape(*to_patches.shape[:-1], layer["groups"], -1)
        to_patches = np.broadcast_to(split.sum(-2, keepdims=True), split.shape).reshape(
            to_patches.shape)
    return right(layer, to_patches, shape)


def _first_group(right, layer, grad, g):
    first = grad[:len(grad) // layer["groups"]]
    return right(layer, np.concatenate([first] * layer["groups"]), g)


def times_positions(power):
    return {"kernel_backward": lambda right, layer, grad, g: right(
        layer, grad * float(g.shape[1]) ** power, g)}


def _swapped_steps(right, layer, params, x, grad_y):
    """The gradient of the weight with the stride in place of the dilation, and back."""
    grads, grad_x = right(layer, params, x, grad_y)
    (rows, columns), n = places(layer), layer["kernel"]
    a, b, u, v = np.indices((rows, columns, n, n)).reshape(4, rows * columns, n * n)
    i, j = (layer["dilation"] * s + layer["stride"] * t for s, t in ((a, u), (b, v)))
    p, d = layer["padding"], max(i.max(), j.max()) + 1
    padded = np.pad(x, ((0, 0), (p, p + d), (p, p + d), (0, 0)))[:, i, j]
    g = layer.get("scale", 1) * grad_y.reshape(len(x), -1, grad_y.shape[-1])
    grad, per_in = np.zeros_like(grads["weight"]), x.shape[-1] // layer["groups"]
    for k in range(len(grad)):
        own = k * layer["groups"] // len(grad) * per_in
        grad[k] = np.einsum("bs,bsuc->uc", g[..., k], padded[..., own:own + per_in]).reshape(
            grad[k].shape)
    return {**grads, "weight": grad}, grad_x


DEFINITION = {
    "kernel turned": (
        "The kernel is turned by 180 degrees (a convolution as mathematics has it); here it slides "
        "over the image as it is.", kernel_as(turned, turned), CONVOLUTION),
    "kernel with rows for columns": (
        "The kernel's rows run along the image's columns; weight is (channels, rows, columns, "
        "channels of x).", kernel_as(transposed, transposed), CONVOLUTION),
    "kernel read with channels first": (
        "The numbers of weight are read as (channels, channels of x, rows, columns); the channels "
        "of x run fastest.", kernel_as(channels_first, channels_first_back), CONVOLUTION),
    "groups interleaved": (
        "The channels of x are dealt out to the groups in turn; a group has those side by side.",
        {"groups": interleaved}, CONVOLUTION),
    "padding repeats the edge": (
        "Beyond its edge the image goes on with its last pixel; it goes on with zeros.",
        from_places(lambda k, n: k.clip(0, n - 1)), CONVOLUTION),
    "padding goes round": (
        "Beyond its edge the image begins again on the other side; it goes on with zeros.",
        from_places(lambda k, n: k % n), CONVOLUTION),
    "padding at the end only": (
        "All of the padding is put behind the last row and column; both sides have as much.",
        padding_at(0), CONVOLUTION),
    "padding at the start only": (
        "All of the padding is put before the first row and column; both sides have as much.",
        padding_at(2), CONVOLUTION),
    "dilation ignored": (
        "The kernel covers neighbours; dilation sets its places apart.",
        {step: lambda right, layer, *rest: right({**layer, "dilation": 1}, *rest)
         for step in ("convolve", "convolve_backward")}, CONVOLUTION),
    "stride and dilation swapped": (
        "The stride is taken for the dilation, and the dilation for the stride.",
        {step: lambda right, layer, *rest: right(
            {**layer, "stride": layer["dilation"], "dilation": layer["stride"]}, *rest)
         for step in ("convolve", "convolve_backward")}, CONVOLUTION),
}
BACKWARD = {
    "grad_x by the turned kernel's twin": (
        "grad_x slides the kernel as the forward does; there it has to be turned by 180 degrees.",
        {"collected": _turned_again}, CONVOLUTION),
    "overlapping patches overwritten": (
        "Where patches overlap, grad_x has the last one's part only; they add up (np.add.at, not "
        "grad[index] += part).", {"collected": _overwritten}, CONVOLUTION),
    "unread pixels at the wrong end": (
        "grad_x is moved by the rows and columns that no kernel reads: they are the last ones, "
        "whose gradient is 0.", {"collected": _at_the_end}, CONVOLUTION),
    "grad_x not moved by the padding": (
        "The padding is cut off behind grad_x alone; half of it lies before.",
        {"cropped": _not_cropped}, CONVOLUTION),
    "groups mixed where there is a stride": (
        "With a stride above 1, grad_x adds up all groups, as a convolution without groups does.",
        {"collected": _dense_where_strided}, CONVOLUTION),
    "grad_weight of the first group": (
        "Every group has grad_weight of the first one.", {"kernel_backward": _first_group},
        CONVOLUTION),
    "grad_weight averaged over positions": (
        "grad_weight is the mean over the positions of y; it is the sum.",
        times_positions(-1), CONVOLUTION),
    "grad_weight with stride for dilation": (
        "grad_weight takes the stride for the dilation, and the dilation for the stride.",
        {"convolve_backward": _swapped_steps}, CONVOLUTION),
}
