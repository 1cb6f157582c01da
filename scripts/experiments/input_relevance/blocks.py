"""What a spectral layer is: the matrices of one transfer, and of a whole network."""
import numpy as np

from npspectral import Nested, Spectral
from npspectral.analysis.spectral import adjacency, eigenvectors, links, nested_graph, transfer
from npspectral.nn import Uniform

PAIR, SIZES = (6, 4), (5, 4, 4, 3)


def one_transfer():
    """Phi, Lambda, A = Phi Lambda Phi^-1; formula: w_ij = (lambda_j - lambda_i) phi_ij in A."""
    layer = Spectral(*PAIR, bias=False, lambda_in=Uniform(-1, 1), lambda_out=Uniform(-1, 1))
    params = layer.init(np.random.default_rng(0))
    lambdas = np.concatenate(layer.eigenvalues(params))
    return {"phi": eigenvectors([params["phi"]]), "lambdas": lambdas, "sizes": np.array(PAIR),
            "adjacency": adjacency([params["phi"]], lambdas), "formula": transfer(layer, params)}


def whole_network():
    """The same of all transfers in one matrix; formula: W_k and skips, layer by layer."""
    network = Nested(SIZES, bias=False)
    params = network.init(np.random.default_rng(0))
    layers = range(len(SIZES))
    lambdas = np.concatenate([params[f"lambda_{k}"] for k in layers])
    return {"phi": eigenvectors([params[f"phi_{k}"] for k in layers[1:]]), "lambdas": lambdas,
            "sizes": np.array(SIZES), "adjacency": nested_graph(network, params),
            "formula": links(network, params)[0] + np.diag(lambdas)}
