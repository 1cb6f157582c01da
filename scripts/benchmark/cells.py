"""What is measured of each case, after all libraries had to do the same; how it is written.

Memory is what the first run needs beyond its inputs, its result and JAX's compiler included; time
is that of later runs. Before any timing the results have to agree.
"""
import re
from dataclasses import replace
from itertools import groupby

import numpy as np

from npspectral.progress import Line

from . import turns
from .machine import at_hand, header
from .workers import BENCHMARKS, CHECKED, OURS

COMPILED = ("jax", "JAX", "neural-tangents")    # in the first run; others have a small one before
CHECK_RATE = 1e-3                               # training is timed at a smaller one, see Case
JACOBIAN = 4e9                                  # bytes: the definition is left out beyond
# Relative to the largest entry. arccos leaves half of the digits of the infinite kernel near its
# diagonal, scikit-learn's randomized solver iterates a fixed number of times, 1e-3 is its tolerance
# of a margin, DADApy rounds to two places.
TOLERANCE = {"tangent kernel": 1e-12, "infinite width": 1e-7, "hinge flow step": 1e-12,
             "kernel PCA": 1e-8, "support vectors": 1e-4, "TwoNN": 2e-3, "recurrent step": 1e-11,
             "complex recurrent step": 1e-11, "convolution kernel": 1e-12}
LOSS_TOLERANCE = {"float64": 1e-12, "float32": 1e-4}
# Of trained parameters. float64: the largest difference. float32: the root mean square, as a share
# of steps * rate, which is as far as Adam moves a number. Where a gradient is nothing but rounding,
# its sign decides about a whole step; so the largest difference says nothing there.
TRAINED_TOLERANCE = {"float64": 1e-12, "float32": 2e-2 * CHECKED["step"] * CHECK_RATE}


def error(case, name, ours, theirs):
    """The error of an array, in units of what is allowed."""
    difference, largest = np.abs(ours - theirs), np.abs(ours).max()
    if name == "loss" or not case.trained:
        tolerance = LOSS_TOLERANCE[case.dtype] if case.trained else TOLERANCE[case.benchmark]
        return difference.max() / largest / tolerance
    far = difference.max() if case.dtype == "float64" else np.sqrt(np.mean(difference ** 2))
    return far / TRAINED_TOLERANCE[case.dtype]


def disagreements(case, arrays):
    """Library -> what differs from ours by more than it may, as text."""
    wrong = {}
    for library, theirs in arrays.items():
        texts = []
        for name in {**arrays[OURS], **theirs} if not library.startswith("products") else ():
            a, b = arrays[OURS].get(name), theirs.get(name)
            if a is None or b is None or (a.dtype, a.shape) != (b.dtype, b.shape):
                texts.append(f"{name} is {b if b is None else f'{b.dtype} {b.shape}'}")
            elif not (size := error(case, name, a, b)) <= 1:
                texts.append(f"{name} by {size:.2g} times what is allowed")
        if texts:
            wrong[library] = ", ".join(texts)
    return wrong


def measured(case, workers, rounds):
    """One cell: time, memory, and what is wrong with a result, all by library."""
    arrays, memory = {}, {}
    for name, worker in workers.items():
        if name.split()[0] not in COMPILED:
            worker.ask("once", case.small)
        arrays[name], memory[name] = worker.ask("once", replace(case, rate=CHECK_RATE))
        if case.trained:
            worker.ask("build", case)
    return {"case": case, "wrong": disagreements(case, arrays), "memory": memory,
            **turns.medians(*turns.take_turns(workers, rounds))}


def libraries(case):
    """Those that can do this case in a bearable time and memory."""
    size = 8 * case.p * case.widths[-1] if case.benchmark == "tangent kernel" else 0
    parameters = sum((n_in + 1) * n_out for n_in, n_out in case.pairs)
    large = parameters * size > JACOBIAN or case.name.startswith("inverted")    # asks for 140 GB
    return [name for name in BENCHMARKS[case.benchmark] if name != "JAX Jacobian" or not large]


def run(every, grown=None, rounds=turns.ROUNDS, peer_python=None, more=()):
    """Measure cases, and sweeps if given: a dict of header, notes, libraries, cells, growth.

    Training steps share the processes, all other cases have their own. more: libraries beside those
    of each case.
    """
    grown, cells, line = grown or {}, {}, Line()
    todo = {case: (*libraries(case), *more) for case in every}
    for case in (case for sweep in grown.values() for _, case in sweep):
        todo.setdefault(case, (OURS, "products", "neural-tangents"))
    pythons, versions, notes = at_hand(
        dict.fromkeys(name for names in todo.values() for name in names), peer_python)
    for _, group in groupby(todo, lambda case: case.threads if case.trained else case):
        first, *others = group
        here = {name: pythons[name] for name in todo[first] if name in pythons}
        with turns.started(here, first.threads) as workers:
            for case in (first, *others):
                line.show(f"{len(cells) + 1}/{len(todo)} {case.label}")
                cells[case] = measured(case, workers, rounds)
    line.clear()
    return {"header": header(versions), "notes": notes, "libraries": list(pythons),
            "cells": [cells[case] for case in every],
            "growth": {name: [(value, cells[case]) for value, case in sweep]
                       for name, sweep in grown.items()}}


def chosen(every, only):
    """Those cases whose label `only` finds."""
    return [case for case in every if re.search(only, case.label)]


def markdown(result, *tables):
    """What the numbers depend on, and tables of titles and rows in Markdown, if they have rows."""
    lines = [*result["header"], *result["notes"]]
    for titles, rows in tables:
        if rows:
            lines += ["", f"| {' | '.join(titles)} |", "|---" * len(titles) + "|",
                      *(f"| {' | '.join(fields)} |" for fields in rows)]
    return "\n".join(lines) + "\n"


def spread(cell, *libraries):
    """The largest of these libraries, and "!" if one had too few undisturbed blocks."""
    return (f"{max(cell['spread'][name] for name in libraries):.0%}"
            + " !" * any(cell["disturbed"][name] for name in libraries))


def save(result, text, folder, name):
    """NAME.md, and NAME.npz: a row for every case and library, and every single block."""
    cells = result["cells"] + [cell for sweep in result["growth"].values() for _, cell in sweep]
    rows = [(cell, library) for cell in cells for library in cell["seconds"]]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    np.savez(folder / f"{name}.npz", header=result["header"],
             labels=[cell["case"].label for cell, _ in rows], libraries=[name for _, name in rows],
             threads=[cell["case"].threads for cell, _ in rows],
             seconds=[cell["seconds"][name] for cell, name in rows],
             megabytes=[cell["memory"][name] for cell, name in rows],
             disagree=[name in cell["wrong"] for cell, name in rows],
             blocks=np.array([(k, *block) for k, (cell, name) in enumerate(rows)
                              for block in cell["samples"][name]]))       # row, seconds, load
