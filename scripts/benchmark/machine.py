"""What the numbers depend on: processor, BLAS, versions; and what an import costs on it."""
import ctypes
import os
import platform
import subprocess
import sys
import time

import numpy as np
from lab.versions import blas, processor

from .turns import SCRIPTS


def machine():
    """Lines of what the numbers depend on beside the libraries."""
    return [f"{processor()[0]}, {os.cpu_count()} processors, {platform.system()}",
            f"BLAS of NumPy: {blas()}, kernels {blas_kernels()}, "
            f"OPENBLAS_CORETYPE={os.environ.get('OPENBLAS_CORETYPE', '(not set)')}"]


def blas_kernels():
    """The name of the processor that NumPy's own OpenBLAS chose its kernels for, if it tells."""
    module = sys.modules.get("numpy._core._multiarray_umath")
    try:
        name = ctypes.CDLL(module.__file__).scipy_openblas_get_corename64_
    except (AttributeError, OSError):
        return "unknown"
    name.restype = ctypes.c_char_p
    return name().decode()


def versions(python, packages):
    """Name -> version of those that this Python has."""
    code = ("import importlib.metadata as m, sys\n"
            "have = {d.metadata['Name'].lower(): d.version for d in m.distributions()}\n"
            "print(*[have.get(name, '-') for name in sys.argv[1:]])")
    done = subprocess.run([python, "-c", code, *packages.values()], capture_output=True, text=True)
    answers = done.stdout.split() or ["-"] * len(packages)
    return {name: version for name, version in zip(packages, answers) if version != "-"}


def import_costs(modules, repeats=5):
    """Module -> (wall seconds of `python -c "import module"`, peak megabytes), medians, warm."""
    def cost(module):
        begin = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", f"import {module}\n{PEAK_MEMORY}"],
                              env=dict(os.environ, PYTHONPATH=str(SCRIPTS.parent)),
                              capture_output=True)
        return time.perf_counter() - begin, float(done.stdout or "nan")
    for module in modules:
        cost(module)
    taken = [[cost(module) for module in modules] for _ in range(repeats)]
    return dict(zip(modules, np.median(taken, axis=0).tolist()))


# The peak resident memory of the process itself. Linux counts in ru_maxrss what the parent had
# before it started the program, VmHWM does not.
PEAK_MEMORY = """
import re, sys
try:
    print(int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]) / 1024)
except OSError:
    import resource
    unit = 2 ** 20 if sys.platform == "darwin" else 2 ** 10
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
"""
