"""Whether a module in memory is what its file holds: functions, methods, defaults, literals.

Values that a module computes as it is loaded are not compared, nor functions hidden by decorators.
"""
import ast
import sys
from collections import Counter
from functools import cached_property, lru_cache
from importlib.machinery import SourceFileLoader
from inspect import CO_ITERABLE_COROUTINE
from itertools import chain
from types import CodeType, FunctionType
from zipimport import zipimporter

from ._reach import content
from ._source import absolute

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = (*FUNCTIONS, ast.Lambda, ast.ClassDef)
CHANGING = {"append", "extend", "insert", "update", "setdefault", "pop", "popitem", "remove",
            "clear", "add", "discard", "sort", "reverse", "difference_update",
            "intersection_update", "symmetric_difference_update"}
HAS_DOCSTRING = 0x4000000   # a flag of code since Python 3.14; before, a docstring came first
UNLIKE = HAS_DOCSTRING | CO_ITERABLE_COROUTINE      # flags by docstrings and types.coroutine
PLAIN = (str, bytes, int, float, complex, bool, type(None), type(...), slice)


def changed_name(module, spec, homes=()):
    """The first name whose value in memory differs from that in the file, or None.

    homes: names of modules. A value that is imported from one of them is compared with the file of
    that module: if it was reloaded, its old functions may still be in use here.

    Some names are left out: those that are bound more than once, stand above an `import *`, are
    declared global or are changed by the module itself. Modules that were not made by Python's own
    loader are left out, too.
    """
    namespace, text = vars(module), content(spec)
    if not _is_comparable(module):
        return None
    changed = (name for name, same in _expected(text, spec.origin)
               if not same(namespace, namespace))
    stale = (name for name, home, there in _imported(text, spec.parent) if home in homes
             and name in namespace and _is_stale(namespace[name], sys.modules[home], there))
    return next(chain(changed, stale), None)


def _is_comparable(module):
    return type(getattr(module, "__loader__", None)) in (SourceFileLoader, zipimporter)


def _is_stale(thing, home, name):
    if not _is_comparable(home):            # pytest's own code of a test module, say
        return False
    test = dict(_expected(content(home.__spec__), home.__spec__.origin)).get(name)
    return test is not None and not test({name: thing}, vars(home))


