"""The words of a report: verdict, cause, evidence, worst number, rerun; and its Markdown."""
from collections import Counter

from ..suite.case import ROUNDOFF
from .results import FIRST, SAID, margins, short

CAUSES = 3                              # findings on the first screen
LISTED = 8                              # failing cases, and groups, named on the first screen


def text(report):
    """Verdict, cause, evidence, worst number, rerun; then cases, scores and the histogram."""
    lines = [f"{report.headline}   {report.implementation}   {report.dtype}, suite {report.suite} "
             f"{report.version}" + _unless_own(report), *_others(report)]
    if report.failures:
        lines += ["", *_causes(report), *_evidence(report), *_passes(report), *_worst(report),
                  *_rerun(report), "", *_cases(report)]
    lines += ["", *_scores(report)] if report.scores else []
    return "\n".join(lines) + "\n"


def _unless_own(report):
    return "" if report.layout == "npspectral" else f", layout {report.layout}"


def _others(report):
    """What did not count as pass or failure, never silently."""
    lines = []
    reasons = Counter(result.message for result in report.results if result.status == "skipped")
    for reason, n in reasons.items():
        lines.append(f"  skipped   {n} cases: {reason}")
    for status, said in (("xfail", "failed as listed in xfail"),
                         ("acceptable", "accepted at a kink, inside its bracket")):
        if report.counts[status]:
            lines.append(f"  {status:<10}{report.counts[status]} cases {said}")
    lines += [f"  left out  {n} cases {why}" for why, n in (report.left_out or {}).items()]
    return lines + [f"  note      {note}" for note in report.notes]


def _causes(report):
    """The findings on what failed by itself; those on what only follows are left to the JSON."""
    roots = {name for result in report.failures for name in map(short, result.roots)}
    findings = [finding for finding in report.findings
                if finding.mistakes or not finding.names or roots & set(map(short, finding.names))]
    findings = findings or list(report.findings)
    if findings:
        more = len(findings) - CAUSES
        return [f"  cause     {finding.sentence}" for finding in findings[:CAUSES]] + [
            f"            and {more} more findings"] * (more > 0)
    if not report.notes and any(result.status == "wrong" for result in report.failures):
        return ["  cause     no known mistake fits"]
    return []


def _expecting(report, name):
    return sum(any(short(own) == name for own in result.case.expect) for result in report.results
               if result.status != "skipped")


def groups(report):
    """What fails, in how many cases of how many, the most frequent first; cascades are folded."""
    wrong, followed, told, examples = Counter(), Counter(), Counter(), {}
    for result in report.failures:
        numbers = {short(name) for name in result.roots
                   if result.verdicts[name].status in ("wrong", "not-finite")}
        wrong.update(numbers)
        followed.update(numbers & set(FIRST) if len(result.wrong) > len(result.roots) else ())
        if result.status != "wrong" or not result.verdicts:
            told[_kind_of(result)] += 1
            examples.setdefault(_kind_of(result), result.message)
    found = []
    for name, n in wrong.items():
        also = f"; the gradients of {followed[name]} of them follow" * bool(followed[name])
        found.append(((name not in FIRST, -n),
                      f"{name} is wrong in {n} of {_expecting(report, name)} cases{also}"))
    for kind, n in told.items():
        example = examples[kind].removeprefix(kind + ": ")[:120]
        found.append(((True, -n), f"{kind} in {n} of {report.n_ran} cases: {example}"))
    return [line for _, line in sorted(found)]


def _kind_of(result):
    """What equal failures have in common, so that they are counted together."""
    if result.status != "error":
        return SAID[result.status]
    bad = {f"{short(name)} {verdict.status}" for name, verdict in result.verdicts.items()
           if verdict.status not in ("pass", "acceptable", "wrong")}
    return ", ".join(sorted(bad)) or result.message.split(":")[0]


def _evidence(report):
    found = groups(report)
    lines = [f"  {'fails' if not k else '':<10}{line}" for k, line in enumerate(found[:LISTED])]
    return lines + [f"            and {len(found) - LISTED} more kinds"] * (len(found) > LISTED)


def _passes(report):
    failing = {short(name) for result in report.results for name in result.wrong}
    right = [name for name in report.scores if name not in failing]
    return [f"  passes    {', '.join(right)}"] if right else []


