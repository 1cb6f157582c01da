"""scripts/experiments/tangent_kernel_pca: kernels in time and split, verdicts that can fail."""
import numpy as np
import pytest
from experiments.tangent_kernel_pca import parts
from experiments.tangent_kernel_pca.claims import checks, claims, last
from experiments.tangent_kernel_pca.figures import two_of_each
from tiny import failed, judged

from npspectral.analysis.kernels import projections, tangent_kernel
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
    assert arrays["information"].shape == (3, 3, 20) and arrays["vectors"].shape == (3, 60, 20)
    assert arrays["families"].shape == arrays["families_split"].shape == (3, 3, 20)


def test_in_time_the_kernel_begins_and_ends_as_at_its_stages():
    arrays = parts.follow_stripe(p=32, n=60, d=3, widths=(30,), max_steps=600, seed=0)
    for name, stages in (("top", arrays["shares"][:, :parts.FEW].sum(-1)),
                         ("aligned", arrays["alignment"]), ("wrong", arrays["machine"])):
        feature, lazy = arrays[name]
        np.testing.assert_allclose(lazy[np.isfinite(lazy)], stages[0], rtol=1e-3, atol=0.04)
        assert feature[0] == pytest.approx(stages[0], abs=0.05)
    outside = arrays["without"][0, :, 1]
    assert outside[0] == pytest.approx(arrays["outside"][0], rel=0.1)
    assert last(outside) < 0.9 * outside[0]
    assert (arrays["turn"][1][np.isfinite(arrays["turn"][1])] < 1e-4).all()
    assert last(arrays["turn"][0]) > 0.1 > arrays["turn"][0, 0]


def test_what_is_observed_does_not_depend_on_the_size_of_the_kernel(rng):
    x, network = rng.standard_normal((40, 3)), OneHidden(3, 20)
    y = np.where(x[:, 0] > 0, 1.0, -1.0)
    params = network.init(rng)
    first = tangent_kernel(network, params, x)
    seen = parts.observed(network, params, x, y, 7 * first, ())
    assert seen["turn"] < 1e-14 and "without" not in seen
    vectors = np.linalg.eigh(first)[1][:, :-1 - parts.FEW:-1]
    assert seen["top"] == pytest.approx(projections(vectors, y).sum(), rel=1e-9)


def test_a_kernel_machine_that_knows_the_labels_makes_no_error(rng):
    y = np.where(rng.random(40) > 0.5, 1.0, -1.0)
    assert parts.machine_error(np.outer(y, y) + 0.1 * np.eye(40), y) == 0
    flipped = np.r_[y[:20], -y[20:]]                        # the halves disagree
    assert parts.machine_error(np.outer(y, y) + 0.1 * np.eye(40), flipped) == 1


def test_lazy_training_learns_digits_at_once():
    arrays = parts.follow_images("digits", p=60, n=80, widths=(12, 12), max_steps=60, seed=0)
    assert arrays["shares"].shape == (3, 80) and arrays["errors"].shape == (2,)
    assert arrays["errors"][1] < 0.5 and "without" not in arrays


def test_images_train_on_as_many_points_as_they_are_told(monkeypatch):
    seen = []
    monkeypatch.setattr(parts, "follow", lambda network, start, train_set, test_set, steps: (
        seen.append((*train_set, *test_set)), (None, {}))[1])
    parts.follow_images("digits", p=300, n=120, widths=(4,), max_steps=1, seed=0)
    assert [len(array) for array in seen[0]] == [300, 300, 120, 120]


def test_last_is_before_the_first_nan():
    assert (last(np.array([[1, 2, 3.0], [4, 5, np.nan]])) == [3, 5]).all()


def test_two_eigenvectors_of_each_kind_are_shown():
    first = np.array([0.9, 0.1, 0.2, 0.1, 0.8, 0.7])
    assert two_of_each(np.array([first, 1 - first])) == [0, 4, 1, 2]


