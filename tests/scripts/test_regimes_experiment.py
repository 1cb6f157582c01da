"""scripts/experiments/regimes and its tasks: approximations by hand, verdicts that can fail."""
from dataclasses import dataclass

import numpy as np
import pytest
from conftest import assert_near
from experiments.regimes import parts
from experiments.regimes.claims import checks, claims, spread
from lab import tasks
from lab.table import NOT, PARTLY, REPRODUCED
from tiny import failed, judged

from npspectral import data, soft_hinge
from npspectral.analysis.kernels.tangent import tangent_kernel
from npspectral.nn import OneHidden

LOG_ALPHA = np.array([-6, -4, -2, 0, 1, 2, 4, 6.0])


@pytest.fixture
def no_intervals(monkeypatch):
    """Verdicts do not look at intervals, which take time."""
    monkeypatch.setattr("lab.statistics.bootstrap", lambda *_, **options: None)


def test_softplus_gain_makes_the_mean_square_1():
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)
    y, _ = parts.SOFTPLUS.forward({}, nodes[:, None])
    square = weights @ (parts.SOFTPLUS_GAIN * y[:, 0]) ** 2 / weights.sum()
    assert abs(square - 1) < 1e-7                                   # the gain has eight digits


def test_same_steps_is_euler_for_the_outputs(rng):
    x, y = data.stripe(rng, 8, 3)
    network = OneHidden(3, 10)
    kernel, times = tangent_kernel(network, network.init(rng), x), (0.5, 0.7, 2.0)
    outputs = np.zeros((8, 1))
    for step in (0.5, 0.7 - 0.5, 2.0 - 0.7):
        outputs = outputs - step * 7.0 * kernel @ soft_hinge(outputs, y)[1]
    assert_near(7.0 * kernel @ parts.same_steps(kernel, y, 7.0, times), outputs, 256)


def test_until_ends_at_the_moment_and_knows_its_steps(rng):
    x, y = data.stripe(rng, 8, 3)
    network = OneHidden(3, 10)
    params = network.init(rng)
    end, times = parts.until(network, params, x, y, 10.0, 4.3)
    assert times[-1] == 4.3 and (np.diff((0.0, *times)) > 0).all() and len(times) > 2
    assert (end["omega"] != params["omega"]).any()


@pytest.mark.parametrize("activation", ["softplus", "relu"])
def test_both_approximations_become_exact(activation):
    arrays = parts.approach(activation, 10, (3, 7), (5, 12, 300, 400), 0)
    for name in ("linear", "frozen"):
        assert arrays[name][0] > 30 * arrays[name][1] > 0
    if activation == "softplus":
        assert 0.9e-4 < arrays["linear"][1] / arrays["linear"][0] < 1.1e-4


def test_lazy_end_of_the_sweep_is_the_frozen_kernel():
    arrays = parts.sweep("stripe", 20, (0, 6), (5, 12, 300, 3000), 0)
    assert arrays["left"].tolist() == [0, 0]
    assert abs(arrays["error"][1] - arrays["frozen_error"]) < 0.02 < abs(
        arrays["error"][0] - arrays["frozen_error"])
    assert arrays["parameters"][1] < 1e-4 < 0.3 < arrays["parameters"][0]
    assert arrays["kernel"][1] < 0.2 < 1 < arrays["kernel"][0]


def test_images_are_whitened_and_seeds_have_rows_of_their_own(monkeypatch, rng):
    x, labels = rng.random((200, 30)), np.arange(200) % 10
    monkeypatch.setattr(tasks, "images", lambda *_: ((x, labels), (x[:50], labels[:50])))
    tasks.components.cache_clear()
    (every, _), _ = tasks.components("mnist", 10)
    assert_near(every.T @ every / 200, np.eye(10), 1 << 12)
    (first, test_set), (second, _) = (tasks.draw("mnist", 10, seed, 20, 10) for seed in (0, 1))
    tasks.components.cache_clear()
    assert (first[0] == every[:20]).all() and (second[0] == every[20:40]).all()
    assert first[1].sum() == 0 and test_set[0].shape == (10, 10)
    shared = (*first, *second, *test_set)                                   # by all runs
    assert not any(array.flags.writeable for array in shared)


