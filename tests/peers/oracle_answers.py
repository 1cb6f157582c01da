"""What the candidates in PyTorch and JAX share: the definitions that read alike in both.

Nothing of npspectral is imported. Every definition has a name of its own, so that a test can plant
a mistake by overriding one; a formula that needs nothing else of the candidate has no `self`. A
framework adds how it differentiates, its functions `xp`, its activations and optimizers.
"""


class Answers:
    """candidate(case) -> dict name -> array, through answer_vjp, answer_network, answer_loss ..."""

    def __call__(self, case):
        kind = case.kind
        if kind == "error":
            kind = "loss" if "loss" in case.spec else "vjp"
        return getattr(self, f"answer_{kind}")(case)

    # what is differentiated

    def ends(self, case, arrays):
        """y where there are layers, value where there is a loss."""
        answers = {"y": self.stack(case, arrays)} if case.layers else {}
        if "loss" in case.spec:
            answers["value"] = self.loss(case.spec["loss"], answers.get("y", arrays.get("y")),
                                         arrays["target"], arrays.get("weights"))
        return answers

    @staticmethod
    def directed(case):
        """What second derivatives are taken of."""
        return ["x", *case.trainable] if case.layers else ["y"]

    def alone(self, case, arrays):
        """(parameters, one sample) -> <grad_y, y>, or the loss, of this sample as a batch."""
        def end(shared, own):
            every = {**arrays, **shared, **{name: array[None] for name, array in own.items()}}
            return self.scalar(self.ends(case, every), every)
        return end

    @staticmethod
    def scalar(ends, arrays):
        """The loss, or <grad_y, y>."""
        return ends["value"] if "value" in ends else (arrays["grad_y"] * ends["y"]).sum()

    @staticmethod
    def shared_and_own(case, arrays):
        """The trainable parameters, and what every sample has of its own."""
        return ({name: arrays[name] for name in case.trainable},
                {name: arrays[name] for name in ("x", "grad_y", "target") if name in arrays})

    @staticmethod
    def of_samples(grads):
        return {f"per_sample_grad_{name}": grad for name, grad in grads.items()}

    # layers

    def stack(self, case, arrays):
        x = arrays["x"]
        for layer, own in self.parts(case, arrays):
            x = getattr(self, layer["layer"])(layer, own, x)
        return x

    @staticmethod
    def parts(case, arrays):
        """Every layer with its own arrays."""
        several = any("/" in name for name in arrays)
        for position, layer in enumerate(case.layers):
            prefix = f"{position}/" if several else ""
            yield layer, {"bias": None, **{name.removeprefix(prefix): array for name, array
                                           in arrays.items() if name.startswith(prefix)}}

    def weight(self, own):
        return self.realized(own["lambda_in"][None, :], own["lambda_out"][:, None], own["phi"])

    realized = staticmethod(lambda lambda_in, lambda_out, phi: (lambda_in - lambda_out) * phi)

    def spectral(self, layer, own, x):
        return self.affine(self.weight(own), own, x)

    def dense(self, layer, own, x):
        return self.affine(layer.get("scale", 1) * own["weight"], own, x)

    def affine(self, weight, own, x):
        y = x @ weight.T
        return y if own["bias"] is None else y + own["bias"]

    def factored(self, layer, own, x):
        return self.spectral(layer, {**own, "phi": self.eigenvectors(layer["layer"], own)}, x)

    spectral_qr = spectral_full_qr = spectral_svd = factored

    def transfer(self, layer, own, k):
        first, second = (f"{k - 1}", f"{k}") if layer["shared"] else (f"in_{k}", f"out_{k}")
        return {"lambda_in": own[f"lambda_{first}"], "lambda_out": own[f"lambda_{second}"],
                "phi": own[f"phi_{k}"], "bias": own.get(f"bias_{k}")}

    def substituted(self, layer, own, x):
        """A nested network by u = Phi^-1 h."""
        u, h, depth = x, x, sum(name.startswith("phi_") for name in own)
        for k in range(1, depth + 1):
            part = self.transfer(layer, own, k)
            z = self.spectral(layer, part, u)
            if k == depth:
                return z
            before, h = h, getattr(self, layer["activation"])(layer, own, z)
            u = self.state(h, part, u, before) if layer["skip"] else h

    state = staticmethod(lambda h, part, u, before: h - u @ part["phi"].T)

    def sparse(self, layer, own, x):
        kind = layer["of"]
        if kind.startswith("spectral_"):
            own = {**own, "phi": self.eigenvectors(kind, own)}
        weight = own["weight"] if kind == "dense" else self.weight(own)
        return self.affine(self.masked(layer, own, weight), own, x)

    sparse_static = sparse_dynamic = sparse

    def masked(self, layer, own, weight):
        return self.xp.where(self.keep(layer, own, weight), weight, 0)

    def keep(self, layer, own, weight):
        return abs(weight) > self.threshold(layer, abs(weight))

    def threshold(self, layer, size):
        return layer["threshold"] if "threshold" in layer else self.quantile(
            size, layer["sparsity"])

    identity = staticmethod(lambda layer, own, x: x)

    def softplus(self, layer, own, x):
        return self.smooth_plus(x, layer["sharpness"])

    # images are (batch, height, width, channels)

    spatial_mean = staticmethod(lambda layer, own, x: x.mean((1, 2)))

    def statistics(self, case, arrays):
        """The running statistics behind every normalization in training."""
        found, x = {}, arrays["x"]
        prefixes = [name[4:].removesuffix("mean") for name in case.expect if name[:4] == "new_"
                    and name.endswith("mean")]
        for layer, own in self.parts(case, arrays):
            if layer.get("training") and prefixes:
                prefix = prefixes.pop(0)
                found |= {f"new_{prefix}{key}": array for key, array in zip(
                    ("mean", "variance"), self.moved_statistics(layer, own, x))}
            x = getattr(self, layer["layer"])(layer, own, x)
        return found

    def moved_statistics(self, layer, own, x):
        channels = x.reshape(-1, x.shape[-1])
        share, variance = layer["share"], ((channels - channels.mean(0)) ** 2).mean(0)
        if layer["unbiased"]:
            variance = variance * len(channels) / (len(channels) - 1)
        return ((1 - share) * own["mean"] + share * channels.mean(0),
                (1 - share) * own["variance"] + share * variance)

    # losses: a number for every sample, then one for the batch

    def loss(self, spec, y, target, weights=None):
        return self.reduced(getattr(self, spec["loss"])(spec, y, target), spec, weights)

    @staticmethod
    def reduced(each, spec, weights):
        if spec["reduction"] == "mean" and len(each) == 0:
            raise ValueError("the mean over an empty batch is not defined")
        if weights is None:
            return each.sum() if spec["reduction"] == "sum" else each.mean()
        value = (weights * each).sum()
        return value if spec["reduction"] == "sum" else value / weights.sum()

    mean_squared_error = staticmethod(lambda spec, y, target: ((y - target) ** 2).mean(1))

    def hinge(self, spec, y, target):
        return self.positive(1 - target * y).mean(1)

    def soft_hinge(self, spec, y, target):
        return self.smooth_plus(1 - target * y, spec["sharpness"]).mean(1)

    def quadratic_hinge(self, spec, y, target):
        return (self.positive(1 - target * y) ** 2 / 2).mean(1)

    # penalties

    def penalized(self, spec, own):
        array = self.weight(own) if spec["on"] == "weight" else own[spec["on"]]
        return self.penalty(spec, array)

    def penalty(self, spec, array):
        return spec["strength"] * getattr(self, spec["penalty"])(spec, array)

    l1 = staticmethod(lambda spec, a: abs(a).sum())
    l2 = staticmethod(lambda spec, a: (a ** 2).sum())
    elastic_net = staticmethod(lambda spec, a: (
        spec["ratio"] * abs(a).sum() + (1 - spec["ratio"]) * (a ** 2).sum()))

    # recurrent networks

    def damped(self, theta):
        return (1 - 2.0 ** -10) * self.xp.tanh(theta)

    def spectrum(self, own):
        ones = self.xp.ones(own["planted"].shape[1], dtype=self.dtype)
        return self.xp.concatenate([ones, self.damped(own["theta"])])

    def start(self, layer, own, x):
        constant = self.xp.ones((len(x), int(layer["constant"])), dtype=self.dtype)
        rest = len(own["planted"]) - x.shape[1] - constant.shape[1]
        zeros = self.xp.zeros((len(x), rest), dtype=self.dtype)
        return self.xp.concatenate([x, constant, zeros], 1)

    def bent(self, layer, state):
        return getattr(self, layer["activation"])(layer, {}, state)

    def recurrent_by_solving(self, layer, own, x):
        """Coefficients on the eigenvectors are damped; A is never formed."""
        phi = self.xp.concatenate([own["planted"], own["modes"]], 1)
        state = self.start(layer, own, x)
        for t in range(layer["steps"]):
            parts = self.xp.linalg.solve(phi, self.bent(layer, state).T).T
            state = (parts * self.spectrum(own)) @ phi.T
        return parts[:, :own["planted"].shape[1]]

    def complex_by_fourier_sum(self, layer, own, x):
        """Amplitudes as the sum of what items and f add to the linear motion of the nodes."""
        inverse, k = self.xp.linalg.inv(own["phi"]), own["k_real"] + 1j * own["k_imag"]
        transfer = (own["phi"] * self.damped(own["theta"])) @ inverse
        items = x.reshape(len(x), x.shape[1] // len(inverse), len(inverse))
        times = [j * layer["spacing"] for j in range(items.shape[1])]
        u, a = 0 * items[:, 0], 0
        for t in range(times[-1] + layer["steps"]):
            h = u + items[:, times.index(t)] if t in times else u
            h = self.bent(layer, h) if self.acts(layer, times, t) else h
            a = a - self.turned_back(own, t, ((h - u) @ inverse.T + 0j) @ k.T)
            u = h @ transfer.T
        return self.read(layer, a)

    @staticmethod
    def acts(layer, times, t):
        return any(time <= t < time + layer["steps"] for time in times)

    def turned_back(self, own, t, q):
        return self.xp.exp(-1j * own["omega"] * t) * q

    def read(self, layer, a):
        if layer["read"] == "amplitude":
            return self.xp.concatenate([a.real, a.imag], 1)
        return a.real if layer["read"] == "score" else a.real ** 2 + a.imag ** 2