def made_up(top, aligned, bits, outside, wrong):
    """Arrays of a result with given values for start, feature and lazy."""
    shares = np.zeros((2, 3, 40))
    shares[..., 0], shares[..., 30] = top, 1 - np.array(top)
    information = np.ones((2, 3, 3, 20)) * np.array(bits)[:, None, None]
    families = np.zeros((2, 3, 3, 20))
    families[:, :, 0], families[:, :, 2] = np.array([0.5, 0.9, 0.5])[:, None], 1
    turn = np.tile([[0.0, 0.3, 0.6, np.nan], [0.0, 0.0, 1e-4, np.nan]], (2, 1, 1))
    return {"shares": shares, "information": information, "families": families,
            "families_split": np.where(families, 0.95, 0.0), "turn": turn,
            "without": np.full((2, 2, 4, 2), 0.5), "machine": np.tile(wrong, (2, 1)),
            "alignment": np.tile(aligned, (2, 1)), "errors": np.full((2, 2), 0.1),
            "escaped": np.ones((2, 2), bool), "left": np.zeros((2, 2)),
            "outside": np.tile(outside, (2, 1)), "outside_split": np.full((2, 3), 0.02),
            "distance": np.full((2, 3), 0.1), "remainder": np.full((2, 3), 1e-16)}


GOOD = dict(top=[0.2, 0.5, 0.2], aligned=[0.1, 0.4, 0.1], bits=[0.1, 0.4, 0.1],
            outside=[0.2, 0.03, 0.2], wrong=[0.2, 0.1, 0.2])
JUDGED = ("kernel as observable", "kernel loses x_perp", "two kinds of eigenvectors",
          "information of the top", "projection on the top", "alignment and performance")


def not_reproduced(result):
    """Names of the claims whose verdict is another."""
    return [claim.name for claim in claims(result)
            if claim.judge() not in ("reproduced", "not comparable")]


@pytest.mark.parametrize("change, claim, failing", [
    ({}, [], []),
    (dict(top=[0.5, 0.2, 0.5]), ["projection on the top"], []),
    (dict(top=[0.2, 0.5, 0.3]), [], ["labels on the top 10, |lazy less start|"]),
    (dict(bits=[0.4, 0.1, 0.4]), ["information of the top"], []),
    (dict(wrong=[0.1, 0.2, 0.1]), ["alignment and performance"], []),
    (dict(outside=[0.2, 0.15, 0.2]), ["kernel loses x_perp"], []),
    (dict(outside=[0.2, 0.03, 0.1]), [], ["trace in neither, lazy over start"])])
def test_claims_are_judged(change, claim, failing):
    result = {"stripe": made_up(**{**GOOD, **change})}
    assert not_reproduced(result) == claim
    assert [quantity for _, quantity in failed(checks(result))] == failing


@pytest.mark.parametrize("name, spoil, claim", [
    ("turn", lambda turn: 0.1 * turn, "kernel as observable"),
    ("turn", lambda turn: turn[:, [0, 0]], "kernel as observable"),
    ("families", lambda families: 0.9 * families, "two kinds of eigenvectors")])
def test_spoiled_arrays_lose_their_claim(name, spoil, claim):
    arrays = made_up(**GOOD)
    arrays[name] = spoil(arrays[name])
    assert not_reproduced({"stripe": arrays}) == [claim]


def test_images_of_a_dense_net_are_not_compared_but_count_for_kernels_in_general():
    result = {"stripe": made_up(**GOOD), "mnist": made_up(**{**GOOD, "wrong": [0.1, 0.2, 0.1]})}
    verdicts = judged(claims(result))
    assert verdicts.pop("alignment and performance") == "partly"
    assert {verdicts[name] for name in JUDGED[:-1]} == {"reproduced"}
    assert {verdicts[name] for name in verdicts if name not in JUDGED} == {"not comparable"}


def test_verdict_rows_count_by_hand():
    rows = {row.quantity: row.values for claim in claims({"stripe": made_up(**GOOD)})
            for row in claim.rows}
    assert rows["labels on the top 10, feature less start"] == pytest.approx([0.3, 0.3])
    assert rows["eigenvectors for 90 % of them, start"] == pytest.approx([31, 31])
    assert rows["R^2 by the better family, top 10, feature"] == pytest.approx([0.9, 0.9])
    assert rows["trace of phi(x_1) alone, feature"] == pytest.approx([0.5, 0.5])
