"""Correct answers computed differently: no case of the oracle may call one of them wrong.

A run is one case by one variant: dtypes, orders and widths of summation, fused operations, permuted
samples and units, two-sided evaluation, thread counts, and the kernels of BLAS and of PyTorch.
"""
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from oracle_torch import ByRule, TorchAnswers  # noqa: E402

from npspectral import oracle  # noqa: E402
from npspectral.oracle.mistakes.known import structure_of  # noqa: E402

DTYPES = ("float64", "float32", "bfloat16")
LAYERS = ("vjp", "network")


# How to add numbers up: each takes products' two factors (n, ...) and sums over the first axis.

def forwards(a, b):
    total = torch.zeros_like(a[0] * b[0])
    for left, right in zip(a, b):
        total = total + left * right
    return total


def backwards(a, b):
    return forwards(a.flip(0), b.flip(0))


def pairwise(a, b):
    terms = a * b
    while len(terms) > 1:
        half = len(terms) // 2
        terms = torch.cat([terms[:half] + terms[half:2 * half], terms[2 * half:]])
    return terms[0]


def fused(a, b):
    """Every product exact inside its addition, as by a fused multiply-add (two roundings saved)."""
    total = torch.zeros_like(a[0] * b[0])
    for left, right in zip(a.double(), b.double()):
        total = (total.double() + left * right).to(a.dtype)
    return total


def widened(a, b):
    """Accumulated in float64 and rounded once at the end."""
    return (a.double() * b.double()).sum(0).to(a.dtype)


SUMS = (forwards, backwards, pairwise, fused, widened)


def multiplied(a, b, way):
    if a.shape[1] == 0:
        return a @ b
    return way(a.T[:, :, None], b[:, None, :])


def product(a, b, way):
    """a (n, k) times b (k, m) by one way of summation, forwards and in the backward pass."""
    return ByRule.apply(lambda a, b: multiplied(a, b, way), lambda grad, a, b: (
        multiplied(grad, b.T, way), multiplied(a.T, grad, way)), a, b)


class Summed(TorchAnswers):
    """Every product and every sum over samples or units by one way of summation."""

    def __init__(self, dtype, way):
        super().__init__(dtype)
        self.way = way

    def affine(self, weight, own, x):
        y = product(x, weight.T, self.way)
        return y if own["bias"] is None else y + self.column(len(x), own["bias"][None, :])

    def weight(self, own):
        n_out, n_in = own["phi"].shape
        return self.realized(self.column(n_out, own["lambda_in"][None, :]),
                             self.column(n_in, own["lambda_out"][None, :]).T, own["phi"])

    def column(self, n, row):
        """A row repeated n times, whose gradient is a sum of n rows."""
        return product(torch.ones(n, 1, dtype=row.dtype), row, self.way)


class TwoSided(TorchAnswers):
    """y = (lambda_in * x) phi^T - lambda_out * (x phi^T): the weight is never formed."""

    def spectral(self, layer, own, x):
        y = (x * own["lambda_in"]) @ own["phi"].T - (x @ own["phi"].T) * own["lambda_out"]
        return y if own["bias"] is None else y + own["bias"]


class InTurn(TorchAnswers):
    """The factors of phi one after the other, Phi^-1 by substitution or by solving."""

    def factored(self, layer, own, x):
        y = (self.through(layer, own, x * own["lambda_in"])
             - self.through(layer, own, x) * own["lambda_out"])
        return y if own["bias"] is None else y + own["bias"]

    spectral_qr = spectral_full_qr = spectral_svd = factored
    nested = TorchAnswers.substituted
    recurrent = TorchAnswers.recurrent_by_solving
    complex_recurrent = TorchAnswers.complex_by_fourier_sum

    def through(self, layer, own, x):
        if layer["layer"] == "spectral_svd":
            return (x @ own["v"].T * own["s"]) @ own["u"].T
        lower = own["r"] if layer["layer"] == "spectral_full_qr" else self.lower(own)
        return (x @ own["q"]) @ lower.T


OF_INPUTS = ("x", "phi", "phi_1", "weight", "lambda_in", "lambda_in_1", "lambda_0", "q", "v")


def by_input(case):
    """Arrays with an axis of inputs of the first layer, and that axis: the last, but of q.

    None where places of an image or running statistics go with the inputs.
    """
    if case.layers[0]["layer"] in ("convolution", "batch_norm"):
        return {}
    several = any("/" in name for name in case.inputs)
    return {name: 0 if name.endswith("q") else -1 for name in case.inputs
            if name.rpartition("/")[2] in OF_INPUTS and (
                not several or name == "x" or name.startswith("0/"))}


