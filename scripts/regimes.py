"""Feature or lazy: what one number, alpha, does to a network, and which width sees which alpha.

    f(x) = (gain/h) sum_n beta_n relu(omega_n.x/sqrt(d) + b_n)     F = alpha (f - f_0)
    gradient flow of L = (1/p) sum soft_hinge(F, y) / alpha

`sweep`: test error, |theta - theta_0| / |theta_0| and |K - K_0| / |K_0| (K the tangent kernel on
fixed points) when training ends, against alpha and width; stripe, d = 5, and MNIST parity, d = 10.
`approach`: F beside alpha J (theta - theta_0), the network linearized where it started, and beside
the flow with the frozen kernel K_0, at the same time and in the same steps; ReLU and softplus.
`course`: loss against time of the three, outputs at the end. `scatter`: the spread of F over
initializations as alpha -> infinity, by the frozen kernels of finite networks.

Source: Geiger, Spigler, Jacot and Wyart 2020, J. Stat. Mech. 113301: the cross-over is at
alpha* ~ h^(-1/2) in its convention, which is alpha* of order 1 here whatever h; above it the kernel
hardly changes; F fluctuates over initializations as h^(-1/2).
Predicted here: when weights grow, f ~ |theta|^2 makes |theta| ~ alpha^(-1/2) and K ~ 1/alpha for
alpha -> 0; for alpha -> infinity differences to both approximations fall as 1/alpha if the
activation is smooth. With ReLUs some h / alpha kinks are crossed on the way, with either sign, and
a sum of chance, sqrt(h / alpha) / h = (alpha h)^(-1/2), is the larger part at finite h.

Measured: |K - K_0| = |K_0| at alpha = 12.6, 11.7, 11.1 for h = 100, 300, 1000 (stripe; medians of
3 seeds) and 13.7, 12.4 for h = 100, 300 (MNIST): alpha* ~ h^-0.55 and h^-0.62 in the article's
convention. The mean test error of the stripe is halfway at 4.8, 14.7, 4.5: h^-0.54, which one set
of seeds does not fix well. It is .053 for small alpha and .10 to .12 for large ones. MNIST prefers
neither end, .150 and .155 for small alpha against .154 and .139 for large ones (h = 100, 300): its
least errors, .133 and .127, are at the cross-over, alpha = 10 and 30. Distances to both
approximations fall as alpha^-1.0 with softplus, as alpha^-0.58 with ReLUs from 10^2 to 10^5 (at
10^6 no kink is crossed any more). The spread falls as h^-0.45 from h = 300 to 10,000, where it is
.042, and as h^-0.46 over the last decade.

Minutes on one core: 6; --quick 20 s, too small for some rows to pass; --full, not run, about 10
hours by the number of steps and their size.

Deviations: one hidden layer, not three; p = 128 and 256, not 10,000; steps may turn the gradient
100 times more than published, which takes a third of the steps and moved test errors by .001 at
most; a run ends when all points have margin 1 or after 6,000 steps (the table says what is left).
"""
import time
from dataclasses import replace
from functools import partial

from experiment import (SEEDS, WORKERS, available, each_seed, hold_memory, options, save_arrays,
                        stack, swept, with_seeds)
from experiment_table import show_table
from regimes_figures import plot
from regimes_runs import Setting, approach, course, kernel_course, scatter, sweep
from regimes_verdicts import verdicts

from npspectral.sweep import grid

COURSES = (-2, 1, 4)                    # log10 of the alphas that are followed in time
SETTINGS = {
    "quick": Setting(1, {"stripe": 64, "mnist": 64}, {"stripe": (50, 200), "mnist": (50,)},
                     (-4, -2, 0, 1, 2, 4, 6), (2, 4), (300, 1000, 3000), 4, 1000, 2000),
    "default": Setting(3, {"stripe": 128, "mnist": 256},
                       {"stripe": (100, 300, 1000), "mnist": (100, 300)},
                       (-6, -4, -2, -1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 6), (1, 2, 3, 4, 5, 6),
                       (30, 100, 300, 1000, 3000, 10_000), 10),
    "full": Setting(5, {"stripe": 1000, "mnist": 1000},
                    {"stripe": (100, 300, 1000, 3000), "mnist": (100, 300, 1000)},
                    (-6, -5, -4, -3, -2, -1, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6),
                    (1, 2, 3, 4, 5, 6), (30, 100, 300, 1000, 3000, 10_000, 30_000), 10, 10_000,
                    40_000),
}


def plan(tasks, setting):
    """Part -> its runs: one a seed, or of a course one, or of the scatter one a width."""
    alone = replace(setting, seeds=1)                       # a run does not know how many there are
    each = partial(each_seed, seeds=setting.seeds, setting=alone)
    found = {f"{task} {width}": each(sweep, task=task, width=width)
             for task in tasks for width in setting.widths[task]}
    width = setting.widths["stripe"][0]
    found |= {name: each(approach, activation=name, width=width) for name in ("softplus", "relu")}
    found |= {f"course {exponent}": grid(course, exponent=[exponent], setting=[alone])
              for exponent in COURSES}
    return found | {"kernel course": grid(kernel_course, setting=[alone]),
                    "scatter": grid(scatter, width=setting.scatter, setting=[alone])}


def run(tasks, setting, path, workers=1):
    """Part -> name -> array; runs in the file are not run again."""
    return {part: rows[0] if "course" in part else stack(rows)
            for part, rows in swept(plan(tasks, setting), path, workers).items()}


def main(argv=None):
    parser = options(__doc__.splitlines()[0], "results/regimes", seeds=SEEDS, workers=WORKERS)
    chosen = parser.parse_args(argv)
    setting = with_seeds(SETTINGS[chosen.mode], chosen.seeds)
    begin = time.monotonic()
    hold_memory()
    tasks = ["stripe", *available(["mnist"], chosen.download)]
    result = run(tasks, setting, chosen.out / "runs.jsonl", chosen.workers)
    save_arrays(result, chosen.out / "regimes.npz")
    plot(result, setting, chosen.out)
    show_table(verdicts(result, setting), chosen.out, chosen.mode)
    print(f"\n{time.monotonic() - begin:.0f} s. Arrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
