"""Which code made a run: names of functions, digests of what they reach.

The code of a module is what its file held when the module was first asked for or last reloaded.
"""
import hashlib
import sys
from pathlib import Path

from . import _reach
from ._memory import changed_name

_versions: dict = {}        # modules -> (name -> state of all that they reach, version)


def full_name(thing):
    """module:name of a class or function; TypeError if it cannot be found by that name."""
    if not _is_found(thing):
        raise TypeError(f"sweep: {thing!r} cannot be imported by its name, expected a function or "
                        f"class defined at the top of a module")
    return f"{_name_elsewhere(sys.modules[thing.__module__])}:{thing.__qualname__}"


def _is_found(thing):
    """Whether its module has it under its name; a function that came as a value is not found."""
    named = sys.modules.get(getattr(thing, "__module__", None) or "")
    for part in getattr(thing, "__qualname__", "").split("."):
        named = getattr(named, part, None)
    return named is thing


def _name_elsewhere(module):
    """The name that other processes import a module by: the script is __main__ in this one only."""
    spec, file = getattr(module, "__spec__", None), getattr(module, "__file__", None)
    if spec is not None:
        return spec.name
    return Path(file).stem if file else module.__name__


def code_version(*things):
    """A digest of all code that functions or classes reach by import: npspectral's and your own.

    Their modules are reached, and from module to module all that these import, by statements inside
    functions, too. Python's own modules are left out, and packages installed beside npspectral. The
    digest is of the syntax trees: comments, docstrings and line breaks do not change it. It does
    not see imports by a computed name, subclasses that register themselves in a package
    (__init_subclass__), files of data, or the versions of Python, NumPy and other libraries.

    Raises ValueError for code that is not in a file. Raises RuntimeError if a file was edited since
    it was loaded, or if a function or literal in memory differs from the file. An edit before the
    first call is noticed in functions, methods and literals, but not in other values and not in
    decorated functions.
    """
    version = loaded_version(*things)
    names = _versions[_roots(things)][0]
    homes = {name for name in names if getattr(sys.modules.get(name), "__spec__", None)}
    for name in names:
        _refuse_edited(name, homes)
    return version


def loaded_version(*things, script=None):
    """`code_version` of the code that this process has loaded, even if its files have changed.

    `script` is the caller's script_source(); it is the code of functions that came as values.
    """
    roots = _roots(things, script)
    states, version = _versions.get(roots, ({}, None))
    if version is None or any(_state(name) != state for name, state in states.items()):
        names, lines = _reach.reach(roots)
        version = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]
        _versions[roots] = {name: _state(name) for name in names}, version
    return version


def is_in_file(module):
    """Whether a module is in a file: not typed at a prompt or in a notebook, not part of Python."""
    file, spec = getattr(module, "__file__", None), getattr(module, "__spec__", None)
    return bool(file) and (spec is not None or Path(file).is_file())


def script_source():
    """{name: Source} of the script that runs; {} if no function was defined in it."""
    return {name: _reach.known[name][1] for name in _reach.scripts}


def _state(name):
    spec = None if name in _reach.sent else _reach.find(name)
    return _reach.state_of(name, spec)


def _roots(things, script=None):
    """The names of the modules in which these functions and classes are."""
    return tuple(sorted({_root(thing, script) for thing in things}))


def _root(thing, script):
    if script and not _is_found(thing):     # Dask sends a script's functions as values
        _reach.sent.update(script)
        return next(iter(script))
    module = sys.modules[thing.__module__]
    if not is_in_file(module):
        raise ValueError(
            f"sweep: {thing.__qualname__} is not in a file, so its code has no digest; write "
            f"it to a file and import it, or name its version yourself, version=...")
    name = _name_elsewhere(module)
    if module.__name__ != name:
        _reach.scripts[name] = module
    return name


def _refuse_edited(name, homes):
    """RuntimeError unless what is loaded is what the file holds."""
    module = _reach.scripts.get(name) or sys.modules.get(name)
    if module is None:
        return
    spec = _reach.find(name)
    if _reach.read(spec).digest != _reach.known[name][1].digest:
        raise RuntimeError(f"sweep: {spec.origin} was edited since it was loaded; start anew")
    changed = changed_name(module, spec, homes)
    if changed:
        raise RuntimeError(f"sweep: {spec.origin} was edited since it was loaded, or {changed} was "
                           f"changed in memory; start anew, or name a version=... yourself")
