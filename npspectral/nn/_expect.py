"""What a layer refuses: each error says who was called, with what, and what was expected."""
import numbers

import numpy as np

from ..refuse import PLAIN

# The dtypes that may pass, each with its real precision. One call uses one precision, real or
# complex: the complex step perturbs one argument in complex128 and leaves the others in float64.
PRECISION = {np.dtype(code): np.zeros(0, code).real.dtype for code in "efdgFDG"}


# At every call: arrays

def check_input(layer, params, x):
    """Refuse an x or params of the wrong type, dtype or shape."""
    precision = check_array(layer.label, "x", x)
    if not isinstance(params, dict):
        raise TypeError(f"{layer.label}: params is {type(params).__name__}, expected a dict")
    shapes = layer.shapes
    if len(params) != len(shapes):
        raise ValueError(f"{layer.label}: params has the names {sorted(params)}, "
                         f"expected {sorted(shapes)}")
    n_in = getattr(layer, "n_in", None)
    if n_in is not None and (x.ndim < 2 or x.shape[-1] != n_in):
        came = f"{x.shape[-1]} features" if x.ndim > 1 else f"shape {x.shape}"
        raise ValueError(f"{layer.label}: x has {came}, expected "
                         + (f"{n_in}" if x.ndim > 1 else f"(..., batch, {n_in})"))
    for name, shape in shapes.items():
        if name not in params:
            raise ValueError(f"{layer.label}: params has no {name!r}, only {sorted(params)}")
        array = params[name]
        if check_array(layer.label, name, array) is not precision:
            raise TypeError(f"{layer.label}: {name} has dtype {array.dtype} and x has "
                            f"{x.dtype}, expected one precision")
        if array.shape != shape:
            raise ValueError(f"{layer.label}: {name} has shape {array.shape}, expected {shape}")


def check_upstream(layer, grad_y, x):
    """Refuse a grad_y of another precision, or that would only broadcast to the shape of y.

    It may have more leading axes than y, as one row for each output of a Jacobian does.
    """
    if check_array(layer.label, "grad_y", grad_y) is not PRECISION[x.dtype]:
        raise TypeError(f"{layer.label}: grad_y has dtype {grad_y.dtype} and x has {x.dtype}, "
                        f"expected one precision")
    check_tail(layer.label, grad_y, (*x.shape[:-1], layer.n_out))


def refuse_coupled(owner, network):
    """Refuse a network in which a sample's y depends on the rest of its batch."""
    if not getattr(network, "coupled", False):
        return
    while hasattr(network, "layers"):
        network = next(layer for layer in network.layers if layer.coupled)
    raise ValueError(f"{owner}: {network.label} couples the samples of a batch, as in training; "
                     f"expected the form for evaluation")


def check_tail(owner, grad_y, shape):
    """Refuse a grad_y whose last axes are not exactly `shape`, that of y."""
    if grad_y.shape[-len(shape):] != shape:
        raise ValueError(f"{owner}: grad_y has shape {grad_y.shape}, "
                         f"expected (..., {', '.join(str(size) for size in shape)})")


def check_array(owner, name, array):
    """Refuse what is not a plain array of a floating dtype; return its real precision.

    A memory map of a file counts as plain: it is not copied, and results are plain arrays.
    """
    if type(array) not in PLAIN:
        raise TypeError(f"{owner}: {name} is {type(array).__name__}, expected a numpy.ndarray")
    precision = PRECISION.get(array.dtype)
    if precision is None:
        raise TypeError(f"{owner}: {name} has dtype {array.dtype}, "
                        f"expected a native floating or complex dtype")
    return precision


# Once, when a layer is made: its options

def check_layer(layer):
    """Refuse sizes that are not positive integers, unknown names in `trainable`, a wrong bias."""
    for name in ("n_in", "n_out"):
        if getattr(layer, name, None) is not None:
            check_integer(type(layer).__name__, name, getattr(layer, name))
    names = layer.trainable_names
    if not (isinstance(layer.trainable, (tuple, list)) and set(layer.trainable) <= set(names)):
        raise ValueError(f"{layer.label}: trainable is {layer.trainable!r}, "
                         f"expected a tuple of names out of {names}")
    bias = getattr(layer, "bias", True)
    if not (bias is True or bias is False or callable(bias)) and any(
            name.startswith("bias") for name in layer.parameters()):
        raise ValueError(f"{layer.label}: bias is {bias!r}, expected True, False or an initializer")


def check_initializers(layer, *names):
    """Refuse options that are not initializers."""
    for name in names:
        start = getattr(layer, name)
        if not callable(start):
            raise ValueError(f"{layer.label}: {name} is {start!r}, expected an initializer")


def check_flags(layer, *names):
    """Refuse options that are neither True nor False."""
    for name in names:
        flag = getattr(layer, name)
        if flag is not True and flag is not False:
            raise ValueError(f"{layer.label}: {name} is {flag!r}, expected True or False")


def check_dtype(layer, dtype):
    """Refuse a dtype that parameters cannot have."""
    if np.dtype(dtype) not in PRECISION:
        raise TypeError(f"{layer.label}: dtype is {np.dtype(dtype)}, expected a floating dtype")


def check_integer(owner, name, value, low=1):
    """Refuse what is no integer of at least `low`."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < low:
        wanted = "a positive integer" if low == 1 else f"an integer of at least {low}"
        raise ValueError(f"{owner}: {name} is {value!r}, expected {wanted}")


def check_number(owner, name, value, low=-np.inf):
    """Refuse what is no finite number above `low`; return a float, which promotes no array."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not low < value < np.inf:
        bound = "" if low == -np.inf else f" > {low}"
        raise ValueError(f"{owner}: {name} is {value!r}, expected a finite number{bound}")
    return float(value)
