"""The figure of a Relevance: what each group costs, and how relevance falls along the path."""
import numpy as np

SELECTED, OTHERS, RELEVANCE = "#009E73", "#777777", "#E69F00"


def draw_shares(axes, found, most):
    """Bars of the `most` largest shares with their intervals, filled where selected.

    Dots are the relevance, a line is the margin. All in percent.
    """
    order = np.argsort(-found.share, kind="stable")[:most]
    place, share = np.arange(len(order)), 100 * found.share[order]
    chosen = found.selected[order]
    reach = 100 * (found.high - found.low)[order] / 2
    for these, label, fill in ((chosen, "price, selected", True), (~chosen, "price, not", False)):
        axes.barh(place[these], share[these], xerr=reach[these], label=label if these.any() else "",
                  color=SELECTED if fill else "none", edgecolor=SELECTED if fill else OTHERS,
                  ecolor="#000000", error_kw={"elinewidth": 0.8})
    axes.plot(100 * found.relevance[order], place, "o", ms=4, color=RELEVANCE, label="relevance")
    axes.axvline(100 * found.margin, color="#000000", ls=":", lw=1,
                 label=f"margin, {found.margin:.1%}")
    axes.set(ylim=(len(order) - 0.4, -0.6), xlabel="percent", yticks=place,
             title=_title(found, len(order)))
    axes.set_yticklabels([found.names[i] for i in order], fontsize=8)
    axes.legend(loc="lower right", fontsize=8)


def draw_path(above, below, found):
    """The held-out loss against the penalty, and under it the relevance of every group."""
    path = found.path
    relevance = np.stack([np.bincount(found.groups, row) for row in path.relevance], 1)
    above.plot(path.penalties, path.losses, "o-", color="#000000")
    above.set(xscale="log", ylabel="held-out loss", title=f"penalty {path.penalty:.3g} is best")
    for chosen, color in ((False, OTHERS), (True, SELECTED)):
        some = found.selected == chosen
        if some.any():
            below.plot(path.penalties, 100 * relevance[some].T, color=color, lw=1,
                       label=["selected" if chosen else "not"] + [None] * (some.sum() - 1))
    below.set(xscale="log", xlabel="penalty", ylabel="relevance in percent")
    below.legend(fontsize=8)
    for axes in (above, below):
        axes.axvline(path.penalty, color="#000000", ls=":", lw=1)


def _title(found, shown):
    if not found.learned:
        return "nothing learned: no better than a constant"
    m = len(found.names)
    text = f"{found.selected.sum()} of {m} selected, q = {found.q:g}"
    return text if shown == m else f"{text}; the first {shown}"
