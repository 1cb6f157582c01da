"""How public spectral codes store, sign and name their parameters, and the way to and from them."""
from dataclasses import dataclass, field, fields, replace

import numpy as np

from ._expect import check_array
from .chain import Chain
from .dense import Dense
from .spectral import NAMES, Spectral

CHOICES = {
    "phi": ("out,in", "in,out"), "weight": ("out,in", "in,out"),
    "x": ("batch,features", "features,batch"),
    **dict.fromkeys(("lambda_in", "lambda_out", "bias"), ("n", "n,1", "1,n")),
    "difference": ("in-out", "out-in", "-out", "1-out", "+out")}
SHAPES = {"n": (-1,), "n,1": (-1, 1), "1,n": (1, -1)}
MATRICES = {"phi": "phi", "weight": "weight",           # name -> the field that orders its axes
            **dict.fromkeys(("x", "grad_y", "y", "target"), "x")}
FLIPPED = {"out-in": ("lambda_in", "lambda_out"), "+out": ("lambda_out",)}
CONSTANT = {"-out": 0, "1-out": 1, "+out": 0}       # lambda_in where there is one set


@dataclass(frozen=True)
class Convention:
    """The conventions of an implementation; the default of every field is npspectral's own.

    phi         "out,in" or "in,out": the order of the axes; `weight` says it of Dense
    x           "batch,features" or "features,batch": also of y, target and their gradients
    lambda_in   "n", "n,1" or "1,n": the shape; lambda_out and bias alike
    difference  what multiplies phi in the weight:
        "in-out"   lambda_in - lambda_out
        "out-in"   lambda_out - lambda_in
        "-out"     -lambda       one set, for layers whose lambda_in is a constant c. W depends only
        "1-out"    1 - lambda    on lambda_in - lambda_out, so lambda can hold c.
        "+out"     lambda, a factor behind a linear layer (a gate), so it multiplies the bias too
    frozen      names of parameters for which the implementation has no gradient
    name        for reports
    names       {npspectral's name: theirs}, where they differ

    Numbers are only copied, or change sign, with two exceptions. A constant c other than 0 (1 for
    "1-out") is subtracted in lambda_out: one rounding. A gate's bias is read as lambda * bias, and
    never written.
    Raises ValueError or TypeError on choices, names, shapes, dtypes and layers that do not fit.
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
    names: dict = field(default_factory=dict, compare=False)

    def __post_init__(self):
        owner = type(self).__name__
        for choice, choices in CHOICES.items():
            if getattr(self, choice) not in choices:
                raise ValueError(f"{owner}: {choice} is {getattr(self, choice)!r}, "
                                 f"expected one of {choices}")
        known = ("lambda_in", "lambda_out", "phi", "weight", "bias")
        if not isinstance(self.frozen, (str, tuple)):       # an iterator is used up once, here
            object.__setattr__(self, "frozen", tuple(self.frozen))
        if isinstance(self.frozen, str) or not set(self.frozen) <= set(known):
            raise ValueError(f"{owner}: frozen is {self.frozen!r}, "
                             f"expected a tuple of names out of {known}")
        if not isinstance(self.names, dict) or not set(self.names) <= set(known):
            raise ValueError(f"{owner}: names is {self.names!r}, "
                             f"expected a dict with keys out of {known}")

    def __str__(self):
        if self.name:
            return self.name
        changed = [f"{choice.name}={getattr(self, choice.name)!r}" for choice in fields(self)
                   if choice.compare and getattr(self, choice.name) != choice.default]
        return f"{type(self).__name__}({', '.join(changed)})"

    @property
    def one_set(self):
        """Whether the weight has one set of eigenvalues only."""
        return self.difference in CONSTANT

    def shift(self, constant):
        """What is added to lambda_out when lambda_in = constant becomes 0 (1 for "1-out")."""
        return CONSTANT[self.difference] - constant

    def stored(self, name, array, shift=0):
        """The implementation's form of an npspectral array or gradient: sign, axes, shape."""
        if self._sign(name) != 1 or shift != 0:
            array = self._sign(name) * (array + shift)
        if name in MATRICES:
            axes = getattr(self, MATRICES[name])
            return array.T if axes in ("in,out", "features,batch") and array.ndim == 2 else array
        return array.reshape(SHAPES[getattr(self, name)]) if name in NAMES else array

    def restored(self, name, array):
        """The inverse of `stored` without a shift."""
        if name in MATRICES:
            return self.stored(name, array)                 # a transposition undoes itself
        return self._sign(name) * (array.reshape(-1) if name in NAMES else array)

    def _sign(self, name):
        return -1 if name in FLIPPED.get(self.difference, ()) else 1

    def to_public(self, layer, params):
        """The parameters of a Spectral or Dense layer, as new arrays under their public names."""
        if not isinstance(layer, (Spectral, Dense)):
            raise TypeError(f"{self}: layer is {layer!r}, expected a Spectral or Dense layer")
        came = {name: array.shape for name, array in params.items()}
        if came != layer.shapes:
            raise ValueError(f"{self}: params has the shapes {came}, expected {layer.shapes}")
        arrays, shift = dict(params), 0
        if isinstance(layer, Spectral):
            arrays["lambda_in"], arrays["lambda_out"] = layer.eigenvalues(params)
            if self.one_set:
                shift = self.shift(self._constant(layer, arrays.pop("lambda_in")))
        if self.difference == "+out" and "bias" in arrays and "phi" in arrays:
            raise ValueError(f"{self}: {layer.label} has a bias, expected none behind a gate")
        return {self._public(name): np.array(
                    self.stored(name, array, shift if name == "lambda_out" else 0))
                for name, array in arrays.items()}

    def _public(self, name):
        return self.names.get(name, name)

    def _constant(self, layer, lambda_in):
        if (lambda_in != lambda_in[0]).any():
            raise ValueError(f"{self}: lambda_in of {layer.label} has different values, "
                             f"expected one constant, as there is one set of eigenvalues")
        return lambda_in[0]

    def from_public(self, arrays, like=None):
        """The layer, Spectral or Dense, and its parameters from arrays under their public names.

        The arrays do not say which of them are constants of the layer. `like` says it: the layer
        that to_public wrote. Then `like` is returned, and a constant that has changed is refused.
        """
        layer, params = self._read(arrays)
        return (layer, params) if like is None else (like, self._params_of(like, layer, params))

    def _read(self, arrays):
        """The layer and its parameters, as far as `arrays` alone tell."""
        spectral = self._public("lambda_out") in arrays
        names = {self._public(name): name for name in
                 (("lambda_in", "lambda_out", "phi", "bias") if spectral else ("weight", "bias"))
                 if not (self.one_set and name == "lambda_in")}
        if not set(names) - {self._public("bias")} <= set(arrays) <= set(names):
            raise ValueError(f"{self}: arrays has the names {sorted(arrays)}, expected "
                             f"{sorted(names)}, with or without the bias")
        for name, array in arrays.items():
            check_array(str(self), name, array)
        params = {names[name]: np.array(self.restored(names[name], array))
                  for name, array in arrays.items()}
        if spectral and self.difference == "+out" and "bias" in params:
            params["bias"] = -params["lambda_out"] * params["bias"]
        layer = self._layer(params)
        for name, array in arrays.items():
            expected = self.stored(names[name], np.empty(layer.shapes[names[name]])).shape
            if array.shape != expected:
                raise ValueError(f"{self}: {name} has shape {array.shape}, expected {expected}")
        return layer, {name: params[name] for name in layer.shapes}

    def _params_of(self, like, layer, params):
        """The parameters that `like` has, from those of a layer that declares no constants."""
        if type(like) is not type(layer) or (like.n_in, like.n_out) != (layer.n_in, layer.n_out):
            raise ValueError(f"{self}: like is {like!r}, expected a {layer.label}, as the arrays "
                             f"are")
        if isinstance(like, Spectral) and self.one_set:
            if callable(like.lambda_in):
                raise ValueError(f"{self}: lambda_in of {like.label} is a parameter, expected a "
                                 f"constant, as there is one set of eigenvalues")
            shift = self.shift(like.lambda_in)
            if shift != 0:
                params["lambda_out"] = params["lambda_out"] - shift
        for name in set(params) - set(like.shapes) - {"bias"}:
            constant = getattr(like, name)
            if (params[name] != params[name].dtype.type(constant)).any():
                raise ValueError(f"{self}: {name} is no longer the constant {constant} that "
                                 f"{like.label} declares")
        if ("bias" in params) != ("bias" in like.shapes):
            raise ValueError(f"{self}: {like.label} and the arrays differ in whether they have a "
                             f"bias")
        return {name: params[name] for name in like.shapes}

    def network_to_public(self, network, params, key="{}/{}"):
        """The arrays of a chain's Spectral and Dense layers in one dict, such as numpy.savez takes.

        A name holds the layer's position in the chain: "2/phi". With key "{}.{}" it is "2.phi", as
        in a PyTorch state_dict() of a Sequential with the same activations.
        """
        if not isinstance(network, Chain) or len(params) != len(network.layers):
            raise TypeError(f"{self}: network is {network!r}, expected a Chain with params for "
                            f"each of its layers")
        return {key.format(position, name): array
                for position, (layer, part) in enumerate(zip(network.layers, params)) if part
                for name, array in self.to_public(layer, part).items()}

    def network_from_public(self, arrays, activation=None, like=None):
        """A chain and its params from such a dict, a loaded .npz file or a state_dict().

        Names are "layer/name" or "layer.name", and layers stand in the order of the dict. Give
        `activation`, which is put between the layers, or `like`, the chain that was written. Then
        `like` is returned, with its constants: see from_public.
        """
        parts = {}
        for path, array in arrays.items():
            layer, _, name = path.replace("/", ".").rpartition(".")
            parts.setdefault(layer, {})[name] = np.asarray(array)
        if not parts:
            raise ValueError(f"{self}: arrays is empty, expected those of one layer or more")
        if (activation is None) == (like is None):
            raise TypeError(f"{self}: expected either an activation or like, the chain")
        if like is not None:
            return like, self._chain_params(like, list(parts.values()))
        layers, params = zip(*map(self.from_public, parts.values()))
        between = [part for layer in layers for part in (layer, activation)]
        return Chain(*between[:-1]), tuple(
            part for layer_params in params for part in (layer_params, {}))[:-1]

    def _chain_params(self, like, parts):
        """Params of the chain: one of the parts for each layer that has parameters."""
        n_layers = sum(bool(layer.shapes) for layer in like.layers)
        if n_layers != len(parts):
            raise ValueError(f"{self}: arrays has {len(parts)} layers, like has {n_layers} with "
                             f"parameters")
        parts = iter(parts)
        return tuple(self.from_public(next(parts), layer)[1] if layer.shapes else {}
                     for layer in like.layers)

    def _layer(self, params):
        """The layer that has these parameters."""
        matrix = params["phi" if "phi" in params else "weight"]
        if matrix.ndim != 2:
            raise ValueError(f"{self}: the matrix has shape {matrix.shape}, expected two axes")
        n_out, n_in = matrix.shape
        if "weight" in params:
            return Dense(n_in, n_out, bias="bias" in params)
        return Spectral(n_in, n_out, bias="bias" in params, lambda_in=CONSTANT.get(self.difference),
                        trainable=tuple(name for name in NAMES if name not in self.frozen))


