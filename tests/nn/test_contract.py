"""The checker looks at the whole protocol: a layer of a user that breaks a part is told which."""
import re
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import random_array, random_input, random_params, refused
from of_users import Scale

from npspectral import Chain, Dense, Tanh, check_gradients, mean_squared_error
from npspectral.analysis.kernels.tangent import tangent_kernel
from npspectral.nn import Constant, Layer, Normal
from npspectral.nn.layer import gram


@dataclass(frozen=True)
class Affine(Layer):
    """y_k = sum_j weight_kj x_j + bias_k + shift_k, written by its user, and right."""

    n_in: int = 4
    n_out: int = 3
    trainable: tuple = ("weight", "bias", "shift")

    def parameters(self):
        return {"weight": ((self.n_out, self.n_in), Normal(1.0)),
                "bias": ((self.n_out,), Constant(0.5)), "shift": ((self.n_out,), Constant(0.25))}

    def forward(self, params, x):
        y = x @ params["weight"].T + params["bias"] + params["shift"]
        return y, (x.copy(), y)

    def backward(self, params, residuals, grad_y, input_grad=True):
        x, _ = residuals
        grads = {"weight": grad_y.swapaxes(-1, -2) @ x,
                 "bias": grad_y.sum(-2), "shift": grad_y.sum(-2)}
        return grads, grad_y @ params["weight"] if input_grad else None

    def kernel_term(self, params, residuals1, grad_y1, residuals2, grad_y2):
        outer = gram(grad_y1, grad_y2)
        return {"weight": outer * gram(residuals1[0][None], residuals2[0][None]),
                "bias": outer, "shift": outer}


class Plain(Affine):
    """Affine by the definition of the kernel alone."""

    kernel_term = property()


KEPT = {}                       # what layers with a state keep from one call to the next


def forward(change):
    """Affine with a forward whose arguments or result `change` spoils."""
    class Changed(Affine):
        def forward(self, params, x):
            return change(super().forward, params, x)
    return Changed()


def backward(change):
    """Affine whose backward ends with change(grads, grad_x, params, residuals, grad_y), which may
    give another grad_x."""
    class Changed(Affine):
        def backward(self, params, residuals, grad_y, input_grad=True):
            grads, grad_x = super().backward(params, residuals, grad_y, input_grad)
            other = change(grads, grad_x, params, residuals, grad_y)
            return grads, grad_x if other is None else other
    return Changed()


def kernel(change):
    class Changed(Affine):
        def kernel_term(self, *arguments):
            return change(super().kernel_term(*arguments))
    return Changed()


def holding(hold, take):
    """Affine without kernel_term whose forward keeps hold(x), of which backward does take."""
    class Held(Plain):
        def forward(self, params, x):
            return super().forward(params, x)[0], hold(x.copy())

        def backward(self, params, residuals, grad_y, input_grad=True):
            return super().backward(params, (take(residuals), None), grad_y, input_grad)
    return Held()


def holding_itself(x):
    held = SimpleNamespace(x=x)
    held.list = [held]
    return held


def spoiled(x):
    kept = x.copy()
    x *= 0
    return kept


def put(array, value=0):
    array[...] = value


def scaled_x(own, params, x):
    x *= 2
    return own(params, x)


def moved_bias(own, params, x):
    params["bias"] += 1
    return own(params, x)


def one_buffer(own, params, x):
    y, residuals = own(params, x)
    KEPT.setdefault((y.shape, y.dtype), np.empty_like(y))[...] = y
    return KEPT[y.shape, y.dtype], residuals


def counted(own, params, x):
    y, residuals = own(params, x)
    KEPT["calls"] = KEPT.get("calls", 0) + 1
    return y + KEPT["calls"], residuals


def remembered(own, params, x):
    KEPT["x"] = x
    return own(params, x)


class Forgetful(Affine):
    """A backward that takes x from the last forward, whatever that was."""

    def forward(self, params, x):
        return remembered(super().forward, params, x)

    def backward(self, params, residuals, grad_y, input_grad=True):
        return super().backward(params, (KEPT["x"], None), grad_y, input_grad)


