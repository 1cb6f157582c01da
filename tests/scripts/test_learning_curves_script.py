"""The script learning_curves.py at toy size: data, stopping, machines, verdicts, figures."""
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from conftest import same_bits

from npspectral.analysis.kernels.machines import support_vectors
from npspectral.analysis.kernels.learning_curves import feature_exponent, kernel_exponent
from npspectral.analysis.kernels.tangent import tangent_kernel
from npspectral.nn import OneHidden

P = np.array([128, 256, 512, 1024])


@pytest.fixture
def script(monkeypatch, named_version):
    import learning_curves
    import learning_curves_runs
    monkeypatch.setattr(learning_curves_runs, "N_TEST", 300)
    return learning_curves


@pytest.fixture
def runs(script):
    import learning_curves_runs
    return learning_curves_runs


@pytest.fixture
def judge(script):
    import learning_curves_verdicts
    return learning_curves_verdicts


def as_in_theory():
    """A result for the stripe that has every exponent of theory, two seeds."""
    lazy, feature = 0.5 * P ** -kernel_exponent(5), 0.5 * P ** -feature_exponent(5)
    curves = [feature, lazy, 1.1 * lazy, 1.1 * feature, 2 * lazy]
    distances = np.stack([P ** -0.2, P ** -0.2 / 5], 1)
    amplification = np.stack([0.9 * P ** 0.5, np.ones(4)], 1)
    own = {"errors": np.stack(curves, 1), "distances": distances, "amplification": amplification,
           "left": np.zeros((4, 2))}
    return {"stripe": {"p": P, **{name: np.stack([0.9 * array, 1.1 * array])
                                  for name, array in own.items()}}}


def failed(judge, result):
    return [row.quantity for row in judge.verdicts(result) if row.verdict.startswith("FAIL")]


def test_verdicts_pass_on_what_theory_says(judge):
    assert failed(judge, as_in_theory()) == []


@pytest.mark.parametrize("column, factor, quantity", [
    (0, 100.0, "feature / lazy"), (1, P ** 0.2, "exponent, lazy"), (0, P ** 0.2, "exponent, feat"),
    (3, 1.2, "SVC, final kernel / feature, each p"), (4, 0.4, "lazy / 5-NN"),
    (3, 0.6, "SVC, final kernel / feature, each p"),
    (2, [2, 1, 1, 1], "SVC, initial kernel / 5-NN")])
def test_verdicts_fail_on_what_it_does_not(judge, column, factor, quantity):
    result = as_in_theory()
    result["stripe"]["errors"][:, :, column] *= factor
    assert any(line.startswith(quantity) for line in failed(judge, result))


def test_amplification_is_judged_by_its_exponent(judge):
    result = as_in_theory()
    result["stripe"]["amplification"][:, :, 0] *= P ** 0.3
    assert failed(judge, result) == ["exponent of lambda* against p"]


def test_theory_of_every_task(judge):
    assert {judge.theory("stripe", name) for name in judge.TRAINED} == {9 / 13}
    assert judge.theory("cylinder", "feature") == 0.5
    assert judge.theory("sphere", "feature") == judge.theory("sphere", "lazy") == 5 / 13
    assert judge.theory("mnist", "lazy") == 1 / 3 and judge.theory("stripe", "5-NN") is None


def test_small_training_sets_are_the_beginning_of_large_ones(runs):
    few, many = (runs.draw("stripe", np.random.default_rng(1), p) for p in (10, 40))
    np.testing.assert_array_equal(few[0][0], many[0][0][:10])
    np.testing.assert_array_equal(few[1][0], many[1][0])
    assert len(many[0][1]) == 40 and len(many[1][0]) == 300
    assert not np.isin(many[0][0], many[1][0]).any()


def test_training_stops_and_tells_when_points_left_the_margin(runs):
    rng = np.random.default_rng(0)
    network, task = OneHidden(5, 50), runs.TASKS["stripe"]
    start, ((x, target), _) = network.init(rng), runs.draw("stripe", rng, 20)
    last, escaped = runs.train(task, network, start, x, target, 1e6, 5000, "")
    assert last.satisfied(target) == task.fraction == 0.95 and last.step < 5000
    assert 0.1 < escaped.satisfied(target) < 0.3 and 0 < escaped.time < last.time
    early, none = runs.train(task, network, start, x, target, 1e6, 3, "")
    assert early.step == none.step == 3


def test_the_machine_is_the_hard_margin_where_there_is_one(runs):
    rng = np.random.default_rng(0)
    network = OneHidden(5, 200)
    params, (train_set, test_set) = network.init(rng), runs.draw("stripe", rng, 40)
    error, support = runs.machine(network, params, train_set, test_set)
    (x, target), (x_test, y_test) = train_set, test_set
    hard = support_vectors(tangent_kernel(network, params, x), target[:, 0], intercept=False)
    outputs = hard.decide(tangent_kernel(network, params, x_test, x))
    assert error == np.mean(outputs * y_test[:, 0] <= 0)
    np.testing.assert_array_equal(support, hard.support)


def test_workers_give_the_arrays_of_one_process(script, tmp_path):
    small = replace(script.SETTINGS["quick"], stripe=(8, 16), width=20, max_steps=(60, 0))
    alone = script.run(small, ["stripe"], tmp_path / "alone.jsonl")
    with ThreadPoolExecutor(2) as executor:
        shared = script.run(small, ["stripe"], tmp_path / "shared.jsonl", executor=executor)
    assert same_bits(alone, shared) and alone["stripe"]["errors"].shape == (small.seeds, 2, 5)


def test_a_whole_run_and_its_figures(script, runs, tmp_path, capsys, monkeypatch):
    small = replace(script.SETTINGS["quick"], stripe=(8, 16), others=(8, 16), width=20,
                    max_steps=(60, 0), image_widths=(5,))
    monkeypatch.setitem(script.SETTINGS, "quick", small)
    x, labels = np.random.default_rng(0).random((60, 784)), np.arange(60) % 10
    monkeypatch.setattr(script, "available", lambda names, download: names)
    monkeypatch.setattr(runs, "images", lambda *_: ((x, labels), (x[:30] + 0.1, labels[:30])))
    script.main(["--quick", "--seeds", "2", "--out", str(tmp_path)])
    assert {path.name for path in tmp_path.iterdir()} == {
        "runs.jsonl", "learning_curves.npz", "errors.png", "compression.png", "verdicts.json"}
    assert len((tmp_path / "runs.jsonl").read_text().splitlines()) == 1 + 5 * 2 * 2
    with np.load(tmp_path / "learning_curves.npz") as arrays:
        assert arrays["stripe errors"].shape == (2, 2, 5)
        assert arrays["cylinder amplification"].shape == (2, 2, 2)
        assert "sphere amplification" not in arrays and "mnist distances" not in arrays
    said = capsys.readouterr().out
    assert "exponent of lambda* against p" in said and "1e-06" in said
