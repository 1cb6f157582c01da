"""Layers one after the other: a network is a layer."""
import math
from dataclasses import dataclass
from functools import cached_property
from operator import is_

from .layer import Layer, complete


@dataclass(frozen=True, init=False)
class Chain(Layer):
    """y = layer_L( ... layer_2(layer_1(x))); params, residuals, grads: tuples, an entry per layer.

    Without input_grad, backward stops at the first layer that has something to train.
    chain[i] is a layer, chain[i:j] a Chain; len(chain) is the number of layers.
    Raises ValueError where a layer's n_in is not the n_out of the layer before.

    >>> from npspectral import ReLU, Spectral
    >>> Chain(Spectral(20, 50), ReLU(), Spectral(50, 2))[0]
    Spectral(20, 50)
    """

    layers: tuple

    def forward(self, params, x):
        self._check_params(params)
        residuals = []
        for layer, part in zip(self.layers, params):
            x, residual = layer.forward(part, x)
            residuals.append(residual)
        return x, tuple(residuals)

    def backward(self, params, residuals, grad_y, input_grad=True):
        # without input_grad, what comes before the first layer that learns is not needed
        first = 0 if input_grad else min(self.learned, default=len(self.layers))
        grads = []
        for i in reversed(range(first, len(self.layers))):
            layer_grads, grad_y = self.layers[i].backward(  # x, residual = layer.forward(part, x)
                params[i], residuals[i], grad_y, input_grad=input_grad or i > first)
            grads.append(layer_grads)
        # the layers before `first` train nothing: {}, or for a Chain a tuple of {}
        untrained = (layer.trainable_part(part) for layer, part in zip(self.layers[:first], params))
        grad_x = grad_y if input_grad else None
        return (*untrained, *reversed(grads)), grad_x

    def init(self, rng, dtype=float):
        """First values of all layers, drawn one after the other."""
        return tuple(layer.init(rng, dtype) for layer in self.layers)

    def trainable_part(self, params):
        """For each layer a dict of what backward gives gradients for: the arrays themselves."""
        return tuple(layer.trainable_part(part) for layer, part in zip(self.layers, params))

    def in_training(self, rng):
        """The chain of its layers in training, or itself if none of them changes."""
        layers = tuple(layer.in_training(rng) for layer in self.layers)
        return self if all(map(is_, layers, self.layers)) else Chain(*layers)

    def statistics(self, params, residuals):
        """Those of every layer."""
        return tuple(layer.statistics(part, residual)
                     for layer, part, residual in zip(self.layers, params, residuals))

    @cached_property
    def coupled(self):
        """Whether any of the layers is coupled."""
        return any(layer.coupled for layer in self.layers)

    @cached_property
    def learned(self):
        """Positions of the layers that have something to train."""
        return tuple(i for i, layer in enumerate(self.layers) if layer.learned)

    def __init__(self, *layers):
        complete(self, layers=layers)
        width, before = None, None
        for position, layer in enumerate(layers):
            if not isinstance(layer, Layer):
                raise TypeError(f"Chain: argument {position} is {layer!r}, expected a layer")
            n_in = getattr(layer, "n_in", None)
            if n_in is not None and width not in (None, n_in):
                raise ValueError(f"Chain: {layer.label} at position {position} takes {n_in} "
                                 f"features, {before.label} before it gives {width}")
            if n_in is not None:
                width, before = layer.n_out, layer
        if width is not None:
            sized = [layer for layer in layers if hasattr(layer, "n_in")]
            complete(self, n_in=sized[0].n_in, n_out=width)

    def _check_params(self, params):
        if not isinstance(params, tuple):
            raise TypeError(f"{self.label}: params is {type(params).__name__}, expected a tuple")
        if len(params) != len(self.layers):
            raise ValueError(f"{self.label}: params has {len(params)} entries, "
                             f"expected one for each of {len(self.layers)} layers")

    def __repr__(self):
        return f"Chain({', '.join(map(repr, self.layers))})"

    def __str__(self):
        """A line for each layer, with the numbers in each of its parameters."""
        total, learned, lines = _counts(self), _counts(self, True), []
        for position, layer in enumerate(self.layers):
            sizes = [f"{name} {math.prod(shape)}" + ("" if name in layer.learned else " (frozen)")
                     for name, shape in layer.shapes.items()]
            text = str(layer) if isinstance(layer, Chain) else f"{_name(layer)}  {', '.join(sizes)}"
            lines += [f"{position}  {text}".strip().replace("\n", "\n  ")]
        return "\n  ".join([f"{self.label}: {learned} of {total} numbers trainable", *lines])

    def _repr_pretty_(self, printer, cycle):
        """What a notebook shows."""
        printer.text(str(self))

    def __getitem__(self, position):
        part = self.layers[position]
        return Chain(*part) if isinstance(position, slice) else part

    def __len__(self):
        return len(self.layers)

    def __iter__(self):
        return iter(self.layers)


def _name(layer):
    return layer.label if layer.shapes else repr(layer)


def _counts(layer, learned=False):
    """How many numbers all parameters hold, or with `learned` those that are trained."""
    if isinstance(layer, Chain):
        return sum(_counts(part, learned) for part in layer.layers)
    return sum(math.prod(shape) for name, shape in layer.shapes.items()
               if not learned or name in layer.learned)
