"""stripe_compression: t* and lambda by definition, laws that can fail."""
from dataclasses import replace
from math import erf
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import same_bits
from experiments.stripe_compression import parts
from experiments.stripe_compression.claims import checks, claims, fastest_amplification
from experiments.stripe_compression.experiment import SETTINGS, shown
from tiny import failed, judged

from npspectral.analysis.neurons.compression import escape_time, stripe_moments
from npspectral.data.binary import STRIPE
from npspectral.nn import OneHidden


def test_t_star_and_lambda_are_those_of_the_definitions():
    case = parts.Case("cylinder", 4, 40, 32, seed=1)
    found = parts.measure(case)
    records, *_, target = parts.training(case)
    seen = []
    for record in records:
        seen.append(record)
        if record.time > found["escape_time"]:
            break
    times, outputs = (np.array([getattr(record, name) for record in seen])
                      for name in ("time", "outputs"))
    assert found["escape_time"] == escape_time(times, outputs[..., 0], target[:, 0])
    omega = next(record for record in seen if record.time == found["escape_time"]).params["omega"]
    root_mean = np.sqrt((omega ** 2).mean(0))
    by_component = root_mean[:2].mean() / root_mean[2:].mean()
    total = np.sqrt((omega[:, :2] ** 2).sum() / (omega[:, 2:] ** 2).sum())
    assert found["star"] == pytest.approx([by_component, total, total], rel=1e-14)
    assert same_bits(found["end"], found["star"]) and found["start"][0] < 1.5


def test_training_goes_on_after_t_star_only_if_asked():
    case = parts.Case("stripe", 3, 40, 32, seed=0)
    short, long = parts.measure(case), parts.measure(replace(case, max_steps=1200))
    assert same_bits(short["star"], long["star"]) and long["steps"] > short["steps"]
    assert 0 <= long["left"] < 0.9 and not (long["end"] == long["star"]).all()


def test_moments_that_are_shown_come_in_order():
    case = parts.Case("stripe", 3, 40, 48, 0, loss="hinge", max_steps=500)
    own = parts.watch(case)
    assert own["omega"].shape == (4, 40, 3) and own["beta"].shape == (4, 40)
    assert own["moments"][0] == 0 and (np.diff(own["moments"]) >= 0).all()
    assert own["moments"][2] == parts.measure(case)["escape_time"]
    assert own["at_moments"][1, 0] >= parts.TURNED > own["at_moments"][0, 0]
    square = (own["omega"] ** 2).mean(1)
    assert own["at_moments"][:, 1] == pytest.approx(np.sqrt(2 * square[:, 0]
                                                            / square[:, 1:].sum(1)))


def test_f_owes_to_x_perp_what_its_variance_says(rng):
    """f = a x_1 + b x_2 + c: the share of x_2 is b^2 / (a^2 + b^2)."""
    pairs = rng.standard_normal((2, 200_000, 2))
    pairs[1, :, 0] = pairs[0, :, 0]
    for a, b in ((1, 0), (0, 1), (3, 1)):
        share = parts.across((pairs @ np.array([a, b]) + 5)[..., None])
        assert share == pytest.approx(b * b / (a * a + b * b), abs=0.01)
    assert np.isnan(parts.across(np.zeros((2, 5, 1))))


def test_what_f_owes_is_seen_on_pairs_of_points(rng):
    case = parts.Case("cylinder", 4, 40, 32, seed=1)
    network = OneHidden(4, 40)
    start, end = network.init(rng), network.init(rng)
    shares = parts.owed(case, network, SimpleNamespace(params=start))
    assert np.isnan(shares(SimpleNamespace(params=start))[1])
    whole, change = shares(SimpleNamespace(params=end))
    assert 0.1 < whole < 1 and 0.1 < change < 1 and whole != change
    end["omega"][:, 2:] = 0
    whole, change = shares(SimpleNamespace(params=end))
    assert whole < 1e-25 and change > 0.1                   # f_0 still owes


def test_neurons_that_are_active_everywhere_are_weighed(rng):
    network, x = OneHidden(2, 3), rng.standard_normal((20, 2))
    params = {"omega": np.array([[3.0, 4], [0, 0], [1, 0]]), "bias": np.array([0.0, 2, 50]),
              "beta": np.array([2.0, -3, 1])}
    own = parts.everywhere(network, SimpleNamespace(params=params), x)
    weights = np.array([10, 6, np.sqrt(2501)])
    assert own == pytest.approx(weights[1:].sum() / weights.sum())


