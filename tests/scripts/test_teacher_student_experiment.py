"""scripts/experiments/teacher_student: students, features from files, verdicts that can fail."""
from dataclasses import replace

import numpy as np
import pytest
from conftest import same_bits
from experiments.teacher_student import parts
from experiments.teacher_student.claims import checks, claims, critical, excess
from experiments.teacher_student.experiment import SETTINGS, as_published, of_teacher, run, settled
from lab.table import NOT_COMPARABLE, PARTLY, REPRODUCED
from tiny import CASES, at_once, failed, judged

TOY = replace(SETTINGS["quick"], **CASES["teacher_student"].setting | {"seeds": 1})
KINDS = "spectral", "weight decay"
FAST = parts.Arm("spectral", ((0.01, 2), (0.001, 1)))


def follow(arm=FAST, seed=0, h_teacher=3, n_samples=50):
    return parts.follow_teacher(h_teacher, arm, 8, n_samples, seed)


def test_small_teacher_is_found():
    arrays = follow(parts.Arm("spectral", ((0.015, 600), (0.01, 99))), n_samples=2000)
    assert 1 <= arrays["cores"][-1] <= 5 and arrays["relevance"].shape == (8,)
    assert (arrays["counts"] == [1, 2, 3, 4, 5, 6, 8]).all()
    assert arrays["losses"][0] > 10 * arrays["losses"][-1]


def test_same_seeds_share_teacher_and_data(monkeypatch):
    seen = []
    learned = parts.follow
    monkeypatch.setattr(parts, "follow", lambda *most: seen.append(most[3:5]) or learned(*most))
    first, dense, other = follow(), follow(replace(FAST, kind="dense")), follow(seed=1)
    assert first["cores"].shape == (3,) and first["paths"].shape == (10 * 3 * 20,)
    assert same_bits(first["teacher_paths"], dense["teacher_paths"])
    assert same_bits(seen[0], seen[1]) and (seen[0][0][0] != seen[2][0][0]).all()
    assert first["variance"] == seen[0][1][1].var() > 0             # of the test set
    assert (first["teacher_paths"] != other["teacher_paths"]).any()
    assert "paths" not in follow(h_teacher=9)


def test_eigenvalues_alone_are_trained():
    arm = replace(FAST, kind="eigenvalues")
    arrays, dense = follow(arm), follow(replace(FAST, kind="dense"))
    assert arrays["trained"] == 8 + parts.SECOND and dense["trained"] == 8 * (10 + parts.SECOND)
    network = parts.chain(arm.hidden(10, 8), parts.ReLU())
    start = network.init(np.random.default_rng(0))
    assert [sorted(part) for part in network.trainable_part(start) if part] == [["lambda_out"]] * 2


def test_plan_has_every_arm_for_the_first_teacher_alone():
    seen = {}
    run(replace(TOY, seeds=3), lambda plan: seen.update(plan) or {})
    both = "spectral", "weight decay"
    assert {part: len(runs) for part, runs in seen.items() if part.startswith("teacher ")} == {
        **{f"teacher 3, {kind}, h = {h}": 3 for kind in both for h in (2, 8, 12)},
        **{f"teacher 3, {kind} settled, h = 8": 3 for kind in both},
        "teacher 3, eigenvalues alone, h = 50": 3, "teacher 3, as many weights, h = 2": 3,
        "teacher 4, spectral settled, h = 8": 3}


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
    assert claims(result)[0].judge() == NOT_COMPARABLE and len(claims(result)) == 1
    assert {row.part for row in checks(result)} == {"made.npz"} and not failed(checks(result))
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
    students = of_teacher(SETTINGS["default"], 20)
    (spectral, h), (dense, _) = (students[f"{kind}, h = 500"] for kind in KINDS)
    assert (spectral.stages, spectral.batch_size, h) == (((0.005, 2000),), 300, 500)
    assert (dense.stages, dense.batch_size) == (((0.002, 2000),), 500)
    assert [(p.strength, p.name) for p in spectral.penalties] == [(0.01, "0/phi"),
                                                                  (5e-4, "0/lambda_out")]
    assert [(p.strength, p.name) for p in dense.penalties] == [(0.01, "0/weight")]
    rates = [[rate for rate, _ in settled(kind, 100, (1,) * 5).stages] for kind in KINDS]
    assert np.allclose(rates, [[0.001, main, 0.005, 0.001, 3e-4] for main in (0.015, 0.01)])
    assert as_published("weight decay", 80, 20).stages == ((0.002, 80), (0.0002, 20))
    assert SETTINGS["full"].seeds == 30 and SETTINGS["default"].teachers[0] == 20


def test_delta_mse_and_where_it_vanishes():
    arrays = {"counts": np.array([[1, 2, 3, 8]] * 3), "variance": np.full(3, 2.0),
              "losses": np.array([[5, 0.5, 0.13, 0.1], [5, 0.1, 0.3, 0.1], [5, 5, 5, 0.1]])}
    assert np.allclose(excess(arrays, 2), [0.4, 0, 4.9])
    assert np.allclose(excess(arrays, np.array([1, 4, 8])), [4.9, 0, 0])
    assert critical(arrays).tolist() == [8, 8, 8]
    arrays["losses"][0, 2], arrays["losses"][1, 2] = 0.11, 0.11
    assert critical(arrays).tolist() == [3, 2, 8]
    arrays["losses"][:] = 0.1
    assert critical(arrays).tolist() == [1, 1, 1]


