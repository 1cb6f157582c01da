"""Second witness of large cases: differences along random directions, and of some single numbers.

y is confirmed number by number. Of each array's gradient, 20 directions and its share of 200 single
numbers are: no entry of a direction is 0, so that none of them passes over a wrong number.
"""
from decimal import Decimal
from random import Random

from ..suite.arrays import cells
from .arithmetic import size

DIRECTIONS, SINGLES = 20, 200
STEP = Decimal("1e-30")


def of_gradients(case, answers, inputs, value):
    """(Bounded, Decimal) of each derivative that is compared; value() is what is differentiated."""
    rng = Random(case["id"])                            # the same directions in every run
    names = [name for name in answers if name.startswith("grad_")]
    total = sum(len(answers[name]) for name in names)
    for name in names:
        places = cells(inputs[name.removeprefix("grad_")])
        singles = [[(k, 1)] for k in rng.sample(range(len(places)), min(
            len(places), 1 + SINGLES * len(places) // total))]
        for direction in [_dyadic(rng, len(places)) for _ in range(DIRECTIONS)] + singles:
            yield along(direction, answers[name]), slope(direction, places, value)


def _dyadic(rng, count):
    """(index, k/8) of every number, k not 0 and at most 8 in size."""
    return [(index, rng.choice((-1, 1)) * Decimal(rng.randint(1, 8)) / 8) for index in range(count)]


def along(direction, numbers):
    """The derivative along a direction, of Bounded numbers; rounding it adds nothing to its bound.
    """
    moved = [(numbers[index], share) for index, share in direction]
    total = sum(number.value * share for number, share in moved)
    return type(numbers[0])(total, sum(number.bound * size(share) for number, share in moved))


def slope(direction, places, value):
    """The difference quotient of both sides along a direction."""
    before = [holder[index] for holder, index in places]
    ends = []
    for sign in (1, -1):
        for index, share in direction:
            holder, place = places[index]
            holder[place] = before[index] + sign * STEP * share
        ends.append(value())
    for index, _ in direction:
        holder, place = places[index]
        holder[place] = before[index]
    return (ends[0] - ends[1]) / (2 * STEP)
