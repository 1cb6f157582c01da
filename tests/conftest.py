"""Everything the laws run over: a new layer, loss, penalty or optimizer is one more line here.

A layer in a file of its own is listed in nn/test_first_lines.py, too; a loss has its definition in
nn/test_losses.py and its twins in peers/test_torch.py and peers/test_jax.py.

A test that names `layer`, `loss`, `penalty`, `optimizer` or `dtype` as an argument runs once for
every entry. Parameters are drawn at random instead of taken from `init`, whose ones and zeros hide
mistakes; all sizes differ, so that a transposed array does not fit by accident.
"""
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from npspectral import (ELU, SGD, Adam, Adamax, Chain, Dense, Identity, LeakyReLU, Nested, ReLU,
                        Sigmoid, Softplus, Sparse, Spectral, Tanh,
                        binary_cross_entropy_with_logits, check_gradients, hinge,
                        mean_squared_error, quadratic_hinge, soft_hinge, softmax_cross_entropy)
from npspectral.nn import (L1, L2, BatchNorm, ComplexRecurrentSpectral, Conv1D, Conv2D, Dropout,
                           ElasticNet, FixedOrientations, GroupLasso, OneHidden, Orthonormal,
                           RecurrentSpectral, Residual, ScaledDense, SpatialMean, SpectralConv,
                           SpectralFullQR, SpectralGaussianSVD, SpectralQR, SpectralSVD, Swish,
                           SwitchedRecurrentSpectral, TrainingBatchNorm, TrainingDropout,
                           TriangularRecurrentSpectral, mean_field, tree)
from npspectral.training import PlainAdam, PlainAdamax, PlainSGD

SCRIPTS = Path(__file__).parents[1] / "scripts"


def by_call(*things):
    """name -> thing: each is named by the call that makes it, as it prints."""
    return {repr(thing): thing for thing in things}


FORMS = ({}, dict(lambda_in=0.0), dict(lambda_in=1.5), dict(lambda_out=0.0), dict(lambda_out=-0.5),
         dict(lambda_in=2.0, lambda_out=0.5))
