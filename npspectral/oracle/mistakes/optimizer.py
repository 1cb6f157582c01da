"""Known mistakes of optimizers: name -> (sentence, wrong steps[, in which optimizers])."""
import numpy as np

ADAPTIVE = ("adam", "adamax")


def corrected(which):
    """Bias correction of m, of v, of both, or of none."""
    def wrong(right, spec, t, m, v):
        m_hat, v_hat = right(spec, t, m, v)
        return m_hat if "m" in which else m, v_hat if "v" in which else v
    return {"corrected": wrong}


def time(shift):
    return {"corrected": lambda right, spec, t, m, v: right(spec, shift(t), m, v)}


def _swapped(right, spec, *rest):
    return right({**spec, "beta1": spec["beta2"], "beta2": spec["beta1"]}, *rest)


def _eps_hat(right, spec, t, state, g):
    m, v = state["m"], state["v"]
    ratio = np.sqrt(1 - spec["beta2"] ** t) / (1 - spec["beta1"] ** t)
    return ratio * m / (np.sqrt(v) + spec["eps"])


def _amsgrad(right, spec, t, state, g):
    state["largest"] = np.maximum(state.get("largest", 0), state["v"])
    return right(spec, t, {**state, "v": state["largest"]}, g)


def _late_decay(right, spec, t, theta, g, state):
    moved = right({**spec, "decay": 0.0}, t, theta, g, state)
    return moved * (1 - spec["learning_rate"] * spec["decay"])


def _before(right, case):
    trace = right(case)["trace"]
    return {"trace": np.concatenate([[case.theta], trace[:-1]])}


def _last(right, case):
    trace = right(case)["trace"]
    return {"trace": np.repeat(trace[-1:], len(trace), 0)}


COUPLED = {"gradient": lambda right, spec, theta, g, state: (
               right(spec, theta, g, state) + spec["decay"] * theta),
           "decayed": lambda right, spec, theta: theta}

OPTIMIZER = {
    "ascent": ("The step goes up the gradient.",
               {"moved": lambda right, spec, theta, d: right(spec, theta, -d)}),
    "learning rate missing": ("The learning rate does not multiply the step.",
                              {"moved": lambda right, spec, theta, d: theta - d}),
    "gradients accumulated": (
        "Gradients add up from step to step: they are not cleared.",
        {"gradient": lambda right, spec, theta, g, state: sum(state["past"])}),
    "parameters before the step": (
        "The trace holds the parameters before each step; it holds those after it.",
        {"optimizer": _before}),
    "trace of one array": (
        "All rows of the trace are the last step: the same array was stored every time; copy it.",
        {"optimizer": _last}),
    "decay ignored": (
        "The weight decay is not applied.", {"decayed": lambda right, spec, theta: theta}),
    "decay without the learning rate": (
        "The decay is not multiplied by the learning rate.",
        {"decayed": lambda right, spec, theta: theta * (1 - spec["decay"])}),
    "coupled decay": (
        "The decay is added to the gradient (L2); it is decoupled from the moments.", COUPLED),
    "decay after the step": ("The decay shrinks the parameters after the step; it does so before.",
                             {"step": _late_decay}),
    "dampened momentum": (
        "The gradient enters the velocity times (1 - momentum).",
        [{"first_moment": lambda right, spec, m, g: right(spec, m, (1 - spec["momentum"]) * g)},
         {"first_moment": lambda right, spec, m, g: right(
             spec, m, (1 - spec["momentum"] * m.any()) * g)}], ("sgd",)),   # as torch.optim.SGD
    "Nesterov momentum": (
        "The step looks ahead (Nesterov); plain momentum is asked for.",
        {"direction": lambda right, spec, t, state, g: spec["momentum"] * state["m"] + g},
        ("sgd",)),
    "betas swapped": ("beta1 and beta2 have changed places.", {"step": _swapped}, ADAPTIVE),
    "m without 1 - beta1": (
        "The gradient enters m without the factor 1 - beta1.",
        {"first_moment": lambda right, spec, m, g: spec["beta1"] * m + g}, ADAPTIVE),
    "t one too small": (
        "The step counter starts at 0; it starts at 1.", time(lambda t: t - 1), ADAPTIVE),
    "t one too large": (
        "The step counter is one ahead; it is 1 at the first step.", time(lambda t: t + 1),
        ADAPTIVE),
    "t constant": ("The step counter stays at 1.", time(lambda t: 1), ADAPTIVE),
    "no bias correction": ("The moments are not corrected for their start at 0.",
                           corrected(""), ADAPTIVE),
    "no correction of v": ("v is not corrected for its start at 0.", corrected("m"), ("adam",)),
    "eps missing": (
        "eps is not added.", {"quotient": lambda right, spec, m, v: right(
            {**spec, "eps": 0.0}, m, v)}, ADAPTIVE),
    "eps inside the root": ("eps is added under the root; it is added to the root.",
                            {"quotient": lambda right, spec, m, v: m / np.sqrt(v + spec["eps"])},
                            ("adam",)),
    "eps-hat": (
        "eps is added before the correction of v (the paper's shorter form, eps-hat): a "
        "documented variant; rescale eps or declare it.", {"direction": _eps_hat}, ("adam",)),
    "v without 1 - beta2": (
        "The square enters v without the factor 1 - beta2.",
        {"second_moment": lambda right, spec, v, g: spec["beta2"] * v + g * g}, ("adam",)),
    "AMSGrad": ("The largest v so far is used (AMSGrad).", {"direction": _amsgrad}, ("adam",)),
    "eps inside the maximum": (
        "eps is added to |g| before the maximum, as torch.optim.Adamax does; it is added to u.",
        {"second_moment": lambda right, spec, v, g: np.maximum(
            spec["beta2"] * v, np.abs(g) + spec["eps"]), "quotient": lambda right, spec, m, v: m / v
         }, ("adamax",)),
    "u corrected": (
        "u is divided by 1 - beta2^t; it needs no correction.",
        {"corrected": lambda right, spec, t, m, v: (
            right(spec, t, m, v)[0], v / (1 - spec["beta2"] ** t))}, ("adamax",)),
}
