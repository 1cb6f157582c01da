"""Identities that the gradients of every spectral layer satisfy: no reference, any size."""
from dataclasses import dataclass

import numpy as np

from .compare import ROUNDOFF
from . import invariants_second
from .answers import readable

SENTENCES = {
    "shift": "sum_j grad_lambda_in_j + sum_i grad_lambda_out_i = 0",
    "scale": "sum phi grad_phi = lambda_in . grad_lambda_in + lambda_out . grad_lambda_out",
    "coupling": "sum_b x_bj grad_x_bj = sum_i phi_ij grad_phi_ij for every input j",
    "bias": "grad_bias_i = sum_b grad_y_bi",
    "upstream": "sum_j grad_phi_ij / (lambda_in_j - lambda_out_i) = sum_b grad_y_bi sum_j x_bj",
    "lambda_in": "grad_lambda_in_j = sum_i phi_ij grad_phi_ij / (lambda_in_j - lambda_out_i)",
    "lambda_out": "grad_lambda_out_i = -sum_j phi_ij grad_phi_ij / (lambda_in_j - lambda_out_i)",
    **invariants_second.SENTENCES}
COMPUTED = ("grad_", "per_sample_grad_", "hvp_")
PARAMETERS = ("phi", "lambda_in", "lambda_out", "bias")


@dataclass(frozen=True)
class Invariant:
    """One identity at the unit where it is worst; status: pass, wrong, coarse or not checked.

    coarse: the rounding error allowed is as large as what is compared, so a pass says nothing.
    """

    name: str
    status: str
    index: tuple = ()
    left: float = np.nan
    right: float = np.nan
    allowed: float = np.nan

    @property
    def ratio(self):
        """|left - right| / allowed."""
        return abs(self.left - self.right) / self.allowed if self.allowed else np.inf

    def __str__(self):
        line = f"{self.status:<12}{self.name:<11} {SENTENCES[self.name]}"
        if self.status != "wrong":
            return line
        return (f"{line}\n{'':24}at {list(self.index)}: left {self.left:.9g}, right "
                f"{self.right:.9g}, off by {self.ratio:.3g} times what rounding may do")


@dataclass(frozen=True)
class InvariantReport:
    """The identities one by one; ok if none is wrong and at least one decided."""

    results: list
    dtype: str

    @property
    def failures(self):
        return [result for result in self.results if result.status == "wrong"]

    @property
    def ok(self):
        return not self.failures and any(result.status == "pass" for result in self.results)

    def raise_if_failed(self):
        """Raise AssertionError, with the report as text, unless it is ok. Returns the report."""
        if not self.ok:
            raise AssertionError("\n" + self.to_text())
        return self

    def to_text(self):
        decided = sum(result.status in ("pass", "wrong") for result in self.results)
        verdict = "PASS" if self.ok else "FAIL"
        head = f"{verdict}  {len(self.failures)} of {decided} identities wrong   {self.dtype}"
        return "\n".join([head, *(f"  {result}" for result in self.results)]) + "\n"

    __str__ = to_text


def invariants(x, grad_y, params, grads, grad_x=None, *, dtype=None, samples=None, v=None,
               hvps=None):
    """Check one spectral layer, without activation, by the identities of its gradients.

    x (batch, n_in); grad_y (batch, n_out), the upstream gradient at y = x W^T + bias; params with
    phi (n_out, n_in), lambda_in, lambda_out and maybe bias; grads: those of them that there are;
    grad_x or None. dtype: in which they were computed, by default that of the gradients. samples:
    gradients of single samples by the names of their parameters, (batch, ...). v, hvps: a direction
    of x and parameters, and the Hessian of <grad_y, y> times v, by the same names.

    What rounding may do is u S, S the sum of the absolute values of all products that enter,
    times the number of operations on the way to each; lambda_in and lambda_out are taken as
    multiplied in before they are subtracted. Penalties are no part of these gradients.
    Raises ValueError or TypeError on arguments that do not fit.
    """
    more = {"per_sample_grad": samples or {}, "v": v or {}, "hvp": hvps or {}}
    arrays, dtype = _collected(x, grad_y, params, grads, grad_x, dtype, more)
    with np.errstate(all="ignore"):
        sides = _sides(arrays)
        results = [_judged(name, sides.get(name), dtype) for name in SENTENCES
                   if name in sides or name not in invariants_second.SENTENCES]
    return InvariantReport(results, dtype)


