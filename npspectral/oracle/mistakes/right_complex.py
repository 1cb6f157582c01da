"""The right candidate's steps for complex recurrent networks, in complex numbers."""
import numpy as np


class ComplexSteps:
    """A part of Steps: every method is a step in which a mistake can be planted."""

    # u <- A h, m <- mu m + B h

    def complex_forward(self, layer, own, x):
        phi, n = own["phi"], len(own["phi"])
        back, values, mu = self.inverted(phi), self.damped(own["theta"]), self.turn(own, 1)
        k = self.coupling(own)
        gaps = self.gaps(values, mu)
        transfer, drive = self.similarity(phi, values, back), (gaps * k) @ back
        times = self.times(layer, x.shape[1] // n)
        u, m, kept = np.zeros((len(x), n)), np.zeros((len(x), len(mu)), complex), []
        for t in range(times[-1] + self.steps_of(layer)):
            fed, h = self.fed(layer, times, u, x, t)
            kept.append((u, fed, h, m))
            u, m = h @ transfer.T, self.remembered(mu * m + h @ drive.T)
        q = self.projected(m, u, k @ back)
        a = self.turned_back(own, len(kept), q)
        return self.read(layer, a), (back, values, mu, k, gaps, transfer, drive, kept, u, q, a)

    def turn(self, own, t):
        return np.exp(1j * own["omega"] * t)

    def coupling(self, own):
        return own["k_real"] + 1j * own["k_imag"]

    def gaps(self, values, mu):
        return values - mu[:, None]

    def times(self, layer, items):
        return [j * layer["spacing"] for j in range(items)]

    def item(self, times, x, t, n):
        """The sum of the items of time t, or None; with it their places."""
        places = [j for j, time in enumerate(times) if time == t]
        return sum(x[:, j * n:j * n + n] for j in places) if places else None, places

    def acts(self, layer, times, t):
        return any(0 <= t - time < self.steps_of(layer) for time in times)

    def fed(self, layer, times, u, x, t):
        """u with its item, and h."""
        item, _ = self.item(times, x, t, u.shape[1])
        fed = u if item is None else self.inserted(u, item)
        return fed, self.bent(layer, fed, t == 0) if self.acts(layer, times, t) else fed

    def inserted(self, u, item):
        return u + item

    def inserted_backward(self, grad):
        """The gradient of u before an insertion."""
        return grad

    def remembered(self, m):
        return m

    def projected(self, m, u, rows):
        return m - u @ rows.T

    def projected_backward(self, grad, u, rows):
        """Gradients of m, u and K Y."""
        return grad, -(grad @ rows.conj()).real, -grad.T @ u

    def turned_back(self, own, t, q):
        return self.turn(own, -t) * q

    def turned_backward(self, own, t, q, grad_a):
        """Gradients of m - K Y u and of omega."""
        z = self.turn(own, -t)
        return z.conj() * grad_a, (grad_a.conj() * -1j * t * z * q).real.sum(0)

    def read(self, layer, a):
        if layer["read"] == "amplitude":
            return np.concatenate([a.real, a.imag], 1)
        return a.real if layer["read"] == "score" else a.real ** 2 + a.imag ** 2

    def read_backward(self, layer, a, grad_y):
        if layer["read"] == "amplitude":
            half = grad_y.shape[1] // 2
            return grad_y[:, :half] + 1j * grad_y[:, half:]
        return grad_y + 0j if layer["read"] == "score" else 2 * a * grad_y

    def complex_backward(self, layer, own, x, grad_y):
        _, (back, values, mu, k, gaps, transfer, drive, kept, u, q, a) = self.complex_forward(
            layer, own, x)
        phi, n = own["phi"], len(own["phi"])
        times = self.times(layer, x.shape[1] // n)
        grad_q, grad_omega = self.turned_backward(own, len(kept), q, self.read_backward(
            layer, a, grad_y))
        grad_m, grad_u, grad_rows = self.projected_backward(grad_q, u, k @ back)
        grad_drive, of_transfer, grad_mu = 0 * drive, [], 0 * mu
        grad_x = np.zeros_like(x)
        for t in reversed(range(len(kept))):
            _, fed, h, m = kept[t]
            grad_drive = grad_drive + grad_m.T @ h
            of_transfer.append(grad_u.T @ h)
            grad_mu = grad_mu + self.turning(grad_m, m)
            grad_h = self.from_memory(grad_m, drive) + self.passed(transfer, grad_u)
            grad_u = grad_h
            if self.acts(layer, times, t):
                after = kept[t + 1][1] if t + 1 < len(kept) else u
                grad_u = self.bent_backward(layer, fed, after, grad_h)
            grad_m = self.earlier(grad_m, mu)
            places = self.item(times, x, t, n)[1]
            for j in places:
                grad_x[:, j * n:j * n + n] = self.to_item(grad_u, grad_h)
            grad_u = self.inserted_backward(grad_u) if places else grad_u
        grad_v = grad_drive @ back.T
        direct, through, grad_values = self.similarity_backward(phi, values, back,
                                                                self.over_time(of_transfer))
        through = through + ((gaps * k).conj().T @ grad_drive + k.conj().T @ grad_rows).real
        grad_k = self.coupling_backward(self.through_gaps(gaps, grad_v) + grad_rows @ back.T)
        grad_values = grad_values + self.value_part(grad_v, k)
        grad_mu = grad_mu - self.mu_part(grad_v, k)
        grads = {"phi": direct + self.inverted_backward(phi, back, through),
                 "theta": self.damped_backward(own["theta"], grad_values), **grad_k,
                 "omega": grad_omega + self.turn_backward(own, grad_mu)}
        return self.recurrent_parameters(grads, grad_y), grad_x

    def turning(self, grad_m, m):
        """The gradient of mu by a step of the memory."""
        return (grad_m * m.conj()).sum(0)

    def turn_backward(self, own, grad_mu):
        """The gradient of omega from that of mu = exp(i omega)."""
        return (grad_mu.conj() * 1j * self.turn(own, 1)).real

    def from_memory(self, grad_m, drive):
        return (grad_m @ drive.conj()).real

    def earlier(self, grad_m, mu):
        return grad_m * mu.conj()

    def to_item(self, grad_fed, grad_h):
        return grad_fed

    def through_gaps(self, gaps, grad_v):
        return gaps.conj() * grad_v

    def value_part(self, grad_v, k):
        return (grad_v * k.conj()).real.sum(0)

    def mu_part(self, grad_v, k):
        return (grad_v * k.conj()).sum(1)

    def coupling_backward(self, grad_k):
        return {"k_real": grad_k.real, "k_imag": grad_k.imag}
