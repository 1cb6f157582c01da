"""What is claimed of the kernel's eigenvectors, as rows of a table."""
import numpy as np
from lab.table import Row

from npspectral.analysis.clouds.mutual_information import ratio_floor

STAGES = ("start", "feature", "lazy")
ESTIMATORS = ("published", "apart", "Ross")
FEW = 10                                        # top eigenvectors that are summed or averaged over


def claims(result):
    """Rows of all parts."""
    rows = []
    for part, arrays in result.items():
        rows += [Row(part, f"test error, {regime}", "-", arrays["errors"][:, i])
                 for i, regime in enumerate(STAGES[1:])]
        rows += projection(part, arrays) + information(part, arrays)
    return rows + split(result["stripe"])


def top_share(shares, count=FEW):
    """Share of the labels on the first `count` eigenvectors, over the last axis."""
    return shares[..., :count].sum(-1)


def needed(shares, share=0.9):
    """How many of the first eigenvectors hold a share of the labels."""
    return (np.cumsum(shares, axis=-1) < share).sum(-1) + 1


def projection(part, arrays):
    """Where the labels lie: on the top 10, how many are needed, and the alignment.

    On MNIST the share on the top 10 rises or falls with the number of points: it is not judged.
    """
    top, count, aligned = top_share(arrays["shares"]), needed(arrays["shares"]), arrays["alignment"]
    rows = []
    for i, stage in enumerate(STAGES[:2]):
        rows += [Row(part, f"labels on the top {FEW}, {stage}", "figure", top[:, i]),
                 Row(part, f"eigenvectors for 90 % of them, {stage}", "figure", count[:, i]),
                 Row(part, f"alignment, {stage}", "-", aligned[:, i])]
    return rows + [
        Row(part, f"labels on the top {FEW}, feature less start", "rises", top[:, 1] - top[:, 0],
            **(dict(low=0.0) if part == "stripe" else {})),
        Row(part, "alignment, feature over start", "rises", aligned[:, 1] / aligned[:, 0],
            low=1.5),
        Row(part, f"labels on the top {FEW}, |lazy less start|", "0", abs(top[:, 2] - top[:, 0]),
            high=0.01)]


def information(part, arrays):
    """The mean over the top 10 in all estimators, beside the floors of the first two."""
    floors = f"floor {ratio_floor(5):.3f}", f"floor {ratio_floor(5, apart=True):.3f}", "floor 0"
    mean = arrays["information"][..., :FEW].mean(-1)
    rows = []
    for j, (name, floor) in enumerate(zip(ESTIMATORS, floors)):
        start, feature, lazy = mean[:, :, j].T
        rows += [Row(part, f"bits of the top {FEW}, {name}, start", floor, start),
                 Row(part, f"bits of the top {FEW}, {name}, feature", floor, feature),
                 Row(part, f"bits of the top {FEW}, {name}, feature less start", "rises",
                     feature - start, low=0.0),
                 Row(part, f"bits of the top {FEW}, {name}, |lazy less start|", "0",
                     abs(lazy - start), high=0.02)]
    return rows


def split(arrays):
    """How much of the kernel is in neither family, and of which family its eigenvectors are."""
    better, both = arrays["families"][:, :, :2].max(2), arrays["families"][:, :, 2]
    rows = []
    for i, stage in enumerate(STAGES[:2]):
        rows += [Row("split", f"trace in neither family, {stage}", "-", arrays["outside"][:, i]),
                 Row("split", f"R^2 by the better family, top {FEW}, {stage}", "-",
                     better[:, i, :FEW].mean(1)),
                 Row("split", f"R^2 by both, top {FEW}, {stage}", "-", both[:, i, :FEW].mean(1)),
                 Row("split", f"|K - K'| / |K|, {stage}", "-", arrays["distance"][:, i])]
    return rows + [
        Row("split", "trace in neither, feature over start", "falls",
            arrays["outside"][:, 1] / arrays["outside"][:, 0], high=0.5),
        Row("split", "trace in neither, lazy over start", "1",
            arrays["outside"][:, 2] / arrays["outside"][:, 0], low=0.99, high=1.01),
        Row("split", "trace in neither, of K' (resolution)", "0", arrays["outside_split"][:, 1]),
        Row("split", f"R^2 by the better, top {FEW}, feature less start", "rises",
            (better[:, 1] - better[:, 0])[:, :FEW].mean(1), low=0.1),
        Row("split", "rest of K' that depends on x_perp", "0", arrays["remainder"].max(1),
            high=1e-13, exact=True)]
