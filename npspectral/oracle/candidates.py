"""The candidate behind a name that the command line or pytest was given."""
import importlib
import os
import sys


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