@lru_cache(maxsize=None)
def _imported(text, package):
    """(name, home module, name there) of all that a module imports from others and binds once."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return []
    bound, changing = Counter(_bound(tree)), _changing(tree)
    names = [(alias.asname or alias.name, absolute("." * node.level + (node.module or ""), package),
              alias.name)
             for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    return [each for each in names if bound[each[0]] == 1 and each[0] not in changing]


@lru_cache(maxsize=None)
def _expected(text, place):
    """(name, test) of all that can be compared; test(namespace, the module's namespace) -> bool."""
    try:
        tree, code = ast.parse(text), compile(text, place, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return []
    return _tests(tree, code, _changing(tree), exact=True)


def _tests(tree, code, changing, exact):
    """(name, test) of a module's statements (exact=True) or a class's, which may alter its own."""
    codes = {part.co_name: part for part in code.co_consts if isinstance(part, CodeType)}
    bound, star = Counter(_bound(tree)), _last_star(tree)
    tests = []
    for node in tree.body:
        name = _name(node)
        if name is None or bound[name] > 1 or name in changing or node.lineno < star:
            continue
        if isinstance(node, FUNCTIONS) and name in codes:
            tests.append((name, _function_test(node, codes[name], exact)))
        elif isinstance(node, ast.ClassDef) and name in codes:
            tests.append((name, _class_test(name, _tests(node, codes[name], changing, False))))
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and not name.startswith("__"):
            tests += [(name, _literal_test(name, value, exact)) for value in _literal(node.value)]
    return tests


def _name(node):
    """The one name that a statement binds, or None."""
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return node.name
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else None


def _bound(tree):
    """Names that the statements bind, without those inside functions and classes."""
    nodes = list(tree.body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, SCOPES):
            yield getattr(node, "name", "")
        else:
            nodes += ast.iter_child_nodes(node)


def _last_star(tree):
    """The line of the last `import *`, which may replace all names above it; 0 if there is none."""
    return max((node.lineno for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
                and node.names[0].name == "*"), default=0)


def _changing(tree):
    """Names that the module's own code may change: globals, attributes, tables that it fills."""
    names = set()
    for node in ast.walk(tree):
        stored = not isinstance(getattr(node, "ctx", None), (ast.Load, type(None)))
        if isinstance(node, ast.Global):
            names.update(node.names)
        elif isinstance(node, ast.Attribute) and stored:
            names.add(node.attr)
        elif isinstance(node, ast.Subscript) and stored or (
                isinstance(node, ast.Attribute) and node.attr in CHANGING):
            names.add(_table(node))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", None) == "setattr":
            names.update(getattr(argument, "value", None) for argument in node.args[1:2])
    return names


def _table(node):
    """What TABLE["a"].append(1), TABLE[0][1] = 2 and globals()["TABLE"] = 3 change: TABLE."""
    inner = node.value
    while isinstance(inner, ast.Subscript):
        inner = inner.value
    if isinstance(inner, ast.Call) and isinstance(node, ast.Subscript):
        return getattr(node.slice, "value", None)
    return getattr(inner, "id", getattr(inner, "attr", None))


def _function_test(node, code, exact):
    want, defaults = _signature(code), [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    strict = exact and not node.decorator_list

    def as_written(function):
        given = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
        return (_signature(function.__code__), len(given)) == (want, len(defaults)) and all(
            _exact(value) == _exact(current) for default, current in zip(defaults, given)
            for value in _literal(default))

    def same(namespace, module):
        loaded = [part for part in _functions(namespace.get(node.name))
                  if part.__code__.co_name == node.name and (strict or part.__globals__ is module)]
        return any(map(as_written, loaded)) if loaded else not strict

    return same


def _functions(thing):
    """The functions inside a method, a property or wrappers, which may have another's name."""
    parts = [thing]
    for part in parts:
        parts += [inner for inner in _inside(part) if not any(inner is known for known in parts)]
    return [part for part in parts if isinstance(part, FunctionType)]


def _inside(thing):
    if isinstance(thing, property):
        return [thing.fget, thing.fset, thing.fdel]
    if isinstance(thing, (classmethod, staticmethod)):
        return [thing.__func__]
    if isinstance(thing, cached_property):
        return [thing.func]
    return [getattr(thing, "__dict__", {}).get("__wrapped__")]


def _class_test(name, tests):
    def same(namespace, module):
        value = namespace.get(name)
        return not isinstance(value, type) or all(test(vars(value), module) for _, test in tests)
    return same


def _literal_test(name, value, exact):
    want = _exact(value)

    def same(namespace, module):
        loaded = namespace.get(name)
        return _exact(loaded) == want or not exact and type(loaded) is not type(value)

    return same


def _literal(node):
    """[value] of a literal, else []; [] for an empty list or dict, too, as code may fill it."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return []
    return [] if isinstance(value, (list, dict, set)) and not value else [value]


def _exact(value):
    """Text that tells 1, 1.0 and True apart; sets in order, at any depth."""
    kind = type(value)
    if kind in (set, frozenset):
        return f"{kind.__name__}{sorted(map(_exact, value))}"
    if kind in (list, tuple):
        return f"{kind.__name__}{[_exact(part) for part in value]}"
    if kind is dict:
        return f"dict{[(_exact(key), _exact(part)) for key, part in value.items()]}"
    return repr(value) if kind in PLAIN else f"a {kind.__name__}"


@lru_cache(maxsize=None)
def _signature(code):
    """All parts of compiled code but its place in the file and its docstring."""
    constants = [_signature(part) if isinstance(part, CodeType) else _exact(part)
                 for part in code.co_consts]
    documented = sys.version_info < (3, 14) or code.co_flags & HAS_DOCSTRING
    if documented and constants and not code.co_name.startswith("<") and isinstance(
            code.co_consts[0], (str, type(None))):
        constants[0] = None
    return (code.co_name, code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount,
            code.co_flags & ~UNLIKE, code.co_code, code.co_names, code.co_varnames,
            code.co_freevars, code.co_cellvars, tuple(constants))
