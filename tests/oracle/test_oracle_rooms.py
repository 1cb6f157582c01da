"""The rooms of the oracle: which knows which, and names that must not hide others."""
import ast
import subprocess
import sys
from pathlib import Path

import pytest

from npspectral import oracle

FOLDER = Path(oracle.__file__).parent
KNOWS = {"suite": set(), "certify": {"suite"}, "verdict": {"suite"},
         "mistakes": {"suite", "verdict"}}


def imported(room):
    """The parts of the oracle that a room's modules import from outside of it, lazily or not."""
    for path in (FOLDER / room).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 2:
                yield from [node.module.split(".")[0]] if node.module else (
                    alias.name for alias in node.names)


@pytest.mark.parametrize("room", KNOWS)
def test_a_room_imports_those_before_it_alone(room):
    assert set(imported(room)) == KNOWS[room]


def test_every_folder_of_modules_is_a_room():
    assert {path.parent.name for path in FOLDER.glob("*/__init__.py")} == set(KNOWS)


def test_public_names_are_no_modules_once_every_module_is_loaded():
    code = ("import importlib, pkgutil\n"
            "from npspectral import oracle\n"
            "for module in pkgutil.walk_packages(oracle.__path__, 'npspectral.oracle.'):\n"
            "    if not module.name.endswith(('examples', 'conformance')):\n"
            "        importlib.import_module(module.name)\n"
            "print(*(name for name in oracle.__all__\n"
            "        if isinstance(getattr(oracle, name), type(oracle))))\n")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr


def test_no_module_beside_rebuild_hides_one_of_the_standard_library():
    """Run as a file without -I, its folder is the first that Python looks in."""
    names = {path.stem for path in (FOLDER / "certify").glob("*.py")}
    assert not names & set(sys.stdlib_module_names)
