"""The figures of complex_memory.py: modes that oscillate, accuracies, what two items leave."""
from functools import partial

import numpy as np
from complex_memory_sequences import ASIDE, CLOUD_GAP
from experiment_figures import BLUE, GRAY, GREEN, ORANGE, PINK, save_figures

EARLY = 45                          # steps of the left panel
PANELS = (1, 4, 6)                  # modes whose phases are drawn
LOOK = {"oscillating": (BLUE, "o-", "oscillating target"),
        "free": (PINK, "x-", "the same, eigenvalues trained"),
        "score": (GREEN, "s-", "softmax on Re a"), "linear": (ORANGE, "^--", "linear classifier")}


def plot(result, folder):
    """Write the figures of the parts in `result` to `folder`."""
    names = dict.fromkeys(name for name, _ in result)
    parts = {name: {part: own for (data, part), own in result.items() if data == name}
             for name in names}
    last = parts[list(parts)[-1]]                                       # MNIST, where it is at hand
    figures = {"classes": partial(draw_classes, parts=parts),
               "oscillation": partial(draw_oscillation, own=last),
               "order": partial(draw_order, parts=parts),
               "pattern": partial(draw_pattern, own=last["oscillating, pairs"],
                                  omega=last["oscillating"]["omega"][0])}
    save_figures(figures, folder)


def draw_classes(plt, parts):
    figure, row = plt.subplots(1, len(parts), figsize=(6 * len(parts), 4.6), squeeze=False)
    for axes, (name, own) in zip(row[0], parts.items()):
        for arm, (color, style, label) in LOOK.items():
            curves = own[arm]["accuracy"]
            epochs = np.arange(1, curves.shape[1] + 1)
            axes.plot(epochs, curves.mean(0), style, color=color, markersize=4, label=label)
            axes.fill_between(epochs, curves.min(0), curves.max(0), color=color, alpha=0.2)
        axes.set(title=f"{name}: mean and range over {len(curves)} seeds", xlabel="epoch",
                 ylabel="test accuracy", ylim=(0.85, 1))
    row[0, 0].legend(loc="lower right")
    return figure


def draw_oscillation(plt, own):
    states, memory = own["states"], own["memory"]
    label, times, omega = int(states["label"]), np.arange(EARLY + 1), own["oscillating"]["omega"][0]
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(17, 4.8))
    for k in range(len(omega)):
        own_mode = k == label
        left.plot(times, states["m"][:EARLY + 1, k].real, color=BLUE if own_mode else GRAY,
                  linewidth=2 if own_mode else 0.7,
                  label=f"Re m, class {k}" if own_mode else "the others" if k == 0 else None)
    left.plot(times, np.cos(omega[label] * times), "o", color=ORANGE, markersize=4,
              fillstyle="none", label="target cos($\\omega$ t)")
    left.set(xlabel="step t", ylabel="memory modes, real part", ylim=(-1.7, 2.4),
             title="One test image writes, then oscillates")
    left.legend(loc="upper right", fontsize=9, ncols=2)
    end, steps = int(memory["end"][0]), np.arange(1, len(states["u"]))
    middle.loglog(steps, states["u"][1:], color=ORANGE, label="largest |u|: nodes")
    for k in range(len(omega)):
        middle.loglog(steps, np.abs(states["m"][1:, k]), color=BLUE if k == label else GRAY,
                      linewidth=2 if k == label else 0.7,
                      label="|m|: its class" if k == label else None)
    middle.axvline(end, color="k", linestyle=":", label=f"nodes gone, t = {end}")
    middle.set(xlabel="step t", ylabel="modulus", ylim=(1e-20, 1e2),
               title=f"|m| changes by {memory['drift'][0]:.0e} in the next 1,000 steps")
    middle.legend(fontsize=9, loc="lower left")
    shares = memory["in_time"]
    right.plot(np.arange(shares.shape[1]), shares.T, color=BLUE, linewidth=1)
    right.axhline(own["oscillating"]["accuracy"][:, -1].mean(), color=BLUE, linestyle=":",
                  label="read from a, all test images")
    right.axhline(own["linear"]["accuracy"][:, -1].mean(), color=ORANGE, linestyle="--",
                  label="linear classifier")
    right.set(xlabel="step t at which m(t) exp(-i $\\omega$ t) is read", ylim=(0, 1),
              ylabel="accuracy on 1,000 test images", title="Read at any time, one line a seed")
    right.legend(loc="lower right")
    return figure


def draw_order(plt, parts):
    figure, rows = plt.subplots(2, len(parts), figsize=(6.4 * len(parts), 9), squeeze=False)
    for (top, bottom), (name, own) in zip(rows.T, parts.items()):
        fixed, free = own["oscillating, pairs"], own["free, pairs"]
        gaps = fixed["gap"][0]
        for told, key, color, style, label in (
                (fixed, "phases", BLUE, "o-", "phases alone, nothing fitted"),
                (fixed, "amplitude", GREEN, "s-", "Re a and Im a, fitted"),
                (fixed, "power", ORANGE, "^-", "|a|$^2$, fitted"),
                (free, "phases", PINK, "x--", "phases, eigenvalues trained")):
            draw_mean(top, gaps, told[key], color, style, label)
        top.axhline(0.5, color="k", linestyle=":", label="chance")
        top.set(title=f"{name}: which of two items came first", ylim=(0.4, 1.02),
                ylabel="told rightly, share of pairs", xlabel="steps between the items")
        for told, key, color, style, label in (
                (fixed, "swap", BLUE, "o-", "a less a of the swapped items"),
                (fixed, "swap_power", ORANGE, "^-", "the same of |a|$^2$"),
                (fixed, "cross", GRAY, "x-", "a less the sum over both items"),
                (free, "cross", PINK, "x--", "the same, eigenvalues trained")):
            draw_mean(bottom, gaps, told[key], color, style, label)
        bottom.set(yscale="log", ylabel="relative difference", xlabel="steps between the items")
        for axes in (top, bottom):
            axes.axvline(fixed["period"][0], color="k", linewidth=0.8, linestyle="--")
    rows[0, 0].text(fixed["period"][0], 0.42, "period of all modes ", ha="right", fontsize=9)
    rows[0, 0].legend(fontsize=9, loc="center")
    rows[1, 0].legend(fontsize=9)
    return figure


def draw_mean(axes, x, values, color, style, label):
    """The mean over seeds, and the range shaded."""
    axes.plot(x, values.mean(0), style, color=color, label=label)
    axes.fill_between(x, values.min(0), values.max(0), color=color, alpha=0.2)


def draw_pattern(plt, own, omega):
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(18, 5.6))
    draw_cloud(left, own["cloud"][0], omega)
    gaps = own["gap"][0]
    fine = np.linspace(gaps[0], gaps[-1], 2000)
    for color, k in zip((BLUE, ORANGE, GREEN), PANELS):
        middle.plot(gaps, own["turned"][0][:, k], "o", color=color, label=f"class {k} second")
        middle.plot(fine, broken(np.angle(np.exp(-1j * omega[k] * fine))), color=color,
                    linewidth=0.8)
        right.plot(gaps, own["twice"][0][:, k] / own["alone"][0][:, k], "o", color=color,
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
