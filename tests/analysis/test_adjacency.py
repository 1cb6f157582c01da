"""The full graph: its series against a general inverse, and against the networks it is of."""
import itertools

import numpy as np
import pytest
from conftest import assert_near, dyadic, each, random_input, random_params

from npspectral import Chain, Dense, Identity, Nested, ReLU, Spectral, SpectralQR, Tanh
from npspectral.analysis.spectral.eigensystem import (adjacency, block, decompose, eigenvectors,
                                                      inverse_eigenvectors, links, nested_graph,
                                                      transfer)

sizes = each([(5, 3), (5, 4, 3), (5, 4, 2, 3), (3, 6, 1, 4, 2), (1, 1)])


def drawn(sizes, rng):
    """Dyadic blocks of Phi and different eigenvalues of all nodes."""
    blocks = [dyadic(rng, (after, before)) for before, after in zip(sizes, sizes[1:])]
    return blocks, rng.permutation(sum(sizes)) / 4 - 1


# Phi, its inverse and A

def test_eigenvectors_are_the_identity_with_the_blocks_below_its_diagonal(rng):
    blocks, _ = drawn((2, 3, 1), rng)
    want = np.block([[np.eye(2), np.zeros((2, 3)), np.zeros((2, 1))],
                     [blocks[0], np.eye(3), np.zeros((3, 1))],
                     [np.zeros((1, 2)), blocks[1], np.eye(1)]])
    assert (eigenvectors(blocks) == want).all()


def test_series_is_the_inverse_exactly_on_dyadic_input(sizes, rng):
    blocks, _ = drawn(sizes, rng)
    assert (eigenvectors(blocks) @ inverse_eigenvectors(blocks) == np.eye(sum(sizes))).all()


def test_adjacency_is_phi_lambda_and_the_general_inverse_of_phi(sizes, rng):
    blocks, eigenvalues = drawn(sizes, rng)
    phi = eigenvectors(blocks)
    matrix = adjacency(blocks, eigenvalues)
    size = np.abs(phi * eigenvalues) @ np.abs(np.linalg.inv(phi))
    assert_near(matrix, phi @ np.diag(eigenvalues) @ np.linalg.inv(phi), 256, size.max())
    assert (matrix @ phi == phi * eigenvalues).all()        # columns of Phi are eigenvectors
    assert (np.diag(matrix) == eigenvalues).all() and not np.triu(matrix, 1).any()


def test_blocks_of_two_transfers_are_those_of_the_paper(rng):
    sizes = (5, 4, 3)
    (phi1, phi2), eigenvalues = drawn(sizes, rng)
    l1, l2, l3 = map(np.diag, np.split(eigenvalues, [5, 9]))
    matrix = adjacency((phi1, phi2), eigenvalues)
    assert (block(matrix, sizes, 1, 0) == phi1 @ l1 - l2 @ phi1).all()
    assert (block(matrix, sizes, 2, 1) == phi2 @ l2 - l3 @ phi2).all()
    assert (block(matrix, sizes, 2, 0) == (l3 @ phi2 - phi2 @ l2) @ phi1).all()


@pytest.mark.parametrize("dtype", [int, np.int8, np.uint8])
def test_blocks_of_integers_are_taken_as_the_numbers_that_they_are(dtype):
    blocks = np.array([[1, 2], [30, 40]], dtype), np.array([[50, 60]], dtype)
    floats = tuple(phi.astype(float) for phi in blocks)
    eigenvalues = np.arange(5)
    for function in (eigenvectors, inverse_eigenvectors):
        assert (function(blocks) == function(floats)).all()
    matrix = adjacency(blocks, eigenvalues)
    assert (matrix == adjacency(floats, eigenvalues)).all()
    found, own = decompose(matrix.astype(int), (2, 2, 1))
    assert (own == eigenvalues).all() and all(map(np.array_equal, found, floats))


@pytest.mark.parametrize("first, second", [(int, float), (float, complex), (np.float32, float)])
def test_the_first_block_does_not_round_the_others(first, second):
    blocks = np.ones((2, 2), first), np.full((1, 2), 1 / 3, second)
    for matrix in (eigenvectors(blocks), -inverse_eigenvectors((blocks[0] * 0, blocks[1]))):
        assert (matrix[4:, 2:4] == blocks[1]).all()


def test_single_precision_stays_single(rng):
    blocks = [part.astype(np.float32) for part in drawn((5, 4, 3), rng)[0]]
    matrix = adjacency(blocks, np.ones(12, np.float32))
    assert matrix.dtype == inverse_eigenvectors(blocks).dtype == np.float32


# Back from A

def test_decomposition_gives_back_what_made_the_matrix(sizes, rng):
    blocks, eigenvalues = drawn(sizes, rng)
    matrix = adjacency(blocks, eigenvalues)
    found, values = decompose(matrix, sizes)
    assert (values == eigenvalues).all() and len(found) == len(blocks)
    for got, want in zip(found, blocks):
        assert_near(got, want, 2, np.abs(want))             # a division of an exact product


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_decomposition_takes_a_matrix_with_rounding(dtype, rng):
    for trial in range(50):
        layer = Nested((6, 20, 10, 3))
        params = random_params(layer, rng, dtype)
        blocks, eigenvalues = decompose(nested_graph(layer, params), layer.sizes)
        assert (eigenvalues == np.concatenate([params[f"lambda_{k}"] for k in range(4)])).all()
        gap = np.abs(eigenvalues - eigenvalues[:, None])
        for k in (1, 2, 3):
            near = block(gap, layer.sizes, k, k - 1)
            size = np.abs(params[f"phi_{k}"]) * (1 + 2 * np.abs(eigenvalues).max() / near)
            assert_near(blocks[k - 1], params[f"phi_{k}"], 4, size)


