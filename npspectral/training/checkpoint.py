"""A network with its parameters, or a whole run, in one .npz file; nothing in it is pickled.

The file ends with the sha256 of all bytes before, as the comment of the zip archive: it is compared
before anything is parsed, so damage cannot be mistaken for other numbers. `numpy.load` opens it.
json, hashlib and zipfile are imported where they are used, to keep the package quick to import.
"""
import contextlib
import dataclasses
import os

import numpy as np

from .. import nn
from .._npz import CHUNK, read_array
from ..nn import tree
from ._fitting import check
from .minibatch import Record

FORMAT = 2
N_HEX = 64                      # of the digest


def save(path, network, start):
    """Write the network's description and `start`, its params or a Record, to `path`.

    `load` gives back the same network and the same bits. Written to a temporary name in the same
    folder and renamed, so `path` is never half a file.
    Raises ValueError or TypeError on what does not fit the network, is not finite, or could not be
    read back, and OSError if the file cannot be written.
    """
    path = os.path.abspath(os.fsdecode(path))
    record = start if isinstance(start, Record) else Record(start)
    check(network, record)
    text, arrays = _pack(network, record)
    temporary = f"{path}.{os.urandom(4).hex()}.part"
    file = open(temporary, "x+b")
    try:
        with file:
            _write(file, {"header": np.array(text), **arrays})
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):              # the first error is the one to tell
            os.unlink(temporary)
        raise


def load(path):
    """Read what `save` wrote: network, record. `fit(network, record, ...)` goes on with the run.

    Raises ValueError, which names the file, if it is damaged or `save` did not write it, and
    OSError if it cannot be opened.
    """
    path = os.fsdecode(path)
    with open(path, "rb") as file:
        try:
            network, record = _unpack(*_read(file))
            check(network, record)
            return network, record
        except Exception as error:                      # forged bytes raise all sorts
            raise ValueError(
                f"load: {path} is damaged or was not written by save: {error}") from error


def _write(file, arrays):
    import zipfile
    with zipfile.ZipFile(file, "w") as archive:
        archive.comment = bytes(N_HEX)                  # the digest's place
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    size = file.seek(-N_HEX, os.SEEK_END)
    digest = _digest(file, size)
    file.seek(size)
    file.write(digest)


def _read(file):
    """The header's text and the arrays, path -> array, once the digest is found right."""
    import zipfile
    size = file.seek(0, os.SEEK_END) - N_HEX
    if size < 0 or _digest(file, size) != file.read():
        raise ValueError("it does not end with the sha256 of its content, as files of format "
                         f"{FORMAT} do")
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if any(member.compress_type for member in members):
            raise ValueError("it is compressed")
        if sum(member.file_size for member in members) > size:
            raise ValueError("its members overlap")
        arrays = {member.filename.removesuffix(".npy"): read_array(archive, member)
                  for member in members}
    return str(arrays.pop("header")), arrays


def _digest(file, size):
    """sha256 of the first `size` bytes in hexadecimal; the file stands behind them."""
    import hashlib
    digest = hashlib.sha256()
    file.seek(0)
    while size > 0 and (chunk := file.read(min(size, CHUNK))):
        digest.update(chunk)
        size -= len(chunk)
    return digest.hexdigest().encode()


def _pack(network, record):
    """The header's text and the arrays, path -> array, if they would come back the same."""
    import json
    trees = {"params": record.params}
    if record.optimizer_state is not None:
        trees["optimizer_state"] = record.optimizer_state
    header = {"format": FORMAT, "network": _describe(network), "epoch": record.epoch,
              "loss": record.loss, "metrics": record.metrics, "rng_state": record.rng_state,
              "structure": tree.map(lambda _: None, trees)}
    text, arrays = json.dumps(header, default=_plain), dict(tree.items(trees))
    network_back, back = _unpack(text, dict(arrays))
    if network_back != network:
        before, after = _first_difference(network, network_back)
        raise ValueError(f"save: {before!r} would come back as {after!r}")
    for name, branch in trees.items():
        if tree.map(id, branch) != tree.map(id, getattr(back, name)):
            raise ValueError(f"save: {name} has names that are no texts, or hold a '/'")
    if list(back.metrics) != list(record.metrics):
        raise ValueError(f"save: metrics has the names {list(record.metrics)}, expected texts")
    return text, arrays


def _first_difference(network, other):
    """The first layers that differ, of two networks that do."""
    while isinstance(network, nn.Chain) and isinstance(other, nn.Chain):
        network, other = next(pair for pair in zip(network, other) if pair[0] != pair[1])
    return network, other


def _unpack(text, arrays):
    """The network and the record in a header's text and arrays."""
    import json
    header = json.loads(text)
    if header["format"] != FORMAT:
        raise ValueError(f"format {header['format']}, expected {FORMAT}")
    network = _build(header["network"])
    trees = _restore(header["structure"], arrays, "")
    if arrays:
        raise ValueError(f"{sorted(arrays)} are not in the header's structure")
    return network, Record(
        trees.pop("params"), header["epoch"], header["loss"], header["metrics"],
        trees.pop("optimizer_state", None), header["rng_state"])


def _restore(structure, arrays, path):
    if isinstance(structure, dict):
        return {name: _restore(branch, arrays, f"{path}/{name}")
                for name, branch in structure.items()}
    if isinstance(structure, list):
        return tuple(_restore(branch, arrays, f"{path}/{position}")
                     for position, branch in enumerate(structure))
    path = path.removeprefix("/")
    if path not in arrays:
        raise ValueError(f"there is no array {path!r}")
    return arrays.pop(path)


def _plain(value):
    """Numbers and arrays of NumPy as Python's, for json."""
    plain = value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
    if type(plain) is type(value):
        raise TypeError(f"save: {value!r} is {type(value).__name__}, which a file cannot hold")
    return plain


def _describe(value):
    """Layers and initializers as {"type": ..., fields}; numbers and names as they are."""
    if callable(value) or isinstance(value, nn.Layer):
        if getattr(nn, type(value).__name__, None) is not type(value):
            raise ValueError(f"save: {value!r} is no layer or initializer of npspectral.nn, "
                             f"load could not build it; save the params alone, "
                             f"numpy.savez(path, **dict(nn.tree.items(params)))")
        fields = {field.name: _describe(getattr(value, field.name))
                  for field in dataclasses.fields(value) if field.init}
        return {"type": type(value).__name__, **fields}
    return [_describe(entry) for entry in value] if isinstance(value, tuple) else value


def _build(value):
    if isinstance(value, list):
        return tuple(_build(entry) for entry in value)
    if not isinstance(value, dict):
        return value
    name = value.get("type")
    kind = getattr(nn, name) if name in nn.__all__ else None
    if not dataclasses.is_dataclass(kind):
        raise ValueError(f"unknown layer or initializer {name!r}")
    fields = {key: _build(entry) for key, entry in value.items() if key != "type"}
    return kind(*fields["layers"]) if kind is nn.Chain else kind(**fields)
