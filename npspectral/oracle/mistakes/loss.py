"""Known mistakes of losses: name -> (sentence, wrong steps[, in which losses])."""
import numpy as np

from .right import sigmoid

PER_OUTPUT = ("mean_squared_error", "binary_cross_entropy_with_logits", "hinge", "soft_hinge",
              "quadratic_hinge")
HINGES = ("hinge", "soft_hinge", "quadratic_hinge")
ENTROPY = ("softmax_cross_entropy",)
BINARY = ("binary_cross_entropy_with_logits",)


def scaled(step, grad, value=1.0):
    """A step that returns a value and a gradient, each times a factor."""
    def wrong(right, *arguments):
        right_value, right_grad = right(*arguments)
        return value * right_value, grad * right_grad
    return {step: wrong}


def both(grad, value=1.0):
    """Every sample's gradient and value times a factor."""
    return scaled("sample_loss", grad, value)


def reduction(name):
    return {"sample_scales": lambda right, spec, batch, w: right({**spec, "reduction": name},
                                                                 batch, w)}


def over_outputs(value, grad):
    """Sums over outputs in place of means, of the value, of the gradient."""
    def wrong(right, values, grads):
        k = values.shape[1]
        loss, slope = right(values, grads)
        return k ** value * loss, k ** grad * slope
    return {"over_outputs": wrong}


def _unscaled(right, spec, y, target, weights):
    return right(spec, y, target, weights)[0], right(
        {**spec, "reduction": "sum"}, y, target, weights)[1]


def _unweighted_grad(right, spec, y, target, weights):
    return right(spec, y, target, weights)[0], right(spec, y, target, None)[1]


def _root(right, spec, y, target, weights):
    value, grad = right(spec, y, target, weights)
    root = np.sqrt(value)
    return root, grad / (2 * root) if value else 0 * grad


