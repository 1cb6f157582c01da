"""Layout: how an implementation stores and signs what a case gives, declared once.

A case is handed over in the implementation's layout, and its answers are taken back from it. Every
mapping only moves numbers, changes signs and shifts eigenvalues by exact amounts, so no tolerance
has to grow.
"""
import copy
from dataclasses import dataclass, fields, replace

import numpy as np

from ._case import Expected

CHOICES = {
    "phi": ("out,in", "in,out"), "weight": ("out,in", "in,out"),
    "x": ("batch,features", "features,batch"),
    **dict.fromkeys(("lambda_in", "lambda_out", "bias"), ("n", "n,1", "1,n")),
    "difference": ("in-out", "out-in", "-out", "1-out", "+out")}
DATA = ("x", "grad_y", "y", "target")


@dataclass(frozen=True)
class Layout:
    """The conventions of an implementation; every field has npspectral's own as default.

    phi         "out,in" or "in,out": which index of the eigenvectors comes first; weight: of Dense
    x           "batch,features" or "features,batch": also of y, target and their gradients
    lambda_in   "n", "n,1" or "1,n": the shape of the eigenvalues; lambda_out and bias alike
    difference  what multiplies phi in the weight:
        "in-out"   lambda_in - lambda_out
        "out-in"   lambda_out - lambda_in
        "-out"     -lambda       one set; only cases whose lambda_in is one constant apply, which
        "1-out"    1 - lambda    is taken into lambda (W depends on lambda_in - lambda_out alone)
        "+out"     lambda, as a gate behind a linear layer, so that it multiplies the bias too; only
                   cases without a bias apply
    frozen      names of parameters for which the implementation has no gradient
    name        for reports
    """

    phi: str = "out,in"
    weight: str = "out,in"
    x: str = "batch,features"
    lambda_in: str = "n"
    lambda_out: str = "n"
    bias: str = "n"
    difference: str = "in-out"
    frozen: tuple[str, ...] = ()
    name: str = ""

    def __post_init__(self):
        for field, choices in CHOICES.items():
            if getattr(self, field) not in choices:
                raise ValueError(f"Layout: {field} is {getattr(self, field)!r}, "
                                 f"expected one of {choices}")
        known = ("lambda_in", "lambda_out", "phi", "weight", "bias")
        if isinstance(self.frozen, str) or not set(self.frozen) <= set(known):
            raise ValueError(f"Layout: frozen is {self.frozen!r}, "
                             f"expected a tuple of names out of {known}")
        object.__setattr__(self, "frozen", tuple(self.frozen))

    def __str__(self):
        if self.name:
            return self.name
        changed = [f"{field.name}={getattr(self, field.name)!r}" for field in fields(self)
                   if getattr(self, field.name) != field.default]
        return f"Layout({', '.join(changed)})"

    @property
    def one_set(self):
        """Whether the weight has one set of eigenvalues only."""
        return self.difference in ("-out", "1-out", "+out")

    def applies(self, case):
        """Whether this layout can express the case."""
        penalty = case.spec.get("penalty")
        if case.expect and not self._expected(case):
            return False
        if not self.one_set or not _spectral_prefixes(case):
            return True
        if case.kind == "error":
            return "lambda_in" not in case.id
        if penalty and penalty["on"] != "weight":
            return penalty["on"] != "lambda_in"
        if self.difference == "+out" and any(key.endswith("bias") for key in case.inputs):
            return False
        return all(np.ptp(case.inputs[prefix + "lambda_in"]) == 0
                   for prefix in _spectral_prefixes(case))

    def to_candidate(self, case):
        """The case as an implementation of this layout sees it."""
        view = copy.copy(case)
        view.inputs = {name: self._stored(name, array, self._offset(case, name))
                       for name, array in case.inputs.items() if not self._absent(case, name)}
        view.trainable = [name for name in case.trainable if self._asks(case, name)]
        view.expect = {name: _mapped(expected, lambda array: self._stored(name, array, 0))
                       for name, expected in self._expected(case).items()}
        view.spec = {key: self._grouped(spec) for key, spec in case.spec.items()}
        return view

    def from_candidate(self, case, got):
        """Answers of an implementation of this layout as npspectral stores and signs them."""
        return {name: self._restored(name, array) for name, array in got.items()}

    def _expected(self, case):
        return {name: expected for name, expected in case.expect.items()
                if not name.startswith("grad_") or self._asks(case, name[5:])}

    def _asks(self, case, name):
        return name in ("x", "y") or not (self._absent(case, name) or _last(name) in self.frozen)

    def _absent(self, case, name):
        return self.one_set and _last(name) == "lambda_in"

    def _offset(self, case, name):
        """What is added to lambda_out, so that one set says lambda_in - lambda_out."""
        of_weight = case.spec.get("penalty", {"on": "weight"})["on"] == "weight"
        if (not self.one_set or _last(name) != "lambda_out" or case.kind == "error"
                or not of_weight):
            return 0
        constant = case.inputs[name[:-3] + "in"].flat[0]
        return {"-out": -constant, "1-out": 1 - constant, "+out": constant}[self.difference]

    def _grouped(self, spec):
        """A penalty's spec with the axis of its groups where the implementation has it."""
        if "axis" not in spec or self.phi == "out,in":
            return spec
        return {**spec, "axis": -1 - spec["axis"]}

    def _sign(self, name):
        flipped = {"out-in": ("lambda_in", "lambda_out"), "+out": ("lambda_out",)}
        return -1 if _last(name) in flipped.get(self.difference, ()) else 1

    def _stored(self, name, array, offset):
        """An input, or with no offset a gradient, as the implementation stores it."""
        sign = self._sign(name)
        if sign != 1 or np.any(offset):
            array = sign * array + offset
        last = _last(name)
        if last in ("phi", "weight") or last in DATA:
            first = getattr(self, last if last in ("phi", "weight") else "x")
            return array.T if first in ("in,out", "features,batch") and array.ndim == 2 else array
        if last in ("lambda_in", "lambda_out", "bias"):
            return array.reshape({"n": (-1,), "n,1": (-1, 1), "1,n": (1, -1)}[getattr(self, last)])
        return array

    def _restored(self, name, array):
        last = _last(name)
        if last in ("lambda_in", "lambda_out", "bias"):
            array = array.reshape(-1)
        elif last in ("phi", "weight") or last in DATA:
            array = self._stored(last, array, 0)            # a transposition undoes itself
        return self._sign(name) * array


