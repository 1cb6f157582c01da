"""scripts/experiments/learning_curves: data, stopping, machines, verdicts that can fail."""
import numpy as np
import pytest
from experiments.learning_curves import parts
from experiments.learning_curves.claims import (METHODS, between_exponent, checks, claims, theory)
from lab.table import NOT, NOT_COMPARABLE, PARTLY, REPRODUCED
from tiny import failed, judged

from npspectral import data
from npspectral.analysis.kernels.infinite_width import relu_tangent_kernel
from npspectral.analysis.kernels.learning_curves import feature_exponent, kernel_exponent
from npspectral.analysis.kernels.machines import support_vectors
from npspectral.analysis.kernels.tangent import tangent_kernel
from npspectral.nn import OneHidden

P = np.array([128, 256, 512, 1024])
DIMENSIONS = 3, 5, 10


@pytest.fixture(autouse=True)
def few_test_points(monkeypatch):
    monkeypatch.setattr(parts, "N_TEST", 300)
    monkeypatch.setattr(parts, "N_FIELD", 500)


def two_seeds(arrays):
    return {name: np.stack([0.9 * array, 1.1 * array]) for name, array in arrays.items()}


def network(d, n_parallel):
    """The curves of a task as theory has them."""
    lazy, feature = 0.5 * P ** -kernel_exponent(d), 0.5 * P ** -feature_exponent(d, n_parallel)
    curves = [feature, lazy, 1.1 * feature, lazy, 1.1 * lazy, 2 * lazy]
    return {"p": P, "d": d, "n_parallel": n_parallel, **two_seeds({
        "errors": np.stack(curves, 1), "left": np.full((4, 4), 0.04),
        "amplification": np.stack([0.9 * P ** 0.5, np.ones(4)], 1)})}


def as_in_theory():
    """A result that has every exponent of theory, two seeds."""
    images = network(784, 784)
    images["errors"][:, :, 0] = 1.1 * images["errors"][:, :, 1]
    del images["amplification"]
    kernels = {f"supports, {name}, {d}": two_seeds({
        "svc_error": P ** -kernel_exponent(d), "number": 0.1 * P, "between": P ** (-1 / d),
        "to_interface": P ** -kernel_exponent(d)})
        for name, d in (*(("stripe", d) for d in DIMENSIONS), ("sphere", 5))}
    kernels |= {f"regression, {n} of {d}": two_seeds({"square": P ** (-1 / d)})
                for d in DIMENSIONS for n in (1, d)}
    for name, part in kernels.items():
        part |= {"p": P, "d": int(name.split()[-1])}
    return {"stripe": network(5, 1), "cylinder": network(3, 2), "mnist": images, **kernels}


@pytest.fixture
def narrow(monkeypatch):
    """Intervals, which take time, are 0.01 to both sides."""
    monkeypatch.setattr("lab.statistics.bootstrap", lambda statistic, *arrays: (
        statistic(*arrays) - 0.01, statistic(*arrays) + 0.01))


def verdicts(result):
    return judged(claims(result))


def test_claims_are_reproduced_on_what_theory_says(narrow):
    said = verdicts(as_in_theory())
    assert said.pop("Exponents on MNIST") == NOT_COMPARABLE
    assert set(said.values()) == {REPRODUCED} and len(said) == 13
    assert failed(checks(as_in_theory())) == []


@pytest.mark.parametrize("part, method, factor, changed", [
    ("stripe", "feature", P ** 0.2, {"Feature exponent, planes": NOT,
                                     "Final kernel as good as the network": PARTLY}),
    ("cylinder", "feature", P ** 0.04, {"Feature exponent, curved": NOT}),
    ("cylinder", "feature", P ** 0.02, {"Feature exponent, curved": PARTLY}),
    ("cylinder", "feature", P ** -0.005, {}),
    ("stripe", "lazy", P ** -0.2, {"Lazy exponent": PARTLY}),
    ("cylinder", "lazy", [1, 1, 1, 0.1], {"Lazy exponent": PARTLY,
                                          "Compression improves the curves": PARTLY}),
    ("stripe", "final kernel", [1, 1, 1, 1.2], {"Final kernel as good as the network": PARTLY}),
    ("stripe", "final kernel", 0.6, {"Final kernel as good as the network": PARTLY}),
    ("cylinder", "initial kernel", 0.1, {"Compression helps the kernel": PARTLY}),
    ("mnist", "feature", [1, 1, 0.9, 1], {"Dense networks are better lazy": PARTLY})])
def test_networks_that_differ_from_theory(narrow, part, method, factor, changed):
    result = as_in_theory()
    result[part]["errors"][:, :, METHODS.index(method)] *= factor
    assert differing(result) == changed


@pytest.mark.parametrize("part, name, exponent, changed", [
    ("supports, stripe, 10", "svc_error", 0.2, {"Kernel exponent, stripe": PARTLY}),
    ("supports, stripe, 10", "svc_error", -0.25, {"Kernel exponent, stripe": PARTLY,
                                                  "Supports suffer, performance does not": PARTLY}),
    ("supports, sphere, 5", "svc_error", -0.2, {"Kernel exponent, sphere": NOT}),
    ("supports, stripe, 3", "between", -0.06, {"Distance of supports": PARTLY}),
    ("supports, stripe, 10", "between", 0.1, {"Distance of supports": PARTLY,
                                              "Supports suffer, performance does not": PARTLY}),
    ("regression, 1 of 5", "square", 0.06, {"Regression exponent": PARTLY}),
    ("regression, 10 of 10", "square", 0.1, {"Regression exponent": PARTLY,
                                             "Only in classification": PARTLY})])
