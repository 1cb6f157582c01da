"""Cases of losses, penalties and optimizers, and inputs that have to be refused."""
from .inputs import FLOAT32, NORMAL, array, broken, case_of, grid, scaled, spectral_inputs

LOSSES = {"mean_squared_error": {"loss": "mean_squared_error"},
          "labels": {"loss": "softmax_cross_entropy"},
          "probabilities": {"loss": "softmax_cross_entropy"},
          "binary_cross_entropy": {"loss": "binary_cross_entropy_with_logits"},
          "hinge": {"loss": "hinge"}, "soft_hinge": {"loss": "soft_hinge", "sharpness": 5.0},
          "quadratic_hinge": {"loss": "quadratic_hinge"}}


def target_of(loss, batch, n_out, seed):
    """A target that the loss takes."""
    picks = grid(seed, batch, n_out, unit=1)["dec"]
    if loss == "labels":
        return {"target": {"shape": [batch], "labels": [int(picks[n_out * b]) % n_out
                                                        for b in range(batch)]}}
    if loss == "probabilities":
        parts = [0.5, 0.25, 0.25] if n_out == 3 else [1 / n_out] * n_out
        return {"target": array((batch, n_out), [parts[(b + k) % n_out] for b in range(batch)
                                                 for k in range(n_out)])}
    if loss == "binary_cross_entropy":
        return {"target": array((batch, n_out), [(0, 1, 0.25)[int(k) % 3] for k in picks])}
    if loss == "mean_squared_error":
        return {"target": grid(seed + 1, batch, n_out)}
    return {"target": array((batch, n_out), [1 if k > 0 else -1 for k in picks])}


def with_loss(case, loss, seed):
    """The case with a loss at its end, the mean over its batch, in place of grad_y."""
    inputs = {key: entry for key, entry in case["inputs"].items() if key != "grad_y"}
    inputs |= target_of(loss, *case["inputs"]["grad_y"]["shape"], seed)
    return {**case, "kind": "network", "inputs": inputs,
            "loss": {**LOSSES[loss], "reduction": "mean"}}


WEIGHTS = {(4, 2): [0.5, 4, 0, 3.5], (3, 3): [0.5, 2, 1.5], (2, 4): [3, 1]}


def losses():
    """Every loss: shapes, reductions, weights, confident logits, margins exactly at the kink."""
    def case(name, loss, y, target, reduction, weights=None, dtypes=NORMAL, flags=("Loss",)):
        inputs = {"y": y, **target} | ({"weights": weights} if weights else {})
        return case_of("loss", f"loss/{loss}/{name}", inputs, flags, dtypes,
                       loss={**LOSSES[loss], "reduction": reduction})
    for s, loss in enumerate(LOSSES):
        for batch, n_out in ((4, 4), (2, 3), (1, 1)):
            if loss in ("labels", "probabilities") and n_out == 1:
                continue
            y = grid(1600 + s, batch, n_out)
            target = target_of(loss, batch, n_out, 1610 + s)
            for reduction in ("mean", "sum"):
                yield case(f"b{batch}-o{n_out}/{reduction}", loss, y, target, reduction)
        for shape, weights in WEIGHTS.items():          # no sum is the batch size, which would hide
            name = "" if shape == (4, 2) else "-b{}-o{}".format(*shape)     # a division by it
            for reduction in ("mean", "sum"):
                yield case(f"weights{name}/{reduction}", loss, grid(1620 + s, *shape),
                           target_of(loss, *shape, 1630 + s), reduction,
                           array((len(weights),), weights), flags=["Weights"])
        confident = array((2, 3), [1000, -1000, 0, -512, 512, 8])
        yield case("confident", loss, confident, target_of(loss, 2, 3, 1640 + s), "sum",
                   dtypes=("float32", "float64"), flags=["Saturation"])
        yield case("empty/sum", loss, array((0, 3), []), target_of(loss, 0, 3, 0), "sum",
                   flags=["EmptyBatch"])
    for loss in ("hinge", "quadratic_hinge"):
        yield case("margin-one", loss, array((1, 1), [1]), {"target": array((1, 1), [1])}, "sum",
                   flags=["Kink"])


