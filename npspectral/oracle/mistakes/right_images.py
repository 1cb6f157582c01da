"""The right candidate's steps for images: convolutions, normalizations, tangent kernels.

Images are (batch, height, width, channels).
"""
import math

import numpy as np


class ImageSteps:
    """A part of Steps: every method is a step in which a mistake can be planted."""

    def image_forward(self, layer, params, x):
        if layer["layer"] == "spatial_mean":
            return x.mean((1, 2))
        if layer["layer"] == "batch_norm":
            return self.normalize(layer, params, x)[0]
        y = self.convolve(layer, params, x)
        return y + self.shift(params["bias"]) if "bias" in params else y

    def image_backward(self, layer, params, x, grad_y):
        if layer["layer"] == "spatial_mean":
            return {}, np.broadcast_to(grad_y[:, None, None] / layer["positions"], x.shape)
        if layer["layer"] == "batch_norm":
            return self.normalize_backward(layer, params, x, grad_y)
        grads, grad_x = self.convolve_backward(layer, params, x, grad_y)
        if "bias" in params:
            grads["bias"] = self.bias_backward(grad_y.sum((1, 2)))
        return grads, grad_x

    # y = patches of the padded image times the kernel, group by group

    def convolve(self, layer, params, x):
        rows, columns = places(layer)
        patches, weight = self.patches(layer, self.padded(layer, x)), self.kernel(
            layer, params["weight"])
        y = np.zeros((len(x), rows * columns, len(weight)), np.result_type(x, weight))
        for own, out in self.groups(layer, x.shape[-1], len(weight)):
            y[..., out] = layer.get("scale", 1) * self.flat(patches, own) @ flat(weight[out]).T
        return y.reshape(len(x), rows, columns, len(weight))

    def convolve_backward(self, layer, params, x, grad_y):
        patches, weight = self.patches(layer, self.padded(layer, x)), self.kernel(
            layer, params["weight"])
        g = layer.get("scale", 1) * by_sample(grad_y)
        kind = np.result_type(patches, weight, g)
        grad_weight, to_patches = np.zeros(weight.shape, kind), np.zeros(patches.shape, kind)
        for own, out in self.groups(layer, x.shape[-1], len(weight)):
            matrix, seen = flat(weight[out]), self.flat(patches, own)
            grad_weight[out] = self.matrix_backward(matrix, seen, g[..., out]).reshape(
                weight[out].shape)
            to_patches[..., own] = self.input_backward(layer, params, matrix, g[..., out]).reshape(
                *patches.shape[:-1], len(own))
        grad_weight = self.kernel_backward(layer, grad_weight, g)
        return ({"weight": grad_weight.reshape(params["weight"].shape)},
                self.cropped(layer, self.collected(layer, to_patches, x.shape)))

    def kernel(self, layer, weight):
        """The weight as it multiplies patches."""
        return weight

    def kernel_backward(self, layer, grad, g):
        return grad

    def groups(self, layer, c_in, c_out):
        """The channels of x that each group sees, and those of y that it makes."""
        return list(zip(np.split(np.arange(c_in), layer["groups"]),
                        np.split(np.arange(c_out), layer["groups"])))

    def padded(self, layer, x):
        p = layer["padding"]
        return np.pad(x, ((0, 0), (p, p), (p, p), (0, 0)))

    def patches(self, layer, padded):
        """(batch, positions of y, places of the kernel, channels)."""
        i, j = self.covered(layer)
        return padded[:, i, j]

    def covered(self, layer):
        """Row and column in the padded image of every place (positions of y, places)."""
        return covered(layer)

    def flat(self, patches, own):
        batch, positions, n_places, _ = patches.shape
        return patches[..., own].reshape(batch, positions, n_places * len(own))

    def collected(self, layer, to_patches, shape):
        """The gradient of the padded image: what its patches got is added up."""
        p, (batch, height, width, channels) = layer["padding"], shape
        padded = np.zeros((batch, height + 2 * p, width + 2 * p, channels), to_patches.dtype)
        np.add.at(padded, (slice(None), *self.covered(layer)), to_patches)
        return padded

    def cropped(self, layer, padded):
        p = layer["padding"]
        return padded[:, p:padded.shape[1] - p, p:padded.shape[2] - p]

    # z = (x - mean) / sqrt(variance + eps),  y = gain z + bias

    def normalize(self, layer, params, x):
        """y, and mean, root and z."""
        mean, variance = self.statistics(layer, params, x)
        root = self.root(layer, variance)
        z = (x - mean) / root
        return self.affine_of_channels(params, z), (mean, root, z)

    def normalize_backward(self, layer, params, x, grad_y):
        _, (mean, root, z) = self.normalize(layer, params, x)
        g = self.gain_of(params) * grad_y
        grads = {"gain": self.gain_backward(grad_y, x, z)}
        if "bias" in params:
            grads["bias"] = self.bias_backward(by_sample(grad_y).sum(1))
        grad_x = g / root
        if self.in_training(layer):
            away = x - mean
            grad_root = -self.over(g * away) / root ** 2
            grad_x = (grad_x + self.mean_backward(layer, -self.over(g / root), x)
                      + self.variance_backward(layer, self.root_backward(layer, root, grad_root),
                                               away))
        return grads, grad_x

    def in_training(self, layer):
        return layer["training"]

    def statistics(self, layer, params, x):
        if not self.in_training(layer):
            return params["mean"], params["variance"]
        mean = self.mean(x)
        return mean, self.variance(x - mean)

    def over(self, array):
        """The sum over all that shares a mean."""
        return array.sum(self.axes(array), keepdims=True)

    def axes(self, array):
        return tuple(range(array.ndim - 1))

    def shared(self, array):
        """How many numbers share a mean."""
        return array.size / max(self.over(array).size, 1)

    def mean(self, x):
        return self.over(x) / self.shared(x)

    def variance(self, away):
        return self.over(away ** 2) / self.divisor(self.shared(away))

    def divisor(self, n):
        return n

    def root(self, layer, variance):
        return np.sqrt(variance + layer["eps"])

    def root_backward(self, layer, root, grad):
        return grad / (2 * root)

    def mean_backward(self, layer, grad, x):
        return grad / self.shared(x)

    def variance_backward(self, layer, grad, away):
        return 2 * away * grad / self.divisor(self.shared(away))

    def affine_of_channels(self, params, z):
        y = self.gain_of(params) * z
        return y + self.shift(params["bias"]) if "bias" in params else y

    def gain_of(self, params):
        return params["gain"]

    def gain_backward(self, g, x, z):
        return self.summed(g * z)

    def summed(self, array):
        return by_sample(array).sum((0, 1))

    def running(self, layers, all_params, inputs):
        """The running statistics behind every normalization in training."""
        found = {}
        for layer, params, x in zip(layers, all_params, inputs):
            if layer.get("training"):
                mean = self.mean(x)
                n, variance = self.shared(x), self.variance(x - mean)
                for key, new in zip(("mean", "variance"), (mean, variance)):
                    found[f"new_{layer['prefix']}{key}"] = self.mixed(
                        layer, params[key], self.kept(layer, key, np.real(new), n)).reshape(-1)
        return found

    def kept(self, layer, key, new, n):
        """What the running statistic moves to."""
        return new * n / (n - 1) if key == "variance" and layer["unbiased"] else new

    def mixed(self, layer, old, new):
        return (1 - layer["share"]) * old + layer["share"] * new

    # Theta_abkl = sum of J_akp J_blp over parameters p

    def tangent_kernel(self, case, layers, all_params):
        y, jacobian = [], []
        for sample in case.x:
            row, inputs = self.forward(layers, all_params, sample[None])
            y.append(row[0])
            jacobian.append([self.backward(layers, all_params, inputs, unit[None])[0]
                             for unit in np.eye(row.shape[1])])
        parts = {name: np.array([[grads[f"grad_{name}"].ravel() for grads in of_sample]
                                 for of_sample in jacobian]) for name in case.trainable}
        return {"y": np.array(y), "kernel": self.contracted(self.rows(layers, parts))}

    def rows(self, layers, parts):
        """J (batch, outputs, parameters), from its parts by name."""
        return np.concatenate([*parts.values()], -1)

    def contracted(self, jacobian):
        return np.einsum("akp,blp->abkl", jacobian, jacobian)


def places(layer):
    """(rows, columns) of y."""
    reach = layer["dilation"] * (layer["kernel"] - 1) + 1
    return [(layer[side] + 2 * layer["padding"] - reach) // layer["stride"] + 1
            for side in ("height", "width")]


def covered(layer):
    rows, columns = places(layer)
    n = layer["kernel"]
    a, b, u, v = np.indices((rows, columns, n, n)).reshape(4, rows * columns, n * n)
    s, d = layer["stride"], layer["dilation"]
    return s * a + d * u, s * b + d * v


def flat(weight):
    """The weights of some channels as a matrix."""
    return weight.reshape(len(weight), -1)


def by_sample(array):
    """(batch, positions, channels)."""
    batch, *sides, channels = array.shape
    return array.reshape(batch, math.prod(sides), channels)
