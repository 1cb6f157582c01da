"""What the experiment scripts share: options, data at hand, runs kept on disk, tables, figures.

A script's docstring tells its question, source and minutes; here is only what would otherwise stand
in each of them.
"""
import argparse
import hashlib
import json
import multiprocessing
import os
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from npspectral import data, sweep
from npspectral.progress import Line

# The colors of M. Okabe and K. Ito, which readers with any color vision can tell apart.
BLUE, ORANGE, GREEN, PINK, GRAY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#777777"
STYLE = {"font.size": 12, "axes.spines.top": False, "axes.spines.right": False,
         "axes.titlesize": 13, "legend.frameon": False, "figure.dpi": 130,
         "savefig.bbox": "tight", "figure.constrained_layout.use": True}
LABELED = {"mnist": data.mnist, "fashion-mnist": data.fashion_mnist}
PASS, FAIL, TOO_SMALL = "pass", "FAIL", "not at this size"
VERDICTS = "verdicts.json"
LINE = Line()                               # the one that a script shows its progress in
hold_memory = sweep.hold_memory             # at the start of a script; a sweep's workers do it, too


@dataclass(frozen=True)
class Row:
    """One line of a script's table: measured over seeds, and judged.

    `values` have one entry a seed. The row passes if `every` one of them lies from `low` to `high`,
    or, with every=False, their median; rows without bounds only inform. "-": nothing was published.
    Quick runs are too small for a row to fail, unless it is `exact`: due at any size.
    """

    part: str
    quantity: str
    published: str
    values: np.ndarray
    low: float = -np.inf
    high: float = np.inf
    every: bool = True
    exact: bool = False

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

    @property
    def verdict(self):
        return f"{self.judge()} ({self.wanted})" if self.wanted else ""


def show_table(rows, folder=None, mode="default"):
    """Print the rows: part, quantity, published, ours, verdict; to `folder`, as verdicts.json."""
    first = 1 + max([4, *(len(row.part) for row in rows)])
    print(f"{'part':{first}}{'quantity':50}{'published':13}"
          f"{'ours: median (range over seeds)':34}verdict")
    for row in rows:
        verdict = f"{row.judge(mode)} ({row.wanted})" if row.wanted else ""
        print(f"{row.part:{first}}{row.quantity:50}{row.published:13}{row.ours:34}{verdict}")
    if folder is not None:
        found = [{"part": row.part, "quantity": row.quantity, "published": row.published,
                  "ours": row.ours, "verdict": row.judge(mode), "wanted": row.wanted,
                  "exact": row.exact} for row in rows]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / VERDICTS).write_text(json.dumps(found, indent=1), encoding="utf-8")


def at_least_one(text):
    """A number of seeds or workers from the command line."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text}, expected 1 or more")
    return number


SEEDS = dict(type=at_least_one, help="how many, instead of the mode's own number")
WORKERS = dict(type=at_least_one, default=1, help="processes that share the runs (%(default)s)")


def options(description, out, **more):
    """The parser of every script: --quick, --full, --out, and what else it needs as keywords."""
    parser = argparse.ArgumentParser(description=description)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="mode", action="store_const", const="quick",
                      default="default", help="smaller or fewer, in seconds")
    size.add_argument("--full", dest="mode", action="store_const", const="full",
                      help="the published sizes")
    parser.add_argument("--out", type=Path, default=Path(out),
                        help="folder for results (%(default)s)")
    parser.add_argument("--download", action="store_true", help="get data files that are not here")
    for name, keywords in more.items():
        parser.add_argument(f"--{name}", **keywords)
    return parser


def with_seeds(setting, seeds):
    """The setting with another number of seeds, of every kind that it has; None leaves it alone."""
    own = {"seeds", "seeds_of_others"} & {field.name for field in fields(setting)}
    return setting if seeds is None else replace(setting, **dict.fromkeys(own, seeds))


def available(names, download=False):
    """Those of the data sets that need no download, or all; says which are left out and why."""
    missing = [name for name in names if not (download or data.at_hand(name))]
    if missing:
        place = os.environ.get("NPSPECTRAL_DATA") or "this machine's cache"
        print(f"{', '.join(missing)} left out: the files are not in {place}. Name a folder that "
              f"has them in NPSPECTRAL_DATA, or unset it and add --download (once).")
    return [name for name in names if name not in missing]


def images(name, limit=None, dtype=np.float32):
    """(x, labels) for training, the same for testing; of `limit` training images only the first."""
    x, labels = LABELED[name]("train", dtype=dtype)
    return (x[:limit], labels[:limit]), LABELED[name]("test", dtype=dtype)


def kept(folder, key, run):
    """The arrays that run() gives, a dict; from its file in `folder` if it was run before.

    `key` holds all that the result depends on; its repr names the file and stands in it. A file is
    written whole or not at all, so a script that was killed goes on with the run it was at.
    """
    text = repr(key)
    path = Path(folder) / f"{hashlib.sha256(text.encode()).hexdigest()[:24]}.npz"
    if path.is_file():
        with np.load(path, allow_pickle=False) as archive:
            found = dict(archive)
        if str(found.pop("key")) != text:
            raise ValueError(f"{path}: holds another run than {text}; delete it")
        return found
    arrays = {name: np.asarray(value) for name, value in run().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.urandom(4).hex()}.part")
    with open(temporary, "xb") as file:
        np.savez_compressed(file, key=np.array(text), **arrays)
    os.replace(temporary, path)
    return arrays


def swept(plan, path, workers=1, executor=None, version=None):
    """part -> what its runs returned, for part -> runs of npspectral.sweep.

    Runs in the results file are not run again, so a script that was killed goes on; see there.
    """
    runs = [run for part in plan.values() for run in part]
    values = iter(sweep.run_all(runs, path, workers, executor, version, progress).values)
    progress("")
    return {name: [next(values) for _ in part] for name, part in plan.items()}


def stack(rows):
    """A list of dicts with the same names as one dict of arrays, one row each."""
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def progress(line):
    """Show how far a script is; an empty line ends it. Workers of a sweep are silent."""
    if multiprocessing.parent_process() is None:
        LINE.show(line) if line else LINE.close(clear=True)


def save_arrays(parts, path):
    """Write an .npz file of part -> name -> array, its arrays named "part name"."""
    np.savez_compressed(path, **{f"{part} {name}": array for part, own in parts.items()
                                 for name, array in own.items()})


def save_figures(figures, folder):
    """Draw and write figures: name -> function of matplotlib.pyplot that gives a figure."""
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    with plt.rc_context(STYLE):
        for name, draw in figures.items():
            figure = draw(plt)
            figure.savefig(Path(folder) / f"{name}.png")
            plt.close(figure)
