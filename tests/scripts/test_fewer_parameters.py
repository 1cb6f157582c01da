"""fewer_parameters at toy size: counts, early stopping, comparisons, claims that can fail."""
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from experiments.fewer_parameters import experiment, parts
from experiments.fewer_parameters.claims import checks, claims, of_equal_count
from experiments.fewer_parameters.experiment import SETTINGS, cases, large
from lab.plan import chosen
from lab.table import NOT, PARTLY, REPRODUCED
from tiny import judged, toy_images

from npspectral.nn import tree

X, _ = toy_images("mnist", 100)[0]


def count(arm, width):
    net = parts.network(arm, width, X)
    return tree.size(net.trainable_part(net.init(np.random.default_rng(0))))


def test_trained_numbers_of_the_whole_network_are_counted_exactly():
    def sums(width, factor):
        sizes = [(784, width), (width, width), (width, 10)]
        return sum(n_in + n_out + n_out + factor(n_in, n_out, min(n_in, n_out))
                   for n_in, n_out in sizes)

    def triangle(n_in, n_out, k):
        return k * (k + 1) // 2 + (n_out - k) * k
    for width in (5, 50):
        dense = 784 * width + width + width * width + width + 10 * width + 10
        expected = {"dense": dense, "eigenvalues": sums(width, lambda n_in, n_out, k: 0),
                    "one set": 2 * (width + width + 10),
                    "S-SVD": sums(width, lambda n_in, n_out, k: k), "S-QR": sums(width, triangle),
                    "S-QR, principal": sums(width, triangle),
                    "S-QR, as published": sums(width, lambda n_in, n_out, k: n_out * k)}
        for arm in parts.ARMS:
            assert count(arm, width) == expected[
                arm if arm in expected else arm.removesuffix(", as published")]
    assert count("S-QR", 50) == 3709


def test_principal_directions_are_what_the_first_layer_sees():
    width, rng = 9, np.random.default_rng(0)
    first, _, second, *_ = parts.network("S-QR, principal", width, X).layers
    params = first.init(rng, np.float32)
    centered = X - X.mean(0)
    spanned = np.linalg.svd(centered.astype(float), full_matrices=False)[2][:width]
    q = params["q"].astype(float)
    np.testing.assert_allclose(q @ q.T, spanned.T @ spanned, atol=1e-5)
    phi = first.eigenvectors(params)
    assert abs(np.sqrt((phi.astype(float) ** 2).mean()) / parts.STD - 1) < 0.3
    assert second.phi == parts.QR["phi"]


def test_settings_of_the_published_code():
    full = SETTINGS["full"]
    assert full.widths == (50, 100, 150, 200, 300) and full.arms == tuple(parts.ARMS)
    assert (full.epochs, full.limit, full.batch) == (90, None, 200)
    assert (parts.MIN_DELTA, parts.PATIENCE, parts.RATES) == (0.005, 8, (0.001, 0.005, 0.015))


def test_every_network_is_tried_with_every_rate_once():
    tried = [case for rates in cases("mnist", SETTINGS["full"]).values() for case in rates]
    assert len(tried) == len(set(tried)) == 3 * (5 * len(parts.ARMS) + 6)
    assert {case.learning_rate for case in tried} == set(parts.RATES)
    assert {case.width for case in tried if case.arm != "dense"} == set(SETTINGS["full"].widths)


def test_the_rate_is_chosen_by_validation():
    def keep(plan):
        return {part: [{"validation": -abs(run.parameters["case"].learning_rate - 0.005),
                        "accuracy": run.parameters["case"].learning_rate} for run in runs]
                for part, runs in plan.items()}
    best = chosen(keep, parts.train, cases("mnist", SETTINGS["quick"]), "validation").values()
    assert len(best) == 7 and {case.learning_rate for case in best} == {0.005}


def test_large_networks_have_their_own_number_of_seeds(monkeypatch):
    monkeypatch.setattr(experiment, "here", lambda *names: list(names))

    def keep(plan):
        return {part: [{"accuracy": run.parameters["seed"], "validation": 0} for run in runs]
                for part, runs in plan.items()}
    result = experiment.run(SETTINGS["default"], keep)
    for name in SETTINGS["default"].sets:
        assert list(result[name]["accuracy"][:, 0]) == [0, 1, 2, 3, 4]
        assert result[f"{name}, all images"]["accuracy"].tolist() == [[0, 0], [1, 1], [2, 2]]


