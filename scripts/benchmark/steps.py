"""Rows of training steps: PyTorch, JAX and the matrix products alone beside npspectral.

One step is forward, loss, backward and Adam on one batch that stays the same. PyTorch runs eagerly,
with Adam as it comes and fused. JAX compiles the whole step, gives its buffers away and waits once
per block, its best case. All ratios are peer time / npspectral time, above 1 npspectral is faster;
step/products is our time / theirs. Before any timing all libraries make 5 steps from one start and
have to agree.
"""
import datetime
import platform
import re
import sys
import time

import numpy as np
from lab.versions import processor

from npspectral.progress import Line

from . import markdown, turns
from . import save as write
from .machine import import_costs, machine, versions
from .workers import BENCHMARKS, OURS, Case
from .workers.problems import TRAINED

TINY = [((20, 20, 2), 20), ((10, 30, 1), 32)]
LARGER = [((784, 200, 10), 32), ((784, 200, 10), 128), ((784, 200, 10), 512),
          ((784, 1000, 1000, 10), 32), ((784, 1000, 1000, 10), 128), ((784, 1000, 1000, 10), 512)]
CORETYPES = {"SkylakeX": "avx512f", "Haswell": "avx2"}     # and the flag in /proc/cpuinfo they need
PACKAGES = {"numpy": "numpy", "torch": "torch", "jax": "jax"}
CHECKED_STEPS, CHECK_RATE = 5, 1e-3
TIMED_RATE = 1e-6                           # training must not wander off to zeros and subnormals
LOSS_TOLERANCE = {"float64": 1e-12, "float32": 1e-4}
# float64: of the numbers. float32: of their movement, as a norm, because Adam turns the sign of a
# gradient that is nothing but rounding into a whole step.
PARAMETER_TOLERANCE = {"float64": 1e-12, "float32": 2e-2}


def cases(quick=False, dtypes=("float32",), threads=(1,), only=""):
    """The cells of the table, in order; those whose label `only` finds."""
    nets = TINY + (LARGER[1:2] if quick else LARGER)
    every = [Case("step", batch, widths, threads=count, trained=trained, dtype=dtype)
             for count in threads for dtype in dtypes for widths, batch in nets
             for trained in TRAINED
             if not (quick and (widths, batch) in LARGER and trained != "lambda_out")]
    return [case for case in every if re.search(only, case.label)]


def disagreement(ours, theirs, dtype):
    """What differs between two (losses, arrays by name) beyond rounding, as text; "" if nothing."""
    (losses, params), (their_losses, their_params) = ours, theirs
    gap, texts = np.abs(np.subtract(losses, their_losses)).max(), []
    if not gap <= LOSS_TOLERANCE[dtype] * np.abs(losses).max():
        texts.append(f"losses differ by {gap:.1e}")
    if params.keys() != their_params.keys():
        texts.append(f"{sorted(their_params)} were trained, not {sorted(params)}")
    for name in params.keys() & their_params.keys():
        a, b = params[name], their_params[name]
        if str(b.dtype) != dtype or a.shape != b.shape:
            texts.append(f"{name} is {b.dtype} {b.shape}")
        elif not (error := distance(a, b, dtype)) <= PARAMETER_TOLERANCE[dtype]:
            texts.append(f"{name} by {error:.1e}")
    return ", ".join(texts)


def distance(a, b, dtype):
    """Of float32 per movement: no entry moves more than steps * rate."""
    if dtype == "float64":
        return np.abs(a - b).max()
    return np.sqrt(np.mean((a - b) ** 2)) / (CHECKED_STEPS * CHECK_RATE)


def checked(workers, case):
    """Library -> what is wrong with its arithmetic, as text."""
    results = {library: worker.ask("check", CHECKED_STEPS, case, CHECK_RATE)
               for library, worker in workers.items() if not library.startswith("products")}
    return {library: text for library, result in results.items()
            if (text := disagreement(results[OURS], result, case.dtype))}


