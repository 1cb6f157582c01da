"""What a case file may hold: a reader of JSON Schema in plain Python, and what no schema can say.

The schema itself is case-v1.schema.json among the vector files. faults(document, schema) names
every place where a document breaks it, shapes and counts included.
"""
import math
import re

from .arrays import alike, input_of
from .bits import from_bits

SPECS = ("loss", "penalty", "optimizer")                # a case has at most one of them
TYPES = {"object": (dict,), "array": (list,), "string": (str,), "integer": (int,),
         "number": (int, float), "boolean": (bool,)}


def _is(entry, choice):
    return type(entry) is type(choice) and entry == choice          # True is not 1


# The words of JSON Schema that state a condition: whether an entry of the right type meets it.
CONDITIONS = {
    "const": _is, "enum": lambda entry, rule: any(_is(entry, choice) for choice in rule),
    "pattern": lambda entry, rule: re.search(rule.replace("$", r"\Z"), entry),
    "minimum": lambda entry, rule: entry >= rule, "maximum": lambda entry, rule: entry <= rule,
    "minItems": lambda entry, rule: len(entry) >= rule,
    "maxItems": lambda entry, rule: len(entry) <= rule,
    "required": lambda entry, rule: set(rule) <= set(entry)}
# Those that lead to a part of the entry, or to another schema.
PARTS = ("items", "properties", "additionalProperties", "propertyNames", "anyOf", "$ref")


def faults(document, schema):
    """Where a case file, already parsed, breaks the format: sentences, none if nowhere."""
    return list(breaches(document, schema, "file", schema["$defs"])) or list(
        _inconsistencies(document))


def breaches(entry, schema, where, definitions):
    """Where an entry breaks a schema, by the words in TYPES, CONDITIONS and PARTS."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in schema:
        tried = [list(breaches(entry, choice, where, definitions)) for choice in schema["anyOf"]]
        yield from min(tried, key=len)
    elif "type" in schema and not _is_of_type(entry, schema["type"]):
        yield f"{where}: is {_short(entry)}, expected {schema['type']}"
    else:
        for word, rule in schema.items():
            if word in CONDITIONS and not CONDITIONS[word](entry, rule):
                yield f"{where}: is {_short(entry)}, expected {word} {rule}"
        for part, rule, place in _parts(entry, schema, where):
            yield from breaches(part, rule, place, definitions)
        if schema.get("additionalProperties") is False:
            for name in sorted(set(entry) - set(schema["properties"])):
                yield f"{where}: has an unknown field {_short(name)}"


def _is_of_type(entry, name):
    return type(entry) in TYPES[name] and (type(entry) is not float or math.isfinite(entry))


def _parts(entry, schema, where):
    """The parts of an entry, with the schema of each and its place."""
    for index, item in enumerate(entry if "items" in schema else ()):
        yield item, schema["items"], f"{where}[{index}]"
    if schema.get("type") == "object":
        where, known = entry.get("id", where), schema.get("properties", {})
        for name, value in entry.items():
            yield name, schema.get("propertyNames", {}), f"{where}: the name"
            if rule := known.get(name, schema.get("additionalProperties")):
                yield value, rule, f"{where}.{name}"


def _short(entry):
    text = repr(entry)
    return text if len(text) <= 60 else text[:57] + "..."


def _inconsistencies(document):
    """What no JSON Schema can say: counts, lengths, and which arrays a kind of case expects."""
    if document["count"] != len(document["cases"]):
        yield f"file: count is {document['count']}, it holds {len(document['cases'])} cases"
    flags = {flag for case in document["cases"] for flag in case["flags"]}
    if flags != set(document["notes"]):
        yield f"file: has notes on {sorted(document['notes'])}, flags {sorted(flags)}"
    for case in document["cases"]:
        for fault in (*_of_arrays(case), *_of_names(case)):
            yield f"{case['id']}: {fault}"


def _of_arrays(case):
    for name, entry in {**case["inputs"], **case["expect"]}.items():
        size = math.prod(entry["shape"])
        for field in set(entry) - {"shape", "products"}:
            if len(entry[field]) != size:
                yield (f"{name}: has {len(entry[field])} {field}, its shape {entry['shape']} "
                       f"expects {size}")
    for name, entry in case["expect"].items():
        for text, about in zip(entry["bits"], entry["about"]):
            if abs(from_bits(text) - float(about)) > 1e-8 * abs(from_bits(text)):
                yield f"{name}: bits {text} are not about {about}"
    yield from _of_shapes(case)


def _of_shapes(case):
    """Directions and expected arrays that do not have the shape of their input."""
    inputs = case["inputs"]
    named = [(name, input_of(name), entry) for name, entry in inputs.items()]
    named += [(name, alike(name), entry) for name, entry in case["expect"].items()]
    for name, like, entry in named:
        shape = inputs.get(like, entry)["shape"]
        if name.startswith("per_sample_"):
            shape = [inputs["x"]["shape"][0], *shape]
        if entry["shape"] != shape:
            yield f"{name}: has shape {entry['shape']}, expected {shape}"


def _of_names(case):
    if set(case["trainable"]) - set(case["inputs"]):
        yield f"trainable: names {case['trainable']} are not all inputs"
    directions = {name for name in case["inputs"] if name.startswith("v_")}
    moved = {f"v_{name}" for name in _moved(case)}
    if directions != moved:
        yield f"inputs: has the directions {sorted(directions)}, expected {sorted(moved)}"
    expected = _asked(case)
    if set(case["expect"]) != expected:
        yield f"expect: has {sorted(case['expect'])}, expected {sorted(expected)}"
    if len(set(case["dtypes"])) != len(case["dtypes"]):
        yield "dtypes: names one twice"
    specs = [name for name in SPECS if name in case]
    wanted = {"vjp": [[]], "network": [["loss"]], "error": [[], ["loss"]],
              "second": [[], ["loss"]], "per_sample": [[], ["loss"]], "tangent": [[]]}
    if specs not in wanted.get(case["kind"], [[case["kind"]]]):
        yield f"a case of kind {case['kind']} has {specs}"


def _asked(case):
    """The arrays that a case of its kind expects."""
    kind, grads = case["kind"], {f"grad_{name}" for name in case["trainable"]}
    second = {"value"} if not case["layers"] else {"y", "value" if "loss" in case else "jvp"}
    moved = {f"new_{prefix}{key}" for prefix in _in_training(case) for key in ("mean", "variance")}
    return {"vjp": {"y", "grad_x"} | grads | moved, "tangent": {"y", "kernel"},
            "network": {"y", "value", "grad_x"} | grads | moved,
            "loss": {"value", "grad_y"}, "penalty": {"value"} | grads, "optimizer": {"trace"},
            "error": set(), "second": second | {f"hvp_{name}" for name in _moved(case)},
            "per_sample": {"y"} | {f"per_sample_{name}" for name in grads}}[kind]


def _in_training(case):
    """The prefix of the names of every normalization whose running statistics move."""
    several = any("/" in name for name in case["inputs"])
    return [f"{position}/" * several for position, layer in enumerate(case["layers"])
            if layer.get("training")]


def _moved(case):
    """The inputs that a second derivative is taken of, each along a direction."""
    if case["kind"] != "second":
        return []
    return ["x", *case["trainable"]] if case["layers"] else ["y"]