# Public implementations, each as its code stores and names things.
_BASE = {"phi": "base", "lambda_in": "diag_start", "lambda_out": "diag_end"}
_PORT = Convention(phi="in,out", lambda_in="n,1", lambda_out="1,n", names=_BASE)
CONVENTIONS = {convention.name: convention for convention in (
    Convention(name="npspectral"),
    replace(_PORT, name="keras", weight="in,out",           # spectraltools 1.2.0; Buffoni, master
            names={**_BASE, "weight": "kernel"}),
    replace(_PORT, name="torch"),                           # jacopoventurin/spectral-learning
    Convention(name="julia", x="features,batch", frozen=("phi",),      # csimal/SpectralLearning.jl
               names={"phi": "B", "lambda_in": "λ_in", "lambda_out": "λ_out", "bias": "b"}),
    Convention(name="minus_lambda", phi="in,out", weight="in,out", difference="-out",  # 2021, 2022
               names={"phi": "base", "lambda_out": "diag", "weight": "kernel"}),
    Convention(name="one_minus_lambda", difference="1-out"),    # Nat. Commun. 2021, lambda_in = 1
    Convention(name="plus_lambda", difference="+out",           # SpectralTools, PyTorch folder
               names={"phi": "weight", "lambda_out": "eigvals"}),
    Convention(name="chicchi2021", lambda_in="1,n", lambda_out="n,1", bias="1,n",  # Phys. Rev. E
               names={"lambda_in": "eig_in", "lambda_out": "eig_out"}))}
