"""This machine: what is installed on it, and the oracle's verdict on npspectral as it runs here."""
import os
import platform
import time
from dataclasses import dataclass

from lab.versions import blas, processor, versions

from npspectral.oracle import check
from npspectral.oracle.verdict.reference import reference

DTYPES = ("float64", "float32")


@dataclass(frozen=True)
class Machine:
    """Facts by name; rows of the oracle's table, one a dtype; whether all of them pass."""

    facts: dict
    rows: list
    ok: bool

    @property
    def headline(self):
        if self.ok:
            return ("npspectral passes its oracle on this machine, the bits of the exact tier "
                    "included.")
        return "npspectral FAILS its oracle on this machine: distrust all that follows."


def judge_machine():
    """Run the full suite on npspectral itself in every dtype."""
    rows, ok = zip(*map(judged, DTYPES))
    facts = {**versions(), "BLAS": blas(), "system": platform.platform(),
             "processor": f"{processor()[0]}, {os.cpu_count()} cores"}
    return Machine(facts, list(rows), all(ok))


def judged(dtype):
    """The row of a dtype, and whether all of it passes."""
    begin = time.monotonic()
    try:
        report = check(reference, suite="full", dtype=dtype)
        worst = max(units for _, units in report.scores.values())
    except Exception as error:                          # damaged vectors: a finding, too
        return [dtype, f"FAIL: {type(error).__name__}: {error}", "", "", ""], False
    exact = [result.passed for result in report.results if result.case.tier == "exact"]
    return [dtype, report.headline, f"{sum(exact)} of {len(exact)}", f"{worst:.2g}",
            f"{time.monotonic() - begin:.0f} s"], report.ok
