"""Everything the laws run over: a new layer, loss, penalty or optimizer is one more line here.

A layer in a file of its own is listed in nn/test_first_lines.py, too; a loss has its definition in
nn/test_losses.py and its twins in peers/test_torch.py and peers/test_jax.py.

A test that names `layer`, `loss`, `penalty`, `optimizer` or `dtype` as an argument runs once for
every entry. Parameters are drawn at random instead of taken from `init`, whose ones and zeros hide
mistakes; all sizes differ, so that a transposed array does not fit by accident.
"""
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from npspectral import (ELU, SGD, Adam, Adamax, Chain, Dense, Identity, LeakyReLU, Nested, ReLU,
                        Sigmoid, Softplus, Sparse, Spectral, Tanh,
                        binary_cross_entropy_with_logits, hinge, mean_squared_error,
                        quadratic_hinge, soft_hinge, softmax_cross_entropy, sweep)
from npspectral.nn import (L1, L2, ComplexRecurrentSpectral, ElasticNet, FixedOrientations,
                           GroupLasso, OneHidden, Orthonormal, RecurrentSpectral, ScaledDense,
                           SpectralFullQR, SpectralGaussianSVD, SpectralQR, SpectralSVD,
                           SwitchedRecurrentSpectral, TriangularRecurrentSpectral, mean_field, tree)
from npspectral.training import PlainAdam, PlainAdamax, PlainSGD

