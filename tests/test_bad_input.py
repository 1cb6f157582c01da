"""Bad input is refused at the edge: the message names the argument, what came, what was expected.

One table. Every line is a call, the exception, and a regular expression that its text matches.
"""
import dataclasses

import numpy as np
import pytest
from conftest import assert_near

from npspectral import (ELU, SGD, Adam, Adamax, Chain, Dense, LeakyReLU, ReLU, Sigmoid, Softplus,
                        Spectral, Tanh, binary_cross_entropy_with_logits, check_gradients, fit,
                        hinge, mean_squared_error, quadratic_hinge, soft_hinge,
                        softmax_cross_entropy)
from npspectral.analysis.spectral.relevance import (input_relevance, keep_top, node_relevance,
                                                    ranking, top_mask)
from npspectral.nn import L1, L2, ElasticNet, GroupLasso, Uniform, tree
from npspectral.training import Step, accuracy, evaluate, predict

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
INF32 = np.where(np.arange(20).reshape(5, 4) == 9, np.inf, X).astype(np.float32)


def forward(x, layer=LAYER, params=P):
    return lambda: layer.forward(params, x)


def without(*names, **replaced):
    kept = {name: array for name, array in P.items() if name not in names}
    return forward(X, params={**kept, **replaced})


def backward(grad_y, layer=LAYER, params=P, x=X):
    return lambda: layer.backward(params, layer.forward(params, x)[1], grad_y)


def train(network=NET, start=N, x=X, target=Y[:, :2], steps=1, **options):
    """Takes as many records as `steps`: with 0 the call itself has to refuse."""
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

