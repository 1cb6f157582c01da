"""Columns that are alike: the tree against its definition, how it is told, how it is drawn."""
import numpy as np
import pytest
from matplotlib.figure import Figure

from npspectral.analysis.spectral import PenaltyPath, Relevance, column_tree
from npspectral.analysis.spectral._names import joined, short


def linked(distance, cut):
    """The group of each of c columns, by the definition of average linkage."""
    groups = [[j] for j in range(len(distance))]
    while len(groups) > 1:
        pairs = [(np.mean([distance[a, b] for a in one for b in other]), i, j)
                 for j, other in enumerate(groups) for i, one in enumerate(groups[:j])]
        near, i, j = min(pairs)
        if near > cut:
            break
        groups[i] += groups.pop(j)
    label = np.empty(len(distance), int)
    for number, group in enumerate(sorted(groups, key=min)):
        label[group] = number
    return label.tolist()


def columns_alike(rng):
    """Nine columns; two say the same, one is constant; and 1 - |r| of them."""
    x = rng.standard_normal((40, 9)) @ rng.standard_normal((9, 9))
    x[:, 4] = -3 * x[:, 2] + 1
    x[:, 7] = 5.0
    with np.errstate(invalid="ignore", divide="ignore"):
        return x, 1 - np.abs(np.nan_to_num(np.corrcoef(x.T)))


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.9])
def test_columns_are_joined_by_average_linkage(rng, threshold):
    x, distance = columns_alike(rng)
    assert column_tree(x, threshold).group.tolist() == linked(distance, 1 - threshold)


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.9])
def test_columns_of_a_file_are_as_near_as_the_nearest_of_their_columns(rng, threshold):
    x, distance = columns_alike(rng)
    source = np.array([0, 0, 1, 2, 2, 2, 3, 4, 5])
    least = [[min(distance[j, k] for j in np.flatnonzero(source == a)
                  for k in np.flatnonzero(source == b)) for b in range(6)] for a in range(6)]
    tree = column_tree(x, threshold, "abcdef", source)
    assert tree.group.tolist() == linked(np.array(least), 1 - threshold)
    assert tree.names == tuple("abcdef") and tree.group[1] == tree.group[2]


def test_one_column_is_a_tree_without_a_line(rng):
    tree = column_tree(rng.standard_normal((9, 1)), 0.5)
    assert tree.group.tolist() == tree.order() == [0] and tree.names == ("x0",)
    assert not list(tree.branches({0: 0})) and not list(tree.words())


@pytest.mark.parametrize("source", [[0, 0, 2], [1, 1, 2], [-1, 0, 1], [0, 1, 0], [0, 1]])
def test_sources_out_of_order_are_refused(rng, source):
    with pytest.raises(ValueError, match="column_tree: source "):
        column_tree(rng.standard_normal((9, 3)), 0.5, source=source)


def three_alike(rng):
    """Columns 1, 3 and 4 are alike, 3 and 4 more so; 0 and 2 are not."""
    x = rng.standard_normal((2000, 5))
    x[:, 3] = x[:, 1] + 0.3 * x[:, 3]
    x[:, 4] = x[:, 3] + 0.1 * x[:, 4]
    return x


def test_lines_of_the_tree_meet_where_clusters_are_joined(rng):
    x = three_alike(rng)
    r = np.abs(np.corrcoef(x.T))
    tree = column_tree(x, 0.7)
    (first_r, first_y), (then_r, then_y) = tree.branches({1: 10, 3: 20, 4: 40, 0: 50, 2: 60})
    assert np.allclose(first_r, [1, r[3, 4], r[3, 4], 1], rtol=1e-12)
    assert first_y == (20, 20, 40, 40)
    both = (r[1, 3] + r[1, 4]) / 2
    assert then_r[1:3] == pytest.approx((both, both), rel=1e-12)
    ends = {y: r for r, y in zip(then_r, then_y) if r != then_r[1]}
    assert ends == pytest.approx({10: 1, 30: r[3, 4]}, rel=1e-12)
    assert len(list(tree.branches({1: 0, 3: 1, 0: 2}))) == 0    # 3 meets 4 first, which has no row


def test_lines_do_not_cross_in_the_order_of_the_tree(rng):
    x = rng.standard_normal((30, 12)) @ rng.standard_normal((12, 12))
    tree = column_tree(x, 0.01)
    members = {column: [column] for column in range(12)}
    row = {column: number for number, column in enumerate(tree.order())}
    for number, (one, other, *_) in enumerate(tree.merges.astype(int).tolist()):
        members[12 + number] = members[one] + members[other]
        rows = sorted(row[column] for column in members[12 + number])
        assert rows == list(range(rows[0], rows[0] + len(rows)))


