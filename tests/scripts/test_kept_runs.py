"""Runs are kept on disk, made again by other code alone, and stop a script when they fail."""
import os
import re
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest
import toy_tree
from conftest import SCRIPTS
from lab import arrays, progress
from lab.keep import keeper
from sweep_runs import fail_at

from npspectral import sweep
from npspectral.progress import Line


@pytest.fixture(autouse=True)
def fresh_line(monkeypatch):
    monkeypatch.setattr(progress, "LINE", Line())           # what others showed sets no pace here


def test_kept_runs_stand_by_part_and_are_made_once(tmp_path, capsys):
    runs = {"b": sweep.grid(fail_at, place=["/nowhere"], i=[5, 4]), "none": [],
            ("a", 1): sweep.grid(fail_at, place=["/nowhere"], i=[4, 3])}
    want = {"b": [5, 4], "none": [], ("a", 1): [4, 3]}
    assert keeper(tmp_path / "runs.jsonl")(runs) == want
    told = capsys.readouterr()
    assert told.err.startswith("0 of 3 runs") and "\r" not in told.err
    assert told.out == "0 of 3 runs from disk\n"
    with ThreadPoolExecutor(2) as executor:
        assert keeper(tmp_path / "other.jsonl", executor=executor)(runs) == want
    for workers in (1, 2):                                  # all runs are there, no worker starts
        assert keeper(tmp_path / "other.jsonl", workers)(runs) == want
        assert capsys.readouterr().out.endswith("3 of 3 runs from disk\n")


def test_a_run_that_fails_stops_a_script_when_the_others_have_ended(tmp_path):
    (tmp_path / "flag").touch()
    runs = {"a": sweep.grid(fail_at, place=[str(tmp_path / "flag")], i=range(6))}
    with pytest.raises(RuntimeError, match="1 of 6 runs failed(.|\n)*ArithmeticError: no run 3"):
        keeper(tmp_path / "runs.jsonl")(runs)
    (tmp_path / "flag").unlink()
    assert keeper(tmp_path / "runs.jsonl")(runs) == {"a": list(range(6))}


TOY = {
    "experiment.py": """
        \"\"\"Does a toy add up?\"\"\"
        from dataclasses import dataclass
        from lab.plan import each_seed, stack
        from .parts import work
        SECONDS, DATA, AXES = (1, 1, 1), (), {"y": ("seed",)}


        @dataclass(frozen=True)
        class Setting:
            seeds: int = 2
            x: float = 1.0


        SETTINGS = dict.fromkeys(("quick", "default", "full"), Setting())


        def run(setting, keep):
            plan = {"a": each_seed(work, setting.seeds, x=setting.x)}
            return {part: stack(rows) for part, rows in keep(plan).items()}
        """,
    "parts.py": """
        \"\"\"Runs.\"\"\"
        from lab.toy_task import draw
        from npspectral import Adam         # which a run of ours would use

        FACTOR = 2                  # a constant


        def work(x, seed):
            \"\"\"What it gives.\"\"\"
            return {"y": FACTOR * draw(x) + seed}
        """,
    "claims.py": """
        from lab.table import Row


        def claims(result):
            return []


        def checks(result):
            return [Row("a", "y", "22", result["a"]["y"], low=22)]
        """,
    "figures.py": """
        def figures(result):
            return {"empty": lambda figure: None}
        """,
}
TASK = "SHIFT = 10\n\n\ndef draw(x):\n    return x + SHIFT\n"
EDITS = [                               # file, old text, new text, runs from disk, first y
    ("experiments/toy/parts.py", "FACTOR = 2 ", "FACTOR = 3 ", 0, 33),
    ("lab/toy_task.py", "SHIFT = 10", "SHIFT = 20", 0, 63),
    ("npspectral/training/optimizers.py", "import numpy as np\n", "import numpy as np\nONE = 1\n",
     0, 63),
    ("experiments/toy/parts.py", "What it gives", "What it returns", 2, 63),
    ("experiments/toy/parts.py", "# a constant", "# of the sum", 2, 63),
    ("experiments/toy/experiment.py", "x: float = 1.0", "x: float = 1.0; z: int = 0", 2, 63),
    ("experiments/toy/claims.py", "low=22", "low=23", 2, 63),
    ("lab/table.py", "TOO_SMALL = \"pass\", \"FAIL\", \"", "TOO_SMALL = \"pass\", \"FAIL\", \"no, ",
     2, 63),
    ("npspectral/oracle/__init__.py", "\nfrom", "\nONE = 1\nfrom", 2, 63),
]


def toy(folder, *arguments):
    """What the toy experiment prints: (runs from disk, first y), by a door in `folder`."""
    done = subprocess.run(
        [sys.executable, folder / "reproduce.py", "toy", "--here", "--out", folder / "out",
         *arguments], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, done.stderr
    result, about = arrays.load(folder / "out" / "toy" / "toy.npz")
    return int(re.search(r"(\d+) of \d+ runs", done.stdout)[1]), result["a"]["y"][0], about


def make_toy(folder):
    toy_tree.plant(folder, {name: textwrap.dedent(text.lstrip("\n")) for name, text in TOY.items()})
    toy_tree.copy("npspectral", tree=folder, source=SCRIPTS.parent)
    (folder / "lab" / "toy_task.py").write_text(TASK)


def test_code_that_a_run_reaches_makes_it_again_and_no_other_edit_does(tmp_path):
    make_toy(tmp_path)
    assert toy(tmp_path)[:2] == (0, 22) and toy(tmp_path)[:2] == (2, 22)
    for name, old, new, from_disk, y in EDITS:
        text = (tmp_path / name).read_text()
        assert old in text, name
        (tmp_path / name).write_text(text.replace(old, new, 1))
        assert toy(tmp_path)[:2] == (from_disk, y), (name, new)


def test_options_change_the_setting_and_workers_give_the_same(tmp_path):
    make_toy(tmp_path)
    from_disk, y, about = toy(tmp_path, "--seeds", "3", "--set", "x=2", "--workers", "2")
    assert (from_disk, y, about["seeds"], about["setting"]["x"]) == (0, 24, {"seeds": 3}, 2.0)
    assert toy(tmp_path, "--seeds", "3", "--set", "x=2")[0] == 3
