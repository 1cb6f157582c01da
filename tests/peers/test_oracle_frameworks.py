"""The whole suite against independent implementations in PyTorch, in every dtype, and in JAX."""
from importlib import import_module

import pytest

from npspectral import oracle

ERRORS = [case for case in oracle.cases("full") if case.kind == "error"]
REFUSALS = {"torch": (ValueError, RuntimeError, IndexError), "jax": (ValueError, TypeError)}
FRAMEWORKS = ("torch", "TorchAnswers"), ("jax", "JaxAnswers"), ("jax", "WithRecurrent")


def candidate(framework, name):
    pytest.importorskip(framework)
    return getattr(import_module(f"oracle_{framework}"), name)


# JAX compiles every operation anew for every shape and dtype, which takes nearly all of the time:
# its full suite is in float64, whose operations other tests here run, too.
@pytest.mark.parametrize("framework, dtype, suite", [
    *(((FRAMEWORKS[0]), dtype, "full") for dtype in ("float64", "float32", "float16", "bfloat16")),
    (FRAMEWORKS[1], "float64", "full"), (FRAMEWORKS[1], "float32", "core"),
    pytest.param(FRAMEWORKS[1], "bfloat16", "core", marks=pytest.mark.long)], ids=str)
def test_every_case_passes(framework, dtype, suite):
    report = oracle.check(candidate(*framework)(dtype), suite=suite, dtype=dtype)
    report.raise_if_failed()
    assert len(report.results) == sum(dtype in case.dtypes for case in oracle.cases(suite))


def test_recurrent_networks_pass_in_jax():
    oracle.check(candidate("jax", "WithRecurrent")(), only=[
        "recurrent/tanh/t2/*", "complex_recurrent/tanh/t2/*/b2*"]).raise_if_failed()


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: case.id)
@pytest.mark.parametrize("framework", FRAMEWORKS[::2], ids=str)
def test_every_error_case_is_refused(framework, case):
    with pytest.raises(REFUSALS[framework[0]]):
        candidate(*framework)()(case)


@pytest.mark.parametrize("framework, only", [(FRAMEWORKS[0], "spectral/trainable/*"),
                                             (FRAMEWORKS[1], "spectral/trainable/*-b*/*")], ids=str)
def test_trainable_parameters_alone_get_gradients(framework, only):
    for case in oracle.cases("full", only):
        asked = {"y", "grad_x", *(f"grad_{name}" for name in case.trainable)}
        assert set(candidate(*framework)()(case)) == asked, case.id