def buffered(grads, grad_x, *_):
    key = grads["bias"].shape, grads["bias"].dtype
    KEPT.setdefault(key, np.empty_like(grads["bias"]))[...] = grads["bias"]
    grads["bias"] = KEPT[key]


def replaced(name, function):
    """The gradient of `name` becomes function(grad_y)."""
    def change(grads, grad_x, params, residuals, grad_y):
        grads[name] = function(grad_y)
    return change


def centered(own, params, x):
    y, residuals = own(params, x)
    return y - y.mean(-2, keepdims=True), residuals


def only_alone(grads, grad_x, params, residuals, grad_y):
    if grad_y.shape[-2:] == grad_y.shape == (1, 3):
        grads["bias"] *= 2


def emptied(self, params, residuals1, *others):
    terms = Affine.kernel_term(self, params, residuals1, *others)
    put(residuals1[0])
    return terms


def double(array):
    return array * np.ones((), np.float64)


class NoChoice(Affine):
    def backward(self, params, residuals, grad_y):
        return super().backward(params, residuals, grad_y)


class Unasked(Affine):
    def backward(self, params, residuals, grad_y, input_grad=True):
        return super().backward(params, residuals, grad_y)


class Less(Affine):
    def backward(self, params, residuals, grad_y, input_grad=True):
        grads, grad_x = super().backward(params, residuals, grad_y, input_grad)
        return grads if input_grad else {**grads, "bias": 0 * grads["bias"]}, grad_x


def nothing_before_the_batch(grads, grad_x, params, residuals, grad_y):
    grads["weight"] = grad_y.T @ residuals[0]


AXES = r"with x \(3, 1, 4\) and grad_y \(2, 3, 1, 3\) the gradient of "
BROKEN = {
    "x in forward": (forward(scaled_x), "forward changes x"),
    "a parameter in forward": (forward(moved_bias), "forward changes params/bias"),
    "grad_y": (backward(lambda grads, x, p, r, g: put(g)), "backward changes grad_y"),
    "a residual": (backward(lambda grads, x, p, r, g: put(r[0])), "backward changes residuals/0"),
    "a residual in a list": (holding(lambda x: [x], lambda held: spoiled(held[0])),
                             "backward changes residuals/0"),
    "a residual in an object": (holding(lambda x: SimpleNamespace(x=x),
                                        lambda held: spoiled(held.x)),
                                "backward changes residuals/x"),
    "a residual taken away": (holding(lambda x: {"x": x}, lambda held: held.pop("x")),
                              "backward changes residuals/x"),
    "a parameter more": (forward(lambda own, params, x: params.update(more=x) or own(params, x)),
                         "forward changes params/more"),
    "y": (backward(lambda grads, x, p, r, g: put(r[1])),
          "backward changes y\n.*backward changes residuals/1"),
    "a parameter in backward": (backward(lambda grads, x, p, r, g: put(p["weight"])),
                                "backward changes params/weight"),
    "one array twice": (backward(lambda grads, *_: grads.update(shift=grads["bias"])),
                        "the gradient of shift shares memory with the gradient of bias"),
    "a gradient that is a parameter": (
        backward(lambda grads, x, p, *_: grads.update(bias=p["bias"])),
        "the gradient of bias shares memory with params/bias"),
    "a gradient in a buffer": (
        backward(buffered), "another forward and backward change gradients/bias of those before"),
    "y in a buffer": (forward(one_buffer), "another forward and backward change y of those before"),
    "a counter": (
        forward(counted), "forward with the same arguments gives another y the second time"),
    "x of the last call": (
        Forgetful(), "backward with the same arguments gives other gradients after another fo"),
    "sum over the first axis": (
        backward(replaced("bias", lambda g: g.sum(0))),
        AXES + r"bias has shape \(3, 1, 3\), expected \(2, 3, 3\): sums run over axis -2 alone"),
    "sum over all axes": (backward(replaced("bias", lambda g: g.sum(tuple(range(g.ndim - 1))))),
                          AXES + r"bias has shape \(3,\), expected \(2, 3, 3\)"),
    "samples mixed up": (
        backward(replaced("bias", lambda g: g.sum(-2)[::-1] if g.ndim > 2 else g.sum(-2))),
        AXES + "bias is not that of each sample by itself"),
    "another rule for one sample": (
        backward(only_alone), AXES + "bias is not that of each sample by itself"),
    "samples that see each other": (
        forward(centered), "y of a sample changes with the other samples of its batch"),
    "a gradient that cannot be added to": (
        backward(replaced("bias", lambda g: np.broadcast_to(g.sum(-2), g.sum(-2).shape))),
        "the gradient of bias is read-only"),
    "transposition of all axes": (backward(nothing_before_the_batch), "leading axes: ValueError: "),
    "no choice of input_grad": (NoChoice(), "calls one after the other: TypeError: .*input_grad"),
    "less without grad_x": (Less(), "backward with input_grad=False gives other gradients"),
    "y promoted": (forward(lambda own, params, x: (double(own(params, x)[0]), own(params, x)[1])),
                   "float32 gives y of dtype float64"),
    "a gradient promoted": (backward(replaced("bias", lambda g: double(g.sum(-2)))),
                            "float32 gives a gradient of bias of dtype float64"),
    "grad_x promoted": (
        backward(lambda grads, grad_x, *_: None if grad_x is None else double(grad_x)),
        "float32 gives a gradient of x of dtype float64"),
    "kernel_term doubled": (kernel(lambda terms: {**terms, "weight": 2 * terms["weight"]}),
                            "kernel_term of weight is not the Gram matrix of its gradients"),
    "kernel_term transposed": (
        kernel(lambda terms: {**terms, "bias": terms["bias"].T}), r"kernel_term of bias has shape "
        r"\(2, 1, 3, 2\), expected \(2, 3, 1, 2\)"),
    "kernel_term in place": (type("Emptied", (Affine,), {"kernel_term": emptied})(),
                             "kernel_term changes residuals1/0"),
    "kernel_term without a name": (
        kernel(lambda terms: {"weight": terms["weight"]}),
        r"kernel_term has the names \['weight'\], expected \['bias', 'shift', 'weight'\]"),
}


