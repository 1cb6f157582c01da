"""scripts/experiments/teacher_student: students, features from files, verdicts that can fail."""
from dataclasses import replace

import numpy as np
import pytest
from conftest import same_bits
from experiments.teacher_student import parts
from experiments.teacher_student.claims import checks
from experiments.teacher_student.experiment import AS_PUBLISHED, SETTINGS, run
from tiny import CASES, at_once, failed

TOY = replace(SETTINGS["quick"], **CASES["teacher_student"].setting)
FAST = parts.Arm(True, ((0.01, 2), (0.001, 1)))


def follow(arm=FAST, seed=0, h_teacher=3, n_samples=50):
    return parts.follow_teacher(h_teacher, arm, 8, n_samples, seed)


def test_small_teacher_is_found():
    arrays = follow(parts.Arm(True, ((0.015, 600), (0.01, 99))), n_samples=2000)
    assert 1 <= arrays["cores"][-1] <= 5 and arrays["relevance"].shape == (8,)
    assert (arrays["counts"] == [1, 2, 3, 4, 5, 6, 8]).all()
    assert arrays["losses"][0] > 10 * arrays["losses"][-1]


def test_same_seeds_share_teacher_and_data(monkeypatch):
    seen = []
    learned = parts.follow
    monkeypatch.setattr(parts, "follow", lambda *most: seen.append(most[3]) or learned(*most))
    first, dense, other = follow(), follow(replace(FAST, spectral=False)), follow(seed=1)
    assert first["cores"].shape == (3,) and first["paths"].shape == (10 * 3 * 20,)
    assert same_bits(first["teacher_paths"], dense["teacher_paths"])
    assert same_bits(seen[0], seen[1]) and (seen[0][0] != seen[2][0]).all()
    assert (first["teacher_paths"] != other["teacher_paths"]).any()
    assert "paths" not in follow(h_teacher=9)


def test_plan_has_every_arm_for_the_first_teacher_alone():
    seen = {}
    setting = replace(TOY, seeds=3, students=(8, 9), more_students=(2,), published_students=(9,))
    run(setting, lambda plan: seen.update(plan) or {})
    assert {part: len(runs) for part, runs in seen.items() if part.startswith("teacher ")} == {
        **{f"teacher 3, {arm}, h = {h}": 3 for h in (2, 8, 9)
           for arm in ("spectral", "weight decay")},
        **{f"teacher 3, {arm}, as published, h = 9": 3 for arm in ("spectral", "weight decay")},
        **{f"teacher 4, spectral, h = {h}": 1 for h in (8, 9)}}


@pytest.mark.parametrize("name, n_out", [("labels", 3), ("target", 1)])
def test_features_from_a_file_are_learned_and_another_content_is_another_run(
        tmp_path, rng, name, n_out):
    x = np.c_[7 + rng.standard_normal((50, 6)), np.full(50, 3)]     # a constant feature, too
    labels = np.arange(50) % 3
    path = str(tmp_path / "made.npz")
    np.savez(path, x=x, **{name: labels if name == "labels" else x[:, 0]})
    (a, target), (b, test) = parts.real_sets(path, rng, None)
    assert a.shape == (40, 7) and b.shape == (10, 7) and target.shape == (40, n_out)
    assert a.dtype == target.dtype == np.float32
    assert np.abs(a.mean(0)).max() < 1e-5 and np.abs(a[:, :6].std(0) - 1).max() < 1e-5
    assert (a[:, 6] == 0).all() and (b[:, 6] == 0).all()
    if name == "labels":
        assert (np.sort(np.r_[target, test].argmax(1)) == np.sort(labels)).all()
        assert (np.r_[target, test].sum(1) == 1).all()
    else:
        assert abs(target.mean()) < 1e-5 and abs(target.std() - 1) < 1e-5

    plans, setting = [], replace(TOY, teachers=(), real=(), features=path)
    result = run(setting, lambda plan: plans.append(plan) or at_once(plan))
    assert result["made.npz, spectral, h = 4"]["relevance"].shape == (1, 4)
    assert len(checks(result)) == 6
    np.savez(path, x=x + 1, target=x)
    run(setting, lambda plan: plans.append(plan) or {})
    before, after = (next(iter(plan.values()))[0].parameters for plan in plans)
    assert before["content"] != after["content"]


