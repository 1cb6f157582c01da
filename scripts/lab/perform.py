"""One experiment from its setting to its folder: runs, arrays, figures, verdicts.

An experiment is a folder of experiments/ with these names:

experiment.py  its docstring   the question in the first line; what it shows, source, deviations, a
                               line "Minutes ..."; measured numbers: scripts/report/RESULTS.md
               SECONDS         (quick, default, full), of one core
               DATA            names of the data sets that "default" and "full" use where they are;
                               "quick" has the digits, which come with the package
               AXES            name of an array, or "part/name" -> names of its axes, the seed first
               Setting         a frozen dataclass; a field that begins with "seeds" counts seeds
               SETTINGS        "quick", "default", "full" -> Setting
               run(setting, keep) -> part -> name -> array; keep(part -> runs) gives part -> values
parts.py       the functions of runs, which nothing but their own code makes run again; an own file
               that they read is a parameter, sweep.File(path): other contents run again, too
claims.py      claims(result) -> list of lab.table.Claim: what a source says, judged
               checks(result) -> list of lab.table.Row: what we expect of ourselves
figures.py     figures(result) -> name -> function that draws on an empty matplotlib Figure

Claims, checks and figures know the result alone, as it stands in the .npz file. The tests run every
experiment at a toy size, which tests/scripts/tiny.py has; tests/scripts/test_experiments.py counts
the experiments.
"""
import json
import time
from importlib import import_module
from types import SimpleNamespace

from npspectral.sweep import hold_memory

from .arrays import as_arrays, save
from .code import code_of
from .data import get
from .keep import keeper
from .options import changed, seeds_of, with_seeds
from .style import save_figures
from .table import show_table
from .versions import versions

RUNS, CODE, MADE = "runs.jsonl", "code.json", "made.json"
NAMES = {"experiment": ("SECONDS", "DATA", "AXES", "Setting", "SETTINGS", "run"),
         "claims": ("claims", "checks"), "figures": ("figures",)}


def load_experiment(name):
    """The names that make the experiment, and its module's docstring as __doc__."""
    modules = {file: import_module(f"experiments.{name}.{file}") for file in NAMES}
    return SimpleNamespace(name=name, __doc__=modules["experiment"].__doc__, **{
        item: getattr(modules[file], item) for file, items in NAMES.items() for item in items})


def perform(name, mode, folder, seeds=None, changes=(), workers=1, download=False):
    """Run an experiment in this process; what it gives goes to `folder`."""
    begin = time.monotonic()
    hold_memory()
    experiment = load_experiment(name)
    setting = changed(with_seeds(experiment.SETTINGS[mode], seeds), changes)
    get(experiment.DATA if mode != "quick" else (), download)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CODE).write_text(json.dumps(code_of(experiment)["runs"]), encoding="utf-8")
    result = as_arrays(experiment.run(setting, keeper(folder / RUNS, workers)))
    if result:
        save(folder / f"{name}.npz", result, experiment.AXES, name, mode, setting)
        save_figures(experiment.figures(result), folder)
        show_table(experiment.claims(result), experiment.checks(result), folder, mode)
        made = {"mode": mode, "seeds": seeds_of(setting), "versions": versions(),
                "code": code_of(experiment)}
        (folder / MADE).write_text(json.dumps(made), encoding="utf-8")
        print(f"\n{time.monotonic() - begin:.0f} s. Arrays and figures are in {folder}.")
    return result
