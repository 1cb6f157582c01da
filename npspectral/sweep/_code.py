"""Which code made a run: names of functions, digests of sources."""
import hashlib
import sys
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent.parent


def full_name(thing):
    """module:name of a class or function; TypeError if it cannot be found by that name."""
    module = sys.modules.get(getattr(thing, "__module__", None) or "")
    name, found = getattr(thing, "__qualname__", ""), module
    for part in name.split("."):
        found = getattr(found, part, None)
    if module is None or found is not thing:
        raise TypeError(f"sweep: {thing!r} cannot be imported by its name, expected a function or "
                        f"class defined at the top of a module")
    return f"{_name_elsewhere(module)}:{name}"


def _name_elsewhere(module):
    """What others import it as: the script that runs is called __main__ only here."""
    if module.__name__ != "__main__":
        return module.__name__
    spec = getattr(module, "__spec__", None)
    return spec.name if spec else Path(getattr(module, "__file__", "__main__")).stem


def code_version(*functions):
    """A digest of npspectral's own sources and of the files that hold the functions.

    What else they import is not part of it, nor are the versions of Python and NumPy.
    """
    digest = hashlib.sha256(package_digest().encode())
    for file in sorted({_file(function) for function in functions}):
        digest.update(Path(file).read_bytes())
    return digest.hexdigest()[:16]


def _file(function):
    file = getattr(sys.modules[function.__module__], "__file__", None)
    if file is None:
        raise ValueError(f"sweep: {function.__qualname__} is not in a file, so its code has no "
                         f"digest; name its version yourself, version=...")
    return file


@cache
def package_digest():
    """Of all .py files of npspectral as they were when first asked, names and contents."""
    digest = hashlib.sha256()
    for file in sorted(PACKAGE.rglob("*.py")):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(PACKAGE).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()
