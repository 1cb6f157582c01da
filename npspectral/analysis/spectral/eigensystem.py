"""A network as one matrix over all of its nodes, A = Phi Lambda Phi^-1, and its eigenvectors.

Layer k has n_k nodes, k = 0 .. L. Nodes are numbered layer by layer, N = n_0 + ... + n_L, and every
matrix is (N, N). Row i is the node that receives, column j the node that sends: block (k, j) goes
from layer j to layer k.

    Phi      ones on the diagonal, phi_k in block (k, k - 1); the columns are the eigenvectors of A
    Phi^-1   a finite series, as some power of Phi - I is zero
    Lambda   diagonal: the eigenvalues lambda_k (n_k,) of all layers
    A        the eigenvalues on the diagonal,
             the transfers W_k,ij = (lambda_{k-1},j - lambda_k,i) phi_k,ij in block (k, k - 1),
             the skips A_kj = W_k (Phi^-1)_{k-1,j} in block (k, j), j < k - 1

Source: Giambagli et al. 2021, Nat. Commun. 12, 1330 (one transfer); SPARCS, arXiv 2504.00885
(2025; whole networks).
"""
import numpy as np

from ... import refuse
from ...nn import Chain, Nested
from ...nn.activations import Elementwise
from .._params import check_params


def eigenvectors(blocks):
    """Phi (N, N) from the blocks (phi_1, ..., phi_L), phi_k (n_k, n_{k-1})."""
    blocks = _blocks("eigenvectors", blocks)
    sizes = [np.shape(blocks[0])[-1], *map(len, blocks)]
    for k, phi in enumerate(blocks, 1):
        if phi.shape != (sizes[k], sizes[k - 1]):
            raise ValueError(f"eigenvectors: block {k} has shape {phi.shape}, "
                             f"expected (n_{k}, {sizes[k - 1]})")
    matrix = np.eye(sum(sizes), dtype=np.result_type(*blocks))
    for k, phi in enumerate(blocks, 1):
        block(matrix, sizes, k, k - 1)[...] = phi
    return matrix


def inverse_eigenvectors(blocks):
    """Phi^-1 = I - M + M^2 - ... (N, N) with M = Phi - I, whose power L + 1 is zero.

    It is 2I - Phi for one transfer, 3I - 3 Phi + Phi^2 for two. Term l fills the blocks (k, k - l)
    alone, so no two terms have an entry in common, and nothing cancels.
    """
    blocks = _blocks("inverse_eigenvectors", blocks)
    phi = eigenvectors(blocks)
    result = term = np.eye(len(phi), dtype=phi.dtype)
    nilpotent = phi - result
    for _ in blocks:
        term = -term @ nilpotent
        result = result + term
    return result


def adjacency(blocks, eigenvalues):
    """A = Phi Lambda Phi^-1 (N, N) from the blocks of Phi and all N eigenvalues, layer by layer."""
    blocks = _blocks("adjacency", blocks)
    phi = eigenvectors(blocks)
    eigenvalues = refuse.numbers("adjacency", "eigenvalues", eigenvalues, 1, "fiuc")
    if eigenvalues.shape != (len(phi),):
        raise ValueError(f"adjacency: eigenvalues has shape {eigenvalues.shape}, "
                         f"expected ({len(phi)},)")
    return phi * eigenvalues @ inverse_eigenvectors(blocks)


def block(matrix, sizes, k, j):
    """The block (k, j) of an (N, N) matrix, from layer j to layer k: a view (n_k, n_j).

    sizes: (n_0, ..., n_L).
    """
    refuse.plain("block", "matrix", matrix, "fiuc", "a numpy array of numbers")
    sizes = tuple(sizes)
    ends = np.cumsum([0, *sizes])
    if matrix.shape != (ends[-1], ends[-1]):
        raise ValueError(f"block: the matrix has shape {matrix.shape}, "
                         f"expected ({ends[-1]}, {ends[-1]})")
    if not (0 <= k < len(sizes) and 0 <= j < len(sizes)):
        raise ValueError(f"block: ({k}, {j}) is no block of {len(sizes)} layers")
    return matrix[ends[k]:ends[k + 1], ends[j]:ends[j + 1]]


