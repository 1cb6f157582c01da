"""Report: what a check found, as text whose first screen names the bug, as Markdown, as JSON."""
import json
import math
from collections import Counter
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

from .brief import first, first_failure, placed, rerun
from .compare import PASSED, rounding
from .results import FIRST, digits, margins, short

SAID = {"wrong": "does not raise", "mutated": "changes its input",
        "nondeterministic": "differs from run to run", "xpass": "passes though listed in xfail"}
CAUSES, LISTED = 3, 8                   # findings, and cases or groups, on the first screen


@dataclass(frozen=True)
class Report:
    """The results of a check: .ok, .failures, .raise_if_failed(), .table, .to_text() and so on."""

    results: list
    findings: list
    dtype: str = "float64"
    suite: str = "core"
    version: str = ""
    implementation: str = ""
    layout: str = "npspectral"
    left_out: dict | None = None
    notes: tuple = ()
    command: str = "check"      # what follows npspectral on its command line, if that is known
    forward_only: bool = False
    default_layout: str = "npspectral"      # where none is given: a candidate may bring its own

    @cached_property
    def counts(self):
        """Status -> number of cases."""
        return Counter(result.status for result in self.results)

    @property
    def failures(self):
        return [result for result in self.results if result.failed]

    @property
    def n_ran(self):
        return len(self.results) - self.counts["skipped"]

    @property
    def ok(self):
        """Whether nothing failed and something passed: no case run is a failure."""
        return not self.failures and any(result.passed for result in self.results)

    def raise_if_failed(self):
        """Raise AssertionError, a wrong number first, unless it is ok. Returns the report."""
        if not self.ok:
            raise AssertionError(f"{first_failure(self)}\n\n{self.to_text()}")
        return self

    def __repr__(self):
        return f"Report({self.headline}; {self.suite}, {self.dtype}, layout {self.layout})"

    @cached_property
    def scores(self):
        """Array name -> (digits at its worst, largest error in units of u S)."""
        scores: dict = {}
        for result in self.results:
            for name in result.got:
                if result.case.expect[name].value.size:
                    least, most = scores.get(short(name), (np.inf, 0.0))
                    units = float(margins(result, self.dtype, name).max())
                    scores[short(name)] = (min(least, digits(result, self.dtype, name)),
                                           max(most, units))
        return scores

    @cached_property
    def histogram(self):
        """How many numbers have which error in units of u S."""
        units = np.concatenate([np.zeros(0), *(margins(result, self.dtype, name).ravel()
                                               for result in self.results for name in result.got)])
        edges = {"0": (-1, 0), "to 1/8": (0, 1 / 8), "to 1/4": (1 / 8, 1 / 4),
                 "to 1/2": (1 / 4, 1 / 2), "to 1": (1 / 2, 1), "above 1": (1, np.inf)}
        return {label: int(((units > low) & (units <= high)).sum())
                for label, (low, high) in edges.items()}

    @property
    def headline(self):
        n, failed = self.n_ran, len(self.failures)
        if not n:
            return "FAIL  0 cases ran"
        if failed:
            return f"FAIL  {failed} of {n} cases fail"
        passed = sum(result.passed for result in self.results)
        return f"{'PASS' if passed else 'FAIL'}  {passed} of {n} cases pass"

    def to_text(self):
        """Verdict, cause, evidence, worst number, rerun; then cases, scores and the histogram."""
        lines = [f"{self.headline}   {self.implementation}   {self.dtype}, suite {self.suite} "
                 f"{self.version}{_conditions(self)}", *_others(self)]
        if self.failures:
            lines += ["", *_causes(self), *_evidence(self), *_passes(self), *_worst(self),
                      f"  rerun     {rerun(self)}", "", *_cases(self)]
        lines += ["", *_scores(self)] if self.scores else []
        return "\n".join(lines) + "\n"

    __str__ = to_text

    def to_markdown(self):
        """Headline, table, causes and failing cases, for a README or an issue."""
        lines = [f"**{self.headline}** of the npspectral oracle {self.version}, suite "
                 f"{self.suite}, {self.dtype}{_conditions(self)} ({self.implementation})", "",
                 self.table, *(f"- {line.strip()}" for line in _others(self))]
        if self.failures:
            lines += [f"- {line.strip()}" for line in _causes(self) + _evidence(self)]
            lines += ["", "| failing case | what |", "|---|---|"]
            lines += [f"| `{result.case.id}` | {_what(result).replace('|', '/')} |"
                      for result in self.failures]
        return "\n".join(lines) + "\n"

    def to_json(self):
        """Everything, as strict JSON: a number that is not finite is a string."""
        content = {
            "ok": self.ok, "implementation": self.implementation, "dtype": self.dtype,
            "suite": self.suite, "suite_version": self.version, "layout": self.layout,
            "forward_only": self.forward_only,
            "counts": self.counts, "left_out": self.left_out or {},
            "findings": [asdict(finding) for finding in self.findings], "notes": self.notes,
            "histogram": self.histogram,
            "scores": {name: {"digits": _strict(least), "largest_error": _strict(units)}
                       for name, (least, units) in self.scores.items()},
            "cases": [{"id": result.case.id, "status": result.status, "message": result.message,
                       "arrays": {name: _fields(verdict)
                                  for name, verdict in result.verdicts.items()}}
                      for result in self.results]}
        return json.dumps(content, indent=1, allow_nan=False)

    def to_badge(self):
        """What shields.io shows of the address of a JSON file: how many cases passed, of how many.

        Red if a case fails, yellow if known failures do, green if all pass that were not skipped.
        """
        passed, skipped = sum(result.passed for result in self.results), self.counts["skipped"]
        color = "red" if not self.ok else "brightgreen" if passed == self.n_ran else "yellow"
        return json.dumps({
            "schemaVersion": 1, "color": color,
            "message": f"{passed} of {self.n_ran}" + f", {skipped} skipped" * bool(skipped),
            "label": f"npspectral {self.version} {self.suite}, {self.dtype}"})

    @property
    def table(self):
        """Compliance by family as a Markdown table, to be pasted in a README."""
        rows = ["| family | cases | pass | fail | known failures | skipped | digits "
                "| error / (u S) |", "|---|---|---|---|---|---|---|---|"]
        families: dict = {}
        for result in self.results:
            families.setdefault(result.case.id.split("/")[0], []).append(result)
        for family, results in families.items():
            part = Report(results, [], self.dtype)
            least, most = zip(*part.scores.values()) if part.scores else ((), ())
            numbers = f"{min(least):.1f} | {max(most):.2g}" if part.scores else " | "
            rows.append(f"| {family} | {len(results)} | {sum(r.passed for r in results)} | "
                        f"{len(part.failures)} | {part.counts['xfail']} | "
                        f"{part.counts['skipped']} | {numbers} |")
        return "\n".join(rows) + "\n"


