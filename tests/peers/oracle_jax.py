"""A candidate for the oracle, in JAX: pure functions, jax.vjp, optimizers by hand.

What it shares with the one in PyTorch is in oracle_answers.py.
"""
import jax
import jax.numpy as jnp
from oracle_answers import Answers

jax.config.update("jax_enable_x64", True)


class JaxAnswers(Answers):
    """candidate(case) -> dict name -> array, computed in one dtype, such as "float32"."""

    def __init__(self, dtype="float64"):
        self.dtype = jnp.dtype(dtype)

    def answer_vjp(self, case):
        arrays = self.arrays(case)
        y, pull = jax.vjp(lambda moved: self.stack(case, {**arrays, **moved}),
                          self.moved(case, arrays, "x"))
        return {"y": y, **self.gradients(pull(arrays["grad_y"])[0])}

    def answer_network(self, case):
        arrays = self.arrays(case)

        def value_of(moved):
            y = self.stack(case, {**arrays, **moved})
            return self.loss(case.spec["loss"], y, arrays["target"]), y
        (value, y), grads = jax.value_and_grad(value_of, has_aux=True)(
            self.moved(case, arrays, "x"))
        return {"y": y, "value": value, **self.gradients(grads)}

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

    def nested(self, layer, own, x):
        """u = Phi^-1 h by forward substitution."""
        u, depth = x, sum(name.startswith("phi_") for name in own)
        for k in range(1, depth + 1):
            part = self.transfer(layer, own, k)
            z = self.affine(self.weight(part), part, u)
            if k == depth:
                return z
            h = getattr(self, layer["activation"])(layer, own, z)
            u = h - self.through(part, u) if layer["skip"] else h

    def through(self, part, u):
        return u @ part["phi"].T

    def masked(self, layer, own, weight):
        return jnp.where(self.keep(layer, own, weight), weight, 0)

    def quantile(self, numbers, share):
        return jnp.quantile(numbers, share)

    def recurrent(self, layer, own, x):
        raise NotImplementedError("see WithRecurrent")

    complex_recurrent = recurrent

    def relu(self, layer, own, x):
        return jax.nn.relu(x)

    def leaky_relu(self, layer, own, x):
        return jnp.where(x > 0, x, layer["slope"] * x)      # jax.nn.leaky_relu takes 1 at x = 0

    def elu(self, layer, own, x):
        return jax.nn.elu(x, layer["alpha"])

    def tanh(self, layer, own, x):
        return jnp.tanh(x)

    def sigmoid(self, layer, own, x):
        return jax.nn.sigmoid(x)

    def positive(self, x):
        return jax.nn.relu(x)

    def smooth_plus(self, x, sharpness):
        return jax.nn.softplus(sharpness * x) / sharpness

    # losses

    def softmax_cross_entropy(self, spec, y, target):
        q = target
        if target.ndim == 1:
            if not bool(((target >= 0) & (target < y.shape[1])).all()):     # JAX would clamp it
                raise ValueError(f"labels {target} for {y.shape[1]} classes")
            q = jax.nn.one_hot(target, y.shape[1], dtype=y.dtype)
        return -(q * jax.nn.log_softmax(y)).sum(1)

    def binary_cross_entropy_with_logits(self, spec, y, target):
        return (jax.nn.softplus(y) - target * y).mean(1)

    # penalties

    def group_lasso(self, spec, array):
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
        m_hat, v_hat = state["m"] / (1 - b1 ** t), state["v"] / (1 - b2 ** t)
        return self.decayed(spec, theta) - spec["learning_rate"] * m_hat / (
            jnp.sqrt(v_hat) + spec["eps"])

    def adamax(self, spec, t, theta, g, state):
        state["m"] = spec["beta1"] * state["m"] + (1 - spec["beta1"]) * g
        state["v"] = jnp.maximum(spec["beta2"] * state["v"], jnp.abs(g))
        rate = spec["learning_rate"] / (1 - spec["beta1"] ** t)
        return self.decayed(spec, theta) - rate * state["m"] / (state["v"] + spec["eps"])


class WithRecurrent(JaxAnswers):
    """Recurrent networks, too, which take JAX a second to compile for every shape."""

    def recurrent(self, layer, own, x):
        """Coefficients on the eigenvectors, found by solving, are damped; A is never formed."""
        phi = jnp.concatenate([own["planted"], own["modes"]], 1)
        c = own["planted"].shape[1]
        values = jnp.concatenate([jnp.ones(c, self.dtype), self.damped(own["theta"])])
        state = self.start(layer, own, x)
        for t in range(layer["steps"]):
            bent = getattr(self, layer["activation"])(layer, own, state)
            parts = jnp.linalg.solve(phi, bent.T).T
            state = (parts * values) @ phi.T
        return parts[:, :c]

    def damped(self, theta):
        return (1 - 2.0 ** -10) * jnp.tanh(theta)

    def start(self, layer, own, x):
        constant = jnp.ones((len(x), int(layer["constant"])), self.dtype)
        rest = len(own["planted"]) - x.shape[1] - constant.shape[1]
        return jnp.concatenate([x, constant, jnp.zeros((len(x), rest), self.dtype)], 1)

    def complex_recurrent(self, layer, own, x):
        """Amplitudes as the Fourier sum of all that is not the linear motion of the nodes."""
        n = len(own["theta"])
        inverse = jnp.linalg.inv(own["phi"])
        transfer = (own["phi"] * self.damped(own["theta"])) @ inverse
        k = jax.lax.complex(own["k_real"], own["k_imag"])
        items = jnp.split(x, x.shape[1] // n, 1)
        times = [j * layer["spacing"] for j in range(len(items))]
        u, a = jnp.zeros_like(items[0]), 0
        for t in range(times[-1] + layer["steps"]):
            h = u + items[times.index(t)] if t in times else u
            if self.acts(layer, times, t):
                h = getattr(self, layer["activation"])(layer, own, h)
            a = a - jnp.exp(-1j * own["omega"] * t) * ((h - u) @ inverse.T @ k.T)
            u = h @ transfer.T
        return self.read(layer, a)

    def read(self, layer, a):
        if layer["read"] == "amplitude":
            return jnp.concatenate([a.real, a.imag], 1)
        return a.real if layer["read"] == "score" else a.real ** 2 + a.imag ** 2
