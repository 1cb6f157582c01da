"""What every layer of a network makes of its inputs, and how many linear axes such a cloud fills.

    a_0 = x     u_l = layer_l(a_(l-1))     a_l = activation_l(u_l)

The p rows of a_l, one for each input, are a cloud of points. The variances v_1 >= v_2 >= ... along
its principal axes are the eigenvalues of its covariance. Two numbers say how many of these axes the
cloud fills; a bent line may fill many:

    components_for       the fewest axes that hold a share of the variance
    participation_ratio  (sum v)^2 / sum v^2, n for n equal variances

Source: Ansuini, Laio, Macke and Zoccolan 2019, NeurIPS (linear dimensions of layers).
"""
import numpy as np

from ... import refuse
from ... import magnitude
from ...nn.chain import Chain
from .._params import check_params


def representations(network, params, x):
    """[a_0, a_1, ...] and [u_1, u_2, ...] of x (p, n_in): what each layer takes, and what it gives.

    A layer counts if it has n_in, as Dense and Spectral do; whatever stands between two of these is
    the activation. a_0 is x, and the last u is the output of the last layer that counts. A chain
    within the chain is one layer. Raises TypeError if network is not a Chain.
    """
    if not isinstance(network, Chain):
        raise TypeError(f"representations: network is {network!r}, expected a Chain")
    check_params("representations", params, network)
    x = refuse.array("representations", "x", x, 2)
    network.forward(params, x[:1])                      # refuses params or x that do not fit
    received, given = [], []
    for layer, layer_params in zip(network.layers, params):
        y, _ = layer.forward(layer_params, x)
        if hasattr(layer, "n_in"):
            received.append(x)
            given.append(y)
        x = y
    return received, given


def principal_variances(x):
    """Variances (r,) along the principal axes of the rows of x (p, n), r = min(p, n).

    A variance is a mean over the p rows. The sum of all is the sum of the columns' variances. For
    the axes, and the components of rows along them, see data/principal.py.
    """
    x = refuse.real("principal_variances", "x", x, 2)
    unit = magnitude.power_of_two(x)
    x = x / unit
    scaled = np.linalg.svd(x - x.mean(0), compute_uv=False) ** 2 / len(x)
    return magnitude.variances("principal_variances", scaled, unit)


def components_for(variances, share=0.9):
    """How many of the largest variances (r,) add up to `share` of their sum, or more."""
    variances = _variances("components_for", variances)
    refuse.number("components_for", "share", share, "above 0, up to 1", lambda s: 0 < s <= 1)
    sums = np.cumsum(np.sort(variances)[::-1])
    return int(np.searchsorted(sums, share * sums[-1])) + 1


def participation_ratio(variances):
    """(sum v)^2 / sum v^2 of variances (r,), from 1 to r."""
    variances = _variances("participation_ratio", variances)
    shares = variances / variances.sum()
    return float(1 / (shares @ shares))


def _variances(owner, variances):
    variances = refuse.real(owner, "variances", variances, 1)
    if variances.min() < 0 or variances.max() == 0:
        raise ValueError(f"{owner}: variances run from {variances.min()} to {variances.max()}, "
                         f"expected none below 0 and not only zeros")
    return variances / magnitude.power_of_two(variances)
