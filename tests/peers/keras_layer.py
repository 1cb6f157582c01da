"""A layer of Keras, judged on the backend that KERAS_BACKEND names: LAYER SUITE DTYPE ..."""
import sys

import keras

from npspectral import oracle


class Spectral(keras.layers.Layer):
    """In the layout of the authors' package: base (n_in, n_out), eigenvalues with two axes."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units

    def build(self, shape):
        for name, form in (("base", (shape[-1], self.units)), ("diag_start", (shape[-1], 1)),
                           ("diag_end", (1, self.units)), ("bias", (self.units,))):
            setattr(self, name, self.add_weight(shape=form, name=name, initializer="zeros"))

    def call(self, x):
        return keras.ops.matmul(x, self.base * (self.diag_start - self.diag_end)) + self.bias


class ByEinsum(Spectral):
    """On PyTorch keras.ops.matmul makes float32 of float64, and einsum does not."""

    def call(self, x):
        weight = self.base * (self.diag_start - self.diag_end)
        return keras.ops.einsum("...j,ji->...i", x, weight) + self.bias


class WithASum(Spectral):
    def call(self, x):
        return keras.ops.matmul(x, self.base * (self.diag_start + self.diag_end)) + self.bias


def authors(case):
    """spectraltools itself, a layer of Keras 2."""
    from spectraltools import Spectral as Authors
    return Authors(case.n_out, use_bias=True, dtype=case.dtype)


def authors_without_a_minus(case):
    """spectraltools with diag_start + diag_end in place of its difference."""
    import tensorflow as tf
    layer = authors(case)
    layer.call = lambda x, **_: layer.bias + tf.matmul(
        x, layer.base * (layer.diag_start + layer.diag_end))
    return layer


def convolution(case):
    """Keras's own, behind the zeros that it has no number for."""
    of = case.layers[0]
    if of["stride"] > 1 and of["dilation"] > 1:
        raise NotImplementedError("Keras has no stride together with a dilation")
    return keras.Sequential([
        keras.layers.ZeroPadding2D(of["padding"], dtype=case.dtype),
        keras.layers.Conv2D(case.n_out, of["kernel"], of["stride"], dilation_rate=of["dilation"],
                            groups=of["groups"], use_bias="bias" in case.inputs,
                            dtype=case.dtype)])


class Norm(keras.layers.BatchNormalization):
    """Keras's own, in the mode of a case."""

    def __init__(self, case):
        of = case.layers[0]
        super().__init__(momentum=1 - of.get("share", 0), epsilon=of["eps"],
                         center="bias" in case.inputs, dtype=case.dtype)
        self.mode = of["training"]

    def call(self, x):
        return super().call(x, training=self.mode)


def batch_norm(case):
    if case.layers[0].get("unbiased"):
        raise NotImplementedError("Keras's running variance has the divisor n")
    return Norm(case)


HANDED = {                                  # what from_keras is told, and the cases
    "convolution": ({"weight": "layers.1.kernel", "bias": "layers.1.bias"},
                    ("convolution/s*", "convolution/special/*", "convolution/tanh/*")),
    "batch_norm": ({"gain": "gamma", "bias": "beta", "mean": "moving_mean",
                    "variance": "moving_variance"},
                   ("batch_norm/*/*biased/*", "batch_norm/*/frozen/*", "batch_norm/*/t*",
                    "batch_norm/*/constant*"))}

if __name__ == "__main__":
    name, suite, *dtypes = sys.argv[1:]
    if keras.backend.backend() == "jax":
        import jax
        jax.config.update("jax_enable_x64", True)
    for dtype in dtypes:
        names, only = HANDED.get(name, (None, ("spectral/*", "error/x-*")))
        kind = name if name in HANDED else "spectral"
        candidate = oracle.from_keras(globals()[name], names, layout="keras", kind=kind)
        report = oracle.check(candidate, suite=suite, dtype=dtype, only=only)
        print(report.to_text())
