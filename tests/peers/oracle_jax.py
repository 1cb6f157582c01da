"""A candidate for the oracle, in JAX: pure functions, jax.vjp, optimizers by hand.

Nothing of npspectral is imported. Every definition is a method of its own, so that a test can plant
a mistake by overriding one.
"""
import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)


class JaxAnswers:
    """candidate(case) -> dict name -> array, computed in one dtype, such as "float32"."""

    def __init__(self, dtype="float64"):
        self.dtype = jnp.dtype(dtype)

    def __call__(self, case):
        kind = case.kind
        if kind == "error":
            kind = "loss" if "loss" in case.spec else "vjp"
        return getattr(self, f"answer_{kind}")(case, self.arrays(case))

    def answer_vjp(self, case, arrays):
        y, pull = jax.vjp(lambda moved: self.stack(case, {**arrays, **moved}),
                          self.moved(case, arrays, "x"))
        return {"y": y, **self.gradients(pull(arrays["grad_y"])[0])}

    def answer_network(self, case, arrays):
        def value_of(moved):
            y = self.stack(case, {**arrays, **moved})
            return self.loss(case.spec["loss"], y, arrays["target"]), y
        (value, y), grads = jax.value_and_grad(value_of, has_aux=True)(
            self.moved(case, arrays, "x"))
        return {"y": y, "value": value, **self.gradients(grads)}

    def answer_loss(self, case, arrays):
        def value_of(moved):
            return self.loss(case.spec["loss"], moved["y"], arrays["target"],
                             arrays.get("weights"))
        value, grads = jax.value_and_grad(value_of)(self.moved(case, arrays, "y"))
        return {"value": value, **self.gradients(grads)}

    def answer_penalty(self, case, arrays):
        spec = case.spec["penalty"]

        def value_of(moved):
            own = {**arrays, **moved}
            array = self.weight(own) if spec["on"] == "weight" else own[spec["on"]]
            return self.penalty(spec, array)
        value, grads = jax.value_and_grad(value_of)(self.moved(case, arrays))
        return {"value": value, **self.gradients(grads)}

    def answer_optimizer(self, case, arrays):
        spec, theta, trace = case.spec["optimizer"], arrays["theta"], []
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

    def stack(self, case, arrays):
        x = arrays["x"]
        several = any("/" in name for name in arrays)
        for position, layer in enumerate(case.layers):
            prefix = f"{position}/" if several else ""
            own = {name.removeprefix(prefix): array for name, array in arrays.items()
                   if name.startswith(prefix)}
            x = getattr(self, layer["layer"])(layer, own, x)
        return x

    def weight(self, own):
        return (own["lambda_in"][None, :] - own["lambda_out"][:, None]) * own["phi"]

    def spectral(self, layer, own, x):
        return self.affine(self.weight(own), own, x)

    def dense(self, layer, own, x):
        return self.affine(own["weight"], own, x)

    def affine(self, weight, own, x):
        y = x @ weight.T
        return y + own["bias"] if own.get("bias") is not None else y

    # structured layers

    def factored(self, layer, own, x):
        return self.spectral(layer, {**own, "phi": self.eigenvectors(layer["layer"], own)}, x)

    spectral_qr = spectral_full_qr = spectral_svd = factored

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

    def transfer(self, layer, own, k):
        first, second = (f"{k - 1}", f"{k}") if layer["shared"] else (f"in_{k}", f"out_{k}")
        return {"lambda_in": own[f"lambda_{first}"], "lambda_out": own[f"lambda_{second}"],
                "phi": own[f"phi_{k}"], "bias": own.get(f"bias_{k}")}

    def sparse(self, layer, own, x):
        kind = layer["of"]
        if kind.startswith("spectral_"):
            own = {**own, "phi": self.eigenvectors(kind, own)}
        weight = own["weight"] if kind == "dense" else self.weight(own)
        return self.affine(jnp.where(self.keep(layer, weight), weight, 0), own, x)

    sparse_static = sparse_dynamic = sparse

    def keep(self, layer, weight):
        size = jnp.abs(weight)
        return size > (layer["threshold"] if "threshold" in layer
                       else self.quantile(size, layer["sparsity"]))

    def quantile(self, size, share):
        return jnp.quantile(size, share)

    def recurrent(self, layer, own, x):
        raise NotImplementedError("see WithRecurrent")

    complex_recurrent = recurrent

    def identity(self, layer, own, x):
        return x

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

    def softplus(self, layer, own, x):
        return jax.nn.softplus(layer["sharpness"] * x) / layer["sharpness"]

    # losses: a number for every sample, then one for the batch

    def loss(self, spec, y, target, weights=None):
        return self.reduced(getattr(self, spec["loss"])(spec, y, target), spec, weights)

    def reduced(self, each, spec, weights):
        if spec["reduction"] == "mean" and each.size == 0:
            raise ValueError("the mean over an empty batch is not defined")
        if weights is None:
            return each.sum() if spec["reduction"] == "sum" else each.mean()
        value = (weights * each).sum()
        return value if spec["reduction"] == "sum" else value / weights.sum()

    def mean_squared_error(self, spec, y, target):
        return ((y - target) ** 2).mean(1)

    def softmax_cross_entropy(self, spec, y, target):
        q = target
        if target.ndim == 1:
            if not bool(((target >= 0) & (target < y.shape[1])).all()):     # JAX would clamp it
                raise ValueError(f"labels {target} for {y.shape[1]} classes")
            q = jax.nn.one_hot(target, y.shape[1], dtype=y.dtype)
        return -(q * jax.nn.log_softmax(y)).sum(1)

    def binary_cross_entropy_with_logits(self, spec, y, target):
        return (jax.nn.softplus(y) - target * y).mean(1)

    def hinge(self, spec, y, target):
        return jax.nn.relu(1 - target * y).mean(1)

    def soft_hinge(self, spec, y, target):
        return (jax.nn.softplus(spec["sharpness"] * (1 - target * y)) / spec["sharpness"]).mean(1)

    def quadratic_hinge(self, spec, y, target):
        return (jax.nn.relu(1 - target * y) ** 2 / 2).mean(1)

    # penalties

    def penalty(self, spec, array):
        return spec["strength"] * getattr(self, spec["penalty"])(spec, array)

    def l1(self, spec, array):
        return jnp.abs(array).sum()

    def l2(self, spec, array):
        return (array ** 2).sum()

    def elastic_net(self, spec, array):
        return spec["ratio"] * jnp.abs(array).sum() + (1 - spec["ratio"]) * (array ** 2).sum()

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
            if any(time <= t < time + layer["steps"] for time in times):
                h = getattr(self, layer["activation"])(layer, own, h)
            a = a - jnp.exp(-1j * own["omega"] * t) * ((h - u) @ inverse.T @ k.T)
            u = h @ transfer.T
        return self.read(layer, a)

    def read(self, layer, a):
        if layer["read"] == "amplitude":
            return jnp.concatenate([a.real, a.imag], 1)
        return a.real if layer["read"] == "score" else a.real ** 2 + a.imag ** 2
