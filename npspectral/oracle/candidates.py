"""The candidate behind a name that the command line or pytest was given, and a candidate's name."""
import importlib
import os
import sys
from functools import reduce
from pathlib import Path


class Refused(Exception):
    """A message for stderr and the exit code that goes with it: 2, usage, where none is said."""

    def __init__(self, message, code=2):
        super().__init__(message)
        self.code = code


def load(name):
    """The function behind "package.module:function"; the working folder is looked in first."""
    module, _, path = name.partition(":")
    if not module or not path:
        raise Refused(f"candidate is {name!r}, expected MODULE:FUNCTION, as in "
                      f"mypkg.mymod:candidate")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        candidate = importlib.import_module(module)
        for part in path.split("."):
            candidate = getattr(candidate, part)
    except (Exception, SystemExit) as error:
        raise Refused(f"candidate {name!r} cannot be imported: "
                      f"{type(error).__name__}: {error}") from error
    if not callable(candidate):
        raise Refused(f"candidate {name!r} is {type(candidate).__name__}, expected a function "
                      f"candidate(case) -> dict of arrays")
    return candidate


def name_of(candidate):
    """MODULE:FUNCTION of a candidate, and whether `load` would find it by that name.

    A candidate of from_torch and its like says itself what it was made of.
    """
    if hasattr(candidate, "implementation"):
        return candidate.implementation, False
    named = candidate if hasattr(candidate, "__qualname__") else type(candidate)
    path = named.__qualname__.split(".")
    try:
        loadable = reduce(getattr, path, sys.modules[named.__module__]) is candidate
    except (AttributeError, KeyError):              # it is local to a function
        loadable = False
    module = _of_script() if named.__module__ == "__main__" else named.__module__
    return f"{module or '__main__'}:{named.__qualname__}", loadable and bool(module)


def _of_script():
    """The module that the running script is, seen from the working folder; "" if it is none."""
    script = sys.modules["__main__"]
    if spec := getattr(script, "__spec__", None):   # python -m
        return spec.name
    try:
        path, here = Path(getattr(script, "__file__", None) or os.sep).resolve(), Path.cwd()
    except OSError:                                 # the working folder is gone
        return ""
    inside = path.suffix == ".py" and path.is_relative_to(here)
    return ".".join(path.relative_to(here).with_suffix("").parts) if inside else ""
