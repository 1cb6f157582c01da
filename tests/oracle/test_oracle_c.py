"""The C example: it compiles without warnings, passes the shipped cases, and fails with a bug."""
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
from answer_files import with_more_axes

from npspectral.oracle.suite import files

SOURCE = Path(files.__file__).parents[1] / "examples" / "judge.c"
COMPILER = shutil.which("gcc") or shutil.which("cc")
TWINS = sorted(files.FOLDER.glob("*.txt"))
pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C compiler (gcc or cc) is here")


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("c")

    @cache
    def program(*options):
        path = folder / "_".join(["judge", *options]).replace("=", "")
        subprocess.run([COMPILER, "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", *options,
                        "-o", str(path), str(SOURCE), "-lm"], check=True)
        return path
    return program


def run(program, *files):
    return subprocess.run([str(program), *map(str, files)], capture_output=True, text=True)


def test_a_right_layer_in_c_passes_every_spectral_case(build):
    done = run(build(), *TWINS)
    n = sum(case["kind"] == "vjp" and case["id"].startswith("spectral/")
            for case in files.read()[0])
    assert (done.returncode, done.stdout) == (0, f"{n} cases, 0 failed\n")


@pytest.mark.parametrize("optimization", ["-O0", "-O3"])
def test_a_right_layer_passes_whatever_the_compiler_makes_of_it(build, optimization):
    assert run(build(optimization), *TWINS).returncode == 0


def test_x_may_have_more_axes(build, tmp_path):
    text = (files.FOLDER / "spectral.txt").read_text()
    (tmp_path / "spectral.txt").write_text(with_more_axes(text))
    n = sum(case["kind"] == "vjp" and case["id"].startswith("spectral/")
            for case in files.read()[0])
    assert run(build(), tmp_path / "spectral.txt").stdout == f"{n} cases, 0 failed\n"


@pytest.mark.parametrize("bug, array", [(1, "grad_lambda_out"), (2, "grad_bias"), (3, "grad_x")])
def test_a_planted_bug_gives_exit_code_1_and_names_case_and_array(build, bug, array):
    done = run(build(f"-DBUG={bug}"), *TWINS)
    lines = done.stdout.splitlines()
    assert done.returncode == 1 and lines[0].startswith("FAIL spectral/")
    assert any(f" {array}[" in line for line in lines)
    ids = {case["id"] for case in files.read()[0]}
    assert all(line.split()[1] in ids for line in lines[:-1])


def cut(share):
    return lambda text: text[:int(share * len(text))]


def one_case_less(text):
    return text[:text.rindex("case ")]


def another_bit(text):
    place = text.index("out grad_phi 2 2 3 ") + len("out grad_phi 2 2 3 ") + 4
    return text[:place] + ("0" if text[place] != "0" else "1") + text[place + 1:]


@pytest.mark.parametrize("change, codes", [
    *((cut(share), (1, 2)) for share in (0.1, 0.5, 0.9, 0.999)), (one_case_less, (2,)),
    (another_bit, (1,))])
def test_a_spoiled_file_never_passes(build, tmp_path, change, codes):
    (tmp_path / "spoiled.txt").write_text(change((files.FOLDER / "spectral.txt").read_text()))
    assert run(build(), tmp_path / "spoiled.txt").returncode in codes


@pytest.mark.parametrize("name, code", [("loss.txt", 1), ("nowhere.txt", 2), ("spectral.json", 2)])
def test_a_file_without_a_spectral_layer_or_no_text_twin_is_a_failure(build, name, code):
    assert run(build(), files.FOLDER / name).returncode == code


def test_no_case_at_all_is_a_failure(build):
    done = run(build())
    assert (done.returncode, done.stdout) == (1, "0 cases, 0 failed\n")
