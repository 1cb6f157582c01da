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
from npspectral.training import Adam, Step

rng = np.random.default_rng(0)
layer, x = nn.OneHidden(10, 1000), rng.standard_normal((500, 10))
params = layer.init(rng)
step = Step(layer, params, nn.mean_squared_error, Adam()) if {step} else None
for _ in range(3):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    step(x, x[:, :1]) if step else tangent_kernel(layer, params, x)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives memory back")
@pytest.mark.parametrize("step", [True, False], ids=["Step", "tangent_kernel"])
def test_a_third_run_meets_few_new_pages(step):
    """Its arrays of 500 x 1000 numbers are 977 pages each."""
    done = subprocess.run([sys.executable, "-c", FAULTS.format(step=step)], env=PACKAGE,
                          capture_output=True, text=True, check=True)
    assert int(done.stdout) < 500
