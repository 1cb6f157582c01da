"""What is published of local kernels, judged; and the negative controls."""
import numpy as np
from lab.statistics import fitted
from lab.table import Claim

from .parts import STUDENTS, TEACHERS

LOCALITY = "Favero, Cagnetta, Wyart 2021, NeurIPS"
LAST = 4                                # sizes that exponents are fitted on: the largest
WITHIN = 0.08                           # half of the difference between 1/2 and 1/3
BOUNDS = "Bounds: 0.08, half of the difference between patches of 2 and 3. "
EXPLORATORY = "Exploratory: trials on six coordinates, up to p = 1024, came before."
ON_ONE_FIELD = ("convolutional", 2)     # the teacher that students are compared on


def claims(result):
    return [
        Claim("Exponent of local students", "beta = alpha_t / s for t <= s: a function of s only "
              "(Laplace: alpha_t = 1)", LOCALITY,
              [row for d, part in parts_of(result) for teacher, student in learnable()
               for row in [exponent_row(d, part, teacher, student, 1 / student[1])]],
              "exponents", BOUNDS + EXPLORATORY),
        Claim("The dimension does not count", "beta does not depend on the input dimension",
              LOCALITY, dimension_rows(result), "exponents", "Bounds: 0.05; where d counts, 1/d "
              "changes by 0.056. " + EXPLORATORY),
        Claim("Locality is key, sharing is not", "Locality is key in determining beta, whereas "
              "translational invariance is not", LOCALITY, key_rows(result), "curves",
              BOUNDS + "A dense student has to differ by half of what theory says. " + EXPLORATORY),
        Claim("The curse of a dense kernel", "Any supervised learning model suffers in principle "
              "from the curse of dimensionality: error ~ p^(-1/d)", LOCALITY,
              [exponent_row(d, part, teacher, ("dense", None), 1 / d)
               for d, part in parts_of(result) for teacher in TEACHERS],
              "exponents", "The bounds of local students. Ours are above 1/d, the more so the "
              "higher d: the sizes are below its reach. " + EXPLORATORY)]


def checks(result):
    """The negative control: weights that are shared in vain, at patches as large as the teacher's.
    """
    return [exponent_row(d, part, ("local", t), ("convolutional", s), 0.0, 0.05)
            for d, part in parts_of(result) for t, s in ((2, 2), (2, 3), (3, 3))]


def parts_of(result):
    """(d, arrays), the lowest d first."""
    return sorted(((int(part["d"]), part) for part in result.values()), key=lambda pair: pair[0])


def can_learn(teacher, student):
    """Whether the fields of the teacher are among the functions of the student."""
    (of_teacher, t), (of_student, s) = teacher, student
    return of_student == "dense" or (t <= s and not (of_teacher == "local" != of_student))


def learnable():
    """Pairs of a teacher and a local or convolutional student that can learn it."""
    return [(teacher, student) for teacher in TEACHERS for student in STUDENTS[:-1]
            if can_learn(teacher, student)]


def errors_of(part, teacher, student):
    """(seeds, sizes)"""
    return part["error"][:, :, TEACHERS.index(teacher), STUDENTS.index(student)]


def exponent_of(part):
    """errors (seeds, sizes) -> exponent of their mean over seeds ~ p^-exponent, largest sizes.

    Of two errors: that of the first less that of the second.
    """
    log_p = np.log(part["p"][-LAST:])
    centered = log_p - log_p.mean()
    weights = -centered / (centered @ centered)

    def exponent(first, second=None):
        fitted = weights @ np.log(first[:, -LAST:].mean(0))
        return fitted if second is None else fitted - exponent(second)
    return exponent


def named(teacher, student):
    def words(kernel):
        return kernel[0] + (f" {kernel[1]}" if kernel[1] else "")
    return f"{words(student)} learns {words(teacher)}"


def exponent_row(d, part, teacher, student, expected, within=WITHIN):
    return fitted(f"d = {d}", f"exponent, {named(teacher, student)}", f"{expected:.3f}",
                  exponent_of(part), [errors_of(part, teacher, student)], expected - within,
                  expected + within)


def difference_row(words, quantity, published, part, first, second, *bounds):
    """The exponent of errors `first` (seeds, sizes) less that of `second`."""
    return fitted(words, quantity, published, exponent_of(part), [first, second], *bounds)


def dimension_rows(result):
    """Exponents in the highest dimension less those in the lowest."""
    (low, few), *_, (high, many) = parts_of(result)
    return [difference_row(f"d = {high} less {low}", f"exponent, {named(*pair)}", "0", many,
                           errors_of(many, *pair), errors_of(few, *pair), -0.05, 0.05)
            for pair in learnable()]


def key_rows(result):
    """On one teacher: local less convolutional students, and these less the dense one."""
    rows = []
    for d, part in parts_of(result):
        of = {student: errors_of(part, ON_ONE_FIELD, student) for student in STUDENTS}
        for size in (2, 3):
            rows.append(difference_row(
                f"d = {d}", f"exponent, patches of {size}, convolutional less local", "0", part,
                of["convolutional", size], of["local", size], -WITHIN, WITHIN))
            rows.append(difference_row(
                f"d = {d}", f"exponent, patches of {size}, local less dense",
                f"{1 / size - 1 / d:.3f}", part, of["local", size], of["dense", None],
                (1 / size - 1 / d) / 2))
    return rows
