"""scikit-dimension."""
import numpy as np
import skdim

from . import problems, repeated


def twonn(case):
    x = problems.surface(case)
    return repeated(lambda: skdim.id.TwoNN().fit(x),
                    lambda fitted: {"dimension": np.array([fitted.dimension_])})
