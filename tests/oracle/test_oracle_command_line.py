"""judge, the command line and the pytest plugin: exit codes, and no wrong pass on bad input."""
import decimal
import errno
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from answer_files import CORE, FULL, RIGHT, SCALAR, VJP, of_bits, right_answers, written

from npspectral.oracle import checks, command_line
from npspectral.oracle.checks import judge
from npspectral.oracle.suite import files
from npspectral.oracle.verdict.answer_file import BadAnswers
from npspectral.oracle.verdict.xfail import read_xfail

ROOT = Path(files.__file__).parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
EMPTY = "spectral/batch/empty/identity"
REFUSED = "error/x-too-narrow"
CANDIDATES = """
import numpy as np
from npspectral.oracle.verdict.reference import reference as right

def wrong(case):
    return {**right(case), "y": right(case)["y"] + 1} if case.kind == "vjp" else right(case)

def minus(case):
    return {n: -a if n == "grad_lambda_out" else a for n, a in right(case).items()}

def raises(case):
    raise RuntimeError("always")

def nothing(case):
    return None

def skips(case):
    raise NotImplementedError("not yet")

number = 3
"""


@pytest.fixture
def answers():
    """Right answers to the core suite, to be spoiled."""
    return json.loads(json.dumps(RIGHT))


MODULES = {"mine": CANDIDATES, "broken": "import nothing_of_that_name\n",
           "stops": "import sys\nsys.exit(0)\n"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a module of candidates, and a list of known failures."""
    for name, text in MODULES.items():
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
    (tmp_path / "known").write_text(f"{VJP}  # y is off by one\n")
    (tmp_path / "no_case").write_text("spectral/nothing  # no such case\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in MODULES:
        sys.modules.pop(name, None)


def process(words, folder, **options):
    """A command line, run in a process of its own, with what it wrote."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True,
             "env": ENVIRONMENT}
    return subprocess.run(words, cwd=folder, **{**pipes, **options})


def started(*arguments, folder=None, **options):
    """The command in a process of its own."""
    return process([sys.executable, "-m", "npspectral", *arguments], folder, **options)


def exit_code(*arguments):
    """The exit code of the command, in this process."""
    try:
        return command_line.main([str(argument) for argument in arguments])
    except SystemExit as stop:
        return stop.code


# ---- judge: right answers in every notation


NOTATIONS = {
    **{f"{dtype} bits": of_bits for dtype in ("float64", "float32", "float16")},
    "float64 decimals of 17 digits": lambda array, dtype: np.asarray(array).ravel().tolist(),
    "float32 decimals of 9 digits": lambda array, dtype: [
        float(f"{entry:.9g}") for entry in np.asarray(array).ravel()],
    "float64 nested rows": lambda array, dtype: np.asarray(array).tolist(),
    "float64 shape and bits": lambda array, dtype: {"shape": list(np.shape(array)),
                                                    "bits": of_bits(array)},
    "float32 in sixteen digits": lambda array, dtype: of_bits(array),
}


@pytest.mark.parametrize("name", NOTATIONS)
def test_right_answers_pass_in_every_notation_and_in_a_file(name, tmp_path):
    dtype, given = name.split()[0], right_answers(CORE, name.split()[0], NOTATIONS[name])
    for answers in (given, written(tmp_path, given)):
        report = judge(answers)
        assert report.ok and report.dtype == dtype and report.implementation == "a test"
        assert len(report.results) == sum(dtype in case.dtypes for case in CORE)


def test_bfloat16_numbers_as_four_digits_are_read():
    given = right_answers([case for case in CORE if case.id == "dense/identity/b2-i3-o4/bias"],
                          "float32")["answers"]
    short = {id: {name: [word[:4] for word in words] for name, words in own.items()}
             for id, own in given.items()}
    report = judge({"suite": files.SUITE, "dtype": "bfloat16", "answers": short}, only="dense/*")
    assert [result.status for result in report.results] == ["pass"]


LONGER = {"float16": ("3f802000", "3ff0040000000000", 1.0009765625, 1.001),
          "bfloat16": ("3f810000", "3ff0200000000000", 1.0078125, 1.008)}
TOO_FINE = {"float16": ("3f801000", "3ff0020000000000", 1.00048828125),
            "bfloat16": ("3f808000", "3ff0100000000000", 1.00048828125)}


