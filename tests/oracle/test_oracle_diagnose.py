"""The diagnosis names planted mistakes from noisy answers, and nothing that it does not know."""
import copy
from dataclasses import replace
from functools import lru_cache
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest

from npspectral.oracle.checks import check
from npspectral.oracle.mistakes import diagnose as diagnosis
from npspectral.oracle.mistakes.diagnose import diagnose
from npspectral.oracle.mistakes.fit import Evidence, Fit, _misfit, growth
from npspectral.oracle.mistakes.known import MISTAKES
from npspectral.oracle.mistakes.right import Steps
from npspectral.oracle.mistakes.search import single
from npspectral.oracle.mistakes.selftest import BELOW_NOISE, rounded
from npspectral.oracle.suite.case import cases
from npspectral.oracle.verdict.compare import ROUNDOFF
from npspectral.oracle.verdict.answers import judged
from npspectral.oracle.verdict.layout import layout_of
from npspectral.oracle.verdict.results import CaseResult, Finding
from npspectral.oracle.verdict.run import answers_of

NAMES = {mistake.name: mistake for mistake in MISTAKES}
CORE = {case.id: case for case in cases("core") if case.kind != "error"}


def results(mistakes=(), dtype="float32", change=None, seed=0, amplitude=0.5):
    """A run of a candidate with mistakes; every number off by up to amplitude u S, then rounded."""
    def result(case):
        met = [mistake.plant for mistake in mistakes if mistake.meets(case)]
        if not met and change is None:
            return right_result(case.id, dtype, seed, amplitude)
        try:
            found = Steps(*met).answers(case) if met else right(case)
        except ValueError as error:
            return CaseResult(case, "error", {}, {}, f"raised {error}")
        return noisy_result(case, found if change is None else change(case, found), dtype, seed,
                            amplitude)
    with np.errstate(all="ignore"):
        return [result(case) for case in CORE.values() if dtype in case.dtypes]


def right(case):
    return {name: want.value for name, want in case.expect.items()}


@lru_cache(maxsize=1024)                # most cases do not meet a mistake: three runs of them
def right_result(name, dtype, seed, amplitude):
    return noisy_result(CORE[name], right(CORE[name]), dtype, seed, amplitude)


def noisy_result(case, found, dtype, seed, amplitude):
    rng = np.random.default_rng([seed, *case.id.encode()])
    verdicts, got = judged(case, {
        name: rounded(noisy(case, name, array, dtype, rng, amplitude), dtype)
        for name, array in found.items()}, dtype, layout_of(None))
    passes = all(verdict.ok for verdict in verdicts.values())
    return CaseResult(case, "pass" if passes else "wrong", verdicts, got)


def noisy(case, name, array, dtype, rng, amplitude):
    """The last rounding, by up to u |value|, is a part of u S."""
    want = case.expect[name]
    if array.shape != want.value.shape or not array.size or case.tier == "exact":
        return array
    before_rounding = np.minimum(amplitude * want.scale,
                                 np.maximum(want.scale - np.abs(want.value), 0))
    most = np.abs(array[np.isfinite(array)]).max(initial=0)
    largest = growth(most, want) * ROUNDOFF[dtype][0] * before_rounding
    return array + largest * rng.uniform(-1, 1, array.shape)


def named(findings):
    return [finding.mistakes for finding in findings if finding.mistakes]


def told(findings):
    return " | ".join(finding.sentence for finding in findings)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_planted_mistake_is_named_and_no_other_without_it(dtype, name):
    if not any(NAMES[name].meets(case) for case in CORE.values() if dtype in case.dtypes):
        return
    run = results([NAMES[name]], dtype, amplitude=0.3 if dtype == "bfloat16" else 0.5)
    found = named(diagnose(run, dtype))
    assert found or name in BELOW_NOISE[dtype]
    assert all(name in names for names in found)


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_right_answers_with_noise_give_no_finding(dtype):
    for seed in range(7):
        assert diagnose(results((), dtype, seed=seed, amplitude=0.45), dtype) == []