SCRIPTS = Path(__file__).parents[1] / "scripts"
FORMS = {
    "both sets": {},
    "lambda_in is 0": dict(lambda_in=0.0),
    "lambda_in is 1.5": dict(lambda_in=1.5),
    "lambda_out is 0": dict(lambda_out=0.0),
    "lambda_out is -0.5": dict(lambda_out=-0.5),
    "no eigenvalue trained": dict(lambda_in=2.0, lambda_out=0.5),
}
TRAINABLE = {
    "only lambda_in": ("lambda_in",),
    "only lambda_out": ("lambda_out",),
    "eigenvalues": ("lambda_in", "lambda_out"),
    "only phi": ("phi",),
    "only bias": ("bias",),
    "nothing": (),
}
FACTORED = {"S-QR": (SpectralQR, "r"), "S-SVD": (SpectralSVD, "s")}
NO_BIAS = dict(bias=False)
BENT = LeakyReLU(-0.5)          # far from linear, where theta would hardly matter
EVERY_LAYER = {
    **{f"Spectral, {form}": Spectral(5, 3, **options) for form, options in FORMS.items()},
    **{f"Spectral, {form}, {part} learns": Spectral(5, 3, trainable=names, **FORMS[form])
       for form in ("both sets", "lambda_in is 1.5", "lambda_out is -0.5")
       for part, names in TRAINABLE.items()},
    "Spectral, square": Spectral(4, 4),
    "Spectral, square, lambda_in is 1.5": Spectral(4, 4, lambda_in=1.5),
    "Spectral, square, lambda_out is 0": Spectral(4, 4, lambda_out=0.0),
    "Spectral, wide": Spectral(2, 7),
    "Spectral, one to one": Spectral(1, 1),
    "Spectral, no bias": Spectral(5, 3, bias=False),
    "Spectral, no bias, lambda_in is 0": Spectral(5, 3, bias=False, lambda_in=0.0),
    "Spectral, no bias, lambda_out is 0": Spectral(5, 3, bias=False, lambda_out=0.0),
    **{f"{name}, {form}": make(5, 3, **options)
       for name, (make, _) in FACTORED.items() for form, options in FORMS.items()},
    **{f"{name}, only {part} learns": make(5, 3, trainable=(factor if part == "factor" else part,))
       for name, (make, factor) in FACTORED.items()
       for part in ("factor", "lambda_in", "lambda_out", "bias")},
    **{f"{name}, {title}": make(*sizes, **options) for name, (make, _) in FACTORED.items()
       for title, sizes, options in (("wide", (2, 7), {}), ("square", (4, 4), {}),
                                     ("one to one", (1, 1), {}), ("no bias", (5, 3), NO_BIAS),
                                     ("nothing learns", (5, 3), dict(trainable=())))},
    "S-QR, full R": SpectralFullQR(5, 3),
    "S-QR, full R, wide": SpectralFullQR(2, 7, lambda_in=0.0),
    "S-SVD, Gaussian": SpectralGaussianSVD(5, 3),
    "S-SVD, Gaussian, wide": SpectralGaussianSVD(2, 7, lambda_out=0.0),
    "Dense": Dense(5, 3),
    "Dense, square": Dense(4, 4),
    "Dense, no bias": Dense(5, 3, bias=False),
    "Dense, only weight learns": Dense(5, 3, trainable=("weight",)),
    "Dense, only bias learns": Dense(5, 3, trainable=("bias",)),
    "Dense, nothing learns": Dense(5, 3, trainable=()),
    "ScaledDense": ScaledDense(5, 3),
    "ScaledDense, scale 0.3, no bias": ScaledDense(5, 3, scale=0.3, bias=False),
    "ScaledDense, only bias learns": ScaledDense(5, 3, trainable=("bias",)),
    "FixedOrientations": FixedOrientations(5, 3),
    "FixedOrientations, no bias": FixedOrientations(5, 3, bias=False),
    "FixedOrientations, only radius learns": FixedOrientations(5, 3, trainable=("radius",)),
    "OneHidden": OneHidden(5, 7),
    "OneHidden, no bias": OneHidden(5, 7, bias=False, gain=1.0),
    **{f"OneHidden, only {part} learns": OneHidden(5, 7, trainable=(part,))
       for part in ("omega", "bias", "beta")},
    "Sparse, dynamic": Sparse(Spectral(5, 3), sparsity=0.6),
    "Sparse, static": Sparse(Spectral(5, 3), threshold=0.7),
    "Sparse, dynamic, lambda_in is 0": Sparse(Spectral(5, 3, lambda_in=0.0), sparsity=0.5),
    "Sparse, dynamic, only eigenvalues learn": Sparse(
        Spectral(5, 3, trainable=("lambda_in", "lambda_out")), sparsity=0.6),
    "Sparse, static, only bias learns": Sparse(Spectral(5, 3, trainable=("bias",)), threshold=0.7),
    "Sparse, S-QR, dynamic": Sparse(SpectralQR(5, 3), sparsity=0.6),
    "Sparse, S-QR, full R, static": Sparse(SpectralFullQR(5, 3), threshold=0.7),
    "Sparse, dense, dynamic": Sparse(Dense(5, 3), sparsity=0.6),
    "Sparse, dense, static": Sparse(Dense(5, 3, bias=False), threshold=0.7),
    "Sparse, dense, nothing learns": Sparse(Dense(5, 3, trainable=()), sparsity=0.0),
    "Identity": Identity(),
    "ReLU": ReLU(),
    "LeakyReLU": LeakyReLU(),
    "LeakyReLU, slope 0.3": LeakyReLU(0.3),
    "LeakyReLU, slope -0.5": LeakyReLU(-0.5),
    "ELU": ELU(),
    "ELU, alpha 0.7": ELU(0.7),
    "Tanh": Tanh(),
    "Sigmoid": Sigmoid(),
    "Softplus": Softplus(),
    "Softplus, sharpness 3": Softplus(3.0),
    "Nested": Nested((5, 4, 3)),
    "Nested, three transfers": Nested((5, 4, 2, 3)),
    "Nested, four transfers": Nested((5, 4, 2, 6, 3), LeakyReLU(0.3)),
    "Nested, one transfer": Nested((5, 3)),
    "Nested, linear": Nested((5, 4, 2, 3), Identity()),
    "Nested, ELU, no bias": Nested((5, 4, 2, 3), ELU(0.7), bias=False),
    "Nested, no skip": Nested((5, 4, 2, 3), ELU(), skip=False),
    "Nested, separate": Nested((5, 4, 2, 3), shared=False),
    "Nested, separate, no skip": Nested((5, 4, 2, 3), ELU(), shared=False, skip=False),
    **{f"Nested, {kinds} learns": Nested((5, 4, 2, 3), ELU(), trainable=kinds)
       for kinds in (("lambda",), ("phi",), ("bias",), ("lambda", "bias"), ())},
    "Nested, separate, lambda learns": Nested((5, 4, 3), shared=False, trainable=("lambda",)),
    "Nested, all sizes alike, tanh": Nested((4, 4, 4), Tanh()),
    "Complex": ComplexRecurrentSpectral(4, 3, steps=3),
    "Complex, two items": ComplexRecurrentSpectral(3, 2, 2, inserted=(0, 1)),
    "Complex, linear in between": ComplexRecurrentSpectral(4, 2, 2, inserted=(0, 3)),
    "Complex, late item, ELU": ComplexRecurrentSpectral(4, 3, 2, (1,), activation=ELU()),
    "Complex, score": ComplexRecurrentSpectral(4, 3, 3, read="score"),
    "Complex, power": ComplexRecurrentSpectral(4, 3, 2, read="power"),
    **{f"Complex, {title} learns": ComplexRecurrentSpectral(4, 3, 3, trainable=names)
       for title, names in (("everything", ("phi", "theta", "k_real", "k_imag", "omega")),
                            ("only phi", ("phi",)), ("only theta", ("theta",)),
                            ("only k_imag", ("k_imag",)), ("only omega", ("omega",)),
                            ("nothing", ()))},
    **{f"Recurrent, {steps} steps": RecurrentSpectral(3, 2, 5, steps, BENT) for steps in (2, 4)},
    "Recurrent, 1 step": RecurrentSpectral(3, 2, 5, 1, trainable=("planted", "modes")),
    "Recurrent, tanh, constant node": RecurrentSpectral(3, 2, 5, 3, constant=True),
    "Recurrent on nodes": RecurrentSpectral(3, 2, 5, 2, BENT, planting="nodes"),
    **{f"Recurrent, {title} learns": RecurrentSpectral(3, 2, 5, 2, BENT, trainable=names)
       for title, names in (("everything", ("planted", "modes", "theta")),
                            ("only modes", ("modes",)), ("only theta", ("theta",)),
                            ("nothing", ()))},
    "Recurrent, triangular": TriangularRecurrentSpectral(2, 2, 5, 3, constant=True),
    "Recurrent, triangular, only lower learns": TriangularRecurrentSpectral(
        3, 2, 5, 2, trainable=("lower",)),
    "Recurrent, switched": SwitchedRecurrentSpectral(2, 2, 5, 2, 2, rest=1, activation=BENT),
    "Recurrent, switched, theta learns": SwitchedRecurrentSpectral(
        2, 3, 5, 3, steps=2, activation=BENT, constant=True, trainable=("theta",)),
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
EVERY_PENALTY = {
    "L1 of phi": L1(0.3, "phi"),
    "L1 of eigenvalues": L1(0.3, "lambda_out"),
    "L1 of realized weights": L1(0.3, "weight", PENALIZED),
    "L2 of phi": L2(0.7, "phi"),
    "L2 of one layer's phi": L2(0.7, "3/phi"),
    "L2 of biases": L2(0.7, "bias"),
    "L2 of realized weights": L2(0.7, "weight", PENALIZED),
    "L2 of one realized weight": L2(0.7, "0/weight", PENALIZED),
    "ElasticNet of phi": ElasticNet(0.4, "phi", ratio=0.2),
    "ElasticNet of realized weights": ElasticNet(0.4, "weight", PENALIZED, 0.8),
    "Orthonormal columns of phi": Orthonormal(0.2, "phi"),
    "Orthonormal realized weights": Orthonormal(0.2, "weight", PENALIZED),
    "GroupLasso over nodes": GroupLasso(0.2, "phi"),
    "GroupLasso over inputs": GroupLasso(0.2, "phi", axis=0),
    "GroupLasso of realized weights": GroupLasso(0.2, "weight", PENALIZED),
    "GroupLasso of realized weights over inputs": GroupLasso(0.2, "weight", PENALIZED, 0),
}

EVERY_OPTIMIZER = {
    "SGD": SGD(0.1),
    "SGD, momentum": SGD(0.1, momentum=0.9),
    "SGD, momentum and decay": SGD(0.1, momentum=0.5, decay=0.02),
    "Adam": Adam(0.01),
    "Adam, decay": Adam(0.01, decay=0.1),
    "Adam, other rates": Adam(0.03, beta1=0.5, beta2=0.9, eps=1e-3),
    "Adam, no averages": Adam(0.03, beta1=0.0, beta2=0.0),
    "Adamax": Adamax(0.01),
    "Adamax, decay": Adamax(0.02, beta1=0.8, beta2=0.95, decay=0.1),
    "PlainSGD": PlainSGD(0.1, momentum=0.5, decay=0.02),
    "PlainAdam": PlainAdam(0.01, decay=0.1),
    "PlainAdamax": PlainAdamax(0.02, decay=0.1),
}

EVERY_DTYPE = {"float32": np.float32, "float64": np.float64, "longdouble": np.longdouble,
               "complex128": np.complex128}


def each(table):
    """A fixture that takes every value of the table."""
    @pytest.fixture(params=table)
    def one(request):
        return table[request.param]
    return one


layer, loss, penalty, optimizer, dtype = map(each, (
    EVERY_LAYER, EVERY_LOSS, EVERY_PENALTY, EVERY_OPTIMIZER, EVERY_DTYPE))


@pytest.fixture
def named_version(monkeypatch):
    """Sweeps of a named version: tests put small sizes into modules, which no file has."""
    monkeypatch.setattr(sweep, "run_all", partial(sweep.run_all, version="changed in memory"))


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
    """`params` with a multiple of an orthogonal matrix added to what a layer inverts."""
    if isinstance(layer, Chain):
        return tuple(map(conditioned, layer.layers, params))
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
    return not (isinstance(layer, ComplexRecurrentSpectral)
                and np.issubdtype(dtype, np.complexfloating))


def random_input(layer, rng, dtype=float, leading=(4,)):
    return random_array(rng, (*leading, getattr(layer, "n_in", 5)), dtype)


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
