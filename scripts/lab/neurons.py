"""Neurons of one hidden layer as experiments show them: where they are, how much they carry."""
import numpy as np

from npspectral.analysis.neurons import Neurons, positions

ALIKE = 0.95                            # cosine of neurons that count as one direction


def places(vectors):
    """z (..., d) of v = (omega, b) (..., d + 1), where a neuron's plane is nearest to 0."""
    omega, bias = vectors[..., :-1], vectors[..., -1]
    flat = Neurons(omega.reshape(-1, omega.shape[-1]), bias.ravel(), bias.ravel())
    return positions(flat).reshape(omega.shape)


def weights(vectors, beta):
    """|beta| |v|: what each neuron carries."""
    return np.abs(beta) * np.sqrt((vectors ** 2).sum(-1))


def effective_directions(vectors, beta):
    """How many directions carry the weight; directions that carry little hardly count:

        1 / sum_nm share_n share_m [cosine of v_n and v_m > ALIKE, and beta of one sign]
    """
    units = vectors / np.sqrt((vectors ** 2).sum(1, keepdims=True))
    share = weights(vectors, beta) / weights(vectors, beta).sum()
    alike = (units @ units.T > ALIKE) & (np.sign(beta)[:, None] == np.sign(beta))
    return 1 / (share @ alike @ share)
