"""Bugs of activations and of probabilities: saturation, and derivatives written by hand."""
import jax
import jax.numpy as jnp
import torch
from oracle_jax import JaxAnswers
from oracle_torch import ByRule, TorchAnswers
from own_bugs import bug

F = torch.nn.functional
GRADIENTS = ("grad_x", "grad_phi", "grad_lambda_in", "grad_lambda_out", "grad_bias")


# derivatives

@bug("leaky slope by the sign of the gradient", "activation", where=r"leaky_relu",
     said=r"leaky|slope", at=GRADIENTS)
class SlopeByGradient(TorchAnswers):
    leaky_relu = staticmethod(lambda layer, own, z: ByRule.apply(
        lambda z: torch.nn.functional.leaky_relu(z, layer["slope"]),
        lambda g, z: (torch.where(g > 0, g, layer["slope"] * g),), z))


@bug("ELU derivative y + 1", "activation", where=r"elu", said=r"elu", at=GRADIENTS,
     only=("spectral/identity/*", "spectral/elu/*"))
class EluPlusOne(JaxAnswers):
    @staticmethod
    def elu(layer, own, z):
        alpha = layer["alpha"]

        @jax.custom_vjp
        def apply(z):
            return jax.nn.elu(z, alpha)
        apply.defvjp(lambda z: (apply(z), apply(z)),
                     lambda y, g: (g * jnp.where(y > 0, 1, y + 1),))
        return apply(z)


@bug("tanh's derivative of the input", "activation", where=r"tanh", said=r"tanh|derivative",
     at=GRADIENTS)
class TanhOfInput(TorchAnswers):
    tanh = staticmethod(lambda layer, own, z: ByRule.apply(
        torch.tanh, lambda g, z: (g * (1 - z ** 2),), z))


@bug("softplus's derivative without its sharpness", "activation", where=r"softplus",
     said=r"softplus|sharpness", at=GRADIENTS)
class DullSoftplus(TorchAnswers):
    smooth_plus = staticmethod(lambda x, k: ByRule.apply(
        lambda x: TorchAnswers.smooth_plus(x, k), lambda g, x: (g * torch.sigmoid(x),), x))


@bug("sigmoid's derivative is y", "activation", where=r"sigmoid", said=r"sigmoid",
     at=GRADIENTS)
class HalfSigmoid(TorchAnswers):
    sigmoid = staticmethod(lambda layer, own, z: ByRule.apply(
        torch.sigmoid, lambda g, z: (g * torch.sigmoid(z),), z))


# saturation

@bug("F.softplus with its threshold", "saturation", said=r"threshold|straight line|saturat|20",
     where=r"softplus", only="spectral/*")
class Threshold(TorchAnswers):
    smooth_plus = staticmethod(lambda x, k: F.softplus(x, beta=k))


@bug("log of 1 + exp", "saturation", said=r"overflow|saturat|exp", where=r"softplus")
class PlainSoftplus(TorchAnswers):
    smooth_plus = staticmethod(lambda x, k: torch.log(1 + torch.exp(k * x)) / k)


@bug("log1p of exp in JAX", "saturation", said=r"overflow|saturat|exp", where=r"softplus",
     only=("spectral/identity/*", "*softplus*"))
class JaxSoftplus(JaxAnswers):
    smooth_plus = staticmethod(lambda x, k: jnp.log1p(jnp.exp(k * x)) / k)


@bug("ELU by where", "saturation", said=r"nan|where|overflow|saturat",
     where=r"NaN|not finite|elu", at=GRADIENTS)
class WhereElu(TorchAnswers):
    elu = staticmethod(lambda layer, own, z: torch.where(
        z > 0, z, layer["alpha"] * torch.expm1(z)))


@bug("sigmoid by exp(-z)", "saturation", said=r"nan|overflow|saturat|exp",
     where=r"NaN|not finite|sigmoid", at=GRADIENTS)
class PlainSigmoid(TorchAnswers):
    sigmoid = staticmethod(lambda layer, own, z: 1 / (1 + torch.exp(-z)))


@bug("tanh by exponentials", "saturation", said=r"nan|overflow|saturat|exp",
     where=r"NaN|not finite|tanh")
class PlainTanh(TorchAnswers):
    tanh = staticmethod(lambda layer, own, z: (
        torch.exp(2 * z) - 1) / (torch.exp(2 * z) + 1))


@bug("tanh clamped at 9", "saturation", said=r"clamp|saturat|clip", where=r"tanh")
class ClampedTanh(TorchAnswers):
    """As rational approximations in float32 do."""

    tanh = staticmethod(lambda layer, own, z: torch.tanh(z.clamp(-9, 9)))


@bug("log of softmax", "saturation", said=r"overflow|saturat|shift|clamp|infinit|probabilit",
     where=r"not finite|nan|inf|confident", at="value", only="loss/*", suite="full",
     dtype="float32")
class LogOfSoftmax(TorchAnswers):
    softmax_cross_entropy = staticmethod(lambda spec, y, t: -(
        torch.log(torch.softmax(y, 1)) * (
            t if t.ndim == 2 else F.one_hot(t, y.shape[1]))).sum(1))


@bug("softmax without the maximum", "saturation", said=r"max|overflow|shift|exp",
     where=r"not finite|nan|inf|confident", at="value", suite="full", dtype="float32",
     only=("loss/labels/*", "loss/probabilities/*"))
class NoShift(JaxAnswers):
    @staticmethod
    def softmax_cross_entropy(spec, y, target):
        q = target if target.ndim == 2 else jax.nn.one_hot(target, y.shape[1], dtype=y.dtype)
        e = jnp.exp(y)
        return -(q * jnp.log(e / e.sum(1, keepdims=True))).sum(1)


@bug("probabilities clamped at 1e-7", "saturation", said=r"clamp|clip|probabilit|1e-7",
     where=r"confident|saturat", at=("value", "grad_y"), only="loss/*", suite="full")
class ClampedProbabilities(TorchAnswers):
    softmax_cross_entropy = staticmethod(lambda spec, y, t: -(
        torch.log(torch.softmax(y, 1).clamp(1e-7, 1 - 1e-7)) * (
            t if t.ndim == 2 else F.one_hot(t, y.shape[1]))).sum(1))


@bug("binary loss of a probability", "saturation", said=r"clamp|clip|probabilit|saturat",
     where=r"confident|saturat|binary_cross_entropy", at=("value", "grad_y"), only="loss/*",
     suite="full")
class OfProbability(TorchAnswers):
    binary_cross_entropy_with_logits = staticmethod(lambda spec, y, t: F.binary_cross_entropy(
        torch.sigmoid(y), t, reduction="none").mean(1))
