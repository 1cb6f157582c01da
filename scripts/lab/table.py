"""What an experiment measured: published statements judged by it, and its own checks.

A Row is one measured quantity with its bounds. A Claim is a statement of a source, judged by rows.
Rows outside claims are checks: identities, and bounds that we set ourselves.
"""
import json
from dataclasses import dataclass

import numpy as np

PASS, FAIL, TOO_SMALL = "pass", "FAIL", "not at this size"              # of rows
REPRODUCED, PARTLY, NOT, NOT_COMPARABLE = "reproduced", "partly", "not", "not comparable"
VERDICTS = "verdicts.json"


@dataclass(frozen=True)
class Row:
    """One quantity: measured over seeds, or over what `over` names, and judged.

    `values` have one entry a seed, or are one number; one that is fitted over seeds comes with
    their number `seeds`, and with its `interval` of 95 %, as lab.statistics.bootstrap gives it.
    The row passes if `every` value lies from `low` to `high`, or, with every=False, their median;
    rows without bounds only inform. published: "-" if nothing was.
    In quick runs only `exact` rows, due at any size, can fail.
    """

    part: str
    quantity: str
    published: str
    values: np.ndarray
    low: float = -np.inf
    high: float = np.inf
    every: bool = True
    exact: bool = False
    interval: tuple | None = None
    seeds: int | None = None
    over: str = "seeds"

    def __post_init__(self):
        object.__setattr__(self, "values", np.atleast_1d(self.values))

    @property
    def ours(self):
        """Median, range or interval, and of how many: "0.57 (0.46 to 0.69; 8 seeds)"."""
        low, middle, high = np.quantile(self.values, [0, 0.5, 1])
        number = self.seeds or len(self.values)
        said = [f"{low:.4g} to {high:.4g}"] * (len(self.values) > 1)
        if self.interval is not None:
            said = ["95 %: {:.3g} to {:.3g}".format(*self.interval)]
        said += [f"{number} {self.over}"] * (number > 1)
        return f"{middle:.4g}" + f" ({'; '.join(said)})" * bool(said)

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


@dataclass(frozen=True)
class Claim:
    """A statement of a source, and the rows that judge it.

    name      short, and like no other of the experiment
    words     what the source says, shortened
    source    author, year, which document
    figure    name of the figure that shows it
    note      how ours deviates; what was tried where it does not come out; "Exploratory: ..." where
              a setting was chosen on the test set
    incomparable    why it cannot be judged, if it cannot
    """

    name: str
    words: str
    source: str
    rows: list
    figure: str
    note: str = ""
    incomparable: str = ""

    def judge(self, mode="default"):
        """REPRODUCED if all rows with bounds hold, PARTLY if some do, else NOT.

        NOT_COMPARABLE if so said. Quick runs are TOO_SMALL for a verdict.
        """
        if self.incomparable:
            return NOT_COMPARABLE
        if mode == "quick":
            return TOO_SMALL
        held = [row.judge() == PASS for row in self.rows if row.wanted]
        if not held:
            raise ValueError(f"claim {self.name!r} has no row with bounds, nor says why it cannot "
                             f"be compared")
        return REPRODUCED if all(held) else PARTLY if any(held) else NOT


def slope(x, y):
    """Of the line through y (..., n) against x (n,), by least squares."""
    x = x - x.mean()
    return y @ x / (x @ x)


def rows_of(claims, checks):
    """All rows: of the claims, then the checks."""
    return [row for claim in claims for row in claim.rows] + list(checks)


def told(row, mode):
    """A row as plain words, for a file."""
    return {"part": row.part, "quantity": row.quantity, "published": row.published,
            "ours": row.ours, "verdict": row.judge(mode), "wanted": row.wanted, "exact": row.exact}


def unclaimed(checks, claims):
    """Checks without those that a row of a claim is, too, with the same bounds or better ones."""
    known = {(row.part, row.quantity, *bounds) for row in rows_of(claims, [])
             for bounds in (("", False), (row.wanted, row.exact))}
    return [row for row in checks if (row.part, row.quantity, row.wanted, row.exact) not in known]


def in_words(claims, checks, mode="default"):
    """Claims and checks with their verdicts as plain words, for a file."""
    return {"claims": [{**vars(claim), "rows": [told(row, mode) for row in claim.rows],
                        "verdict": claim.judge(mode)} for claim in claims],
            "checks": [told(row, mode) for row in unclaimed(checks, claims)]}


def show_table(claims, checks, folder=None, mode="default"):
    """Print claims and checks with their rows; to `folder`, as verdicts.json."""
    said = in_words(claims, checks, mode)
    rows = [row for claim in said["claims"] for row in claim["rows"]] + said["checks"]
    line = (f"  {{part:{1 + max([4, *(len(row['part']) for row in rows)])}}}{{quantity:50}}"
            "{published:13}{ours:34}{verdict}")

    def show(rows):
        for row in rows:
            print(line.format(**row) + f" ({row['wanted']})" * bool(row["wanted"]))
    print(line.format(part="part", quantity="quantity", published="published",
                      ours="ours: median (range; of)", verdict="verdict"))
    for claim in said["claims"]:
        print(f"{claim['source']}: {claim['words']}  [{claim['verdict']}]")
        show(claim["rows"])
    print("Own checks:")
    show(said["checks"])
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / VERDICTS).write_text(json.dumps(said, indent=1), encoding="utf-8")
