"""A spectral layer of Keras 3, judged on the backend that KERAS_BACKEND names."""
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


class WithASum(Spectral):
    def call(self, x):
        return keras.ops.matmul(x, self.base * (self.diag_start + self.diag_end)) + self.bias


if __name__ == "__main__":
    name, dtype = sys.argv[1:]
    print(oracle.check(oracle.from_keras(globals()[name], layout="keras"), dtype=dtype, only=(
        "spectral/*/b2-i3-o4/bias", "spectral/trainable/*", "error/x-*")).to_text())
