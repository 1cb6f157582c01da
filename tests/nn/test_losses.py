"""Losses against their definitions, written for one number at a time with 60 digits."""
from decimal import Decimal, localcontext

import numpy as np
import pytest
from conftest import EVERY_LOSS, assert_near, dyadic, each, random_array, same_bits

from npspectral import binary_cross_entropy_with_logits, hinge, soft_hinge, softmax_cross_entropy

DIGITS = 60
dtype = each([np.float32, np.float64])


def decimals(array):
    """The exact values of an array, longdouble too, as nested lists of Decimal."""
    high = np.asarray(array, float)
    low = np.asarray(array - high, float)
    return np.vectorize(lambda a, b: Decimal(float(a)) + Decimal(float(b)),
                        otypes=[object])(high, low).tolist()


# Each definition gives the loss of one sample, and its gradient, from lists of K numbers.

def squared_error(y, t):
    k = len(y)
    return sum((a - b) ** 2 for a, b in zip(y, t)) / k, [2 * (a - b) / k for a, b in zip(y, t)]


def cross_entropy(y, q):
    total = sum(a.exp() for a in y)
    return (total.ln() - sum(a * b for a, b in zip(y, q)),
            [a.exp() / total - b for a, b in zip(y, q)])


def cross_entropy_of_label(y, label):
    return cross_entropy(y, [Decimal(int(k == label)) for k in range(len(y))])


def binary_cross_entropy(y, t):
    k = len(y)
    return (sum((1 + a.exp()).ln() - b * a for a, b in zip(y, t)) / k,
            [(1 / (1 + (-a).exp()) - b) / k for a, b in zip(y, t)])


def hinge_of(y, t):
    k = len(y)
    return (sum(max(0, 1 - b * a) for a, b in zip(y, t)) / Decimal(k),
            [-b * (b * a < 1) / k for a, b in zip(y, t)])


def soft_hinge_of(y, t, sharpness=20):
    k, s = len(y), Decimal(sharpness)
    return (sum((1 + (s * (1 - b * a)).exp()).ln() / s for a, b in zip(y, t)) / k,
            [-b / (1 + (-s * (1 - b * a)).exp()) / k for a, b in zip(y, t)])


def quadratic_hinge_of(y, t):
    k = len(y)
    return (sum(max(0, 1 - b * a) ** 2 for a, b in zip(y, t)) / Decimal(2 * k),
            [-b * max(0, 1 - b * a) / k for a, b in zip(y, t)])


DEFINITIONS = {
    "mean_squared_error": squared_error,
    "softmax_cross_entropy, labels": cross_entropy_of_label,
    "softmax_cross_entropy, probabilities": cross_entropy,
    "binary_cross_entropy": binary_cross_entropy,
    "hinge": hinge_of,
    "soft_hinge": soft_hinge_of,
    "quadratic_hinge": quadratic_hinge_of,
}


def defined(name, y, target, weights=None, reduction="mean"):
    """Value and gradient with 60 digits, rounded once to the dtype of y."""
    dtype = y.dtype

    def rounded(number):
        high = float(number)
        return dtype.type(high) + dtype.type(float(number - Decimal(high)))

    with localcontext() as context:
        context.prec = DIGITS
        samples = [DEFINITIONS[name](*sample) for sample in zip(decimals(y), decimals(target))]
        w = decimals(weights) if weights is not None else [Decimal(1)] * len(y)
        divisor = sum(w) if reduction == "mean" else 1
        value = sum(a * sample[0] for a, sample in zip(w, samples)) / divisor
        grad_y = [[a * g / divisor for g in sample[1]] for a, sample in zip(w, samples)]
        return rounded(value), np.array([[rounded(g) for g in row] for row in grad_y], dtype)


@pytest.mark.parametrize("options", [dict(), dict(reduction="sum"), dict(weights=(1, 0.5, 0.25)),
                                     dict(weights=(0, 3, 0.75), reduction="sum")])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("name", EVERY_LOSS)
