"""Damaged files: bits turned, ends cut off, and archives that would take all memory."""
import collections
import io
import os
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = {**os.environ, "PYTHONPATH": str(ROOT)}
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="peak memory is read from /proc")
REFUSAL = """
import re, sys
from {} import {} as load
try:
    load(sys.argv[1])
except ValueError as error:
    peak = re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())
    print(int(peak[1]) / 1024, error)
"""


def flipped(content, bits):
    for bit in bits:
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        yield damaged


def ends(content):
    """Every beginning of the content, without the whole."""
    return (content[:length] for length in range(len(content)))


def array_header(content, name=b""):
    """The bits of the header of the first array, or of the first one after this name."""
    begin = content.index(b"\x93NUMPY", content.index(name))
    return range(8 * begin, 8 * (begin + 128))


def outcomes(load, path, contents, same):
    """What load makes of each of the contents: Counter of "refused", "same bits" and the rest."""
    found = collections.Counter()
    for content in contents:
        path.write_bytes(content)
        try:
            read = load(path)
        except ValueError as error:
            found["refused" if str(path) in str(error) else "refused without its name"] += 1
        except BaseException as error:
            found[type(error).__name__] += 1
        else:
            found["same bits" if same(read) else "silent"] += 1
    return found


def npy_header(*shape):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, dict(descr="<f8", fortran_order=False, shape=shape))
    return file.getvalue()


def packed_gigabyte(head, wbits):
    """The head and a gigabyte of zeros, compressed."""
    block = zlib.compressobj(9, zlib.DEFLATED, wbits)
    begin, million = (block.compress(part) + block.flush(zlib.Z_FULL_FLUSH)
                      for part in (head, bytes(2 ** 20)))
    return begin + 1024 * million + block.flush()


def refused_in_little_memory(load, path):
    """How a process of its own refuses the small file; it must take no more than 200 MB."""
    assert path.stat().st_size < 2 ** 21
    script = REFUSAL.format(load.__module__, load.__name__)
    done = subprocess.run([sys.executable, "-c", script, str(path)], env=PACKAGE, check=True,
                          capture_output=True, text=True)
    megabytes, _, error = done.stdout.partition(" ")
    print(f"{path.stat().st_size} bytes, refused with a peak of {float(megabytes):.0f} MB: {error}")
    assert float(megabytes) < 200
    return error
