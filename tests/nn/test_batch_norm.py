"""Batch normalization and dropout: definitions by loops, the two forms, what each refuses."""
import re

import numpy as np
import pytest
from conftest import assert_near, random_array, random_input, random_params, same_bits

from npspectral import Chain, Dense, ReLU, Tanh, check_gradients
from npspectral.analysis.kernels import jacobian, tangent_kernel, tangent_kernel_by_definition
from npspectral.nn import (BatchNorm, Conv2D, Dropout, Residual, TrainingBatchNorm,
                           TrainingDropout, tree)
from npspectral.training import load, predict, save

SIZES = pytest.mark.parametrize("size, positions, channels", [
    (5, 1, 5), ((3, 2), 3, 2), ((2, 3, 4), 6, 4)])


def moments(x, positions, channels):
    """Mean and variance (divisor n) of each channel, number by number."""
    values = [[row[s * channels + k] for row in x for s in range(positions)]
              for k in range(channels)]
    means = [sum(one) / len(one) for one in values]
    return means, [sum((value - mean) ** 2 for value in one) / len(one)
                   for one, mean in zip(values, means)], len(values[0])


def normalized(x, params, mean, variance, eps, channels):
    """y, number by number; feature i belongs to channel i mod channels."""
    y = np.empty_like(x)
    for b, i in np.ndindex(x.shape):
        k = i % channels
        y[b, i] = (params["gain"][k] * (x[b, i] - mean[k]) / (variance[k] + eps) ** 0.5
                   + params["bias"][k])
    return y


@SIZES
def test_evaluation_normalizes_by_the_parameters(size, positions, channels, rng):
    layer = BatchNorm(size, eps=0.01)
    params, x = random_params(layer, rng), random_input(layer, rng)
    want = normalized(x, params, params["mean"], params["variance"], 0.01, channels)
    assert_near(layer.forward(params, x)[0], want, 16)


@SIZES
def test_training_normalizes_by_the_biased_variance_of_the_batch(size, positions, channels, rng):
    layer = BatchNorm(size, eps=0.01).in_training(rng)
    params, x = random_params(layer, rng), 3 * random_input(layer, rng) + 2
    mean, variance, _ = moments(x, positions, channels)
    want = normalized(x, params, mean, variance, 0.01, channels)
    assert_near(layer.forward(params, x)[0], want, 64)


@SIZES
@pytest.mark.parametrize("unbiased", [True, False])
def test_statistics_move_by_their_share(size, positions, channels, unbiased, rng):
    layer = BatchNorm(size, share=0.25, unbiased=unbiased).in_training(rng)
    params, x = random_params(layer, rng), random_input(layer, rng)
    before = tree.copy(params)
    mean, variance, n = moments(x, positions, channels)
    moved = layer.statistics(params, layer.forward(params, x)[1])
    divisor = n - 1 if unbiased else n
    for name, batch in (("mean", mean), ("variance", [n * v / divisor for v in variance])):
        want = [0.75 * old + 0.25 * new for old, new in zip(params[name], batch)]
        assert_near(moved[name], np.array(want), 64, 1)
    assert same_bits(params, before)


def test_statistics_of_batches_in_leading_axes_are_a_loop(rng):
    layer = TrainingBatchNorm((3, 2))
    params, x = random_params(layer, rng), random_input(layer, rng, leading=(3, 4))
    moved = layer.statistics(params, layer.forward(params, x)[1])
    for i, one in enumerate(x):
        want = layer.statistics(params, layer.forward(params, one)[1])
        for name in want:
            assert_near(moved[name][i], want[name], 8)


def test_batch_of_nothing_has_no_statistics(rng):
    layer = TrainingBatchNorm(3)
    params = layer.init(rng)
    _, residuals = layer.forward(params, np.ones((0, 3)))
    with pytest.raises(ValueError, match=r"TrainingBatchNorm\(3, 3\): a batch of no samples has"):
        layer.statistics(params, residuals)


