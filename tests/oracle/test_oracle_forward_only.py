"""check(forward_only=True), judge alike: y, the value of a loss, the trace, and no gradient."""
import json

import numpy as np
import pytest

from npspectral import oracle
from npspectral.oracle import command_line
from npspectral.oracle.suite import files
from npspectral.oracle.suite.case import cases, without_gradients
from npspectral.oracle.verdict.reference import reference

SQUARE = "spectral/tanh/b4-i4-o4/bias"
FORWARD = "y", "value", "trace"        # and the new running moments of batch normalization
FEW = (SQUARE, "spectral/identity/b2-i3-o4/bias", "spectral/relu/b2-i3-o4/bias",
       "loss/hinge/b4-o4/mean", "network/tanh/hinge", "optimizer/adam/varying", "penalty/l2/phi",
       "error/x-too-narrow")


def forwards(case):
    """npspectral without its gradients."""
    return {name: array for name, array in reference(case).items() if not name.startswith("grad_")}


def wrong(change, name="y"):
    def candidate(case):
        found = reference(case)
        return {**found, name: change(found[name])} if name in found else found
    return candidate


def test_an_implementation_without_gradients_passes_and_the_report_says_so():
    report = oracle.check(forwards, only=FEW, forward_only=True)
    assert report.ok and len(report.results) == len(FEW)
    assert report.to_text().splitlines()[0].endswith("forward only: no gradient was asked for")
    assert "forward only: no gradient was asked for" in report.to_markdown().splitlines()[0]
    assert json.loads(report.to_json())["forward_only"] is True
    assert set(report.scores) == {"y", "value", "trace"}
    whole = oracle.check(forwards, only=FEW)
    assert not whole.ok and "forward only" not in whole.to_text()


def test_a_candidate_is_told_that_no_gradient_is_asked_for():
    seen = []

    def candidate(case):
        seen.append((case.forward_only, case.trainable, set(case.expect)))
        return reference(case)
    oracle.check(candidate, only=SQUARE, forward_only=True)
    oracle.check(candidate, only=SQUARE)
    assert seen[0] == (True, [], {"y"}) and not seen[2][0] and "grad_phi" in seen[2][2]


def test_y_may_have_three_axes_where_x_has():
    def candidate(case):
        y = forwards(case)["y"]
        return {"y": y.reshape(*case.x.shape[:-1], -1)}
    report = oracle.check(candidate, suite="full", only="*/three-axes*", forward_only=True)
    report.raise_if_failed()


@pytest.mark.parametrize("suite", ["core", "full"])
def test_what_the_forward_gives_passes_a_whole_suite(suite):
    report = oracle.check(lambda case: {name: array for name, array in reference(case).items()
                                        if name in FORWARD or name.startswith("new_")},
                          suite=suite, forward_only=True)
    assert report.ok and len(report.results) > 200, report.to_text()
    assert not {"second", "per_sample"} & {result.case.kind for result in report.results}


@pytest.mark.parametrize("change", [np.negative, lambda array: None, lambda array: array[:1]])
def test_gradients_that_come_all_the_same_do_not_count(change):
    assert oracle.check(wrong(change, "grad_phi"), only=FEW, forward_only=True).ok


@pytest.mark.parametrize("name, n", [("y", 4), ("value", 3), ("trace", 1)])
def test_a_wrong_forward_fails(name, n):
    report = oracle.check(wrong(lambda array: array * (1 + 2.0 ** -40), name), only=FEW,
                          forward_only=True)
    assert len(report.failures) == n
    assert "forward_only=True" in report.to_text() and "gradients" not in report.to_text()


def of_a_sum(case):
    weight = (case.lambda_in + case.lambda_out[:, None]) * case.phi
    return {"y": case.x @ weight.T + case.bias}


def test_a_mistake_is_named_by_the_forward_pass_alone():
    report = oracle.check(of_a_sum, only="spectral/identity/*/bias", forward_only=True)
    assert report.findings[0].mistakes == ("sum of eigenvalues",)


def test_cases_about_grad_y_are_left_out():
    report = oracle.check(forwards, suite="full", only="error/grad_y*", forward_only=True)
    assert not report.results and not report.ok


def test_a_file_without_gradients_may_be_judged(tmp_path, capsys):
    few = cases("core", "spectral/identity/*")
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({"suite": files.SUITE, "dtype": "float64", "answers": {
        case.id: {"y": reference(case)["y"].tolist()} for case in few}}))
    arguments = ["judge", str(path), "--only", "spectral/identity/*"]
    assert command_line.main([*arguments, "--forward-only"]) == 0
    assert "no gradient was asked for" in capsys.readouterr().out
    assert command_line.main(arguments) == 1
    assert command_line.main(["check", f"{__name__}:of_a_sum", "--forward-only", "--only",
                              "spectral/identity/*/bias"]) == 1
    assert "--forward-only --only" in capsys.readouterr().out


def test_a_file_that_is_judged_by_its_forward_pass_counts_every_case_once():
    few = [case for case in cases("full") if case.kind in ("second", "penalty")]
    answers = {case.id: {name: array.tolist() for name, array in forwards(case).items()}
               for case in few}
    report = oracle.judge({"suite": files.SUITE, "dtype": "float64", "answers": answers},
                          suite="full", forward_only=True)
    ids = [result.case.id for result in report.results]
    assert report.ok and len(ids) == len(set(ids))


def test_the_cases_themselves_keep_their_gradients():
    case, = cases("core", SQUARE)
    assert without_gradients([case])[0].trainable == []
    assert case.trainable and "grad_phi" in case.expect and not case.forward_only
