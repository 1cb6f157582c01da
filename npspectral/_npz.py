"""One array out of an .npz archive, whole or not at all."""
import math

import numpy as np

CHUNK = 1 << 20         # bytes read at a time


def read_array(archive, member):
    """The array in `member` of a zipfile.ZipFile; nothing is unpickled.

    Raises all sorts of exceptions if the member is damaged or is no plain array. What its header
    claims is compared with the member's size first, so that no memory is taken for what is not
    there. It is then read to its end, the one place where its checksum is compared: a header that
    claims too little does not hide the rest.
    """
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"version {version} of the .npy format, expected (1, 0) or (2, 0)")
        read_header = (np.lib.format.read_array_header_1_0 if version == (1, 0)
                       else np.lib.format.read_array_header_2_0)
        shape, by_columns, dtype = read_header(file)
        if dtype.hasobject:
            raise ValueError("Object arrays cannot be loaded")
        if dtype.kind == "V":
            raise ValueError(f"its entries are records, {dtype}, expected numbers or texts")
        size, there = math.prod(shape) * dtype.itemsize, member.file_size - file.tell()
        if size != there:
            raise ValueError(f"{member.filename} has {there} bytes, expected {size} for shape "
                             f"{shape} of {dtype}")
        content = bytearray()
        while chunk := file.read(CHUNK):
            content += chunk
    if len(content) != size:
        raise ValueError(f"{len(content)} bytes came, expected {size}")
    array = np.frombuffer(content, dtype)
    return array.reshape(shape, order="F" if by_columns else "C")
