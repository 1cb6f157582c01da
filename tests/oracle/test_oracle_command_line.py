"""judge, the command line and the pytest plugin: exit codes, and no wrong pass on bad input."""
import decimal
import errno
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from npspectral.oracle import checks, command_line
from npspectral.oracle.checks import judge
from npspectral.oracle.suite import files
from npspectral.oracle.suite.case import cases
from npspectral.oracle.verdict.answer_file import BadAnswers
from npspectral.oracle.verdict.reference import reference
from npspectral.oracle.verdict.run import candidate_case
from npspectral.oracle.verdict.xfail import read_xfail

ROOT = Path(files.__file__).parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
CORE, FULL = cases("core"), cases("full")
VJP = "spectral/tanh/b2-i3-o4/bias"
SCALAR = "network/tanh/hinge"
EMPTY = "spectral/batch/empty/identity"
REFUSED = "error/x-too-narrow"
CANDIDATES = """
import numpy as np
from npspectral.oracle.verdict.reference import reference as right

def wrong(case):
    return {**right(case), "y": right(case)["y"] + 1} if case.kind == "vjp" else right(case)

def raises(case):
    raise RuntimeError("always")

def nothing(case):
    return None

def skips(case):
    raise NotImplementedError("not yet")

number = 3
"""


def of_bits(array, dtype="float64"):
    """An array as a flat list of hexadecimal digits."""
    code, width = {"float64": (">f8", 16), "float32": (">f4", 8), "float16": (">f2", 4)}[dtype]
    digits = np.asarray(array, code).tobytes().hex()
    return [digits[k:k + width] for k in range(0, len(digits), width)]


def right_answers(found, dtype="float64", encode=of_bits):
    given = {}
    for case in found:
        if dtype not in case.dtypes:
            continue
        if case.kind == "error":
            given[case.id] = {"error": "refused"}
            continue
        arrays = reference(candidate_case(case, dtype, ANY))
        given[case.id] = {name: encode(array, dtype) for name, array in arrays.items()}
    return {"suite": files.SUITE, "dtype": dtype, "implementation": "a test", "answers": given}


class ANY:
    """The layout in which cases are stored."""

    @staticmethod
    def to_candidate(case):
        return case


RIGHT = right_answers(CORE)


@pytest.fixture
def answers():
    """Right answers to the core suite, to be spoiled."""
    return json.loads(json.dumps(RIGHT))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a module of candidates."""
    (tmp_path / "mine.py").write_text(CANDIDATES)
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    (tmp_path / "stops.py").write_text("import sys\nsys.exit(0)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("mine", "broken", "stops"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield tmp_path
    for name in ("mine", "broken", "stops"):
        sys.modules.pop(name, None)


def process(words, folder, **options):
    """A command line, run in a process of its own, with what it wrote."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True,
             "env": ENVIRONMENT}
    return subprocess.run(words, cwd=folder, **{**pipes, **options})


def command(*arguments, folder=None):
    return process([sys.executable, "-W", "error", "-m", "npspectral", *map(str, arguments)],
                   folder)


def started(*arguments, folder=None, **options):
    """The command, where warnings are none of its errors."""
    return process([sys.executable, "-m", "npspectral", *arguments], folder, **options)


def exit_code(*arguments):
    """The exit code of the command, in this process."""
    try:
        return command_line.main([str(argument) for argument in arguments])
    except SystemExit as stop:
        return stop.code


def written(folder, document, name="answers.json"):
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


# ---- judge: right answers in every notation


def test_right_answers_as_bits_pass(answers):
    report = judge(answers)
    assert report.ok and len(report.results) == len(CORE) and report.implementation == "a test"


def test_right_answers_in_a_file_pass(answers, tmp_path):
    assert judge(written(tmp_path, answers)).ok


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_right_answers_in_a_narrow_dtype_pass(dtype):
    report = judge(right_answers(CORE, dtype))
    assert report.ok and report.dtype == dtype


def test_bfloat16_numbers_as_four_digits_are_read():
    given = right_answers([case for case in CORE if case.id == "dense/identity/b2-i3-o4/bias"],
                          "float32")["answers"]
    short = {id: {name: [word[:4] for word in words] for name, words in own.items()}
             for id, own in given.items()}
    report = judge({"suite": files.SUITE, "dtype": "bfloat16", "answers": short}, only="dense/*")
    assert [result.status for result in report.results] == ["pass"]


NOTATIONS = {
    "float64 decimals of 17 digits": lambda array, dtype: np.asarray(array).ravel().tolist(),
    "float32 decimals of 9 digits": lambda array, dtype: [
        float(f"{entry:.9g}") for entry in np.asarray(array).ravel()],
    "float64 nested rows": lambda array, dtype: np.asarray(array).tolist(),
    "float64 shape and bits": lambda array, dtype: {"shape": list(np.shape(array)),
                                                    "bits": of_bits(array)},
    "float32 in sixteen digits": lambda array, dtype: of_bits(array),
}