@dataclass(frozen=True)
class Record:
    """A record of a flow on which this share of the points has y F >= 1."""

    step: int
    share: float
    settled: bool = False

    def satisfied(self, y, margin=1.0):
        return self.share


def flow():
    return (Record(step, share) for step, share in enumerate((0, 0.1, 0.2, 0.5, 1, 1)))


@pytest.mark.parametrize("max_steps, ends", [
    (9, [(2, True), (4, True)]), (3, [(2, True), (3, False)]), (1, [(1, False), (1, False)])])
def test_t_star_is_where_more_than_a_tenth_has_learned(max_steps, ends):
    records = tasks.escaped_and_last(flow(), None, max_steps)
    assert [(record.step, record.settled) for record in records] == ends


@pytest.mark.parametrize("max_steps, steps", [(9, [0, 1, 3, 4]), (2, [0, 1, 2])])
def test_spaced_records_are_few_and_the_last_is_one_of_them(max_steps, steps):
    records = tasks.spaced(flow(), None, max_steps, after=lambda step: 2 * step + 1)
    assert [record.step for record in records] == steps
    assert [record.step for record in tasks.spaced(flow(), None, 9)] == [0, 1, 2, 3, 4]


def test_whole_images_are_not_reduced_and_seeds_have_rows_of_their_own(monkeypatch, rng):
    x, labels = rng.random((200, 30)), np.arange(200) % 10
    monkeypatch.setattr(tasks, "images", lambda *_: ((x, labels), (x[:50], labels[:50])))
    network, _, first, y, x_test, y_test = parts.prepare("mnist, whole", 7, 1, (30, 20, 10, 100))
    (second, _), _ = tasks.draw_whole("mnist", 200, 0, 20, 10)
    assert (network.n_in, first.shape, x_test.shape, y_test.shape) == (30, (20, 30), (10, 30),
                                                                       (10, 1))
    assert_near((first ** 2).sum(1), np.full(20, 30.0), 256)
    assert y.sum() == 0 and not np.isin(first, second).any()
    centered = x - x.mean(0)
    cosines = first @ centered.T / np.outer(30 ** 0.5, np.linalg.norm(centered, axis=1))
    assert_near(cosines.max(1), np.ones(20), 256)


def test_members_of_the_scatter_differ_in_their_start_alone():
    size = (5, 12, 300, 2000)
    lazy, feature = (parts.scatter(20, 3, size, exponent) for exponent in (None, -1))
    for arrays in (lazy, feature):
        assert arrays["functions"].shape == (3, parts.N_SCATTER) and arrays["errors"].min() > 0
        assert 0.01 < spread(arrays["functions"])
    _, _, x, y, x_test, y_test = parts.prepare("stripe", 20, 0, (5, 12, parts.N_SCATTER, 2000))
    network, params, *_ = parts.prepare("stripe", 20, 2, size)
    outputs = parts.trained(network, params, x, y, x_test, 0.1, 2000)
    assert (feature["functions"][2] == outputs[:, 0]).all()
    assert feature["errors"][2] == np.mean(outputs * y_test <= 0)


# Verdicts

def made(law=0.5, star=3.0, error_star=3.0, ends=(0.05, 0.1)):
    """A sweep that obeys the laws, with its cross-overs where they are asked for."""
    alpha = 10.0 ** LOG_ALPHA
    error = np.exp(np.interp(LOG_ALPHA, np.log10(error_star) + np.array([-1, 1]), np.log(ends)))
    arrays = {"error": error, "parameters": np.where(alpha < 10, (10 / alpha) ** law, 10 / alpha),
              "kernel": star / alpha, "left": np.zeros(8)}
    return {**{name: np.stack([values] * 2) for name, values in arrays.items()},
            "log_alpha": LOG_ALPHA, "frozen_error": np.array([0.1])}


def made_scatter(h=(300, 600), power=-0.5, gain=0.9):
    members = np.random.default_rng(0).standard_normal((2, 40, 500))
    size = 0.1 * (np.array(h) / h[0]) ** power
    errors = np.outer([0.1, 0.1 * gain], np.linspace(0.9, 1.1, 40))
    return {"functions": 1 + size[:, None, None] * members, "errors": errors,
            "widths": np.array(h)}


