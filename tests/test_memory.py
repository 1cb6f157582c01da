"""What says that it keeps freed memory does so: the system clears no page for a later run."""
import platform
import subprocess
import sys

import pytest
from damaged import PACKAGE

FAULTS = """
import resource
import numpy as np
from npspectral import nn
from npspectral.analysis.kernels import tangent_kernel
from npspectral.training import Adam, Step, gradient_flow

rng = np.random.default_rng(0)
layer, x = nn.OneHidden(10, 1000), rng.standard_normal((500, 10))
params, y = layer.init(rng), np.sign(x[:, :1])
work = {work}
for _ in range(3):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
WORKS = {"Step": "lambda step=Step(layer, params, nn.mean_squared_error, Adam()): step(x, y)",
         "gradient_flow": "lambda flow=gradient_flow(layer, params, x, y): next(flow)",
         "tangent_kernel": "lambda: tangent_kernel(layer, params, x)"}


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives memory back")
@pytest.mark.parametrize("work", WORKS)
def test_a_third_run_meets_few_new_pages(work):
    """Its arrays of 500 x 1000 numbers are 977 pages each."""
    done = subprocess.run([sys.executable, "-c", FAULTS.format(work=WORKS[work])], env=PACKAGE,
                          capture_output=True, text=True, check=True)
    assert int(done.stdout) < 500
