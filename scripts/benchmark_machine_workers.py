"""The builders of benchmark_kernels.py for kernel PCA, support vectors and intrinsic dimension.

As in benchmark_kernel_workers.py; scikit-learn, scikit-dimension and DADApy make the same inputs.
"""
import numpy as np

COMPONENTS = 10


def repeated(work, show):
    """(run, result) of work(), with what came out last kept for show."""
    held = [None]

    def run(n):
        for _ in range(n):
            held[0] = work()
        return 0.0

    return run, lambda: show(held[0])


def gaussian_gram(case, d=5):
    """exp(-|x - x'|^2 / d) of p standard normal points, and x."""
    x = np.random.default_rng(0).standard_normal((case.p, d))
    square = (x * x).sum(1)
    return np.exp(-(square[:, None] + square - 2 * x @ x.T) / d), x


def own_pca(case):
    from npspectral.analysis.kernels.pca import kernel_pca
    gram, _ = gaussian_gram(case)
    return repeated(lambda: kernel_pca(gram, COMPONENTS, centered=True),
                    lambda found: {"eigenvalues": found.eigenvalues})


def products_pca(case):
    """Six passes of twenty columns: what a block method needs if all goes well."""
    gram, _ = gaussian_gram(case)
    block, out = np.ones((case.p, 2 * COMPONENTS)), np.empty((case.p, 2 * COMPONENTS))

    def work():
        for _ in range(6):
            np.matmul(gram, block, out=out)

    return repeated(work, lambda _: {})


def sklearn_pca(solver):
    def build(case):
        from sklearn.decomposition import KernelPCA
        gram, _ = gaussian_gram(case)
        return repeated(lambda: KernelPCA(COMPONENTS, kernel="precomputed", eigen_solver=solver,
                                          random_state=0).fit(gram),
                        lambda found: {"eigenvalues": found.eigenvalues_})
    return build


def stripe_problem(case):
    """The kernel exp(-|x - x'|/sqrt(d)), as rough as that of a ReLU network, and a stripe's labels.

    Its digits are those of float32, the precision that scikit-learn keeps of it.
    """
    x = np.random.default_rng(0).standard_normal((case.p, 5))
    square = (x * x).sum(1)
    distance = np.sqrt(np.maximum(square[:, None] + square - 2 * x @ x.T, 0))
    np.fill_diagonal(distance, 0)
    gram = np.exp(-distance / 5 ** 0.5).astype(np.float32).astype(float)
    return gram, np.where((x[:, 0] > -0.3) & (x[:, 0] < 1.18549), -1.0, 1.0)


def dual_value(gram, y, beta):
    """y.beta - beta^T K beta / 2, which every solver maximizes; it tells solutions apart best."""
    return {"dual value": np.array([y @ beta - beta @ gram @ beta / 2])}


def own_support(case):
    from npspectral.analysis.kernels.machines import support_vectors
    gram, y = stripe_problem(case)
    return repeated(lambda: support_vectors(gram, y, case.bound),
                    lambda found: dual_value(gram, y, found.coefficients))


def sklearn_support(tolerance):
    def build(case):
        from sklearn.svm import SVC
        gram, y = stripe_problem(case)

        def show(found):
            beta = np.zeros(case.p)
            beta[found.support_] = found.dual_coef_[0]
            return dual_value(gram, y, beta)

        return repeated(lambda: SVC(C=case.bound, kernel="precomputed", tol=tolerance,
                                    cache_size=1000).fit(gram, y), show)
    return build


def points(case):
    """p points of a curved surface of n dimensions with a little noise; widths is (n, d)."""
    (n, d), rng = case.widths, np.random.default_rng(0)
    surface = np.sin(rng.standard_normal((case.p, n)) @ rng.standard_normal((n, d)))
    return surface + 0.01 * rng.standard_normal((case.p, d))


def own_dimension(case):
    from npspectral.analysis.clouds.dimension import intrinsic_dimension, two_nn_fit
    x = points(case)
    return repeated(lambda: intrinsic_dimension(x, two_nn_fit),
                    lambda found: {"dimension": np.array([found.value])})


def skdim_dimension(case):
    import skdim
    x = points(case)
    return repeated(lambda: skdim.id.TwoNN().fit(x),
                    lambda found: {"dimension": np.array([found.dimension_])})


def dadapy_dimension(case):
    import dadapy
    x = points(case)

    def work():
        data = dadapy.Data(x, maxk=2, n_jobs=case.threads)
        return data.compute_id_2NN(algorithm="base", mu_fraction=0.9)[0]

    return repeated(work, lambda value: {"dimension": np.array([value])})


BENCHMARKS = {
    "kernel PCA": {"npspectral": own_pca, "products": products_pca,
                   **{f"scikit-learn {solver}": sklearn_pca(solver)
                      for solver in ("auto", "dense", "arpack", "randomized")}},
    "support vectors": {"npspectral": own_support, "scikit-learn": sklearn_support(1e-3),
                        "scikit-learn 1e-10": sklearn_support(1e-10)},
    "TwoNN": {"npspectral": own_dimension, "scikit-dimension": skdim_dimension,
              "DADApy": dadapy_dimension},
}
