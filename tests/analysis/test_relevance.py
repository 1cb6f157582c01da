"""Relevance scores against sums over single numbers, and what must not change them."""
import math

import numpy as np
import pytest
from conftest import assert_near, locked, random_array, random_params, same_bits

from npspectral import Spectral
from npspectral.analysis.spectral.relevance import (input_relevance, keep_top, node_relevance,
                                                    ranking, top_mask)
from npspectral.nn import PUBLISHED

FROM_INPUTS, INTO_NODES = Spectral(5, 3, lambda_out=0.0), Spectral(5, 3, lambda_in=0.0)


@pytest.mark.parametrize("layer, name, score", [
    (FROM_INPUTS, "lambda_in", input_relevance), (INTO_NODES, "lambda_out", node_relevance)])
def test_relevance_is_the_eigenvalue_or_that_times_the_norm_of_its_eigenvector(layer, name, score,
                                                                               rng):
    params = {key: locked(array) for key, array in random_params(layer, rng).items()}
    vectors = params["phi"].T if name == "lambda_in" else params["phi"]
    want = [abs(value) * math.hypot(*vector) for value, vector in zip(params[name], vectors)]
    assert_near(score(layer, params), np.array(want), 16)
    assert same_bits(score(layer, params, "eigenvalue"), np.abs(params[name]))


def test_product_measures_from_the_declared_constant_of_the_other_set(rng):
    layer = Spectral(5, 3, **PUBLISHED["giambagli2021"])        # W = (1 - lambda_out) phi
    params = layer.init(rng)
    norm = np.sqrt((layer.weight(params) ** 2).sum(1))
    assert_near(node_relevance(layer, params), norm, 16)


@pytest.mark.parametrize("declared", [dict(lambda_out=2.0), dict(lambda_in=1.5, lambda_out=0.0)])
def test_eigenvalue_measures_from_the_declared_constant_of_the_other_set(declared, rng):
    layer = Spectral(5, 3, **declared)
    params = random_params(layer, rng)
    lambda_in = params.get("lambda_in", np.full(5, 1.5))        # a declared one counts as it is
    want = np.abs(lambda_in - declared["lambda_out"])
    assert same_bits(input_relevance(layer, params, "eigenvalue"), want)


def test_relevance_keeps_the_dtype(rng):
    params = random_params(FROM_INPUTS, rng, np.float32)
    for score in ("product", "eigenvalue"):
        assert input_relevance(FROM_INPUTS, params, score).dtype == np.float32


# Rankings

@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, bool])
def test_ranking_is_right_for_every_kind_of_number(dtype):
    assert ranking(np.array([1, 0, 1, 0, 0], dtype)).tolist() == [0, 2, 1, 3, 4]
    turns = ranking(np.array(50 * [0, 1], dtype))               # equal ones stay in their order
    assert turns.tolist() == [*range(1, 100, 2), *range(0, 100, 2)]


@pytest.mark.parametrize("n", range(6))
def test_top_mask_holds_exactly_n_whatever_the_ties(n):
    mask = top_mask([2.0, 2.0, 2.0, 5.0, 2.0], n)
    assert mask.sum() == n and mask.dtype == bool
    assert mask.tolist() == [n > 1, n > 2, n > 3, n > 0, n > 4]


@pytest.mark.parametrize("dtype", [np.float32, float])
def test_keep_top_leaves_the_kept_features_as_they_are_and_the_others_at_zero(dtype, rng):
    x = locked(random_array(rng, (2, 4, 5), dtype))
    kept = keep_top(x, [0.1, 5.0, 0.2, 7.0, 0.3], 2)
    assert same_bits(kept[..., [1, 3]], x[..., [1, 3]])
    assert (kept[..., [0, 2, 4]] == 0).all() and not np.shares_memory(kept, x)
    assert (kept.shape, kept.dtype) == (x.shape, x.dtype)


def test_a_score_that_is_missing_has_no_rank_and_an_infinite_one_is_the_largest():
    for scores in ([1.0, np.nan, 2.0], np.ma.array([1.0, 9.0, 2.0], mask=[0, 1, 0])):
        for rank in (ranking, lambda scores: top_mask(scores, 1)):
            with pytest.raises((ValueError, TypeError), match="scores.* is (nan|Mask.*), exp"):
                rank(scores)
    assert ranking([1.0, np.inf, -9.0, 2.0]).tolist() == [1, 3, 0, 2]
