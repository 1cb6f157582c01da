"""Right answers to the cases, as a file of answers holds them; a text twin with x of more axes."""
import json
import re

import numpy as np

from npspectral.oracle.suite import files
from npspectral.oracle.suite.case import cases
from npspectral.oracle.verdict.layout import layout_of
from npspectral.oracle.verdict.reference import reference
from npspectral.oracle.verdict.run import candidate_case

CORE, FULL = cases("core"), cases("full")
VJP = "spectral/tanh/b2-i3-o4/bias"
SCALAR = "network/tanh/hinge"


def of_bits(array, dtype="float64"):
    """An array as a flat list of hexadecimal digits."""
    code, width = {"float64": (">f8", 16), "float32": (">f4", 8), "float16": (">f2", 4)}[dtype]
    digits = np.asarray(array, code).tobytes().hex()
    return [digits[k:k + width] for k in range(0, len(digits), width)]


def right_answers(found, dtype="float64", encode=of_bits):
    given = {case.id: {"error": "refused"} if case.kind == "error" else {
        name: encode(array, dtype)
        for name, array in reference(candidate_case(case, dtype, layout_of(None))).items()}
        for case in found if dtype in case.dtypes}
    return {"suite": files.SUITE, "dtype": dtype, "implementation": "a test", "answers": given}


RIGHT = right_answers(CORE)


def written(folder, document, name="answers.json"):
    path = folder / name
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def with_more_axes(twin):
    """A text twin whose x and grad_y of even batches are two batches of half the size."""
    return re.sub("in (x|grad_y) 2 ([0-9]*[02468]) ([0-9]+)", lambda found: (
        f"in {found[1]} 3 2 {int(found[2]) // 2} {found[3]}"), twin)