@pytest.mark.parametrize("name", NOTATIONS)
def test_right_answers_in_another_notation_pass(name, tmp_path):
    given = right_answers(CORE, name.split()[0], NOTATIONS[name])
    assert judge(given).ok
    assert "decimals" not in name or judge(written(tmp_path, given)).ok


def test_the_expected_bits_themselves_pass_the_full_suite():
    given = {case.id: {name: entry["bits"] for name, entry in case.solved["expect"].items()}
             if case.kind != "error" else {"error": "refused"} for case in FULL}
    assert judge({"suite": files.SUITE, "dtype": "float64", "answers": given}, suite="full").ok


def test_answers_beyond_the_core_suite_are_judged_too(answers):
    extra = next(case for case in FULL if not case.core and case.kind == "vjp")
    answers["answers"][extra.id] = {"y": of_bits(np.zeros(extra.expect["y"].value.shape))}
    report = judge(answers)
    assert [result.case.id for result in report.failures] == [extra.id]


def test_a_skipped_case_neither_passes_nor_fails(answers):
    answers["answers"][VJP] = {"skipped": "no tanh"}
    report = judge(answers)
    assert report.ok and report.counts["skipped"] == 1


def test_skipping_everything_is_no_pass(answers):
    answers["answers"] = {id: {"skipped": "no"} for id in answers["answers"]}
    assert not judge(answers).ok


def test_a_known_failure_is_no_failure_and_one_that_passes_is(answers):
    answers["answers"][VJP]["y"] = answers["answers"][VJP]["grad_x"]
    assert judge(answers, xfail={VJP: "known"}).ok
    assert not judge(RIGHT, xfail={VJP: "known"}).ok


# ---- judge: answers that must not pass


def _spoil(change, id=VJP):
    return lambda document: change(document["answers"][id])


def _entry(change, name="y", id=VJP):
    return lambda document: change(document["answers"][id][name])


def _first(number):
    """The first number replaced by a function of it, or by another one."""
    return _entry(lambda words: words.__setitem__(
        0, number(words[0]) if callable(number) else number))


SPOILED = {
    "a case missing": lambda d: d["answers"].pop(VJP),
    "no answers at all": lambda d: d.update(answers={}),
    "an array missing": _spoil(lambda own: own.pop("grad_phi")),
    "an array null": _spoil(lambda own: own.update(grad_phi=None)),
    "an array more": _spoil(lambda own: own.update(grad_nothing=own["y"])),
    "an array named otherwise": _spoil(lambda own: own.update(Y=own.pop("y"))),
    "no arrays": lambda d: d["answers"].update({VJP: {}}),
    "null for a case": lambda d: d["answers"].update({VJP: None}),
    "a list for a case": lambda d: d["answers"].update({VJP: []}),
    "text for a case": lambda d: d["answers"].update({VJP: "pass"}),
    "true for a case": lambda d: d["answers"].update({VJP: True}),
    "an error for a case": lambda d: d["answers"].update({VJP: {"error": "overflow"}}),
    "an empty error for a refusal": lambda d: d["answers"].update({REFUSED: {"error": ""}}),
    "a blank error for a refusal": lambda d: d["answers"].update({REFUSED: {"error": " "}}),
    "an error that is true": lambda d: d["answers"].update({REFUSED: {"error": True}}),
    "an error beside arrays": lambda d: d["answers"].update({REFUSED: {"error": "x", "y": []}}),
    "arrays for a refusal": lambda d: d["answers"].update({REFUSED: d["answers"][VJP]}),
    "nothing for a refusal": lambda d: d["answers"].update({REFUSED: {}}),
    "no answer to a refusal": lambda d: d["answers"].pop(REFUSED),
    "skipped without a reason": lambda d: d["answers"].update({VJP: {"skipped": ""}}),
    "skipped beside arrays": _spoil(lambda own: own.update(skipped="no")),
    "a number less": _entry(lambda words: words.pop()),
    "a number more": _entry(lambda words: words.append(words[0])),
    "one number for all": _spoil(lambda own: own.update(grad_bias=own["grad_bias"][:1])),
    "a number null": _first(None),
    "a number true": _first(True),
    "a number an object": _first({}),
    "a row among numbers": _first(lambda word: [word]),
    "rows of different length": _spoil(lambda own: own.update(y=[[1.0, 2.0], [3.0]])),
    "a row too many": _spoil(lambda own: own.update(y=[[0.0] * 4] * 3)),
    "the transpose": _spoil(lambda own: own.update(y=[[0.0] * 2] * 4)),
    "a column for a vector": _spoil(lambda own: own.update(
        grad_bias=[[word] for word in own["grad_bias"]])),
    "a scalar for an array": _spoil(lambda own: own.update(y=0.5)),
    "text for an array": _spoil(lambda own: own.update(y="3fe0000000000000")),
    "an empty list": _spoil(lambda own: own.update(y=[])),
    "a deep list": _spoil(lambda own: own.update(y=_deep(70))),
    "empty text": _first(""),
    "digits that are none": _first("3fe000000000000g"),
    "a decimal as text": _first("0.5"),
    "digits with 0x": _first(lambda word: "0x" + word),
    "15 digits": _first(lambda word: word[:15]),
    "8 digits for float64": _first(lambda word: word[:8]),
    "bytes in the other order": _spoil(lambda own: own.update(
        y=[bytes.fromhex(word)[::-1].hex() for word in own["y"]])),
    "digits with a line end": _first(lambda word: word + "\n"),
    "digits of another script": _first("٣" * 16),
    "the bits of NaN": _first("7ff8000000000000"),
    "the bits of infinity": _first("7ff0000000000000"),
    "all NaN": _spoil(lambda own: own.update(
        {name: ["7ff8000000000000"] * len(words) for name, words in own.items()})),
    "NaN in a gradient": _entry(lambda words: words.__setitem__(-1, float("nan")), "grad_phi"),
    "infinity as a number": _first(float("inf")),
    "a number that overflows": _first(10 ** 400),
    "zeros": _spoil(lambda own: own.update(y=[0] * 8)),
    "the last bit of an exact number": _entry(
        lambda words: words.__setitem__(0, f"{int(words[0], 16) ^ 1:016x}"),
        "y", "dense/identity/b2-i3-o4/bias"),
    "a shape that lies": _spoil(lambda own: own.update(
        y={"shape": [4, 2], "bits": own["y"]})),
    "a shape too large": _spoil(lambda own: own.update(
        y={"shape": [10 ** 9, 10 ** 9], "bits": own["y"]})),
    "a negative shape": _spoil(lambda own: own.update(y={"shape": [-2, -4], "bits": own["y"]})),
    "a shape alone": _spoil(lambda own: own.update(y={"shape": [2, 4]})),
    "a shape of text": _spoil(lambda own: own.update(y={"shape": "24", "bits": own["y"]})),
    "bits that are null": _spoil(lambda own: own.update(y={"shape": [2, 4], "bits": None})),
    "numbers for an empty array": _spoil(lambda own: own.update(y=["0" * 16]), EMPTY),
    "two numbers for a scalar": _entry(lambda words: words.append(words[0]), "value", SCALAR),
    "an object for a scalar": _spoil(lambda own: own.update(value={}), SCALAR),
}


