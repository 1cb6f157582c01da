"""What a case file may hold: a JSON Schema, a reader of it in plain Python, and what it cannot say.

SCHEMA is the content of case-v1.schema.json. faults(document) names every place where a document
breaks it, shapes and counts included; nothing but the standard library is needed.
"""
import json
import math
import re

from .bits import from_bits

DTYPES = ("bfloat16", "float16", "float32", "float64")
KINDS = ("vjp", "network", "loss", "penalty", "optimizer", "error")
TIERS = ("exact", "certified", "refused")
WITNESSES = ("hand", "difference", "fraction")
FLAGS = {
    "Definition": "the definition itself: signs, transposes, swapped or missing eigenvalues",
    "Backward": "gradients: a missing or additional factor, a sum over the wrong axis",
    "Frozen": "parameters that are not trainable get no gradient",
    "Eigenvalues": "eigenvalues that are zero, equal, ordered, or large",
    "Cancellation": "eigenvalues that nearly cancel: their difference must be taken first",
    "Eigenvectors": "phi with zeros, symmetric, diagonal, or with one entry",
    "Batch": "parameter gradients are summed over the batch, whatever its order",
    "EmptyBatch": "a batch of no samples: parameter gradients are exact zeros",
    "Magnitude": "inputs far from 1, where an absolute tolerance hides mistakes",
    "TinyGradient": "upstream gradients so small that an absolute tolerance hides mistakes",
    "Saturation": "functions at saturation, and exponentials that overflow if taken carelessly",
    "Kink": "derivatives where there is none: the convention, or else between both sides",
    "Stack": "several layers: the chain rule between them",
    "Network": "several layers with a loss at their end",
    "Loss": "losses and their reductions", "Weights": "losses with a weight a sample",
    "Penalty": "penalties on eigenvalues, eigenvectors and the realized weight",
    "Optimizer": "five steps of an optimizer",
    "Refuse": "inputs that have to be refused, by an error",
    "Factored": "phi as a product: the triangle of R and its order, transposed factors",
    "Orthonormal": "exactly orthonormal factors: signed permutations, Hadamard matrices",
    "Graph": "one eigenvector matrix for a network: skip blocks, eigenvalues shared by transfers",
    "Mask": "masked weights: which are masked, and that the gradient is masked with them",
    "Threshold": "weights as large as the threshold, which are masked, too",
    "Recurrent": "the inverse of the eigenvectors and its gradient, through the steps of time",
    "Complex": "complex memory modes: conjugates, phases, and gradients of complex numbers",
    "Sequence": "items that enter one after the other",
}
FACTORED = ("spectral_qr", "spectral_full_qr", "spectral_svd")
BENT = {"enum": ["identity", "relu", "tanh", "sigmoid"]}
STEPS = {"type": "integer", "minimum": 1}
MASKED = {"of": {"enum": ["dense", "spectral", *FACTORED]}}
LAYERS = {"spectral": (), "dense": (), "identity": (), "relu": (), "leaky_relu": ("slope",),
          "elu": ("alpha",), "tanh": (), "sigmoid": (), "softplus": ("sharpness",),
          **dict.fromkeys(FACTORED, ()),
          "nested": {"activation": BENT, "shared": {"type": "boolean"},
                     "skip": {"type": "boolean"}},
          "sparse_static": {**MASKED, "threshold": {"type": "number", "minimum": 0}},
          "sparse_dynamic": {**MASKED, "sparsity": {"type": "number", "minimum": 0, "maximum": 1}},
          "recurrent": {"activation": BENT, "steps": STEPS, "constant": {"type": "boolean"}},
          "complex_recurrent": {"activation": BENT, "steps": STEPS, "spacing": STEPS,
                                "read": {"enum": ["amplitude", "score", "power"]}}}
LOSSES = {"mean_squared_error": (), "softmax_cross_entropy": (), "hinge": (),
          "binary_cross_entropy_with_logits": (), "soft_hinge": ("sharpness",),
          "quadratic_hinge": ()}
PENALTIES = {"l1": {}, "l2": {}, "elastic_net": {"ratio": {"type": "number"}},
             "group_lasso": {"axis": {"enum": [0, -1]}}}
OPTIMIZERS = {"sgd": ("momentum",), "adam": ("beta1", "beta2", "eps"),
              "adamax": ("beta1", "beta2", "eps")}
PARAMETERS = ("lambda_in", "lambda_out", "phi", "weight")
NAME = "^(grad_)?([0-9]+/)?[a-z]+(_[a-z]+)*(_[0-9]+)?$"


def _record(properties, optional=()):
    """An object with exactly these fields."""
    return {"type": "object", "additionalProperties": False, "properties": properties,
            "required": [name for name in properties if name not in optional]}


