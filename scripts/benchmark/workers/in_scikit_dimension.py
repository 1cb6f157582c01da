"""scikit-dimension."""
import skdim


def twonn(case, x):
    return lambda: skdim.id.TwoNN().fit(x).dimension_
