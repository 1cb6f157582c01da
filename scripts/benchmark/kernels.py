"""Rows of kernels and of what is made of them: the libraries of the field beside npspectral.

The tangent kernel of finite networks, convolutional ones too, and its limit of infinite width, a
step of gradient flow on the full batch, kernel PCA, support vectors, the TwoNN dimension, and the
gradient of a recurrent spectral network, real and complex. All in float64, in processes of their
own. Networks of three widths are one hidden layer of ReLUs, longer ones dense layers. TwoNN is of
points on a curved surface, or of a cloud that fills its space.

A line of the table is npspectral beside one peer; time and memory are peer / npspectral, above 1
npspectral needs less. For "products", the matrix products alone into arrays that exist already, it
is the other way round: our time over theirs. "goal" is what is aimed at, "missed" stands where it
is not reached.
"""
import re
from dataclasses import replace

import numpy as np

from .cells import markdown, spread
from .workers import OURS, SOLVERS, Case

TITLE = "Kernels, and what is made of them"
DEEP = (784, 512, 512, 512)
# What is aimed at, the first that finds a label: peer -> least ratio of time, and of memory.
GOALS = {
    r"tangent kernel \d+-\d+-\d+ ": {"products": (1.5, None), "neural-tangents": (2.4, 1),
                                     "JAX Jacobian": (4, 1)},
    r"tangent kernel .*-1 p": {"neural-tangents": (2, 3), "JAX Jacobian": (100, None)},
    r"convolution kernel": {"torch Jacobian": (1, None), "torch patches": (1, None)},
    r"tangent kernel": {"neural-tangents": (3, 3), "JAX Jacobian": (100, None)},
    r"infinite width depth 3": {"neural-tangents": (3, None)},
    r"hinge flow step": {"torch": (2.2, None)},
    r"kernel PCA": dict.fromkeys(SOLVERS, (1.5, None)),
    r"support vectors C=10 ": {"scikit-learn 1e-10": (0.85, None)},
    r"TwoNN surface": dict.fromkeys(("scikit-dimension", "DADApy"), (1.7, None))}


def cases(quick=False, threads=(1,)):
    """The cells of the table, in order."""
    shallow = [(1000, 500)] if quick else [(1000, 500), (1000, 2000), (10_000, 500), (10_000, 2000)]
    deep = [(1, 100), (10, 20)] if quick else [(1, 500), (1, 2000), (10, 20), (10, 200), (10, 500)]
    p, bounds, nets = (1000, (10,), 2) if quick else (2000, (1, 10, 100), 3)
    images = [("strided 8", 100)] if quick else [("strided 8", 500), ("strided 50", 200),
                                                 ("inverted 10", 200)]
    every = [
        *(Case("tangent kernel", p, (10, h, 1)) for h, p in shallow),
        *(Case("tangent kernel", p, (*DEEP, n_out)) for n_out, p in deep),
        *(Case("convolution kernel", n, name=name) for name, n in images),
        *(Case("infinite width", p, (10,), depth) for depth in (3, 1)),
        Case("hinge flow step", 1000, (10, 1000, 1)),
        Case("kernel PCA", p),
        *(Case("support vectors", p, bound=bound) for p in sorted({1000, p}) for bound in bounds),
        *(Case("TwoNN", 5 * p, (n, 20)) for n in (3, 20)),
        *(Case("recurrent step", 100, widths, 5)
          for widths in ((64, 90, 10), (196, 256, 10), (784, 1024, 10))[:nets]),
        *(Case("complex recurrent step", 100, (nodes, 10), 5) for nodes in (64, 196, 784)[:nets])]
    return [replace(case, threads=count) for count in threads for case in every]


def sweeps():
    """What grows -> (its values, their cells)."""
    def tangent(p, *widths):
        return Case("tangent kernel", p, widths)
    return {"samples p": [(p, tangent(p, 10, 1000, 1)) for p in (250, 500, 1000, 2000)],
            "width h": [(h, tangent(500, 10, h, 1)) for h in (1250, 2500, 5000, 10_000)],
            "layers": [(n + 1, tangent(500, 784, *[512] * n, 1)) for n in (2, 3, 5, 8)],
            "outputs": [(k, tangent(100, *DEEP, k)) for k in (1, 3, 10, 20)]}


def table(result):
    """The Markdown tables of a result of `cells.run`."""
    titles = ("work", "threads", "npspectral", "MB", "beside", "time", "goal", "memory", "goal",
              "spread")
    growth = "growth with", "from, to", "library", "seconds", "exponent", "MB", "exponent"
    return markdown(result, (titles, [row for cell in result["cells"] for row in rows(cell)]),
                    (growth, [row for name, sweep in result["growth"].items()
                              for row in growth_rows(name, sweep)]))


def rows(cell):
    """The fields of every line of a cell, one for each peer."""
    case, seconds, memory = cell["case"], cell["seconds"], cell["memory"]
    ours = [case.label, str(case.threads), f"{seconds[OURS] * 1e3:.1f} ms", f"{memory[OURS]:.0f}"]
    goals = next((goals for label, goals in GOALS.items() if re.match(label, case.label)), {})
    for peer in [peer for peer in seconds if peer != OURS] or [OURS]:
        time_goal, memory_goal = goals.get(peer, (None, None))
        time, space = seconds[peer] / seconds[OURS], memory[peer] / max(memory[OURS], 0.1)
        if peer in cell["wrong"]:
            fields = [f"**DISAGREES**: {cell['wrong'][peer]}", "", "", ""]
        elif peer == "products":
            fields = [f"{1 / time:.2f}", verdict(1 / time, time_goal, most=True), "", ""]
        else:
            fields = [f"{time:.2f}", verdict(time, time_goal),
                      f"{space:.2f}", verdict(space, memory_goal)]
        yield [*ours, peer, *fields, spread(cell, OURS, peer)]


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
        disturbed = any(cell["disturbed"][library] for _, cell in sweep)
        fields = [name, ", ".join(map(str, values)), library + " !" * disturbed]
        for kind, form in (("seconds", "{:.3g}"), ("memory", "{:.0f}")):
            numbers = np.array([cell[kind][library] for _, cell in sweep])
            exponent = np.polyfit(np.log(values), np.log(np.maximum(numbers, 1e-9)), 1)[0]
            fields += [", ".join(form.format(number) for number in numbers), f"{exponent:.2f}"]
        yield fields
