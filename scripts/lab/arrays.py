"""The arrays of an experiment in one .npz file that says what they are.

Arrays are named "part/name". The text "about" is JSON: experiment, mode, setting, seeds, versions,
and for each array the names of its axes. To draw a figure again, and change it:

    sys.path.insert(0, "scripts")                           # in the clone
    from experiments.input_relevance.figures import figures
    from lab.arrays import load
    result, about = load("results/reproduce/quick/input_relevance/input_relevance.npz")
    figures(result)["gaussian"](figure)                     # an empty matplotlib.figure.Figure
    figure.axes[0].set_title(about["setting"]["features"])
"""
import json
import os
import zipfile
from dataclasses import asdict

import numpy as np

from .options import seeds_of
from .versions import versions

ABOUT = "about"


def as_arrays(result):
    """part -> name -> array, of anything that NumPy makes an array of."""
    return {part: {name: np.asarray(value) for name, value in arrays.items()}
            for part, arrays in result.items()}


def arms_of(result, part):
    """arm -> arrays, of the parts that are called "part, arm"."""
    return {name.removeprefix(f"{part}, "): arrays for name, arrays in result.items()
            if name.startswith(f"{part}, ")}


def by_part(result):
    """part -> arm -> arrays, where all parts are called "part, arm"."""
    return {part: arms_of(result, part)
            for part in dict.fromkeys(name.partition(", ")[0] for name in result)}


def axes_of(arrays, axes):
    """"part/name" -> names of axes; `axes` has them by name, or by "part/name" where parts differ.

    Raises ValueError for an array that has no such names, or another number of axes.
    """
    named = {both: axes.get(both, axes.get(both.rpartition("/")[2])) for both in arrays}
    for both, known in named.items():
        if known is None or len(known) != arrays[both].ndim:
            raise ValueError(f"{both} has shape {arrays[both].shape}, AXES names {known}")
    return named


def save(path, result, axes, experiment, mode, setting):
    """Write part -> name -> array whole or not at all."""
    arrays = {f"{part}/{name}": array for part, named in result.items()
              for name, array in named.items()}
    about = {"experiment": experiment, "mode": mode, "setting": asdict(setting),
             "seeds": seeds_of(setting), "versions": versions(), "axes": axes_of(arrays, axes)}
    temporary = path.with_name(f"{path.name}.part")
    with open(temporary, "wb") as file:
        np.savez_compressed(file, **{ABOUT: np.array(json.dumps(about, default=str))}, **arrays)
    os.replace(temporary, path)


def load(path):
    """(part -> name -> array, what the file says about them); ValueError if it is damaged."""
    result: dict = {}
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()                 # which NumPy alone does not always see
        if damaged:
            raise ValueError(f"{damaged} is damaged")
        with np.load(path) as content:
            about = json.loads(content[ABOUT].item())
            for both in content.files:
                part, _, name = both.rpartition("/")
                if both != ABOUT:
                    result.setdefault(part, {})[name] = content[both]
    except OSError:
        raise
    except Exception as error:                          # damaged bytes raise all sorts
        raise ValueError(f"{path}: not a whole file of arrays: {error}") from error
    return result, about