def _collected(x, grad_y, params, grads, grad_x, dtype, more):
    """All arrays in float64 by name, shapes and names checked, and the dtype of the gradients."""
    if not isinstance(params, dict) or not isinstance(grads, dict):
        raise TypeError(f"invariants: params and grads are {type(params).__name__} and "
                        f"{type(grads).__name__}, expected dicts name -> array")
    for name, unknown in (("params", set(params) - set(PARAMETERS)),
                          ("grads", set(grads) - set(params))):
        if unknown:
            raise ValueError(f"invariants: {name} has {sorted(map(str, unknown))}, expected "
                             f"{'names out of ' + str(PARAMETERS) if name == 'params' else params}")
    shape = np.shape(params.get("phi"))
    if len(shape) != 2:
        raise ValueError(f"invariants: params['phi'] has shape {shape}, expected (n_out, n_in)")
    (n_out, n_in), batch = shape, (np.shape(x) or (0,))[0]
    shapes = {"phi": shape, "lambda_in": (n_in,), "lambda_out": (n_out,), "bias": (n_out,)}
    given = {"x": (x, (batch, n_in)), "grad_y": (grad_y, (batch, n_out))}
    for name in ("phi", "lambda_in", "lambda_out"):
        given[name] = (params.get(name), shapes[name])
    given |= {f"grad_{name}": (array, shapes[name]) for name, array in grads.items()
              if array is not None}
    if grad_x is not None:
        given["grad_x"] = (grad_x, (batch, n_in))
    given |= _of_more(more, {**shapes, "x": (batch, n_in)}, batch)
    computed = [name for name in given if name.startswith(COMPUTED) and name != "grad_y"]
    dtype = dtype or _dtype_of([given[name][0] for name in computed])
    if dtype not in ROUNDOFF:
        raise ValueError(f"invariants: dtype is {dtype!r}, expected one of {sorted(ROUNDOFF)}")
    arrays = {name: _read(name, *entry, dtype) for name, entry in given.items()}
    for name, array in arrays.items():
        if name not in computed and not np.isfinite(array).all():
            index = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
            raise ValueError(f"invariants: {name}{index} is {array[tuple(index)]}, expected "
                             f"finite numbers")
    return arrays, dtype


def _of_more(more, shapes, batch):
    """Arrays with their shapes, by names such as per_sample_grad_phi, v_phi, hvp_phi."""
    given = {}
    for kind, arrays in more.items():
        unknown = set(arrays) - set(shapes)
        if unknown:
            raise ValueError(f"invariants: {kind} has {sorted(map(str, unknown))}, expected names "
                             f"out of {sorted(shapes)}")
        axis = (batch,) if kind == "per_sample_grad" else ()
        given |= {f"{kind}_{name}": (array, (*axis, *shapes[name]))
                  for name, array in arrays.items()}
    return given


def _dtype_of(gradients):
    names = {str(getattr(array, "dtype", "float64")).rpartition(".")[2] for array in gradients}
    if len(names) != 1:
        raise TypeError(f"invariants: the gradients have dtypes {sorted(names)}, expected one")
    return names.pop()


def _read(name, array, shape, dtype):
    """A gradient has to come in the dtype; what it was computed from in any that is read."""
    told = "is missing"
    for kind in dict.fromkeys((dtype, "float64", "float32", "bfloat16", "float16")):
        numbers, status, detail = readable(array, kind, shape)
        if not status:
            return numbers
        told = detail if kind == dtype or status == "shape" else told
    raise ValueError(f"invariants: {name} {told}")