def test_every_loss_is_its_definition(name, dtype, options, rng):
    loss = EVERY_LOSS[name]
    y, target = random_array(rng, (3, 5), dtype), loss.target(rng, (3, 5), dtype)
    options = dict(options)
    if "weights" in options:
        options["weights"] = np.array(options["weights"], dtype)
    value, grad_y = loss(y, target, **options)
    want, want_grad = defined(name, y, target, **options)
    # k (1 - t y) of the soft hinge has a rounding of its own, which the sharpness 20 multiplies
    assert_near(value, want, 128)
    assert_near(grad_y, want_grad, 128)


@pytest.mark.parametrize("name", EVERY_LOSS)
def test_losses_stay_right_at_huge_logits(name, dtype, rng):
    loss = EVERY_LOSS[name]
    y = np.array([[1e4, -1e4, 0, 3], [-1e4, 1e4, 1e4, 1e4], [1e4, 1e4, -1e4, -1e4]], dtype)
    target = loss.target(rng, y.shape, dtype)
    value, grad_y = loss(y, target)
    want, want_grad = defined(name, y, target)
    assert_near(value, want, 16)
    assert_near(grad_y, want_grad, 16)


@pytest.mark.parametrize("name, y, target", [
    *(("binary_cross_entropy", y, t) for t in (0, 1) for y in (-80, -30, -1, 1, 30, 80)),
    *(("soft_hinge", y, 1) for y in (-1, 0.875, 1, 1.125, 3))])
def test_losses_keep_their_digits_where_they_saturate(name, y, target, dtype):
    y, target = np.array([[y]], dtype), np.array([[target]], dtype)
    value, grad_y = EVERY_LOSS[name](y, target)
    want, want_grad = defined(name, y, target)
    assert_near(value, want, 8)             # relative to the number itself, however small
    assert_near(grad_y, want_grad, 8)


@pytest.mark.parametrize("name", ["mean_squared_error", "hinge", "quadratic_hinge"])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_polynomial_losses_have_no_rounding_on_dyadic_input(name, reduction, dtype, rng):
    loss = EVERY_LOSS[name]
    y = dyadic(rng, (4, 2), dtype)
    target = loss.target(rng, (4, 2), dtype) if loss.kind == "signs" else dyadic(rng, (4, 2), dtype)
    weights = np.array([1, 2, 4, 1], dtype)
    for options in (dict(), dict(weights=weights)):
        got = loss(y, target, reduction=reduction, **options)
        assert same_bits(got, defined(name, y, target, reduction=reduction, **options))


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 100.0])
def test_soft_hinge_takes_any_sharpness(sharpness, rng):
    y, t = random_array(rng, (1, 4)), rng.choice([-1.0, 1.0], (1, 4))
    value, grad_y = soft_hinge(y, t, sharpness=sharpness)
    with localcontext() as context:
        context.prec = DIGITS
        want, want_grad = soft_hinge_of(decimals(y)[0], decimals(t)[0], sharpness)
    allowed = 8 * max(1, sharpness)
    assert_near(value, np.float64(want), allowed)
    assert_near(grad_y, np.array([want_grad], float), allowed)


# Reductions and the empty batch

@pytest.mark.parametrize("weighted", [False, True])
def test_sum_over_an_empty_batch_is_zero_and_a_mean_is_refused(loss, weighted, rng):
    y, target = np.zeros((0, 3)), loss.target(rng, (0, 3))
    value, grad_y = loss(y, target, reduction="sum", weights=np.zeros(0) if weighted else None)
    assert value == 0 and grad_y.shape == (0, 3)
    with pytest.raises(ValueError, match="empty batch .*use reduction='sum'"):
        loss(y, target)


# Labels

