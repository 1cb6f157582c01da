"""Figures: modes that oscillate, accuracies, what two items leave."""
from functools import partial

import numpy as np
from lab.style import BLUE, GRAY, GREEN, ORANGE, PINK, mean_and_range

from .claims import by_data
from .sequences import ASIDE, CLOUD_GAP

EARLY = 45                          # steps of the left panel
PANELS = (1, 4, 6)                  # modes whose phases are drawn
LOOK = {"oscillating": (BLUE, "o-", "oscillating target"),
        "free": (PINK, "x-", "the same, eigenvalues trained"),
        "score": (GREEN, "s-", "softmax on Re a"), "linear": (ORANGE, "^--", "linear classifier")}


def figures(result):
    sets = by_data(result)
    last = sets[list(sets)[-1]]                                         # MNIST, where it is at hand
    return {"classes": partial(draw_classes, sets=sets),
            "oscillation": partial(draw_oscillation, parts=last),
            "order": partial(draw_order, sets=sets),
            "pattern": partial(draw_pattern, pairs=last["oscillating, pairs"],
                               omega=last["oscillating"]["omega"][0])}


def draw_classes(plt, sets):
    figure, row = plt.subplots(1, len(sets), figsize=(6 * len(sets), 4.6), squeeze=False)
    for axes, (name, parts) in zip(row[0], sets.items()):
        for arm, (color, line, label) in LOOK.items():
            curves = parts[arm]["accuracy"]
            mean_and_range(axes, np.arange(1, curves.shape[1] + 1), curves, line, color, label,
                           0.2, markersize=4)
        axes.set(title=f"{name}: mean and range over {len(curves)} seeds", xlabel="epoch",
                 ylabel="test accuracy", ylim=(0.85, 1))
    row[0, 0].legend(loc="lower right")
    return figure


def draw_oscillation(plt, parts):
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(17, 4.8))
    states, memory, omega = parts["states"], parts["memory"], parts["oscillating"]["omega"][0]
    label, times, end = int(states["label"]), np.arange(EARLY + 1), memory["end"][0]
    steps = np.arange(1, len(states["u"]))
    middle.loglog(steps, states["u"][1:], color=ORANGE, label="largest |u|: nodes")
    for k, m in enumerate(states["m"].T):
        style = dict(color=BLUE, linewidth=2) if k == label else dict(color=GRAY, linewidth=0.7)
        left.plot(times, m[:EARLY + 1].real, **style, label=f"Re m, class {k}" if k == label else
                  "the others" if k == 0 else None)
        middle.loglog(steps, np.abs(m[1:]), **style, label="|m|: its class" if k == label else None)
    left.plot(times, np.cos(omega[label] * times), "o", color=ORANGE, markersize=4,
              fillstyle="none", label="target cos($\\omega$ t)")
    left.set(xlabel="step t", ylabel="memory modes, real part", ylim=(-1.7, 2.4),
             title="One test image writes, then oscillates")
    left.legend(loc="upper right", fontsize=9, ncols=2)
    middle.axvline(end, color="k", linestyle=":", label=f"nodes gone, t = {end}")
    middle.set(xlabel="step t", ylabel="modulus", ylim=(1e-20, 1e2),
               title=f"|m| changes by {memory['drift'][0]:.0e} in the next 1,000 steps")
    middle.legend(fontsize=9, loc="lower left")
    draw_read_out(right, memory["in_time"], parts)
    return figure


def draw_read_out(axes, shares, parts):
    """Accuracy by the time at which m is turned back and read, beside that of a and linear."""
    axes.plot(np.arange(shares.shape[1]), shares.T, color=BLUE, linewidth=1)
    for arm, color, line, label in (("oscillating", BLUE, ":", "read from a, all test images"),
                                    ("linear", ORANGE, "--", "linear classifier")):
        axes.axhline(parts[arm]["accuracy"][:, -1].mean(), color=color, linestyle=line, label=label)
    axes.set(xlabel="step t at which m(t) exp(-i $\\omega$ t) is read", ylim=(0, 1),
             ylabel="accuracy on 1,000 test images", title="Read at any time, one line a seed")
    axes.legend(loc="lower right")