@pytest.mark.parametrize("dtype", LONGER)
def test_more_digits_than_the_dtype_has_must_say_one_of_its_numbers(dtype):
    def verdict(number):
        given = {"dense/identity/b2-i3-o4/bias": {"y": [number] * 8}}
        result, = judge({"suite": files.SUITE, "dtype": dtype, "answers": given},
                        only=list(given)).results
        return result.verdicts["y"].status
    assert {verdict(number) for number in LONGER[dtype]} == {"wrong"}
    assert {verdict(number) for number in TOO_FINE[dtype]} == {"dtype"}


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


def _case(answer, id=VJP):
    return lambda document: document["answers"].update({id: answer})


def _spoil(change, id=VJP):
    return lambda document: change(document["answers"][id])


def _given(id=VJP, **arrays):
    """Other arrays in the answer to a case, or functions of them."""
    return _spoil(lambda own: own.update({
        name: new(own[name]) if callable(new) else new for name, new in arrays.items()}), id)


def _entry(change, name="y", id=VJP):
    return lambda document: change(document["answers"][id][name])


def _first(number):
    """The first number replaced by a function of it, or by another one."""
    return _given(y=lambda words: [number(words[0]) if callable(number) else number, *words[1:]])


def _deep(levels):
    nested: list = ["0" * 16]
    for _ in range(levels):
        nested = [nested]
    return nested


SPOILED = {
    "a case missing": lambda d: d["answers"].pop(VJP),
    "a refusal missing": lambda d: d["answers"].pop(REFUSED),
    "no answers at all": lambda d: d.update(answers={}),
    **{f"{answer!r} for a case": _case(answer)
       for answer in ({}, None, [], "pass", True, {"error": "overflow"}, {"skipped": ""})},
    **{f"{answer!r} for a refusal": _case(answer, REFUSED) for answer in (
        {}, {"error": ""}, {"error": " "}, {"error": True}, {"error": "x", "y": []})},
    "arrays for a refusal": _case(RIGHT["answers"][VJP], REFUSED),
    "skipped beside arrays": _given(skipped="no"),
    "an array missing": _spoil(lambda own: own.pop("grad_phi")),
    "an array null": _given(grad_phi=None),
    "an array more": _given(grad_nothing=RIGHT["answers"][VJP]["y"]),
    "an array named otherwise": _spoil(lambda own: own.update(Y=own.pop("y"))),
    "a number less": _entry(lambda words: words.pop()),
    "a number more": _entry(lambda words: words.append(words[0])),
    "one number for all": _given(grad_bias=lambda words: words[:1]),
    "a column for a vector": _given(grad_bias=lambda words: [[word] for word in words]),
    **{f"{y!r} for an array": _given(y=y) for y in (
        [[1.0, 2.0], [3.0]], [[0.0] * 4] * 3, [[0.0] * 2] * 4, 0.5, "3fe0000000000000", [], [0] * 8,
        {"shape": [2, 4]}, {"shape": [2, 4], "bits": None})},
    **{f"the shape {shape!r}": _given(y=lambda words, shape=shape: {"shape": shape, "bits": words})
       for shape in ([4, 2], [10 ** 9, 10 ** 9], [-2, -4], "24")},
    "a deep list": _given(y=_deep(70)),
    # no digits, a decimal, digits of another script, the bits of NaN and of infinity, ...
    **{f"the number {number!r:.20}": _first(number) for number in (
        None, True, {}, "", "3fe000000000000g", "0.5", "٣" * 16, "7ff8000000000000",
        "7ff0000000000000", float("inf"), 10 ** 400)},
    "a row among numbers": _first(lambda word: [word]),
    "digits with 0x": _first(lambda word: "0x" + word), "15 digits": _first(lambda word: word[:15]),
    "8 digits for float64": _first(lambda word: word[:8]),
    "digits with a line end": _first(lambda word: word + "\n"),
    "bytes in the other order": _given(
        y=lambda words: [bytes.fromhex(word)[::-1].hex() for word in words]),
    "all NaN": _spoil(lambda own: own.update(
        {name: ["7ff8000000000000"] * len(words) for name, words in own.items()})),
    "NaN in a gradient": _entry(lambda words: words.__setitem__(-1, float("nan")), "grad_phi"),
    "the last bit of an exact number": _entry(
        lambda words: words.__setitem__(0, f"{int(words[0], 16) ^ 1:016x}"),
        "y", "dense/identity/b2-i3-o4/bias"),
    "numbers for an empty array": _given(EMPTY, y=["0" * 16]),
    "two numbers for a scalar": _entry(lambda words: words.append(words[0]), "value", SCALAR),
    "an object for a scalar": _given(SCALAR, value={}),
}


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


