"""Mathematics first: where forward and backward stand in a file of nn, and what their lines say."""
import ast
import inspect
import io
import pydoc
import tokenize
from pathlib import Path

import pytest
from conftest import each

from npspectral import Spectral, nn

ROOM = Path(nn.__file__).parent
FILES = {str(path.relative_to(ROOM)): path for path in sorted(ROOM.rglob("*.py"))}
# Where the equation of a layer's forward stands; factored layers and activations share a forward.
EQUATION = {"activations.py": "function", "dropout.py": "function",
            "factored_qr.py": "eigenvectors", "factored_svd.py": "eigenvectors",
            "recurrent/triangular.py": "eigenvectors"}
NO_ARITHMETIC = {"chain.py", "factored.py", "layer.py"}     # they call layers or say the protocol
FIRST_LINES = {"spectral.py": 60}                           # 80 elsewhere
name = each(list(FILES))


def parsed(name):
    return ast.parse(FILES[name].read_text())


def methods(tree):
    """(class, its functions) of every class of a file, in order."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node, [part for part in node.body if isinstance(part, ast.FunctionDef)]


def comments(name):
    """Lines of a file that end with a comment."""
    tokens = tokenize.generate_tokens(io.StringIO(FILES[name].read_text()).readline)
    return {token.start[0] for token in tokens if token.type == tokenize.COMMENT}


def arithmetic(node):
    """Whether something is computed: an operator outside of an index, or an einsum."""
    if isinstance(node, ast.Subscript):
        return arithmetic(node.value)
    if isinstance(node, ast.BinOp) or isinstance(node, ast.Attribute) and node.attr == "einsum":
        return True
    return any(map(arithmetic, ast.iter_child_nodes(node)))


def layer_files():
    for name in FILES:
        wanted = EQUATION.get(name, "forward")
        functions = [part for _, parts in methods(parsed(name)) for part in parts]
        if name not in NO_ARITHMETIC and any(part.name == wanted for part in functions):
            yield name


@pytest.mark.parametrize("name", list(layer_files()))
def test_forward_computes_within_the_first_lines(name):
    wanted = EQUATION.get(name, "forward")
    forward = [part for _, parts in methods(parsed(name)) for part in parts if part.name == wanted]
    first = min(node.lineno for part in forward for node in ast.walk(part)
                if isinstance(node, ast.stmt) and node is not part and arithmetic(node))
    assert first <= FIRST_LINES.get(name, 80), f"{name}: forward computes in line {first}"


def test_every_layer_file_is_looked_at():
    assert set(layer_files()) == {
        "activations.py", "batch_norm.py", "convolution.py", "dense.py", "dropout.py",
        "factored_qr.py", "factored_svd.py", "nested.py", "one_hidden.py", "pooling.py",
        "residual.py", "scaled.py", "sparse.py", "spectral.py", "spectral_convolution.py",
        "recurrent/complex.py", "recurrent/real.py", "recurrent/sequence.py",
        "recurrent/triangular.py"}


FIRST = {"forward": "backward", "function": "derivative", "eigenvectors": None}


def test_the_equation_comes_before_everything_else_in_a_class(name):
    for owner, parts in methods(parsed(name)):
        order = [part.name for part in parts]
        first = next((one for one in FIRST if one in order), None)
        if first:
            assert order[0] == first, owner.name
        if first and FIRST[first]:
            assert order[1] == FIRST[first], owner.name


def test_files_and_docstrings_of_classes_are_short(name):
    assert len(FILES[name].read_text().splitlines()) <= 300
    for owner, _ in methods(parsed(name)):
        text = ast.get_docstring(owner).rstrip()
        words, _, example = text.partition(">>>")
        assert 1 <= len(words.rstrip().splitlines()) <= 20, owner.name
        assert len(example.splitlines()) <= 6, owner.name


# Every line of a backward names the forward line that it differentiates

def differentiates(statement):
    """Whether a statement of a backward computes a gradient."""
    if isinstance(statement, ast.Return):
        return statement.value is not None and (arithmetic(statement.value) or any(
            "backward" in called or called == "derivative" for called in calls(statement)))
    if not isinstance(statement, (ast.Assign, ast.AugAssign)):
        return False
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    names = {node.id for part in targets for node in ast.walk(part) if isinstance(node, ast.Name)}
    return any(name.startswith("grad") for name in names) and (
        arithmetic(statement.value) or any("backward" in called for called in calls(statement)))


def calls(statement):
    """Names of what a statement calls, but for parts of the same backward, which begin with _."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if not name.startswith("_"):
                yield name


def backwards(name):
    for part in ast.walk(parsed(name)):
        if isinstance(part, ast.FunctionDef) and (
                "backward" in part.name or part.name in ("derivative", "_gradients", "term")
                or name == "losses.py" and not part.name.startswith("_")):
            yield part


def unnamed(name):
    """Lines of a file's backward functions that compute a gradient and name nothing."""
    said = comments(name)
    return [f"{name}, {part.name}, line {statement.lineno}" for part in backwards(name)
            for statement in ast.walk(part) if isinstance(statement, ast.stmt)
            and differentiates(statement)
            and not said & set(range(statement.lineno, statement.end_lineno + 1))]


def test_every_line_of_a_backward_names_its_forward_line(name):
    if name not in ("gradient_check.py", "contract.py"):
        assert unnamed(name) == []


def test_backward_functions_are_counted():
    assert sum(1 for name in FILES for _ in backwards(name)) >= 30


# What Layer takes over

def identifiers(name):
    tokens = tokenize.generate_tokens(io.StringIO(FILES[name].read_text()).readline)
    return {token.string for token in tokens if token.type == tokenize.NAME}


def test_names_say_what_they_hold(name):
    assert not {"own", "found", "kept"} & identifiers(name)


def test_layers_are_completed_in_one_place():
    assert [name for name in FILES if "__setattr__" in identifiers(name)] == [
        "conventions.py", "layer.py"]


def public(module):
    return [getattr(module, name) for name in module.__all__]


def test_every_public_method_says_what_it_does():
    for owner in filter(inspect.isclass, public(nn)):
        for name, method in inspect.getmembers(owner, inspect.isroutine):
            if not name.startswith("_"):
                assert pydoc.getdoc(method), f"{owner.__name__}.{name}"


def test_help_of_the_spectral_layer_is_about_the_protocol():
    page = pydoc.render_doc(Spectral, renderer=pydoc.plaintext)
    assert "check_" not in page
    shown = [name for name in vars(Spectral)
             if not name.startswith("_") and inspect.isfunction(getattr(Spectral, name))]
    assert shown[:3] == ["forward", "backward", "weight"]
    for name in ("init", "forward", "backward", "kernel_term", "weight"):
        assert f" {name}(self, " in page
