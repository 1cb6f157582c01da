"""What the pytest plugin does once a candidate is named; pytest_npspectral holds its options."""
import numpy as np
import pytest

from .. import __version__
from .candidates import Refused, load
from .suite import files
from .suite.case import cases
from .suite.digests import MANIFESTS
from .verdict.layout import layout_of
from .verdict.report import Report
from .verdict.run import answers_of
from .verdict.xfail import read_xfail


class Conformance:
    """Hooks of one session: the header, a test a case, what explains the failures."""

    def __init__(self, candidate, dtype, suite, layout, xfail):
        self.name, self.dtype, self.suite, self.results = candidate, dtype, suite, []
        try:
            self.candidate, self.layout = load(candidate), layout_of(layout)
            self.reasons = read_xfail(xfail)
            self.cases = [case for case in cases(suite)
                          if dtype in case.dtypes and self.layout.applies(case)]
        except (Refused, ValueError) as error:              # BadVectors is a ValueError
            raise pytest.UsageError(f"npspectral: {error}") from error
        if not self.cases:
            raise pytest.UsageError(f"npspectral: no case of suite {suite!r} is for {dtype} in "
                                    f"layout {self.layout}")

    def pytest_report_header(self):
        return (f"npspectral {__version__}: candidate {self.name}, {self.dtype}, {self.suite} "
                f"suite {files.SUITE}, sha256 {MANIFESTS[files.SUITE][:16]}, "
                f"layout {self.layout}, numpy {np.__version__}")

    def pytest_generate_tests(self, metafunc):
        if "spectral_case" in metafunc.fixturenames:
            metafunc.parametrize("spectral_case", [
                pytest.param(Run(self, case), id=case.id, marks=self._marks(case))
                for case in self.cases])

    def _marks(self, case):
        """Strict: an entry of the xfail file that passes is a failure."""
        if case.id not in self.reasons:
            return ()
        return (pytest.mark.xfail(strict=True, reason=self.reasons[case.id]),)

    def report(self, results, findings=(), notes=()):
        return Report(results, list(findings), self.dtype, self.suite, files.SUITE, self.name,
                      layout=str(self.layout), notes=notes)

    def pytest_terminal_summary(self, terminalreporter):
        """One sentence for each cause that explains the failures."""
        failed = [result for result in self.results
                  if result.failed and result.case.id not in self.reasons]
        if not failed:
            return
        terminalreporter.section("npspectral")
        from .checks import diagnosed
        findings, notes = diagnosed(self.results, self.dtype)
        terminalreporter.line(self.report(self.results, findings, notes).to_text())


class Run:
    """One case with the candidate that is to answer it."""

    def __init__(self, conformance, case):
        self.conformance, self.case = conformance, case

    def __repr__(self):
        return repr(self.case)

    def judge(self):
        """Pass, skip, or fail with what is wrong."""
        session = self.conformance
        result, = answers_of(session.candidate, [self.case], session.dtype, session.layout)
        session.results.append(result)
        if result.status == "skipped":
            pytest.skip(result.message)
        if not result.passed:
            pytest.fail(session.report([result]).to_text(), pytrace=False)