def test_in_evaluation_with_the_moments_of_a_batch_y_is_that_of_training(rng):
    layer = BatchNorm((3, 2), share=1.0, unbiased=False)
    params, x = random_params(layer, rng), random_input(layer, rng)
    y, residuals = layer.in_training(rng).forward(params, x)
    moved = {**params, **layer.in_training(rng).statistics(params, residuals)}
    assert_near(layer.forward(moved, x)[0], y, 16)


def test_constant_channel_gives_its_bias_and_no_gradient_of_its_gain(rng):
    layer = TrainingBatchNorm(3)
    params, x = random_params(layer, rng), random_input(layer, rng)
    x[:, 1] = 0.75
    y, residuals = layer.forward(params, x)
    grads, grad_x = layer.backward(params, residuals, random_array(rng, y.shape))
    assert (y[:, 1] == params["bias"][1]).all() and grads["gain"][1] == 0
    assert np.isfinite(grad_x).all()
    assert layer.statistics(params, residuals)["variance"][1] == 0.9 * params["variance"][1]


def test_gradients_of_training_are_orthogonal_to_shifts_and_stretches_of_the_batch(rng):
    """y does not change if a channel is shifted, and without eps not if it is stretched."""
    layer = TrainingBatchNorm(3, eps=1e-30)
    params, x = random_params(layer, rng), random_input(layer, rng, leading=(9,))
    y, residuals = layer.forward(params, x)
    _, grad_x = layer.backward(params, residuals, random_array(rng, y.shape))
    assert np.abs(grad_x.sum(0)).max() < 1e-13 and np.abs((grad_x * x).sum(0)).max() < 1e-13
    assert np.abs(grad_x).max() > 0.1


def test_large_mean_costs_no_digits_of_the_variance(rng):
    x = random_array(rng, (50, 3))
    layer, params = TrainingBatchNorm(3, eps=1e-30), BatchNorm(3).init(rng)
    far = np.round(x * 2 ** 20) / 2 ** 20               # x + 2^20 is exact
    assert_near(layer.forward(params, far + 2.0 ** 20)[0], layer.forward(params, far)[0], 2 ** 23)


def test_moments_of_many_numbers_keep_the_digits_of_single_precision(rng):
    x = (random_array(rng, (500, 169 * 4)) + 5).astype(np.float32)
    layer = TrainingBatchNorm((169, 4))
    _, (*_, mean, variance) = layer.forward(layer.init(rng, np.float32), x)
    wide = x.astype(float).reshape(-1, 4)
    assert_near(mean.ravel(), wide.mean(0).astype(np.float32), 64)
    assert_near(variance.ravel(), wide.var(0).astype(np.float32), 64)


@pytest.mark.parametrize("size, n", [(3, 1), ((1, 3), 1)])
def test_one_value_of_a_channel_is_refused_in_training_alone(size, n, rng):
    layer, x = BatchNorm(size), np.ones((n, 3))
    params = layer.init(rng)
    layer.forward(params, x)
    with pytest.raises(ValueError, match=r"TrainingBatchNorm\(3, 3\): x has one value of each ch"):
        layer.in_training(rng).forward(params, x)
    BatchNorm((2, 3)).in_training(rng).forward(params, np.ones((1, 6)))


# Dropout

def test_dropout_is_the_identity_in_evaluation(rng):
    x = random_array(rng, (4, 5))
    y, residuals = Dropout(0.5).forward({}, x)
    assert same_bits(y, x) and same_bits(Dropout(0.5).backward({}, residuals, x)[1], x)


def test_dropout_keeps_and_enlarges_what_its_seed_says(rng):
    x = random_array(rng, (4, 5))
    layer = Dropout(0.25).in_training(np.random.default_rng(3))
    seed = int(np.random.default_rng(3).integers(2 ** 63))
    u = np.random.default_rng(seed).random((4, 5))
    y, _ = layer.forward({}, x)
    for b, i in np.ndindex(x.shape):
        assert y[b, i] == (0 if u[b, i] < 0.25 else x[b, i] * (1 / 0.75))
    assert layer == TrainingDropout(0.25, seed)
    assert layer != Dropout(0.25).in_training(np.random.default_rng(4))


