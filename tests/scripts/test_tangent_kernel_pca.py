"""scripts/experiments/tangent_kernel_pca: the split by definition, verdicts that can fail."""
import numpy as np
import pytest
from experiments.tangent_kernel_pca import parts
from experiments.tangent_kernel_pca.claims import checks
from tiny import failed

from npspectral import data
from npspectral.nn import OneHidden


def test_without_perpendicular_weights_the_kernel_splits(rng):
    network, x = OneHidden(4, 30), rng.standard_normal((25, 4))
    params = network.init(rng)
    split = parts.split_of(rng, network, params, x, parts.family_bases(x))
    assert 0 < split["remainder"] < 1e-14
    params = parts.without_perpendicular(params)
    split = parts.split_of(rng, network, params, x, parts.family_bases(x))
    assert split["distance"] == 0 and split["outside"] == split["outside_split"]


def test_a_kernel_that_does_not_split_is_told(rng, monkeypatch):
    network, x = OneHidden(4, 30), rng.standard_normal((25, 4))
    params = network.init(rng)
    monkeypatch.setattr(parts, "without_perpendicular", lambda params: params)
    assert parts.split_remainder(rng, network, params, x) > 0.01


def test_a_stripe_run_is_as_its_definitions_say():
    arrays = parts.follow_stripe(p=32, n=60, d=3, widths=(30,), max_steps=1200, seed=0)
    np.testing.assert_allclose(arrays["shares"].sum(-1), 1, rtol=1e-12)
    np.testing.assert_allclose(arrays["alignment"], (arrays["eigenvalues"] * arrays["shares"]
                                                     ).sum(-1)
                               / np.sqrt((arrays["eigenvalues"] ** 2).sum(-1)), rtol=1e-12)
    feature, lazy = arrays["curves"]
    np.testing.assert_allclose(lazy, arrays["outside"][0], rtol=1e-4)   # as at the start
    assert feature[-1] < 0.9 * feature[0]
    assert arrays["information"].shape == (3, 3, 20) and arrays["vectors"].shape == (3, 60, 20)


def test_lazy_training_learns_digits_at_once():
    if not data.at_hand("mnist"):
        pytest.skip("no files of MNIST here")
    arrays = parts.follow_mnist(n=60, widths=(12, 12), max_steps=60, seed=0)
    assert arrays["shares"].shape == (3, 60) and arrays["errors"].shape == (2,)
    assert arrays["errors"][1] < 0.5


def made_up(top, aligned, bits, outside):
    """Arrays of a result with given values for start, feature and lazy."""
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
def test_claims_are_judged(change, failing):
    rows = checks({"stripe": made_up(**{**GOOD, **change})})
    assert [quantity for _, quantity in failed(rows)] == failing


def test_verdict_rows_count_by_hand():
    rows = {row.quantity: row.values for row in checks({"stripe": made_up(**GOOD)})}
    assert rows["labels on the top 10, feature"] == pytest.approx([0.5, 0.5])
    assert rows["eigenvectors for 90 % of them, start"] == pytest.approx([31, 31])
    assert rows["R^2 by the better family, top 10, feature"] == pytest.approx([0.9, 0.9])
