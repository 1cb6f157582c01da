"""The rooms of the oracle: which knows which; and rules at their edge, where a slip would not show.
"""
import ast
import copy
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from npspectral import oracle
from npspectral.oracle.certify.dyadic import NotExact, Short
from npspectral.oracle.mistakes.fit import _misfit
from npspectral.oracle.mistakes.known import MISTAKES
from npspectral.oracle.mistakes.right import Steps
from npspectral.oracle.suite import files
from npspectral.oracle.suite.case import Expected
from npspectral.oracle.verdict.compare import ROUNDOFF, compare
from npspectral.oracle.verdict.reference import reference

FOLDER = Path(oracle.__file__).parent
KNOWS = {"suite": set(), "certify": {"suite"}, "verdict": {"suite"},
         "mistakes": {"suite", "verdict"}, "clients": {"suite", "verdict"}}


def imported(room):
    """The parts of the oracle that a room's modules import from outside of it, lazily or not."""
    for path in (FOLDER / room).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 2:
                yield from [node.module.split(".")[0]] if node.module else (
                    alias.name for alias in node.names)


@pytest.mark.parametrize("room", KNOWS)
def test_a_room_imports_those_before_it_alone(room):
    assert set(imported(room)) == KNOWS[room]


def test_every_folder_of_modules_is_a_room():
    assert {path.parent.name for path in FOLDER.glob("*/__init__.py")} == set(KNOWS)


def test_public_names_are_no_modules_once_every_module_is_loaded():
    code = ("import importlib, pkgutil\n"
            "from npspectral import oracle\n"
            "for module in pkgutil.walk_packages(oracle.__path__, 'npspectral.oracle.'):\n"
            "    if not module.name.endswith(('examples', 'conformance')):\n"
            "        importlib.import_module(module.name)\n"
            "print(*(name for name in oracle.__all__\n"
            "        if isinstance(getattr(oracle, name), type(oracle))))\n")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr


def test_no_module_beside_rebuild_hides_one_of_the_standard_library():
    """Run as a file without -I, its folder is the first that Python looks in."""
    names = {path.stem for path in (FOLDER / "certify").glob("*.py")}
    assert not names & set(sys.stdlib_module_names)


# ---- rules at their edge

FORMATS = {"float64": (53, -1074), "float32": (24, -149), "float16": (11, -24),
           "bfloat16": (8, -133)}           # bits of the significand, exponent of the least number


@pytest.mark.parametrize("dtype", FORMATS)
def test_an_error_of_u_s_passes_and_the_next_larger_one_does_not(dtype):
    bits, least = FORMATS[dtype]
    assert ROUNDOFF[dtype] == (2.0 ** -bits, 64 * 2.0 ** least)
    expected, allowed = Expected(np.zeros(1), np.full(1, 3.0)), 3 * 2.0 ** -bits + 64 * 2.0 ** least
    for error, status in ((allowed, "pass"), (np.nextafter(allowed, 1), "wrong"),
                          (np.nan, "not-finite")):
        assert compare(expected, [error], dtype, "certified").status == status
    exact = dtype in ("float64", "float32")
    assert compare(expected, [allowed], dtype, "exact").status == ("wrong" if exact else "pass")


def said(name, change, *only):
    """The report on our own answers, one array of which is changed: change(case, array)."""
    def candidate(case):
        answers = reference(case)
        return {**answers, name: change(case, answers[name])}
    return oracle.check(candidate, only=only).to_text()


FACTORS = {"2": lambda b, i, o: 2, "-2": lambda b, i, o: -2, "1/2": lambda b, i, o: 1 / 2,
           "batch": lambda b, i, o: b, "1/batch": lambda b, i, o: 1 / b,
           "n_in": lambda b, i, o: i, "1/n_in": lambda b, i, o: 1 / i,
           "n_out": lambda b, i, o: o, "1/n_out": lambda b, i, o: 1 / o,
           "batch n_out": lambda b, i, o: b * o, "1/(batch n_out)": lambda b, i, o: 1 / (b * o)}