EIGENVALUES, NO_BIAS = ("lambda_in", "lambda_out"), dict(bias=False)
BENT = LeakyReLU(-0.5)          # far from linear, where theta would hardly matter
EVERY_LAYER = {
    **by_call(
        *(Spectral(5, 3, **form) for form in FORMS),
        *(Spectral(5, 3, trainable=names, **form)
          for form in ({}, dict(lambda_in=1.5), dict(lambda_out=-0.5))
          for names in (("lambda_in",), ("lambda_out",), EIGENVALUES, ("phi",), ("bias",), ())),
        *(Spectral(4, 4, **form) for form in ({}, dict(lambda_in=1.5), dict(lambda_out=0.0))),
        *(Spectral(5, 3, bias=False, **form)
          for form in ({}, dict(lambda_in=0.0), dict(lambda_out=0.0))),
        Spectral(2, 7), Spectral(1, 1),
        *(make(5, 3, **form) for make in (SpectralQR, SpectralSVD) for form in (*FORMS, NO_BIAS)),
        *(make(5, 3, trainable=names) for make, factor in ((SpectralQR, "r"), (SpectralSVD, "s"))
          for names in ((factor,), ("lambda_in",), ("lambda_out",), ("bias",), ())),
        *(make(*sizes) for make in (SpectralQR, SpectralSVD) for sizes in ((2, 7), (4, 4), (1, 1))),
        SpectralFullQR(5, 3), SpectralFullQR(2, 7, lambda_in=0.0),
        SpectralGaussianSVD(5, 3), SpectralGaussianSVD(2, 7, lambda_out=0.0),
        Dense(5, 3), Dense(4, 4), Dense(5, 3, bias=False),
        *(Dense(5, 3, trainable=names) for names in (("weight",), ("bias",), ())),
        ScaledDense(5, 3), ScaledDense(5, 3, scale=0.3, bias=False),
        ScaledDense(5, 3, trainable=("bias",)),
        FixedOrientations(5, 3), FixedOrientations(5, 3, bias=False),
        FixedOrientations(5, 3, trainable=("radius",)),
        OneHidden(5, 7), OneHidden(5, 7, bias=False, gain=1.0),
        *(OneHidden(5, 7, trainable=(name,)) for name in ("omega", "bias", "beta")),
        Sparse(Spectral(5, 3), sparsity=0.6), Sparse(Spectral(5, 3), threshold=0.7),
        Sparse(Spectral(5, 3, lambda_in=0.0), sparsity=0.5),
        Sparse(Spectral(5, 3, trainable=EIGENVALUES), sparsity=0.6),
        Sparse(Spectral(5, 3, trainable=("bias",)), threshold=0.7),
        Sparse(SpectralQR(5, 3), sparsity=0.6), Sparse(SpectralFullQR(5, 3), threshold=0.7),
        Sparse(Dense(5, 3), sparsity=0.6), Sparse(Dense(5, 3, bias=False), threshold=0.7),
        Sparse(Dense(5, 3, trainable=()), sparsity=0.0),
        Identity(), ReLU(), LeakyReLU(), LeakyReLU(0.3), LeakyReLU(-0.5), ELU(), ELU(0.7), Tanh(),
        Sigmoid(), Softplus(), Softplus(3.0), Swish(), Swish(1.7),
        Conv2D((4, 5, 2), 3, 2), Conv2D((4, 3, 1), 2, 3, padding=1, bias=False),
        Conv2D((5, 6, 2), 4, 3, stride=2, padding=1, groups=2),             # a column is not read
        Conv2D((4, 5, 1), 2, 2, stride=3, padding=2, dilation=2, scale=0.7),
        Conv2D((3, 2, 3), 6, 1, groups=3), Conv2D((2, 3, 2), 40, 2),
        *(Conv2D((3, 4, 2), 3, 2, trainable=names) for names in (("weight",), ("bias",), ())),
        Conv1D((5, 2), 3, 2), Conv1D((6, 2), 4, 2, stride=2, groups=2),     # without overlap
        Conv1D((5, 1), 2, 3, stride=2, dilation=2, bias=False),
        SpectralConv((4, 5, 2), 3, 2), SpectralConv((5, 4, 1), 2, 3, 2, 1, bias=False),
        SpectralConv((4, 5, 2), 2, 2, dilation=2),
        *(SpectralConv((3, 4, 2), 3, 2, trainable=names)
          for names in (("lambda_in",), ("lambda_out",), ("phi",), ("bias",), ())),
        SpatialMean(3, 2), SpatialMean(1, 4),
        *(make(*arguments, **options) for make in (BatchNorm, TrainingBatchNorm)
          for *arguments, options in ((5, {}), ((3, 2), {}), ((2, 3, 4), dict(eps=0.1)),
                                      (3, dict(bias=False, share=0.5, unbiased=False)),
                                      *((3, dict(trainable=names))
                                        for names in (("gain",), ("bias",), ())))),
        Dropout(0.3), TrainingDropout(0.3, seed=5), TrainingDropout(0.0, seed=2 ** 62),
        Residual(Chain(Dense(4, 3), Tanh(), Dense(3, 4))),
        Residual(Chain(Dense(3, 3, trainable=()))),
        Residual(Chain(Dense(4, 4), BatchNorm(4))), Residual(Chain(TrainingBatchNorm(4))),
        Nested((5, 4, 3)), Nested((5, 4, 2, 3)), Nested((5, 4, 2, 6, 3), LeakyReLU(0.3)),
        Nested((5, 3)), Nested((4, 4, 4), Tanh()), Nested((5, 4, 2, 3), Identity()),
        Nested((5, 4, 2, 3), ELU(0.7), bias=False), Nested((5, 4, 2, 3), ELU(), skip=False),
        Nested((5, 4, 2, 3), shared=False), Nested((5, 4, 2, 3), ELU(), shared=False, skip=False),
        Nested((5, 4, 3), shared=False, trainable=("lambda",)),
        *(Nested((5, 4, 2, 3), ELU(), trainable=kinds)
          for kinds in (("lambda",), ("phi",), ("bias",), ("lambda", "bias"), ())),
        ComplexRecurrentSpectral(4, 3, steps=3),
        ComplexRecurrentSpectral(3, 2, 2, inserted=(0, 1)),
        ComplexRecurrentSpectral(4, 2, 2, inserted=(0, 3)),             # linear in between
        ComplexRecurrentSpectral(4, 3, 2, (1,), activation=ELU()),
        ComplexRecurrentSpectral(4, 3, 3, read="score"),
        ComplexRecurrentSpectral(4, 3, 2, read="power"),
        *(ComplexRecurrentSpectral(4, 3, 3, trainable=names)
          for names in (("phi", "theta", "k_real", "k_imag", "omega"), ("phi",), ("theta",),
                        ("k_imag",), ("omega",), ())),
        RecurrentSpectral(3, 2, 5, 1, trainable=("planted", "modes")),
        RecurrentSpectral(3, 2, 5, 2, BENT), RecurrentSpectral(3, 2, 5, 4, BENT),
        RecurrentSpectral(3, 2, 5, 3, constant=True),
        RecurrentSpectral(3, 2, 5, 2, BENT, planting="nodes"),
        *(RecurrentSpectral(3, 2, 5, 2, BENT, trainable=names)
          for names in (("planted", "modes", "theta"), ("modes",), ("theta",), ())),
        TriangularRecurrentSpectral(2, 2, 5, 3, constant=True),
        TriangularRecurrentSpectral(3, 2, 5, 2, trainable=("lower",)),
        SwitchedRecurrentSpectral(2, 2, 5, 2, 2, rest=1, activation=BENT),
        SwitchedRecurrentSpectral(2, 3, 5, 3, steps=2, activation=BENT, constant=True,
                                  trainable=("theta",))),
    "Chain of one": Chain(Spectral(5, 3)),
    "Chain of nothing": Chain(),
    "Chain of activations": Chain(Tanh(), Softplus()),
    "Chain, spectral": Chain(Spectral(5, 4), Tanh(), Spectral(4, 3, lambda_in=0.0)),
    "Chain, mixed": Chain(Dense(5, 4), ReLU(), Spectral(4, 2, lambda_out=0.0), ELU(), Dense(2, 3)),
    "Chain, first layer frozen": Chain(Dense(5, 4, trainable=()), Sigmoid(), Spectral(4, 3)),
    "Chain, last layer frozen": Chain(Spectral(5, 4), Sigmoid(), Dense(4, 3, trainable=())),
    "Chain, nothing learns": Chain(Dense(5, 4, trainable=()), Tanh()),
    "Chain, activation first": Chain(Tanh(), Spectral(5, 3), Identity()),
    "Chain with a nested network": Chain(Dense(5, 4), Tanh(), Nested((4, 2, 3)), ELU()),
    "Chain, factored": Chain(SpectralQR(5, 4), Tanh(), SpectralSVD(4, 6), ELU(), Dense(6, 3)),
    "Chain, complex": Chain(Dense(5, 4), ComplexRecurrentSpectral(4, 3, 3), Dense(6, 2)),
    "Chain, recurrent": Chain(Dense(5, 3), RecurrentSpectral(3, 2, 5, 2), ELU(), Dense(2, 3)),
    "Chain, mean field": mean_field(5, (4, 6), n_out=2, activation=ELU(), gain=1.2),
    "Chain, fixed orientations": Chain(FixedOrientations(5, 4), ReLU(), ScaledDense(4, 1, 0.25)),
    "Chain, convolutional": Chain(
        Conv2D((4, 5, 2), 3, 2, padding=1), Swish(1.7), Residual(
            Chain(Conv2D((5, 6, 3), 3, 1), Tanh())),
        Conv2D((5, 6, 3), 2, 3, 2, bias=False), SpatialMean(4, 2), ScaledDense(2, 3)),
    "Chain, normalized": Chain(Dense(5, 4), BatchNorm(4), ReLU(), Dropout(0.2), Spectral(4, 3)),
    "Chain, in training": Chain(
        Conv2D((3, 4, 1), 2, 2, bias=False), TrainingBatchNorm((2, 3, 2)), Tanh(),
        TrainingDropout(0.2, 7), SpectralConv((2, 3, 2), 3, 2)),
    "Chain, nested": Chain(Chain(Spectral(5, 4), Tanh()), Chain(Chain(Dense(4, 2)), LeakyReLU())),
    "Chain, nested and frozen": Chain(Chain(Tanh(), Chain(Dense(5, 4, trainable=()))), Dense(4, 3)),
}


