"""Trees of arrays: dicts, tuples and arrays."""
import numpy as np
import pytest
from conftest import random_params, same_bits

from npspectral import Chain, Dense, Spectral, Tanh
from npspectral.nn import tree

NETWORK = Chain(Spectral(5, 4), Tanh(), Chain(Dense(4, 3)))


@pytest.fixture
def params(rng):
    return random_params(NETWORK, rng)


def test_items_are_the_arrays_themselves_by_their_path_and_leaves_are_the_same(params):
    items = list(tree.items(params))
    assert [path for path, _ in items] == [
        "0/lambda_in", "0/lambda_out", "0/phi", "0/bias", "2/0/weight", "2/0/bias"]
    assert dict(items)["2/0/weight"] is params[2][0]["weight"]
    assert all(a is b for a, (_, b) in zip(tree.leaves(params), items, strict=True))
    (path, found), = tree.items(items[0][1])
    assert path == "" and found is items[0][1]              # of one array


def test_map_keeps_the_structure(params):
    doubled = tree.map(lambda array: 2 * array, params)
    assert [path for path, _ in tree.items(doubled)] == [path for path, _ in tree.items(params)]
    assert all((a == 2 * b).all() for a, b in zip(tree.leaves(doubled), tree.leaves(params)))
    assert isinstance(doubled, tuple) and doubled[1] == {}


def test_map_finds_the_others_by_name_and_may_leave_some_of_them():
    one, other = {"a": 1, "b": 2}, {"b": 20, "a": 10, "c": 30}
    assert tree.map(lambda a, b: a + b, one, other) == {"a": 11, "b": 22}


def test_aligned_pairs_arrays_of_the_same_name():
    one, other = ({"a": 1, "b": 2}, 3), ({"b": 20, "a": 10, "c": 30}, 4)
    assert list(tree.aligned(one, other)) == [(1, 10), (2, 20), (3, 4)]


def test_merge_replaces_what_the_part_has_and_changes_neither(params):
    part, before = ({"phi": np.zeros((4, 5))}, {}, ({},)), tree.copy(params)
    merged = tree.merge(params, part)
    assert merged[0]["phi"] is part[0]["phi"] and same_bits(params, before)
    assert [path for path, _ in tree.items(merged)] == [path for path, _ in tree.items(params)]
    assert all(b is a for (path, a), (_, b) in zip(tree.items(params), tree.items(merged))
               if path != "0/phi")


def test_ravel_copies_the_arrays_one_after_the_other_and_unravel_gives_views_of_them(params):
    theta = tree.ravel(params)
    assert theta.shape == (5 + 4 + 20 + 4 + 12 + 3,)
    assert (theta[9:29] == params[0]["phi"].ravel()).all()
    assert (theta[-3:] == params[2][0]["bias"]).all()
    assert not any(np.shares_memory(theta, array) for array in tree.leaves(params))
    again = tree.unravel(theta, params)
    assert same_bits(again, params)
    again[0]["phi"][1, 2] = 77
    assert theta[9 + 1 * 5 + 2] == 77


def test_ravel_keeps_the_dtype(dtype, rng):
    assert tree.ravel(random_params(NETWORK, rng, dtype)).dtype == dtype


def test_copy_shares_nothing_and_has_the_same_bits(params):
    copied = tree.copy((params, {"t": np.array(3)}))
    assert same_bits(copied, (params, {"t": np.array(3)})) and copied[1]["t"].shape == ()
    assert not any(np.shares_memory(a, b)
                   for a, b in zip(tree.leaves(copied[0]), tree.leaves(params)))


@pytest.mark.parametrize("function", [
    lambda whole, part: tree.map(np.add, whole, part),
    lambda whole, part: list(tree.aligned(whole, part)),
    lambda whole, part: list(tree.aligned(part, whole)),
    lambda whole, part: tree.merge(whole, part)])
def test_tuples_of_different_length_are_refused(function, params):
    with pytest.raises(ValueError):
        function(params, params[:2])


def test_size_counts_the_numbers_of_all_arrays():
    assert tree.size(({"a": np.ones((2, 3)), "b": np.ones(())}, {}, (np.ones(4),))) == 11
