"""Neurons of one hidden layer as experiments show them: where they are, how much they carry."""
import numpy as np

from npspectral.analysis.neurons import Neurons, positions


def places(vectors):
    """z (..., d) of v = (omega, b) (..., d + 1), where a neuron's plane is nearest to 0."""
    omega, bias = vectors[..., :-1], vectors[..., -1]
    flat = Neurons(omega.reshape(-1, omega.shape[-1]), bias.ravel(), bias.ravel())
    return positions(flat).reshape(omega.shape)


def weights(vectors, beta):
    """|beta| |v|: what each neuron carries."""
    return np.abs(beta) * np.sqrt((vectors ** 2).sum(-1))
