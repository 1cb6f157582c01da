"""A candidate for the oracle, in PyTorch: the definitions, automatic differentiation, torch.optim.

What it shares with the one in JAX is in oracle_answers.py.
"""
import torch
from oracle_answers import Answers

F = torch.nn.functional


class TorchAnswers(Answers):
    """candidate(case) -> dict name -> tensor, computed in one dtype, such as "bfloat16"."""

    def __init__(self, dtype="float64"):
        self.dtype = getattr(torch, dtype)

    def answer_vjp(self, case):
        leaves = self.leaves(case, "x")
        y = self.stack(case, leaves)
        y.backward(self.upstream(leaves["grad_y"]))
        return {"y": y, **self.gradients(case, leaves, "x")}

    def answer_network(self, case):
        leaves = self.leaves(case, "x")
        y = self.stack(case, leaves)
        value = self.loss(case.spec["loss"], y, leaves["target"])
        value.backward()
        return {"y": y, "value": value, **self.gradients(case, leaves, "x")}

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

    def gradient(self, leaf):
        return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad

    def upstream(self, grad_y):
        return grad_y

    # layers

    def affine(self, weight, own, x):
        return F.linear(x, weight, own["bias"])

    # structured layers

    def eigenvectors(self, kind, own):
        if kind == "spectral_svd":
            return own["u"] @ torch.diag(own["s"]) @ own["v"]
        return (own["r"] if kind == "spectral_full_qr" else self.lower(own)) @ own["q"].T

    def lower(self, own):
        n_out, k = len(own["lambda_out"]), own["q"].shape[1]
        rows, columns = torch.tril_indices(n_out, k)
        return own["r"].new_zeros(n_out, k).index_put((rows, columns), own["r"])

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

    def masked(self, layer, own, weight):
        return torch.where(self.keep(layer, own, weight), weight, torch.zeros_like(weight))

    @torch.no_grad()
    def quantile(self, numbers, share):
        # torch.quantile knows no half precision
        place, numbers = share * (len(numbers) - 1), numbers.sort().values
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

    def inverse(self, phi):
        return torch.linalg.inv(phi)

    def damped(self, theta):
        return (1 - 2.0 ** -10) * torch.tanh(theta)

    def spectrum(self, own):
        ones = own["theta"].new_ones(own["planted"].shape[1])
        return torch.cat([ones, self.damped(own["theta"])])

    def similarity(self, phi, values, inverse):
        return phi @ torch.diag(values) @ inverse

    def start(self, layer, own, x):
        constant = x.new_full((len(x), int(layer["constant"])), 1)
        rest = len(own["planted"]) - x.shape[1] - constant.shape[1]
        return torch.cat([x, constant, x.new_zeros(len(x), rest)], 1)

    def advance(self, layer, own, transfer, state):
        return self.bent(layer, state) @ transfer.T

    def bent(self, layer, state):
        return getattr(self, layer["activation"])(layer, {}, state)

    def read_out(self, own, phi, inverse, state):
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

    def coupling(self, own):
        return torch.complex(own["k_real"], own["k_imag"])

    def inserted(self, u, item):
        return u + item

    def remembered(self, mu, m, h, drive):
        return mu * m + h.to(m.dtype) @ drive.T

    def projected(self, m, u, rows):
        return m - u.to(m.dtype) @ rows.T

    def turned_back(self, own, t, q):
        return torch.exp(-1j * own["omega"] * t) * q

    def read(self, layer, a):
        if layer["read"] == "amplitude":
            return torch.cat([a.real, a.imag], 1)
        return a.real if layer["read"] == "score" else a.real ** 2 + a.imag ** 2

    def relu(self, layer, own, x):
        return F.relu(x)

    def leaky_relu(self, layer, own, x):
        return F.leaky_relu(x, layer["slope"])

    def elu(self, layer, own, x):
        return F.elu(x, layer["alpha"])

    def tanh(self, layer, own, x):
        return torch.tanh(x)

    def sigmoid(self, layer, own, x):
        return torch.sigmoid(x)

    def positive(self, x):
        return F.relu(x)

    def smooth_plus(self, x, sharpness):
        # F.softplus is a straight line beyond its threshold, which float64 can tell
        return torch.logaddexp(sharpness * x, torch.zeros_like(x)) / sharpness

    # losses: a number for every sample, then one for the batch

    def mean_squared_error(self, spec, y, target):
        return F.mse_loss(y, target, reduction="none").mean(1)

    def softmax_cross_entropy(self, spec, y, target):
        return F.cross_entropy(y, target, reduction="none")

    def binary_cross_entropy_with_logits(self, spec, y, target):
        return F.binary_cross_entropy_with_logits(y, target, reduction="none").mean(1)

    # penalties

    def group_lasso(self, spec, array):
        return torch.linalg.vector_norm(array, dim=spec["axis"]).sum()

    # optimizers: a function that makes a step with theta.grad

    def optimizer(self, spec, theta):
        return getattr(self, spec["optimizer"])(spec, theta)

    def sgd(self, spec, theta):
        inner = torch.optim.SGD([theta], spec["learning_rate"], spec["momentum"])
        return lambda: (self.decay(spec, theta), inner.step())

    def adam(self, spec, theta):
        return torch.optim.AdamW([theta], spec["learning_rate"], (spec["beta1"], spec["beta2"]),
                                 spec["eps"], spec["decay"]).step

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
        """Decoupled weight decay: torch.optim.SGD knows only the coupled one."""
        theta.mul_(1 - spec["learning_rate"] * spec["decay"])
