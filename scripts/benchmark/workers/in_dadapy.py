"""DADApy."""
import dadapy
import numpy as np

from . import problems


def twonn(case):
    def work():
        data = dadapy.Data(x, maxk=2, n_jobs=case.threads)
        return data.compute_id_2NN(algorithm="base", mu_fraction=0.9)[0]
    x = problems.surface(case)
    return work, lambda value: {"dimension": np.array([value])}
