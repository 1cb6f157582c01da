"""scripts/experiments/eigenvalue_training: counts, chosen weights, collapse, verdicts."""
import numpy as np
import pytest
from conftest import assert_near, random_array, random_input, random_params
from experiments.eigenvalue_training import parts
from experiments.eigenvalue_training.claims import checks
from tiny import failed

from npspectral import Adamax, Chain, Dense, Identity, Tanh, check_gradients
from npspectral.nn import tree
from npspectral.training import Step


WIDE, SMALL = (784, 2000, 200, 10), (784, 500, 80, 10)


@pytest.mark.parametrize(("arm", "sizes", "trainable", "shape"), [
    ("eigenvalues", WIDE, 5194, (2000, 784)), ("eigenvalues", SMALL, 1954, (500, 784)),
    ("anywhere", WIDE, 5194, (2000, 784)), ("anywhere", SMALL, 1954, (500, 784)),
    ("as_eigenvalues", SMALL, 1954, (500, 784)), ("late", SMALL, 1954, (500, 784)),
    ("random_features", SMALL, 1950, (195, 784)), ("narrow", SMALL, 2382, (3, 784)),
    ("everything", SMALL, 432_800, (500, 784)), ("linear", SMALL, 1954, (500, 784)),
    ("perceptron", SMALL, 7840, (10, 784))])
def test_every_arm_trains_as_many_parameters_as_it_says(arm, sizes, trainable, shape):
    network = parts.ARMS[arm].network(sizes, 0)
    params = network.init(np.random.default_rng(0), np.float32)
    assert tree.size(network.trainable_part(params)) == trainable
    assert params[0].get("phi", params[0].get("weight")).shape == shape
    if arm == "eigenvalues" and sizes == WIDE:
        assert tree.size(params) == 1_975_194
        assert [type(layer) for layer in network.layers[1::2]] == [Tanh, Tanh]
        assert all(np.abs(layer[name]).max() <= 0.5 for layer in params[::2]
                   for name in ("lambda_in", "lambda_out"))


@pytest.mark.parametrize(("arm", "counts"), [
    (parts.anywhere, [1769, 181, 4]), (parts.ARMS["as_eigenvalues"].network, [1284, 580, 90]),
    (parts.late, [0, 1154, 800])])
def test_weights_are_chosen_in_the_layers_that_the_arm_names(arm, counts):
    layers = arm(SMALL, 1).layers[::2]
    assert [tree.size(layer.trainable_part(layer.init(np.random.default_rng(0))))
            for layer in layers] == counts


def test_chosen_weights_are_a_dense_layer_with_all_but_count_gradients_struck_out(rng):
    layer, dense = parts.ChosenWeights(6, 4, 9, seed=3), Dense(6, 4, bias=False)
    params = random_params(layer, rng)
    x, grad_y = random_input(layer, rng), random_array(rng, (4, 4))
    weight, chosen = params["weight"].copy(), set()
    for k, (row, column) in enumerate(zip(*layer.places)):
        weight[row, column] += params["delta"][k]
        chosen.add((row, column))
    assert len(chosen) == 9

    y, residuals = layer.forward(params, x)
    want, wanted_residuals = dense.forward({"weight": weight}, x)
    assert_near(y, want)
    grads, grad_x = layer.backward(params, residuals, grad_y)
    full, wanted_grad_x = dense.backward({"weight": weight}, wanted_residuals, grad_y)
    assert_near(grads["delta"], full["weight"][layer.places])
    assert_near(grad_x, wanted_grad_x)
    assert check_gradients(layer, params, x, rng=rng).ok


def test_training_chosen_weights_moves_no_other(rng):
    network = parts.direct((6, 5, 3), (7, 0), seed=1)
    start = network.init(rng)
    step = Step(network, start, arms_loss, Adamax(0.1))
    step(random_array(rng, (8, 6)), random_array(rng, (8, 3)))
    moved = network.layers[0].forward(step.params[0], np.eye(6))[0] != start[0]["weight"].T
    assert moved.sum() == 7 and moved.T[network.layers[0].places].all()
    assert np.array_equal(step.params[2]["weight"], start[2]["weight"])


def arms_loss(y, target):
    return ((y - target) ** 2).sum() / 2, y - target


def test_seeds_choose_other_weights_and_the_same_seed_the_same():
    places = [parts.ChosenWeights(50, 40, 30, seed).places for seed in (0, 0, 1)]
    assert np.array_equal(places[0], places[1]) and not np.array_equal(places[0], places[2])


def test_linear_network_equals_its_matrix_and_a_missing_factor_is_caught(rng):
    network = parts.spectral((9, 7, 5, 3), 0, Identity())
    params = network.init(rng, np.float32)
    x, labels = random_input(network, rng, np.float32, (50,)), rng.integers(3, size=50)
    collapsed = parts.collapse(network, params, x, labels)
    assert collapsed["apart"] <= 1
    y = network.forward(tree.map(np.float64, params), x.astype(float))[0]
    assert collapsed["collapsed_accuracy"] == np.mean(y.argmax(1) == labels)
    bent = Chain(*network.layers[:3], Tanh(), *network.layers[4:])
    assert parts.collapse(bent, params, x, labels)["apart"] > 1000


def curves(test_accuracy, train_accuracy=0.9704):
    """Arrays of two seeds that ended alike."""
    return {"curves": np.tile([0.1, train_accuracy, 0.2, test_accuracy], (2, 30, 1)),
            "trainable": np.full(2, 5194), "parameters": np.full(2, 1_975_194)}


def test_verdicts_pass_what_is_claimed_and_fail_what_is_not():
    def failures(**changes):
        chosen = {"eigenvalues": curves(0.95), **{arm: curves(0.92) for arm in parts.AS_MANY}}
        rows = checks({f"mnist, {arm}": arrays for arm, arrays in (chosen | changes).items()})
        return [quantity for _, quantity in failed(rows)]

    assert failures() == []
    assert failures(eigenvalues=curves(0.9322)) == ["eigenvalues: test accuracy"]
    assert failures(late=curves(0.951)) == ["eigenvalues, both sets - weights near the output"]
    assert failures(eigenvalues=curves(0.95, 0.96)) == ["eigenvalues: training accuracy, epoch 30"]
    wrong = curves(0.95) | {"trainable": np.array([5194, 5195])}
    assert failures(eigenvalues=wrong) == ["eigenvalues: trainable parameters"]