def draw_order(plt, sets):
    figure, rows = plt.subplots(2, len(sets), figsize=(6.4 * len(sets), 9), squeeze=False)
    for (top, bottom), (name, parts) in zip(rows.T, sets.items()):
        fixed, free = parts["oscillating, pairs"], parts["free, pairs"]
        for axes, told, key, color, line, label in (
                (top, fixed, "phases", BLUE, "o-", "phases alone, nothing fitted"),
                (top, fixed, "amplitude", GREEN, "s-", "Re a and Im a, fitted"),
                (top, fixed, "power", ORANGE, "^-", "|a|$^2$, fitted"),
                (top, free, "phases", PINK, "x--", "phases, eigenvalues trained"),
                (bottom, fixed, "swap", BLUE, "o-", "a less a of the swapped items"),
                (bottom, fixed, "swap_power", ORANGE, "^-", "the same of |a|$^2$"),
                (bottom, fixed, "cross", GRAY, "x-", "a less the sum over both items"),
                (bottom, free, "cross", PINK, "x--", "the same, eigenvalues trained")):
            mean_and_range(axes, fixed["gap"][0], told[key], line, color, label, 0.2)
        top.axhline(0.5, color="k", linestyle=":", label="chance")
        top.set(title=f"{name}: which of two items came first", ylim=(0.4, 1.02),
                ylabel="told rightly, share of pairs", xlabel="steps between the items")
        bottom.set(yscale="log", ylabel="relative difference", xlabel="steps between the items")
        for axes in (top, bottom):
            axes.axvline(fixed["period"][0], color="k", linewidth=0.8, linestyle="--")
    rows[0, 0].text(fixed["period"][0], 0.42, "period of all modes ", ha="right", fontsize=9)
    rows[0, 0].legend(fontsize=9, loc="center")
    rows[1, 0].legend(fontsize=9)
    return figure


def draw_pattern(plt, pairs, omega):
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(18, 5.6))
    draw_cloud(left, pairs["cloud"][0], omega)
    gaps = pairs["gap"][0]
    fine = np.linspace(gaps[0], gaps[-1], 2000)
    for color, k in zip((BLUE, ORANGE, GREEN), PANELS):
        middle.plot(gaps, pairs["turned"][0][:, k], "o", color=color, label=f"class {k} second")
        middle.plot(fine, broken(np.angle(np.exp(-1j * omega[k] * fine))), color=color,
                    linewidth=0.8)
        right.plot(gaps, pairs["twice"][0][:, k] / pairs["alone"][0][:, k], "o", color=color,
                   label=f"class {k} twice")
        right.plot(fine, np.sqrt(2 + 2 * np.cos(omega[k] * fine)), color=color, linewidth=0.8)
    middle.set(xlabel="steps between the items", ylabel="phase of mean a in the second's mode",
               title="Different classes: phase tells separation\nlines: -$\\omega$ x separation")
    right.set(xlabel="steps between the items", ylabel="|mean a| of two over |mean a| of one",
              title="Same class twice: interference\nlines: |1 + exp(-i $\\omega$ x separation)|")
    for axes in (middle, right):
        axes.legend(fontsize=9, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.14))
    return figure


def draw_cloud(axes, cloud, omega):
    first, second = ASIDE
    for values, color, when in zip(cloud, (BLUE, ORANGE), ("first", "second")):
        axes.plot(values.real, values.imag, "o", color=color, markersize=3, alpha=0.6,
                  label=f"class {first} {when}")
    turn = np.exp(1j * np.linspace(0, 2 * np.pi, 200))
    axes.plot(turn.real, turn.imag, color=GRAY, linewidth=0.8)
    ideal = np.array([1, np.exp(-1j * omega[first] * CLOUD_GAP)])
    axes.plot(ideal.real, ideal.imag, "*k", markersize=13, label="exp(-i $\\omega$ x time)")
    axes.set(xlabel=f"Re a in the mode of class {first}", ylabel="Im a", aspect="equal",
             title=f"Classes {first} and {second}, {CLOUD_GAP} steps apart:\nthe order is in the "
                   f"phase, not in |a|")
    axes.legend(fontsize=9, loc="upper center", ncols=3, bbox_to_anchor=(0.5, -0.14))


def broken(angles):
    """NaN where an angle jumps from -pi to pi, so that no line is drawn there."""
    angles[1:][np.abs(np.diff(angles)) > np.pi] = np.nan
    return angles
