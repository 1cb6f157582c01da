"""The checks of a PyTorch layer in the README and of a JAX layer in a file run, and pass."""
import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README, JAX = ROOT / "README.md", ROOT / "npspectral" / "oracle" / "examples" / "jax_spectral.py"


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


def test_the_check_in_the_readme_has_fewer_than_ten_lines():
    layer, check = example().split("\n\n", 1)
    assert len([line for line in check.splitlines() if line.strip()]) < 10


def test_the_jax_example_runs_and_passes():
    pytest.importorskip("jax")
    report = runpy.run_path(str(JAX), run_name="__main__")["report"]
    assert report.ok and report.results