PAIRS = [("sign of grad_lambda_out", "grad_bias averaged"), ("phi detached", "x detached"),
         ("sign of the difference", "bias missing"), ("bias missing", "sign of grad_lambda_in"),
         ("sum of eigenvalues", "activation missing"), ("loss halved", "phi detached"),
         ("ascent", "phi transposed"), ("grad_x through phi", "eigenvalue gradients averaged")]


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_two_mistakes_at_once_are_both_named(pair):
    found = named(diagnose(results([NAMES[name] for name in pair]), "float32"))
    assert set(pair) <= {name for names in found for name in names}


def test_two_mistakes_at_once_never_bring_a_third_name():
    pairs = list(combinations(MISTAKES, 2))
    chosen = np.random.default_rng(7).choice(len(pairs), 40, replace=False)
    for a, b in (pairs[k] for k in chosen):
        for names in named(diagnose(results([a, b]), "float32")):
            parts = {part for name in names for part in (name, *name.split(" and "))}
            assert {a.name, b.name} & parts, (a, b, names)


def changed(name, function):
    return lambda case, found: {key: function(array) if key.endswith(name) else array
                                for key, array in found.items()}


def recurrent_doubled(case, found):
    return {name: 2 * array if "recurrent" in case.id and name.startswith("grad_") else array
            for name, array in found.items()}


def unknown(plant, *structures):
    """A mistake of the definition that no list has."""
    return type(MISTAKES[0])("unknown", "Unknown.", ("vjp", "network"), plant, "definition",
                             *structures)


def raising(view):
    raise TypeError("no such layer")


DOUBLE = {"weight": lambda right, own: 2 * right(own), "weight_backward": lambda right, own, g: {
    key: 2 * entry for key, entry in right(own, g).items()}}
HALF = {"inverse": lambda right, layer, part, h, u, before: (
    h - 0.5 * (h - right(layer, part, h, u, before)))}
NO_NAME = "The forward is right, gradients are wrong. No known mistake fits "
# what goes wrong -> the run, the names of the findings, and what they tell
TOLD = {
    "an unknown mistake of the forward": (
        lambda: results([unknown(DOUBLE)]), [],
        ["The forward already differs, and the gradients follow it consistently",
         "No known mistake fits"]),
    "an unknown mistake of nested networks": (
        lambda: results([unknown(HALF, ("nested",))]), [], ["No known mistake fits"]),
    "a gradient of three times the size": (
        lambda: results(change=changed("phi", lambda array: 3 * array)), [],
        [NO_NAME + "grad_phi: it is 3 times the reference"]),
    "None for an answer": (
        lambda: answers_of(lambda view: dict.fromkeys(view.expect), list(CORE.values()),
                           "float32"), [], ["grad_phi is None in "]),
    "an exception": (lambda: answers_of(raising, list(CORE.values()), "float32"), [],
                     ["raised TypeError: no such layer"]),
    "an answer to an error case": (
        lambda: answers_of(lambda view: {}, cases("core", "error/*"), "float32"), [],
        ["Inputs that must be refused are answered"]),
    "a mistake in one activation": (
        lambda: results([NAMES["derivative missing"].only("tanh")]), [("derivative missing",)],
        ["In tanh: "]),
    "a mistake in one factored layer": (
        lambda: results([NAMES["grad_phi without the difference"].only("spectral_svd")]),
        [("grad_phi without the difference",)], ["In spectral_svd: "]),
    "a mistake in all layers, once": (
        lambda: results([NAMES["grad_phi with plus"]]), [("grad_phi with plus",)], []),
    "a mistake in recurrent networks": (
        lambda: results(change=recurrent_doubled), [],
        [f"In recurrent networks: {NO_NAME}grad_omega: it is 2 times the reference"]),
    "a mistake seen in one case only": (
        lambda: [result for result in results([NAMES["sign of grad_lambda_out"]])
                 if result.case.id == "spectral/tanh/b2-i3-o4/bias"],
        [("sign of grad_lambda_out",)], ["Perhaps"]),
}


@pytest.mark.parametrize("run, names, sentences", TOLD.values(), ids=TOLD)
def test_what_goes_wrong_is_told(run, names, sentences):
    found = diagnose(run(), "float32")
    assert found and named(found) == names
    assert all(sentence in told(found) for sentence in sentences)


