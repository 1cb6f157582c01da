"""What is claimed of the kernel's eigenvectors, as rows of a table."""
from functools import partial

import numpy as np
from lab.table import Row

from npspectral.analysis.clouds.mutual_information import ratio_floor

STAGES = ("start", "feature", "lazy")
ESTIMATORS = ("published", "apart", "Ross")
FEW = 10                                        # top eigenvectors that are summed or averaged over


def claims(result):
    return []


def checks(result):
    rows = []
    for part, arrays in result.items():
        rows += [Row(part, f"test error, {regime}", "-", errors)
                 for regime, errors in zip(STAGES[1:], arrays["errors"].T)]
        rows += projection(part, arrays) + information(part, arrays)
    return rows + split(result["stripe"])


def before_and_after(part, name, published, values):
    """Rows of values (seeds, stages) at the start and after feature training."""
    return [Row(part, f"{name}, {stage}", published, values[:, i])
            for i, stage in enumerate(STAGES[:2])]


def projection(part, arrays):
    """Where the labels lie: on the top 10, how many are needed, and the alignment."""
    row, aligned, shares = partial(Row, part), arrays["alignment"], arrays["shares"]
    top, needed = shares[..., :FEW].sum(-1), (np.cumsum(shares, -1) < 0.9).sum(-1) + 1
    return [*before_and_after(part, f"labels on the top {FEW}", "figure", top),
            *before_and_after(part, "eigenvectors for 90 % of them", "figure", needed),
            row(f"labels on the top {FEW}, feature less start", "rises", top[:, 1] - top[:, 0],
                low=0.0 if part == "stripe" else -np.inf),      # with p it rises or falls on MNIST
            row("alignment, feature over start", "rises", aligned[:, 1] / aligned[:, 0], 1.5),
            row(f"labels on the top {FEW}, |lazy less start|", "0", abs(top[:, 2] - top[:, 0]),
                high=0.01)]


def information(part, arrays):
    """The mean over the top 10 in all estimators, beside the floors of the first two."""
    floors = f"floor {ratio_floor(5):.3f}", f"floor {ratio_floor(5, apart=True):.3f}", "floor 0"
    rows, mean = [], arrays["information"][..., :FEW].mean(-1)
    for j, (estimator, floor) in enumerate(zip(ESTIMATORS, floors)):
        name, (start, feature, lazy) = f"bits of the top {FEW}, {estimator}", mean[:, :, j].T
        rows += [*before_and_after(part, name, floor, mean[:, :, j]),
                 Row(part, f"{name}, feature less start", "rises", feature - start, low=0.0),
                 Row(part, f"{name}, |lazy less start|", "0", abs(lazy - start), high=0.02)]
    return rows


def split(arrays):
    """How much of the kernel is in neither family, and of which family its eigenvectors are."""
    row, outside = partial(Row, "split"), arrays["outside"]
    better = arrays["families"][:, :, :2].max(2)[..., :FEW]
    return [*before_and_after("split", "trace in neither family", "-", outside),
            *before_and_after("split", f"R^2 by the better family, top {FEW}", "-", better.mean(2)),
            row("trace in neither, feature over start", "falls", outside[:, 1] / outside[:, 0],
                high=0.5),
            row("trace in neither, lazy over start", "1", outside[:, 2] / outside[:, 0],
                0.99, 1.01),
            row(f"R^2 by the better, top {FEW}, feature less start", "rises",
                (better[:, 1] - better[:, 0]).mean(1), low=0.1),
            row("rest of K' that depends on x_perp", "0", arrays["remainder"].max(1), high=1e-13,
                exact=True)]
