"""Which edits make a run again, and no value of old code under the digest of new code."""
import importlib
import importlib.util
import os
import pkgutil
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

import npspectral
from npspectral import estimators, sweep, training
from npspectral.sweep import _code, _reach
from npspectral.sweep._engines import attempt
from npspectral.sweep._memory import _expected, changed_name

ROOT = Path(__file__).parents[2]

PROJECT = {
    "run.py": '''"""A script."""
import helper
import pack.inner as inside
import lazy
from pack import asked
from starred import *


def f(x=1):
    """Text."""
    from late import number         # found inside a function
    return helper.g(x) + inside.one() + asked() + number + lazy.wanted() + star()
''',
    "helper.py": '"""Help."""\nimport pack.side\n\nCONSTANT = 2\n\n\ndef g(x):\n    """Add."""\n'
                 '    return x + CONSTANT + pack.side.two()\n',
    "late.py": "number = 3\n",
    "starred.py": "def star():\n    return 8\n",
    "unrelated.py": "def other():\n    return 0\n",
    "pack/__init__.py": '"""Doors."""\nfrom .home import asked\nfrom .elsewhere import unasked\n',
    "pack/home.py": "from . import base\n\n\ndef asked():\n    return base.BASE\n",
    "pack/base.py": "BASE = 4\n",
    "pack/elsewhere.py": "def unasked():\n    return 5\n",
    "pack/inner.py": "def one():\n    return 6\n",
    "pack/side.py": "def two():\n    return 7\n",
    "lazy/__init__.py": '''from importlib import import_module

HOMES = {"wanted": "w", "unwanted": "u"}


def __getattr__(name):
    if name not in HOMES:
        raise AttributeError(name)
    return getattr(import_module("." + HOMES[name], __name__), name)
''',
    "lazy/w.py": "def wanted():\n    return 9\n", "lazy/u.py": "def unwanted():\n    return 10\n",
}
EDITS = {                   # file, text, what it is replaced with, whether runs are made again
    "body": ("run.py", "number + lazy", "number - lazy", True),
    "default": ("run.py", "x=1", "x=2", True),
    "docstring": ("run.py", "Text.", "Words.", False),
    "docstring of a script": ("run.py", "A script.", "Another.", False),
    "comment": ("run.py", "# found inside", "# which stands inside", False),
    "lines": ("run.py", "return helper.g(x)", "return (helper.g(x)\n           )", False),
    "imported module": ("helper.py", "return x +", "return x -", True),
    "imported constant": ("helper.py", "CONSTANT = 2", "CONSTANT = 3", True),
    "its docstring": ("helper.py", "Add.", "Sum.", False),
    "import inside a function": ("late.py", "3", "4", True),
    "import of a star": ("starred.py", "8", "9", True),
    "unrelated module": ("unrelated.py", "0", "1", False),
    "name asked of a package": ("pack/home.py", "base.BASE", "-base.BASE", True),
    "what that imports": ("pack/base.py", "4", "5", True),
    "name not asked of a package": ("pack/elsewhere.py", "5", "6", False),
    "another name of a package": ("pack/__init__.py", "import unasked", "import unasked as u",
                                  False),
    "other home of a name": ("pack/__init__.py", ".home", ".elsewhere", True),
    "module in a package": ("pack/inner.py", "6", "7", True),
    "module by its full name": ("pack/side.py", "7", "8", True),
    "name loaded when used": ("lazy/w.py", "9", "8", True),
    "name that is not used": ("lazy/u.py", "10", "8", False),
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder of modules that can be imported; they are forgotten afterwards."""
    for name, text in PROJECT.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    forget()


def forget():
    for name in [name for name in sys.modules if name.partition(".")[0] in
                 {Path(file).parts[0].removesuffix(".py") for file in PROJECT}]:
        del sys.modules[name]
    importlib.invalidate_caches()


def version():
    """Of the function, as a process gives that begins now."""
    forget()
    return sweep.code_version(importlib.import_module("run").f)


def edit(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_of_what_a_function_reaches_makes_its_runs_again_and_no_other(project, kind):
    name, old, new, again = EDITS[kind]
    before = version()
    edit(project / name, old, new)
    if kind == "other home of a name":
        edit(project / "pack/elsewhere.py", "5", "5\n\n\ndef asked():\n    return 4")
    assert (version() != before) is again


@pytest.mark.parametrize("use, again", [
    ("import pack\n\n\ndef f():\n    return pack.asked()\n", False),
    ("import pack as p\n\n\ndef f():\n    return getattr(p, 'asked')()\n", True),
    ("from pack import *\n\n\ndef f():\n    return asked()\n", True),
    ("from importlib import import_module\n\n\ndef f():\n    return import_module('pack')\n", True),
    ("import pack\n\nasked = pack.asked\n\n\ndef f():\n    return asked()\n", False)])
def test_of_a_package_whose_use_cannot_be_followed_all_is_reached(project, use, again):
    (project / "run.py").write_text(use)
    before = version()
    edit(project / "pack/elsewhere.py", "5", "6")
    assert (version() != before) is again
    before = version()
    edit(project / "pack/base.py", "4", "6")
    assert version() != before


@pytest.mark.parametrize("filling", [
    "from .base import register\n\n\n@register\ndef g():\n    return 5\n",
    "from . import base\n\nbase.TABLE['g'] = lambda: 5\n",
    "from .base import TABLE\n\nTABLE.update(g=lambda: 5)\n"])
def test_modules_that_fill_a_registry_as_their_package_is_imported_are_reached(project, filling):
    (project / "pack/__init__.py").write_text("from .base import TABLE\nfrom . import more\n")
    (project / "pack/base.py").write_text("TABLE = {}\n\n\ndef register(function):\n"
                                          "    TABLE[function.__name__] = function\n")
    (project / "pack/more").mkdir()
    (project / "pack/more/__init__.py").write_text("from .. import elsewhere, home\n")
    (project / "pack/elsewhere.py").write_text(filling)
    (project / "pack/home.py").write_text("from functools import cache\n\n\n@cache\n"
                                          "def unasked():\n    return 4\n")
    (project / "run.py").write_text("import pack\n\n\ndef f():\n    return pack.TABLE['g']()\n")
    before = version()
    edit(project / "pack/home.py", "4", "5")
    assert version() == before
    edit(project / "pack/elsewhere.py", "5", "6")
    assert version() != before


def test_fit_reaches_what_training_needs_and_not_the_oracle():
    _, lines = _reach.reach((training.fit.__module__,))
    names = {line.split()[0] for line in lines if " of " not in line}
    assert {"npspectral.training.minibatch", "npspectral.nn.layer", "npspectral.nn.tree"} <= names
    parts = {name.split(".")[1] for name in names}
    assert parts <= {"nn", "training", "refuse", "_memory"}
    assert "npspectral.training.flow" not in names


PRINT = "from npspectral import sweep; import user; print(sweep.code_version(user.f))"
USER = "from npspectral import Adam\n\n\ndef f():\n    return Adam(0.1)\n"


def printed(path, text=PRINT):
    """What a process says that finds its modules there."""
    done = subprocess.run([sys.executable, "-B", "-c", text], capture_output=True, text=True,
                          cwd=path[-1].parent,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))})
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_digest_is_of_the_sources_in_a_folder_or_in_a_zip_with_any_ends_of_lines(tmp_path):
    """And of npspectral only what is reached: its optimizers here."""
    library, user = tmp_path / "library", tmp_path / "user"
    shutil.copytree(ROOT / "npspectral", library / "npspectral",
                    ignore=shutil.ignore_patterns("vectors", "__pycache__"))
    user.mkdir()
    (user / "user.py").write_text(USER)
    folder = printed([library, user])
    archive = shutil.make_archive(tmp_path / "library", "zip", library)
    assert printed([archive, user]) == folder
    (user / "user.py").write_bytes(USER.replace("\n", "\r\n").encode())
    assert printed([library, user]) == folder
    edit(library / "npspectral/oracle/verdict/answer_file.py", "import", "import sys\nimport")
    edit(library / "npspectral/training/minibatch.py", '"""', '"""Words. ')
    assert printed([library, user]) == folder
    edit(library / "npspectral/training/fast_optimizers.py", "PIECE", "MORE = 1\nPIECE")
    assert printed([library, user]) != folder
    with zipfile.ZipFile(tmp_path / "user.zip", "w") as archive_of_user:
        archive_of_user.writestr("user.py", USER.replace("0.1", "0.2"))
    assert printed([archive, tmp_path / "user.zip"]) != folder


CLASSES = """
from dataclasses import dataclass
from enum import Enum


@dataclass
class Setting:
    a: object

    def b(self):
        return 1


class Way(Enum):
    HERE = 1
"""


def test_the_classes_of_parameters_are_part_of_the_code(project, tmp_path):
    (project / "late.py").write_text(CLASSES)
    (project / "run.py").write_text("def f(setting):\n    return setting[0].b()\n")
    versions = set()
    for old, new in (("return 1", "return 1"), ("return 1", "return 2")):
        edit(project / "late.py", old, new)
        forget()
        import late
        import run
        row, = sweep.run_all(sweep.grid(run.f, setting=[[late.Setting(late.Way.HERE)]]),
                             tmp_path / "results").rows
        versions.add((row.record.split('"version": ')[1][:18], row.value))
    assert len(versions) == 2


# No old value under a new digest

@pytest.fixture
def path(tmp_path):
    return tmp_path / "results.jsonl"


@pytest.mark.parametrize("name, old, new", [
    ("run.py", "number + lazy", "number - lazy"), ("helper.py", "return x +", "return x -"),
    ("helper.py", "CONSTANT = 2", "CONSTANT = 3"), ("pack/base.py", "4", "sum([4])")])
def test_an_edit_between_two_sweeps_is_refused_until_it_is_loaded(project, path, name, old, new):
    import run
    runs = sweep.grid(run.f, x=range(2))
    before = sweep.run_all(runs, path)
    edit(project / name, old, new)
    for call in (sweep.run_all, sweep.table):
        with pytest.raises(RuntimeError, match=f"{name} was edited since it was loaded; start a"):
            call(runs, path)
    importlib.reload(sys.modules[name.removesuffix(".py").replace("/", ".")])
    importlib.reload(run)
    after = sweep.run_all(sweep.grid(run.f, x=range(2)), path)
    assert after.from_disk == 0 and after.text != before.text
    assert sweep.run_all(sweep.grid(run.f, x=range(2)), path).from_disk == 2


@pytest.mark.parametrize("old, new", [("x +", "x -"), ("CONSTANT = 2", "CONSTANT = 3"),
                                      ("return 1", "return 2")])
def test_what_a_module_still_holds_of_one_that_was_loaded_anew_is_refused(project, path, old, new):
    edit(project / "helper.py", "def g", "class A:\n    def h(self):\n        return 1\n\n\ndef g")
    (project / "run.py").write_text("from helper import CONSTANT, A as a, g\n\n\n"
                                    "def f():\n    return g(CONSTANT) + a().h()\n")
    import run
    before = sweep.run_all(sweep.grid(run.f), path).values
    edit(project / "helper.py", old, new)
    importlib.reload(sys.modules["helper"])
    with pytest.raises(RuntimeError, match="run.py was edited since .*, or (CONSTANT|a|g) was"):
        sweep.run_all(sweep.grid(run.f), path)
    importlib.reload(run)
    assert sweep.run_all(sweep.grid(run.f), path).values != before


@pytest.mark.parametrize("old, new, what", [
    ("return x +", "return x -", "g"), ("CONSTANT = 2", "CONSTANT = 2.0", "CONSTANT"),
    ("g(x)", "g(x, y=3)", "g"), ("def g", "class A:\n    def h(self):\n        return 1\n\n\ndef g",
                                 None)])
def test_an_edit_between_the_import_and_the_first_sweep_is_refused(project, path, old, new, what):
    if what is None:                        # a method, and a literal of a class
        edit(project / "helper.py", old, new.replace("def h", "b = 1\n\n    def h"))
        importlib.import_module("run")
        old, new, what = "return 1", "return 2", "A"
    run = importlib.import_module("run")
    edit(project / "helper.py", old, new)
    with pytest.raises(RuntimeError, match=rf"helper.py was edited since it .*, or {what} "):
        sweep.run_all(sweep.grid(run.f), path)
    assert not path.exists()
    assert sweep.run_all(sweep.grid(run.f), path, version="mine").rows[0].error is None
    importlib.reload(sys.modules["helper"])
    assert "TypeError" not in str(sweep.run_all(sweep.grid(run.f), path).rows[0].error)


def test_edits_of_words_are_no_edits(project, path):
    import run
    for kind in ("docstring", "comment", "its docstring", "docstring of a script"):
        edit(project / EDITS[kind][0], *EDITS[kind][1:3])
    first = sweep.run_all(sweep.grid(run.f), path)
    edit(project / "helper.py", "Sum.", "Add them.\n\n    And that.")
    assert sweep.run_all(sweep.grid(run.f), path) == first
    assert version() == first.rows[0].record.split('"version": "')[1][:16]


CHANGING = '''
import functools
from dataclasses import dataclass, field
from enum import Enum
count, table, filled = 0, {}, {"a": 1}
NOTHING = {}
REGISTRY = [1]
LEVEL = 1
if table is not None:
    LEVEL = 2


class Counted:
    made = 0
    kept = [0]

    def __init__(self):
        Counted.made += 1
        self.kept.append(Counted.made)


class Way(Enum):
    HERE = 1


@dataclass(frozen=True, slots=True)
class Setting:
    a: int = 1
    b: list = field(default_factory=list)

    @property
    def c(self):
        return {1, 2, 3} | {"x", "y"} | {self.a}


@functools.cache
def cached(x):
    return [i for i in "abc" if i in {"a", "b"}], -0.0, 1 if x else (1.0, None)


def step(x: "int" = 1, *more: int, y=(1, 2), **others) -> None:
    """Words."""
    global count
    count += 1
    filled["b"] = REGISTRY.append(count)
    NOTHING[count] = lambda z=x: z
    return [count, Setting().c == Setting().c, Counted().made]
'''


def test_what_a_module_changes_itself_is_no_edit(project, path):
    (project / "late.py").write_text(CHANGING)
    import late
    late.cached(1)
    for n in range(1, 3):
        assert sweep.run_all(sweep.grid(late.step, x=[n]), path).values == [[n, True, n]]
    assert late.count == late.Counted.made == 2 and len(late.REGISTRY) == len(late.filled) + 1 == 3


HARMLESS = {
    "sets in a table": "T = {'a': {'x', 'y', 'z', 'u', 'v'}, 'b': ({'p', 'q', 'r'},)}",
    "star after a name": "CONSTANT = 1\ndef g():\n    return 1\nfrom helper import *",
    "table in a table": "T = {'a': {'b': 1}, 'c': [1]}\nROWS = [[1], [2]]\ndef f():\n"
                        "    T['a']['b'] = 2\n    T['c'].append(2)\n    ROWS[0][0] = 3\nf()",
    "set": "S = {1, 2}\nS.difference_update({1})",
    "globals": "N = M = 1\nK = 1\ndef f():\n    globals()['K'] = 2\nf()",
    "setattr": "import sys\nK = 1\nsetattr(sys.modules[__name__], 'K', 2)",
    "wrapper of the same name": "from functools import wraps\nimport helper\n@wraps(helper.g)\n"
                                "def g(x, *more):\n    return helper.g(x)",
    "Enum with __new__": "from enum import Enum\nclass Way(Enum):\n"
                         "    def __new__(cls, value, text):\n        self = object.__new__(cls)\n"
                         "        self._value_ = value\n        return self\n    HERE = 1, 'x'",
    "module replaced": "import sys, types\ndef g():\n    return 1\n"
                       "new = types.ModuleType(__name__)\nvars(new).update(globals())\n"
                       "sys.modules[__name__] = new",
    "getter of a base": "class A:\n    @property\n    def x(self):\n        return 1\n"
                        "class B(A):\n    @A.x.setter\n    def x(self, value):\n        pass",
    "coroutine": "import types\n@types.coroutine\ndef f():\n    yield",
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_what_works_is_not_called_edited(project, path, kind):
    (project / "late.py").write_text("number = 3\n" + HARMLESS[kind])
    import run
    assert sweep.run_all(sweep.grid(run.f), path).rows[0].error is None
    assert changed_name(sys.modules["late"], sys.modules["late"].__spec__) is None


DECORATED = {
    "wrapped": "from functools import wraps\nimport helper\n@wraps(helper.g)\ndef g(x):\n"
               "    return 1",
    "cached": "import functools\n@functools.cache\ndef g(x):\n    return 1",
    "property": "class A:\n    @property\n    def x(self):\n        return 1",
    "cached property": "import functools\nclass A:\n    @functools.cached_property\n"
                       "    def x(self):\n        return 1",
    "class method": "class A:\n    @classmethod\n    def x(cls):\n        return 1",
}


@pytest.mark.parametrize("kind", DECORATED)
def test_an_edit_before_the_first_sweep_is_seen_in_what_is_decorated(project, path, kind):
    (project / "late.py").write_text(DECORATED[kind] + "\nnumber = 3\n")
    import late
    import run
    edit(project / "late.py", "return 1", "return 2")
    with pytest.raises(RuntimeError, match="late.py was edited since"):
        sweep.run_all(sweep.grid(run.f), path)
    assert late.number == 3


@pytest.mark.parametrize("name, value", [("CONSTANT", 5), ("g", lambda x: x)])
def test_what_is_changed_in_memory_is_refused(project, path, monkeypatch, name, value):
    import helper
    import run
    sweep.run_all(sweep.grid(run.f), path)
    monkeypatch.setattr(helper, name, value)
    with pytest.raises(RuntimeError, match=rf"helper.py was edited .*, or {name} was changed in m"):
        sweep.run_all(sweep.grid(run.f), path)
    assert len(sweep.run_all(sweep.grid(run.f), path, version="patched").values) == 1


def test_all_modules_of_npspectral_are_as_their_files():
    """So that nothing which works is refused: no false alarm in any module."""
    from npspectral import oracle
    for module in pkgutil.walk_packages(npspectral.__path__, "npspectral."):
        importlib.import_module(module.name)
    assert len(sweep.code_version(estimators.SpectralClassifier, oracle.check, sweep.run_all)) == 16
    loaded = {name: module for name, module in sys.modules.items()
              if name.startswith("npspectral") and module.__spec__ is not None}
    found = {name: changed_name(module, module.__spec__, loaded) for name, module in loaded.items()}
    assert set(found.values()) == {None} and len(found) > 120
    assert not [home for name in loaded for home in _reach.source(name, {"npspectral"}).fills
                if home.startswith("npspectral")]           # its packages are not asked for them
    compared = [len(_expected(_reach.content(module.__spec__), module.__spec__.origin))
                for module in loaded.values()]
    assert sum(compared) > 500


@pytest.mark.long
def test_a_digest_costs_little(monkeypatch):
    """Time of a processor, for the estimators: at first, in the next sweep, at every run."""
    for cache in ("parsed", "_files", "known"):
        monkeypatch.setattr(_reach, cache, {})
    monkeypatch.setattr(_code, "_versions", {})
    _expected.cache_clear()
    seconds = []
    for call in (sweep.code_version, sweep.code_version, _code.loaded_version):
        begin = time.process_time()
        call(estimators.SpectralClassifier)
        seconds.append(time.process_time() - begin)
    (states, _), = _code._versions.values()
    print(f"{len(states)} modules: {1e3 * seconds[0]:.0f} ms, again {1e3 * seconds[1]:.1f} ms, "
          f"at each run 2 x {1e3 * seconds[2]:.2f} ms")
    assert seconds[0] < 0.5 and seconds[1] < 0.05 and seconds[2] < 0.005


EDITOR = '''
import os
from pathlib import Path


def f(i, how):
    if i == 0:
        late = Path(__file__).with_name(how + ".py")
        whole = late.with_suffix(".new")            # no worker reads half of an edit
        whole.write_text(late.read_text().replace("3", "4"))
        whole.replace(late)
        if how == "edits":
            os._exit(3)
        import late
    return 3


def g():
    import late
'''


@pytest.mark.parametrize("workers", [1, 2])
def test_code_that_is_edited_before_a_run_loads_it_gives_no_value(project, path, workers):
    (project / "run.py").write_text(EDITOR)
    import run
    rows = sweep.run_all(sweep.grid(run.f, i=range(3), how=["late"]), path, workers).rows
    assert "f or what it imports is another in this worker than in the caller" in rows[0].error
    assert rows[0].value is None


def test_a_worker_that_begins_after_an_edit_records_no_value(project, path):
    (project / "edits.py").write_text(EDITOR)
    try:
        import edits
        rows = sweep.run_all(sweep.grid(edits.f, i=range(8), how=["edits"]), path, 2).rows
    finally:
        del sys.modules["edits"]
    assert "exit code 3" in rows[0].error
    refused = [row for row in rows if "another in this worker" in str(row.error)]
    assert all(row.value == 3 for row in rows[1:] if row not in refused)
    assert attempt("", rows[1].run, "0" * 16, "").startswith('"error": "Traceback')
