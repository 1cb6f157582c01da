"""Penalties against sums over single numbers, and through Spectral against the chain rule."""
import math

import numpy as np
import pytest
from conftest import PENALIZED, assert_near, locked, random_params, same_bits

from npspectral import Chain, Dense, Spectral, Tanh
from npspectral.nn import L1, L2, ElasticNet, GroupLasso, Orthonormal, tree
from npspectral.nn.penalties import add_penalties


def numbers(array):
    return [float(number) for number in array.ravel()]


DEFINITIONS = [
    (L1(0.3, "phi"), lambda w: 0.3 * math.fsum(abs(a) for a in numbers(w)),
     lambda a: 0.3 * math.copysign(1, a)),
    (L2(0.3, "phi"), lambda w: 0.3 * math.fsum(a * a for a in numbers(w)), lambda a: 0.6 * a),
    (ElasticNet(0.3, "phi", ratio=0.25),
     lambda w: 0.3 * math.fsum(0.25 * abs(a) + 0.75 * a * a for a in numbers(w)),
     lambda a: 0.3 * (0.25 * math.copysign(1, a) + 1.5 * a)),
]


@pytest.mark.parametrize("penalty, value, slope", DEFINITIONS)
def test_elementwise_penalties_are_their_definition(penalty, value, slope, rng):
    w = rng.standard_normal((3, 5))
    got, grads = penalty({"phi": w, "bias": rng.standard_normal(3)})
    assert_near(got, np.float64(value(w)), 16)
    assert list(grads) == ["phi"]
    assert_near(grads["phi"], np.vectorize(slope)(w), 8)


@pytest.mark.parametrize("axis", [-1, 0])
def test_group_lasso_is_the_sum_of_the_norms_of_its_groups(axis, rng):
    w = rng.standard_normal((3, 5))
    groups = w if axis == -1 else w.T
    norms = [math.sqrt(math.fsum(a * a for a in numbers(group))) for group in groups]
    value, grads = GroupLasso(0.3, "phi", axis=axis)({"phi": w})
    assert_near(value, np.float64(0.3 * math.fsum(norms)), 16)
    want = np.array([[0.3 * a / norm for a in group] for group, norm in zip(groups, norms)])
    assert_near(grads["phi"], want if axis == -1 else want.T.copy(), 16)


def test_strength_zero_adds_nothing(rng):
    value, grads = L2(0.0, "phi")({"phi": rng.standard_normal((3, 5))})
    assert value == 0 and (grads["phi"] == 0).all()


# Through the layer

def test_only_trainable_parameters_get_a_gradient_through_the_weight(rng):
    layer = Spectral(5, 3, trainable=("lambda_out", "bias"))
    value, grads = L2(0.5, "weight", layer)(random_params(layer, rng))
    assert value > 0 and list(grads) == ["lambda_out"]


def test_weight_of_a_dense_layer_is_the_same_with_and_without_the_network(rng):
    layer = Dense(5, 3)
    params = random_params(layer, rng)
    assert same_bits(L2(0.5, "weight", layer)(params), L2(0.5, "weight")(params))


# Which arrays a name means

NESTED = Chain(Dense(5, 4), Chain(Tanh(), Spectral(4, 3)))


@pytest.mark.parametrize("name, network, touched", [
    ("phi", None, {"0/phi", "3/phi"}),
    ("0/phi", None, {"0/phi"}),
    ("3/phi", None, {"3/phi"}),
    ("bias", None, {"0/bias", "2/bias", "3/bias"}),
    ("weight", None, {"2/weight"}),
    ("weight", PENALIZED, {"0/lambda_in", "0/lambda_out", "0/phi", "2/weight", "3/lambda_out",
                           "3/phi"}),
    ("2/weight", PENALIZED, {"2/weight"}),
    ("3/weight", PENALIZED, {"3/lambda_out", "3/phi"}),
    ("0/weight", (Dense(5, 4), Chain(Dense(4, 3))), {"0/weight"}),      # not of the nested layer 0
    ("1/1/phi", NESTED.layers, {"1/1/phi"}),
    ("1/1/weight", NESTED, {"1/1/lambda_in", "1/1/lambda_out", "1/1/phi"})])
def test_name_selects_parameters(name, network, touched, rng):
    """A tuple for the network: its layers' parameters, and a penalty that is not told of it."""
    layers = network if isinstance(network, tuple) else (network or PENALIZED).layers
    network = None if isinstance(network, tuple) else network
    _, grads = L2(0.5, name, network)(random_params(Chain(*layers), rng))
    assert {path for path, _ in tree.items(grads)} == touched


# Adding them up

def test_add_penalties_adds_values_and_gradients(rng):
    params, grads = random_params(PENALIZED, rng), random_params(PENALIZED, rng)
    before, penalties = tree.copy(grads), [L2(0.5, "phi"), L1(0.25, "bias"), L1(0.5, "0/phi")]
    arrays, params = tree.leaves(grads), tree.map(locked, params)
    total = add_penalties(penalties, params, grads)
    assert all(a is b for a, b in zip(tree.leaves(grads), arrays))          # in place
    assert total == sum(penalty(params)[0] for penalty in penalties)
    want = dict(tree.items(before))
    for penalty in penalties:
        for path, grad in tree.items(penalty(params)[1]):
            want[path] = want[path] + grad
    assert same_bits(dict(tree.items(grads)), want)


def test_frozen_parameter_adds_its_value_and_no_gradient(rng):
    params = random_params(Spectral(5, 3), rng)
    grads = {"bias": np.zeros(3)}
    assert add_penalties([L2(0.5, "phi")], params, grads) > 0
    assert same_bits(grads, {"bias": np.zeros(3)})


@pytest.mark.parametrize("part", [0.5, np.ones((1, 4)), np.ones(4)])
def test_gradient_of_a_penalty_that_would_only_broadcast_is_refused(part):
    params, grads = {"w": np.ones((3, 4))}, {"w": np.zeros((3, 4))}
    with pytest.raises(ValueError, match=r"gradient of w has shape .*, expected \(3, 4\)"):
        add_penalties([lambda params: (0.0, {"w": part})], params, grads)


# Where squares overflow or vanish

@pytest.mark.parametrize("dtype, size", [(np.float32, 1e-30), (np.float32, 1e30),
                                         (np.float64, 1e-200), (np.float64, 1e200)])
def test_group_lasso_has_a_slope_of_one_at_any_size(dtype, size):
    w = np.array([[3, 4], [0, 0], [5, 12]], dtype) * dtype(size)
    value, grads = GroupLasso(1.0, "w")({"w": w})
    want = np.array([[0.6, 0.8], [0, 0], [5 / 13, 12 / 13]], dtype)
    assert_near(value, dtype(18) * dtype(size), 8)
    assert_near(grads["w"], want, 8)
    assert value.dtype == grads["w"].dtype == dtype


@pytest.mark.parametrize("penalty", [L1, L2, ElasticNet, GroupLasso, Orthonormal])
def test_what_vanishes_in_a_penalty_raises_nothing_even_where_all_errors_do(penalty):
    params = {"w": np.array([[1e-200, 2e-170], [1e-310, 1e-3]])}
    want = penalty(1e-10, "w")(params)
    with np.errstate(all="raise"):
        assert same_bits(penalty(1e-10, "w")(params), want)
