"""When does feature learning hurt? A task that has nothing to compress: the sphere.

y depends on |x| alone, x ~ N(0, I_d). Isotropic weights suit this, and the lazy regime leaves them
as they are; the feature regime turns them towards chance fluctuations of few data.

    curves    test error of lazy and feature against p, d = 5, 10, 20: p* is where they cross;
              at d = 10 also feature with fixed orientations omega_n / |omega_n|
    stages    the neurons' positions z, d = 2: at the start, after training towards lazy, in the
              feature regime when 10 % of the points have left the hinge, and at its end

Source: L. Petrini 2020, candidacy talk: at d = 10 there is a p* below which lazy has the smaller
test error, and with fixed orientations feature learning improves; z gather on a circle, which at
the end "explodes" into attractors. Public code: fixed orientations start with b = 0.

Published against ours (3 seeds, h = 400; p* by the mean errors, with a 95 % bootstrap interval):
p* at d = 10: exists / 729 (678 to 790);  d = 5: 570 (386 to 754);  d = 20: none up to p = 1024
error with fixed orientations over free, d = 10: below 1 / 0.93, 0.84, 0.73, 0.88 for p = 32, 64,
    128, 256; with b(0) = 0 and free orientations 0.97 to 1.02: it is not the biases' start
z on a circle, which explodes / the scatter about the best circle is 0.53 of its radius at the
    start, 0.50 towards lazy, 0.10 at t*, 0.55 at the end; attractors: 714, 501, 109, 55
The lazy error falls as p^-0.47, p^-0.47, p^-0.42 for d = 5, 10, 20, faster than the theory of
kernels, p^-0.385, p^-0.357, p^-0.345, from p = 64 on.

Minutes on one core: --quick 1/4, as it comes 8 by estimate, --full 5,000 by estimate.
"""
import time
from dataclasses import dataclass
from functools import partial

import numpy as np
from experiment import (SEEDS, hold_memory, kept, options, progress, save_arrays, show_table, stack,
                        with_seeds)
from sphere_model_figures import plot
from sphere_model_verdicts import verdicts

from npspectral.analysis.attractors import census
from npspectral.analysis.neurons import Neurons
from npspectral.data.binary import sphere
from npspectral.nn import Chain, Constant, FixedOrientations, OneHidden, ReLU, ScaledDense
from npspectral.training import Limits, gradient_flow

FEATURE, LAZY, TOWARD_LAZY = 1e-6, 1e6, 10.0        # alpha
FLOOR = 0.03                # of Limits: the smallest steps; errors hardly change
N_TEST, ESCAPED = 10_000, 0.1
FREE = ("lazy", "feature")
AT_TEN = (*FREE, "feature, fixed", "feature, b(0) = 0")


@dataclass(frozen=True)
class Setting:
    """What a mode runs: p for each d, and up to which p the slow networks of AT_TEN are trained."""

    seeds: int
    sizes: dict
    width: int
    slow: int
    stages: tuple                   # p and h
    max_steps: int = 10_000


SETTINGS = {
    "quick": Setting(2, {5: (16, 64), 10: (16, 64)}, 100, 64, (64, 200), 4000),
    "default": Setting(3, {d: (32, 64, 128, 256, 512, 1024) for d in (5, 10, 20)}, 400, 256,
                       (400, 800), 6000),
    "full": Setting(10, {d: (32, 64, 128, 256, 512, 1024, 2048, 4096) for d in (2, 3, 5, 10, 20)},
                    2000, 2048, (1000, 10_000), 100_000),
}


def network_of(kind, d, width):
    """(network, alpha) of one of the kinds in AT_TEN."""
    if kind == "feature, fixed":
        last = ScaledDense(width, 1, 2 ** 0.5 / width, bias=False)
        return Chain(FixedOrientations(d, width), ReLU(), last), FEATURE
    bias = Constant(0.0) if kind.endswith("= 0") else True
    return OneHidden(d, width, bias), LAZY if kind == "lazy" else FEATURE