@pytest.mark.parametrize("kind", [np.int8, np.int64, np.uint8, ">i4"])
def test_labels_are_one_hot_probabilities(dtype, kind, rng):
    y, labels = random_array(rng, (6, 4), dtype), rng.integers(4, size=6)
    one_hot = np.eye(4, dtype=dtype)[labels]
    assert same_bits(softmax_cross_entropy(y, labels.astype(kind)),
                     softmax_cross_entropy(y, one_hot))


def test_labels_are_found_in_arrays_of_any_layout(rng):
    y, labels = random_array(rng, (2, 6, 4)), rng.integers(4, size=(2, 6))
    want = softmax_cross_entropy(y, np.eye(4)[labels])
    for other in (np.asfortranarray(y), np.ascontiguousarray(y.swapaxes(0, 1)).swapaxes(0, 1),
                  np.repeat(y, 2, -1)[..., ::2]):
        assert same_bits(softmax_cross_entropy(other, labels), want)


def test_probabilities_may_be_off_by_rounding():
    q = np.full((2, 10), 0.1, np.float32)
    softmax_cross_entropy(np.zeros((2, 10), np.float32), q)


# Where numbers overflow or vanish

INF, NINF = np.inf, -np.inf


@pytest.mark.parametrize("q", [[1], [0, 1, 0], [0, 0.25, 0.75]], ids=["label", "one-hot", "soft"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_a_forbidden_class_costs_nothing_and_pulls_at_nothing(q, dtype):
    target = np.array(q) if len(q) == 1 else np.array([q], dtype)
    value, grad_y = softmax_cross_entropy(np.array([[NINF, 0.5, 2]], dtype), target)
    rest = target - 1 if len(q) == 1 else target[:, 1:]
    want, want_grad = softmax_cross_entropy(np.array([[0.5, 2]], dtype), rest)
    assert value == want and value.dtype == dtype
    assert grad_y[0, 0] == 0 and same_bits(grad_y[:, 1:], want_grad)


def test_a_forbidden_class_that_is_the_target_costs_without_bound():
    value, grad_y = softmax_cross_entropy(np.array([[NINF, 0.0]]), np.array([0]))
    assert value == INF and grad_y.tolist() == [[-1, 1]]


@pytest.mark.parametrize("one_hot", [False, True])
def test_logits_as_far_apart_as_numbers_can_be(dtype, one_hot):
    far = np.finfo(dtype).max
    for label, cost in (0, 0), (1, INF):
        target = np.eye(2, dtype=dtype)[[label]] if one_hot else np.array([label])
        value, grad_y = softmax_cross_entropy(np.array([[far, -far]], dtype), target)
        assert value == cost and grad_y.tolist() == [[1 - (label == 0), -(label == 1)]]


def test_hinges_of_huge_outputs_are_as_large_as_these(dtype):
    huge = np.finfo(dtype).max / 2
    for loss in (hinge, soft_hinge):
        for y, cost, slope in (huge, 0, 0), (-huge, huge, -1):
            value, grad_y = loss(np.array([[y]], dtype), np.ones((1, 1), dtype))
            assert value == cost and grad_y[0, 0] == slope


@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize("t", [0.0, 1.0])
def test_the_complex_step_is_right_at_a_logit_of_zero(zero, t):
    y = np.array([[complex(zero, 1e-100)]])
    _, grad_y = binary_cross_entropy_with_logits(y, np.array([[t + 0j]]))
    assert grad_y.imag / 1e-100 == 0.25


def test_weights_whose_sum_overflows_are_still_shares(loss, rng):
    y, target = random_array(rng, (4, 3)), loss.target(rng, (4, 3))
    assert same_bits(loss(y, target, weights=np.full(4, 2.0 ** 1023)),
                     loss(y, target, weights=np.ones(4)))


def test_what_vanishes_raises_nothing_even_where_all_errors_do(loss, rng):
    y = np.array([[1000.0, -1000.0, 3e-200], [-1000.0, 1e-160, 0.0]])
    target = loss.target(rng, y.shape)
    want = loss(y, target)
    with np.errstate(all="raise"):
        assert same_bits(loss(y, target), want)
