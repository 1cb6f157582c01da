"""Check a hand-derived gradient: complex step element by element, and the adjoint identity."""
from dataclasses import dataclass

import numpy as np

from . import tree


@dataclass(frozen=True)
class Comparison:
    """One number out of a backward pass beside the same derivative out of the forward pass."""

    name: str                   # "x", "grad_y", "0/phi", ...
    index: tuple | None         # None: along a random direction, <grad_y, J v> = <gradient, v>
    backward: float
    complex_step: float
    allowed: float

    @property
    def ratio(self):
        """|backward - complex step| / allowed; a NaN counts as infinite."""
        error = abs(self.backward - self.complex_step)
        return float(error / self.allowed) if error < np.inf else np.inf

    def __str__(self):
        place = "along a random direction" if self.index is None else str(list(self.index))
        return (f"{self.name} {place}: backward {self.backward:.17g}, complex step "
                f"{self.complex_step:.17g}, allowed error {self.allowed:.2g}")


@dataclass(frozen=True)
class GradientReport:
    """All comparisons of one check; the worst one, and its central difference as a cross-check."""

    label: str
    comparisons: tuple[Comparison, ...]
    central: float

    @property
    def worst(self):
        return max(self.comparisons, key=lambda comparison: comparison.ratio)

    @property
    def ok(self):
        return self.worst.ratio <= 1

    def __str__(self):
        wrong = [c for c in self.comparisons if not c.ratio <= 1]
        arrays = ", ".join(sorted({c.name for c in wrong})) or "none"
        return (f"{self.label}: {len(wrong)} of {len(self.comparisons)} comparisons fail; "
                f"wrong: {arrays}\n  worst  {self.worst}, error is {self.worst.ratio:.3g} times "
                f"that\n  central difference at the same place {self.central:.7g}")


def check_gradients(layer, params, x, target=None, loss=None, *,
                    grad_y=None, rng=None, elements=50, rtol=None):
    """Compare backward with derivatives of forward, for x and every trainable parameter.

    Elements: d<grad_y, y>/dq = Im <grad_y, forward(q + ih)> / h with h = 1e-154 in float64, which
    subtracts nothing and so has no step error (Squire and Trapp 1998, SIAM Review 40, 110).
    At most `elements` of each array, drawn by rng, are taken one by one; the adjoint identity
    <grad_y, J v> = <gradient, v> along a random v covers all of them. With a loss, grad_y is the
    loss's own gradient at (y, target) and is checked as well; otherwise it is drawn by rng.

    The allowed error of a number is rtol (S + mean of S over its array), S the sum of the absolute
    contributions of all outputs to it; rtol is 450 units of rounding (1e-13 in float64).

    Returns a GradientReport. Raises AssertionError, with the report as text, if a number is out.
    The forward must be analytic: no abs, conj, norm or real cast, comparisons on x.real only.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"check_gradients: rng is {rng!r}, expected a numpy.random.Generator")
    if np.iscomplexobj(x):
        raise TypeError(f"check_gradients: x has dtype {x.dtype}, expected real numbers")
    options = dict(rng=rng, elements=elements, rtol=rtol)
    y, residuals = layer.forward(params, x)
    probes = []                                             # (name, at, gradient, function)
    if loss is not None:
        _, grad_y = loss(y, target)
        probes.append(("grad_y", y, grad_y, lambda y: loss(y, target)[0]))
    elif grad_y is None:
        grad_y = rng.standard_normal(y.shape).astype(y.dtype)
    grads, grad_x = layer.backward(params, residuals, grad_y)
    inputs = {**dict(tree.items(params)), "x": x}
    came = [name for name, _ in tree.items(grads)]
    expected = [name for name, _ in tree.items(layer.trainable_part(params))]
    if sorted(came) != sorted(expected):
        raise AssertionError(f"{layer.label}: backward gave gradients of {came}, "
                             f"expected {expected}")
    for name, gradient in {**dict(tree.items(grads)), "x": grad_x}.items():
        probes.append((name, inputs[name], gradient,
                       lambda array, name=name: grad_y * _forward(layer, params, x, name, array)))
    results = [compare_gradient(function, at, gradient, name, **options)
               for name, at, gradient, function in probes]
    comparisons = tuple(comparison for result in results for comparison in result)
    if not comparisons:
        raise ValueError(f"{layer.label}: nothing to check, x has shape {x.shape}")
    worst = max(comparisons, key=lambda comparison: comparison.ratio)
    _, at, _, function = next(probe for probe in probes if probe[0] == worst.name)
    report = GradientReport(layer.label, comparisons, _central(function, at, worst.index))
    if not report.ok:
        raise AssertionError(str(report))
    return report


def compare_gradient(function, at, gradient, name="x", *, rng=None, elements=50, rtol=None):
    """Comparisons of `gradient` with complex-step derivatives of sum(function(at)).

    For any analytic function of one array: a loss of y, a penalty of a parameter.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    if not isinstance(gradient, np.ndarray):
        raise AssertionError(f"{name}: its gradient is {gradient!r}, expected an array")
    if gradient.shape != at.shape or gradient.dtype != at.dtype:
        raise AssertionError(f"{name}: its gradient has shape {gradient.shape} and dtype "
                             f"{gradient.dtype}, expected {at.shape} and {at.dtype}")
    if at.size == 0:
        return []
    rtol = 450 * np.finfo(at.dtype).eps if rtol is None else rtol
    floor = np.finfo(at.dtype).tiny
    chosen = rng.choice(at.size, min(elements, at.size), replace=False)
    slopes = [_complex_step(function, at, _unit(at, flat)) for flat in chosen]
    mean_scale = sum(scale for _, scale in slopes) / max(1, len(slopes))
    comparisons = [
        Comparison(name, tuple(int(i) for i in np.unravel_index(flat, at.shape)),
                   gradient.flat[flat], slope, rtol * (scale + mean_scale) + floor)
        for flat, (slope, scale) in zip(chosen, slopes)]
    direction = rng.standard_normal(at.shape).astype(at.dtype)
    slope, scale = _complex_step(function, at, direction)
    with np.errstate(invalid="ignore"):             # an infinite gradient is reported as wrong
        product, size = (gradient * direction).sum(), np.abs(gradient * direction).sum()
    allowed = rtol * (scale + size) + floor
    return comparisons + [Comparison(name, None, product, slope, allowed)]


def _forward(layer, params, x, name, array):
    if name == "x":
        return layer.forward(params, array)[0]
    names = iter([path for path, _ in tree.items(params)])
    changed = tree.map(lambda old: array if next(names) == name else old, params)
    return layer.forward(changed, x)[0]


def _complex_step(function, at, direction):
    """The derivative along `direction`, and the sum of the absolute contributions to it."""
    h = np.sqrt(np.finfo(at.dtype).tiny)
    result = function(at + 1j * (h * direction))
    if not np.iscomplexobj(result):
        raise TypeError("a complex argument gave a real result: the forward is not analytic")
    contributions = result.imag / h
    return contributions.sum(), np.abs(contributions).sum()


def _central(function, at, index):
    """Central difference at one element, step cbrt(eps) of its size; nan for a direction."""
    if index is None:
        return np.nan
    h = np.cbrt(np.finfo(at.dtype).eps) * max(1, abs(at[index]))
    step = h * _unit(at, np.ravel_multi_index(index, at.shape))
    return np.sum((function(at + step) - function(at - step)) / (2 * h))


def _unit(at, flat):
    unit = np.zeros_like(at)
    unit.flat[flat] = 1
    return unit
