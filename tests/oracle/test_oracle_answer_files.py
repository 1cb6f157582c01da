"""Files of answers: their schema, families that nobody answers, and where an error is."""
import json

import numpy as np
import pytest
from answer_files import CORE, FULL, RIGHT, SCALAR, VJP, of_bits, right_answers

from npspectral.oracle.checks import judge
from npspectral.oracle.suite import files, schema
from npspectral.oracle.verdict.compare import DTYPES
from npspectral.oracle.verdict.forms import with_three_axes

SCHEMA = json.loads((files.FOLDER / files.ANSWERS_SCHEMA).read_bytes())
REFUSED = "error/x-too-narrow"
FAMILIES = list(dict.fromkeys(case.id.split("/")[0] for case in CORE))


def faults(document):
    return list(schema.breaches(json.loads(json.dumps(document)), SCHEMA, "file", SCHEMA["$defs"]))


def answered(**answers):
    """Right answers to the core suite, those of some cases replaced."""
    return {**RIGHT, "answers": {**RIGHT["answers"], **answers}}


def of_families(*names):
    """Right answers to the cases of these families alone."""
    return {**RIGHT, "answers": {id: answer for id, answer in RIGHT["answers"].items()
                                 if id.split("/")[0] in names}}


# ---- the schema


ENCODINGS = {
    "bits": of_bits, "nested decimals": lambda array, dtype: np.asarray(array).tolist(),
    "shape and bits": lambda array, dtype: {"shape": list(np.shape(array)),
                                            "bits": of_bits(array)}}


@pytest.mark.parametrize("encode", ENCODINGS.values(), ids=ENCODINGS)
def test_what_is_judged_obeys_the_schema_of_answers(encode):
    document = right_answers(CORE, encode=encode)
    document["answers"][VJP] = {"skipped": "no tanh"}
    assert faults(document) == [] and judge(document).ok


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_id_and_array_of_the_suite_has_a_name_that_the_schema_knows(dtype):
    document = {**RIGHT, "dtype": dtype, "answers": {
        case.id: {"error": "refused"} if case.kind == "error" else dict.fromkeys(case.expect, 0)
        for case in FULL}}
    assert faults(document) == []


NUMBERS = ["3f", "0.5", "0x3fe0000000000000", "3fe000000000000g", "", True, None, {}]
OTHER_ANSWERS = [None, [], "pass", {"error": " "}, {"skipped": ""}, {"error": "x", "y": []},
                 {"skipped": "x", "y": []}, {"Y": []}, {"y": {"shape": [2]}},
                 {"y": {"shape": [-2], "bits": []}}, *({"y": [[number]]} for number in NUMBERS)]
OTHER_FILES = {"no suite": {**RIGHT, "suite": 1}, "another dtype": {**RIGHT, "dtype": "float8"},
               "a list": {**RIGHT, "answers": []}, "one field more": {**RIGHT, "tolerance": 1},
               "no id": answered(**{"spectral": {}})}


@pytest.mark.parametrize("answer", OTHER_ANSWERS, ids=map(str, OTHER_ANSWERS))
def test_the_schema_refuses_an_answer_that_fails(answer):
    document = answered(**{VJP: answer})
    assert faults(RIGHT) == [] and faults(document) and not judge(document, only=VJP).ok


@pytest.mark.parametrize("document", OTHER_FILES.values(), ids=OTHER_FILES)
def test_the_schema_refuses_a_file_that_is_refused(document):
    assert faults(RIGHT) == [] and faults(document)
    with pytest.raises(ValueError):
        judge(document)


def test_the_jsonschema_package_agrees_where_it_is_installed():
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert validator.is_valid(RIGHT)
    assert not any(validator.is_valid(answered(**{VJP: answer})) for answer in OTHER_ANSWERS)


# ---- what has to be answered


def test_a_family_without_an_answer_is_skipped_and_named():
    report = judge(of_families("spectral", "loss"))
    skipped = {result.case.id for result in report.results if result.status == "skipped"}
    absent = [family for family in FAMILIES if family not in ("spectral", "loss")]
    assert report.ok and skipped == {case.id for case in CORE if case.id.split("/")[0] in absent}
    line = f"skipped   {len(skipped)} cases: families without an answer: {', '.join(absent)}"
    assert line in report.to_text()


def test_families_without_answers_alone_are_no_pass():
    assert judge({**RIGHT, "answers": {}}).to_text().startswith("FAIL  0 cases ran")


@pytest.mark.parametrize("id", [VJP, SCALAR, REFUSED])
def test_a_case_without_an_answer_in_a_family_that_has_some_fails(id):
    document = of_families(id.split("/")[0])
    del document["answers"][id]
    assert [result.case.id for result in judge(document).failures] == [id]


@pytest.mark.parametrize("only", ["loss/*", ["spectral/tanh/*", "loss/*"]])
def test_what_was_asked_for_by_name_has_to_be_answered(only):
    report = judge(of_families("spectral"), only=only)
    assert {result.case.id.split("/")[0] for result in report.failures} == {"loss"}


# ---- answers of three axes, where x has them


@pytest.mark.parametrize("encode", [np.ndarray.tolist, lambda array: {
    "shape": list(array.shape), "bits": of_bits(array)}])
@pytest.mark.parametrize("forward_only", [False, True])
def test_y_and_grad_x_may_have_three_axes_where_x_has(encode, forward_only):
    case = next(case for case in FULL if "ThreeAxes" in case.flags)
    answers = right_answers([case])["answers"]
    for name in ("y", "grad_x"):
        answers[case.id][name] = encode(with_three_axes(case.expect[name].value))
    report = judge({**RIGHT, "answers": answers}, suite="full", only=case.id,
                   forward_only=forward_only)
    report.raise_if_failed()


# ---- where an error is


@pytest.mark.parametrize("y, told", [
    (["3ff0000000000000"] * 7 + ["0.5"], "y cannot be read: at [7]: '0.5'"),
    ([[0.0] * 4, [0.0, 0.0, None, 0.0]], "y cannot be read: at [1, 2]: None")])
def test_a_number_that_cannot_be_read_is_named_by_its_place(y, told):
    failure, = judge(answered(**{VJP: {**RIGHT["answers"][VJP], "y": y}})).failures
    assert failure.case.id == VJP and told in failure.message


def test_a_case_that_occurs_twice_is_named(tmp_path):
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(RIGHT).replace(f'"{VJP}":', f'"{VJP}": {{}}, "{VJP}":', 1))
    with pytest.raises(ValueError, match=f"answers.json: .* twice: \\['{VJP}'\\]"):
        judge(path)
