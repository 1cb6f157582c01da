"""scripts/experiments/locality: errors over all fields, students that can learn, verdicts."""
import numpy as np
import pytest
from experiments.locality import claims, parts
from experiments.locality.claims import can_learn, errors_of, exponent_of

from npspectral.analysis.kernels import kernel_ridge


def made(law, seeds=3, dimensions=(6, 9)):
    """A result whose errors are p^-law(d, teacher, student)."""
    p = np.array([64, 128, 256, 512, 1024])
    spread = 1 + 0.01 * np.arange(seeds)[:, None, None, None]
    return {f"d = {d}": {"p": p, "d": d, "error": spread * np.array(
        [[[float(size) ** -law(d, teacher, student) for student in parts.STUDENTS]
          for teacher in parts.TEACHERS] for size in p])} for d in dimensions}


def theory(d, teacher, student):
    return 1 / (student[1] or d) if can_learn(teacher, student) else 0.0


@pytest.mark.parametrize("student", [("local", 2), ("dense", None)])
def test_the_mean_error_is_that_of_many_drawn_fields(student, rng):
    x, x_test = rng.random((12, 4)), rng.random((9, 4))
    both = np.concatenate((x, x_test))
    covariance = parts.kernel(("local", 3), both, both)
    fields = np.linalg.cholesky(covariance) @ rng.standard_normal((21, 20_000))
    gram, cross = (parts.kernel(student, x, points) for points in (x, x_test))
    for p in (5, 12):
        guess = cross[:p].T @ kernel_ridge(gram[:p, :p], fields[:p], 0.0)
        square = ((guess - fields[12:]) ** 2).mean(0)
        got = parts.mean_error(gram, cross, covariance[:12, :12], covariance[:12, 12:],
                               np.diag(covariance)[12:], p)
        assert abs(got - square.mean()) < 4 * square.std() / 20_000 ** 0.5


def test_a_run_has_every_student_of_every_teacher_on_the_first_points(monkeypatch):
    monkeypatch.setattr(parts, "N_TEST", 7)
    whole = np.array(parts.follow(4, (6, 12), 3)["error"])
    assert whole.shape == (2, 4, 5)
    x = np.random.default_rng(3).random((12 + 7, 4))
    for row, teacher in enumerate(parts.TEACHERS):
        for column, student in enumerate(parts.STUDENTS):
            gram, cross = (parts.kernel(student, x[:12], some) for some in (x[:12], x[12:]))
            covariance, across = (parts.kernel(teacher, x[:12], some) for some in (x[:12], x[12:]))
            variance = np.diag(parts.kernel(teacher, x, x))[12:]
            want = [parts.mean_error(gram, cross, covariance, across, variance, p) for p in (6, 12)]
            assert np.allclose(whole[:, row, column], want, rtol=1e-9)
    dense = parts.kernel(("dense", None), x, x)
    assert np.allclose(dense, np.exp(-np.linalg.norm(x[:, None] - x, axis=2) / 4), rtol=1e-12)


def test_students_that_can_learn_are_those_that_hold_the_teacher():
    local, shared, wide, dense = ("local", 2), ("convolutional", 2), ("local", 3), ("dense", None)
    assert all(can_learn(local, student) for student in (local, wide, dense))
    assert all(can_learn(shared, student) for student in (shared, local, wide, dense))
    assert not can_learn(local, shared) and not can_learn(wide, local)
    assert len(claims.learnable()) == 9


def test_exponents_and_their_differences_are_fitted_on_the_largest_sizes():
    result = made(theory)
    part = result["d = 6"]
    part["error"][:, 0] *= 7                            # a size that is not among the last four
    errors = errors_of(part, ("convolutional", 2), ("local", 3))
    exponent = exponent_of(part)
    assert abs(exponent(errors) - 1 / 3) < 1e-12
    both = errors_of(part, ("local", 2), ("local", 2)), errors
    assert abs(exponent(*both) - 1 / 6) < 1e-12


def test_theory_is_reproduced_and_each_other_law_fails_its_own_claim(monkeypatch):
    monkeypatch.setattr("lab.statistics.bootstrap", lambda *given: (0.0, 0.0))

    def judged(law):
        result = made(law)
        return ([claim.judge() for claim in claims.claims(result)],
                {row.judge() for row in claims.checks(result)})
    assert judged(theory) == (["reproduced"] * 4, {"pass"})

    def shared_is_key(d, teacher, student):
        return 0.5 * theory(d, teacher, student) if student[0] == "local" else theory(
            d, teacher, student)
    assert judged(shared_is_key)[0] == ["partly", "reproduced", "not", "reproduced"]

    def cursed(d, teacher, student):
        return 1 / d if can_learn(teacher, student) else 0.0
    assert judged(cursed)[0] == ["not", "not", "partly", "reproduced"]

    def learns_all(d, teacher, student):
        return 1 / (student[1] or d)
    assert judged(learns_all) == (["reproduced"] * 4, {"FAIL"})

    def blessed(d, teacher, student):
        return theory(d, teacher, student) + 0.2 * (student[0] == "dense")
    assert judged(blessed)[0] == ["reproduced", "reproduced", "partly", "not"]
