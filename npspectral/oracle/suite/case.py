"""A case as a candidate sees it."""
import copy
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

import numpy as np

from . import files

NAMES = ("x", "y", "grad_y", "target", "weights", "phi", "lambda_in", "lambda_out", "bias",
         "weight", "theta", "gradients", "q", "r", "u", "s", "v", "planted", "modes", "k_real",
         "k_imag", "omega", "gain", "mean", "variance")               # and phi_1, lambda_0, ...


@dataclass(frozen=True)
class Expected:
    """A golden array: value, its scale S, and at kinks the bracket [low, high].

    products: the largest share of S that comes from operands of products, which TF32 rounds.
    """

    value: np.ndarray
    scale: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    products: float = 0.0


class Case:
    """One case: id, kind, tier, flags, dtypes, layers, spec, trainable; inputs and expected arrays.

    forward_only: whether no gradient is asked for; then nothing is trainable.

    Inputs are read-only float64 arrays (labels are integers) and also attributes: case.x, case.phi,
    case.grad_y; an absent one is None. expect: name -> Expected, with names such as "y", "value",
    "grad_x", "grad_phi". Images have four axes, (batch, height, width, channels).
    """

    forward_only = False

    def __init__(self, solved):
        self.solved = solved
        for field in ("id", "kind", "tier", "flags", "dtypes", "layers", "trainable", "core"):
            setattr(self, field, solved[field])
        self.spec = {key: solved[key] for key in files.SPECS if key in solved}
        self.inputs = {name: _array(entry.get("labels", entry.get("dec")), entry["shape"],
                                    int if "labels" in entry else float)
                       for name, entry in solved["inputs"].items()}
        self.expect = {name: _expected(entry) for name, entry in solved["expect"].items()}

    def __getattr__(self, name):
        if name in NAMES or name.startswith("v_") or name.rpartition("_")[2].isdigit():
            return self.inputs.get(name)
        raise AttributeError(f"Case has no attribute {name!r}")

    def __repr__(self):
        return f"Case({self.id!r})"


def with_inputs(case, inputs):
    """The case with some other inputs."""
    moved = copy.copy(case)
    moved.inputs = {**case.inputs, **inputs}
    return moved


def without_gradients(cases):
    """The cases as they ask for y, the value or the trace alone; not those about derivatives."""
    found = []
    for case in cases:
        about_grad_y = case.kind == "error" and "grad_y" in case.id
        if not about_grad_y and case.kind not in ("second", "per_sample", "tangent"):
            found.append(copy.copy(case))
            found[-1].forward_only, found[-1].trainable = True, []
            found[-1].expect = {name: expected for name, expected in case.expect.items()
                                if not name.startswith("grad_")}
    return found


def _array(numbers, shape, dtype):
    array = np.array(numbers, dtype).reshape(shape)
    array.setflags(write=False)
    return array


def _expected(entry):
    def of_bits(words):
        numbers = np.array([int(word, 16) for word in words], np.uint64).view(np.float64)
        return _array(numbers, entry["shape"], float)
    bracket = [of_bits(entry[side]) if side in entry else None for side in ("low", "high")]
    return Expected(of_bits(entry["bits"]), _array(entry["scale"], entry["shape"], float), *bracket,
                    entry.get("products", 0.0))


def cases(suite="core", only=None, folder=files.FOLDER):
    """The cases of a suite ("core" or "full") whose ids match the glob `only`, or one of several.

    Raises ValueError for another suite, and for a glob that matches no case.
    """
    if suite not in ("core", "full"):
        raise ValueError(f"cases: suite is {suite!r}, expected 'core' or 'full'")
    patterns = ["*"] if only is None else [only] if isinstance(only, str) else list(only)
    if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
        raise ValueError(f"only is {only!r}, expected a glob of case ids or several")

    def wanted(case_id, core):
        return (core or suite == "full") and any(
            fnmatchcase(case_id, pattern) for pattern in patterns)

    solved, _ = files.read(folder, wanted=wanted)
    for pattern in patterns:
        if not any(fnmatchcase(case["id"], pattern) for case in solved):
            raise ValueError(f"only: no case of suite {suite!r} matches {pattern!r}")
    return [Case(case) for case in solved]


def holds(case, dtype):
    """Whether the case is for this dtype: "tf32" is float32 whose products take 11 bits."""
    return ("float32" if dtype == "tf32" else dtype) in case.dtypes


@cache
def known_ids():
    """The ids of the full suite."""
    return frozenset(case["id"] for case in files.read()[0])
