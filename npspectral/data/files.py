"""Real data sets from files: MNIST, Fashion-MNIST, California Housing, digits, any IDX or .npz.

Modules for archives are imported where they are used, as importing them takes time.
"""
import io
import math
import sys
import zlib
from pathlib import Path

import numpy as np

from .._npz import read_array
from .. import refuse
from . import catalog

CALIFORNIA_FEATURES = ("MedInc", "HouseAge", "AveRooms", "AveBedrms", "Population", "AveOccup",
                       "Latitude", "Longitude")


def mnist(split="train", folder=None, dtype=float):
    """MNIST: x (n, 784) of gray values from 0 to 1, labels (n,) from 0 to 9.

    split "train" has n = 60,000, "test" 10,000. The files are read from `folder`, else from the
    folder that the environment variable NPSPECTRAL_DATA names, else from a cache folder, into
    which they are downloaded on first use. Their sha256 is checked each time.
    Raises FileNotFoundError if the folder lacks a file, OSError if a download fails, ValueError
    on a damaged file or unknown split, TypeError on a dtype that is not floating-point.
    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner 1998, Proc. IEEE 86, 2278.
    """
    return _images("mnist", split, folder, dtype)


def fashion_mnist(split="train", folder=None, dtype=float):
    """Fashion-MNIST, read as `mnist` is: x (n, 784) from 0 to 1, labels (n,) of ten garments.

    Source: H. Xiao, K. Rasul and R. Vollgraf 2017, arXiv 1708.07747.
    """
    return _images("fashion-mnist", split, folder, dtype)


def _images(name, split, folder, dtype):
    owner = name.replace("-", "_")
    prefixes = {"train": "train", "test": "t10k"}
    if split not in prefixes:
        raise ValueError(f"{owner}: split is {split!r}, expected 'train' or 'test'")
    dtype = refuse.floating(owner, dtype)
    prefix = f"{name}/{prefixes[split]}"
    pixels = _parse_idx(*catalog.read(f"{prefix}-images-idx3-ubyte.gz", folder=folder))
    labels = _parse_idx(*catalog.read(f"{prefix}-labels-idx1-ubyte.gz", folder=folder))
    x = pixels.reshape(len(pixels), -1).astype(dtype)
    x /= 255
    return x, labels.astype(int)


def digits(dtype=float):
    """Handwritten digits, 8 x 8 pixels: x (1797, 64) of gray values from 0 to 1, labels (1797,).

    The file comes with the package. Its pixels run from 0 to 16 and are divided by 16 here.
    Raises TypeError on a dtype that is not floating-point, ValueError if the file is damaged.
    Source: E. Alpaydin and C. Kaynak 1998, UCI; the test part, as scikit-learn distributes it
    under the BSD 3-clause license that stands beside the file (data/digits/COPYING).
    """
    dtype = refuse.floating("digits", dtype)
    path, content = catalog.read("digits/digits.csv.gz", folder=catalog.PACKAGED)
    rows = np.loadtxt(io.BytesIO(_unpacked(path, content)), delimiter=",", dtype=int)
    return (rows[:, :-1] / 16).astype(dtype), rows[:, -1]


def california_housing(folder=None, dtype=float):
    """California Housing: x (20640, 8) in the order of CALIFORNIA_FEATURES, target (20640,).

    A row is a block group of the 1990 census; target is its median house value in $100,000. Rooms,
    bedrooms and occupancy are means per household, as in scikit-learn; nothing is standardized.
    The file is found, and errors are raised, as in `mnist`.
    Source: R. K. Pace and R. Barry 1997, Statistics and Probability Letters 33, 291.
    """
    dtype = refuse.floating("california_housing", dtype)
    path, content = catalog.read("california-housing/cal_housing.tgz",
                                 "california-housing/cal_housing.data.gz", folder=folder)
    if path.suffix == ".tgz":
        import tarfile
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            table = archive.extractfile("CaliforniaHousing/cal_housing.data").read()
    else:
        table = _unpacked(path, content)
    (longitude, latitude, age, rooms, bedrooms, population, households, income,
     value) = np.loadtxt(io.BytesIO(table), delimiter=",").T
    x = np.stack([income, age, rooms / households, bedrooms / households, population,
                  population / households, latitude, longitude], axis=1)
    return x.astype(dtype), (value / 100_000).astype(dtype)


def load_idx(path):
    """The array of unsigned bytes in an IDX file, gzipped or not.

    An IDX file begins with the bytes 0, 0, 8 (for unsigned bytes) and the number of axes. The size
    of each axis follows as a big-endian uint32, then the values.
    Raises ValueError, which names the file, if it is not such a file, or not a whole one.
    """
    return _parse_idx(path, Path(path).read_bytes()).copy()


def _parse_idx(path, content):
    packed = content[:2] == b"\x1f\x8b"
    head = _unpacked(path, content, 4 + 4 * 255) if packed else content[:4 + 4 * 255]
    if len(head) < 4 or head[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: begins with bytes {head[:4].hex(' ')}, expected 00 00 08 and "
                         f"the number of axes: not an IDX file of unsigned bytes")
    n_axes = head[3]
    begin = 4 + 4 * n_axes
    if len(head) < begin:
        raise ValueError(f"{path}: ends within its header of {begin} bytes; get the file again")
    shape = tuple(np.frombuffer(head, dtype=">u4", count=n_axes, offset=4).tolist())
    size = math.prod(shape)
    if packed:
        content = _unpacked(path, content, begin + size + 1)
    if len(content) - begin != size:
        came = "more values" if len(content) - begin > size else f"{len(content) - begin} values"
        raise ValueError(f"{path}: holds {came}, expected {size} for shape {shape}: truncated or "
                         f"edited; get the file again")
    try:
        return np.frombuffer(content, dtype=np.uint8, offset=begin).reshape(shape)
    except ValueError as error:
        raise ValueError(f"{path}: no array has the {n_axes} axes of its header: {error}; "
                         f"get the file again") from error


def load_npz(path):
    """The arrays of an .npz file as a dict; nothing in it is unpickled.

    Raises ValueError, which names the file and the array, if it is not a whole .npz file, or holds
    objects, two arrays of one name, or a number that is not finite.
    """
    import zipfile
    arrays = {}
    where = ""
    with open(path, "rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                for member in archive.infolist():
                    name = member.filename.removesuffix(".npy")
                    where = f" at array {name!r}"
                    if member.comment:          # a comment can hide another array
                        raise ValueError("it has a comment")
                    if name in arrays:
                        raise ValueError("it is there twice")
                    arrays[name] = read_array(archive, member)
        except Exception as error:                              # damaged bytes raise all sorts
            raise ValueError(f"{path}: not a whole .npz file of plain numbers{where}: {error}; "
                             f"get the file again, or save it without objects") from error
    for name, array in arrays.items():
        refuse.finite(path, name, array)
    return arrays


def _unpacked(path, content, size=sys.maxsize):
    """The first `size` unpacked bytes of gzip data, or all; few packed bytes can be a gigabyte."""
    parts = []
    try:
        while content and size > 0:
            member = zlib.decompressobj(16 + zlib.MAX_WBITS)        # 16: with a gzip header
            parts.append(member.decompress(content, size))
            size -= len(parts[-1])
            if size > 0 and not member.eof:
                raise EOFError("it ends too early")
            content = member.unused_data.lstrip(b"\0")             # zeros may follow a member
    except (EOFError, zlib.error) as error:
        raise ValueError(f"{path}: its gzip data is truncated or edited ({error}); "
                         f"get the file again") from error
    return b"".join(parts)
