"""Nearest neighbors against all distances by differences, also where products lose every digit."""
import numpy as np
import pytest
from conftest import assert_near, each, same_bits

from npspectral.analysis.clouds.neighbors import (_by_product, _by_tree, _few_dimensions,
                                                  nearest_neighbor_vote, nearest_neighbors)

search = each([_by_tree, _by_product])


def all_distances(x, queries):
    return np.sqrt(((queries[:, None] - x) ** 2).sum(-1))


@pytest.mark.parametrize("d", [1, 3, 60])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_neighbors_are_the_smallest_of_all_distances(search, d, offset, rng):
    x, queries = (rng.standard_normal((n, d)) + offset for n in (50, 20))
    distances, indices = search(x, queries, 4)
    every = all_distances(x, queries)
    assert np.array_equal(indices, np.argsort(every, 1)[:, :4])
    assert_near(distances, np.sort(every, 1)[:, :4], 4 * (d + 3))


def test_clusters_far_smaller_than_the_rounding_of_products_are_told_apart(search, rng):
    x = 1e3 * rng.standard_normal((4, 1, 5)) + 1e-9 * rng.standard_normal((1, 30, 5))
    x = x.reshape(-1, 5)
    distances, indices = search(x, x, 5)
    every = all_distances(x, x)
    assert np.array_equal(distances[:, 1:] > 0, np.ones((120, 4), bool))
    assert_near(distances, np.sort(every, 1)[:, :5], 32)
    assert_near(np.take_along_axis(every, indices, 1), distances, 32)


@pytest.mark.parametrize("far", [1e156, 1e160, 1e200, 1e300])
@pytest.mark.parametrize("d", [1, 2, 40])
def test_one_point_far_off_leaves_the_others_their_distances(d, far, rng):
    x = np.concatenate([rng.standard_normal((30, d)), np.full((1, d), far)])
    distances, indices = nearest_neighbors(x, 3)
    every = all_distances(x[:30], x[:30])
    assert np.array_equal(indices[:30], np.argsort(every, 1)[:, 1:4])
    assert_near(distances[:30], np.sort(every, 1)[:, 1:4], 2 * d + 8)
    assert (distances[30] > far / 2).all()
    assert np.array_equal(nearest_neighbors(x, 3, x[:30])[1][:, 1:], indices[:30, :2])


@pytest.mark.parametrize("d", [2, 40])
def test_a_row_is_no_neighbor_of_itself_and_its_copy_is(d, rng):
    x = rng.standard_normal((12, d))
    x[5] = x[3]
    x[8:12] = x[7]                                          # more copies than neighbors asked for
    distances, indices = nearest_neighbors(x, 2)
    assert (indices != np.arange(12)[:, None]).all()
    assert indices[5, 0] == 3 and indices[3, 0] == 5
    every = all_distances(x, x)
    np.fill_diagonal(every, np.inf)
    assert_near(distances, np.sort(every, 1)[:, :2], 2 * d + 8)
    assert (distances[7:] == 0).all() and distances[3, 0] == 0 and (distances[:3] > 0).all()


def test_blocks_make_no_difference_and_x_is_left_alone(rng, monkeypatch):
    from npspectral.analysis.clouds import neighbors
    x = rng.standard_normal((40, 120)).astype(np.float32)
    before = x.copy()
    whole = nearest_neighbors(x, 3)
    monkeypatch.setattr(neighbors, "ELEMENTS", 3000)
    blocks = nearest_neighbors(x, 3)
    assert np.array_equal(whole[1], blocks[1]) and same_bits(x, before)
    assert_near(blocks[0], whole[0], 4)
    assert whole[0].dtype == float


@pytest.mark.parametrize("copies", [0, 200])
def test_the_tree_is_for_clouds_of_few_dimensions(copies, rng):
    flat, full = (rng.standard_normal((300, d)) @ rng.standard_normal((d, 50)) for d in (3, 50))
    flat[:copies] = flat[0]
    assert _few_dimensions(flat) and not _few_dimensions(full)
    assert not _few_dimensions(np.zeros((20, 2)))


def test_vote_counts_the_labels_of_the_k_nearest(rng):
    x, queries = rng.standard_normal((30, 2)), rng.standard_normal((25, 2))
    labels = np.array(["a", "b", "c"])[rng.integers(3, size=30)]
    got = nearest_neighbor_vote(x, labels, queries, 5)
    for row, distances in enumerate(all_distances(x, queries)):
        near = labels[np.argsort(distances)[:5]].tolist()
        assert got[row] == max(sorted(set(near)), key=near.count)


def test_of_equally_common_labels_the_smallest_wins():
    x = np.array([[0.0], [1.0], [2.0], [3.0]])
    labels = np.array([7, 2, 2, 7])
    assert nearest_neighbor_vote(x, labels, np.array([[1.5]]), 4).tolist() == [2]
    assert nearest_neighbor_vote(x, labels, np.array([[-1.0]]), 1).tolist() == [7]
