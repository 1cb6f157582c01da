"""The check of `save` and `load`: does a record belong to a run of this network?"""
from numbers import Integral, Real

import numpy as np

from ..nn import tree
from ..nn.layer import PRECISION, Layer, refuse_coupled
from ..refuse import finite

PLAIN_VALUES = bool, int, float, str, type(None)    # no subclass, as JSON gives back only these


def check(network, record):
    """Refuse a record that does not belong to a run of this network."""
    if not isinstance(network, Layer):
        raise TypeError(f"network is {network!r}, expected a layer of npspectral.nn")
    refuse_coupled("save", network)
    if not _is(Integral, record.epoch) or record.epoch < 0:
        raise ValueError(f"Record: epoch is {record.epoch!r}, expected an integer of at least 0")
    if not isinstance(record.metrics, dict):
        raise TypeError(f"Record: metrics is {record.metrics!r}, expected a dict of numbers")
    for name, value in {"loss": record.loss, **record.metrics}.items():
        if not _is(Real, value):
            raise TypeError(f"Record: {name} is {value!r}, expected a real number")
    if record.rng_state is not None and not isinstance(record.rng_state, dict):
        raise TypeError(f"Record: rng_state is {record.rng_state!r}, expected a dict")
    _check_params(network, record.params)
    if record.optimizer_state is not None:
        _check_state(record.optimizer_state, network.trainable_part(record.params))


def _is(kind, value):
    return isinstance(value, kind) and not isinstance(value, bool)


def _check_params(network, params):
    """Refuse params that are not finite, or that forward refuses."""
    arrays = [(path, array) for path, array in tree.items(params, "params")
              if isinstance(array, np.ndarray)]
    for path, array in arrays:
        finite("Record", path, array)
    dtype = PRECISION.get(arrays[0][1].dtype, float) if arrays else float
    with np.errstate(all="ignore"):
        network.forward(params, np.zeros((1, getattr(network, "n_in", 1)), dtype))


def _check_state(state, part):
    """Refuse a state with anything but plain values and arrays of numbers.

    Each entry holds single numbers, or a number for each trainable number: in arrays with the
    shapes of `part`, or in one vector, see `Step`.
    """
    if not isinstance(state, dict):
        raise TypeError(f"Record: optimizer_state is {type(state).__name__}, expected a dict")
    for name, entry in state.items():
        for path, value in tree.items(entry, f"optimizer_state/{name}"):
            if type(value) not in PLAIN_VALUES or value != value:       # nan is not equal to itself
                _check_numbers(path, value)
        if not _fits(_shapes(entry), _shapes(part), tree.size(part)):
            raise ValueError(f"Record: optimizer_state/{name} has the shapes {_shapes(entry)}, "
                             f"expected (), ({tree.size(part)},) or {_shapes(part)}, with further "
                             f"axes in front or without")


def _check_numbers(path, array):
    if (type(array) is not np.ndarray or array.dtype.kind not in "biufc"
            or not array.dtype.isnative or np.isnan(array).any()):
        raise ValueError(f"Record: {path} is {array!r:.60}, expected an array of numbers "
                         f"of a native dtype, none of them nan")


def _fits(shapes, part, size):
    """Whether an entry holds single numbers, or a number for each trainable number.

    Its arrays may have further axes in front. So only the last ones are compared.
    """
    if set(shapes.values()) <= {()}:
        return True
    if list(shapes) == [""]:                                # one array without a path: a vector
        return shapes[""][-1] == size
    # from len - len on: [-0:] would be all axes
    return shapes.keys() == part.keys() and all(
        shapes[path][len(shapes[path]) - len(shape):] == shape for path, shape in part.items())


def _shapes(branch):
    return {path: np.shape(array) for path, array in tree.items(branch)}
