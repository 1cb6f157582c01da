"""The package as it is met first: its names, loaded when they are used; its version; its help."""
import ast
import configparser
import linecache
import subprocess
import sys
from dataclasses import fields, is_dataclass
from importlib import import_module, resources
from pathlib import Path
from types import ModuleType

import pytest

import npspectral
from npspectral import _lazy, oracle
from npspectral._shapes import Shapes
from npspectral.training._record import Snapshot

ROOT = Path(npspectral.__file__).parents[1]
LAZY = ["npspectral", "npspectral.nn", "npspectral.training", "npspectral.analysis"]


def python(*arguments):
    """What a fresh process prints."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("package", LAZY)
def test_every_public_name_is_imported_under_type_checking_and_nothing_else_is(package):
    module = import_module(package)
    tree = ast.parse(resources.files(package).joinpath("__init__.py").read_text())
    block, = [node for node in tree.body if isinstance(node, ast.If)]
    imported = [alias.name for node in block.body for alias in node.names]
    assert sorted(imported) == sorted(module.__all__)


@pytest.mark.parametrize("package", LAZY)
def test_every_public_name_is_there_in_dir_and_no_module_hides_a_function(package):
    """`npspectral.training.fit` has to be the function, whichever module was imported before."""
    module = import_module(package)
    assert set(module.__all__) <= set(dir(module))
    for name in module.__all__:
        value = getattr(module, name)
        inside = (Path(module.__file__).parent / f"{name}.py").exists()
        assert isinstance(value, ModuleType) or not inside
        assert vars(module)[name] is value


@pytest.mark.parametrize("room", ["data", "training", *(
    f"analysis.{name}" for name in ("spectral", "kernels", "neurons", "clouds"))])
def test_what_holds_arrays_prints_no_numbers_of_them(room):
    module = import_module(f"npspectral.{room}")
    for thing in map(vars(module).get, vars(module)):
        holds = [field.name for field in fields(thing) if "ndarray" in str(field.type)] \
            if is_dataclass(thing) else []
        assert not holds or issubclass(thing, (Shapes, Snapshot)), thing


def test_a_name_that_is_not_there_is_refused_as_of_any_module():
    with pytest.raises(AttributeError, match="module 'npspectral.nn' has no attribute 'Spektral'"):
        npspectral.nn.Spektral
    with pytest.raises(ImportError, match="cannot import name 'Spektral' from 'npspectral'"):
        exec("from npspectral import Spektral")
    assert not hasattr(npspectral, "TYPE_CHECK")


def test_without_its_source_a_package_says_where_to_import_from(monkeypatch):
    monkeypatch.setattr(linecache, "getlines", lambda *place: [])
    with pytest.raises(ImportError, match="npspectral.nn: there is no source"):
        _lazy._homes.__wrapped__("npspectral.nn")


def test_import_loads_nothing_and_a_name_no_more_than_it_needs():
    loaded = ("import sys; print(*sorted(name for name in sys.modules if name.startswith("
              "('npspectral.', 'scipy', 'matplotlib'))))")
    assert python("-c", f"import npspectral; {loaded}").split() == ["npspectral._lazy"]
    found = set(python("-c", f"from npspectral import Spectral, fit; {loaded}").split())
    assert {"npspectral.nn.spectral", "npspectral.training.minibatch"} <= found
    assert not any(name.startswith(("scipy", "matplotlib", "npspectral.analysis", "npspectral.data",
                                    "npspectral.oracle")) for name in found)
    assert len(found) < 25


def test_all_names_come_with_a_star_and_help_knows_them():
    assert python("-c", "from npspectral import *; print(fit.__name__, oracle.__name__)"
                  ) == "fit npspectral.oracle\n"
    said = python("-c", "import npspectral.training as t; help(t)")
    assert "class Adam(" in said and "fit(network, start, x, target" in said


def test_help_says_what_the_package_is_and_where_to_go():
    said = python("-m", "npspectral", "--help")
    for words in ("Spectral learning, and feature against lazy learning", "README.md",
                  "training    optimizers", "sweep       a grid of runs", "selftest"):
        assert words in said
    assert python("-m", "npspectral", "--version") == f"{npspectral.__version__}\n"


def test_the_version_is_that_of_the_distribution():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    assert npspectral.__version__ == config["metadata"]["version"]


def test_a_report_prints_its_verdict():
    report = oracle.check(lambda case: {}, only="loss/hinge/*", dtype="float32")
    assert repr(report) == (f"Report(FAIL  {report.n_ran} of {report.n_ran} cases fail; core, "
                            f"float32, layout npspectral)")
