"""Figures: relevances, cores, test errors, transitions and paths; real data."""
from functools import partial

import numpy as np
from lab.style import (DENSE, OTHER, PUBLISHED, SPECTRAL, START, band, grid_of, log_ticks,
                       one_legend, panels_of)

from .claims import TITLES, core, parts_of, size_of, students

COLOR = {"spectral": SPECTRAL, "weight decay": DENSE}
THRESHOLD, LEAST = 0.05, 1e-5     # of the core; of errors that are drawn
MARK = {"color": PUBLISHED, "linewidth": 1.5, "linestyle": ":"}


def figures(result):
    taught, real = parts_of(result)
    drawn = {}
    if taught:
        part, arms = next(iter(taught.items()))
        drawn = {name: partial(draw, part=part, arms=arms) for name, draw in (
            ("relevance", draw_relevance), ("core", draw_core), ("error", draw_error),
            ("paths", draw_paths))}
        drawn["transition"] = partial(draw_transition, taught=taught)
    if len(taught) > 1:
        drawn["teachers"] = partial(draw_teachers, taught=taught)
    return drawn | ({"real": partial(draw_real, real=real)} if real else {})


def draw_relevance(figure, part, arms):
    """Three sizes: the smallest, the smallest of twice the teacher's size, the largest."""
    sizes = [h for h, _ in students(arms)]
    shown = sorted({sizes[0], next(h for h in sizes if h >= 2 * size_of(part)), sizes[-1]})
    column = panels_of(figure, len(shown), 6, 2.4, f"Relevance of a student's nodes, {part}",
                       columns=1, sharex=True, sharey=True)
    for axes, h in zip(column, shown):
        for kind, color in reversed(COLOR.items()):
            relevance = arms[f"{kind}, h = {h}"]["relevance"]
            share = relevance / relevance.max(1, keepdims=True)
            counts, edges = np.histogram(share, np.linspace(0, 1, 26))
            axes.stairs(counts / len(relevance), edges, color=color, label=kind, linewidth=2)
        axes.axvline(THRESHOLD, **MARK, label="core: R beyond this")
        axes.set(ylabel="nodes in a bin", title=f"h = {h}")
    axes.set_xlabel("R / max(R); mean over seeds")
    log_ticks(axes, y=[10 ** power for power in range(len(str(sizes[-1])))])
    axes.set(ylim=(0.15, 2 * sizes[-1]))


def draw_core(figure, part, arms):
    axes, = panels_of(figure, 1, 6.5, 4.8, columns=1)
    draw_cores(axes, arms)
    for kind, color in COLOR.items():
        for h, arrays in students(arms, f"{kind} settled"):
            axes.plot(h, np.median(core(arrays)), "s", color=color, markerfacecolor="none",
                      markersize=9, label=f"{kind}, settled" if h == least(arms, kind) else None)
    axes.axhline(size_of(part), **MARK, label="teacher's size")
    axes.set_title(f"Nodes in the core of a student, {part}")


def least(arms, kind):
    """The smallest h of settled students."""
    return students(arms, f"{kind} settled")[0][0]


def draw_cores(axes, arms):
    """Nodes in the core at the end of training, against the hidden nodes: median and range."""
    sizes = [h for h, _ in students(arms)]
    axes.plot(sizes, sizes, "--", color=START, label="all nodes")
    for kind, color in COLOR.items():
        cores = np.transpose([core(arrays) for _, arrays in students(arms, kind)])
        band(axes, sizes, cores, color, kind, "o-", np.median)
    axes.set(xlabel="student's hidden nodes h", ylabel="nodes in the core")
    log_ticks(axes, x=sizes, y=sorted({*sizes, 10, 20}))


def draw_error(figure, part, arms):
    axes, = panels_of(figure, 1, 6.5, 4.8, columns=1)
    for kind, color in COLOR.items():
        for ending, style in (("", "o-"), (" settled", "s--")):
            found = students(arms, kind + ending)
            if found:
                errors = np.transpose([left(arrays) for _, arrays in found])
                band(axes, [h for h, _ in found], errors, color, kind + ending.replace(" ", ", "),
                     style, np.median)
    for arm, color in (("eigenvalues alone", OTHER), ("as many weights", DENSE)):
        for h, arrays in students(arms, arm):
            axes.plot(h, np.median(left(arrays)), "D", color=color, markersize=8,
                      label=f"{arm}: {arrays['trained'][0]:.0f} trained")
    log_ticks(axes, x=[h for h, _ in students(arms)])
    axes.set(yscale="log", xlabel="student's hidden nodes h", title=f"Test error, {part}",
             ylabel="test MSE / variance of the target")
    one_legend(figure, "outside lower center", columns=2)