def _last(name):
    """The array that a name is about: "lambda_in" for "grad_0/lambda_in" and "0/lambda_in"."""
    last = name.removeprefix("grad_").rpartition("/")[2]
    return "grad_y" if name == "grad_y" else last


def _mapped(expected, change):
    return Expected(*(None if array is None else change(array) for array in
                      (expected.value, expected.scale, expected.low, expected.high)))


def _spectral_prefixes(case):
    """"" or "0/", "2/", ...: what stands before the names of each spectral layer."""
    return [name[:-len("phi")] for name in case.inputs if _last(name) == "phi"]


# Public implementations, each as its code stores things.
_PORT = Layout(phi="in,out", lambda_in="n,1", lambda_out="1,n")
LAYOUTS = {layout.name: layout for layout in (
    Layout(name="npspectral"),
    replace(_PORT, name="keras", weight="in,out"),          # spectraltools 1.2.0; Buffoni, master
    replace(_PORT, name="torch"),                           # jacopoventurin/spectral-learning
    Layout(name="julia", x="features,batch", frozen=("phi",)),      # csimal/SpectralLearning.jl
    Layout(name="minus_lambda", phi="in,out", weight="in,out", difference="-out"),  # 2021 and 2022
    Layout(name="one_minus_lambda", difference="1-out"),    # Nat. Commun. 2021, lambda_in = 1
    Layout(name="plus_lambda", difference="+out"))}         # SpectralTools, PyTorch folder


def layout_of(layout):
    """A Layout, the ready one of that name, or npspectral's own for None."""
    if layout is None:
        return LAYOUTS["npspectral"]
    if isinstance(layout, Layout):
        return layout
    if isinstance(layout, str) and layout in LAYOUTS:
        return LAYOUTS[layout]
    raise ValueError(f"layout is {layout!r}, expected a Layout or one of {sorted(LAYOUTS)}")
