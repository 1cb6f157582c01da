"""A layer as its user hands it over: which cases it serves, how it is made, where its arrays are.

It comes in one of these forms, which its arguments tell apart:

    f(x, phi, lambda_in, ...)   a function of the arrays, by whatever names it has for them
    f(params, x)                a function of a dict, nested where a name is a path: "params.base"
    f(case)                     what makes the layer for a case, of case.n_in and case.n_out
    Layer, layer                a class; or a layer, a copy of which is used by cases of its size
"""
import copy
import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..suite.inputs import ACTIVATIONS, ALL
from ..verdict.assign import found
from ..verdict.layout import Layout
from ..verdict.results import meant


@dataclass(frozen=True)
class Handed:
    """A layer, its names for the parameters of a case, its layout, and the kind that it is of.

    activation(of, z) is what follows it; make(layer, case) makes a layer of its class, as the
    framework has it.
    """

    door: str
    layer: Any
    names: dict | None
    layout: Layout
    kind: str
    activation: Callable
    make: Callable

    def __post_init__(self):
        if not callable(self.layer):
            raise TypeError(f"{self.door}: layer is {type(self.layer).__name__}, expected a layer, "
                            f"or a function of a case or of the arrays")
        for name, path in (self.names or {}).items():
            if not isinstance(path, str) or not path:
                raise TypeError(f"{self.door}: names has {name!r}: {path!r}, expected your name")
            if self.kind == "spectral" and name not in ALL:
                raise ValueError(f"{self.door}: names has {name!r}, expected some of {ALL}"
                                 f"{meant(name, ALL)}")

    def __str__(self):
        name = getattr(self.layer, "__name__", type(self.layer).__name__)
        return f"{self.door}({name.strip('<>')})"

    def name_of(self, name):
        """The user's name for a parameter of a case, or None."""
        return self.layout.names.get(name, name) if self.names is None else self.names.get(name)

    @functools.cached_property
    def arguments(self):
        """Of a function: argument -> whether it has to be given; {} of a layer."""
        if not (inspect.isroutine(self.layer) or isinstance(self.layer, functools.partial)
                or hasattr(self.layer, "__wrapped__")):
            return {}
        try:
            arguments = inspect.signature(self.layer).parameters.values()
        except (TypeError, ValueError):
            arguments = ()
        if not arguments or any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
                                for one in arguments):
            raise TypeError(f"{self} does not name its arguments; put it into a function that "
                            f"does: lambda x, lambda_in, lambda_out, phi, bias: ...")
        return {one.name: one.default is one.empty for one in arguments}

    @functools.cached_property
    def form(self):
        """"layer", "case", "arrays" or "params", in which the layer came."""
        if not self.arguments:
            return "layer"
        theirs = set(self.names.values() if self.names else map(self.name_of, (*ALL, "weight")))
        if len(self.arguments) > 1 and theirs & set(self.arguments):
            return "arrays"
        form = {1: "case", 2: "params"}.get(sum(self.arguments.values()))
        if form is None:
            raise TypeError(f"{self} takes {list(self.arguments)}, expected a case, or x and some "
                            f"of {sorted(theirs)}, or params and x")
        return form

    @property
    def is_function(self):
        """Whether it computes y from arrays, and keeps none."""
        return self.form in ("arrays", "params")

    def parameters(self, case):
        """Name -> array, in a case that is served; raises NotImplementedError in any other."""
        first, *others = [layer["layer"] for layer in case.layers] or [""]
        if case.kind not in ("vjp", "error") or first != self.kind or (
                len(others) > 1 or set(others) - set(ACTIVATIONS)):
            raise NotImplementedError(f"{self.door} serves a single layer of kind {self.kind!r}")
        inputs = {name: array for name, array in case.inputs.items()
                  if name not in ("x", "grad_y")}
        if "bias" not in inputs and self._needs_bias():
            inputs["bias"] = self.layout.stored("bias", np.zeros(case.n_out))
        for name in inputs:
            if self.name_of(name) is None:
                raise NotImplementedError(f"names has no {name}")
            if self.form == "arrays" and self.name_of(name) not in self.arguments:
                raise NotImplementedError(f"{self} takes no {self.name_of(name)}")
        return inputs

    def _needs_bias(self):
        """Whether a function has to be given a bias, which is zero where the case has none."""
        if self.form == "arrays":
            return self.arguments.get(self.name_of("bias"), False)
        return self.form == "params" and self.name_of("bias") is not None

    def call(self, arrays, x):
        """y of a function: arrays are the parameters by the oracle's names."""
        theirs = {self.name_of(name): array for name, array in arrays.items()}
        if self.form == "arrays":
            return self.layer(x, **theirs)
        params: dict = {}
        for path, array in theirs.items():
            part, (*way, last) = params, path.split(".")
            for step in way:
                part = part.setdefault(step, {})
            part[last] = array
        return self.layer(params, x)

    def followed(self, case, z):
        """z after what follows the layer in a case."""
        for of in case.layers[1:]:
            z = self.activation(of, z)
        return z

    def paths(self, case, layer):
        """The path in a layer of every parameter of a case, and of a bias that the layer has."""
        names = list(self.names or self.parameters(case))
        if "bias" not in names and hasattr(layer, self.name_of("bias") or ""):
            names.append("bias")
        return {name: self.name_of(name) for name in names}

    def made(self, case, ready=lambda layer: layer):
        """The layer for a case, with any numbers in it; ready(layer) is what has to be done first.

        Raises NotImplementedError where one that is made has another size, and where what a case
        wants refused is no layer at all.
        """
        parameters, is_made = self.parameters(case), False
        if self.form == "case":
            layer = ready(self.layer(case))
        elif inspect.isclass(self.layer):
            layer = ready(self.make(self.layer, case))
        else:
            layer, is_made = ready(copy.deepcopy(self.layer)), True
        for name, array in parameters.items() if is_made or case.kind == "error" else ():
            shape = tuple(getattr(found(layer, self.name_of(name)), "shape", ()))
            if shape != array.shape:
                raise NotImplementedError(f"{self} has one size" if is_made else
                                          "no layer has parameters that do not fit together")
        return layer
