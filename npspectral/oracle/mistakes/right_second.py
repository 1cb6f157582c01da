"""The right candidate's steps for second derivatives, and for gradients sample by sample.

The complex step goes through the other steps, so that a wrong one is differentiated as it is.
"""
from ..verdict import derived


class SecondSteps:
    """A part of Steps: every method is a step in which a mistake can be planted."""

    def second(self, case):
        return {**self.along(case, self.slopes(case, self.directions(case))), **self.first(case)}

    def directions(self, case):
        return derived.directions(case)

    def slopes(self, case, directions):
        return derived.slopes(case, directions, self.first)

    def along(self, case, slopes):
        return slopes

    def per_sample(self, case):
        grads = derived.per_sample(case, self.first)
        return {**self.samples(case, grads), "y": self.first(case)["y"]}

    def samples(self, case, grads):
        return grads

    def first(self, case):
        """The first derivatives of the same layers and loss."""
        kind = "loss" if not case.layers else "network" if "loss" in case.spec else "vjp"
        return self.finish(case, getattr(self, kind)(case))
