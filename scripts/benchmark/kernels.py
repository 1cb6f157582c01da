"""Rows of kernels and of what is made of them: the libraries of the field beside npspectral.

The tangent kernel of finite networks (neural-tangents in its structured mode with (in, out)
weights, its best case, and the Jacobian contraction by JAX), its limit of infinite width
(neural-tangents), a step of gradient flow on the full batch (PyTorch, JAX), kernel PCA and support
vectors (scikit-learn), the TwoNN dimension (scikit-dimension, DADApy), and the gradient of a
recurrent spectral network, real and complex (PyTorch). All in float64.

A line of the table is npspectral beside one peer; time and memory are peer / npspectral, above 1
npspectral needs less. For "products", the matrix products alone into arrays that exist already, it
is the other way round: our time over theirs. Memory is what the first run needs beyond its inputs,
its result and JAX's compiler included, in a process of its own; time is that of later runs. "goal"
is what `goals` aims at, "missed" stands where it is not reached. Before any timing the results have
to agree to TOLERANCE.
"""
import re
import sys
from dataclasses import replace

import numpy as np

from npspectral.progress import Line

from . import markdown, turns
from . import save as write
from .machine import versions
from .workers import BENCHMARKS, OURS, Case

# Libraries by the first word of their name, and where they are looked for. The second ones want
# older versions of the first, so they may have a Python of their own.
PACKAGES = {OURS: "numpy", "products": "numpy", "torch": "torch", "JAX": "jax",
            "scikit-learn": "scikit-learn"}
PEER_PACKAGES = {"neural-tangents": "neural-tangents", "scikit-dimension": "scikit-dimension",
                 "DADApy": "dadapy"}
COMPILED = ("JAX", "neural-tangents")       # in the first run; the others have a small one before
# Relative to the largest entry. arccos leaves half of the digits of the infinite kernel near its
# diagonal, scikit-learn's randomized solver iterates a fixed number of times, 1e-3 is its tolerance
# of a margin, DADApy rounds to two places.
TOLERANCE = {"tangent kernel": 1e-12, "infinite width": 1e-7, "hinge flow step": 1e-12,
             "kernel PCA": 1e-8, "support vectors": 1e-4, "TwoNN": 2e-3, "recurrent step": 1e-11,
             "complex recurrent step": 1e-11}
JACOBIAN = 4e9                              # bytes: the definition is left out beyond
DEEP = (784, 512, 512, 512)


def cases(quick=False, only="", threads=(1,)):
    """The cells of the table, in order; those whose label `only` finds."""
    shallow = [(1000, 500)] if quick else [(1000, 500), (1000, 2000), (10_000, 500), (10_000, 2000)]
    deep = [(1, 100), (10, 20)] if quick else [(1, 500), (1, 2000), (10, 20), (10, 200), (10, 500)]
    p, bounds, nets = (1000, (10,), 2) if quick else (2000, (1, 10, 100), 3)
    every = [
        *(Case("tangent kernel", p, (10, h, 1)) for h, p in shallow),
        *(Case("tangent kernel", p, (*DEEP, n_out)) for n_out, p in deep),
        *(Case("infinite width", p, (10,), depth) for depth in (3, 1)),
        Case("hinge flow step", 1000, (10, 1000, 1)),
        Case("kernel PCA", p),
        *(Case("support vectors", p, bound=bound) for p in sorted({1000, p}) for bound in bounds),
        *(Case("TwoNN", 5 * p, (n, 20)) for n in (3, 20)),
        *(Case("recurrent step", 100, widths, 5)
          for widths in ((64, 90, 10), (196, 256, 10), (784, 1024, 10))[:nets]),
        *(Case("complex recurrent step", 100, (nodes, 10), 5) for nodes in (64, 196, 784)[:nets])]
    return [replace(case, threads=count) for count in threads for case in every
            if re.search(only, case.label)]


