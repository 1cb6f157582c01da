"""The nested layer against its definition: Phi Lambda Phi^-1 by a general inverse."""
import numpy as np
import pytest
from conftest import (assert_near, each, random_array, random_input, random_params, refusals,
                      same_bits)

from npspectral import ELU, Identity, Nested, ReLU, Softplus, Tanh
from npspectral.nn import PUBLISHED_NESTED, Constant, Uniform

sizes = each([(5, 3), (5, 4, 3), (5, 4, 2, 3), (3, 6, 1, 4, 2), (1, 1, 1)])


def drawn(layer, rng, leading=(4,)):
    params, x = random_params(layer, rng), random_input(layer, rng, leading=leading)
    return params, x, random_array(rng, (*leading, layer.n_out))


# The definition: activities of all nodes, every one reached from all layers before it

def whole_eigenvectors(layer, params):
    ends = np.cumsum([0, *layer.sizes])
    matrix = np.eye(ends[-1], dtype=params["phi_1"].dtype)
    for k in range(1, len(layer.sizes)):
        matrix[ends[k]:ends[k + 1], ends[k - 1]:ends[k]] = params[f"phi_{k}"]
    return matrix, ends


def propagated(adjacency, ends, layer, params, x):
    """y by z_k = sum over all j < k of A_kj h_j, and the size of what is added up."""
    h, size = [x], [np.abs(x)]
    for k in range(1, len(layer.sizes)):
        rows = adjacency[ends[k]:ends[k + 1], :ends[k]]
        bias = params.get(f"bias_{k}", 0)
        z = np.concatenate(h, -1) @ rows.T + bias
        size.append(np.concatenate(size, -1) @ np.abs(rows).T + np.abs(bias))
        h.append(layer.activation.forward({}, z)[0] if k < layer.depth else z)
    return h[-1], size[-1]


@pytest.mark.parametrize("activation", [ReLU(), Tanh(), ELU(0.5), Identity(), Softplus()])
@pytest.mark.parametrize("bias", [True, False])
def test_network_is_phi_lambda_and_the_inverse_of_phi_over_all_nodes(sizes, bias, activation, rng):
    layer = Nested(sizes, activation, bias)
    params, x, _ = drawn(layer, rng)
    phi, ends = whole_eigenvectors(layer, params)
    eigenvalues = np.concatenate([params[f"lambda_{k}"] for k in range(len(sizes))])
    adjacency = phi @ np.diag(eigenvalues) @ np.linalg.inv(phi)
    y, size = propagated(adjacency, ends, layer, params, x)
    assert_near(layer.forward(params, x)[0], y, 256, size.max())


@pytest.mark.parametrize("shared, skip", [(False, True), (True, False), (False, False)])
def test_every_transfer_goes_through_the_inverse_of_phi_or_skips_nothing(sizes, shared, skip, rng):
    layer = Nested(sizes, Tanh(), shared=shared, skip=skip)
    params, x, _ = drawn(layer, rng)
    phi, ends = whole_eigenvectors(layer, params)
    transfers = np.zeros_like(phi)
    for k in range(1, len(sizes)):
        names = (f"lambda_{k - 1}", f"lambda_{k}") if shared else (f"lambda_in_{k}",
                                                                   f"lambda_out_{k}")
        gap = params[names[0]][None, :] - params[names[1]][:, None]
        transfers[ends[k]:ends[k + 1], ends[k - 1]:ends[k]] = gap * params[f"phi_{k}"]
    adjacency = transfers @ np.linalg.inv(phi) if skip else transfers
    y, size = propagated(adjacency, ends, layer, params, x)
    assert_near(layer.forward(params, x)[0], y, 256, size.max())


# First values

def test_parameters_and_their_count():
    assert Nested((5, 4, 3)).shapes == {
        "lambda_0": (5,), "lambda_1": (4,), "phi_1": (4, 5), "bias_1": (4,),
        "lambda_2": (3,), "phi_2": (3, 4), "bias_2": (3,)}
    assert list(Nested((5, 4, 3), shared=False, bias=False).shapes) == [
        "lambda_in_1", "lambda_out_1", "phi_1", "lambda_in_2", "lambda_out_2", "phi_2"]


def test_no_transfer_starts_at_zero(rng):
    for options in ({}, dict(shared=False), dict(skip=False)):
        layer = Nested((20, 30, 30, 10), **options)
        params = layer.init(rng)
        assert all((weight != 0).all() for weight in layer.weights(params))
        assert all(np.abs(params[name]).max() <= 1 for name in params if name.startswith("lambda"))


def test_sparcs_starts_as_a_linear_network_through_its_skip_blocks(rng):
    layer = Nested((5, 4, 6, 3), **PUBLISHED_NESTED["sparcs"])
    params, x = layer.init(rng), random_input(layer, rng)
    first, second, last = layer.weights(params)
    assert (first == 0).all() and (second == 0).all() and same_bits(last, -params["phi_3"])
    phis = [params[f"phi_{k}"] for k in (1, 2, 3)]
    assert_near(layer.forward(params, x)[0], -(x @ phis[0].T @ phis[1].T @ phis[2].T), 64)


def test_output_eigenvalues_are_those_of_the_output_alone(rng):
    for shared in (True, False):
        params = Nested((5, 4, 3), shared=shared, eigenvalues=Constant(0.5),
                        output_eigenvalues=Constant(2.0)).init(rng)
        values = {name: set(params[name]) for name in params if name.startswith("lambda")}
        assert values.pop("lambda_2" if shared else "lambda_out_2") == {2.0}
        assert all(value == {0.5} for value in values.values())


# Bad input

test_bad_arguments_are_refused = refusals(
    (ValueError, TypeError),
    (lambda: Nested(5), r"Nested: sizes is 5, expected \(n_in, \.\.\., n_out\)"),
    (lambda: Nested((5,)), r"Nested: sizes is \(5,\), expected \(n_in, \.\.\., n_out\)"),
    (lambda: Nested((5, 0, 3)), r"Nested: sizes is \(5, 0, 3\), expected positive integers"),
    (lambda: Nested((5, 4.0, 3)), "expected positive integers"),
    (lambda: Nested((5, True)), "expected positive integers"),
    (lambda: Nested((5, 4, 3), shared=1), "shared is 1, expected True or False"),
    (lambda: Nested((5, 4, 3), skip=None), "skip is None, expected True or False"))


def test_sizes_may_be_a_list_and_the_layer_stays_a_value():
    assert Nested([5, 4, 3]) == Nested((5, 4, 3)) and hash(Nested([5, 4, 3]))
    assert Nested((5, 4, 3)) != Nested((5, 4, 3), eigenvalues=Uniform(-0.5, 0.5))
