"""scikit-learn: kernel PCA by each of its solvers, support vectors as they come and to 1e-10."""
import numpy as np
from sklearn.decomposition import KernelPCA
from sklearn.svm import SVC

from . import problems


def kernel_pca(case, gram, solver):
    model = KernelPCA(problems.COMPONENTS, kernel="precomputed", eigen_solver=solver,
                      random_state=0)
    return lambda: model.fit(gram).eigenvalues_


def support_vectors(case, gram, y, tolerance="1e-3"):
    model = SVC(C=case.bound, kernel="precomputed", tol=float(tolerance), cache_size=1000)

    def show(fitted):
        beta = np.zeros(case.p)
        beta[fitted.support_] = fitted.dual_coef_[0]
        return problems.dual_value(gram, y, beta)
    return lambda: model.fit(gram, y), show
