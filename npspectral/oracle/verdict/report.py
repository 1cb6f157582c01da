"""Report: what a check found, as text whose first screen names the bug, as Markdown, as JSON."""
import json
import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from . import text_report
from .results import NOT_RUN, digits, margins, short


@dataclass(frozen=True)
class LayoutFinding:
    """A finding: the candidate is right, in another layout than the one it was asked in."""

    names: tuple
    sentence: str
    mistakes: tuple
    n_cases: int

    @classmethod
    def of(cls, name, layout, n_cases, n_failed):
        how = repr(name) if isinstance(name, str) else f"oracle.{name}"
        return cls(("phi", "lambda_in", "lambda_out"),
                   f"your conventions are those of layout {name}, not of {layout}: {n_failed} "
                   f"cases of one spectral layer fail, all {n_cases} that were tried with it pass. "
                   f"Use layout={how}.",
                   ("layout",), n_cases)


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

    @cached_property
    def counts(self):
        """Status -> number of cases."""
        return Counter(result.status for result in self.results)

    @property
    def failures(self):
        return [result for result in self.results if result.failed]

    @property
    def n_ran(self):
        return sum(result.status not in NOT_RUN for result in self.results)

    @property
    def ok(self):
        """Whether nothing failed and something passed: no case run is a failure."""
        return not self.failures and any(result.passed for result in self.results)

    def raise_if_failed(self):
        """Raise AssertionError, with the report as text, unless it is ok. Returns the report."""
        if not self.ok:
            raise AssertionError("\n" + self.to_text())
        return self

    def __str__(self):
        return self.to_text()

    def __repr__(self):
        return f"Report({self.headline}; {self.suite}, {self.dtype}, layout {self.layout})"

    @cached_property
    def scores(self):
        """Array name -> (digits at its worst, largest error in units of u S)."""
        found: dict = {}
        for result in self.results:
            for name in result.got:
                if not result.case.expect[name].value.size:
                    continue
                units = float(margins(result, self.dtype, name).max())
                own = digits(result, self.dtype, name)
                before = found.get(short(name), (np.inf, 0.0))
                found[short(name)] = min(before[0], own), max(before[1], units)
        return found

    @cached_property
    def histogram(self):
        """How many numbers have which error in units of u S."""
        every = [margins(result, self.dtype, name).ravel() for result in self.results
                 for name in result.got]
        units = np.concatenate(every) if every else np.zeros(0)
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
        """The report for a terminal."""
        return text_report.text(self)

    @property
    def table(self):
        """Compliance by family as a Markdown table, to be pasted in a README."""
        return text_report.table(self)

    def to_markdown(self):
        """The report for a README or an issue."""
        return text_report.markdown(self)

    def to_json(self):
        """Everything, as strict JSON: a number that is not finite is a string."""
        content = {
            "ok": self.ok, "implementation": self.implementation, "dtype": self.dtype,
            "suite": self.suite, "suite_version": self.version, "layout": self.layout,
            "counts": dict(self.counts), "left_out": dict(self.left_out or {}),
            "findings": [{"names": list(finding.names), "sentence": finding.sentence,
                          "mistakes": [str(mistake) for mistake in finding.mistakes],
                          "n_cases": finding.n_cases} for finding in self.findings],
            "notes": list(self.notes), "histogram": self.histogram,
            "scores": {name: {"digits": _strict(own), "largest_error": _strict(units)}
                       for name, (own, units) in self.scores.items()},
            "cases": [self._case(result) for result in self.results]}
        return json.dumps(content, indent=1, allow_nan=False)

    def _case(self, result):
        return {"id": result.case.id, "status": result.status, "message": result.message,
                "arrays": {name: {"status": verdict.status, "detail": verdict.detail,
                                  "index": list(verdict.index), "got": _strict(verdict.got),
                                  "want": _strict(verdict.want),
                                  "allowed": _strict(verdict.allowed),
                                  "ratio": _strict(verdict.ratio)}
                           for name, verdict in result.verdicts.items()}}


def _strict(number):
    number = float(number)
    return number if math.isfinite(number) else str(number)
