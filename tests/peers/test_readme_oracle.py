"""The README's checks of a PyTorch and of a JAX layer run, are short, and pass."""
import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


def example(framework):
    """The python block that begins with the comment "# PyTorch" or "# JAX"."""
    blocks = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.M | re.S)
    found = [block for block in blocks if re.match(rf"# {framework}\b", block)]
    assert len(found) == 1, f"README has {len(found)} python blocks that begin with # {framework}"
    return found[0]


@pytest.mark.parametrize("framework, module", [("PyTorch", "torch"), ("JAX", "jax")])
def test_the_readme_example_runs_and_passes(framework, module):
    pytest.importorskip(module)
    names = {}
    exec(compile(example(framework), str(README), "exec"), names)
    assert names["report"].ok and names["report"].results


@pytest.mark.parametrize("framework", ["PyTorch", "JAX"])
def test_the_check_in_the_readme_has_fewer_than_ten_lines(framework):
    layer, check = example(framework).split("\n\n", 1)
    assert len([line for line in check.splitlines() if line.strip()]) < 10