# Whose numbers are no gradients of what forward computes; those of the others are right.
WRONG_TOO = {"a gradient that is a parameter", "samples that see each other", "x in forward",
             "a parameter in forward", "a counter"}


@pytest.fixture(autouse=True)
def forget():
    KEPT.clear()


@pytest.mark.parametrize("name", BROKEN)
def test_broken_part_of_the_protocol_is_named(name, rng):
    layer, sentence = BROKEN[name]
    said = refused(layer, f"(?m)^{re.escape(layer.label)}: {sentence}", rng)
    assert name in WRONG_TOO or "comparisons fail; wrong: none\n" in said


@pytest.mark.parametrize("n", [1, 2, 3, 8])
def test_sum_over_the_first_axis_is_named_at_every_batch_size(n, rng):
    layer, _ = BROKEN["sum over the first axis"]
    refused(layer, "the gradient of bias has shape .*: sums run over ax", rng, (n,))


def test_layer_that_keeps_its_promises_is_told_nothing(rng):
    layer = Affine()
    for dtype in (np.float32, np.float64, np.longdouble):
        for n in (1, 2, 3, 5):
            report = check_gradients(layer, random_params(layer, rng, dtype),
                                     random_input(layer, rng, dtype, (n,)), rng=rng)
            assert report.ok and report.broken == ()


@pytest.mark.parametrize("hold, take", [
    (lambda x: [x], lambda held: held[0]), (lambda x: x, lambda held: held),
    (lambda x: {"x": x, "none": None}, lambda held: held["x"]),
    (lambda x: (lambda: x), lambda held: held()), (holding_itself, lambda held: held.x)],
    ids=["list", "array", "dict", "function", "itself"])
def test_residuals_may_be_held_by_anything(hold, take, rng):
    layer = holding(hold, take)
    assert check_gradients(layer, random_params(layer, rng), random_input(layer, rng)).ok


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_sum_over_all_axes_is_the_gradient_of_a_number(dtype, rng):
    layer = Scale()
    params, x = {"s": np.array(0.5, dtype)}, random_input(layer, rng, dtype)
    assert check_gradients(layer, params, x).ok
    kernel = tangent_kernel(Scale(1, 1), params, x[:, :1])
    np.testing.assert_allclose(kernel, x[:, :1] @ x[:, :1].T, rtol=1e-6)

    class Doubled(Scale):
        def backward(self, params, residuals, grad_y, input_grad=True):
            grads, grad_x = super().backward(params, residuals, grad_y)
            return {"s": 2 * grads["s"]}, grad_x

    with pytest.raises(AssertionError, match="wrong: s\n"):
        check_gradients(Doubled(), params, x)


