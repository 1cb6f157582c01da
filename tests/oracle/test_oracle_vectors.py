"""The case files: nothing changed is read, the text twin says the same, the schema holds."""
import json
import math
import random
import re
import shutil
import subprocess
import sys
from contextlib import suppress

import pytest

from npspectral.oracle.certify import rebuild, solve
from npspectral.oracle.certify.guard import guarded_catalog
from npspectral.oracle.suite import digests, files, schema
from npspectral.oracle.suite.bits import from_bits
from npspectral.oracle.suite.catalog import catalog

CONTENTS = {path.name: path.read_bytes() for path in sorted(files.FOLDER.iterdir())}
FAMILIES = [name[:-5] for name in CONTENTS if name[:-5] + ".txt" in CONTENTS]
DOCUMENTS = {family: json.loads(CONTENTS[f"{family}.json"]) for family in FAMILIES}
SOLVED = files.read()[0]
DENSE = [case for case in SOLVED if case["id"].startswith("dense/")]
SMALL = files.family_files(DENSE)


@pytest.fixture
def small_folder(tmp_path):
    """One family alone, to be spoiled where every file is parsed."""
    for name, content in SMALL.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.fixture
def folder(tmp_path):
    """A copy of the shipped files, to be spoiled."""
    return shutil.copytree(files.FOLDER, tmp_path / "v1")


def sealed(folder, name, content):
    """Write a file and make the manifest agree with it, as an editor who knows the format would."""
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    entry = next(entry for entry in manifest["files"] if entry["name"] == name)
    entry["sha256"] = files.digest(content)
    (folder / "MANIFEST.json").write_text(json.dumps(manifest))


def refused(folder, told=None, **options):
    with pytest.raises(files.BadVectors, match=told):
        files.read(folder, **options)


def edited(name, change):
    """The bytes of a case file after `change` was made to its parsed content."""
    document = json.loads(CONTENTS[name])
    change(document)
    return json.dumps(document).encode()


# ---- changes of bytes


def test_the_shipped_files_are_read():
    assert len(SOLVED) == sum(len(document["cases"]) for document in DOCUMENTS.values())


def test_a_reader_may_change_the_cases_without_a_trace_in_those_of_the_next():
    given = files.read()[0]
    assert given == SOLVED
    given[0]["expect"].clear()
    assert files.read()[0] == SOLVED