def test_recurrent_networks_that_fail_beside_a_named_mistake_are_told_in_one_sentence():
    found = diagnose(results([NAMES["phi detached"]], change=recurrent_doubled), "float32")
    assert named(found) == [("phi detached",)] and len(found) == 2
    assert "Recurrent networks, whose mistakes have no names, fail in " in told(found)


def test_a_random_gradient_has_no_name_and_no_ratio():
    rng = np.random.default_rng(3)
    found = diagnose(results(change=changed("phi", lambda array: rng.normal(size=array.shape))),
                     "float32")
    assert not named(found) and "times the reference" not in told(found)


def test_float32_answers_under_the_name_of_float64_are_told_by_their_precision():
    found = diagnose(results(dtype="float64", change=lambda case, found: {
        name: array.astype(np.float32).astype(float) for name, array in found.items()}), "float64")
    assert "of the size of float32 rounding" in told(found)


def test_mistakes_in_different_kinds_of_layers_are_both_named():
    run = results([NAMES["sign of grad_lambda_out"].only("spectral"), NAMES["skip path detached"]])
    assert set(named(diagnose(run, "float32"))) == {("sign of grad_lambda_out",),
                                                    ("skip path detached",)}


def test_expected_failures_are_no_evidence():
    run = [CaseResult(result.case, "xfail", result.verdicts, result.got) if result.failed
           else result for result in results([NAMES["phi detached"]])]
    assert diagnose(run, "float32") == []


def test_a_wrong_optimizer_is_named_besides_another_layout():
    def turned(arrays):
        return {name: array.T if name.endswith("phi") else array for name, array in arrays.items()}

    def candidate(view):
        if view.kind == "error":
            raise ValueError("refused")
        if view.kind == "penalty":
            raise NotImplementedError
        own = copy.copy(view)
        own.inputs = turned(view.inputs)
        plants = [NAMES["coupled decay"].plant] if view.kind == "optimizer" else []
        return turned(Steps(*plants).answers(own))
    assert named(check(candidate).findings) == [("layout",), ("coupled decay",)]


def test_one_mistake_alone_is_the_best_form_of_a_name_that_misses_fewest_cases():
    mistake = NAMES["derivative missing"]
    other = replace(mistake, variant=1)
    fits = {(each,): Fit((each,), [], *rank) for each, rank in {
        NAMES["phi detached"]: (0.1, 0, 1), NAMES["x detached"]: (0.1, 1, 0),
        mistake: (0.5, 0, 0), mistake.only("tanh"): (0.0, 0, 0), other: (0.2, 0, 0)}.items()}
    fit, = single(SimpleNamespace(fit=fits.get), [each for each, in fits])
    assert fit.mistakes == (other,)


def test_cases_missed_by_little_are_told_of_one_set_of_mistakes_or_another():
    evidence = Evidence(results([NAMES["phi detached"]]), "float32")
    pairs = [tuple(NAMES[name] for name in pair) for pair in PAIRS[:2]]
    finding, = diagnosis.named(evidence, [Fit(pair, evidence.cases[:9], 0.0, 0, 1)
                                          for pair in pairs])
    assert finding.sentence.endswith("Reproduced in 9 of 10 cases that show it.")


def test_findings_that_become_one_add_what_they_reproduce_and_what_they_miss():
    parts = [Finding(("y",), f"Twice. Reproduced in {diagnosis.in_all(*counts)}", ("twice",),
                     *counts) for counts in ((39, 1), (10, 0), (5, 2))]
    finding, = diagnosis.merged(parts)
    assert finding == Finding(("y",), "Twice. Reproduced in 54 of 57 cases that show it.",
                              ("twice",), 54, 3)


def test_numbers_beside_a_nan_have_to_agree_too():
    expected = CORE["spectral/tanh/b2-i3-o4/bias"].expect["y"]
    simulated = expected.value.copy()
    simulated[0, 0] = np.nan
    assert _misfit(simulated, simulated, expected, "float64") == 0
    for other in (simulated + 1, np.where(np.isnan(simulated), 0, simulated), simulated * np.nan):
        assert _misfit(other, simulated, expected, "float64") > 1
