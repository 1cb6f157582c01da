"""Whether a module in memory is what its file holds: functions, methods, defaults, literals.

What a module computes as it is loaded cannot be compared, nor can functions that a decorator hides.
"""
import ast
import sys
from collections import Counter
from functools import lru_cache
from importlib.machinery import SourceFileLoader
from inspect import unwrap
from types import CodeType, FunctionType
from zipimport import zipimporter

from ._reach import content

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = (*FUNCTIONS, ast.Lambda, ast.ClassDef)
CHANGING = {"append", "extend", "insert", "update", "setdefault", "pop", "popitem", "remove",
            "clear", "add", "discard", "sort", "reverse"}
HAS_DOCSTRING = 0x4000000   # a flag of code since Python 3.14; before, a docstring came first


def changed_name(module, spec):
    """The first name whose value in memory is another than in the file, or None.

    Left out are names that are bound more than once, declared global or changed by the module
    itself, and modules that something else than Python's own loader has made.
    """
    loader = getattr(module, "__loader__", None)
    if type(loader) not in (SourceFileLoader, zipimporter) or not content(spec):
        return None
    for name, same in _expected(content(spec), spec.origin):
        if not same(vars(module)):
            return name
    return None


@lru_cache(maxsize=None)
def _expected(text, place):
    """(name, test of a namespace) for all that can be compared."""
    try:
        tree, code = ast.parse(text), compile(text, place, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return []
    return _tests(tree, code, _changing(tree), exact=True)


def _tests(tree, code, changing, exact):
    """Of the statements of a module (exact=True), or of a class, which may transform its own."""
    codes = {part.co_name: part for part in code.co_consts if isinstance(part, CodeType)}
    bound = Counter(_bound(tree))
    tests = []
    for node in tree.body:
        name = _name(node)
        if name is None or bound[name] > 1 or name in changing:
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
    """Names that the statements bind, functions' and classes' own left out."""
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


def _changing(tree):
    """Names that the module's own code may change: global ones, attributes, tables it fills."""
    names = set()
    for node in ast.walk(tree):
        stored = not isinstance(getattr(node, "ctx", None), (ast.Load, type(None)))
        if isinstance(node, ast.Global):
            names.update(node.names)
        elif isinstance(node, ast.Attribute) and stored:
            names.add(node.attr)
        elif isinstance(node, ast.Subscript) and stored or (
                isinstance(node, ast.Attribute) and node.attr in CHANGING):
            names.add(getattr(node.value, "id", getattr(node.value, "attr", None)))
    return names


def _function_test(node, code, exact):
    want, defaults = _signature(code), [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    strict = exact and not node.decorator_list

    def same(namespace):
        found = _inner(namespace.get(node.name))
        if not isinstance(found, FunctionType) or found.__code__.co_name != node.name:
            return not strict
        given = [*(found.__defaults__ or ()), *(found.__kwdefaults__ or {}).values()]
        return (_signature(found.__code__), len(given)) == (want, len(defaults)) and all(
            _exact(value) == _exact(own) for default, own in zip(defaults, given)
            for value in _literal(default))

    return same


def _inner(thing):
    """The function inside a method of any kind, a property or a wrapper."""
    thing = getattr(thing, "__func__", getattr(thing, "fget", thing))
    return unwrap(thing) if callable(thing) else thing


def _class_test(name, tests):
    def same(namespace):
        found = namespace.get(name)
        return not isinstance(found, type) or all(test(vars(found)) for _, test in tests)
    return same


def _literal_test(name, value, exact):
    def same(namespace):
        found = namespace.get(name)
        return _exact(found) == _exact(value) or not exact and type(found) is not type(value)
    return same


def _literal(node):
    """[its value] or []; an empty list or table is there to be filled."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        return []
    return [] if isinstance(value, (list, dict, set)) and not value else [value]


def _exact(value):
    """Text that tells 1, 1.0 and True apart; sets in order."""
    if isinstance(value, (set, frozenset)):
        return f"{type(value).__name__}{sorted(map(repr, value))}"
    return repr(value) if type(value) in (dict, list, tuple, str, bytes, int, float, complex, bool,
                                          type(None), type(...)) else f"a {type(value).__name__}"


@lru_cache(maxsize=None)
def _signature(code):
    """All of compiled code but its place in the file and its docstring."""
    constants = [_signature(part) if isinstance(part, CodeType) else _exact(part)
                 for part in code.co_consts]
    documented = sys.version_info < (3, 14) or code.co_flags & HAS_DOCSTRING
    if documented and constants and not code.co_name.startswith("<") and isinstance(
            code.co_consts[0], (str, type(None))):
        constants[0] = None
    return (code.co_name, code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount,
            code.co_flags & ~HAS_DOCSTRING, code.co_code, code.co_names, code.co_varnames,
            code.co_freevars, code.co_cellvars, tuple(constants))
