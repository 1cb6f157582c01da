"""stripe_compression: t* and lambda by definition, laws that can fail."""
from dataclasses import replace
from math import erf

import numpy as np
import pytest
from conftest import same_bits
from experiments.stripe_compression import parts
from experiments.stripe_compression.claims import checks, fastest_amplification
from experiments.stripe_compression.experiment import SETTINGS, shown
from tiny import failed

from npspectral.analysis.neurons.compression import escape_time, stripe_moments
from npspectral.data.binary import STRIPE


def test_t_star_and_lambda_are_those_of_the_definitions():
    case = parts.Case("cylinder", 4, 40, 32, seed=1)
    found = parts.measure(case)
    records, _, target = parts.training(case)
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
    before = own["lambda"][own["times"] < own["moments"][1], 0]
    assert (before < parts.TURNED).all() and own["at_moments"][1, 0] >= parts.TURNED
    square = (own["omega"] ** 2).mean(1)
    assert own["at_moments"][:, 1] == pytest.approx(np.sqrt(2 * square[:, 0]
                                                            / square[:, 1:].sum(1)))


def laws(p, power, change=0.0):
    """Made-up arrays of run(): lambda ~ p^power at t*, and lazy weights that move by `change`."""
    def law(values, **more):
        factors = np.multiply.outer([0.95, 1.0, 1.05], values)[..., None] * np.ones(3)
        return {"sizes": p, "d": 5, "star": factors, "end": factors, "start": factors, **more}
    fastest = 1.13 * np.sqrt(p[-1])
    lazy = law(np.ones(len(p)))
    lazy = {**lazy, "end": lazy["start"] * (1 + change)}
    grown = law(fastest * (p / p[-1]) ** power, left=np.zeros((3, len(p))))
    return {"stripe": grown, "stripe, on": grown, "cylinder": grown, "lazy": lazy}


@pytest.mark.parametrize("power, change, failing", [
    (0.5, 0.0, 0), (0.3, 0.0, 2), (0.8, 0.0, 2), (0.5, 0.1, 2), (0.5, 0.002, 1)])
def test_laws_are_judged(power, change, failing):
    rows = checks(laws(np.array([64, 256, 1024]), power, change))
    assert len(failed(rows)) == failing
    slope = next(row for row in rows if row.quantity == "lambda at t* by component: exponent")
    assert slope.values == pytest.approx([power])


def test_another_prefactor_fails_at_the_largest_p_alone():
    result = laws(np.array([64, 256, 1024]), 0.5)
    result["stripe"]["star"] = result["stripe"]["star"] / 3
    assert failed(checks(result)) == [("stripe", "lambda at t* / the fastest neurons', p = 1024")]


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
