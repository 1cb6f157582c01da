"""What the size and the spread of errors say: a narrower precision, cancellation, rounding alone.

The error of every number is measured in its scale S. Rounding is told from a small change of the
formula by what only rounding does: it takes either sign, every error has a size of its own, and it
spares numbers that are short enough. In recurrent networks a small change of an eigenvalue does all
of this, too, so that errors there are not called rounding.
"""
import numpy as np

from ..suite.case import with_inputs
from ..verdict.compare import ROUNDOFF
from ..verdict.results import Finding, short
from .fit import astray
from .known import structure_of
from .right import SPECTRAL, Steps, gap

NARROWER = {"float64": ("float32", "float16", "bfloat16"), "float32": ("float16", "bfloat16"),
            "float16": ("bfloat16",), "bfloat16": (), "tf32": ()}
FEW, ONE_SIDE, REPEATED = 12, 0.2, 0.5  # fewer errors, or parts of them, are no sign of rounding
LEAST, MOST = 0.15, 2.0                 # an array's largest error over its largest number and u
CANCELS = 4                             # times S that sizes exceed where terms cancel
SMALLEST = 2.0 ** -60                   # float32 loses products of smaller numbers, or of 1 / them
SMALL = 1e-4                            # errors below this part of S are told by their size


def in_range(case):
    """Whether float32 holds its inputs and what is made of them, but for their last bits."""
    sizes = np.abs(np.concatenate([array.ravel() for array in case.inputs.values()]))
    return bool(((sizes == 0) | (sizes > SMALLEST) & (sizes < 1 / SMALLEST)).all())


def precision(wrong, dtype):
    """That the numbers of these arrays, or their errors, are those of a narrower dtype; or ""."""
    wrong = [array for array in wrong if array.expected.scale.any()]
    errors = np.concatenate([np.zeros(0), *map(_errors, wrong)])
    fitting = [narrow for narrow in NARROWER[dtype]
               if errors.size >= FEW and np.abs(errors).max() <= ROUNDOFF[narrow][0]]
    for narrow in reversed(fitting):
        if all(_held(array.got, narrow) for array in wrong):
            return f"the numbers are {narrow} numbers"
    if any(structure_of(array.case) == "recurrent" for array in wrong):
        return ""
    said = ["float16 or TF32" if (narrow, dtype) == ("float16", "float32") else narrow
            for narrow in fitting if _is_noise(wrong, errors, dtype, narrow)]
    return f"the errors are of the size of {' or '.join(said)} rounding" if said else ""


def small(wrong):
    """About how much these arrays differ, if it is little."""
    largest = [np.abs(errors).max() for array in wrong if (errors := _errors(array)).size]
    if len(largest) < len(wrong) or max(largest) > SMALL:
        return ""
    return f"it differs by about {np.median(largest):.0e} of the size of its terms"


def _errors(array):
    scale = array.expected.scale
    return ((array.got - array.expected.value)[scale > 0] / scale[scale > 0]).ravel()


def _held(numbers, narrow):
    """Whether a narrow dtype holds the numbers; bfloat16 has the upper half of float32's bits."""
    single = numbers.astype(np.float32)
    if narrow == "bfloat16":
        return bool((single == numbers).all() and not (single.view(np.uint32) & 0xFFFF).any())
    with np.errstate(over="ignore"):
        return bool((numbers.astype(narrow) == numbers).all())


def _is_noise(wrong, errors, dtype, narrow):
    unit = ROUNDOFF[narrow][0]
    told = errors[np.abs(errors) > 2 * ROUNDOFF[dtype][0]]
    sizes = {f"{size:.3g}" for size in np.abs(told)}
    exact = [array for array in wrong if array.case.tier == "exact"]
    if dtype == "float64" and exact and (
            narrow == "float32" or not all(_held(array.got, "float32") for array in exact)):
        return False                    # float32 holds the exact tier, and half of its products
    relative = [np.abs(array.got - array.expected.value).max() / np.abs(array.expected.value).max()
                for array in wrong if array.expected.value.any()]
    return (len(told) >= FEW and ONE_SIDE < (told > 0).mean() < 1 - ONE_SIDE
            and len(sizes) > REPEATED * len(told)
            and LEAST * unit < np.quantile(relative, 0.9) < MOST * unit)


def rounded(evidence):
    """The finding that the exact tier is missed by rounding alone; [] if it is not."""
    results = evidence.rounded
    if not results:
        return []
    ratio = max(verdict.ratio for result in results for verdict in result.verdicts.values()
                if verdict.status == "wrong")
    names = dict.fromkeys(short(name) for result in results for name in result.wrong)
    return [Finding(tuple(names), f"Cases of the exact tier are missed by rounding alone, by at "
                    f"most {ratio:.2g} u S: their numbers are so short that no sum or product "
                    f"rounds; a division, a root or a complex step does. In {len(results)} cases.",
                    ("exact tier missed by rounding",), len(results))]


ABSOLUTE = {                            # sizes of what the uncancelled form adds up
    "weight": lambda right, p: _sum(p) * p["phi"],
    "weight_backward": lambda right, p, g: {
        "lambda_in": (p["phi"] * g).sum(0), "lambda_out": (p["phi"] * g).sum(1),
        "phi": _sum(p) * g},
    "activate": lambda right, layer, z: z, "slope": lambda right, layer, z: 1 + z}


def _sum(p):
    return gap({**p, "lambda_out": -p["lambda_out"]})


def cancellation(part):
    """The finding that errors are rounding of sums that cancel; [] if they are not.

    Every wrong number has to lie within the rounding of the form that subtracts last.
    """
    if part.dtype not in ("float64", "float32") or not part.failing:
        return []
    if not all(_cancels(result, part.dtype) for result in part.failing):
        return []
    n = len(part.failing)
    return [Finding(tuple(part.wrong), "Sums are formed before lambda_in - lambda_out cancels, as "
                    "in (x lambda_in) phi^T - lambda_out (x phi^T) or in Phi Lambda Phi^-1 on all "
                    "nodes: the errors are the rounding of what cancels. Subtract first. In all "
                    f"{n} cases that fail.", ("cancellation",), n)]


def _cancels(result, dtype):
    case, wrong = result.case, astray(result)
    if case.kind != "vjp" or not {layer["layer"] for layer in case.layers} & set(SPECTRAL) or any(
            result.verdicts[name].status != "wrong" for name in wrong):
        return False
    roundoff, eta = ROUNDOFF[dtype]
    absolute = with_inputs(case, {name: np.abs(array) for name, array in case.inputs.items()})
    sizes, terms = Steps(ABSOLUTE).answers(absolute), 4 + max(case.x.shape + case.grad_y.shape)
    for name, got in result.got.items():
        error, scale = np.abs(got - case.expect[name].value), case.expect[name].scale
        larger = np.where(terms * sizes[name] > CANCELS * scale, terms * sizes[name], scale)
        if not (error <= roundoff * larger + eta).all():
            return False
    return True