def _deep(levels):
    nested: list = ["0" * 16]
    for _ in range(levels):
        nested = [nested]
    return nested


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_a_spoiled_answer_is_reported_and_the_others_still_judged(answers, spoil, monkeypatch):
    monkeypatch.setattr(checks, "diagnosed", lambda results, dtype: ([], ()))     # saves time
    spoil(answers)
    report = judge(answers)
    assert not report.ok and len(report.results) == len(CORE)
    assert len(report.failures) == 1 or len(answers["answers"]) == 0


@pytest.mark.parametrize("spoil", list(SPOILED.values())[::6], ids=list(SPOILED)[::6])
def test_a_spoiled_answer_in_a_file_gives_exit_code_1(answers, spoil, folder, capsys):
    spoil(answers)
    assert exit_code("judge", written(folder, answers)) == 1


def test_a_float64_number_among_float32_answers_is_reported_as_such():
    given = right_answers(CORE, "float32")
    given["answers"][VJP]["y"][0] = "3fd5555555555555"
    report = judge(given)
    assert report.failures[0].verdicts["y"].status == "dtype"


def test_a_decimal_of_seventeen_digits_is_no_float32():
    given = right_answers(CORE, "float32")
    given["answers"][VJP]["y"][0] = 1 / 3
    report = judge(given)
    assert report.failures[0].verdicts["y"].status == "dtype"


def test_the_failing_case_and_array_are_named(answers):
    answers["answers"][VJP]["grad_phi"].pop()
    failure, = judge(answers).failures
    assert failure.case.id == VJP and failure.wrong == ["grad_phi"]


# ---- judge: files that are none


BAD_DOCUMENTS = {
    "a list": [], "null": None, "a number": 3, "empty object": {},
    "no suite": {"dtype": "float64", "answers": {}},
    "no dtype": {"suite": files.SUITE, "answers": {}},
    "no answers": {"suite": files.SUITE, "dtype": "float64"},
    "another suite": {**RIGHT, "suite": "0.9.0"}, "suite a number": {**RIGHT, "suite": 1},
    "suite null": {**RIGHT, "suite": None}, "unknown dtype": {**RIGHT, "dtype": "float8"},
    "dtype a list": {**RIGHT, "dtype": ["float64"]}, "answers a list": {**RIGHT, "answers": []},
    "answers null": {**RIGHT, "answers": None}, "answers text": {**RIGHT, "answers": "all"},
    "an unknown field": {**RIGHT, "tolerance": 1},
    "implementation a number": {**RIGHT, "implementation": 3},
    "an unknown case": {**RIGHT, "answers": {"spectral/nothing": {}}},
    "an id with a space": {**RIGHT, "answers": {VJP + " ": {}}},
    "an id in capitals": {**RIGHT, "answers": {VJP.upper(): {}}},
    "an empty id": {**RIGHT, "answers": {"": {}}},
}


