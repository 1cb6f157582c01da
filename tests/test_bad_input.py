"""Bad input is refused at the edge: the message names the argument, what came, what was expected.

Two tables. Every line is a call and a regular expression that the text of its error matches.
"""

import numpy as np
import pytest
from conftest import assert_near, refusals

from npspectral import (ELU, SGD, Adam, Adamax, Chain, Dense, LeakyReLU, ReLU, Sigmoid, Softplus,
                        Spectral, Tanh, binary_cross_entropy_with_logits, check_gradients, fit,
                        hinge, mean_squared_error, quadratic_hinge, soft_hinge,
                        softmax_cross_entropy)
from npspectral.analysis.spectral.relevance import (input_relevance, keep_top, node_relevance,
                                                    top_mask)
from npspectral.nn import L1, L2, ElasticNet, GroupLasso, Uniform, tree
from npspectral.training import Step, accuracy, evaluate, predict

squares, softmax, binary = (mean_squared_error, softmax_cross_entropy,
                            binary_cross_entropy_with_logits)
RNG = np.random.default_rng(0)
LAYER, DENSE = Spectral(4, 3), Dense(4, 3)
P, D = LAYER.init(RNG), DENSE.init(RNG)
NET = Chain(Dense(4, 3), Tanh(), Spectral(3, 2))
N = NET.init(RNG)
X = RNG.standard_normal((5, 4))
Y = RNG.standard_normal((5, 3))
SIGNS = np.sign(Y)
LABELS = np.array([0, 1, 2, 1, 0])
NAN = np.where(np.arange(20).reshape(5, 4) == 9, np.nan, X)


def forward(x, layer=LAYER, params=P):
    return lambda: layer.forward(params, x)


def backward(grad_y, layer=LAYER, params=P, x=X):
    return lambda: layer.backward(params, layer.forward(params, x)[1], grad_y)


def train(network=NET, start=N, x=X, target=Y[:, :2], steps=0, **options):
    """Takes as many records as `steps`: by default the call itself has to refuse."""
    options = {"loss": mean_squared_error, "optimizer": Adam(), "batch_size": 2, "epochs": 1,
               "rng": np.random.default_rng(0), **options}

    def call():
        records = fit(network, start, x, target, **options)
        for _ in range(steps):
            next(records)
    return call


class Matrix(np.ndarray):
    """A subclass of ndarray, as np.matrix is one."""


MASKED = np.ma.array(X, mask=X > 0)
BIG_ENDIAN = X.astype(">f8")