def test_a_thousand_single_byte_changes_are_all_refused(folder):
    rng = random.Random(20240607)
    names, sizes = list(CONTENTS), [len(content) for content in CONTENTS.values()]
    accepted = []
    for trial in range(1000):
        # every file gets its share: half of the changes go by size, half by name
        name = rng.choices(names, sizes)[0] if trial % 2 else names[trial // 2 % len(names)]
        content = bytearray(CONTENTS[name])
        place = rng.randrange(len(content))
        content[place] = (content[place] + rng.randrange(1, 256)) % 256
        (folder / name).write_bytes(content)
        with suppress(files.BadVectors):
            files.read_files(folder)
            accepted.append((name, place))
        (folder / name).write_bytes(CONTENTS[name])
    assert not accepted
    files.read_files(folder)                     # and the unchanged copy is accepted


def test_every_bit_of_the_manifest_matters(folder):
    content = CONTENTS["MANIFEST.json"]
    for place in range(0, len(content), 7):
        for bit in (1, 32):
            spoiled = bytearray(content)
            spoiled[place] ^= bit
            (folder / "MANIFEST.json").write_bytes(spoiled)
            with pytest.raises(files.BadVectors):
                files.read_files(folder)


@pytest.mark.parametrize("name", CONTENTS)
def test_a_truncated_or_missing_file_is_refused_by_name(folder, name):
    (folder / name).write_bytes(CONTENTS[name][:-1])
    refused(folder, re.escape(name))
    (folder / name).unlink()
    refused(folder, re.escape(name))


def test_a_file_that_the_manifest_does_not_list_is_refused(folder):
    (folder / "more.json").write_text("{}")
    refused(folder, "more.json")


def test_a_changed_number_with_a_manifest_that_agrees_is_refused(folder):
    sealed(folder, "loss.json", CONTENTS["loss.json"].replace(b'"core":true', b'"core":false', 1))
    refused(folder, "MANIFEST.json: sha256")


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    refused(tmp_path / "nowhere", "cannot be read")


# ---- a manifest that is wrong by itself


def _manifest(change):
    manifest = json.loads(SMALL["MANIFEST.json"])
    change(manifest)
    return json.dumps(manifest).encode()


BAD_MANIFESTS = {
    "no JSON": b"{", "no UTF-8": b"\xff\xfe{}", "empty": b"", "a list": b"[]", "null": b"null",
    "nested too deep": b"[" * 100000,
    "a field twice": SMALL["MANIFEST.json"].replace(b'"format": 1', b'"format": 1, "format": 1'),
    "NaN": SMALL["MANIFEST.json"].replace(b'"format": 1', b'"format": NaN'),
    "no suite": _manifest(lambda m: m.pop("suite")),
    "an entry less": _manifest(lambda m: m["files"].pop()),
    "an entry twice": _manifest(lambda m: m["files"].append(m["files"][0])),
    "an entry is text": _manifest(lambda m: m["files"].append("loss.json")),
    **{f"{field} is {value!r}": _manifest(lambda m, new={field: value}: m.update(new))
       for field, value in [("more", 1), ("format", 2), ("format", True), ("suite", 1),
                            ("files", {}), ("files", [])]},
    **{f"{field} of an entry is {value!r}": _manifest(
        lambda m, new={field: value}: m["files"][0].update(new))
       for field, value in [("more", 1), ("cases", "14"), ("cases", 1), ("numbers", 1),
                            ("name", "../dense.json"), ("name", "/etc/hostname"),
                            ("name", "MANIFEST.json"), ("sha256", "0" * 64)]},
}


@pytest.mark.parametrize("content", BAD_MANIFESTS.values(), ids=BAD_MANIFESTS)
def test_a_bad_manifest_is_refused_even_without_its_recorded_digest(small_folder, content):
    (small_folder / "MANIFEST.json").write_bytes(content)
    refused(small_folder, recorded=False)


# ---- a case file that is wrong though its digest is right


def _case(change, index=0):
    return lambda document: change(document["cases"][index])


def _expect(change, name="y"):
    return _case(lambda case: change(case["expect"][name]))


BAD_CASES = {
    **{f"{field} of the file is {value!r}": lambda d, new={field: value}: d.update(new)
       for field, value in [("more", 1), ("family", "loss"), ("suite", "1.0.1"), ("suite", "one"),
                            ("schema", "case-v2.schema.json"), ("count", 15), ("count", True),
                            ("cases", {})]},
    "no family": lambda d: d.pop("family"),
    "one case less": lambda d: d["cases"].pop(),
    "one case less, counted": lambda d: (d["cases"].pop(), d.update(count=d["count"] - 1)),
    "an unknown note": lambda d: d["notes"].update(Wrong="text"),
    "another note": lambda d: d["notes"].update(Backward="text"),
    "a note less": lambda d: d["notes"].popitem(),
    "a case is text": lambda d: d["cases"].__setitem__(0, "dense"),
    **{f"{field} of a case is {value!r}": _case(lambda c, new={field: value}: c.update(new))
       for field, value in [("more", 1), ("kind", "jvp"), ("tier", "good"), ("dtypes", []),
                            ("core", 1), ("agreed_digits", 76), ("agreed_digits", 60.5),
                            ("id", "dense/a b"), ("id", "loss/new"),
                            ("loss", {"loss": "hinge", "reduction": "mean"}),
                            ("loss", {"loss": "l7", "reduction": "mean"})]},
    **{f"{field} of a case has {entry!r}, too": _case(
        lambda c, field=field, entry=entry: c[field].append(entry))
       for field, entry in [("dtypes", "float8"), ("dtypes", "float64"), ("flags", "Unheard"),
                            ("witness", "hearsay"), ("layers", {"layer": "conv"}),
                            ("layers", {"layer": "elu"}), ("trainable", "theta")]},
    "no tier": _case(lambda c: c.pop("tier")),
    "unknown constant of a layer": _case(lambda c: c["layers"][0].update(slope=0.5)),
    "id with a line end": _case(lambda c: c.update(id=c["id"] + "\n")),
    "an id twice": lambda d: d["cases"][0].update(id=d["cases"][1]["id"]),
    "an expected array less": _case(lambda c: c["expect"].pop("y")),
    "an expected array more": _case(lambda c: c["expect"].update(value=c["expect"]["y"])),
    # 15 and 17 digits, capital ones, none, NaN, infinity, a number, other bits than `about` says
    **{f"the first of {field} is {value!r}": _expect(
        lambda e, field=field, value=value: e[field].__setitem__(0, value))
       for field, value in [("bits", "3fe000000000000"), ("bits", "3fe00000000000000"),
                            ("bits", "3FE0000000000000"), ("bits", "3fe000000000000g"),
                            ("bits", "7ff8000000000000"), ("bits", "fff0000000000000"),
                            ("bits", 0.5), ("bits", "4059000000000000"), ("scale", -1.0),
                            ("scale", "1")]},
    **{f"{field} of an array is {value!r}": _expect(lambda e, new={field: value}: e.update(new))
       for field, value in [("shape", [10 ** 9, 10 ** 9]), ("shape", [-1, -1]),
                            ("shape", [1, 1, 1]), ("low", []), ("dtype", "float64")]},
    "a share of products beyond 1": _expect(lambda e: e.update(products=1.5)),
    "a number less": _expect(lambda e: e["bits"].pop()),
    "a scale less": _expect(lambda e: e["scale"].pop()),
    "a shape of another array": _expect(lambda e: e.update(shape=[1]), "grad_x"),
    **{f"the first input is {value!r}": _case(
        lambda c, value=value: c["inputs"]["x"]["dec"].__setitem__(0, value))
       for value in ("1", True)},
    "an input number less": _case(lambda c: c["inputs"]["x"]["dec"].pop()),
    "labels and numbers": _case(lambda c: c["inputs"]["x"].update(labels=[1])),
}


@pytest.mark.parametrize("change", BAD_CASES.values(), ids=BAD_CASES)
def test_a_bad_case_file_is_refused_though_its_digest_is_right(small_folder, change):
    sealed(small_folder, "dense.json", edited("dense.json", change))
    refused(small_folder, "dense.json|id occurs twice", recorded=False)


def test_an_edit_that_keeps_the_format_is_read_where_no_digest_is_recorded(small_folder):
    sealed(small_folder, "dense.json", edited("dense.json", lambda d: None))
    assert len(files.read(small_folder, recorded=False)[0]) == len(DENSE)


BAD_TOKENS = {
    "NaN": (b'"dec":[', b'"dec":[NaN,'), "Infinity": (b'"dec":[', b'"dec":[Infinity,'),
    "an overflowing number": (b'"scale":[', b'"scale":[1e999,'),
    "a field twice": (b'"core":', b'"core":true,"core":'),
    "a comma at the end": (b'"dec":[', b'"dec":[,'), "a byte that is no UTF-8": (b'"', b'\xff"'),
}


@pytest.mark.parametrize("old, new", BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_tokens_that_strict_json_does_not_have_are_refused(small_folder, old, new):
    sealed(small_folder, "dense.json", CONTENTS["dense.json"].replace(old, new, 1))
    refused(small_folder, "dense.json", recorded=False)


# ---- the schema

SCHEMA = json.loads(CONTENTS["case-v1.schema.json"])


@pytest.mark.parametrize("family", FAMILIES)
def test_every_shipped_case_file_obeys_the_schema(family):
    assert schema.faults(DOCUMENTS[family], SCHEMA) == []


def words_of(rules):
    """Every word of a schema and of the schemas inside it."""
    yield from rules
    for word, rule in rules.items():
        inside = rule.values() if word in ("properties", "$defs") else (
            rule if word == "anyOf" else [rule] if isinstance(rule, dict) else [])
        for part in inside:
            yield from words_of(part)


def test_every_word_of_the_schema_is_one_that_is_checked():
    passive = {"$schema", "$id", "$defs", "title", "type"}
    assert set(words_of(SCHEMA)) == {*schema.CONDITIONS, *schema.PARTS, *passive}


def test_every_definition_of_the_schema_is_used():
    text = CONTENTS["case-v1.schema.json"].decode()
    assert all(f'"#/$defs/{name}"' in text for name in set(SCHEMA["$defs"]) - {"manifest"})


def test_the_jsonschema_package_agrees_where_it_is_installed():
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for document in DOCUMENTS.values():
        validator.validate(document)


def test_every_flag_of_a_case_is_explained_in_its_file():
    for document in DOCUMENTS.values():
        assert {flag for case in document["cases"] for flag in case["flags"]} == set(
            document["notes"])


# ---- the text twin


def parsed_twin(content):
    """The cases of a text twin, read word by word."""
    words = iter(content.decode("ascii").split())
    number = {"number": from_bits, "integer": int, "word": str}

    def take():
        return next(words)
    head = [take() for _ in range(8)]
    assert head[::2] == ["npspectral-cases", "suite", "family", "cases"], head
    cases, count = [], int(head[-1])
    for _ in range(count):
        assert take() == "case"
        case = {"id": take(), "kind": take(), "tier": take(), "core": take() == "core",
                "layers": [], "inputs": {}, "expect": {}}
        while (word := take()) != "end":
            if word in ("dtypes", "flags", "trainable"):
                case[word] = [take() for _ in range(int(take()))]
            elif word in ("layer", *schema.SPECS):
                spec = {word: take()}
                for _ in range(int(take())):
                    key, kind = take(), take()
                    spec[key] = number[kind](take())
                case["layers"].append(spec) if word == "layer" else case.update({word: spec})
            else:
                _twin_array(case, word, take)
        assert take() == case["id"]
        cases.append(case)
    assert next(words, None) is None
    return cases


def _twin_array(case, role, take):
    name = take()
    shape = [int(take()) for _ in range(int(take()))]
    numbers = [take() for _ in range(math.prod(shape))]
    if role == "in":
        case["inputs"][name] = {"shape": shape, "dec": [from_bits(word) for word in numbers]}
    elif role == "label":
        case["inputs"][name] = {"shape": shape, "labels": [int(word) for word in numbers]}
    elif role == "out":
        scale = [float(take()) for _ in numbers]
        case["expect"][name] = {"shape": shape, "bits": numbers, "scale": scale}
    else:
        case["expect"][name][role] = numbers


@pytest.mark.parametrize("family", FAMILIES)
def test_the_text_twin_says_all_that_the_json_says(family):
    told = json.loads(CONTENTS[f"{family}.json"])["cases"]
    for case in told:
        del case["witness"], case["agreed_digits"]
        for entry in case["expect"].values():
            del entry["about"]
            entry.pop("products", None)
    assert parsed_twin(CONTENTS[f"{family}.txt"]) == told


@pytest.mark.parametrize("family, line", [
    ("nested", b"layer nested 3 activation word tanh shared integer 0 skip integer 0"),
    ("complex_recurrent", b"layer complex_recurrent 4 activation word tanh read word power "
                          b"spacing integer 3 steps integer 1")])
def test_switches_and_numbers_of_steps_are_integers_in_the_text_twin(family, line):
    assert line in CONTENTS[f"{family}.txt"]


def test_a_word_of_a_text_twin_fits_a_buffer_of_256_bytes():
    assert max(len(word) for family in FAMILIES
               for word in CONTENTS[f"{family}.txt"].split()) < 256


def test_the_files_are_ascii_with_unix_line_ends():
    for name, content in CONTENTS.items():
        assert content.isascii() and b"\r" not in content and content.endswith(b"\n"), name


# ---- what no later suite may change

# how many cases stood first in the catalog, in suites 1.0 to 1.4; the digest of their bits
BITS = {471: "c968e3fa46c1a91ec1cd5b3804edc5a8c9145415ed4910bfbfbefa998ce6bb64",
        589: "d8b6b6c031835dcab248066669c051f9935a9b2ca25469bf513f5645085eac15",
        652: "3bbaceeba698e279d31c522e88b19baa784ca02d22ce32307fe228e3cf466555",
        837: "b2862ba1928fb5b6242a6570f0591481d9b806f38c311882be0c28e46f3a8a8a",
        980: "fc40c19522785b6f0d21014b7d00d361c176f5647c19717c6755ebf3ff344d2d"}
SCALES = "9c13617a708a2a64cb00f0fa4211dcdaa666ce9957ab53a629986ac66c505d37"


def digest_of(count, hidden, hidden_in_arrays):
    """SHA-256 of the first cases of the catalog, but for the hidden fields."""
    solved, lines = {case["id"]: case for case in SOLVED}, []
    for name in sorted(case["id"] for case in catalog()[:count]):
        case = {key: entry for key, entry in solved[name].items() if key not in hidden}
        case["expect"] = {key: {field: numbers for field, numbers in entry.items()
                                if field not in hidden_in_arrays}
                          for key, entry in case["expect"].items()}
        lines.append(json.dumps(case, sort_keys=True))
    return files.digest("\n".join(lines).encode())


@pytest.mark.parametrize("count", BITS)
def test_ids_inputs_tiers_and_expected_bits_have_not_changed(count):
    assert digest_of(count, ("witness", "agreed_digits"), (
        "scale", "about", "products")) == BITS[count]


def test_the_scales_of_the_cases_of_suite_1_2_have_not_changed():
    assert digest_of(652, (), ("products",)) == SCALES


# ---- rebuilding


def test_the_files_are_built_from_the_cases_byte_for_byte():
    assert files.family_files(SOLVED) == CONTENTS


def test_a_sample_of_cases_is_solved_to_the_shipped_bits():
    shipped = {case["id"]: case for case in SOLVED}
    for case in guarded_catalog()[::23]:
        assert solve.solve(case) == shipped[case["id"]], case["id"]


def test_the_digest_of_this_suite_is_recorded():
    assert digests.MANIFESTS[files.SUITE] == files.digest(CONTENTS["MANIFEST.json"])


def test_certification_imports_nothing_but_the_standard_library():
    code = (f"import sys, importlib.util as util\n"
            f"spec = util.spec_from_file_location('rebuild', {rebuild.__file__!r})\n"
            f"module = util.module_from_spec(spec)\n"
            f"spec.loader.exec_module(module)\n"
            f"print(sorted({{name.split('.')[0] for name in sys.modules}}"
            f" - set(sys.stdlib_module_names) - {{'__main__', '__mp_main__', 'npspectral'}}))\n"
            f"case = module.guarded_catalog()[0]\n"
            f"print(module.solve.solve(case)['tier'])\n")
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True)
    assert done.stderr == "" and done.stdout.split() == ["[]", "exact"]


@pytest.mark.parametrize("name, content", [
    ("optimizer.json", CONTENTS["optimizer.json"].replace(b'"bits":["3f', b'"bits":["3e', 1)),
    ("more.txt", b"")])
def test_certification_finds_a_changed_bit_and_a_file_too_many(name, content, folder, monkeypatch,
                                                               capsys):
    monkeypatch.setattr(rebuild, "solve_all", lambda cases, workers: SOLVED)
    (folder / files.EXAMPLES).mkdir()
    assert rebuild.certify(folder) == 0
    (folder / name).write_bytes(content)
    assert rebuild.certify(folder) == 1
    assert name in capsys.readouterr().out


def test_what_differs_from_older_files_is_counted(folder, monkeypatch, capsys):
    changed = json.loads(json.dumps(SOLVED))
    changed[0]["expect"]["y"]["bits"][0] = "3ff0000000000000"
    changed[0]["expect"]["y"]["scale"][0] *= 2
    monkeypatch.setattr(rebuild, "solve_all", lambda cases, workers: changed)
    assert rebuild.main([str(folder)]) == 1
    told = capsys.readouterr().out
    n_numbers = sum(map(files.count, SOLVED))
    assert f"of {n_numbers} numbers 1 differ in their bits" in told and "100 %: 2.000" in told
    (folder / "loss.json").unlink()
    assert rebuild.main([str(folder)]) == 1
    assert "the older files are not read" in capsys.readouterr().out


def test_written_files_are_read_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(rebuild, "solve_all", lambda cases, workers: SOLVED)
    assert rebuild.certify(write=tmp_path / "new") == 0
    assert files.read(tmp_path / "new")[0] == SOLVED


@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")        # of JAX, loaded by other tests
def test_the_pool_of_processes_gives_the_cases_back_in_order(capsys):
    cases = guarded_catalog()[:6]
    assert rebuild.solve_all(cases, 2) == [solve.solve(case) for case in cases]


def test_scales_in_the_text_twin_are_those_of_the_json():
    assert all(float(f"{scale:.3g}") == scale for case in SOLVED
               for entry in case["expect"].values() for scale in entry["scale"])