@pytest.mark.parametrize("document", BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS)
def test_a_document_that_is_no_answers_is_refused(document, folder, capsys):
    path = written(folder, document)
    with pytest.raises(BadAnswers, match="answers.json"):
        judge(path)
    assert exit_code("judge", path) == 2 and "answers.json" in capsys.readouterr().err


BAD_TEXTS = {
    "empty": "", "truncated": json.dumps(RIGHT)[:-1], "cut in half": json.dumps(RIGHT)[:5000],
    "no JSON": "suite = 1.0.0", "two documents": json.dumps(RIGHT) * 2,
    "a field twice": json.dumps(RIGHT)[:-1] + ', "dtype": "float64"}',
    "a case twice": json.dumps(RIGHT).replace(f'"{VJP}":', f'"{VJP}": {{}}, "{VJP}":', 1),
    "an array twice": json.dumps(RIGHT).replace('"y":', '"y": [], "y":', 1),
    "nested too deep": "[" * 100000, "a huge number": '{"suite": ' + "1" * 5000 + "}",
    "a number beyond decimals": json.dumps(RIGHT)[:-1] + ', "n": 1e99999999999999999999}',
    "a number below decimals": json.dumps(RIGHT)[:-1] + ', "n": -1e-99999999999999999999}',
    "half a character": json.dumps({**RIGHT, "implementation": "\ud800"}),
    "half a character in a reason": json.dumps({**RIGHT, "answers": {VJP: {"error": "\udfff"}}}),
    "half a character in a name": json.dumps({**RIGHT, "answers": {VJP: {"\ud83d": []}}}),
    "a mark of the byte order": "\ufeff" + json.dumps(RIGHT),
    "a long integer": json.dumps(RIGHT)[:-1] + ', "n": ' + "7" * 10 ** 6 + "}",
    "an object nested too deep": '{"a":' * 100000,
}


@pytest.mark.parametrize("text", BAD_TEXTS.values(), ids=BAD_TEXTS)
def test_a_file_that_is_not_strict_json_is_refused_by_name(text, folder, capsys):
    path = written(folder, text)
    with pytest.raises(BadAnswers, match="answers.json"):
        judge(path)
    assert exit_code("judge", path) == 2


def test_a_file_that_is_missing_binary_or_a_folder_is_refused(folder, capsys):
    (folder / "binary.json").write_bytes(b"\xff\xfe\x00")
    (folder / "wide.json").write_text(json.dumps(RIGHT), encoding="utf-16")
    (folder / "loop.json").symlink_to("loop.json")
    for name in ("nowhere.json", "binary.json", "wide.json", "loop.json", "."):
        with pytest.raises(BadAnswers):
            judge(folder / name)
        assert exit_code("judge", folder / name) == 2


def test_a_token_nan_in_a_file_is_reported_for_its_case(answers, folder):
    answers["answers"][VJP]["y"][0] = float("nan")
    failure, = judge(written(folder, answers)).failures
    assert failure.case.id == VJP and failure.verdicts["y"].status == "not-finite"


def test_arguments_of_judge_that_do_not_fit_are_refused():
    for wrong in ({"suite": "most"}, {"only": "nothing/*"}, {"layout": "mine"},
                  {"xfail": ["spectral/nothing"]}):
        with pytest.raises(ValueError):
            judge(RIGHT, **wrong)


