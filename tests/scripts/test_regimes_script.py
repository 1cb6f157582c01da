"""The script regimes.py at toy size: its approximations by hand, its verdicts, its figures."""
from dataclasses import replace

import numpy as np
import pytest
from conftest import assert_near

from npspectral import soft_hinge
from npspectral.analysis.kernels.tangent import tangent_kernel
from npspectral.nn import OneHidden

LOG_ALPHA = np.array([-6, -4, -2, 0, 1, 2, 4, 6.0])


@pytest.fixture
def script(named_version):
    """The script as a module; its siblings lie beside it."""
    import regimes
    return regimes


@pytest.fixture
def runs(script):
    import regimes_runs
    return regimes_runs


@pytest.fixture
def judge(script):
    import regimes_verdicts
    return regimes_verdicts


def toy(script):
    return script.Setting(1, {"stripe": 12, "mnist": 10}, {"stripe": (10, 20), "mnist": (10,)},
                          (-3, 0, 2, 5), (2, 3), (300, 600), 3, 300, 400)


# What is measured

def test_softplus_gain_makes_the_mean_square_1(runs):
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)
    y, _ = runs.SOFTPLUS.forward({}, nodes[:, None])
    square = weights @ (runs.SOFTPLUS_GAIN * y[:, 0]) ** 2 / weights.sum()
    assert abs(square - 1) < 1e-7                                   # the gain has eight digits


def test_same_steps_is_euler_for_the_outputs(runs, rng):
    x, y = runs.data.stripe(rng, 8, 3)
    network = OneHidden(3, 10)
    kernel, times = tangent_kernel(network, network.init(rng), x), (0.5, 0.7, 2.0)
    outputs = np.zeros((8, 1))
    for step in (0.5, 0.7 - 0.5, 2.0 - 0.7):
        outputs = outputs - step * 7.0 * kernel @ soft_hinge(outputs, y)[1]
    assert_near(7.0 * kernel @ runs.same_steps(kernel, y, 7.0, times), outputs, 256)


def test_until_ends_at_the_moment_and_knows_its_steps(runs, rng):
    x, y = runs.data.stripe(rng, 8, 3)
    network = OneHidden(3, 10)
    params = network.init(rng)
    end, times = runs.until(network, params, x, y, 10.0, 4.3)
    assert times[-1] == 4.3 and (np.diff((0.0, *times)) > 0).all() and len(times) > 2
    assert (end["omega"] != params["omega"]).any()


@pytest.mark.parametrize("activation", ["softplus", "relu"])
def test_both_approximations_become_exact(script, runs, activation):
    setting = replace(toy(script), approach=(3, 7))
    own = runs.approach(activation, 10, 0, setting)
    for name in ("linear", "frozen"):
        assert own[name][0] > 30 * own[name][1] > 0
    if activation == "softplus":
        assert 0.9e-4 < own["linear"][1] / own["linear"][0] < 1.1e-4


def test_lazy_end_of_the_sweep_is_the_frozen_kernel(script, runs):
    setting = replace(toy(script), exponents=(0, 6), max_steps=3000)
    own = runs.sweep("stripe", 20, 0, setting)
    assert own["left"].tolist() == [0, 0]
    assert abs(own["error"][1] - own["frozen_error"]) < 0.02 < abs(own["error"][0]
                                                                   - own["frozen_error"])
    assert own["parameters"][1] < 1e-4 < 0.3 < own["parameters"][0]
    assert own["kernel"][1] < 0.2 < 1 < own["kernel"][0]


def test_images_are_whitened_and_seeds_have_rows_of_their_own(runs, monkeypatch, rng):
    x, labels = rng.random((200, 30)), np.arange(200) % 10
    monkeypatch.setattr(runs, "images", lambda *_: ((x, labels), (x[:50], labels[:50])))
    runs.mnist_parity.cache_clear()
    every, y, _, _ = runs.mnist_parity()
    runs.mnist_parity.cache_clear()
    assert_near(every.T @ every / 200, np.eye(10), 1 << 12)
    first, second = (runs.draw("mnist", seed, 20, 10) for seed in (0, 1))
    runs.mnist_parity.cache_clear()
    assert (first[0] == every[:20]).all() and (second[0] == every[20:40]).all()
    assert first[1].sum() == 0 and first[2].shape == (10, 10)
    assert not any(array.flags.writeable for array in (*first, *second))    # all runs share them


# Verdicts

