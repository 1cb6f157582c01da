"""Checks of the layer protocol beside right gradients; each broken rule becomes one sentence."""
from copy import deepcopy
from functools import partial

import numpy as np

from . import tree
from .complex_step import widened
from .layer import gram

SAMPLES = 3                     # so many rows of x are taken one by one


def broken(layer, params, x, grad_y, wrong, rng):
    """The sentences, a list. Kernel terms of the gradients that `wrong` names are not checked."""
    parts = {"calls one after the other": partial(_calls, layer, params, x, grad_y),
             "float32": partial(_single, layer, params, x, grad_y)}
    if x.ndim == 2 and not getattr(layer, "coupled", False):
        few = x[:SAMPLES]
        parts["leading axes"] = partial(_rows, layer, params, few, rng)
        parts["kernel_term"] = partial(_kernel_terms, layer, tree.map(widened, params),
                                       widened(few), wrong, rng)
    sentences = []
    for what, part in parts.items():
        try:
            sentences += part()
        except Exception as error:          # of any kind: the code under test is not ours
            sentences.append(f"{what}: {type(error).__name__}: {error}")
    return sentences


def watched(function, **given):
    """function(*given), and the paths of the arrays in `given` that it changes."""
    before = {path: np.copy(array) for path, array in _arrays(given)}
    result = function(*given.values())
    after = dict(_arrays(given))
    return result, [path for path in {**before, **after} if path not in before
                    or path not in after or not _same(after[path], before[path])]


def outputs(layer, params, x, name, array):
    """y with `array` in the place of "x" or of the parameter `name`; the layer gets copies."""
    array = np.asarray(array)           # arithmetic on an array without axes gives a scalar
    if name == "x":
        return layer.forward(tree.map(widened, params), array)[0]
    names = iter([path for path, _ in tree.items(params)])
    changed = tree.map(lambda old: array if next(names) == name else widened(old), params)
    return layer.forward(changed, widened(x))[0]


def _calls(layer, params, x, grad_y):
    """No argument is changed or returned as a gradient; no call changes what later ones give."""
    given = {"x": x.copy(), "params": tree.copy(params)}
    (y, residuals), changed = watched(lambda x, params: layer.forward(params, x), **given)
    yield from (f"forward changes {path}" for path in changed)
    given = {**given, "y": y, "residuals": residuals, "grad_y": grad_y.copy()}
    first_y, first_residuals = deepcopy((y, residuals))
    (grads, grad_x), changed = watched(
        lambda x, params, y, residuals, grad_y: layer.backward(params, residuals, grad_y), **given)
    yield from (f"backward changes {path}" for path in changed)
    first = deepcopy((grads, grad_x))
    yield from _shared(dict(tree.items(grads)), given)

    results = {"y": y, "residuals": residuals, "gradients": grads, "grad_x": grad_x}
    _, changed = watched(lambda *_: _gradients(layer, params, 0.5 * x, 0.5 * grad_y), **results)
    yield from (f"another forward and backward change {path} of those before" for path in changed)
    again = layer.backward(tree.copy(params), deepcopy(first_residuals), grad_y.copy())
    if not _alike(again, first):
        yield "backward with the same arguments gives other gradients after another forward"
    if not _alike(layer.forward(tree.copy(params), x.copy())[0], first_y):
        yield "forward with the same arguments gives another y the second time"
    few, _ = layer.backward(tree.copy(params), deepcopy(first_residuals), grad_y.copy(),
                            input_grad=False)
    if not _alike(few, first[0]):
        yield "backward with input_grad=False gives other gradients"


def _shared(grads, given):
    """A gradient is writable and shares no memory, because penalties are added to it in place."""
    others = {path: array for path, array in _arrays(given)}
    for name, grad in grads.items():
        if isinstance(grad, np.ndarray) and not grad.flags.writeable:
            yield f"the gradient of {name} is read-only"
        for other, array in others.items():
            if np.shares_memory(grad, array):
                yield f"the gradient of {name} shares memory with {other}"
        others[f"the gradient of {name}"] = grad


def _single(layer, params, x, grad_y):
    """float32 arguments give float32 results; numbers are not compared."""
    def narrow(array):
        return np.asarray(np.clip(array, -1e6, 1e6), np.float32)    # 0-d ones stay arrays, too

    with np.errstate(all="ignore"):
        y, residuals = layer.forward(tree.map(narrow, params), narrow(x))
        if y.dtype != np.float32:
            yield f"float32 gives y of dtype {y.dtype}"
            return
        grads, grad_x = layer.backward(tree.map(narrow, params), residuals, narrow(grad_y))
    for name, grad in {**dict(tree.items(grads)), "x": grad_x}.items():
        if grad.dtype != np.float32:
            yield f"float32 gives a gradient of {name} of dtype {grad.dtype}"


