"""Digests of all arrays that experiments left, and whether two folders of them hold the same.

    python scripts/report/digests.py FOLDER [OTHER [NAME ...]]

FOLDER has a folder for each experiment with its .npz files. Printed are experiment, array, shape,
type and the digest of the values; how the file is packed and what it says about itself are no part
of it. With OTHER, arrays are compared by their words ("part/name", "part name", or of a file
part.npz the name), those of another name by their digests, and axes may stand in another order,
which is told. Of stopwatches, arrays called "seconds", only the shape is compared. NAME: these
experiments alone. Exit code: 1 if an array is another one or has gone, else 0.
"""
import hashlib
import itertools
import re
import sys
from pathlib import Path

import numpy as np

ABOUT, STOPWATCH = "about", " seconds"


def digest(array):
    """Of values, shape and type."""
    head = f"{array.dtype.str} {array.shape} ".encode()
    return hashlib.sha256(head + np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def read(folder):
    """(experiment, words of the array's name) -> array."""
    found = {}
    for path in sorted(Path(folder).glob("*/*.npz")):
        experiment = path.parent.name
        with np.load(path) as content:
            for name in content.files:
                if name != ABOUT:
                    place = name if path.stem == experiment else f"{path.stem} {name}"
                    found[experiment, words(place)] = content[name]
    return found


def words(name):
    return " ".join(re.findall(r"[\w=.+-]+", name.replace("_", " ")))


def same(array, other, name=""):
    """"" if to the bit, how the axes were moved, or None."""
    if digest(array) == digest(other):
        return ""
    if name.endswith(STOPWATCH) and array.shape == other.shape:
        return "a stopwatch"
    for order in itertools.permutations(range(array.ndim)) if array.ndim == other.ndim else ():
        if digest(array.transpose(order)) == digest(other):
            return f"axes {order}"
    return None


def compare(before, after):
    """Lines on what differs, and whether all of `before` is in `after`."""
    lines, whole = [], True
    new = {key: array for key, array in after.items() if key not in before}
    for (experiment, name), array in before.items():
        said = same(array, after[experiment, name], name) if (experiment, name) in after else None
        if said == "":
            continue
        renamed = [key for key, other in new.items()
                   if said is None and key[0] == experiment and same(array, other) is not None]
        if renamed:
            other = renamed[0]
            said = f"now {other[1]} {same(array, new.pop(other))}".strip()
        whole &= said is not None
        lines.append(f"{experiment:27}{name:40} {said or 'DIFFERS' * (said is None)}")
    lines += [f"{experiment:27}{name:40} new" for experiment, name in new]
    return lines, whole


def show(arrays):
    for (experiment, name), array in arrays.items():
        print(f"{experiment:27}{name:40} {str(array.shape):16}{array.dtype.str:6}{digest(array)}")
    return 0


def main(folder, other=None, *names):
    before, after = ({key: array for key, array in read(place).items()
                      if not names or key[0] in names} for place in (folder, other or folder))
    if other is None:
        return show(before)
    lines, whole = compare(before, after)
    print(*lines, sep="\n")
    print(f"{len(before)} arrays before, {len(after)} after: "
          f"{'all there, to the bit' if whole else 'NOT the same'}")
    return int(not whole)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
