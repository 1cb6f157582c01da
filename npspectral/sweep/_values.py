"""Values as JSON without rounding, as they stand in the results file of a sweep.

None, bool, int, str, finite float, list and dict are written as JSON has them. Any other value is a
JSON object with one key, which begins with "!"; an array is its bytes in base64. Every value is
read back with the type, dtype, shape and bits that it had, arrays in C order.
"""
import base64
import json
import math
import struct
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import PurePath

import numpy as np

from ._code import full_name

KINDS = "biufcUSMm"         # of dtypes: no objects, no records
X87 = 10                    # bytes in use of a longdouble with 64 bits of precision; the rest pads


def dumps(value, name, one_way=False):
    """One line of JSON; TypeError names the part of the value that cannot be stored.

    one_way=True accepts dataclasses, members of an Enum and paths, too. A dataclass is written as
    the name of its class and its fields: enough to tell two of them apart, not to make them again.
    """
    return json.dumps(_encode(value, name, one_way), allow_nan=False)


def _encode(value, name, one_way):
    kind = type(value)
    if value is None or kind in (bool, int, str) or kind is float and math.isfinite(value):
        return value
    if kind is float:
        return {"!float": struct.pack(">d", value).hex()}
    if kind is complex:
        return {"!complex": [_encode(part, name, one_way) for part in (value.real, value.imag)]}
    if kind is list:
        return [_encode(item, f"{name}[{i}]", one_way) for i, item in enumerate(value)]
    if kind is tuple:
        return {"!tuple": _encode(list(value), name, one_way)}
    if kind is dict:
        return {_key(key, name): _encode(item, f"{name}[{key!r}]", one_way)
                for key, item in value.items()}
    if (kind is np.ndarray or isinstance(value, np.generic)) and _storable(value.dtype):
        return {"!array" if kind is np.ndarray else "!scalar": _pack(np.array(value, order="C"))}
    if one_way and (is_dataclass(kind) or isinstance(value, (Enum, PurePath))):
        return _encode_one_way(value, name)
    what = f" {value.dtype}" if isinstance(value, (np.ndarray, np.generic)) else ""
    raise TypeError(f"sweep: {name} is {kind.__name__}{what}, expected None, numbers, text, NumPy "
                    f"arrays of them,{' paths, members of an Enum,' * one_way} or lists, tuples, "
                    f"dicts{', dataclasses' * one_way} of these")


def classes(value):
    """The classes of all dataclasses and Enum members in the value, at any depth."""
    if isinstance(value, (list, tuple)):
        return {kind for item in value for kind in classes(item)}
    if isinstance(value, dict):
        return classes(list(value.values()))
    if isinstance(value, Enum):
        return {type(value)}
    if is_dataclass(value):
        contents = [getattr(value, field.name) for field in fields(value)]
        return {type(value), *classes(contents)}
    return set()


def _encode_one_way(value, name):
    if isinstance(value, PurePath):
        return {"!path": str(value)}
    tag = f"!{full_name(type(value))}"
    if isinstance(value, Enum):
        return {tag: value.name or _encode(value.value, name, True)}
    return {tag: {field.name: _encode(getattr(value, field.name), f"{name}.{field.name}", True)
                  for field in fields(value)}}


def _key(key, name):
    if type(key) is not str or key.startswith("!"):
        raise TypeError(f"sweep: {name} has the key {key!r}, expected a str without ! in front")
    return key


def decode(node):
    """The value of a parsed line of `dumps`."""
    if isinstance(node, list):
        return [decode(item) for item in node]
    if not isinstance(node, dict):
        return node
    tag = next(iter(node), "")
    if not tag.startswith("!"):
        return {key: decode(item) for key, item in node.items()}
    return DECODERS[tag](node[tag])


def _storable(dtype):
    return dtype.kind in KINDS and (dtype.isnative or _layout(dtype) == dtype.str)


def _layout(dtype):
    """The name of the dtype, for longdouble with its precision, which differs among machines."""
    if dtype.kind not in "fc" or np.finfo(dtype).dtype.itemsize <= 8:
        return dtype.str
    return f"{dtype.str} of {np.finfo(dtype).nmant} bits"


def _pack(array):
    """[layout, shape, base64 of the bytes]; padding bytes are set to 0."""
    layout = _layout(array.dtype)
    if layout.endswith(" of 63 bits"):
        numbers = array.reshape(-1).view(np.longdouble)
        numbers.view(np.uint8).reshape(-1, numbers.itemsize)[:, X87:] = 0
    return [layout, list(array.shape), base64.b64encode(array.tobytes()).decode()]


def _unpack(packed):
    layout, shape, text = packed
    dtype = np.dtype(layout.split()[0])
    if _layout(dtype) != layout:
        raise ValueError(f"sweep: an array of {layout} is of another kind of machine, where "
                         f"{dtype.name} has other bits than here")
    content = bytearray(base64.b64decode(text, validate=True))
    if dtype.kind not in KINDS or len(content) != dtype.itemsize * math.prod(shape):
        raise ValueError(f"an array {layout} of shape {shape} has {len(content)} bytes")
    return np.ndarray(shape, dtype, content)


DECODERS = {
    "!float": lambda text: struct.unpack(">d", bytes.fromhex(text))[0],
    "!complex": lambda parts: complex(decode(parts[0]), decode(parts[1])),
    "!tuple": lambda items: tuple(decode(items)),
    "!array": _unpack,
    "!scalar": lambda packed: _unpack(packed)[()],
}
