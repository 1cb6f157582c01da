"""Second witness of large cases: differences along random directions, and of some single numbers.

y is confirmed number by number. Of each array's gradient, 20 directions and its share of 200 single
numbers are: no entry of a direction is 0, so that none of them passes over a wrong number.
"""
from decimal import Decimal
from random import Random

from ..suite.arrays import cells
from .arithmetic import Bounded, size

DIRECTIONS, SINGLES = 20, 200
STEP = Decimal("1e-30")


def of_gradients(case, answers, inputs, value):
    """A Bounded derivative and its difference quotients; value() is what is differentiated."""
    rng, center = Random(case["id"]), value()           # the same directions in every run
    names = [name for name in answers if name.startswith("grad_")]
    total = sum(len(answers[name]) for name in names)
    for name in names:
        places = cells(inputs[name.removeprefix("grad_")])
        singles = [[(k, 1)] for k in rng.sample(range(len(places)), min(
            len(places), 1 + SINGLES * len(places) // total))]
        for direction in [_dyadic(rng, len(places)) for _ in range(DIRECTIONS)] + singles:
            yield along(direction, answers[name]), quotients(direction, places, value, center)


def _dyadic(rng, count):
    """(index, k/8) of every number, k not 0 and at most 8 in size."""
    return [(index, rng.choice((-1, 1)) * Decimal(rng.randint(1, 8)) / 8) for index in range(count)]


def along(direction, numbers):
    """The derivative along a direction, of Bounded numbers, with the bound that they have."""
    terms = [(numbers[index], share) for index, share in direction]
    return Bounded(sum(number.value * share for number, share in terms),
                   sum(number.bound * size(share) for number, share in terms))


def quotients(direction, places, value, center):
    """The difference quotient of one side, exact where the value is linear, then that of both."""
    above = moved(STEP, direction, places, value)
    yield (above - center) / STEP
    yield (above - moved(-STEP, direction, places, value)) / (2 * STEP)


def moved(step, direction, places, value):
    """The value where the inputs are moved by a step along a direction."""
    before = [holder[place] for holder, place in places]
    for index, share in direction:
        holder, place = places[index]
        holder[place] += step * share
    result = value()
    for (holder, place), number in zip(places, before):
        holder[place] = number
    return result