CASES = {
    # sizes and names of layers
    "n_in 0": (lambda: Spectral(0, 3), ValueError, r"Spectral: n_in is 0, expected a positive int"),
    "n_out negative": (lambda: Dense(4, -1), ValueError, r"Dense: n_out is -1, expected a pos"),
    "n_in a float": (lambda: Dense(4.0, 3), ValueError, r"Dense: n_in is 4.0, expected a positive"),
    "n_out a bool": (lambda: Dense(4, True), ValueError, r"Dense: n_out is True, expected a pos"),
    "n_in a string": (lambda: Dense("4", 3), ValueError, r"Dense: n_in is '4', expected a pos"),
    "trainable a string": (lambda: Spectral(4, 3, trainable="phi"), ValueError,
                           r"Spectral\(4, 3\): trainable is 'phi', expected a tuple of names"),
    "trainable unknown": (lambda: Spectral(4, 3, trainable=("weight",)), ValueError,
                          r"trainable is \('weight',\), expected .*'lambda_in'"),
    "trainable None": (lambda: Dense(4, 3, trainable=None), (TypeError, ValueError),
                       r"Dense\(4, 3\): trainable is None, expected"),
    "lambda_in a string": (lambda: Spectral(4, 3, lambda_in="1"), (TypeError, ValueError),
                           r"lambda_in is '1', expected"),
    "lambda_in text": (lambda: Spectral(4, 3, lambda_in="1"), (TypeError, ValueError),
                       r"lambda_in is '1', expected"),
    "lambda_in an array": (lambda: Spectral(3, 3, lambda_in=np.arange(3.0)),
                           (TypeError, ValueError), r"lambda_in is array.*, expected"),
    "lambda_out NaN": (lambda: Spectral(4, 3, lambda_out=np.nan), ValueError,
                       r"lambda_out is nan, expected"),
    "phi a number": (lambda: Spectral(4, 3, phi=1.0), (TypeError, ValueError),
                     r"phi is 1.0, expected"),
    "start a number": (lambda: Dense(4, 3, start=1.0), (TypeError, ValueError),
                       r"start is 1.0, expected"),
    "bias a number": (lambda: Dense(4, 3, bias=0.5), (TypeError, ValueError),
                      r"bias is 0.5, expected"),
    "sharpness 0": (lambda: Softplus(0.0), ValueError, r"sharpness is 0.0, expected"),
    "sharpness negative": (lambda: Softplus(-1.0), ValueError, r"sharpness is -1.0, expected"),
    "slope NaN": (lambda: LeakyReLU(np.nan), ValueError, r"slope is nan, expected"),
    "alpha a string": (lambda: ELU("1"), (TypeError, ValueError), r"alpha is '1', expected"),

    # chains
    "chain of misfits": (lambda: Chain(Dense(4, 3), Tanh(), Dense(5, 2)), ValueError,
                         r"Chain: Dense\(5, 2\) at position 2 takes 5 features, "
                         r"Dense\(4, 3\) before it gives 3"),
    "nested misfits": (lambda: Chain(Dense(4, 3), Chain(Tanh(), Dense(5, 2))), ValueError,
                       r"Chain\(5, 2\) at position 1 takes 5 features, Dense\(4, 3\) before"),
    "chain of a list": (lambda: Chain([Dense(4, 3), Tanh()]), TypeError,
                        r"Chain: argument 0 is \[.*\], expected a layer"),
    "chain of a class": (lambda: Chain(Dense(4, 3), Tanh), TypeError,
                         r"Chain: argument 1 is <class .*Tanh'>, expected a layer"),
    "too few params": (forward(X, NET, N[:2]), ValueError,
                       r"Chain\(4, 2\): params has 2 entries, expected one for each of 3 layers"),
    "too many params": (forward(X, NET, (*N, {})), ValueError, r"params has 4 entries, expected"),
    "params of a chain in a list": (forward(X, NET, list(N)), TypeError,
                                    r"params is (a )?list, expected a tuple"),

    # initialization
    "rng a seed": (lambda: LAYER.init(0), TypeError,
                   r"Spectral\(4, 3\): rng is 0, expected a numpy.random.Generator"),
    "rng the old kind": (lambda: LAYER.init(np.random.RandomState(0)), TypeError,
                         r"rng is RandomState.*, expected a numpy.random.Generator"),
    "dtype int": (lambda: LAYER.init(RNG, int), TypeError, r"dtype is int64, expected a floating"),
    "dtype bool": (lambda: LAYER.init(RNG, bool), TypeError, r"dtype is bool, expected a floating"),
    "dtype big-endian": (lambda: LAYER.init(RNG, ">f4"), TypeError, r"dtype is >f4, expected"),
    "uniform upside down": (lambda: Uniform(1.0, -1.0)(RNG, (3,)), ValueError, r"high - low < 0"),

    # x
    "x too wide": (forward(np.zeros((5, 100))), ValueError,
                   r"Spectral\(4, 3\): x has 100 features, expected 4"),
    "x too wide for a dense layer": (forward(np.zeros((5, 7)), DENSE, D), ValueError,
                                     r"Dense\(4, 3\): x has 7 features, expected 4"),
    "x without features": (forward(np.zeros((5, 0))), ValueError, r"x has 0 features, expected 4"),
    "x one sample": (forward(X[0]), ValueError, r"x has shape \(4,\), expected \(..., batch, 4\)"),
    "x a number": (forward(np.array(1.0)), ValueError, r"x has shape \(\), expected \(..., batch"),
    "x int": (forward(np.ones((5, 4), int)), TypeError, r"x has dtype int64, expected a .*float"),
    "x bool": (forward(X > 0), TypeError, r"x has dtype bool, expected"),
    "x object": (forward(X.astype(object)), TypeError, r"x has dtype object, expected"),
    "x str": (forward(X.astype(str)), TypeError, r"x has dtype <U\d+, expected"),
    "x big-endian": (forward(BIG_ENDIAN), TypeError, r"x has dtype >f8, expected a native"),
    "x a list": (forward(X.tolist()), TypeError, r"x is list, expected a numpy.ndarray"),
    "x None": (forward(None), TypeError, r"x is NoneType, expected a numpy.ndarray"),
    "x a matrix": (forward(X.view(Matrix)), TypeError, r"x is Matrix, expected a numpy.ndarray"),
    "x masked": (forward(MASKED), TypeError, r"x is MaskedArray, expected a numpy.ndarray"),
    "x float32, params float64": (forward(X.astype(np.float32)), TypeError,
                                  r"lambda_in has dtype float64 and x has float32, expected one"),
    "x complex64, params float64": (forward(X.astype(np.complex64)), TypeError,
                                    r"lambda_in has dtype float64 and x has complex64, expected"),
    "x of an activation a list": (forward([[1.0]], ReLU(), {}), TypeError,
                                  r"ReLU: x is list, expected a numpy.ndarray"),
    "x of an activation int": (forward(np.ones((2, 2), int), Tanh(), {}), TypeError,
                               r"Tanh: x has dtype int64, expected"),
    "x too wide for a chain": (forward(np.zeros((5, 9)), NET, N), ValueError,
                               r"Dense\(4, 3\): x has 9 features, expected 4"),

    # params
    "lambda_in a column": (without(lambda_in=P["lambda_in"][:, None]), ValueError,
                           r"lambda_in has shape \(4, 1\), expected \(4,\)"),
    "lambda_out a row": (without(lambda_out=P["lambda_out"][None]), ValueError,
                         r"lambda_out has shape \(1, 3\), expected \(3,\)"),
    "lambdas swapped": (without(lambda_in=P["lambda_out"], lambda_out=P["lambda_in"]), ValueError,
                        r"lambda_in has shape \(3,\), expected \(4,\)"),
    "phi transposed": (without(phi=P["phi"].T), ValueError,
                       r"phi has shape \(4, 3\), expected \(3, 4\)"),
    "weight transposed": (forward(X, DENSE, {**D, "weight": D["weight"].T}), ValueError,
                          r"weight has shape \(4, 3\), expected \(3, 4\)"),
    "bias a number ": (without(bias=np.array(0.0)), ValueError, r"bias has shape \(\), expected"),
    "phi missing": (without("phi"), ValueError,
                    r"params has the names \['bias', 'lambda_in', 'lambda_out'\], exp.*'phi'"),
    "phi misspelled": (without("phi", Phi=P["phi"]), ValueError,
                       r"params has no 'phi', only .*Phi"),
    "one too many": (without(weight=P["phi"]), ValueError,
                     r"params has the names .*'weight'\], exp"),
    "declared constant given": (forward(X, Spectral(4, 3, lambda_in=0.0)), ValueError,
                                r"params has the names .*'lambda_in'.*, expected \['bias', 'lambd"),
    "params None": (forward(X, params=None), TypeError, r"params is (a )?None(Type)?, expected"),
    "params of another layer": (forward(X, params=D), ValueError, r"expected .*'lambda_in'"),
    "params of an activation": (forward(X, ReLU(), D), ValueError, r"ReLU: params has the names"),
    "phi a list": (without(phi=P["phi"].tolist()), TypeError, r"phi is list, expected a numpy.nd"),
    "phi float32": (without(phi=P["phi"].astype(np.float32)), TypeError,
                    r"phi has dtype float32 and x has float64, expected one precision"),
    "phi int": (without(phi=np.ones((3, 4), int)), TypeError, r"phi has dtype int64, expected"),

    # grad_y
    "grad_y one row": (backward(Y[:1]), ValueError,
                       r"grad_y has shape \(1, 3\), expected \(..., 5, 3\)"),
    "grad_y one column": (backward(Y[:, :1]), ValueError, r"grad_y has shape \(5, 1\), expected"),
    "grad_y one vector": (backward(Y[0]), ValueError, r"grad_y has shape \(3,\), expected"),
    "grad_y a number": (backward(1.0), TypeError, r"grad_y is float, expected a numpy.ndarray"),
    "grad_y transposed": (backward(Y.T), ValueError, r"grad_y has shape \(3, 5\), expected"),
    "grad_y int": (backward(np.ones((5, 3), int)), TypeError, r"grad_y has dtype int64, expected"),
    "grad_y of a dense layer": (backward(Y[:1], DENSE, D), ValueError, r"Dense.*grad_y has shape"),
    "grad_y of an activation": (backward(X[:1], Tanh(), {}), ValueError,
                                r"Tanh: grad_y has shape \(1, 4\), expected \(..., 5, 4\)"),
    "grad_y float32": (backward(Y.astype(np.float32)), TypeError,
                       r"grad_y has dtype float32.*float64"),
    "grad_y float32 of a dense layer": (backward(Y.astype(np.float32), DENSE, D), TypeError,
                                        r"grad_y has dtype float32.*float64"),
    "grad_y without leading axes": (backward(Y, DENSE, D, np.stack([X, X])), ValueError,
                                    r"grad_y has shape \(5, 3\), expected \(.*2, 5, 3\)"),

    # losses
    "reduction unknown": (lambda: mean_squared_error(Y, Y, "none"), ValueError,
                          r"mean_squared_error: reduction is 'none', expected 'mean' or 'sum'"),
    "y one sample": (lambda: mean_squared_error(Y[0], Y[0]), ValueError,
                     r"y has shape \(3,\), expected \(..., batch, K\)"),
    "y without outputs": (lambda: mean_squared_error(Y[:, :0], Y[:, :0]), ValueError,
                          r"y has shape \(5, 0\), expected .* K >= 1"),
    "y a list": (lambda: hinge(Y.tolist(), SIGNS), TypeError, r"hinge: y is list, expected"),
    "target would broadcast": (lambda: mean_squared_error(Y, Y[:, :1]), ValueError,
                               r"target has shape \(5, 1\), expected y's \(5, 3\)"),
    "target a vector": (lambda: mean_squared_error(Y[:, :1], Y[:, 0]), ValueError,
                        r"target has shape \(5,\), expected y's \(5, 1\)"),
    "target int": (lambda: mean_squared_error(Y, np.ones((5, 3), int)), TypeError,
                   r"target has dtype int64, expected"),
    "target float32": (lambda: mean_squared_error(Y, Y.astype(np.float32)), TypeError,
                       r"target has dtype float32 and y has float64, expected one precision"),
    "mean of nothing": (lambda: mean_squared_error(Y[:0], Y[:0]), ValueError,
                        r"empty batch .*use reduction='sum'"),
    "labels too large": (lambda: softmax_cross_entropy(Y, LABELS + 1), ValueError,
                         r"labels run from 1 to 3, expected 0 to 2"),
    "labels negative": (lambda: softmax_cross_entropy(Y, LABELS - 1), ValueError,
                        r"labels run from -1 to 1, expected 0 to 2"),
    "labels a column": (lambda: softmax_cross_entropy(Y, LABELS[:, None]), ValueError,
                        r"target has shape \(5, 1\), expected \(5,\) labels"),
    "labels float": (lambda: softmax_cross_entropy(Y, LABELS.astype(float)), ValueError,
                     r"target has shape \(5,\), expected y's \(5, 3\)"),
    "labels bool": (lambda: softmax_cross_entropy(Y, LABELS > 0), TypeError, r"dtype bool"),
    "labels a list": (lambda: softmax_cross_entropy(Y, LABELS.tolist()), TypeError,
                      r"target is list, expected a numpy.ndarray"),
    "labels masked": (lambda: softmax_cross_entropy(Y, np.ma.array(LABELS, mask=LABELS > 1)),
                      TypeError, r"target is MaskedArray, expected"),
    "labels too few": (lambda: softmax_cross_entropy(Y, LABELS[:4]), ValueError,
                       r"target has shape \(4,\), expected \(5,\) labels"),
    "one-hot int": (lambda: softmax_cross_entropy(Y, np.eye(5, 3, dtype=int)), ValueError,
                    r"target has shape \(5, 3\), expected \(5,\) labels"),
    "probabilities off": (lambda: softmax_cross_entropy(Y, np.full((5, 3), 0.3)), ValueError,
                          r"a row of target is no probability distribution"),
    "probabilities negative": (lambda: softmax_cross_entropy(Y, np.array([[1.5, -0.5, 0]] * 5)),
                               ValueError, r"no probability distribution: expected entries >= 0"),
    "probabilities NaN": (lambda: softmax_cross_entropy(Y, np.full((5, 3), np.nan)), ValueError,
                          r"no probability distribution"),
    "target above 1": (lambda: binary_cross_entropy_with_logits(Y, np.full((5, 3), 2.0)),
                       ValueError, r"target runs from 2.0 to 2.0, expected numbers from 0 to 1"),
    "target of signs": (lambda: binary_cross_entropy_with_logits(Y, -np.ones((5, 3))), ValueError,
                        r"target runs from -1.0 to -1.0, expected numbers from 0 to 1"),
    "target NaN": (lambda: binary_cross_entropy_with_logits(Y, Y * np.nan), ValueError,
                   r"target runs from nan to nan, expected"),
    "target 0 of a hinge": (lambda: hinge(Y, 0 * Y), ValueError,
                            r"hinge: target holds 0.0, expected -1 or \+1"),
    "target 2 of a soft hinge": (lambda: soft_hinge(Y, 2 * SIGNS), ValueError,
                                 r"soft_hinge: target holds -?2.0, expected -1 or \+1"),
    "target NaN of a hinge": (lambda: quadratic_hinge(Y, Y * np.nan), ValueError,
                              r"quadratic_hinge: target holds nan, expected -1 or \+1"),
    "sharpness 0 of a soft hinge": (lambda: soft_hinge(Y, SIGNS, sharpness=0.0), ValueError,
                                    r"soft_hinge: sharpness is 0.0, expected"),
    "sharpness -1 of a soft hinge": (lambda: soft_hinge(Y, SIGNS, sharpness=-1.0), ValueError,
                                     r"soft_hinge: sharpness is -1.0, expected"),
    "weights negative": (lambda: hinge(Y, SIGNS, weights=-np.ones(5)), ValueError,
                         r"hinge: weights .*no entry below 0"),
    "weights NaN": (lambda: hinge(Y, SIGNS, weights=np.full(5, np.nan)), ValueError, r"weights"),
    "weights infinite": (lambda: hinge(Y, SIGNS, weights=np.array([1, np.inf, 1, 1, 1])),
                         ValueError, r"weights"),
    "weights a column": (lambda: hinge(Y, SIGNS, weights=np.ones((5, 1))), ValueError,
                         r"weights has shape \(5, 1\), expected \(5,\)"),
    "weights zero": (lambda: hinge(Y, SIGNS, weights=np.zeros(5)), ValueError,
                     r"the weights sum to 0.0, expected more than 0"),
    "weights a list": (lambda: hinge(Y, SIGNS, weights=[1.0] * 5), TypeError,
                       r"weights is list, expected a numpy.ndarray"),
    "weights float32": (lambda: hinge(Y, SIGNS, weights=np.ones(5, np.float32)), TypeError,
                        r"weights has dtype float32 and y has float64, expected one precision"),

    # penalties
    "strength negative": (lambda: L2(-1.0, "phi"), ValueError,
                          r"L2: strength is -1.0, expected a number >= 0"),
    "strength NaN": (lambda: L1(np.nan, "phi"), ValueError, r"L1: strength is nan, expected"),
    "strength infinite": (lambda: L1(np.inf, "phi"), ValueError, r"L1: strength is inf, expected"),
    "strength a string": (lambda: L1("1", "phi"), (TypeError, ValueError),
                          r"L1: strength is '1', expected"),
    "ratio above 1": (lambda: ElasticNet(1.0, "phi", ratio=1.5), ValueError,
                      r"ElasticNet: ratio is 1.5, expected a number from 0 to 1"),
    "axis 1": (lambda: GroupLasso(1.0, "phi", axis=1), ValueError,
               r"GroupLasso: axis is 1, expected 0 or -1"),
    "penalty of nothing": (lambda: L2(1.0, "kernel")(N), ValueError,
                           r"L2: no parameter 'kernel' among \['0/weight', "),
    "penalty of a spectral weight": (lambda: L2(1.0, "weight")(P), ValueError,
                                     r"no parameter 'weight' .* needs network="),
    "penalty of a number's weight": (lambda: L2(1.0, "9/weight", NET)(N), ValueError,
                                     r"no parameter '9/weight'"),
    "group lasso of a vector": (lambda: GroupLasso(1.0, "bias")(P), ValueError,
                                r"GroupLasso: 'bias' has shape \(3,\), expected a matrix"),
    "penalty with another network": (lambda: L2(1.0, "weight", Chain(Dense(4, 3)))(N), ValueError,
                                     r"network is Chain.* 3 "),
    "penalty with a layer for a network": (lambda: L2(1.0, "weight", Dense(4, 3))(N),
                                           (TypeError, ValueError), r"network is Dense.*, exp"),

    # checker
    "checker with a seed": (lambda: check_gradients(LAYER, P, X, rng=0), TypeError,
                            r"rng is 0, expected a numpy.random.Generator"),
    "checker with complex x": (lambda: check_gradients(LAYER, P, X + 1j), (TypeError, ValueError),
                               r"x has dtype complex128, expected"),
    "checker with masked x": (lambda: check_gradients(LAYER, P, MASKED), TypeError,
                              r"x is MaskedArray, expected a numpy.ndarray"),
    "checker with a list": (lambda: check_gradients(LAYER, P, X.tolist()), TypeError,
                            r"x is list, expected a numpy.ndarray"),
    "checker with nothing to check": (lambda: check_gradients(Tanh(), {}, X[:0]), ValueError,
                                      r"Tanh: nothing to check, x has shape \(0, 4\)"),
    "checker with a misfit": (lambda: check_gradients(LAYER, P, X[:, :3]), ValueError,
                              r"x has 3 features, expected 4"),

    # trees
    "unravel a short vector": (lambda: tree.unravel(np.zeros(3), P), ValueError,
                               r"unravel: theta has shape \(3,\), expected \(22,\)"),
    "unravel a matrix": (lambda: tree.unravel(np.zeros((22, 1)), P), ValueError,
                         r"unravel: theta has shape \(22, 1\), expected \(22,\)"),

    # optimizers
    "learning rate 0": (lambda: SGD(0.0), ValueError, r"SGD: learning_rate is 0.0, expected > 0"),
    "learning rate negative": (lambda: Adam(-1e-3), ValueError, r"Adam: learning_rate is -0.001"),
    "learning rate NaN": (lambda: Adamax(np.nan), ValueError, r"Adamax: learning_rate is nan, exp"),
    "learning rate infinite": (lambda: SGD(np.inf), ValueError, r"SGD: learning_rate is inf, exp"),
    "learning rate a string": (lambda: SGD("0.1"), (TypeError, ValueError),
                               r"SGD: learning_rate is '0.1', expected"),
    "momentum 1": (lambda: SGD(0.1, momentum=1.0), ValueError,
                   r"SGD: momentum is 1.0, expected 0 <= momentum < 1"),
    "beta1 1": (lambda: Adam(beta1=1.0), ValueError,
                r"Adam: beta1 is 1.0, expected 0 <= beta1 < 1"),
    "beta2 negative": (lambda: Adamax(beta2=-0.1), ValueError, r"Adamax: beta2 is -0.1, expected"),
    "beta2 NaN": (lambda: Adam(beta2=np.nan), ValueError, r"Adam: beta2 is nan, expected"),
    "eps negative": (lambda: Adam(eps=-1e-8), ValueError, r"Adam: eps is -1e-08, expected >= 0"),
    "decay negative": (lambda: SGD(0.1, decay=-1.0), ValueError,
                       r"SGD: decay is -1.0, expected >="),
    "gradient transposed": (lambda: SGD(0.1).step({"phi": np.ones((3, 4))},
                                                  {"phi": np.ones((4, 3))}, {}), ValueError,
                            r"a gradient has shape \(4, 3\), its parameter .*\(3, 4\)"),
    "gradient would broadcast": (lambda: Adam().step(P, {"phi": np.ones((3, 1))}, Adam().init(P)),
                                 ValueError, r"a gradient has shape \(3, 1\)"),
    "gradient of nothing": (lambda: Adam().step(P, {"psi": np.ones(3)}, Adam().init(P)),
                            ValueError, r"'psi' is not among .*'phi'"),
    "gradients of fewer layers": (lambda: Adam().step(N, N[:1], Adam().init(N)), ValueError,
                                  r"shorter|longer|1 .*3|3 .*1"),
    "momentum without a velocity": (lambda: SGD(0.1, momentum=0.9).step(
        {"phi": np.ones(3)}, {"phi": np.ones(3)}, {}), (KeyError, ValueError), r"velocity|state"),
    "state of another optimizer": (
        lambda: Adam().step(P, P, Adamax().init(P)), ValueError,
        r"Adam: state is \['m', 't', 'u'\], expected \['m', 't', 'v'\], as init gives it"),
    "state of another kind of SGD": (lambda: SGD(0.1, momentum=0.9).step(P, P, SGD(0.1).init(P)),
                                     ValueError, r"SGD: state is \[\], expected \['velocity'\]"),
    "state None": (lambda: Adamax().step(P, P, None), ValueError,
                   r"Adamax: state is NoneType, expected \['m', 't', 'u'\]"),
    "beta1 a string": (lambda: Adam(beta1="0.9"), ValueError, r"Adam: beta1 is '0.9', expected 0 "),
    "eps a string": (lambda: Adamax(eps="0"), ValueError, r"Adamax: eps is '0', expected >= 0"),
    "decay None": (lambda: SGD(0.1, decay=None), ValueError, r"SGD: decay is None, expected >= 0"),
    "momentum a list": (lambda: SGD(0.1, momentum=[0.9]), ValueError, r"momentum is \[0.9\], exp"),
    "learning rate True": (lambda: Adam(True), ValueError,
                           r"Adam: learning_rate is True, expected > 0"),
    "decay False": (lambda: Adam(decay=False), ValueError, r"Adam: decay is False, expected >= 0"),
    **{f"{dtype.__name__} parameters of {type(optimizer).__name__}": (
        lambda dtype=dtype, optimizer=optimizer: optimizer.init({"w": np.ones(2, dtype)}),
        TypeError, rf"{type(optimizer).__name__}: w has dtype {dtype.__name__}, expected")
       for optimizer in (SGD(0.1), SGD(0.1, momentum=0.9), Adam(), Adamax())
       for dtype in (np.float16, np.int64, np.complex128)},
    "parameters in a list": (lambda: Adam().init({"w": [1.0]}), TypeError,
                             r"Adam: w is list, expected a numpy.ndarray"),
    "parameter that is a number": (lambda: SGD(0.1).init({"w": np.float64(1.0)}), TypeError,
                                   r"SGD: w is float64, expected a numpy.ndarray"),
    "parameters read-only": (lambda: Adamax().init(({}, {"w": np.broadcast_to(1.0, 3)})),
                             ValueError, r"Adamax: 1/w is read-only, expected an array to update"),
    "parameter twice": (lambda: Adam().init(({"w": X}, {"w": X})), ValueError,
                        r"Adam: 0/w and 1/w share memory, expected arrays of their own"),
    "parameters that overlap": (lambda: SGD(0.1).init({"a": X[:3], "b": X[2:]}), ValueError,
                                r"SGD: a and b share memory"),
    "fit float16": (train(start=tree.map(lambda array: array.astype(np.float16), N), steps=0,
                          x=X.astype(np.float16), target=Y[:, :2].astype(np.float16)), TypeError,
                    r"Adam: params has dtype float16, expected float32, float64 or longdouble"),
    "fit complex": (train(start=tree.map(lambda array: array + 0j, N), steps=0), TypeError,
                    r"has dtype complex128, expected float32, float64 or long"),

    # fit
    "fit x NaN": (train(x=NAN, steps=0), ValueError, r"fit: x\[2, 1\] is nan, expected finite"),
    "fit x infinite": (train(x=INF32, steps=0), ValueError, r"fit: x\[2, 1\] is inf, expected fin"),
    "fit target NaN": (train(target=NAN[:, :2], steps=0), ValueError,
                       r"fit: target\[2, 1\] is nan, expected finite numbers"),
    "fit params NaN": (train(start=({**N[0], "bias": np.array([0, np.nan, 0])}, {}, N[2]), steps=0),
                       ValueError, r"fit: 0/bias\[1\] is nan, expected finite numbers"),
    "fit validation NaN": (train(validation=(NAN, Y[:, :2]), steps=0), ValueError,
                           r"fit: validation: x\[2, 1\] is nan, expected finite numbers"),
    "fit validation too wide": (train(validation=(np.zeros((5, 9)), Y[:, :2]), steps=0), ValueError,
                                r"x has 9 features, expected 4"),
    "fit validation without target": (train(validation=(X,), steps=0), (TypeError, ValueError),
                                      r"validation.*expected"),
    "fit x too wide": (train(x=np.zeros((5, 9)), steps=0), ValueError,
                       r"x has 9 features, expected"),
    "fit x int": (train(x=np.ones((5, 4), int), steps=0), TypeError,
                  r"x has dtype int64, expected"),
    "fit x a list": (train(x=X.tolist(), steps=0), TypeError,
                     r"fit: x is list, expected a numpy.nda"),
    "fit x a cube": (train(x=X[None], steps=0), ValueError,
                     r"fit: x has shape \(1, 5, 4\), expected"),
    "fit without samples": (train(x=X[:0], target=Y[:0], steps=0), ValueError,
                            r"fit: x has shape \(0, 4\), expected \(n, n_in\) with n >= 1"),
    "fit target too short": (train(target=Y[:4, :2], steps=0), ValueError,
                             r"fit: target has shape \(4, 2\), expected 5 rows as x"),
    "fit target too wide": (train(target=Y, steps=0), ValueError,
                            r"target has shape \(2, 3\), expected y's"),
    "fit batch_size 0": (train(batch_size=0, steps=0), ValueError,
                         r"fit: batch_size is 0, expected a positive integer"),
    "fit batch_size a float": (train(batch_size=2.0, steps=0), ValueError,
                               r"batch_size is 2.0, exp"),
    "fit epochs 0": (train(epochs=0, steps=0), ValueError,
                     r"fit: epochs is 0, expected a positive"),
    "fit epochs negative": (train(epochs=-3, steps=0), ValueError, r"fit: epochs is -3, expected"),
    "fit epochs True": (train(epochs=True, steps=0), ValueError, r"fit: epochs is True, expected"),
    "fit rng a seed": (train(rng=0, steps=0), TypeError,
                       r"fit: rng is 0, expected a numpy.random.G"),
    "fit rng the module": (train(rng=np.random, steps=0), TypeError,
                           r"fit: rng is <module .*, exp"),
    "fit of nothing trainable": (train(Dense(4, 2, trainable=()), Dense(4, 2).init(RNG), steps=0),
                                 ValueError, r"Dense\(4, 2\): nothing is trainable"),
    "fit params in a list": (train(start=list(N), steps=0), TypeError,
                             r"params is (a )?list, expected a tuple"),
    "fit params None": (train(start=None, steps=0), TypeError, r"params is (a )?None(Type)?, exp"),
    "fit params of another network": (train(start=(N[0],), steps=0), ValueError,
                                      r"params has 1 entries, expected one for each of 3 layers"),
    "fit with a class of optimizers": (train(optimizer=Adam, steps=0), TypeError,
                                       r"optimizer is <class .*Adam'>, expected"),
    "fit that diverges": (train(optimizer=SGD(1e300), epochs=9, steps=9), FloatingPointError,
                          r"fit: the loss is (nan|inf) in epoch \d, batch \d; a smaller learning"),
    "step of nothing": (lambda: Step(Tanh(), {}, mean_squared_error, SGD(0.1)), ValueError,
                        r"Tanh: nothing is trainable"),

    # prediction and metrics
    "evaluate NaN": (lambda: evaluate(NET, N, NAN, Y[:, :2]), ValueError,
                     r"evaluate: x\[2, 1\] is nan"),
    "evaluate nothing": (lambda: evaluate(NET, N, X[:0], Y[:0, :2]), ValueError,
                         r"evaluate: x has shape \(0, 4\), expected"),
    "predict batch_size 0": (lambda: predict(NET, N, X, 0), ValueError,
                             r"batch_size is 0, expected a positive integer"),
    "predict batch_size negative": (lambda: predict(NET, N, X, -1), ValueError,
                                    r"batch_size is -1, expected a positive integer"),
    "accuracy of nothing": (lambda: accuracy(Y[:0], LABELS[:0]), ValueError,
                            r"an empty batch has no"),
    "accuracy of too few labels": (lambda: accuracy(Y, LABELS[:4]), ValueError,
                                   r"target has shape \(4,\), expected \(5, 3\) or labels \(5,\)"),
    "accuracy of a column's labels": (lambda: accuracy(Y[:, :1], LABELS), ValueError,
                                      r"target has shape \(5,\), expected \(5, 1\)$"),

    # relevance
    "relevance of a dense layer": (lambda: input_relevance(DENSE, D), TypeError,
                                   r"input_relevance: layer is Dense.*, expected a Spectral layer"),
    "relevance with all params": (lambda: node_relevance(LAYER, (P,)), TypeError,
                                  r"node_relevance: params is a tuple, expected the dict of Spec"),
    "relevance with other params": (lambda: node_relevance(LAYER, Spectral(7, 5).init(RNG)),
                                    ValueError, r"shape"),
    "relevance by another score": (lambda: input_relevance(Spectral(4, 3, lambda_out=0.0), {
        name: P[name] for name in ("lambda_in", "phi", "bias")}, "norm"), ValueError,
        r"score is 'norm', expected 'product' or 'eigenvalue'"),
    "top_mask of too many": (lambda: top_mask([1.0, 2.0], 3), ValueError,
                             r"n is 3, expected an integer, 0 to 2"),
    "top_mask of less than none": (lambda: top_mask([1.0], -1), ValueError,
                                   r"n is -1, expected an integer"),
    "top_mask of True": (lambda: top_mask([1.0, 2.0], True), ValueError,
                         r"n is True, expected an integer"),
    "top_mask of a float": (lambda: top_mask([1.0, 2.0, 3.0], 1.5), (TypeError, ValueError),
                            r"top_mask: n is 1.5, expected"),
    "top_mask of a matrix": (lambda: top_mask(np.ones((3, 3)), 2), ValueError, r"scores has shape"),
    "ranking of a matrix": (lambda: ranking(np.ones((3, 3))), ValueError, r"scores has shape"),
    "keep_top of misfits": (lambda: keep_top(X, np.ones(3), 2), ValueError,
                            r"keep_top: scores has shape \(3,\), expected \(4,\)"),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_refused_with_a_message_that_helps(name):
    call, error, message = CASES[name]
    with np.errstate(all="ignore"), pytest.raises(error, match=message):
        call()


def test_table_covers_every_public_layer_and_function_with_an_edge():
    assert len(CASES) >= 150


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


def test_trainable_may_be_a_list_and_is_kept_as_a_tuple():
    layer = Spectral(4, 3, trainable=["phi", "bias"])
    assert layer.trainable == ("phi", "bias") and hash(layer) == hash(dataclasses.replace(layer))


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