@dataclass(frozen=True)
class LossCase:
    """A loss with the kind of target that it takes."""

    function: object
    kind: str

    def __call__(self, y, target, **options):
        return self.function(y, target, **options)

    def target(self, rng, shape, dtype=float):
        return TARGETS[self.kind](rng, shape, np.zeros(0, dtype).real.dtype)


def probabilities(rng, shape, dtype):
    q = rng.uniform(0.1, 1, shape).astype(dtype)
    return q / q.sum(-1, keepdims=True)


TARGETS = {
    "numbers": lambda rng, shape, dtype: rng.standard_normal(shape).astype(dtype),
    "signs": lambda rng, shape, dtype: rng.choice([-1.0, 1.0], shape).astype(dtype),
    "labels": lambda rng, shape, dtype: rng.integers(shape[-1], size=shape[:-1]),
    "unit interval": lambda rng, shape, dtype: rng.uniform(0, 1, shape).astype(dtype),
    "probabilities": probabilities,
}
EVERY_LOSS = {
    "mean_squared_error": LossCase(mean_squared_error, "numbers"),
    "softmax_cross_entropy, labels": LossCase(softmax_cross_entropy, "labels"),
    "softmax_cross_entropy, probabilities": LossCase(softmax_cross_entropy, "probabilities"),
    "binary_cross_entropy": LossCase(binary_cross_entropy_with_logits, "unit interval"),
    "hinge": LossCase(hinge, "signs"),
    "soft_hinge": LossCase(soft_hinge, "signs"),
    "quadratic_hinge": LossCase(quadratic_hinge, "signs"),
}

