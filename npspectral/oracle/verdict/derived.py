"""Second derivatives, and gradients sample by sample, by whoever gives values and gradients.

Second derivatives are imaginary parts of y and of the gradients at a step i h v, so that nothing is
differentiated twice by hand (the complex step of Squire and Trapp, 1998).
"""
import numpy as np

from ..suite.arrays import OF_SAMPLES
from ..suite.case import with_inputs

STEP = 2.0 ** -90               # its square drowns beside 1; dividing by it rounds nothing


def directions(case):
    """Name -> the direction in which the input moves."""
    return {name[2:]: array for name, array in case.inputs.items() if name.startswith("v_")}


def slopes(case, along, first):
    """The derivatives of y, and of the gradients, along directions; first: case -> both."""
    moved = with_inputs(case, {name: case.inputs[name] + 1j * (STEP * array)
                               for name, array in along.items()})
    found = {name: np.imag(array) / STEP for name, array in first(moved).items()}
    return {name.replace("grad_", "hvp_"): array for name, array in found.items()
            } | {"jvp": found.get("y")}


def per_sample(case, first):
    """The gradients of one sample after another, each a batch of its own."""
    of_samples = [name for name in OF_SAMPLES if name in case.inputs]
    alone = [first(with_inputs(case, {name: case.inputs[name][b:b + 1] for name in of_samples}))
             for b in range(len(case.inputs["x"]))]
    return {f"per_sample_{name}": np.stack([answers[name] for answers in alone])
            for name in alone[0] if name.startswith("grad_")}
