"""Laws that every layer, loss, penalty and optimizer obeys, whatever it computes."""
import dataclasses
import pickle

import numpy as np
import pytest
from conftest import (EVERY_DTYPE, EVERY_LAYER, PENALIZED, assert_near, assert_trees_near, dyadic,
                      each, locked, random_array, random_input, random_params, same_bits,
                      several_steps, takes, with_array)
from real_form import analytic

from npspectral import (ELU, Chain, Dense, LeakyReLU, ReLU, Softplus, Sparse, Spectral, Tanh,
                        check_gradients, hinge, nn, quadratic_hinge)
from npspectral.nn import (L1, ComplexRecurrentSpectral, FixedOrientations, Layer, Nested,
                           OneHidden, RecurrentSpectral, Residual, ScaledDense, SpectralFullQR,
                           SpectralGaussianSVD, SpectralQR, SpectralSVD, SwitchedRecurrentSpectral,
                           tree)
from npspectral.nn.activations import Elementwise
from npspectral.nn.gradient_check import compare_gradient

reduction, weighted, zero = each(["mean", "sum"]), each([False, True]), each([0.0, -0.0])


def run(layer, params, x, grad_y=None, **options):
    """y, grads, grad_x; grad_y is drawn if not given."""
    y, residuals = layer.forward(params, x)
    if grad_y is None:
        grad_y = random_array(np.random.default_rng(1), y.shape, y.dtype)
    return y, *layer.backward(params, residuals, grad_y, **options)


# The gradient of <grad_y, y>, from complex steps written here so that the checker of the package is
# not its own witness: d f(q) / dq = Im f(q + ih) / h has no difference in it and so no step error.

def complex_steps(function, at):
    """The gradient of sum(function(at)) element by element, and the size of its contributions."""
    h = 2.0 ** -500
    gradient, size = np.empty(at.shape), np.empty(at.shape)
    for index in np.ndindex(at.shape):
        moved = at.astype(complex)
        moved[index] += 1j * h
        contributions = np.imag(function(moved)) / h
        gradient[index], size[index] = np.sum(contributions), np.sum(np.abs(contributions))
    return gradient, size


def assert_gradient(gradient, function, at, name):
    want, size = complex_steps(function, at)
    assert_near(gradient, want, 900, size + size.mean() if size.size else 0, name)    # 1e-13


def test_gradients_of_every_layer_equal_complex_steps(layer, rng):
    params, x, layer = random_params(layer, rng), random_input(layer, rng), analytic(layer)
    grad_y = random_array(rng, layer.forward(params, x)[0].shape)
    _, grads, grad_x = run(layer, params, x, grad_y)
    assert_gradient(grad_x, lambda moved: grad_y * layer.forward(params, moved)[0], x, "x")
    arrays = dict(tree.items(params))
    for path, grad in tree.items(grads):
        def function(moved):
            return grad_y * layer.forward(with_array(params, path, lambda _: moved), x)[0]
        assert_gradient(grad, function, arrays[path], path)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_checker_accepts_every_layer(layer, dtype, rng):
    params, x = random_params(layer, rng, dtype), random_input(layer, rng, dtype)
    report = check_gradients(analytic(layer), params, x, rng=rng)
    assert report.ok
    names = {"x", *(path for path, _ in tree.items(layer.trainable_part(layer.init(rng))))}
    assert {comparison.name for comparison in report.comparisons} == names


def test_gradient_of_every_loss_equals_complex_steps(loss, reduction, weighted, rng):
    y, target = random_array(rng, (4, 3)), loss.target(rng, (4, 3))
    options = dict(reduction=reduction, weights=rng.uniform(0.5, 2, 4) if weighted else None)
    _, grad_y = loss(y, target, **options)
    assert_gradient(grad_y, lambda moved: loss(moved, target, **options)[0], y, "grad_y")


def test_gradient_of_every_penalty_equals_complex_steps(penalty, rng):
    params = random_params(PENALIZED, rng)
    arrays, grads = dict(tree.items(params)), dict(tree.items(penalty(params)[1]))
    assert grads
    for path, grad in grads.items():
        def function(moved):
            return penalty(with_array(params, path, lambda _: moved))[0]
        assert_gradient(grad, function, arrays[path], path)
        assert all(comparison.ratio <= 1 for comparison in
                   compare_gradient(function, arrays[path], grad, path, rng=rng))


