"""The README's Python examples run, and what it names is there."""
import configparser
import pathlib
import re

import pytest
from benchmark import page

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
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text)
    assert len(links) >= 10 and all((README.parent / link).exists() for link in links)
    files = re.findall(r"`((?:npspectral|scripts|tests)/[\w/]+\.py)`", text)
    assert len(files) >= 5 and all((README.parent / file).is_file() for file in files)


def test_both_commands_stand_where_a_reader_sees_them_first():
    head = README.read_text(encoding="utf-8").splitlines()[:40]
    assert sum(line.startswith("pip install ") for line in head) == 2


def test_the_page_of_results_names_every_experiment():
    text = (README.parent / "scripts" / "report" / "RESULTS.md").read_text(encoding="utf-8")
    folders = (README.parent / "scripts" / "experiments").glob("*/experiment.py")
    assert all(f"\n## {path.parent.name}\n" in text for path in folders)


def rows_after(head):
    text = README.read_text(encoding="utf-8")
    return text[text.index(head):].split("\n\n")[0].splitlines()[2:]


def test_times_that_the_readme_quotes_are_those_of_the_page_of_speed():
    quoted = rows_after("| work | peer |")
    assert quoted and quoted == page.quotes(page.PAGE.read_text(encoding="utf-8")).splitlines()[2:]
