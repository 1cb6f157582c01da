"""The check of a PyTorch layer in the README runs, and passes; in a JAX layer it is the same."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


def example():
    """The python block that begins with the comment "# PyTorch"."""
    blocks = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.M | re.S)
    found = [block for block in blocks if re.match(r"# PyTorch\b", block)]
    assert len(found) == 1, f"README has {len(found)} python blocks that begin with # PyTorch"
    return found[0]


def test_the_readme_example_runs_and_passes():
    pytest.importorskip("torch")
    names = {}
    exec(compile(example(), str(README), "exec"), names)
    assert names["report"].ok and names["report"].results


def test_the_same_lines_check_a_layer_in_jax():
    pytest.importorskip("jax")
    names = {}
    exec(compile(example().replace("from_torch", "from_jax"), str(README), "exec"), names)
    assert names["report"].ok and names["report"].results


def test_the_check_in_the_readme_has_fewer_than_ten_lines():
    assert len([line for line in example().splitlines() if line.strip()]) < 10