def _sides(arrays):
    """Name -> (left, right, S, sum of the absolute terms) of each identity that can be checked."""
    x, grad_y, phi = arrays["x"], arrays["grad_y"], arrays["phi"]
    gap = arrays["lambda_in"] - arrays["lambda_out"][:, None]
    gap_size = np.abs(arrays["lambda_in"]) + np.abs(arrays["lambda_out"])[:, None]
    steps = len(x) + sum(phi.shape) + 4                 # operations on the way to any number
    size = np.abs(grad_y).T @ np.abs(x)                 # what G = grad_y^T x is made of
    rounding = {"phi": steps * gap_size * size, "lambda_in": steps * (np.abs(phi) * size).sum(0),
                "lambda_out": steps * (np.abs(phi) * size).sum(1),
                "x": steps * np.abs(grad_y) @ (gap_size * np.abs(phi)),
                "bias": steps * np.abs(grad_y).sum(0)}
    grads = {name: arrays.get(f"grad_{name}") for name in rounding}
    sides: dict = {}
    if grads["bias"] is not None:
        sides["bias"] = (grads["bias"], grad_y.sum(0), rounding["bias"], np.abs(grad_y).sum(0))
    if grads["lambda_in"] is not None and grads["lambda_out"] is not None:
        sides["shift"] = (grads["lambda_in"].sum(), -grads["lambda_out"].sum(),
                          rounding["lambda_in"].sum() + rounding["lambda_out"].sum(),
                          2 * (np.abs(phi) * size).sum())
    if grads["phi"] is not None:
        sides |= _of_phi(arrays, grads, rounding, gap, size)
    return (sides | invariants_second.sides_of_samples(arrays, rounding, steps)
            | invariants_second.sides_of_second(arrays, rounding, steps))


def _of_phi(arrays, grads, rounding, gap, size):
    """The identities that tie grad_phi to the other gradients."""
    x, phi = arrays["x"], arrays["phi"]
    product, spread = phi * grads["phi"], np.abs(phi) * rounding["phi"]
    sides: dict = {}
    if grads["x"] is not None:
        sides["coupling"] = ((x * grads["x"]).sum(0), product.sum(0),
                             (np.abs(x) * rounding["x"]).sum(0) + spread.sum(0),
                             (np.abs(phi * gap) * size).sum(0))
    if grads["lambda_in"] is not None and grads["lambda_out"] is not None:
        right = sum((arrays[name] * grads[name]).sum() for name in ("lambda_in", "lambda_out"))
        bound = sum((np.abs(arrays[name]) * rounding[name]).sum()
                    for name in ("lambda_in", "lambda_out"))
        sides["scale"] = (product.sum(), right, spread.sum() + bound,
                          (np.abs(phi * gap) * size).sum())
    grad_w, wide = grads["phi"] / gap, rounding["phi"] / np.abs(gap)    # nothing where the gap is 0
    sides["upstream"] = (grad_w.sum(1), arrays["grad_y"].T @ x.sum(1),
                         wide.sum(1) + size.sum(1) * sum(x.shape), size.sum(1))
    for axis, name in enumerate(("lambda_in", "lambda_out")):
        if grads[name] is not None:
            terms, sign = phi * grad_w, (1, -1)[axis]
            sides[name] = (grads[name], sign * terms.sum(axis), rounding[name] + (
                np.abs(phi) * wide).sum(axis), (np.abs(phi) * size).sum(axis))
    return sides


def _judged(name, sides, dtype):
    """The identity at its worst unit; where a gap is 0 it says nothing, a NaN gradient is wrong."""
    if sides is None:
        return Invariant(name, "not checked")
    left, right, scale, terms = (np.atleast_1d(side) for side in sides)
    roundoff, eta = ROUNDOFF[dtype]
    allowed = roundoff * scale + eta * (1 + terms) + 2.0 ** -50 * (np.abs(left) + np.abs(right))
    sayable = np.isfinite(scale)                        # not where a gap is 0
    error = np.abs(left - right)
    bad = sayable & ~((error <= allowed) & np.isfinite(error))      # inf <= inf, too
    where = (int(np.argmax(np.where(bad, np.nan_to_num(error / allowed, nan=np.inf), -1))),)
    numbers = float(left[where]), float(right[where]), float(allowed[where])
    if bad.any():
        return Invariant(name, "wrong", where, *numbers)
    decided = sayable & (allowed < terms)
    if not sayable.any():
        return Invariant(name, "not checked")
    return Invariant(name, "pass" if decided.any() else "coarse", where, *numbers)
