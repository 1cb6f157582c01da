"""A network with its parameters, or a whole run, in one .npz file; nothing in it is pickled.

json and zipfile are imported where they are used, to keep the package quick to import.
"""
import dataclasses
import os

import numpy as np

from .. import nn
from ..nn import tree
from .minibatch import Record

FORMAT = 1


def save(path, network, start):
    """Write the network's description and `start`, its params or a Record, to `path`.

    Written to a temporary name in the same folder and renamed, so `path` is never half a file.
    """
    import json
    record = start if isinstance(start, Record) else Record(start)
    trees = {"params": record.params, "optimizer_state": record.optimizer_state or {}}
    header = {"format": FORMAT, "network": _describe(network), "epoch": record.epoch,
              "loss": float(record.loss), "metrics": record.metrics, "rng_state": record.rng_state,
              "structure": {name: tree.map(lambda _: None, branch)
                            for name, branch in trees.items()}}
    text = json.dumps(header, default=lambda array: array.tolist())
    temporary = f"{os.fspath(path)}.{os.urandom(4).hex()}.part"
    try:
        with open(temporary, "xb") as file:
            np.savez(file, header=np.array(text), **dict(tree.items(trees)))
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def load(path):
    """Read what `save` wrote: network, record. `fit(network, record, ...)` goes on with the run.

    Raises ValueError on a file that is damaged or that `save` did not write.
    """
    import zipfile
    try:
        with open(path, "rb") as file:
            return _read(file)
    except FileNotFoundError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, EOFError, OSError, RuntimeError,
            zipfile.BadZipFile) as error:
        raise ValueError(f"load: {path} is damaged or was not written by save: {error}") from error


def _read(file):
    import json
    with np.load(file, allow_pickle=False) as archive:
        header = json.loads(str(archive["header"]))
        if header["format"] != FORMAT:
            raise ValueError(f"format {header['format']}, expected {FORMAT}")
        trees = {name: _restore(structure, archive, name)
                 for name, structure in header["structure"].items()}
    return _build(header["network"]), Record(
        trees["params"], header["epoch"], header["loss"], header["metrics"],
        trees["optimizer_state"] or None, header["rng_state"])


def _restore(structure, archive, path):
    if isinstance(structure, dict):
        return {name: _restore(branch, archive, f"{path}/{name}")
                for name, branch in structure.items()}
    if isinstance(structure, list):
        return tuple(_restore(branch, archive, f"{path}/{position}")
                     for position, branch in enumerate(structure))
    return archive[path]


def _describe(value):
    """Layers and initializers as {"type": ..., fields}; numbers and names as they are."""
    if callable(value) or isinstance(value, nn.Layer):
        if getattr(nn, type(value).__name__, None) is not type(value):
            raise ValueError(f"save: {value!r} is no layer or initializer of npspectral.nn, "
                             f"load could not build it")
        fields = {field.name: _describe(getattr(value, field.name))
                  for field in dataclasses.fields(value)}
        return {"type": type(value).__name__, **fields}
    return [_describe(entry) for entry in value] if isinstance(value, tuple) else value


def _build(value):
    if isinstance(value, list):
        return tuple(_build(entry) for entry in value)
    if not isinstance(value, dict):
        return value
    name = value["type"]
    kind = getattr(nn, name) if name in nn.__all__ else None
    if not dataclasses.is_dataclass(kind):
        raise ValueError(f"unknown layer or initializer {name!r}")
    fields = {key: _build(entry) for key, entry in value.items() if key != "type"}
    return kind(*fields["layers"]) if kind is nn.Chain else kind(**fields)
