"""What every library does: a file is a library, a function of it a benchmark, as it is called.

The function of `problems` with the same name makes the problem, `place` of the library's file
brings it where the library wants it. The function takes the case, the problem's arrays and the
second word of the library's name, if there is one. It returns work(), which does the work once and
returns arrays; beside it show(outcome), where arrays have to be made of an outcome; and
wait(outcome), where work() does not wait by itself. Only ours needs npspectral: peers may run in a
Python of their own.
"""
from dataclasses import dataclass, replace
from importlib import import_module

from . import problems

OURS = "npspectral"
SOLVERS = [f"scikit-learn {solver}" for solver in ("auto", "dense", "arpack", "randomized")]
BENCHMARKS = {                          # those that do it, in the order of the table
    "step": (OURS, "products", "torch", "torch fused", "jax"),
    "convolution step": (OURS, "products", "torch", "torch fused", "jax"),
    "tangent kernel": (OURS, "products", "neural-tangents", "JAX Jacobian"),
    "convolution kernel": (OURS, "products", "JAX Jacobian", "torch Jacobian", "torch patches"),
    "infinite width": (OURS, "neural-tangents"),
    "hinge flow step": (OURS, "products", "torch", "JAX"),
    "kernel PCA": (OURS, "products", *SOLVERS),
    "support vectors": (OURS, "scikit-learn", "scikit-learn 1e-10"),
    "TwoNN": (OURS, "scikit-dimension", "DADApy"),
    "recurrent step": (OURS, "products", "torch"),
    "complex recurrent step": (OURS, "products", "torch"),
}
CHECKED = {"step": 5, "convolution step": 5, "hinge flow step": 20}     # runs before the check


@dataclass(frozen=True)
class Case:
    """p samples; widths (d, ..., outputs) of a network, or its name; C of support vectors; depth.

    Of a training step p is the batch. Of a recurrent step depth is the number of steps in time,
    widths are n_in, nodes and n_out, or nodes and modes if it is complex. Of TwoNN widths are the
    dimensions of the surface and of its space.
    """

    benchmark: str
    p: int
    widths: tuple = ()
    depth: int = 0
    bound: float = 0.0
    threads: int = 1
    trained: str = ""
    dtype: str = "float64"
    rate: float = 1e-6                  # of training, which must not wander off to subnormals
    name: str = ""                      # of a convolutional network

    @property
    def small(self):
        """The same with few samples and neurons, to get imports and first allocations done."""
        return replace(self, p=min(self.p, 100), widths=tuple(min(n, 20) for n in self.widths))

    @property
    def one_hidden(self):
        """Whether it is (gain/h) sum beta relu(omega.x/sqrt(d) + b), and not layers as they are."""
        return len(self.widths) == 3

    @property
    def pairs(self):
        """(n_in, n_out) of every layer."""
        return list(zip(self.widths, self.widths[1:]))

    @property
    def classifies(self):
        return self.widths[-1] == 10

    @property
    def net(self):
        if self.benchmark == "TwoNN":
            n, d = self.widths
            return f"surface of {n} in {d} dimensions" if n < d else f"full cloud in {d} dimensions"
        return self.name or "-".join(map(str, self.widths))

    @property
    def label(self):
        if self.trained:
            return (f"{self.net} batch {self.p} {self.trained} {self.dtype} "
                    f"{self.threads} thread{'s' * (self.threads > 1)}")
        more = (f" depth {self.depth}" * bool(self.depth) + f" C={self.bound:g}" * bool(self.bound)
                + f" {self.net}" * bool(self.net))
        return f"{self.benchmark}{more} p={self.p}"


def build(library, case):
    """(run, result): run(n) does the work n times.

    result(), called after one run(1), makes the rest of CHECKED runs and gives the arrays.
    """
    name, *options = library.split()
    file, function = (text.lower().replace(" ", "_").replace("-", "_")
                      for text in (f"in_{name}", case.benchmark))
    module = import_module(f"benchmark.workers.{file}")
    problem = getattr(problems, function)(case)
    if hasattr(module, "place"):
        problem = module.place(case, problem)
    made = getattr(module, function)(case, *problem, *options)
    work, show, *wait = made if isinstance(made, tuple) else (made, lambda outcome: outcome)
    outcome = None

    def run(n):
        nonlocal outcome
        for _ in range(n):
            outcome = work()
        for ready in wait:
            ready(outcome)

    def result():
        run(CHECKED.get(case.benchmark, 1) - 1)
        return problems.arrays(show(outcome))
    return run, result
