"""Where wrong answers lie: in which cases alone, and in which rows and columns of an array."""
import numpy as np

from ..suite.arrays import input_of
from ..verdict.compare import rounding
from ..verdict.results import short
from .fit import astray

ALONE = {"Large": "Only large cases differ. ", "Strided": "Only where x is a strided view. ",
         "Broadcast": "Only where x is one sample with stride 0. ",
         "ThreeAxes": "Only where x has three axes. "}
FLAGS = {"Saturation": "inputs are large", "Precision": "numbers have all of their bits",
         "Cancellation": "lambda_in - lambda_out nearly cancels", "Weights": "samples have weights",
         "Kink": "a unit stands at a kink", "EmptyBatch": "the batch is empty",
         "Unread": "no kernel reads some of the image", "Constant": "a channel is constant",
         "Offset": "numbers are far from 0"}
MOST = 4                                # runs of indices that are listed
MANY = 3                                # times more cases fail than pass where a place is told


def alone(evidence):
    """What the cases that fail have in common and no other one has: their size, or x's form."""
    for flag, sentence in ALONE.items():
        if all(flag in result.case.flags for result in evidence.failing) and any(
                flag not in result.case.flags for result in evidence.passing):
            return sentence
    return ""


def only_where(evidence, kind):
    """What holds in all cases in which a class of arrays fails, and in few in which it passes."""
    failing, passing = [], []
    for result in evidence.failing + evidence.passing:
        wrong = {short(name) for name in astray(result)}
        if kind in wrong:
            failing.append(conditions(result.case))
        elif kind in map(short, result.got):
            passing.append(conditions(result.case))
    if len(failing) < 2 or len(passing) < 2 or alone(evidence):
        return ""
    shared = [words for words in failing[0] if all(words in other for other in failing)]
    passes = {words: sum(words in other for other in passing) for words in shared}
    n, fewest = len(failing), min(passes.values(), default=len(passing))
    if MANY * fewest > n or 2 * fewest > len(passing):
        return ""
    said = [words for words in shared if passes[words] == fewest]
    said = [words for words in said if words not in {f"{less} > 1" for less in said}]
    there = f": in {n} of {n + fewest} cases" if fewest else ", and everywhere"
    return f" Only where {' and '.join(said)}{there} there."


def conditions(case):
    """What can be said of a case: of its shapes, its layers and what they are told, its flags."""
    found = {words for flag, words in FLAGS.items() if flag in case.flags}
    found |= {f"{key} = {value}" for told in (*case.layers, *case.spec.values())
              for key, value in told.items()}
    if case.layers:
        biased = any("bias" in name for name in case.inputs)
        found.add(f"there is {'a' if biased else 'no'} bias")
    y = case.expect.get("y")
    if case.x is None or y is None:
        return sorted(found)
    batch, n_in, n_out = len(case.x), case.x.shape[-1], y.value.shape[-1]
    sizes = {"n_in = n_out": n_in == n_out, "n_in = n_out > 1": n_in == n_out > 1,
             "batch = n_out": batch == n_out, "batch = n_out > 1": batch == n_out > 1,
             "batch = n_in": batch == n_in, "batch = 1": batch == 1, "n_in = 1": n_in == 1,
             "n_out = 1": n_out == 1, "n_in > n_out": n_in > n_out, "n_in < n_out": n_in < n_out}
    return sorted(found | {words for words, holds in sizes.items() if holds})


def elsewhere(wrong, dtype):
    """Which rows or columns differ in the largest array."""
    largest = max(wrong, key=lambda array: array.got.size)
    expected, name = largest.expected, largest.case.id
    roundoff, eta = rounding(dtype, expected)
    differ = ~(np.abs(largest.got - expected.value) <= roundoff * expected.scale + eta)
    if differ.ndim == 0 or differ.all():
        return f"all of its numbers differ (as in {name})"
    of_samples = (input_of(largest.name) in ("x", "y") or largest.name in ("jvp", "grad_y")
                  or largest.name.startswith("per_sample_"))
    first = "samples" if of_samples or differ.ndim > 2 else "rows"
    return f"in {name} {places(differ, first)}"


def places(differ, first):
    """Which rows and columns hold the numbers that differ; first: what the rows are."""
    rows = differ.reshape(len(differ), -1).any(1)
    if differ.ndim == 1:
        return f"entries {runs(rows)} differ"
    if differ.ndim > 2:
        return f"{first} {runs(rows)} differ"
    return f"{first} {runs(rows)} differ, in columns {runs(differ.any(0))}"


def runs(chosen):
    """The indices of what is chosen: all of 9; 0-3, 7; 64 and up."""
    n = len(chosen)
    if chosen.all():
        return f"0-{n - 1} (all)" if n > 1 else "0 (all)"
    edges = np.flatnonzero(np.diff(chosen, prepend=False, append=False))
    told = [f"{a} and up" if b == n and b - a > 1 else f"{a}-{b - 1}" if b - a > 1 else f"{a}"
            for a, b in edges.reshape(-1, 2).tolist()]
    more = f", ... ({int(chosen.sum())} of {n})" if len(told) > MOST else ""
    return ", ".join(told[:MOST]) + more