def sweeps():
    """What grows -> (its values, their cells)."""
    def tangent(p, *widths):
        return Case("tangent kernel", p, widths)
    return {"samples p": [(p, tangent(p, 10, 1000, 1)) for p in (250, 500, 1000, 2000)],
            "width h": [(h, tangent(500, 10, h, 1)) for h in (1250, 2500, 5000, 10_000)],
            "layers": [(n + 1, tangent(500, 784, *[512] * n, 1)) for n in (2, 3, 5, 8)],
            "outputs": [(k, tangent(100, *DEEP, k)) for k in (1, 3, 10, 20)]}


def goals(case):
    """What is aimed at: peer -> least ratio of time, and of memory."""
    if case.benchmark == "tangent kernel" and case.one_hidden:
        return {"products": (1.5, None), "neural-tangents": (2.4, 1), "JAX Jacobian": (4, 1)}
    if case.benchmark == "tangent kernel":
        return {"neural-tangents": (1.8 if case.widths[-1] == 1 else 3, 3),
                "JAX Jacobian": (100, None)}
    if case.benchmark == "infinite width":
        return {"neural-tangents": (3, None)} if case.depth == 3 else {}
    if case.benchmark == "TwoNN":
        return dict.fromkeys(("scikit-dimension", "DADApy") * (case.widths[0] < 20), (1.7, None))
    return {"hinge flow step": {"torch": (2.2, None)},
            "kernel PCA": dict.fromkeys(BENCHMARKS["kernel PCA"], (1.5, None)),
            "support vectors": {"scikit-learn": (1 / 1.3, None)}}.get(case.benchmark, {})


def libraries(case):
    """Those that can do this case in a bearable time and memory."""
    size = 8 * case.p * case.widths[-1] if case.benchmark == "tangent kernel" else 0
    parameters = sum((n_in + 1) * n_out for n_in, n_out in case.pairs)
    return [name for name in BENCHMARKS[case.benchmark]
            if name != "JAX Jacobian" or parameters * size <= JACOBIAN]


def measured(case, names, pythons, rounds):
    """One cell: time, memory, and what is wrong with a result, all by library."""
    with turns.started({name: pythons[name.split()[0]] for name in names}, case.threads) as workers:
        once = {}
        for name, worker in workers.items():
            if name.split()[0] not in COMPILED:
                worker.ask("once", case.small)
            once[name] = worker.ask("once", case)
        timed = turns.medians(*turns.take_turns(workers, rounds))
    arrays = {name: result for name, (result, _) in once.items()}
    return {"case": case, "wrong": disagreements(arrays, case.benchmark),
            "memory": {name: megabytes for name, (_, megabytes) in once.items()}, **timed}


def disagreements(arrays, benchmark):
    """Library -> what differs from ours by more than TOLERANCE, as text."""
    wrong = {}
    for library, theirs in arrays.items():
        for name in arrays[OURS] if library != "products" else ():
            a, b = arrays[OURS][name], theirs.get(name)
            if b is None or a.shape != b.shape:
                wrong[library] = f"{name} is {None if b is None else b.shape}"
            elif not np.abs(a - b).max() <= TOLERANCE[benchmark] * np.abs(a).max():
                wrong[library] = f"{name} by {np.abs(a - b).max() / np.abs(a).max():.1e}"
    return wrong


