"""Losses: each returns its value and its gradient.

loss(y, target, reduction="mean", weights=None) -> value, grad_y,  y and grad_y (..., batch, K)

Each docstring gives l_b, the loss of sample b, and dl_b/dy, which it calls grad_y. A loss that is
defined for one output is averaged over the K outputs. The value is the mean of l_b over the batch,
or the sum with reduction="sum". With weights w (batch,) the sum is sum_b w_b l_b, and the mean
divides it by sum_b w_b. So a sample of weight 2 counts as two copies of it. Numbers too small for
the dtype become 0 without a warning.
"""
import numpy as np

from ._expect import check_array, check_number
from .activations import magnitude


@np.errstate(under="ignore")
def mean_squared_error(y, target, reduction="mean", weights=None):
    """l_b = (1/K) sum_k (y_bk - t_bk)^2,  grad_y = 2 (y - t) / K.  No factor 1/2."""
    _check_target("mean_squared_error", y, target)
    scale = _sample_scale("mean_squared_error", y, reduction, weights) / y.shape[-1]
    r = y - target
    grad_y = 2 * scale * r                              # value = (scale * r * r).sum()
    value = (grad_y * r).sum((-2, -1)) / 2
    return value, grad_y


@np.errstate(under="ignore", over="ignore", invalid="ignore")
def softmax_cross_entropy(y, target, reduction="mean", weights=None):
    """l_b = log sum_k exp(y_bk) - sum_k q_bk y_bk,  grad_y = softmax(y) - q.

    target: integer labels (..., batch), for a one-hot q, or q itself (..., batch, K), rows >= 0
    with sum 1. The largest of a sample's y is subtracted first, so that no exponential overflows.
    y_bk = -inf gives class k the probability 0, and adds nothing to l_b where q_bk is 0.

    >>> value, grad_y = softmax_cross_entropy(np.zeros((1, 2)), np.array([0]))
    >>> grad_y
    array([[-0.5,  0.5]])
    """
    name = "softmax_cross_entropy"
    check_array(name, "y", y)
    if _is_labels(target):
        return _of_labels(y, _entries(name, target, y), _sample_scale(name, y, reduction, weights))
    q = _probabilities(name, target, y)
    scale = _sample_scale(name, y, reduction, weights)
    shifted, p, total = _softmax(y)
    log_total = np.log(total)
    value = (scale * (log_total - (q * shifted).sum(-1, keepdims=True))).sum((-2, -1))
    lost = value != value                               # NaN, from 0 * -inf
    if lost.any() if lost.ndim else lost:
        cost = np.where(q == 0, 0, q * shifted)
        value = (scale * (log_total - cost.sum(-1, keepdims=True))).sum((-2, -1))
    return value, scale * (p / total - q)               # value = log sum_k exp(y_k) - q.y


def _softmax(y):
    """y minus its largest entry in each row, the exponentials of that, and their row sums."""
    shifted = y - y.real.max(-1, keepdims=True)
    p = np.exp(shifted)
    return shifted, p, p.sum(-1, keepdims=True)


def _of_labels(y, entries, scale):
    """softmax_cross_entropy for one-hot q: q is 1 at the positions `entries` of y.ravel()."""
    shifted, p, total = _softmax(y)
    value = scale * (np.log(total) - shifted.ravel()[entries][..., None])
    difference = np.divide(p, total, order="C")         # so that reshape(-1) is a view
    difference.reshape(-1)[entries] -= 1
    return value.sum((-2, -1)), scale * difference      # value = log sum_k exp(y_k) - y_label


@np.errstate(under="ignore")
def binary_cross_entropy_with_logits(y, target, reduction="mean", weights=None):
    """l_b = (1/K) sum_k log(1 + exp(y_bk)) - t_bk y_bk,  grad_y = (s(y) - t) / K;  0 <= t <= 1.

    s(y) = 1 / (1 + exp(-y)). Value and gradient are computed in a form that keeps its digits where
    s(y) is close to 0 or 1 ([y > 0] is 1 where true, else 0):
        log(1 + exp(-|y|)) + ([y > 0] - t) y,    (1 - t) s(y) - t s(-y)
    """
    name = "binary_cross_entropy_with_logits"
    _check_target(name, y, target)
    if not ((target >= 0) & (target <= 1)).all():
        raise ValueError(f"{name}: target runs from {target.min()} to {target.max()}, "
                         f"expected numbers from 0 to 1")
    scale = _sample_scale(name, y, reduction, weights) / y.shape[-1]
    e = np.exp(-magnitude(y))
    negative = np.signbit(y.real)
    right, wrong = np.where(negative, e, 1) / (1 + e), np.where(negative, 1, e) / (1 + e)
    value = scale * (np.log1p(e) + (~negative - target) * y)
    grad_y = scale * ((1 - target) * right - target * wrong)    # value = log(1 + exp(y)) - target y
    return value.sum((-2, -1)), grad_y


def hinge(y, target, reduction="mean", weights=None):
    """l_b = (1/K) sum_k max(0, 1 - t y),  grad_y = -t [t y < 1] / K;  targets t = +-1.

    [t y < 1] is 1 where true, else 0.

    >>> value, grad_y = hinge(np.array([[0.25]]), np.array([[1.0]]))
    >>> float(value), grad_y
    (0.75, array([[-1.]]))
    """
    scale = _margin_scale("hinge", y, target, reduction, weights)
    slack = 1 - target * y
    active = slack.real > 0
    value = scale * slack * active
    grad_y = -scale * target * active                   # value = slack * active, slack = 1 - t y
    return value.sum((-2, -1)), grad_y.astype(y.dtype, copy=False)


