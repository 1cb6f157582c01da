"""The one rule by which an array is judged."""
from dataclasses import dataclass

import numpy as np

# dtype -> unit roundoff u, and eta: what underflow may add (64 times the smallest subnormal)
ROUNDOFF = {"float64": (2.0 ** -53, 2.0 ** -1068), "float32": (2.0 ** -24, 2.0 ** -143),
            "float16": (2.0 ** -11, 2.0 ** -18), "bfloat16": (2.0 ** -8, 2.0 ** -127)}
TF32 = 2.0 ** -11       # what the operands of products are rounded to, where TF32 is allowed
DTYPES = (*ROUNDOFF, "tf32")
PASSED = ("pass", "acceptable")


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
        return self.status in PASSED


def rounding(dtype, expected):
    """(u, eta) of an array; in tf32 u is 2^-24 plus 2 * 2^-11 times the share of products in S."""
    if dtype != "tf32":
        return ROUNDOFF[dtype]
    roundoff, eta = ROUNDOFF["float32"]
    return roundoff + 2 * TF32 * expected.products, eta


def compare(expected, got, dtype, tier, name=""):
    """The verdict on an array of the right shape: |got - want| <= u S + eta, bit for bit if exact.

    Every comparison is written so that a NaN fails it.
    """
    roundoff, eta = rounding(dtype, expected)
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
