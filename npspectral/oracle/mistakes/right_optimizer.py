"""The right candidate's steps for optimizers: a trace of the parameters after every gradient."""
import numpy as np


class OptimizerSteps:
    """A part of Steps: every method is a step in which a mistake can be planted."""

    def optimizer(self, case):
        spec, theta = case.spec["optimizer"], case.theta
        state = {"m": np.zeros_like(theta), "v": np.zeros_like(theta), "past": []}
        trace = []
        for t, g in enumerate(case.gradients, 1):
            state["past"].append(g)
            theta = self.step(spec, t, theta, self.gradient(spec, theta, g, state), state)
            trace.append(theta)
        return {"trace": np.array(trace)}

    def gradient(self, spec, theta, g, state):
        return g

    def step(self, spec, t, theta, g, state):
        state["m"] = self.first_moment(spec, state["m"], g)
        state["v"] = self.second_moment(spec, state["v"], g)
        return self.moved(spec, self.decayed(spec, theta), self.direction(spec, t, state, g))

    def moved(self, spec, theta, direction):
        return theta - spec["learning_rate"] * direction

    def decayed(self, spec, theta):
        return theta * (1 - spec["learning_rate"] * spec["decay"])

    def first_moment(self, spec, m, g):
        if spec["optimizer"] == "sgd":
            return spec["momentum"] * m + g
        return spec["beta1"] * m + (1 - spec["beta1"]) * g

    def second_moment(self, spec, v, g):
        if spec["optimizer"] == "adam":
            return spec["beta2"] * v + (1 - spec["beta2"]) * g * g
        return np.maximum(spec.get("beta2", 0) * v, np.abs(g))

    def direction(self, spec, t, state, g):
        if spec["optimizer"] == "sgd":
            return state["m"]
        m, v = self.corrected(spec, t, state["m"], state["v"])
        return self.quotient(spec, m, v)

    def corrected(self, spec, t, m, v):
        m = m / (1 - spec["beta1"] ** t)
        return m, v / (1 - spec["beta2"] ** t) if spec["optimizer"] == "adam" else v

    def quotient(self, spec, m, v):
        return m / ((np.sqrt(v) if spec["optimizer"] == "adam" else v) + spec["eps"])
