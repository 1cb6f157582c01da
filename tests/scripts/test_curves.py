"""scripts/lab/curves: looks at a flow, and their values at given times."""
from types import SimpleNamespace

import numpy as np
from lab.curves import at_times, looked_at


def test_looks_are_further_and_further_apart_and_the_flow_is_whole():
    flow, seen = (SimpleNamespace(step=step) for step in range(40)), []
    records = list(looked_at(flow, lambda record: record.step, seen, factor=2))
    assert [record.step for record in records] == list(range(40))
    assert seen == [0, 1, 3, 7, 15, 31]


def test_values_lie_on_lines_between_looks_and_are_nan_outside():
    looks = [{"time": time, "value": np.array([value, 3]),
              "pair": np.array([[value, 3], [-value, 0]])} for time, value in ((2, 1), (6, 5))]
    own = at_times(np.array([0.5, 1, 2, 3, 4]), 2.0, looks)
    assert set(own) == {"value", "pair"}
    np.testing.assert_array_equal(own["value"], [[np.nan] * 2, [1, 3], [3, 3], [5, 3],
                                                 [np.nan] * 2])
    assert own["pair"].shape == (5, 2, 2)
    np.testing.assert_array_equal(own["pair"][2], [[3, 3], [-3, 0]])


def test_numbers_become_one_curve():
    own = at_times(np.array([0.0, 1]), 1.0, [{"time": 0.0, "f": 2.0}, {"time": 2.0, "f": 4.0}])
    np.testing.assert_array_equal(own["f"], [2, 3])