test_bad_values_are_refused = refusals(
    ValueError,
    # sizes and names of layers
    (lambda: Dense(4, 3, trainable=None), r"Dense\(4, 3\): trainable is None, expected"),
    (lambda: Spectral(4, 3, lambda_in="1"), r"lambda_in is '1', expected"),
    (lambda: Spectral(4, 3, lambda_out=np.nan), r"lambda_out is nan, expected"),
    (lambda: Softplus(0.0), r"sharpness is 0.0, expected"),
    (lambda: LeakyReLU(np.nan), r"slope is nan, expected"),
    (lambda: ELU("1"), r"alpha is '1', expected"),
    # chains
    (lambda: Chain(Dense(4, 3), Tanh(), Dense(5, 2)),
     r"Chain: Dense\(5, 2\) at position 2 takes 5 features, Dense\(4, 3\) before it gives 3"),
    (lambda: Chain(Dense(4, 3), Chain(Tanh(), Dense(5, 2))),
     r"Chain\(5, 2\) at position 1 takes 5 features, Dense\(4, 3\) before"),
    (forward(X, NET, (*N, {})), r"params has 4 entries, expected"),
    # initialization
    (lambda: Uniform(1.0, -1.0)(RNG, (3,)), r"high - low < 0"),
    # x
    (forward(np.array(1.0)), r"x has shape \(\), expected \(..., batch"),
    # params
    (forward(X, ReLU(), D), r"ReLU: params has the names"),
    # grad_y
    (backward(X[:1], Tanh(), {}), r"Tanh: grad_y has shape \(1, 4\), expected \(..., 5, 4\)"),
    (backward(Y, DENSE, D, np.stack([X, X])), r"grad_y has shape \(5, 3\), expected \(.*2, 5, 3\)"),
    # losses
    (lambda: squares(Y, Y, "none"),
     r"mean_squared_error: reduction is 'none', expected 'mean' or 'sum'"),
    (lambda: squares(Y[0], Y[0]), r"y has shape \(3,\), expected \(..., batch, K\)"),
    (lambda: squares(Y[:, :0], Y[:, :0]), r"y has shape \(5, 0\), expected .* K >= 1"),
    (lambda: squares(Y, Y[:, :1]), r"target has shape \(5, 1\), expected y's \(5, 3\)"),
    (lambda: softmax(Y, LABELS + 1), r"labels run from 1 to 3, expected 0 to 2"),
    (lambda: softmax(Y, LABELS - 1), r"labels run from -1 to 1, expected 0 to 2"),
    (lambda: softmax(Y, LABELS[:, None]), r"target has shape \(5, 1\), expected \(5,\) labels"),
    (lambda: softmax(Y, LABELS.astype(float)), r"target has shape \(5,\), expected y's \(5, 3\)"),
    (lambda: softmax(Y, LABELS[:4]), r"target has shape \(4,\), expected \(5,\) labels"),
    (lambda: softmax(Y, np.full((5, 3), 0.3)), r"a row of target is no probability distribution"),
    (lambda: softmax(Y, np.array([[1.5, -0.5, 0]] * 5)),
     r"no probability distribution: expected entries >= 0"),
    (lambda: softmax(Y, np.full((5, 3), np.nan)), r"no probability distribution"),
    (lambda: binary(Y, np.full((5, 3), 2.0)),
     r"target runs from 2.0 to 2.0, expected numbers from 0 to 1"),
    (lambda: binary(Y, -np.ones((5, 3))),
     r"target runs from -1.0 to -1.0, expected numbers from 0 to 1"),
    (lambda: binary(Y, Y * np.nan), r"target runs from nan to nan, expected"),
    (lambda: hinge(Y, 0 * Y), r"hinge: target holds 0.0, expected -1 or \+1"),
    (lambda: soft_hinge(Y, 2 * SIGNS), r"soft_hinge: target holds -?2.0, expected -1 or \+1"),
    (lambda: quadratic_hinge(Y, Y * np.nan),
     r"quadratic_hinge: target holds nan, expected -1 or \+1"),
    (lambda: soft_hinge(Y, SIGNS, sharpness=0.0), r"soft_hinge: sharpness is 0.0, expected"),
    (lambda: hinge(Y, SIGNS, weights=-np.ones(5)), r"hinge: weights .*no entry below 0"),
    (lambda: hinge(Y, SIGNS, weights=np.full(5, np.nan)), r"weights"),
    (lambda: hinge(Y, SIGNS, weights=np.array([1, np.inf, 1, 1, 1])), r"weights"),
    (lambda: hinge(Y, SIGNS, weights=np.ones((5, 1))),
     r"weights has shape \(5, 1\), expected \(5,\)"),
    (lambda: hinge(Y, SIGNS, weights=np.zeros(5)), r"the weights sum to 0.0, expected more than 0"),
    # penalties
    (lambda: L2(-1.0, "phi"), r"L2: strength is -1.0, expected a number >= 0"),
    (lambda: L1(np.nan, "phi"), r"L1: strength is nan, expected"),
    (lambda: ElasticNet(1.0, "phi", ratio=1.5),
     r"ElasticNet: ratio is 1.5, expected a number from 0 to 1"),
    (lambda: GroupLasso(1.0, "phi", axis=1), r"GroupLasso: axis is 1, expected 0 or -1"),
    (lambda: L2(1.0, "kernel")(N), r"L2: no parameter 'kernel' among \['0/weight', "),
    (lambda: L2(1.0, "in")(N), r"no parameter 'in' among .*'2/lambda_in'"),
    (lambda: L2(1.0, "weight")(P), r"no parameter 'weight' .* needs network="),
    (lambda: L2(1.0, "9/weight", NET)(N), r"no parameter '9/weight'"),
    (lambda: L2(1.0, "weight", Chain())(()), r"no parameter 'weight' among"),
    (lambda: GroupLasso(1.0, "bias")(P), r"GroupLasso: 'bias' has shape \(3,\), expected a matrix"),
    (lambda: L2(1.0, "weight", Chain(Dense(4, 3)))(N), r"network is Chain.* 3 "),
    (lambda: L2(1.0, "weight", Dense(4, 3))(N), r"network is Dense.*, exp"),
    # checker
    (lambda: check_gradients(Tanh(), {}, X[:0]), r"Tanh: nothing to check, x has shape \(0, 4\)"),
    (lambda: check_gradients(LAYER, P, X[:, :3]), r"x has 3 features, expected 4"),
    # trees
    (lambda: tree.unravel(np.zeros(3), P), r"unravel: theta has shape \(3,\), expected \(22,\)"),
    (lambda: tree.unravel(np.zeros((22, 1)), P),
     r"unravel: theta has shape \(22, 1\), expected \(22,\)"),
    # optimizers
    (lambda: SGD(0.0), r"SGD: learning_rate is 0.0, expected > 0"),
    (lambda: Adamax(np.nan), r"Adamax: learning_rate is nan, exp"),
    (lambda: SGD(np.inf), r"SGD: learning_rate is inf, exp"),
    (lambda: SGD("0.1"), r"SGD: learning_rate is '0.1', expected"),
    (lambda: SGD(0.1, momentum=1.0), r"SGD: momentum is 1.0, expected 0 <= momentum < 1"),
    (lambda: Adam(beta1=1.0), r"Adam: beta1 is 1.0, expected 0 <= beta1 < 1"),
    (lambda: Adamax(beta2=-0.1), r"Adamax: beta2 is -0.1, expected"),
    (lambda: Adam(eps=-1e-8), r"Adam: eps is -1e-08, expected >= 0"),
    (lambda: SGD(0.1, decay=-1.0), r"SGD: decay is -1.0, expected >="),
    (lambda: SGD(0.1).step({"phi": np.ones((3, 4))}, {"phi": np.ones((4, 3))}, {}),
     r"a gradient has shape \(4, 3\), its parameter .*\(3, 4\)"),
    (lambda: Adam().step(P, {"phi": np.ones((3, 1))}, Adam().init(P)),
     r"a gradient has shape \(3, 1\)"),
    (lambda: Adam().step(P, {"psi": np.ones(3)}, Adam().init(P)), r"'psi' is not among .*'phi'"),
    (lambda: Adam().step(N, N[:1], Adam().init(N)), r"shorter|longer|1 .*3|3 .*1"),
    (lambda: SGD(0.1, momentum=0.9).step(P, P, SGD(0.1).init(P)),
     r"SGD: state is \[\], expected \['velocity'\]"),
    (lambda: Adamax().step(P, P, None), r"Adamax: state is NoneType, expected \['m', 't', 'u'\]"),
    (lambda: Adam(True), r"Adam: learning_rate is True, expected > 0"),
    (lambda: Adamax().init(({}, {"w": np.broadcast_to(1.0, 3)})),
     r"Adamax: 1/w is read-only, expected an array to update"),
    (lambda: Adam().init(({"w": X}, {"w": X})),
     r"Adam: 0/w and 1/w share memory, expected arrays of their own"),
    (lambda: SGD(0.1).init({"a": X[:3], "b": X[2:]}), r"SGD: a and b share memory"),
    # fit
    (train(x=NAN), r"fit: x\[2, 1\] is nan, expected finite"),
    (train(target=NAN[:, :2]), r"fit: target\[2, 1\] is nan, expected finite numbers"),
    (train(start=({**N[0], "bias": np.array([0, np.nan, 0])}, {}, N[2])),
     r"fit: 0/bias\[1\] is nan, expected finite numbers"),
    (train(validation=(NAN, Y[:, :2])),
     r"fit: validation: x\[2, 1\] is nan, expected finite numbers"),
    (train(validation=(np.zeros((5, 9)), Y[:, :2])), r"x has 9 features, expected 4"),
    (train(x=np.zeros((5, 9))), r"x has 9 features, expected"),
    (train(x=X[None]), r"fit: x has shape \(1, 5, 4\), expected"),
    (train(x=X[:0], target=Y[:0]), r"fit: x has shape \(0, 4\), expected \(n, n_in\) with n >= 1"),
    (train(target=Y[:4, :2]), r"fit: target has shape \(4, 2\), expected 5 rows as x"),
    (train(target=Y), r"target has shape \(2, 3\), expected y's"),
    (train(batch_size=0), r"fit: batch_size is 0, expected a positive integer"),
    (train(epochs=-3), r"fit: epochs is -3, expected"),
    (train(Dense(4, 2, trainable=()), Dense(4, 2).init(RNG)),
     r"Dense\(4, 2\): nothing is trainable"),
    (train(start=(N[0],)), r"params has 1 entries, expected one for each of 3 layers"),
    (lambda: Step(Tanh(), {}, mean_squared_error, SGD(0.1)), r"Tanh: nothing is trainable"),
    # prediction and metrics
    (lambda: evaluate(NET, N, NAN, Y[:, :2]), r"evaluate: x\[2, 1\] is nan"),
    (lambda: evaluate(NET, N, X[:0], Y[:0, :2]), r"evaluate: x has shape \(0, 4\), expected"),
    (lambda: predict(NET, N, X, 0), r"batch_size is 0, expected a positive integer"),
    (lambda: accuracy(Y[:0], LABELS[:0]), r"an empty batch has no"),
    (lambda: accuracy(Y, LABELS[:4]),
     r"target has shape \(4,\), expected \(5, 3\) or labels \(5,\)"),
    (lambda: accuracy(Y[:, :1], LABELS), r"target has shape \(5,\), expected \(5, 1\)$"),
    # relevance
    (lambda: node_relevance(LAYER, Spectral(7, 5).init(RNG)), r"shape"),
    (lambda: input_relevance(Spectral(4, 3, lambda_out=0.0), {
        name: P[name] for name in ("lambda_in", "phi", "bias")}, "norm"),
     r"score is 'norm', expected 'product' or 'eigenvalue'"),
    (lambda: top_mask([1.0, 2.0], 3), r"n is 3, expected an integer, 0 to 2"),
    (lambda: top_mask([1.0], -1), r"n is -1, expected an integer"),
    (lambda: keep_top(X, np.ones(3), 2), r"keep_top: scores has shape \(3,\), expected \(4,\)"))