def made(law=0.5, star=3.0, error_star=3.0):
    """A sweep that obeys the laws, with its cross-overs where they are asked for."""
    alpha = 10.0 ** LOG_ALPHA
    kernel = star / alpha
    parameters = np.where(alpha < 10, (10 / alpha) ** law, 10 / alpha)
    error = np.exp(np.interp(LOG_ALPHA, np.log10(error_star) + np.array([-1, 1]),
                             np.log([0.05, 0.1])))
    own = {"error": error, "parameters": parameters, "kernel": kernel,
           "left": np.zeros(8), "steps": np.full(8, 100)}
    return {**{name: values[None] for name, values in own.items()}, "frozen_error": np.array([0.1])}


def made_result(**laws):
    falls = 10.0 ** -np.arange(2, 5.0)[None]
    members = np.random.default_rng(0).standard_normal((2, 40, 2000))
    size = np.array([0.1, 0.1 * 2 ** -0.5])[:, None, None]
    return {"stripe 10": made(**laws), "stripe 20": made(**laws),
            "softplus": {"linear": falls, "frozen": falls},
            "relu": {"linear": falls ** 0.5, "frozen": falls ** 0.6},
            "scatter": {"outputs": 1 + size * members}}


def verdict(script, judge, result, part, quantity):
    setting = replace(toy(script), exponents=tuple(LOG_ALPHA), approach=(2, 3, 4))
    row, = (row for row in judge.verdicts(result, setting)
            if row.part == part and row.quantity == quantity)
    return row.verdict.split()[0]


def test_crossing_lies_on_the_line_between_alphas(judge):
    log_alpha = np.array([0.0, 1, 3])
    assert judge.crossing(log_alpha, np.array([2.0, 1, -1]), 0.0) == 2
    assert judge.crossing(log_alpha, np.array([-1.0, 3, 5]), 0.0) == 0.25
    assert np.isnan(judge.crossing(log_alpha, np.array([2.0, 1, 3]), 0.0))


def test_made_up_laws_pass(script, judge):
    result = made_result()
    setting = replace(toy(script), exponents=tuple(LOG_ALPHA), approach=(2, 3, 4))
    judged = [row.verdict for row in judge.verdicts(result, setting) if row.verdict]
    assert len(judged) == 2 * 6 + 2 + 4 + 1
    assert [line for line in judged if line.startswith("FAIL")] == []


def test_another_law_fails(script, judge):
    def failed(result, part, quantity):
        return verdict(script, judge, result, part, quantity) == "FAIL"

    assert failed(made_result(law=0.3), "stripe 10", "slope of |theta - theta_0|, feature")
    assert failed(made_result(star=1e3), "stripe 10", "alpha*, |K - K_0| = |K_0|")
    result = made_result()
    result["stripe 20"] = made(star=3 / 2, error_star=3 / 2)    # alpha* ~ 1/h: -1.5 in the article
    assert failed(result, "stripe", "exponent of alpha*(h), article, by kernel")
    assert failed(result, "stripe", "exponent of alpha*(h), article, by error")
    result["softplus"]["linear"] = result["softplus"]["linear"] ** 0.5
    assert failed(result, "softplus", "slope of the distance to the linearization")
    result["scatter"]["outputs"] = result["scatter"]["outputs"][::-1]
    assert failed(result, "scatter", "exponent of the spread of F against h, lazy")
    result["stripe 10"]["error"] = result["stripe 10"]["error"][:, ::-1]
    assert failed(result, "stripe 10", "test error, feature / lazy")


def test_spread_is_the_standard_deviation_over_the_rms_of_the_mean(judge):
    assert judge.spread(np.array([[3.0, -3], [5, -5]])) == 2 ** 0.5 / 4


# The whole

def test_command_line_saves_arrays_figures_and_prints_the_table(script, runs, monkeypatch,
                                                                tmp_path, capsys):
    monkeypatch.setitem(script.SETTINGS, "quick", toy(script))
    monkeypatch.setenv("NPSPECTRAL_DATA", str(tmp_path))            # no images are here
    script.main(["--quick", "--out", str(tmp_path)])
    with np.load(tmp_path / "regimes.npz") as saved:
        assert saved["stripe 20 error"].shape == (1, 4)
        assert saved["scatter outputs"].shape == (2, 3, 1000)
        assert saved["course 4 outputs"].shape == (300, 3)
    for name in ("alpha_stripe", "approach", "courses", "outputs", "scatter"):
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000
    assert "exponent of alpha*(h)" in capsys.readouterr().out
    monkeypatch.setattr(runs, "draw", None)                         # nothing is run again
    script.run(["stripe"], toy(script), tmp_path / "runs.jsonl")
