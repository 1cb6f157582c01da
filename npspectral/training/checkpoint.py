"""A network with its parameters, or a whole run, in one .npz file; nothing in it is pickled.

The file is a zip archive, which `numpy.load` opens. Its comment, the last bytes, is the sha256 of
all bytes before. `load` compares it before it parses anything, so that no damaged number passes.
json, hashlib and zipfile are imported where they are used, to keep the package quick to import.
"""
import contextlib
import os

import numpy as np

from .._npz import CHUNK, read_array
from ..nn import tree
from ._description import ClassNotGiven, build, by_name, describe, first_difference
from ._fitting import check
from .minibatch import Record

FORMAT = 2
N_HEX = 64                      # of the digest


def save(path, network, start):
    """Write the network's description and `start`, its params or a Record, to `path`.

    `load` gives back the same network and the same bits. The file gets a temporary name in the same
    folder until it is whole, so `path` never holds half a file. ~ is the home folder.
    Raises ValueError or TypeError on what does not fit the network, is not finite, or could not be
    read back, and OSError if the file cannot be written.

    >>> layer = Dense(3, 2)
    >>> save("network.npz", layer, layer.init(np.random.default_rng(0)))
    """
    path = os.path.abspath(_expanded(path))
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
        with contextlib.suppress(OSError):              # the error above is the one to raise
            os.unlink(temporary)
        raise


def load(path, classes=()):
    """Read what `save` wrote: network, record. `fit(network, record, ...)` goes on with the run.

    classes     a list of the classes of your own layers and initializers in the network, frozen
                dataclasses: load("run.npz", [MyLayer]). The file holds their names and fields, and
                no code.

    Raises ValueError with the name of the file if it is damaged, if `save` did not write it or if a
    class is missing, and OSError if it cannot be opened.

    >>> save("network.npz", Dense(3, 2), Dense(3, 2).init(np.random.default_rng(0)))
    >>> load("network.npz")[0]
    Dense(3, 2)
    """
    path, classes = _expanded(path), by_name(classes)
    with open(path, "rb") as file:
        try:
            network, record = _unpack(*_read(file), classes)
            check(network, record)
            return network, record
        except ClassNotGiven as error:
            raise ValueError(f"load: {path} holds the class {error}, which npspectral.nn does not "
                             f"have; give it, load(path, [{error}])") from None
        except Exception as error:                      # damaged bytes may raise any
            raise ValueError(
                f"load: {path} is damaged or was not written by save: {error}") from error


def _expanded(path):
    return os.path.expanduser(os.fsdecode(path))


def _write(file, arrays):
    """Write a zip archive of .npy members, then the digest into its comment."""
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
    """The header's text and the arrays, path -> array; refuse a file with another digest."""
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
    """sha256 of the first `size` bytes in hexadecimal; leaves the file position behind them."""
    import hashlib
    digest = hashlib.sha256()
    file.seek(0)
    while size > 0 and (chunk := file.read(min(size, CHUNK))):
        digest.update(chunk)
        size -= len(chunk)
    return digest.hexdigest().encode()


def _pack(network, record):
    """The header's text and the arrays, path -> array; refuse what would come back changed."""
    import json
    trees = {"params": record.params}
    if record.optimizer_state is not None:
        trees["optimizer_state"] = record.optimizer_state
    classes: dict = {}
    header = {"format": FORMAT, "network": describe(network, classes), "epoch": record.epoch,
              "loss": record.loss, "metrics": record.metrics, "rng_state": record.rng_state,
              "structure": tree.map(lambda _: None, trees)}
    arrays = {path: value for path, value in tree.items(trees) if isinstance(value, np.ndarray)}
    plain = {path: value for path, value in tree.items(trees) if path not in arrays}
    if plain:                                           # plain values of a user's optimizer
        header["plain"] = plain
    text = json.dumps(header, default=_plain)
    _check_way_back(network, record, trees, _unpack(text, dict(arrays), classes))
    return text, arrays


def _check_way_back(network, record, trees, back):
    """Refuse a network or record that differs from `back`, which is what load would give."""
    network_back, record_back = back
    if network_back != network:
        before, after = first_difference(network, network_back)
        raise ValueError(f"save: {before!r} would come back as {after!r}")
    for name, branch in trees.items():
        if tree.map(_identity, branch) != tree.map(_identity, getattr(record_back, name)):
            raise ValueError(f"save: {name} has names that are no texts, or hold a '/'")
    if list(record_back.metrics) != list(record.metrics):
        raise ValueError(f"save: metrics has the names {list(record.metrics)}, expected texts")


def _identity(value):
    """What tells whether a value came back: arrays come back as they are, not as copies."""
    return id(value) if isinstance(value, np.ndarray) else repr(value)


def _unpack(text, arrays, classes):
    """The network and the record in a header's text and arrays."""
    import json
    header = json.loads(text)
    if header["format"] != FORMAT:
        raise ValueError(f"format {header['format']}, expected {FORMAT}")
    network = build(header["network"], classes)
    arrays |= header.get("plain", {})
    trees = _restore(header["structure"], arrays, "")
    if arrays:
        raise ValueError(f"{sorted(arrays)} are not in the header's structure")
    return network, Record(
        trees.pop("params"), header["epoch"], header["loss"], header["metrics"],
        trees.pop("optimizer_state", None), header["rng_state"])


def _restore(structure, arrays, path):
    """The tree of arrays with this structure; takes them out of `arrays`."""
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
    """A number or array of NumPy as Python's numbers and lists, for json."""
    plain = value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
    if type(plain) is type(value):
        raise TypeError(f"save: {value!r} is {type(value).__name__}, which a file cannot hold")
    return plain
