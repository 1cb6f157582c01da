"""Check a hand-derived gradient against derivatives of the forward taken by complex steps."""
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Callable, NamedTuple

import numpy as np

from . import contract, tree
from .complex_step import slopes, unit, widened
from .contract import outputs, watched


@dataclass(frozen=True)
class Comparison:
    """One number that backward gives, beside the same derivative of forward by a complex step."""

    name: str                   # "x", "grad_y", "0/phi", ...
    index: tuple | None         # None: along a random direction, <grad_y, J v> = <gradient, v>
    backward: float
    complex_step: float
    allowed: float

    @property
    def ratio(self):
        """|backward - complex step| / allowed; a NaN counts as infinite."""
        with np.errstate(all="ignore"):                 # infinite beside next to nothing
            error = abs(self.backward - self.complex_step)
            return float(error / self.allowed) if error < np.inf else np.inf

    def __str__(self):
        place = "along a random direction" if self.index is None else str(list(self.index))
        return (f"{self.name} {place}: backward {self.backward:.17g}, complex step "
                f"{self.complex_step:.17g}, allowed error {self.allowed:.2g}")


@dataclass(frozen=True)
class GradientReport:
    """All comparisons of one check, and `central`: the central difference at the worst one."""

    label: str
    comparisons: tuple[Comparison, ...]
    central: float
    broken: tuple[str, ...] = ()        # sentences on the parts of the protocol that do not hold

    @property
    def worst(self):
        """The comparison with the largest ratio."""
        return max(self.comparisons, key=lambda comparison: comparison.ratio)

    @property
    def wrong(self):
        """Names of the arrays whose gradients are wrong."""
        return sorted({c.name for c in self.comparisons if not c.ratio <= 1})

    @property
    def ok(self):
        """Whether all gradients are right and the whole protocol holds."""
        return not self.broken and not self.wrong

    def __str__(self):
        count = sum(not comparison.ratio <= 1 for comparison in self.comparisons)
        lines = [*(f"{self.label}: {sentence}" for sentence in self.broken),
                 f"{self.label}: {count} of {len(self.comparisons)} comparisons fail; "
                 f"wrong: {', '.join(self.wrong) or 'none'}",
                 f"  worst  {self.worst}, error is {self.worst.ratio:.3g} times that",
                 f"  central difference at the same place {self.central:.7g}"]
        return "\n".join(lines)


