"""DADApy."""
import dadapy


def twonn(case, x):
    def work():
        data = dadapy.Data(x, maxk=2, n_jobs=case.threads)
        return data.compute_id_2NN(algorithm="base", mu_fraction=0.9)[0]
    return work
