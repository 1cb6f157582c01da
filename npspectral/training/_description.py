"""A network as JSON, and back: {"type": name of the class, field: value, ...}."""
import dataclasses

from .. import nn


class ClassNotGiven(Exception):
    """A description names a class that is not npspectral's and was not given."""


def by_name(classes):
    """Name -> class of the user's own layers and initializers."""
    listed = hasattr(classes, "__iter__") and not isinstance(classes, (type, str))
    kinds = list(classes) if listed else []
    if not listed or not all(map(_is_dataclass, kinds)):
        raise TypeError(f"load: classes is {classes!r}, expected a list of dataclasses")
    return {kind.__name__: kind for kind in kinds}


def describe(value, classes):
    """What JSON can hold: of a layer or initializer its class and fields, else the value itself.

    `classes` gets the classes that are not npspectral's, by name.
    """
    if isinstance(value, tuple):
        return [describe(entry, classes) for entry in value]
    if not callable(value) and not isinstance(value, nn.Layer):
        return value
    kind = type(value)
    name = kind.__name__
    if not _is_dataclass(kind):
        raise ValueError(f"save: {value!r} is no dataclass, whose fields a file can hold; save the "
                         f"params alone, numpy.savez(path, **dict(nn.tree.items(params)))")
    if _public(name, classes) is not kind:
        if _public(name, classes) is not None:
            raise ValueError(f"save: two classes are named {name}, expected another name for yours")
        classes[name] = kind
    fields = {field.name: describe(getattr(value, field.name), classes)
              for field in dataclasses.fields(value) if field.init}
    return {"type": name, **fields}


def build(value, classes):
    """The inverse of `describe`."""
    if isinstance(value, list):
        return tuple(build(entry, classes) for entry in value)
    if not isinstance(value, dict):
        return value
    name = value.get("type")
    kind = _public(name, classes)
    if kind is None and isinstance(name, str):
        raise ClassNotGiven(name)
    if not _is_dataclass(kind):
        raise ValueError(f"{name!r} is no layer or initializer")
    fields = {key: build(entry, classes) for key, entry in value.items() if key != "type"}
    return kind(*fields["layers"]) if issubclass(kind, nn.Chain) else kind(**fields)


def first_difference(network, other):
    """The first two layers that differ in two networks that are not equal."""
    while isinstance(network, nn.Chain) and isinstance(other, nn.Chain):
        network, other = next(pair for pair in zip(network, other) if pair[0] != pair[1])
    return network, other


def _public(name, classes):
    """What has that name in npspectral.nn or among the classes, or None."""
    return getattr(nn, name) if name in nn.__all__ else classes.get(name)


def _is_dataclass(kind):
    return isinstance(kind, type) and dataclasses.is_dataclass(kind)