def _strict(number):
    return number if not isinstance(number, float) or math.isfinite(number) else str(number)


def _fields(verdict):
    return {key: _strict(entry) for key, entry in asdict(verdict).items() if key != "name"}


def _conditions(report):
    """The layout, unless it is npspectral's, and that no gradient was asked for."""
    layout = f", layout {report.layout}" * (report.layout != "npspectral")
    return layout + ", forward only: no gradient was asked for" * report.forward_only


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


def _groups(report):
    """What fails, in how many cases of how many, the most frequent first; cascades are folded."""
    wrong, followed, other, examples = Counter(), Counter(), Counter(), {}
    for result in report.failures:
        numbers = set(map(short, result.wrong_numbers))
        wrong.update(numbers)
        followed.update(numbers & set(FIRST) if len(result.wrong) > len(result.roots) else ())
        if result.status != "wrong" or not result.verdicts:
            other[_kind_of(result)] += 1
            examples.setdefault(_kind_of(result), result.message)
    expecting = Counter(name for result in report.results if result.status != "skipped"
                        for name in set(map(short, result.case.expect)))
    groups = []
    for name, n in wrong.items():
        also = f"; the gradients of {followed[name]} of them follow" * bool(followed[name])
        groups.append(((name not in FIRST, -n),
                       f"{name} is wrong in {n} of {expecting[name]} cases{also}"))
    for kind, n in other.items():
        example = examples[kind].removeprefix(kind + ": ")[:120]
        groups.append(((True, -n), f"{kind} in {n} of {report.n_ran} cases: {example}"))
    return [line for _, line in sorted(groups)]


def _kind_of(result):
    """What equal failures have in common, so that they are counted together."""
    if result.status != "error":
        return SAID[result.status]
    bad = {f"{short(name)} {verdict.status}" for name, verdict in result.verdicts.items()
           if verdict.status not in (*PASSED, "wrong")}
    return ", ".join(sorted(bad)) or result.message.split(":")[0]


def _evidence(report):
    groups = _groups(report)
    lines = [f"  {'fails' if not k else '':<10}{line}" for k, line in enumerate(groups[:LISTED])]
    return lines + [f"            and {len(groups) - LISTED} more kinds"] * (len(groups) > LISTED)


def _passes(report):
    failing = {short(name) for result in report.results for name in result.wrong}
    right = [name for name in report.scores if name not in failing]
    return [f"  passes    {', '.join(right)}"] if right else []


def _worst(report):
    result, name = first(report)
    if not name:
        return []
    expected, got = result.case.expect[name], result.got[name]
    units, index = margins(result, report.dtype, name), result.verdicts[name].index
    want, scale, mine = (float(array[index]) for array in (expected.value, expected.scale, got))
    rule = f"allowed is u S = {rounding(report.dtype, expected)[0] * scale:.3g}"
    if result.case.tier == "exact" and report.dtype in ("float64", "float32"):
        rule = "this case is exact: the bits have to match"
    return [f"  worst     {result.case.id}   {placed(name, index)}",
            f"            yours {mine:+.9g}   reference {want:+.9g}   error "
            f"{abs(mine - want):.3g} = {float(units[index]):.3g} x (u S), S = {scale:.3g}; {rule}"]


def _cases(report):
    lines = [f"  {result.case.id:<44} {_what(result)}" for result in report.failures[:LISTED]]
    more = len(report.failures) - LISTED
    return lines + [f"  ... and {more} more cases"] * (more > 0)


def _what(result):
    if result.message:
        return result.message[:100]
    folded = len(result.wrong) - len(result.roots)
    return ", ".join(result.roots) + f" (+ {folded} that follow)" * bool(folded)


def _scores(report):
    lines = ["  array               digits   largest error / (u S)"]
    lines += [f"  {name:<20}{least:6.1f}   {units:.3g}"
              for name, (least, units) in report.scores.items()]
    total = max(1, sum(report.histogram.values()))
    lines += ["", "  error / (u S)   numbers"]
    return lines + [f"  {label:<16}{n:7d}  {'#' * round(40 * n / total)}"
                    for label, n in report.histogram.items()]