def _list(items):
    return {"type": "array", "items": items}


def _numbers(names):
    return {name: {"type": "number"} for name in names}


def _named(field, choices, extra):
    """One record for each choice of the field, with the constants of that choice."""
    return {"anyOf": [_record({field: {"const": name}, **(
        own if isinstance(own, dict) else _numbers(own)), **extra})
        for name, own in choices.items()]}


def _map(values):
    return {"type": "object", "additionalProperties": values,
            "propertyNames": {"pattern": NAME}}


SHAPE = {"type": "array", "items": {"type": "integer", "minimum": 0}, "maxItems": 2}
BITS = _list({"type": "string", "pattern": "^(?![7f]ff)[0-9a-f]{16}$"})     # finite binary64
DEFINITIONS = {
    "input": {"anyOf": [_record({"shape": SHAPE, "dec": _list({"type": "number"})}),
                        _record({"shape": SHAPE, "labels": _list({"type": "integer"})})]},
    "expected": _record({"shape": SHAPE, "bits": BITS, "low": BITS, "high": BITS,
                         "about": _list({"type": "string", "pattern": r"^-?[0-9.]+(e[-+]\d+)?$"}),
                         "scale": _list({"type": "number", "minimum": 0})}, ("low", "high")),
    "layer": _named("layer", LAYERS, {}),
    "loss": _named("loss", LOSSES, {"reduction": {"enum": ["mean", "sum"]}}),
    "penalty": _named("penalty", PENALTIES, {"strength": {"type": "number"},
                                             "on": {"enum": list(PARAMETERS)}}),
    "optimizer": _named("optimizer", OPTIMIZERS, _numbers(("learning_rate", "decay"))),
}
SPECS = ("loss", "penalty", "optimizer")                # a case has at most one of them
CASE = _record({
    "id": {"type": "string", "pattern": "^[a-z_]+(/[A-Za-z0-9_.^-]+)+$"},
    "kind": {"enum": list(KINDS)}, "tier": {"enum": list(TIERS)},
    "layers": _list({"$ref": "#/$defs/layer"}),
    "inputs": _map({"$ref": "#/$defs/input"}), "expect": _map({"$ref": "#/$defs/expected"}),
    "trainable": _list({"type": "string", "pattern": NAME}),
    "dtypes": {**_list({"enum": list(DTYPES)}), "minItems": 1},
    "flags": _list({"enum": list(FLAGS)}), "witness": _list({"enum": list(WITNESSES)}),
    "agreed_digits": {"type": "integer", "minimum": 0, "maximum": 75},
    "core": {"type": "boolean"}, **{name: {"$ref": f"#/$defs/{name}"} for name in SPECS}}, SPECS)
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "case-v1.schema.json",
    "title": "A file of gradient cases of npspectral, format 1",
    "$defs": {**DEFINITIONS, "case": CASE},
    **_record({"schema": {"const": "case-v1.schema.json"},
               "family": {"type": "string", "pattern": "^[a-z_]+$"},
               "suite": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
               "count": {"type": "integer", "minimum": 1},
               "notes": {"type": "object", "propertyNames": {"enum": list(FLAGS)},
                         "additionalProperties": {"type": "string"}},
               "cases": _list({"$ref": "#/$defs/case"})})}
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float),
         "boolean": bool}


def as_bytes():
    """The content of case-v1.schema.json."""
    return (json.dumps(SCHEMA, indent=1, sort_keys=True) + "\n").encode()


def faults(document):
    """Where a case file, already parsed, breaks the format: sentences, none if nowhere."""
    found = list(_breaches(document, SCHEMA, "file"))
    if found:
        return found
    if document["count"] != len(document["cases"]):
        found.append(f"file: count is {document['count']}, it holds {len(document['cases'])} cases")
    for case in document["cases"]:
        found += [f"{case['id']}: {fault}" for fault in _inconsistencies(case)]
    return found


def _breaches(entry, schema, where):
    """The part of JSON Schema that SCHEMA uses; a word that is not known here would be an error."""
    for word, rule in schema.items():
        if word not in _WORDS:
            continue
        yield from _WORDS[word](entry, rule, schema, where)


def _type(entry, rule, schema, where):
    fits = isinstance(entry, TYPES[rule]) and (rule == "boolean" or not isinstance(entry, bool))
    if not fits or isinstance(entry, float) and not math.isfinite(entry):
        yield f"{where}: is {_short(entry)}, expected {rule}"


def _choice(entry, rule, schema, where):
    if not any(type(entry) is type(choice) and entry == choice for choice in rule):
        yield f"{where}: is {_short(entry)}, expected one of {rule}"


