"""Names that a package hands on are imported when they are first used, so that importing is quick.

The package writes its imports under `if TYPE_CHECKING:`, where editors and type checkers find them
as ever, and its public names in __all__. Python skips that block; `load` reads it.
"""
import sys
from functools import lru_cache
from importlib import import_module


def load(package, name):
    """What a package's public name stands for; it is the package's own from then on."""
    home = _homes(package).get(name)
    if home is None:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    whole = f"{package}.{name}"
    value = import_module(whole) if home == package else getattr(import_module(home), name)
    setattr(sys.modules[package], name, value)
    return value


def names(package):
    """All that a package has, for dir() and completion, whether it is loaded or not."""
    return sorted({*vars(sys.modules[package]), *sys.modules[package].__all__})


@lru_cache(maxsize=None)
def _homes(package):
    """Public name -> the module that it is imported from; of a module inside, the package."""
    import ast
    import linecache
    module = sys.modules[package]
    source = "".join(linecache.getlines(module.__file__, vars(module)))     # of a zip, too
    if not source:
        raise ImportError(f"{package}: there is no source, which says where names are; import them "
                          f"from their modules")
    return {alias.name: f"{package}.{node.module}" if node.module else package
            for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)
            for alias in node.names if alias.name in module.__all__}