class Permuted(TorchAnswers):
    """Samples and inputs of the first layer in another order, put back at the end."""

    def __call__(self, case):
        if case.kind not in LAYERS:
            return super().__call__(case)
        rng = np.random.default_rng(0)
        rows, columns = rng.permutation(len(case.x)), rng.permutation(case.x.shape[1])
        got = super().__call__(reordered(case, rows, columns))
        got["y"], got["grad_x"] = (got[name][np.argsort(rows)] for name in ("y", "grad_x"))
        for name, axis in by_input(case).items():
            if f"grad_{name}" in got:
                got[f"grad_{name}"] = got[f"grad_{name}"].index_select(
                    axis, torch.tensor(np.argsort(columns)))
        return got


def reordered(case, rows, columns):
    """A case with rows of x and grad_y, and columns of x and the first layer, in another order."""
    inputs = {**case.inputs, **{name: np.take(case.inputs[name], columns, axis)
                                for name, axis in by_input(case).items()}}
    inputs.update({name: inputs[name][rows] for name in ("x", "grad_y", "target")
                   if name in inputs})
    return SimpleNamespace(kind=case.kind, layers=case.layers, spec=case.spec, expect=case.expect,
                           trainable=case.trainable, inputs=inputs)


class Threads(TorchAnswers):
    """With another number of threads."""

    def __call__(self, case):
        before = torch.get_num_threads()
        torch.set_num_threads(2)
        try:
            return super().__call__(case)
        finally:
            torch.set_num_threads(before)


VARIANTS = {"as it is": TorchAnswers, "two threads": Threads, "permuted": Permuted,
            "two-sided": TwoSided, "in turn": InTurn,
            **{way.__name__: lambda dtype, way=way: Summed(dtype, way) for way in SUMS}}


def meant_for(variant, case):
    """Whether a variant computes anything in another way.

    Two-sided evaluation is left out where lambda_in and lambda_out nearly cancel (flag
    Cancellation): it subtracts after the sums what the definition subtracts before, and is no
    correct answer there.
    """
    if variant in ("as it is", "two threads"):
        return variant == "as it is" or case.core       # handing work to threads is what costs
    if structure_of(case) == "recurrent":
        return variant == "in turn"
    if "ThreeAxes" in case.flags:                           # the others are written for rows
        return variant == "two-sided"
    if variant == "two-sided":
        return case.kind in LAYERS and not {"Cancellation", "Kink"} & set(case.flags) and any(
            layer["layer"].startswith("spectral") for layer in case.layers)
    if variant == "in turn":
        return structure_of(case) in ("factored", "nested")
    return case.kind in LAYERS or (case.kind == "penalty" and variant != "permuted")


@cache
def measured(dtype, variant):
    """Number of runs, and the failed ones."""
    cases = [case for case in oracle.cases("full") if case.kind != "error"
             and meant_for(variant, case)]
    results = oracle.answers_of(VARIANTS[variant](dtype), cases, dtype)
    return len(results), [describe(result) for result in results if result.failed]


def describe(result):
    return f"{result.case.id}: {result.status} {result.message} " + ", ".join(
        f"{name} {verdict.status} {verdict.ratio:.3g}" for name, verdict in result.verdicts.items()
        if not verdict.ok)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_correct_answer_computed_differently_passes(dtype, variant):
    runs, failed = measured(dtype, variant)
    assert runs and not failed, "\n".join(failed)


def test_more_than_a_thousand_runs_were_made():
    assert sum(measured(dtype, variant)[0] for dtype in DTYPES for variant in VARIANTS) > 1000


# A process of its own takes other kernels; it prints the runs and the failures of its answers.
PROGRAM = """
import json
from npspectral import oracle
{make}
found = [result for dtype in ("float64", "float32") for result in oracle.answers_of(
    make(dtype), oracle.cases("full"), dtype)]
print(json.dumps([len(found), [result.case.id for result in found if result.failed]]))
"""
NUMPY = "from npspectral.oracle.verdict.reference import reference; make = lambda dtype: reference"
TORCH = "from oracle_torch import TorchAnswers as make"


def in_a_process(make, **environment):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(make=make)], text=True, capture_output=True,
        env={**os.environ, **environment,
             "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("make, setting, kernels, needed", [
    (NUMPY, "OPENBLAS_CORETYPE", "Haswell", ""), (NUMPY, "OPENBLAS_CORETYPE", "Prescott", ""),
    (NUMPY, "OPENBLAS_CORETYPE", "SkylakeX", "avx512f"),
    (TORCH, "ATEN_CPU_CAPABILITY", "default", ""), (TORCH, "ATEN_CPU_CAPABILITY", "avx2", "avx2")])
def test_answers_pass_with_the_kernels_of_another_processor(make, setting, kernels, needed):
    if not has(needed):
        pytest.skip(f"the processor has no {needed}")
    runs, failed = in_a_process(make, **{setting: kernels, "OPENBLAS_NUM_THREADS": "2"})
    assert runs > 500 and not failed, failed


def has(feature):
    """Whether the processor has it; where nothing tells, none but ""."""
    path = Path("/proc/cpuinfo")
    return feature in (path.read_text(encoding="ascii") if path.exists() else "")
