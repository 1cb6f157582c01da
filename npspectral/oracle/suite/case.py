"""A case as a candidate sees it, and the one rule by which its answers are judged."""
from dataclasses import dataclass

import numpy as np

from . import files

# dtype -> unit roundoff u, and eta: what underflow may add (64 times the smallest subnormal)
ROUNDOFF = {"float64": (2.0 ** -53, 2.0 ** -1068), "float32": (2.0 ** -24, 2.0 ** -143),
            "float16": (2.0 ** -11, 2.0 ** -18), "bfloat16": (2.0 ** -8, 2.0 ** -127)}
NAMES = ("x", "y", "grad_y", "target", "weights", "phi", "lambda_in", "lambda_out", "bias",
         "weight", "theta", "gradients", "q", "r", "u", "s", "v", "planted", "modes", "k_real",
         "k_imag", "omega")                                           # and phi_1, lambda_0, ...


@dataclass(frozen=True)
class Expected:
    """A golden array: value, its scale S, and at kinks the bracket [low, high]."""

    value: np.ndarray
    scale: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None


class Case:
    """One case: id, kind, tier, flags, dtypes, layers, spec, trainable; inputs and expected arrays.

    Inputs are read-only float64 arrays (labels are integers) and also attributes: case.x, case.phi,
    case.grad_y; an absent one is None. expect: name -> Expected, with names such as "y", "value",
    "grad_x", "grad_phi".
    """

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
        if name in NAMES or name.rpartition("_")[2].isdigit():
            return self.inputs.get(name)
        raise AttributeError(f"Case has no attribute {name!r}")

    def __repr__(self):
        return f"Case({self.id!r})"


def _array(numbers, shape, dtype):
    array = np.array(numbers, dtype).reshape(shape)
    array.setflags(write=False)
    return array


def _expected(entry):
    def of_bits(words):
        numbers = np.array([int(word, 16) for word in words], np.uint64).view(np.float64)
        return _array(numbers, entry["shape"], float)
    bracket = [of_bits(entry[side]) if side in entry else None for side in ("low", "high")]
    return Expected(of_bits(entry["bits"]), _array(entry["scale"], entry["shape"], float), *bracket)


@dataclass(frozen=True)
class Verdict:
    """One array of one case: "pass", "acceptable" (inside a kink's bracket) or what is wrong.

    status: pass, acceptable, wrong, missing, unexpected, shape, dtype, not-finite.
    For "wrong": the worst index by error over allowed, both numbers, and that ratio.
    """

    name: str
    status: str
    detail: str = ""
    index: tuple = ()
    got: float = np.nan
    want: float = np.nan
    allowed: float = np.nan
    ratio: float = 0.0

    @property
    def ok(self):
        return self.status in ("pass", "acceptable")


def compare(expected, got, dtype, tier, name=""):
    """The verdict on an array of the right shape: |got - want| <= u S + eta, bit for bit if exact.

    Every comparison is written so that a NaN fails it.
    """
    roundoff, eta = ROUNDOFF[dtype]
    got = np.asarray(got, float)
    if got.size == 0:
        return Verdict(name, "pass")
    exact = tier == "exact" and dtype in ("float64", "float32")
    allowed = np.zeros_like(expected.scale) if exact else roundoff * expected.scale + eta
    with np.errstate(invalid="ignore"):
        error = np.abs(got - expected.value)
    fits = error <= allowed
    if expected.low is not None and not fits.all():
        inside = (got >= expected.low - allowed) & (got <= expected.high + allowed)
        if (fits | inside).all():
            return Verdict(name, "acceptable", "inside the bracket at a kink")
        fits = fits | inside
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = error / (roundoff * expected.scale + eta)
    ratio = np.where(fits, 0, np.where(np.isfinite(error), scaled, np.inf))
    worst = np.unravel_index(np.argmax(np.where(fits, -1, ratio)), got.shape)
    status = "pass" if fits.all() else "wrong" if np.isfinite(got).all() else "not-finite"
    return Verdict(name, status, "", tuple(int(i) for i in worst), float(got[worst]),
                   float(expected.value[worst]), float(allowed[worst]),
                   float(scaled.max() if fits.all() else ratio[worst]))


def cases(suite="core", only=None, folder=files.FOLDER):
    """The cases of a suite ("core" or "full") whose ids match the glob `only`."""
    import fnmatch
    if suite not in ("core", "full"):
        raise ValueError(f"cases: suite is {suite!r}, expected 'core' or 'full'")
    chosen = [Case(solved) for solved in files.read(folder)[0]
              if (suite == "full" or solved["core"])
              and (only is None or fnmatch.fnmatchcase(solved["id"], only))]
    if not chosen:
        raise ValueError(f"cases: no case of suite {suite!r} matches {only!r}")
    return chosen