def train(network, start, x, target, alpha, max_steps, label):
    """The record at which y F >= 1 for every point, or that of max_steps, and the first at t*."""
    escaped = None
    for record in gradient_flow(network, start, x, target, alpha=alpha,
                                limits=Limits(floor=FLOOR)):
        learned = record.satisfied(target)
        if record.step % 200 == 0:
            progress(f"{label}  step {record.step}, {learned:.3f} learned")
        if escaped is None and learned > ESCAPED:
            escaped = record
        if learned == 1 or record.step >= max_steps:
            return record, escaped or record


def follow_curve(kind, d, p, width, seed, max_steps):
    """Test error of one network; all kinds see the same data."""
    rng = np.random.default_rng(seed)
    (x_test, target_test), (x, target) = sphere(rng, N_TEST, d), sphere(rng, p, d)
    network, alpha = network_of(kind, d, width)
    start = network.init(rng)
    last, _ = train(network, start, x, target, alpha, max_steps,
                    f"{kind}, d {d}, p {p}, seed {seed}")
    change = network.forward(last.params, x_test)[0] - network.forward(start, x_test)[0]
    return {"error": (change * target_test <= 0).mean(), "left": 1 - last.satisfied(target)}


def follow_stages(p, width, max_steps):
    """v and beta of all neurons at the four stages of the talk."""
    rng = np.random.default_rng(0)
    x, target = sphere(rng, p, 2)
    network = OneHidden(2, width)
    start = network.init(rng)
    lazy, _ = train(network, start, x, target, TOWARD_LAZY, max_steps, "stages, toward lazy")
    last, escaped = train(network, start, x, target, FEATURE, max_steps, "stages, feature")
    found = [Neurons.of(network, params)
             for params in (start, lazy.params, escaped.params, last.params)]
    counted = [census(neurons, x) for neurons in found]
    return {"x": x, "target": target[:, 0], "left": 1 - last.satisfied(target),
            "vectors": [neurons.vectors for neurons in found],
            "beta": [neurons.beta for neurons in found],
            "living": [~one.dead for one in counted],
            "attractors": [one.attractors for one in counted]}


def plan(setting):
    """(kind, d, sizes) of all curves."""
    for d, sizes in setting.sizes.items():
        for kind in AT_TEN if d == 10 else FREE:
            yield kind, d, sizes if kind in FREE else [p for p in sizes if p <= setting.slow]


def run(setting, folder):
    """Curves, (kind, d) -> name -> array, and stages, name -> array; kept runs are not repeated."""
    curves = {}
    for kind, d, sizes in plan(setting):
        rows = [stack([kept(folder, (kind, d, p, setting.width, seed, FLOOR, setting.max_steps),
                            partial(follow_curve, kind, d, p, setting.width, seed,
                                    setting.max_steps)) for p in sizes])
                for seed in range(setting.seeds)]
        curves[kind, d] = {"p": np.array(sizes), **stack(rows)}
    stages = kept(folder, ("stages", *setting.stages, FLOOR, setting.max_steps),
                  partial(follow_stages, *setting.stages, setting.max_steps))
    progress("")
    return curves, stages


def save(curves, stages, folder):
    """curves.npz, its arrays named "lazy 10 error" and so on, and stages.npz."""
    save_arrays({f"{kind} {d}": own for (kind, d), own in curves.items()}, folder / "curves.npz")
    np.savez_compressed(folder / "stages.npz", **stages)


def main(argv=None):
    chosen = options(__doc__.splitlines()[0], "results/sphere_model", seeds=SEEDS).parse_args(argv)
    setting = with_seeds(SETTINGS[chosen.mode], chosen.seeds)
    begin = time.monotonic()
    hold_memory()
    curves, stages = run(setting, chosen.out / "runs")
    save(curves, stages, chosen.out)
    plot(curves, stages, chosen.out)
    show_table(verdicts(curves, stages), chosen.out, chosen.mode)
    print(f"\n{time.monotonic() - begin:.0f} s. Arrays and figures are in {chosen.out}.")


if __name__ == "__main__":
    main()