def left(arrays):
    """Test MSE over the variance of the target, for each seed."""
    return arrays["losses"][:, -1] / arrays["variance"]


def draw_transition(figure, taught):
    (part, arms), size = next(iter(taught.items())), size_of(next(iter(taught)))
    both = len(taught) > 1
    column = panels_of(figure, 1 + both, 6, 4.2, "Keeping the nodes of largest relevance:\n"
                       "the error sets in below the teacher's size", columns=1)
    draw_losses(column[0], arms, size)
    column[0].set(title=part, xlim=(0, 2 * size + 6))
    for name, others in taught.items() if both else ():
        draw_losses(column[1], others, size_of(name), " settled", size_of(name))
    if both:
        column[1].set(title="all teachers, settled students", xlim=(0, 2.3),
                      xlabel="nodes kept / h_T")
    for axes, mark in zip(column, (size, 1)):
        axes.axvline(mark, **MARK, label="teacher's size h_T")
    one_legend(figure, "outside lower center", columns=3)


def draw_losses(axes, arms, above=0, ending="", unit=1):
    """Delta_MSE over the variance, mean over seeds, of every h above a number of nodes."""
    for kind, color in COLOR.items() if not ending else [("spectral", SPECTRAL)]:
        for h, arrays in (shown := students(arms, kind + ending, above)):
            change = np.abs(arrays["losses"] - arrays["losses"][:, -1:])
            change = np.maximum((change / arrays["variance"][:, None]).mean(0), LEAST)
            axes.plot(arrays["counts"][0] / unit, change, "-", color=color, linewidth=1.2,
                      label=kind if unit == 1 and h == shown[0][0] else None)
            if kind == "weight decay" and above:
                at = 4 * above // 3
                axes.text(at, change[at - 1], f"h = {h}", color=color, fontsize=9, va="bottom")
    axes.set(yscale="log", xlabel="nodes kept", ylabel="$\\Delta$MSE / variance, $\\geq 10^{-5}$")


def draw_paths(figure, part, arms):
    axes, = panels_of(figure, 1, 6, 4.8, columns=1)
    for kind, color in reversed(COLOR.items()):
        h, arrays = [(h, arrays) for h, arrays in students(arms, kind) if "paths" in arrays][-1]
        axes.plot(arrays["teacher_paths"][0], arrays["paths"][0], ".", color=color,
                  label=f"{kind}, h = {h}", markersize=3)
    axes.axline((0, 0), slope=1, **MARK, label="equal")
    axes.set(xlabel="sorted products of weights, teacher", ylabel="the same, student",
             title=f"Paths through the {size_of(part)} nodes of largest R, one seed")


def draw_teachers(figure, taught):
    """Cores of the students of every teacher."""
    axes, = panels_of(figure, 1, 6, 4.8, columns=1)
    sizes = sorted(size_of(part) for part in taught)
    found = {size_of(part): students(arms, "spectral settled", size_of(part))
             for part, arms in taught.items()}
    shown = sorted({h for of_teacher in found.values() for h, _ in of_teacher})
    for at, (h, marker) in enumerate(zip(shown, "os^v")):
        have = [n for n in sizes if h in dict(found[n])]
        cores = np.transpose([core(dict(found[n])[h]) for n in have])
        middle = np.median(cores, 0)
        axes.errorbar(np.array(have) + 0.3 * at, middle,
                      (middle - cores.min(0), cores.max(0) - middle), fmt=marker, color=SPECTRAL,
                      capsize=3, label=f"spectral, settled, h = {h}",
                      markerfacecolor=SPECTRAL if marker == "o" else "none")
    axes.plot(sizes, sizes, **MARK, label="teacher's size")
    axes.set(xlabel="teacher's hidden nodes h_T", ylabel="nodes in the core: median, range",
             title="Cores of students of several teachers", xticks=sizes, yticks=sizes)


def draw_real(figure, real):
    grid = grid_of(figure, len(real), 2, 3.7, 3.3)
    for (left_one, right_one), (part, arms) in zip(grid, real.items()):
        draw_cores(left_one, arms)
        draw_losses(right_one, arms)
        left_one.set_title(TITLES.get(part, part))
        log_ticks(right_one, x=[1, 3, 10, 30, 100])
    one_legend(figure, "outside lower center", columns=3)
