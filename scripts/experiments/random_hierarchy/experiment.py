"""How many examples teach a hierarchy? Deep networks n_c m^L, others as many as there are.

In the Random Hierarchy Model each of n_c classes is written as any of m tuples of symbols, each
symbol as any of m tuples again, L levels down to the input. A deep convolutional network learns it
from about P* = n_c m^L of P_max = n_c m^((s^L - 1) / (s - 1)) inputs: it finds out which tuples
are synonyms.

deep            networks with a layer for each level, by v, m, L: error; how far the exchange of
                synonyms of each level moves each layer
frozen kernel   ridge regression by the tangent kernel that such a network has at its start
dense           fully connected networks of L hidden layers
shallow         fully connected networks of one hidden layer, on two levels with m = v
correlations    no network: from how many inputs on is it seen that tuples go with classes?

Source: Cagnetta, Petrini, Tomasini, Favero and Wyart 2024, Phys. Rev. X 14, 031001 (arXiv
2307.02129), and public code: s = 2, n_c = v, one-hot inputs, patches without overlap, weights N(0,
1) / sqrt(channels), 1/h in the last layer; SGD of rate 0.1 h and momentum 0.9 in batches of 128,
cross-entropy, until it is 1e-3.

Minutes of processor time: --quick 1/6, --standard 9, --full 1500 by estimate.

Deviations: biases are trained as such; the published ones are 0.1 of a parameter, and so move a
hundred times more slowly. No input is drawn twice, nor both for training and the test. Shallow
networks stop after 1,000 epochs, others after 2,000.
"""
from dataclasses import dataclass

import numpy as np
from lab.plan import axes, by_seed, each_seed, stack

from npspectral.sweep import Run

from .parts import Task, detect, follow, freeze

SECONDS = 10, 540, 90000
DATA = ()
AXES = axes({
    "p": "p", "": "v m L s", "seed, p": "error loss epochs interpolating ridge",
    "seed, p, layer, level": "sensitivity", "seed": "detectable"})
FIRST = Task(4, 4, 3)


@dataclass(frozen=True)
class Setting:
    """Tasks by v, m, L; sizes of training sets in units of P*, of shallow networks of P_max."""

    deep: tuple = (FIRST, Task(6, 6, 2), Task(8, 8, 2), Task(8, 4, 3), Task(6, 6, 3),
                   Task(4, 4, 4), Task(4, 3, 4), Task(4, 2, 5))
    factors: tuple = (0.5, 1, 1.5, 2, 3, 4)
    kernel: tuple = (0.5, 1, 2, 4)                      # of the first task, as are dense ones
    dense: tuple = (1, 2, 4, 8, 16)
    shallow: tuple = (Task(4, 4, 2), Task(6, 6, 2), Task(8, 8, 2))
    fractions: tuple = (0.125, 0.25, 0.5, 0.75)
    width: int = 128
    seeds: int = 5

    def arms(self):
        """Name -> (function of a run, what it is given, its tasks, sizes, unit of these)."""
        first, width = self.deep[:1], {"width": self.width}

        def network(kind):
            return follow, {"kind": kind, **width}
        return {"deep": (*network("deep"), self.deep, self.factors, "critical"),
                "frozen kernel": (freeze, width, first, self.kernel, "critical"),
                "dense": (*network("dense"), first, self.dense, "critical"),
                "shallow": (*network("shallow"), self.shallow, self.fractions, "size")}


SETTINGS = {
    "quick": Setting((FIRST, Task(4, 2, 3)), (0.5, 1, 2, 4), (1, 2), (1, 4), (), (), 64, 2),
    "default": Setting(),
    "full": Setting((FIRST, Task(6, 6, 2), Task(8, 8, 2), Task(10, 10, 2), Task(8, 4, 3),
                     Task(6, 6, 3), Task(8, 8, 3), Task(4, 4, 4), Task(4, 3, 4), Task(6, 4, 4),
                     Task(4, 2, 5), Task(4, 2, 6)), (0.5, 0.7, 1, 1.4, 2, 2.8, 4, 8),
                    (0.5, 1, 2, 4), (1, 2, 4, 8, 16, 32),
                    (Task(4, 4, 2), Task(6, 6, 2), Task(8, 8, 2), Task(10, 10, 2)),
                    (0.125, 0.25, 0.35, 0.5, 0.7), width=512, seeds=10)}


def run(setting, keep):
    """"ARM, v V, m M, L L" -> name -> array (seeds, sizes, ...)."""
    plan, result = {}, {}
    for arm, (function, options, tasks, factors, unit) in setting.arms().items():
        for task in tasks:
            p = [round(factor * getattr(task, unit)) for factor in factors]
            p = [size for size in p if size <= 0.8 * task.size]     # the others are for the test
            plan[f"{arm}, {task}"] = [
                Run(function, {"task": task, **options, "p": size, "seed": seed})
                for seed in range(setting.seeds) for size in p]
            result[f"{arm}, {task}"] = {"p": np.array(p), **vars(task)}
    plan |= {f"correlations, {task}": each_seed(detect, setting.seeds, task=task)
             for task in setting.deep}
    values = keep(plan)
    return {part: {**result[part], **by_seed(rows, setting.seeds)} if part in result else
            stack(rows) for part, rows in values.items()}