def test_kernels_that_differ_from_theory(narrow, part, name, exponent, changed):
    result = as_in_theory()
    result[part][name] *= P ** -float(exponent)
    assert differing(result) == changed


def differing(result):
    before = verdicts(as_in_theory())
    return {name: verdict for name, verdict in verdicts(result).items() if verdict != before[name]}


def test_amplification_is_checked_by_its_exponent(narrow):
    result = as_in_theory()
    result["stripe"]["amplification"][:, :, 0] *= (P ** 0.3)
    assert failed(checks(result)) == [("stripe", "exponent of lambda* against p")]


def test_theory_of_every_task():
    def expected(name, d, n_parallel, *methods):
        return {theory(name, {"d": d, "n_parallel": n_parallel}, method) for method in methods}
    assert expected("stripe", 5, 1, "feature", "final kernel") == {9 / 13}
    assert expected("cylinder", 3, 2, "feature") == {0.5}
    assert expected("stripe", 5, 1, "lazy", "initial kernel", "SVC, initial kernel") == {5 / 13}
    assert expected("mnist", 784, 784, "lazy") == {None} == expected("stripe", 5, 1, "5-NN")
    assert [between_exponent(d) for d in (3, 5)] == pytest.approx([2 / 7, 2 / 13], rel=1e-15)


def test_small_training_sets_are_the_beginning_of_large_ones():
    few, many = (parts.draw("stripe", 5, np.random.default_rng(1), p) for p in (10, 40))
    np.testing.assert_array_equal(few[0][0], many[0][0][:10])
    np.testing.assert_array_equal(few[1][0], many[1][0])
    assert len(many[0][1]) == 40 and len(many[1][0]) == 300
    assert not np.isin(many[0][0], many[1][0]).any()


def test_training_stops_and_tells_when_points_left_the_margin():
    rng = np.random.default_rng(0)
    network, task = OneHidden(5, 50), parts.TASKS["stripe"]
    start, ((x, target), _) = network.init(rng), parts.draw("stripe", 5, rng, 20)
    escaped, last = parts.train(task, network, start, x, target, 1e6, 5000, "")
    assert last.satisfied(target) == task.fraction == 0.95 and last.step < 5000
    assert 0.1 < escaped.satisfied(target) < 0.3 and 0 < escaped.time < last.time
    none, early = parts.train(task, network, start, x, target, 1e6, 3, "")
    assert early.step == none.step == 3


@pytest.fixture
def start():
    """A network's kernels at the start, the targets, and its own lazy training."""
    rng = np.random.default_rng(0)
    network = OneHidden(5, 200)
    params, (train_set, test_set) = network.init(rng), parts.draw("stripe", 5, rng, 40)
    return network, params, train_set, test_set, parts.kernels(network, params, train_set[0],
                                                               test_set[0])


def test_kernels_have_mean_diagonal_1(start):
    network, params, (x, _), (x_test, _), (gram, cross) = start
    scale = np.diag(tangent_kernel(network, params, x)).mean()
    assert abs(np.diag(gram).mean() - 1) < 1e-14
    np.testing.assert_allclose(scale * cross, tangent_kernel(network, params, x_test, x), 1e-14)


def test_the_machine_is_the_hard_margin_where_there_is_one(start):
    _, _, (_, target), (_, y_test), (gram, cross) = start
    hard = support_vectors(gram, target[:, 0], intercept=False)
    outputs = hard.decide(cross)
    assert parts.machine(gram, cross, target, y_test) == np.mean(outputs * y_test[:, 0] <= 0)


def test_the_flow_of_the_frozen_kernel_is_lazy_training_and_stops_like_it(start):
    network, params, (x, target), (x_test, y_test), (gram, cross) = start
    task = parts.TASKS["stripe"]
    _, end = parts.train(task, network, params, x, target, 1e6, 5000, "")
    moved = network.forward(end.params, x_test)[0] - network.forward(params, x_test)[0]
    error, left = parts.dynamics(task, gram, cross, target, y_test)
    assert abs(error - np.mean(moved * y_test <= 0)) <= 0.02 < error
    assert left == 1 - end.satisfied(target) and end.satisfied(target) == task.fraction


def test_supports_are_compared_with_each_other_and_with_the_interface():
    arrays = parts.supports("stripe", 3, (8, 60), 4)
    rng = np.random.default_rng(4)
    data.stripe(rng, 300, 3)
    x, y = data.stripe(rng, 60, 3)
    near = x[support_vectors(relu_tangent_kernel(x), y[:, 0], intercept=False).support]
    apart = np.linalg.norm(near[:, None] - near, axis=-1) + np.diag(np.full(len(near), np.inf))
    assert arrays["number"][1] == len(near) < 60 and arrays["number"][0] <= 8
    assert arrays["between"][1] == pytest.approx(apart.min(1).mean(), rel=1e-12)
    low, high = np.abs(near[:, :1] - data.binary.STRIPE).T
    assert arrays["to_interface"][1] == pytest.approx(np.minimum(low, high).mean(), rel=1e-12)


def test_a_field_has_its_covariance():
    x = np.array([[0.0], [0.5], [3.0]])
    fields = np.array([parts.field(np.random.default_rng(seed), x) for seed in range(4000)])
    np.testing.assert_allclose(fields.T @ fields / 4000, np.exp(-np.abs(x - x.T)), atol=0.08)


def test_regression_is_easier_with_more_points_and_fewer_coordinates():
    square = [parts.regress(d, n_parallel, (10, 640), 0)["square"]
              for d, n_parallel in ((1, 1), (8, 1), (8, 8))]
    assert (np.diff(square, axis=1) < 0).all() and (np.diff(square, axis=0) > 0).all()