def penalties():
    """Every penalty on eigenvalues, eigenvectors and the realized weight; kinks at zero."""
    specs = {"l1": {}, "l2": {}, "elastic_net": {"ratio": 0.25}, "rows": {"axis": -1},
             "columns": {"axis": 0}}
    for s, (name, extra) in enumerate(specs.items()):
        kind = "group_lasso" if "axis" in extra else name
        for on in ("lambda_in", "lambda_out", "phi", "weight"):
            if kind == "group_lasso" and on.startswith("lambda"):
                continue
            for n_in, n_out in ((3, 4), (5, 2), (3, 3)):
                seed = 1700 + 10 * s + n_in - n_out + 1
                inputs = spectral_inputs(seed, 1, n_in, n_out, bias=False)
                del inputs["x"], inputs["grad_y"]
                size = "" if (n_in, n_out) == (3, 4) else f"/i{n_in}-o{n_out}"
                yield case_of(
                    "penalty", f"penalty/{name}/{on}{size}", inputs, ["Penalty"],
                    layers=[{"layer": "spectral"}],
                    trainable=["lambda_in", "lambda_out", "phi"] if on == "weight" else [on],
                    penalty={"penalty": kind, "strength": 0.375, "on": on, **extra})
    for kind, extra in (("l1", {}), ("elastic_net", {"ratio": 0.5}), ("group_lasso", {"axis": -1})):
        for n_in, n_out in ((2, 2), (1, 2), (4, 3)):
            inputs = {"phi": array((n_out, n_in), [0] * n_in + [0.5, -1, 0.25, 2, 0, 0.75, -1.5, 1][
                :n_in * n_out - n_in]), "lambda_in": array((n_in,), [1, 2, -1, 3][:n_in]),
                "lambda_out": array((n_out,), [0, -1, 2][:n_out])}
            if kind != "group_lasso" and n_in > 1:
                inputs["phi"]["dec"][1] = 0.25
            size = "" if (n_in, n_out) == (2, 2) else f"/i{n_in}-o{n_out}"
            yield case_of("penalty", f"penalty/{kind}/kink{size}", inputs, ["Kink"],
                          layers=[{"layer": "spectral"}], trainable=["phi"],
                          penalty={"penalty": kind, "strength": 0.5, "on": "phi", **extra})


def optimizers():
    """Five varying steps, then gradients that vanish, or are tiny, with and without decay."""
    averages = {"beta1": 0.75, "beta2": 0.875, "eps": 2.0 ** -10}
    specs = {"sgd": {"optimizer": "sgd", "momentum": 0.0, "decay": 0.0},
             "momentum": {"optimizer": "sgd", "momentum": 0.75, "decay": 0.0},
             "momentum-decay": {"optimizer": "sgd", "momentum": 0.75, "decay": 0.5},
             "adam": {"optimizer": "adam", **averages, "decay": 0.0},
             "adamw": {"optimizer": "adam", **averages, "decay": 0.5},
             "adamax": {"optimizer": "adamax", **averages, "decay": 0.0},
             "adamax-decay": {"optimizer": "adamax", **averages, "decay": 0.5}}
    for s, (name, spec) in enumerate(specs.items()):
        varying = grid(1800 + s, 5, 3)
        vanishing = array((5, 3), varying["dec"][:6] + [0.0] * 9)
        for kind, gradients, dtypes in (
                ("varying", varying, NORMAL), ("then-zero", vanishing, NORMAL),
                ("tiny", scaled(varying, 2.0 ** -13), FLOAT32),
                ("eight-steps", grid(1810 + s, 8, 1), NORMAL),
                ("four-steps", grid(1820 + s, 4, 6), NORMAL)):
            inputs = {"theta": grid(1850 + s, gradients["shape"][1]), "gradients": gradients}
            yield case_of("optimizer", f"optimizer/{name}/{kind}", inputs, ["Optimizer"], dtypes,
                          optimizer={**spec, "learning_rate": 0.125})


def errors():
    """Inputs that a candidate has to refuse."""
    inputs = spectral_inputs(1900, 2, 3, 4)
    changes = {"x-too-narrow": ("x", 2, 2), "x-too-wide": ("x", 2, 4),
               "phi-transposed": ("phi", 3, 4), "phi-too-short": ("phi", 3, 3),
               "lambda_in-too-long": ("lambda_in", 4), "lambda_out-too-short": ("lambda_out", 3),
               "bias-too-long": ("bias", 5), "grad_y-too-narrow": ("grad_y", 2, 3),
               "grad_y-other-batch": ("grad_y", 3, 4)}
    for name, change in changes.items():
        yield broken(name, {"layer": "spectral"}, inputs, change, None)
    for name, labels in (("label-too-large", [0, 3]), ("label-negative", [-1, 2])):
        inputs = {"y": grid(3, 2, 3), "target": {"shape": [2], "labels": labels}}
        yield case_of("error", f"error/{name}", inputs, ["Refuse"],
                      loss={"loss": "softmax_cross_entropy", "reduction": "mean"})
    inputs = {"y": array((0, 2), []), "target": array((0, 2), [])}
    yield case_of("error", "error/mean-of-empty-batch", inputs, ["Refuse"],
                  loss={"loss": "mean_squared_error", "reduction": "mean"})
