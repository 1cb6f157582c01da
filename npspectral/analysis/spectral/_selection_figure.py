"""The figure of a Relevance: what each group costs, its columns, relevance along the path.

The panels stand one under the other, so that a narrow screen shows them, too.
"""
import numpy as np

from ._names import short

SELECTED, OTHERS, RELEVANCE = "#009E73", "#777777", "#E69F00"
WIDTH, ROW, PATH = 6.5, 0.23, [1.5, 2.0]    # in inches; heights of loss and of relevance
SMALL = 9                                   # points of a text
LETTERS = 26                                # of a name
MOST_COLUMNS = 20                           # of a group that has a row for each of its columns


def draw(figure, found, most):
    """The shares of `most` groups, the largest ones, and the path if there is one."""
    blocks = [_block(found, group) for group in np.argsort(-found.share, kind="stable")[:most]]
    along = found.path is not None and len(found.path.penalties) > 1
    grouped = any(len(labels) > 1 for _, labels, _ in blocks)
    heights = [ROW * max(sum(len(labels) for _, labels, _ in blocks), 6) + 1.3, *along * PATH]
    panels = [["shares", "columns" if grouped else "shares"],
              *[[name] * 2 for name in along * ["loss", "relevance"]]]
    figure.set_size_inches(WIDTH, sum(heights))
    figure.set_layout_engine("constrained")
    axes = figure.subplot_mosaic(panels, height_ratios=heights, width_ratios=(3, 1))
    _draw_shares(axes["shares"], found, blocks)
    if grouped:
        _draw_columns(axes["columns"], axes["shares"], found.alike, blocks)
    figure.legend(*axes["shares"].get_legend_handles_labels(), loc="outside upper center", ncols=2,
                  fontsize=SMALL)
    if along:
        _draw_path(axes["loss"], axes["relevance"], found)


def _block(found, group):
    """(group, names of its rows, its columns if each has a row of its own).

    The columns stand as in the tree, so that its lines do not cross.
    """
    tree = found.alike
    if tree is not None and 1 < (tree.group == group).sum() <= MOST_COLUMNS:
        columns = [column for column in tree.order() if tree.group[column] == group]
        return group, [tree.names[column] for column in columns], columns
    return group, [found.names[group]], None


def _draw_shares(axes, found, blocks):
    """A bar for each group with its interval, filled where selected; relevance; the margin.

    All in percent, the largest share on top; a bar is as high as the rows of its group.
    """
    order = [group for group, _, _ in blocks]
    rows = np.array([len(labels) for _, labels, _ in blocks])
    place, height = np.cumsum(rows) - (rows + 1) / 2, rows - 0.2
    share, reach = 100 * found.share[order], 50 * (found.high - found.low)[order]
    chosen = found.selected[order]
    for these, label, color, fill in ((chosen, "share, selected", SELECTED, True),
                                      (~chosen, "share, not selected", OTHERS, False)):
        if these.any():
            axes.barh(place[these], share[these], height[these], xerr=reach[these], label=label,
                      color=color if fill else "none", edgecolor=color, ecolor="#000000",
                      error_kw={"elinewidth": 0.8})
    axes.plot(100 * found.relevance[order], place, "o", ms=4, color=RELEVANCE, label="relevance")
    axes.axvline(100 * found.margin, color="#000000", ls=":", lw=1,
                 label=f"margin, {found.margin:.1%}")
    axes.set(ylim=(rows.sum() - 0.4, -0.6), xlabel="percent", title=_title(found, len(order)))
    axes.set_yticks(range(rows.sum()), [short(name, LETTERS) for _, labels, _ in blocks
                                        for name in labels], fontsize=SMALL, parse_math=False)


def _draw_columns(axes, beside, tree, blocks):
    """How the columns of each group are joined: the tree below the cut, beside their rows."""
    columns = [column for _, labels, own in blocks for column in own or [None] * len(labels)]
    for correlation, place in tree.branches({column: row for row, column in enumerate(columns)}):
        axes.plot(correlation, place, color="#000000", lw=1)
    axes.sharey(beside)
    axes.tick_params(left=False, labelleft=False)
    axes.set(xlim=(1, tree.threshold), xlabel="|correlation|", title="groups")
    axes.spines[["left", "right", "top"]].set_visible(False)


def _draw_path(above, below, found):
    """The held-out loss against the penalty, and under it the relevance of every group."""
    path = found.path
    relevance = np.stack([np.bincount(found.groups, row) for row in path.relevance], 1)
    above.plot(path.penalties, path.losses, "o-", color="#000000")
    above.set(xscale="log", ylabel="held-out loss", title=f"penalty {path.penalty:.3g} is best")
    for chosen, color in ((False, OTHERS), (True, SELECTED)):
        some = found.selected == chosen
        if some.any():
            below.plot(path.penalties, 100 * relevance[some].T, color=color, lw=1,
                       label=["selected" if chosen else "not selected"] + [None] * (some.sum() - 1))
    below.set(xscale="log", xlabel="penalty", ylabel="relevance, %")
    below.legend(fontsize=SMALL)
    for axes in (above, below):
        axes.axvline(path.penalty, color="#000000", ls=":", lw=1)


def _title(found, shown):
    if not found.learned:
        return "nothing learned: no better than a constant"
    m = len(found.names)
    text = f"{found.selected.sum()} of {m} selected, q = {found.q:g}"
    return text if shown == m else f"{text}; the first {shown}"
