"""Mistakes in batch normalization, and in tangent kernels.

Tables name -> (sentence, wrong steps, in which layers); see images.py. Public reports have: the
gradient of training in evaluation (pytorch 586, pytorch/xla 913, mxnet 9580), a running variance
with the other divisor (mlx 3817, returnn 1539).
"""
import numpy as np

NORM = ("batch_norm",)


def in_mode(training):
    """The other mode where a case asks for this one, forwards and backwards."""
    return {"in_training": lambda right, layer: right(layer) != (layer["training"] is training)}


def zero_backward(*steps):
    return {step: lambda right, layer, grad, array: 0 * right(layer, grad, array) for step in steps}


def _through_frozen(right, layer, params, x, grad_y):
    """In evaluation, grad_x as that of training, with the frozen mean and root in it."""
    grads, grad_x = right(layer, params, x, grad_y)
    if layer["training"]:
        return grads, grad_x
    root = np.sqrt(params["variance"] + layer["eps"])
    z, axes = (x - params["mean"]) / root, tuple(range(x.ndim - 1))
    g, n = params["gain"] * grad_y, max(x.size // x.shape[-1], 1)
    return grads, (g - g.sum(axes) / n - z * (g * z).sum(axes) / n) / root


def statistic(change):
    """What the running statistics move to: change(key, right one, that of the batch, n, layer)."""
    return {"kept": lambda right, layer, key, new, n: change(
        key, right(layer, key, new, n), new, n, layer)}


DEFINITION = {
    "variance with n - 1": (
        "In training x is normalized by the variance with the divisor n - 1; that divisor is for "
        "the running variance alone, here it is n.",
        {"divisor": lambda right, n: max(n - 1, 1),
         "kept": lambda right, layer, key, new, n: right(
             layer, key, new * (max(n - 1, 1) / n if key == "variance" else 1), n)}, NORM),
    "eps behind the root": (
        "x is divided by sqrt(variance) + eps; it is sqrt(variance + eps).",
        {"root": lambda right, layer, variance: np.sqrt(variance) + layer["eps"],
         "root_backward": lambda right, layer, root, grad: grad / (2 * (root - layer["eps"]))},
        NORM),
    "eps under the root missing": (
        "eps is missing: a constant channel gives 0 / 0.",
        {"root": lambda right, layer, variance: np.sqrt(variance)}, NORM),
    "running statistics in training": (
        "In training x is normalized by the running statistics; it is by those of the batch.",
        in_mode(True), NORM),
    "statistics of the batch in evaluation": (
        "In evaluation x is normalized by the statistics of the batch; it is by the frozen ones.",
        in_mode(False), NORM),
    "statistics of every position": (
        "Every position has its own mean and variance; the positions of a channel share them.",
        {"axes": lambda right, array: (0,)}, NORM),
    "statistics of every sample": (
        "Every sample has its own mean and variance; the samples of a batch share them.",
        {"axes": lambda right, array: tuple(range(1, array.ndim - 1)) or (1,)}, NORM),
    "gain missing": (
        "z is not multiplied by the gain.",
        {"gain_of": lambda right, params: np.ones_like(params["gain"]),
         "gain_backward": lambda right, g, x, z: 0 * right(g, x, z)}, NORM),
    "share and 1 - share swapped": (
        "The running statistics keep `share` of what they were; they keep 1 - share (a momentum of "
        "Keras keeps, one of PyTorch moves).",
        {"mixed": lambda right, layer, old, new: right(
            {**layer, "share": 1 - layer["share"]}, old, new)}, NORM),
    "running variance with the other divisor": (
        "The running variance takes the other divisor: n - 1 if the case says unbiased, as PyTorch "
        "does, else n, as Keras does.",
        {"kept": lambda right, layer, key, new, n: right(
            {**layer, "unbiased": not layer["unbiased"]}, key, new, n)}, NORM),
    "running statistics do not move": (
        "The running mean and variance stay as they are; in training they move.",
        {"mixed": lambda right, layer, old, new: old + 0 * new}, NORM),
}
BACKWARD = {
    "mean of the batch a constant": (
        "grad_x lacks the way through the mean of the batch.", zero_backward("mean_backward"),
        NORM),
    "variance of the batch a constant": (
        "grad_x lacks the way through the variance of the batch.",
        zero_backward("variance_backward"), NORM),
    "statistics of the batch are constants": (
        "grad_x in training is that of evaluation: the ways through the mean and the variance of "
        "the batch are missing.", zero_backward("mean_backward", "variance_backward"), NORM),
    "gradient of training in evaluation": (
        "grad_x in evaluation is that of training: the frozen mean and variance do not depend on "
        "x.", {"normalize_backward": _through_frozen}, NORM),
    "grad_gain of x": ("grad_gain sums grad_y x; it sums grad_y z, z the normalized x.",
                       {"gain_backward": lambda right, g, x, z: right(g, x, x)}, NORM),
    "grad_gain averaged": (
        "grad_gain is the mean over samples and positions; it is the sum.",
        {"gain_backward": lambda right, g, x, z: right(g, x, z) / max(
            g.size // g.shape[-1], 1)}, NORM),
    "gain detached": ("grad_gain is zero: the gain is cut off.",
                      {"gain_backward": lambda right, g, x, z: 0 * right(g, x, z)}, NORM),
}


def of_parts(chosen):
    """The kernel of some parameters alone: chosen(layers, name, last prefix)."""
    def rows(right, layers, parts):
        last = [name for name in parts][-1].rpartition("/")[0]
        return right(layers, {name: part for name, part in parts.items()
                              if chosen(name, last)} or {"": np.zeros((*next(iter(
                                  parts.values())).shape[:2], 1))})
    return {"rows": rows}


def _by_the_product(right, layers, parts):
    """Derivatives by scale * weight, as if the layer had no scale."""
    scales = {f"{layer['prefix']}weight": layer.get("scale", 1) for layer in layers}
    return right(layers, {name: part / scales.get(name, 1) for name, part in parts.items()})


def kernel_as(change):
    return {"contracted": lambda right, jacobian: change(right(jacobian), jacobian.shape[1])}


TANGENT = {
    "kernel of the last layer": (
        "The kernel has the last layer's parameters alone; all trainable ones count.",
        of_parts(lambda name, last: name.startswith(f"{last}/"))),
    "kernel without biases": (
        "The kernel lacks the derivatives by biases; all trainable parameters count.",
        of_parts(lambda name, last: not name.endswith("bias"))),
    "kernel of biases doubled": (
        "The derivatives by biases count twice.",
        {"rows": lambda right, layers, parts: right(layers, {
            name: part * (2 ** .5 if name.endswith("bias") else 1)
            for name, part in parts.items()})}),
    "kernel by the scaled weight": (
        "Derivatives are by scale * weight (the standard parametrization); they are by the weight, "
        "so that its part of the kernel has scale^2.", {"rows": _by_the_product}),
    "kernel without the scale's square": (
        "The kernel's parts carry scale where they carry scale^2: one of both sides only.",
        {"rows": lambda right, layers, parts: right(layers, {
            name: part / {f"{layer['prefix']}weight": layer.get("scale", 1) ** .5
                          for layer in layers}.get(name, 1) for name, part in parts.items()})}),
    "kernel divided by its outputs": (
        "The kernel is divided by the number of outputs, as for a mean over them.",
        kernel_as(lambda kernel, n_out: kernel / n_out)),
    "kernel with outputs swapped": (
        "Theta_abkl has dy_l(x_a) dy_k(x_b); it has dy_k(x_a) dy_l(x_b).",
        kernel_as(lambda kernel, n_out: kernel.swapaxes(2, 3))),
    "kernel of equal outputs alone": (
        "Theta_abkl is zero for different outputs k and l; all pairs are asked for.",
        kernel_as(lambda kernel, n_out: kernel * np.eye(n_out))),
    "kernel traced over outputs": (
        "Every k = l has the trace over outputs, as if they were alike; each has its own number.",
        kernel_as(lambda kernel, n_out: np.trace(kernel, axis1=2, axis2=3)[..., None, None]
                  * np.eye(n_out))),
    "kernel of summed samples": (
        "The gradients are summed over the batch before they are multiplied: every sample has the "
        "same ones.",
        {"contracted": lambda right, jacobian: right(
            np.broadcast_to(jacobian.sum(0), jacobian.shape))}),
}
