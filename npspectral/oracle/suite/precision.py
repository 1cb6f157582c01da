"""Cases that see precision: numbers of full length, and functions at saturation.

Numbers k/8 are exact in half precision, too, so a product that is taken in it does not show. Here
every number of an older case gets all 24 bits of float32, or all 53 of float64.
"""
from math import frexp, ldexp

from .inputs import FLOAT32, WIDE, array, case_of, grid, spectral, vjp
from .layers import batches, generic, stacks
from .losses import LOSSES, losses, optimizers, penalties
from .recurrent import complex_recurrent, recurrent
from .structure import factored, nested, sparse

LENGTHS = {24: ("float32", "float64"), 53: WIDE}    # bits -> the dtypes that hold them
# family -> the cases to be lengthened; spectral/tanh/A becomes spectral/tanh/24-bits/A
LENGTHENED = {
    "spectral": (*(f"{activation}/{shape}" for activation in (
        "identity", "leaky_relu", "tanh", "sigmoid", "softplus")
        for shape in ("b2-i3-o4/bias", "b4-i4-o4/plain")),
        "identity/b8-i5-o2/bias", "relu/b1-i4-o4/bias", "relu/b4-i4-o4/plain",
        "elu/b2-i3-o4/bias", "elu/b1-i4-o4/plain", "batch/sixty-four/bias"),
    "dense": ("identity/b2-i3-o4/bias", "identity/b8-i5-o2/plain"),
    "stack": ("3-4-2/tanh", "2-3-3-1/relu"),
    "network": ("tanh/mean_squared_error", "tanh/labels", "relu/labels"),
    "loss": tuple(f"{loss}/b2-o3/mean" for loss in LOSSES),
    "penalty": ("l1/phi", "l2/lambda_out/i5-o2", "l2/weight", "elastic_net/weight/i5-o2",
                "rows/weight/i3-o3", "columns/phi"),
    "optimizer": tuple(f"{name}/varying" for name in (
        "sgd", "momentum", "momentum-decay", "adam", "adamw", "adamax", "adamax-decay")),
    "factored": ("qr/identity/b2-i3-o4/bias", "qr/sigmoid/b4-i4-o4/plain",
                 "full-qr/tanh/b2-i3-o4/bias", "svd/identity/b4-i4-o4/bias"),
    "nested": ("shared-skip/tanh/b2-3-4-2/bias", "shared-skip/identity/b2-2-3-2-2/bias",
               "separate-skip/tanh/b1-3-2-4-3/bias", "separate-chain/tanh/b2-2-3-2-2/bias"),
    "sparse": ("static/dense/tanh/b4-i5-o2", "static/spectral/identity/b2-i3-o4",
               "dynamic/spectral/tanh/b4-i4-o4", "dynamic/svd/tanh/b4-i5-o2"),
    "recurrent": ("tanh/t2/b4-i3-o2-n4/plain", "relu/t2/b2-i2-o2-n4/plain"),
    "complex_recurrent": ("tanh/t2/score/b4-j1-n3-m2", "tanh/t2/amplitude/b2-j3-n2-m1")}


def lengthened():
    """Each of these cases with numbers of 24 bits, and with numbers of 53 bits."""
    families = (generic, batches, stacks, losses, penalties, optimizers, factored, nested, sparse,
                recurrent, complex_recurrent)
    short = {case["id"]: case for family in families for case in family()}
    for family, names in LENGTHENED.items():
        for length, dtypes in LENGTHS.items():
            for name in names:
                case, (first, _, rest) = short[f"{family}/{name}"], name.partition("/")
                yield {**case, "id": f"{family}/{first}/{length}-bits/{rest}",
                       "dtypes": list(dtypes), "flags": [*case["flags"], "Precision"],
                       "inputs": with_tails(case["inputs"], length)}


def with_tails(inputs, length):
    """The inputs, every number of them with so many bits; targets stay what they are."""
    place, longer = 0, {}
    for name, entry in inputs.items():
        if name != "target":
            tails = range(place, place + len(entry["dec"]))
            longer[name] = array(entry["shape"], [
                with_tail(number, length, k) for number, k in zip(entry["dec"], tails)])
            place = tails.stop
    return {**inputs, **longer}


def with_tail(number, length, place):
    """A number that differs by an odd tail, at most 2^-10 of its size; 0 stays 0.

    The tail is made of powers of 7 modulo a prime, so no random generator is involved.
    """
    if not number:
        return number
    fraction, exponent = frexp(abs(number))
    whole, mixed = int(ldexp(fraction, length)), pow(7, 31 + place, (1 << 61) - 1)
    tail = 2 * (mixed % (1 << length - 12)) + 1
    if mixed >> 60 and whole - tail >= 1 << length - 1:
        tail = -tail
    return ldexp(whole + tail, exponent - length) * (1 if number > 0 else -1)


def saturated():
    """Activations far from 0, and losses of probabilities that are 1 or 0 in floating point."""
    for activation, sizes in (("softplus", (25, 100, 800)), ("elu", (25, 100, 800)),
                              ("tanh", (25, 800)), ("sigmoid", (25, 100, 800))):
        for size in sizes:
            z = size / 2 if activation == "softplus" else size      # whose sharpness is 2
            inputs = {"x": array((4, 1), [z, -z, 0.75 * z, -0.75 * z]),
                      "grad_y": grid(7000 + size, 4, 2), "lambda_in": array((1,), [1.5]),
                      "lambda_out": array((2,), [0.5, 1]), "phi": array((2, 1), [1, -2])}
            yield vjp(f"spectral/saturated/{activation}/{size}", spectral(activation), inputs,
                      dtypes=FLOAT32, flags=["Saturation"])
    for loss in ("labels", "probabilities", "binary_cross_entropy", "soft_hinge"):
        target = {"labels": {"shape": [4], "labels": [0, 1, 2, 0]},
                  "soft_hinge": array((4, 3), [1, -1, 1, 1, 1, -1, -1, 1, 1, 1, -1, -1])}.get(
                      loss, array((4, 3), [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0]))
        y = array((4, 3), [25, -25, 0, 100, -100, 50, 800, -800, 0, -20, 20, 5])
        yield case_of("loss", f"loss/{loss}/saturated/mean", {"y": y, "target": target},
                      ["Saturation"], FLOAT32, loss={**LOSSES[loss], "reduction": "mean"})