@pytest.mark.parametrize("values, epochs", [
    ([0.5] + [0.505] * 20, 9),                              # no rise by more than 0.005
    ([0.5, 0.4, 0.51] + [0.5] * 20, 11),                    # 8 epochs after the best one
    ([0.5] + [0.5 + 0.003 * i for i in range(1, 13)], 13),  # slow, but from the best one it adds up
])
def test_training_stops_8_epochs_after_the_last_rise(monkeypatch, values, epochs):
    (x_all, _), _ = toy_images("mnist", 100)
    monkeypatch.setattr(parts, "images", lambda name, limit: toy_images(name, 100))

    def fit(network, start, x, target, validation, **options):
        assert (x == x_all[:80]).all() and (validation[0] == x_all[80:]).all()
        for epoch, value in enumerate(values, 1):
            yield SimpleNamespace(epoch=epoch, params=start, loss=0.0,
                                  metrics={"validation_accuracy": value})
    monkeypatch.setattr("lab.learning.fit", fit)
    found = parts.train(parts.Case("mnist", "dense", 2, 0.01), 0)
    assert found["epochs"] == epochs and found["validation"] == values[epochs - 1]


def made(**accuracy):
    """Arrays of two seeds: arms of 1,000 numbers at width 9, dense ones of 100 to 10,000."""
    arms = ["one set", "eigenvalues", "S-SVD", "S-QR", "S-QR, principal", "dense"]
    names = arms + ["dense"] * 2
    counts = [1000] * 5 + [10_000, 100, 1000]
    values = [accuracy.get(arm.replace("-", "_"), 0.9) for arm in arms] + [0.1, 0.5]
    return {"arm": np.array(names), "width": np.array([9] * 6 + [1, 2]),
            "learning_rate": np.full(8, 0.005), "trainable": np.tile(counts, (2, 1)),
            "accuracy": np.array([values, values])}


def test_equal_count_is_between_the_neighbors_and_nowhere_outside():
    part = made(dense=0.9)
    np.testing.assert_allclose(of_equal_count(part, "S-QR"), [0.5, 0.5])
    part["trainable"][:, 3] = 10 ** 3.5
    np.testing.assert_allclose(of_equal_count(part, "S-QR"), [0.7, 0.7], atol=1e-4)
    for outside in (99, 10_001):
        part["trainable"][:, 3] = outside
        assert np.isnan(of_equal_count(part, "S-QR")).all()


def verdicts(**accuracy):
    found = claims({"mnist": made(**{"one set": 0.7, "eigenvalues": 0.85, **accuracy})})
    return judged(found)


def test_claims_of_the_paper_are_judged():
    assert len(verdicts()) == 4 and set(verdicts().values()) == {REPRODUCED}
    assert verdicts(eigenvalues=0.91)["eigenvalues alone are inferior"] == PARTLY
    assert verdicts(eigenvalues=0.79)["two sets come closer"] == NOT
    found = verdicts(S_QR=0.88)
    assert found["less parameters, same performance"] == PARTLY
    assert found["a decomposition fills the gap"] == NOT


def test_networks_with_all_images_are_judged_where_there_are_some():
    small = made(S_QR=0.88, eigenvalues=0.85, **{"one set": 0.7})
    result = {"mnist": small, "mnist, all images": made(S_QR=0.899)}
    assert [claim.judge() for claim in claims(result)][2:] == [REPRODUCED] * 2
    result["mnist, all images"] = made(S_QR=0.88)
    assert [claim.judge() for claim in claims(result)][2:] == [PARTLY, NOT]


def test_dense_networks_and_s_qr_are_made_with_all_images_too():
    setting = replace(SETTINGS["default"], arms=("dense", "S-SVD", "S-QR"), narrow=(2,))
    found = large({"mnist": [rates[1] for rates in cases("mnist", setting).values()]}, setting)
    assert found == {"mnist, all images": [
        parts.Case("mnist", arm, 200, 0.005) for arm in ("dense", "S-QR")]}
    assert large({"mnist": []}, replace(setting, large=0)) == {}


def test_digits_are_no_published_set():
    assert claims({"digits": made()}) == []
    assert any("less random directions" in row.quantity for row in checks({"digits": made()}))
