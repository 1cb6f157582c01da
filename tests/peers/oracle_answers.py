"""What the candidates in PyTorch and JAX share: the definitions that read alike in both.

Nothing of npspectral is imported. Every definition is a method of its own, so that a test can plant
a mistake by overriding one. A framework adds how it differentiates, its activations and optimizers.
"""


class Answers:
    """candidate(case) -> dict name -> array, through answer_vjp, answer_network, answer_loss ..."""

    def __call__(self, case):
        kind = case.kind
        if kind == "error":
            kind = "loss" if "loss" in case.spec else "vjp"
        return getattr(self, f"answer_{kind}")(case)

    # layers

    def stack(self, case, arrays):
        x = arrays["x"]
        several = any("/" in name for name in arrays)
        for position, layer in enumerate(case.layers):
            prefix = f"{position}/" if several else ""
            own = {name.removeprefix(prefix): array for name, array in arrays.items()
                   if name.startswith(prefix)}
            x = getattr(self, layer["layer"])(layer, {"bias": None, **own}, x)
        return x

    def weight(self, own):
        return (own["lambda_in"][None, :] - own["lambda_out"][:, None]) * own["phi"]

    def spectral(self, layer, own, x):
        return self.affine(self.weight(own), own, x)

    def dense(self, layer, own, x):
        return self.affine(own["weight"], own, x)

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

    def sparse(self, layer, own, x):
        kind = layer["of"]
        if kind.startswith("spectral_"):
            own = {**own, "phi": self.eigenvectors(kind, own)}
        weight = own["weight"] if kind == "dense" else self.weight(own)
        return self.affine(self.masked(layer, own, weight), own, x)

    sparse_static = sparse_dynamic = sparse

    def keep(self, layer, own, weight):
        return abs(weight) > self.threshold(layer, abs(weight))

    def threshold(self, layer, size):
        return layer["threshold"] if "threshold" in layer else self.quantile(
            size.reshape(-1), layer["sparsity"])

    def identity(self, layer, own, x):
        return x

    def softplus(self, layer, own, x):
        return self.smooth_plus(x, layer["sharpness"])

    # losses: a number for every sample, then one for the batch

    def loss(self, spec, y, target, weights=None):
        return self.reduced(getattr(self, spec["loss"])(spec, y, target), spec, weights)

    def reduced(self, each, spec, weights):
        if spec["reduction"] == "mean" and len(each) == 0:
            raise ValueError("the mean over an empty batch is not defined")
        if weights is None:
            return each.sum() if spec["reduction"] == "sum" else each.mean()
        value = (weights * each).sum()
        return value if spec["reduction"] == "sum" else value / weights.sum()

    def mean_squared_error(self, spec, y, target):
        return ((y - target) ** 2).mean(1)

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

    def l1(self, spec, array):
        return abs(array).sum()

    def l2(self, spec, array):
        return (array ** 2).sum()

    def elastic_net(self, spec, array):
        return spec["ratio"] * abs(array).sum() + (1 - spec["ratio"]) * (array ** 2).sum()

    # recurrent networks

    def acts(self, layer, times, t):
        return any(time <= t < time + layer["steps"] for time in times)