def made_result(**laws):
    approach = np.array([2.0, 3, 4])
    falls = np.stack([10.0 ** -approach] * 2)
    sweeps = {"stripe 10": made(**laws), "stripe 20": made(**laws), "mnist 10": made(),
              "mnist, whole 10": made(ends=(0.12, 0.1))}
    for name, part in sweeps.items():
        part["h"] = int(name.split()[-1])
    network = np.linspace(-1, 1, 5)
    return {**sweeps, "course -2": {"outputs": np.stack([network, 0.1 * network, network], 1)},
            "softplus": {"linear": falls, "frozen": falls, "log_alpha": approach},
            "relu": {"linear": falls ** 0.55, "frozen": falls ** 0.6, "log_alpha": approach},
            "scatter lazy": made_scatter(), "scatter feature": made_scatter()}


def verdicts(result):
    return judged(claims(result))


def differing(result):
    before = verdicts(made_result())
    return {name: verdict for name, verdict in verdicts(result).items() if verdict != before[name]}


def test_made_up_laws_pass(no_intervals):
    said = verdicts(made_result())
    assert set(said.values()) == {REPRODUCED} and len(said) == 9
    assert len([row for row in checks(made_result()) if row.wanted]) == 4 * 4 + 4
    assert failed(checks(made_result())) == []


def test_another_law_fails(no_intervals):
    assert ("stripe, h = 10", "slope of |theta - theta_0|, feature") in failed(
        checks(made_result(law=0.3)))
    assert ("stripe, h = 10", "alpha*, |K - K_0| = |K_0|") in failed(
        checks(made_result(star=1e3)))
    result = made_result()
    result["softplus"]["linear"] = result["softplus"]["linear"] ** 0.5
    assert failed(checks(result)) == [("softplus", "slope of the distance to the linearization")]


@pytest.mark.parametrize("part, array, change, changed", [
    ("stripe 20", "kernel", lambda kernel: kernel / 2, {"Cross-over": PARTLY}),
    ("stripe 20", "parameters", lambda moved: moved + 0.1, {"Lazy weights stay": PARTLY}),
    ("mnist 10", "kernel", lambda kernel: kernel + 0.1, {"Lazy kernel stays": PARTLY}),
    ("mnist 10", "kernel", lambda kernel: 1e-7 * kernel,
     {"Feature learning moves everything": PARTLY}),
    ("course -2", "outputs", lambda outputs: outputs[:, [0, 0, 0]],
     {"Feature learning moves everything": PARTLY}),
    ("softplus", "frozen", lambda distance: distance + 1,
     {"Lazy training is a kernel method": PARTLY}),
    ("stripe 10", "error", lambda error: error[:, ::-1], {"Cross-over": PARTLY,
                                                          "Each regime has its data": PARTLY}),
    ("mnist, whole 10", "error", lambda error: error[:, ::-1],
     {"Each regime has its data": PARTLY, "Dense networks are better lazy": PARTLY}),
    ("mnist 10", "error", lambda error: error[:, ::-1], {"Dense networks are better lazy": PARTLY}),
    ("scatter lazy", "functions", lambda functions: functions[::-1], {"Fluctuations": PARTLY}),
    ("scatter feature", "errors", lambda errors: errors[::-1], {"Wider is better": PARTLY})])
def test_verdicts_follow_the_arrays(no_intervals, part, array, change, changed):
    result = made_result()
    result[part] = {**result[part], array: change(result[part][array])}
    assert differing(result) == changed


def test_alpha_star_that_falls_with_h_is_another_exponent(no_intervals):
    result = made_result()
    result["stripe 20"] |= made(star=3 / 2, error_star=3 / 2)   # alpha* ~ 1/h: -1.5 in the article
    assert differing(result) == {"Cross-over": NOT}
    result["stripe 20"] |= made(error_star=3 / 2)
    assert differing(result) == {"Cross-over": PARTLY}


def test_without_images_no_claim_is_made_of_them(no_intervals):
    result = {name: part for name, part in made_result().items() if "mnist" not in name}
    assert set(verdicts(made_result())) - set(verdicts(result)) == {
        "Each regime has its data", "Dense networks are better lazy"}


def test_spread_is_the_standard_deviation_over_the_rms_of_the_mean():
    assert spread(np.array([[3.0, -3], [5, -5]])) == 2 ** 0.5 / 4