@pytest.mark.parametrize("number", ["3fd5555555555555", 1 / 3])
@pytest.mark.parametrize("digits", [3, 28])
def test_a_float64_number_among_float32_answers_is_told_in_any_decimal_context(number, digits):
    given = right_answers(CORE, "float32")
    given["answers"][VJP]["y"][0] = number
    with decimal.localcontext() as context:
        context.prec = digits
        assert judge(given).failures[0].verdicts["y"].status == "dtype"


def test_the_failing_case_and_array_are_named(answers):
    answers["answers"][VJP]["grad_phi"].pop()
    failure, = judge(answers).failures
    assert failure.case.id == VJP and failure.wrong == ["grad_phi"]


# ---- judge: files that are none


TEXT = json.dumps(RIGHT)
BAD_FILES = {
    "a list": [], "null": None, "a number": 3, "empty object": {},
    **{f"no {field}": {name: value for name, value in RIGHT.items() if name != field}
       for field in ("suite", "dtype", "answers")},
    **{f"{field} is {value!r}": {**RIGHT, field: value} for field, value in (
        ("suite", "0.9.0"), ("suite", 1), ("suite", None), ("dtype", "float8"),
        ("dtype", ["float64"]), ("answers", []), ("answers", None), ("answers", "all"),
        ("tolerance", 1), ("implementation", 3), ("implementation", "\ud800"))},
    **{f"the id {id!r}": {**RIGHT, "answers": {id: {}}}
       for id in ("spectral/nothing", VJP + " ", VJP.upper(), "")},
    "half a character in a reason": {**RIGHT, "answers": {VJP: {"error": "\udfff"}}},
    "half a character in a name": {**RIGHT, "answers": {VJP: {"\ud83d": []}}},
    "empty": "", "truncated": TEXT[:-1], "cut in half": TEXT[:5000], "no JSON": "suite = 1.0.0",
    "two documents": TEXT * 2, "a field twice": TEXT[:-1] + ', "dtype": "float64"}',
    "a case twice": TEXT.replace(f'"{VJP}":', f'"{VJP}": {{}}, "{VJP}":', 1),
    "an array twice": TEXT.replace('"y":', '"y": [], "y":', 1),
    "a mark of the byte order": "\ufeff" + TEXT,
    "nested too deep": "[" * 100000, "an object nested too deep": '{"a":' * 100000,
    "a huge number": '{"suite": ' + "1" * 5000 + "}",
    **{f"the number {number:.9}": TEXT[:-1] + f', "n": {number}}}' for number in (
        "1e99999999999999999999", "-1e-99999999999999999999", "7" * 10 ** 6)},
}


