"""Bugs of users in recurrent networks, real and complex: caught by the cases, named by no list."""
import torch
from oracle_torch import ByRule
from planted_bugs import T, in_torch


def in_steps(more):
    """f and A in other numbers of steps."""
    return {kind: lambda self, layer, own, x, kind=kind: getattr(T, kind)(
        self, {**layer, "steps": layer["steps"] + more}, own, x)
        for kind in ("recurrent", "complex_recurrent")}


def held(self, layer, own, transfer, state):
    """The constant node written anew; it stands behind x, wherever x ends."""
    after = T.advance(self, layer, own, transfer, state).clone()
    if layer["constant"]:
        after[:, self.place] = 1
    return after


def start_and_note(self, layer, own, x):
    self.place = x.shape[1]
    return T.start(self, layer, own, x)


def inverse_with(rule):
    """torch.linalg.inv with rule(grad, Y) for its gradient."""
    def backward(grad, phi):
        return (rule(grad, torch.linalg.inv(phi)),)
    return lambda phi: ByRule.apply(torch.linalg.inv, backward, phi)


def memory_with(**changes):
    """A step of the memory, some of its gradients replaced by change(g, mu, m, h, drive)."""
    right = {"mu": lambda g, mu, m, h, drive: (g * m.conj()).sum(0),
             "m": lambda g, mu, m, h, drive: g * mu.conj(),
             "h": lambda g, mu, m, h, drive: (g @ drive.conj()).real,
             "drive": lambda g, mu, m, h, drive: g.T @ h.to(g.dtype)}
    rules = {**right, **changes}.values()
    return lambda *inputs: ByRule.apply(
        T.remembered, lambda g, *held: tuple(rule(g, *held) for rule in rules), *inputs)


def coupled_with(rule):
    """K = k_real + i k_imag with the gradients rule(grad)."""
    return lambda own: ByRule.apply(torch.complex, lambda g, re, im: rule(g), own["k_real"],
                                    own["k_imag"])


def planted_at(number):
    """The planted eigenvalues at another number than 1."""
    return lambda self, own: torch.cat([own["theta"].new_full((own["planted"].shape[1],), number),
                                        self.damped(own["theta"])])


RECURRENT = [
    in_torch("Phi.T for its inverse", inverse=lambda phi: phi.T),
    in_torch("Y.detach()", inverse=lambda phi: torch.linalg.inv(phi).detach()),
    in_torch("plus in the adjoint of the inverse",
             inverse=inverse_with(lambda g, y: y.T @ g @ y.T)),
    in_torch("no transposes in the adjoint of the inverse",
             inverse=inverse_with(lambda g, y: -y @ g @ y)),
    in_torch("torch.tanh(theta) alone", damped=lambda self, theta: torch.tanh(theta)),
    in_torch("theta for lambda", damped=lambda self, theta: theta),
    in_torch("all eigenvalues kept below 1", spectrum=planted_at(1 - 2.0 ** -10)),
    in_torch("theta before the ones",
             spectrum=lambda self, own: T.spectrum(self, own).roll(-own["planted"].shape[1])),
    in_torch("range(steps + 1)", **in_steps(1)),
    in_torch("range(steps - 1)", **in_steps(-1)),
    in_torch("f(A x) for A f(x)",
             advance=lambda self, layer, own, transfer, u: self.bent(layer, u @ transfer.T)),
    in_torch("bent(x) @ A", similarity=lambda *parts: T.similarity(*parts).T),
    in_torch("state @ Y", read_out=lambda own, phi, y, state: T.read_out(own, phi, y.T, state)),
    in_torch("state @ P", read_out=lambda own, phi, y, state: state @ own["planted"]),
    in_torch("Y of the read-out detached",
             read_out=lambda own, phi, y, state: T.read_out(own, phi, y.detach(), state)),
    in_torch("A.detach()", similarity=lambda *parts: T.similarity(*parts).detach()),
    in_torch("no constant node",
             start=lambda self, layer, own, x: T.start(self, {**layer, "constant": False}, own, x)),
    in_torch("the constant node written at every step", start=start_and_note, advance=held),
    in_torch("x at the end of the state",
             start=lambda self, layer, own, x: T.start(self, layer, own, x).roll(
                 -x.shape[1] - layer["constant"], 1)),
    in_torch("exp(i omega t) at the end",
             turned_back=lambda self, own, t, q: T.turned_back(self, own, -t, q)),
    in_torch("m - K Y u as it is", turned_back=lambda self, own, t, q: q + 0 * own["omega"]),
    in_torch("m alone", projected=lambda m, u, rows: m),
    in_torch("k_real alone", coupling=lambda own: torch.complex(own["k_real"], 0 * own["k_imag"])),
    in_torch("a.abs()", read=lambda self, layer, a: (
        a.abs() if layer["read"] == "power" else T.read(self, layer, a))),
    in_torch("u = item", inserted=lambda u, item: item),
    in_torch("f in the first steps only", acts=lambda layer, times, t: t < layer["steps"]),
    in_torch("f in every step", acts=lambda layer, times, t: True),
    in_torch("g B for g conj(B)", remembered=memory_with(h=lambda g, mu, m, h, b: (g @ b).real)),
    in_torch("g mu for g conj(mu)", remembered=memory_with(m=lambda g, mu, m, h, b: g * mu)),
    in_torch("g handed back as it is", remembered=memory_with(m=lambda g, mu, m, h, b: g)),
    in_torch("g m for g conj(m)", remembered=memory_with(
        mu=lambda g, mu, m, h, b: (g * m).sum(0))),
    in_torch("real parts of g and B", remembered=memory_with(
        h=lambda g, mu, m, h, b: g.real @ b.real)),
    in_torch("dL/d conj(K)", coupling=coupled_with(lambda g: (g.real / 2, g.imag / 2))),
    in_torch("the conjugate of the gradient of K", coupling=coupled_with(
        lambda g: (g.real, -g.imag))),
    in_torch("k.detach()", coupling=lambda own: T.coupling(own).detach()),
    in_torch("omega.detach() at the end", turned_back=lambda self, own, t, q: T.turned_back(
        self, {"omega": own["omega"].detach()}, t, q)),
    in_torch("a sigmoid for the eigenvalues",
             damped=lambda self, theta: (1 - 2.0 ** -10) * torch.sigmoid(theta)),
    in_torch("the planted eigenvalues 0.9", spectrum=planted_at(0.9)),
    in_torch("the symmetric part of A", similarity=lambda *parts: (
        T.similarity(*parts) + T.similarity(*parts).T) / 2),
    in_torch("half of the inverse's gradient",
             inverse=inverse_with(lambda g, y: -y.T @ g @ y.T / 2)),
    in_torch("a memory that fades",
             remembered=lambda mu, m, h, drive: T.remembered(0.9 * mu, m, h, drive)),
    in_torch("a third of the gradient of K",
             coupling=coupled_with(lambda g: (g.real / 3, g.imag / 3))),
]