# Axes

def test_gradient_of_a_batch_is_the_sum_of_gradients_per_sample(layer, dtype, rng):
    if not takes(layer, dtype):
        pytest.skip("real numbers only")
    if layer.coupled:
        pytest.skip("samples are not independent")
    params, x = random_params(layer, rng, dtype), random_input(layer, rng, dtype)
    y, residuals = layer.forward(params, x)
    grad_y = random_array(rng, y.shape, dtype)
    grads, grad_x = layer.backward(params, residuals, grad_y)
    y_each, residuals = layer.forward(params, x[:, None, :])
    each, grad_x_each = layer.backward(params, residuals, grad_y[:, None, :])
    assert_trees_near(tree.map(lambda grad: grad.sum(0), each), grads)
    assert_near(y_each[:, 0], y)
    assert_near(grad_x_each[:, 0], grad_x)


def test_leading_axes_are_a_loop(layer, rng):
    params, x = random_params(layer, rng), random_input(layer, rng, leading=(2, 3, 4))
    y, residuals = layer.forward(params, x)
    grad_y = random_array(rng, y.shape)
    grads, grad_x = layer.backward(params, residuals, grad_y)
    for index in np.ndindex(2, 3):
        y_one, grads_one, grad_x_one = run(layer, params, x[index], grad_y[index])
        assert_near(y[index], y_one)
        assert_near(grad_x[index], grad_x_one)
        assert_trees_near(tree.map(lambda grad: grad[index], grads), grads_one)


def test_identity_seed_gives_the_whole_jacobian(layer, rng):
    if layer.coupled:
        pytest.skip("samples are not independent")
    params, x = random_params(layer, rng), random_input(layer, rng)
    n, k = len(x), layer.forward(params, x)[0].shape[-1]
    y, residuals = layer.forward(params, x[:, None, :])
    seed = np.broadcast_to(np.eye(k)[:, None, None, :], (k, n, 1, k))
    jacobian, jacobian_x = layer.backward(params, residuals, seed)
    for output, sample in np.ndindex(k, n):
        _, grads, grad_x = run(layer, params, x[sample:sample + 1], np.eye(k)[output:output + 1])
        assert_near(jacobian_x[output, sample], grad_x)
        assert_trees_near(tree.map(lambda rows: rows[output, sample], jacobian), grads)


def test_empty_batch_gives_no_rows_and_zero_gradients(layer, rng):
    params, x = random_params(layer, rng), random_input(layer, rng, leading=(0,))
    y, grads, grad_x = run(layer, params, x)
    assert y.shape == (0, getattr(layer, "n_out", 5)) and grad_x.shape == x.shape
    assert all((grad == 0).all() for grad in tree.leaves(grads))


def test_memory_order_of_the_arguments_does_not_matter(layer, rng):
    params, x = random_params(layer, rng), random_input(layer, rng)
    grad_y = random_array(rng, layer.forward(params, x)[0].shape)
    plain = run(layer, params, x, grad_y)
    odd = run(layer, tree.map(np.asfortranarray, params), np.repeat(x, 2, 0)[::2],
              np.asfortranarray(grad_y))
    for got, want in zip(odd, plain):
        assert_trees_near(got, want)


# Dtypes

def test_every_layer_keeps_the_dtype(layer, dtype, rng):
    params, x = random_params(layer, rng, dtype), random_input(layer, rng, dtype)
    if not takes(layer, dtype):
        with pytest.raises(TypeError, match="expected float32, float64 or longdouble"):
            run(layer, params, x)
        return
    result = run(layer, params, x)
    assert {array.dtype for array in tree.leaves(result)} == {np.dtype(dtype)}


@pytest.mark.parametrize("dtype", [np.float16, *EVERY_DTYPE.values()])
def test_first_values_are_the_same_numbers_in_every_dtype(layer, dtype):
    double = layer.init(np.random.default_rng(7))
    other = layer.init(np.random.default_rng(7), dtype)
    assert same_bits(other, tree.map(lambda array: array.astype(dtype), double))


def test_every_loss_keeps_the_dtype(loss, dtype, weighted, rng):
    y, real = random_array(rng, (4, 3), dtype), np.zeros(0, dtype).real.dtype
    weights = rng.uniform(0.5, 2, 4).astype(real) if weighted else None
    value, grad_y = loss(y, loss.target(rng, y.shape, dtype), weights=weights)
    assert (value.dtype, grad_y.dtype) == (y.dtype, y.dtype)


