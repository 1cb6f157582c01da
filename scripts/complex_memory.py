"""What does a memory keep that only oscillates? The complex recurrent network on written digits.

Nodes with a nonlinear transient write into linear modes m_k on the unit circle and die out; what
is left turns for ever, m_k(t) = a_k exp(i omega_k t). Trained so that class k leaves
exp(i omega_k t) in mode k and 0 in the others: a read-out that depends on time.

    classes    test accuracy of that read-out, with the nodes' eigenvalues fixed and ("free")
               trained; of softmax on Re a ("score"); of a linear softmax on the same pixels
    memory     the nodes' end, the modes' modulus over 1,000 steps after it, accuracy as time passes
    sequences  two items one after the other, never trained: what phases tell of their order and
               separation, and when |a|^2 is blind to it

On 1,797 digits of 8 x 8 pixels, and on MNIST with means over 2 x 2 pixels (--full: all pixels).
Source: arXiv 2312.07296 (2023), of which only the abstract was read: no size, accuracy or target
function is known, so nothing here is compared with a published number.

Measured, medians over 3 seeds (digits / MNIST; 197 nodes, 10 modes and 5 steps of f on MNIST). As
it comes about 6 minutes; --quick, digits alone, 5 seconds; --full about 2 hours, an estimate from
single steps that was not run.
    accuracy    oscillating 0.975 / 0.979, free 0.969 / 0.981, score 0.978 / 0.981, linear 0.964 /
                0.917
    |m|         changes by 5e-14 of itself in 1,000 steps after the nodes' end
    order       of two items 20 steps apart: told from phases, nothing fitted, 0.999 / 0.998; from
                |a|^2, fitted, 0.50 / 0.51, chance: they are in different modes, whose moduli do not
                know the order; both classes and the order, 1 of 90: 0.94 / 0.96
    separation  told from the second item's phase, 1 of 22: 0.91 / 0.99
Where it ends: 22 steps apart all modes are back where they were (evenly spaced frequencies have
that period) and phases give 0.50. 1 step apart the nodes still hold the first item, the pattern is
0.43 / 0.73 off the sum of both items', and |a|^2 does tell the order, 0.78 / 0.83. Eigenvalues that
are trained, up to 0.98 on MNIST, keep the nodes alive: 20 steps apart the sum is still 0.37 off.
"""
import time
from dataclasses import dataclass

import numpy as np
from complex_memory_figures import plot
from complex_memory_runs import ARMS, FOLLOWED, follow
from complex_memory_verdicts import verdicts
from experiment import (SEEDS, WORKERS, available, each_seed, hold_memory, options, stack, swept,
                        with_seeds)
from experiment_table import show_table

MEASURED = ("end", "largest", "condition", "drift", "limit", "in_time")


@dataclass(frozen=True)
class Setting:
    """What a mode runs; stages are (learning rate, epochs), by data set."""

    seeds: int
    stages: dict
    linear: dict
    counts: tuple = (5000, 2000)        # pairs of training and test items
    pool: int = 2                       # MNIST's pixels are averaged over squares of this side
    steps: int = 5


LONG = {"digits": ((3e-3, 60), (5e-4, 20)), "mnist": ((3e-3, 7), (5e-4, 3))}
LINEAR = {"digits": ((3e-3, 100),), "mnist": ((1e-3, 10),)}
SETTINGS = {"quick": Setting(1, {"digits": ((3e-3, 20), (5e-4, 5))}, {"digits": ((3e-3, 30),)},
                             (2000, 1000)),
            "default": Setting(3, LONG, LINEAR),
            "full": Setting(3, LONG, LINEAR, pool=1)}


def plan(setting, names):
    """(data set, arm) -> its runs, one a seed."""
    return {(name, arm): each_seed(
        follow, setting.seeds, name=name, arm=arm,
        stages=(setting.linear if arm == "linear" else setting.stages)[name],
        counts=setting.counts, pool=setting.pool, steps=setting.steps)
        for name in names for arm in ARMS}


def run(setting, names, path, workers=1):
    """(data set, part) -> name -> array, one row a seed; runs in the file are not run again."""
    result = {}
    for (name, arm), rows in swept(plan(setting, names), path, workers).items():
        result[name, arm] = stack([row["classes"] for row in rows])
        if arm in FOLLOWED:
            result[name, f"{arm}, pairs"] = stack([row["pairs"] for row in rows])
        if arm == "oscillating":
            seen = [row["memory"] for row in rows]
            result[name, "memory"] = stack([{part: one[part] for part in MEASURED} for one in seen])
            result[name, "states"] = {part: seen[0][part] for part in ("m", "u", "label")}
    return result


def save(result, folder):
    """One .npz file a data set and part."""
    for (name, part), own in result.items():
        np.savez_compressed(folder / f"{name}_{part.replace(', ', '_')}.npz", **own)


def main(argv=None):
    chosen = options(__doc__.splitlines()[0], "results/complex_memory", seeds=SEEDS,
                     workers=WORKERS).parse_args(argv)
    setting = with_seeds(SETTINGS[chosen.mode], chosen.seeds)
    begin = time.monotonic()
    hold_memory()
    result = run(setting, available(setting.stages, chosen.download), chosen.out / "runs.jsonl",
                 chosen.workers)
    save(result, chosen.out)
    if result:
        plot(result, chosen.out)
    show_table(verdicts(result), chosen.out, chosen.mode)
    print(f"\n{time.monotonic() - begin:.0f} s. Arrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
