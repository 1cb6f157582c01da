"""Numbers of any size: a power of two times x gives what x gives, bit by bit, or is refused."""
import numpy as np
import pytest
from conftest import same_bits

from npspectral import data
from npspectral.analysis.clouds import activity, dimension, mutual_information, neighbors
from npspectral.analysis.kernels import infinite_width, machines, pca, regimes
from npspectral.analysis.neurons import attractors, compression, dynamics, merging, motion
from npspectral.analysis.spectral import pruning, relevance
from npspectral.magnitude import norms, power_of_two
from npspectral.nn import Spectral

UNITS = [2.0 ** 530, 2.0 ** -560, 2.0 ** 1018, 2.0 ** -900]
RNG = np.random.default_rng(0)
X, Q = RNG.standard_normal((40, 3)), RNG.standard_normal((7, 3))
WIDE = RNG.standard_normal((30, 60))
SLOW = np.exp(-np.abs(np.subtract.outer(np.arange(300), np.arange(300))) / 3)
Y = np.where(X[:, 0] > 0, 1.0, -1.0)
OMEGA, BIAS, BETA = RNG.standard_normal((5, 3)), RNG.standard_normal(5), RNG.standard_normal(5)
PHI = Spectral(3, 5, lambda_out=0.0)
START = PHI.init(RNG)


def spectral(c):
    return {**START, "phi": START["phi"] * c}


# f(c) is the same for every c, or c times f(1).
SAME = {
    "indices of neighbors": lambda c: neighbors.nearest_neighbors(X * c, 3, Q * c)[1],
    "votes": lambda c: neighbors.nearest_neighbor_vote(X * c, Y, Q * c),
    "neighbor ratios": lambda c: dimension.neighbor_ratios(X * c)[0],
    "neighbor_information": lambda c: mutual_information.neighbor_information(X * c, Y),
    "ratio_information": lambda c: mutual_information.ratio_information(X * c, Y),
    "amplification": lambda c: compression.amplification_by_component(OMEGA * c),
    "stripe moments": lambda c: compression.stripe_moments(OMEGA * c, BIAS * c, (-0.3, 1.2))[0],
    "participation": lambda c: activity.participation_ratio(X[0] ** 2 * c),
    "components_for": lambda c: activity.components_for(X[0] ** 2 * c),
    "steps' kernel": lambda c: infinite_width.arc_cosine_kernel(X * c, order=0),
    "kernel_change": lambda c: regimes.kernel_change(X * c, np.ones((40, 3)) * c),
    "positions": lambda c: dynamics.positions(dynamics.Neurons(OMEGA * c, BIAS * c, BETA)),
    "fixed points": lambda c: motion.fixed_points(np.ones((1, 40), bool), X, Y * c),
    "turning_rate": lambda c: attractors.turning_rate(np.ones(4) * c, X, Y),
    "parity_task": lambda c: data.parity_task(np.random.default_rng(0), X * c, Y)[0],
}
LINEAR = {
    "distances of neighbors": lambda c: neighbors.nearest_neighbors(X * c, 3)[0],
    "distances by products": lambda c: neighbors.nearest_neighbors(WIDE * c, 3)[0],
    "components": lambda c: pca.kernel_pca(SLOW * c, 2).eigenvalues,
    "norms": lambda c: norms(X * c),
    "distance_to_sphere": lambda c: machines.distance_to_sphere(X * c, 2.0 * c),
    "relevance": lambda c: relevance.input_relevance(PHI, spectral(c)),
    "node scores": lambda c: pruning.SCORES["norm"]((PHI, spectral(c)), None),
    "merged": lambda c: merging.merge_parallel(
        dynamics.Neurons(OMEGA * c, BIAS * c, BETA * c)).vectors,
}


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("name", SAME)
def test_a_unit_changes_nothing(name, unit):
    assert same_bits(np.asarray(SAME[name](unit)), np.asarray(SAME[name](1.0)))


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("name", LINEAR)
def test_a_unit_is_a_factor(name, unit):
    assert same_bits(LINEAR[name](unit), LINEAR[name](1.0) * unit)


@pytest.mark.parametrize("x, want", [(3.0, 2.0), (-4.0, 4.0), (0.0, 1.0), (1.7e308, 2.0 ** 1023),
                                     (5e-324, 5e-324), (0.75, 0.5)])
def test_the_power_of_two_is_the_largest_not_above(x, want):
    assert power_of_two(np.array([x, 0.0, x / 2])) == want
    assert power_of_two(np.array([[x], [1.0]]), 1).tolist() == [want, 1.0]


def test_the_dtype_stays():
    x = np.ones((2, 3), np.float32)
    assert norms(x).dtype == power_of_two(x, 1).dtype == np.float32


def test_cells_of_points_far_out_are_those_of_their_directions():
    x = np.array([[1.0, 2], [-2, 1], [3, -1]])
    far = attractors.cells(x * 1e300)
    assert len(far) == 6                                    # three lines through 0 cut the plane
    assert {tuple(row) for row in far.tolist()} <= {tuple(row) for row in
                                                    attractors.cells(x * 100).tolist()}


@pytest.mark.parametrize("call, message", [
    (lambda: activity.principal_variances(X * 1e160), "x reaches .*e.160, whose square"),
    (lambda: activity.principal_variances(X * 1e-170), "x reaches .*e-170, whose square"),
    (lambda: data.principal_components(X * 1e155, 2), "reaches .*e.155, whose square is no float"),
    (lambda: data.principal_components(X * 1e-170, 2), "x reaches .*e-170, whose square"),
    (lambda: data.principal_components(X * [1e-150, 1e-156, 0], 2), "x reaches .*e-150, whose sq"),
    (lambda: activity.principal_variances(X * [1e-150, 1e-156, 0]), "x reaches .*e-150"),
    (lambda: data.principal_components((X * 1e25).astype(np.float32), 2), "is no float32"),
    (lambda: data.gaussian_features(RNG, 5, 3, 2).predict(X * 1e160), "whose squares overflow"),
    (lambda: dynamics.Neurons(OMEGA * 1e200, BIAS, BETA).preactivations(X * 1e200),
     "v . x. overfl"),
    (lambda: dynamics.velocity_field(X * 1e160, X, Y, 1, 1), "z reaches .*, where z . z or z . x"),
    (lambda: mutual_information.binned_entropy(X * 1e300, 1e-10), "in which activity overflows"),
])
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_what_no_number_can_be_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
