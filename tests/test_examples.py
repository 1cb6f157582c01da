"""What the README names has an example in its docstring, of at most five lines, that runs."""
import doctest
import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import npspectral

README = Path(__file__).parent.parent / "README.md"
IMPORTS = re.findall(r"from (npspectral[\w.]*) import (.+)", README.read_text(encoding="utf-8"))
NAMES = {getattr(importlib.import_module(module), name.strip())
         for module, names in IMPORTS for name in names.split(",") if name.strip() != "oracle"}
NAMES |= {npspectral.fit, npspectral.check_gradients, npspectral.oracle.check,
          npspectral.sweep.run_all, npspectral.training.PlainAdam, npspectral.training.load,
          npspectral.training.save, npspectral.nn.Dropout, npspectral.estimators.SpectralClassifier,
          npspectral.estimators.SpectralRegressor}


@pytest.mark.parametrize("found", sorted(NAMES, key=str), ids=lambda found: found.__qualname__)
def test_an_example_runs(found, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    near = {name: getattr(npspectral, name) for name in npspectral.__all__}
    known = {**near, **vars(sys.modules[found.__module__]), "np": np}
    example, = [test for test in doctest.DocTestFinder(recurse=False).find(found, globs=known)]
    lines = [line for part in example.examples
             for line in part.source.splitlines() + part.want.splitlines()]
    assert 1 <= len(lines) <= 6
    said = []
    failed, tried = doctest.DocTestRunner(verbose=False).run(example, out=said.append)
    assert tried and not failed, "".join(said)
