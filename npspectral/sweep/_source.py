"""A module's source: a digest of what it does, and what it uses of other modules."""
import ast
import hashlib
from collections import defaultdict
from dataclasses import dataclass
from importlib.util import resolve_name

ALL = ("*",)
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
IGNORED = {"ctx", "kind", "type_comment"}       # fields that change nothing
IMPORTERS = {"import_module", "__import__"}


@dataclass(frozen=True)
class Source:
    """What a module is to those that import it.

    A use is a pair (module, names): ("npspectral", ("nn", "Chain")) for npspectral.nn.Chain. names
    is ALL if it cannot be told what is used of the module.
    """

    digest: str                 # of the syntax tree without docstrings
    uses: frozenset = frozenset()
    bound: dict | None = None   # name -> uses, of names bound by an import
    door: bool = False          # it only hands on names of others, and literals
    lazy: bool = False          # it has a __getattr__
    fills: frozenset = frozenset()      # modules whose names are called or filled at its import


def parse(content, package):
    """The Source of a module's bytes; if they are no Python source, it holds a digest alone."""
    try:
        tree = ast.parse(content)
        for node in ast.walk(tree):
            if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
                del node.body[0]
        text = _normal(tree)
    except (SyntaxError, ValueError, RecursionError):
        return Source(hashlib.sha256(content).hexdigest())
    explicit, bound = _imports(tree, package)
    uses = explicit | _used(tree, bound)
    return Source(hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest(),
                  frozenset(uses), bound, all(map(_hands_on, tree.body)),
                  any(getattr(node, "name", "") == "__getattr__" for node in tree.body),
                  frozenset(_filled(tree, bound)))


def _normal(node):
    """The tree as text that is the same in every version of Python: no empty fields."""
    if isinstance(node, ast.AST):
        parts = [name + _normal(part) for name in node._fields if name not in IGNORED
                 and (part := getattr(node, name, None)) is not None and part != []]
        return f"{type(node).__name__}({','.join(parts)})"
    if isinstance(node, list):
        return f"[{','.join(map(_normal, node))}]"
    return hex(node) if type(node) is int else repr(node)


def _imports(tree, package):
    """The uses by imports that bind no name here, and {name: uses} of the other imports."""
    explicit, bound = set(), defaultdict(set)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                explicit.add((alias.name, ()))
                whole = alias.asname is not None
                module = alias.name if whole else alias.name.split(".")[0]
                bound[alias.asname if whole else module].add((module, ()))
        elif isinstance(node, ast.ImportFrom):
            module = absolute("." * node.level + (node.module or ""), package)
            for alias in node.names:
                if alias.name == "*":
                    explicit.add((module, ALL))
                else:
                    bound[alias.asname or alias.name].add((module, (alias.name,)))
        elif isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", None))
            module = getattr(node.args[0], "value", None)
            if name in IMPORTERS and isinstance(module, str):
                explicit.add((absolute(module, package), ALL))
    return explicit, dict(bound)


def absolute(name, package):
    """The full name of a module that is imported inside a package as `name`, perhaps with dots."""
    try:
        return resolve_name(name, package)
    except ImportError:                     # beyond the top: it cannot be imported either
        return name.lstrip(".")


def _used(tree, bound):
    """What the code uses of the modules whose names are bound: a.b.c, or all of a used alone."""
    uses, seen, nodes = set(), set(), [tree]
    while nodes:
        node, names = nodes.pop(), []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            seen.add(node.id)
            uses |= {(module, (*names_of, *reversed(names)) or ALL)
                     for module, names_of in bound.get(node.id, ())}
        else:
            nodes += ast.iter_child_nodes(node)
    unused = set(bound) - seen              # others may import it from here
    return uses | {(module, names_of or ALL) for name in unused for module, names_of in bound[name]}


def _filled(tree, bound):
    """Modules whose decorator, function or table is used at the top, as to fill a registry."""
    for statement in tree.body:
        parts = getattr(statement, "decorator_list", [])
        if isinstance(statement, ast.Expr):
            parts = [statement.value]
        elif isinstance(statement, ast.Assign):
            parts = [part for part in statement.targets if not isinstance(part, ast.Name)]
        elif isinstance(statement, (ast.For, ast.With)):
            parts = [statement]
        names = {getattr(node, "id", "") for part in parts for node in ast.walk(part)}
        yield from (module for name in names for module, _ in bound.get(name, ()))


def _hands_on(statement):
    """Whether the statement only imports names, or gives a name to a literal."""
    if isinstance(statement, (ast.Import, ast.ImportFrom, ast.Pass)):
        return True
    if isinstance(statement, ast.FunctionDef):
        return statement.name in ("__getattr__", "__dir__")
    if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
        try:
            return statement.value is None or ast.literal_eval(statement.value) is not ast
        except ValueError:
            return False
    if isinstance(statement, ast.If):
        return all(map(_hands_on, statement.body + statement.orelse))
    return False
