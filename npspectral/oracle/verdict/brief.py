"""A report in one line: the number to look at first, and how to run its case again."""
from collections import Counter

from .layout import LAYOUTS
from .results import FIRST, short


def first(report):
    """The failing case to look at first, a small one, and the name of its wrong array, or ""."""
    wrong = [(result, name) for result in report.failures for name in result.wrong_numbers]
    often = Counter(short(name) for _, name in wrong)
    return min(wrong, default=(min(report.failures, key=lambda result: result.size), ""),
               key=lambda pair: (short(pair[1]) not in FIRST, -often[short(pair[1])],
                                 pair[0].size))


def first_failure(report):
    """Array, index, got, want, allowed and case; or what else became of that case."""
    if not report.failures:
        return report.headline
    result, name = first(report)
    if not name:
        return f"{result.message or result.status}, in {result.case.id}"
    verdict, digits = result.verdicts[name], 17 if report.dtype == "float64" else 9
    got, want = (f"{number:.{digits}g}" for number in (verdict.got, verdict.want))
    return (f"{placed(name, verdict.index)}: got {got}, want {want}, "
            f"allowed {verdict.allowed:.3g}, in {result.case.id}")


def placed(name, index):
    return name + f"[{', '.join(map(str, index))}]" * bool(index)


def rerun(report):
    """A command, or else a line of Python, that judges the case to look at first alone."""
    case = first(report)[0].case
    suite = report.suite if case.core else "full"   # judge looks at answers beyond core, too
    verb, _, what = report.command.partition(" ")
    is_named, said = report.layout in LAYOUTS, report.layout != report.default_layout
    if not what or said and not is_named:
        given = {"check": f"candidate, dtype={report.dtype!r}", "judge": "answers"}[verb]
        layout = f", layout={repr(report.layout) if is_named else 'layout'}" * said
        forward = ", forward_only=True" * report.forward_only
        return f"oracle.{verb}({given}, suite={suite!r}{layout}, only={case.id!r}{forward})"
    options = f" --suite {suite}" * (not case.core)
    options += " --forward-only" * report.forward_only
    options += f" --layout {report.layout}" * said
    return f"npspectral {report.command}{options} --only '{case.id}'"
