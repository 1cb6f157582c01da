"""What the experiment scripts share: options, data at hand, runs kept on disk.

A script's docstring tells its question, source and minutes; here is only what would otherwise stand
in each of them.
"""
import argparse
import multiprocessing
import os
from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import numpy as np

from npspectral import data, sweep
from npspectral.progress import Line

LABELED = {"mnist": data.mnist, "fashion-mnist": data.fashion_mnist}
LINE = Line()                               # the one that a script shows its progress in
hold_memory = sweep.hold_memory             # at the start of a script; a sweep's workers do it, too


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


@cache
def images(name, limit=None, dtype=np.float32):
    """(x, labels) for training, the same for testing; of `limit` training images only the first.

    A process reads a set once, and all its runs share the arrays, which refuse every write.
    """
    x, labels = LABELED[name]("train", dtype=dtype)
    if limit is not None:
        x, labels = x[:limit].copy(), labels[:limit].copy()
    return locked(x, labels), locked(*LABELED[name]("test", dtype=dtype))


def locked(*arrays):
    """The arrays, which refuse every write from now on: what runs share, none of them changes."""
    for array in arrays:
        array.setflags(write=False)
    return arrays


def each_seed(function, seeds, **parameters):
    """The runs of a function of a seed, for the first seeds, that differ in nothing else."""
    return sweep.grid(function, **{name: [value] for name, value in parameters.items()},
                      seed=range(seeds))


def swept(plan, path, workers=1, executor=None):
    """part -> what its runs returned, for part -> runs of npspectral.sweep; the rest stands there.

    The one way to keep runs. What the results file holds, made by the same code with the same
    parameters, is not made again, so a script that was killed goes on; says how much that was.
    """
    runs = [run for part in plan.values() for run in part]
    table = sweep.run_all(runs, path, workers, executor, report=progress)
    values = iter(table.values)
    progress("")
    different = len({row.record for row in table.rows})
    print(f"{table.from_disk} of {different} runs from disk")
    return {name: [next(values) for _ in part] for name, part in plan.items()}


def stack(rows):
    """A list of dicts with the same names as one dict of arrays, one row each."""
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def progress(line):
    """Show how far a script is; an empty line ends it. Workers of a sweep are silent."""
    if multiprocessing.parent_process() is None:
        LINE.show(line) if line else LINE.clear()


def save_arrays(parts, path):
    """Write an .npz file of part -> name -> array, its arrays named "part name"."""
    np.savez_compressed(path, **{f"{part} {name}": array for part, own in parts.items()
                                 for name, array in own.items()})