@dataclass(frozen=True)
class Saturating(Layer):
    """tanh with the derivative 1 - y^2, which has no digits left where y is near 1."""

    def forward(self, params, x):
        y = np.tanh(x)
        return y, (y,)

    def backward(self, params, residuals, grad_y, input_grad=True):
        y, = residuals
        return {}, (1 - y * y) * grad_y


def test_rounding_of_saturated_samples_is_no_break_of_leading_axes(rng):
    layer = Affine()
    for _ in range(20):
        x = np.concatenate([60 * random_input(layer, rng, leading=(3,)),
                            0.1 * random_input(layer, rng, leading=(5,))])
        params = {**random_params(layer, rng), "bias": np.zeros(3), "shift": np.zeros(3)}
        assert check_gradients(Chain(layer, Saturating()), (params, {}), x, rng=rng).ok


@pytest.mark.parametrize("method, result, message", [
    ("forward", lambda pair: pair[0], "forward gave a ndarray, expected (y, residuals)"),
    ("forward", lambda pair: (pair[0].tolist(), pair[1]), "forward gave y [["),
    ("backward", lambda pair: pair[0], "backward gave a dict, expected (grads, grad_x)"),
    ("backward", lambda pair: None, "backward gave a NoneType, expected (grads, grad_x)")])
def test_what_is_no_pair_is_named(method, result, message, rng):
    layer = type("Alone", (Affine,), {method: lambda *arguments, **options: result(
        getattr(Affine, method)(*arguments, **options))})()
    refused(layer, re.escape(f"Alone(4, 3): {message}"), rng)


def test_loss_without_a_gradient_is_named(rng):
    refused(Affine(), "loss gave a float64, expected .value, grad_y.", rng,
            target=random_array(rng, (4, 3)),
            loss=lambda y, target: mean_squared_error(y, target)[0])


def test_grad_x_that_nobody_asked_for_wastes_time_and_is_no_mistake(rng):
    assert check_gradients(Unasked(), random_params(Affine(), rng), random_input(Affine(), rng)).ok


def test_gradient_that_is_a_view_of_grad_y_is_named(rng):
    layer = backward(replaced("bias", lambda g: g[..., 0, :] if g.shape[-2] == 1 else g.sum(-2)))
    refused(layer, "the gradient of bias shares memory with grad_y", rng, (1,))


@pytest.mark.parametrize("factor, wrong", [(2, "bias, shift, weight, x"), (1, "none")])
def test_backward_in_place_is_named_and_its_numbers_are_judged(factor, wrong, rng):
    class InPlace(Affine):
        def backward(self, params, residuals, grad_y, input_grad=True):
            grad_y *= factor
            result = super().backward(params, residuals, grad_y, input_grad)
            grad_y += 1
            return result

    said = refused(InPlace(), r"InPlace\(4, 3\): backward changes grad_y\n", rng)
    assert f"comparisons fail; wrong: {wrong}\n" in said


@pytest.mark.parametrize("argument", ["y", "target"])
@pytest.mark.parametrize("factor, wrong", [(2, "grad_y"), (1, "none")])
def test_loss_in_place_is_named_and_its_numbers_are_judged(argument, factor, wrong, rng):
    def loss(y, target):
        value, grad_y = mean_squared_error(y, target)
        put({"y": y, "target": target}[argument], 7)
        return value, factor * grad_y

    said = refused(Dense(4, 3), rf"Dense\(4, 3\): loss changes {argument}\n", rng,
                   target=random_array(rng, (4, 3)), loss=loss)
    assert f"comparisons fail; wrong: {wrong}\n" in said


@pytest.mark.parametrize("name, sentence", [
    ("sum over the first axis", r"the gradient of 2/0/bias has shape \(3, 1, 3\)"),
    ("kernel_term doubled", "2/0/kernel_term of weight is not the Gram matrix of its gradients"),
    ("kernel_term without a name", r"2/0/kernel_term has the names \['weight'\], expected"),
    ("kernel_term transposed", r"2/0/kernel_term of bias has shape \(2, 1, 3, 2\), expected")])
