"""Nothing that is missing becomes a value: every array that enters the analysis is plain and whole.

Every array among the good arguments is damaged in every way, by itself.
"""
import numpy as np
import pytest
from good_arguments import FUNCTIONS, GOOD, LAMBDA, MU, NET, OTHERS, PARAMS

from npspectral.analysis.spectral import eigensystem, pruning
from npspectral.nn import tree

LABELS = {"labels"}                                     # of any kind
ANY_SHAPE = (("relevance.keep_top", "x"), ("PowerLaw", "p"), ("regimes.scale_and_time", "time"),
             ("price.sample_losses", "y"))
A_VIEW = "eigensystem.block"                              # whatever is in it


class Matrix(np.ndarray):
    """A subclass of ndarray, as np.matrix is one."""


def with_first(array, value, dtype):
    damaged = np.array(array, dtype)
    damaged.reshape(-1)[1] = value
    return damaged


DAMAGES = {
    "masked": lambda array: np.ma.masked_equal(array, array.reshape(-1)[1]),
    "masked, nothing": lambda array: np.ma.array(array),
    "nan": lambda array: with_first(array, np.nan, float),
    "subclass": lambda array: array.view(Matrix),
    "objects with None": lambda array: with_first(array, None, object),
    "dates with NaT": lambda array: with_first(array.astype("M8[D]"), "NaT", "M8[D]"),
    "text": lambda array: array.astype(str),
    "an axis more": lambda array: array[None],
}


# (function, argument) of every array, tuple of arrays and tree of parameters.
ARRAYS = [(name, argument) for name, arguments in GOOD.items()
          for argument, given in arguments.items()
          if any(isinstance(leaf, np.ndarray) for leaf in tree.leaves(given))]


def changed(change, given):
    """The array, or the first array of a tuple or a tree, changed."""
    first = tree.leaves(given)[0]
    return tree.map(lambda array: change(array) if array is first else array, given)


def test_every_public_function_is_in_the_table():
    assert sorted(FUNCTIONS) == sorted(GOOD)


@pytest.mark.parametrize("name", GOOD)
def test_good_arguments_are_taken_and_no_array_of_them_is_written_to(name):
    FUNCTIONS[name](**{argument: tree.locked(given) for argument, given in GOOD[name].items()})


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name, argument", ARRAYS)
def test_an_array_that_is_not_plain_and_whole_is_refused_by_name(name, argument, damage):
    given = GOOD[name][argument]
    if ((argument in LABELS and damage == "text") or (name == A_VIEW and damage == "nan")
            or ((name, argument) in ANY_SHAPE and damage == "an axis more")):
        FUNCTIONS[name](**{**GOOD[name], argument: changed(DAMAGES[damage], given)})
        return
    damaged = {**GOOD[name], argument: changed(DAMAGES[damage], given)}
    with pytest.raises((TypeError, ValueError), match="expected|differs") as caught:
        FUNCTIONS[name](**damaged)
    names = {argument, "block" if argument == "blocks" else argument, "params"}
    assert any(word in str(caught.value) for word in names)


# An entry for each sample, neuron, class or node of another argument.
PARTNERS = {"y", "force", "labels", "bias", "beta", "sigmas", "weights", "times", "vector", "mean",
            "basis", "target", "paths", "reference", "time", "conserved"}


@pytest.mark.parametrize("name, argument", [
    (name, argument) for name, argument in ARRAYS
    if argument in PARTNERS and (name, argument) not in ANY_SHAPE])
def test_an_array_with_an_entry_less_than_its_partner_is_refused(name, argument):
    with pytest.raises(ValueError, match="has .*, expected|and x 24 rows"):
        FUNCTIONS[name](**{**GOOD[name], argument: GOOD[name][argument][1:]})


NUMBERS = [(name, argument) for name, arguments in GOOD.items()
           for argument, given in arguments.items() if isinstance(given, (int, float))]
NUMBERS += [("attractors.patterns", "tolerance"), ("attractors.turning_rate", "tolerance"),
            ("machines.support_vectors", "bound"), ("least_norm.least_l1", "tolerance"),
            ("machines.support_vectors", "tolerance"), ("dynamics.velocity_field", "scale"),
            ("pca.eigenspaces", "tolerance"), ("merging.merge_parallel", "tolerance"),
            ("teacher_student.core_size", "threshold"),
            ("activity.components_for", "share"), ("compression.escape_time", "share"),
            ("Neurons", "gain"), ("dimension.two_nn_fit", "keep"),
            ("infinite_width.relu_tangent_kernel", "scale"),
            ("learning_curves.exponent_interval", "level"),
            ("learning_curves.kernel_exponent", "xi"), ("regimes.scale_and_time", "gain"),
            ("motion.move", "time")]


@pytest.mark.parametrize("name, argument", NUMBERS)
def test_a_number_that_is_nan_slips_through_no_comparison(name, argument):
    with pytest.raises((TypeError, ValueError, IndexError)):
        FUNCTIONS[name](**{**GOOD[name], argument: np.nan})


def test_blocks_and_sizes_may_be_given_one_by_one():
    blocks = [np.ones((2, 3)), np.ones((4, 2))]
    for function in (eigensystem.eigenvectors, eigensystem.inverse_eigenvectors):
        assert np.array_equal(function(iter(blocks)), function(blocks))
    matrix = eigensystem.adjacency(iter(blocks), LAMBDA)
    assert np.array_equal(matrix, eigensystem.adjacency(blocks, LAMBDA))
    assert eigensystem.block(matrix, iter((3, 2, 4)), 1, 0).shape == (2, 3)
    (first, second), eigenvalues = eigensystem.decompose(matrix, iter((3, 2, 4)))
    assert np.allclose(first, 1) and np.allclose(second, 1) and np.array_equal(eigenvalues, LAMBDA)
    scores = MU[:4], MU[4:]
    masks = [pruning.percentile_masks(given, 30) for given in (scores, iter(scores))]
    assert all(map(np.array_equal, *masks))


def test_a_metric_that_is_nan_prunes_nothing():
    with pytest.raises(ValueError, match="metric.params. is nan, expected a number"):
        pruning.prune_until(NET, PARAMS, lambda params: np.nan, 0.1)


# Parameters are arrays in memory, as layers take them.
@pytest.mark.parametrize("name, argument", [
    (name, argument) for name, argument in ARRAYS
    if not (argument in ("params", "start") and isinstance(GOOD[name][argument], (dict, tuple)))])
def test_an_array_mapped_from_a_file_is_as_good_as_another(name, argument, tmp_path):
    given = GOOD[name][argument]

    def mapped(array):
        np.save(tmp_path / "array.npy", array)
        return np.load(tmp_path / "array.npy", mmap_mode="r")

    if "rng" in GOOD[name] or name in OTHERS or name.startswith(("activity.rep", "teach")):
        FUNCTIONS[name](**{**GOOD[name], argument: changed(mapped, given)})
        return
    want = FUNCTIONS[name](**GOOD[name])
    got = FUNCTIONS[name](**{**GOOD[name], argument: changed(mapped, given)})
    if isinstance(want, np.ndarray):
        assert type(got) is np.ndarray or name == A_VIEW
        assert np.allclose(got, want, rtol=1e-12, atol=0)
