"""The protocol of experiments, over all of them at toy size: what lab/perform.py says holds."""
import ast
import re
import sys
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
from conftest import SCRIPTS
from lab import arrays, keep, perform
from lab.table import NOT_COMPARABLE, PASS, Claim, Row, rows_of
from report.digests import digest
from report.result import paragraphs, seconds_of
from tiny import CASES, toy

from npspectral.sweep import _reach

NAMES = sorted(path.parent.name for path in SCRIPTS.glob("experiments/*/experiment.py"))
MODES = ["quick", "default", "full"]
KNOWN = {"npspectral", "lab", "numpy", "scipy", "matplotlib"}       # and Python's own
PEERS = {"sklearn"}                     # imported by functions alone: it need not be installed


class Made:
    """An experiment and what it left at toy size."""

    def __init__(self, name, folder, monkeypatch):
        self.name, self.folder, self.case = name, folder, CASES[name]
        self.experiment = perform.load_experiment(name)
        monkeypatch.setitem(self.experiment.SETTINGS, "quick", toy(name, monkeypatch)[1])
        self.plans = []

        def keeper(*options):
            run = keep.keeper(*options)
            return lambda plan: self.plans.append(plan) or run(plan)
        monkeypatch.setattr(perform, "keeper", keeper)
        self.result = perform.perform(name, "quick", folder)

    def rows(self, result):
        return rows_of(self.experiment.claims(result), self.experiment.checks(result))


@pytest.fixture(scope="module", params=NAMES)
def made(request, tmp_path_factory):
    from functools import partial

    from npspectral import sweep
    with pytest.MonkeyPatch.context() as monkeypatch:
        # Sweeps of a named version: constants of parts.py are changed in memory.
        monkeypatch.setattr(sweep, "run_all", partial(sweep.run_all, version="in memory"))
        yield Made(request.param, tmp_path_factory.mktemp(request.param), monkeypatch)


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_says_what_it_asks_whence_and_how_long(name):
    experiment = perform.load_experiment(name)
    first, *rest = paragraphs(SCRIPTS / "experiments" / name / "experiment.py")
    assert "?" in first or ":" in first
    assert any(re.search(r"\bSource: |published", text) for text in rest)
    assert re.search(r"^Minutes", experiment.__doc__, re.MULTILINE)
    assert seconds_of(SCRIPTS / "experiments" / name / "experiment.py") == experiment.SECONDS
    assert list(experiment.SETTINGS) == MODES
    assert is_dataclass(experiment.Setting) and any(
        field.name.startswith("seeds") for field in fields(experiment.Setting))
    for setting in experiment.SETTINGS.values():
        assert type(setting) is experiment.Setting
        with pytest.raises(AttributeError):
            setattr(setting, fields(setting)[0].name, None)


@pytest.mark.parametrize("name", NAMES)
def test_an_experiment_knows_the_lab_and_no_other_experiment(name):
    for path in (SCRIPTS / "experiments" / name).glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\bmain\(|argparse|plt\.savefig|__main__", text)
        for node in ast.walk(ast.parse(text)):
            modules = ([alias.name for alias in node.names] if isinstance(node, ast.Import) else
                       [node.module] if isinstance(node, ast.ImportFrom) and not node.level else [])
            for module in modules:
                top = module.partition(".")[0]
                known = KNOWN | sys.stdlib_module_names | (PEERS if node.col_offset else set())
                assert top in known, f"{path.name}: {module}"
    assert not (SCRIPTS / "experiments" / name / "__init__.py").exists()


def test_arrays_name_their_axes_the_seed_first(made):
    result, about = arrays.load(made.folder / f"{made.name}.npz")
    assert list(result) == list(made.result)
    for part, named in made.result.items():
        assert list(result[part]) == list(named)
        assert all(digest(array) == digest(named[name]) for name, array in result[part].items())
    assert (about["experiment"], about["mode"]) == (made.name, "quick")
    assert set(about["seeds"]) <= set(about["setting"]) and about["versions"]["numpy"]
    for both, axes in about["axes"].items():
        part, _, name = both.rpartition("/")
        assert len(axes) == result[part][name].ndim and len(set(axes)) == len(axes)
        assert "seed" not in axes[1:], both
    assert set(made.experiment.AXES) <= {
        *about["axes"], *(both.rpartition("/")[2] for both in about["axes"])}


def test_claims_say_who_where_and_which_figure_shows_them(made):
    claims = made.experiment.claims(made.result)
    assert len({claim.name for claim in claims}) == len(claims)
    drawn = made.experiment.figures(made.result)
    for claim in claims:
        assert isinstance(claim, Claim) and claim.figure in drawn
        assert claim.words and ", " in claim.source, claim.name
        verdict = claim.judge()
        assert (verdict == NOT_COMPARABLE) == bool(claim.incomparable)


def test_rows_are_judged_and_a_spoiled_array_fails_one(made):
    rows = made.rows(made.result)
    assert all(isinstance(row, Row) and np.ndim(row.values) == 1 for row in rows)
    part, name, spoil = made.case.spoil
    array = spoil(made.result[part][name].copy())
    spoiled = {**made.result, part: {**made.result[part], name: array}}
    before, after = ([row.judge() for row in made.rows(result)]
                     for result in (made.result, spoiled))
    assert PASS in before, "no row passes at toy size, so none can fail when an array is spoiled"
    assert any(old == PASS != new for old, new in zip(before, after, strict=True)), (
        f"every row that passes does so with {part}/{name} spoiled, too")


def test_figures_are_drawn_from_the_saved_arrays_alone(made):
    from matplotlib.figure import Figure
    result, _ = arrays.load(made.folder / f"{made.name}.npz")
    drawn = made.experiment.figures(result)
    assert drawn and {path.stem for path in made.folder.glob("*.png")} == set(drawn)
    for name in drawn:
        assert (made.folder / f"{name}.png").stat().st_size > 8_000
    figure = Figure()
    next(iter(drawn.values()))(figure)
    assert figure.axes


def test_runs_are_kept_and_only_their_own_code_makes_them_again(made, capsys):
    runs = [run for plan in made.plans for part in plan.values() for run in part]
    roots = {run.function.__module__ for run in runs}
    reached = {line.split()[0] for line in _reach.reach(tuple(sorted(roots)))[1]}
    folder = f"experiments.{made.name}"
    assert f"{folder}.parts" in reached and any(
        module.startswith("npspectral.") for module in reached)
    assert not {module for module in reached if re.match(
        rf"{folder}.(experiment|claims|figures)|lab.(table|style|keep|arrays|perform)|report"
        r"|npspectral.oracle", module)}
    perform.perform(made.name, "quick", made.folder)
    for done, every in re.findall(r"^(\d+) of (\d+) runs from disk", capsys.readouterr().out, re.M):
        assert done == every != "0"


def test_there_are_22_experiments_and_each_has_a_toy_size():
    assert len(NAMES) == 22 and set(CASES) == set(NAMES)
