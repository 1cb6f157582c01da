"""assign(): copy the parameters of a case into a layer of any framework, by attribute name."""
from collections.abc import Mapping

import numpy as np

from .answers import readable


def assign(module, case, **names):
    """Copy parameters of a case into `module`: assign(layer, case, phi="base", bias="bias").

    Left the case's name, right the attribute, or a path such as "layers.0.base"; a stack's names
    are given as **{"0/phi": "layers.0.base"}. A dict of parameters works as a module does. NumPy
    arrays and torch parameters are changed in place, Keras variables by .assign. Shapes have to fit
    exactly: another storage order is for check(..., layout=). A bias that the case does not have is
    set to zero, or may be None. Returns the module.

    Raises TypeError or ValueError where something does not fit, or was not stored.
    """
    if not names:
        raise TypeError("assign: no names came, expected some such as phi='base'")
    for name, path in names.items():
        if name not in case.inputs and name.rpartition("/")[2] != "bias":
            raise ValueError(f"assign: case {case.id} has no {name!r}, only {sorted(case.inputs)}")
        if not isinstance(path, str) or not path:
            raise TypeError(f"assign: {name} is {path!r}, expected the name of an attribute")
        holder, key = _holder(module, path)
        _assign(holder, key, name, path, case)
    return module


def _holder(module, path):
    """The object that an attribute path ends in, and the last name on it."""
    *way, key = path.split(".")
    for step in way:
        module = _get(module, step, path)
    return module, key


def _get(module, step, path):
    try:
        if isinstance(module, Mapping):
            return module[step]
        return module[int(step)] if step.isdigit() else getattr(module, step)
    except (AttributeError, LookupError, TypeError) as error:
        raise ValueError(f"assign: {path!r} leads nowhere: {type(module).__name__} has no "
                         f"{step!r}") from error


def _assign(holder, key, name, path, case):
    target, array = _get(holder, key, path), case.inputs.get(name)
    if target is None:
        if array is not None:
            raise ValueError(f"assign: {path} is None, case {case.id} has a {name}")
        return
    shape = tuple(getattr(target, "shape", ()))
    if array is None:
        array = np.zeros(shape)
    if shape != array.shape:
        raise ValueError(f"assign: {path} has shape {shape}, {name} of case {case.id} has "
                         f"{array.shape}; declare a layout if that is your convention")
    _store(holder, key, target, array)
    _verify(_get(holder, key, path), array, path)


def _store(holder, key, target, array):
    data = getattr(target, "data", None)
    if hasattr(data, "copy_"):                                  # a torch parameter or tensor
        data.copy_(data.new_tensor(array.tolist()))
    elif callable(getattr(target, "assign", None)):             # a Keras variable
        target.assign(array)
    elif isinstance(target, np.ndarray) and target.flags.writeable:
        target[...] = array
    else:
        fresh = array.copy()
        if hasattr(target, "at"):                               # an array of JAX
            fresh = target.at[...].set(array.astype(target.dtype))
        if isinstance(holder, Mapping):
            holder[key] = fresh
        elif key.isdigit():
            holder[int(key)] = fresh
        else:
            setattr(holder, key, fresh)


def _verify(stored, array, path):
    """Refuse what did not arrive: an integer or narrow dtype, a property that stores nothing."""
    for dtype in ("float64", "float32", "float16", "bfloat16"):
        arrived, status, detail = readable(stored, dtype, array.shape)
        if not status:
            break
    if status or not np.array_equal(arrived, array):
        raise ValueError(f"assign: {path} does not hold what was assigned: "
                         f"{detail or 'its numbers differ; is its dtype too narrow?'}")