def test_decomposition_refuses_equal_eigenvalues(rng):
    blocks, eigenvalues = drawn((5, 4, 3), rng)
    eigenvalues[6] = eigenvalues[2]
    with pytest.raises(ValueError, match="node 2 of layer 0 and node 1 of layer 1 have equal"):
        decompose(adjacency(blocks, eigenvalues), (5, 4, 3))


def test_eigenvalues_within_a_layer_and_two_layers_apart_may_be_equal(rng):
    blocks, _ = drawn((5, 4, 3), rng)
    eigenvalues = np.repeat([1.0, 0.5, 1.0], [5, 4, 3])
    found, _ = decompose(adjacency(blocks, eigenvalues), (5, 4, 3))
    assert (found[0] == blocks[0]).all() and (found[1] == blocks[1]).all()


@pytest.mark.parametrize("node, other", [(11, 0), (0, 11), (1, 0), (6, 1), (6, 5), (11, 4)])
def test_decomposition_refuses_a_matrix_that_is_not_of_the_block_structure(node, other, rng):
    blocks, eigenvalues = drawn((5, 4, 3), rng)
    matrix = adjacency(blocks, eigenvalues)
    matrix[node, other] += 1e-9
    with pytest.raises(ValueError, match=r"no eigenvectors of the block structure \(5, 4, 3\)"):
        decompose(matrix, (5, 4, 3))


# Spectral, direct and full: three forms of one network

def test_links_hold_every_weight_of_a_chain_and_nothing_else(rng):
    network = Chain(Spectral(5, 4), Tanh(), Chain(Dense(4, 6), Identity()), SpectralQR(6, 3))
    params = random_params(network, rng)
    matrix, sizes = links(network, params)
    assert (block(matrix, sizes, 1, 0) == network.layers[0].weight(params[0])).all()
    assert (block(matrix, sizes, 2, 1) == params[2][0]["weight"]).all()
    assert (block(matrix, sizes, 3, 2) == network.layers[3].weight(params[3])).all()
    for k, j in itertools.product(range(4), repeat=2):
        assert k == j + 1 or not block(matrix, sizes, k, j).any()


@pytest.mark.parametrize("make", [lambda n_in, n_out: Spectral(n_in, n_out, bias=False),
                                  lambda n_in, n_out: Spectral(n_in, n_out, False, lambda_in=0.5),
                                  lambda n_in, n_out: SpectralQR(n_in, n_out, bias=False)])
def test_state_of_all_nodes_goes_through_one_matrix_per_transfer(make, rng):
    sizes = (5, 4, 3)
    layers = [make(5, 4), make(4, 3)]
    network = Chain(layers[0], Tanh(), layers[1])
    params, x = random_params(network, rng), random_input(network, rng)
    state = np.concatenate([x, np.zeros((4, 7))], 1)
    state = state @ transfer(layers[0], params[0], sizes, 1).T
    assert_near(state[:, :5], x * layers[0].eigenvalues(params[0])[0], 2)
    state[:, 5:9] = np.tanh(state[:, 5:9])
    state = state @ transfer(layers[1], params[2], sizes, 2).T
    assert_near(state[:, 9:], network.forward(params, x)[0], 256)


def test_transfer_alone_is_phi_lambda_and_two_minus_phi(rng):
    layer = Spectral(5, 3)
    params = {name: dyadic(rng, shape) for name, shape in layer.shapes.items()}
    eigenvalues = np.concatenate([params["lambda_in"], params["lambda_out"]])
    assert (transfer(layer, params) == adjacency([params["phi"]], eigenvalues)).all()


def test_nodes_outside_a_transfer_keep_what_they_hold(rng):
    layer, sizes = Spectral(4, 3), (5, 4, 3, 2)
    matrix = transfer(layer, random_params(layer, rng), sizes, 2)
    outside = [*range(5), 12, 13]
    assert (matrix[outside] == np.eye(14)[outside]).all()
    assert (matrix[:, outside] == np.eye(14)[:, outside]).all()


# Nested layers

def propagated(matrix, sizes, layer, params, x):
    h, ends = [x], np.cumsum([0, *sizes])
    for k in range(1, len(sizes)):
        z = np.concatenate(h, 1) @ matrix[ends[k]:ends[k + 1], :ends[k]].T + params[f"bias_{k}"]
        h.append(layer.activation.forward({}, z)[0] if k < layer.depth else z)
    return h[-1]


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("skip", [True, False])
def test_links_of_a_nested_layer_carry_its_input_to_its_output(skip, shared, rng):
    layer = Nested((5, 4, 2, 3), ReLU(), shared=shared, skip=skip)
    params, x = random_params(layer, rng), random_input(layer, rng)
    matrix, sizes = links(layer, params)
    assert sizes == layer.sizes
    assert bool(block(matrix, sizes, 3, 0).any()) is skip
    assert_near(propagated(matrix, sizes, layer, params, x), layer.forward(params, x)[0], 1024)


def test_graph_of_a_nested_layer_is_its_links_and_its_eigenvalues(rng):
    layer = Nested((5, 4, 2, 3))
    params = {name: dyadic(rng, shape) for name, shape in layer.shapes.items()}
    matrix, _ = links(layer, params)
    eigenvalues = np.concatenate([params[f"lambda_{k}"] for k in range(4)])
    assert (nested_graph(layer, params) == matrix + np.diag(eigenvalues)).all()
