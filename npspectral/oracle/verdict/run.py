"""What becomes of every case when a candidate answers it, in its own layout and dtype."""
import copy
import hashlib
from collections.abc import Mapping
from functools import partial

import numpy as np

from ..suite.case import holds
from .answers import asked, compared, read, shapes_of
from .compare import DTYPES
from .forms import handed_over, shapes_with_three_axes
from .layout import layout_of
from .results import CaseResult, first_line, message_of, status_of, told

# What a candidate raises when it is broken, not when it refuses an input.
NO_REFUSAL = (NameError, ImportError, AttributeError, KeyError, RecursionError, MemoryError,
              SyntaxError)


def answers_of(candidate, cases, dtype="float64", layout=None):
    """A CaseResult for every case that the dtype and the layout can express."""
    layout = layout_of(layout)
    return [_result(candidate, case, dtype, layout) for case in cases
            if holds(case, dtype) and layout.applies(case)]


def dtype_name(dtype):
    """The name of a dtype given as its name, a NumPy dtype, or a framework's dtype object."""
    name = dtype if isinstance(dtype, str) else getattr(dtype, "__name__", None) or str(dtype)
    name = name.rpartition(".")[2]
    if name not in DTYPES:
        raise ValueError(f"dtype is {dtype!r}, expected one of {sorted(DTYPES)}")
    return name


def candidate_case(case, dtype, layout):
    """The case as handed over: in the candidate's layout, with arrays of its own of the dtype."""
    view = layout.to_candidate(case)
    for field in ("layers", "spec", "trainable", "flags", "dtypes"):
        setattr(view, field, copy.deepcopy(getattr(view, field)))
    number = np.dtype("float32" if dtype in ("bfloat16", "tf32") else dtype)
    with np.errstate(all="ignore"):
        view.inputs = {name: np.array(array, array.dtype if array.dtype.kind == "i" else number,
                                      order="C") for name, array in view.inputs.items()}
    view.inputs = handed_over(case, view.inputs)
    view.dtype = "float32" if dtype == "tf32" else dtype
    view.n_in, view.n_out = _sizes(case)
    return view


def _sizes(case):
    """n_in of the first layer and n_out of the last, None without layers."""
    sizes = []
    kinds = {layer["layer"] for layer in case.layers}
    if "complex_recurrent" in kinds:
        return case.inputs["x"].shape[1], case.inputs["grad_y"].shape[1]
    if kinds & {"convolution", "batch_norm"}:               # channels of an image
        y = case.expect["y"].value if case.expect else case.inputs["grad_y"]
        return case.inputs["x"].shape[-1], y.shape[-1]
    for name, array in case.inputs.items() if case.layers else ():
        prefix, _, key = name.rpartition("/")
        if key in ("phi", "weight") or key.startswith("phi_"):
            sizes.append(array.shape[::-1])
        elif key == "planted":
            sizes.append((case.inputs["x"].shape[1], array.shape[1]))
        elif key in ("q", "u"):                             # phi is a product
            sizes.append(tuple(case.inputs[f"{prefix}/{side}".lstrip("/")].size
                               for side in ("lambda_in", "lambda_out")))
    return (sizes[0][0], sizes[-1][1]) if sizes else (None, None)


def _result(candidate, case, dtype, layout):
    """What became of one case; whatever the candidate does, the run goes on."""
    view = candidate_case(case, dtype, layout)
    inputs, reads = view.inputs, partial(read, shapes=shapes_of(view), dtype=dtype,
                                         others=shapes_with_three_axes(case))
    before = _digests(inputs)
    try:
        answer = _answer(candidate, view)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return _raised(case, error)
    if case.kind == "error":
        return CaseResult(case, "wrong", message="returned an answer, expected an exception")
    if not isinstance(answer, dict):
        return CaseResult(case, "error", message=f"returned {type(answer).__name__}, "
                                                 f"expected a dict name -> array")
    changed = _changed(before, inputs)
    arrays, verdicts = reads(answer)
    difference = "" if changed else _difference(
        arrays, candidate, candidate_case(case, dtype, layout), reads)
    verdicts, got = compared(case, arrays, verdicts, dtype, layout)
    status = "mutated" if changed else "nondeterministic" if difference else status_of(verdicts)
    return CaseResult(case, status, verdicts, got, changed or difference or message_of(verdicts))


def _answer(candidate, view):
    """What the candidate gives, a mapping as a dict; its np.seterr does not outlive the call."""
    with np.errstate():
        answer = candidate(view)
        return asked(view, answer) if isinstance(answer, Mapping) else answer


def _raised(case, error):
    """What becomes of a case in which the candidate raises."""
    if isinstance(error, NotImplementedError):
        return CaseResult(case, "skipped", message=first_line(error) or "not implemented")
    refused = isinstance(error, Exception) and not isinstance(error, NO_REFUSAL)
    if "ThreeAxes" in case.flags and refused:   # the definition is of rows; who refuses may
        return CaseResult(case, "skipped", message=f"takes no x of three axes: {told(error)}")
    if case.kind == "error" and refused:        # SystemExit and its like are no refusals
        return CaseResult(case, "pass", message=f"refused: {told(error)}")
    return CaseResult(case, "error", message=f"raised {told(error)}")


def _digests(arrays):
    return {name: (array.shape, array.dtype.str, hashlib.sha256(array.tobytes()).digest())
            for name, array in arrays.items()}


def _changed(before, inputs):
    """"" if the inputs are as they were; otherwise which are not."""
    changed = [name for name, digest in _digests(inputs).items() if before.get(name) != digest]
    changed += [name for name in before if name not in inputs]
    return f"changed its input {', '.join(changed)}" if changed else ""


def _difference(first, candidate, view, reads):
    """"" if a second run gives the same bits; otherwise what differs, and by how much."""
    try:
        second, _ = reads(_answer(candidate, view))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return f"the second run raised {told(error)}"
    if set(first) != set(second):
        return f"{sorted(set(first) ^ set(second))} came in one of two runs only"
    largest, worst = 0.0, ""
    for name, array in first.items():
        with np.errstate(all="ignore"):
            gap = np.abs(array - second[name])
            same = (array == second[name]) | np.isnan(array) & np.isnan(second[name])
            gap = np.where(same, 0, np.where(np.isfinite(gap), gap, np.inf))
        if gap.max(initial=0) > largest:
            largest, worst = float(gap.max()), name
    return f"two runs differ by up to {largest:.3g}, in {worst}" if worst else ""
