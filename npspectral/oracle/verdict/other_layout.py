"""Whether a candidate that fails is right in another layout, and its answers there."""
from functools import cache

from ..suite.case import cases
from .layout import LAYOUTS, Layout
from .results import Finding
from .run import answers_of

TRIED = 20                              # failing cases, and passing ones, tried in another layout


@cache
def every_case():
    return cases("full")


def right_elsewhere(candidate, results, dtype, layout):
    """The finding that the candidate is right in another layout, and that layout; or [], None.

    There all that pass here have to pass, too.
    """
    spectral = [result.case for result in results if result.failed and _one_spectral(result.case)]
    right = [result.case for result in results if result.passed and _one_spectral(result.case)]
    for name, other in {**LAYOUTS, "": Layout(phi="in,out")}.items() if spectral else ():
        fitting = [case for case in spectral if other.applies(case)] or [
            case for case in every_case()                       # core has few of a single set
            if _one_spectral(case) and other.applies(case)]
        again = answers_of(candidate, fitting[:TRIED], dtype, other) if other != layout else []
        if again and all(result.passed for result in again) and not any(
                result.failed for result in answers_of(candidate, right[:TRIED], dtype, other)):
            sentence = (f"your conventions are those of layout {name or other}, not of {layout}: "
                        f"{len(spectral)} cases of one spectral layer fail, all {len(again)} that "
                        f"were tried with it pass. Use layout="
                        f"{repr(name) if name else f'oracle.{other}'}.")
            return [Finding(("phi", "lambda_in", "lambda_out"), sentence, ("layout",),
                            len(again))], other
    return [], None


def in_layout(candidate, results, dtype, layout):
    """The results again, those of spectral layers as answered in another layout."""
    spectral = [result.case for result in results
                if result.status != "xfail" and _has_eigenvalues(result.case)]
    others = [result for result in results if not _has_eigenvalues(result.case)]
    return others + answers_of(candidate, spectral, dtype, layout)


def _has_eigenvalues(case):
    return case.layers and any("lambda" in name for name in case.inputs)


def _one_spectral(case):
    return case.kind == "vjp" and [
        layer["layer"] for layer in case.layers].count("spectral") == 1
