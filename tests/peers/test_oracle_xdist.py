"""The pytest plugin under pytest-xdist: what workers find is told by the process that asked."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

import npspectral
from npspectral import oracle
from npspectral.oracle.verdict.reference import reference

pytest.importorskip("xdist")

CANDIDATE = f"""
import sys
sys.path.append({str(Path(__file__).parent)!r})
from test_oracle_xdist import minus
"""
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(npspectral.__file__).parents[1]),
               "OPENBLAS_NUM_THREADS": "1"}


def minus(case):
    return {name: -array if name == "grad_lambda_out" else array
            for name, array in reference(case).items()}


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_cause_is_told_over_the_cases_of_all_workers(workers, tmp_path):
    (tmp_path / "mine.py").write_text(CANDIDATE)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "pytest_npspectral", "-n", workers,
         "-p", "no:cacheprovider", "-W", "error", "--pyargs", "npspectral.oracle.conformance",
         "--spectral-candidate", "mine:minus", "--spectral-only", "spectral/*"],
        cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
    told = done.stdout.split("= npspectral =")[1]
    assert done.returncode == 1 and "The minus of grad_lambda_out is lost" in told
    assert f"{oracle.check(minus, only='spectral/*').headline}   mine:minus" in told