def check_gradients(layer, params, x, target=None, loss=None, *,
                    grad_y=None, rng=None, elements=50, rtol=None):
    """Compare backward with derivatives of forward, for x and every trainable parameter.

    Let q be x or a parameter, J = dy/dq, and <a, b> the sum of all products of entries. backward
    should give the gradient of <grad_y, y>. It is compared with complex-step derivatives, which
    have no step error, for at most `elements` entries of q, drawn by rng. One more comparison
    covers all entries, along a random direction v: <grad_y, J v> = <gradient, v>.

    With a loss, grad_y is the gradient that the loss gives at (y, target), and is checked too.
    Without one it is the argument grad_y, or drawn by rng. In a grad_y that is not drawn, terms may
    cancel or be 0 and hide an error. So v is also tried with a drawn grad_y. float32 is
    differentiated in float64.

    An entry may be wrong by rtol (S + mean of S over its array + tiny). S is the sum of
    |grad_y dy/dq| over all outputs, and rtol is 450 eps by default (1e-13 in float64). The reason:
    a backward adds these terms in some order, and a rounding is at most about eps S. tiny is the
    smallest normal number. Below it roundings no longer shrink, and tiny stands for S. If samples
    are coupled, as in TrainingBatchNorm, y may not depend on q at all, such as a bias before it.
    Then S is 0, but backward adds terms that cancel. So the largest mean of S is added everywhere.

    contract.py checks the rest of the protocol: arguments stay unchanged (a backward that works in
    place on grad_y fails even if its numbers are right), no hidden state, leading axes, dtypes,
    input_grad, kernel_term.

    Returns a GradientReport. Raises AssertionError, with the report as text, if an error is larger
    than that or the protocol is broken. The forward must be analytic: no abs, conj, norm or real
    cast, comparisons on x.real only.

    >>> layer, rng = Spectral(3, 2), np.random.default_rng(0)
    >>> check_gradients(layer, layer.init(rng), rng.standard_normal((4, 3))).ok
    True
    """
    rng = np.random.default_rng(0) if rng is None else rng
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"check_gradients: rng is {rng!r}, expected a numpy.random.Generator")
    if np.iscomplexobj(x):
        raise TypeError(f"check_gradients: x has dtype {x.dtype}, expected real numbers")
    params, x, target, grad_y = deepcopy((params, x, target, grad_y))
    probes, grad_y, broken = _probes(layer, params, x, target, loss, grad_y, rng)
    rtol = 450 * np.finfo(x.dtype).eps if rtol is None else rtol
    largest = max(np.abs(array).max(initial=0) for array in (x, *tree.leaves(params)))
    comparisons = tuple(comparison for probe in probes for comparison in compare_gradient(
        probe.function, probe.at, probe.gradient, probe.name, upstream=probe.upstream,
        largest=largest, rng=rng, elements=elements if probe.each else 0, rtol=rtol))
    if getattr(layer, "coupled", False):
        comparisons = tuple(_loosened(comparisons))
    if not comparisons:
        raise ValueError(f"{layer.label}: nothing to check, x has shape {x.shape}")
    report = GradientReport(layer.label, comparisons, np.nan)
    broken += contract.broken(layer, params, x, grad_y, report.wrong, rng)
    probe = next(probe for probe in reversed(probes) if probe.name == report.worst.name)
    report = replace(report, broken=tuple(broken), central=_central(probe, report.worst.index))
    if not report.ok:
        raise AssertionError(str(report))
    return report


def _loosened(comparisons):
    """The comparisons, each allowed the largest mean of what those of one array are allowed."""
    allowed: dict = {}
    for comparison in comparisons:
        allowed.setdefault(comparison.name, []).append(comparison.allowed)
    more = max((sum(each) / len(each) for each in allowed.values()), default=0.0)
    return (replace(comparison, allowed=comparison.allowed + more) for comparison in comparisons)


class Probe(NamedTuple):
    """A gradient of sum(upstream * function(at)) at `at`, which is to be compared."""

    name: str
    at: np.ndarray
    gradient: np.ndarray
    upstream: object
    function: Callable
    each: bool = True           # also element by element


def _probes(layer, params, x, target, loss, grad_y, rng):
    """The Probes, the grad_y of the check, and sentences on what the loss or y breaks."""
    y, _ = _pair(f"{layer.label}: forward", layer.forward(deepcopy(params), deepcopy(x)),
                 "(y, residuals)")
    if not isinstance(y, np.ndarray):
        raise AssertionError(f"{layer.label}: forward gave y {y!r}, expected an array")
    broken, probes = [], []
    if y.dtype != x.dtype:
        broken.append(f"forward gives y of dtype {y.dtype}, x has {x.dtype}")
    if loss is not None:
        result, changed = watched(loss, y=np.copy(y), target=deepcopy(target))
        _, grad_y = _pair("loss", result, "(value, grad_y)")
        grad_y, wide = deepcopy(grad_y), widened(target)
        probes.append(Probe("grad_y", np.copy(y), grad_y, 1, lambda y: loss(y, deepcopy(wide))[0]))
        broken += [f"loss changes {name}" for name in changed]
    drawn = rng.standard_normal(y.shape).astype(x.dtype)
    if grad_y is None:
        grad_y = drawn
    else:                       # in which contributions may cancel to nothing, or be 0
        probes += [probe._replace(each=False) for probe in _layer_probes(layer, params, x, drawn)]
    return probes + _layer_probes(layer, params, x, grad_y), grad_y, broken


def _pair(source, result, expected):
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise AssertionError(f"{source} gave a {type(result).__name__}, expected {expected}")
    return result