def test_words_name_all_columns_of_a_group(rng):
    words, = column_tree(three_alike(rng), 0.7, "abcde").words()
    assert words == "Priced together, as they correlate by 0.7 or more in the mean: b, d, e."


# --- drawn


def found_in(x, names, selected=()):
    """A Relevance of groups by correlation, whose shares rise with their number."""
    tree = column_tree(x, 0.7, names)
    m = tree.group.max() + 1
    share = np.arange(1, m + 1) / 10
    path = PenaltyPath(np.array([0.1, 1.0]), np.array([2.0, 1.0]), np.full((2, len(names)), 0.25),
                       np.zeros(3, int), (), 1, np.full(len(names), 1 / len(names)))
    named = tuple(joined([name for name, own in zip(names, tree.group) if own == group])
                  for group in range(m))
    return Relevance(names=named, groups=tree.group, relevance=np.full(m, 1 / m), share=share,
                     low=share - 0.05, high=share + 0.05, p=np.zeros(m),
                     selected=np.isin(np.arange(m), selected), gain=0.5, p_gain=0.0,
                     margin=0.005, q=0.1, source="by hand", path=path, alike=tree)


def drawn(found):
    figure = Figure()
    found.plot(figure)
    figure.canvas.draw()
    return figure, {axes.get_title(): axes for axes in figure.axes}


def test_a_group_has_one_bar_a_row_for_each_column_and_its_tree(rng):
    found = found_in(three_alike(rng), ["zero", "one", "two", "three", "four"], [1])
    figure, panels = drawn(found)
    shares, groups = panels["1 of 3 selected, q = 0.1"], panels["groups"]
    labels = [label.get_text() for label in shares.get_yticklabels()]
    assert labels[0] == "two" and set(labels[1:4]) == {"one", "three", "four"}
    assert labels[4] == "zero"
    bars = {round(bar.get_width()): bar for bar in shares.patches}
    assert [bars[width].get_height() for width in (10, 20, 30)] == pytest.approx([0.8, 2.8, 0.8])
    assert bars[20].get_y() + 1.4 == pytest.approx(2)           # about rows 1 to 3
    assert [bars[width].get_facecolor()[3] > 0 for width in (10, 20, 30)] == [False, True, False]
    ends = {y: label for y, label in enumerate(labels)}
    first = groups.lines[0].get_ydata()
    assert {ends[y] for y in first} == {"three", "four"} and len(groups.lines) == 2
    assert groups.get_xlim() == (1, 0.7) and groups.get_ylim() == shares.get_ylim()
    assert figure.get_figwidth() == 6.5


def test_a_group_of_many_columns_has_one_row_and_long_names_lose_their_middle(rng):
    x = np.repeat(rng.standard_normal((50, 2)), [21, 1], 1) + 1e-3 * rng.standard_normal((50, 22))
    figure, panels = drawn(found_in(x, [f"a column with a long name, number {j}"
                                        for j in range(22)]))
    axes = panels["0 of 2 selected, q = 0.1"]
    assert "groups" not in panels
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["a column with…e, number 21", "a column with… 2 + 18 more"]
    assert max(map(len, labels)) == 26


@pytest.mark.parametrize("name", ["$x$ and $", "$\\frac$", "50% _a^b", "größe", "<b>"])
def test_any_sign_may_stand_in_a_name(rng, name):
    figure, panels = drawn(found_in(three_alike(rng), [name, "b", "c", "d", "e"]))
    label = panels["0 of 3 selected, q = 0.1"].get_yticklabels()[-1]
    assert label.get_text() == name and not label.get_parse_math()


def test_sixty_columns_are_drawn_without_labels_that_touch(rng):
    x = rng.standard_normal((50, 60))
    figure, panels = drawn(found_in(x, [f"column {j}" for j in range(60)]))
    axes = panels["0 of 60 selected, q = 0.1; the first 30"]
    boxes = [label.get_window_extent() for label in axes.get_yticklabels()]
    assert len(boxes) == 30
    assert all(above.y0 > below.y1 for above, below in zip(boxes, boxes[1:]))


@pytest.mark.parametrize("name, letters, want", [
    ("abc", 3, "abc"), ("abcdef", 5, "ab…ef"), ("abcdef", 4, "ab…f"), ("abcdef", 1, "…")])
def test_a_short_name_has_so_many_letters(name, letters, want):
    assert short(name, letters) == want


def test_names_are_joined_and_the_others_counted():
    assert joined(["a", "b", "c"]) == "a + b + c" and joined(list("abcde")) == "a + b + c + 2 more"
