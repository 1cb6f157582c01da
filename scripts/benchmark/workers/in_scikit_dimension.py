"""scikit-dimension."""
import numpy as np
import skdim

from . import problems


def twonn(case):
    x = problems.surface(case)
    return (lambda: skdim.id.TwoNN().fit(x),
            lambda fitted: {"dimension": np.array([fitted.dimension_])})
