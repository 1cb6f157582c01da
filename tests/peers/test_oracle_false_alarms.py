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

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from oracle_torch import TorchAnswers  # noqa: E402

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


class Product(torch.autograd.Function):
    """a (n, k) times b (k, m) by one way of summation, forwards and in the backward pass."""

    @staticmethod
    def forward(ctx, a, b, way):
        ctx.save_for_backward(a, b)
        ctx.way = way
        return multiplied(a, b, way)

    @staticmethod
    def backward(ctx, grad):
        a, b = ctx.saved_tensors
        return multiplied(grad, b.T, ctx.way), multiplied(a.T, grad, ctx.way), None


def multiplied(a, b, way):
    if a.shape[1] == 0:
        return a @ b
    return way(a.T[:, :, None], b[:, None, :])


class Summed(TorchAnswers):
    """Every product and every sum over samples or units by one way of summation."""

    def __init__(self, dtype, way):
        super().__init__(dtype)
        self.way = way

    def affine(self, weight, own, x):
        y = Product.apply(x, weight.T, self.way)
        return y if own["bias"] is None else y + self.column(len(x), own["bias"][None, :])

    def weight(self, own):
        n_out, n_in = own["phi"].shape
        inner = self.column(n_out, own["lambda_in"][None, :])
        outer = self.column(n_in, own["lambda_out"][None, :]).T
        return (inner - outer) * own["phi"]

    def column(self, n, row):
        """A row repeated n times, whose gradient is a sum of n rows."""
        return Product.apply(torch.ones(n, 1, dtype=row.dtype), row, self.way)


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

    def through(self, layer, own, x):
        if layer["layer"] == "spectral_svd":
            return (x @ own["v"].T * own["s"]) @ own["u"].T
        lower = own["r"] if layer["layer"] == "spectral_full_qr" else self.lower(own)
        return (x @ own["q"]) @ lower.T

    def nested(self, layer, own, x):
        depth = sum(name.startswith("phi_") for name in own)
        for k in range(1, depth + 1):
            part = self.transfer(layer, own, k)
            z = self.spectral(layer, part, x)
            if k == depth:
                return z
            h = getattr(self, layer["activation"])(layer, own, z)
            x = h - x @ part["phi"].T if layer["skip"] else h

    def recurrent(self, layer, own, x):
        phi, state = torch.cat([own["planted"], own["modes"]], 1), self.start(layer, own, x)
        for t in range(layer["steps"]):
            parts = torch.linalg.solve(phi, self.bent(layer, state).T).T
            state = (parts * self.spectrum(own)) @ phi.T
        return parts[:, :own["planted"].shape[1]]

    def complex_recurrent(self, layer, own, x):
        """The amplitudes as a Fourier sum of what items and f add to the linear motion."""
        inverse, k = self.inverse(own["phi"]), self.coupling(own)
        transfer = self.similarity(own["phi"], self.damped(own["theta"]), inverse)
        items = list(x.unflatten(1, (-1, len(inverse))).unbind(1))
        u, a, times = 0 * items[0], 0, [j * layer["spacing"] for j in range(len(items))]
        for t in range(times[-1] + layer["steps"]):
            h = u + items[times.index(t)] if t in times else u
            h = self.bent(layer, h) if self.acts(layer, times, t) else h
            a = a - self.turned_back(own, t, ((h - u) @ inverse.T).to(k.dtype) @ k.T)
            u = h @ transfer.T
        return self.read(layer, a)


# The axis that counts the inputs of the first layer, where it is not the last.
FIRST = {"q": 0}
OF_INPUTS = ("x", "phi", "phi_1", "weight", "lambda_in", "lambda_in_1", "lambda_0", "q", "v")


def by_input(case):
    """Names of the arrays with an axis of inputs, and that axis."""
    several = any("/" in name for name in case.inputs)
    return {name: FIRST.get(name.rpartition("/")[2], -1) for name in case.inputs
            if name.rpartition("/")[2] in OF_INPUTS and (
                not several or name == "x" or name.startswith("0/"))}


class Permuted(TorchAnswers):
    """Samples and inputs of the first layer in another order, put back at the end."""

    def __call__(self, case):
        if case.kind not in LAYERS:
            return super().__call__(case)
        rows, columns = orders(case)
        got = super().__call__(Reordered(case, rows, columns))
        got["y"], got["grad_x"] = put_back(got["y"], rows), put_back(got["grad_x"], rows)
        for name, axis in by_input(case).items():
            if f"grad_{name}" in got:
                got[f"grad_{name}"] = got[f"grad_{name}"].index_select(
                    axis, torch.tensor(np.argsort(columns)))
        return got


