"""The script tangent_kernel_pca.py at toy size: the split by definition, verdicts that can fail."""
import os

import numpy as np
import pytest
from conftest import same_bits

from npspectral.nn import OneHidden


@pytest.fixture
def script(named_version):
    """The script as a module; its siblings lie beside it."""
    import tangent_kernel_pca
    return tangent_kernel_pca


@pytest.fixture
def runs(script):
    import tangent_kernel_pca_runs
    return tangent_kernel_pca_runs


def test_without_perpendicular_weights_the_kernel_splits(runs, rng):
    network, x = OneHidden(4, 30), rng.standard_normal((25, 4))
    params = network.init(rng)
    own = runs.split_of(rng, network, params, x, runs.family_bases(x))
    assert 0 < own["remainder"] < 1e-14
    params = runs.without_perpendicular(params)
    own = runs.split_of(rng, network, params, x, runs.family_bases(x))
    assert own["distance"] == 0 and own["outside"] == own["outside_split"]


def test_a_kernel_that_does_not_split_is_told(runs, rng, monkeypatch):
    network, x = OneHidden(4, 30), rng.standard_normal((25, 4))
    params = network.init(rng)
    monkeypatch.setattr(runs, "without_perpendicular", lambda params: params)
    assert runs.split_remainder(rng, network, params, x) > 0.01


def toy(script):
    return {"stripe": script.Part(32, 60, (30,), 2, 1200, d=3),
            "mnist": script.Part(40, 60, (12, 12), 1, 60)}


def test_stripe_runs_are_kept_judged_and_drawn(script, runs, monkeypatch, tmp_path, capsys):
    monkeypatch.delenv("NPSPECTRAL_DATA", raising=False)            # so that MNIST is left out
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(script.SETTINGS, "quick", toy(script))
    script.main(["--quick", "--out", str(tmp_path)])
    out = capsys.readouterr().out
    assert "mnist left out" in out and "trace in neither, feature over start" in out
    for name in ("projection_information", "split"):
        assert (tmp_path / f"{name}.png").stat().st_size > 20_000
    monkeypatch.setattr(runs, "gradient_flow", None)              # nothing is trained again
    own = script.run(toy(script), tmp_path / "runs.jsonl")["stripe"]
    with np.load(tmp_path / "stripe.npz") as saved:
        assert same_bits(saved["shares"], own["shares"])
    np.testing.assert_allclose(own["shares"].sum(-1), 1, rtol=1e-12)
    np.testing.assert_allclose(own["alignment"], (own["eigenvalues"] * own["shares"]).sum(-1)
                               / np.sqrt((own["eigenvalues"] ** 2).sum(-1)), rtol=1e-12)
    assert own["information"].shape == (2, 3, 3, 20) and own["curves"].shape == (2, 2, 61)
    np.testing.assert_allclose(own["curves"][:, 1].T, np.tile(own["outside"][:, 0], (61, 1)),
                               rtol=1e-4)                           # lazy: as at the start
    assert (own["curves"][:, 0, -1] < 0.9 * own["curves"][:, 0, 0]).all()
    assert own["vectors"].shape == (2, 3, 60, 20)


@pytest.mark.skipif("NPSPECTRAL_DATA" not in os.environ,
                    reason="NPSPECTRAL_DATA names no folder with MNIST")
def test_mnist_runs(script, runs):
    own = runs.follow_mnist(toy(script)["mnist"], 0)
    assert own["shares"].shape == (3, 60) and own["errors"].shape == (2,)
    assert own["errors"][1] < 0.5                                   # lazy learns at once


def made_up(top, aligned, bits, outside):
    """Arrays of run() with given values for start, feature and lazy."""
    shares = np.zeros((2, 3, 40))
    shares[..., 0], shares[..., 30] = top, 1 - np.array(top)
    information = np.ones((2, 3, 3, 20)) * np.array(bits)[:, None, None]
    families = np.zeros((2, 3, 3, 20))
    families[:, :, 0], families[:, :, 2] = np.array([0.5, 0.9, 0.5])[:, None], 1
    return {"shares": shares, "information": information, "families": families,
            "alignment": np.tile(aligned, (2, 1)), "errors": np.full((2, 2), 0.1),
            "outside": np.tile(outside, (2, 1)), "outside_split": np.full((2, 3), 0.02),
            "distance": np.full((2, 3), 0.1), "remainder": np.full((2, 3), 1e-16)}


GOOD = dict(top=[0.2, 0.5, 0.2], aligned=[0.1, 0.4, 0.1], bits=[0.1, 0.4, 0.1],
            outside=[0.2, 0.03, 0.2])


@pytest.mark.parametrize("change, failing", [
    ({}, []),
    (dict(top=[0.5, 0.2, 0.5]), ["labels on the top 10, feature less start"]),
    (dict(top=[0.2, 0.5, 0.3]), ["labels on the top 10, |lazy less start|"]),
    (dict(aligned=[0.4, 0.1, 0.4]), ["alignment, feature over start"]),
    (dict(bits=[0.4, 0.1, 0.4]), [f"bits of the top 10, {name}, feature less start"
                                  for name in ("published", "apart", "Ross")]),
    (dict(outside=[0.2, 0.15, 0.2]), ["trace in neither, feature over start"]),
    (dict(outside=[0.2, 0.03, 0.1]), ["trace in neither, lazy over start"])])
def test_claims_are_judged(script, change, failing):
    rows = script.verdicts({"stripe": made_up(**{**GOOD, **change})})
    assert [row.quantity for row in rows if row.verdict.startswith("FAIL")] == failing


def test_verdict_rows_count_by_hand(script):
    rows = {row.quantity: row.values for row in script.verdicts({"stripe": made_up(**GOOD)})}
    assert rows["labels on the top 10, feature"] == pytest.approx([0.5, 0.5])
    assert rows["eigenvectors for 90 % of them, start"] == pytest.approx([31, 31])
    assert rows["R^2 by the better family, top 10, feature"] == pytest.approx([0.9, 0.9])
