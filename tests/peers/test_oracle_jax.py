"""The whole suite against an independent implementation in JAX; the core suite in bfloat16."""
import pytest

pytest.importorskip("jax")

from oracle_jax import JaxAnswers, WithRecurrent  # noqa: E402

from npspectral import oracle  # noqa: E402


# JAX compiles every operation anew for every shape and dtype, which takes nearly all of the time.
@pytest.mark.parametrize("dtype, suite", [("float64", "full"), ("float32", "full"),
                                          ("bfloat16", "core")])
def test_every_case_passes_in_jax(dtype, suite):
    report = oracle.check(JaxAnswers(dtype), suite=suite, dtype=dtype)
    report.raise_if_failed()
    assert len(report.results) == sum(dtype in case.dtypes for case in oracle.cases(suite))


def test_recurrent_networks_pass_in_jax():
    oracle.check(WithRecurrent(), only=["recurrent/tanh/t2/*", "complex_recurrent/tanh/t2/*/b2*"]
                 ).raise_if_failed()


@pytest.mark.parametrize("case", [case for case in oracle.cases("full") if case.kind == "error"],
                         ids=lambda case: case.id)
def test_jax_refuses_every_error_case(case):
    with pytest.raises((ValueError, TypeError)):
        WithRecurrent()(case)


def test_jax_gives_gradients_of_the_trainable_parameters_alone():
    for case in oracle.cases("full", "spectral/trainable/*-b*/*"):
        asked = {"y", "grad_x", *(f"grad_{name}" for name in case.trainable)}
        assert set(JaxAnswers()(case)) == asked, case.id
