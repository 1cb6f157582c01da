"""The right candidate's steps for recurrent networks; see right.py.

The transient takes all of its steps, and Phi^-1 has its gradient by the adjoint rule, as automatic
differentiation has it.
"""
import numpy as np

RECURRENT = ("recurrent", "complex_recurrent")


class RecurrentSteps:
    """A part of Steps: every method is a step in which a mistake can be planted."""

    # A = Phi diag(values) Y, Y = Phi^-1

    def inverted(self, phi):
        return np.linalg.inv(phi)

    def inverted_backward(self, phi, back, grad_back):
        return -back.T @ grad_back @ back.T

    def damped(self, theta):
        return 1023 / 1024 * np.tanh(theta)

    def damped_backward(self, theta, grad):
        return 1023 / 1024 * (1 - np.tanh(theta) ** 2) * grad

    def similarity(self, phi, values, back):
        return (phi * values) @ back

    def similarity_backward(self, phi, values, back, grad_transfer):
        """Gradients of phi as it stands in A, of Y and of the eigenvalues."""
        return (grad_transfer @ (values[:, None] * back).T, (phi * values).T @ grad_transfer,
                ((phi.T @ grad_transfer) * back).sum(1))

    def steps_of(self, layer):
        return layer["steps"]

    def bent(self, layer, state, first=False):
        """f; nodes that are 0 at the start are 0 for every input, and near no kink."""
        nearest = self.nearest
        h = self.activate({"layer": layer["activation"]}, state)
        if first:
            self.nearest = nearest
        return h

    def bent_backward(self, layer, state, after, grad):
        """The gradient of a state; after: the state of the next step."""
        return self.slope({"layer": layer["activation"]}, state) * grad

    def recurrent_parameters(self, grads, grad_y):
        """All gradients of parameters, sums over the batch and over time."""
        return grads

    # y = Y_P x_steps, x_{t+1} = A f(x_t)

    def recurrent_forward(self, layer, own, x):
        phi = np.concatenate([own["planted"], own["modes"]], 1)
        back, values, c = self.inverted(phi), self.spectrum(own), own["planted"].shape[1]
        transfer = self.similarity(phi, values, back)
        state, kept = self.first_state(layer, own, x), []
        for t in range(self.steps_of(layer)):
            after, h = self.advance(layer, transfer, state, t)
            after = self.hold(layer, after, x.shape[1])
            kept.append((state, h, after))
            state = after
        return state @ self.reader(phi, back, c).T, (phi, back, values, transfer, kept, state)

    def spectrum(self, own):
        return np.concatenate([np.ones(own["planted"].shape[1]), self.damped(own["theta"])])

    def spectrum_backward(self, own, grad_values):
        return self.damped_backward(own["theta"], grad_values[own["planted"].shape[1]:])

    def first_state(self, layer, own, x):
        state = np.zeros((len(x), len(own["planted"])))
        state[:, :x.shape[1]] = x
        if layer["constant"]:
            state[:, x.shape[1]] = 1
        return state

    def first_state_backward(self, layer, grad, n_in):
        return grad[:, :n_in]

    def advance(self, layer, transfer, state, t):
        """x_{t+1} and what A was applied to."""
        h = self.bent(layer, state, t == 0)
        return h @ transfer.T, h

    def advance_backward(self, layer, transfer, kept, grad):
        """Gradients of A and of x_t."""
        state, h, after = kept
        return grad.T @ h, self.bent_backward(layer, state, after, self.passed(transfer, grad))

    def passed(self, transfer, grad):
        return grad @ transfer

    def hold(self, layer, state, n_in):
        return state

    def hold_backward(self, layer, grad, n_in):
        return grad

    def over_time(self, grads):
        """The sum of the gradients of A, the last step's first."""
        return sum(grads)

    def reader(self, phi, back, c):
        return back[:c]

    def reader_backward(self, phi, back, grad_reader):
        """Gradients of phi and of Y by the read-out alone."""
        grad_back = np.zeros_like(back)
        grad_back[:len(grad_reader)] = grad_reader
        return 0 * phi, grad_back

    def recurrent_backward(self, layer, own, x, grad_y):
        _, (phi, back, values, transfer, kept, state) = self.recurrent_forward(layer, own, x)
        c, found = grad_y.shape[1], [np.zeros_like(phi)]
        of_phi, of_back = self.reader_backward(phi, back, grad_y.T @ state)
        grad = grad_y @ self.reader(phi, back, c)
        for step in reversed(kept):
            grad_transfer, grad = self.advance_backward(
                layer, transfer, step, self.hold_backward(layer, grad, x.shape[1]))
            found.append(grad_transfer)
        direct, through, grad_values = self.similarity_backward(
            phi, values, back, self.over_time(found[1:] or found))
        grad_phi = of_phi + direct + self.inverted_backward(phi, back, of_back + through)
        grads = {"planted": grad_phi[:, :c], "modes": grad_phi[:, c:],
                 "theta": self.spectrum_backward(own, grad_values)}
        return self.recurrent_parameters(grads, grad_y), self.first_state_backward(
            layer, grad, x.shape[1])
