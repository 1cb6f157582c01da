"""What spectral_feature_learning.py claims, as rows of its table."""
import numpy as np
from experiment_table import Row
from lab.table import slope
from spectral_feature_learning_runs import ARMS, DEGREES, GRID, GROUPS

SMALL, LARGE = slice(0, 2), -1          # the alphas of power laws, and the lazy one
ALONE = ("lambda_in", "lambda_out", "lambda", "phi")
UNSETTLED = "lambda_out"                # alone it is on its way still when a run ends
LEARNING = ("lambda", "phi", "lambda + beta", "dense", "everything")    # better at small alpha


def verdicts(result, setting):
    """Rows of `result` as spectral_feature_learning.run gives it."""
    log_alpha, rows = np.array(setting.exponents, float), []
    for arm in ARMS:
        own = result[f"stripe {arm}"]
        rows += errors("stripe", arm, own) + geometry(arm, own)
        if arm in DEGREES and arm != UNSETTLED:
            rows += exponents(arm, own, log_alpha)
    rows += compared(result) + aligned(result)
    for arm in ARMS:
        if f"mnist {arm}" in result:
            rows += errors("mnist", arm, result[f"mnist {arm}"])
    return rows


def errors(task, arm, own):
    return [Row(f"{task} {arm}", "test error, small alpha", "-", own["error"][:, 0]),
            Row(f"{task} {arm}", "test error, large alpha", "-", own["error"][:, LARGE]),
            Row(f"{task} {arm}", "points left at small alpha", "-", own["left"][:, 0])]


def geometry(arm, own):
    """What has become of the neurons at the smallest alpha."""
    part = f"stripe {arm}"
    return [Row(part, "amplification of x_1 by W", "-", own["amplification"][:, 0]),
            Row(part, "amplification of x_1 by lambda_in", "-", own["eigenvalue"][:, 0]),
            Row(part, "attractors / attractors at the start", "-",
                own["attractors"][:, 0] / own["start_attractors"])]


def exponents(arm, own, log_alpha):
    """Slopes of both changes at small alpha, beside -1/k and 2/k - 2 of homogeneity k."""
    part, k = f"stripe {arm}", DEGREES[arm]
    found = {name: slope(log_alpha[SMALL], np.log10(own[name][:, SMALL]))
             for name in ("parameters", "kernel")}
    return [Row(part, f"slope of |{label}|, small alpha", f"{law:.3g}", found[name],
                round(law - around, 3), round(law + around, 3))
            for name, label, law, around in (("parameters", "theta - theta_0", -1 / k, 0.15),
                                             ("kernel", "K - K_0", 2 / k - 2, 0.25))]


def compared(result):
    """Arms against each other at the smallest alpha, seed by seed; "-": nothing was predicted."""
    def small(arm, name):
        return result[f"stripe {arm}"][name][:, 0]

    def gathered(arm):
        return small(arm, "attractors") / result[f"stripe {arm}"]["start_attractors"]

    rows = [Row("alone", f"|K - K_0| / |K_0|, {arm}", "order 1", small(arm, "kernel"), 0.05, 2)
            for arm in ALONE]
    rows.append(Row("alone", "|K - K_0|, lambda_out, largest alpha", "0",
                    result["stripe lambda_out"]["kernel"][:, LARGE], high=1e-14,
                    exact=True))
    rows += [Row("errors", f"{arm}: small / large alpha", "-",
                 small(arm, "error") / result[f"stripe {arm}"]["error"][:, LARGE],
                 high=1.0, every=False) for arm in LEARNING]
    rows += [Row("errors", f"{arm} / dense, small alpha", "-",
                 small(arm, "error") / small("dense", "error"), high=1.0, every=False)
             for arm in ("lambda + beta", "everything")]
    return rows + [
        Row("errors", "bias apart / dense, small alpha", "-",
            small("bias apart", "error") / small("dense", "error"), low=1.3, every=False),
        Row("neurons", "attractors at the end / start, phi", "gather", gathered("phi"), high=0.6),
        Row("neurons", "attractors at the end / start, dense", "gather", gathered("dense"),
            high=0.6),
        Row("neurons", "attractors at the end / start, lambda_out", "stay", gathered("lambda_out"),
            low=0.9),
        Row("neurons", "attractors at the end / start, lambda + beta", "stay",
            gathered("lambda + beta"), low=0.6)]


def half_rise(values):
    """The times of GRID at which alignments (seeds, times) have made half of their rise."""
    level = (values[:, :1] + values.max(1, keepdims=True)) / 2
    return GRID[np.argmax(values >= level, 1)]


def aligned(result):
    """When each group's kernel has turned to the labels, in units of when the loss is half."""
    rows = []
    for part in (name for name in result if name.startswith("kernels ")):
        values = result[part]["alignment"]
        for i, group in enumerate(GROUPS):
            rows += [Row(part, f"alignment of {group}'s kernel, start", "-", values[:, 0, i]),
                     Row(part, f"alignment of {group}'s kernel, end", "-", values[:, -1, i]),
                     Row(part, f"half of the rise, {group}", "-", half_rise(values[:, :, i]))]
    times = {group: half_rise(result["kernels everything"]["alignment"][:, :, i])
             for i, group in enumerate(GROUPS)}
    return rows + [Row("kernels everything", f"half of the rise, {group} / phi", "-",
                       times[group] / times["phi"], **bounds)
                   for group, bounds in (("lambda_in", dict(high=0.9)), ("lambda_out", {}))]