@np.errstate(under="ignore", over="ignore")
def soft_hinge(y, target, reduction="mean", weights=None, sharpness=20.0):
    """l_b = (1/K) sum_k log(1 + exp(c (1 - t y))) / c,  grad_y = -t s(c (1 - t y)) / K;  t = +-1.

    A smooth hinge; s(u) = 1 / (1 + exp(-u)). The sharpness c is 20 by default, as in the code of
    Paccolat et al. 2021, J. Stat. Mech. 044001.
    """
    sharpness = check_number("soft_hinge", "sharpness", sharpness, low=0)
    scale = _margin_scale("soft_hinge", y, target, reduction, weights)
    slack = 1 - target * y
    e = np.exp(-magnitude(sharpness * slack))
    negative = np.signbit(slack.real)
    value = scale * (np.where(negative, 0, slack) + np.log1p(e) / sharpness)
    slope = np.where(negative, e, 1) / (1 + e)          # value = log(1 + exp(c slack)) / c
    return value.sum((-2, -1)), -scale * target * slope         # slack = 1 - target * y


def quadratic_hinge(y, target, reduction="mean", weights=None):
    """l_b = (1/K) sum_k max(0, 1 - t y)^2 / 2,  grad_y = -t max(0, 1 - t y) / K;  t = +-1."""
    scale = _margin_scale("quadratic_hinge", y, target, reduction, weights)
    slack = 1 - target * y
    slack = slack * (slack.real > 0)
    value = scale * slack * slack / 2
    return value.sum((-2, -1)), -scale * target * slack         # slack * slack / 2, of 1 - t y


def _sample_scale(name, y, reduction, weights):
    """The factor of each l_b: 1 or 1/batch; with weights w or w / sum(w), shape (batch, 1)."""
    if reduction not in ("mean", "sum"):
        raise ValueError(f"{name}: reduction is {reduction!r}, expected 'mean' or 'sum'")
    if y.ndim < 2 or y.shape[-1] == 0:
        raise ValueError(f"{name}: y has shape {y.shape}, expected (..., batch, K) with K >= 1")
    batch = y.shape[-2]
    if reduction == "mean" and batch == 0:
        raise ValueError(f"{name}: an empty batch has no mean; use reduction='sum'")
    if weights is None:
        one = y.real.dtype.type(1)                      # so that longdouble keeps its digits
        return one / batch if reduction == "mean" else one
    if check_array(name, "weights", weights) is not check_array(name, "y", y):
        raise TypeError(f"{name}: weights has dtype {weights.dtype} and y has {y.dtype}, "
                        f"expected one precision")
    if weights.shape != (batch,):
        raise ValueError(f"{name}: weights has shape {weights.shape}, expected ({batch},)")
    if not ((weights >= 0) & (weights < np.inf)).all():
        raise ValueError(f"{name}: weights runs from {weights.min()} to {weights.max()}, "
                         f"expected finite numbers with no entry below 0")
    total = _sum(weights) if reduction == "mean" else 1
    if total == np.inf:
        weights = weights / batch                       # so that their sum is finite
        total = weights.sum()
    if not total > 0:
        raise ValueError(f"{name}: the weights sum to {total}, expected more than 0")
    return (weights / total)[:, None]


@np.errstate(over="ignore")
def _sum(weights):
    return weights.sum()


def _check_target(name, y, target):
    precision = check_array(name, "y", y)
    if check_array(name, "target", target) is not precision:
        raise TypeError(f"{name}: target has dtype {target.dtype} and y has {y.dtype}, "
                        f"expected one precision")
    if target.shape != y.shape:
        raise ValueError(f"{name}: target has shape {target.shape}, expected y's {y.shape}")


def _margin_scale(name, y, target, reduction, weights):
    _check_target(name, y, target)
    if not (target * target == 1).all():
        wrong = target[target * target != 1].flat[0]
        raise ValueError(f"{name}: target holds {wrong}, expected -1 or +1")
    return _sample_scale(name, y, reduction, weights) / y.shape[-1]


def _is_labels(target):
    return type(target) is np.ndarray and target.dtype.kind in "iu"


def _entries(name, labels, y):
    """For each sample the position of its label's entry in y.ravel()."""
    n_classes = y.shape[-1]
    if labels.shape != y.shape[:-1]:
        raise ValueError(f"{name}: target has shape {labels.shape}, expected {y.shape[:-1]} labels")
    if labels.size and not (0 <= labels.min() and labels.max() < n_classes):
        raise ValueError(f"{name}: labels run from {labels.min()} to {labels.max()}, "
                         f"expected 0 to {n_classes - 1}")
    starts = np.arange(0, y.size, n_classes).reshape(labels.shape)
    return starts + labels.astype(starts.dtype, copy=False)


def _probabilities(name, q, y):
    _check_target(name, y, q)
    tolerance = 4 * q.shape[-1] * np.finfo(q.dtype).eps
    if not (q >= 0).all() or not (np.abs(q.sum(-1) - 1) <= tolerance).all():
        raise ValueError(f"{name}: a row of target is no probability distribution: "
                         f"expected entries >= 0 with sum 1")
    return q