def test_curves_pass_through_t_star():
    case = parts.Case("stripe", 3, 40, 32, seed=0)
    found = parts.measure(replace(case, max_steps=1200))
    assert found["factor"].shape == (61,) and found["owed"].shape == (61, 2)
    nearest = np.abs(np.log(parts.TIMES)).argmin()
    assert parts.TIMES[nearest] == pytest.approx(1)
    assert found["factor"][nearest] == pytest.approx(found["star"][0], rel=0.05)
    assert found["owed"][nearest] == pytest.approx(found["owed_star"], rel=0.1)
    assert not np.isfinite(parts.measure(case)["factor"][parts.TIMES > 1.01]).any()


def laws(p, power, change=0.0, owed=0.01):
    """Made-up arrays of run(): lambda ~ p^power at t*, and lazy weights that move by `change`."""
    def law(values, **more):
        factors = np.multiply.outer([0.95, 1.0, 1.05], values)[..., None] * np.ones(3)
        shares = np.full((3, len(p), 2), owed)
        return {"sizes": p, "d": 5, "star": factors, "end": factors, "start": factors,
                "owed_start": np.full((3, len(p), 2), 0.8), "owed_star": shares,
                "owed_end": shares, "everywhere": np.zeros((3, len(p))), **more}
    fastest = 1.13 * np.sqrt(p[-1])
    lazy = law(np.ones(len(p)))
    lazy = {**lazy, "end": lazy["start"] * (1 + change), "owed_end": lazy["owed_start"]}
    grown = law(fastest * (p / p[-1]) ** power, left=np.zeros((3, len(p))))
    return {"stripe": grown, "stripe, on": grown, "cylinder": grown, "lazy": lazy}


SIZES = np.array([64, 256, 1024])


@pytest.mark.parametrize("power, change, owed, verdicts", [
    (0.5, 0.0, 0.01, {}), (0.3, 0.0, 0.01, {"lambda as sqrt(p)": "not"}),
    (0.8, 0.0, 0.01, {"lambda as sqrt(p)": "not"}),
    (0.5, 0.1, 0.01, {"lazy does not compress": "not"}),
    (0.5, 0.002, 0.01, {"lazy does not compress": "partly"}),
    (0.5, 0.0, 0.2, {"f loses x_perp": "not"})])
def test_laws_are_judged(power, change, owed, verdicts):
    made = claims(laws(SIZES, power, change, owed))
    assert judged(made) == {
        "lambda as sqrt(p)": "reproduced", "late-time value": "not comparable",
        "f loses x_perp": "reproduced", "directions are compressed": "reproduced",
        "lazy does not compress": "reproduced", **verdicts}
    slope = made[0].rows[0]
    assert slope.values == pytest.approx([power]) and slope.interval == pytest.approx((power,) * 2)


def test_weights_that_do_not_turn_are_told():
    result = laws(SIZES, 0.5)
    result["cylinder"] = {**result["cylinder"], "star": np.ones((3, 3, 3))}
    verdicts = judged(claims(result))
    assert verdicts["directions are compressed"] == "partly"


def test_another_prefactor_fails_at_the_largest_p_alone():
    result = laws(SIZES, 0.5)
    result["stripe"]["star"] = result["stripe"]["star"] / 3
    assert failed(checks(result)) == [("stripe", "lambda at t* / the fastest neurons', p = 1024")]


def test_a_lazy_f_that_changes_fails():
    result = laws(SIZES, 0.5)
    result["lazy"]["owed_end"] = 0.9 * result["lazy"]["owed_start"]
    assert failed(checks(result)) == [("lazy", "var of f due to x_perp, the end / start")]


@pytest.mark.parametrize("d", [3, 10])
def test_the_fastest_neurons_follow_from_the_moments_of_the_stripe(d):
    """Rate and restoring pull by stripe_moments, which has its own closed form."""
    angle = np.linspace(0, np.pi / 2, 20_001)[1:-1]
    v = np.zeros((len(angle), d + 1))
    v[:, 0], v[:, 1], v[:, -1] = -np.cos(angle), 1e-6, np.sin(angle)
    plain, moment = stripe_moments(v[:, :-1], v[:, -1], STRIPE)
    rate = v[:, -1] * plain + (v[:, :-1] * moment).sum(1) / d ** 0.5
    best = rate.argmax()
    a, t = -v[best, 0], d ** 0.5 * np.tan(angle[best])
    active = 0.5 * (1 + erf(t / 2 ** 0.5))
    restoring = -moment[best, 1] / d ** 0.5 / 1e-6
    p = 700
    want = a * (rate[best] + restoring) / np.sqrt(2 / np.pi * active / (p * d))
    assert fastest_amplification(p, d) == pytest.approx(want, rel=1e-3)


def test_full_setting_is_the_published_one():
    cases = shown(SETTINGS["full"])
    assert cases["stripe, shown"] == parts.Case("stripe", 10, 10_000, 1000, 0, 1e-6, "hinge", 6000)
    assert cases["cylinder, shown"].d == 3 and parts.TASKS["cylinder"][1] == 2
