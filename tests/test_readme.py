"""The README's Python examples run."""
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