def _pattern(entry, rule, schema, where):
    if not isinstance(entry, str) or not re.search(rule.replace("$", r"\Z"), entry):
        yield f"{where}: is {_short(entry)}, expected text like {rule}"


def _minimum(entry, rule, schema, where):
    if isinstance(entry, (int, float)) and not entry >= rule:
        yield f"{where}: is {entry}, expected at least {rule}"


def _maximum(entry, rule, schema, where):
    if isinstance(entry, (int, float)) and not entry <= rule:
        yield f"{where}: is {entry}, expected at most {rule}"


def _items(entry, rule, schema, where):
    if isinstance(entry, list):
        for index, item in enumerate(entry):
            yield from _breaches(item, rule, f"{where}[{index}]")


def _item_count(entry, rule, schema, where):
    least, most = schema.get("minItems", 0), schema.get("maxItems", math.inf)
    if isinstance(entry, list) and not least <= len(entry) <= most:
        yield f"{where}: has {len(entry)} entries, expected {least} to {most}"


def _required(entry, rule, schema, where):
    missing = [name for name in rule if name not in entry] if isinstance(entry, dict) else []
    if missing:
        yield f"{where}: has no {', '.join(missing)}"


def _properties(entry, rule, schema, where):
    for name in rule if isinstance(entry, dict) else ():
        if name in entry:
            yield from _breaches(entry[name], rule[name], f"{_name(entry, where)}.{name}")


def _additional(entry, rule, schema, where):
    names = set(entry) - set(schema.get("properties", ())) if isinstance(entry, dict) else ()
    for name in sorted(names):
        if rule is False:
            yield f"{where}: has an unknown field {_short(name)}"
        else:
            yield from _breaches(entry[name], rule, f"{where}.{name}")


def _property_names(entry, rule, schema, where):
    for name in entry if isinstance(entry, dict) else ():
        yield from _breaches(name, rule, f"{where}: the name")


def _any(entry, rule, schema, where):
    tried = [list(_breaches(entry, choice, where)) for choice in rule]
    if all(tried):
        yield min(tried, key=len)[0]


def _reference(entry, rule, schema, where):
    yield from _breaches(entry, SCHEMA["$defs"][rule.rsplit("/", 1)[1]], where)


def _const(entry, rule, schema, where):
    yield from _choice(entry, [rule], schema, where)


_WORDS = {"type": _type, "enum": _choice, "const": _const, "pattern": _pattern,
          "minimum": _minimum, "maximum": _maximum, "items": _items, "minItems": _item_count,
          "maxItems": _item_count, "required": _required, "properties": _properties,
          "additionalProperties": _additional, "propertyNames": _property_names, "anyOf": _any,
          "$ref": _reference}


def _name(entry, where):
    return entry["id"] if isinstance(entry.get("id"), str) else where


def _short(entry):
    text = repr(entry)
    return text if len(text) <= 60 else text[:57] + "..."


def _inconsistencies(case):
    """What no JSON Schema can say: lengths, and which arrays a kind of case expects."""
    for name, entry in {**case["inputs"], **case["expect"]}.items():
        for field in set(entry) - {"shape"}:
            if len(entry[field]) != math.prod(entry["shape"]):
                yield (f"{name}: has {len(entry[field])} {field}, its shape {entry['shape']} "
                       f"expects {math.prod(entry['shape'])}")
    for name, entry in case["expect"].items():
        for text, about in zip(entry["bits"], entry["about"]):
            if abs(from_bits(text) - float(about)) > 1e-8 * abs(from_bits(text)):
                yield f"{name}: bits {text} are not about {about}"
        shape = case["inputs"].get(name[len("grad_"):], entry)["shape"]
        if name.startswith("grad_") and entry["shape"] != shape:
            yield f"{name}: has shape {entry['shape']}, the input has {shape}"
    if set(case["trainable"]) - set(case["inputs"]):
        yield f"trainable: names {case['trainable']} are not all inputs"
    if set(case["expect"]) != _expected_names(case):
        yield f"expect: has {sorted(case['expect'])}, expected {sorted(_expected_names(case))}"
    if len(set(case["dtypes"])) != len(case["dtypes"]):
        yield "dtypes: names one twice"
    spec = [name for name in SPECS if name in case]
    wanted = {"vjp": [[]], "network": [["loss"]], "error": [[], ["loss"]]}
    if spec not in wanted.get(case["kind"], [[case["kind"]]]):
        yield f"a case of kind {case['kind']} has {spec}"


def _expected_names(case):
    grads = {f"grad_{name}" for name in case["trainable"]}
    return {"vjp": {"y", "grad_x"} | grads, "network": {"y", "value", "grad_x"} | grads,
            "loss": {"value", "grad_y"}, "penalty": {"value"} | grads, "optimizer": {"trace"},
            "error": set()}[case["kind"]]