@pytest.mark.parametrize("word", ["1e400", "-1e999999999999999999", "1e-999999999999999999",
                                  "7" * 4000, "0." + "3" * 10 ** 6, "NaN", "-Infinity"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_number_far_off_is_a_failure_of_its_case_alone(word, dtype, folder, capsys):
    given = RIGHT if dtype == "float64" else right_answers(CORE, dtype)
    text = json.dumps(given).replace(f'"{given["answers"][VJP]["y"][0]}"', word, 1)
    path = written(folder, text)
    failing = [result.case.id for result in judge(path, only="spectral/tanh/*").failures]
    assert len(failing) <= 1 and exit_code("judge", path, "--only", "spectral/tanh/*") < 2
    assert not judge(path).ok


def test_decimals_are_judged_alike_whatever_the_decimal_context(answers):
    given = right_answers(CORE, "float32")
    given["answers"][VJP]["y"][0] = 1 / 3                   # no float32, in any context
    with decimal.localcontext() as context:
        context.prec = 3
        assert judge(given).failures[0].verdicts["y"].status == "dtype"


def test_a_deep_list_in_place_of_a_text_is_told_without_its_end():
    with pytest.raises(BadAnswers, match="suite is"):
        judge({**RIGHT, "suite": _deep(100000)})
    report = judge({**RIGHT, "answers": {**RIGHT["answers"], VJP: _deep(100000)}})
    assert [result.case.id for result in report.failures] == [VJP]


TOKENS = ["NaN", "-Infinity", "1e400", "1e99999999999999999999", "-0", "null", "true", '"\\ud800"',
          "[]", "{}", "[" * 500 + "]" * 500, '"' + "f" * 16 + '"', "9" * 5000, '"y": 1', "\x00",
          "\u2028", '{"shape": [2], "bits": "3f"}', '{"error": "x"}', '{"skipped": 3}', "\ufeff"]


def mutated(text, rng):
    """Answers with a few places cut, doubled, or replaced by what JSON and floats stumble on."""
    for _ in range(rng.integers(1, 4)):
        spots = [found.start() for found in re.finditer('[\\[{",:]', text)]
        at = spots[rng.integers(len(spots))] + rng.integers(2)
        end = at + int(rng.choice([0, 1, 18, 60]))
        piece = (str(rng.choice(TOKENS)), "", text[at:end] * 2)[rng.integers(3)]
        text = text[:at] + piece + text[end:]
    return text


def judged_codes(count, seed, folder, monkeypatch):
    """How often `count` mutated files of answers give which exit code."""
    few = ("loss/mean_squared_error/b4-o4/mean", "dense/identity/b2-i3-o4/bias", REFUSED, SCALAR)
    read = files.read()
    monkeypatch.setattr(files, "read", lambda *rest, **more: read)       # saves time
    monkeypatch.setattr(checks, "cases", lambda *rest: [case for case in CORE if case.id in few])
    monkeypatch.setattr(command_line, "_select", lambda options: CORE)
    rng = np.random.default_rng(seed)
    text = json.dumps({**RIGHT, "answers": {id: RIGHT["answers"][id] for id in few}})
    codes = Counter()
    for _ in range(count):
        path = folder / "answers.json"
        path.write_bytes(mutated(text, rng).encode("utf-8", "surrogatepass"))
        codes[exit_code("judge", path, "--only", few[0])] += 1
    return codes


def test_mutated_files_of_answers_give_exit_codes_0_1_and_2_alone(folder, capsys, monkeypatch):
    monkeypatch.setattr(checks, "diagnosed", lambda results, dtype: ([], ()))
    codes = judged_codes(2000, 0, folder, monkeypatch)
    assert set(codes) <= {0, 1, 2} and min(codes.values()) > 50, codes


@pytest.mark.long
def test_forty_thousand_mutated_files_of_answers(folder, capsys, monkeypatch):
    codes = judged_codes(40000, 1, folder, monkeypatch)
    capsys.readouterr()
    print(f"exit codes: {dict(codes)}")
    assert set(codes) <= {0, 1, 2}


# ---- the command line, in processes of their own


def test_check_of_a_right_candidate_gives_exit_code_0(folder):
    done = command("check", "mine:right", folder=folder)
    assert done.returncode == 0 and "PASS" in done.stdout and done.stderr == ""


def test_check_of_a_wrong_candidate_gives_exit_code_1_and_says_why(folder):
    done = command("check", "mine:wrong", "--only", "spectral/tanh/*", folder=folder)
    assert done.returncode == 1 and "FAIL" in done.stdout and "spectral/tanh" in done.stdout


def test_check_of_nothing_gives_exit_code_1(folder):
    done = command("check", "mine:right", "--only", "nothing/*", folder=folder)
    assert done.returncode == 1 and "0 cases" in done.stderr


def test_no_command_gives_exit_code_2(folder):
    assert command(folder=folder).returncode == 2


def test_help_names_every_command_and_the_exit_codes(folder):
    done = command("--help", folder=folder)
    assert done.returncode == 0
    for word in ("check", "judge", "vectors", "certify", "selftest", "exit codes"):
        assert word in done.stdout


def test_files_that_are_not_intact_give_exit_code_3(folder):
    shutil.copytree(files.FOLDER, folder / "v1")
    content = (folder / "v1" / "loss.json").read_bytes()
    (folder / "v1" / "loss.json").write_bytes(content.replace(b"3f", b"3e", 1))
    done = command("vectors", "verify", folder / "v1", folder=folder)
    assert done.returncode == 3 and "loss.json" in done.stderr


def test_shipped_files_that_are_not_intact_stop_a_check(folder):
    shutil.copytree(ROOT / "npspectral", folder / "npspectral")
    path = folder / "npspectral" / "oracle" / "suite" / "vectors" / "v1" / "stack.txt"
    path.write_bytes(path.read_bytes()[:-1])
    for arguments in (("check", "mine:right"), ("vectors", "list"), ("certify",)):
        done = started(*arguments, folder=folder, env=None)
        assert done.returncode == 3 and "stack.txt" in done.stderr, arguments


def test_a_closed_pipe_gives_no_traceback(folder):
    done = process(f"{sys.executable} -m npspectral vectors list | head -1", ROOT, shell=True)
    assert done.stderr == "" and done.stdout.count("\n") == 1


ON_A_PIPE = ("vectors list", "vectors show " + VJP, "check mine:right --only dense/*", "--help",
             "vectors verify", "vectors export copy", "selftest --help")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device here")
@pytest.mark.parametrize("words", ON_A_PIPE)
def test_a_full_disk_behind_stdout_gives_exit_code_2_and_a_sentence(words, folder):
    with open("/dev/full", "w") as full:
        done = started(*words.split(), stdout=full, folder=folder)
    assert done.returncode == 2
    assert done.stderr == ("npspectral: standard output cannot be written: No space left on "
                           "device\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device here")
def test_a_full_disk_behind_stderr_changes_no_exit_code(folder):
    with open("/dev/full", "w") as full:
        assert started("judge", "nowhere.json", stdout=full, stderr=full,
                       folder=folder).returncode == 2


@pytest.mark.parametrize("candidate, code", [("right", 0), ("wrong", 1)])
def test_a_reader_that_goes_away_changes_no_verdict(candidate, code, folder):
    read, write = os.pipe()
    os.close(read)
    done = started("check", f"mine:{candidate}", "--only", "dense/*", stdout=write, folder=folder)
    os.close(write)
    assert done.returncode == code and done.stderr == ""


@pytest.mark.parametrize("closed, code", [(">&-", 1), (">&- 2>&-", 1), ("2>&-", 1)])
def test_closed_streams_change_no_verdict(closed, code, folder):
    done = process(f"{sys.executable} -m npspectral check mine:wrong --only 'dense/*' {closed}",
                   folder, shell=True, stdout=None, stderr=None)
    assert done.returncode == code


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_report_comes_in_the_characters_that_stdout_has(encoding, folder, answers):
    answers["implementation"] = "\xfcber \u2126"
    path = written(folder, answers)
    done = started("judge", path, folder=folder, text=False,
                   env={**ENVIRONMENT, "PYTHONIOENCODING": encoding})
    assert done.returncode == 0 and done.stderr == b""
    assert "\xfcber \u2126".encode(encoding, "backslashreplace") in done.stdout


def test_what_no_encoding_has_is_written_to_a_report_as_its_number(folder, capsys):
    (folder / "mine.py").write_text(CANDIDATES + "def half(case):\n    raise ValueError('\\ud800')")
    assert exit_code("check", "mine:half", "--only", "dense/*", "--out", "report.md") == 1
    assert "\\ud800" in (folder / "report.md").read_text()
    assert exit_code("check", "mine:half", "--only", "dense/*") == 1


def test_the_report_goes_where_it_was_asked_for_whatever_the_candidate_does(folder, capsys):
    (folder / "mine.py").write_text(CANDIDATES + """
import os
os.chdir("/")

def wanders(case):
    os.chdir(os.path.dirname(os.getcwd()))
    return right(case)
""")
    assert exit_code("check", "mine:wanders", "--only", "dense/*", "--out", "report") == 0
    assert (folder / "report").read_text().startswith("PASS")


def test_a_working_folder_that_is_gone_gives_exit_code_2(folder):
    (folder / "gone").mkdir()
    done = process(f"cd gone && rmdir ../gone && {sys.executable} -m npspectral check mine:right",
                   folder, shell=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr


# ---- the command line, in this process


USAGE = {
    "unknown command": ("verify",), "unknown option": ("check", "mine:right", "--tolerance", "1"),
    "no candidate": ("check",), "no colon": ("check", "mine"), "no function": ("check", "mine:"),
    "no module": ("check", ":right"), "unknown module": ("check", "nowhere_at_all:right"),
    "unknown function": ("check", "mine:left"), "a broken module": ("check", "broken:right"),
    "a module that stops": ("check", "stops:right"), "no function but a number": (
        "check", "mine:number"), "a relative module": ("check", ".mine:right"),
    "a path": ("check", "mine.py:right"), "unknown dtype": ("check", "mine:right", "--dtype", "f8"),
    "unknown suite": ("check", "mine:right", "--suite", "most"),
    "unknown layout": ("check", "mine:right", "--layout", "mine"),
    "unknown report": ("check", "mine:right", "--report", "html"),
    "no such xfail file": ("check", "mine:right", "--xfail", "nowhere.txt"),
    "a report into nowhere": ("check", "mine:right", "--only", "dense/*", "--out", "no/where.md"),
    "no answers": ("judge",), "no such answers": ("judge", "nowhere.json"),
    "no action": ("vectors",), "unknown action": ("vectors", "drop"),
    "unknown case": ("vectors", "show", "spectral/nothing"), "no case": ("vectors", "show"),
    "export to nowhere": ("vectors", "export"), "unknown dtype of selftest": (
        "selftest", "--dtype", "f8"), "certify what": ("certify", "loss"),
    "an abbreviated option": ("check", "mine:right", "--lay", "keras"),
}


@pytest.mark.parametrize("arguments", USAGE.values(), ids=USAGE)
def test_wrong_usage_gives_exit_code_2_and_a_message(arguments, folder, capsys):
    assert exit_code(*arguments) == 2
    assert "npspectral" in capsys.readouterr().err


@pytest.mark.parametrize("candidate", ["wrong", "raises", "nothing", "skips"])
def test_no_wrong_candidate_passes(candidate, folder, capsys):
    assert exit_code("check", f"mine:{candidate}") == 1


@pytest.mark.parametrize("form, begins", [("text", "PASS"), ("md", ""), ("json", "{")])
def test_reports_are_written_to_a_file(form, begins, folder, capsys):
    assert exit_code("check", "mine:right", "--report", form, "--out", "report") == 0
    text = (folder / "report").read_text()
    assert text.startswith(begins) and len(text) > 100
    assert capsys.readouterr().out.startswith("PASS")


def test_the_json_report_is_strict_json_with_every_case(folder, capsys):
    assert exit_code("check", "mine:wrong", "--report", "json") == 1
    report = json.loads(capsys.readouterr().out)
    assert not report["ok"] and len(report["cases"]) == len(CORE)


def test_a_dtype_is_passed_on(folder, capsys):
    assert exit_code("check", "mine:right", "--dtype", "float32", "--report", "json") == 0
    assert json.loads(capsys.readouterr().out)["dtype"] == "float32"


@pytest.mark.parametrize("lines, code", [
    (f"{SCALAR}  # it passes, so it must not be listed", 1), ("spectral/nothing  # unknown", 2),
    (f"{VJP}\n{VJP}", 2), (f"{VJP} and more", 2), ("# only a comment\n\n", 0)])
def test_an_xfail_file_is_held_to_what_happens(lines, code, folder, capsys):
    (folder / "known").write_text(lines)
    assert exit_code("check", "mine:right", "--xfail", "known") == code


def test_an_xfail_file_that_lists_every_failure_gives_exit_code_0(folder, capsys):
    failing = [case.id for case in CORE if case.kind == "vjp" and not case.id == EMPTY]
    (folder / "known").write_text("".join(f"{id}  # y is off by one\n" for id in failing))
    assert read_xfail("known") == dict.fromkeys(failing, "y is off by one")
    assert exit_code("check", "mine:wrong", "--xfail", "known") == 0


def test_an_xfail_file_in_another_encoding_is_refused(folder, capsys):
    (folder / "known").write_bytes(b"\xff\xfe")
    assert exit_code("check", "mine:right", "--xfail", "known") == 2


def test_vectors_list_prints_every_id(folder, capsys):
    assert exit_code("vectors", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [case.id for case in FULL]


def test_vectors_list_of_nothing_gives_exit_code_1(folder, capsys):
    assert exit_code("vectors", "list", "--only", "nothing/*") == 1


def test_vectors_show_prints_inputs_and_expected_bits(folder, capsys):
    assert exit_code("vectors", "show", VJP) == 0
    text = capsys.readouterr().out
    solved = next(case for case in FULL if case.id == VJP).solved
    assert all(word in text for word in solved["expect"]["grad_phi"]["bits"])
    assert "input lambda_out (4,)" in text and "witness" in text


def test_exported_files_are_the_shipped_ones_and_verify(folder, capsys):
    assert exit_code("vectors", "export", "out") == 0
    assert {path.name: path.read_bytes() for path in (folder / "out").iterdir()} == {
        path.name: path.read_bytes() for path in files.FOLDER.iterdir()}
    assert exit_code("vectors", "verify", "out") == 0


@pytest.mark.parametrize("there", [False, True])
def test_an_export_that_fails_leaves_nothing_and_can_be_tried_again(there, folder, capsys,
                                                                    monkeypatch):
    write, left = Path.write_bytes, [5]

    def fills_up(path, content):
        left[0] -= 1
        if left[0] < 0:
            write(path, content[:100])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, content)
    if there:
        (folder / "out").mkdir()
    monkeypatch.setattr(Path, "write_bytes", fills_up)
    assert exit_code("vectors", "export", "out") == 2
    assert "No space left on device" in capsys.readouterr().err
    assert (folder / "out").exists() == there and not list(folder.glob("out/*"))
    monkeypatch.undo()
    monkeypatch.chdir(folder)
    assert exit_code("vectors", "export", "out") == exit_code("vectors", "verify", "out") == 0


def test_an_export_whose_clean_up_fails_tells_the_first_error(folder, capsys, monkeypatch):
    def full(path, content):
        shutil.rmtree(path.parent)
        raise OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr(Path, "rmdir", lambda path: 1 / 0 if path.is_file() else os.rmdir("no"))
    assert exit_code("vectors", "export", "out") == 2
    assert "No space left on device" in capsys.readouterr().err


def test_what_a_killed_export_left_is_no_hindrance(folder, capsys):
    (folder / "out" / ".part").mkdir(parents=True)
    (folder / "out" / ".part" / "loss.json").write_text("{")
    assert exit_code("vectors", "export", "out") == exit_code("vectors", "verify", "out") == 0


def test_export_into_a_folder_that_is_not_empty_is_refused(folder, capsys):
    assert exit_code("vectors", "export", ".") == 2 and not (folder / "loss.json").exists()


def test_export_onto_a_file_is_refused(folder, capsys):
    assert exit_code("vectors", "export", "mine.py") == 2


def test_verify_of_no_folder_gives_exit_code_3(folder, capsys):
    assert exit_code("vectors", "verify", "nowhere") == 3


@pytest.mark.parametrize("found, code", [(0, 0), (1, 1), (2, 2), (120, 2), (-9, 2)])
def test_certify_runs_apart_from_what_is_installed_and_hands_its_code_on(found, code, monkeypatch):
    calls = []

    def run(words, check, stdout, text):
        calls.append(words)
        return subprocess.CompletedProcess(words, found, "said")
    monkeypatch.setattr(command_line.subprocess, "run", run)
    assert exit_code("certify", "--write", "folder") == code
    assert calls[0][1:3] == ["-I", "-S"] and calls[0][-2:] == ["--write", "folder"]


def test_selftest_hands_its_code_on(monkeypatch):
    from npspectral.oracle.mistakes import selftest
    monkeypatch.setattr(selftest, "selftest", lambda dtype, table, **rest: int(dtype == "float32"))
    assert exit_code("selftest") == 0 and exit_code("selftest", "--dtype", "float32") == 1


# ---- the pytest plugin


PYTEST = [sys.executable, "-m", "pytest", "-p", "pytest_npspectral", "-p", "no:cacheprovider",
          "-W", "error"]


def pytest_run(folder, *arguments):
    """pytest with the plugin over the shipped conformance tests, every warning an error."""
    return process([*PYTEST, "-ra", "--pyargs", "npspectral.oracle.conformance", *arguments],
                   folder)


def test_pytest_runs_one_test_a_case_under_its_id(folder):
    done = pytest_run(folder, "--spectral-candidate", "mine:right", "-v")
    assert done.returncode == 0 and f"{len(CORE)} passed" in done.stdout
    assert all(f"[{case.id}] PASSED" in done.stdout for case in CORE)


def test_the_header_names_candidate_suite_and_digest(folder):
    done = pytest_run(folder, "--spectral-candidate", "mine:right", "-k", "kink")
    head = done.stdout.split("collected")[0]
    assert "mine:right" in head and f"core suite {files.SUITE}" in head and "numpy" in head
    assert files.digest((files.FOLDER / "MANIFEST.json").read_bytes())[:16] in head


def test_failing_cases_fail_their_tests_and_known_ones_do_not(folder):
    (folder / "known").write_text(f"{VJP}  # y is off by one\n")
    done = pytest_run(folder, "--spectral-candidate", "mine:wrong", "--spectral-xfail", "known",
                      "-k", "b2-i3-o4 and (tanh or relu)")
    assert done.returncode == 1 and "1 xfailed" in done.stdout
    assert f"XFAIL ::test_case[{VJP}]" in done.stdout.replace("conformance.py", "") or (
        f"[{VJP}] - y is off by one" in done.stdout)


def test_a_known_failure_that_passes_fails(folder):
    (folder / "known").write_text(f"{VJP}  # fixed by now\n")
    done = pytest_run(folder, "--spectral-candidate", "mine:right", "--spectral-xfail", "known")
    assert done.returncode == 1 and "1 failed" in done.stdout and "XPASS(strict)" in done.stdout


def test_a_failure_shows_the_report_and_no_internals(folder):
    done = pytest_run(folder, "--spectral-candidate", "mine:wrong", "-k", "b2-i3-o4 and tanh")
    assert done.returncode == 1 and VJP in done.stdout and "answers_of" not in done.stdout


def test_skipped_cases_are_skipped(folder):
    done = pytest_run(folder, "--spectral-candidate", "mine:skips", "-k", "kink")
    assert "skipped" in done.stdout and "passed" not in done.stdout


PLUGIN_USAGE = {
    "unknown module": ("--spectral-candidate", "nowhere_at_all:right"),
    "no function": ("--spectral-candidate", "mine"),
    "unknown dtype": ("--spectral-candidate", "mine:right", "--spectral-dtype", "f8"),
    "unknown suite": ("--spectral-candidate", "mine:right", "--spectral-suite", "most"),
    "unknown layout": ("--spectral-candidate", "mine:right", "--spectral-layout", "mine"),
    "no xfail file": ("--spectral-candidate", "mine:right", "--spectral-xfail", "nowhere"),
    "an xfail entry of no case": (
        "--spectral-candidate", "mine:right", "--spectral-xfail", "known"),
    "options without a candidate": ("--spectral-dtype", "float32"),
}


@pytest.mark.parametrize("arguments", PLUGIN_USAGE.values(), ids=PLUGIN_USAGE)
def test_wrong_options_of_the_plugin_are_usage_errors(arguments, folder):
    (folder / "known").write_text("spectral/nothing  # no such case\n")
    done = pytest_run(folder, *arguments)
    assert done.returncode == 4 and "passed" not in done.stdout


def test_the_conformance_tests_without_a_candidate_are_no_pass(folder):
    done = pytest_run(folder)
    assert done.returncode == 1 and "--spectral-candidate" in done.stdout


def test_the_plugin_imports_neither_numpy_nor_npspectral_when_unused(folder):
    (folder / "test_nothing.py").write_text(
        "import sys\n\n\ndef test_nothing():\n"
        "    assert 'pytest_npspectral' in sys.modules\n"
        "    assert not {'numpy', 'npspectral'} & set(sys.modules)\n")
    done = process(PYTEST, folder)
    assert done.returncode == 0, done.stdout
