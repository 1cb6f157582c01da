"""The whole suite against an independent implementation in PyTorch, in every dtype that it has."""
import pytest

pytest.importorskip("torch")

from oracle_torch import TorchAnswers  # noqa: E402

from npspectral import oracle  # noqa: E402


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_every_case_of_the_full_suite_passes_in_pytorch(dtype):
    report = oracle.check(TorchAnswers(dtype), suite="full", dtype=dtype)
    report.raise_if_failed()
    assert len(report.results) == sum(dtype in case.dtypes for case in oracle.cases("full"))


@pytest.mark.parametrize("case", [case for case in oracle.cases("full") if case.kind == "error"],
                         ids=lambda case: case.id)
def test_pytorch_refuses_every_error_case(case):
    with pytest.raises((ValueError, RuntimeError, IndexError)):
        TorchAnswers()(case)


def test_pytorch_gives_gradients_of_the_trainable_parameters_alone():
    for case in oracle.cases("full", "spectral/trainable/*"):
        asked = {"y", "grad_x", *(f"grad_{name}" for name in case.trainable)}
        assert set(TorchAnswers()(case)) == asked, case.id
