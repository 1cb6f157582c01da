"""The C example: it compiles without warnings, passes the shipped cases, and fails with a bug."""
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("bug, array", [(1, "grad_lambda_out"), (2, "grad_bias"), (3, "grad_x")])
def test_a_planted_bug_gives_exit_code_1_and_names_case_and_array(build, bug, array):
    done = run(build(f"-DBUG={bug}"), *TWINS)
    lines = done.stdout.splitlines()
    assert done.returncode == 1 and lines[0].startswith("FAIL spectral/")
    assert any(f" {array}[" in line for line in lines)
    ids = {case["id"] for case in files.read()[0]}
    assert all(line.split()[1] in ids for line in lines[:-1])


def test_no_case_at_all_is_a_failure(build):
    done = run(build())
    assert (done.returncode, done.stdout) == (1, "0 cases, 0 failed\n")


def test_a_family_without_a_spectral_layer_runs_no_case_and_fails(build):
    assert run(build(), files.FOLDER / "loss.txt").returncode == 1


def test_a_file_that_does_not_exist_gives_exit_code_2(build, tmp_path):
    assert run(build(), tmp_path / "nowhere.txt").returncode == 2


def test_a_file_that_is_no_text_twin_gives_exit_code_2(build):
    assert run(build(), files.FOLDER / "spectral.json").returncode == 2


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_gives_exit_code_2_or_1(build, tmp_path, share):
    content = (files.FOLDER / "spectral.txt").read_bytes()
    (tmp_path / "cut.txt").write_bytes(content[:int(share * len(content))])
    assert run(build(), tmp_path / "cut.txt").returncode in (1, 2)


def test_a_case_less_than_the_head_says_gives_exit_code_2(build, tmp_path):
    content = (files.FOLDER / "spectral.txt").read_text()
    (tmp_path / "less.txt").write_text(content[:content.rindex("case ")])
    assert run(build(), tmp_path / "less.txt").returncode == 2


def test_a_changed_expected_bit_is_found(build, tmp_path):
    content = (files.FOLDER / "spectral.txt").read_text()
    place = content.index("out grad_phi 2 2 3 ") + len("out grad_phi 2 2 3 ")
    changed = "0" if content[place + 4] != "0" else "1"
    (tmp_path / "bit.txt").write_text(content[:place + 4] + changed + content[place + 5:])
    assert run(build(), tmp_path / "bit.txt").returncode == 1