def student(h, core, kept, mse=0.1, distance=0.1, trained=1, seeds=5):
    """Arrays of a student of h nodes: its core; Delta_MSE is 1 below `kept` nodes, 0 from there."""
    counts = np.unique(np.r_[1:min(h, 20) + 1, h])
    relevance = np.r_[np.ones(core), np.full(h - core, 1e-4)]
    losses = mse * (1 + 0.1 * np.arange(seeds))[:, None] + (counts < kept)
    return {"relevance": np.tile(relevance, (seeds, 1)), "cores": np.full((seeds, 20), core),
            "counts": np.tile(counts, (seeds, 1)), "losses": losses, "variance": np.ones(seeds),
            "path_distance": np.full(seeds, distance), "trained": np.full(seeds, trained)}


def as_claimed():
    result = {f"teacher 10, {kind}, h = {h}": student(
        h, core := min(10, h) if kind == "spectral" else h, core,
        distance=0.1 if kind == "spectral" else 0.2)
        for h in (5, 10, 15, 40, 100) for kind in KINDS}
    result |= {f"mnist, {kind}, h = {h}": student(h, 12 if kind == "spectral" else h, 12)
               for kind in KINDS for h in (20, 40)}
    result["teacher 10, eigenvalues alone, h = 80"] = student(80, 80, 80, mse=0.1, trained=100)
    result["teacher 10, as many weights, h = 3"] = student(3, 3, 3, mse=0.2, trained=90)
    return result | {f"teacher {size}, spectral settled, h = 40": student(40, size, size)
                     for size in (10, 15, 30)}


def verdicts(**changes):
    """name of a claim -> verdict, of those that are not reproduced."""
    result = as_claimed()
    for part, arrays in changes.items():
        part = part.replace("__", ", ").replace("_", " ").replace(" h ", ", h = ")
        assert part in result
        result[part] = arrays
    return {name: said for name, said in judged(claims(result)).items() if said != REPRODUCED}


def test_what_is_claimed_is_reproduced_and_what_is_not_is_not():
    fine = {"CIFAR100": NOT_COMPARABLE}
    assert verdicts() == fine
    assert verdicts(teacher_10__spectral_h_15=student(15, 13, 10)) == fine | {
        "Core as soon as h > h_T": PARTLY, "Core of the teacher's size": PARTLY}
    assert verdicts(teacher_10__spectral_h_5=student(5, 4, 5)) == fine | {
        "Core as soon as h > h_T": PARTLY}
    assert verdicts(teacher_10__spectral_h_100=student(100, 60, 10)) == fine | {
        "Core as soon as h > h_T": PARTLY, "Most nodes are zero": PARTLY, "Core against h": PARTLY,
        "Core of the teacher's size": PARTLY}
    assert verdicts(teacher_10__weight_decay_h_100=student(100, 50, 100)) == fine | {
        "Core against h": PARTLY}
    assert verdicts(teacher_10__weight_decay_h_40=student(40, 40, 40, mse=0.2)) == fine | {
        "Test performance": PARTLY}
    assert verdicts(teacher_10__spectral_h_40=student(40, 10, 14)) == fine | {
        "Phase transition": PARTLY, "Critical point": PARTLY}
    assert verdicts(teacher_10__spectral_h_40=student(40, 10, 8)) == fine | {
        "Phase transition": PARTLY, "Whatever h": PARTLY}
    assert verdicts(teacher_15__spectral_settled_h_40=student(40, 18, 15)) == fine | {
        "Other teachers": PARTLY}
    assert verdicts(teacher_10__eigenvalues_alone_h_80=student(80, 80, 80, 0.3, trained=100)) == (
        fine | {"More efficient": PARTLY})


VANISHES = "nodes where Delta_MSE vanishes, h = 40 over h = 20"
CORE = "core, {}, h = 40 over h = 20"


@pytest.mark.parametrize("part, arrays, quantities", [
    ("mnist, spectral, h = 40", student(40, 16, 16), [CORE.format("spectral"), VANISHES]),
    ("mnist, spectral, h = 40", student(40, 12, 9), [VANISHES]),
    ("mnist, spectral, h = 40", student(40, 12, 13), [
        "Delta_MSE, half of the core / all of it, h = 40"]),
    ("mnist, weight decay, h = 40", student(40, 25, 12), [CORE.format("weight decay")]),
    ("mnist, weight decay, h = 40", student(40, 40, 12, mse=0.2), [
        "explained, spectral less weight decay, h = 40"])])
def test_data_that_differ_are_reproduced_in_part(part, arrays, quantities):
    data = [claim for claim in claims(as_claimed() | {part: arrays}) if claim.name == "MNIST"]
    assert [claim.judge() for claim in data] == [PARTLY]
    assert failed(data[0].rows) == [("mnist", quantity) for quantity in quantities]


def test_most_nodes_are_zero_if_they_are_neither_in_the_core_nor_just_below_it():
    for core, below, quantity in ((60, 0, "share outside of the core, h = 100"),
                                  (10, 0.04, "median R / largest R, h = 100")):
        arrays = student(100, core, 10)
        arrays["relevance"] = np.maximum(arrays["relevance"], below)
        claim = next(claim for claim in claims({"teacher 10, spectral, h = 100": arrays})
                     if claim.name == "Most nodes are zero")
        assert ("teacher 10", quantity) in failed(claim.rows)


def test_checks_fail_where_a_core_does_not_rest_or_paths_are_not_the_teachers():
    result = as_claimed()
    assert failed(checks(result)) == []
    result["teacher 30, spectral settled, h = 40"]["cores"][1, -2] = 33
    result["teacher 10, weight decay, h = 40"]["path_distance"][2] = 0.09
    assert failed(checks(result)) == [
        ("teacher 30", "nodes of the core that came or went, settled, h = 40"),
        ("teacher 10", "the same, weight decay over spectral, h = 40")]
