"""Splits of a weight between eigenvalue and eigenvector: least penalty, and training to it."""
import numpy as np
import pytest
from conftest import assert_near, each, random_array, random_input, random_params, same_bits
from scipy.optimize import minimize

from npspectral import Chain, Dense, Nested, ReLU, Spectral, SpectralQR, Tanh, mean_squared_error
from npspectral.nn import L2, GroupLasso, to_dense, to_spectral, tree
from npspectral.nn.penalties import add_penalties

SIDES = {"node": ("lambda_out", 1), "input": ("lambda_in", 0)}
over = each(list(SIDES))


def dense(rng, sizes=(5, 3), **options):
    layer = Dense(*sizes, **options)
    return layer, random_params(layer, rng)


def penalty(params, over, on_lambda, on_phi):
    return (L2(on_lambda, SIDES[over][0])(params)[0] + L2(on_phi, "phi")(params)[0])


@pytest.mark.parametrize("strengths", [(1.0, 1.0), (0.1, 0.9), (2.0, 0.05)])
def test_split_has_the_least_penalty_that_a_search_finds(over, strengths, rng):
    layer, params = dense(rng)
    _, split = to_spectral(layer, params, over, *strengths)
    name, axis = SIDES[over]

    def moved(log_scales):
        scale = np.exp(log_scales)
        along = scale[:, None] if axis else scale
        return penalty({name: split[name] * scale, "phi": split["phi"] / along}, over, *strengths)

    found = minimize(moved, rng.uniform(-1, 1, split[name].shape), tol=1e-12)
    lasso, _ = GroupLasso(2 * np.sqrt(strengths[0] * strengths[1]).item(), "weight", layer,
                          -1 if axis else 0)(params)
    assert_near(penalty(split, over, *strengths), lasso, 64)
    assert found.fun >= lasso * (1 - 64 * 2.0 ** -53)
    assert np.abs(found.x).max() < 1e-4                     # flat there: the square root of 1e-8


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_split_realizes_the_same_weight_and_bias(over, dtype, rng):
    layer = Dense(5, 3)
    params = random_params(layer, rng, dtype)
    spectral, split = to_spectral(layer, params, over)
    assert_near(spectral.weight(split), params["weight"], 2, np.abs(params["weight"]))
    assert same_bits(split["bias"], params["bias"])
    assert {key: array.shape for key, array in split.items()} == spectral.shapes
    assert list(spectral.shapes) == [SIDES[over][0], "phi", "bias"]
    assert (spectral.lambda_in if over == "node" else spectral.lambda_out) == 0.0
    assert (split[SIDES[over][0]] > 0).all() and split["phi"].dtype == dtype
    back, again = to_dense(spectral, split)
    assert back == layer and same_bits(again["weight"], spectral.weight(split))


def test_zero_groups_stay_zero_and_small_ones_are_not_lost(over, rng):
    layer, params = dense(rng, (4, 4))
    weight = params["weight"] if over == "node" else params["weight"].T
    weight[0], weight[1] = 0, 1e-200
    spectral, split = to_spectral(layer, params, over)
    phi = split["phi"] if over == "node" else split["phi"].T
    assert split[SIDES[over][0]][0] == 0 and (phi[0] == 0).all()
    assert_near(spectral.weight(split), params["weight"], 2, np.abs(params["weight"]))
    grads = spectral.weight_backward(split, random_array(rng, (4, 4)))
    assert grads[SIDES[over][0]][0] == 0
    assert ((grads["phi"] if over == "node" else grads["phi"].T)[0] == 0).all()


def test_chains_are_converted_layer_by_layer(rng):
    network = Chain(Dense(5, 4), Tanh(), Chain(Spectral(4, 6), ReLU()), SpectralQR(6, 3, False))
    params, x = random_params(network, rng), random_input(network, rng)
    y, _ = network.forward(params, x)
    direct, own = to_dense(network, params)
    assert direct == Chain(Dense(5, 4), Tanh(), Chain(Dense(4, 6), ReLU()),
                           Dense(6, 3, False, ("weight",)))
    assert_near(direct.forward(own, x)[0], y, 256)
    for over in SIDES:
        spectral, split = to_spectral(network, params, over)
        assert [type(layer) for layer in spectral.layers] == [Spectral, Tanh, Chain, Spectral]
        assert_near(spectral.forward(split, x)[0], y, 256)