test_bad_types_are_refused = refusals(
    TypeError,
    # chains
    (lambda: Chain([Dense(4, 3), Tanh()]), r"Chain: argument 0 is \[.*\], expected a layer"),
    (lambda: Chain(Dense(4, 3), Tanh), r"Chain: argument 1 is <class .*Tanh'>, expected a layer"),
    (forward(X, NET, list(N)), r"params is (a )?list, expected a tuple"),
    # initialization
    (lambda: LAYER.init(np.random.RandomState(0)),
     r"rng is RandomState.*, expected a numpy.random.Generator"),
    (lambda: LAYER.init(RNG, ">f4"), r"dtype is >f4, expected"),
    # x
    (forward(BIG_ENDIAN), r"x has dtype >f8, expected a native"),
    (forward(X.view(Matrix)), r"x is Matrix, expected a numpy.ndarray"),
    (forward(MASKED), r"x is MaskedArray, expected a numpy.ndarray"),
    (forward(X.astype(np.complex64)), r"lambda_in has dtype float64 and x has complex64, expected"),
    (forward([[1.0]], ReLU(), {}), r"ReLU: x is list, expected a numpy.ndarray"),
    (forward(np.ones((2, 2), int), Tanh(), {}), r"Tanh: x has dtype int64, expected"),
    # losses
    (lambda: hinge(Y.tolist(), SIGNS), r"hinge: y is list, expected"),
    (lambda: squares(Y, np.ones((5, 3), int)), r"target has dtype int64, expected"),
    (lambda: squares(Y, Y.astype(np.float32)),
     r"target has dtype float32 and y has float64, expected one precision"),
    (lambda: softmax(Y, LABELS > 0), r"dtype bool"),
    (lambda: softmax(Y, np.ma.array(LABELS, mask=LABELS > 1)), r"target is MaskedArray, expected"),
    (lambda: hinge(Y, SIGNS, weights=[1.0] * 5), r"weights is list, expected a numpy.ndarray"),
    (lambda: hinge(Y, SIGNS, weights=np.ones(5, np.float32)),
     r"weights has dtype float32 and y has float64, expected one precision"),
    # checker
    (lambda: check_gradients(LAYER, P, X, rng=0), r"rng is 0, expected a numpy.random.Generator"),
    (lambda: check_gradients(LAYER, P, X + 1j), r"x has dtype complex128, expected"),
    (lambda: check_gradients(LAYER, P, MASKED), r"x is MaskedArray, expected a numpy.ndarray"),
    # optimizers
    (lambda: Adam().init({"w": [1.0]}), r"Adam: w is list, expected a numpy.ndarray"),
    (lambda: SGD(0.1).init({"w": np.float64(1.0)}), r"SGD: w is float64, expected a numpy.ndarray"),
    (train(start=tree.map(lambda array: array + 0j, N)),
     r"has dtype complex128, expected float32, float64 or long"),
    # fit
    (train(x=np.ones((5, 4), int)), r"x has dtype int64, expected"),
    (train(x=X.tolist()), r"fit: x is list, expected a numpy.nda"),
    (train(rng=0), r"fit: rng is 0, expected a numpy.random.G"),
    (train(start=list(N)), r"params is (a )?list, expected a tuple"),
    # relevance
    (lambda: input_relevance(DENSE, D),
     r"input_relevance: layer is Dense.*, expected a Spectral layer"),
    (lambda: node_relevance(LAYER, (P,)),
     r"node_relevance: params is a tuple, expected the dict of Spec"))


