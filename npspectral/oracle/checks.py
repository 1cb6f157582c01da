"""check() and judge(): verdicts by the certified vectors, with what explains the failures."""
from .suite import files
from .suite.case import cases
from .verdict.answer_file import read_answers, result_of
from .verdict.answers import told
from .verdict.layout import LAYOUTS, Layout, layout_of
from .verdict.report import Report
from .verdict.results import Finding
from .verdict.run import (answers_of, as_expected, chosen, dtype_name, every_case,
                          expected_failures, name_of)

TRIED = 20                              # failing cases tried in another layout


def check(candidate, *, suite="core", dtype="float64", layout=None, only=None, xfail=()):
    """Judge `candidate(case) -> dict of arrays` by the certified vectors; returns a Report.

    suite   "core" or "full"; only: a glob of ids, or several; dtype: float64, float32, float16 or
            bfloat16, in which case.x, case.phi, ... come (bfloat16: as float32) and answers have to
    layout  a Layout, or the name of a ready one, if the candidate stores or signs things otherwise
    xfail   ids known to fail, as a list or as a mapping id -> reason; one that passes is a failure

    The candidate gets writeable copies, runs twice, raises on a case of kind "error", and may raise
    NotImplementedError on what it does not have. Raises ValueError or TypeError on arguments that
    do not fit, and BadVectors when the vector files are not what they should be.
    """
    dtype, layout = dtype_name(dtype), layout_of(layout)
    if not callable(candidate):
        raise TypeError(f"check: candidate is {type(candidate).__name__}, expected a function "
                        f"candidate(case) -> dict of arrays")
    asked = chosen(suite, only)
    reasons = expected_failures(xfail)
    fitting = [case for case in asked if dtype in case.dtypes]
    results = answers_of(candidate, fitting, dtype, layout)
    left_out = {f"not for {dtype}": len(asked) - len(fitting),
                f"not expressible in layout {layout}": len(fitting) - len(results)}
    results = [as_expected(result, reasons) for result in results]
    findings, notes = _findings(candidate, results, dtype, layout)
    return Report(results, findings, dtype, suite, files.SUITE, name_of(candidate),
                  layout=str(layout), left_out={why: n for why, n in left_out.items() if n},
                  notes=notes)


def judge(answers, *, suite="core", only=None, layout=None, xfail=()):
    """Judge a file of answers, or the same as a dict; returns a Report, as check does.

    suite   every case of it has to be answered, "core" or "full"; answers beyond it are judged, too
    only    a glob of ids: others are left aside
    layout  the conventions of the answers; xfail: ids known to fail

    Raises BadAnswers on what is not such a file, an unknown id or another version of the suite,
    ValueError on other arguments that do not fit, BadVectors when the case files are not intact.
    """
    layout, reasons = layout_of(layout), expected_failures(xfail)
    asked = chosen(suite, only)
    document = read_answers(answers)
    dtype, given = document["dtype"], document["answers"]
    if only is None and set(given) - {case.id for case in asked}:
        asked += [case for case in cases("full") if case.id in given and not case.core]
    fitting = [case for case in asked if dtype in case.dtypes and layout.applies(case)]
    results = [as_expected(result_of(case, given.get(case.id), dtype, layout), reasons)
               for case in fitting]
    left_out = {"not for this dtype or layout": len(asked) - len(fitting)}
    findings, notes = diagnosed(results, dtype)
    return Report(results, findings, dtype, suite, files.SUITE,
                  document.get("implementation", ""), layout=str(layout), notes=notes,
                  left_out={why: n for why, n in left_out.items() if n})


def parametrize(*, suite="core", only=None):
    """A decorator: the test runs for every case, which comes as `case`, under the case's id."""
    import pytest
    asked = chosen(suite, only)
    return pytest.mark.parametrize("case", asked, ids=[case.id for case in asked])


def _findings(candidate, results, dtype, layout):
    """What explains the failures, and notes on what could not be looked into."""
    failed = [result for result in results if result.failed]
    if not failed:
        return [], ()
    findings, other = _other_layout(candidate, failed, dtype, layout)
    if findings:                                # what is wrong in its own layout, too
        results = _in_layout(candidate, results, dtype, other)
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


def _in_layout(candidate, results, dtype, layout):
    """The results again, those of spectral layers as answered in another layout."""
    spectral = [result.case for result in results
                if result.status != "xfail" and _has_eigenvalues(result.case)]
    others = [result for result in results if not _has_eigenvalues(result.case)]
    return others + answers_of(candidate, spectral, dtype, layout)


def _other_layout(candidate, failed, dtype, layout):
    """The finding that the candidate is right in another layout, and that layout; or [], None."""
    spectral = [result.case for result in failed if _one_spectral(result.case)]
    for name, other in {**LAYOUTS, "": Layout(phi="in,out")}.items() if spectral else ():
        fitting = [case for case in spectral if other.applies(case)] or [
            case for case in every_case()                       # core has few of a single set
            if _one_spectral(case) and other.applies(case)]
        again = answers_of(candidate, fitting[:TRIED], dtype, other) if other != layout else []
        if again and all(result.passed for result in again):
            sentence = (f"your conventions are those of layout {name or other}, not of {layout}: "
                        f"{len(spectral)} cases of one spectral layer fail, all {len(again)} that "
                        f"were tried with it pass. Use layout="
                        f"{repr(name) if name else f'oracle.{other}'}.")
            return [Finding(("phi", "lambda_in", "lambda_out"), sentence, ("layout",),
                            len(again))], other
    return [], None


def _has_eigenvalues(case):
    return case.layers and any("lambda" in name for name in case.inputs)


def _one_spectral(case):
    return case.kind == "vjp" and [
        layer["layer"] for layer in case.layers].count("spectral") == 1