def run(every, grown=None, rounds=turns.ROUNDS, peer_python=None):
    """Measure all cases, and sweeps if given; a dict of header, notes, cells and growth."""
    grown, cells, line = grown or {}, {}, Line()
    have = versions(sys.executable, PACKAGES)
    pythons = dict.fromkeys(have, sys.executable)
    if peer_python:
        peers = versions(peer_python, PEER_PACKAGES)
        have, pythons = have | peers, pythons | dict.fromkeys(peers, peer_python)
    todo = dict.fromkeys([*every, *(case for sweep in grown.values() for _, case in sweep)])
    for number, case in enumerate(todo, 1):
        line.show(f"{number}/{len(todo)} {case.label}")
        names = libraries(case) if case in every else (OURS, "products", "neural-tangents")
        present = [name for name in names if name.split()[0] in have]
        cells[case] = measured(case, present, pythons, rounds)
    line.clear()
    return {"header": [", ".join(f"{name} {version}" for name, version in have.items()
                                 if name not in (OURS, "products"))],
            "notes": [f"{name} is not installed and left out"
                      for name in PACKAGES | PEER_PACKAGES if name not in have],
            "cells": [cells[case] for case in every],
            "growth": {name: [(value, cells[case]) for value, case in sweep]
                       for name, sweep in grown.items()}}


def table(result):
    """The Markdown tables of a result of `run`."""
    lines = [*result["header"], *result["notes"],
             *markdown(["work", "threads", "npspectral", "MB", "beside", "time", "goal", "memory",
                        "goal", "spread"], [row for cell in result["cells"] for row in rows(cell)])]
    if result["growth"]:
        lines += markdown(["growth with", "from, to", "library", "seconds", "exponent", "MB",
                           "exponent"], [row for name, sweep in result["growth"].items()
                                         for row in growth_rows(name, sweep)])
    return "\n".join(lines) + "\n"


def rows(cell):
    """The fields of every line of a cell, one for each peer."""
    case, seconds, memory = cell["case"], cell["seconds"], cell["memory"]
    ours = [case.label, str(case.threads), f"{seconds[OURS] * 1e3:.1f} ms", f"{memory[OURS]:.0f}"]
    spread = f"{cell['spread']:.0%}" + " !" * cell["disturbed"]
    for peer in [peer for peer in seconds if peer != OURS] or [OURS]:
        time_goal, memory_goal = goals(case).get(peer, (None, None))
        time, space = seconds[peer] / seconds[OURS], memory[peer] / max(memory[OURS], 0.1)
        if peer in cell["wrong"]:
            fields = [f"**DISAGREES**: {cell['wrong'][peer]}", "", "", ""]
        elif peer == "products":
            fields = [f"{1 / time:.2f}", verdict(1 / time, time_goal, most=True), "", ""]
        else:
            fields = [f"{time:.2f}", verdict(time, time_goal),
                      f"{space:.2f}", verdict(space, memory_goal)]
        yield [*ours, peer, *fields, spread]


def verdict(ratio, goal, most=False):
    """The goal, and whether it was missed."""
    if goal is None:
        return ""
    return (f"{'<=' if most else '>='} {goal:.3g}"
            + " **missed**" * (ratio > goal if most else ratio < goal))


def growth_rows(name, sweep):
    """One line for each library of a sweep: first and last value, exponents by least squares."""
    values = [value for value, _ in sweep]
    for library in sweep[0][1]["seconds"]:
        fields = [name, ", ".join(str(value) for value in values), library]
        for kind, form in (("seconds", "{:.3g}"), ("memory", "{:.0f}")):
            numbers = np.array([cell[kind][library] for _, cell in sweep])
            exponent = np.polyfit(np.log(values), np.log(np.maximum(numbers, 1e-9)), 1)[0]
            fields += [", ".join(form.format(number) for number in numbers), f"{exponent:.2f}"]
        yield fields


def save(result, folder):
    """benchmark_kernels.md, and benchmark_kernels.npz: a row for every case and library."""
    cells = result["cells"] + [cell for sweep in result["growth"].values() for _, cell in sweep]
    flat = [(cell["case"].label, name, seconds, cell["memory"][name], name in cell["wrong"])
            for cell in cells for name, seconds in cell["seconds"].items()]
    columns = zip(("labels", "libraries", "seconds", "megabytes", "disagree"), zip(*flat))
    write(folder, "benchmark_kernels", table(result), header=result["header"],
          **{title: list(column) for title, column in columns})