def test_the_test_part_is_moved_and_scaled_as_the_training_part():
    train, test = parts.standardized(np.array([[0.0, 5], [2, 5]]), np.array([[4.0, 6]]))
    assert train.tolist() == [[-1, 0], [1, 0]] and test.tolist() == [[3, 1]]


@pytest.mark.parametrize("arrays, message", [
    (dict(x=np.ones((4, 2))), "expected x and labels or x and target"),
    (dict(x=np.ones(4), labels=np.arange(4)), r"x is float64 \(4,\), expected numbers"),
    (dict(x=np.ones((4, 2)), labels=np.ones(4)), "labels is float64 .* expected integers"),
    (dict(x=np.ones((4, 2)), labels=np.arange(-1, 3)), "labels is int64 .* from 0 on"),
    (dict(x=np.ones((4, 2)), target=np.ones(3)), r"target is float64 \(3,\) beside x of 4 rows")])
def test_files_that_do_not_fit_are_refused(tmp_path, rng, arrays, message):
    np.savez(tmp_path / "odd.npz", **arrays)
    with pytest.raises(ValueError, match=f"odd.npz: .*{message}"):
        parts.real_sets(str(tmp_path / "odd.npz"), rng, None)


def test_published_numbers():
    spectral, dense = (AS_PUBLISHED[f"{arm}, as published"] for arm in ("spectral", "weight decay"))
    assert (spectral.stages, spectral.batch_size) == (((0.005, 2000),), 300)
    assert (dense.stages, dense.batch_size) == (((0.002, 2000),), 500)
    assert [(p.strength, p.name) for p in spectral.penalties] == [(0.01, "0/phi"),
                                                                  (5e-4, "0/lambda_out")]
    assert [(p.strength, p.name) for p in dense.penalties] == [(0.01, "0/weight")]
    assert SETTINGS["full"].seeds == 30


def student(core, last_loss=0.1, distance=0.1, few_loss=20.0):
    """Arrays of two seeds, of a student of a teacher of 3 with this core."""
    return {"cores": np.full((2, 20), core), "counts": np.tile([1, 5, 8], (2, 1)),
            "losses": np.array([[few_loss, 1, last_loss], [few_loss, 1, last_loss + 0.1]]),
            "path_distance": np.full(2, distance)}


def failures(**changes):
    arms = {"spectral, h = 8": student(3), "weight decay, h = 8": student(5),
            "spectral, h = 40": student(3), "weight decay, h = 40": student(9, distance=0.2),
            "spectral, h = 2": student(2), "weight decay, h = 2": student(2)}
    arms |= {name.replace("_", " ").replace(" h", ", h = "): arrays
             for name, arrays in changes.items()}
    rows = checks({f"teacher 3, {arm}": arrays for arm, arrays in arms.items()})
    return [quantity for _, quantity in failed(rows)]


def test_verdicts_pass_what_is_claimed_and_fail_what_is_not():
    assert failures() == []
    assert failures(spectral_h8=student(6)) == ["core, spectral, h = 8"]
    assert failures(spectral_h8=student(3, few_loss=9.0)) == ["MSE with 1 nodes / with 5, h = 8"]
    assert failures(weight_decay_h40=student(7, distance=0.2)) == ["the same, h = 40 over h = 8"]
    assert failures(weight_decay_h40=student(9, last_loss=0.5, distance=0.2)) == [
        "difference / spread, h = 40"]
    assert failures(weight_decay_h40=student(9)) == []
    assert failures(weight_decay_h40=student(9, distance=0.09)) == [
        "the same, weight decay over spectral, h = 40"]
    unsettled = student(3)
    unsettled["cores"][1, -2] = 5
    assert failures(spectral_h8=unsettled) == ["nodes of the core that came or went, h = 8"]