class Reordered:
    """A case with rows of x and grad_y, and columns of x and the first layer, in another order."""

    def __init__(self, case, rows, columns):
        self.kind, self.layers, self.spec = case.kind, case.layers, case.spec
        self.trainable, self.inputs = case.trainable, dict(case.inputs)
        for name, axis in by_input(case).items():
            self.inputs[name] = np.take(self.inputs[name], columns, axis)
        for name in ("x", "grad_y", "target"):
            if name in self.inputs:
                self.inputs[name] = self.inputs[name][rows]


def orders(case):
    rng = np.random.default_rng(0)
    return rng.permutation(len(case.x)), rng.permutation(case.x.shape[1])


def put_back(tensor, order):
    return tensor[np.argsort(order)]


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


@cache
def candidates_cases():
    return [case for case in oracle.cases("full") if case.kind != "error"]


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
    if variant == "two-sided":
        return case.kind in LAYERS and not {"Cancellation", "Kink"} & set(case.flags) and any(
            layer["layer"].startswith("spectral") for layer in case.layers)
    if variant == "in turn":
        return structure_of(case) in ("factored", "nested")
    return case.kind in LAYERS or (case.kind == "penalty" and variant != "permuted")


def kind_of(case, name):
    last = name.rpartition("/")[2]
    return f"{case.kind} {last if last.startswith('grad_') or '/' not in name else 'grad_' + last}"


@cache
def measured(dtype, variant):
    """Number of runs, the failed ones, and the largest |error| / (u S + eta) by kind of array."""
    cases = [case for case in candidates_cases() if meant_for(variant, case)]
    results = oracle.answers_of(VARIANTS[variant](dtype), cases, dtype)
    largest = {}
    for result in results:
        for name, verdict in result.verdicts.items():
            kind = kind_of(result.case, name)
            largest[kind] = max(largest.get(kind, 0), verdict.ratio)
    return len(results), [describe(result) for result in results if result.failed], largest


def describe(result):
    return f"{result.case.id}: {result.status} {result.message} " + ", ".join(
        f"{name} {verdict.status} {verdict.ratio:.3g}" for name, verdict in result.verdicts.items()
        if not verdict.ok)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_correct_answer_computed_differently_passes(dtype, variant):
    runs, failed, _ = measured(dtype, variant)
    assert runs and not failed, "\n".join(failed)


def test_more_than_a_thousand_runs_were_made():
    assert sum(measured(dtype, variant)[0] for dtype in DTYPES for variant in VARIANTS) > 1000


# A process of its own takes other kernels; it prints the runs and the failures of its answers.
PROGRAM = """
import json, sys
from npspectral import oracle
def numpy_answers(dtype):
    from npspectral.oracle.verdict.reference import reference
    return reference
def torch_answers(dtype):
    sys.path.insert(0, {here!r})
    from oracle_torch import TorchAnswers
    return TorchAnswers(dtype)
found = [result for dtype in ("float64", "float32") for result in oracle.answers_of(
    {make}(dtype), oracle.cases("full"), dtype)]
print(json.dumps([len(found), [result.case.id for result in found if result.failed]]))
"""


def in_a_process(make, **environment):
    here = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(here=str(here), make=make)], text=True,
        capture_output=True, env={**os.environ, **environment,
                                  "PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("core", ["Haswell", "SkylakeX", "Prescott"])
def test_numpy_passes_with_the_kernels_of_another_processor(core):
    if core == "SkylakeX" and not has("avx512f"):
        pytest.skip("the processor has no AVX-512")
    runs, failed = in_a_process("numpy_answers", OPENBLAS_CORETYPE=core, OPENBLAS_NUM_THREADS="2")
    assert runs > 500 and not failed, failed


@pytest.mark.parametrize("capability", ["default", "avx2"])
def test_torch_passes_with_the_kernels_of_another_processor(capability):
    if capability != "default" and not has(capability):
        pytest.skip(f"the processor has no {capability}")
    runs, failed = in_a_process("torch_answers", ATEN_CPU_CAPABILITY=capability)
    assert runs > 500 and not failed, failed


def has(feature):
    try:
        return feature in Path("/proc/cpuinfo").read_text(encoding="ascii")
    except OSError:
        return False