def decompose(matrix, sizes):
    """The blocks (phi_1, ..., phi_L) and the eigenvalues (N,) with A = Phi Lambda Phi^-1.

    lambda is the diagonal of A, and phi_k,ij = A_ij / (lambda_j - lambda_i) in block (k, k - 1).
    Raises ValueError if the rest of A differs from Phi Lambda Phi^-1 by more than rounding, which
    grows with N and where eigenvalues are nearly equal. Raises ValueError on equal eigenvalues in
    neighboring layers: there any phi_k,ij would do if A_ij = 0, and none if A_ij is not 0.
    """
    matrix = 1.0 * refuse.array("decompose", "matrix", matrix, 2, "fiuc")
    sizes = tuple(sizes)
    below = [block(matrix, sizes, k, k - 1) for k in range(1, len(sizes))]
    eigenvalues = np.diag(matrix).copy()
    gap = eigenvalues - eigenvalues[:, None]
    gaps = [block(gap, sizes, k, k - 1) for k in range(1, len(sizes))]
    for k, layer_gap in enumerate(gaps, 1):
        if (layer_gap == 0).any():
            i, j = np.argwhere(layer_gap == 0)[0]
            raise ValueError(f"decompose: node {j} of layer {k - 1} and node {i} of layer {k} have "
                             f"equal eigenvalues, which leaves phi undetermined")
    blocks = tuple(weight / layer_gap for weight, layer_gap in zip(below, gaps))
    phi = eigenvectors(blocks)
    size = np.abs(phi * eigenvalues) @ np.abs(inverse_eigenvectors(blocks))
    worst = max(1, np.abs(eigenvalues).max() / min(np.abs(layer_gap).min() for layer_gap in gaps))
    error = np.abs(matrix - adjacency(blocks, eigenvalues))
    if not (error <= 2 * len(matrix) * np.finfo(matrix.dtype).eps * worst * size).all():
        raise ValueError(f"decompose: the matrix has no eigenvectors of the block structure "
                         f"{tuple(sizes)}: it differs by {error.max():.2g} from Phi Lambda Phi^-1")
    return blocks, eigenvalues


def transfer(layer, params, sizes=None, k=1):
    """Phi Lambda Phi^-1 (N, N) of one spectral layer as transfer k of a network of `sizes`.

    All other nodes have eigenvalue 1, so that they keep their activity. By default the network has
    this layer alone: lambda_in and lambda_out are on the diagonal, W is in the lower left.
    """
    if not (hasattr(layer, "weight") and hasattr(layer, "eigenvalues")):
        raise TypeError(f"transfer: layer is {layer!r}, expected a spectral layer")
    sizes = (layer.n_in, layer.n_out) if sizes is None else tuple(sizes)
    check_params("transfer", params, layer)
    if tuple(sizes[k - 1:k + 1]) != (layer.n_in, layer.n_out):
        raise ValueError(f"transfer: sizes has {tuple(sizes[k - 1:k + 1])} at {k - 1} and {k}, "
                         f"expected ({layer.n_in}, {layer.n_out})")
    lambda_in, lambda_out = layer.eigenvalues(params)
    matrix = np.eye(sum(sizes), dtype=lambda_in.dtype)
    block(matrix, sizes, k - 1, k - 1)[...] = np.diag(lambda_in)
    block(matrix, sizes, k, k)[...] = np.diag(lambda_out)
    block(matrix, sizes, k, k - 1)[...] = layer.weight(params)
    return matrix


def links(network, params):
    """All weights between the nodes of a network (N, N), without biases, and the layers' sizes.

    Block (k, j) multiplies the activity of layer j in the input of layer k. In a Chain, of layers
    with a weight and of activations, there are only the W_k in the blocks (k, k - 1). In a Nested
    layer with skips every block below the diagonal is W_k (Phi^-1)_{k-1,j}.
    """
    check_params("links", params, network)
    if isinstance(network, Nested):
        weights, sizes = network.weights(params), network.sizes
    else:
        weights = tuple(_weights(network, params))
        if not weights:
            raise ValueError(f"links: no layer has a weight in {network!r}")
        sizes = (weights[0].shape[1], *map(len, weights))
    matrix = np.zeros((sum(sizes), sum(sizes)), np.result_type(*weights))
    for k, weight in enumerate(weights, 1):
        block(matrix, sizes, k, k - 1)[...] = weight
    if isinstance(network, Nested) and network.skip:
        depth = range(1, len(sizes))
        matrix = matrix @ inverse_eigenvectors([params[f"phi_{k}"] for k in depth])
    return matrix, sizes


def nested_graph(network, params):
    """A = Phi Lambda Phi^-1 (N, N) of a Nested layer: its `links`, and Lambda on the diagonal.

    The layer must have skips, and the two transfers at a hidden layer must share its eigenvalues:
    otherwise it is not of the form A.
    """
    if not (isinstance(network, Nested) and network.shared and network.skip):
        raise ValueError(f"nested_graph: network is {network!r}, expected a Nested layer with "
                         f"shared eigenvalues and skips")
    check_params("nested_graph", params, network)
    depth = range(1, len(network.sizes))
    return adjacency([params[f"phi_{k}"] for k in depth],
                     np.concatenate([params[f"lambda_{k}"] for k in (0, *depth)]))


def _blocks(owner, blocks):
    """The blocks as a tuple, each of them a matrix of finite numbers; integers become floats."""
    blocks = tuple(1.0 * refuse.array(owner, f"block {k}", phi, 2, "fiuc")
                   for k, phi in enumerate(blocks, 1))
    if not blocks:
        raise ValueError(f"{owner}: blocks is empty, expected at least one block")
    return blocks


def _weights(network, params):
    """The realized weight of every transfer of a chain, one after the other."""
    if isinstance(network, Chain):
        for layer, layer_params in zip(network.layers, params, strict=True):
            yield from _weights(layer, layer_params)
    elif hasattr(network, "weight"):
        yield network.weight(params)
    elif not isinstance(network, Elementwise):
        raise TypeError(f"links: {network!r} has no weight, expected layers that have one")