PENALIZED = Chain(Spectral(5, 4), Tanh(), Dense(4, 3), Spectral(3, 2, lambda_in=0.0))
EVERY_PENALTY = by_call(
    L1(0.3, "phi"), L1(0.3, "lambda_out"), L1(0.3, "weight", PENALIZED),
    L2(0.7, "phi"), L2(0.7, "3/phi"), L2(0.7, "bias"),
    L2(0.7, "weight", PENALIZED), L2(0.7, "0/weight", PENALIZED),
    ElasticNet(0.4, "phi", ratio=0.2), ElasticNet(0.4, "weight", PENALIZED, 0.8),
    Orthonormal(0.2, "phi"), Orthonormal(0.2, "weight", PENALIZED),
    GroupLasso(0.2, "phi"), GroupLasso(0.2, "phi", axis=0),
    GroupLasso(0.2, "weight", PENALIZED), GroupLasso(0.2, "weight", PENALIZED, 0))

EVERY_OPTIMIZER = by_call(
    SGD(0.1), SGD(0.1, momentum=0.9), SGD(0.1, momentum=0.5, decay=0.02),
    Adam(0.01), Adam(0.01, decay=0.1), Adam(0.03, beta1=0.5, beta2=0.9, eps=1e-3),
    Adam(0.03, beta1=0.0, beta2=0.0),
    Adamax(0.01), Adamax(0.02, beta1=0.8, beta2=0.95, decay=0.1),
    PlainSGD(0.1, momentum=0.5, decay=0.02), PlainAdam(0.01, decay=0.1),
    PlainAdamax(0.02, decay=0.1))

EVERY_DTYPE = {"float32": np.float32, "float64": np.float64, "longdouble": np.longdouble,
               "complex128": np.complex128}


def each(table):
    """A fixture that takes every value of the table, or of a list."""
    @pytest.fixture(params=table)
    def one(request):
        return table[request.param] if isinstance(table, dict) else request.param
    return one


layer, loss, penalty, optimizer, dtype = map(each, (
    EVERY_LAYER, EVERY_LOSS, EVERY_PENALTY, EVERY_OPTIMIZER, EVERY_DTYPE))


@pytest.fixture
def rng():
    return np.random.default_rng(20240607)


def random_array(rng, shape, dtype=float):
    """Standard normal entries; a complex dtype gets an imaginary part as well."""
    array = rng.standard_normal(shape)
    if np.issubdtype(dtype, np.complexfloating):
        array = array + 1j * rng.standard_normal(shape)
    return np.asarray(array, dtype)


def random_params(layer, rng, dtype=float):
    params = tree.map(lambda start: random_array(rng, start.shape, dtype), layer.init(rng))
    return conditioned(layer, params)