test_a_fit_that_diverges_is_refused = refusals(
    FloatingPointError,
    (train(optimizer=SGD(1e300), epochs=9, steps=9),
     r"fit: the loss is (nan|inf) in epoch \d, batch \d; a smaller learning"),
    (train(loss=lambda y, target: (np.float64(np.inf), 0 * y), steps=1), "the loss is inf in ep"))


@pytest.mark.parametrize("optimizer", [SGD(0.1), SGD(0.1, momentum=0.9), Adam(), Adamax()])
@pytest.mark.parametrize("dtype", [np.float16, np.int64, np.complex128])
def test_parameters_of_another_dtype_are_refused(optimizer, dtype):
    name = type(optimizer).__name__
    with pytest.raises(TypeError, match=rf"{name}: w has dtype {dtype.__name__}, expected"):
        optimizer.init({"w": np.ones(2, dtype)})


# Odd input that is good input

@pytest.mark.parametrize("odd", [
    np.asfortranarray(X), np.repeat(X, 2, 1)[:, ::2], X[::-1][::-1],
    np.frombuffer(X.tobytes()).reshape(5, 4)])
def test_any_memory_layout_works(odd):
    assert_near(LAYER.forward(P, odd)[0], LAYER.forward(P, X)[0])


def test_order_of_the_names_in_params_does_not_matter():
    backwards = dict(reversed(P.items()))
    assert (LAYER.forward(backwards, X)[0] == LAYER.forward(P, X)[0]).all()


