"""What the scripts that are not yet experiments take from here; goes with the last of them."""
from pathlib import Path

import argparse
import numpy as np
from lab.data import LABELED, get, here, images, locked  # noqa: F401
from lab.keep import keeper
from lab.options import at_least_one, with_seeds  # noqa: F401
from lab.plan import each_seed, stack  # noqa: F401
from lab.progress import LINE, progress  # noqa: F401

from npspectral.sweep import hold_memory  # noqa: F401
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


def available(names, download=False):
    get(names, download)
    return here(*names)


def swept(plan, path, workers=1, executor=None):
    return keeper(path, workers, executor)(plan)


def save_arrays(parts, path):
    np.savez_compressed(path, **{f"{part} {name}": array for part, own in parts.items()
                                 for name, array in own.items()})