def test_every_penalty_keeps_the_dtype(penalty, dtype, rng):
    value, grads = penalty(random_params(PENALIZED, rng, dtype))
    assert {value.dtype, *(grad.dtype for grad in tree.leaves(grads))} == {np.dtype(dtype)}


def test_every_optimizer_keeps_the_dtype(optimizer, dtype, rng):
    params, grads = random_params(PENALIZED, rng, dtype), random_params(PENALIZED, rng, dtype)
    if dtype is np.complex128:
        with pytest.raises(TypeError, match="0/lambda_in has dtype complex128, expected float32"):
            optimizer.init(params)
        return
    state = optimizer.init(params)
    optimizer.step(params, grads, state)
    optimizer.step(params, grads, state)
    arrays = [array for path, array in tree.items(state) if path != "t"] + tree.leaves(params)
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}


def test_memory_map_of_a_file_is_read_like_an_array(layer, rng, tmp_path):
    params, x = random_params(layer, rng), random_input(layer, rng)
    want = run(layer, params, x)
    np.save(tmp_path / "x.npy", x)
    got = run(layer, params, np.load(tmp_path / "x.npy", mmap_mode="r"))
    assert same_bits(got, want)
    assert layer == Chain() or {type(array) for array in tree.leaves(got)} == {np.ndarray}


def test_single_precision_agrees_with_extended_precision(layer, rng):
    params, x = random_params(layer, rng, np.float32), random_input(layer, rng, np.float32)
    grad_y = random_array(rng, layer.forward(params, x)[0].shape, np.float32)
    single = run(layer, params, x, grad_y)
    wide = run(layer, *tree.map(lambda array: array.astype(np.longdouble), (params, x, grad_y)))
    for got, want in zip(single, wide):
        for a, b in zip(tree.leaves(got), tree.leaves(want)):
            assert_near(a, b.astype(np.float32), 128)


# Purity

def test_layers_leave_their_inputs_alone_and_repeat_themselves(layer, rng):
    params = tree.map(locked, random_params(layer, rng))
    x = locked(random_input(layer, rng))
    y, residuals = layer.forward(params, x)
    grad_y = locked(random_array(rng, y.shape))
    first = layer.backward(params, tree.map(locked, residuals), grad_y)
    layer.forward(params, locked(x + 1))                # another forward in between spoils nothing
    assert same_bits(layer.backward(params, residuals, grad_y), first)
    assert same_bits(layer.forward(params, x)[0], y)


def test_gradients_are_fresh_arrays(layer, rng):
    params, x = random_params(layer, rng), random_input(layer, rng)
    y, residuals = layer.forward(params, x)
    grad_y = random_array(rng, y.shape)
    grads, grad_x = layer.backward(params, residuals, grad_y)
    given = tree.leaves((params, x, grad_y, residuals))
    for grad in tree.leaves((grads, grad_x) if layer != Chain() else grads):
        assert not any(np.shares_memory(grad, array) for array in given)


def test_losses_leave_their_inputs_alone_and_repeat_themselves(loss, rng):
    y, target = locked(random_array(rng, (4, 3))), locked(loss.target(rng, (4, 3)))
    weights = locked(rng.uniform(0.5, 2, 4))
    assert same_bits(loss(y, target, weights=weights), loss(y, target, weights=weights))


def test_penalties_leave_their_inputs_alone_and_repeat_themselves(penalty, rng):
    params = tree.map(locked, random_params(PENALIZED, rng))
    assert same_bits(penalty(params), penalty(params))


