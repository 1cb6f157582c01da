"""Networks in the 1/h scaling: their formulas, the conserved quantity, starts, bad input."""
import numpy as np
import pytest
from conftest import assert_near, random_params, refusals

from npspectral import Chain, Dense, ReLU, Tanh
from npspectral.nn import FixedOrientations, OneHidden, ScaledDense, mean_field
from npspectral.nn.initializers import Chi, UnitRows


def one_hidden_by_hand(params, x, gain):
    """The formula, neuron by neuron."""
    d, h = x.shape[1], len(params["beta"])
    f = np.zeros(len(x))
    for n in range(h):
        for mu in range(len(x)):
            u = params["omega"][n] @ x[mu] / np.sqrt(d) + params["bias"][n]
            f[mu] += gain / h * params["beta"][n] * max(u, 0)
    return f[:, None]


@pytest.mark.parametrize("gain", [1.0, 2 ** 0.5])
def test_one_hidden_is_its_formula(rng, gain):
    net = OneHidden(3, 8, gain=gain)
    params, x = random_params(net, rng), rng.normal(size=(6, 3))
    y, _ = net.forward(params, x)
    assert_near(y, one_hidden_by_hand(params, x, gain), 30)


def test_widths_may_come_from_an_iterator():
    assert mean_field(3, iter((5, 4))) == mean_field(3, (5, 4))


def test_deep_mean_field_is_its_formula(rng):
    chain = mean_field(3, (5, 4), n_out=2, activation=Tanh(), gain=1.3)
    (w1, _, w2, _, w3), x = random_params(chain, rng), rng.normal(size=(6, 3))
    a = np.tanh(x @ w1["weight"].T / np.sqrt(3) + w1["bias"])
    a = np.tanh(1.3 * a @ w2["weight"].T / np.sqrt(5) + w2["bias"])
    assert "bias" not in w3
    assert_near(chain.forward((w1, {}, w2, {}, w3), x)[0], 1.3 / 4 * a @ w3["weight"].T, 60)


def test_fixed_orientations_start_as_gaussian_weights(rng):
    net = FixedOrientations(4, 50_000)
    params = net.init(rng)
    assert_near((params["orientation"] ** 2).sum(1), np.ones(50_000), 10)
    assert not params["bias"].any()
    weight = net.weight(params) * 2
    for moment, expected, deviation in ((1, 0, 1), (2, 1, 2 ** 0.5), (4, 3, 96 ** 0.5)):
        error = (weight ** moment).mean(0) - expected
        assert np.abs(error).max() < 5 * deviation / 50_000 ** 0.5, moment


def test_starts_are_of_order_one(rng):
    params = ScaledDense(200, 300, scale=0.1).init(rng, np.float32)
    assert params["weight"].dtype == np.float32
    assert abs(params["weight"].std() - 1) < 5 / (2 * 60_000) ** 0.5
    assert abs(params["bias"].std() - 1) < 5 / 600 ** 0.5
    signal = mean_field(50, (400, 400)).forward(
        mean_field(50, (400, 400)).init(rng), rng.normal(size=(100, 50)))[0]
    assert signal.shape == (100, 1)


def test_initializers(rng):
    rows = UnitRows()(rng, (5, 3), np.float32)
    assert rows.dtype == np.float32
    assert_near((rows.astype(float) ** 2).sum(1), np.ones(5), 2 ** 31)
    squares = Chi(3)(rng, (20_000,)) ** 2
    assert abs(squares.mean() - 3) < 5 * 6 ** 0.5 / 20_000 ** 0.5


test_bad_arguments_are_refused = refusals(
    ValueError,
    (lambda: OneHidden(3, 0), r"OneHidden: width is 0, expected a positive integer"),
    (lambda: OneHidden(3, 2.5), r"OneHidden: width is 2.5"),
    (lambda: OneHidden(3, True), r"OneHidden: width is True"),
    (lambda: OneHidden(3, 2, gain=float("nan")), r"OneHidden\(3, 1\): gain is nan"),
    (lambda: ScaledDense(3, 2, scale="big"), r"ScaledDense\(3, 2\): scale is 'big'"),
    (lambda: mean_field(3, ()), r"mean_field: widths is empty"),
    (lambda: Chain(OneHidden(3, 7), ReLU(), Dense(7, 1)), r"takes 7 features, .* gives 1"))
