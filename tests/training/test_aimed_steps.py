"""Lengths of a flow's steps where the outputs, or a kink, are what limits them."""
from itertools import chain, cycle

import numpy as np
import pytest

from npspectral import Chain, Dense
from npspectral.training import Limits, gradient_flow


@pytest.mark.parametrize("first, rejected", [(3.0, 1), (30.0, 2)])
def test_a_step_that_moves_the_outputs_too_far_is_cut_to_half_of_the_limit(first, rejected):
    """y = theta, and dtheta/dt = 1: F moves by h. No cut is below a tenth."""
    net, one = Chain(Dense(1, 1, bias=False)), np.ones((1, 1))
    limits = Limits(max_output_change=0.8, floor=0.0, first_step=first)
    records = gradient_flow(net, ({"weight": 0 * one},), one, one, limits=limits,
                            loss=lambda y, target: (-y.sum(), -one))
    last = [next(records) for _ in range(4)][-1]
    assert last.rejected == rejected and last.step == 3
    assert last.step_size == pytest.approx(0.4, rel=1e-12) == last.outputs.item() / 3


def test_steps_along_a_kink_are_as_long_as_half_of_the_limit_where_the_floor_allows_it():
    """y = theta: F moves straight on by h and, after two calls, aside by h / 2, to and fro."""
    net, aside = Chain(Dense(1, 2, bias=False)), chain([0.0, 0.0], cycle([0.5, -0.5]))
    limits = Limits(max_output_change=0.8, floor=0.9, first_step=0.25)
    records = gradient_flow(net, ({"weight": np.zeros((2, 1))},), np.ones((1, 1)), np.ones((1, 2)),
                            loss=lambda y, target: (-y[0, 0], np.array([[-1.0, next(aside)]])),
                            limits=limits)
    *_, before, last = (next(records) for _ in range(10))
    assert last.step_size == pytest.approx(0.4, rel=1e-12) == before.step_size
    assert last.rejected == 1 and last.floor_steps == last.step - 1
