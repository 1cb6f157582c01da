"""from_keras with Keras itself, on each of its backends in a process of its own.

On TensorFlow the authors' package is judged, too. It imports tensorflow_model_optimization, which
its own requirements do not name.
"""
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("keras_layer.py")
HALF, WIDE = ("float16", "bfloat16"), ("float32", "float64")
RIGHT = {
    "the authors' layer": ("tensorflow", "authors", WIDE + HALF),
    "a layer on TensorFlow": ("tensorflow", "Spectral", WIDE + HALF),
    "a layer on PyTorch": ("torch", "Spectral", ("float32",) + HALF),
    "a layer on PyTorch without matmul": ("torch", "ByEinsum", WIDE),
    "a layer on JAX": ("jax", "Spectral", WIDE + HALF),
}
WRONG = [("tensorflow", "authors_without_a_minus"), ("tensorflow", "WithASum"),
         ("torch", "WithASum"), ("jax", "WithASum")]


def said(backend, layer, suite, *dtypes):
    """What the reports say, one after another."""
    authors = ("spectraltools", "tensorflow_model_optimization") if "authors" in layer else ()
    for name in ("keras", backend, *authors):
        if find_spec(name) is None:
            pytest.skip(f"{name} is not installed: pip install '.[keras]'")
    done = subprocess.run([sys.executable, str(SCRIPT), layer, suite, *dtypes], text=True,
                          capture_output=True, env={**os.environ, "KERAS_BACKEND": backend})
    assert done.returncode == 0, done.stderr
    return done.stdout


def passed(suite, backend, layer, dtypes):
    """How many cases passed in every dtype, where all of them passed."""
    text = said(backend, layer, suite, *dtypes)
    heads = re.findall(rf"PASS  (\d+) of \1 cases pass   from_keras\({layer}\)   (\w+)", text)
    assert [dtype for _, dtype in heads] == [*dtypes], text
    return {dtype: int(n) for n, dtype in heads}


@pytest.mark.parametrize("backend, layer, dtypes", RIGHT.values(), ids=RIGHT)
def test_a_layer_of_keras_passes(backend, layer, dtypes):
    assert min(passed("core", backend, layer, dtypes).values()) >= 30


@pytest.mark.parametrize("backend, layer, dtypes, least", [
    ("tensorflow", "convolution", WIDE, 40), ("torch", "convolution", ("float32",), 40),
    ("torch", "batch_norm", ("float32",), 15)])
def test_a_layer_of_images_passes(backend, layer, dtypes, least):
    """Every case but those that Keras has no layer for, which its report tells as skipped."""
    text = said(backend, layer, "full", *dtypes)
    heads = re.findall(rf"PASS +\d+ of (\d+) cases pass   from_keras\({layer}\)   (\w+)", text)
    assert [dtype for _, dtype in heads] == [*dtypes], text
    assert min(int(n) for n, _ in heads) >= least, text


@pytest.mark.long
@pytest.mark.parametrize("backend, layer, dtypes", RIGHT.values(), ids=RIGHT)
def test_a_layer_of_keras_passes_every_case(backend, layer, dtypes):
    cases = passed("full", backend, layer, dtypes)
    print(backend, layer, cases)
    assert min(cases.values()) >= 190


@pytest.mark.parametrize("backend, layer", WRONG)
def test_a_mistake_is_named(backend, layer):
    text = said(backend, layer, "core", "float32")
    assert "The weight is (lambda_in + lambda_out) phi" in text, text


def test_a_product_in_float32_is_seen():
    """PyTorch's keras.ops.matmul in float64: the numbers are those of float32."""
    text = said("torch", "Spectral", "core", "float64")
    assert text.startswith("FAIL") and "float32" in text.partition("worst")[0], text