def test_broken_layer_inside_a_network_is_named_by_its_path(name, sentence, rng):
    refused(Chain(Dense(5, 4), Tanh(), Chain(BROKEN[name][0], Tanh())), sentence, rng)


def test_kernel_term_is_not_blamed_for_a_wrong_gradient(rng):
    layer = backward(replaced("bias", lambda g: 2 * g.sum(-2)))
    for wrong in (layer, Chain(layer, Tanh())):
        said = refused(wrong, "wrong: .*bias\n", rng)
        assert "kernel_term" not in said and "sample" not in said


def test_memory_map_is_checked_like_an_array(rng, tmp_path):
    layer, x = Affine(), random_input(Affine(), rng)
    params = random_params(layer, rng)
    np.save(tmp_path / "x.npy", x)
    lies = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert check_gradients(layer, params, lies) == check_gradients(layer, params, x)
    assert (tangent_kernel(layer, params, lies) == tangent_kernel(layer, params, x)).all()


def test_arrays_of_the_caller_stay_as_they_are_whatever_the_layer_does(rng):
    params, x, grad_y = random_params(Affine(), rng), random_input(Affine(), rng), np.ones((4, 3))
    before = {name: array.copy() for name, array in {**params, "x": x}.items()}
    for name in ("x in forward", "a parameter in forward", "grad_y", "a parameter in backward"):
        with pytest.raises(AssertionError, match="changes"):
            check_gradients(BROKEN[name][0], params, x, grad_y=grad_y)
    assert all((array == before[name]).all() for name, array in {**params, "x": x}.items())
    assert (grad_y == 1).all()


# The tangent kernel


@pytest.mark.parametrize("function, shape", [
    (lambda g: {"bias": g.sum(0)}, r"'bias': \(5, 1, 3\)"),
    (lambda g: {"bias": g.sum(-1)}, r"'bias': \(3, 5, 1\)"),
    (lambda g: {"bias": g.sum(-2)[..., :1]}, r"'bias': \(3, 5, 1\)"),
    (lambda g: {"bias": g.sum((0, -2))}, r"'bias': \(5, 3\)"), (lambda g: {}, "'weight'")])
def test_tangent_kernel_refuses_rows_that_are_not_one_gradient_each(function, shape, rng):
    class Wrong(Plain):
        def backward(self, params, residuals, grad_y, input_grad=True):
            grads, grad_x = super().backward(params, residuals, grad_y, input_grad)
            return {"weight": grads["weight"], "shift": grads["shift"], **function(grad_y)}, grad_x

    x, params = random_array(rng, (5, 4)), random_params(Affine(), rng)
    with pytest.raises(ValueError, match=(
            r"tangent_kernel: Wrong\(4, 3\): backward for x \(5, 1, 4\) gives the shapes .*"
            rf"{shape}.*, expected .*'bias': \(3, 5, 3\)")):
        tangent_kernel(Wrong(), params, x)


@pytest.mark.parametrize("name", ["kernel_term transposed", "kernel_term without a name"])
def test_tangent_kernel_refuses_kernel_terms_that_do_not_fit(name, rng):
    x1, x2 = random_array(rng, (5, 4)), random_array(rng, (2, 4))
    with pytest.raises(ValueError, match=r"kernel_term gives the shapes .*, expected .*'weight'"):
        tangent_kernel(BROKEN[name][0], random_params(Affine(), rng), x1, x2)


@pytest.mark.parametrize("name", ["x in forward", "a parameter in forward",
                                  "a parameter in backward"])
def test_tangent_kernel_gives_its_arrays_away_for_reading_only(name, rng):
    layer, _ = BROKEN[name]
    params, x = random_params(layer, rng), random_input(layer, rng)
    kept = {**{path: array.copy() for path, array in params.items()}, "x": x.copy()}
    layer = type("Bare", (type(layer),), {"kernel_term": property()})()
    with pytest.raises(ValueError, match="read-only"):
        tangent_kernel(layer, params, x)
    assert all(np.array_equal(array, kept[path]) for path, array in {**params, "x": x}.items())
