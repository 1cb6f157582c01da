"""Values of every kind that a run of a sweep may return."""
import numpy as np

QUIET = np.array([0x7ff8000000000123, 0xfff8000000000000, 0x7ff0000000000000, 1 << 63],
                 np.uint64).view(float)
LONG = np.array(["nan", "-inf", "-0.0", "1e-4930", "0.1"], np.longdouble)
VALUES = {
    "none": None, "true": True, "integer": -7, "large integer": 3 ** 200, "text": "ä \udc80 \n\"",
    "float": 0.1, "minus zero": -0.0, "subnormal": 5e-324, "nan": float(QUIET[0]),
    "negative nan": float(QUIET[1]), "minus infinity": -np.inf, "complex": complex(-0.0, np.nan),
    "list": [1, [2.5, []]], "tuple": (1, ((), [None])), "dict": {"b": 1, "a": {"": (2,)}, "ä": {}},
    "float64": QUIET, "float32": np.array([np.nan, -0.0, 1e-45, 0.1], np.float32),
    "float16": np.array([[0.1], [-np.inf]], np.float16), "longdouble": LONG,
    "complex64": np.array([complex(-0.0, np.nan)], np.complex64), "complex128": QUIET.view(complex),
    "clongdouble": np.array([complex(0.1, -0.0)], np.clongdouble), "scalar": np.float32(0.1),
    "scalar longdouble": LONG[4], "scalar integer": np.int16(-3), "scalar bool": np.True_,
    "scalar complex": np.complex64(1 - 0j), "scalar text": np.str_("x"),
    "integers": np.arange(6, dtype=np.uint8).reshape(1, 2, 3), "other byte order":
    np.array([1.5, -2], ">f8"), "bools": np.array([True, False]), "empty": np.zeros((0, 3), int),
    "a number alone": np.array(2.5), "columns first": np.asfortranarray(np.eye(3)[:2]),
    "strided": np.arange(20.0)[::3], "texts": np.array(["a", "bcd"]), "bytes": np.array([b"ab"]),
    "days": np.array(["2024-06-07", "NaT"], "datetime64[D]"),
}
