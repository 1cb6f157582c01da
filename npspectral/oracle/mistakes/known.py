"""The known mistakes: what people get wrong in spectral layers, losses, penalties and optimizers.

Each is a short override of steps of a right candidate, so its answers to any case can be computed:
the self-test plants them to show that the vectors catch them, the diagnosis compares them with what
a failed candidate gave. A mistake of the definition carries the gradients that belong to its wrong
forward, as automatic differentiation gives them; a mistake of the backward pass a right forward.
"""
from dataclasses import dataclass, replace

from . import (backward, definition, images, loss, normalization, optimizer, penalty, second,
               structure)
from .right import (ACTIVATIONS, IMAGES, LINEAR, MATRICES, RECURRENT, SPARSE, SPECTRAL,
                    has_steps)

LAYERS, LOSSES = ("vjp", "network"), ("loss", "network")
DERIVED = {"second": "second derivatives", "per_sample": "gradients of samples",     # of layers
           "tangent": "tangent kernels"}
APART = ("loss", "penalty", "optimizer")            # kinds of cases, and parts, without layers
OF_A_MATRIX = {"matrix", "matrix_backward", "bias_backward", "input_backward", "shift"}
STRUCTURES = {"sparse": SPARSE, "nested": ("nested",), "factored": SPECTRAL[1:],
              "recurrent": RECURRENT, "images": IMAGES}
OF_EIGENVALUES = {"weight", "weight_backward"}
OF_A_LAYER = OF_A_MATRIX | OF_EIGENVALUES | {"activate", "slope"}   # steps inside of a layer


@dataclass(frozen=True, eq=False)
class Mistake:
    """name, the sentence a report prints, kinds of cases it can meet, and the wrong steps.

    part: definition, backward, tangent, precision, form, loss, penalty, optimizer or second.
    within: activations, structured layers, losses, penalties or optimizers, as a case names them;
    where it is empty all of them are meant. others: wrong steps of the same mistake with other
    constants.
    """

    name: str
    sentence: str
    kinds: tuple[str, ...]
    plant: dict
    part: str
    within: tuple[str, ...] = ()
    others: tuple[dict, ...] = ()
    variant: int = 0

    def __repr__(self):
        return f"Mistake({self.name!r})"

    def meets(self, case):
        """Whether the mistake is on the way of this case at all."""
        return has_steps(case) and case.kind in self.kinds and (
            not self.within or bool(set(self.within) & algorithms(case)))

    def only(self, algorithm):
        """The same mistake made in one kind of layer, loss, penalty or optimizer alone."""
        plant = self.plant
        if set(plant) <= OF_A_LAYER and algorithm in {*LINEAR, *ACTIVATIONS}:
            plant = in_layers((algorithm,), plant)
        return replace(self, within=(algorithm,), plant=plant)

    @property
    def variants(self):
        """The mistake with each of its constants."""
        return [self] + [replace(self, plant=plant, others=(), variant=k)
                         for k, plant in enumerate(self.others, 1)]

    @property
    def beside_images(self):
        """The same mistake made in matrices alone, where layers of images take the same steps."""
        return replace(self, plant=in_layers(MATRICES, self.plant), variant=-1 - self.variant)

    @property
    def scopes(self):
        """Where the mistake can be made alone: its algorithms, or one kind of layer."""
        if self.within:
            return self.within if len(self.within) > 1 else ()
        steps = set(self.plant)
        if OF_A_LAYER >= steps and OF_A_MATRIX & steps:
            return *SPECTRAL, *SPARSE
        return (*SPECTRAL[1:], *SPARSE) if OF_EIGENVALUES >= steps else ()


def in_layers(names, plant):
    """A plant whose wrong steps are taken in layers of these names alone."""
    if set(plant) <= {"activate", "slope"}:                             # told which layer they are
        return {step: lambda right, layer, z, wrong=wrong: (
            wrong(right, layer, z) if layer["layer"] in names else right(layer, z))
            for step, wrong in plant.items()}
    entered = [""]

    def enter(right, layer, *rest):
        entered[0] = layer["layer"]
        return right(layer, *rest)

    def guarded(wrong):
        return lambda right, *arguments: (wrong(right, *arguments) if entered[0] in names
                                          else right(*arguments))
    return {**{step: guarded(wrong) for step, wrong in plant.items()},
            "layer_forward": enter, "layer_backward": enter}


def algorithms(case):
    """Names of the layers, what they are made of, the loss, the penalty, or the optimizer."""
    return ({layer[key] for layer in case.layers for key in ("layer", "of", "activation")
             if key in layer} | {spec[key] for key, spec in case.spec.items()})


def structure_of(case):
    """The name among STRUCTURES for a case of such layers, else ""."""
    kinds = {layer["layer"] for layer in case.layers}
    return next((name for name, layers in STRUCTURES.items() if kinds & set(layers)), "")


def algorithm_of(case):
    """The activations and structured layers of a case, or its loss, penalty or optimizer."""
    if case.kind in APART:
        return case.spec[case.kind][case.kind]
    return "+".join(sorted(algorithms(case) - {"spectral"})) or "identity"


def candidates(kind, cases):
    """Mistakes that this kind of case can meet; the same beside images; in one algorithm alone."""
    met = [variant for mistake in MISTAKES if kind in mistake.kinds for variant in mistake.variants]
    present = set().union(*map(algorithms, cases))
    named = {spec[key] for case in cases for key, spec in case.spec.items()}
    beside_images = [mistake.beside_images for mistake in met
                     if present & set(IMAGES) and OF_A_MATRIX & set(mistake.plant)]
    return met + beside_images + [mistake.only(name) for mistake in met for name in sorted(
        _narrower(mistake, kind, present, named))]


def _narrower(mistake, kind, present, named):
    """Those of the algorithms present in which alone the mistake can be made."""
    if kind in APART or mistake.part in APART:
        within = mistake.within or named
        return named & set(within) if len(within) > 1 else set()
    return present & set(mistake.scopes) - (set() if "dense" in present else {"spectral"})


def listed(part, kinds, table):
    """Mistakes from rows name -> (sentence, wrong steps[, within]); steps: a dict, or several."""
    mistakes = []
    for name, (sentence, steps, *within) in table.items():
        plant, *others = [steps] if isinstance(steps, dict) else steps
        mistakes.append(Mistake(name, sentence, kinds, plant, part, *within, others=tuple(others)))
    return mistakes


MISTAKES = [
    *listed("definition", (*LAYERS, *DERIVED), definition.DEFINITION),
    *listed("backward", (*LAYERS, "per_sample"), backward.BACKWARD),
    *listed("definition", (*LAYERS, *DERIVED), structure.DEFINITION),
    *listed("backward", (*LAYERS, "per_sample"), structure.BACKWARD),
    *listed("definition", (*LAYERS, *DERIVED), images.DEFINITION | normalization.DEFINITION),
    *listed("backward", (*LAYERS, "per_sample"), images.BACKWARD | normalization.BACKWARD),
    *listed("tangent", ("tangent",), normalization.TANGENT),
    *listed("form", (*LAYERS, *DERIVED, "penalty"), backward.FORM),
    *listed("precision", LAYERS, backward.PRECISION),
    *listed("loss", LOSSES, loss.LOSS),
    *listed("penalty", ("penalty",), penalty.PENALTY),
    *listed("optimizer", ("optimizer",), optimizer.OPTIMIZER),
    *listed("second", ("second",), second.SECOND),
    *listed("second", ("per_sample",), second.PER_SAMPLE),
]