def test_what_was_frozen_stays_frozen(rng):
    for names, spectral, direct in [
            ((), (), ()), (("bias",), ("bias",), ("bias",)),
            (("weight",), ("lambda_out", "phi"), ("weight",))]:
        layer, params = dense(rng, trainable=names)
        converted, split = to_spectral(layer, params)
        assert converted.learned == spectral
        assert to_dense(converted, split)[0].learned == direct


def test_conversions_leave_the_parameters_alone(rng):
    layer, params = dense(rng)
    before = tree.copy(params)
    _, direct = to_dense(layer, params)
    _, split = to_spectral(layer, params)
    for array in tree.leaves((direct, split)):
        assert not any(np.shares_memory(array, own) for own in params.values())
        array[...] = 0
    assert same_bits(params, before)


# Training: spectral L2 ends where the group lasso has its minimum

def orthogonal_regression(axis, rng):
    """x with x^T x = n I, target = x B^T, and B (5, 4) with groups from small to large."""
    x = np.sqrt(12) * np.linalg.qr(rng.standard_normal((12, 4)))[0]
    weight = rng.standard_normal((5, 4))
    weight *= (np.expand_dims(np.geomspace(0.1, 3, 5 if axis else 4), axis)
               / np.linalg.norm(weight, axis=axis, keepdims=True))
    return x, x @ weight.T, weight


def test_training_with_spectral_l2_ends_at_the_optimum_of_the_group_lasso(over, rng):
    """With x^T x = n I and K outputs, min |W - B|^2 / K + c sum_g |W_g| shrinks each group g of B:
    W_g = max(0, 1 - c K / (2 |B_g|)) B_g, a node being a row and an input a column."""
    on_lambda, on_phi, (name, axis) = 0.1, 0.2, SIDES[over]
    x, target, best = orthogonal_regression(axis, rng)
    c, norms = 2 * np.sqrt(on_lambda * on_phi), np.linalg.norm(best, axis=axis, keepdims=True)
    optimum = np.maximum(0, 1 - c * 5 / (2 * norms)) * best
    assert (norms < c * 5 / 2).sum() >= 2 and (norms > c * 5 / 2).sum() >= 2
    layer = Spectral(4, 5, bias=False, **{"lambda_in" if axis else "lambda_out": 0.0})
    params = random_params(layer, rng)
    for _ in range(8000):
        y, residuals = layer.forward(params, x)
        grads, _ = layer.backward(params, residuals, mean_squared_error(y, target)[1],
                                  input_grad=False)
        add_penalties([L2(on_lambda, name), L2(on_phi, "phi")], params, grads)
        params = tree.map(lambda array, grad: array - 0.1 * grad, params, grads)
    assert_near(layer.weight(params), optimum, 64)
    split = (on_phi / on_lambda) ** 0.25 * np.sqrt(np.linalg.norm(optimum, axis=axis))
    assert_near(np.abs(params[name]), split, 64)


# Bad input

@pytest.mark.parametrize("arguments, message", [
    (("row",), "over is 'row', expected 'node' or 'input'"),
    (("node", 0.0), "on_lambda is 0.0, expected a finite number > 0"),
    (("node", 1.0, -1.0), "on_phi is -1.0, expected a finite number > 0"),
    (("node", 1.0, np.inf), "on_phi is inf"),
])
def test_bad_choices_are_refused(arguments, message, rng):
    with pytest.raises(ValueError, match=f"to_spectral: {message}"):
        to_spectral(*dense(rng), *arguments)


@pytest.mark.parametrize("convert", [to_spectral, to_dense])
def test_layers_that_do_not_fit_are_refused(convert, rng):
    with pytest.raises(TypeError, match=f"{convert.__name__}: layer is Nested.*expected one with"):
        convert(Nested((5, 3)), Nested((5, 3)).init(rng))
    with pytest.raises(ValueError, match=r"params of Dense\(5, 3\) has the shapes"):
        convert(Dense(5, 3), {"weight": np.ones((5, 3)), "bias": np.ones(3)})
    with pytest.raises(ValueError, match="params has 1 entries, expected one for each of 2 layers"):
        convert(Chain(Dense(5, 3), Tanh()), ({},))
