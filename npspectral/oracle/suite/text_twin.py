"""The text twin of a case file: words between spaces, so that fscanf("%s") reads it.

    npspectral-cases 1 suite 1.4.0 family spectral cases 261
    case ID KIND TIER core|full
    dtypes COUNT name...        flags COUNT name...         trainable COUNT name...
    layer NAME COUNT (key kind value)...                    one line a layer of the stack
    loss|penalty|optimizer NAME COUNT (key kind value)...   kind: number, integer or word
    in NAME RANK size... bits...                            an input array
    label NAME RANK size... integer...                      an input array of integers
    out NAME RANK size... bits... scale...                  an expected array, its scales S
    low NAME RANK size... bits...                           at a kink: the bracket's lower end,
    high NAME RANK size... bits...                          and its upper end
    end ID

Every number that decides is the 16 hexadecimal digits of its binary64; arrays are row by row.
Scales are decimals of three digits. The shares of products, for TF32, are in JSON alone.
"""
from .bits import bits
from .schema import SPECS


def text(family, suite, cases):
    """The bytes of a text twin."""
    lines = [f"npspectral-cases 1 suite {suite} family {family} cases {len(cases)}"]
    for case in cases:
        lines += _case(case)
    return ("\n".join(lines) + "\n").encode()


def _case(case):
    yield f"case {case['id']} {case['kind']} {case['tier']} {'core' if case['core'] else 'full'}"
    for field in ("dtypes", "flags", "trainable"):
        yield _line(field, len(case[field]), *case[field])
    for layer in case["layers"]:
        yield _constants("layer", layer["layer"], layer)
    for kind in SPECS:
        if kind in case:
            yield _constants(kind, case[kind][kind], case[kind])
    for name, entry in sorted(case["inputs"].items()):
        if "labels" in entry:
            yield _array("label", name, entry, entry["labels"])
        else:
            yield _array("in", name, entry, [bits(number) for number in entry["dec"]])
    for name, entry in sorted(case["expect"].items()):
        yield _array("out", name, entry, entry["bits"] + [f"{s:.3g}" for s in entry["scale"]])
        for side in ("low", "high"):
            if side in entry:
                yield _array(side, name, entry, entry[side])
    yield f"end {case['id']}"


def _constants(keyword, name, spec):
    words = [word for key, value in sorted(spec.items()) if key != keyword
             for word in (key, *_typed(value))]
    return _line(keyword, name, len(words) // 3, *words)


def _typed(value):
    if isinstance(value, float):
        return "number", bits(value)
    if isinstance(value, int):                              # True and False are 1 and 0
        return "integer", int(value)
    return "word", value


def _array(role, name, entry, numbers):
    return _line(role, name, len(entry["shape"]), *entry["shape"], *numbers)


def _line(*words):
    return " ".join(str(word) for word in words)