def test_half_precision_is_computed_in_half_precision():
    params, x = LAYER.init(RNG, np.float16), X.astype(np.float16)
    y, residuals = LAYER.forward(params, x)
    grads, grad_x = LAYER.backward(params, residuals, y)
    assert {array.dtype for array in (y, grad_x, *grads.values())} == {np.dtype(np.float16)}


def test_non_finite_input_passes_through_a_single_layer():
    y, _ = LAYER.forward(P, NAN)
    assert np.isnan(y[2]).all() and np.isfinite(np.delete(y, 2, 0)).all()


@pytest.mark.parametrize("layer, low, high", [
    (LeakyReLU(), -np.inf, np.inf), (ELU(), -1.0, np.inf),
    (Tanh(), -1.0, 1.0), (Softplus(), 0.0, np.inf), (Sigmoid(), 0.0, 1.0)])
def test_activations_have_their_limits_at_infinity(layer, low, high):
    y, _ = layer.forward({}, np.array([[-np.inf, np.inf]]))
    assert y.tolist() == [[low, high]]


@pytest.mark.parametrize("size", [np.int64(4), np.int32(4)])
def test_sizes_may_be_numpy_integers(size):
    assert Dense(size, 3).init(RNG)["weight"].shape == (3, 4)


@pytest.mark.parametrize("constant", [0, 1, np.float64(1.0), np.float32(0.5), np.int64(2)])
def test_declared_constant_of_any_kind_of_number_keeps_the_dtype(constant):
    for options in (dict(lambda_in=constant), dict(lambda_out=constant)):
        layer = Spectral(4, 3, **options)
        y, _ = layer.forward(layer.init(RNG, np.float32), X.astype(np.float32))
        assert y.dtype == np.float32


@pytest.mark.parametrize("layer", [LeakyReLU(np.float64(0.5)), ELU(np.float64(0.5)),
                                   Softplus(np.float64(0.5))])
def test_constant_of_an_activation_may_be_a_numpy_number(layer):
    x = X.astype(np.float32)
    y, residuals = layer.forward({}, x)
    assert y.dtype == layer.backward({}, residuals, x)[1].dtype == np.float32
