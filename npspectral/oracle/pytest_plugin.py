"""What the pytest plugin does once a candidate is named; pytest_npspectral holds its options."""
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from .. import __version__
from .candidates import Refused, load
from .suite import files
from .suite.case import cases, holds
from .suite.digests import MANIFESTS
from .verdict.brief import first_failure
from .verdict.layout import default_layout, layout_of
from .verdict.report import Report
from .verdict.run import answers_of
from .verdict.xfail import read_xfail


class Conformance:
    """Hooks of one session: the header, a test a case, what explains the failures."""

    def __init__(self, candidate, dtype, suite, layout, xfail, only):
        self.name, self.dtype, self.suite, self.results = candidate, dtype, suite, []
        try:
            self.candidate = load(candidate)
            self.layout = layout_of(layout, self.candidate)
            self.reasons = read_xfail(xfail)
            self.cases = {case.id: case for case in cases(suite, only)
                          if holds(case, dtype) and self.layout.applies(case)}
        except (Refused, ValueError) as error:              # BadVectors is a ValueError
            raise pytest.UsageError(f"npspectral: {error}") from error
        if not self.cases:
            raise pytest.UsageError(f"npspectral: no case of suite {suite!r} is for {dtype} in "
                                    f"layout {self.layout}")

    def pytest_report_header(self):
        return (f"npspectral {__version__}: candidate {self.name}, {self.dtype}, {self.suite} "
                f"suite {files.SUITE}, sha256 {MANIFESTS[files.SUITE][:16]}, "
                f"layout {self.layout}, numpy {np.__version__}")

    def pytest_pycollect_makemodule(self, module_path, parent):
        """Wherever it is installed, the module of the tests has one name, in JUnit files, too."""
        name = Path("npspectral", "oracle", "conformance.py")
        if module_path == Path(__file__).with_name(name.name):
            return pytest.Module.from_parent(parent, path=module_path, nodeid=name.as_posix())
        return None

    def pytest_generate_tests(self, metafunc):
        if "spectral_case" in metafunc.fixturenames:
            metafunc.parametrize("spectral_case", [
                pytest.param(Run(self, case), id=case.id, marks=self._marks(case))
                for case in self.cases.values()])

    def _marks(self, case):
        """Strict: an entry of the xfail file that passes is a failure."""
        if case.id not in self.reasons:
            return ()
        return (pytest.mark.xfail(strict=True, reason=self.reasons[case.id]),)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item, call):
        """Hand the result on as text, which comes through from a worker of pytest-xdist, too."""
        outcome = yield
        run = getattr(item, "funcargs", {}).get("spectral_case")
        if call.when == "call" and run is not None and run.result is not None:
            sent = pickle.dumps(replace(run.result, case=run.case.id))
            outcome.get_result().npspectral = sent.hex()

    def pytest_runtest_logreport(self, report):
        if hasattr(report, "npspectral"):
            result = pickle.loads(bytes.fromhex(report.npspectral))
            self.results.append(replace(result, case=self.cases[result.case]))

    def report(self, results, findings=(), notes=()):
        return Report(results, list(findings), self.dtype, self.suite, files.SUITE, self.name,
                      layout=str(self.layout), notes=notes,
                      default_layout=default_layout(self.candidate),
                      command=f"check {self.name} --dtype {self.dtype}")

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
        self.conformance, self.case, self.result = conformance, case, None

    def __repr__(self):
        return repr(self.case)

    def judge(self):
        """Pass, skip, or fail with what is wrong."""
        session = self.conformance
        self.result, = answers_of(session.candidate, [self.case], session.dtype, session.layout)
        if self.result.status == "skipped":
            pytest.skip(self.result.message)
        if not self.result.passed:
            report = session.report([self.result], notes=("causes are told at the end, once all "
                                                          "cases have run",))
            pytest.fail(f"{first_failure(report)}\n\n{report.to_text()}", pytrace=False)
