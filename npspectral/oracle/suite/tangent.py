"""Cases of empirical tangent kernels, and the images' second derivatives and gradients of samples.

Theta_abkl = sum over the trainable numbers of dy_k(x_a) dy_l(x_b): every sum is written out, no
trace is taken over outputs, and nothing is divided. The parametrization is that of the case: a
layer's `scale` multiplies the weight in the forward, and derivatives are by the weight without it.
"""
from .batch_norm import batch_norm, batch_norm_layer
from .convolution import chain, convolution, network_inputs, trained
from .inputs import ACTIVATIONS, grid
from .inputs import scaled as scaled_by
from .second import chosen, with_directions

DENSE = ((3, (3, 4, 2), "tanh"), (2, (2, 3, 1), "relu"), (4, (2, 2, 3), "softplus"))
IMAGES = ((2, (4, 3), 1, (2, 2), 2, "tanh"), (3, (5, 4), 2, (2, 3), 2, "relu"),
          (2, (3, 4), 2, (3, 2), 2, "softplus"))        # batch, image, channels, widths, outputs


def tangent():
    """Dense and convolutional networks, in the standard and in the tangent kernel's scaling."""
    for scaled in (False, True):
        for n, (batch, sizes, activation) in enumerate(DENSE):
            yield dense_kernel(10500 + 50 * n, batch, sizes, activation, scaled)
        for n, (batch, size, c_in, widths, n_out, activation) in enumerate(IMAGES):
            norm = [batch_norm_layer(False)] if n == 2 else []
            layers = chain(size, 1 + n % 2, activation, norm, 0.5 if scaled else None)
            inputs = network_inputs(layers, 10700 + 100 * n, batch, c_in, widths, n_out)
            image = "x".join(map(str, (*size, c_in)))
            name = f"{activation}/b{batch}-{image}-{widths[0]}-{widths[1]}-{n_out}"
            yield kernel(f"convolution/{name}", layers, inputs, trained(inputs), scaled)


def kernel(name, layers, inputs, trainable, scaled):
    """A case of a tangent kernel: of what is trainable, with no upstream gradient.

    Parameters are halved, so that no unit is far in saturation.
    """
    inputs = {key: entry if key == "x" else scaled_by(entry, 0.5)
              for key, entry in inputs.items() if key != "grad_y"}
    family, _, rest = name.partition("/")
    scaling = "scaled" if scaled else "standard"
    return {"id": f"tangent/{family}/{scaling}/{rest}", "kind": "tangent", "inputs": inputs,
            "flags": ["Tangent", *["Scaled"] * scaled], "dtypes": ["float32", "float64"],
            "layers": layers, "trainable": list(trainable)}


def dense_kernel(seed, batch, sizes, activation, scaled):
    """Two dense layers; scaled by a power of two near 1 / sqrt(fan-in)."""
    inputs = {"x": grid(seed, batch, sizes[0], reach=8)}
    for position, (n_in, n_out) in zip((0, 2), zip(sizes, sizes[1:])):
        inputs |= {f"{position}/weight": grid(seed + 10 + position, n_out, n_in, reach=8),
                   f"{position}/bias": grid(seed + 20 + position, n_out, reach=8)}
    layer = {"layer": "dense", "scale": 0.5} if scaled else {"layer": "dense"}
    name = f"dense/{activation}/b{batch}-{'-'.join(map(str, sizes))}"
    return kernel(name, [layer, ACTIVATIONS[activation], layer], inputs,
                  [key for key in inputs if key != "x"], scaled)


SECOND = ("convolution/s2-p1-d1-g2/*", "convolution/tanh/s2-p1-d1-g2", "convolution/stack/tanh/*",
          "batch_norm/evaluation/tanh/*", "batch_norm/training/tanh/*")
PER_SAMPLE = ("convolution/s1-p1-d1-g1/*", "convolution/s2-p1-d2-g2/*",
              "convolution/tanh/s2-p1-d1-g2", "batch_norm/evaluation/frozen/b2-3x2x2")


def images_derived():
    """second/ID and per_sample/ID of convolutions and normalizations."""
    every = [*convolution(), *batch_norm()]
    yield from with_directions(chosen("second", SECOND, every), 11000)
    yield from chosen("per_sample", PER_SAMPLE, every)
