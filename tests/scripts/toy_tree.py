"""A copy of scripts/ that has one small experiment in place of all, and its own pages."""
import os
import shutil
import subprocess
import sys

from conftest import SCRIPTS

EXPERIMENT = {
    "parts.py": '''
def draw(seed, size):
    return {"sizes": [seed + size]}
''',
    "experiment.py": '''"""Is a sum a sum?

Source: nobody.
"""
from dataclasses import dataclass

from lab.plan import axes, each_seed, stack

from .parts import draw

SECONDS = 1, 1, 1
DATA = ()
AXES = axes({"seed, one": "sizes"})


@dataclass(frozen=True)
class Setting:
    seeds: int
    size: int


SETTINGS = {"quick": Setting(1, 1), "default": Setting(3, 2), "full": Setting(9, 9)}


def run(setting, keep):
    return {part: stack(rows) for part, rows in keep(
        {"sums": each_seed(draw, setting.seeds, size=setting.size)}).items()}
''',
    "claims.py": '''
from lab.table import Claim, Row


def claims(result):
    sizes = result["sums"]["sizes"][:, 0]
    return [Claim("sums", "Sums are 2 | 4", "Petrini, talk",
                  [Row("sums", "the sum", "2", sizes, low=2, high=4)], "sizes"),
            Claim("more", "Sums are 3", "Nobody 2020, figure",
                  [Row("sums", "least", "3", sizes.min(), low=3),
                   Row("sums", "most", "3", sizes.max(), low=3)], "sizes", "Tried 2."),
            Claim("other", "Sums of others", "Nobody 2020, figure", [], "sizes",
                  incomparable="No data.")]


def checks(result):
    return [Row("sums", "seeds", "-", len(result["sums"]["sizes"]), low=1)]
''',
    "figures.py": '''
def figures(result):
    return {"sizes": lambda figure: figure.subplots().plot(result["sums"]["sizes"])}
'''}
STATEMENTS = """# List

Of 0 statements none.

| no. | statement | code | shown | verdict |
| --- | --- | --- | --- | --- |
| A1 | Sums | `nn.dense.Dense` | step 1: Backward to W and to x | derived |
| D1 | Sums are 2 to 4 | `nn.dense.Dense` | `toy: sums` | |
| D2 | Sums are 3 | `nn.dense.Dense` | `toy: sums`, `toy: more` | anything |
| D3 | Sums are gone | `nn.dense.Dense` | `toy: gone` | reproduced |
| D4 | Others | `nn.dense.Dense` | `other: sums` | |
| D5 | Convolutions | | not done | open |
"""


README = """Of 9 published claims: all.

| claim | in the source's words | source | published | ours | verdict |
| --- | --- | --- | --- | --- | --- |
| sums | Sums are 2 \\| 4 | Petrini, talk | 7 | 8 | ○ not |
| gone | Gone | Petrini, talk | 7 | 8 | ○ not |
"""


def plant(tree, files):
    """`tree` as a copy of scripts/ whose one experiment, `toy`, has these files."""
    copy("lab", "report", tree=tree, source=SCRIPTS)
    shutil.copy(SCRIPTS / "reproduce.py", tree)
    place = tree / "experiments" / "toy"
    place.mkdir(parents=True)
    shutil.copy(SCRIPTS / "experiments" / "__init__.py", place.parent)
    for name, text in files.items():
        (place / name).write_text(text, encoding="utf-8")


def copy(*packages, tree, source):
    for name in packages:
        shutil.copytree(source / name, tree / name,
                        ignore=shutil.ignore_patterns("__pycache__", "*.png", "vectors"))


def build(folder):
    """The path of a tree with EXPERIMENT, and pages that are to be filled."""
    tree = folder / "scripts"
    plant(tree, EXPERIMENT)
    (tree / "report" / "STATEMENTS.md").write_text(STATEMENTS, encoding="utf-8")
    (folder / "README.md").write_text(README, encoding="utf-8")
    return tree


def call(tree, file, *options):
    """What a script of the copy printed."""
    done = subprocess.run([sys.executable, str(tree / file), *options], capture_output=True,
                          text=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
