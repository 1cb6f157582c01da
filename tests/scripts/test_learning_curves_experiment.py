"""scripts/experiments/learning_curves: data, stopping, machines, verdicts that can fail."""
import numpy as np
import pytest
from experiments.learning_curves import parts
from experiments.learning_curves.claims import TRAINED, checks, theory
from tiny import failed

from npspectral.analysis.kernels.learning_curves import feature_exponent, kernel_exponent
from npspectral.analysis.kernels.machines import support_vectors
from npspectral.analysis.kernels.tangent import tangent_kernel
from npspectral.nn import OneHidden

P = np.array([128, 256, 512, 1024])


@pytest.fixture(autouse=True)
def few_test_points(monkeypatch):
    monkeypatch.setattr(parts, "N_TEST", 300)


def as_in_theory():
    """A result for the stripe that has every exponent of theory, two seeds."""
    lazy, feature = 0.5 * P ** -kernel_exponent(5), 0.5 * P ** -feature_exponent(5)
    curves = [feature, lazy, 1.1 * lazy, 1.1 * feature, 2 * lazy]
    distances = np.stack([P ** -0.2, P ** -0.2 / 5], 1)
    amplification = np.stack([0.9 * P ** 0.5, np.ones(4)], 1)
    arrays = {"errors": np.stack(curves, 1), "distances": distances,
              "amplification": amplification, "left": np.zeros((4, 2))}
    return {"stripe": {"p": P, "d": 5, "n_parallel": 1, **{
        name: np.stack([0.9 * array, 1.1 * array]) for name, array in arrays.items()}}}


def failing(result):
    return [quantity for _, quantity in failed(checks(result))]


def test_verdicts_pass_on_what_theory_says():
    assert failing(as_in_theory()) == []


@pytest.mark.parametrize("column, factor, quantity", [
    (0, 100.0, "feature / lazy"), (1, P ** 0.2, "exponent, lazy"), (0, P ** 0.2, "exponent, feat"),
    (3, 1.2, "SVC, final kernel / feature, each p"), (4, 0.4, "lazy / 5-NN"),
    (3, 0.6, "SVC, final kernel / feature, each p"),
    (2, [2, 1, 1, 1], "SVC, initial kernel / 5-NN")])
def test_verdicts_fail_on_what_it_does_not(column, factor, quantity):
    result = as_in_theory()
    result["stripe"]["errors"][:, :, column] *= factor
    assert any(line.startswith(quantity) for line in failing(result))


def test_amplification_is_judged_by_its_exponent():
    result = as_in_theory()
    result["stripe"]["amplification"][:, :, 0] *= P ** 0.3
    assert failing(result) == ["exponent of lambda* against p"]


def test_theory_of_every_task():
    def expected(name, d, n_parallel, *methods):
        return {theory(name, {"d": d, "n_parallel": n_parallel}, method) for method in methods}
    assert expected("stripe", 5, 1, *TRAINED) == {9 / 13}
    assert expected("cylinder", 3, 2, "feature") == {0.5}
    assert expected("sphere", 5, 5, "feature", "lazy") == {5 / 13}
    assert expected("mnist", 784, 784, "lazy") == {1 / 3}
    assert expected("stripe", 5, 1, "5-NN") == {None}


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


def test_the_machine_is_the_hard_margin_where_there_is_one():
    rng = np.random.default_rng(0)
    network = OneHidden(5, 200)
    params, (train_set, test_set) = network.init(rng), parts.draw("stripe", 5, rng, 40)
    error, support = parts.machine(network, params, train_set, test_set)
    (x, target), (x_test, y_test) = train_set, test_set
    hard = support_vectors(tangent_kernel(network, params, x), target[:, 0], intercept=False)
    outputs = hard.decide(tangent_kernel(network, params, x_test, x))
    assert error == np.mean(outputs * y_test[:, 0] <= 0)
    np.testing.assert_array_equal(support, hard.support)