def conditioned(layer, params):
    """`params` with what a layer inverts or takes a root of far from 0."""
    if isinstance(layer, Chain):
        return tuple(map(conditioned, layer.layers, params))
    if isinstance(layer, (BatchNorm, Residual)):
        return {name: array * array + 0.5 if name.endswith("variance") else array
                for name, array in params.items()}
    if isinstance(layer, TriangularRecurrentSpectral):
        return {name: array / 4 if name in ("lower", "upper") else array
                for name, array in params.items()}
    if isinstance(layer, ComplexRecurrentSpectral):
        phi = params["phi"]
        return {**params, "phi": phi + 3 * np.eye(*phi.shape, dtype=phi.dtype)}
    if isinstance(layer, (RecurrentSpectral, SwitchedRecurrentSpectral)):
        first = layer.init(np.random.default_rng(0), params["planted"].dtype)
        return {name: array + 3 * first[name] if name.startswith(("planted", "modes")) else array
                for name, array in params.items()}
    return params


def takes(layer, dtype):
    """Whether numbers of `dtype` may pass: a layer that is complex inside takes real ones only."""
    if isinstance(layer, Chain):
        return all(takes(one, dtype) for one in layer.layers)
    return not isinstance(layer, ComplexRecurrentSpectral) or np.dtype(dtype).kind != "c"


def random_input(layer, rng, dtype=float, leading=(4,)):
    return random_array(rng, (*leading, getattr(layer, "n_in", 5)), dtype)


def with_array(params, path, change):
    """`params` with change(array) in place of the array at `path`."""
    paths = iter([name for name, _ in tree.items(params)])
    return tree.map(lambda array: change(array) if next(paths) == path else array, params)


def several_steps(optimizer, start, gradients):
    """(params, state) after a step by each of the gradients."""
    params = tree.copy(start)
    state = optimizer.init(params)
    for grads in gradients:
        optimizer.step(params, grads, state)
    return params, state


def refused(layer, message, rng, leading=(4,), **options):
    """What the checker says of a layer with random params and x, in which the message has to be."""
    params, x = random_params(layer, rng), random_input(layer, rng, leading=leading)
    with pytest.raises(AssertionError, match=message) as caught:
        check_gradients(layer, params, x, rng=rng, **options)
    return str(caught.value)


def dyadic(rng, shape, dtype=float):
    """Multiples of 1/8 from -5/8 to 5/8: products and sums of a few of them have no rounding."""
    return (rng.integers(-5, 6, shape) / 8).astype(dtype)


def locked(array):
    """A copy that refuses every write."""
    array = np.array(array)
    array.setflags(write=False)
    return array


def same_bits(a, b):
    """Whether two trees have the same structure and the same bits in every array."""
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(
            same_bits(a[name], b[name]) for name in a)
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(map(same_bits, a, b))
    if a is None or b is None:
        return a is b
    a, b = np.asarray(a), np.asarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(
        a, b, equal_nan=a.dtype.kind in "fc")


def assert_near(got, want, roundings=64, scale=None, name="array"):
    """|got - want| <= roundings * (unit of rounding) * scale, the largest |want| by default.

    A rounding is half an eps of the dtype of `want`; sums of 5 products through 4 layers have
    fewer than 64 of them. Shape and dtype must agree first: nothing may broadcast here.
    """
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape and got.dtype == want.dtype, (
        f"{name}: {got.shape} {got.dtype}, expected {want.shape} {want.dtype}")
    if not got.size:
        return
    scale = np.abs(want).max() if scale is None else scale
    allowed = roundings * np.finfo(want.dtype).eps / 2 * scale + np.finfo(want.dtype).tiny
    error = np.abs(got - want)
    worst = np.unravel_index(np.argmax(error), error.shape)
    assert (error <= allowed).all(), (
        f"{name}{[int(i) for i in worst]}: {got[worst]!r}, expected {want[worst]!r}, "
        f"allowed error {np.max(allowed):.2g}")


def assert_trees_near(got, want, roundings=64):
    got, want = dict(tree.items(got)), dict(tree.items(want))
    assert list(got) == list(want)
    for name in want:
        assert_near(got[name], want[name], roundings, name=name)


def refusals(error, *rows):
    """A test that every call of the rows (call, message) raises this error with its message."""
    @pytest.mark.parametrize("call, message", rows)
    def test(call, message):
        with np.errstate(all="ignore"), pytest.raises(error, match=message):
            call()
    return test
