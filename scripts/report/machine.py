"""This machine: what is installed on it, and the oracle's verdict on npspectral as it runs here."""
import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lab.versions import versions

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
    rows, ok = [], True
    for dtype in DTYPES:
        begin = time.monotonic()
        try:
            report = check(reference, suite="full", dtype=dtype)
            worst = max(units for _, units in report.scores.values())
        except Exception as error:                      # damaged vectors: a finding, too
            rows.append([dtype, f"FAIL: {type(error).__name__}: {error}", "", "", ""])
            ok = False
            continue
        exact = [result for result in report.results if result.case.tier == "exact"]
        right = sum(result.passed for result in exact)
        rows.append([dtype, report.headline, f"{right} of {len(exact)}", f"{worst:.2g}",
                     f"{time.monotonic() - begin:.0f} s"])
        ok &= report.ok
    return Machine(facts(), rows, ok)


def facts():
    """Versions and hardware, name -> words."""
    return {**versions(), "BLAS": blas(), "system": platform.platform(),
            "processor": f"{processor()}, {os.cpu_count()} cores"}


def blas():
    """The library behind NumPy's matrix products, and its version."""
    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{found.get('name', 'unknown')} {found.get('version', '')}".strip()


def processor():
    """Its name where Linux tells it, else what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
