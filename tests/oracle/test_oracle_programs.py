"""The examples that write answers, in Rust and JavaScript: run on exported cases, judged here."""
import json
import shutil
import subprocess
from functools import cache

import pytest
from answer_files import with_more_axes

from npspectral.oracle import command_line
from npspectral.oracle.checks import judge
from npspectral.oracle.suite import files
from npspectral.oracle.suite.case import cases

TOOLS = {"answer.rs": "rustc", "answer.mjs": "node"}
OURS = [case for case in cases("full") if case.id.split("/")[0] in ("spectral", "error")
        and case.layers and case.layers[0]["layer"] == "spectral"]
PLANTED = {
    "answer.rs": {"minus": ("grad_out[i] -=", "grad_out[i] +=", "The minus of grad_lambda_out"),
                  "no refusal": ("b.v.len() != n_out", "b.v.is_empty()", "gives arrays")},
    "answer.mjs": {"minus": ("lambda_out[i] -=", "lambda_out[i] +=", "minus of grad_lambda_out"),
                   "no refusal": ("!== String(shape)", "=== 0", "gives arrays")}}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "v1"
    assert command_line.main(["vectors", "export", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def run(exported, tmp_path_factory):
    """run(name, (old, new), ...): the program with these places changed, and its answers' path."""
    @cache
    def built(name, *changes):
        """The command that runs the program."""
        if shutil.which(TOOLS[name]) is None:
            pytest.skip(f"{TOOLS[name]} is not here")
        path = tmp_path_factory.mktemp("program") / name
        text = (exported / "examples" / name).read_text()
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path.write_text(text)
        if name.endswith(".mjs"):
            return ["node", str(path)]
        program = str(path.with_suffix(""))
        subprocess.run(["rustc", "-O", "-D", "warnings", "-o", program, str(path)], check=True)
        return [program]

    def answered(name, *changes, folder=exported):
        path = tmp_path_factory.mktemp("answers") / "answers.json"
        return subprocess.run([*built(name, *changes), str(folder), str(path)],
                              capture_output=True, text=True), path
    return answered


@pytest.mark.parametrize("name", TOOLS)
def test_a_program_answers_every_spectral_layer_and_refusal_rightly(name, run):
    done, path = run(name)
    assert (done.returncode, done.stderr) == (0, "")
    report = judge(path, suite="full")
    assert report.ok and {result.case.id for result in report.results if result.passed} == {
        case.id for case in OURS}
    assert len(report.results) == len(cases("full"))


def test_the_program_in_rust_answers_in_float32_when_it_says_so(run):
    _, path = run("answer.rs", ("type Real = f64", "type Real = f32"),
                  ('DTYPE: &str = "float64"', 'DTYPE: &str = "float32"'))
    report = judge(path, suite="full")
    assert report.ok and report.dtype == "float32"
    assert report.counts["pass"] + report.counts["acceptable"] == sum(
        "float32" in case.dtypes for case in OURS)


@pytest.mark.parametrize("name, planted", [(name, bug) for name in PLANTED
                                           for bug in PLANTED[name]])
def test_a_planted_mistake_in_a_program_is_reported(name, planted, run):
    old, new, told = PLANTED[name][planted]
    report = judge(run(name, (old, new))[1], suite="full")
    assert not report.ok and told in report.to_text()


def halved(path, folder):
    """The cases of a file with two batches of half the size for each even one, in this folder."""
    if path.suffix == ".txt":
        text = with_more_axes(path.read_text())
    else:
        document = json.loads(path.read_text())
        for case in document["cases"]:
            for shape in (case["inputs"][name]["shape"] for name in ("x", "grad_y")):
                if shape[0] % 2 == 0:
                    shape[:1] = [2, shape[0] // 2]
        text = json.dumps(document)
    (folder / path.name).write_text(text)
    return folder / path.name


@pytest.mark.parametrize("name", TOOLS)
def test_a_program_takes_x_with_more_axes(name, run, tmp_path):
    halved(files.FOLDER / f"spectral.{'txt' if name.endswith('.rs') else 'json'}", tmp_path)
    flat, other = (json.loads(run(name, folder=folder)[1].read_text())["answers"]
                   for folder in (files.FOLDER, tmp_path))
    assert other == {id: answer for id, answer in flat.items() if id.startswith("spectral/")}


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("spoil", ["no case file", "no folder", "cut"])
def test_a_program_ends_with_exit_code_2_where_cases_cannot_be_read(name, spoil, run, tmp_path):
    if spoil == "cut":
        end = ".txt" if name.endswith(".rs") else ".json"
        content = (files.FOLDER / f"dense{end}").read_bytes()
        half = content.rindex(b"case " if end == ".txt" else b'{"agreed_digits')
        (tmp_path / f"dense{end}").write_bytes(
            content[:half].rstrip(b",\n") + (b"" if end == ".txt" else b"]}"))
    folder = tmp_path / "nowhere" if spoil == "no folder" else tmp_path
    done, path = run(name, folder=folder)
    assert done.returncode == 2 and done.stderr and not path.exists()


def test_the_program_in_julia_says_that_it_was_not_run(exported):
    assert (exported / "examples" / "answer.jl").read_text().startswith("# NOT RUN: ")
