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


def test_items_name_arrays_by_their_path(params):
    assert [path for path, _ in tree.items(params)] == [
        "0/lambda_in", "0/lambda_out", "0/phi", "0/bias", "2/0/weight", "2/0/bias"]


def test_items_of_one_array_have_an_empty_path():
    array = np.ones(3)
    (path, found), = tree.items(array)
    assert path == "" and found is array


def test_items_are_the_arrays_themselves(params):
    assert dict(tree.items(params))["2/0/weight"] is params[2][0]["weight"]


def test_leaves_are_the_arrays_in_the_order_of_items(params):
    assert all(a is b for a, (_, b) in zip(tree.leaves(params), tree.items(params), strict=True))


def test_map_keeps_the_structure(params):
    doubled = tree.map(lambda array: 2 * array, params)
    assert [path for path, _ in tree.items(doubled)] == [path for path, _ in tree.items(params)]
    assert all((a == 2 * b).all() for a, b in zip(tree.leaves(doubled), tree.leaves(params)))
    assert isinstance(doubled, tuple) and doubled[1] == {}


def test_map_finds_the_others_by_name():
    one, other = {"a": np.array(1), "b": np.array(2)}, {"b": np.array(20), "a": np.array(10)}
    assert tree.map(lambda a, b: int(a + b), one, other) == {"a": 11, "b": 22}


def test_map_takes_more_from_the_others_than_it_uses():
    assert tree.map(lambda a, b: a + b, {"a": 1}, {"a": 10, "b": 20}) == {"a": 11}


def test_aligned_pairs_arrays_of_the_same_name():
    one, other = ({"a": 1, "b": 2}, 3), ({"b": 20, "a": 10, "c": 30}, 4)
    assert list(tree.aligned(one, other)) == [(1, 10), (2, 20), (3, 4)]


def test_merge_replaces_what_the_part_has(params):
    part = ({"phi": np.zeros((4, 5))}, {}, ({},))
    merged = tree.merge(params, part)
    assert merged[0]["phi"] is part[0]["phi"]
    assert [path for path, _ in tree.items(merged)] == [path for path, _ in tree.items(params)]
    assert all(b is a for (path, a), (_, b) in zip(tree.items(params), tree.items(merged))
               if path != "0/phi")


def test_merge_changes_neither(params):
    before = tree.copy(params)
    tree.merge(params, ({"phi": np.zeros((4, 5))}, {}, ({},)))
    assert same_bits(params, before)


def test_ravel_puts_the_arrays_one_after_the_other(params):
    theta = tree.ravel(params)
    assert theta.shape == (5 + 4 + 20 + 4 + 12 + 3,)
    assert (theta[9:29] == params[0]["phi"].ravel()).all()
    assert (theta[-3:] == params[2][0]["bias"]).all()


def test_unravel_is_the_inverse_of_ravel(params):
    assert same_bits(tree.unravel(tree.ravel(params), params), params)


def test_unravel_gives_views(params):
    theta = tree.ravel(params)
    tree.unravel(theta, params)[0]["phi"][1, 2] = 77
    assert theta[9 + 1 * 5 + 2] == 77


def test_ravel_copies(params):
    theta = tree.ravel(params)
    assert not any(np.shares_memory(theta, array) for array in tree.leaves(params))


def test_ravel_keeps_the_dtype(dtype, rng):
    assert tree.ravel(random_params(NETWORK, rng, dtype)).dtype == dtype


def test_unravel_refuses_a_vector_of_the_wrong_length(params):
    with pytest.raises(ValueError, match=r"theta has shape \(47,\), expected \(48,\)"):
        tree.unravel(np.zeros(47), params)


def test_copy_shares_nothing_and_has_the_same_bits(params):
    copied = tree.copy(params)
    assert same_bits(copied, params)
    assert not any(np.shares_memory(a, b)
                   for a, b in zip(tree.leaves(copied), tree.leaves(params)))


def test_copy_keeps_a_count_without_axes():
    copied = tree.copy({"t": np.array(3)})
    assert copied["t"].shape == () and copied["t"] == 3


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
