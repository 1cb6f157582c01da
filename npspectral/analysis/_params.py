"""Parameters as the analysis takes them: plain finite arrays of the shapes of their network."""
import numpy as np

from .. import refuse
from ..nn import Chain, tree


def check_params(owner, params, network=None):
    """Refuse params that are not plain finite arrays, or not of the shapes of the network given."""
    for path, values in tree.items(params):
        name = f"params[{path!r}]" if path else "params"
        refuse.plain(owner, name, values, "fc", "a numpy array of a floating dtype")
        refuse.finite(owner, name, values)
    if network is not None:
        _check_shapes(owner, params, network)


def _check_shapes(owner, params, network):
    if isinstance(network, Chain):
        if len(params) != len(network.layers):
            raise ValueError(f"{owner}: params has {len(params)} entries, expected one for each of "
                             f"{len(network.layers)} layers")
        for layer, layer_params in zip(network.layers, params):
            _check_shapes(owner, layer_params, layer)
    elif hasattr(network, "shapes"):
        came = tree.map(np.shape, params)
        if came != network.shapes:
            raise ValueError(f"{owner}: params has the shapes {came}, expected {network.shapes}")