def run(every, libraries=BENCHMARKS["step"], rounds=turns.ROUNDS, imports=True):
    """Measure all cases; returns a dict of header, notes, cells and imports, plain data."""
    have = versions(sys.executable, PACKAGES)
    notes = missing(libraries, have)
    libraries = [library for library in libraries if library not in notes]
    cells, begin, line = [], time.monotonic(), Line()
    for threads in dict.fromkeys(case.threads for case in every):
        with turns.started(dict.fromkeys(libraries, sys.executable), threads) as workers:
            for case in [case for case in every if case.threads == threads]:
                left = (time.monotonic() - begin) / max(1, len(cells)) * (len(every) - len(cells))
                line.show(f"{len(cells) + 1}/{len(every)} {case.label}, "
                          f"{f'{left:.0f}' if cells else '?'} s left")
                wrong = checked(workers, case)
                for worker in workers.values():
                    worker.ask("build", case, TIMED_RATE)
                cells.append({"case": case, "wrong": wrong,
                              **turns.medians(*turns.take_turns(workers, rounds))})
    line.clear()
    return {"header": header(libraries, have), "notes": list(notes.values()),
            "libraries": libraries, "cells": cells,
            "imports": import_costs(list(dict.fromkeys(["numpy", OURS, *have]))) if imports else {}}


def package(library):
    """The one that has to be there."""
    return library.split()[0] if library.split()[0] in PACKAGES else "numpy"


def missing(libraries, have):
    """Library -> why it cannot run here, of those that cannot."""
    notes = {library: f"{library} is not installed and left out"
             for library in libraries if package(library) not in have}
    for library in libraries:
        flag = CORETYPES.get(library.partition("@")[2])
        if flag and flag not in processor()[1]:
            notes[library] = f"{library}: no {flag} in /proc/cpuinfo, left out"
    return notes


def header(libraries, have):
    """What the numbers depend on, a line each."""
    names = [f"{name} {have[name]}" for name in dict.fromkeys(map(package, libraries))]
    return [f"{datetime.datetime.now():%Y-%m-%d %H:%M}, Python {platform.python_version()}, "
            + ", ".join(names), *machine()]


def table(result):
    """The Markdown table of a result of `run`."""
    libraries = result["libraries"]
    groups = {ours: [peer for peer in libraries if peer == ours.replace(OURS, "products")
                     or "@" not in peer and peer not in (OURS, "products")]
              for ours in libraries if ours.startswith(OURS)}
    titles = ["net", "batch", "trained", "dtype", "threads"]
    for ours, peers in groups.items():
        kind = ours.removeprefix(OURS)
        titles += ["step" + kind, *["step/products" + kind if peer.startswith("products")
                                    else peer + kind for peer in peers]]
    lines = [*result["header"], *result["notes"],
             *markdown([*titles, "spread"], [row(cell, groups) for cell in result["cells"]])]
    if result["imports"]:
        lines += markdown(["import", "wall s", "peak MB"],
                          [[module, f"{wall:.3f}", f"{peak:.0f}"]
                           for module, (wall, peak) in result["imports"].items()])
    return "\n".join(lines) + "\n"


def row(cell, groups):
    """The fields of one line of the table; each group is a column of ours with its peers."""
    case, seconds = cell["case"], cell["seconds"]
    fields = [case.net, str(case.p), case.trained, case.dtype, str(case.threads)]
    for ours, peers in groups.items():
        fields.append(f"{seconds[ours] * 1e6:.0f} µs")
        for peer in peers:
            wrong = cell["wrong"].get(peer) or cell["wrong"].get(ours)
            ratio = seconds[peer] / seconds[ours]
            ratio = 1 / ratio if peer.startswith("products") else ratio
            fields.append(f"**DISAGREES**: {wrong}" if wrong else f"{ratio:.2f}")
    return [*fields, f"{cell['spread']:.0%}" + " !" * cell["disturbed"]]


def save(result, folder):
    """benchmark.md, and benchmark.npz: medians (cell, library), and every single block."""
    libraries, cells = result["libraries"], result["cells"]
    blocks = [(i, j, *block) for i, cell in enumerate(cells) for j, name in enumerate(libraries)
              for block in cell["samples"][name]]
    write(folder, "benchmark", table(result), header=result["header"], libraries=libraries,
          labels=[cell["case"].label for cell in cells],
          seconds=[[cell["seconds"][name] for name in libraries] for cell in cells],
          disagree=[[bool(cell["wrong"].get(name)) for name in libraries] for cell in cells],
          blocks=np.array(blocks, float).reshape(-1, 4))    # cell, library, seconds, load
