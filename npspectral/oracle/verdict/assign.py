"""assign(): copy the parameters of a case into a layer of any framework, by attribute name."""
from collections.abc import Mapping
from dataclasses import FrozenInstanceError

import numpy as np

from .answers import readable
from .results import meant

PARAMETRIZED = ("{}_orig", "{}_v", "{}_g")      # what torch computes an attribute from, as of old


def assign(module, case, **names):
    """Copy parameters of a case into `module`: assign(layer, case, phi="base", bias="bias").

    Left the case's name, right the attribute, or a path such as "layers.0.base"; a stack's names
    are given as **{"0/phi": "layers.0.base"}. A dict of parameters works as a module does. NumPy
    arrays and torch parameters are changed in place, Keras variables by .assign, attributes of
    frozen dataclasses as well. Shapes have to fit exactly: another storage order is for check(...,
    layout=). A bias that the case does not have is set to zero, or may be None. Returns the module:
    a new one in place of a tuple and of a mapping that cannot be changed.

    Raises TypeError or ValueError where something does not fit, or was not stored.
    """
    if not names:
        raise TypeError("assign: no names came, expected some such as phi='base'")
    for name, path in names.items():
        target, array = held(module, path, name, case)
        if target is not None:
            module = _store(module, path, target, array)
            _verify(found(module, path), array, path)
    return module


def held(module, path, name, case):
    """What a path leads to, and the array of a case that has to go there; None for no bias."""
    if name not in case.inputs and name.rpartition("/")[2] != "bias":
        raise ValueError(f"assign: case {case.id} has no {name!r}, only {sorted(case.inputs)}"
                         f"{meant(name, case.inputs)}")
    if not isinstance(path, str) or not path:
        raise TypeError(f"assign: {name} is {path!r}, expected the name of an attribute")
    target, array = found(module, path), case.inputs.get(name)
    if target is None:
        if array is not None:
            raise ValueError(f"assign: {path} is None, case {case.id} has a {name}")
        return None, None
    shape = tuple(getattr(target, "shape", ()))
    if array is None:
        array = np.zeros(shape)
    if shape != array.shape:
        raise ValueError(f"assign: {path} has shape {shape}, {name} of case {case.id} has "
                         f"{array.shape}; declare a layout if that is your convention")
    return target, array


def found(module, path):
    """What an attribute path leads to. Raises ValueError where there is nothing."""
    for step in path.split("."):
        if _is_computed(module, step):
            raise ValueError(f"assign: {path} is computed from other parameters, as by weight_norm;"
                             f" take that off first, or assign a layer without it")
        try:
            if isinstance(module, Mapping):
                module = module[step]
            else:
                module = module[int(step)] if step.isdigit() else getattr(module, step)
        except (AttributeError, LookupError, TypeError) as error:
            there = module if isinstance(module, Mapping) else dir(module)
            raise ValueError(f"assign: {path!r} leads nowhere: {type(module).__name__} has no "
                             f"{step!r}{meant(step, there)}") from error
    return module


def _is_computed(module, name):
    """Whether torch computes an attribute: a parametrization, or what stood for it before."""
    computed = getattr(module, "parametrizations", ())
    return isinstance(getattr(module, "_parameters", None), Mapping) and (
        name in computed or any(old.format(name) in module._parameters for old in PARAMETRIZED))


def placed(module, path, entry):
    """The module with an entry at a path: changed in place, or a new one if it cannot be."""
    step, _, rest = path.partition(".")
    if rest:
        part = found(module, step)
        entry = placed(part, rest, entry)
        if entry is part:
            return module
    if isinstance(module, tuple):
        if not step.isdigit():
            return module._replace(**{step: entry})
        changed = [*module[:int(step)], entry, *module[int(step) + 1:]]
        return type(module)(*changed) if hasattr(module, "_replace") else tuple(changed)
    if isinstance(module, Mapping):
        if not hasattr(module, "__setitem__"):
            return type(module)({**module, step: entry})
        module[step] = entry
    elif step.isdigit():
        module[int(step)] = entry
    else:
        try:
            setattr(module, step, entry)
        except FrozenInstanceError:
            object.__setattr__(module, step, entry)
    return module


def _store(module, path, target, array):
    data = getattr(target, "data", None)
    if hasattr(data, "copy_"):                                  # a torch parameter or tensor
        data.copy_(data.new_tensor(array.tolist()))
    elif callable(getattr(target, "assign", None)):             # a Keras variable
        target.assign(array)
    elif isinstance(target, np.ndarray) and target.flags.writeable:
        target[...] = array
    elif hasattr(target, "at"):                                 # an array of JAX
        return placed(module, path, target.at[...].set(array.astype(target.dtype)))
    else:
        return placed(module, path, array.copy())
    return module


def _verify(stored, array, path):
    """Refuse what did not arrive: an integer or narrow dtype, a property that stores nothing."""
    for dtype in ("float64", "float32", "float16", "bfloat16"):
        arrived, status, detail = readable(stored, dtype, array.shape)
        if not status:
            break
    if status or not np.array_equal(arrived, array):
        near = not status and np.allclose(arrived, array, rtol=2 ** -7)
        narrow = f"its dtype, {getattr(stored, 'dtype', '?')}, is too narrow" * near
        raise ValueError(f"assign: {path} does not hold what was assigned: "
                         f"{detail or narrow or 'its numbers are others'}")