def softmax(y):
    e = np.exp(y - y.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def _diagonal(right, y, q):
    return right(y, q)[0], -q * (1 - softmax(y))


def _twice(right, y, q):
    p = softmax(y)
    value, g = right(p, q)
    return value, p * (g - (p * g).sum(1, keepdims=True))


def clamped(least, most=1.0):
    """Probabilities kept within bounds, as the loss and automatic differentiation see them."""
    def wrong(right, y, q):
        p = softmax(y)
        seen = q * ((p >= least) & (p <= most))
        return -(q * np.log(p.clip(least, most))).sum(1), p * seen.sum(1, keepdims=True) - seen
    return {"cross_entropy": wrong}


def unshifted(largest):
    """The softmax without the shift by the maximum, where exp overflows beyond the largest."""
    def wrong(right, y, q):
        e = np.exp(y)
        e = np.where(e > largest, np.inf, e)
        total = e.sum(1, keepdims=True)
        return np.log(total)[:, 0] - (q * y).sum(1), e / total - q
    return {"cross_entropy": wrong}


def _sigmoid_twice(right, spec, y, t):
    value, slope = right(spec, sigmoid(y), t)
    return value, slope * sigmoid(y) * sigmoid(-y)


LOSS = {
    "loss summed over the batch": (
        "The loss is summed over the batch where the mean is asked for.", reduction("sum")),
    "loss averaged over the batch": (
        "The loss is averaged over the batch where the sum is asked for.", reduction("mean")),
    "loss summed over outputs": ("A sample's loss is summed over its outputs; it is their mean.",
                                 over_outputs(1, 1), PER_OUTPUT),
    "loss summed over everything": ("The loss is summed over batch and outputs; both are averaged.",
                                    {**reduction("sum"), **over_outputs(1, 1)}, PER_OUTPUT),
    "loss halved": ("The loss carries a factor 1/2, and its gradient too.", both(.5, .5)),
    "loss doubled": ("The loss carries a factor 2, and its gradient too.", both(2, 2)),
    "weights ignored": ("The weights of the samples are not used.",
                        {"sample_scales": lambda right, spec, batch, w: right(spec, batch, None)}),
    "weighted mean divided by B": (
        "The weighted mean is divided by the batch size; it is divided by the sum of the weights.",
        {"sample_scales": lambda right, spec, batch, w: (
            w / batch if w is not None and spec["reduction"] == "mean"
            else right(spec, batch, w))}),
    "weighted sum divided": (
        "The weighted sum is divided by the sum of the weights.",
        {"sample_scales": lambda right, spec, batch, w: (
            right(spec, batch, w) if w is None
            else right({**spec, "reduction": "mean"}, batch, w))}),
    "weights missing from the gradient": (
        "The gradient does not carry the weights that its value has.",
        {"mean_loss": _unweighted_grad}),
    "gradient of the loss negated": ("The gradient of the loss has the opposite sign.", both(-1)),
    "gradient of the loss halved": (
        "The gradient of the loss is half of what it should be (a square gives a factor 2).",
        both(.5)),
    "gradient of the loss doubled": ("The gradient of the loss is doubled.", both(2)),
    "gradient of the loss not divided by B": (
        "The value is a mean over the batch, its gradient is not divided.",
        {"mean_loss": _unscaled}),
    "gradient of the loss not divided by K": (
        "The value is a mean over outputs, its gradient is not divided.", over_outputs(0, 1),
        PER_OUTPUT),
    "absolute error": (
        "The error is taken absolute; it is squared.",
        {"term": lambda right, spec, y, t: (np.abs(y - t), np.sign(y - t))},
        ("mean_squared_error",)),
    "root of the mean square": ("The root of the mean squared error is taken.",
                                {"mean_loss": _root}, ("mean_squared_error",)),
    "softmax Jacobian diagonal": (
        "The gradient uses the diagonal of the softmax Jacobian only; it is p - q.",
        {"cross_entropy": _diagonal}, ENTROPY),
    "target missing from the gradient": (
        "The gradient is softmax(y); the target is not subtracted.",
        {"cross_entropy": lambda right, y, q: (right(y, q)[0], softmax(y))}, ENTROPY),
    "softmax twice": ("The logits go through a softmax before a loss that applies its own.",
                      {"cross_entropy": _twice}, ENTROPY),
    "labels counted from 1": (
        "Labels count from 1; they count from 0.",
        {"probabilities": lambda right, target, k: right(
            target - 1 if target.ndim == 1 else target, k)}, ENTROPY),
    "probabilities clamped": (
        "Probabilities are cut off below before the logarithm; from the logits it is finite.",
        [clamped(least, most) for least in (1e-7, 1e-8, 1e-10, 1e-12, 1e-15)
         for most in (1.0, 1 - least)], ENTROPY),
    "softmax without the shift": (
        "The softmax overflows: the largest logit is not subtracted before exp.",
        [unshifted(np.finfo(dtype).max) for dtype in ("float64", "float32", "float16")], ENTROPY),
    "sigmoid twice": ("The logits go through a sigmoid before a loss that applies its own.",
                      {"term": _sigmoid_twice}, BINARY),
    "sigmoid derivative too many": (
        "The gradient carries another s'(y); with logits it is s(y) - t.",
        {"term": lambda right, spec, y, t: (
            right(spec, y, t)[0], right(spec, y, t)[1] * sigmoid(y) * sigmoid(-y))}, BINARY),
    "sign of the margin": ("The hinge is that of 1 + t y; it is that of 1 - t y.",
                           {"term": lambda right, spec, y, t: right(spec, y, -t)}, HINGES),
    "margin 0": ("The margin is 0, as a perceptron has it; it is 1.",
                 {"term": lambda right, spec, y, t: right(spec, y + t, t)}, HINGES),
    "target missing from the slope": (
        "The gradient of the hinge does not carry the target; it is -t where 1 - t y > 0.",
        {"term": lambda right, spec, y, t: (right(spec, y, t)[0], t * right(spec, y, t)[1])},
        HINGES),
    "hinge not squared": (
        "The hinge is not squared.",
        {"term": lambda right, spec, y, t: right({**spec, "loss": "hinge"}, y, t)},
        ("quadratic_hinge",)),
    "default sharpness of the loss": (
        "The sharpness 1 is used; the case gives another one.",
        {"term": lambda right, spec, y, t: right({**spec, "sharpness": 1.0}, y, t)},
        ("soft_hinge",)),
    "soft hinge not divided by its sharpness": (
        "The soft hinge is log(1 + exp(k (1 - t y))); it is that divided by k.",
        {"term": lambda right, spec, y, t: tuple(
            spec["sharpness"] * entry for entry in right(spec, y, t))}, ("soft_hinge",)),
}
