"""A candidate for the oracle, in JAX: pure functions, jax.vjp, optimizers by hand.

What it shares with the one in PyTorch is in oracle_answers.py.
"""
import jax
import jax.numpy as jnp
from oracle_answers import Answers

jax.config.update("jax_enable_x64", True)


class JaxAnswers(Answers):
    """candidate(case) -> dict name -> array, computed in one dtype, such as "float32"."""

    xp = jnp

    def __init__(self, dtype="float64"):
        self.dtype = jnp.dtype(dtype)

    def __call__(self, case):
        """Operation by operation, each compiled once for all candidates that have the same shape.

        What is jitted would be compiled anew for every candidate and every shape.
        """
        with jax.disable_jit():
            return super().__call__(case)

    def answer_vjp(self, case):
        arrays = self.arrays(case)
        y, pull = jax.vjp(lambda moved: self.stack(case, {**arrays, **moved}),
                          self.moved(case, arrays, "x"))
        return {"y": y, **self.gradients(pull(arrays["grad_y"])[0]),
                **self.statistics(case, arrays)}

    def answer_network(self, case):
        arrays = self.arrays(case)

        def value_of(moved):
            y = self.stack(case, {**arrays, **moved})
            return self.loss(case.spec["loss"], y, arrays["target"]), y
        (value, y), grads = jax.value_and_grad(value_of, has_aux=True)(
            self.moved(case, arrays, "x"))
        return {"y": y, "value": value, **self.gradients(grads), **self.statistics(case, arrays)}

    def answer_loss(self, case):
        arrays = self.arrays(case)

        def value_of(moved):
            return self.loss(case.spec["loss"], moved["y"], arrays["target"],
                             arrays.get("weights"))
        value, grads = jax.value_and_grad(value_of)(self.moved(case, arrays, "y"))
        return {"value": value, **self.gradients(grads)}

    def answer_penalty(self, case):
        arrays = self.arrays(case)
        value, grads = jax.value_and_grad(lambda moved: self.penalized(
            case.spec["penalty"], {**arrays, **moved}))(self.moved(case, arrays))
        return {"value": value, **self.gradients(grads)}

    def answer_optimizer(self, case):
        arrays, spec, trace = self.arrays(case), case.spec["optimizer"], []
        theta = arrays["theta"]
        state = {"m": jnp.zeros_like(theta), "v": jnp.zeros_like(theta)}
        for t, gradient in enumerate(arrays["gradients"], 1):
            theta = getattr(self, spec["optimizer"])(spec, t, theta, gradient, state)
            trace.append(theta)
        return {"trace": jnp.stack(trace)}

    def answer_second(self, case):
        """The derivative of the gradients along v: forward over reverse."""
        arrays, names = self.arrays(case), self.directed(case)

        def end(moved):
            ends = self.ends(case, {**arrays, **moved})
            return self.scalar(ends, arrays), ends
        here = {name: arrays[name] for name in names}
        along = {name: arrays[f"v_{name}"] for name in names}
        (_, answers), (slopes, along_y) = jax.jvp(jax.grad(end, has_aux=True), (here,), (along,))
        slopes = {f"hvp_{name}": slope for name, slope in slopes.items()}
        return answers | slopes | ({} if "value" in answers else {"jvp": along_y["y"]})

    def answer_per_sample(self, case):
        arrays = self.arrays(case)
        grads = jax.vmap(jax.grad(self.alone(case, arrays)), (None, 0))(
            *self.shared_and_own(case, arrays))
        return {"y": self.stack(case, arrays), **self.of_samples(grads)}

    def answer_tangent(self, case):
        arrays = self.arrays(case)

        def y_of(moved):
            return self.stack(case, {**arrays, **moved})
        jacobian = jax.jacobian(y_of)({name: arrays[name] for name in case.trainable})
        kernel = sum(jnp.tensordot(part, part, [list(range(2, part.ndim))] * 2)
                     for part in jacobian.values())
        return {"y": y_of({}), "kernel": kernel.transpose(0, 2, 1, 3)}

    # what goes in and what comes out

    def arrays(self, case):
        return {name: jnp.asarray(array, int if array.dtype.kind == "i" else self.dtype)
                for name, array in case.inputs.items()}

    def moved(self, case, arrays, *others):
        return {name: arrays[name] for name in (*case.trainable, *others)}

    def gradients(self, grads):
        return {f"grad_{name}": gradient for name, gradient in grads.items()}

    # layers

    def eigenvectors(self, kind, own):
        if kind == "spectral_svd":
            return jnp.einsum("im,m,mj->ij", own["u"], own["s"], own["v"])
        lower = own["r"] if kind == "spectral_full_qr" else self.lower(own)
        return jnp.einsum("im,jm->ij", lower, own["q"])

    def lower(self, own):
        shape = len(own["lambda_out"]), own["q"].shape[1]
        return jnp.zeros(shape, self.dtype).at[jnp.tril_indices(shape[0], 0, shape[1])].set(
            own["r"])

    nested = Answers.substituted

    quantile = staticmethod(jnp.quantile)

    def recurrent(self, layer, own, x):
        raise NotImplementedError("see WithRecurrent")

    complex_recurrent = recurrent

    # images: JAX takes the order of axes that it is told

    def convolution(self, layer, own, x):
        p, s, d = layer["padding"], layer["stride"], layer["dilation"]
        y = layer.get("scale", 1) * jax.lax.conv_general_dilated(
            x, own["weight"], (s, s), [(p, p), (p, p)], rhs_dilation=(d, d),
            dimension_numbers=("NHWC", "OHWI", "NHWC"), feature_group_count=layer["groups"])
        return y if own["bias"] is None else y + own["bias"]

    def batch_norm(self, layer, own, x):
        mean, variance = own["mean"], own["variance"]
        if layer["training"]:
            if x.size == x.shape[-1]:
                raise ValueError("one value of each channel has no variance")
            axes = tuple(range(x.ndim - 1))
            mean, variance = x.mean(axes), x.var(axes)
        y = own["gain"] * (x - mean) * jax.lax.rsqrt(variance + layer["eps"])
        return y if own["bias"] is None else y + own["bias"]

    # activations; jax.nn.leaky_relu takes 1 at x = 0

    relu = staticmethod(lambda layer, own, x: jax.nn.relu(x))
    leaky_relu = staticmethod(lambda layer, own, x: jnp.where(x > 0, x, layer["slope"] * x))
    elu = staticmethod(lambda layer, own, x: jax.nn.elu(x, layer["alpha"]))
    tanh = staticmethod(lambda layer, own, x: jnp.tanh(x))
    sigmoid = staticmethod(lambda layer, own, x: jax.nn.sigmoid(x))
    positive = staticmethod(jax.nn.relu)
    smooth_plus = staticmethod(lambda x, k: jax.nn.softplus(k * x) / k)

    # losses and a penalty

    @staticmethod
    def softmax_cross_entropy(spec, y, target):
        q = target
        if target.ndim == 1:
            if not bool(((target >= 0) & (target < y.shape[1])).all()):     # JAX would clamp it
                raise ValueError(f"labels {target} for {y.shape[1]} classes")
            q = jax.nn.one_hot(target, y.shape[1], dtype=y.dtype)
        return -(q * jax.nn.log_softmax(y)).sum(1)

    binary_cross_entropy_with_logits = staticmethod(
        lambda spec, y, t: (jax.nn.softplus(y) - t * y).mean(1))

    @staticmethod
    def group_lasso(spec, array):
        squares = (array ** 2).sum(spec["axis"])
        zero = squares == 0                                 # the root has no derivative there
        return jnp.where(zero, 0, jnp.sqrt(jnp.where(zero, 1, squares))).sum()

    # optimizers: theta after one step

    def decayed(self, spec, theta):
        return (1 - spec["learning_rate"] * spec["decay"]) * theta

    def sgd(self, spec, t, theta, g, state):
        state["m"] = spec["momentum"] * state["m"] + g
        return self.decayed(spec, theta) - spec["learning_rate"] * state["m"]

    def adam(self, spec, t, theta, g, state):
        b1, b2 = spec["beta1"], spec["beta2"]
        state["m"] = b1 * state["m"] + (1 - b1) * g
        state["v"] = b2 * state["v"] + (1 - b2) * g ** 2
        step = self.direction(state["m"], state["v"], 1 - b1 ** t, 1 - b2 ** t, spec["eps"])
        return self.decayed(spec, theta) - spec["learning_rate"] * step

    direction = staticmethod(lambda m, v, part1, part2, eps: (
        m / part1 / (jnp.sqrt(v / part2) + eps)))

    def adamax(self, spec, t, theta, g, state):
        state["m"] = spec["beta1"] * state["m"] + (1 - spec["beta1"]) * g
        state["v"] = jnp.maximum(spec["beta2"] * state["v"], jnp.abs(g))
        rate = spec["learning_rate"] / (1 - spec["beta1"] ** t)
        return self.decayed(spec, theta) - rate * state["m"] / (state["v"] + spec["eps"])


class WithRecurrent(JaxAnswers):
    """Recurrent networks, too, which take JAX a second to compile for every shape."""

    recurrent = Answers.recurrent_by_solving
    complex_recurrent = Answers.complex_by_fourier_sum