def test_dropout_keeps_its_share_and_the_mean(rng):
    y, _ = TrainingDropout(0.3, 1).forward({}, np.ones((1000, 100)))
    assert abs((y == 0).mean() - 0.3) < 5 * (0.3 * 0.7 / 1e5) ** 0.5
    assert abs(y.mean() - 1) < 5 * (0.3 / 0.7 / 1e5) ** 0.5


def test_dropout_draws_the_same_mask_in_every_dtype_and_for_every_batch(rng):
    x = np.ones((2, 4, 5))
    y, _ = TrainingDropout(0.5, 1).forward({}, x)
    assert same_bits(y[0], y[1])
    for dtype in (np.float32, np.longdouble):
        assert (TrainingDropout(0.5, 1).forward({}, x.astype(dtype))[0] == y).all()


# The two forms of a network

NETWORK = Chain(Dense(6, 4, bias=False), BatchNorm(4), ReLU(), Dropout(0.5), Residual(
    Chain(Dense(4, 4, bias=False), BatchNorm(4), Dropout(0.25))),
    Chain(Dense(4, 2), Dropout(0.1)))


def test_every_part_of_a_network_goes_into_training(rng):
    form = NETWORK.in_training(np.random.default_rng(2))
    drawn = np.random.default_rng(2).integers(2 ** 63, size=3)
    a, b, c = (int(seed) for seed in drawn)
    assert form == Chain(
        NETWORK[0], TrainingBatchNorm(4), ReLU(), TrainingDropout(0.5, a), Residual(
            Chain(NETWORK[4].f[0], TrainingBatchNorm(4), TrainingDropout(0.25, b))),
        Chain(Dense(4, 2), TrainingDropout(0.1, c)))
    assert form.coupled and not NETWORK.coupled
    shapes = [tree.map(np.shape, network.init(rng)) for network in (form, NETWORK)]
    assert shapes[0] == shapes[1]
    assert form.in_training(rng) is form


def test_network_without_two_forms_is_itself_in_training():
    network = Chain(Dense(4, 3), Tanh(), Residual(Chain(Dense(3, 3))), Chain(Dense(3, 2)))
    assert network.in_training(None) is network
    form = Chain(BatchNorm(3)).in_training(None)                # draws nothing
    assert form.in_training(None) is form


def test_training_form_of_a_whole_network_has_right_gradients(rng):
    network = NETWORK.in_training(rng)
    params, x = random_params(network, rng), random_input(network, rng, leading=(7,))
    smooth = Chain(*(Tanh() if layer == ReLU() else layer for layer in network))
    assert check_gradients(smooth, params, x, rng=rng).ok


@pytest.mark.parametrize("scale", [1e-6, 1, 1e3])
def test_bias_that_a_batch_takes_away_is_no_alarm_but_its_wrong_gradient_is(scale, rng):
    class Wrong(Dense):
        def backward(self, params, residuals, grad_y, input_grad=True):
            grads, grad_x = super().backward(params, residuals, grad_y, input_grad)
            return {**grads, "bias": grads["bias"] + 1e-6 * grad_y[..., 0, :]}, grad_x

    x = scale * rng.standard_normal((60, 4))
    for dense in (Dense(4, 3), Wrong(4, 3)):
        network = Chain(dense, BatchNorm(3), Tanh(), Dense(3, 4)).in_training(rng)
        if type(dense) is Dense:
            assert check_gradients(network, network.init(rng), x, rng=rng).ok
        else:
            with pytest.raises(AssertionError, match="wrong: 0/bias"):
                check_gradients(network, network.init(rng), x, rng=rng)


