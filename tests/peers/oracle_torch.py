"""A candidate for the oracle, in PyTorch: the definitions, automatic differentiation, torch.optim.

What it shares with the one in JAX is in oracle_answers.py.
"""
import torch
from oracle_answers import Answers

F = torch.nn.functional


class ByRule(torch.autograd.Function):
    """function(*inputs) with a backward pass of its own: rule(grad, *inputs) -> their gradients."""

    @staticmethod
    def forward(ctx, function, rule, *inputs):
        ctx.rule = rule
        ctx.save_for_backward(*inputs)
        return function(*inputs)

    @staticmethod
    def backward(ctx, grad):
        return None, None, *ctx.rule(grad, *ctx.saved_tensors)


class TorchAnswers(Answers):
    """candidate(case) -> dict name -> tensor, computed in one dtype, such as "bfloat16"."""

    xp = torch

    def __init__(self, dtype="float64"):
        self.dtype = getattr(torch, dtype)

    def answer_vjp(self, case):
        leaves = self.leaves(case, "x")
        y = self.stack(case, leaves)
        self.pull(y, leaves["grad_y"])
        return {"y": y, **self.gradients(case, leaves, "x"), **self.statistics(case, leaves)}

    pull = staticmethod(lambda y, grad_y: y.backward(grad_y))

    def answer_network(self, case):
        leaves = self.leaves(case, "x")
        y = self.stack(case, leaves)
        value = self.loss(case.spec["loss"], y, leaves["target"])
        value.backward()
        return {"y": y, "value": value, **self.gradients(case, leaves, "x"),
                **self.statistics(case, leaves)}

    def answer_loss(self, case):
        leaves = self.leaves(case, "y")
        value = self.loss(case.spec["loss"], leaves["y"], leaves["target"], leaves.get("weights"))
        value.backward()
        return {"value": value, **self.gradients(case, leaves, "y")}

    def answer_penalty(self, case):
        leaves = self.leaves(case)
        value = self.penalized(case.spec["penalty"], leaves)
        value.backward()
        return {"value": value, **self.gradients(case, leaves)}

    def answer_optimizer(self, case):
        leaves = self.leaves(case)
        theta, trace = leaves["theta"].requires_grad_(), []
        step = self.optimizer(case.spec["optimizer"], theta)
        for gradient in leaves["gradients"]:
            theta.grad = gradient.clone()
            step()
            trace.append(theta.detach().clone())
        return {"trace": torch.stack(trace)}

    def answer_second(self, case):
        """Double backward: the gradients of <v, gradients> by everything, grad_y included."""
        names = self.directed(case)
        leaves = self.leaves(case, *names, "grad_y")
        answers, wanted = self.ends(case, leaves), {f"hvp_{name}": leaves[name] for name in names}
        seed = None if "value" in answers else leaves["grad_y"]
        grads = torch.autograd.grad(answers["y" if seed is not None else "value"],
                                    [*wanted.values()], seed, create_graph=True)
        inner = sum((leaves[f"v_{name}"] * grad).sum() for name, grad in zip(names, grads))
        wanted |= {} if seed is None else {"jvp": seed}
        return answers | dict(zip(wanted, torch.autograd.grad(inner, [*wanted.values()],
                                                              materialize_grads=True)))

    def answer_per_sample(self, case):
        leaves = {name: leaf.detach() for name, leaf in self.leaves(case).items()}
        grads = torch.func.vmap(torch.func.grad(self.alone(case, leaves)), (None, 0))(
            *self.shared_and_own(case, leaves))
        return {"y": self.stack(case, leaves), **self.of_samples(grads)}

    def answer_tangent(self, case):
        leaves = {name: leaf.detach() for name, leaf in self.leaves(case).items()}

        def y_of(moved, x):
            return self.stack(case, {**leaves, **moved, "x": x[None]})[0]
        jacobian = torch.func.vmap(torch.func.jacrev(y_of), (None, 0))(
            {name: leaves[name] for name in case.trainable}, leaves["x"])
        rows = torch.cat([part.flatten(2) for part in jacobian.values()], 2)
        return {"y": self.stack(case, leaves), "kernel": torch.einsum("akp,blp->abkl", rows, rows)}

    # what goes in and what comes out

    def leaves(self, case, *others):
        """Every input as a tensor; the trainable ones, and those named, want a gradient."""
        found = {}
        for name, array in case.inputs.items():
            labels = array.dtype.kind == "i"
            found[name] = torch.tensor(array, dtype=torch.long if labels else self.dtype)
            if name in case.trainable or name in others:
                found[name].requires_grad_()
        return found

    def gradients(self, case, leaves, *others):
        return {f"grad_{name}": self.gradient(leaves[name]) for name in (*case.trainable, *others)}

    @staticmethod
    def gradient(leaf):
        return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad

    # layers

    def affine(self, weight, own, x):
        return F.linear(x, weight, own["bias"])

    # structured layers

    def eigenvectors(self, kind, own):
        if kind == "spectral_svd":
            return self.of_svd(own["u"], own["s"], own["v"])
        return (own["r"] if kind == "spectral_full_qr" else self.lower(own)) @ own["q"].T

    def lower(self, own):
        n_out, k = len(own["lambda_out"]), own["q"].shape[1]
        return own["r"].new_zeros(n_out, k).index_put(tuple(self.places(n_out, k)), own["r"])

    of_svd = staticmethod(lambda u, s, v: u @ torch.diag(s) @ v)
    places = staticmethod(torch.tril_indices)

    def nested(self, layer, own, x):
        """Every block A_kj = W_k B_{k-1,j} of Phi Lambda Phi^-1 by itself."""
        nodes, inverse = [x], []
        depth = sum(name.startswith("phi_") for name in own)
        for k in range(1, depth + 1):
            part = self.transfer(layer, own, k)
            inverse.append(torch.eye(part["phi"].shape[1], dtype=x.dtype))
            weight = self.weight(part)
            z = sum(F.linear(node, weight @ block) for node, block in zip(nodes, inverse)
                    if layer["skip"] or node is nodes[-1])
            z = z if part["bias"] is None else z + part["bias"]
            nodes.append(z if k == depth else getattr(self, layer["activation"])(layer, own, z))
            inverse = [-part["phi"] @ block for block in inverse]
        return nodes[-1]

    @staticmethod
    @torch.no_grad()
    def quantile(size, share):
        # torch.quantile knows no half precision
        numbers = size.flatten().sort().values
        place = share * (len(numbers) - 1)
        below = int(place)
        return torch.lerp(numbers[below], numbers[min(below + 1, len(numbers) - 1)], place - below)

    # recurrent networks

    def recurrent(self, layer, own, x):
        phi = torch.cat([own["planted"], own["modes"]], 1)
        inverse = self.inverse(phi)
        transfer = self.similarity(phi, self.spectrum(own), inverse)
        state = self.start(layer, own, x)
        for t in range(layer["steps"]):
            state = self.advance(layer, own, transfer, state)
        return self.read_out(own, phi, inverse, state)

    inverse = staticmethod(torch.linalg.inv)
    similarity = staticmethod(lambda phi, values, inverse: phi @ torch.diag(values) @ inverse)

    def advance(self, layer, own, transfer, state):
        return self.bent(layer, state) @ transfer.T

    @staticmethod
    def read_out(own, phi, inverse, state):
        return (state @ inverse.T)[:, :own["planted"].shape[1]]

    def complex_recurrent(self, layer, own, x):
        inverse, values = self.inverse(own["phi"]), self.damped(own["theta"])
        k, mu = self.coupling(own), torch.exp(1j * own["omega"])
        transfer = self.similarity(own["phi"], values, inverse)
        drive = ((values - mu[:, None]) * k) @ inverse.to(k.dtype)
        items = list(x.unflatten(1, (-1, len(values))).unbind(1))
        u, m = torch.zeros_like(items[0]), torch.zeros(len(x), len(mu), dtype=k.dtype)
        times = [j * layer["spacing"] for j in range(len(items))]
        for t in range(times[-1] + layer["steps"]):
            for time, item in zip(times, items):
                u = self.inserted(u, item) if t == time else u
            h = self.bent(layer, u) if self.acts(layer, times, t) else u
            u, m = h @ transfer.T, self.remembered(mu, m, h, drive)
        q = self.projected(m, u, k @ inverse.to(k.dtype))
        return self.read(layer, self.turned_back(own, times[-1] + layer["steps"], q))

    coupling = staticmethod(lambda own: torch.complex(own["k_real"], own["k_imag"]))
    inserted = staticmethod(lambda u, item: u + item)
    remembered = staticmethod(lambda mu, m, h, drive: mu * m + h.to(m.dtype) @ drive.T)
    projected = staticmethod(lambda m, u, rows: m - u.to(m.dtype) @ rows.T)

    # images: PyTorch has channels first

    def convolution(self, layer, own, x):
        first = x.permute(0, 3, 1, 2), own["weight"].permute(0, 3, 1, 2)
        steps = [layer[key] for key in ("stride", "padding", "dilation", "groups")]
        y = layer.get("scale", 1) * F.conv2d(*first, None, *steps).permute(0, 2, 3, 1)
        return y if own["bias"] is None else y + own["bias"]

    def batch_norm(self, layer, own, x, kept=None):
        mean, variance = kept or (own["mean"].clone(), own["variance"].clone())
        first = x.movedim(-1, 1)
        return F.batch_norm(first, mean, variance, own["gain"], own["bias"], layer["training"],
                            layer.get("share", 0), layer["eps"]).movedim(1, -1)

    def moved_statistics(self, layer, own, x):
        """By PyTorch itself where it can: its variance has the divisor n - 1."""
        if not layer["unbiased"]:
            return super().moved_statistics(layer, own, x)
        kept = own["mean"].clone(), own["variance"].clone()
        self.batch_norm(layer, own, x.detach(), kept)
        return kept

    # activations; F.softplus is a straight line beyond its threshold, which float64 can tell

    relu = staticmethod(lambda layer, own, x: F.relu(x))
    leaky_relu = staticmethod(lambda layer, own, x: F.leaky_relu(x, layer["slope"]))
    elu = staticmethod(lambda layer, own, x: F.elu(x, layer["alpha"]))
    tanh = staticmethod(lambda layer, own, x: torch.tanh(x))
    sigmoid = staticmethod(lambda layer, own, x: torch.sigmoid(x))
    positive = staticmethod(F.relu)
    smooth_plus = staticmethod(lambda x, k: torch.logaddexp(k * x, torch.zeros_like(x)) / k)

    # losses of every sample, and a penalty

    mean_squared_error = staticmethod(lambda spec, y, t: F.mse_loss(y, t, reduction="none").mean(1))
    softmax_cross_entropy = staticmethod(lambda spec, y, t: F.cross_entropy(y, t, reduction="none"))
    binary_cross_entropy_with_logits = staticmethod(
        lambda spec, y, t: F.binary_cross_entropy_with_logits(y, t, reduction="none").mean(1))
    group_lasso = staticmethod(lambda spec, a: torch.linalg.vector_norm(a, dim=spec["axis"]).sum())

    # optimizers: a function that makes a step with theta.grad

    def optimizer(self, spec, theta):
        return getattr(self, spec["optimizer"])(spec, theta)

    def sgd(self, spec, theta, **more):
        return self.decayed(spec, theta, torch.optim.SGD(
            [theta], spec["learning_rate"], spec["momentum"], **more))

    def decayed(self, spec, theta, optimizer):
        """Decoupled weight decay: torch.optim.SGD knows only the coupled one."""
        return lambda: (self.decay(spec, theta), optimizer.step())

    @staticmethod
    def adam(spec, theta, make=torch.optim.AdamW, **more):
        return make([theta], spec["learning_rate"], (spec["beta1"], spec["beta2"]), spec["eps"],
                    spec["decay"], **more).step

    def adamax(self, spec, theta):
        """By hand: torch.optim.Adamax adds eps to |g| before the maximum, not to the maximum."""
        state = {"t": 0, "m": torch.zeros_like(theta), "u": torch.zeros_like(theta)}

        @torch.no_grad()
        def step():
            state["t"] += 1
            state["m"] = torch.lerp(theta.grad, state["m"], spec["beta1"])
            state["u"] = torch.maximum(spec["beta2"] * state["u"], theta.grad.abs())
            rate = spec["learning_rate"] / (1 - spec["beta1"] ** state["t"])
            self.decay(spec, theta)
            theta.sub_(rate * state["m"] / (state["u"] + spec["eps"]))
        return step

    @torch.no_grad()
    def decay(self, spec, theta):
        theta.mul_(1 - spec["learning_rate"] * spec["decay"])
