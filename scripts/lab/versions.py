"""Which versions made a result."""
import platform
from importlib.metadata import PackageNotFoundError, version

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
