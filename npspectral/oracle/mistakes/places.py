"""Where wrong answers lie: in which cases alone, and in which rows and columns of an array."""
import numpy as np

ALONE = {"Large": "Only large cases differ. ", "Strided": "Only where x is a strided view. ",
         "Broadcast": "Only where x is one sample with stride 0. ",
         "ThreeAxes": "Only where x has three axes. "}
MOST = 4                                # runs of indices that are listed


def alone(evidence):
    """What the cases that fail have in common and no other one has: their size, or x's form."""
    for flag, sentence in ALONE.items():
        if all(flag in result.case.flags for result in evidence.failing) and any(
                flag not in result.case.flags for result in evidence.passing):
            return sentence
    return ""


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
