"""pytest plugin: judge an implementation by npspectral's certified cases, a test a case.

    pytest --pyargs npspectral.oracle.conformance --spectral-candidate mypkg.mymod:candidate

Outside the package, so that pytest does not import NumPy where nobody asks for a candidate.
"""
import pytest

OPTIONS = {
    "candidate": ("MODULE:FUNCTION", None, "what to judge: candidate(case) -> dict of arrays"),
    "dtype": ("NAME", ("float64", "float32", "float16", "bfloat16", "tf32"), "that of its answers"),
    "suite": ("NAME", ("core", "full"), "which cases"),
    "layout": ("NAME", None, "its conventions: keras, torch, julia, minus_lambda, ..."),
    "xfail": ("FILE", None, "cases known to fail, a line each: id  # reason"),
    "only": ("GLOB", None, "cases whose ids match, as in 'loss/*'; may be given several times")}


def pytest_addoption(parser):
    group = parser.getgroup("npspectral", "conformance of spectral layers (npspectral)")
    for name, (metavar, choices, text) in OPTIONS.items():
        if choices:
            text += f": {', '.join(choices)}; default {choices[0]}"
        group.addoption(f"--spectral-{name}", dest=f"spectral_{name}", metavar=metavar,
                        default=None, help=text, action="append" if name == "only" else "store")


def pytest_configure(config):
    given = {name: config.getoption(f"spectral_{name}") for name in OPTIONS}
    if given["candidate"] is None:
        stray = [f"--spectral-{name}" for name, value in given.items() if value is not None]
        if stray:
            raise pytest.UsageError(f"{', '.join(stray)}: also needs --spectral-candidate "
                                    f"MODULE:FUNCTION")
        return
    for name, (_, choices, _) in OPTIONS.items():
        if choices and given[name] is None:
            given[name] = choices[0]
        if choices and given[name] not in choices:
            raise pytest.UsageError(f"--spectral-{name}: is {given[name]!r}, "
                                    f"expected one of {', '.join(choices)}")
    from npspectral.oracle import pytest_plugin
    config.pluginmanager.register(pytest_plugin.Conformance(**given), "npspectral-conformance")


@pytest.fixture
def spectral_case():
    """One case of the suite with the candidate, from --spectral-candidate."""
    raise pytest.UsageError("npspectral.oracle.conformance: needs --spectral-candidate "
                            "MODULE:FUNCTION")
