"""Digests of all arrays that experiments left, and whether two folders of them hold the same.

    python scripts/report/digests.py FOLDER [OTHER [NAME ...]]

FOLDER has a folder for each experiment with its .npz files. Printed are experiment, array, shape,
type and the digest of the values. With OTHER, arrays are compared by the words of their names and
their files', those of another name by their digests; axes that were moved are told. Of stopwatches,
arrays called "seconds", only the shape is compared. NAME: these experiments alone. Exit code: 1 if
an array is another one or has gone, else 0.
"""
import hashlib
import itertools
import re
import sys
from pathlib import Path

import numpy as np


def digest(array):
    """A digest of values, shape and type."""
    head = f"{array.dtype.str} {array.shape} ".encode()
    return hashlib.sha256(head + np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def read(folder):
    """(experiment, words of the array's name) -> array."""
    arrays = {}
    for path in sorted(Path(folder).glob("*/*.npz")):
        experiment = path.parent.name
        with np.load(path) as content:
            for name in (name for name in content.files if name != "about"):
                place = name if path.stem == experiment else f"{path.stem} {name}"
                words = " ".join(re.findall(r"[\w=.+-]+", place.replace("_", " ")))
                arrays[experiment, words] = content[name]
    return arrays


def same(array, other, name=""):
    """"" if to the bit, how the axes were moved, or None."""
    if other is None or array.ndim != other.ndim:
        return None
    for order in itertools.permutations(range(array.ndim)):
        if digest(array.transpose(order)) == digest(other):
            return "" if order == tuple(range(array.ndim)) else f"axes {order}"
    return "a stopwatch" if name.endswith(" seconds") and array.shape == other.shape else None


def compare(before, after):
    """Lines on what differs, and whether all of `before` is in `after`."""
    lines, whole = [], True
    new = {key: array for key, array in after.items() if key not in before}
    for (experiment, name), array in before.items():
        said = same(array, after.get((experiment, name)), name)
        for key in [key for key in new if key[0] == experiment] if said is None else ():
            moved = same(array, new[key])
            if moved is not None:
                said = f"now {key[1]} {moved}".strip()
                del new[key]
                break
        whole &= said is not None
        if said != "":
            lines.append(f"{experiment:27}{name:40} {said or 'DIFFERS'}")
    return lines + [f"{experiment:27}{name:40} new" for experiment, name in new], whole


def main(folder, other=None, *names):
    before, after = ({key: array for key, array in read(place).items()
                      if not names or key[0] in names} for place in (folder, other or folder))
    lines, whole = compare(before, after)
    if other is None:
        lines = [f"{experiment:27}{name:40} {array.shape!s:16}{array.dtype.str:6}{digest(array)}"
                 for (experiment, name), array in before.items()]
    else:
        lines.append(f"{len(before)} arrays before, {len(after)} after: "
                     f"{'all there, to the bit' if whole else 'NOT the same'}")
    print(*lines, sep="\n")
    return int(not whole)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if sys.argv[1:] else __doc__)
