"""First witness, recurrent layers: the transient of a network whose eigenvectors are inverted.

Three forms: A formed and the last, linear step left out; "whole", with that step; "modal", where
coefficients on the eigenvectors are damped and A is never formed.
"""
from fractions import Fraction
from functools import partial

from .formulas_layers import activated, affine
from .matrices import inverse, product

REMAINS = Fraction(1023, 1024)          # lambda = (1 - 2^-10) tanh(theta)


def damped(theta):
    """(1 - 2^-10) tanh(theta)."""
    is_zero = not (theta > 0 or theta < 0)                  # of fractions, only 0 has an exact tanh
    return REMAINS * (theta if is_zero else activated({"layer": "tanh"}, [[theta]])[0][0])


def similarity(phi, values, back):
    """A = Phi diag(values) Y."""
    return product([[a * value for a, value in zip(row, values)] for row in phi], back)


def eigen(params):
    """Phi = [P | Q], its inverse, and the eigenvalues."""
    phi = [list(p) + list(q) for p, q in zip(params["planted"], params["modes"])]
    values = [1] * len(params["planted"][0]) + [damped(theta) for theta in params["theta"]]
    return phi, inverse(phi), values


def first_states(layer, params, x):
    """x on the first nodes, then 1 if there is a constant node, then 0."""
    zero = 0 * params["planted"][0][0]
    fixed = [zero + 1] if layer["constant"] else []
    return [list(sample) + fixed + [zero] * (len(params["planted"]) - len(sample) - len(fixed))
            for sample in x]


def bent(layer, state):
    return activated({"layer": layer["activation"]}, state)


def transient(layer, transfer, state, steps):
    """x_0 ... x_steps and f of each."""
    states, fed = [state], [bent(layer, state)]
    for _ in range(steps):
        states.append(affine(transfer, fed[-1]))
        fed.append(bent(layer, states[-1]))
    return states, fed


def recurrent(whole, layer, params, x):
    phi, back, values = eigen(params)
    transfer, readers = similarity(phi, values, back), back[:len(params["planted"][0])]
    _, fed = transient(layer, transfer, first_states(layer, params, x), layer["steps"] - 1)
    return affine(readers, affine(transfer, fed[-1]) if whole else fed[-1])


def modal(layer, params, x):
    """x_{t+1} = Phi (values * coefficients), with the coefficients Y f(x_t)."""
    phi, back, values = eigen(params)
    state = first_states(layer, params, x)
    for _ in range(layer["steps"]):
        parts = affine(back, bent(layer, state))
        scaled = [[value * entry for value, entry in zip(values, row)] for row in parts]
        state = affine(phi, scaled)
    return [row[:len(params["planted"][0])] for row in parts]


TRANSFERS = {"recurrent": partial(recurrent, False), "recurrent, whole": partial(recurrent, True),
             "recurrent, modal": modal}