@pytest.mark.parametrize("document", BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_is_no_answers_or_not_strict_json_is_refused_by_name(document, folder, capsys):
    path = written(folder, document)
    with pytest.raises(BadAnswers, match="answers.json"):
        judge(path)
    assert exit_code("judge", path) == 2 and "answers.json" in capsys.readouterr().err


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


@pytest.mark.parametrize("words, code, told", [
    ("check mine:right", 0, "PASS"), ("check mine:wrong --only spectral/tanh/*", 1, "FAIL"),
    ("check mine:wrong --only spectral/tanh/*", 1, "spectral/tanh"),
    ("check mine:right --only nothing/*", 1, "0 cases"), ("", 2, "usage"),
    ("vectors verify v1", 3, "loss.json")])
def test_a_process_ends_with_its_exit_code_and_says_why(words, code, told, folder):
    shutil.copytree(files.FOLDER, folder / "v1")
    content = (folder / "v1" / "loss.json").read_bytes()
    (folder / "v1" / "loss.json").write_bytes(content.replace(b"3f", b"3e", 1))
    done = process([sys.executable, "-W", "error", "-m", "npspectral", *words.split()], folder)
    assert done.returncode == code and told in done.stdout + done.stderr
    assert code or done.stderr == ""


def test_help_names_every_command_and_the_exit_codes(folder):
    done = started("--help", folder=folder)
    assert done.returncode == 0
    for word in ("check", "judge", "vectors", "certify", "selftest", "exit codes"):
        assert word in done.stdout


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


full_device = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device here")
ON_A_PIPE = ("vectors list", "vectors show " + VJP, "check mine:right --only dense/*", "--help",
             "vectors verify", "vectors export copy", "selftest --help")


@full_device
@pytest.mark.parametrize("words", ON_A_PIPE)
def test_a_full_disk_behind_stdout_gives_exit_code_2_and_a_sentence(words, folder):
    with open("/dev/full", "w") as full:
        done = started(*words.split(), stdout=full, folder=folder)
    assert done.returncode == 2
    assert done.stderr == ("npspectral: standard output cannot be written: No space left on "
                           "device\n")


@full_device
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


USAGE = [
    "verify", "check mine:right --tolerance 1", "check", "check mine", "check mine:",
    "check :right", "check nowhere_at_all:right", "check mine:left", "check broken:right",
    "check stops:right", "check mine:number", "check .mine:right", "check mine.py:right",
    "check mine:right --dtype f8", "check mine:right --suite most",
    "check mine:right --layout mine", "check mine:right --report html",
    "check mine:right --xfail nowhere.txt", "check mine:right --only dense/* --out no/where.md",
    "check mine:right --only dense/* --badge no/where.json", "check mine:right --lay keras",
    "judge", "judge nowhere.json", "vectors", "vectors drop",
    "vectors show spectral/nothing", "vectors show", "vectors export", "vectors export .",
    "vectors export mine.py", "selftest --dtype f8", "certify loss",
]


@pytest.mark.parametrize("words", USAGE)
def test_wrong_usage_gives_exit_code_2_and_a_message(words, folder, capsys):
    assert exit_code(*words.split()) == 2
    assert "npspectral" in capsys.readouterr().err
    assert not (folder / "loss.json").exists()


@pytest.mark.parametrize("words, code", [
    *((f"check mine:{candidate}", 1) for candidate in ("wrong", "raises", "nothing", "skips")),
    ("vectors list --only nothing/*", 1), ("vectors verify nowhere", 3)])
def test_what_is_wrong_or_missing_never_gives_exit_code_0(words, code, folder, capsys):
    assert exit_code(*words.split()) == code


@pytest.mark.parametrize("form, begins", [("text", "PASS"), ("md", ""), ("json", "{")])
def test_reports_are_written_to_a_file(form, begins, folder, capsys):
    assert exit_code("check", "mine:right", "--report", form, "--out", "report") == 0
    text = (folder / "report").read_text()
    assert text.startswith(begins) and len(text) > 100
    assert capsys.readouterr().out.startswith("PASS")


@pytest.mark.parametrize("words, color", [
    ("right", "brightgreen"), ("wrong", "red"), ("skips", "red"),
    ("wrong --xfail known", "yellow")])
def test_a_badge_says_how_many_cases_passed(words, color, folder, capsys):
    one = "dense/identity/b2-i3-o4/bias"
    (folder / "known").write_text(f"{one}  # y is off by one\n")
    code = exit_code("check", *f"mine:{words} --only loss/* --only {one}".split(),
                     "--badge", "badge.json")
    badge = json.loads((folder / "badge.json").read_text())
    n = sum(case.id.startswith("loss/") for case in CORE)
    said = {"right": f"{n + 1} of {n + 1}", "skips": f"0 of 0, {n + 1} skipped"}
    assert badge == {"schemaVersion": 1, "color": color,
                     "message": said.get(words, f"{n} of {n + 1}"),
                     "label": f"npspectral {files.SUITE} core, float64"}
    assert code == (color == "red")


RERUN = "rerun     npspectral "
SCRIPT = CANDIDATES + """
from npspectral import oracle

if __name__ == "__main__":
    print(oracle.check(wrong, only="spectral/tanh/*", dtype="float32").to_text())
"""


@pytest.mark.parametrize("started_as", ["tools/mine.py", "-m tools.mine"])
def test_what_a_script_says_about_running_a_case_again_works(started_as, folder):
    (folder / "tools").mkdir()
    (folder / "tools" / "mine.py").write_text(SCRIPT)
    said = process([sys.executable, *started_as.split()], folder).stdout
    again = said.split(RERUN)[1].splitlines()[0]
    assert again.startswith("check tools.mine:wrong --dtype float32 --only 'spectral/tanh/")
    assert started(*again.replace("'", "").split(), folder=folder).returncode == 1


def test_a_script_from_elsewhere_is_run_again_in_python(folder, tmp_path_factory):
    path = written(tmp_path_factory.mktemp("elsewhere"), SCRIPT, "mine.py")
    assert "rerun     oracle.check(candidate, dtype='float32', suite='core', only='spectral" in (
        process([sys.executable, path], folder).stdout)


OF_FULL = "spectral/identity/b1-i1-o1/bias"
SELECTIONS = [[], ["--suite", "full", "--layout", "minus_lambda", "--only", OF_FULL]]


@pytest.mark.parametrize("options", SELECTIONS)
def test_a_file_of_answers_is_judged_again_by_the_command_of_its_report(options, answers, folder,
                                                                        capsys):
    for id in (VJP, OF_FULL):
        answers["answers"][id] = {"error": "overflow"}
    (folder / "my answers").mkdir()
    assert exit_code("judge", written(folder / "my answers", answers), *options) == 1
    again = capsys.readouterr().out.split(RERUN)[1].splitlines()[0]
    words = shlex.split(again)
    assert words[:2] == ["judge", str(folder / "my answers" / "answers.json")]
    assert words[2:] == options or words[2:] == ["--suite", "full", "--only", OF_FULL]
    assert exit_code(*words) == 1


def test_answers_that_are_no_file_are_judged_again_in_python(answers):
    answers["answers"][VJP] = {"error": "overflow"}
    line = f"rerun     oracle.judge(answers, suite='core', only={VJP!r})"
    assert line in judge(answers).to_text()


def test_the_candidate_that_was_named_is_run_again(folder, capsys):
    (folder / "mine.py").write_text(CANDIDATES + "from functools import partial\n"
                                    "half = partial(minus)\n")
    assert exit_code("check", "mine:half", "--only", VJP) == 1
    assert f"{RERUN}check mine:half --dtype float64 --only '{VJP}'" in capsys.readouterr().out


@pytest.mark.parametrize("candidate, dtype", [("wrong", "float64"), ("right", "float32")])
def test_the_json_report_is_strict_json_with_the_dtype_and_every_case(candidate, dtype, folder,
                                                                      capsys):
    code = exit_code("check", f"mine:{candidate}", "--dtype", dtype, "--report", "json")
    report = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert report["ok"] == (candidate == "right") == (code == 0) and report["dtype"] == dtype
    assert len(report["cases"]) == sum(dtype in case.dtypes for case in CORE)


@pytest.mark.parametrize("lines, code", [
    (f"{SCALAR}  # it passes, so it must not be listed", 1), ("spectral/nothing  # unknown", 2),
    (f"{VJP}\n{VJP}", 2), (f"{VJP} and more", 2), ("# only a comment\n\n", 0), ("\xff\xfe", 2)])
def test_an_xfail_file_is_held_to_what_happens(lines, code, folder, capsys):
    (folder / "known").write_text(lines, encoding="latin-1")
    assert exit_code("check", "mine:right", "--xfail", "known") == code


def test_an_xfail_file_that_lists_every_failure_gives_exit_code_0(folder, capsys):
    failing = [case.id for case in CORE if case.kind == "vjp" and not case.id == EMPTY]
    (folder / "known").write_text("".join(f"{id}  # y is off by one\n" for id in failing))
    assert read_xfail("known") == dict.fromkeys(failing, "y is off by one")
    assert exit_code("check", "mine:wrong", "--xfail", "known") == 0


@pytest.mark.parametrize("words", ["vectors list", "check mine:right --report json",
                                   "judge answers.json --report json"])
def test_only_may_be_given_several_times(words, folder, capsys):
    written(folder, RIGHT)
    assert exit_code(*words.split(), "--only", "dense/*", "--only", SCALAR) == 0
    listed = re.findall("(?:dense|network)/[a-z0-9_/-]+", capsys.readouterr().out)
    wanted = [case.id for case in (FULL if words == "vectors list" else CORE)
              if case.id.startswith("dense/") or case.id == SCALAR]
    assert listed == wanted


def test_vectors_list_prints_every_id(folder, capsys):
    assert exit_code("vectors", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [case.id for case in FULL]


def test_vectors_show_prints_inputs_and_expected_bits(folder, capsys):
    assert exit_code("vectors", "show", VJP) == 0
    text = capsys.readouterr().out
    solved = next(case for case in FULL if case.id == VJP).solved
    assert all(word in text for word in solved["expect"]["grad_phi"]["bits"])
    assert "input lambda_out (4,)" in text and "witness" in text


def test_exported_files_are_the_shipped_ones_and_verify(folder, capsys):
    assert exit_code("vectors", "export", "out") == 0
    examples = files.FOLDER.parents[2] / "examples"
    assert {path.name: path.read_bytes() for path in (folder / "out").rglob("*.*")} == {
        path.name: path.read_bytes() for path in (*files.FOLDER.iterdir(), *examples.iterdir())
        if path.suffix != ".py"}
    assert len(list((folder / "out" / "examples").iterdir())) == len(command_line.PROGRAMS)
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


TOLD = {
    "candidate, suite and digest in the header": (
        "mine:right -k kink", 0, ["mine:right", f"core suite {files.SUITE}", "numpy",
                                  files.digest((files.FOLDER / "MANIFEST.json").read_bytes())[:16]],
        []),
    "known failures apart from others": (
        "mine:wrong --spectral-xfail known -k b2-i3-o4", 1, ["1 xfailed", "y is off by one"], []),
    "a known failure that passes": (
        "mine:right --spectral-xfail known", 1, ["1 failed", "XPASS(strict)"], []),
    "the report of a failure and no internals": (
        "mine:wrong -k tanh/b2-i3-o4", 1, [VJP], ["answers_of"]),
    "what is skipped": ("mine:skips -k kink", 0, ["skipped"], ["passed"]),
    "which cases were asked for": (
        "mine:right --spectral-only spectral/tanh/* --spectral-only loss/* -v", 0,
        [f"[{VJP}] PASSED", "test_case[loss/"], ["dense/"]),
    "the cause at the end, over all cases": (
        "mine:minus --spectral-only spectral/tanh/*", 1,
        ["causes are told at the end", "The minus of grad_lambda_out is lost"], []),
}


@pytest.mark.parametrize("words, code, present, absent", TOLD.values(), ids=TOLD)
def test_pytest_tells(words, code, present, absent, folder):
    done = pytest_run(folder, "--spectral-candidate", *words.split())
    assert done.returncode == code
    assert all(word in done.stdout for word in present)
    assert not any(word in done.stdout for word in absent)


PLUGIN_USAGE = [
    "--spectral-candidate nowhere_at_all:right", "--spectral-candidate mine",
    "--spectral-candidate mine:right --spectral-dtype f8",
    "--spectral-candidate mine:right --spectral-suite most",
    "--spectral-candidate mine:right --spectral-layout mine",
    "--spectral-candidate mine:right --spectral-xfail nowhere",
    "--spectral-candidate mine:right --spectral-xfail no_case", "--spectral-dtype float32",
    "--spectral-candidate mine:right --spectral-only nothing/*",
]


@pytest.mark.parametrize("words", PLUGIN_USAGE)
def test_wrong_options_of_the_plugin_are_usage_errors(words, folder):
    done = pytest_run(folder, *words.split())
    assert done.returncode == 4 and "passed" not in done.stdout


def test_a_junit_file_names_the_module_the_case_and_a_wrong_number(folder):
    pytest_run(folder, "--spectral-candidate", "mine:minus", "--spectral-only", VJP,
               "--junitxml", "junit.xml")
    case, = ElementTree.parse(folder / "junit.xml").iter("testcase")
    assert (case.get("classname"), case.get("name")) == ("npspectral.oracle.conformance",
                                                         f"test_case[{VJP}]")
    expected = next(case for case in CORE if case.id == VJP).expect["grad_lambda_out"]
    line = case.find("failure").get("message").splitlines()[0]
    found = re.match(rf"Failed: grad_lambda_out\[(\d)\]: got (.*), want (.*), allowed (.*), in "
                     rf"{VJP}$", line)
    want = expected.value[int(found[1])]
    assert (float(found[2]), float(found[3])) == (-want, want)
    assert float(found[4]) == pytest.approx(2 ** -53 * expected.scale[int(found[1])], rel=0.01)


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