def _layer_probes(layer, params, x, grad_y):
    """The gradients of the trainable parameters and of x, as copies that no later call changes."""
    _, residuals = layer.forward(tree.copy(params), x.copy())
    grads, grad_x = deepcopy(_pair(
        f"{layer.label}: backward", layer.backward(tree.copy(params), residuals, deepcopy(grad_y)),
        "(grads, grad_x)"))
    came = [name for name, _ in tree.items(grads)]
    expected = [name for name, _ in tree.items(layer.trainable_part(params))]
    if sorted(came) != sorted(expected):
        raise AssertionError(f"{layer.label}: backward gave gradients of {came}, "
                             f"expected {expected}")
    inputs = {**dict(tree.items(params)), "x": x}
    return [Probe(name, inputs[name], gradient, grad_y, partial(outputs, layer, params, x, name))
            for name, gradient in {**dict(tree.items(grads)), "x": grad_x}.items()]


def compare_gradient(function, at, gradient, name="x", *, upstream=1, largest=1,
                     rng=None, elements=50, rtol=None):
    """Comparisons of `gradient` with complex-step derivatives of sum(upstream * function(at)).

    `function` is any analytic function of one array, such as a loss of y or a penalty of a
    parameter. It gets complex128 where `at` is float32. `largest` is the largest number that it
    multiplies `at` by. rtol, `elements` and rng are those of check_gradients.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    gradient = _fitting(gradient, at, name)
    if at.size == 0:
        return []
    rtol = 450 * np.finfo(at.dtype).eps if rtol is None else rtol
    floor = rtol * np.finfo(at.dtype).tiny
    at, gradient, upstream = widened(at), widened(gradient), widened(upstream)

    def derivative(direction):
        """The derivative along `direction`, and the error allowed by the size of its terms."""
        slope, tiny = slopes(function, at, direction, largest)
        contributions, floor = upstream * slope, rtol * tiny * np.abs(upstream).max(initial=0)
        return contributions.sum(), (rtol * np.abs(contributions)).sum() + floor

    chosen = rng.choice(at.size, min(elements, at.size), replace=False)
    derivatives = [derivative(unit(at, flat)) for flat in chosen]
    mean = sum(part / len(chosen) for _, part in derivatives)
    comparisons = [
        Comparison(name, tuple(int(i) for i in np.unravel_index(flat, at.shape)),
                   gradient.flat[flat], slope, part + mean + floor)
        for flat, (slope, part) in zip(chosen, derivatives)]
    direction = rng.standard_normal(at.shape).astype(at.dtype)
    slope, part = derivative(direction)
    with np.errstate(invalid="ignore"):             # an infinite gradient is reported as wrong
        product, size = (gradient * direction).sum(), (rtol * np.abs(gradient * direction)).sum()
    return comparisons + [Comparison(name, None, product, slope, part + size + floor)]


def _fitting(gradient, at, name):
    """The gradient as an array; refuse another shape or dtype than those of `at`."""
    if isinstance(gradient, np.generic):            # as sums are where the parameter has no axes
        gradient = np.asarray(gradient)
    if not isinstance(gradient, np.ndarray):
        raise AssertionError(f"{name}: its gradient is {gradient!r}, expected an array")
    if gradient.shape != at.shape or gradient.dtype != at.dtype:
        raise AssertionError(f"{name}: its gradient has shape {gradient.shape} and dtype "
                             f"{gradient.dtype}, expected {at.shape} and {at.dtype}")
    return gradient


def _central(probe, index):
    """Central difference at one element, step cbrt(eps) of its size; nan for a direction."""
    if index is None:
        return np.nan
    at = widened(probe.at)
    h = np.cbrt(np.finfo(at.dtype).eps) * max(1, abs(at[index]))
    step = h * unit(at, np.ravel_multi_index(index, at.shape))
    difference = probe.function(at + step) - probe.function(at - step)
    return np.sum(probe.upstream * (difference / (2 * h)))
