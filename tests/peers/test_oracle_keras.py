"""from_keras with Keras itself, on each of its backends in a process of its own."""
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("keras_layer.py")


def said(backend, layer, dtype):
    for name in ("keras", backend):
        if find_spec(name) is None:
            pytest.skip(f"{name} is not installed: pip install '.[keras]'")
    done = subprocess.run([sys.executable, str(SCRIPT), layer, dtype], text=True,
                          capture_output=True, env={**os.environ, "KERAS_BACKEND": backend})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("backend, dtype", [
    ("tensorflow", "float64"), ("tensorflow", "float32"), ("tensorflow", "bfloat16"),
    ("torch", "float32"), ("torch", "bfloat16"), ("jax", "float32")])
def test_a_layer_of_keras_passes(backend, dtype):
    text = said(backend, "Spectral", dtype)
    n, *_ = re.match(r"PASS  (\d+) of \1 cases pass   from_keras\(Spectral\)", text).groups()
    assert int(n) >= 11


def test_a_mistake_is_named():
    text = said("torch", "WithASum", "float32")
    assert "The weight is (lambda_in + lambda_out) phi" in text, text
