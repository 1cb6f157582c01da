"""Answers as they come, from whatever framework, read as float64 arrays and judged one by one.

No framework is imported: an answer is read by what it can do (detach, cpu, float, __array__ ...).
"""
import numpy as np

from .compare import Verdict, compare
from .forms import shapes_with_three_axes
from .results import meant, told

# The dtypes in which answers may come: those narrower than float32 also widened to it, and bfloat16
# as its raw bits, because NumPy has no such dtype.
ANSWERS = {"float64": ("float64",), "float32": ("float32",), "float16": ("float16", "float32"),
           "bfloat16": ("bfloat16", "float32", "uint16"), "tf32": ("float32",)}
# What a tensor offers of this is called: PyTorch keeps a conjugate or a minus as a mark on it.
TO_PLAIN = ("detach", "cpu", "resolve_conj", "resolve_neg")


def judged(case, answer, dtype, layout):
    """Verdicts on a dict of arrays, and those that fit as float64 in npspectral's layout."""
    shapes = shapes_of(layout.to_candidate(case))
    fitting, verdicts = read(answer, shapes, dtype, shapes_with_three_axes(case))
    return compared(case, fitting, verdicts, dtype, layout)


def shapes_of(view):
    """Name -> shape of the arrays that a case asks for, which is in the candidate's layout."""
    return {name: expected.value.shape for name, expected in view.expect.items()}


def read(answer, shapes, dtype, others=()):
    """Arrays of an answer that fit, as float64, and verdicts on what else came or did not.

    others: name -> another shape, in which an array of as many numbers may come, too.
    """
    arrays, verdicts = {}, {}
    for name, shape in shapes.items():
        if name not in answer or answer[name] is None:
            detail = "is None" if name in answer else (
                f"is missing: only {sorted(map(str, answer))} came")
            verdicts[name] = Verdict(name, "missing", detail)
            continue
        array, status, detail = readable(answer[name], dtype, shape, dict(others).get(name))
        if status:
            verdicts[name] = Verdict(name, status, detail)
        else:
            arrays[name] = array
    missing = [name for name, verdict in verdicts.items() if verdict.status == "missing"]
    for name in answer:
        if name not in shapes and answer[name] is not None:
            told_name = name if isinstance(name, str) else repr(name)
            verdicts[told_name] = Verdict(told_name, "unexpected", f"expected only "
                                          f"{sorted(shapes)}{meant(told_name, missing)}")
    return arrays, verdicts


def asked(case, answer):
    """An answer without the gradients that a case does not ask for, as no case need give them."""
    return {name: array for name, array in answer.items()
            if not (case.forward_only and str(name).startswith("grad_"))}


def compared(case, arrays, verdicts, dtype, layout):
    """The verdicts with those on arrays that were read, and these in npspectral's layout."""
    with np.errstate(all="ignore"):
        got = layout.from_candidate(case, arrays)
        return verdicts | {name: compare(case.expect[name], array, dtype, case.tier, name)
                           for name, array in got.items()}, got


def readable(answer, dtype, shape, other=None):
    """(float64 array, "", "") of an answer, or (None, status, what is wrong with it)."""
    try:
        array, came = _as_numpy(answer)
    except KeyboardInterrupt:
        raise
    except BaseException as error:                  # an __array__ is the candidate's code, too
        return None, "dtype", f"{type(answer).__name__} cannot be read: {told(error)}"
    if came == "python":                            # a list of floats or a float: by what it holds
        narrow = "float32" if dtype in ("bfloat16", "tf32") else dtype
        with np.errstate(all="ignore"):
            same = np.array_equal(array, array.astype(narrow), equal_nan=True)
        came = dtype if same else "float64"
    if came not in ANSWERS[dtype]:
        return None, "dtype", f"is {came}, expected {dtype}"
    if array.shape == other:
        array = array.reshape(shape)
    if array.shape != shape:
        return None, "shape", _shape_told(array.shape, shape)
    if array.dtype.kind == "u":
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return np.array(array, np.float64), "", ""


def _as_numpy(answer):
    """An answer as a NumPy array, and the name of the dtype in which it came."""
    if isinstance(answer, np.ma.MaskedArray) and np.ma.is_masked(answer):
        raise ValueError("it has masked entries")
    if isinstance(answer, (float, list, tuple)) and not isinstance(answer, np.generic):
        array = np.array(_plain(answer))
        return array, "python" if array.dtype == np.float64 else array.dtype.name
    if not isinstance(answer, np.ndarray):
        for step in TO_PLAIN:
            change = getattr(answer, step, None)
            answer = change() if callable(change) else answer
    came = str(getattr(answer, "dtype", "")).rpartition(".")[2]
    if "bfloat16" in came:
        if callable(getattr(answer, "float", None)):
            return np.asarray(answer.float()), "bfloat16"
        plain = answer.numpy() if callable(getattr(answer, "numpy", None)) else answer
        return np.asarray(plain).astype(np.float32), "bfloat16"
    if not hasattr(answer, "__array__") and callable(getattr(answer, "numpy", None)):
        answer = answer.numpy()
    array = np.asarray(answer)
    return array, array.dtype.name


def _plain(answer):
    """Lists of numbers as they are; arrays and tensors in them, with their masks, as one alone."""
    if isinstance(answer, (list, tuple)):
        return [_plain(row) for row in answer]
    return answer if isinstance(answer, (int, float, str)) else _as_numpy(answer)[0]


def _shape_told(came, shape):
    hint = ""
    if came == shape[::-1]:
        hint = ": it is transposed; declare a layout if that is your convention"
    elif np.prod(came) == np.prod(shape) and len(came) != len(shape):
        hint = ": declare a layout if that is your convention"
    return f"has shape {came}, expected {shape}{hint}"
