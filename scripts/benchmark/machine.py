"""What the numbers depend on: processor, BLAS, versions; and what an import costs on it."""
import ctypes
import datetime
import json
import os
import platform
import re
import subprocess
import sys
import time
from importlib.util import find_spec

import numpy as np
from lab.versions import blas, processor

from .turns import SCRIPTS
from .workers import OURS

BUILT_ON = {"neural-tangents": "jax"}       # in a Python of its own, so its version is told
CORETYPES = {"SkylakeX": "avx512f", "Haswell": "avx2"}     # and the flag in /proc/cpuinfo they need
# Linux counts in ru_maxrss what the parent had before it started the program, VmHWM does not.
PEAK_MEMORY = """
import re
print(int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]) / 1024)
"""


def at_hand(libraries, peer_python=None):
    """(library -> the Python that has it, package -> version, notes on those left out)."""
    have = {python: versions(python) for python in (sys.executable, peer_python) if python}
    pythons, used, notes = {}, {}, {}
    for library in libraries:
        name, coretype = re.split("[ @]", library)[0], library.partition("@")[2]
        package = "numpy" if name in (OURS, "products") else name.lower()
        python = next((python for python, there in have.items() if package in there), None)
        if python is None:
            notes[name] = f"{name} is not installed and left out"
        elif coretype and CORETYPES[coretype] not in processor()[1]:
            notes[library] = f"{library}: no {CORETYPES[coretype]} in /proc/cpuinfo, left out"
        else:
            pythons[library], used[package] = python, have[python][package]
            if package in BUILT_ON:
                used[package] += f" on {BUILT_ON[package]} {have[python][BUILT_ON[package]]}"
    return pythons, used, list(notes.values())


def versions(python):
    """Package -> version of those that this Python has."""
    code = ("import importlib.metadata as m, json\n"
            "print(json.dumps({d.metadata['Name'].lower(): d.version for d in m.distributions()}))")
    return json.loads(subprocess.run([python, "-c", code], capture_output=True).stdout or "{}")


def header(versions):
    """What the numbers depend on, a line each."""
    return [f"{datetime.datetime.now():%Y-%m-%d %H:%M}, Python {platform.python_version()}, "
            + ", ".join(f"{package} {version}" for package, version in versions.items()),
            f"{processor()[0]}, {os.cpu_count()} processors, {platform.system()}",
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


def import_costs(modules, repeats=5):
    """Module -> (wall seconds of `python -c "import module"`, peak megabytes), medians, warm."""
    def cost(module):
        begin = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", f"import {module}\n{PEAK_MEMORY}"],
                              env=dict(os.environ, PYTHONPATH=str(SCRIPTS.parent)),
                              capture_output=True)
        return time.perf_counter() - begin, float(done.stdout or "nan")
    modules = [module for module in modules if find_spec(module)]
    taken = [[cost(module) for module in modules] for _ in range(1 + repeats)]
    return dict(zip(modules, np.median(taken[1:], axis=0).tolist()))