def _rows(layer, params, x, rng):
    """With x (n, 1, n_in) and grad_y (k, n, 1, n_out), gradients are (k, n, *shape of their array).

    Each such gradient equals the one that backward gives for its sample and its grad_y alone.
    """
    each, wide = x[:, None], tree.map(widened, params)
    inputs = {**dict(tree.items(params)), "x": each[0]}
    if not _alike(layer.forward(wide, widened(each))[0][:, 0], layer.forward(wide, widened(x))[0]):
        yield "y of a sample changes with the other samples of its batch"
    seeds, rows = _one_by_one(layer, params, each, rng)
    alone = {place: _gradients(layer, params, each[place[1]], seeds[place])
             for place in np.ndindex(seeds.shape[:2])}
    for name, row in rows.items():
        shape = (*seeds.shape[:2], *inputs[name].shape)
        axes = f"with x {each.shape} and grad_y {seeds.shape} the gradient of {name}"
        if np.shape(row) != shape:
            yield f"{axes} has shape {np.shape(row)}, expected {shape}: sums run over axis -2 alone"
        elif not all(_alike(row[place], grads[name]) for place, grads in alone.items()):
            yield f"{axes} is not that of each sample by itself"


def _one_by_one(layer, params, each, rng):
    """Random grad_y (k, n, 1, n_out) for x (n, 1, n_in), and the gradients.

    k differs from n, so that exchanged axes are found.
    """
    y, _ = layer.forward(tree.copy(params), each.copy())
    seeds = rng.standard_normal((3 if len(each) == 2 else 2, *y.shape)).astype(y.dtype)
    return seeds, _gradients(layer, params, each, seeds)


def _gradients(layer, params, x, grad_y):
    """Name -> gradient, that of "x" among them; the layer gets copies."""
    _, residuals = layer.forward(tree.copy(params), x.copy())
    grads, grad_x = layer.backward(tree.copy(params), residuals, grad_y.copy())
    return {**dict(tree.items(grads)), "x": grad_x}


def _kernel_terms(layer, params, x, wrong, rng, path=""):
    """The kernel terms of a layer, or of each layer of a chain."""
    if hasattr(layer, "layers"):
        for position, (inner, part) in enumerate(zip(layer.layers, params)):
            yield from _kernel_terms(inner, part, x, wrong, rng, f"{path}{position}/")
            x, _ = inner.forward(tree.copy(part), x.copy())
    elif hasattr(layer, "kernel_term"):
        seeds, rows = _one_by_one(layer, params, x[:, None], rng)
        del rows["x"]
        axes = seeds.shape[:2]
        if all(rows[name].shape == (*axes, *params[name].shape) and path + name not in wrong
               for name in rows):                           # else another sentence says it
            rows = {name: row.reshape(*axes, -1) for name, row in rows.items()}
            yield from _kernel_term(layer, params, x, seeds[:, :, 0], rows, path)


def _kernel_term(layer, params, x, grad_y, rows, path):
    """kernel_term is the Gram matrix of the Jacobian's rows; the two sides differ in size.

    Half of the digits have to agree, no more: squares that are multiplied out may cancel.
    """
    few = max(1, len(x) - 1)
    residuals1, residuals2 = (layer.forward(tree.copy(params), part.copy())[1]
                              for part in (x, x[:few]))
    terms, changed = watched(
        layer.kernel_term, params=tree.copy(params), residuals1=residuals1, grad_y1=grad_y.copy(),
        residuals2=residuals2, grad_y2=grad_y[:1, :few].copy())
    yield from (f"{path}kernel_term changes {name}" for name in changed)
    if set(terms) != set(rows):
        yield f"{path}kernel_term has the names {sorted(terms)}, expected {sorted(rows)}"
        return
    limits = np.finfo(x.dtype)
    for name, row in rows.items():
        want, size = gram(row, row[:1, :few]), gram(np.abs(row), np.abs(row[:1, :few]))
        if np.shape(terms[name]) != want.shape:
            yield (f"{path}kernel_term of {name} has shape {np.shape(terms[name])}, "
                   f"expected {want.shape}")
        elif limits.tiny / limits.eps < size.max(initial=0) < limits.max * limits.eps and not (
                np.abs(terms[name] - want) <= np.sqrt(limits.eps) * (size + size.mean())).all():
            yield f"{path}kernel_term of {name} is not the Gram matrix of its gradients"


def _arrays(given, path="", above=()):
    """(path, array) of every array in dicts, tuples, lists and attributes of objects."""
    if isinstance(given, (np.ndarray, np.generic)):
        return [(path, given)]
    branches = dict(enumerate(given)) if isinstance(given, (list, tuple)) else given
    branches = branches if isinstance(branches, dict) else getattr(given, "__dict__", {})
    above = (*above, id(given))
    return [pair for name, branch in branches.items() if id(branch) not in above
            for pair in _arrays(branch, f"{path}/{name}" if path else str(name), above)]


def _same(a, b):
    return np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")


def _alike(a, b):
    """Equal in half of the digits. Another order of summation changes only the last digits."""
    a, b = dict(_arrays(a)), dict(_arrays(b))
    if list(a) != list(b) or any(a[path].shape != b[path].shape for path in a):
        return False
    with np.errstate(invalid="ignore"):
        return all(_same(a[path], b[path]) or np.abs(a[path] - b[path]).max()
                   <= np.sqrt(np.finfo(b[path].dtype).eps) * np.abs(b[path]).max() for path in a)
