"""The README's Python examples run, and what it names is there."""
import configparser
import pathlib
import re

import pytest

README = pathlib.Path(__file__).parent.parent / "README.md"
EVERY_BLOCK = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
# That of another framework is run by the peers' tests, where it is installed.
BLOCKS = [block for block in EVERY_BLOCK if not block.startswith("# PyTorch")]


def test_the_readme_has_an_example():
    assert BLOCKS


@pytest.mark.parametrize("last", range(len(BLOCKS)))
def test_each_example_runs_after_those_before_it(last):
    names: dict = {}
    for block in BLOCKS[:last + 1]:
        exec(compile(block, "README.md", "exec"), names)


def test_the_citation_names_the_package_s_version():
    config = configparser.ConfigParser()
    config.read(README.parent / "setup.cfg")
    citation = (README.parent / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {config['metadata']['version']}\n" in citation


def test_every_file_that_the_readme_names_is_there():
    text = README.read_text(encoding="utf-8")
    rows = text[text.index("| `scripts/experiments/`"):text.index("## How fast")]
    names = re.findall(r"^\| `(\w+)`", rows, re.M)
    folder = README.parent / "scripts" / "experiments"
    assert len(names) >= 15 and all((folder / name / "experiment.py").is_file() for name in names)
    modules = re.findall(r"^\| (`[^|]*)\|", text[text.index("| module |"):], re.M)
    for cell in modules:
        folder = ""
        for name in re.findall(r"`([^`]+)`", cell):
            folder = name.rpartition("/")[0] or folder if "/" in name else folder
            path = name if "/" in name or name.endswith("/") else f"{folder}/{name}"
            found = list((README.parent / "npspectral").glob(path.rstrip("/")))
            assert found or (README.parent / "npspectral" / name).exists(), f"{name} in {cell}"