def test_statistics_of_a_network_are_those_of_its_parts(rng):
    network = NETWORK.in_training(rng)
    params, x = random_params(network, rng), random_input(network, rng)
    _, residuals = network.forward(params, x)
    moved = network.statistics(params, residuals)
    assert [path for path, _ in tree.items(moved)] == [
        "1/mean", "1/variance", "4/1/mean", "4/1/variance"]
    after_dense = network[0].forward(params[0], x)[0]
    assert_near(moved[1]["mean"], 0.9 * params[1]["mean"] + 0.1 * after_dense.mean(0), 16)


REFUSING = [
    lambda network, params, x: jacobian(network, params, x),
    lambda network, params, x: tangent_kernel(network, params, x),
    lambda network, params, x: tangent_kernel_by_definition(network, params, x),
    lambda network, params, x: predict(network, params, x),
    lambda network, params, x: save("never.npz", network, params)]


@pytest.mark.parametrize("call", REFUSING)
@pytest.mark.parametrize("network, name", [
    (TrainingBatchNorm(4), "TrainingBatchNorm(4, 4)"),
    (Chain(Dense(4, 2), Chain(Dense(2, 3), TrainingBatchNorm(3))), "TrainingBatchNorm(3, 3)"),
    (Chain(Dense(4, 2), TrainingDropout(0.5, 1)), "TrainingDropout"),
    (Residual(Chain(Dense(4, 4), TrainingBatchNorm(4))), "Residual(4, 4)")])
def test_what_needs_samples_by_themselves_refuses_a_training_form(call, network, name, rng):
    with pytest.raises(ValueError, match=re.escape(name) + " couples the samples of a batch"):
        call(network, network.init(rng), random_input(network, rng))


def test_kernel_term_is_refused_by_name_in_training_and_right_in_evaluation(rng):
    with pytest.raises(AttributeError, match=r"TrainingBatchNorm\(3, 3\): a batch couples its sam"):
        TrainingBatchNorm(3).kernel_term
    network = Chain(Conv2D((4, 4, 1), 2, 3), BatchNorm((2, 2, 2)), Tanh(), Dense(8, 1))
    params, x = random_params(network, rng), random_input(network, rng)
    want = tangent_kernel_by_definition(network, params, x)
    assert_near(tangent_kernel(network, params, x), want, 64)


def test_checker_sees_that_samples_are_coupled_where_nothing_says_so(rng):
    class Silent(TrainingBatchNorm):
        coupled = False

    layer = Silent((2, 3))
    with pytest.raises(AssertionError, match="y of a sample changes with the other samples of its"):
        check_gradients(layer, random_params(layer, rng), random_input(layer, rng), rng=rng)


def test_file_holds_the_running_moments(rng, tmp_path):
    params = random_params(NETWORK, rng)
    save(tmp_path / "network.npz", NETWORK, params)
    network, record = load(tmp_path / "network.npz")
    assert network == NETWORK and same_bits(record.params, params)


@pytest.mark.parametrize("make, message", [
    (lambda: BatchNorm(0), "BatchNorm: size is 0, expected a positive integer"),
    (lambda: BatchNorm((3, 0)), "BatchNorm: size is 0, expected a positive integer"),
    (lambda: BatchNorm(()), r"BatchNorm: size is \(\), expected a positive integer"),
    (lambda: BatchNorm(3, eps=0), r"BatchNorm\(3, 3\): eps is 0, expected a finite number > 0"),
    (lambda: BatchNorm(3, share=1.5), r"BatchNorm\(3, 3\): share is 1.5, expected 0 < share <= 1"),
    (lambda: BatchNorm(3, unbiased=1), "unbiased is 1, expected True or False"),
    (lambda: BatchNorm(3, trainable=("mean",)), r"expected a tuple of names out of \('gain', 'b"),
    (lambda: Dropout(1.0), "Dropout: rate is 1.0, expected 0 <= rate < 1"),
    (lambda: Dropout("a"), "Dropout: rate is 'a', expected a finite number"),
    (lambda: TrainingDropout(0.5, -1), "TrainingDropout: seed is -1, expected an integer of at"),
    (lambda: Dropout(0.5).in_training(0), "Dropout: rng is 0, expected a numpy.random.Generator")])
def test_options_that_do_not_fit_are_refused(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()