@pytest.mark.parametrize("words", FACTORS)
def test_the_factor_of_a_single_gradient_is_told(words):
    text = said("grad_phi", lambda case, array: FACTORS[words](
        len(case.x), case.n_in, case.n_out) * array, "spectral/identity/b2-i3-o4/bias",
        "spectral/identity/b8-i5-o2/bias")
    assert (f"The forward is right, gradients are wrong. No known mistake fits grad_phi: it is "
            f"{words} times the reference") in text


ORDERS = {"transposed": np.transpose, "in column order": lambda y: y.T.ravel().reshape(y.shape),
          "with rows reversed": lambda y: y[::-1], "with columns reversed": lambda y: y[:, ::-1]}


@pytest.mark.parametrize("words", ORDERS)
def test_the_order_of_the_numbers_of_y_is_told(words):
    shape = "b4-i4-o4" if words == "transposed" else "b2-i3-o4"
    text = said("y", lambda case, y: ORDERS[words](y), f"spectral/identity/{shape}/bias",
                f"spectral/tanh/{shape}/bias")
    assert (f"The forward is wrong, the gradients are right. No known mistake fits y: it is the "
            f"reference {words}") in text


def planted(name, case):
    """The answers of a candidate with one known mistake."""
    return Steps(next(mistake.plant for mistake in MISTAKES if mistake.name == name)).answers(case)


BATCH, OUTPUTS = 2, 4
TIMES = {"gradients times B": BATCH, "gradients divided by B": 1 / BATCH,
         "gradients times O": OUTPUTS, "gradients divided by O": 1 / OUTPUTS,
         "gradients divided by B and O": 1 / (BATCH * OUTPUTS), "gradients halved": 1 / 2,
         "gradients doubled": 2, "gradients negated": -1, "gradients off by 5e-4": 1.0005}


@pytest.mark.parametrize("name", TIMES)
def test_a_mistake_multiplies_all_gradients_by_what_its_name_says(name):
    case, = oracle.cases(only=f"spectral/tanh/b{BATCH}-i3-o{OUTPUTS}/bias")
    right, wrong = Steps().answers(case), planted(name, case)
    for key in right:
        factor = TIMES[name] if key.startswith("grad_") else 1
        np.testing.assert_allclose(wrong[key], factor * right[key], rtol=1e-15)


def test_eps_hat_is_adam_where_eps_is_zero():
    case = copy.copy(oracle.cases(only="optimizer/adam/varying")[0])
    case.spec = {"optimizer": {**case.spec["optimizer"], "eps": 0.0}}
    np.testing.assert_allclose(planted("eps-hat", case)["trace"], Steps().answers(case)["trace"],
                               rtol=1e-13)


def test_one_number_far_off_beside_right_ones_is_no_fit():
    ones = np.ones(2)
    assert _misfit(ones, ones, Expected(ones, ones), "float64") == 0
    assert _misfit(np.array([1, 1.1]), ones, Expected(ones, ones), "float64") > 1e10


def test_an_exact_number_has_24_bits_and_so_has_every_partial_sum():
    whole = 2 ** 24 - 1
    for number in (Fraction(whole), Fraction(whole, 1 << 40)):
        assert Short(number).value == Short.total([Short(number)]).value == number
    for number in (Fraction(2 ** 24 + 1), Fraction(2 ** 24 + 1, 1 << 40), Fraction(1, 3)):
        with pytest.raises(NotExact):
            Short(number)
    with pytest.raises(NotExact):
        Short.total([Short(Fraction(1)), Short(Fraction(whole)), Short(Fraction(-whole))])


def test_answers_to_what_a_layout_cannot_express_are_left_aside():
    report = oracle.judge({"suite": files.SUITE, "dtype": "float64", "answers": {}},
                          only="nested/*", layout="keras")
    assert not report.results and not report.ok
    assert report.left_out == {
        "not for this dtype or layout": len(oracle.cases(only="nested/*"))}
