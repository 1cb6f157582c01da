"""Curves of a flow against time: looks at it further and further apart, and what they saw between.

For example of t*, and of what look(record) gives as a dict of numbers or arrays:

    seen, flow = [], gradient_flow(network, params, x, y)
    star, last = escaped_and_last(looked_at(flow, look, seen), y, max_steps)
    at_times(TIMES, star.time, [*seen, look(last)])             # name -> array, the time first
"""
import numpy as np

from .plan import stack


def looked_at(flow, look, seen, factor=1.1):
    """The records of a flow; look(record) of each `factor` times the step before goes to `seen`."""
    due = 0
    for record in flow:
        if record.step >= due:
            due = factor * record.step + 1
            seen.append(look(record))
        yield record


def at_times(times, unit, looks):
    """What was seen at `times` in this unit, on lines between looks; NaN before and after all.

    looks: dicts with a "time"; its values do not fall.
    """
    rows = stack(looks)
    when = rows.pop("time") / unit

    def curve(values):
        return np.interp(times, when, values, left=np.nan, right=np.nan)
    return {name: np.stack([curve(column) for column in values.reshape(len(values), -1).T], 1
                           ).reshape(len(times), *values.shape[1:])
            for name, values in rows.items()}
