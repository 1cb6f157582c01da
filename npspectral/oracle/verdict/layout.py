"""Layout: how an implementation stores and signs what a case gives, declared once.

A case is handed over in the implementation's layout, and its answers are taken back from it. Every
mapping only moves numbers, changes signs and shifts eigenvalues by exact amounts, so no tolerance
has to grow.
"""
import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...nn.conventions import CONVENTIONS, Convention
from ..suite.arrays import input_of

IMAGES, KERNELS = "NHWC", "OHWI"     # of the cases: see Layout
OF_PARAMETERS = ("phi", "lambda_in", "lambda_out", "bias", "difference")
UNIQUE = ("nested", "recurrent", "complex_recurrent")


@dataclass(frozen=True)
class Layout(Convention):
    """A convention as the oracle speaks it: npspectral.nn.Convention, and the axes of images.

    images      the order of the axes of x, y and their gradients where they are images: N samples,
                H height, W width, C channels; "NCHW" in PyTorch, "NHWC" in Keras
    kernels     that of a convolution's weight: O channels of y, H, W, I channels of x in a group;
                "OIHW" in PyTorch, "HWIO" in Keras

    Cases keep the names of npspectral, whatever `names` says. With one set of eigenvalues only
    cases whose lambda_in is one constant apply, behind a gate ("+out") only cases without a bias.
    Nested and recurrent networks have no layout but npspectral's own: their eigenvalues belong to
    more than one transfer.
    """

    images: str = IMAGES
    kernels: str = KERNELS

    def __post_init__(self):
        super().__post_init__()
        for name, own in (("images", IMAGES), ("kernels", KERNELS)):
            axes = getattr(self, name)
            if not isinstance(axes, str) or sorted(axes) != sorted(own):
                raise ValueError(f"Layout: {name} is {axes!r}, expected the letters of {own} in "
                                 f"some order")

    def stored(self, name, array, shift=0):
        """The implementation's form of an array: the axes of images and kernels, and all else."""
        if array.ndim < 4 or name == "kernel":
            return super().stored(name, array, shift)
        own, axes = self._axes(name)
        return array.transpose([own.index(axis) for axis in axes])

    def restored(self, name, array):
        """The inverse of `stored` without a shift."""
        if array.ndim < 4 or name == "kernel":
            return super().restored(name, array)
        own, axes = self._axes(name)
        return array.transpose([axes.index(axis) for axis in own])

    def _axes(self, name):
        """The order of the axes here, and in the implementation."""
        return (KERNELS, self.kernels) if name == "weight" else (IMAGES, self.images)

    def applies(self, case):
        """Whether this layout can express the case."""
        penalty = case.spec.get("penalty")
        if case.expect and not self._expected(case):
            return False
        if case.kind == "second" and not all(self._asks(case, name) for name in case.trainable):
            return False                                    # v moves what the layout leaves out
        if "ThreeAxes" in case.flags and self.x != Convention.x:
            return False
        if any(layer["layer"] in UNIQUE for layer in case.layers):
            return all(getattr(self, name) == getattr(Convention, name) for name in OF_PARAMETERS)
        if not self.one_set or not any("lambda" in name for name in case.inputs):
            return True
        if case.kind == "error":
            return "lambda_in" not in case.id
        if penalty and penalty["on"] != "weight":
            return penalty["on"] != "lambda_in"
        if self.difference == "+out" and any(key.endswith("bias") for key in case.inputs):
            return False
        return all(np.ptp(array) == 0 for name, array in case.inputs.items()
                   if _last(name) == "lambda_in")

    def to_candidate(self, case):
        """The case as an implementation of this layout sees it."""
        view = copy.copy(case)
        view.inputs = {name: self.stored(_last(name), array, self._shift(case, name))
                       for name, array in case.inputs.items() if not self._absent(case, name)}
        view.trainable = [name for name in case.trainable if self._asks(case, name)]
        view.expect = {name: _mapped(expected, lambda array: _each(self.stored, name, array))
                       for name, expected in self._expected(case).items()}
        view.spec = {key: self._grouped(spec) for key, spec in case.spec.items()}
        return view

    def from_candidate(self, case, got):
        """Answers of an implementation of this layout as npspectral stores and signs them."""
        return {name: _each(self.restored, name, array) for name, array in got.items()}

    def _expected(self, case):
        return {name: expected for name, expected in case.expect.items()
                if input_of(name) == name or self._asks(case, input_of(name))}

    def _asks(self, case, name):
        return name in ("x", "y") or not (self._absent(case, name) or _last(name) in self.frozen)

    def _absent(self, case, name):
        return self.one_set and _last(name) == "lambda_in"

    def _shift(self, case, name):
        """What is added to lambda_out, so that one set says lambda_in - lambda_out."""
        of_weight = case.spec.get("penalty", {"on": "weight"})["on"] == "weight"
        if (not self.one_set or _last(name) != "lambda_out" or case.kind == "error"
                or not of_weight or input_of(name) != name):
            return 0
        return self.shift(case.inputs[name[:-3] + "in"].flat[0])

    def _grouped(self, spec):
        """A penalty's spec with the axis of its groups where the implementation has it."""
        if "axis" not in spec or self.phi == "out,in":
            return spec
        return {**spec, "axis": -1 - spec["axis"]}


def _last(name):
    """What a name is about: "lambda_in" for "grad_0/lambda_in", "hvp_lambda_in", "0/lambda_in"."""
    if name in ("grad_y", "jvp"):
        return "grad_y"
    return input_of(name).rpartition("/")[2]


def _each(change, name, array):
    """An array changed by its name; gradients of single samples one by one."""
    if name.startswith("per_sample_"):
        return np.stack([change(_last(name), sample) for sample in array])
    return change(_last(name), array)


def _mapped(expected, change):
    arrays = {side: getattr(expected, side) for side in ("value", "scale", "low", "high")}
    return replace(expected, **{side: change(array) for side, array in arrays.items()
                                if array is not None})


OF_IMAGES: dict[str, dict[str, Any]] = {"torch": {"images": "NCHW", "kernels": "OIHW"},
                                        "keras": {"kernels": "HWIO"}}
NAMES = ("npspectral", "keras", "torch", "julia", "minus_lambda", "one_minus_lambda", "plus_lambda")
LAYOUTS = {name: replace(Layout(**vars(CONVENTIONS[name])), **OF_IMAGES.get(name, {}))
           for name in NAMES}


def default_layout(candidate):
    """The layout, as it prints, that a candidate is judged in where none is given."""
    own = getattr(candidate, "layout", None)
    return "npspectral" if own is None else str(own)


def layout_of(layout, candidate=None):
    """A Layout, the ready one of that name, or for None the candidate's, else npspectral's own."""
    layout = getattr(candidate, "layout", None) if layout is None else layout
    if layout is None:
        return LAYOUTS["npspectral"]
    if isinstance(layout, Layout):
        return layout
    if isinstance(layout, str) and layout in LAYOUTS:
        return LAYOUTS[layout]
    raise ValueError(f"layout is {layout!r}, expected a Layout or one of {sorted(LAYOUTS)}")
