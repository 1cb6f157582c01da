"""Identities of second derivatives and of gradients of samples, golden ones and anybody's."""
import math

import numpy as np
import pytest

from npspectral import oracle
from npspectral.nn import Spectral

FULL = {case.id: case for case in oracle.cases("full")}
GOLDEN = {name: {key: want.value for key, want in case.expect.items()}
          for name, case in FULL.items()}
DERIVED = {name: case for name, case in FULL.items() if case.kind in ("second", "per_sample")}
OF_LAYERS = [name for name in DERIVED if "jvp" in GOLDEN[name]]
SAMPLES = [name for name in DERIVED if name.startswith("per_sample/")]


def base(name):
    """The golden first derivatives at the same point."""
    return GOLDEN[name.partition("/")[2]]


def vanishes(*terms):
    """Whether golden numbers, each rounded once, sum to zero; products are rounded once more."""
    numbers = np.concatenate([np.ravel(term) for term in terms])
    return abs(math.fsum(numbers)) <= 2.0 ** -51 * math.fsum(abs(numbers))


# ---- identities of the golden numbers


@pytest.mark.parametrize("name", OF_LAYERS)
def test_grad_y_times_jvp_is_v_times_the_gradients(name):
    case, grads = DERIVED[name], base(name)
    assert vanishes(case.grad_y * GOLDEN[name]["jvp"], *(
        -case.inputs[f"v_{moved}"] * grads[f"grad_{moved}"] for moved in ("x", *case.trainable)))


@pytest.mark.parametrize("name", [name for name in OF_LAYERS if "second/spectral" in name
                                  and "hvp_lambda_in" in GOLDEN[name]])
def test_second_derivatives_by_all_eigenvalues_sum_to_zero(name):
    assert vanishes(GOLDEN[name]["hvp_lambda_in"], GOLDEN[name]["hvp_lambda_out"])


@pytest.mark.parametrize("name", [name for name in OF_LAYERS if "second/spectral" in name
                                  and "trainable" not in name])
def test_the_scale_of_phi_and_of_the_eigenvalues_moves_nothing(name):
    """phi . grad_phi = lambda . grad_lambda, differentiated along v."""
    case, grads, found = DERIVED[name], base(name), GOLDEN[name]
    terms = [sign * term for sign, key in ((1, "phi"), (-1, "lambda_in"), (-1, "lambda_out"))
             for term in (case.inputs[f"v_{key}"] * grads[f"grad_{key}"],
                          case.inputs[key] * found[f"hvp_{key}"])]
    assert vanishes(*terms)


@pytest.mark.parametrize("name", [name for name in DERIVED if name.startswith(
    ("second/loss/labels", "second/loss/probabilities"))])
def test_logits_shifted_together_have_no_curvature(name):
    assert all(vanishes(row) for row in GOLDEN[name]["hvp_y"])


@pytest.mark.parametrize("name", SAMPLES)
def test_the_gradients_of_samples_sum_to_that_of_the_batch(name):
    case = DERIVED[name]
    share = 1 / len(case.x) if "loss" in case.spec else 1           # these losses are means
    for key in case.trainable:
        rows, whole = GOLDEN[name][f"per_sample_grad_{key}"], base(name)[f"grad_{key}"]
        for index in np.ndindex(whole.shape):
            assert vanishes(share * rows[(slice(None), *index)], [-whole[index]]), (key, index)


def test_the_gradient_of_a_sample_stands_in_its_row():
    name = "per_sample/spectral/identity/b2-i3-o4/bias"
    np.testing.assert_array_equal(GOLDEN[name]["per_sample_grad_bias"], DERIVED[name].grad_y)


# ---- identities that need no golden numbers


def layer(batch=6, n_in=5, n_out=4, dtype=np.float64):
    """The arguments of invariants for a layer of random numbers, all of them right."""
    rng, spectral = np.random.default_rng(batch), Spectral(n_in, n_out)
    shapes = {**spectral.shapes, "x": (batch, n_in)}
    given, v = ({name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}
                for _ in range(2))
    grad_y, h = rng.standard_normal((batch, n_out)).astype(dtype), dtype(2.0 ** -90)

    def backward(given, rows=slice(None)):
        x = given["x"][rows]
        params = {name: array for name, array in given.items() if name != "x"}
        grads, grad_x = spectral.backward(params, spectral.forward(params, x)[1], grad_y[rows])
        return {**grads, "x": grad_x}
    grads = backward(given)
    moved = backward({name: array + 1j * (h * v[name]) for name, array in given.items()})
    rows = [backward(given, [b]) for b in range(batch)]
    x, grad_x = given.pop("x"), grads.pop("x")
    return (x, grad_y, given, grads, grad_x), {
        "v": v, "hvps": {name: np.imag(array).astype(dtype) / h for name, array in moved.items()},
        "samples": {name: np.stack([row[name] for row in rows]) for name in grads}}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("sizes", [(1, 1, 1), (6, 5, 4), (40, 30, 20)])
def test_the_identities_of_second_derivatives_and_of_samples_hold(sizes, dtype):
    arguments, more = layer(*sizes, dtype)
    report = oracle.invariants(*arguments, **more)
    assert [result.status for result in report.results] == ["pass"] * 13


BROKEN = {
    "hvp shift": ("hvps", "lambda_in", lambda array: -array),
    "hvp scale": ("hvps", "phi", lambda array: array * (1 + 1e-9)),
    **{f"samples of {name}": ("samples", name, lambda array: array * (1 + 1e-9))
       for name in ("phi", "lambda_in", "lambda_out", "bias")}}


@pytest.mark.parametrize("identity", BROKEN)
def test_an_identity_of_second_derivatives_or_of_samples_is_broken(identity):
    arguments, more = layer()
    kind, name, change = BROKEN[identity]
    more[kind][name] = change(more[kind][name])
    assert identity in [result.name for result in oracle.invariants(*arguments, **more).failures]


@pytest.mark.parametrize("more, told", [
    ({"v": {"base": 0}}, "v has"), ({"hvps": {"phi": np.ones((5, 4))}}, "hvp_phi has shape"),
    ({"samples": {"bias": np.ones(4)}}, "per_sample_grad_bias has shape"),
    ({"v": {"x": np.full((6, 5), np.nan)}}, r"v_x\[0, 0\] is nan")])
def test_invariants_refuse_what_does_not_fit(more, told):
    with pytest.raises(ValueError, match=told):
        oracle.invariants(*layer()[0], **more)