def test_optimizers_leave_the_gradients_alone_and_repeat_themselves(optimizer, rng):
    start = random_params(PENALIZED, rng)
    grads = [tree.map(locked, random_params(PENALIZED, rng)) for _ in range(3)]
    assert same_bits(*(several_steps(optimizer, start, grads) for _ in range(2)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_exponentials_that_underflow_are_silent_where_everything_raises(dtype):
    x = np.array([[-1e6, -1e4, -1e2, -1, 0, 1, 1e2, 1e4, 1e6]], dtype)
    grad_y = np.full_like(x, 100 * np.finfo(dtype).tiny)
    for layer in EVERY_LAYER.values():
        if isinstance(layer, Elementwise):
            want = run(layer, {}, x, grad_y)
            with np.errstate(all="raise"):
                assert same_bits(run(layer, {}, x, grad_y), want)


# Keys, shapes, and what input_grad and trainable promise

def test_gradients_have_the_structure_names_and_shapes_of_the_trainable_part(layer, rng):
    params = random_params(layer, rng)
    _, grads, _ = run(layer, params, random_input(layer, rng))
    arrays, part = dict(tree.items(params)), layer.trainable_part(params)
    assert same_bits(*(tree.map(np.zeros_like, side) for side in (grads, part)))
    assert all(array is arrays[path] for path, array in tree.items(part))
    if not isinstance(layer, Chain):
        assert tuple(grads) == layer.learned


def test_without_input_grad_the_gradients_are_the_same_and_grad_x_is_none(layer, rng):
    params, x = random_params(layer, rng), random_input(layer, rng)
    _, grads, _ = run(layer, params, x)
    _, same, grad_x = run(layer, params, x, input_grad=False)
    assert grad_x is None and same_bits(same, grads)


def test_layers_are_frozen_values_without_arrays(layer):
    layer.init(np.random.default_rng(0))
    again = Chain(*layer.layers) if isinstance(layer, Chain) else dataclasses.replace(layer)
    for same in (again, pickle.loads(pickle.dumps(layer))):
        assert isinstance(layer, Layer) and same == layer and hash(same) == hash(layer)
    with pytest.raises(dataclasses.FrozenInstanceError):
        layer.n_in = 7
    assert not any(isinstance(value, np.ndarray) for value in vars(layer).values())


def test_layers_print_as_the_call_that_makes_them(layer):
    assert eval(repr(layer), vars(nn)) == layer


def trained(layer, names):
    """The same layer with these names trainable, and no others."""
    if isinstance(layer, Sparse):
        return dataclasses.replace(layer, layer=trained(layer.layer, names))
    if isinstance(layer, Residual):
        return Residual(Chain(*(
            trained(inner, tuple(name.partition("/")[2] for name in names
                                 if name.startswith(f"{i}/"))) if inner.shapes else inner
            for i, inner in enumerate(layer.f))))
    return dataclasses.replace(layer, trainable=names)


def test_freezing_changes_no_other_gradient(layer, rng):
    if isinstance(layer, Chain) or not layer.shapes:
        pytest.skip("nothing to freeze")
    names = (layer.layer if isinstance(layer, Sparse) else layer).trainable_names
    params, x = random_params(layer, rng), random_input(layer, rng)
    _, want, want_x = run(trained(layer, names), params, x)
    for part in [(), *((name,) for name in names)]:
        one = trained(layer, part)
        _, grads, grad_x = run(one, params, x)
        assert tuple(grads) == one.learned and same_bits(grad_x, want_x)
        assert set(grads) == {name for name in want if name in part
                              or part and name.partition("_")[0] in part and "_" not in part[0]}
        for name in grads:      # theta alone has its own, shorter formula
            if part == ("theta",) and isinstance(layer, RecurrentSpectral):
                assert_near(grads[name], want[name], 256)
            else:
                assert same_bits(grads[name], want[name])


def test_weight_and_its_backward_are_the_layer_around_the_matrix(layer, rng):
    """With dyadic numbers, where no sum is rounded; the matrix product is written out here."""
    if not hasattr(layer, "weight_backward"):
        pytest.skip("no matrix")
    params = {name: dyadic(rng, shape) for name, shape in layer.shapes.items()}
    x, grad_y = dyadic(rng, (4, layer.n_in)), dyadic(rng, (2, 4, layer.n_out))
    y, grads, grad_x = run(layer, params, x, grad_y)
    weight = layer.weight(params)
    assert_near(y, x @ weight.T + params.get("bias", 0), 16)
    assert_near(grad_x, grad_y @ weight, 16)
    grads.pop("bias", None)
    got = layer.weight_backward(params, grad_y.swapaxes(-1, -2) @ x)
    assert same_bits(got, grads)
    for k in range(2):
        one = layer.weight_backward(params, grad_y[k].T @ x)
        assert same_bits(one, {name: grad[k] for name, grad in got.items()})


# Composition

def test_chain_is_one_layer_after_the_other(layer, rng):
    n_in, n_out = getattr(layer, "n_in", 5), getattr(layer, "n_out", 5)
    before, after = Dense(2, n_in), Spectral(n_out, 3)
    chain = Chain(before, layer, after)
    params, x = random_params(chain, rng), random_input(chain, rng)
    y1, residuals1 = before.forward(params[0], x)
    y2, residuals2 = layer.forward(params[1], y1)
    y3, residuals3 = after.forward(params[2], y2)
    grad_y = random_array(rng, y3.shape)
    grads3, grad_y2 = after.backward(params[2], residuals3, grad_y)
    grads2, grad_y1 = layer.backward(params[1], residuals2, grad_y2)
    grads1, grad_x = before.backward(params[0], residuals1, grad_y1)
    assert same_bits(run(chain, params, x, grad_y), (y3, (grads1, grads2, grads3), grad_x))


def test_chain_of_nothing_is_the_identity(rng):
    x = rng.standard_normal((4, 5))
    y, grads, grad_x = run(Chain(), (), x, 2 * x)
    assert same_bits((y, grads, grad_x), (x, (), 2 * x))


def test_chain_draws_its_layers_one_after_the_other():
    a, b = Spectral(5, 4), Dense(4, 3)
    one, other = np.random.default_rng(3), np.random.default_rng(3)
    assert same_bits(Chain(a, b).init(one), (a.init(other), b.init(other)))


# What training conserves: the quadratic's derivative along minus the gradient is zero

@pytest.mark.parametrize("layer, quantity", [
    (Spectral(5, 3, lambda_in=0.0), lambda p: (p["phi"] ** 2).sum(1) - p["lambda_out"] ** 2),
    (Nested((5, 4, 3), Tanh(), skip=False), lambda p: sum(
        {"p": 1, "l": -1, "b": 0}[name[0]] * (p[name] ** 2).sum() for name in p)),
    (OneHidden(5, 7), OneHidden(5, 7).conserved),
    (OneHidden(5, 7, bias=False), OneHidden(5, 7, bias=False).conserved)])
def test_gradient_flow_conserves_a_quadratic_of_the_parameters(layer, quantity, rng):
    params = random_params(layer, rng)
    _, grads, _ = run(layer, params, random_input(layer, rng))
    moved = {name: params[name] - 1e-20j * grads[name] for name in params}
    assert np.abs(quantity(moved).imag / 1e-20).max() < 1e-13 and (quantity(params) != 0).all()


# Losses

def test_leading_axes_of_a_loss_are_a_loop(loss, reduction, rng):
    y, target = random_array(rng, (2, 3, 4, 5)), loss.target(rng, (2, 3, 4, 5))
    options = dict(reduction=reduction, weights=rng.uniform(0.5, 2, 4))
    value, grad_y = loss(y, target, **options)
    assert value.shape == (2, 3)
    for index in np.ndindex(2, 3):
        value_one, grad_one = loss(y[index], target[index], **options)
        assert_near(value[index], value_one, 16)
        assert_near(grad_y[index], grad_one, 16)


# Optimizers: in place, and nothing but what has a gradient

def test_optimizers_work_in_place(optimizer, rng):
    params, grads = random_params(PENALIZED, rng), random_params(PENALIZED, rng)
    state = optimizer.init(params)
    arrays = tree.leaves(params) + tree.leaves(state)
    before = tree.copy(params)
    optimizer.step(params, grads, state)
    after = tree.leaves(params) + tree.leaves(state)
    assert all(a is b for a, b in zip(arrays, after))
    assert not any((a == b).any() for a, b in zip(tree.leaves(params), tree.leaves(before)))


def test_optimizers_leave_what_has_no_gradient(optimizer, rng):
    params, grads = random_params(PENALIZED, rng), random_params(PENALIZED, rng)
    del grads[0]["phi"], grads[3]["lambda_out"]
    grads = (*grads[:2], {}, grads[3])
    state, before = optimizer.init(params), tree.copy(params)
    untouched = tree.copy(state)
    optimizer.step(params, grads, state)
    kept = {path for (path, a), (_, b) in zip(tree.items(params), tree.items(before))
            if same_bits(a, b)}
    assert kept == {"0/phi", "2/weight", "2/bias", "3/lambda_out"}
    for path, array in tree.items(untouched):
        if any(path.endswith(name) for name in kept):
            assert same_bits(dict(tree.items(state))[path], array)


# Work that nobody asked for

def _plain(value):
    """Arrays without their class, in lists too."""
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return np.asarray(value) if isinstance(value, np.ndarray) else value


class Counted(np.ndarray):
    """An array that counts the products that it takes part in."""

    products = 0

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        Counted.products += ufunc is np.matmul
        if out is not None:
            options["out"] = tuple(_plain(array) for array in out)
        result = getattr(ufunc, method)(*map(_plain, inputs), **options)
        return np.asarray(result).view(Counted)

    def __array_function__(self, function, types, args, options):
        Counted.products += function is np.einsum
        if function in (np.dot, np.tensordot, np.inner, np.vdot):
            raise AssertionError(f"{function.__name__} is not counted here")
        options = {name: _plain(value) for name, value in options.items()}
        return np.asarray(function(*map(_plain, args), **options)).view(Counted)


EVERYTHING, EIGENVALUES = ("planted", "modes", "theta"), ("lambda_in", "lambda_out")
BIAS, NOTHING = dict(trainable=("bias",)), dict(trainable=())
TWO_ITEMS = dict(steps=3, inserted=(0, 3))


@pytest.mark.parametrize("layer, without, with_x", [
    (Dense(5, 3), 1, 2),
    (Dense(5, 3, **BIAS), 0, 1),
    (Spectral(5, 3), 3, 4),                         # G, and a pass over phi for each set
    (Spectral(5, 3, trainable=("lambda_out",)), 2, 3),
    (Spectral(5, 3, trainable=("phi",)), 1, 2),
    (Spectral(5, 3, **BIAS), 0, 1),
    (Spectral(5, 3, **NOTHING), 0, 1),
    (Spectral(5, 3, lambda_in=0.0), 1, 2),          # no pass where one set is a constant
    (Spectral(5, 3, lambda_in=0.0, trainable=("phi",)), 1, 2),
    (Spectral(5, 3, lambda_in=0.0, trainable=("lambda_out", "bias")), 0, 1),
    (Spectral(5, 3, lambda_in=0.0, **BIAS), 0, 1),
    (Spectral(5, 3, lambda_out=0.0), 2, 2),
    (Spectral(5, 3, lambda_out=0.0, trainable=("phi",)), 1, 2),
    (Spectral(5, 3, lambda_out=0.0, trainable=("lambda_in",)), 1, 1),
    (Spectral(5, 3, lambda_out=0.0, **BIAS), 0, 1),
    (Spectral(5, 3, lambda_in=1.0, lambda_out=0.5, trainable=("phi",)), 1, 2),
    (Spectral(5, 3, lambda_in=1.0, lambda_out=0.5, trainable=EIGENVALUES), 0, 1),
    *((make(5, 3, **options), *counts) for make in (SpectralQR, SpectralFullQR, SpectralSVD,
                                                    SpectralGaussianSVD)
      for options, counts in (                      # one more, of grad_phi and a factor
          ({}, (4, 5)), (dict(trainable=EIGENVALUES), (3, 4)), (BIAS, (0, 1)),
          (dict(lambda_in=0.0, trainable=EIGENVALUES), (0, 1)),
          (dict(lambda_out=0.25, trainable=EIGENVALUES), (1, 1)))),
    (ScaledDense(5, 3), 1, 2),
    (ScaledDense(5, 3, **BIAS), 0, 1),
    (FixedOrientations(5, 3), 0, 1),
    (OneHidden(5, 7), 1, 2),
    (OneHidden(5, 7, **NOTHING), 0, 1),
    (Sparse(Spectral(5, 3), sparsity=0.5), 3, 4),
    (Sparse(Spectral(5, 3, **BIAS), sparsity=0.5), 0, 1),
    (Sparse(Dense(5, 3, **NOTHING), threshold=0.5), 0, 1),
    (Nested((5, 4, 3)), 8, 10),                     # 4 a transfer, two more where u skips
    (Nested((5, 4, 3), skip=False), 7, 8),
    (Nested((5, 4, 3), trainable=("lambda", "bias")), 7, 9),
    (Nested((5, 4, 3), trainable=("phi",)), 4, 6),
    (Nested((5, 4, 3), **BIAS), 1, 3),
    (Nested((5, 4, 3), **NOTHING), 0, 3),
    # 4 steps: one for y, then 3 for A, 2 between the steps, 1 for x; for Phi 5, for theta 2
    (RecurrentSpectral(4, 3, 9, 4, trainable=EVERYTHING), 11, 12),
    (RecurrentSpectral(4, 3, 9, 4, trainable=("theta",)), 8, 9),
    (RecurrentSpectral(4, 3, 9, 4, **NOTHING), 0, 4),
    (SwitchedRecurrentSpectral(2, 2, 5, steps=2, rest=1), 17, 18),
    (SwitchedRecurrentSpectral(2, 2, 5, steps=2, rest=1, **NOTHING), 0, 6),
    (ComplexRecurrentSpectral(4, 3, **TWO_ITEMS), 26, 28),
    (ComplexRecurrentSpectral(4, 3, trainable=("k_imag",), **TWO_ITEMS), 16, 18),
    (ComplexRecurrentSpectral(4, 3, **NOTHING, **TWO_ITEMS), 0, 11),
])
def test_backward_makes_no_product_that_nobody_asked_for(layer, without, with_x, rng, monkeypatch):
    """Matrix products and einsums are counted."""
    monkeypatch.setattr("npspectral.nn.activations.check_array", lambda *_: None)
    params, x = random_params(layer, rng), random_input(layer, rng)
    y, residuals = layer.forward(params, x)
    counted = [tree.map(lambda array: np.asarray(array).view(Counted), part)
               for part in (params, residuals)]
    for input_grad, wanted in ((False, without), (True, with_x)):
        Counted.products = 0
        layer.backward(*counted, np.ones_like(y), input_grad=input_grad)
        assert Counted.products == wanted


@dataclasses.dataclass(frozen=True)
class Watched(Dense):
    """A Dense layer that writes down how its backward is called."""

    log: tuple = ()

    def backward(self, params, residuals, grad_y, input_grad=True):
        WATCH.append((self.n_in, input_grad))
        return super().backward(params, residuals, grad_y, input_grad)


WATCH = []
FROZEN = ()


@pytest.mark.parametrize("chain, calls, input_grad", [(chain, calls, False) for chain, calls in [
    (Chain(Watched(5, 4), Tanh(), Watched(4, 3)), [(4, True), (5, False)]),
    (Chain(Tanh(), Watched(5, 4), Watched(4, 3)), [(4, True), (5, False)]),
    (Chain(Watched(5, 4, trainable=FROZEN), Watched(4, 3)), [(4, False)]),
    (Chain(Watched(5, 4), Watched(4, 3, trainable=FROZEN)), [(4, True), (5, False)]),
    (Chain(Watched(5, 4, trainable=FROZEN), Chain(Tanh(), Watched(4, 3))), [(4, False)]),
    (Chain(Chain(Watched(5, 4, trainable=FROZEN)), Watched(4, 3)), [(4, False)]),
    (Chain(Watched(5, 4, trainable=FROZEN), Watched(4, 3, trainable=FROZEN)), []),
]] + [(Chain(Watched(5, 4, trainable=FROZEN), Watched(4, 3)), [(4, True), (5, True)], True)])
def test_chain_goes_back_no_further_than_something_learns_or_is_asked_for(chain, calls, input_grad,
                                                                          rng):
    WATCH.clear()
    run(chain, random_params(chain, rng), random_input(chain, rng), input_grad=input_grad)
    assert WATCH == calls


# Kinks: the convention, exactly there. Zero has two signs, and both are zero.

@pytest.mark.parametrize("layer, slope", [
    (ReLU(), 0.0), (LeakyReLU(), 0.01), (LeakyReLU(0.3), 0.3), (ELU(), 1.0), (ELU(0.7), 0.7),
    (Softplus(), 0.5), (Softplus(3.0), 0.5)])
def test_derivative_at_a_kink_is_the_one_from_the_left(layer, slope, zero):
    y, _, grad_x = run(layer, {}, np.array([[zero]]), np.array([[1.0]]))
    assert y == layer.forward({}, np.zeros((1, 1)))[0]
    assert grad_x == slope


@pytest.mark.parametrize("loss", [hinge, quadratic_hinge])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_hinges_have_no_gradient_where_the_margin_is_exactly_one(loss, side):
    value, grad_y = loss(np.array([[side]]), np.array([[side]]))
    assert value == 0 and grad_y == 0


def test_l1_has_derivative_zero_at_zero(zero):
    value, grads = L1(0.5, "phi")({"phi": np.array([zero, 2.0])})
    assert value == 1 and same_bits(grads["phi"], np.array([0.0, 0.5]))