def _example(report):
    """The smallest failing case with a wrong number, and the name of the first array to look at."""
    found = [(result, name) for result in report.failures for name in result.roots
             if result.verdicts[name].status in ("wrong", "not-finite")]
    if not found:
        return None
    often = Counter(short(name) for _, name in found)
    ranks = {name: (name not in FIRST, -n) for name, n in often.items()}
    return min(found, key=lambda pair: (ranks[short(pair[1])], _size(pair[0])))


def _size(result):
    return sum(expected.value.size for expected in result.case.expect.values())


def _worst(report):
    example = _example(report)
    if example is None:
        return []
    result, name = example
    expected, got = result.case.expect[name], result.got[name]
    units, index = margins(result, report.dtype, name), result.verdicts[name].index
    place = name + (f"[{', '.join(map(str, index))}]" if index else "")
    want, scale, mine = (float(array[index]) for array in (expected.value, expected.scale, got))
    rule = "this case is exact: the bits have to match" if _is_exact(report, result) else \
        f"allowed is u S = {ROUNDOFF[report.dtype][0] * scale:.3g}"
    return [f"  worst     {result.case.id}   {place}",
            f"            yours {mine:+.9g}   reference {want:+.9g}   error "
            f"{abs(mine - want):.3g} = {float(units[index]):.3g} x (u S), S = {scale:.3g}; {rule}"]


def _is_exact(report, result):
    return result.case.tier == "exact" and report.dtype in ("float64", "float32")


def _rerun(report):
    example = _example(report)
    case = (example[0] if example else min(report.failures, key=_size)).case
    options = f" --suite {report.suite}" * (not case.core)
    named = ":" in report.implementation and "<" not in report.implementation
    if not named or not report.layout.isidentifier():
        return [f"  rerun     oracle.check(candidate, dtype={report.dtype!r}, "
                f"suite={report.suite!r}, only={case.id!r})"]
    options += f" --layout {report.layout}" * (report.layout != "npspectral")
    return [f"  rerun     npspectral check {report.implementation} --dtype {report.dtype}{options} "
            f"--only '{case.id}'"]


def _cases(report):
    lines = []
    for result in report.failures[:LISTED]:
        lines.append(f"  {result.case.id:<44} {_what(result)}")
    more = len(report.failures) - LISTED
    return lines + [f"  ... and {more} more cases"] * (more > 0)


def _what(result):
    if result.message:
        return result.message[:100]
    folded = len(result.wrong) - len(result.roots)
    return ", ".join(result.roots) + f" (+ {folded} that follow)" * bool(folded)


def _scores(report):
    lines = ["  array               digits   largest error / (u S)"]
    lines += [f"  {name:<20}{own:6.1f}   {units:.3g}"
              for name, (own, units) in report.scores.items()]
    total = max(1, sum(report.histogram.values()))
    lines += ["", "  error / (u S)   numbers"]
    return lines + [f"  {label:<16}{n:7d}  {'#' * round(40 * n / total)}"
                    for label, n in report.histogram.items()]


def table(report):
    """Rows by family: cases, how many pass, fail, or were skipped, digits and largest error."""
    rows = ["| family | cases | pass | fail | known failures | skipped | digits | error / (u S) |",
            "|---|---|---|---|---|---|---|---|"]
    families: dict = {}
    for result in report.results:
        families.setdefault(result.case.id.split("/")[0], []).append(result)
    for family, results in families.items():
        own = type(report)(results, [], report.dtype)
        scores = list(own.scores.values())
        digits = f"{min(score for score, _ in scores):.1f}" if scores else ""
        units = f"{max(score for _, score in scores):.2g}" if scores else ""
        passed = sum(result.passed for result in results)
        rows.append(f"| {family} | {len(results)} | {passed} | {len(own.failures)} | "
                    f"{own.counts['xfail']} | {own.counts['skipped']} | {digits} | {units} |")
    return "\n".join(rows) + "\n"


def markdown(report):
    """Headline, table, causes and failing cases."""
    lines = [f"**{report.headline}** of the npspectral oracle {report.version}, "
             f"suite {report.suite}, {report.dtype}{_unless_own(report)} "
             f"({report.implementation})", "", report.table]
    lines += [f"- {line.strip()}" for line in _others(report)]
    if report.failures:
        lines += [f"- {line.strip()}" for line in _causes(report) + _evidence(report)]
        lines += ["", "| failing case | what |", "|---|---|"]
        lines += [f"| `{result.case.id}` | {_what(result).replace('|', '/')} |"
                  for result in report.failures]
    return "\n".join(lines) + "\n"
