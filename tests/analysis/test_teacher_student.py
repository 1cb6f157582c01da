"""A teacher inside its student: its core and its paths, as sums over single numbers."""
import itertools

import numpy as np
import pytest
from conftest import assert_near, random_array, random_params, same_bits

from npspectral import Chain, Dense, ReLU, Sigmoid, Spectral, Tanh, mean_squared_error
from npspectral.analysis.spectral.pruning import mask_nodes, node_scores
from npspectral.analysis.spectral.teacher_student import (core_size, keep_nodes, loss_by_nodes_kept,
                                                          path_distance, path_products)

FIRST = {"dense": Dense(5, 7), "one set": Spectral(5, 7, lambda_in=0.0), "both": Spectral(5, 7)}


@pytest.fixture(params=FIRST)
def network(request):
    return Chain(FIRST[request.param], Sigmoid(), Dense(7, 3), Tanh(), Spectral(3, 2))


# The core

@pytest.mark.parametrize("scores, threshold, size", [
    ([1.0, 0.5, 0.25], 0.25, 3), ([1.0, 0.5, 0.25], 0.26, 2), ([4.0, 0.1, 0.2, 0.3], 0.05, 3),
    ([0.0, 0.0], 0.05, 0), ([1e-300], 1, 1), ([2.0, 2.0, 1.0], 1, 2)])
def test_core_has_the_nodes_from_the_threshold_on(scores, threshold, size):
    assert core_size(scores, threshold) == size


def test_core_does_not_depend_on_the_order_or_the_unit_of_the_scores(rng):
    scores = rng.exponential(size=50) ** 3
    assert 5 < core_size(scores) < 50
    assert core_size(scores) == core_size(rng.permutation(scores)) == core_size(scores / 1024)


# Fewer nodes

@pytest.mark.parametrize("n", [1, 4, 7])
def test_kept_nodes_are_those_of_the_largest_norm_whatever_else_there_is(network, rng, n):
    params, x = random_params(network, rng), random_array(rng, (6, 5))
    norms = [np.hypot.reduce(row) for row in network.layers[0].weight(params[0])]
    largest = np.isin(np.arange(7), np.argsort(norms)[-n:])
    masked = mask_nodes(network, params, (largest, np.ones(3, bool)))
    small, own = keep_nodes(network, params, n)
    assert [layer.n_out for layer in small.layers[::2]] == [n, 3, 2]
    assert_near(small.forward(own, x)[0], network.forward(masked, x)[0], 64)


def test_loss_by_nodes_kept_is_that_of_the_masked_network(network, rng):
    params, x, target = (random_params(network, rng), random_array(rng, (6, 5)),
                         random_array(rng, (6, 2)))
    order = np.argsort(node_scores(network, params, "norm")[0])
    for n, got in zip((7, 2, 5), loss_by_nodes_kept(network, params, x, target, mean_squared_error,
                                                    (7, 2, 5))):
        keep = np.isin(np.arange(7), order[-n:])
        y, _ = network.forward(mask_nodes(network, params, (keep, np.ones(3, bool))), x)
        assert_near(got, np.float64(np.mean((y - target) ** 2)), 256)


# Paths

def test_paths_are_products_of_single_weights(network, rng):
    params = random_params(network, rng)
    first, second = network.layers[0].weight(params[0]), params[2]["weight"]
    want = sorted(second[k, j] * first[j, i]
                  for i, j, k in itertools.product(range(5), range(7), range(3)))
    assert same_bits(path_products(network, params), np.array(want))


def test_paths_do_not_depend_on_the_order_of_nodes_or_a_factor_behind_relu(rng):
    network = Chain(Dense(5, 7, bias=False), ReLU(), Dense(7, 3))
    params, order = random_params(network, rng), rng.permutation(7)
    first, second, factor = params[0]["weight"], params[2]["weight"], 2.0 ** rng.integers(-3, 4, 7)
    other = ({"weight": (first * factor[:, None])[order]}, {},
             {**params[2], "weight": (second / factor)[:, order]})
    x = random_array(rng, (4, 5))
    assert_near(network.forward(other, x)[0], network.forward(params, x)[0], 64)
    assert same_bits(path_products(network, other), path_products(network, params))


def test_distance_of_paths():
    assert path_distance([1.0, -2.0, 3.0], [3.0, 1.0, -2.0]) == 0
    assert path_distance([0.0, 0.0, 0.0], [3.0, 1.0, -2.0]) == 1
    assert path_distance([2.0, -1.0], [-2.0, 2.0]) == 1 / 4         # sorted: -1, 2 and -2, 2
    assert path_distance([2.0, 4.0], [1.0, 2.0]) == 1
