"""The right candidate's steps for second derivatives, and for gradients sample by sample.

Second derivatives are imaginary parts of what the other steps give at a complex step along v, so
that a wrong step of theirs is differentiated as it is.
"""
import copy

import numpy as np

STEP = 2.0 ** -90


class SecondSteps:
    """A part of Steps: every method is a step in which a mistake can be planted."""

    def second(self, case):
        return {**self.along(case, self.slopes(case, self.directions(case))), **self.first(case)}

    def directions(self, case):
        """Name -> the direction in which the input moves."""
        return {name[2:]: array for name, array in case.inputs.items() if name.startswith("v_")}

    def slopes(self, case, directions):
        """The derivatives of y, and of the gradients, along the directions."""
        moved = with_inputs(case, {name: case.inputs[name] + 1j * (STEP * array)
                                   for name, array in directions.items()})
        slopes = {name: np.imag(array) / STEP for name, array in self.first(moved).items()}
        return {name.replace("grad_", "hvp_"): array for name, array in slopes.items()
                } | {"jvp": slopes.get("y")}

    def along(self, case, slopes):
        return slopes

    def per_sample(self, case):
        alone = [self.first(with_inputs(case, {
            name: array[b:b + 1] for name, array in case.inputs.items()
            if name in ("x", "grad_y", "target")})) for b in range(len(case.x))]
        grads = {f"per_sample_{name}": np.array([answers[name] for answers in alone])
                 for name in alone[0] if name.startswith("grad_")}
        return {**self.samples(case, grads), "y": self.first(case)["y"]}

    def samples(self, case, grads):
        return grads

    def first(self, case):
        """The first derivatives of the same layers and loss."""
        kind = "loss" if not case.layers else "network" if "loss" in case.spec else "vjp"
        return self.finish(case, getattr(self, kind)(case))


def with_inputs(case, inputs):
    """The case with some other inputs."""
    moved = copy.copy(case)
    moved.inputs = {**case.inputs, **inputs}
    return moved
