"""The modules that code reaches by import: npspectral's and the user's own, as their files are.

Import statements are followed from module to module, those inside functions, too. A package that
only hands on names of others is a door. Behind a door, these are followed:

    the names that were asked for
    modules that fill a registry as they are imported
    for names that are loaded when used (by a __getattr__): the module that they came from
    everything, if it cannot be told what is used
"""
import hashlib
import os
import pkgutil
import sys
import sysconfig
from functools import lru_cache
from importlib import import_module
from importlib.util import spec_from_file_location
from types import FunctionType, ModuleType

from ._source import ALL, parse

STANDARD = tuple(os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "platstdlib"))
INSTALLED = {"site-packages", "dist-packages"}
OWN = "npspectral"
scripts: dict = {}          # name -> module, of scripts that are called __main__ only here
sent: dict = {}             # name -> Source, of the caller's script; its functions came as values
parsed: dict = {}           # (digest of bytes, package) -> Source; workers get the caller's
_files: dict = {}           # place -> (state of the file, Source)
known: dict = {}            # name -> (what was loaded or the file's state, Source)


def reach(roots):
    """Names of all modules that were looked at, and lines of text that say what is reached."""
    lines, seen, todo, source_of = set(), set(), [(root, ()) for root in roots], _Sources(roots)
    while todo:
        module, names = use = todo.pop()
        code = source_of(module)
        if use in seen or code is None:
            continue
        seen.add(use)
        todo.append((module.rpartition(".")[0], ()))
        if names == ALL or module in roots or not code.door:
            lines.add(f"{module} {code.digest}")
            todo += code.uses
        elif module.partition(".")[0] != OWN:       # which has no registry, and takes long to read
            todo += [(name, ()) for name in _fillers(code, source_of)]
        if names == ALL:
            todo += [(name, ALL) for name in _submodules(module)]
        elif names:
            homes = _homes(module, names[0], code, source_of)
            lines |= {f"{module}.{names[0]} of {home}" for home, _ in homes if code.door}
            todo += [(home, (*part, *names[1:]) or ALL) for home, part in homes]
    return source_of.names(), lines


def _fillers(code, source_of):
    """Modules that a door imports, and that register something or are doors themselves."""
    for module, names in code.uses:
        for name in (module, *(f"{module}.{part}" for part in names[:1] if part != "*")):
            other = name and source(name, source_of.tops)
            if other and (other.door or any(source(home, source_of.tops) for home in other.fills)):
                yield name


class _Sources:
    """Called with a module's name, it gives the Source, or None if the module is foreign."""

    def __init__(self, roots):
        self.asked, self.tops = {}, {OWN, *(root.partition(".")[0] for root in roots)}

    def __call__(self, name):
        if name not in self.asked:
            parent = name.rpartition(".")[0]
            outside = not name or parent and self(parent) is None
            self.asked[name] = None if outside else source(name, self.tops)
        return self.asked[name]

    def names(self):
        return [name for name, code in self.asked.items() if code is not None]


def _homes(module, name, code, source_of):
    """The uses that a name stands for: a module inside, an import, or what is loaded when used."""
    inside = f"{module}.{name}"
    homes = [(inside, ())] if source_of(inside) is not None else []
    homes += sorted((code.bound or {}).get(name, ()))
    if not homes and code.lazy:
        return _loaded_home(module, name, source_of)
    return homes or [(module, ALL)] * code.door


def _loaded_home(module, name, source_of):
    try:
        value = getattr(import_module(module), name)
    except AttributeError:
        return []
    except Exception:                       # it cannot be loaded here
        return [(module, ALL)]
    if isinstance(value, ModuleType):
        return [(value.__name__, ())]
    home = value.__module__ if isinstance(value, (type, FunctionType)) else None
    return [(module, ALL) if home is None or source_of(home) is None
            else (home, (value.__qualname__,))]


def source(name, tops):
    """The Source of a module, as it was loaded, or else as its file is; None if it is foreign."""
    if name in sent:
        return sent[name]
    spec = find(name)
    if spec is None or not _own(name, spec, tops):
        return None
    state = state_of(name, spec)
    if name not in known or known[name][0] != state:
        known[name] = state, read(spec)
    return known[name][1]


def find(name):
    """The spec of a module, which says where it comes from; the module is not imported."""
    module = scripts.get(name) or sys.modules.get(name)
    spec = getattr(module, "__spec__", None)
    if spec is not None:
        return spec
    if module is not None:
        file = getattr(module, "__file__", None)
        return spec_from_file_location(name, file) if file else None
    parent, path = name.rpartition(".")[0], None
    if parent:
        above = find(parent)
        path = above and above.submodule_search_locations
        if path is None:
            return None
    specs = (finder.find_spec(name, path) for finder in sys.meta_path)
    return next((spec for spec in specs if spec is not None), None)


def state_of(name, spec):
    """A value that changes if the module is loaded or reloaded or, while not loaded, edited."""
    if name in sent:
        return sent[name].digest
    module = scripts.get(name) or sys.modules.get(name)
    if module is None:
        return spec and _file_state(spec)
    loaded = getattr(module, "__spec__", None) or module
    return id(loaded), loaded


def _file_state(spec):
    for place in (spec.origin, getattr(spec.loader, "archive", None)):
        try:
            state = os.stat(place)
            return state.st_mtime_ns, state.st_size, state.st_ino
        except (OSError, TypeError, ValueError):
            pass
    return None


def read(spec):
    """The Source of the file as it is now."""
    place, state = spec.origin or spec.name, _file_state(spec)
    if place not in _files or _files[place][0] != state:
        text = content(spec)
        key = hashlib.sha256(text).digest(), spec.parent
        parsed[key] = parsed.get(key) or parse(text, spec.parent)
        _files[place] = state, parsed[key]
    return _files[place][1]


def content(spec):
    """The bytes of the file, which may be in a zip; none of a package without __init__.py."""
    if not spec.has_location:
        return b""
    try:
        return spec.loader.get_data(spec.origin)
    except (AttributeError, OSError):
        with open(spec.origin, "rb") as file:
            return file.read()


def _submodules(name):
    places = find(name).submodule_search_locations
    return [module.name for module in pkgutil.iter_modules(places, name + ".")] if places else []


def _own(name, spec, tops):
    if name.partition(".")[0] in tops:
        return True
    places = [spec.origin] if spec.has_location else list(spec.submodule_search_locations or ())
    return bool(places) and not _foreign(places[0])


@lru_cache(maxsize=None)
def _foreign(place):
    """Whether the file belongs to Python itself or to an installed package."""
    parts = set(os.path.normpath(place).split(os.sep))
    return bool(INSTALLED & parts) or place.startswith(STANDARD)
