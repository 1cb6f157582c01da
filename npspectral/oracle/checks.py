"""check() and judge(): verdicts by the certified vectors, with what explains the failures."""
import shlex
from collections.abc import Mapping

from .candidates import name_of
from .suite import files
from .suite.case import cases, holds, without_gradients
from .verdict.answer_file import read_answers, result_of, skipped_families
from .verdict.layout import default_layout, layout_of
from .verdict.other_layout import in_layout, right_elsewhere
from .verdict.report import Report
from .verdict.results import told
from .verdict.run import answers_of, dtype_name
from .verdict.xfail import as_expected, expected_failures


def check(candidate, *, suite="core", dtype="float64", layout=None, only=None, xfail=(),
          forward_only=False):
    """Judge `candidate(case) -> dict of arrays` by the certified vectors; returns a Report.

    suite   "core" or "full"; only: a glob of ids, or several; dtype: float64, float32, float16 or
            bfloat16, in which case.x, case.phi, ... come (bfloat16: as float32) and answers have
            to; or tf32: float32 whose products of matrices may take their operands in TF32
    layout  a Layout, or the name of a ready one, if the candidate stores or signs things otherwise;
            a candidate of from_torch, from_jax, from_keras brings its own
    xfail   ids known to fail, as a list or as a mapping id -> reason; one that passes is a failure
    forward_only    whether y, the value of a loss or the trace are judged alone, and no gradient

    The candidate gets writeable copies, runs twice, raises on a case of kind "error", and may raise
    NotImplementedError on what it does not have. Raises ValueError or TypeError on arguments that
    do not fit, and BadVectors when the vector files are not what they should be.

    >>> check(lambda case: {"y": case.x}, only="spectral/identity/*").ok
    False
    """
    dtype = dtype_name(dtype)
    layout = layout_of(layout, candidate)
    if not callable(candidate):
        raise TypeError(f"check: candidate is {type(candidate).__name__}, expected a function "
                        f"candidate(case) -> dict of arrays")
    asked = _cases(suite, only, forward_only)
    reasons = expected_failures(xfail)
    fitting = [case for case in asked if holds(case, dtype)]
    results = answers_of(candidate, fitting, dtype, layout)
    left_out = {f"not for {dtype}": len(asked) - len(fitting),
                f"not expressible in layout {layout}": len(fitting) - len(results)}
    results = [as_expected(result, reasons) for result in results]
    findings, notes = _findings(candidate, results, dtype, layout)
    name, loadable = name_of(candidate)
    return Report(results, findings, dtype, suite, files.SUITE, name, layout=str(layout),
                  default_layout=default_layout(candidate), notes=notes,
                  left_out={why: n for why, n in left_out.items() if n},
                  command=f"check {name} --dtype {dtype}" if loadable else "check",
                  forward_only=forward_only)


def judge(answers, *, suite="core", only=None, layout=None, xfail=(), forward_only=False):
    """Judge a file of answers, or the same as a dict; returns a Report, as check does.

    suite   "core" or "full"; answers beyond it are judged, too. A family without any answer counts
            as skipped; in the others every case has to be answered
    only    a glob of ids, or several: all of these cases have to be answered, others are left aside
    layout  the conventions of the answers; xfail: ids known to fail; forward_only: as in check

    Raises BadAnswers on what is not such a file, an unknown id or another version of the suite,
    ValueError on other arguments that do not fit, BadVectors when the case files are not intact.
    """
    layout, reasons = layout_of(layout), expected_failures(xfail)
    asked = _cases(suite, only, forward_only)
    document = read_answers(answers)
    dtype, given = document["dtype"], document["answers"]
    beyond = set(given) - {case.id for case in asked} if only is None else ()
    if beyond:
        asked += [case for case in _cases("full", None, forward_only) if case.id in beyond]
    fitting = [case for case in asked if holds(case, dtype) and layout.applies(case)]
    if only is None:
        given = {**skipped_families(fitting, given), **given}
    results = [as_expected(result_of(case, given.get(case.id), dtype, layout), reasons)
               for case in fitting]
    n_left = len(asked) - len(fitting)
    findings, notes = diagnosed(results, dtype)
    path = "" if isinstance(answers, Mapping) else shlex.quote(str(answers))
    return Report(results, findings, dtype, suite, files.SUITE,
                  document.get("implementation", ""), layout=str(layout), notes=notes,
                  left_out={"not for this dtype or layout": n_left} if n_left else {},
                  command=f"judge {path}".strip(), forward_only=forward_only)


def parametrize(*, suite="core", only=None):
    """A decorator: the test runs for every case, which comes as `case`, under the case's id."""
    import pytest
    asked = cases(suite, only)
    return pytest.mark.parametrize("case", asked, ids=[case.id for case in asked])


def _cases(suite, only, forward_only):
    asked = cases(suite, only)
    return without_gradients(asked) if forward_only else asked


def _findings(candidate, results, dtype, layout):
    """What explains the failures, and notes on what could not be looked into."""
    findings, other = right_elsewhere(candidate, results, dtype, layout)
    if findings:                                # what is wrong in its own layout, too
        results = in_layout(candidate, results, dtype, other)
    causes, notes = diagnosed(results, dtype)
    return findings + causes, notes


def diagnosed(results, dtype):
    """What explains the failures; a diagnosis that fails must not take the verdicts with it."""
    if not any(result.failed for result in results):
        return [], ()
    try:
        from .mistakes.diagnose import diagnose
        return diagnose(results, dtype), ()
    except Exception as error:
        return [], (f"the diagnosis itself failed: {told(error)}",)
