"""The table of an experiment: what was measured, and whether it is as claimed."""
import json
from dataclasses import dataclass

import numpy as np

PASS, FAIL, TOO_SMALL = "pass", "FAIL", "not at this size"
VERDICTS = "verdicts.json"


@dataclass(frozen=True)
class Row:
    """One line of a script's table: measured over seeds, and judged.

    `values` have one entry a seed, or are one number. The row passes if `every` one of them lies
    from `low` to `high`, or, with every=False, their median; rows without bounds only inform.
    "-": nothing was published. In quick runs only `exact` rows, due at any size, can fail.
    """

    part: str
    quantity: str
    published: str
    values: np.ndarray
    low: float = -np.inf
    high: float = np.inf
    every: bool = True
    exact: bool = False

    def __post_init__(self):
        object.__setattr__(self, "values", np.atleast_1d(self.values))

    @property
    def ours(self):
        low, middle, high = np.quantile(self.values, [0, 0.5, 1])
        return f"{middle:.4g}" + (f" ({low:.4g} to {high:.4g})" if len(self.values) > 1 else "")

    @property
    def good(self):
        """Which values lie within the bounds; with every=False only the median, as one value."""
        values = self.values if self.every else np.median(self.values, keepdims=True)
        return (values >= self.low) & (values <= self.high)

    @property
    def wanted(self):
        """The bounds in words, and how many values lie within; "" if there are none."""
        if np.isinf(self.low) and np.isinf(self.high):
            return ""
        bounds = (f">= {self.low:g}" if np.isinf(self.high) else f"<= {self.high:g}"
                  if np.isinf(self.low) else f"{self.low:g} to {self.high:g}")
        return f"{bounds}, {f'{self.good.sum()} of {len(self.good)}' if self.every else 'median'}"

    def judge(self, mode="default"):
        """PASS, FAIL, for a quick run TOO_SMALL instead, or "" without bounds."""
        if not self.wanted:
            return ""
        if self.good.all():
            return PASS
        return TOO_SMALL if mode == "quick" and not self.exact else FAIL


def slope(x, y):
    """Of the line through y (..., n) against x (n,), by least squares."""
    x = x - x.mean()
    return y @ x / (x @ x)


def show_table(rows, folder=None, mode="default"):
    """Print the rows: part, quantity, published, ours, verdict; to `folder`, as verdicts.json."""
    written = [{"part": row.part, "quantity": row.quantity, "published": row.published,
                "ours": row.ours, "verdict": row.judge(mode), "wanted": row.wanted,
                "exact": row.exact} for row in rows]
    line = (f"{{part:{1 + max([4, *(len(row.part) for row in rows)])}}}{{quantity:50}}"
            "{published:13}{ours:34}{verdict}")
    print(line.format(part="part", quantity="quantity", published="published",
                      ours="ours: median (range over seeds)", verdict="verdict"))
    for row in written:
        print(line.format(**row) + f" ({row['wanted']})" * bool(row["wanted"]))
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / VERDICTS).write_text(json.dumps(written, indent=1), encoding="utf-8")
