"""Which versions made a result, and on what machine."""
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

LIBRARIES = ("npspectral", "numpy", "scipy", "matplotlib")


def versions():
    """name -> version of Python and of the libraries."""
    return {**{name: release(name) for name in LIBRARIES},
            "Python": f"{platform.python_version()} ({platform.python_implementation()})"}


def release(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def blas():
    """The library behind NumPy's matrix products, and its version."""
    built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{built.get('name', 'unknown')} {built.get('version', '')}".strip()


def processor():
    """(name, list of flags) where Linux tells them, else the name that Python knows, no flags."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    fields = dict(re.findall(r"^(model name|flags)\s*: (.*)$", text, re.MULTILINE))
    name = fields.get("model name") or platform.processor() or platform.machine()
    return name, fields.get("flags", "").split()
