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


if __name__ == "__main__":
    name, suite, *dtypes = sys.argv[1:]
    if keras.backend.backend() == "jax":
        import jax
        jax.config.update("jax_enable_x64", True)
    for dtype in dtypes:
        report = oracle.check(oracle.from_keras(globals()[name], layout="keras"), suite=suite,
                              dtype=dtype, only=("spectral/*", "error/x-*"))
        print(report.to_text())
